//! The tables of a run with their labels and the code that reads and writes them.

use std::collections::{BTreeMap, BTreeSet};

use super::statements::inside;
use super::{Ready, ready};
use crate::diag::Diagnostic;
use crate::ir::sql::OnDelete;
use crate::judge::tables::{Access, Column, Reference, Schema, Table, TableKind};
use crate::link::program::Program;
use crate::link::schema;
use crate::link::sqlfn::{ColumnId, Flowing, SqlFn, SqlSource};
use crate::policy::{GuardId, Label, Policy, StoreId, Target};
use crate::project::Inputs;
use crate::source::Span;

/// Who touches a column.
#[derive(Default)]
struct Touched {
    read: BTreeMap<ColumnId, BTreeSet<Access>>,
    written: BTreeMap<ColumnId, BTreeSet<Access>>,
}

/// The schemas that a policy root has; those without tables are left out.
///
/// # Errors
/// The problems of a policy that is broken.
pub fn tables(inputs: &Inputs) -> Result<Vec<Schema>, Vec<Diagnostic>> {
    let policy = super::policy_or_none(inputs)?;
    let ready = ready(inputs, &policy, super::link(inputs, &policy, &|_| {}), &|_| {});
    let touched = touched(&ready);
    let mut out = Vec::new();
    for (index, schema) in ready.schemas.list.iter().enumerate() {
        let mut tables: Vec<Table> = (0u32..)
            .zip(&schema.tables)
            .filter(|(_, t)| !t.dropped)
            .map(|(i, t)| table(&ready, &policy, &touched, (index as u32, i), t))
            .collect();
        tables.sort_by(|a, b| (&a.name, a.span).cmp(&(&b.name, b.span)));
        if !tables.is_empty() {
            out.push(Schema { origin: schema.origin.clone(), tables });
        }
    }
    Ok(out)
}

fn table(ready: &Ready, policy: &Policy, touched: &Touched, at: (u32, u32), t: &schema::Table) -> Table {
    let seeds = &ready.bound.seeds;
    let store = seeds.tables.get(&at).and_then(|s| policy.target_name(Target::Store(StoreId(*s))));
    let columns = t
        .live()
        .filter(|(_, c)| c.name != schema::ANY_COLUMN)
        .map(|(i, c)| {
            let id = ColumnId { schema: at.0, table: at.1, column: i, part: 0 };
            let seed = seeds.of_column(id).next().and_then(|s| seeds.entries.get(s as usize));
            let mut labels: Vec<Label> = Vec::new();
            for set in seeds.labels_of_column(id).filter_map(|set| ready.bound.labels.get(set as usize)) {
                labels.extend(set.iter().filter(|l| !labels.contains(l)).copied().collect::<Vec<_>>());
            }
            let shown = t.view.as_ref().filter(|_| !c.opaque).and_then(|v| v.outputs.get(i as usize));
            let shown = shown.or_else(|| c.generated.as_deref().filter(|_| !c.opaque));
            let inherited = c.inherited.filter(|_| !c.opaque).map(|id| ready.schemas.show(id));
            let accesses = |of: &BTreeMap<ColumnId, BTreeSet<Access>>| {
                of.get(&id).filter(|_| seed.is_some()).map(|a| a.iter().cloned().collect()).unwrap_or_default()
            };
            Column {
                name: c.name.to_string(),
                ty: c.ty.clone(),
                labels: labels.into_iter().map(|l| policy.label_text(l)).collect(),
                labelled: seed.map(|s| s.labelled),
                guard: seeds.guard_columns.get(&id).map(|(g, _)| policy.guard_name(GuardId(*g)).to_owned()),
                shows: shown.map(|o| sources(ready, &o.from)).into_iter().flatten().chain(inherited).collect(),
                readers: accesses(&touched.read),
                writers: accesses(&touched.written),
            }
        })
        .collect();
    let mut refers: Vec<Reference> = t
        .foreign
        .iter()
        .map(|key| Reference {
            columns: key.columns.iter().map(ToString::to_string).collect(),
            table: key.table.name.to_string(),
            on_delete: match key.on_delete {
                OnDelete::Cascade => "cascade",
                OnDelete::Clear => "clear",
                OnDelete::Nothing => "nothing",
            },
        })
        .collect();
    refers.sort();
    refers.dedup();
    let kind = match (&t.view, t.temporary, t.implied || t.columns.is_empty()) {
        (Some(_), _, _) if !t.stored => TableKind::View,
        (_, true, _) => TableKind::Temporary,
        (_, _, true) => TableKind::Implied,
        (_, _, false) => TableKind::Table,
    };
    let name = t.schema.as_ref().map_or_else(|| t.name.to_string(), |s| format!("{s}.{}", t.name));
    Table { name, kind, span: t.span, store: store.map(str::to_owned), columns, refers }
}

fn sources(ready: &Ready, from: &[Flowing]) -> BTreeSet<String> {
    from.iter()
        .filter_map(|f| match f.source {
            SqlSource::Column(id) => Some(ready.schemas.show(id)),
            SqlSource::Param(_) | SqlSource::Hole(_) => None,
        })
        .collect()
}

/// All statements, those inside Rust by the function they stand in.
fn touched(ready: &Ready) -> Touched {
    let mut out = Touched::default();
    for (span, f) in inside(&ready.sql) {
        out.add(f, &function_at(&ready.program, span));
    }
    for job in &ready.jobs {
        out.add(&job.sql, &job.file);
    }
    out
}

impl Touched {
    fn add(&mut self, f: &SqlFn, function: &str) {
        let access = |span| Access { span, function: function.to_owned() };
        for u in &f.uses {
            self.read.entry(u.column).or_default().insert(access(u.span));
        }
        // What comes along with `*` is read too.
        for flow in f.outputs.iter().filter(|o| o.by_star).flat_map(|o| &o.from) {
            if let SqlSource::Column(id) = flow.source {
                self.read.entry(id).or_default().insert(access(flow.span));
            }
        }
        for w in f.writes.iter().filter(|w| !w.somewhere) {
            self.written.entry(w.column).or_default().insert(access(w.span));
        }
    }
}

/// The innermost function around a place.
fn function_at(p: &Program, span: Span) -> String {
    p.func_ids()
        .filter_map(|id| Some((id, p.func(id)?)))
        .filter(|(_, f)| f.extent.file == span.file && f.extent.lo <= span.lo && span.hi <= f.extent.hi)
        .min_by_key(|(_, f)| f.extent.hi - f.extent.lo)
        .map_or_else(|| "a constant".to_owned(), |(id, _)| p.func_path(id).to_string())
}
