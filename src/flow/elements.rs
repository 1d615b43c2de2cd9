//! One out of many: which values are lists, and which calls take elements out of them.

use std::sync::Arc;

use super::beside::{by_position, keys_of};
use super::doubt::Why;
use super::interp::Interp;
use super::roots::{Place, Record};
use super::rows::RowCall;
use super::state::State;
use super::summary::doubted;
use super::value::{Base, Many, V, Value, Way, Way1, join, joined, write};
use crate::ir::body::{self, Index};
use crate::link::infer::{Site, Target};
use crate::link::names::is_primitive;
use crate::link::ty::{Ty, field_ty, payload, peel};
use crate::model::{Effect, ModelSet, ModelTy, Port, PortBase, Row};
use crate::source::Span;

/// Methods that take one out of many, whatever they are called on.
const TAKE_ONE: [&str; 15] = [
    "next",
    "next_back",
    "try_next",
    "peek",
    "pop",
    "pop_front",
    "pop_back",
    "first",
    "last",
    "nth",
    "recv",
    "try_recv",
    "get",
    "find",
    "next_if",
];

/// Methods of an `Option` or `Result` that hand on what is in it as it is: also a borrow.
const HAND_ON: [&str; 12] = [
    "context",
    "filter",
    "map_err",
    "ok",
    "ok_or",
    "ok_or_else",
    "or",
    "or_else",
    "unwrap_or",
    "with_context",
    "wrap_err",
    "wrap_err_with",
];

/// Whether values of a type of this name are many.
pub(super) fn is_list(name: &str) -> bool {
    let last = name.rsplit("::").next().unwrap_or(name);
    matches!(
        last,
        "slice"
            | "Iter"
            | "Vec"
            | "VecDeque"
            | "LinkedList"
            | "BinaryHeap"
            | "HashSet"
            | "BTreeSet"
            | "HashMap"
            | "BTreeMap"
            | "IndexMap"
            | "IndexSet"
            | "DashMap"
            | "DashSet"
            | "SmallVec"
            | "ArrayVec"
    ) || matches!(name, "serde_json::Map" | "slab::Slab" | "slotmap::SlotMap" | "slotmap::SecondaryMap")
        || name == "petgraph::graph::Graph"
        || last.ends_with("Receiver")
        || last.ends_with("Stream")
}

fn is_iterator(ty: &Ty) -> bool {
    matches!(ty, Ty::Ext(n, _) if n == "Iter")
}

fn is_text(ty: &Ty) -> bool {
    matches!(ty, Ty::Ext(n, _) if n == "str" || n == "String")
}

/// Whether a wrapper holds one value or none.
fn holds_one(name: &str) -> bool {
    matches!(name.rsplit("::").next().unwrap_or(name), "Option" | "Result" | "Box" | "Arc" | "Rc" | "Pin" | "Poll")
}

/// Whether a type is one of lists, or of maps, as they are.
fn is_container(ty: &Ty) -> bool {
    is_pairs(ty) || matches!(ty, Ty::Ext(n, _) if matches!(n.as_str(), "Vec" | "VecDeque" | "LinkedList"))
}

/// Whether a type is one of maps, as they are. In those that threads share there are no borrows.
fn is_pairs(ty: &Ty) -> bool {
    matches!(ty, Ty::Ext(n, _) if matches!(n.as_str(), "HashMap" | "BTreeMap"))
}

/// Whether a row puts an argument into what it is called on, as one of many perhaps.
fn keeps_one(row: &Row, arg: usize) -> bool {
    let put = |e: &Effect| match e {
        Effect::Flow { from, to, derived: false, .. } => {
            from.base == PortBase::Arg(arg as u32) && from.path.is_empty() && to.base == PortBase::Arg(0)
        }
        _ => false,
    };
    arg > 0 && matches!(row.params.get(arg), Some((_, ModelTy::Var(_)))) && row.effects.iter().any(put)
}

/// Whether a row puts an argument, as it is, into what it makes: a box, an iterator over one.
fn wraps(row: &Row, arg: usize) -> bool {
    let Some((_, given @ ModelTy::Var(_))) = row.params.get(arg).filter(|_| !row.has_self) else { return false };
    matches!(&row.ret, ModelTy::Path(_, held) if held.as_slice() == std::slice::from_ref(given))
}

