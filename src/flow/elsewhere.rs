//! Helpers of whose results code of other audiences has the rest: what that answers is told of its own audience. Where
//! the helper's own audience is shown the same, but less surely than the helper has it, the helper is told.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::doubt::confidence;
use super::finish::entry_of;
use super::interp::Cx;
use super::path::What;
use super::summary::{Closed, Kind, Tgt};
use super::types::{Confidence, Entry};
use crate::limits::ELSEWHERE_STEPS;
use crate::link::program::FuncId;

/// What such helpers return, and what is shown of that.
#[derive(Default)]
pub(super) struct Elsewhere {
    /// What a helper returns, by whom it is run.
    returned: Vec<(FuncId, Closed)>,
    /// How surely an audience is shown what entered somewhere and passed through a helper.
    shown: BTreeMap<(FuncId, u32, Entry), Confidence>,
}

impl Elsewhere {
    /// Notes what is shown; says whether that is what a helper returns, which waits.
    pub(super) fn take_in(&mut self, f: FuncId, cx: Cx<'_>, closed: &Closed) -> bool {
        match closed.kind.target {
            Tgt::Elsewhere(_) => {
                self.returned.push((f, closed.clone()));
                return true;
            }
            Tgt::Bound(audience) => {
                let sure = confidence(closed.info.doubt.as_ref());
                for hop in closed.info.path.hops(ELSEWHERE_STEPS) {
                    if let What::From(by) = hop.what
                        && cx.seeds.elsewhere.get(&by) == Some(&audience)
                    {
                        let have = self.shown.entry((by, audience, entry_of(cx, closed))).or_insert(sure);
                        *have = sure.max(*have);
                    }
                }
            }
            _ => {}
        }
        false
    }

    /// What is told of helpers.
    pub(super) fn left(self, cx: Cx<'_>) -> impl Iterator<Item = (FuncId, Closed)> {
        let Elsewhere { returned, shown } = self;
        returned.into_iter().filter_map(move |(f, closed)| {
            let Tgt::Elsewhere(audience) = closed.kind.target else { return None };
            let key = (closed.kind.at.func, audience, entry_of(cx, &closed));
            shown.get(&key).filter(|less| **less < confidence(closed.info.doubt.as_ref()))?;
            let kind = Arc::new(Kind { target: Tgt::Bound(audience), ..(*closed.kind).clone() });
            Some((f, Closed { kind, ..closed }))
        })
    }
}
