//! What looks like personal data by its name, has no label, and of which nobody said that it is not.

use std::collections::{BTreeMap, BTreeSet};

use super::Ready;
use super::survey::{self, Guess};
use crate::flow::FieldKey;
use crate::judge::Alike;
use crate::link::program::TypeId;
use crate::policy::Policy;
use crate::project::Inputs;
use crate::source::Span;

/// Categories that matter although the policy has none like them; of other data (passwords, pictures, what it calls a
/// device) a policy that speaks of none has none to follow.
const GRAVE: [&str; 10] =
    ["contact", "name", "birth", "gender", "identity", "finance", "health", "origin", "belief", "location"];

/// Columns, and fields of requests, that look like personal data and of which no line says anything.
pub(super) fn alike(ready: &Ready, policy: &Policy, inputs: &Inputs) -> Vec<Alike> {
    let said = Said::of(ready);
    let (seeds, settled) = (&ready.bound.seeds, &ready.bound.not_personal);
    let mut out: BTreeMap<(bool, String), Alike> = BTreeMap::new();
    let mut add = |column: bool, guess: Guess| {
        let generated = inputs.sources.get(guess.span.file).is_some_and(|f| is_generated(&f.text));
        let Some(category) = counterpart(policy, &guess, column).filter(|_| !generated) else { return };
        let (name, part) = guess.place.rsplit_once('.').unwrap_or((&guess.place, &guess.place));
        let at = || Alike { name: name.to_owned(), parts: Vec::new(), at: guess.span };
        let alike = out.entry((column, name.to_owned())).or_insert_with(at);
        alike.at = alike.at.min(guess.span);
        alike.parts.push((format!("`{part}`"), category));
    };
    for (id, guess) in survey::columns(&ready.schemas) {
        let looked = settled.columns.contains(&id) || settled.tables.contains(&(id.schema, id.table));
        if !seeds.labels_column(id) && !looked && !said.of_column(&guess) {
            add(true, guess);
        }
    }
    for ((t, field), guess) in survey::fields(&ready.program) {
        let labelled = |key: &FieldKey| seeds.fields.contains_key(key) || settled.fields.contains(key);
        let of_type = seeds.types.contains_key(&t) || settled.types.contains(&t);
        // A type of single values is labelled where one is read.
        if !of_type && field.is_some_and(|f| !labelled(&(t, None, f))) {
            add(false, guess);
        }
    }
    let mut out: Vec<Alike> = out.into_values().collect();
    out.sort_by(|a, b| (a.at, a).cmp(&(b.at, b)));
    out
}

/// The category of the policy that something looks like, by the last of its names; if there is none, what every policy
/// calls it, as long as it is a column and weighs enough.
fn counterpart(policy: &Policy, guess: &Guess, column: bool) -> Option<String> {
    let last = |name: &str| name.rsplit('.').next().unwrap_or(name).to_owned();
    let wanted = last(guess.category);
    let own = policy.categories.ids().map(|id| policy.categories.name(id)).find(|name| last(name) == wanted);
    let head = guess.category.split('.').next().unwrap_or_default();
    let grave = || (column && GRAVE.contains(&head)).then(|| guess.category.to_owned());
    own.map(str::to_owned).or_else(grave)
}

/// What lines say of types that are the rows of tables: their columns need none of their own.
struct Said {
    fields: BTreeSet<(String, String)>,
    places: BTreeSet<Span>,
}

impl Said {
    fn of(ready: &Ready) -> Self {
        let mut out = Said { fields: BTreeSet::new(), places: BTreeSet::new() };
        let keys = ready.bound.seeds.fields.keys().chain(&ready.bound.not_personal.fields);
        for (t, _, field) in keys {
            for table in tables_of(ready, *t) {
                out.fields.insert((table, plain(field)));
            }
        }
        let seeds = ready.bound.seeds.fields.values();
        out.places.extend(seeds.filter_map(|s| ready.bound.seeds.entries.get(*s as usize)).map(|e| e.span));
        out
    }

    fn of_column(&self, guess: &Guess) -> bool {
        let (table, column) = guess.place.rsplit_once('.').unwrap_or(("", &guess.place));
        self.places.contains(&guess.span) || self.fields.contains(&(plain(table), plain(column)))
    }
}

/// The tables of which the values of a type may be rows, by its name or by what it says itself.
fn tables_of(ready: &Ready, t: TypeId) -> Vec<String> {
    let Some(def) = ready.program.type_def(t) else { return Vec::new() };
    let written = def.said("diesel", "table_name").filter_map(|path| path.rsplit("::").next());
    written.chain([def.name.as_str()]).map(plain).collect()
}

/// A name without its case, signs and plural.
fn plain(name: &str) -> String {
    let letters: String = name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    letters.trim_end_matches('s').to_owned()
}

/// Whether a text says at its beginning that a program wrote it.
fn is_generated(text: &str) -> bool {
    text.lines().take(10).any(|line| line.contains("@generated"))
}