/// Whether a call keeps an argument as it is: in what it makes, or in a list.
pub(super) fn keeps(models: &ModelSet, info: &Site, arg: usize) -> bool {
    info.targets.iter().any(|t| match t {
        Target::Ctor(..) => true,
        Target::Row(row) => models.row(*row).is_some_and(|row| keeps_one(row, arg) || wraps(row, arg)),
        Target::Func(_) => false,
    })
}

/// Whether values of a type are many, also inside an `Option` or a `Box`.
pub(super) fn many(ty: &Ty) -> bool {
    match ty {
        Ty::Ext(n, _) if is_list(n) => true,
        Ty::Ext(n, args) if holds_one(n) => args.first().is_some_and(many),
        _ => false,
    }
}

fn many_in_model(ty: &ModelTy) -> bool {
    match ty {
        ModelTy::Path(n, _) if is_list(n) => true,
        ModelTy::Path(n, args) if holds_one(n) => args.first().is_some_and(many_in_model),
        _ => false,
    }
}

impl RowCall<'_> {
    /// The type of an argument.
    pub(super) fn ty(&self, port: &Port) -> &Ty {
        const UNKNOWN: &Ty = &Ty::Unknown;
        match port.base {
            PortBase::Arg(i) if port.path.is_empty() => self.args.get(i as usize).map_or(UNKNOWN, |a| &a.ty),
            _ => UNKNOWN,
        }
    }

    /// What a closure is given of an argument that is a borrow: it may write through it.
    pub(super) fn borrowed(&self, v: V, port: &Port) -> V {
        let PortBase::Arg(i) = port.base else { return v };
        match self.args.get(i as usize) {
            Some(a) if !a.v.refs.is_empty() && port.path.is_empty() && v.refs.is_empty() => {
                Arc::new(Value { refs: a.v.refs.clone(), ..(*v).clone() })
            }
            _ => v,
        }
    }

    /// Whether an argument is a list.
    pub(super) fn is_many(&self, port: &Port) -> bool {
        let declared = match port.base {
            PortBase::Arg(i) => self.row.params.get(i as usize).is_some_and(|(_, t)| many_in_model(t)),
            PortBase::Rest(_) | PortBase::Ret => false,
        };
        port.path.is_empty() && (declared || many(self.ty(port)))
    }

    /// Whether the result is a list.
    pub(super) fn is_many_back(&self) -> bool {
        match (&self.info.ret, &self.row.ret) {
            (Ty::Unknown, ModelTy::SelfTy) => self.args.first().is_none_or(|a| a.ty == Ty::Unknown || many(&a.ty)),
            (Ty::Unknown, ModelTy::Tuple(parts)) => parts.iter().any(|p| *p == ModelTy::Unknown || many_in_model(p)),
            (Ty::Unknown, declared) => many_in_model(declared),
            (Ty::Tuple(parts), _) => parts.iter().any(|p| *p == Ty::Unknown || many(p)),
            (known, _) => many(known),
        }
    }

    /// Whether an argument is an iterator, as it is or as the row declares it.
    pub(super) fn iterates(&self, i: usize) -> bool {
        let iter = |ty: &ModelTy| matches!(ty, ModelTy::Path(n, _) if n == "Iter");
        self.args.get(i).is_some_and(|a| is_iterator(&a.ty)) || self.row.params.get(i).is_some_and(|(_, ty)| iter(ty))
    }

    /// Whether a method of an `Option` or `Result` hands on what an argument holds: what that is, or what may be in its
    /// place.
    fn hands_on_whole(&self, i: usize) -> bool {
        let name = self.row.path.rsplit("::").next().unwrap_or("");
        let answer = |ty: &Ty| matches!(ty, Ty::Ext(n, _) if n == "Option" || n == "Result");
        HAND_ON.contains(&name) && self.args.first().is_some_and(|a| answer(&a.ty)) && i < self.args.len()
    }

    /// Whether the result is a borrow of one of the elements of a list.
    pub(super) fn borrows_one(&self, of: &Port) -> bool {
        self.is_many(of) && !self.is_many_back()
    }

    /// Whether what flows is one of the elements of a list.
    pub(super) fn takes_one(&self, from: &Port, to: &Port) -> bool {
        if to.base != PortBase::Ret || !to.path.is_empty() || from.base != PortBase::Arg(0) {
            return false;
        }
        let one = match (&self.info.ret, &self.row.ret) {
            (Ty::Unknown, ModelTy::Unknown | ModelTy::SelfTy) => false,
            (Ty::Unknown, declared) => !many_in_model(declared),
            (known, _) => !many(known),
        };
        let name = self.row.path.rsplit("::").next().unwrap_or("");
        TAKE_ONE.contains(&name) && (one || !self.is_many(from)) || one && self.is_many(from)
    }

    /// Whether what flows there is kept in a list.
    pub(super) fn keeps_in_list(&self, to: &Port) -> bool {
        to.base == PortBase::Arg(0) && to.path.is_empty() && !to.held && is_container(self.ty(to))
    }

    /// Whether what flows is put into a text that has other things in it: a piece, what is put in place of one, elements
    /// that are put together; or into an object of JSON, which is what its text is.
    pub(super) fn puts_into_text(&self, from: &Port, to: &Port, derived: bool) -> bool {
        let object = |ty: &Ty| matches!(ty, Ty::Ext(n, _) if n == "serde_json::Map");
        match (from.base, to.base) {
            (PortBase::Arg(i), PortBase::Arg(0)) => i > 0 && (is_text(self.ty(to)) || object(self.ty(to))),
            (PortBase::Arg(0), PortBase::Ret) => {
                let name = self.row.path.rsplit("::").next().unwrap_or("");
                let together = match name {
                    "collect" | "from_iter" => is_text(&self.info.ret),
                    name => matches!(name, "join" | "concat"),
                };
                together && self.is_many(from)
            }
            (PortBase::Arg(_), PortBase::Ret) => {
                let is_self = |from: &Port| from.base == PortBase::Arg(0);
                let of_self = |e: &Effect| matches!(e, Effect::Flow { from, to: of, .. } if is_self(from) && of == to);
                derived && is_text(&self.info.ret) && self.row.effects.iter().any(of_self)
            }
            _ => false,
        }
    }
}

