//! Calls that a body does not name: operators, loops and question marks that go through impls of the workspace.

use super::calls::Arg;
use super::doubt::Why;
use super::interp::Interp;
use super::rvalues::place_of;
use super::state::State;
use super::summary::doubted;
use super::value::V;
use crate::ir::body::{Arith, Operand, Rvalue};
use crate::link::infer::{Target, implied_at};
use crate::link::program::FuncId;
use crate::link::ty::Ty;
use crate::source::Span;

impl Interp<'_> {
    /// What becomes of a value that a loop runs over, or of an error that a question mark hands on.
    pub(super) fn through_implied(&mut self, v: V, by: &Operand, span: Span, st: &mut State) -> V {
        let Some(targets) = self.typed.implied.get(&implied_at(span, by)) else { return v };
        if targets.is_empty() {
            // What was made here as something says what it is.
            return if v.adt.is_some() { v } else { doubted(&v, &Why::Error.at(span)) };
        }
        if let Some(v) = self.one_of_errors(&v, targets, span, st) {
            return v;
        }
        let mut arg = Arg { place: place_of(by).cloned(), ..Arg::of(&v, span) };
        for t in targets {
            let given = std::slice::from_ref(&arg);
            let v = match t {
                Target::Func(f) => self.func_call(*f, given, span, None, st),
                Target::Ctor(t, variant) => self.construct(*t, *variant, &[arg.v.clone()], span, st),
                Target::Row(_) => arg.v.clone(),
            };
            arg = Arg::of(&v, span);
        }
        arg.v
    }

    /// What one of several `From`s makes of an error of which is not known which it is.
    fn one_of_errors(&mut self, v: &V, targets: &[Target], span: Span, st: &mut State) -> Option<V> {
        let from = |t: &Target| match t {
            Target::Func(f) if self.cx.program.func(*f).is_some_and(|d| d.name == "from") => Some(*f),
            _ => None,
        };
        let found: Option<Vec<FuncId>> = targets.iter().map(from).collect();
        let found = found.filter(|f| f.len() > 1)?;
        let why = Why::Dispatch { targets: found.len(), name: "From".into(), of_trait: true };
        self.any_of(found, st, |it, f, st| it.func_call(f, &[Arg::of(v, span)], span, Some(why.clone().at(span)), st))
    }

    /// An operator of a type of the workspace.
    pub(super) fn operator(&mut self, op: Arith, a: &Operand, b: &Operand, span: Span, st: &mut State) -> Option<V> {
        let (funcs, args) = self.implied_call(&[a, b], span, st)?;
        self.any_of(funcs, st, |it, f, st| {
            let v = it.func_call(f, &args, span, None, st);
            let unit = it.cx.typed.get(f.0 as usize).is_some_and(|t| t.ret == Ty::Tuple([].into()));
            // `a += b`: what is left in `a`.
            match a {
                Operand::Place(p) if op.assigns && unit => {
                    it.rvalue(&Rvalue::Use(Operand::Place(p.clone())), p, span, st)
                }
                _ => v,
            }
        })
    }

    /// What a comparison or `!` asks of a type of the workspace, and what that says.
    pub(super) fn asked_by(&mut self, ops: &[&Operand], span: Span, st: &mut State) -> Option<V> {
        let (funcs, args) = self.implied_call(ops, span, st)?;
        self.any_of(funcs, st, |it, f, st| it.func_call(f, &args, span, None, st))
    }

    /// The functions that operators between these go to, and what they are given.
    fn implied_call(&mut self, ops: &[&Operand], span: Span, st: &mut State) -> Option<(Vec<FuncId>, Vec<Arg>)> {
        let targets = self.typed.implied.get(&implied_at(span, ops.first()?))?;
        let funcs = targets.iter().filter_map(|t| if let Target::Func(f) = t { Some(*f) } else { None }).collect();
        let mut args = Vec::new();
        for op in ops {
            let place = if let Operand::Place(p) = op { Some(p.clone()) } else { None };
            let ty = self.operand_ty(op).into_owned();
            args.push(Arg { v: self.operand(op, st), place, span, ty });
        }
        Some((funcs, args))
    }
}
