//! SQL statements: what they read and write, and what is bound to them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use smol_str::format_smolstr;

use super::callee::{Callable, UNREAD};
use super::calls::Arg;
use super::doubt::Why;
use super::fetched::Taken;
use super::interp::Interp;
use super::must::{Held, Must, Of};
use super::path::{Path, What};
use super::ran::Run;
use super::roots::Place as Rooted;
use super::rvalues::place_of;
use super::state::State;
use super::summary::{Asked, GivenCall, Kind, Tgt, doubted};
use super::text::{Text, TextPiece};
use super::types::Action;
use super::value::{Fact, Origin, V, Value, join, many};
use crate::ir::Name;
use crate::ir::body::{Operand, View};
use crate::ir::sql::{begins_with_rows, is_rowless, leads_to_rows};
use crate::limits;
use crate::link::infer::{How, Site, Target};
use crate::link::program::FuncId;
use crate::link::sqlfn::{ColumnId, SqlFn, SqlSource};
use crate::link::ty::{Ty, peel};
use crate::model::Effect;
use crate::source::{FileId, Span};

/// Which parameter of a statement is bound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Slot {
    /// The next one; how many were bound by the same call before.
    Next(u32),
    /// That of this name, without its sign.
    Named(Name, u32),
    /// That at this position, from zero.
    At(u32),
    /// This one, perhaps: the order is not known.
    Any(u32),
}

/// What is put into the text of a statement is beside that text, under a name that begins so.
const PUT: &str = "$at";

/// The name of what is put into the text of a statement at a place.
fn put_at(at: Span) -> Name {
    format_smolstr!("{PUT}{}:{}:{}", at.file.0, at.lo, at.hi)
}

/// What is put into the text of a statement, with its names.
fn puts(text: &Value) -> impl Iterator<Item = &(Name, V)> {
    text.fields.iter().filter(|(n, _)| n.starts_with(PUT))
}

/// Signs before the names of parameters.
const NAMED: [char; 3] = [':', '@', '$'];

/// A statement with what it depends on after something was asked of it.
fn with_facts(query: &V, given: Option<V>) -> V {
    match given {
        Some(given) => Arc::new(Value { facts: given.facts.clone(), ..(**query).clone() }),
        None => query.clone(),
    }
}

/// What texts tell of the statements that they may be.
struct Told {
    /// Those that are known.
    ids: Vec<u32>,
    /// One of them is none that is known.
    unread: bool,
    /// The caller may say which it is.
    asks: bool,
}

