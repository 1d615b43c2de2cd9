//! Closures that a library keeps and runs by itself: handlers, layers, hooks.

use std::sync::Arc;

use super::callables::Times;
use super::callee::Callable;
use super::interp::Interp;
use super::rows::RowCall;
use super::state::State;
use super::summary::Tgt;
use super::types::Action;
use crate::ir::body::ClosureId;
use crate::model::{Effect, Port, PortBase, Predicate, Row};

impl Interp<'_> {
    /// Runs the closures of which a row only says that the library has them, once, on values of its own.
    pub(super) fn run_kept(&mut self, call: RowCall<'_>, st: &mut State) {
        for (i, a) in (0..).zip(call.args) {
            if a.v.callees.is_empty() && a.v.refs.is_empty() || !is_kept(call.row, i) {
                continue;
            }
            let kept = self.load(st, &a.v);
            let closures: Vec<ClosureId> = kept
                .callees
                .iter()
                .filter_map(|c| if let Callable::Closure(id) = c { Some(*id) } else { None })
                .collect();
            for id in closures {
                let params = self.f.closures.get(id.0 as usize).map(|c| c.params.clone());
                let given: Vec<_> =
                    params.iter().flatten().map(|l| self.fresh(self.local_ty(*l), Vec::new(), call.span)).collect();
                let answer = self.closure(id, &given, Times::Perhaps, st);
                let answers = call.row.effects.iter().any(|e| matches!(e, Effect::Route(p) if is(p, i)));
                if let Some(audience) = self.cx.seeds.audiences.get(&self.id).filter(|_| answers) {
                    let data = self.whole(st, &answer).data();
                    let kind = self.kind(Action::Show, Tgt::Bound(*audience), call.span, self.f.name.clone());
                    self.arrive(Arc::new(kind), data, st);
                }
            }
        }
    }
}

fn is(port: &Port, arg: u32) -> bool {
    match port.base {
        PortBase::Arg(i) => i == arg,
        PortBase::Rest(from) => from <= arg,
        PortBase::Ret => false,
    }
}

/// Whether an argument stays with the library: the row neither calls it nor hands it on as it is. What does nothing at
/// all (`drop`) does not run it.
fn is_kept(row: &Row, arg: u32) -> bool {
    fn used(effect: &Effect, arg: u32) -> bool {
        let asked = |p: &Predicate| is(&p.f, arg) || p.args.iter().any(|p| is(p, arg));
        match effect {
            Effect::Flow { from, derived, .. } => is(from, arg) && !derived,
            Effect::Call { f, args, .. } => is(f, arg) || args.iter().any(|p| is(p, arg)),
            Effect::Filter { of, .. } | Effect::Place(of) | Effect::Every(of) => asked(of),
            Effect::If { then, .. } => used(then, arg),
            Effect::Same(p) | Effect::Alias { of: p, .. } => is(p, arg),
            _ => false,
        }
    }
    !row.effects.is_empty() && !row.effects.iter().any(|e| used(e, arg))
}
