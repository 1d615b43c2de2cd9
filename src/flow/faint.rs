//! What is only possible has so much room, and no more: where much is not understood, data may go anywhere, and what
//! large code may do with it is more than anybody reads. What is certain or likely is never left out.

use std::sync::Arc;

use super::interp::Cx;
use super::summary::{Arrival, Summary};
use super::types::Confidence;
use super::value::{Info, V, Value};
use crate::ir::{Gap, GapKind};
use crate::limits::{POSSIBLE, POSSIBLE_DATA, POSSIBLE_IN_ALL};
use crate::link::program::FuncId;

/// How much of what is only possible a function is told to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Room {
    /// So much of each sort.
    Bounded,
    /// Nothing: functions that are called here do more than [`POSSIBLE_IN_ALL`] already.
    Nothing,
}

impl Room {
    /// The room that is left for functions that call those that do so much.
    pub(super) fn behind(done: usize) -> Self {
        if done > POSSIBLE_IN_ALL { Room::Nothing } else { Room::Bounded }
    }
}

impl Summary {
    /// Leaves out what is only possible and has no room, in its order, and counts that.
    pub(super) fn leave_out(&mut self, room: Room) {
        let (most, data) = if room == Room::Bounded { (POSSIBLE, POSSIBLE_DATA) } else { (0, 0) };
        let mut left = most;
        for bundle in self.bundles.iter_mut().filter(|b| is_faint(&b.info)) {
            let stay = bundle.ends.len().min(left);
            left -= stay;
            self.left_out += bundle.ends.len() - stay;
            if stay < bundle.ends.len() {
                bundle.ends = bundle.ends.iter().take(stay).cloned().collect();
            }
        }
        self.bundles.retain(|b| !b.ends.is_empty());
        self.left_out += left_out(&mut self.touches, |t| &t.info, most);
        for flows in [&mut self.closed, &mut self.waiting] {
            self.left_out += left_out(flows, |c| &c.info, most);
        }
        for arrivals in [&mut self.arrivals, &mut self.held] {
            self.left_out += data_left_out(arrivals, data);
        }
        if room == Room::Nothing {
            self.each_value(&|v| without_faint(v));
        }
        for closure in self.closures.values_mut().map(Arc::make_mut) {
            closure.leave_out(room);
            self.left_out += closure.left_out;
        }
    }

    /// How much of what it says is only possible.
    pub(super) fn faint(&self) -> usize {
        let bundles = self.bundles.iter().filter(|b| is_faint(&b.info)).map(|b| b.ends.len());
        let touches = self.touches.iter().filter(|t| is_faint(&t.info)).count();
        let flows = self.closed.iter().chain(&self.waiting).filter(|c| is_faint(&c.info)).count();
        let arrivals = self.arrivals.iter().chain(&self.held).map(|a| &a.data);
        let data = arrivals.chain(self.given_back()).map(|v| faint(v));
        let closures = self.closures.values().map(|c| c.faint());
        touches + flows + bundles.chain(data).chain(closures).sum::<usize>()
    }
}

/// What was left out of what is only possible: one gap, at the function that has the most.
pub(super) fn gap(cx: Cx<'_>) -> Option<Gap> {
    let of = |(f, s): (FuncId, &Option<Arc<Summary>>)| Some((f, s.as_ref()?.left_out)).filter(|(_, n)| *n > 0);
    let all: Vec<(FuncId, usize)> = cx.program.all_ids().zip(cx.summaries).filter_map(of).collect();
    let (most, _) = all.iter().rev().max_by_key(|(_, n)| *n)?;
    let f = cx.program.func(*most)?;
    let others = if all.len() > 1 { format!(" and {} more functions", all.len() - 1) } else { String::new() };
    let n: usize = all.iter().map(|(_, n)| n).sum();
    let what = format!(
        "`{}`{others} may do more with data than is followed: {n} effects that are only possible are left out",
        f.name
    );
    Some(Gap { span: f.span, what, kind: GapKind::Limit })
}

/// Whether a fact is only possible.
pub(super) fn is_faint(info: &Info) -> bool {
    info.confidence() == Confidence::Possible
}

/// Leaves out those that are too many; says how many these are.
fn left_out<T>(of: &mut Vec<T>, info: fn(&T) -> &Info, most: usize) -> usize {
    let (before, mut stay) = (of.len(), 0);
    of.retain(|x| {
        let faint = is_faint(info(x));
        stay += usize::from(faint);
        !faint || stay <= most
    });
    of.shrink_to_fit();
    before - of.len()
}