impl Interp<'_> {
    /// A statement handed to a function that no model knows as one that runs statements (a wrapper of the project's
    /// own that could not be followed): it reads and writes all the same; lists beside it are its arguments, and the
    /// result its rows.
    pub(super) fn statement_given(&mut self, info: &Site, args: &[Arg], v: V, span: Span, st: &mut State) -> V {
        let known = |a: &Arg| a.v.texts.iter().any(|t| t.span.is_some_and(|s| self.cx.sql.by_span.contains_key(&s)));
        let modelled = info.how == How::Modelled;
        let mut v = v;
        if self.cx.sql.by_span.contains_key(&span) {
            match args.first().filter(|_| self.cx.sql.grown.contains(&span)) {
                Some(text) => self.goes_on(text, span, st),
                None => self.stands_only_at(Arc::make_mut(&mut v), span),
            }
        }
        let Some(at) = args.iter().position(known).filter(|_| !modelled) else { return v };
        let runs = info.targets.iter().any(|t| match t {
            Target::Row(r) => {
                self.cx.models.row(*r).is_some_and(|r| r.effects.iter().any(|e| matches!(e, Effect::Sql { .. })))
            }
            Target::Func(f) => self.cx.seeds.transforms.contains_key(f) || self.follows_text(*f, at),
            Target::Ctor(..) => false,
        });
        if runs {
            return v;
        }
        let doubt = Why::Wrapped(info.symbol.clone()).at(span);
        let mut query = args.get(at).map(|a| self.sql_given(&a.v, (true, true), span, st)).unwrap_or_default();
        for a in args.iter().skip(at + 1) {
            let items = self.load(st, &a.v).items.clone();
            for (nth, item) in (0..).zip(&items) {
                let item = doubted(item, &doubt);
                query = self.sql_bind(&query, &Slot::Next(nth), &item, a.span, st);
            }
        }
        let counts = matches!(&info.ret, Ty::Tuple(ts) if ts.is_empty())
            || matches!(peel(self.cx.models, &info.ret), Ty::Ext(n, _) if crate::link::names::is_primitive(n) && n != "str");
        if counts {
            return v;
        }
        let rows = self.sql_rows(&query, &info.ret, Taken::Rows, span, st);
        let mut out = (*join(&v, &doubted(&rows, &doubt))).clone();
        // The value may also be the statement itself, still to be run.
        out.callees.extend(query.callees.iter().cloned());
        Arc::new(out)
    }

    /// A text goes on in its place, with what was put behind it here.
    fn goes_on(&mut self, text: &Arg, span: Span, st: &mut State) {
        let now = match &text.place {
            Some(place) if text.v.refs.is_empty() => self.operand(&Operand::Place(place.clone()), st),
            _ => text.v.clone(),
        };
        let mut now = (*self.load(st, &now)).clone();
        self.stands_only_at(&mut now, span);
        self.write_arg(text, &[], &Arc::new(now), false, st);
    }

    /// Whatever text it was, it is now the one that is put together at this place.
    fn stands_only_at(&self, v: &mut Value, span: Span) {
        v.texts.clear();
        self.stands_at(v, span);
    }

    /// A value that is put into the text of a statement here, if what is put here is written or given by one: the text
    /// keeps it apart, whatever else is in it.
    pub(super) fn put_in(&self, v: V, at: Span) -> V {
        if !self.cx.sql.holes.contains(&at) || !v.has_facts() {
            return v;
        }
        let mut data = Value::default();
        v.flatten_into(View::Full, &mut data);
        let mut out = (*v).clone();
        out.set_field(&put_at(at), Arc::new(data));
        Arc::new(out)
    }

    /// What was put into a text is in one that is made of it.
    pub(super) fn keep_put_in(&self, text: &mut Value, of: &Value) {
        if self.cx.sql.holes.is_empty() {
            return;
        }
        for (name, v) in puts(of) {
            let v = text.listed(name).map_or_else(|| v.clone(), |have| join(have, v));
            text.set_field(name, v);
        }
    }

    /// What a statement has of a text at its holes: what was put in there; of a text that does not keep it apart all
    /// that is in it.
    fn filled_with(&self, f: &SqlFn, text: &V, span: Span) -> V {
        let mut out = Value::default();
        let apart = puts(text).next().is_some() || !text.has_facts();
        let any = if apart { None } else { Some(doubted(&text.data(), &Why::Merged.at(span))) };
        for at in f.used_holes() {
            let name = put_at(at);
            out.set_field(&name, any.clone().unwrap_or_else(|| text.field(&name)));
        }
        Arc::new(out)
    }

    /// Whether it is known what a function of the workspace does with a text: it runs it as a statement, hands it
    /// out, or keeps it.
    fn follows_text(&self, f: FuncId, param: usize) -> bool {
        let Some(summary) = self.summary(f) else { return false };
        let theirs = |f: &Fact| matches!(&f.origin, Origin::Param(i, _) if *i as usize == param);
        let runs =
            |g: &GivenCall| matches!(g.what, Asked::Statement { .. }) && g.callee.facts.iter().any(|(f, _)| theirs(f));
        fn holds(v: &Value, theirs: &dyn Fn(&Fact) -> bool) -> bool {
            v.facts.iter().any(|(f, _)| f.deep.is_none() && theirs(f)) || v.fields.iter().any(|(_, v)| holds(v, theirs))
        }
        summary.given.iter().any(runs) || holds(&summary.ret, &theirs)
    }

    /// The value of a statement: what it reads and writes is noted. Where it is not `open`, one is known that it may be
    /// whatever its text.
    pub(super) fn sql_start(&mut self, text: &V, open: bool, span: Span, st: &mut State) -> V {
        self.sql_given(text, (false, open), span, st)
    }

    /// As [`Interp::sql_start`]; with `guessed`, of a call that no model knows as one that runs statements.
    fn sql_given(&mut self, text: &V, (guessed, open): (bool, bool), span: Span, st: &mut State) -> V {
        let Told { ids, mut unread, mut asks } = self.told_by_texts(text, open, span);
        let mut out = Value::default();
        // What was prepared before, or is still to be run, is that statement.
        out.callees.extend(text.callees.iter().filter(|c| matches!(c, Callable::Sql(..))).cloned());
        if !out.callees.is_empty() {
            out.fields.extend(text.fields.iter().filter(|(n, _)| n.starts_with('$')).cloned());
            out.adt = text.adt;
        }
        asks &= out.callees.is_empty();
        for id in ids {
            let Some(f) = self.cx.sql.fns.get(id as usize) else { continue };
            unread |= f.loose;
            let put = self.filled_with(f, text, span);
            self.sql_note(f, &put, st);
            self.keep_put_in(&mut out, &put);
            let run = Run::new(span, guessed);
            self.ran.entry(id).and_modify(|have| have.join(&run)).or_insert(run);
            out.callees.push(Callable::Sql(id, 0));
        }
        if guessed {
            return Arc::new(out);
        }
        let given = self.given((Asked::Statement { open: asks }, &Ty::Unknown), text, &[], span, st);
        if unread || asks && given.is_none() {
            self.unread.insert((span, None));
            out.callees.push(Callable::Sql(UNREAD, 0));
        }
        // What reads and writes nothing is known to whoever runs it by its text.
        if out.callees.is_empty() {
            out.texts.clone_from(&text.texts);
        }
        match given {
            Some(v) => join(&Arc::new(out), &v),
            None => Arc::new(out),
        }
    }

    /// Which statements texts are.
    fn told_by_texts(&self, text: &V, open: bool, span: Span) -> Told {
        let mut ids: Vec<u32> = Vec::new();
        let (mut unread, mut asks) = (false, open && text.texts.is_empty());
        for t in &text.texts {
            let places = put_together(t).and_then(|s| self.cx.sql.by_text.get(&s));
            let here = t.span.and_then(|at| places.and_then(|p| p.get(&at)).or_else(|| self.cx.sql.by_span.get(&at)));
            if let Some(list) = here {
                ids.extend(list);
            } else if let Some(places) = places {
                ids.extend(nearest(places, span.file));
            } else if let [TextPiece::Field(of, name) | TextPiece::Param(_, _, Some((of, name)))] = &*t.pieces
                && let Some(list) = self.cx.sql.by_field.get(&(*of, name.clone()))
            {
                ids.extend(list);
            } else {
                match &*t.pieces {
                    // What its literal does not say as SQL is none, or a gap there; or only the beginning of one.
                    [TextPiece::Lit(s)] => {
                        unread |= match t.span {
                            Some(at) => (begins_with_rows(s) || leads_to_rows(s)) && !self.cx.sql.said.contains(&at),
                            None => !is_rowless(s),
                        }
                    }
                    [TextPiece::Param(..)] => asks |= open,
                    [TextPiece::Lit(_), ..] if is_rowless(&literals(t)) => {}
                    _ => unread = true,
                }
            }
        }
        ids.sort_unstable();
        ids.dedup();
        Told { ids, unread, asks }
    }

    /// Notes the columns that a statement uses and those it copies, and what it writes of what is put into its text.
    fn sql_note(&mut self, f: &SqlFn, put: &V, st: &State) {
        let seeds = self.cx.seeds;
        for u in &f.uses {
            for seed in seeds.of_column(u.column) {
                // Outside code with a purpose of its own, returned columns are used where they are touched.
                let target = if u.returned && self.purpose().is_none() { Tgt::Loaded } else { Tgt::Code };
                let kind = self.kind(Action::Use, target, u.span, self.entry_name(seed));
                let kind = Arc::new(Kind { load: true, view: None, ..kind });
                let mut v = Value::default();
                self.add_entry(&mut v, seed, u.span, Vec::new());
                for (fact, mut info) in v.facts {
                    info.guards.and(&self.row_guards(f));
                    info.guards.and(&self.reached_if(u.span));
                    self.close(kind.clone(), fact, &info, st);
                }
            }
        }
        for w in &f.writes {
            let mut data = Value::default();
            for from in w.from.iter().filter(|from| matches!(from.source, SqlSource::Column(_))) {
                self.flowing(f, from, &V::default(), None, &mut data);
            }
            if data.has_data() {
                self.sql_write(w, Arc::new(data), st);
            }
        }
        for at in f.used_holes().collect::<BTreeSet<Span>>() {
            self.sql_writes(f, SqlSource::Hole(at), put, at, st);
        }
    }

    /// What is written of what is bound to a statement, or put into its text, at a place.
    fn sql_writes(&mut self, f: &SqlFn, source: SqlSource, given: &V, at: Span, st: &State) {
        for w in &f.writes {
            for from in w.from.iter().filter(|from| from.source == source) {
                let (seeds, column) = (self.cx.seeds, w.column);
                let entry = seeds.of_column(column).next().map(|s| self.entry_name(s));
                let table = || seeds.table_names.get(&(column.schema, column.table)).map(|s| s.as_str().into());
                let hop = Path::hop(self.id, at, What::Column(entry.or_else(table).unwrap_or_default()));
                let mut part = Value::default();
                self.flowing(f, from, given, None, &mut part);
                let part = Arc::new(part).map_info(&|i| i.path = i.path.then(&hop));
                self.sql_write(w, part, st);
            }
        }
    }

    fn entry_name(&self, seed: u32) -> Name {
        self.cx.seeds.entries.get(seed as usize).map(|e| Name::from(e.name.as_str())).unwrap_or_default()
    }

    /// Guards that hold of whomever the rows of a statement are of.
    pub(super) fn row_guards(&self, f: &SqlFn) -> Must {
        self.guards_of(f, &[], &[])
    }

    /// The same of a value that lacks some of them, and has others.
    pub(super) fn guards_of(&self, f: &SqlFn, lacks: &[(ColumnId, bool)], has: &[(ColumnId, bool)]) -> Must {
        let mut out = Must::default();
        for (c, truth) in f.row_guards.iter().filter(|g| !lacks.contains(g)).chain(has) {
            if let Some((g, negated)) = self.cx.seeds.guard_columns.get(c)
                && *truth != *negated
            {
                out.and(&Must::of(Held::guard(*g, Of::Everyone)));
            }
        }
        out
    }

    /// Adds what flows from a column of a row, or from a bound argument.
    pub(super) fn flowing(
        &self,
        f: &SqlFn,
        from: &crate::link::sqlfn::Flowing,
        query: &V,
        row: Option<&Rooted>,
        out: &mut Value,
    ) {
        let mut part = Value::default();
        match from.source {
            SqlSource::Column(c) => {
                for seed in self.cx.seeds.of_column(c) {
                    self.add_entry(&mut part, seed, from.span, row.into_iter().cloned().collect());
                }
                if let Some(g) = self.cx.seeds.guard_columns.get(&c.whole()) {
                    out.when = Some(Box::new(self.guard_value(*g, row.into_iter().cloned().collect())));
                }
            }
            SqlSource::Param(n) => {
                query.field(&format!("${n}")).flatten_into(View::Full, &mut part);
            }
            SqlSource::Hole(at) => {
                query.field(&put_at(at)).flatten_into(View::Full, &mut part);
                part.facts.iter_mut().for_each(|(_, i)| i.derived = true);
            }
        }
        let guards = self.guards_of(f, &from.lacks, &from.has);
        let transforms = super::jobs::transforms(self.cx.seeds, &from.functions);
        for (mut fact, mut info) in part.facts {
            for t in &transforms {
                fact.pass(&mut info, t);
            }
            info.derived |= from.derived;
            info.guards.and(&guards);
            out.add(fact, info);
        }
    }

    /// Data is written to a column.
    fn sql_write(&mut self, w: &crate::link::sqlfn::Write, data: V, st: &State) {
        let seeds = self.cx.seeds;
        let data = if w.somewhere { doubted(&data, &Why::Key.at(w.span)) } else { data };
        let table = (w.column.schema, w.column.table);
        let name = seeds.table_names.get(&table).cloned().unwrap_or_default();
        let target = match seeds.tables.get(&table) {
            Some(store) => Tgt::Bound(*store),
            None => Tgt::Unbound(name.as_str().into()),
        };
        let home = (!w.somewhere).then_some(w.column);
        let kind = Kind { home, view: None, ..self.kind(Action::Keep, target, w.span, name.into()) };
        for n in seeds.probes_at(w.column) {
            self.arrive(Arc::new(Kind { target: Tgt::Probe(n), ..kind.clone() }), data.clone(), st);
        }
        self.arrive(Arc::new(kind), data, st);
    }

    /// All that is in a list, a tuple or a map: an element of a list is one argument after the other, what has a name
    /// is the argument of that name.
    pub(super) fn sql_bind_all(&mut self, query: &V, list: &V, at: Span, st: &mut State) -> V {
        let mut items: Vec<(Option<Name>, V)> = list.items.iter().map(|v| (None, v.clone())).collect();
        if items.is_empty() {
            // Fields are in the order of their names as texts, where `10` comes before `2`.
            let placed = list.fields.iter().filter_map(|(n, v)| Some((n.parse().ok()?, v)));
            let placed: BTreeMap<u32, &V> = placed.collect();
            items = placed.into_values().map(|v| (None, v.clone())).collect();
        }
        // `&[(":name", &name)]`.
        for (name, v) in &mut items {
            if let Some(text) = v.listed("0").and_then(|key| known_text(key)).filter(|t| t.starts_with(NAMED))
                && let Some(value) = v.listed("1")
            {
                *name = Some(text);
                *v = value.clone();
            }
        }
        if items.is_empty() {
            let named = list.fields.iter().filter(|(n, _)| !n.starts_with(['$', '#']));
            items = named.map(|(n, v)| (Some(n.clone()), v.clone())).collect();
        }
        if items.is_empty() {
            let given = self.given((Asked::BindAll, &Ty::Unknown), query, std::slice::from_ref(list), at, st);
            return match given {
                Some(_) => with_facts(query, given),
                None if list.has_facts() => self.sql_bind_merged(query, list, at, st),
                None => query.clone(),
            };
        }
        let mut out = query.clone();
        for (nth, (name, v)) in (0..).zip(items) {
            let slot = name.map_or(Slot::Next(nth), |n| Slot::Named(n.trim_start_matches(NAMED).into(), nth));
            out = self.sql_bind(&out, &slot, &v, at, st);
        }
        out
    }

    /// A list whose elements are not told apart: each of them may be any argument.
    fn sql_bind_merged(&mut self, query: &V, list: &V, at: Span, st: &mut State) -> V {
        let mut params: BTreeSet<u32> = BTreeSet::new();
        let mut only = true;
        for c in &query.callees {
            let Callable::Sql(id, bound) = c else { continue };
            let Some(f) = self.cx.sql.fns.get(*id as usize) else { continue };
            params.extend(f.used_params().filter(|n| n >= bound));
            only &= f.params == 1;
        }
        let any = if only { list.clone() } else { doubted(list, &Why::Merged.at(at)) };
        params.iter().fold(query.clone(), |out, n| self.sql_bound(&out, &Slot::Any(*n), &any, at, st))
    }

    /// What the rows of a statement are is known from where it begins.
    pub(super) fn sql_typed(&mut self, query: &V) {
        for c in &query.callees {
            if let Callable::Sql(id, _) = c
                && let Some(run) = self.ran.get_mut(id)
            {
                run.typed = true;
            }
        }
    }

    /// One more bound argument.
    pub(super) fn sql_bind(&mut self, query: &V, slot: &Slot, v: &V, at: Span, st: &mut State) -> V {
        let (Slot::Next(nth) | Slot::Named(_, nth) | Slot::At(nth) | Slot::Any(nth)) = slot;
        let asked = Asked::Bind { nth: *nth };
        let given = self.given((asked, &Ty::Unknown), query, std::slice::from_ref(v), at, st);
        self.sql_bound(&with_facts(query, given), slot, v, at, st)
    }

    /// An argument that is bound at a position, from one, or by a name. If neither is known it may be any.
    pub(super) fn sql_bind_at(&mut self, query: &V, v: &V, by: &V, at: Span, st: &mut State) -> V {
        let given = self.given((Asked::BindAt, &Ty::Unknown), query, &[v.clone(), by.clone()], at, st);
        let query = with_facts(query, given);
        let known = known_text(by).and_then(|text| match text.strip_prefix(NAMED) {
            Some(name) => Some(Slot::Named(name.into(), 0)),
            None => text.parse::<u32>().ok()?.checked_sub(1).map(Slot::At),
        });
        match known {
            Some(slot) => self.sql_bound(&query, &slot, v, at, st),
            None => self.sql_bind_merged(&query, v, at, st),
        }
    }

    /// The statements that a value may be, with one more bound argument.
    fn sql_bound(&mut self, query: &V, slot: &Slot, v: &V, at: Span, st: &mut State) -> V {
        let mut out = (**query).clone();
        let mut data = Value::default();
        v.flatten_into(View::Full, &mut data);
        let data = Arc::new(data);
        for c in &mut out.callees {
            let Callable::Sql(id, n) = c else { continue };
            let (id, next) = (*id, *n);
            *n += 1;
            if id == UNREAD {
                continue;
            }
            if !matches!(slot, Slot::Any(_)) {
                let run = Run { bound: *n, ..Run::new(at, true) };
                self.ran.entry(id).and_modify(|have| have.join(&run)).or_insert(run);
            }
            let Some(f) = self.cx.sql.fns.get(id as usize) else { continue };
            let param = match slot {
                Slot::Next(_) => next,
                Slot::At(n) | Slot::Any(n) => *n,
                Slot::Named(name, _) => match (0..).zip(&f.param_names).find(|(_, n)| *n == name) {
                    Some((i, _)) => i,
                    None => continue,
                },
            };
            // What the text does not name is one of those that it has where a hole is.
            let open = limits::SQL_OPEN_PARAM - 1;
            let also = (param >= f.params && param != open).then_some(open);
            for n in std::iter::once(param).chain(also) {
                let mut holder = Value::default();
                holder.set_field(&format!("${n}"), data.clone());
                self.sql_writes(f, SqlSource::Param(n), &Arc::new(holder), at, st);
            }
            if data.has_facts() {
                out.fields.retain(|(k, _)| k.as_str() != format!("${param}"));
                out.fields.push((format!("${param}").into(), data.clone()));
                out.fields.sort_by(|a, b| a.0.cmp(&b.0));
            }
        }
        Arc::new(out)
    }

    /// A statement that is written as calls, at the one that runs it or gives it.
    pub(super) fn sql_as_call(&mut self, info: &Site, site: u32, span: Span, st: &mut State) -> Option<V> {
        let list = self.cx.sql.by_call.get(&(self.cx.program.as_written(self.id), site))?;
        let mut out = V::default();
        for c in list {
            let Some(f) = self.cx.sql.fns.get(c.statement as usize) else { continue };
            let mut query = Value { callees: many![Callable::Sql(c.statement, 0)], ..Value::default() };
            for (at, op) in &c.puts {
                let v = self.operand(op, st);
                let v = self.put_in(self.load(st, &v), *at);
                self.keep_put_in(&mut query, &v);
            }
            // What is put in and only known elsewhere may be anything.
            if f.loose || f.used_holes().any(|at| c.puts.iter().all(|(put, _)| *put != at)) {
                self.unread.insert((span, None));
            }
            let mut query = Arc::new(query);
            self.sql_note(f, &query, st);
            let run = Run::new(span, false);
            self.ran.entry(c.statement).and_modify(|have| have.join(&run)).or_insert(run);
            for (nth, op) in (0..).zip(&c.binds) {
                let v = self.operand(op, st);
                let v = self.load(st, &v);
                self.kept_in_column(&query, place_of(op), &v);
                query = self.sql_bind(&query, &Slot::Next(nth), &v, span, st);
            }
            let v = match c.runs {
                true => self.sql_rows(&query, c.row.as_ref().unwrap_or(&info.ret), Taken::ByWay, span, st),
                false => self.made_as(query, &info.ret),
            };
            out = join(&out, &v);
        }
        Some(out)
    }

    /// What a call gives, and the statement that it makes of calls that are not understood, which was said.
    pub(super) fn with_unread(&mut self, info: &Site, v: V, span: Span) -> V {
        let open = self.cx.sql.open.binary_search(&span).is_ok();
        if !open || info.targets.iter().any(|t| matches!(t, Target::Func(_))) {
            return v;
        }
        let text = |ty: &Ty| matches!(ty, Ty::Ext(n, _) if n == "str" || n == "String");
        if !matches!(&info.ret, Ty::Tuple(_)) && !text(peel(self.cx.models, &info.ret)) {
            return v;
        }
        let query = Value { callees: many![Callable::Sql(UNREAD, 0)], ..Value::default() };
        join(&v, &self.made_as(Arc::new(query), &info.ret))
    }

    /// What a call gives that makes a statement.
    fn made_as(&mut self, query: V, ret: &Ty) -> V {
        match ret {
            // A statement beside its arguments, which are bound to it already.
            Ty::Tuple(_) => {
                let mut pair = Value::default();
                pair.set_field("0", query);
                Arc::new(pair)
            }
            ret => self.of_type(query, ret),
        }
    }
}

