//! SQL statements: what they read, write and return.

use std::sync::Arc;

use super::calls::Arg;
use super::doubt::Why;
use super::interp::Interp;
use super::must::{Held, Must, Of};
use super::path::{Path, What};
use super::roots::{Place as Rooted, Sort, sort};
use super::state::State;
use super::summary::{Asked, Kind, Tgt};
use super::types::Action;
use super::value::{Origin, TextPiece, V, Value, join};
use crate::ir::Name;
use crate::ir::body::View;
use crate::link::infer::{How, Site, Target};
use crate::link::sqlfn::{SqlFn, SqlSource};
use crate::link::ty::{Ty, payload, peel};
use crate::model::Effect;
use crate::source::Span;

impl Interp<'_> {
    /// A statement handed to a function that no model knows as one that runs statements (a wrapper of the project's
    /// own): it reads and writes all the same; lists beside it are its arguments, and the result its rows.
    pub(super) fn statement_given(&mut self, info: &Site, args: &[Arg], v: V, span: Span, st: &mut State) -> V {
        let runs = info.targets.iter().any(|t| match t {
            Target::Row(r) => {
                self.cx.models.row(*r).is_some_and(|r| r.effects.iter().any(|e| matches!(e, Effect::Sql { .. })))
            }
            Target::Func(f) => self.cx.seeds.transforms.contains_key(f),
            Target::Ctor(..) => false,
        });
        let known = |a: &Arg| a.v.texts.iter().any(|t| t.span.is_some_and(|s| self.cx.sql.by_span.contains_key(&s)));
        let modelled = info.how == How::Modelled;
        let Some(at) = args.iter().position(known).filter(|_| !runs && !modelled) else { return v };
        let doubt = Why::Wrapped(info.symbol.clone()).at(span);
        let mut query = args.get(at).map(|a| self.sql_start(&a.v, span, st)).unwrap_or_default();
        for a in args.iter().skip(at + 1) {
            for item in self.load(st, &a.v).items.clone() {
                let item = super::summary::doubted(&item, &doubt);
                query = self.sql_bind(&query, &item, a.span, st);
            }
        }
        let counts = matches!(&info.ret, Ty::Tuple(ts) if ts.is_empty())
            || matches!(peel(self.cx.models, &info.ret), Ty::Ext(n, _) if crate::link::names::is_primitive(n) && n != "str");
        if counts {
            return v;
        }
        let rows = self.sql_rows(&query, &info.ret, false, span, st);
        let mut out = (*join(&v, &super::summary::doubted(&rows, &doubt))).clone();
        // The value may also be the statement itself, still to be run.
        out.callees.extend(query.callees.iter().cloned());
        Arc::new(out)
    }

    /// The value of a statement: what it reads and writes is noted.
    pub(super) fn sql_start(&mut self, text: &V, span: Span, st: &mut State) -> V {
        let mut ids: Vec<u32> = Vec::new();
        for t in &text.texts {
            if let Some(list) = t.span.and_then(|s| self.cx.sql.by_span.get(&s)) {
                ids.extend(list);
            } else if let [TextPiece::Lit(s)] = &*t.pieces
                && let Some(list) = self.cx.sql.by_text.get(s.as_ref())
            {
                ids.extend(list);
            }
        }
        ids.sort_unstable();
        ids.dedup();
        let mut out = Value::default();
        for id in ids {
            self.sql_note(id, span, st);
            out.callees.push(super::callee::Callable::Sql(id, 0));
        }
        Arc::new(out)
    }

    /// Notes the columns that a statement uses and those it copies.
    pub(super) fn sql_note(&mut self, id: u32, _span: Span, st: &State) {
        let Some(f) = self.cx.sql.fns.get(id as usize) else { return };
        let seeds = self.cx.seeds;
        for u in &f.uses {
            let Some(seed) = seeds.columns.get(&u.column) else { continue };
            // Outside code with a purpose of its own, returned columns are used where they are touched.
            if u.returned && self.purpose().is_none() {
                continue;
            }
            let mut kind = self.kind(Action::Use, Tgt::Code, u.span, self.entry_name(*seed));
            kind.load = true;
            kind.view = None;
            let mut v = Value::default();
            self.add_entry(&mut v, *seed, u.span, Vec::new());
            for (fact, mut info) in v.facts {
                info.guards.and(&self.row_guards(f));
                self.close(kind.clone(), fact, &info, st);
            }
        }
        for w in &f.writes {
            let mut data = Value::default();
            for from in &w.from {
                self.flowing(f, from, &V::default(), None, &mut data);
            }
            if data.has_data() {
                self.sql_write(w, Arc::new(data), st);
            }
        }
    }

    pub(super) fn entry_name(&self, seed: u32) -> Name {
        self.cx.seeds.entries.get(seed as usize).map(|e| Name::from(e.name.as_str())).unwrap_or_default()
    }

    /// Guards that hold of whomever the rows of a statement are of.
    pub(super) fn row_guards(&self, f: &SqlFn) -> Must {
        let mut out = Must::default();
        for (c, truth) in &f.row_guards {
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
                if let Some(seed) = self.cx.seeds.columns.get(&c) {
                    self.add_entry(&mut part, *seed, from.span, row.into_iter().cloned().collect());
                }
                if let Some(g) = self.cx.seeds.guard_columns.get(&c) {
                    out.when = Some(Box::new(self.guard_value(*g, row.into_iter().cloned().collect())));
                }
            }
            SqlSource::Param(n) => {
                query.field(&format!("${n}")).flatten_into(View::Display, &mut part);
            }
        }
        let guards = self.row_guards(f);
        let transforms = super::jobs::transforms(self.cx.seeds, &from.functions);
        for (mut fact, mut info) in part.facts {
            for t in &transforms {
                fact.push_transform(t);
            }
            info.derived |= from.derived;
            info.guards.and(&guards);
            out.add(fact, info);
        }
    }

    /// Data is written to a column.
    pub(super) fn sql_write(&mut self, w: &crate::link::sqlfn::Write, data: V, st: &State) {
        let seeds = self.cx.seeds;
        let table = (w.column.schema, w.column.table);
        let name = seeds.table_names.get(&table).cloned().unwrap_or_default();
        let target = match seeds.tables.get(&table) {
            Some(store) => Tgt::Bound(*store),
            None => Tgt::Unbound(name.as_str().into()),
        };
        let mut kind = self.kind(Action::Keep, target, w.span, name.into());
        kind.home = Some(w.column);
        kind.view = None;
        for n in seeds.probes_at(w.column) {
            self.arrive(Kind { target: Tgt::Probe(n), ..kind.clone() }, data.clone(), st);
        }
        self.arrive(kind, data, st);
    }

    /// One more bound argument.
    pub(super) fn sql_bind(&mut self, query: &V, v: &V, at: Span, st: &mut State) -> V {
        let given = self.given(Asked::Bind, query, std::slice::from_ref(v), at, st);
        let mut out = (**query).clone();
        if let Some(given) = &given {
            out.facts.clone_from(&given.facts);
        }
        let mut data = Value::default();
        v.flatten_into(View::Display, &mut data);
        let data = Arc::new(data);
        for c in &mut out.callees {
            let super::callee::Callable::Sql(id, n) = c else { continue };
            let (id, param) = (*id, *n);
            *n += 1;
            let Some(f) = self.cx.sql.fns.get(id as usize) else { continue };
            for w in &f.writes {
                for from in &w.from {
                    if from.source == SqlSource::Param(param) {
                        let column = w.column;
                        let name: Name = self
                            .cx
                            .seeds
                            .columns
                            .get(&column)
                            .map(|s| self.entry_name(*s))
                            .or_else(|| {
                                self.cx.seeds.table_names.get(&(column.schema, column.table)).map(|s| s.as_str().into())
                            })
                            .unwrap_or_default();
                        let hop = Path::hop(self.id, at, What::Column(name));
                        let mut part = Value::default();
                        let mut holder = Value::default();
                        holder.set_field(&format!("${param}"), data.clone());
                        self.flowing(f, from, &Arc::new(holder), None, &mut part);
                        let part = Arc::new(part).map_info(&|i| i.path = i.path.then(&hop));
                        self.sql_write(w, part, st);
                    }
                }
            }
            if data.has_facts() {
                out.fields.retain(|(k, _)| k.as_str() != format!("${param}"));
                out.fields.push((format!("${param}").into(), data.clone()));
                out.fields.sort_by(|a, b| a.0.cmp(&b.0));
            }
        }
        Arc::new(out)
    }

    /// The rows of a statement, as values of the type that takes them.
    pub(super) fn sql_rows(&mut self, query: &V, ret: &Ty, scalar: bool, span: Span, st: &mut State) -> V {
        let row_ty = match (peel(self.cx.models, ret), query.adt) {
            (Ty::Unknown | Ty::Param(_), Some(t)) => Ty::Adt(t, Arc::from([])),
            (t, _) => t.clone(),
        };
        let given = self.given(Asked::Rows { scalar }, query, &[], span, st);
        if given.is_none() && query.callees.is_empty() {
            // A statement that is put together at run time.
            return self.fresh(ret, keys_of(query), span);
        }
        let mut out = given.unwrap_or_default();
        for c in &query.callees {
            let super::callee::Callable::Sql(id, _) = c else { continue };
            let Some(f) = self.cx.sql.fns.get(*id as usize) else { continue };
            let record = self.cx.guarded.then(|| self.row_record(f, query, &row_ty, span));
            let mut columns: Vec<(Name, V)> = Vec::new();
            for o in &f.outputs {
                let mut v = Value::default();
                for from in &o.from {
                    self.flowing(f, from, query, record.as_ref().map(|(row, _)| row), &mut v);
                }
                if let Some((row, guards)) = &record {
                    v.add_bare(row.field(&o.name), guards);
                }
                columns.push((o.name.clone(), Arc::new(v)));
            }
            let mut v = self.row_of(&columns, &row_ty, scalar, span, st);
            if let Some((row, guards)) = record {
                v = v.map_facts(&|f, i| {
                    if matches!(f.origin, Origin::Source(..)) {
                        i.guards.and(&guards);
                    }
                });
                if !v.fields.is_empty() {
                    let mut whole = (*v).clone();
                    whole.add_bare(row, &guards);
                    v = Arc::new(whole);
                }
            }
            out = join(&out, &v);
        }
        out
    }

    /// The record that a row of a statement is, reached by the keys bound to it; and what is established of it: by
    /// the statement itself, and of whom the keys speak.
    fn row_record(&mut self, f: &SqlFn, query: &V, ty: &Ty, span: Span) -> (Rooted, Must) {
        let mut sorts: Vec<Sort> = sort(ty).into_iter().filter(|s| matches!(s, Sort::Type(_))).collect();
        let column = f.outputs.iter().flat_map(|o| &o.from).find_map(|from| match from.source {
            SqlSource::Column(c) => Some(c),
            SqlSource::Param(_) => None,
        });
        sorts.extend(column.map(|c| Sort::Table(c.schema, c.table)));
        let mut guards = self.row_guards(f);
        for (_, key) in keys(query) {
            let mut of_all = Must::everything();
            key.facts.iter().for_each(|(_, info)| of_all.or(&info.guards));
            if !of_all.is_everything() {
                guards.and(&of_all);
            }
        }
        (self.record(span, keys_of(query), sorts), guards)
    }

    pub(super) fn row_of(&mut self, columns: &[(Name, V)], ty: &Ty, scalar: bool, span: Span, st: &mut State) -> V {
        use crate::ir::items::TypeKind;
        if scalar {
            return columns.first().map(|(_, v)| v.clone()).unwrap_or_default();
        }
        let mut row = Value::default();
        match ty {
            Ty::Tuple(ts) => {
                for (i, (_, v)) in columns.iter().enumerate().take(ts.len()) {
                    row.set_field(&i.to_string(), v.clone());
                }
            }
            Ty::Adt(t, _) => {
                row.adt = Some(*t);
                if let Some(i) = self.cx.program.impls_for(*t, "FromRow").first().copied()
                    && let Some(f) = self.cx.program.impl_method(i, "from_row")
                {
                    let raw = self.row_of(columns, &Ty::Unknown, false, span, st);
                    return self.inline(f, &[raw], span, st);
                }
                let Some(def) = self.cx.program.type_def(*t) else { return V::default() };
                let TypeKind::Struct(fields) = &def.kind else { return V::default() };
                // A newtype takes the single column.
                if let [only] = fields.as_slice()
                    && only.name == "0"
                    && let Some((_, v)) = columns.first()
                {
                    row.set_field("0", v.clone());
                    return Arc::new(row);
                }
                let rename = def.serde_attrs.iter().find_map(|a| rename_all(a));
                for field in fields {
                    if field.attrs.sql_skip {
                        continue;
                    }
                    if field.attrs.flatten {
                        let inner = crate::link::ty::field_ty(self.cx.program, self.cx.models, ty, None, &field.name);
                        let inner = peel(self.cx.models, &inner).clone();
                        let v = self.row_of(columns, &inner, false, span, st);
                        row.set_field(&field.name, v);
                        continue;
                    }
                    let wanted = field.attrs.sql_rename.as_ref().unwrap_or(&field.name);
                    let wanted = wanted.strip_prefix("r#").unwrap_or(wanted);
                    let found = columns.iter().find(|(n, _)| {
                        n.eq_ignore_ascii_case(wanted)
                            || rename.as_ref().is_some_and(|r| n.as_str() == apply_case(r, wanted))
                    });
                    let mut v = found.map(|(_, v)| v.clone()).unwrap_or_default();
                    // The row's own label, where the column has none.
                    if !v.has_data()
                        && found.is_some()
                        && let Some(seed) = self.cx.seeds.fields.get(&(*t, None, field.name.clone()))
                    {
                        let mut labelled = (*v).clone();
                        self.add_entry(&mut labelled, *seed, field.span, v.places());
                        v = Arc::new(labelled);
                    }
                    row.set_field(&field.name, v);
                }
            }
            _ => {
                for (i, (n, v)) in columns.iter().enumerate() {
                    row.set_field(n, v.clone());
                    row.set_field(&i.to_string(), v.clone());
                    row.set_field(&format!("#{i}"), v.clone());
                }
                // One column, asked for as one value.
                if matches!(ty, Ty::Ext(n, _) if !n.contains("Row") && payload(self.cx.models, ty).is_none() && !n.contains("::"))
                    && let [(_, v)] = columns
                {
                    return v.clone();
                }
            }
        }
        Arc::new(row)
    }
}

