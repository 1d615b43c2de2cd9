//! What a function of the workspace takes out of its arguments: the parts of each that its body, or what it calls with
//! them, makes something of. A function that is bound as recipient or store sends those, and not the rest.

use std::collections::{BTreeMap, BTreeSet};

use super::seeds::Seeds;
use super::value::{MAX_PATH, Origin, V, join};
use super::waiting::value_open;
use crate::ir::Name;
use crate::ir::body::{BinOp, Callee, Func, Local, Operand, PathId, Place, RET, Rvalue, Sel, Stmt};
use crate::limits;
use crate::link::infer::{Target, Typed};
use crate::link::program::{Def, FuncId, Program, Res};
use crate::link::ty::Ty;
use crate::model::{Effect, ModelSet, Port, PortBase};

/// Ways into a value; the empty one is all of it.
pub(super) type Parts = BTreeSet<Vec<Name>>;

/// A parameter of a function.
type Param = (FuncId, usize);

/// What the functions take that are bound, by parameter; of one that takes nothing from anybody it is not known.
pub(super) fn taken(p: &Program, models: &ModelSet, typed: &[Typed], seeds: &Seeds) -> BTreeMap<FuncId, Vec<Parts>> {
    let of_client = |f: &FuncId| {
        let own = p.func_impl(*f).and_then(|i| p.impl_self.get(i.0 as usize));
        matches!(own, Some(Ty::Adt(t, _)) if seeds.sink_types.contains_key(t))
    };
    let bound = seeds.sinks.keys().copied();
    let methods = p.all_ids().filter(|f| !seeds.sink_types.is_empty() && of_client(f));
    let with_body = |f: FuncId| Some((f, p.func(f).filter(|d| d.body.is_some())?));
    let asked: Vec<(FuncId, &Func)> = bound.chain(methods).filter_map(with_body).collect();
    let params = asked.iter().flat_map(|(f, def)| (0..def.params.len()).map(|i| (*f, i)));
    let parts = Taker { p, models, typed }.solve(params.collect());
    let mut out = BTreeMap::new();
    for (f, def) in asked {
        let each: Vec<Parts> = (0..def.params.len()).filter_map(|i| parts.get(&(f, i)).cloned()).collect();
        let given = usize::from(def.has_self).min(each.len());
        if each.iter().skip(given).any(|parts| !parts.is_empty()) {
            out.insert(f, each);
        }
    }
    out
}

/// What a call takes of its arguments, whichever of these it reaches; nothing if that is not known.
pub(super) fn by_call(taken: &BTreeMap<FuncId, Vec<Parts>>, targets: &[Target]) -> Option<Vec<Parts>> {
    let mut out: Vec<Parts> = Vec::new();
    for t in targets {
        let Target::Func(f) = t else { return None };
        for (i, parts) in taken.get(f)?.iter().enumerate() {
            match out.get_mut(i) {
                Some(have) => have.extend(parts.iter().cloned()),
                None => out.push(parts.clone()),
            }
        }
    }
    Some(out)
}

/// A value without what the caller gave.
pub(super) fn not_given(v: &V) -> V {
    if !value_open(v) {
        return v.clone();
    }
    let mut out = (**v).clone();
    out.facts.retain(|(f, _)| !matches!(f.origin, Origin::Param(..)));
    out.fields.iter_mut().for_each(|(_, part)| *part = not_given(part));
    out.into()
}

/// These parts of a value.
fn only(v: &V, parts: &Parts) -> V {
    if parts.contains(&Vec::new()) {
        return v.clone();
    }
    let mut out = V::default();
    for way in parts {
        out = join(&out, &v.part(way));
    }
    out
}

/// What is taken of these arguments.
pub(super) fn of_args(args: &[V], taken: Option<&[Parts]>) -> V {
    let mut out = V::default();
    for (i, v) in args.iter().enumerate() {
        let v = match taken.map(|t| t.get(i)) {
            Some(Some(parts)) => only(v, parts),
            Some(None) | None => v.clone(),
        };
        out = join(&out, &v);
    }
    out
}

/// All of a value.
fn whole() -> Parts {
    Parts::from([Vec::new()])
}

/// What one body takes of a parameter.
#[derive(Default)]
struct Takes {
    /// By itself.
    own: Parts,
    /// Parts of it that are arguments of calls.
    handed: BTreeSet<(Vec<Name>, Param)>,
}

