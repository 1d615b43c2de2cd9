//! What of a repository a first policy would speak of: data that looks personal, and the code that handles it.

use std::collections::{BTreeMap, BTreeSet};

use super::personal::{sign_of, sign_of_type};
use super::{Linked, follow, link};
use crate::diag::Diagnostic;
use crate::flow::Arriving;
use crate::ir::items::{TypeDef, TypeKind, TypeRef};
use crate::link::program::{Program, TypeId};
use crate::link::schema::Schemas;
use crate::project::Inputs;
use crate::source::Span;

/// Something that looks personal.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Guess {
    /// As a binding names it: `customers.email`, `shop::api::SignUp.email`.
    pub place: String,
    /// A category of `purlin:common`.
    pub category: &'static str,
    /// Why, as a fragment.
    pub why: String,
    /// Where it is declared.
    pub span: Span,
}

/// What looks personal in a repository.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Survey {
    /// Columns of tables.
    pub columns: Vec<Guess>,
    /// Fields of requests, and types that are one such value.
    pub fields: Vec<Guess>,
}

/// Looks through tables and types.
#[must_use]
pub fn survey(inputs: &Inputs) -> Survey {
    let Linked { program, schemas, .. } = link(inputs, &|_| ());
    let mut survey = Survey { columns: columns(&schemas), fields: fields(&program) };
    for list in [&mut survey.columns, &mut survey.fields] {
        list.sort();
        // Two schemas may have a table of one name: a binding speaks of both.
        list.dedup_by(|a, b| a.place == b.place);
    }
    survey
}

fn columns(schemas: &Schemas) -> Vec<Guess> {
    let mut out = Vec::new();
    for table in schemas.list.iter().flat_map(|s| &s.tables).filter(|t| !t.dropped && t.view.is_none()) {
        for (_, column) in table.live() {
            // Whether something is so is not the thing itself.
            if column.ty.starts_with("bool") || !column.annotations.is_empty() {
                continue;
            }
            let Some(sign) = sign_of(&column.name, &table.name) else { continue };
            out.push(Guess {
                place: format!("{}.{}", sql_name(&table.name), sql_name(&column.name)),
                category: sign.category,
                why: format!("its name says `{}`", sign.words),
                span: column.span,
            });
        }
    }
    out
}

/// A name as the bindings write it.
fn sql_name(name: &str) -> String {
    let plain = name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
        && name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_');
    if plain { name.to_owned() } else { format!("\"{name}\"") }
}

fn fields(program: &Program) -> Vec<Guess> {
    let requests = requests(program);
    let mut out = Vec::new();
    for index in 0..program.types.len() {
        let id = TypeId(index as u32);
        let Some(def) = program.type_def(id).filter(|d| !d.test) else { continue };
        let TypeKind::Struct(fields) = &def.kind else { continue };
        let path = program.type_path(id);
        if let ([_], Some(sign)) = (newtype(fields), sign_of_type(&def.name)) {
            out.push(Guess {
                place: path.to_string(),
                category: sign.category,
                why: format!("a type whose name says `{}`", sign.words),
                span: def.span,
            });
            continue;
        }
        if !is_request(def, &requests) {
            continue;
        }
        for field in fields {
            let by_name = sign_of(&field.name, &def.name).map(|s| (s, format!("its name says `{}`", s.words)));
            let by_type = || {
                let name = type_name(&field.ty)?;
                sign_of_type(&name).map(|s| (s, format!("its type is `{name}`")))
            };
            let Some((sign, why)) = by_name.or_else(by_type) else { continue };
            out.push(Guess {
                place: format!("{path}.{}", field.name),
                category: sign.category,
                why: format!("a request holds it, and {why}"),
                span: field.span,
            });
        }
    }
    out
}

/// The fields of a tuple struct, as long as there are no names.
fn newtype(fields: &[crate::ir::items::FieldDef]) -> &[crate::ir::items::FieldDef] {
    if fields.iter().all(|f| f.name.chars().all(|c| c.is_ascii_digit())) { fields } else { &[] }
}

