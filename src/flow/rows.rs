//! Rows of the models, carried out.

use std::sync::Arc;

use super::callables::Times;
use super::calls::Arg;
use super::doubt::Why;
use super::fetched::Taken;
use super::interp::Interp;
use super::must::When;
use super::state::State;
use super::statements::{Slot, known_text};
use super::text::{Text, TextPiece};
use super::trace::from_outside;
use super::types::Transform;
use super::value::{Base, V, Value, Way1, join};
use crate::ir::Name;
use crate::ir::body::View;
use crate::link::infer::Site;
use crate::link::program::short;
use crate::link::ty::{Ty, field_ty, peel};
use crate::model::{Effect, KEY, Port, PortBase, Row};
use crate::source::Span;

/// A call of a modelled function.
#[derive(Clone, Copy)]
pub(super) struct RowCall<'r> {
    /// What the models say of it.
    pub row: &'r Row,
    /// What is known of the call.
    pub info: &'r Site,
    /// Its arguments.
    pub args: &'r [Arg],
    /// Where it is.
    pub span: Span,
}

/// The end of a text, where only its beginning is not known.
fn known_end(v: &Value) -> Option<Name> {
    match v.texts.as_slice() {
        [Text { pieces, .. }] => match pieces.last()? {
            TextPiece::Lit(end) if !end.is_empty() => Some(end.as_ref().into()),
            _ => None,
        },
        _ => None,
    }
}

/// A value of whose truth it is not noted that nothing is known of it.
fn told(v: V) -> V {
    match &v.when {
        Some(w) if **w == When::default() => Arc::new(Value { when: None, ..(*v).clone() }),
        _ => v,
    }
}

/// Whether a range or a length takes all that there is.
fn takes_all(text: &Text) -> bool {
    matches!(&*text.pieces, [TextPiece::Lit(s)] if matches!(s.as_ref(), ".." | "0.." | "0"))
}

