//! Rows of the models, carried out.

use std::sync::Arc;

use super::address::is_written_out;
use super::beside::{by_position, declared, entries, way_in};
use super::callables::Times;
use super::calls::Arg;
use super::cast::cast;
use super::cells::Cell;
use super::extract::maker;
use super::fetched::Taken;
use super::interp::Interp;
use super::must::When;
use super::sharing;
use super::state::State;
use super::statements::known_text;
use super::text::{Text, TextPiece};
use super::trace::from_outside;
use super::types::Transform;
use super::value::{Base, Many, V, Value, Way1, join, many, write};
use super::waiting::value_open;
use super::writers::{as_text, as_writer};
use crate::ir::Name;
use crate::ir::body::View;
use crate::link::infer::Site;
use crate::link::program::short;
use crate::link::ty::{Ty, field_ty, peel};
use crate::model::{Effect, KEY, ModelTy, Port, PortBase, Row};
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

impl<'r> RowCall<'r> {
    /// The argument that a port is of.
    pub(super) fn arg(self, port: &Port) -> Option<&'r Arg> {
        match port.base {
            PortBase::Arg(i) => self.args.get(i as usize),
            PortBase::Ret | PortBase::Rest(_) => None,
        }
    }
}

/// What an environment holds under a text.
fn from_environment(key: &Text) -> Option<Text> {
    let piece = match &*key.pieces {
        [TextPiece::Lit(s)] => TextPiece::Env(s.clone()),
        [TextPiece::Param(i, path, _)] => TextPiece::EnvOf(*i, path.clone()),
        _ => return None,
    };
    Some(Text { pieces: Arc::from([piece]), span: None })
}

/// The part at a path of keys (`/people/0/name`); any part where that is not known.
fn at_path(v: &V, path: Option<&str>) -> V {
    let Some(keys) = path.and_then(|path| path.strip_prefix('/')) else { return v.clone() };
    // Any element is what a list is.
    let step = |v: V, key: &str| if by_position(key) { v } else { v.field(key) };
    keys.split('/').fold(v.clone(), step)
}

/// Where the result of a row is while a closure that is lent it writes it.
fn made_in(at: Span) -> Cell {
    Cell::Lent(at, u32::MAX)
}

/// A value of whose truth it is not noted that nothing is known of it; it is not that of what the caller gave either.
fn told(v: V) -> V {
    match &v.when {
        Some(w) if **w == When::default() => Arc::new(Value { when: None, own: false, ..(*v).clone() }),
        _ => v,
    }
}

/// Whether a value is a text that the code says, and nothing else.
fn is_literal(v: &Value) -> bool {
    !v.unknown && v.fields.is_empty() && !v.texts.is_empty() && v.texts.iter().all(Text::is_literal)
}

