//! Reads the model files and indexes their rows.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{LazyLock, OnceLock};

use rustc_hash::FxHashMap;
use serde::Deserialize;
use smol_str::SmolStr;

use super::facades::Named;
use super::sig::{parse_row, parse_ty};
use super::sql::Functions;
use super::{ArriveKind, Asked, DeriveModel, ModelTy, Row, TraitModel, TypeModel, TypeModels};

/// The model files, as embedded in the binary.
const FILES: &[(&str, &str)] = &[
    ("std.yaml", include_str!("../../models/rust/std.yaml")),
    ("std-collections.yaml", include_str!("../../models/rust/std-collections.yaml")),
    ("std-text.yaml", include_str!("../../models/rust/std-text.yaml")),
    ("std-system.yaml", include_str!("../../models/rust/std-system.yaml")),
    ("reqwest.yaml", include_str!("../../models/rust/reqwest.yaml")),
    ("sqlx.yaml", include_str!("../../models/rust/sqlx.yaml")),
    ("diesel.yaml", include_str!("../../models/rust/diesel.yaml")),
    ("apis.yaml", include_str!("../../models/rust/apis.yaml")),
    ("terminal.yaml", include_str!("../../models/rust/terminal.yaml")),
    ("hiqlite.yaml", include_str!("../../models/rust/hiqlite.yaml")),
    ("libraries.yaml", include_str!("../../models/rust/libraries.yaml")),
    ("sea.yaml", include_str!("../../models/rust/sea.yaml")),
    ("databases.yaml", include_str!("../../models/rust/databases.yaml")),
    ("redis.yaml", include_str!("../../models/rust/redis.yaml")),
    ("web.yaml", include_str!("../../models/rust/web.yaml")),
    ("tonic.yaml", include_str!("../../models/rust/tonic.yaml")),
    ("rocket.yaml", include_str!("../../models/rust/rocket.yaml")),
    ("poem.yaml", include_str!("../../models/rust/poem.yaml")),
    ("dropshot.yaml", include_str!("../../models/rust/dropshot.yaml")),
    ("logging.yaml", include_str!("../../models/rust/logging.yaml")),
    ("runtime.yaml", include_str!("../../models/rust/runtime.yaml")),
    ("serde.yaml", include_str!("../../models/rust/serde.yaml")),
    ("time.yaml", include_str!("../../models/rust/time.yaml")),
    ("text.yaml", include_str!("../../models/rust/text.yaml")),
    ("errors.yaml", include_str!("../../models/rust/errors.yaml")),
    ("crypto.yaml", include_str!("../../models/rust/crypto.yaml")),
    ("ciphers.yaml", include_str!("../../models/rust/ciphers.yaml")),
    ("openid.yaml", include_str!("../../models/rust/openid.yaml")),
    ("collections.yaml", include_str!("../../models/rust/collections.yaml")),
    ("common.yaml", include_str!("../../models/rust/common.yaml")),
];

/// The files about functions of SQL.
const SQL_FILES: &[(&str, &str)] = &[
    ("common.yaml", include_str!("../../models/sql/common.yaml")),
    ("json.yaml", include_str!("../../models/sql/json.yaml")),
    ("postgres.yaml", include_str!("../../models/sql/postgres.yaml")),
    ("anonymizer.yaml", include_str!("../../models/sql/anonymizer.yaml")),
    ("sqlite.yaml", include_str!("../../models/sql/sqlite.yaml")),
    ("mysql.yaml", include_str!("../../models/sql/mysql.yaml")),
    ("mssql.yaml", include_str!("../../models/sql/mssql.yaml")),
    ("clickhouse.yaml", include_str!("../../models/sql/clickhouse.yaml")),
    ("snowflake.yaml", include_str!("../../models/sql/snowflake.yaml")),
    ("bigquery.yaml", include_str!("../../models/sql/bigquery.yaml")),
    ("duckdb.yaml", include_str!("../../models/sql/duckdb.yaml")),
];