impl Interp<'_> {
    pub(super) fn port(&mut self, port: &Port, args: &[Arg], ret: &V, st: &mut State) -> V {
        let (mut v, ty, span) = match port.base {
            PortBase::Ret => (ret.clone(), Ty::Unknown, self.f.span),
            PortBase::Arg(i) => match args.get(i as usize) {
                Some(a) if port.held => (self.load(st, &a.v).without_cells(), a.ty.clone(), a.span),
                Some(a) => (self.load(st, &a.v), a.ty.clone(), a.span),
                None => return V::default(),
            },
            PortBase::Rest(n) => {
                let mut out = V::default();
                for a in args.iter().skip(n as usize) {
                    out = join(&out, &self.load(st, &a.v));
                }
                return out;
            }
        };
        for n in &port.path {
            v = v.field(n);
        }
        match port.view {
            Some(view) => self.view(&v, &ty, view, span, st),
            None => v,
        }
    }

    /// Carries out a row by values alone.
    pub(super) fn row_value(&mut self, row: u32, args: &[V], span: Span, st: &mut State) -> V {
        let args: Vec<Arg> = args.iter().map(|v| Arg::of(v, span)).collect();
        self.row_call(row, &Site::default(), &args, span, st)
    }

    /// Carries out a row.
    pub(super) fn row_call(&mut self, row: u32, info: &Site, args: &[Arg], span: Span, st: &mut State) -> V {
        let models = self.cx.models;
        let Some(row) = models.row(row) else { return V::default() };
        let mut ret = V::default();
        let iterated = self.iterated(row, args, span, st);
        let args = &*iterated;
        let call = RowCall { row, info, args, span };
        for effect in &row.effects {
            self.effect(effect, call, &mut ret, st);
            if st.dead {
                return V::default();
            }
        }
        self.run_kept(call, st);
        // A macro that only lists its arguments (`params![a, b]`).
        if row.path.ends_with('!')
            && let [Effect::Flow { from: Port { base: PortBase::Rest(0), .. }, derived: false, .. }] =
                row.effects.as_slice()
        {
            return super::calls::keep_items(ret, args);
        }
        let ret = call.as_asked(models, told(ret));
        if info.ret == Ty::ext("bool") && ret.has_data() && !ret.own {
            let mut out = Value { when: ret.when.clone(), ..Value::default() };
            out.texts.clear();
            return Arc::new(out);
        }
        if ret.adt.is_none()
            && let Ty::Adt(t, _) = peel(models, &info.ret)
            && ret.has_data()
        {
            let mut out = (*ret).clone();
            out.adt = Some(*t);
            return Arc::new(out);
        }
        ret
    }

    /// Carries out one effect.
    pub(super) fn effect(&mut self, effect: &Effect, call: RowCall<'_>, ret: &mut V, st: &mut State) {
        let models = self.cx.models;
        let RowCall { row, info, args, span } = call;
        match effect {
            Effect::Flow { from, to, derived, replace } => {
                let mut v = self.port(from, args, ret, st);
                v = call.taken_out(models, v, from, call.declared(to));
                if call.takes_one(from, to) {
                    v = self.element_by(&v, call, st);
                }
                v = call.with_truth(models, v, from, to);
                if *derived {
                    let mut flat = Value::default();
                    v.flatten_into(from.view.unwrap_or(View::Full), &mut flat);
                    for (_, i) in &mut flat.facts {
                        i.derived = true;
                    }
                    v = Arc::new(flat);
                }
                self.put(to, v, *replace, call, ret, st);
            }
            Effect::Call { f, args: given, part, to, replace } => {
                let callee = self.port_raw(f, args, st);
                // A future that is already a value has nothing to run.
                if given.is_empty() && callee.callees.is_empty() && !super::waiting::value_open(&callee) {
                    return;
                }
                let values: Vec<V> = given
                    .iter()
                    .enumerate()
                    .map(|(i, p)| {
                        let v = if p.held { self.lent(p, call, st) } else { self.each(p, call, ret, st) };
                        let v = call.taken_out(models, v, p, call.declared_given(f, i));
                        call.borrowed(v, p)
                    })
                    .collect();
                let many = given.iter().any(|p| call.is_many(p)) || call.is_many_back();
                let times = if many { Times::Often } else { Times::Perhaps };
                let v = self.call_value(&callee, &values, span, times, st);
                let v = self.given_back(row, args, f, v, span, st);
                let v = part.iter().fold(self.load(st, &v), |v, n| v.field(n));
                if let Some(to) = to {
                    self.put(to, v, *replace, call, ret, st);
                }
            }
            Effect::Filter { of, to } => self.filtered(of, to, call, ret, st),
            Effect::Place(of) => self.place_of_accepted(of, call, ret, st),
            Effect::Every(of) => self.all_accepted(of, call, ret, st),
            Effect::If { of, truth, then } => self.effect_if(of, *truth, then, call, ret, st),
            Effect::Truth { of, same } => {
                let v = self.port(of, args, ret, st);
                let ty = call.ty(of);
                let (yes, no) = (self.if_positive(&v, ty, *same), self.if_positive(&v, ty, !*same));
                let mut out = (**ret).clone();
                out.when = Some(Box::new(When { yes, no, ..When::default() }));
                *ret = Arc::new(out);
            }
            Effect::Alias { of, part } => {
                if let PortBase::Arg(i) = of.base
                    && let Some(a) = args.get(i as usize)
                {
                    let mut refs = if of.held { self.cell_places(a, st) } else { self.arg_ways(a, st) };
                    // One of many is borrowed: the others stay.
                    let to = call.declared(&Port { path: part.clone(), ..Port::ret() });
                    let element = match call.leaves(models, KEY, of, to) {
                        true => Some(Way1::Value),
                        false => call.borrows_one(of).then_some(Way1::Element),
                    };
                    if !call.keeps_truth(models, of) {
                        refs.iter().for_each(|(base, way)| self.forget_truth(base, way, st));
                    }
                    for (_, way) in &mut refs {
                        way.extend(of.path.iter().cloned().map(Way1::Field));
                        way.extend(element.clone());
                    }
                    self.lend(&refs);
                    let borrow = match refs.is_empty() {
                        true => self.port(of, args, ret, st),
                        false => Arc::new(Value { refs, ..Value::default() }),
                    };
                    let way: Vec<Way1> = part.iter().cloned().map(Way1::Field).collect();
                    *ret = super::value::write(ret, &way, &borrow, true, 0);
                }
            }
            Effect::Empty(p) => self.put(p, V::default(), true, call, ret, st),
            Effect::Cut { of, by } => {
                let by = self.port(by, args, ret, st);
                if matches!(by.texts.as_slice(), [t] if takes_all(t)) {
                    self.put(of, V::default(), true, call, ret, st);
                }
            }
            Effect::Arrive { kind, data, url } => {
                let mut all = V::default();
                for p in data {
                    let v = self.port(p, args, ret, st);
                    all = join(&all, &self.whole(st, &v).data());
                }
                self.row_arrival(*kind, url.as_ref(), all, info, row, args, span, st);
            }
            Effect::Sql { text, binds } => {
                let text = self.port(text, args, ret, st);
                *ret = join(ret, &self.sql_start(&text, true, span, st));
                match binds {
                    Some(Port { base: PortBase::Rest(n), .. }) => {
                        for (nth, a) in (0..).zip(args.iter().skip(*n as usize)) {
                            let v = self.load(st, &a.v);
                            *ret = self.sql_bind(ret, &Slot::Next(nth), &v, a.span, st);
                        }
                    }
                    Some(p) => {
                        let list = self.port(p, args, ret, st);
                        let at = match p.base {
                            PortBase::Arg(i) => args.get(i as usize).map_or(span, |a| a.span),
                            _ => span,
                        };
                        *ret = self.sql_bind_all(ret, &list, at, st);
                    }
                    None => {}
                }
                *ret = self.of_type(std::mem::take(ret), &info.ret);
            }
            Effect::Bind { of, all } => {
                let v = self.port(of, args, ret, st);
                let at = args.get(1).map_or(span, |a| a.span);
                let query = args.first().map(|a| self.load(st, &a.v)).unwrap_or_default();
                *ret = match all {
                    true => self.sql_bind_all(&query, &v, at, st),
                    false => self.sql_bind(&query, &Slot::Next(0), &v, at, st),
                };
                // `query.bind(x);` on a variable binds in place; what is prepared is bound anew each time.
                if !all
                    && let Some(a) = args.first()
                    && a.place.is_some()
                {
                    let bound = ret.clone();
                    self.write_arg(a, &[], &bound, false, st);
                }
            }
            Effect::Rows(p) => {
                let query = self.port(p, args, ret, st);
                // A closure is given the row as it is, or as the type that the statement says.
                let to_closure = match query.adt {
                    Some(t) => Ty::Adt(t, [].into()),
                    None => Ty::ext("Row"),
                };
                let ty = if row.called().next().is_some() { &to_closure } else { &info.ret };
                let rows = self.sql_rows(&query, ty, Taken::Rows, span, st);
                // The rows of the statement that the result was: no longer the statement, nor what was bound to it.
                *ret = if p.base == PortBase::Ret { rows } else { join(ret, &rows) };
            }
            Effect::Scalar(p) => {
                let query = self.port(p, args, ret, st);
                let rows = self.sql_rows(&query, &info.ret, Taken::First, span, st);
                *ret = join(ret, &rows);
            }
            Effect::Get { of, key } => {
                let v = self.port(of, args, ret, st);
                let key = self.port(key, args, ret, st);
                let name = known_text(&key).map(|k| match k.chars().all(|c| c.is_ascii_digit()) {
                    true => format!("#{k}").into(),
                    // Columns go by their names in whatever letters.
                    false => {
                        let other = v.fields.iter().find(|(n, _)| n.eq_ignore_ascii_case(&k)).map(|(n, _)| n.clone());
                        if v.listed(&k).is_some() { k } else { other.unwrap_or(k) }
                    }
                });
                // Names of columns are the same in any letters.
                let name = name.map(|k| match v.listed(&k).is_none() {
                    true => v.fields.iter().map(|(n, _)| n).find(|n| n.eq_ignore_ascii_case(&k)).cloned().unwrap_or(k),
                    false => k,
                });
                let part = match name {
                    Some(k) if v.listed(&k).is_some() || super::waiting::value_open(&v) => {
                        self.decoded(&v.field(&k), &info.ret, span)
                    }
                    Some(k) => v.field(&k),
                    None => match known_end(&key) {
                        Some(end) => self.decoded(&v.field_ending(&end), &info.ret, span),
                        None => {
                            let mut flat = Value::default();
                            v.flatten_into(View::Full, &mut flat);
                            let any = super::summary::doubted(&Arc::new(flat), &Why::Key.at(span));
                            // Of a row of which nothing is known the type that takes the column says what it is.
                            if v.unknown || v.fields.is_empty() {
                                join(&any, &self.fresh(&info.ret, v.places(), span))
                            } else {
                                any
                            }
                        }
                    },
                };
                *ret = join(ret, &part);
            }
            Effect::Kind { name, from, to, replace } => {
                let v = self.port(from, args, ret, st);
                let t = match self.cx.seeds.transform_ext.get(name) {
                    Some(t) => Transform::Bound(*t),
                    None => Transform::Kind(name.to_string()),
                };
                let a = Arg { v, place: None, span, ty: Ty::Unknown };
                let out = self.transformed(&[a], &t, &short(&row.path), span, st);
                self.put(to, out, *replace, call, ret, st);
            }
            Effect::New => {
                let v = self.made(&info.ret, span, st);
                *ret = join(ret, &v);
            }
            Effect::Channel(ends) => {
                let v = self.channel(&info.ret, span, st);
                for end in ends {
                    self.put(end, v.clone(), false, call, ret, st);
                }
            }
            Effect::Same(p) => {
                if let PortBase::Arg(i) = p.base
                    && let Some(a) = args.get(i as usize)
                {
                    let mut v = call.taken_out(models, a.v.clone(), p, call.declared(&Port::ret()));
                    if call.takes_one(p, &Port::ret()) {
                        v = self.element_by(&v, call, st);
                    }
                    v = call.with_truth(models, v, p, &Port::ret());
                    *ret = if ret.is_empty() { v } else { join(ret, &v) };
                }
            }
            Effect::Spawn => {}
            Effect::Route(p) => {
                let handler = self.port(p, args, ret, st);
                *ret = self.with_route(ret, &handler, span);
            }
            Effect::Layer(p) => {
                let layer = self.port(p, args, ret, st);
                *ret = self.with_layer(ret, &layer);
            }
            Effect::Serve(p) => {
                let router = self.port(p, args, ret, st);
                self.served.push(router);
            }
            Effect::Fresh => {
                let from = self.given_to_call(info, args, st);
                let v = self.fresh(&info.ret, from, span);
                let v = from_outside(self.cx, self.id, &v, |o| o.made, span);
                *ret = join(ret, &v);
            }
            Effect::Read { from, to } => {
                let v = self.port(from, args, ret, st);
                let part = |ty: Ty, name: &Name| field_ty(self.cx.program, models, peel(models, &ty), None, name);
                let ty = to.path.iter().fold(info.ret.clone(), part);
                let v = self.read_back(&v, &ty, span);
                self.put(to, v, false, call, ret, st);
            }
            Effect::Env(p) => {
                let key = self.port(p, args, ret, st);
                let mut out = (**ret).clone();
                out.unknown = true;
                for t in &key.texts {
                    let piece = match &*t.pieces {
                        [TextPiece::Lit(s)] => TextPiece::Env(s.clone()),
                        [TextPiece::Param(i, path, _)] => TextPiece::EnvOf(*i, path.clone()),
                        _ => continue,
                    };
                    out.texts.push(Text { pieces: Arc::from([piece]), span: None });
                }
                *ret = Arc::new(out);
            }
            Effect::Exit => {
                *st = State::unreached();
            }
        }
    }

    /// An argument as it is, borrows and callables included.
    pub(super) fn port_raw(&self, port: &Port, args: &[Arg], _st: &State) -> V {
        match port.base {
            PortBase::Arg(i) => args.get(i as usize).map(|a| a.v.clone()).unwrap_or_default(),
            _ => V::default(),
        }
    }

    /// What a cell holds, or what is lent, as a closure is given it: to be read and written.
    fn lent(&mut self, port: &Port, call: RowCall<'_>, st: &State) -> V {
        let PortBase::Arg(i) = port.base else { return V::default() };
        let Some(a) = call.args.get(i as usize) else { return V::default() };
        let mut refs = self.cell_places(a, st);
        for (_, way) in &mut refs {
            way.extend(port.path.iter().cloned().map(Way1::Field));
            way.extend(call.is_many(port).then_some(Way1::Element));
        }
        self.lend(&refs);
        Arc::new(Value { refs, ..Value::default() })
    }

    /// Puts a value where an effect says.
    pub(super) fn put(&mut self, to: &Port, v: V, replace: bool, call: RowCall<'_>, ret: &mut V, st: &mut State) {
        let RowCall { args, span, .. } = call;
        match to.base {
            PortBase::Ret if to.held => {
                // The result is the cell, or has it as a part.
                let (part, inside) = match ret.is_cell() {
                    true => (ret.clone(), to.path.as_slice()),
                    false => (to.path.iter().fold(ret.clone(), |v, n| v.field(n)), [].as_slice()),
                };
                let cells: Vec<_> = part.cells().map(|c| (Base::Cell(c), Vec::new())).collect();
                match cells.is_empty() {
                    true => self.put(&Port { held: false, ..to.clone() }, v, replace, call, ret, st),
                    false => self.put_all(&cells, inside, &v, !replace, span, st),
                }
            }
            PortBase::Ret => {
                let way: Vec<Way1> = to.path.iter().cloned().map(Way1::Field).collect();
                let first = way.is_empty() && ret.is_empty();
                *ret = match first {
                    // What else may be the result does not say whether this is true.
                    true if v.is_empty() && !v.own => {
                        Arc::new(Value { when: Some(Box::default()), ..Value::default() })
                    }
                    true => v,
                    false => super::value::write(ret, &way, &v, !replace, 0),
                };
            }
            PortBase::Arg(i) => {
                if let Some(a) = args.get(i as usize) {
                    if to.held {
                        let places = self.cell_places(a, st);
                        self.put_all(&places, &to.path, &v.data(), !replace, span, st);
                    } else {
                        self.write_arg(a, &to.path, &v.data(), !replace, st);
                    }
                }
            }
            PortBase::Rest(_) => {}
        }
    }
}
