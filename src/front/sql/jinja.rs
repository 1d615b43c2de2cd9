//! dbt models are templates. Each is rendered into SQL in which every place is known: `{{ ref('stg_customers') }}`
//! becomes the name it stands for, macros of the project what their bodies are with what they are given, loops over
//! lists that are written out a text for each element. Other macros become calls of what they are given, and of a
//! condition that cannot be decided here either branch is tried.

mod macros;

use std::collections::BTreeMap;

pub use macros::Macros;
use macros::{block, inside, split};

use crate::front::text_map::{Piece, TextMap};
use crate::limits;
use crate::source::{FileId, Span};

/// Which branch of an undecided condition is taken.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Branch {
    First,
    Last,
}

/// The name that stands for what is not known; what follows it are underscores.
const HOLE: &str = "template_";
/// The name that stands for a setting (`var('start')`): a value that is no one's data.
const SETTING: &str = "t_";
/// A relation that is not known, where one must be selected from.
const RELATION: &str = "select * from template_";

/// Whether a text is a template.
pub(super) fn is_template(text: &str) -> bool {
    text.contains("{{") || text.contains("{%") || text.contains("{#")
}

/// A file with the macros that it may call.
#[derive(Clone, Copy)]
pub(super) struct Template<'a> {
    pub file: FileId,
    pub path: &'a str,
    pub text: &'a str,
    pub macros: &'a Macros,
}

/// The rendered text and where it stands; `None` where a template is not closed.
pub(super) fn render(template: Template<'_>, branch: Branch) -> Option<(String, TextMap)> {
    let mut r = Renderer::new(template, branch, BTreeMap::new(), 0);
    r.run(template.text)?;
    Some((r.out, TextMap { file: template.file, pieces: r.pieces }))
}

/// The templates for which nothing but a name could be put: first byte, after the last.
pub(super) fn holes(text: &str, rendered: &str, map: &TextMap) -> Vec<(usize, usize)> {
    let hole = |(at, _): (usize, &str)| {
        let at = map.at(at as u32) as usize;
        let at = text.get(..at + 2).and_then(|t| t.rfind("{{"))?;
        let len = end_of(text.get(at..)?, "}}")?;
        Some((at, at + len))
    };
    let mut out: Vec<(usize, usize)> = rendered.match_indices(HOLE).filter_map(hole).collect();
    out.dedup();
    out
}

/// Where a template ends; its close may stand in strings.
fn end_of(from: &str, close: &str) -> Option<usize> {
    let plain = from.get(2..)?.find(close).map(|n| n + 4);
    if close == "#}" {
        return plain;
    }
    let mut quote = None;
    for (i, c) in from.char_indices().skip(2) {
        match quote {
            Some(q) if q == c => quote = None,
            Some(_) => {}
            None if c == '\'' || c == '"' => quote = Some(c),
            None if from.get(i..).is_some_and(|t| t.starts_with(close)) => return Some(i + 2),
            None => {}
        }
    }
    plain
}

/// An open `if`: whether its surroundings are rendered, whether a branch was taken, whether this one is.
struct If {
    around: bool,
    taken: bool,
    here: bool,
}

/// What a name stands for.
#[derive(Clone)]
enum Value {
    Text(String),
    List(Vec<String>),
}

struct Renderer<'a> {
    template: Template<'a>,
    out: String,
    /// Where what was rendered stands.
    pieces: Vec<Piece>,
    /// How far the text was read.
    at: usize,
    branch: Branch,
    open: Vec<If>,
    /// The tag that ends what is left out.
    muted: Option<&'static str>,
    /// What `set`, loops and arguments gave to names.
    variables: BTreeMap<String, Value>,
    /// Macros and loops around this.
    depth: usize,
    /// What a macro returns.
    returned: Option<String>,
    /// Whether something in it is not known.
    lost: bool,
}

impl<'a> Renderer<'a> {
    fn new(template: Template<'a>, branch: Branch, variables: BTreeMap<String, Value>, depth: usize) -> Self {
        Self {
            template,
            out: String::with_capacity(template.text.len()),
            pieces: vec![Piece::new(0, 0)],
            at: 0,
            branch,
            open: Vec::new(),
            muted: None,
            variables,
            depth,
            returned: None,
            lost: false,
        }
    }