/// One file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    /// Crates and modules of which no function keeps or sends anything, whether it has a row or not.
    #[serde(default)]
    crates: Vec<SmolStr>,
    /// Crates and modules that may keep or send what they are given: what no row speaks of is not understood, as in
    /// any crate that is not listed.
    #[serde(default)]
    sends: Vec<SmolStr>,
    /// Traits whose methods are called by whoever has the value, and by no library of its own accord; attributes because
    /// of which nobody calls a function.
    #[serde(default)]
    passive: Vec<SmolStr>,
    /// Traits that frameworks go through.
    #[serde(default)]
    traits: Vec<TraitModel>,
    /// Traits, by their last segments, that make, change, compare or print values for the code around them: what their
    /// methods give is no answer.
    #[serde(default)]
    local: Vec<SmolStr>,
    /// Functions of traits that make a value of the type by which they are called, and send nothing.
    #[serde(default)]
    makes: Vec<SmolStr>,
    /// Derives of types whose values are answers, or parts of one.
    #[serde(default)]
    shows: Vec<SmolStr>,
    /// Attributes of functions that are called when something is asked from outside, and of impls all of whose methods are.
    #[serde(default)]
    serves: Vec<SmolStr>,
    /// Attributes of impls whose methods are parts of an answer: what they give of a value is shown.
    #[serde(default)]
    offers: Vec<SmolStr>,
    /// Crates whose derive of a template is read: what the text names is what is shown.
    #[serde(default)]
    templates: Vec<SmolStr>,
    /// The same of those in which code of Rust stands.
    #[serde(default)]
    code_templates: Vec<SmolStr>,
    /// Paths under which a crate shows items of another place: `sea_orm::sea_query` is `sea_query`.
    #[serde(default)]
    reexports: BTreeMap<SmolStr, SmolStr>,
    /// Derives that write functions for a type.
    #[serde(default)]
    derives: BTreeMap<SmolStr, DeriveEntry>,
    #[serde(default)]
    types: BTreeMap<String, TypeEntry>,
    #[serde(default)]
    rows: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DeriveEntry {
    of: BTreeMap<SmolStr, SmolStr>,
    gives: BTreeMap<SmolStr, String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TypeEntry {
    #[serde(default)]
    transparent: bool,
    #[serde(default)]
    address: bool,
    #[serde(default)]
    once: bool,
    #[serde(default)]
    shared: bool,
    #[serde(default)]
    state: bool,
    #[serde(default)]
    hollow: bool,
    #[serde(default)]
    outlived: bool,
    #[serde(default)]
    lock: bool,
    #[serde(default)]
    carries: bool,
    #[serde(default)]
    veiled: bool,
    writes: Option<ArriveKind>,
    asks: Option<Asked>,
    deref: Option<String>,
    alias: Option<String>,
    #[serde(default)]
    fields: BTreeMap<SmolStr, String>,
    #[serde(default)]
    parts: BTreeMap<SmolStr, SmolStr>,
}

/// A row as it is written, understood when it is first asked for: a run asks for few of them.
#[derive(Clone, Debug)]
struct Written {
    signature: Cow<'static, str>,
    effects: Cow<'static, str>,
    row: OnceLock<Option<Row>>,
}

impl Written {
    fn row(&self) -> Option<&Row> {
        self.row.get_or_init(|| parse_row(&self.signature, &self.effects).ok()).as_ref()
    }
}

/// All models.
#[derive(Clone, Debug, Default)]
pub struct ModelSet {
    rows: Vec<Written>,
    pub(super) by_path: FxHashMap<SmolStr, Vec<u32>>,
    /// Paths of rows that are not the only ones of theirs.
    beside: FxHashMap<u32, SmolStr>,
    pub(super) types: TypeModels,
    pub(super) crates: Vec<SmolStr>,
    pub(super) sends: Vec<SmolStr>,
    passive: BTreeSet<SmolStr>,
    traits: Vec<TraitModel>,
    local: BTreeSet<SmolStr>,
    makes: Vec<SmolStr>,
    shows: BTreeSet<SmolStr>,
    serves: BTreeSet<SmolStr>,
    /// Attributes of impls whose methods are parts of an answer.
    offers: BTreeSet<SmolStr>,
    templates: BTreeSet<SmolStr>,
    code_templates: BTreeSet<SmolStr>,
    derives: BTreeMap<SmolStr, DeriveModel>,
    /// Crates that have a model.
    modelled: OnceLock<BTreeSet<SmolStr>>,
    cells: BTreeSet<SmolStr>,
    channels: BTreeSet<SmolStr>,
    keyed: BTreeSet<SmolStr>,
    pub(super) reexports: BTreeMap<SmolStr, SmolStr>,
    /// What is named, once a crate of which nothing is known may show it.
    pub(super) named: OnceLock<Named>,
}

impl ModelSet {
    /// Paths of the types and functions directly below a path, and of the types that functions below it belong to;
    /// of the standard library's, which go by their last segments, the types.
    pub fn below<'a>(&'a self, path: &'a str) -> impl Iterator<Item = SmolStr> + 'a {
        let std = matches!(path.split("::").next(), Some("std" | "core" | "alloc"));
        let directly = move |text: &str| {
            if std {
                return (!text.contains("::")).then(|| SmolStr::from(text));
            }
            let rest = text.strip_prefix(path)?.strip_prefix("::")?;
            let name = rest.split(['<', '(', ' ', ':']).next()?;
            text.get(..path.len() + 2 + name.len()).map(SmolStr::from)
        };
        let functions = self.rows.iter().filter(move |_| !std).map(|r| &*r.signature);
        self.types.keys().map(SmolStr::as_str).chain(functions).filter_map(directly)
    }

    /// Paths under which a crate shows items of another place, and that place, by the crate; longer ones first.
    #[must_use]
    pub fn reexports(&self) -> FxHashMap<SmolStr, Vec<(SmolStr, SmolStr)>> {
        let mut all: Vec<(&SmolStr, &SmolStr)> = self.reexports.iter().collect();
        all.sort_by_key(|(from, _)| std::cmp::Reverse(from.len()));
        let mut out: FxHashMap<SmolStr, Vec<(SmolStr, SmolStr)>> = FxHashMap::default();
        for (from, to) in all {
            let krate = from.split("::").next().unwrap_or(from);
            out.entry(krate.into()).or_default().push((from.clone(), to.clone()));
        }
        out
    }

    /// Number of rows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The row with this index.
    #[must_use]
    pub fn row(&self, id: u32) -> Option<&Row> {
        self.rows.get(id as usize)?.row()
    }

    /// A row's signature as it is written.
    #[must_use]
    pub fn signature(&self, id: u32) -> Option<&str> {
        self.rows.get(id as usize).map(|r| &*r.signature)
    }

    /// The first row with this path that takes so many arguments, else the first with this path.
    #[must_use]
    pub fn find(&self, path: &str, args: usize) -> Option<u32> {
        let ids = self.by_path.get(path)?;
        ids.iter().find(|id| self.row(**id).is_some_and(|r| r.takes(args))).or_else(|| ids.first()).copied()
    }

    /// Rows of the same path as this one, and itself, where there are several: for arguments of other types.
    #[must_use]
    pub fn beside(&self, id: u32) -> &[u32] {
        self.beside.get(&id).and_then(|path| self.by_path.get(path)).map_or(&[], Vec::as_slice)
    }

    /// As [`ModelSet::find`], for a method of a type.
    #[must_use]
    pub fn find_method(&self, of: &str, name: &str, args: usize) -> Option<u32> {
        self.find(&[of, "::", name].concat(), args)
    }

    /// The first row for a method of any receiver that takes so many arguments.
    #[must_use]
    pub fn find_universal(&self, name: &str, args: usize) -> Option<u32> {
        self.find_exact(&["_::", name].concat(), args)
    }

    /// The first row with this path that takes so many arguments.
    #[must_use]
    pub fn find_exact(&self, path: &str, args: usize) -> Option<u32> {
        self.find(path, args).filter(|id| self.row(*id).is_some_and(|r| r.takes(args)))
    }

    /// What is known of a type.
    #[must_use]
    pub fn type_model(&self, path: &str) -> Option<&TypeModel> {
        self.types.get(path)
    }

    /// Whether values of a type are cells: written through shared references, seen by all who share them.
    #[must_use]
    pub fn is_cell(&self, path: &str) -> bool {
        self.cells.contains(path)
    }

    /// Whether nothing of what a call is given stays in a value of a type.
    #[must_use]
    pub fn is_hollow(&self, path: &str) -> bool {
        self.type_model(path).is_some_and(|m| m.hollow)
    }

    /// Whether values of a type have keys beside them.
    #[must_use]
    pub fn is_keyed(&self, path: &str) -> bool {
        self.keyed.contains(path)
    }

    /// Whether values of a type are ends of channels.
    #[must_use]
    pub fn is_channel(&self, path: &str) -> bool {
        self.channels.contains(path)
    }

    /// Whether anything is known of a crate: of its derives, attributes and traits, that they write no methods.
    #[must_use]
    pub fn knows_crate(&self, name: &str) -> bool {
        let heads = || {
            let of_rows = self.by_path.keys().filter_map(|path| Some(path.split_once("::")?.0.into()));
            of_rows.chain(self.crates.iter().cloned()).chain(self.sends.iter().cloned()).collect()
        };
        self.modelled.get_or_init(heads).contains(name)
    }

    /// Whether a path is of a crate or module that keeps and sends nothing: what no row speaks of there gives something of
    /// what it is given, and that is all. Of others it is not understood, whether they have rows or none.
    #[must_use]
    pub fn is_plain(&self, path: &str) -> bool {
        let within =
            |of: &&SmolStr| path.strip_prefix(of.as_str()).is_some_and(|r| r.is_empty() || r.starts_with("::"));
        let nearest = |list: &[SmolStr]| list.iter().filter(within).map(SmolStr::len).max();
        nearest(&self.crates) > nearest(&self.sends)
    }

    /// Whether methods of a trait are called by whoever has the value, and by no library of its own accord, or functions
    /// with an attribute by nobody because of that.
    #[must_use]
    pub fn is_passive(&self, of: &str) -> bool {
        self.passive.contains(of)
    }

    /// Traits with the methods that make an answer of a value, the sooner the better.
    pub fn answers(&self) -> impl Iterator<Item = (&str, &str)> {
        self.traits.iter().flat_map(|t| t.answers.iter().map(|method| (t.of.as_str(), method.as_str())))
    }

    /// Traits with the methods that read a value out of a request.
    pub fn extractors(&self) -> impl Iterator<Item = (&str, &str)> {
        self.traits.iter().flat_map(|t| t.extracts.iter().map(|method| (t.of.as_str(), method.as_str())))
    }

    /// Traits with a method that runs first where this one is called.
    pub fn first(&self, name: &str) -> impl Iterator<Item = (&str, &str)> {
        self.traits.iter().filter_map(move |t| Some((t.of.as_str(), t.first.get(name)?.as_str())))
    }

    /// What is known of a trait, by its last segment.
    #[must_use]
    pub fn trait_model(&self, last: &str) -> Option<&TraitModel> {
        self.traits.iter().find(|t| t.of == last)
    }

    /// Traits whose values answer with what they print, if they do not say more.
    pub fn printed(&self) -> impl Iterator<Item = &str> {
        self.traits.iter().filter(|t| t.printed).map(|t| t.of.as_str())
    }

    /// Whether what the methods of a trait give is for the code around them, and no answer.
    #[must_use]
    pub fn is_local(&self, last: &str) -> bool {
        self.local.contains(last)
    }

    /// Whether a function of this name is that of a trait which makes a value of the type by which it is called.
    #[must_use]
    pub fn makes(&self, function: &str) -> bool {
        self.makes.iter().any(|path| path.rsplit("::").next() == Some(function))
    }

    /// Whether values of types with this derive are answers, or parts of one.
    #[must_use]
    pub fn shows(&self, derive: &str) -> bool {
        self.shows.contains(derive)
    }

    /// Whether functions with this attribute, or the methods of an impl with it, are called from outside.
    #[must_use]
    pub fn serves(&self, attribute: &str) -> bool {
        self.serves.contains(attribute)
    }

    /// Whether the methods of an impl with this attribute are parts of an answer.
    #[must_use]
    pub fn offers(&self, attr: &str) -> bool {
        self.offers.contains(attr)
    }

    /// Crates whose derive of a template is read.
    pub fn templates(&self) -> impl Iterator<Item = &str> {
        self.templates.iter().map(SmolStr::as_str)
    }

    /// Crates whose derives of templates are read, in which code of Rust stands.
    pub fn code_templates(&self) -> impl Iterator<Item = &str> {
        self.code_templates.iter().map(SmolStr::as_str)
    }

    /// What is known of the functions that a derive writes.
    #[must_use]
    pub fn derive(&self, path: &str) -> Option<&DeriveModel> {
        self.derives.get(path)
    }

    /// Adds the rows of one file; the error names the row.
    fn add(&mut self, name: &str, text: &'static str) -> Result<(), String> {
        let text = rows_of(text);
        let (head, plain) = match plain_rows(text) {
            Some((head, rows)) => (head, rows),
            None => (text, Vec::new()),
        };
        let file: File = serde_yaml::from_str(head).map_err(|e| format!("{name}: {e}"))?;
        self.crates.extend(file.crates);
        self.sends.extend(file.sends);
        self.passive.extend(file.passive);
        self.traits.extend(file.traits);
        self.local.extend(file.local);
        self.makes.extend(file.makes);
        self.shows.extend(file.shows);
        self.serves.extend(file.serves);
        self.offers.extend(file.offers);
        self.templates.extend(file.templates);
        self.code_templates.extend(file.code_templates);
        self.reexports.extend(file.reexports);
        for (derive, entry) in file.derives {
            let part = |(var, at): (SmolStr, SmolStr)| {
                let (attribute, argument) = at.split_once('.').ok_or(format!("{name}: {derive}: {at}: no argument"))?;
                Ok((var, (attribute.into(), argument.into())))
            };
            let gives = |(f, ty): (SmolStr, String)| Ok((f, parse_ty(&ty).map_err(|e| format!("{name}: {ty}: {e}"))?));
            let model = DeriveModel {
                of: entry.of.into_iter().map(part).collect::<Result<_, String>>()?,
                gives: entry.gives.into_iter().map(gives).collect::<Result<_, String>>()?,
            };
            self.derives.insert(derive, model);
        }
        for (key, entry) in file.types {
            let parsed = parse_ty(&key).map_err(|e| format!("{name}: {key}: {e}"))?;
            let ModelTy::Path(path, args) = parsed else { return Err(format!("{name}: {key}: not a type")) };
            let vars = args
                .iter()
                .map(|a| {
                    if let ModelTy::Var(v) = a { Ok(v.clone()) } else { Err(format!("{name}: {key}: not a variable")) }
                })
                .collect::<Result<Vec<_>, _>>()?;
            let ty =
                |t: &Option<String>| t.as_deref().map(parse_ty).transpose().map_err(|e| format!("{name}: {key}: {e}"));
            let model = TypeModel {
                vars,
                transparent: entry.transparent,
                address: entry.address,
                once: entry.once,
                shared: entry.shared,
                state: entry.state,
                hollow: entry.hollow,
                outlived: entry.outlived,
                lock: entry.lock,
                carries: entry.carries,
                veiled: entry.veiled,
                writes: entry.writes,
                asks: entry.asks,
                deref: ty(&entry.deref)?,
                alias: ty(&entry.alias)?,
                fields: entry
                    .fields
                    .into_iter()
                    .map(|(f, t)| Ok((f, ty(&Some(t))?.unwrap_or(ModelTy::Unknown))))
                    .collect::<Result<_, String>>()?,
                parts: entry.parts,
            };
            self.types.insert(path, model);
        }
        let plain = plain.into_iter().map(|(s, e)| (Cow::Borrowed(s), Cow::Borrowed(e)));
        for (signature, effects) in plain.chain(file.rows.into_iter().map(|(s, e)| (Cow::Owned(s), Cow::Owned(e)))) {
            let path = path_of(&signature);
            self.note_type(&path, &signature, &effects);
            let id = self.rows.len() as u32;
            let of_path = self.by_path.entry(path.clone()).or_default();
            of_path.push(id);
            if of_path.len() > 1 {
                self.beside.extend(of_path.iter().map(|id| (*id, path.clone())));
            }
            self.rows.push(Written { signature, effects, row: OnceLock::new() });
        }
        Ok(())
    }

    /// Notes types that a row shows to be cells, to have keys or to be ends of channels; rows are not understood for
    /// that.
    fn note_type(&mut self, path: &SmolStr, signature: &str, effects: &str) {
        if let Some((ty, _)) = path.rsplit_once("::").filter(|(ty, _)| *ty != "_") {
            if effects.contains("*self") && !self.cells.contains(ty) {
                self.cells.insert(ty.into());
            }
            if effects.contains("self.key") && !self.keyed.contains(ty) {
                self.keyed.insert(ty.into());
            }
        }
        if effects.starts_with("channel ")
            && let Ok(row) = parse_row(signature, effects)
        {
            let ends = match &row.ret {
                ModelTy::Tuple(ends) => ends.as_slice(),
                one => std::slice::from_ref(one),
            };
            let names = ends.iter().filter_map(|t| if let ModelTy::Path(n, _) = t { Some(n.clone()) } else { None });
            self.channels.extend(names);
        }
    }

    /// Rows that are not understood, with the reason.
    #[cfg(test)]
    fn broken(&self) -> Vec<String> {
        let read = |r: &Written| match parse_row(&r.signature, &r.effects) {
            Ok(row) => (row.path != path_of(&r.signature)).then(|| format!("{}: indexed wrongly", r.signature)),
            Err(e) => Some(format!("{}: {e}", r.signature)),
        };
        self.rows.iter().filter_map(read).collect()
    }
}

/// The path that a signature begins with, without the variables of its type.
fn path_of(signature: &str) -> SmolStr {
    let end = signature.find(['(', ' ', '<', '>']).unwrap_or(signature.len());
    let (plain, rest) = signature.split_at(end);
    if !rest.starts_with(['<', '>']) {
        return plain.into();
    }
    let mut out = plain.to_owned();
    let mut depth = 0usize;
    for c in rest.chars() {
        match c {
            '<' => depth += 1,
            '>' if depth > 0 => depth -= 1,
            '(' | ' ' if depth == 0 => break,
            c if depth == 0 => out.push(c),
            _ => {}
        }
    }
    out.into()
}

/// A file's text before its examples: they are for tests and readers.
fn rows_of(text: &str) -> &str {
    text.split_once("\nexamples:\n").map_or(text, |(before, _)| before)
}

/// A file's text before its rows, and the rows, if each is a line of the plain form `  "signature": "effects"`: most
/// of a file is rows, and lines are read much faster than YAML is.
fn plain_rows(text: &str) -> Option<(&str, Vec<(&str, &str)>)> {
    let (head, rows) = text.split_once("\nrows:\n")?;
    let mut out = Vec::new();
    for line in rows.lines() {
        let Some(line) = line.strip_prefix("  \"") else {
            match line.trim_start() {
                "" => continue,
                remark if remark.starts_with('#') => continue,
                _ => return None,
            }
        };
        let (signature, rest) = line.split_once('"')?;
        let effects = match rest.strip_prefix(": ")? {
            "none" => "none",
            quoted => quoted.strip_prefix('"')?.strip_suffix('"')?,
        };
        if signature.contains('\\') || effects.contains(['"', '\\']) {
            return None;
        }
        out.push((signature, effects));
    }
    Some((head, out))
}

/// The models that ship with Purlin, read once; what could not be read stands beside them as text (a defect of ours).
#[must_use]
pub fn embedded() -> &'static (ModelSet, Vec<String>) {
    static MODELS: LazyLock<(ModelSet, Vec<String>)> = LazyLock::new(|| {
        let mut set = ModelSet::default();
        let problems = FILES.iter().filter_map(|(name, text)| set.add(name, text).err()).collect();
        (set, problems)
    });
    &MODELS
}