/// The text that an effect reads the result out of.
fn read_from(effect: &Effect) -> Option<&Port> {
    match effect {
        Effect::Read { from, to, .. } if to.base == PortBase::Ret && to.path.is_empty() => Some(from),
        _ => None,
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
        let models = self.cx.models;
        let is_address =
            |ty: &Ty| matches!(peel(models, ty), Ty::Ext(n, _) if models.type_model(n).is_some_and(|m| m.address));
        v = match port.path.first() {
            Some(part) if is_written_out(&v, part) && is_address(&ty) => V::default(),
            _ => v.part(&way_in(models, &port.path, &ty)),
        };
        match port.view {
            Some(view) => self.view(&v, &ty, view, span, st),
            None => v,
        }
    }

    /// Carries out a row by values alone.
    pub(super) fn row_value(&mut self, row: u32, ty: &Ty, args: &[V], span: Span, st: &mut State) -> V {
        let (params, ret) = if let Ty::Fn(params, ret) = ty { (&**params, &**ret) } else { (&[][..], &Ty::Unknown) };
        let of = |i: usize| params.get(i).cloned().unwrap_or_default();
        let args: Vec<Arg> = (0..).zip(args).map(|(i, v)| Arg { ty: of(i), ..Arg::of(v, span) }).collect();
        let info = Site { ret: ret.clone(), ..Site::default() };
        self.row_call(row, &info, &args, span, st)
    }

    /// Carries out a row.
    pub(super) fn row_call(&mut self, row: u32, info: &Site, args: &[Arg], span: Span, st: &mut State) -> V {
        let models = self.cx.models;
        let Some(row) = models.row(row) else { return V::default() };
        let mut ret = V::default();
        let iterated = self.iterated(row, args, span, st);
        let iterated = self.answered_with(row, iterated);
        let iterated = self.sent(row, iterated, span, st);
        let args = &*iterated;
        let call = RowCall { row, info, args, span };
        let key = self.key_of(call);
        for effect in &row.effects {
            let by_key = key.as_ref().is_some_and(|at| self.by_key(effect, at, call, &mut ret, st));
            if !by_key {
                self.effect(effect, call, &mut ret, st);
            }
            if st.dead {
                return V::default();
            }
        }
        if let Some(at) = &key {
            self.taken_by_key(at, call, st);
        }
        // Of what it is lent a row without effects says nothing, and none of a library says what it does to a value of ours.
        for (i, a) in args.iter().enumerate().filter(|_| row.effects.is_empty() && row.acts.is_empty()) {
            let receiver = i == 0 && row.has_self;
            if !receiver || matches!(peel(models, &a.ty), Ty::Adt(..)) {
                self.lent_to_unknown(a, receiver, !receiver, st);
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
        let ret = self.converted(as_writer(models, call.as_asked(models, told(ret)), &info.ret), call);
        self.compared_by_row(call, &ret, st);
        if info.ret == Ty::ext("bool") && ret.has_data() && !ret.own {
            let mut out = Value { when: ret.when.clone(), ..Value::default() };
            out.texts.clear();
            return Arc::new(out);
        }
        let ret = self.settled(ret, &info.ret, span);
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
        let RowCall { row, info, args, span } = call;
        if self.by_type(effect, call, ret, st) {
            return;
        }
        match effect {
            Effect::Flow { from, to, derived, replace } => {
                // Whoever makes something of a part uses that.
                if *derived && !from.path.is_empty() && call.arg(from).is_some() {
                    let part = self.port(from, args, ret, st);
                    self.touch(&part, span, &row.path, st);
                }
                let mut v = self.carried(from, to, *derived, call, ret, st);
                if !replace && call.puts_into_text(from, to, *derived) {
                    v = v.map_info(&|i| i.within = true);
                }
                self.put(to, v, *replace, call, ret, st);
            }
            Effect::Call { f, args: given, part, to, replace } => {
                let made = given.iter().any(|p| p.held && p.base == PortBase::Ret).then_some(made_in(span));
                if let Some(cell) = made {
                    st.lend(cell, ret.clone());
                }
                let called = self.called_by_row(f, given, call, ret, st);
                if let Some(left) = made.and_then(|cell| st.take_back(cell)) {
                    *ret = left;
                }
                let Some(v) = called else { return };
                let v = self.given_back(row, args, f, v, span, st);
                let v = call.of_any(given, to.as_ref(), v);
                let lent = to.as_ref().is_some_and(|to| to.base == PortBase::Ret) && part.is_empty();
                let refs = if lent { v.refs.clone() } else { Many::new() };
                let mut v = self.load(st, &v).part(part);
                if !refs.is_empty() {
                    // What borrows may be written through, whoever has it.
                    v = Arc::new(Value { refs, ..(*v).clone() });
                }
                match to {
                    Some(to) => self.put(to, v, *replace, call, ret, st),
                    None => self.asked_of_given(f, &v, call, st),
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
                Arc::make_mut(ret).when = Some(Box::new(When { yes, no, ..When::default() }));
            }
            Effect::Alias { of, part } => self.aliased(of, part, call, ret, st),
            // What is borrowed is of that type for whoever borrows it.
            Effect::Cast => *ret = cast(self.cx, &self.load(st, ret), &info.ret),
            Effect::Empty(p) => self.put(p, V::default(), true, call, ret, st),
            Effect::Cut { of, by } => {
                let by = self.port(by, args, ret, st);
                if matches!(by.texts.as_slice(), [t] if takes_all(t)) {
                    self.put(of, V::default(), true, call, ret, st);
                }
            }
            Effect::Arrive { kind, data, url, by } => {
                let mut all = V::default();
                for p in data {
                    let v = self.port(p, args, ret, st);
                    all = join(&all, &self.whole(st, &v).data());
                }
                self.row_arrival((*kind, by.as_ref()), url.as_ref(), all, call, st);
            }
            Effect::Sql { text, binds } => self.starts(text, binds.as_ref(), call, ret, st),
            Effect::Bind { of, all, at } => self.binds(of, (*all, at.as_ref()), call, ret, st),
            Effect::Rows(p) => self.gives_rows(p, call, ret, st),
            Effect::Scalar(p) => {
                let query = self.port(p, args, ret, st);
                *ret = join(ret, &self.sql_rows(&query, &info.ret, Taken::First, span, st));
            }
            Effect::Get { of, key } => {
                let (v, key) = (self.port(of, args, ret, st), self.port(key, args, ret, st));
                let column = self.column(&v, &key, &info.ret, span);
                *ret = if ret.is_empty() { column } else { join(ret, &column) };
            }
            Effect::At { of, path } => {
                let (v, path) = (self.port(of, args, ret, st), self.port(path, args, ret, st));
                *ret = join(ret, &at_path(&v, known_text(&path).as_deref()));
            }
            Effect::Lose { of, key } => {
                if let Some(key) = known_text(&self.port(key, args, ret, st)) {
                    let part = Port { path: of.path.iter().cloned().chain([key]).collect(), ..of.clone() };
                    self.put(&part, V::default(), true, call, ret, st);
                }
            }
            Effect::Fill { syntax, template, named, with } => {
                let v = self.shown_by_template(template, (*syntax, *named), with, call, ret, st);
                self.put(&Port::ret(), v, false, call, ret, st);
            }
            Effect::Template { .. } | Effect::Taps { .. } => {}
            Effect::Under { key, from, to } => {
                let v = self.port(from, args, ret, st);
                let key = known_text(&self.port(key, args, ret, st));
                let part = Port { path: to.path.iter().cloned().chain(key).collect(), ..to.clone() };
                self.put(&part, v, false, call, ret, st);
            }
            Effect::Kind { name, from, to, replace } => {
                let v = self.port(from, args, ret, st);
                let bound = self.cx.seeds.transform_ext.get(name).copied();
                let t = bound.map_or_else(|| Transform::Kind(name.clone()), Transform::Bound);
                let out = self.transformed(&[Arg::of(&v, span)], &t, &short(&row.path), span, st);
                self.put(to, out, *replace, call, ret, st);
            }
            Effect::New => {
                let v = self.made(&info.ret, span, st);
                let v = if row.path.ends_with("default") { self.by_default(v, &info.ret) } else { v };
                *ret = join(ret, &v);
            }
            Effect::Channel(ends) => {
                let v = self.channel(&info.ret, span, st);
                ends.iter().for_each(|end| self.put(end, v.clone(), false, call, ret, st));
            }
            Effect::Same(p) => self.handed_back(p, call, ret, st),
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
                let v = match row.effects.iter().find_map(read_from) {
                    Some(of) => {
                        let v = self.fresh_read(&info.ret, from, span);
                        let text = self.port(of, args, ret, st);
                        self.read_anew(v, &text, call.ty(of), &info.ret)
                    }
                    None if row.effects.contains(&Effect::State(None)) => self.fresh_found(&info.ret, from, span),
                    None => self.fresh(&info.ret, from, span),
                };
                *ret = join(ret, &from_outside(self.cx, self.id, &v, |o| o.made, span));
            }
            Effect::Extract => {
                match maker(self.cx, peel(self.cx.models, &info.ret)).filter(|f| self.summary(*f).is_some()) {
                    Some(maker) => {
                        let given: Vec<V> = args.iter().map(|a| a.v.clone()).collect();
                        let made = self.inline(maker, &given, span, st);
                        *ret = join(ret, &made);
                    }
                    None => self.effect(&Effect::Fresh, call, ret, st),
                }
            }
            Effect::State(None) => *ret = join(ret, &sharing::given(self.cx, &info.ret)),
            Effect::State(Some(p)) => self.found_by_type(p, call, ret, st),
            Effect::Read { from, to, among } => {
                let v = self.port(from, args, ret, st);
                let (program, models) = (self.cx.program, self.cx.models);
                let part = |ty: Ty, name: &Name| field_ty(program, models, peel(models, &ty), None, name);
                let ty = to.path.iter().fold(info.ret.clone(), part);
                let v = self.read_back(&v, call.ty(from), &ty, span, *among);
                self.put(to, v, false, call, ret, st);
            }
            Effect::Env(p) => {
                let key = self.port(p, args, ret, st);
                let out = Arc::make_mut(ret);
                out.unknown = true;
                out.texts.extend(key.texts.iter().filter_map(from_environment));
            }
            Effect::Exit => *st = State::unreached(),
        }
    }

    /// What goes from one port to another.
    pub(super) fn carried(
        &mut self,
        from: &Port,
        to: &Port,
        derived: bool,
        call: RowCall<'_>,
        ret: &V,
        st: &mut State,
    ) -> V {
        let models = self.cx.models;
        let mut v = self.port(from, call.args, ret, st);
        if call.leaves(models, KEY, from, call.declared(to)).is_some() {
            v = entries(&v, call.ty(from));
        }
        v = call.taken_out(models, v, from, call.declared(to));
        if call.takes_one(from, to) {
            v = self.element_by(&v, call, st);
        }
        v = call.with_truth(models, v, from, to);
        if !derived {
            if from.view == Some(View::Display) {
                v = v.as_text();
            }
            let refs = self.lends_on(from, to, call, st);
            return if refs.is_empty() { v } else { self.lending(refs, &v) };
        }
        let mut flat = Value::default();
        v.flatten_into(from.view.unwrap_or(View::Full), &mut flat);
        flat.facts.iter_mut().for_each(|(_, i)| i.derived = true);
        self.keep_put_in(&mut flat, &v);
        Arc::new(flat)
    }

    /// What a callable gives that the row calls with these; nothing where there is nothing to run.
    pub(super) fn called_by_row(
        &mut self,
        f: &Port,
        given: &[Port],
        call: RowCall<'_>,
        ret: &V,
        st: &mut State,
    ) -> Option<V> {
        let callee = call.arg(f).map(|a| a.v.clone()).unwrap_or_default();
        // A future that is already a value.
        if given.is_empty() && callee.callees.is_empty() && !value_open(&callee) {
            return None;
        }
        let mut values = Vec::with_capacity(given.len());
        for (i, p) in given.iter().enumerate() {
            let v = if p.held { self.lent(p, call, st) } else { self.each(p, call, ret, st) };
            let v = call.taken_out(self.cx.models, v, p, call.declared_given(f, i)).inside();
            values.push(call.borrowed(v, p));
        }
        let many = given.iter().any(|p| call.is_many(p)) || call.is_many_back();
        let times = if many { Times::Often } else { Times::Perhaps };
        let if_there = self.if_there(given, call, st);
        if if_there.is_everything() {
            return None;
        }
        let held = st.guards.clone();
        st.guards.and(&if_there);
        let v = self.call_value(&callee, &values, call.span, times, st);
        st.guards = held;
        Some(v)
    }

    /// A part of the result is borrowed from an argument.
    pub(super) fn aliased(&mut self, of: &Port, part: &[Name], call: RowCall<'_>, ret: &mut V, st: &mut State) {
        let models = self.cx.models;
        let Some(a) = call.arg(of) else { return };
        let mut refs = if of.held { self.cell_places(a, st) } else { self.arg_ways(a, st) };
        // One of many is borrowed: the others stay.
        let to = call.declared(&Port { path: part.to_vec(), ..Port::ret() });
        let element = match call.leaves(models, KEY, of, to) {
            // What is lent as a map is the whole of it.
            Some(_) if to.is_some_and(|to| declared(models, to, KEY) == Some(true)) => None,
            Some(keys) => Some(Way1::Value(keys)),
            None => call.borrows_one(of).then_some(Way1::Element),
        };
        if !call.keeps_truth(models, of) {
            refs.iter().for_each(|(base, way)| self.forget_truth(base, way, st));
        }
        for (_, way) in &mut refs {
            way.extend(way_in(models, &of.path, &a.ty).iter().cloned().map(Way1::Field));
            way.extend(element.clone());
        }
        self.lend(&refs);
        let borrow = match refs.is_empty() {
            true => self.port(of, call.args, ret, st),
            false if element.is_some() && self.cx.guarded => {
                let v = self.port(of, call.args, ret, st);
                let v = self.element_by(&v, call, st);
                self.lending(refs, &v.data())
            }
            false => Arc::new(Value { refs, ..Value::default() }),
        };
        let way: Vec<Way1> = part.iter().cloned().map(Way1::Field).collect();
        *ret = write(ret, &way, &borrow, true, 0);
    }

    /// The result is an argument, or one of it.
    fn handed_back(&mut self, p: &Port, call: RowCall<'_>, ret: &mut V, st: &mut State) {
        let models = self.cx.models;
        let Some(a) = call.arg(p) else { return };
        // An iterator of borrows hands these on, and not that it borrows.
        if !a.v.refs.is_empty() && matches!(p.base, PortBase::Arg(i) if call.iterates(i as usize)) {
            let v = self.carried(p, &Port::ret(), false, call, ret, st);
            *ret = if ret.is_empty() { v } else { join(ret, &v) };
            return;
        }
        let mut v = call.taken_out(models, a.v.part(&p.path), p, call.declared(&Port::ret()));
        if call.takes_one(p, &Port::ret()) {
            v = self.element_by(&v, call, st);
        }
        v = call.with_truth(models, v, p, &Port::ret());
        if !matches!(&call.row.ret, ModelTy::Path(n, _) if n == "Option" || n == "Result") {
            v = v.inside();
        }
        *ret = if ret.is_empty() { v } else { join(ret, &v) };
    }

    /// What a cell holds, or what is lent, as a closure is given it: to be read and written.
    fn lent(&mut self, port: &Port, call: RowCall<'_>, st: &State) -> V {
        let ty = call.arg(port).map_or(&Ty::Unknown, |a| &a.ty);
        let mut refs = match (port.base, call.arg(port)) {
            (PortBase::Ret, _) => many![(Base::Cell(made_in(call.span)), Vec::new())],
            (_, Some(a)) => self.cell_places(a, st),
            _ => return V::default(),
        };
        for (_, way) in &mut refs {
            way.extend(way_in(self.cx.models, &port.path, ty).iter().cloned().map(Way1::Field));
            way.extend(call.is_many(port).then_some(Way1::Element));
        }
        self.lend(&refs);
        Arc::new(Value { refs, ..Value::default() })
    }

    /// Puts a value where an effect says.
    pub(super) fn put(&mut self, to: &Port, v: V, replace: bool, call: RowCall<'_>, ret: &mut V, st: &mut State) {
        let RowCall { args, span, .. } = call;
        // What a row says flows is what is in an `Option`: whether there is one the row does not say.
        let v = v.inside();
        match to.base {
            PortBase::Ret if to.held => {
                // The result is the cell, or has it as a part.
                let (part, inside) = match ret.is_cell() {
                    true => (ret.clone(), to.path.as_slice()),
                    false => (ret.part(&to.path), [].as_slice()),
                };
                let cells: Vec<_> = part.cells().map(|c| (Base::Cell(c), Vec::new())).collect();
                match cells.is_empty() {
                    true => self.put(&Port { held: false, ..to.clone() }, v, replace, call, ret, st),
                    false => self.put_all(&cells, inside, &v, !replace, span, st),
                }
            }
            PortBase::Ret => {
                let way = way_in(self.cx.models, &to.path, &call.info.ret);
                let way: Vec<Way1> = way.iter().cloned().map(Way1::Field).collect();
                let first = way.is_empty() && ret.is_empty();
                *ret = match first {
                    // What else may be the result does not say whether this is true.
                    true if v.is_empty() && !v.own => {
                        Arc::new(Value { when: Some(Box::default()), ..Value::default() })
                    }
                    true => v,
                    false => write(ret, &way, &v, !replace, 0),
                };
            }
            PortBase::Arg(i) => {
                if let Some(a) = args.get(i as usize) {
                    let borrow = !v.refs.is_empty() && call.keeps_in_list(to);
                    if borrow && a.place.as_ref().is_some_and(|list| self.put_borrow(list, &v, st)) {
                        return;
                    }
                    // What a type of ours does with what it is handed, its own impl says.
                    let receiver = i == 0 && call.row.has_self;
                    if (!receiver || call.row.hands_over()) && self.written_by_impl(a, &v, st) {
                        return;
                    }
                    let path = way_in(self.cx.models, &to.path, &a.ty);
                    if to.held {
                        let places = self.cell_places(a, st);
                        self.put_all(&places, &path, &v.data(), !replace, span, st);
                    } else {
                        // What is read into a buffer, or merged into a value of ours, changes what it says.
                        let ours = || matches!(peel(self.cx.models, &a.ty), Ty::Adt(..));
                        if !replace && (i > 0 || ours()) {
                            self.lent_to_unknown(a, i == 0, i > 0 && !v.has_data() && !is_literal(&v), st);
                        }
                        let v = as_text(self.cx.models, v.data(), &a.ty);
                        self.write_arg(a, &path, &v, !replace, st);
                    }
                }
            }
            PortBase::Rest(_) => {}
        }
    }
}
