//! Right-hand sides: values of operands, operators, aggregates and formatted texts.

use std::borrow::Cow;
use std::sync::Arc;

use super::beside::{content, entries, is_key, keys_of, without_error};
use super::callee::Callable;
use super::doubt::Why;
use super::interp::{Interp, MAX_ITEMS};
use super::must::When;
use super::path::{Path, What};
use super::places::{field_name, is_answer, side};
use super::state::State;
use super::summary::doubted;
use super::text::{Text, TextPiece, concat};
use super::trace::Ending;
use super::value::{Base, Many, V, Value, Way, Way1, join, many};
use crate::ir::Name;
use crate::ir::body::{Aggregate, BinOp, Lit, Operand, Piece, Place, Positive, Rvalue, View};
use crate::link::infer::{EQUAL, ORDERED, implied_at};
use crate::link::names::is_primitive;
use crate::link::program::Def;
use crate::link::ty::{Ty, is_map, peel};
use crate::model::KEY;
use crate::source::Span;

impl Interp<'_> {
    pub(super) fn operand(&mut self, op: &Operand, st: &mut State) -> V {
        match op {
            Operand::Place(p) => self.read(p, st),
            Operand::Lit(Lit::Str(s)) => Arc::new(Value::text(s, None)),
            Operand::Lit(Lit::Num(n)) => Arc::new(Value::text(n, None)),
            Operand::Lit(Lit::Bool(b)) => {
                Arc::new(Value { when: Some(Box::new(When::always(*b))), ..Value::default() })
            }
            Operand::Lit(Lit::Unit) => V::default(),
            Operand::Path(id) => {
                let Some(res) = self.typed.paths.get(id.0 as usize) else { return V::default() };
                let mut v = Value::default();
                let row_here = self.typed.rows.get(&id.0).map(|(row, ty)| Callable::Row(*row, ty.clone()));
                match (&res.def, res.rest.first()) {
                    (Some(Def::Const(c)), _) => {
                        let by = self.cx.program.as_written(self.id);
                        let Some(all) = self.cx.program.named_as(*c, by) else {
                            return self.constant(*c, self.at, st);
                        };
                        let each = all.into_iter().map(|c| self.constant(c, self.at, st));
                        return each.reduce(|a, b| join(&a, &b)).unwrap_or_default();
                    }
                    (Some(Def::Func(f)), _) => {
                        let by = self.cx.program.as_written(self.id);
                        let path = self.f.paths.get(id.0 as usize).map_or(&[][..], |p| &p.segments);
                        let all = self.cx.program.named_by(path, *f, by).unwrap_or_else(|| vec![*f]);
                        v.callees.extend(all.into_iter().map(Callable::Func));
                    }
                    (Some(Def::Variant(t, i)), None) => {
                        v.when = Some(Box::new(When::is_variant(*i)));
                        v.callees.push(Callable::Ctor(*t, Some(*i)));
                        v.adt = Some(*t);
                    }
                    (Some(Def::Type(t)), None) => v.callees.push(Callable::Ctor(*t, None)),
                    (Some(Def::Type(t)), Some(n)) => {
                        let each = self.cx.program.assoc_consts(*t, n).iter().map(|c| self.constant(*c, self.at, st));
                        if let Some(v) = each.reduce(|a, b| join(&a, &b)) {
                            return v;
                        }
                        v.callees.extend(self.cx.program.methods_of(*t, n).into_iter().map(Callable::Func));
                        v.callees.extend(row_here);
                    }
                    _ if row_here.is_some() => v.callees.extend(row_here),
                    (Some(Def::Ext(n)), _) => {
                        // `.map(Into::into)`, `.map(String::from)`.
                        let row = self.cx.models.find(n, 1).or_else(|| {
                            n.rsplit_once("::").and_then(|(_, m)| self.cx.models.find(&format!("_::{m}"), 1))
                        });
                        v.callees.extend(row.map(|row| Callable::Row(row, Arc::new(Ty::Unknown))));
                    }
                    _ => {}
                }
                Arc::new(v)
            }
        }
    }

    pub(super) fn rvalue(&mut self, src: &Rvalue, dst: &Place, span: Span, st: &mut State) -> V {
        match src {
            Rvalue::Use(op) => {
                let v = self.operand(op, st);
                written_at(op, v, span)
            }
            Rvalue::RefMut(place) => self.borrow(place, st),
            Rvalue::Not(op) => self.negated(op, span, st),
            Rvalue::Neg(op) => match self.asked_by(&[op], span, st) {
                Some(v) => v,
                None => self.derived(&[op], span, st),
            },
            Rvalue::Cast(op, _) => {
                let v = self.operand(op, st);
                // A borrow of another kind (`&mut s as &mut dyn Visit`) borrows the same.
                if v.refs.is_empty() { self.load(st, &v) } else { v }
            }
            Rvalue::Binary(BinOp::Compare(equal), a, b) => {
                let (x, y) = (self.operand(a, st), self.operand(b, st));
                for v in [&x, &y] {
                    self.touch(v, span, &Name::default(), st);
                    self.ends(v, span, &Ending::Compared, st);
                }
                let when = equal.then(|| self.if_equal(a, b, &x, &y)).flatten();
                if self.asked_by(&[a, b], span, st).is_none() && !self.cx.comparing.is_empty() {
                    let how = if *equal { EQUAL } else { ORDERED };
                    self.compared(&self.operand_ty(a), &x, &y, (how, span), st);
                }
                Arc::new(Value { when: when.map(Box::new), ..Value::default() })
            }
            Rvalue::Binary(BinOp::Arith(op), a, b) => {
                if let Some(v) = self.operator(*op, a, b, span, st) {
                    return v;
                }
                let (x, y) = (self.operand(a, st), self.operand(b, st));
                let mut v = (*self.derived(&[a, b], span, st)).clone();
                if !self.cx.sql.holes.is_empty() {
                    let (x, y) = (self.load(st, &x), self.load(st, &y));
                    self.keep_put_in(&mut v, &x);
                    self.keep_put_in(&mut v, &self.put_in(y, span));
                }
                v.texts = concat(&[x.texts.clone(), y.texts.clone()]);
                self.stands_at(&mut v, span);
                if self.is_truth(a) || self.is_truth(b) {
                    v.when = self.if_both(op.of, &x, &y).map(Box::new);
                }
                Arc::new(v)
            }
            Rvalue::Aggregate { kind, fields, base } => self.aggregate(kind, fields, base.as_ref(), dst, span, st),
            Rvalue::Err(op) => self.error(op, span, st),
            Rvalue::Positive(of, op) => {
                let mut v = self.operand(op, st);
                if *of == Positive::Ok {
                    v = without_error(self.cx.models, v, &self.operand_ty(op));
                }
                // Of an answer inside, it is that which is asked: `Ok(false)` is no yes. Of what may be one only the
                // callers know.
                let answer = v.when.is_some() || self.is_answer(op) || self.is_any(op);
                let mut v = Arc::unwrap_or_clone(v);
                v.there = true;
                match v.when.take() {
                    _ if !answer => v.when = Some(Box::new(When::always(true))),
                    Some(when) if is_answer(self.cx.models, &self.operand_ty(op)) => {
                        v.when = Some(Box::new(when.around()));
                    }
                    when => v.when = when,
                }
                Arc::new(v)
            }
            Rvalue::Negative => Arc::new(Value { when: Some(Box::new(When::always(false))), ..Value::default() }),
            Rvalue::Elem(op) => self.item(op, span, st),
            Rvalue::Await(op) => {
                let v = self.operand(op, st);
                let v = self.through_implied(v, op, span, st);
                self.come_to(v, st)
            }
            Rvalue::Closure(c) => self.closure_value(*c, st),
            Rvalue::Call { callee, args, spans, site } => self.call(callee, args, spans, *site, span, st),
            Rvalue::Format(pieces) => self.format(pieces, span, st),
            Rvalue::Test(cond) => self.test(cond, st),
            Rvalue::Opaque(ops) => {
                let refs: Vec<&Operand> = ops.iter().collect();
                let v = self.derived(&refs, span, st);
                doubted(&v, &Why::Expression.at(span))
            }
        }
    }

    /// `&mut place`.
    pub(super) fn borrow(&mut self, place: &Place, st: &State) -> V {
        let (mut refs, _) = self.ways(place, st);
        // Borrowing what already borrows.
        if let [(Base::Local(l), way)] = refs.as_slice()
            && way.is_empty()
            && !st.get(*l).refs.is_empty()
        {
            refs = st.get(*l).refs.clone();
        }
        refs.sort();
        self.lend(&refs);
        Arc::new(Value { refs, ..Value::default() })
    }

    /// `!op`.
    fn negated(&mut self, op: &Operand, span: Span, st: &mut State) -> V {
        if let Some(v) = self.asked_by(&[op], span, st) {
            return v;
        }
        let v = self.operand(op, st);
        // Of a number, and not of a truth.
        if let Operand::Place(p) = op
            && matches!(&*self.place_ty(p), Ty::Ext(n, _) if n != "bool" && is_primitive(n))
        {
            return self.derived(&[op], span, st);
        }
        let when = When { yes: self.if_true(&v, false), no: self.if_true(&v, true), ..When::default() };
        Arc::new(Value { when: (when != When::default()).then(|| Box::new(when)), ..Value::default() })
    }

    /// `Err(op)`.
    fn error(&mut self, op: &Operand, span: Span, st: &mut State) -> V {
        let v = self.operand(op, st);
        let v = self.load(st, &v).data();
        // An error is told to people: no host, column or key is read off it.
        let v = self.through_implied(v, op, span, st).untold();
        let mut out = Value { when: Some(Box::new(When::always(false))), ..Value::default() };
        if v.has_data() {
            let of = match op {
                Operand::Place(Place { base, path }) => {
                    let path = path.split_last().map_or(&[][..], |(_, before)| before).to_vec();
                    self.place_ty(&Place { base: *base, path }).into_owned()
                }
                _ => Ty::Unknown,
            };
            out.set_field(side(self.cx.models, &of, "Err").unwrap_or("Err"), v);
        }
        Arc::new(out)
    }

    /// What a loop takes out of a value; of a map a pair.
    fn item(&mut self, op: &Operand, span: Span, st: &mut State) -> V {
        let v = match op {
            // What is written to an element of what is lent is written there.
            Operand::Place(p) if self.is_borrow(p) => self.borrow(p, st),
            op => self.operand(op, st),
        };
        let v = self.through_implied(v, op, span, st);
        let ty = self.operand_ty(op);
        let by_impl = self.typed.implied.contains_key(&implied_at(span, op));
        let behind = if by_impl { None } else { self.of_elements(&v, &ty, st) };
        let (v, ty) = behind.map_or((v, ty), |(v, ty)| (v, Cow::Owned(ty)));
        let map = match peel_outer(&ty) {
            Ty::Ext(n, _) => is_map(n) || self.cx.models.is_keyed(n),
            Ty::Unknown => v.fields.iter().any(|(n, _)| is_key(n)),
            _ => false,
        };
        if !map {
            return self.element(&v, span);
        }
        let whole = self.load(st, &v);
        let mut pair = Value::default();
        let keys = keys_of(self.cx.models, &ty);
        pair.set_field("0", whole.field(keys));
        let values = if v.refs.is_empty() {
            content(self.cx.models, &entries(&whole, peel_outer(&ty)), &ty, KEY)
        } else {
            let mut refs = v.refs.clone();
            refs.iter_mut().for_each(|(_, way)| way.push(Way1::Value(keys)));
            Arc::new(Value { refs, ..Value::default() })
        };
        pair.set_field("1", values);
        self.element(&Arc::new(pair), span)
    }

    /// Something computed from these.
    pub(super) fn derived(&mut self, ops: &[&Operand], span: Span, st: &mut State) -> V {
        let mut out = Value::default();
        for op in ops {
            let v = self.operand(op, st);
            let v = self.load(st, &v);
            self.touch(&v, span, &Name::default(), st);
            v.flatten_into(View::Full, &mut out);
            out.unknown |= v.unknown;
        }
        for (_, i) in &mut out.facts {
            i.derived = true;
            i.within |= ops.len() > 1;
        }
        Arc::new(out)
    }

    pub(super) fn format(&mut self, pieces: &[Piece], span: Span, st: &mut State) -> V {
        let mut out = Value::default();
        let mut texts: Vec<Many<Text>> = Vec::new();
        for piece in pieces {
            match piece {
                Piece::Text(s) => {
                    texts.push(many![Text { pieces: Arc::from([TextPiece::Lit(s.as_str().into())]), span: None }])
                }
                Piece::Arg(op, view, at) => {
                    let v = self.operand(op, st);
                    let v = self.load(st, &v);
                    let v = self.probed(v, *at, place_of(op), st);
                    self.touch(&v, *at, &Name::default(), st);
                    texts.push(v.texts.clone());
                    self.keep_put_in(&mut out, &v);
                    let ty = self.operand_ty(op);
                    let v = self.view(&v, &ty, *view, *at, st);
                    let mut flat = Value::default();
                    v.flatten_into(*view, &mut flat);
                    out.unknown |= v.unknown;
                    if self.cx.sql.holes.contains(at) {
                        self.keep_put_in(&mut out, &self.put_in(Arc::new(flat.clone()), *at));
                    }
                    for (f, mut i) in flat.facts {
                        i.path = i.path.then(&Path::hop(self.id, *at, What::Formatted));
                        i.derived = true;
                        i.within |= pieces.len() > 1;
                        out.add(f, i);
                    }
                }
            }
        }
        out.texts = concat(&texts);
        self.stands_at(&mut out, span);
        Arc::new(out)
    }

    /// A text that is put together at this place, if there is a statement that is.
    pub(super) fn stands_at(&self, v: &mut Value, span: Span) {
        if !self.cx.sql.by_span.contains_key(&span) {
            return;
        }
        if v.texts.is_empty() {
            v.texts.push(Text { pieces: Arc::from([TextPiece::Hole]), span: None });
        }
        v.texts.iter_mut().for_each(|t| t.span = Some(span));
    }

    pub(super) fn aggregate(
        &mut self,
        kind: &Aggregate,
        fields: &[(Option<Name>, Operand, Span)],
        base: Option<&Operand>,
        dst: &Place,
        _span: Span,
        st: &mut State,
    ) -> V {
        let mut out = match base {
            Some(op) => {
                let v = self.operand(op, st);
                (*self.load(st, &v).data()).clone()
            }
            None => Value::default(),
        };
        let (owner, variant) = match kind {
            Aggregate::Adt(path) => match self.typed.paths.get(path.0 as usize).and_then(|r| r.def.clone()) {
                Some(Def::Type(t)) => (Ty::Adt(t, [].into()), None),
                Some(Def::Variant(t, i)) => (Ty::Adt(t, [].into()), Some(i)),
                _ => (Ty::Unknown, None),
            },
            _ => (Ty::Unknown, None),
        };
        // A list of borrows: one that is taken out of it may be any of them.
        let (mut lent, mut borrows) = (Many::new(), *kind == Aggregate::List && base.is_none());
        for (name, op, at) in fields {
            let v = self.operand(op, st);
            let v = written_at(op, v, *at);
            let v = self.probed(v, *at, place_of(op), st);
            self.hand(&v, *at, &Name::default(), st);
            let v = if *kind == Aggregate::Map { self.written_in(v, op, *at, st) } else { v };
            match (kind, name) {
                (Aggregate::List, _) | (_, None) => {
                    borrows &= !v.refs.is_empty();
                    if borrows {
                        lent.push(v.clone());
                    }
                    let v = self.load(st, &v);
                    let v = self.put_in(v, *at);
                    let mut items = std::mem::take(&mut out.items);
                    items.push(v.clone());
                    out = (*join(&Arc::new(out), &v)).clone();
                    if *kind == Aggregate::List && fields.len() <= MAX_ITEMS {
                        out.items = items;
                    }
                }
                (_, Some(n)) => {
                    let v = self.coerced_in(v, op, (&owner, variant, n), st);
                    let v = self.put_in_field(&v, &owner, variant, n, *at, st);
                    out.set_field(&field_name(self.cx.program, &owner, variant, n), v);
                }
            }
        }
        if borrows && !lent.is_empty() {
            let mut refs: Many<(Base, Way)> = lent.iter().flat_map(|v| v.refs.iter().cloned()).collect();
            refs.sort();
            refs.dedup();
            if lent.len() > MAX_ITEMS {
                lent = Many::new();
            }
            return Arc::new(Value { refs, items: lent, ..Value::default() });
        }
        if *kind == Aggregate::Range {
            let end = |name: &str| out.listed(name).map(|v| v.texts.clone());
            let dots = many![Text { pieces: Arc::from([TextPiece::Lit("..".into())]), span: None }];
            let parts: Vec<Many<Text>> = end("start").into_iter().chain([dots]).chain(end("end")).collect();
            out.texts = concat(&parts);
        }
        if let Ty::Adt(t, _) = owner {
            if let Some(i) = variant {
                out.when = Some(Box::new(When::is_variant(i)));
            }
            out.adt = Some(t);
            self.type_label(&mut out, t, dst);
        }
        Arc::new(out)
    }

    /// What is put into a literal of JSON, as serde writes it.
    fn written_in(&mut self, v: V, op: &Operand, at: Span, st: &mut State) -> V {
        let ty = self.operand_ty(op);
        if !v.has_data() || !matches!(peel(self.cx.models, &ty), Ty::Adt(..)) {
            return v;
        }
        let v = self.load(st, &v);
        self.view(&v, &ty, View::Serialize, at, st)
    }
}

/// A text that is a literal knows where it stands.
pub(super) fn written_at(op: &Operand, v: V, at: Span) -> V {
    match (op, v.texts.as_slice()) {
        (Operand::Lit(_), [text]) => {
            let texts = many![Text { pieces: text.pieces.clone(), span: Some(at) }];
            Arc::new(Value { texts, ..(*v).clone() })
        }
        _ => v,
    }
}

/// The place that an operand reads.
pub(super) fn place_of(op: &Operand) -> Option<&Place> {
    if let Operand::Place(p) = op { Some(p) } else { None }
}

/// The type behind references and locks, collections left as they are.
pub(super) fn peel_outer(ty: &Ty) -> &Ty {
    let mut t = ty;
    while let Ty::Ext(n, args) = t
        && matches!(n.as_str(), "Arc" | "Rc" | "Box" | "Result" | "Option" | "Mutex" | "RwLock" | "MutexGuard")
        && let Some(inner) = args.first()
    {
        t = inner;
    }
    t
}