/// What is known of SQL functions, read once. The rows are lines of the plain form, which a test holds them to.
#[must_use]
pub fn sql_functions() -> &'static Functions {
    static FUNCTIONS: LazyLock<Functions> = LazyLock::new(|| {
        let mut out = Functions::default();
        let rows = SQL_FILES.iter().filter_map(|(_, text)| plain_rows(rows_of(text))).flat_map(|(_, rows)| rows);
        rows.for_each(|(signature, effects)| out.add(signature, effects));
        out
    });
    &FUNCTIONS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_understood() {
        let (set, problems) = embedded();
        assert_eq!(*problems, Vec::<String>::new());
        assert_eq!(set.broken(), Vec::<String>::new());
        assert!(set.rows.len() > 100);
    }

    #[test]
    fn the_shipped_files_are_of_the_plain_form() {
        let other: Vec<&str> =
            FILES.iter().chain(SQL_FILES).filter(|(_, t)| plain_rows(rows_of(t)).is_none()).map(|(n, _)| *n).collect();
        assert_eq!(other, Vec::<&str>::new());
    }

    #[test]
    fn every_function_of_sql_is_understood() {
        let functions = sql_functions();
        let written: usize = SQL_FILES.iter().filter_map(|(_, t)| plain_rows(rows_of(t))).map(|(_, r)| r.len()).sum();
        assert_eq!((functions.len(), functions.broken()), (written, Vec::<String>::new()));
    }

    #[test]
    fn rows_of_any_form_are_read() {
        let mut set = ModelSet::default();
        let text =
            "types: {}\nrows:\n  'a::f(x) -> String': 'x -> ret'\n  \"a::B<T>::g(self) -> T\": \"self -> ret\"\n";
        assert_eq!(set.add("a.yaml", text), Ok(()));
        assert_eq!(set.broken(), Vec::<String>::new());
        assert!(set.find_exact("a::f", 1).is_some() && set.find_exact("a::B::g", 1).is_some());
        assert_eq!(set.find_exact("a::f", 2), None);
        assert!(set.below("a").any(|p| p == "a::B"));
    }
}
