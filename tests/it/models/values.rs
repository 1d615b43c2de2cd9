//! What a row says, carried out on sets of labels by the letter of its effects: what its example must show.

use std::collections::{BTreeMap, BTreeSet};

use super::acts::is_act;
use super::rows::{Row, list};

/// Labels, by number.
pub type Labels = BTreeSet<usize>;

/// A value: the labels of the whole and of the parts that are told apart. A part that is listed is complete.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Value {
    pub own: Labels,
    pub parts: BTreeMap<String, Value>,
}

impl Value {
    pub fn of(label: usize) -> Value {
        Value { own: [label].into(), parts: BTreeMap::new() }
    }

    /// All labels in it that are shown.
    pub fn all(&self) -> Labels {
        let mut out = self.own.clone();
        self.parts.iter().filter(|(name, _)| *name != "veiled").for_each(|(_, v)| out.extend(v.all()));
        out
    }

    /// A part. An error and a key are beside the value: they do not have what the whole has, `Ok` is all but the error, and
    /// `bare` all but what is behind it.
    pub fn part(&self, name: &str) -> Value {
        match self.parts.get(name) {
            Some(v) => v.clone(),
            None if matches!(name, "Err" | "key" | "cause" | "veiled") => Value::default(),
            None if name == "Ok" => {
                let mut out = self.clone();
                out.parts.remove("Err");
                out
            }
            None if name == "bare" => {
                let mut out = self.clone();
                out.parts.remove("cause");
                out
            }
            None => Value { own: self.own.clone(), parts: BTreeMap::new() },
        }
    }

    pub fn at(&self, path: &[String]) -> Value {
        path.iter().fold(self.clone(), |v, name| v.part(name))
    }

    pub fn joined(&self, other: &Value) -> Value {
        let names: BTreeSet<&String> = self.parts.keys().chain(other.parts.keys()).collect();
        let both = |n: &String| (n.clone(), self.part(n).joined(&other.part(n)));
        Value { own: self.own.union(&other.own).copied().collect(), parts: names.into_iter().map(both).collect() }
    }

    /// Puts a value into a part, beside what was there or in its place.
    pub fn put(&mut self, path: &[String], v: &Value, replace: bool) {
        match path.split_first() {
            None if replace => *self = v.clone(),
            None => *self = self.joined(v),
            Some((name, rest)) => {
                let mut part = self.part(name);
                part.put(rest, v, replace);
                self.parts.insert(name.clone(), part);
            }
        }
    }

    /// Without what is beside it, where the declared types say that it was taken out of what has that.
    fn taken_out(&self, from: Option<&str>, to: Option<&str>) -> Value {
        let mut out = self.clone();
        for (part, owners) in [("Err", ["Result<"].as_slice()), ("key", KEYED)] {
            let has = |ty: Option<&str>| owners.iter().any(|o| ty.is_some_and(|t| t.contains(o)));
            if has(from) && !has(to) && to.is_some_and(|t| variable(core(t))) {
                out.parts.remove(part);
            }
        }
        out
    }
}

/// Types that have keys beside their values.
const KEYED: &[&str] = &["Map<", "Entry<", "Ref<", "RefMulti<", "Cache<"];

/// What is inside of all wrappers.
fn core(ty: &str) -> &str {
    match ty.split_once('<') {
        Some((_, rest)) => core(list(rest.strip_suffix('>').unwrap_or(rest)).first().copied().unwrap_or("")),
        None => ty,
    }
}

/// Whether a type is a variable: one or two capitals.
pub fn variable(ty: &str) -> bool {
    (1..=2).contains(&ty.len()) && ty.chars().all(|c| c.is_ascii_uppercase())
}

/// The type of a part: elements of tuples, inside whatever wrappers.
fn part_of<'t>(ty: &'t str, path: &[String]) -> Option<&'t str> {
    let Some((name, rest)) = path.split_first() else { return Some(ty) };
    match ty.strip_prefix('(') {
        Some(parts) => {
            let parts = list(parts.strip_suffix(')')?);
            part_of(parts.get(name.parse::<usize>().ok()?)?, rest)
        }
        None => part_of(list(ty.split_once('<')?.1.strip_suffix('>')?).first()?, path),
    }
}

/// The declared type of what a port names.
fn declared<'r>(row: &'r Row, port: &Port) -> Option<&'r str> {
    let ty = match port.base.as_str() {
        "ret" => row.ret.as_deref()?,
        "self" => row.params.first().and_then(|(_, ty)| ty.as_deref()).unwrap_or(&row.of),
        name => row.params.iter().find(|(n, _)| n == name)?.1.as_deref()?,
    };
    part_of(ty, &port.path)
}

/// A place that an effect names: a parameter or `ret`, and a part of it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Port {
    pub base: String,
    pub path: Vec<String>,
    /// Seen as a text: nothing in it is told apart.
    pub flat: bool,
    /// What a cell holds: it is lent, whole.
    held: bool,
}

