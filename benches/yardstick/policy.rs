//! A policy for any program: labels on columns and fields, purposes at modules, picked by a seed.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use purlin::engine::{Linked, link};
use purlin::ir::items::{TypeKind, TypeRef};
use purlin::link::program::{FuncId, ModId, TypeId};
use purlin::policy::Policy;
use purlin::project::Inputs;

use crate::generate::Random;

/// Columns and fields that are labelled, if there are as many.
pub const LABELS: usize = 200;
/// Purposes.
pub const PURPOSES: usize = 20;
/// Kinds of data.
const CATEGORIES: usize = 20;
/// Tables bound to a store, functions bound to a recipient.
const TARGETS: usize = 20;

/// Two policies that differ in their labels only.
pub struct Policies {
    /// Without a label.
    pub plain: String,
    /// With [`LABELS`] labels.
    pub labelled: String,
}

/// Policies for the code of `inputs`.
pub fn policies(inputs: &Inputs, seed: u64) -> Policies {
    let linked = link(inputs, &Policy::default(), &|_| ());
    let mut random = Random(seed);
    let mut plain = String::from(LAW);
    for i in 0..CATEGORIES {
        let _ = writeln!(plain, "category c{i}");
    }
    for i in 0..TARGETS {
        let _ = writeln!(plain, "recipient r{i} {{ acts as processor located in eea contract \"dpa {i}\" }}");
    }
    for i in 0..PURPOSES {
        let list = |random: &mut Random, prefix: char, n: usize| {
            let mut all: Vec<usize> = (0..n).collect();
            random.shuffle(&mut all);
            let names: Vec<String> = all.iter().take(n / 2).map(|k| format!("{prefix}{k}")).collect();
            names.join(", ")
        };
        let (uses, shares, with) =
            (list(&mut random, 'c', CATEGORIES), list(&mut random, 'c', CATEGORIES), list(&mut random, 'r', TARGETS));
        let _ = write!(
            plain,
            "purpose p{i} \"Purpose {i}\" {{
  about  person
  basis  contract
  notice \"n\"
  uses   {uses}
  shares {shares} with {with}
  keeps  {uses} in rows for 1 year
}}
"
        );
    }
    plain.push_str("bind rust {\n  tracing::* as store logs\n  log::* as store logs\n");
    for (i, module) in some(modules(&linked), PURPOSES, &mut random).iter().enumerate() {
        let _ = writeln!(plain, "  {module} as purpose p{i}");
        if i < 3 {
            let _ = writeln!(plain, "  {module} as audience staff");
        }
    }
    for (i, function) in some(senders(&linked), TARGETS, &mut random).iter().enumerate() {
        let _ = writeln!(plain, "  {function} as recipient r{i}");
    }
    plain.push_str("}\nbind sql {\n");
    for table in some(tables(&linked), TARGETS, &mut random) {
        let _ = writeln!(plain, "  {table} as store rows");
    }
    plain.push_str("}\n");

    let (columns, fields) = (columns(&linked), fields(&linked));
    let from_fields = (LABELS / 2).max(LABELS.saturating_sub(columns.len())).min(fields.len());
    let mut labelled = plain.clone();
    let mut section = |kind: &str, places: Vec<String>, random: &mut Random| {
        let _ = writeln!(labelled, "bind {kind} {{");
        for place in places {
            let _ = writeln!(labelled, "  {place} as c{} of person", random.below(CATEGORIES));
        }
        labelled.push_str("}\n");
    };
    let fields = some(fields, from_fields, &mut random);
    section("rust", fields, &mut random);
    let columns = some(columns, LABELS - from_fields, &mut random);
    section("sql", columns, &mut random);
    Policies { plain, labelled }
}

const LAW: &str = "purlin 1
controller \"A company\"
subject person
region eea home
store rows { located in eea }
store logs { located in eea }
audience staff
";

/// Up to `n` of a list, in its order.
fn some(mut list: Vec<String>, n: usize, random: &mut Random) -> Vec<String> {
    list.sort();
    list.dedup();
    random.shuffle(&mut list);
    list.truncate(n);
    list.sort();
    list
}

/// Modules with functions that are no test.
fn modules(linked: &Linked) -> Vec<String> {
    let p = &linked.program;
    let inside: BTreeSet<ModId> =
        p.func_ids().filter(|f| !p.is_test(*f) && p.func(*f).is_some()).map(|f| p.func_module(f)).collect();
    inside.into_iter().map(|m| p.mod_path(m).to_string()).filter(|path| is_plain(path)).collect()
}

/// Functions that send something, by their names.
fn senders(linked: &Linked) -> Vec<String> {
    let p = &linked.program;
    let sends = |f: &FuncId| {
        p.func(*f).is_some_and(|def| {
            ["send", "notify", "publish", "deliver"].iter().any(|verb| def.name.starts_with(verb))
                && !def.params.is_empty()
                && p.func_trait(*f).is_none()
                && !p.is_test(*f)
        })
    };
    p.func_ids().filter(sends).map(|f| p.func_path(f).to_string()).filter(|path| is_plain(path)).collect()
}

fn tables(linked: &Linked) -> Vec<String> {
    let all = linked.schemas.list.iter().flat_map(|s| &s.tables);
    all.filter(|t| !t.dropped && t.view.is_none()).map(|t| t.name.to_string()).filter(|n| is_plain(n)).collect()
}

/// Columns that hold text.
fn columns(linked: &Linked) -> Vec<String> {
    let mut out = Vec::new();
    for table in linked.schemas.list.iter().flat_map(|s| &s.tables).filter(|t| !t.dropped && t.view.is_none()) {
        for (_, column) in table.live() {
            let ty = column.ty.to_ascii_lowercase();
            if ["text", "char", "json", "inet", "date"].iter().any(|t| ty.contains(t)) {
                out.push(format!("{}.{}", table.name, column.name));
            }
        }
    }
    out.retain(|path| is_plain(path));
    out
}

/// Fields that hold text.
fn fields(linked: &Linked) -> Vec<String> {
    let p = &linked.program;
    let mut out = Vec::new();
    for id in (0..p.types.len() as u32).map(TypeId) {
        let Some(TypeKind::Struct(fields)) = p.type_def(id).map(|d| &d.kind) else { continue };
        let path = p.type_path(id);
        out.extend(fields.iter().filter(|f| holds_text(&f.ty)).map(|f| format!("{path}.{}", f.name)));
    }
    out.retain(|path| is_plain(path));
    out
}

fn holds_text(ty: &TypeRef) -> bool {
    match ty {
        TypeRef::Path(path) => {
            path.segments.last().is_some_and(|s| matches!(s.as_str(), "String" | "str"))
                || path.args.iter().any(holds_text)
        }
        _ => false,
    }
}

/// Whether a path can be written in a policy as it is: no raw identifiers, no macros' names, nothing unnamed.
fn is_plain(path: &str) -> bool {
    !path.is_empty()
        && path.split("::").flat_map(|part| part.split('.')).all(|part| {
            part.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
                && !part.starts_with(|c: char| c.is_ascii_digit())
        })
}
