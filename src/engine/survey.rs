//! What of a repository a first policy would speak of: data that looks personal, and the code that handles it.

use std::collections::{BTreeMap, BTreeSet};

use super::personal::{Sign, sign_of, sign_of_type};
use super::{After, Linked, follow, link};
use crate::diag::Diagnostic;
use crate::flow::Arriving;
use crate::ir::Name;
use crate::ir::items::{TypeDef, TypeKind, TypeRef};
use crate::link::program::{Program, TypeId};
use crate::link::schema::Schemas;
use crate::link::sqlfn::ColumnId;
use crate::policy::Policy;
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
    let Linked { program, schemas, .. } = link(inputs, &Policy::default(), &|_| ());
    let columns = columns(&schemas).into_iter().map(|(_, guess)| guess).collect();
    let fields = fields(&program).into_iter().map(|(_, guess)| guess).collect();
    let mut survey = Survey { columns, fields };
    for list in [&mut survey.columns, &mut survey.fields] {
        list.sort();
        // Two schemas may have a table of one name: a binding speaks of both.
        list.dedup_by(|a, b| a.place == b.place);
    }
    survey
}

/// Columns that look personal.
pub(super) fn columns(schemas: &Schemas) -> Vec<(ColumnId, Guess)> {
    let mut out = Vec::new();
    let tables = (0u32..).zip(&schemas.list).flat_map(|(s, schema)| (0u32..).zip(&schema.tables).map(move |t| (s, t)));
    for (schema, (t, table)) in tables.filter(|(_, (_, t))| !t.dropped && t.view.is_none()) {
        for (c, column) in table.live() {
            if !column.annotations.is_empty() {
                continue;
            }
            let Some(sign) = sign_of(&column.name, &table.name).filter(|s| column_holds(&column.ty, s)) else {
                continue;
            };
            let guess = Guess {
                place: format!("{}.{}", sql_name(&table.name), sql_name(&column.name)),
                category: sign.category,
                why: format!("its name says `{}`", sign.words),
                span: column.span,
            };
            out.push((ColumnId { schema, table: t, column: c, part: 0 }, guess));
        }
    }
    out
}

/// Whether a column of this type may hold what its name says: whether something is so, or since when, is not the thing
/// itself, and nobody is called by a number.
fn column_holds(ty: &str, sign: &Sign) -> bool {
    let is = |heads: &[&str]| heads.iter().any(|head| ty.starts_with(head));
    let counted = || ["name", "contact.email"].contains(&sign.category) || sign.category.starts_with("account.");
    let when = ["bool", "timestamp", "time", "datetime", "interval"];
    !(is(&when) || is(&["int", "bigint", "smallint"]) && counted())
}

/// Types of values that are not what a field's name may say.
const NO_TEXT: [&str; 18] = [
    "bool",
    "u8",
    "u16",
    "u32",
    "u64",
    "usize",
    "i8",
    "i16",
    "i32",
    "i64",
    "isize",
    "f32",
    "f64",
    "DateTime",
    "NaiveDateTime",
    "OffsetDateTime",
    "SystemTime",
    "Duration",
];

/// Whether a field of this type may hold what its name says.
fn field_holds(ty: &TypeRef) -> bool {
    type_name(ty).is_none_or(|name| !NO_TEXT.contains(&name.as_str()))
}

/// A name as the bindings write it.
fn sql_name(name: &str) -> String {
    let plain = name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
        && name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_');
    if plain { name.to_owned() } else { format!("\"{name}\"") }
}

/// Fields of requests, and types of single values, that look personal; of a type that is one itself no field is named.
pub(super) fn fields(program: &Program) -> Vec<((TypeId, Option<Name>), Guess)> {
    let requests = requests(program);
    let mut out = Vec::new();
    for index in 0..program.types.len() {
        let id = TypeId(index as u32);
        let Some(def) = program.type_def(id).filter(|d| !d.test) else { continue };
        let TypeKind::Struct(fields) = &def.kind else { continue };
        if let [_] = newtype(fields)
            && let Some(sign) = sign_of_type(&def.name)
        {
            let why = format!("a type whose name says `{}`", sign.words);
            let guess =
                Guess { place: program.type_path(id).to_string(), category: sign.category, why, span: def.span };
            out.push(((id, None), guess));
            continue;
        }
        if !is_request(def, &requests) {
            continue;
        }
        let path = program.type_path(id);
        for field in fields.iter().filter(|f| field_holds(&f.ty)) {
            let by_name = sign_of(&field.name, &def.name).map(|s| (s, format!("its name says `{}`", s.words)));
            let by_type = || {
                let name = type_name(&field.ty)?;
                sign_of_type(&name).map(|s| (s, format!("its type is `{name}`")))
            };
            let Some((sign, why)) = by_name.or_else(by_type) else { continue };
            let guess = Guess {
                place: format!("{path}.{}", field.name),
                category: sign.category,
                why: format!("a request holds it, and {why}"),
                span: field.span,
            };
            out.push(((id, Some(field.name.clone())), guess));
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
    let derives = |name: &str| def.derives.iter().any(|d| d == name);
    // What is only written out is an answer, or a request to another service.
    let read = derives("Deserialize") || !derives("Serialize");
    let named = || derives("Deserialize") && REQUEST_NAMES.iter().any(|n| def.name.ends_with(n));
    read && !def.name.starts_with("Response") && (requests.contains(def.name.as_str()) || named())
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
    let (_, solved, _) =
        follow(super::ready(inputs, &policy, link(inputs, &policy, &|_| ()), &|_| ()), &|_| (), After::More);
    let mut roots: BTreeMap<String, (Span, BTreeSet<String>)> = BTreeMap::new();
    for root in &solved.purposeless {
        let (_, data) = roots.entry(root.function.to_string()).or_insert_with(|| (root.span, BTreeSet::new()));
        data.extend(root.entries.iter().map(|e| e.entry.name.to_string()));
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