/// The arguments bound to a statement.
fn keys(query: &Value) -> impl Iterator<Item = &(Name, V)> {
    query.fields.iter().filter(|(n, _)| n.starts_with('$'))
}

/// Whom the arguments bound to a statement speak of.
fn keys_of(query: &Value) -> Vec<Rooted> {
    keys(query).flat_map(|(_, v)| v.places()).collect()
}

/// `#[sqlx(rename_all = "camelCase")]`.
pub(super) fn rename_all(attr: &str) -> Option<String> {
    let at = attr.find("rename_all")?;
    let rest = attr.get(at..)?;
    let open = rest.find('"')?;
    let rest = rest.get(open + 1..)?;
    Some(rest.get(..rest.find('"')?)?.to_string())
}

pub(super) fn apply_case(case: &str, field: &str) -> String {
    let words: Vec<&str> = field.split('_').filter(|w| !w.is_empty()).collect();
    let capital = |w: &str| {
        let mut c = w.chars();
        c.next().map(|f| f.to_uppercase().collect::<String>() + c.as_str()).unwrap_or_default()
    };
    match case {
        "camelCase" => {
            words.iter().enumerate().map(|(i, w)| if i == 0 { (*w).to_string() } else { capital(w) }).collect()
        }
        "PascalCase" => words.iter().map(|w| capital(w)).collect(),
        "kebab-case" => words.join("-"),
        "SCREAMING_SNAKE_CASE" => field.to_uppercase(),
        "lowercase" => words.concat(),
        _ => field.to_string(),
    }
}
