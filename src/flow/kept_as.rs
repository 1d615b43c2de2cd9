//! What is made to be kept: a value that nothing is known of, and that is bound to a labelled column, is that data from
//! where it was made.

use std::collections::BTreeMap;

use super::callee::Callable;
use super::interp::Interp;
use super::text::Text;
use super::value::Value;
use crate::ir::body::{Local, Operand, Place, Rvalue, Stmt};
use crate::link::infer::Target;
use crate::link::sqlfn::SqlSource;
use crate::link::ty::{Ty, is_moment, peel};
use crate::model::{Effect, PortBase};

/// Locals that hold what is made for a labelled column, with the column's entries.
pub(super) type KeptAs = BTreeMap<Local, Vec<u32>>;

impl Interp<'_> {
    /// Notes that the next argument of a statement is read from a place, if a labelled column is made of it.
    pub(super) fn kept_in_column(&mut self, query: &Value, place: Option<&Place>, v: &Value) {
        let Some(local) = place.filter(|p| is_all(p)).map(|p| p.base) else { return };
        // What is written there is nobody's.
        let written = v.texts.iter().any(Text::is_literal);
        if v.has_data() || written || !may_be_made(peel(self.cx.models, self.local_ty(local))) {
            return;
        }
        let seeds = self.cx.seeds;
        let entries = query.callees.iter().find_map(|c| {
            let Callable::Sql(id, next) = c else { return None };
            let writes = &self.cx.sql.fns.get(*id as usize)?.writes;
            let of = |w: &&crate::link::sqlfn::Write| {
                !w.somewhere
                    && matches!(w.from.as_slice(), [only] if only.source == SqlSource::Param(*next) && !only.derived)
            };
            let entries = writes.iter().filter(of).map(|w| seeds.of_column(w.column).collect::<Vec<u32>>());
            entries.into_iter().find(|e| !e.is_empty())
        });
        if let Some(entries) = entries
            && let Some(maker) = self.maker(local)
        {
            self.kept_as.entry(maker).or_insert(entries);
        }
    }

    /// The local that was first given what another holds, by a call that makes it.
    fn maker(&self, mut local: Local) -> Option<Local> {
        let mut made: BTreeMap<Local, Vec<&Rvalue>> = BTreeMap::new();
        self.f.each_stmt(&mut |s| {
            if let Stmt::Assign { dst, src, .. } = s
                && dst.path.is_empty()
            {
                made.entry(dst.base).or_default().push(src);
            }
        });
        for _ in 0..made.len() {
            let [by] = made.get(&local)?.as_slice() else { return None };
            local = match by {
                Rvalue::Use(op) | Rvalue::Await(op) | Rvalue::Positive(_, op) => whole(op)?,
                Rvalue::Call { args, site, .. } => {
                    match args.first().and_then(whole).filter(|_| self.hands_on(*site)) {
                        Some(given) => given,
                        None => return Some(local),
                    }
                }
                Rvalue::Format(_) => return Some(local),
                _ => return None,
            };
        }
        None
    }

    /// Whether a call gives what it is called on, and nothing else: a clone.
    fn hands_on(&self, site: u32) -> bool {
        let targets = self.typed.sites.get(site as usize).map_or(&[][..], |s| &s.targets);
        let [Target::Row(row)] = targets else { return false };
        let own = |e: &Effect| {
            matches!(e, Effect::Flow { from, to, derived: false, .. }
                if from.base == PortBase::Arg(0) && from.path.is_empty() && to.base == PortBase::Ret && to.path.is_empty())
        };
        self.cx.models.row(*row).is_some_and(|r| matches!(r.effects.as_slice(), [only] if own(only)))
    }
}

/// A place that is a local, or what is in it of `Some` or `Ok`.
fn is_all(p: &Place) -> bool {
    p.is_held()
}

fn whole(op: &Operand) -> Option<Local> {
    match op {
        Operand::Place(p) if is_all(p) => Some(p.base),
        _ => None,
    }
}

/// Whether a value of a type may be data that is made for somebody, and is no truth or time.
fn may_be_made(ty: &Ty) -> bool {
    !matches!(ty, Ty::Ext(n, _) if n == "bool" || is_moment(n))
}
