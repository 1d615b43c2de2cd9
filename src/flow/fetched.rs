//! What statements give: their rows, as values of the types that take them.

use std::sync::Arc;

use super::callee::{Callable, UNREAD};
use super::interp::Interp;
use super::must::Must;
use super::ran::Run;
use super::records::stands_below;
use super::roots::{Place as Rooted, Sort, sort};
use super::state::State;
use super::summary::Asked;
use super::value::{Origin, V, Value, Way1, join, write};
use crate::ir::Name;
use crate::ir::attr::args;
use crate::ir::case::renamed;
use crate::ir::items::{FieldDef, TypeDef, TypeKind};
use crate::link::program::TypeId;
use crate::link::sqlfn::{ColumnId, Flowing, Output, SqlFn, SqlSource};
use crate::link::ty::{Ty, field_ty, payload, peel};
use crate::source::Span;

/// As what the rows of a statement are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Taken {
    /// As rows, or values of a type that has its columns by name.
    Rows,
    /// Only the first column.
    First,
    /// Each column is named by its way into the value that takes the row.
    ByWay,
}

/// What is established of other rows than those that a column is of.
fn lacks(column: &Output) -> Vec<(ColumnId, bool)> {
    column.from.iter().flat_map(|from| from.lacks.iter().copied()).collect()
}