impl Port {
    pub fn parse(text: &str) -> Port {
        let (text, flat) = match text.trim().split_once(" as ") {
            Some((text, _)) => (text, true),
            None => (text.trim(), false),
        };
        let mut parts = text.trim().trim_start_matches(['*', '&']).split('.').map(str::to_owned);
        let held = text.trim().starts_with(['*', '&']);
        // Of a map by type that is one of all types of the example.
        Port { base: parts.next().unwrap_or_default(), path: parts.filter(|p| p != "typed").collect(), flat, held }
    }
}

/// A call of a parameter: which, with what, and which part of the result goes where.
pub struct Call {
    pub f: Port,
    pub args: Vec<Port>,
    part: Vec<String>,
    /// Where its result goes.
    pub to: Option<Port>,
    /// Whether it replaces what was there.
    replace: bool,
}

impl Call {
    /// `f(a, b).0 -> c`, `filter f(a) -> c`, `every f(a)`, `if a: f(a)`.
    pub fn parse(effect: &str) -> Option<Call> {
        let effect = effect_alone(effect);
        let word = effect.split(' ').next().unwrap_or("");
        let text = match word {
            "filter" | "every" | "place" => effect.strip_prefix(word)?.trim(),
            _ => effect,
        };
        let (f, rest) = text.split_once('(')?;
        let (args, rest) = rest.split_once(')')?;
        let replace = rest.contains("=>");
        let (part, to) = match rest.split_once("->").or_else(|| rest.split_once("=>")) {
            Some((part, to)) => (part, Some(Port::parse(to))),
            None => (rest, None),
        };
        let part = part.trim().split('.').filter(|p| !p.is_empty()).map(str::to_owned).collect();
        Some(Call { f: Port::parse(f), args: list(args).into_iter().map(Port::parse).collect(), part, to, replace })
    }
}

/// An effect without the condition under which it happens: that is not known.
pub fn effect_alone(effect: &str) -> &str {
    match effect.strip_prefix("if ").or_else(|| effect.strip_prefix("unless ")) {
        Some(rest) => rest.split_once(':').map_or(rest, |(_, then)| effect_alone(then.trim())),
        None => effect,
    }
}

/// A flow: from, to, whether it is only something derived, whether it replaces.
pub fn flow(effect: &str) -> Option<(Port, Port, bool, bool)> {
    let effect = effect.strip_prefix("read ").unwrap_or(effect);
    let effect = effect.strip_prefix("kind ").and_then(|e| e.split_once(' ')).map_or(effect, |(_, e)| e);
    [("~>", true, false), ("=>", false, true), ("->", false, false)].into_iter().find_map(
        |(arrow, derived, replace)| {
            let (from, to) = effect.split_once(arrow)?;
            Some((Port::parse(from), Port::parse(to), derived, replace))
        },
    )
}

/// What is known while a row is carried out.
#[derive(Clone, Debug, Default)]
pub struct Run {
    /// Arguments, and `ret`.
    pub values: BTreeMap<String, Value>,
    /// What closures are called with: by parameter and position.
    pub given: BTreeMap<(String, usize), Value>,
    /// What closures give.
    pub closures: BTreeMap<String, Value>,
    /// What arrives at once, if anything does.
    pub arrives: Option<Labels>,
    /// Parts of arguments that the result, or which part of it, is a mutable borrow of.
    pub aliases: Vec<(Port, Port)>,
    /// Whether the call does not return.
    pub exits: bool,
    /// What goes through a transform, and nowhere else.
    pub transformed: Labels,
    /// The label of the rows of statements.
    pub column: usize,
}

impl Run {
    fn get(&self, port: &Port) -> Value {
        let v = self.values.get(&port.base).cloned().unwrap_or_default().at(&port.path);
        if port.flat { Value { own: v.all(), parts: BTreeMap::new() } } else { v }
    }

    fn put(&mut self, port: &Port, v: &Value, replace: bool) {
        self.values.entry(port.base.clone()).or_default().put(&port.path, v, replace);
    }

    /// Carries out a row.
    pub fn row(&mut self, row: &Row) {
        for effect in row.effects.iter().filter(|e| !is_act(e)) {
            self.effect(row, effect, effect_alone(effect) == effect.as_str());
        }
        // What a test finds out is no data.
        if row.ret.as_deref() == Some("bool") {
            self.values.remove("ret");
        }
    }