/// The same of the data of arrivals.
fn data_left_out(of: &mut Vec<Arrival>, most: usize) -> usize {
    let (mut out, mut stay) = (0, 0);
    for a in of.iter_mut() {
        let faint = faint(&a.data);
        if stay + faint <= most {
            stay += faint;
        } else {
            a.data = without_faint(&a.data);
            out += faint;
        }
    }
    if out > 0 {
        of.retain(|a| a.data.has_data());
    }
    out
}

/// Data that is only possibly in a value.
fn faint(v: &Value) -> usize {
    let own = v.facts.iter().filter(|(f, i)| f.is_data() && is_faint(i)).count();
    own + v.fields.iter().map(|(_, part)| faint(part)).sum::<usize>()
}

/// The value without data that is only possibly in it.
fn without_faint(v: &V) -> V {
    v.without_those(&|f, i| f.is_data() && is_faint(i))
}

#[cfg(test)]
mod tests {
    use super::super::doubt::Why;
    use super::super::summary::{At, Closed, Kind, Tgt, Touch};
    use super::super::types::Action;
    use super::super::value::{Fact, Origin};
    use super::*;
    use crate::source::{FileId, Span};

    fn kind(n: u32) -> Arc<Kind> {
        let at = At { func: FuncId(0), span: Span::new(FileId(0), n, n + 1), symbol: "log".into() };
        let target = Tgt::Bound(0);
        Arc::new(Kind { action: Action::Keep, target, at, purpose: None, load: false, home: None, view: None })
    }

    fn info(sure: bool) -> Info {
        let mut info = Info::default();
        if !sure {
            info.doubt(&Why::Callable.anywhere());
        }
        info
    }

    fn given(part: &str) -> Fact {
        Fact::new(Origin::Param(0, Arc::from([part.into()])))
    }

    /// A function with so many effects of some sorts that are only possible, and one of each that is certain.
    fn of(many: u32) -> Summary {
        let sure = |n| n == many / 2;
        let arrival = |n| Arrival { kind: kind(n), data: Value::of(given("a"), info(sure(n))) };
        let closed = |n| {
            let fact = Fact::new(Origin::Source(0, Span::new(FileId(0), n, n)));
            Closed { kind: kind(n), fact, info: info(sure(n)) }
        };
        let touch = |n| Touch { kind: kind(n), fact: given("b"), info: info(sure(n)) };
        let ret = [("sure", info(true)), ("perhaps", info(false))].map(|(part, info)| (given(part), info));
        Summary {
            ret: Arc::new(Value { facts: ret.into_iter().collect(), ..Value::default() }),
            arrivals: (0..=many).map(arrival).collect(),
            closed: (0..=many).map(closed).collect(),
            touches: (0..=many).map(touch).collect(),
            ..Summary::default()
        }
    }

    #[test]
    fn what_has_room_stays() {
        let mut summary = of(POSSIBLE as u32);
        summary.leave_out(Room::Bounded);
        assert_eq!((summary.left_out, summary.faint()), (0, 3 * POSSIBLE + 1));
        assert_eq!((summary.arrivals.len(), summary.closed.len()), (POSSIBLE + 1, POSSIBLE + 1));
    }

    #[test]
    fn of_each_sort_what_is_possible_beyond_the_room_is_left_out_and_counted() {
        let mut summary = of(POSSIBLE_DATA as u32 + 5);
        summary.leave_out(Room::Bounded);
        let flows = POSSIBLE_DATA + 5 - POSSIBLE;
        assert_eq!((summary.left_out, summary.faint()), (5 + 2 * flows, POSSIBLE_DATA + 2 * POSSIBLE + 1));
        let sure = |i: &Info| i.doubt.is_none();
        assert_eq!(summary.closed.iter().filter(|c| sure(&c.info)).count(), 1);
        assert_eq!(summary.touches.iter().filter(|c| sure(&c.info)).count(), 1);
        assert_eq!(summary.ret.facts.len(), 2);
    }

    #[test]
    fn where_nothing_has_room_what_is_certain_stays() {
        let mut summary = of(20);
        summary.leave_out(Room::behind(POSSIBLE_IN_ALL + 1));
        assert_eq!((summary.left_out, summary.faint()), (60, 0));
        assert_eq!((summary.arrivals.len(), summary.closed.len(), summary.touches.len()), (1, 1, 1));
        let returned: Vec<&Fact> = summary.ret.facts.iter().map(|(f, _)| f).collect();
        assert_eq!(returned, [&given("sure")]);
    }
}