    fn run(&mut self, text: &str) -> Option<()> {
        let mut rest = text;
        while let Some(at) = rest.find('{') {
            let (before, from) = rest.split_at(at);
            self.text(before);
            let close = match from.as_bytes().get(1) {
                Some(b'{') => "}}",
                Some(b'%') => "%}",
                Some(b'#') => "#}",
                _ => {
                    self.text("{");
                    rest = from.get(1..)?;
                    continue;
                }
            };
            let end = end_of(from, close)?;
            let (template, after) = from.split_at(end);
            let inner = inside(template);
            rest = after;
            match close {
                "}}" => self.value(template, inner),
                "%}" => match self.whole_block(from, inner) {
                    Some(left) => rest = left,
                    None => {
                        self.tag(inner);
                        self.fill(template.len(), "");
                    }
                },
                _ => self.fill(template.len(), ""),
            }
            if self.returned.is_some() {
                return Some(());
            }
        }
        self.text(rest);
        Some(())
    }

    /// A loop over a list that is known, or a text that `set` gives a name: read as a whole; what follows it.
    fn whole_block<'t>(&mut self, from: &'t str, inner: &str) -> Option<&'t str> {
        if !self.renders() {
            return None;
        }
        let (word, rest) = inner.split_once(char::is_whitespace)?;
        match word {
            "set" if !rest.contains('=') => {
                let (name, body, after) = block(from, "set", "endset")?;
                let text = self.inner(body, None)?;
                self.variables.insert(name.trim().to_owned(), Value::Text(text));
                self.fill(from.len() - after.len(), "");
                Some(after)
            }
            "for" => {
                let (name, list) = rest.split_once(" in ")?;
                let list = self.list(list.trim())?;
                let (_, body, after) = block(from, "for", "endfor")?;
                let last = list.len().saturating_sub(1);
                let mut text = String::new();
                for (i, element) in list.iter().enumerate() {
                    text.push_str(&self.inner(body, Some((name.trim(), element, i == 0, i == last)))?);
                }
                self.put(&text, from.len() - after.len());
                Some(after)
            }
            _ => None,
        }
    }

    /// A part rendered by itself; `None` where something in it is not known.
    fn inner(&self, body: &str, round: Option<(&str, &String, bool, bool)>) -> Option<String> {
        if self.depth >= limits::TEMPLATE_DEPTH || changes(body) {
            return None;
        }
        let mut child = Renderer::new(self.template, self.branch, self.variables.clone(), self.depth + 1);
        if let Some((name, element, first, last)) = round {
            child.variables.insert(name.to_owned(), Value::Text(element.clone()));
            for (name, holds) in [("loop.first", first), ("loop.last", last)] {
                child.variables.insert(name.to_owned(), Value::Text(if holds { "true" } else { "" }.to_owned()));
            }
        }
        child.run(body)?;
        (!child.lost && child.out.len() <= limits::TEMPLATE_BYTES).then_some(child.out)
    }

    /// What a macro of the project is with these arguments.
    fn call(&self, name: &str, args: &str) -> Option<String> {
        let found = self.template.macros.find(name, self.template.path)?;
        if self.depth >= limits::TEMPLATE_DEPTH {
            return None;
        }
        let mut given: BTreeMap<String, Value> = BTreeMap::new();
        for (param, default) in &found.params {
            given.extend(default.as_ref().and_then(|d| Some((param.clone(), self.argument(d)?))));
        }
        for (i, arg) in split(args, ',').into_iter().filter(|a| !a.is_empty()).enumerate() {
            let (param, value) = match split(arg, '=').as_slice() {
                [param, value] if is_name(param) => ((*param).to_owned(), *value),
                _ => (found.params.get(i)?.0.clone(), arg),
            };
            given.remove(&param);
            given.extend(self.argument(value).map(|v| (param, v)));
        }
        let mut child = Renderer::new(self.template, self.branch, given, self.depth + 1);
        child.run(&found.body)?;
        if child.lost || child.out.len() > limits::TEMPLATE_BYTES {
            return None;
        }
        Some(child.returned.unwrap_or(child.out).trim().to_owned())
    }

    fn argument(&self, value: &str) -> Option<Value> {
        if matches!(value, "none" | "None" | "false" | "False") {
            return Some(Value::Text(String::new()));
        }
        self.list(value).map(Value::List).or_else(|| self.known(value).map(Value::Text))
    }

    /// The elements of a list that is written out, or of a name that stands for one.
    fn list(&self, inner: &str) -> Option<Vec<String>> {
        if let Some(Value::List(list)) = self.variables.get(inner) {
            return Some(list.clone());
        }
        let elements = inner.strip_prefix('[')?.strip_suffix(']')?;
        split(elements, ',').into_iter().filter(|e| !e.is_empty()).map(|e| self.known(e)).collect()
    }

    fn renders(&self) -> bool {
        self.muted.is_none() && self.open.last().is_none_or(|i| i.here)
    }

    fn text(&mut self, text: &str) {
        if self.renders() {
            self.out.push_str(text);
            self.at += text.len();
        } else {
            self.fill(text.len(), "");
        }
    }

    /// As many bytes, with `with` at their beginning.
    fn fill(&mut self, len: usize, with: &str) {
        let with = if with.len() <= len { with } else { "" };
        self.out.push_str(with);
        // What is put together apart has no place of its own to keep.
        if self.depth == 0 {
            self.out.extend(std::iter::repeat_n(' ', len - with.len()));
        }
        self.at += len;
    }

    /// A text in place of a template of this length.
    fn put(&mut self, text: &str, len: usize) {
        if text.len() <= len {
            return self.fill(len, text);
        }
        let place = Span::new(self.template.file, self.at as u32, (self.at + len) as u32);
        self.pieces.push(Piece::written(self.out.len() as u32, place));
        self.out.push_str(text);
        self.at += len;
        self.pieces.push(Piece::new(self.out.len() as u32, self.at as u32));
    }

    fn tag(&mut self, inner: &str) {
        let (word, rest) = inner.split_once(|c: char| c.is_whitespace() || c == '(').unwrap_or((inner, ""));
        if let Some(end) = self.muted {
            if word == end {
                self.muted = None;
            }
            return;
        }
        match word {
            "if" => {
                let around = self.renders();
                let holds = self.decide(rest);
                self.open.push(If { around, taken: holds, here: around && holds });
            }
            "elif" => {
                let holds = self.decide(rest);
                if let Some(top) = self.open.last_mut() {
                    top.here = top.around && !top.taken && holds;
                    top.taken |= holds;
                }
            }
            "else" => {
                if let Some(top) = self.open.last_mut() {
                    top.here = top.around && !top.taken;
                    top.taken = true;
                }
            }
            "endif" => {
                self.open.pop();
            }
            "macro" => self.muted = Some("endmacro"),
            "test" => self.muted = Some("endtest"),
            "materialization" => self.muted = Some("endmaterialization"),
            "docs" => self.muted = Some("enddocs"),
            "call" => self.muted = Some("endcall"),
            "set" => match rest.split_once('=') {
                Some((name, value)) if self.renders() => match self.argument(value.trim()) {
                    Some(value) => {
                        self.variables.insert(name.trim().to_owned(), value);
                    }
                    None => {
                        self.variables.remove(name.trim());
                    }
                },
                Some(_) => {}
                None => self.muted = Some("endset"),
            },
            "do" if rest.trim_start().starts_with("return") => self.give_back(rest.trim_start()),
            "do" if self.renders() => self.change(rest.trim()),
            _ => {}
        }
    }

    /// `do list.append(x)`: a list that is changed in another way is no longer known.
    fn change(&mut self, inner: &str) {
        let Some((name, call)) = inner.split_once('.') else { return };
        let added = call.strip_prefix("append(").and_then(|c| self.known(c.strip_suffix(')')?));
        match (self.variables.get_mut(name), added) {
            (Some(Value::List(list)), Some(element)) => list.push(element),
            _ => {
                self.variables.remove(name);
            }
        }
    }

    /// `return(x)`: what a macro is.
    fn give_back(&mut self, inner: &str) {
        let value = inner.strip_prefix("return").and_then(|r| r.trim().strip_prefix('(')?.strip_suffix(')'));
        match value.and_then(|v| self.known(v)) {
            Some(text) if self.renders() => self.returned = Some(text),
            _ => self.lost |= self.renders(),
        }
    }

    /// Whether a condition holds, as far as that can be known here.
    fn decide(&self, condition: &str) -> bool {
        let plain: String = condition.chars().filter(|c| !c.is_whitespace() && !matches!(c, '(' | ')')).collect();
        let (negated, bare) = match plain.strip_prefix("not") {
            Some(rest) => (true, rest),
            None => (false, plain.as_str()),
        };
        let known = |name: &str| self.variables.get(name);
        let there = |v: &Value| match v {
            Value::Text(t) => !matches!(t.as_str(), "" | "none" | "None" | "false" | "False"),
            Value::List(l) => !l.is_empty(),
        };
        let holds = match bare {
            "is_incremental" => Some(false),
            "execute" => Some(true),
            // A loop that is not run is read once: it is its first round and its last.
            "loop.last" | "loop.first" => Some(known(bare).is_none_or(there)),
            _ => match (bare.strip_suffix("isnotnone"), bare.strip_suffix("isnone")) {
                (Some(name), _) => known(name).map(there),
                (None, Some(name)) => known(name).map(|v| !there(v)),
                (None, None) => known(bare).map(there),
            },
        };
        holds.map_or(self.branch == Branch::First, |h| h != negated)
    }

    fn value(&mut self, template: &str, inner: &str) {
        let len = template.len();
        if !self.renders() {
            return self.fill(len, "");
        }
        if self.depth > 0 && inner.starts_with("return") {
            self.give_back(inner);
            return self.fill(len, "");
        }
        // `{{ ',' if not loop.last }}`
        if let Some((text, condition)) = inner.split_once(" if ").filter(|(t, _)| literal(t.trim()).is_some()) {
            let (condition, other) = condition.split_once(" else ").unwrap_or((condition, "''"));
            let text = if self.decide(condition) { text } else { other };
            let text = self.known(text.trim()).unwrap_or_default();
            return self.put(&text, len);
        }
        if inner.contains("loop.last") || inner.contains("loop.first") {
            return self.fill(len, "");
        }
        let opens = opens(self.out.trim_end());
        match self.known(inner).filter(|text| !(opens && text.starts_with("m("))) {
            Some(text) => self.put(&text, len),
            None => self.hole(len, inner),
        }
    }

    /// Something that is not known, of the form that its place asks for.
    fn hole(&mut self, len: usize, inner: &str) {
        self.lost = true;
        let before = self.out.trim_end();
        let opens = opens(before);
        let word = before.rsplit(|c: char| !(c.is_alphanumeric() || c == '_')).next().unwrap_or_default();
        // A second list of columns behind a first: `select {{ a }} {{ b }}`.
        if word.starts_with(HOLE) && word.ends_with("__") && before.len() < self.out.len() {
            return self.fill(len, "");
        }
        // A macro that is given relations yields rows of them: `{{ dbt_utils.deduplicate(ref('users'), ..) }}`.
        let given: Vec<String> =
            calls(inner).filter_map(|call| self.known(call)).map(|r| format!("select * from {r}")).collect();
        let rows = given.join(" union all ");
        if opens && !rows.is_empty() {
            return self.put(&rows, len);
        }
        let setting = ["var(", "env_var(", "target."].iter().any(|w| inner.starts_with(w));
        let head = match (opens, setting) {
            (true, false) if len > RELATION.len() => RELATION,
            (_, false) if len > HOLE.len() => HOLE,
            (_, _) => SETTING,
        };
        self.out.push_str(head);
        self.out.extend(std::iter::repeat_n('_', len - head.len()));
        self.at += len;
    }

    /// The SQL that an expression stands for.
    fn known(&self, inner: &str) -> Option<String> {
        let inner = split(inner, '|').first().copied().unwrap_or(inner);
        match self.variables.get(inner) {
            Some(Value::Text(text)) => return Some(text.clone()),
            Some(Value::List(list)) => return Some(list.join(", ")),
            None => {}
        }
        if let Some(text) = literal(inner) {
            return Some(text.to_owned());
        }
        let parts = split(inner, '~');
        if parts.len() > 1 {
            return parts.into_iter().map(|p| self.known(p)).collect();
        }
        if !inner.is_empty() && inner.bytes().all(|b| b.is_ascii_digit()) {
            return Some(inner.to_owned());
        }
        if inner == "this" {
            return Some("this".to_owned());
        }
        let (path, args) = inner.split_once('(').filter(|_| inner.ends_with(')'))?;
        let args = args.rsplit_once(')').map_or(args, |(a, _)| a);
        if path == "adapter.dispatch" {
            let (head, args) = args.split_once(")(")?;
            let name = literal(split(head, ',').first()?)?;
            return self.call(&format!("default__{name}"), args);
        }
        let strings: Vec<&str> = args.split(['\'', '"']).skip(1).step_by(2).collect();
        let path = path.trim();
        let name = path.rsplit('.').next().unwrap_or(path);
        match name {
            "config" | "log" | "print" | "return" | "run_query" | "hook" | "docs" | "doc" | "do" => Some(String::new()),
            "ref" => strings.last().filter(|s| is_name(s)).map(|s| (*s).to_owned()),
            "source" => match strings.as_slice() {
                [schema, table] if is_name(schema) && is_name(table) => Some(format!("{schema}.{table}")),
                [.., table] if is_name(table) => Some((*table).to_owned()),
                _ => None,
            },
            "var" | "env_var" | "target" => None,
            "star" => Some("*".to_owned()),
            _ if self.template.macros.find(name, self.template.path).is_some() => self.call(name, args),
            _ if name.starts_with("quote") => strings.first().filter(|s| is_name(s)).map(|s| (*s).to_owned()),
            _ => {
                // A macro: its value derives from the columns that it is given.
                let columns: Vec<&str> = strings.into_iter().filter(|s| is_column(s)).collect();
                (!columns.is_empty()).then(|| format!("m({})", columns.join(",")))
            }
        }
    }
}

