//! Parts of a statement that are written only if what the caller gave is something: `add_option(email.map(..))`.
//!
//! A statement that is written as calls runs elsewhere than its parts are written, with all of them in it. Of each name
//! is noted under which condition the call is reached that writes it; where the statement runs, that is what its use
//! waits for.

use super::actual::Actual;
use super::interp::Interp;
use super::must::Must;
use super::state::State;
use super::summary::Summary;
use crate::source::Span;

impl Interp<'_> {
    /// A call is reached, which stands there with its arguments: the names that it writes are written if what is known
    /// here is so.
    pub(super) fn reach(&mut self, call: Span, args: &[Span], st: &State) {
        if !st.guards.asks_caller() {
            return;
        }
        let call = args.iter().fold(call, |whole, arg| whole.to(*arg));
        let names = self.cx.sql.names.range(Span::new(call.file, call.lo, call.lo)..);
        let names = names.take_while(|n| n.file == call.file && n.lo < call.hi).filter(|n| call.contains(**n));
        for name in names {
            self.reach_name(*name, call, st.guards.of_given());
        }
    }

    /// What a callee writes.
    pub(super) fn reach_below(&mut self, callee: &Summary, actual: &Actual<'_>, call: Span, st: &State) {
        for (name, given) in &callee.reached {
            let mut given = actual.must(given);
            given.and(&st.guards);
            self.reach_name(*name, call, given.of_given());
        }
    }

    /// The innermost call says it; of several such calls any may be.
    fn reach_name(&mut self, name: Span, call: Span, given: Must) {
        match self.reached.get_mut(&name) {
            Some((at, have)) if *at == call || !call.contains(*at) => have.or(&given),
            Some(_) => {}
            None => {
                self.reached.insert(name, (call, given));
            }
        }
    }

    /// Under which condition a name of a statement is written that runs here.
    pub(super) fn reached_if(&self, name: Span) -> Must {
        self.reached.get(&name).map(|(_, given)| given.clone()).unwrap_or_default()
    }
}
