//! Functions of the workspace that are given statements or parts of them: what they make of them, at this call.

use super::env::Env;
use super::node::Node;
use super::render::Token;
use super::{Body, Call, DEPTH};
use crate::ir::body::{Local, Operand, Place};
use crate::link::infer::Target;
use crate::link::program::{FuncId, Program, TypeId};
use crate::link::ty::{Ty, peel};
use crate::source::Span;

/// Locals from here on are none of a function's own: they stand for values that its caller gives.
const GIVEN: u32 = u32::MAX / 2;

/// Values of a caller, by their numbers.
#[derive(Default)]
struct Given(Vec<Operand>);

impl Body<'_, '_> {
    /// The function that a call reaches; of several the one of the type that is known here.
    pub(super) fn target(&self, call: Call<'_>) -> Option<FuncId> {
        let funcs = || call.info.targets.iter().filter_map(|t| if let Target::Func(f) = t { Some(*f) } else { None });
        match call.info.targets.as_slice() {
            [Target::Func(f)] => Some(*f),
            _ => {
                funcs().next()?;
                let t = self.known_type(call.args.first()?)?;
                let mut of = funcs().filter(|f| is_of(self.walk.p, *f, t));
                let one = of.next()?;
                of.next().is_none().then_some(one)
            }
        }
    }

    /// The type of the workspace that an operand has, as its own type or as that of what the caller gave.
    fn known_type(&self, op: &Operand) -> Option<TypeId> {
        let Operand::Place(p) = op else { return None };
        let given = self.types.get(&p.base).filter(|_| p.path.is_empty()).copied();
        given.or_else(|| match peel(self.walk.models, &self.ty(op)) {
            Ty::Adt(t, _) => Some(*t),
            _ => None,
        })
    }

    /// What a function returns that is given statements or parts of them, and what it makes of those that it borrows.
    pub(super) fn inlined(&mut self, f: FuncId, call: Call<'_>) -> Option<Option<Node>> {
        let p = self.walk.p;
        let (func, typed) = (p.func(f)?, self.walk.typed.get(p.read_as(f).0 as usize)?);
        let nodes: Vec<Option<Node>> = (0..call.args.len()).map(|i| self.part(call.args.get(i)?, call.at(i))).collect();
        if nodes.iter().all(Option::is_none) || self.depth >= DEPTH || self.walk.inlined == 0 {
            return None;
        }
        self.walk.inlined -= 1;
        let mut given = Given::default();
        let mut types = std::collections::BTreeMap::new();
        let mut env = Env::default();
        for ((param, node), op) in func.params.iter().zip(nodes).zip(call.args) {
            types.extend(self.known_type(op).map(|t| (param.local, t)));
            env.set(param.local, node.map(|n| n.with_values(&mut |op, at| given.taken(op, at))));
        }
        let mut body = Body { env, types, quiet: true, ..Body::new(self.walk, f, func, typed, self.depth + 1) };
        let out = body.returned(func.body.as_deref()?);
        let (env, runs_given) = (body.env, body.runs_given);
        if runs_given {
            self.open(call.span);
        }
        for (param, op) in func.params.iter().zip(call.args) {
            if let Operand::Place(place) = op
                && place.path.is_empty()
                && matches!(self.env.get(place.base), Some(Node::Query(_)))
                && let Some(Node::Query(q)) = env.get(param.local)
            {
                let node = Node::Query(q.clone()).with_values(&mut |op, at| given.back(op, at));
                self.put(place.base, Some(node));
            }
        }
        Some(out.map(|n| n.with_values(&mut |op, at| given.back(op, at))))
    }
}

impl Given {
    /// A value of the caller as it is called inside.
    fn taken(&mut self, op: Operand, at: Span) -> Token {
        self.0.push(op);
        Token::Value(Operand::Place(Place::from(Local(GIVEN + self.0.len() as u32 - 1))), at)
    }

    /// A value of the caller, or one that is only known inside.
    fn back(&self, op: Operand, at: Span) -> Token {
        let Operand::Place(p) = &op else { return Token::Value(op, at) };
        let Some(own) = p.base.0.checked_sub(GIVEN).and_then(|i| self.0.get(i as usize)) else {
            return Token::Lost(at);
        };
        match own {
            Operand::Place(own) => {
                let path = own.path.iter().chain(&p.path).cloned().collect();
                Token::Value(Operand::Place(Place { base: own.base, path }), at)
            }
            other => Token::Value(other.clone(), at),
        }
    }
}

impl Body<'_, '_> {
    /// A statement or part of one that an operand is. A literal is none.
    fn part(&mut self, op: &Operand, at: Span) -> Option<Node> {
        match op {
            Operand::Place(p) => self.env.get(p.base)?.at_path(&p.path).filter(|n| n.is_part()).map(|n| n.at(at)),
            Operand::Lit(_) => None,
            Operand::Path(id) => self.path(*id, at).filter(Node::is_part),
        }
    }
}

/// Whether a function is of an impl for a type.
fn is_of(p: &Program, f: FuncId, t: TypeId) -> bool {
    let Some(i) = p.func_impl(f) else { return false };
    let of = p.impl_def(i).and_then(|d| d.trait_.as_ref()?.segments.last());
    of.is_some_and(|of| p.impls_for(t, of).contains(&i))
}