/// Whether a part of a template changes what stands outside of it: lists that are appended to, fields that are set.
fn changes(body: &str) -> bool {
    body.match_indices("{%").any(|(at, _)| {
        let rest = body.get(at + 2..).unwrap_or_default().trim_start_matches(['-', '+', ' ', '\n', '\t', '\r']);
        let set = rest.strip_prefix("set ").and_then(|r| r.split_once('=')).is_some_and(|(name, _)| name.contains('.'));
        set || rest.starts_with("do ") && !rest.starts_with("do return") && !rest.starts_with("do log")
    })
}

/// Whether a query must begin after this text.
fn opens(before: &str) -> bool {
    if before.is_empty() {
        return true;
    }
    let Some(outside) = before.strip_suffix('(') else { return false };
    let word = outside.trim_end().rsplit(|c: char| !c.is_alphanumeric()).next().unwrap_or_default().to_lowercase();
    matches!(word.as_str(), "as" | "from" | "join" | "in" | "exists" | "all" | "union" | "lateral")
}

/// The calls of `ref` and `source` inside an expression.
fn calls(inner: &str) -> impl Iterator<Item = &str> {
    let starts = inner.match_indices("ref(").chain(inner.match_indices("source("));
    starts.filter_map(|(at, _)| {
        let before = inner.get(..at)?.chars().next_back();
        let rest = inner.get(at..)?;
        let whole = rest.get(..rest.find(')')? + 1)?;
        (!before.is_some_and(|c| c.is_alphanumeric() || c == '_')).then_some(whole)
    })
}

/// The content of a text that is one string.
fn literal(inner: &str) -> Option<&str> {
    let quote = inner.chars().next().filter(|c| matches!(c, '\'' | '"'))?;
    let body = inner.strip_prefix(quote)?.strip_suffix(quote)?;
    (!body.contains(quote)).then_some(body)
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || c == '_')
}

/// Whether a string that a macro is given may name a column.
fn is_column(text: &str) -> bool {
    const PARTS: [&str; 12] =
        ["second", "minute", "hour", "day", "week", "month", "quarter", "year", "date", "timestamp", "string", "true"];
    text.split('.').all(is_name) && !text.starts_with(|c: char| c.is_ascii_digit()) && !PARTS.contains(&text)
}