/// Types that handlers take out of requests.
const EXTRACTORS: [&str; 6] = ["Json", "Form", "Query", "Path", "Multipart", "TypedMultipart"];
/// How types of requests are often called.
const REQUEST_NAMES: [&str; 8] = ["Request", "Input", "Payload", "Form", "Params", "Body", "FormData", "Dto"];

/// Names of types that functions take out of requests.
fn requests(program: &Program) -> BTreeSet<String> {
    let mut out = BTreeSet::new();
    for func in program.func_ids().filter(|f| !program.is_test(*f)).filter_map(|f| program.func(f)) {
        for param in &func.params {
            let TypeRef::Path(path) = &param.ty else { continue };
            if path.segments.last().is_some_and(|s| EXTRACTORS.contains(&s.as_str())) {
                out.extend(path.args.iter().filter_map(type_name));
            }
        }
    }
    out
}

fn is_request(def: &TypeDef, requests: &BTreeSet<String>) -> bool {
    requests.contains(def.name.as_str())
        || (def.derives.iter().any(|d| d == "Deserialize") && REQUEST_NAMES.iter().any(|n| def.name.ends_with(n)))
}

/// The last name of a type, seen through `Option`, `Vec` and the like.
fn type_name(ty: &TypeRef) -> Option<String> {
    let TypeRef::Path(path) = ty else { return None };
    let name = path.segments.last()?;
    if matches!(name.as_str(), "Option" | "Vec" | "Box" | "Arc" | "Secret" | "SecretBox") {
        return path.args.first().and_then(type_name);
    }
    Some(name.to_string())
}

/// Code that handles what a policy labels.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Handled {
    /// Handlers, jobs and programs: path, place of the name, what they handle.
    pub roots: Vec<(String, Span, Vec<String>)>,
    /// Hosts that data goes to: name, first place, what goes there.
    pub hosts: Vec<(String, Span, Vec<String>)>,
    /// Client crates of vendors that data goes to.
    pub vendors: Vec<(String, Span, Vec<String>)>,
    /// Tables, logs and routers at which data arrives.
    pub sinks: Vec<(String, Span, Vec<String>)>,
}

/// Follows what the policy of some inputs labels, whatever it permits.
///
/// # Errors
/// The problems of a policy that is broken.
pub fn handled(inputs: &Inputs) -> Result<Handled, Vec<Diagnostic>> {
    let (policy, problems) = super::read_policy(inputs);
    let policy = policy.ok_or(problems)?;
    let (_, solved, _) = follow(super::ready(inputs, &policy, link(inputs, &|_| ()), &|_| ()), &|_| ());
    let mut roots: BTreeMap<String, (Span, BTreeSet<String>)> = BTreeMap::new();
    for root in &solved.purposeless {
        let (_, data) = roots.entry(root.function.to_string()).or_insert_with(|| (root.span, BTreeSet::new()));
        data.extend(root.entries.iter().map(|e| e.name.to_string()));
    }
    let [mut hosts, mut vendors, mut sinks] = [BTreeMap::new(), BTreeMap::new(), BTreeMap::new()];
    for flow in &solved.flows {
        let (map, name): (&mut BTreeMap<String, (Span, BTreeSet<String>)>, _) = match &flow.target {
            Arriving::Host(name) => (&mut hosts, name),
            Arriving::Vendor(name) => (&mut vendors, name),
            Arriving::Unbound(name) => (&mut sinks, name),
            Arriving::Code | Arriving::Bound(_) | Arriving::UnknownHost | Arriving::Internal => continue,
        };
        let (first, data) = map.entry(name.clone()).or_insert_with(|| (flow.site.span, BTreeSet::new()));
        *first = (*first).min(flow.site.span);
        data.insert(flow.entry.name.to_string());
    }
    let list = |map: BTreeMap<String, (Span, BTreeSet<String>)>| {
        map.into_iter().map(|(name, (span, data))| (name, span, data.into_iter().collect())).collect()
    };
    Ok(Handled { roots: list(roots), hosts: list(hosts), vendors: list(vendors), sinks: list(sinks) })
}