impl Takes {
    /// All that is taken, by what is known of the functions that are called; never less than what was known before.
    fn all(&self, before: &Parts, known: &BTreeMap<Param, Parts>) -> Parts {
        let mut out: Parts = before.union(&self.own).cloned().collect();
        for (way, to) in &self.handed {
            for part in known.get(to).into_iter().flatten() {
                out.insert(way.iter().chain(part).take(MAX_PATH).cloned().collect());
            }
        }
        if out.len() > limits::TAKEN_PARTS || out.contains(&Vec::new()) { whole() } else { out }
    }
}

struct Taker<'a> {
    p: &'a Program,
    models: &'a ModelSet,
    typed: &'a [Typed],
}

impl Taker<'_> {
    /// What is taken of these parameters, and of those that are given parts of them. Every body is read once; what
    /// is taken by calls settles between them.
    fn solve(&self, mut asked: Vec<Param>) -> BTreeMap<Param, Parts> {
        let mut takes: BTreeMap<Param, Takes> = BTreeMap::new();
        let mut givers: BTreeMap<Param, BTreeSet<Param>> = BTreeMap::new();
        while let Some(param) = asked.pop() {
            if takes.contains_key(&param) {
                continue;
            }
            let found = self.body(param);
            for (_, to) in &found.handed {
                givers.entry(*to).or_default().insert(param);
                asked.push(*to);
            }
            takes.insert(param, found);
        }
        let mut known: BTreeMap<Param, Parts> = takes.keys().map(|param| (*param, Parts::new())).collect();
        let mut open: BTreeSet<Param> = takes.keys().copied().collect();
        while let Some(param) = open.pop_first() {
            let (Some(takes), Some(before)) = (takes.get(&param), known.get(&param)) else { continue };
            let now = takes.all(before, &known);
            if now != *before {
                known.insert(param, now);
                open.extend(givers.get(&param).into_iter().flatten());
            }
        }
        known
    }

    /// What the body of a function takes of a parameter.
    fn body(&self, (f, param): Param) -> Takes {
        let unknown = || Takes { own: whole(), ..Takes::default() };
        let (Some(def), Some(typed)) = (self.p.func(f), self.typed.get(f.0 as usize)) else { return unknown() };
        let (Some(_), Some(local)) = (&def.body, def.params.get(param).map(|p| p.local)) else { return unknown() };
        let mut names: BTreeMap<Local, Vec<Name>> = BTreeMap::from([(local, Vec::new())]);
        let mut replaced = BTreeSet::new();
        loop {
            let before = names.len();
            let mut out = Takes::default();
            let mut uses = Uses { taker: self, def, typed, names: &mut names, replaced: &mut replaced, out: &mut out };
            def.each_stmt(&mut |s| {
                if let Stmt::Assign { dst, src, .. } = s {
                    uses.assign(dst, src);
                }
            });
            if names.len() == before {
                return out;
            }
        }
    }
}

/// One pass over a body.
struct Uses<'u, 'a> {
    taker: &'u Taker<'a>,
    def: &'a Func,
    typed: &'a Typed,
    /// Locals that are the parameter, or this part of it.
    names: &'u mut BTreeMap<Local, Vec<Name>>,
    /// Those that were there before something else was put in their place.
    replaced: &'u mut BTreeSet<Local>,
    out: &'u mut Takes,
}

/// What a row does with an argument.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Share {
    /// Asks something of it, or puts something into it.
    Nothing,
    /// Returns it.
    Returned,
    /// Returns what was there before it put something else into it.
    Replaced,
    /// Anything else.
    All,
}

impl Uses<'_, '_> {
    fn is_struct(&self, path: PathId) -> bool {
        matches!(self.typed.paths.get(path.0 as usize), Some(Res { def: Some(Def::Type(_)), .. }))
    }

    /// The way from the parameter to a place, as far as names go.
    fn way(&self, place: &Place) -> Option<Vec<Name>> {
        let mut way = self.names.get(&place.base)?.clone();
        for step in &place.path {
            match step {
                Sel::Field(n) if way.len() < MAX_PATH => way.push(n.clone()),
                Sel::Some | Sel::Deref | Sel::Slice(_) | Sel::Index(_) => {}
                Sel::As(p) if self.is_struct(*p) => {}
                Sel::Field(_) | Sel::As(_) | Sel::Err => break,
            }
        }
        Some(way)
    }