/// A text of several pieces that are all known.
fn put_together(t: &Text) -> Option<String> {
    let piece = |p: &TextPiece| if let TextPiece::Lit(s) = p { Some(s.to_string()) } else { None };
    if t.pieces.len() > 1 { t.pieces.iter().map(piece).collect() } else { None }
}

/// The statements of a text that is put together elsewhere: in this file, if it is there.
fn nearest(places: &BTreeMap<Span, Vec<u32>>, file: FileId) -> Vec<u32> {
    let own: Vec<u32> = places.iter().filter(|(at, _)| at.file == file).flat_map(|(_, ids)| ids).copied().collect();
    if own.is_empty() { places.values().flatten().copied().collect() } else { own }
}

/// A text that is known.
pub(super) fn known_text(v: &Value) -> Option<Name> {
    match v.texts.as_slice() {
        [Text { pieces, .. }] => match &**pieces {
            [TextPiece::Lit(s)] => Some(s.as_ref().into()),
            _ => None,
        },
        _ => None,
    }
}

/// What of a text is written out, with a space for each hole.
fn literals(t: &Text) -> String {
    let piece = |p: &TextPiece| if let TextPiece::Lit(s) = p { s.to_string() } else { " ".to_owned() };
    t.pieces.iter().map(piece).collect()
}