    fn effect(&mut self, row: &Row, effect: &str, always: bool) {
        let effect = effect_alone(effect);
        let effect = effect.strip_prefix("blocks ").unwrap_or(effect);
        let (word, tail) = effect.split_once(' ').unwrap_or((effect, ""));
        match word {
            "exit" => self.exits |= always,
            "empty" => self.put(&Port::parse(tail), &Value::default(), always),
            // What a range that nobody knows takes away is still there.
            "cut" | "lose" | "template" | "taps" => {}
            // Of a template that nobody knows all may be shown; the key of a context is not known here.
            "fill" => {
                let with = tail.splitn(3, ' ').nth(2).expect("a context");
                let v = Value { own: self.get(&Port::parse(with)).all(), parts: BTreeMap::new() };
                self.put(&Port::parse("ret"), &v, false);
            }
            "under" => {
                let (_, put) = tail.split_once(' ').expect("a key and a flow");
                let (from, to) = put.split_once("->").expect("a flow");
                let v = self.get(&Port::parse(from));
                self.put(&Port::parse(to), &v, false);
            }
            // The type is not known, so that all is of it.
            "cast" => {}
            "alias" => self.alias(row, tail),
            "same" => {
                let v = self.taken(row, &Port::parse(tail), declared(row, &Port::parse("ret")));
                self.put(&Port::parse("ret"), &v, false);
            }
            "rows" | "scalar" => {
                let of = Port::parse(tail);
                let mut rows = Value::default();
                let column = if word == "rows" { vec!["secret".to_owned()] } else { Vec::new() };
                rows.put(&column, &Value::of(self.column), true);
                // Of what the result was, or what is known of it besides.
                self.put(&Port::parse("ret"), &rows, of.base == "ret");
            }
            "print" | "log" | "file" | "http" | "show" => {
                let data = tail.split_whitespace().find_map(|p| p.strip_prefix("data="));
                let ports = data.unwrap_or_default().split(',').map(Port::parse);
                self.arrives = Some(ports.flat_map(|p| self.get(&p).all()).collect());
            }
            "get" => {
                let (of, _) = tail.split_once(' ').expect("a value and a key");
                let v = self.get(&Port::parse(of)).part(KEY);
                self.put(&Port::parse("ret"), &v, false);
            }
            "at" => {
                let (of, _) = tail.split_once(' ').expect("a value and a path");
                let v = self.get(&Port::parse(of));
                self.put(&Port::parse("ret"), &v, false);
            }
            "read" => {
                let (from, to) = tail.split_once("->").expect("a flow");
                let from = from.strip_prefix("of ").unwrap_or(from);
                let v = Value { own: self.get(&Port::parse(from)).all(), parts: BTreeMap::new() };
                self.put(&Port::parse(to), &v, false);
            }
            "filter" => {
                let call = Call::parse(effect).expect("a predicate");
                self.call(row, &call, false);
                let v = call.args.last().map(|p| self.get(p)).unwrap_or_default();
                let to = call.to.expect("a result");
                // What is kept of a place is still there.
                if call.args.last() != Some(&to) {
                    self.put(&to, &v, false);
                }
            }
            "every" | "place" => {
                self.call(row, &Call::parse(effect).expect("a predicate"), false);
            }
            "fresh" | "extract" | "state" | "new" | "channel" | "spawn" | "true" | "false" | "env" | "sql" | "bind"
            | "binds" | "route" | "layer" | "serve" => {}
            _ => match (Call::parse(effect), flow(effect)) {
                (Some(call), _) => {
                    let out = self.call(row, &call, true).at(&call.part);
                    if let Some(to) = &call.to {
                        self.put(to, &out, call.replace && always);
                    }
                }
                (None, Some((from, to, derived, replace))) => {
                    let v = self.taken(row, &from, declared(row, &to));
                    if word == "kind" {
                        self.transformed.extend(v.all());
                    }
                    let v = if derived || word == "kind" { Value { own: v.all(), parts: BTreeMap::new() } } else { v };
                    self.put(&to, &v, replace && always);
                }
                (None, None) => panic!("`{effect}` is no effect"),
            },
        }
    }

    /// `alias a`, `alias a -> ret.1`.
    fn alias(&mut self, row: &Row, text: &str) {
        let (of, to) = text.split_once("->").unwrap_or((text, "ret"));
        let (of, to) = (Port::parse(of), Port::parse(to));
        let v = self.taken(row, &of, declared(row, &to));
        self.put(&to, &v, false);
        self.aliases.push((of, to));
    }

    /// A value on its way to a place of a declared type.
    fn taken(&self, row: &Row, from: &Port, to: Option<&str>) -> Value {
        let v = self.get(from);
        if from.base == "ret" || !from.path.is_empty() { v } else { v.taken_out(declared(row, from), to) }
    }

    fn call(&mut self, row: &Row, call: &Call, lends: bool) -> Value {
        let f = &call.f.base;
        let Some(gives) = self.closures.get(f).cloned() else { return Value::default() };
        let types = row.params.iter().find(|(n, _)| n == f).and_then(|(_, ty)| ty.as_deref()?.strip_prefix("fn("));
        let types = list(types.and_then(|t| t.split(") -> ").next()).unwrap_or("").trim_end_matches(')'));
        for (i, port) in call.args.iter().enumerate() {
            let v = if port.held && lends { self.get(port) } else { self.taken(row, port, types.get(i).copied()) };
            let slot = self.given.entry((f.clone(), i)).or_default();
            *slot = slot.joined(&v);
        }
        gives
    }
}

/// The key that examples look up.
pub const KEY: &str = "wanted";