    fn way_of(&self, op: &Operand) -> Option<Vec<Name>> {
        if let Operand::Place(place) = op { self.way(place) } else { None }
    }

    fn takes(&mut self, op: &Operand) {
        self.out.own.extend(self.way_of(op));
    }

    /// A local that is now a part of the parameter; what is put elsewhere is taken.
    fn named(&mut self, dst: &Place, op: &Operand) {
        let Some(way) = self.way_of(op) else { return };
        let replaced = matches!(op, Operand::Place(place) if self.replaced.contains(&place.base));
        if replaced && dst.path.is_empty() {
            self.replaced.insert(dst.base);
            // Whoever calls has it back: it is not sent.
            if dst.base == RET {
                return;
            }
        }
        let result = dst.base == RET || self.def.closures.iter().any(|c| c.ret == dst.base);
        let again = self.names.get(&dst.base).is_some_and(|have| *have != way);
        if result || again || !dst.path.is_empty() || self.def.params.iter().any(|p| p.local == dst.base) {
            self.out.own.insert(way);
        } else {
            self.names.insert(dst.base, way);
        }
    }

    fn assign(&mut self, dst: &Place, src: &Rvalue) {
        match src {
            Rvalue::Use(op) | Rvalue::Positive(_, op) | Rvalue::Cast(op, _) | Rvalue::Elem(op) | Rvalue::Await(op) => {
                self.named(dst, op)
            }
            Rvalue::RefMut(place) => self.named(dst, &Operand::Place(place.clone())),
            Rvalue::Call { callee, args, site, .. } => self.call(dst, callee, args, *site),
            // What is only asked about is not taken.
            Rvalue::Binary(BinOp::Compare(_), ..)
            | Rvalue::Not(_)
            | Rvalue::Test(_)
            | Rvalue::Negative
            | Rvalue::Closure(_) => {}
            _ => src.operands(&mut |op| self.takes(op)),
        }
    }

    fn call(&mut self, dst: &Place, callee: &Callee, args: &[Operand], site: u32) {
        if let Callee::Value(op) = callee {
            self.takes(op);
        }
        let targets = self.typed.sites.get(site as usize).map_or(&[][..], |s| &s.targets);
        for (i, op) in args.iter().enumerate() {
            let Some(way) = self.way_of(op) else { continue };
            if targets.is_empty() {
                self.out.own.insert(way);
                continue;
            }
            for t in targets {
                match t {
                    Target::Func(f) => {
                        self.out.handed.insert((way.clone(), (*f, i)));
                    }
                    Target::Row(r) => match self.share(*r, i) {
                        Share::Nothing => {}
                        Share::Returned => self.named(dst, op),
                        // Whoever calls has it back: it is not sent.
                        Share::Replaced if dst.base == RET && dst.path.is_empty() => {}
                        Share::Replaced => {
                            self.replaced.insert(dst.base);
                            self.named(dst, op);
                        }
                        Share::All => {
                            self.out.own.insert(way.clone());
                        }
                    },
                    Target::Ctor(..) => {
                        self.out.own.insert(way.clone());
                    }
                }
            }
        }
    }

    /// What a row does with an argument.
    fn share(&self, row: u32, arg: usize) -> Share {
        let effects = self.taker.models.row(row).map_or(&[][..], |r| r.effects.as_slice());
        let arg = arg as u32;
        let this = |port: &Port| match port.base {
            PortBase::Arg(i) => i == arg,
            PortBase::Rest(from) => from <= arg,
            PortBase::Ret => false,
        };
        let all_of_it = |port: &Port| port.base == PortBase::Arg(arg) && port.path.is_empty() && port.view.is_none();
        let (mut returned, mut filled) = (false, false);
        for e in effects {
            match e {
                Effect::Flow { from, to, derived: false, .. }
                    if all_of_it(from) && to.base == PortBase::Ret && to.path.is_empty() =>
                {
                    returned = true;
                }
                Effect::Alias { of, part } if all_of_it(of) && part.is_empty() => returned = true,
                Effect::Flow { from, to, .. } if !this(from) => filled |= this(to),
                Effect::Alias { of, .. } if !this(of) => {}
                Effect::Empty(_) | Effect::Cut { .. } | Effect::New => {}
                _ => return Share::All,
            }
        }
        match (returned, filled) {
            (true, true) => Share::Replaced,
            (true, false) => Share::Returned,
            (false, _) => Share::Nothing,
        }
    }
}