impl Interp<'_> {
    /// The rows of a statement, as values of the type that takes them.
    pub(super) fn sql_rows(&mut self, query: &V, ret: &Ty, taken: Taken, span: Span, st: &mut State) -> V {
        let row_ty = match (peel(self.cx.models, ret), query.adt) {
            (Ty::Unknown | Ty::Param(_), Some(t)) => Ty::Adt(t, [].into()),
            (t, _) => t.clone(),
        };
        let asked = Asked::Rows { scalar: taken == Taken::First };
        let given = self.given((asked, &row_ty), query, &[], span, st);
        if given.is_none() && query.callees.is_empty() {
            // A statement that is put together at run time.
            return self.fresh(&row_ty, keys_of(query), span);
        }
        let mut out = given.unwrap_or_default();
        for c in &query.callees {
            let Callable::Sql(id, _) = c else { continue };
            if *id == UNREAD {
                let rows = self.fresh(&row_ty, keys_of(query), span);
                out = join(&out, &rows);
                continue;
            }
            let Some(f) = self.cx.sql.fns.get(*id as usize) else { continue };
            let known = taken != Taken::Rows || !matches!(row_ty, Ty::Unknown | Ty::Param(_));
            let run = Run { taken: Some(known), ..Run::new(span, true) };
            self.ran.entry(*id).and_modify(|have| have.join(&run)).or_insert(run);
            let open = f.star.then(|| self.cx.sql.places.get(*id as usize).copied().unwrap_or(span));
            let rows = self.rows_of(f, query, (taken, open), (ret, &row_ty), span, st);
            out = join(&out, &rows);
        }
        out
    }

    /// The rows of one statement, as values of a type that is taken out of another; `open` is where it names all columns.
    fn rows_of(
        &mut self,
        f: &SqlFn,
        query: &V,
        (taken, open): (Taken, Option<Span>),
        (ret, row_ty): (&Ty, &Ty),
        span: Span,
        st: &mut State,
    ) -> V {
        let record = self.cx.guarded.then(|| self.row_record(f, query, row_ty, span));
        let mut columns: Vec<(Name, V)> = Vec::new();
        for o in &f.outputs {
            let mut v = Value::default();
            // What is known to stand under a key is not what the whole is.
            let below = |from: &&Flowing| o.keys.as_ref().is_some_and(|keys| stands_below(keys, from));
            for from in o.from.iter().filter(|from| !below(from)) {
                self.flowing(f, from, query, record.as_ref().map(|(row, _)| row), &mut v);
            }
            if let Some(keys) = &o.keys {
                self.with_keys(f, keys, query, record.as_ref().map(|(row, _)| row), &mut v);
            }
            if let Some((row, of_keys)) = &record {
                let mut guards = self.guards_of(f, &lacks(o), &[]);
                guards.and(of_keys);
                v.add_bare(row.field(&o.name), &guards);
            }
            columns.push((o.name.clone(), Arc::new(v)));
        }
        let mut v = match taken {
            Taken::ByWay => self.row_by_ways(&columns, ret, row_ty, span),
            Taken::First => self.row_of(&columns, None, row_ty, true, span, st),
            Taken::Rows => self.row_of(&columns, open, row_ty, false, span, st),
        };
        if let Some((row, of_keys)) = record {
            let mut guards = self.guards_of(f, &f.outputs.iter().flat_map(lacks).collect::<Vec<_>>(), &[]);
            guards.and(&of_keys);
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
        v
    }

    /// A statement of whose rows the type is known: a macro's type argument, a turbofish.
    pub(super) fn of_type(&mut self, query: V, ty: &Ty) -> V {
        let row = peel(self.cx.models, ty.args().first().unwrap_or(&Ty::Unknown));
        if !matches!(row, Ty::Unknown | Ty::Param(_)) {
            self.sql_typed(&query);
        }
        match row {
            Ty::Adt(t, _) => Arc::new(Value { adt: Some(*t), ..(*query).clone() }),
            _ => query,
        }
    }

    /// A row whose columns are named by their ways into the value that takes it. Where a column has no label, that of
    /// the field stands.
    fn row_by_ways(&mut self, columns: &[(Name, V)], ret: &Ty, ty: &Ty, span: Span) -> V {
        let mut row = (*self.fresh(ret, Vec::new(), span)).clone();
        row.unknown &= matches!(ty, Ty::Unknown | Ty::Param(_));
        if let Ty::Adt(t, _) = ty {
            row.adt = Some(*t);
        }
        let mut row = self.without_ignored(&row, &mut String::new(), columns);
        for (name, v) in columns.iter().filter(|(_, v)| v.has_data() || v.when.is_some()) {
            let way: Vec<Way1> = name.split('.').filter(|n| !n.is_empty()).map(|n| Way1::Field(n.into())).collect();
            row = if way.is_empty() { join(&row, v) } else { write(&row, &way, v, false, 0) };
        }
        row
    }

    /// A row without the fields that are no columns: they have their defaults.
    fn without_ignored(&self, row: &Value, way: &mut String, columns: &[(Name, V)]) -> V {
        let mut out = row.clone();
        let kind = row.adt.and_then(|t| self.cx.program.type_def(t)).map(|def| &def.kind);
        let fields = if let Some(TypeKind::Struct(fields)) = kind { fields.as_slice() } else { &[] };
        let skipped = |name: &Name| fields.iter().any(|f| f.attrs.sql_skip && f.name == *name);
        out.fields.retain(|(name, _)| {
            !skipped(name) || columns.iter().any(|(c, _)| c.strip_prefix(way.as_str()) == Some(name.as_str()))
        });
        for (name, part) in &mut out.fields {
            let length = way.len();
            way.push_str(name);
            way.push('.');
            *part = self.without_ignored(part, way, columns);
            way.truncate(length);
        }
        Arc::new(out)
    }

    /// The record that a row of a statement is, reached by the keys bound to it; and what is established of whom the
    /// keys speak.
    fn row_record(&mut self, f: &SqlFn, query: &V, ty: &Ty, span: Span) -> (Rooted, Must) {
        let mut sorts: Vec<Sort> = sort(ty).into_iter().filter(|s| matches!(s, Sort::Type(_))).collect();
        let column = f.outputs.iter().flat_map(|o| &o.from).find_map(|from| match from.source {
            SqlSource::Column(c) => Some(c),
            SqlSource::Param(_) | SqlSource::Hole(_) => None,
        });
        sorts.extend(column.map(|c| Sort::Table(c.schema, c.table)));
        let mut guards = Must::default();
        for (_, key) in keys(query) {
            let mut of_all = Must::everything();
            key.facts.iter().for_each(|(_, info)| of_all.or(&info.guards));
            // On which way the key is given says nothing of the row, which is read on every way.
            if !of_all.is_everything() {
                guards.and(&of_all.of_policy());
            }
        }
        (self.record(span, keys_of(query), sorts), guards)
    }

    /// A row as a value of a type; `open` is the place of its statement if that gives whatever columns there are.
    pub(super) fn row_of(
        &mut self,
        columns: &[(Name, V)],
        open: Option<Span>,
        ty: &Ty,
        scalar: bool,
        span: Span,
        st: &mut State,
    ) -> V {
        if scalar {
            return columns.first().map(|(_, v)| self.decoded(v, ty, span)).unwrap_or_default();
        }
        let mut row = Value::default();
        match ty {
            Ty::Tuple(ts) => {
                for (i, ((_, v), ty)) in columns.iter().zip(ts.iter()).enumerate() {
                    row.set_field(&i.to_string(), self.decoded(v, ty, span));
                }
            }
            Ty::Adt(t, _) => return self.struct_of(*t, ty, columns, open, span, st),
            _ => {
                for (i, (n, v)) in columns.iter().enumerate() {
                    row.set_field(n, v.clone());
                    row.set_field(&i.to_string(), v.clone());
                    row.set_field(&format!("#{i}"), v.clone());
                }
                // One column, asked for as one value.
                if let ([(_, v)], Ty::Ext(n, _)) = (columns, ty)
                    && !n.contains("Row")
                    && !n.contains("::")
                    && payload(self.cx.models, ty).is_none()
                {
                    return v.clone();
                }
            }
        }
        Arc::new(row)
    }

    /// A row as a value of a type of the workspace.
    fn struct_of(
        &mut self,
        t: TypeId,
        ty: &Ty,
        columns: &[(Name, V)],
        open: Option<Span>,
        span: Span,
        st: &mut State,
    ) -> V {
        let (program, models) = (self.cx.program, self.cx.models);
        if let Some(i) = program.impls_for(t, "FromRow").first()
            && let Some(f) = program.impl_method(*i, "from_row")
        {
            let raw = self.row_of(columns, open, &Ty::Unknown, false, span, st);
            return self.inline(f, &[raw], span, st);
        }
        let Some(def) = program.type_def(t) else { return V::default() };
        let TypeKind::Struct(fields) = &def.kind else { return V::default() };
        let mut row = Value { adt: Some(t), ..Value::default() };
        // A newtype takes the single column.
        if let [only] = fields.as_slice()
            && only.name == "0"
            && let Some((_, v)) = columns.first()
        {
            row.set_field("0", v.clone());
            return Arc::new(row);
        }
        let rename = rename_all(def, "sqlx", "");
        for field in fields.iter().filter(|f| !f.attrs.sql_skip) {
            let inner = field_ty(program, models, ty, None, &field.name);
            if field.attrs.flatten {
                let v = self.row_of(columns, open, peel(models, &inner), false, span, st);
                row.set_field(&field.name, v);
                continue;
            }
            let wanted = field.attrs.sql_rename.as_ref().unwrap_or(&field.name);
            let wanted = wanted.strip_prefix("r#").unwrap_or(wanted);
            let is_wanted = |n: &Name| {
                n.eq_ignore_ascii_case(wanted) || rename.is_some_and(|r| n.eq_ignore_ascii_case(&renamed(r, wanted)))
            };
            let found = columns.iter().find(|(n, _)| is_wanted(n));
            let own = self.cx.seeds.fields.get(&(t, None, field.name.clone())).copied();
            let v = match (found, own) {
                (None, own) => match open {
                    Some(at) => self.unlisted_column(def, field, own, &inner, at),
                    None => V::default(),
                },
                // The row's own label, where the column has none.
                (Some((_, column)), Some(seed)) if !column.has_data() => {
                    let mut labelled = (**column).clone();
                    self.add_entry(&mut labelled, seed, field.span, column.places());
                    Arc::new(labelled)
                }
                (Some((_, column)), _) => self.decoded(column, &inner, span),
            };
            row.set_field(&field.name, v);
        }
        Arc::new(row)
    }

    /// What a field of a row takes that no column is known for, though all columns are taken: of unknown origin.
    fn unlisted_column(&mut self, row: &TypeDef, field: &FieldDef, own: Option<u32>, ty: &Ty, at: Span) -> V {
        let mut v = (*self.fresh(ty, Vec::new(), field.span)).clone();
        if let Some(seed) = own {
            self.add_entry(&mut v, seed, field.span, Vec::new());
        }
        if v.has_data() {
            self.unread.insert((at, Some(format!("{}.{}", row.name, field.name).into())));
        }
        Arc::new(v)
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

/// The rule for names: `#[sqlx(rename_all = "camelCase")]`; of `rename_all(serialize = "..", deserialize = "..")` the one
/// for this way.
pub(super) fn rename_all<'d>(def: &'d TypeDef, by: &'d str, way: &str) -> Option<&'d str> {
    for_way(def.said(by, "rename_all"), way)
}

/// Of what is said for both ways, or for each by itself, what is said for this one.
pub(super) fn for_way<'d>(mut said: impl Iterator<Item = &'d str>, way: &str) -> Option<&'d str> {
    said.find_map(|rule| args(rule).find(|a| a.value.is_empty() || a.name == way))
        .map(|a| if a.value.is_empty() { a.name } else { a.value })
}
