//! The annotations in code as `bind` lines, so that a team can move from one to the other.

use super::{Linked, link};
use crate::ir::{Content, Name, Target};
use crate::link::program::{FuncId, Program};
use crate::policy::Policy;
use crate::project::Inputs;
use crate::source::Span;

/// One annotation and the `bind` line that says the same.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Collected {
    /// Left-hand side; none where a `bind` line cannot name the place.
    pub place: Option<BoundPlace>,
    /// Right-hand side.
    pub meaning: String,
    /// Place of the annotation.
    pub span: Span,
}

/// What stands before `as`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum BoundPlace {
    /// In `bind rust`.
    Rust(String),
    /// In `bind sql`.
    Sql(String),
    /// In `bind path`.
    Path(String),
}

/// All annotations, in the order of their places.
#[must_use]
pub fn collect(inputs: &Inputs) -> Vec<Collected> {
    let linked = link(inputs, &Policy::default(), &|_| ());
    let mut out = Vec::new();
    let p = &linked.program;
    for (u, unit) in p.units.iter().enumerate() {
        for a in &unit.annotations {
            let places = match (&unit.content, &a.target) {
                (Content::Rust(_), target) => rust(p, u as u32, target),
                (Content::Sql(_), Target::File) => {
                    vec![BoundPlace::Path(inputs.sources.path(unit.file).to_owned())]
                }
                // Those of tables and columns are taken from the schema, where their names are today's.
                (Content::Sql(_), Target::Table(_) | Target::Column(..)) => continue,
                (Content::Sql(_), _) => Vec::new(),
            };
            push(&mut out, places, &a.text, a.span);
        }
    }
    sql(&linked, &mut out);
    out.sort_by(|a, b| (a.span, &a.place).cmp(&(b.span, &b.place)));
    out.dedup();
    out
}

fn push(out: &mut Vec<Collected>, places: Vec<BoundPlace>, text: &str, span: Span) {
    let meaning = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if places.is_empty() {
        out.push(Collected { place: None, meaning: meaning.clone(), span });
    }
    out.extend(places.into_iter().map(|p| Collected { place: Some(p), meaning: meaning.clone(), span }));
}

fn rust(p: &Program, u: u32, target: &Target) -> Vec<BoundPlace> {
    let one = |path: String| vec![BoundPlace::Rust(path)];
    match target {
        Target::File => one(p.mod_path(p.module_at(u, 0)).to_string()),
        Target::Module(i) => one(p.mod_path(p.module_at(u, *i)).to_string()),
        Target::Type(i) => one(p.type_path(p.type_id(u, *i)).to_string()),
        Target::Field(i, variant, name) => {
            let variant = variant.as_ref().map_or(String::new(), |v: &Name| format!("::{v}"));
            one(format!("{}{variant}.{name}", p.type_path(p.type_id(u, *i))))
        }
        Target::Variant(i, name) => one(format!("{}::{name}", p.type_path(p.type_id(u, *i)))),
        Target::Trait(i) => one(p.trait_path(p.trait_id(u, *i)).to_string()),
        Target::Impl(i) => {
            let id = p.impl_id(u, *i);
            let own = p.func_ids().filter(|f| p.func_impl(*f) == Some(id));
            own.map(|f| BoundPlace::Rust(p.func_path(f).to_string())).collect()
        }
        Target::Func(i) => one(p.func_path(p.func_id(u, *i)).to_string()),
        Target::Param(f, i) => {
            let id = p.func_id(u, *f);
            parameter(p, id, *i)
                .map(|name| BoundPlace::Rust(format!("{}({name})", p.func_path(id))))
                .into_iter()
                .collect()
        }
        // A variable, a statement, a constant without a path: the comment has to stay.
        Target::Local(..) | Target::Statement(_) | Target::Const(_) => Vec::new(),
        Target::Table(_) | Target::Column(..) | Target::Sql(_) => Vec::new(),
    }
}

/// A parameter by its name, else by its position without the receiver.
fn parameter(p: &Program, f: FuncId, index: u32) -> Option<String> {
    let def = p.func(f)?;
    let name = def.params.get(index as usize).and_then(|x| x.name.as_deref()).map(str::to_owned);
    name.or_else(|| Some((index as usize).checked_sub(usize::from(def.has_self))?.to_string()))
}

fn sql(linked: &Linked, out: &mut Vec<Collected>) {
    for schema in &linked.schemas.list {
        for table in &schema.tables {
            let prefix = table.schema.as_ref().map_or(String::new(), |s| format!("{}.", quoted(s)));
            let name = format!("{prefix}{}", quoted(&table.name));
            for (text, span) in &table.annotations {
                push(out, vec![BoundPlace::Sql(name.clone())], text, *span);
            }
            for (_, column) in table.live() {
                for (text, span) in &column.annotations {
                    push(out, vec![BoundPlace::Sql(format!("{name}.{}", quoted(&column.name)))], text, *span);
                }
            }
        }
    }
}

/// A name as a policy writes it: in quotation marks unless it is plain.
fn quoted(name: &str) -> String {
    let plain = name.chars().all(|c| c == '_' || c.is_ascii_lowercase() || c.is_ascii_digit())
        && !name.starts_with(|c: char| c.is_ascii_digit());
    if plain { name.to_owned() } else { format!("\"{name}\"") }
}