/// Any part of a value, with what is told apart in it: another type may be read out of it by its names.
pub(super) fn any_part(v: &V) -> V {
    let by_position = v.fields.iter().filter(|(n, _)| by_position(n)).map(|(_, part)| part.clone());
    joined(&std::iter::once(v.field_ending("")).chain(by_position).collect::<Vec<_>>())
}

impl Interp<'_> {
    /// The borrows in what a row makes of an argument. An iterator of borrows that may be written through hands them on:
    /// to the next as they are; to what is taken out, and to a list of some, each of which may be any of them. An `Option`
    /// or a `Result` of one does, too.
    pub(super) fn lends_on(&self, from: &Port, to: &Port, call: RowCall<'_>, st: &State) -> Many<(Base, Way)> {
        let RowCall { row, info, args, .. } = call;
        let PortBase::Arg(i) = from.base else { return Many::new() };
        let i = i as usize;
        if from.held || from.view.is_some() || !from.path.is_empty() {
            return Many::new();
        }
        let Some(lent) = args.get(i).map(|a| &a.v.refs).filter(|refs| !refs.is_empty()) else {
            return self.taken_borrows(from, to, call, st);
        };
        if keeps_one(row, i) && call.keeps_in_list(to) || to.base == PortBase::Ret && !to.held && wraps(row, i) {
            return lent.clone();
        }
        // What is given as an error is in no other's place.
        if call.hands_on_whole(i) && (i == 0 || to.path.is_empty()) {
            return lent.clone();
        }
        // What a map comes to are pairs.
        let whole = to.path.is_empty() || to.path.len() == 1 && is_pairs(call.ty(from));
        let given = to.base == PortBase::Ret && whole && !is_text(&info.ret);
        if given && is_container(call.ty(from)) && !self.lends_list(lent) {
            return lent.clone();
        }
        if !call.iterates(i) {
            return self.taken_borrows(from, to, call, st);
        }
        let mut refs = Many::new();
        for (base, way) in lent {
            match base {
                // The iterator itself is borrowed (`by_ref`): it hands on what it borrows.
                Base::Local(l) if way.is_empty() && is_iterator(self.local_ty(*l)) => {
                    refs.extend(st.get(*l).refs.clone())
                }
                _ => refs.push((base.clone(), way.clone())),
            }
        }
        let iterator = matches!(&row.ret, ModelTy::Path(n, _) if n == "Iter") || row.ret == ModelTy::SelfTy;
        if !iterator {
            if is_text(&info.ret) {
                return Many::new();
            }
            refs.iter_mut().for_each(|(_, way)| way.push(Way1::Element));
        }
        refs
    }

    /// What is taken out of a list, a map or an `Option` of borrows that the caller gave: who has it writes to that.
    fn taken_borrows(&self, from: &Port, to: &Port, call: RowCall<'_>, st: &State) -> Many<(Base, Way)> {
        let RowCall { row, args, .. } = call;
        let concrete = matches!(&row.ret, ModelTy::Path(_, of) if of.is_empty());
        let whole = to.path.is_empty() || to.path.len() == 1 && is_pairs(call.ty(from));
        let given = from.base == PortBase::Arg(0) && to.base == PortBase::Ret && whole && !concrete;
        let holds = |ty: &Ty| is_container(ty) || matches!(ty, Ty::Ext(n, _) if n == "Option");
        let Some(a) = args.first().filter(|a| given && holds(&a.ty)) else { return Many::new() };
        // A parameter that has borrows in it stands for what it lends.
        let step = |sel: &body::Sel| if let body::Sel::Field(n) = sel { Some(Way1::Field(n.clone())) } else { None };
        let named = a.place.as_ref().map(|p| (Base::Local(p.base), p.path.iter().filter_map(step).collect()));
        let kept = named.is_some_and(|at| self.keeps_borrows(&at));
        let mut refs = self.arg_ways(a, st);
        refs.retain(|at| kept || self.keeps_borrows(at));
        if is_container(&a.ty) && !call.is_many_back() {
            let one = if is_pairs(&a.ty) { Way1::Value(keys_of(self.cx.models, &a.ty)) } else { Way1::Element };
            refs.iter_mut().for_each(|(_, way)| way.push(one.clone()));
        }
        refs
    }

    /// Puts a borrow into a list: one that is taken out of it may be that.
    pub(super) fn put_borrow(&self, list: &body::Place, lent: &V, st: &mut State) -> bool {
        let mut at = self.ways(list, st).0;
        let borrowed: Many<_> = at.iter().flat_map(|(base, way)| self.refs_at(base, way, st)).collect();
        if !borrowed.is_empty() && self.lends_list(&borrowed) {
            at = borrowed;
        }
        if !at.iter().all(|(base, _)| matches!(base, Base::Local(_))) {
            return false;
        }
        let kept = Arc::new(Value { refs: lent.refs.clone(), ..Value::default() });
        for (base, way) in &at {
            if let Base::Local(l) = base {
                st.set(*l, write(&st.get(*l), way, &kept, true, 0));
            }
        }
        true
    }

    /// Whether what a list borrows is the list itself, and not what is in it.
    fn lends_list(&self, refs: &[(Base, Way)]) -> bool {
        refs.iter().all(|(base, way)| self.is_list_at(base, way))
    }

    /// Whether a list is kept at a place; of a place of another function that is not known.
    fn is_list_at(&self, base: &Base, way: &[Way1]) -> bool {
        let Base::Local(l) = base else { return true };
        let (p, models) = (self.cx.program, self.cx.models);
        let ty = way.iter().fold(self.local_ty(*l).clone(), |ty, step| match step {
            Way1::Field(name) => field_ty(p, models, peel(models, &ty), None, name),
            Way1::Element | Way1::Value(_) => payload(models, &ty).cloned().unwrap_or_default(),
        });
        ty == Ty::Unknown || many(&ty)
    }

    /// A value that is borrowed, to be written through. One of a list says itself whose it is and what is established of
    /// it, where guards are asked for: another of the same list may be another's.
    pub(super) fn lending(&self, refs: Many<(Base, Way)>, v: &V) -> V {
        let one = self.cx.guarded && refs.iter().any(|(_, way)| way.last() == Some(&Way1::Element));
        let truth = || Value { when: v.when.clone(), own: v.own, ..Value::default() };
        Arc::new(Value { refs, ..if one { (**v).clone() } else { truth() } })
    }

    /// One of the elements of a value.
    pub(super) fn element(&mut self, v: &V, at: Span) -> V {
        let v = v.one_of_many();
        match self.element_place(&v, Vec::new(), at) {
            Some(place) => v.rooted(&place),
            None => v,
        }
    }

    /// The element that a call takes out: reached from what else it is given, such as a key.
    pub(super) fn element_by(&mut self, v: &V, call: RowCall<'_>, st: &State) -> V {
        let keys = call.args.iter().skip(1).flat_map(|a| self.load(st, &a.v).places()).collect();
        let mut v = v.one_of_many();
        if !v.refs.is_empty() {
            Arc::make_mut(&mut v).refs.iter_mut().for_each(|(_, way)| way.push(Way1::Element));
        }
        match self.element_place(&v, keys, call.span) {
            Some(place) => v.rooted(&place),
            None => v,
        }
    }

    /// The root of an element that is taken out of a value here.
    fn element_place(&mut self, v: &V, keys: Vec<Place>, at: Span) -> Option<Place> {
        if !self.cx.guarded || !v.has_facts() {
            return None;
        }
        self.made_at((at, true));
        let mut from = v.places();
        from.extend(keys);
        Some(Record::element(at, from).into())
    }

    /// What a closure that is called for each element of an argument is given.
    pub(super) fn each(&mut self, port: &Port, call: RowCall<'_>, ret: &V, st: &mut State) -> V {
        let v = self.port(port, call.args, ret, st);
        if call.is_many(port) { self.element(&v, call.span) } else { v }
    }

    /// The root of what a predicate looks at, if it is one of many.
    pub(super) fn looked_at(&mut self, port: &Port, v: &V, call: RowCall<'_>) -> Option<Place> {
        if call.is_many(port) { self.element_place(v, Vec::new(), call.span) } else { None }
    }

    /// The element at an index: one that a search has found, or the same at each place of a function that names the
    /// index in the same way.
    pub(super) fn indexed(&mut self, v: &V, index: Option<&Index>, st: &State) -> V {
        let v = &v.one_of_many();
        if !self.cx.guarded || !v.has_facts() {
            return v.clone();
        }
        let list = v.places();
        if let Some(Index::Local(l)) = index {
            let found = st.get(*l);
            for (fact, info) in &found.facts {
                if let [place] = fact.places(info).as_slice()
                    && list.iter().any(|p| place.is_of(p))
                {
                    return v.rooted(place).map_info(&|i| i.guards.and(&info.guards));
                }
            }
        }
        let Some(place) = self.element_place(v, Vec::new(), self.f.span) else { return v.clone() };
        v.rooted(&match index {
            Some(Index::Number(n)) => place.at_index(n),
            Some(Index::Local(l)) => place.at_index(&l.0.to_string()),
            None => place,
        })
    }

    /// What a tree of keys and values has under a key that is no literal, or at a number: an element of a list.
    pub(super) fn in_tree(&mut self, tree: &V, index: Option<&Index>, st: &State) -> V {
        let is_number = match index {
            Some(Index::Number(_)) => Some(true),
            Some(Index::Local(l)) => match peel(self.cx.models, self.local_ty(*l)) {
                Ty::Ext(n, _) => Some(is_primitive(n) && n != "str"),
                _ => None,
            },
            None => None,
        };
        let under_key = doubted(&any_part(tree), &Why::Key.at(self.at));
        match is_number {
            Some(true) => self.indexed(tree, index, st),
            Some(false) => under_key,
            None => join(&under_key, &self.indexed(tree, index, st)),
        }
    }
}
