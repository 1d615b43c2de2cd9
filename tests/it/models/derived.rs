//! The example of a row, written from its signature: a call with arguments that carry labels of their own.
//!
//! Parts of values are named as rows name them (`a0.key`, `r.Err`): a program that Rust would not accept, but that
//! says of every part by itself where it goes.

use super::project::{COLUMN, LATER, OUTSIDE};
use super::rows::{Row, list};
use super::values::{Call, KEY, Labels, Port, Run, Value, effect_alone, flow, variable};

/// What is to be seen at a line.
#[derive(Clone, Debug, PartialEq)]
pub enum Seen {
    /// These labels, and no others, at `out`.
    Out(Labels),
    /// These labels at `out`, and of the others only these.
    Between(Labels, Labels),
    /// These labels, and no others, at an arrival in the same function whose target has this text.
    Arrives(Labels, &'static str),
    /// That the check of a layer has been made.
    Guarded,
}

/// A program that shows what a row does.
#[derive(Clone, Debug, Default)]
pub struct Example {
    /// Lines of Rust.
    pub lines: Vec<String>,
    /// What is to be seen at lines, counted from the first.
    pub seen: Vec<(usize, Seen)>,
    /// What goes through a transform on its way, wherever it goes.
    pub transformed: Labels,
}

/// Writes the example of a row: a function, and a handler if it routes.
pub fn example(row: &Row, name: &str) -> Example {
    let mut w = Writer::new(row, name);
    let args = w.arguments();
    w.run.row(row);
    let call = w.call(&args);
    w.after(&call);
    w.finish()
}

pub struct Writer<'r> {
    row: &'r Row,
    name: &'r str,
    /// The receiver's type.
    own: String,
    calls: Vec<Call>,
    ports: Vec<Port>,
    /// What types that the caller chooses are.
    var: &'static str,
    run: Run,
    labels: usize,
    out: Example,
    /// Lines that show what a closure is called with: which, and the position of the argument.
    given: Vec<(usize, String, usize)>,
}

impl<'r> Writer<'r> {
    fn new(row: &'r Row, name: &'r str) -> Self {
        let calls = row.effects.iter().filter_map(|e| Call::parse(e)).collect();
        let mut w = Writer {
            row,
            name,
            own: "elsewhere::Thing".to_owned(),
            calls,
            ports: row.effects.iter().flat_map(|e| ports(e)).collect(),
            var: "",
            run: Run { column: COLUMN, ..Run::default() },
            labels: 0,
            out: Example::default(),
            given: Vec::new(),
        };
        if w.has("fresh") {
            w.var = "crate::Outside";
        }
        if row.of != "_" {
            w.own = w.rust(&row.of);
        }
        if w.has("route") || w.has("layer") || w.has("serve") {
            w.out.lines.push(format!("pub async fn handler_of_{name}() {{"));
            w.line(format!("out(s{LATER}());"), Seen::Guarded);
            w.out.lines.push("}".into());
        }
        w.out.lines.push(format!("pub async fn {name}() {{"));
        w
    }

    /// One that has a type in the place of those that the caller chooses.
    pub fn with_type(row: &'r Row, name: &'r str, var: &'static str) -> Self {
        let mut w = Writer { var, own: format!("elsewhere::Thing<{var}>"), ..Writer::new(row, name) };
        if row.of != "_" {
            w.own = w.rust(&row.of);
        }
        w
    }

    /// The type of a parameter as Rust.
    pub fn type_of(&self, param: &str) -> String {
        match self.row.params.iter().find(|(name, _)| name == param) {
            Some((_, Some(ty))) => self.rust(ty),
            _ if param == "self" => self.own.clone(),
            _ => String::new(),
        }
    }

    // ---- effects

    /// What follows a word that an effect begins with.
    fn effect(&self, word: &str) -> Option<&'r str> {
        self.row.effects.iter().find_map(|e| match effect_alone(e).split_once(' ') {
            Some((w, tail)) => (w == word).then_some(tail.trim()),
            None => (effect_alone(e) == word).then_some(""),
        })
    }

    fn has(&self, word: &str) -> bool {
        self.effect(word).is_some()
    }

    /// The statement's text and its arguments.
    fn statement(&self) -> Option<(&'r str, Option<&'r str>)> {
        let tail = self.effect("sql")?;
        Some(tail.split_once(' ').map_or((tail, None), |(text, binds)| (text, Some(binds))))
    }

    /// What a parameter must be for its effects: a text with a meaning, or something bound.
    fn meant(&self, param: &str) -> Option<String> {
        let quoted = |text: &str| Some(format!("\"{text}\""));
        if self.effect("get").and_then(|e| e.split_once(' ')).is_some_and(|(_, key)| key == param) {
            return quoted(KEY);
        }
        if self.effect("env") == Some(param) {
            return quoted("MAIL_URL");
        }
        let gate = "axum::middleware::from_fn(gate)";
        if self.effect("route") == Some(param) {
            return Some(format!("handler_of_{}", self.name));
        }
        if self.effect("layer") == Some(param) {
            return Some(gate.to_owned());
        }
        if self.effect("serve") == Some(param) {
            return Some(format!("axum::routing::get(handler_of_{}).layer({gate})", self.name));
        }
        match self.statement() {
            Some((text, binds)) if text == param => match (binds, self.reads()) {
                (Some(_), true) => quoted("SELECT secret FROM people WHERE id = $1"),
                (Some(_), false) => quoted("INSERT INTO sent (body) VALUES ($1)"),
                (None, _) => quoted("SELECT secret FROM people"),
            },
            _ => None,
        }
    }

    /// Whether the rows of a statement are read.
    fn reads(&self) -> bool {
        self.has("rows") || self.has("scalar")
    }

    /// Whether the receiver is many and the result is not.
    fn borrows_one(&self) -> bool {
        let many = |ty: &str| {
            ["Vec", "slice", "Iter<", "Map<", "Set<", "List<", "Heap<", "[T]"].iter().any(|n| ty.contains(n))
        };
        many(&self.row.of) && !many(self.row.ret.as_deref().unwrap_or(""))
    }

    /// Whether something is written to a parameter.
    fn writes(&self, param: &str) -> bool {
        self.row.effects.iter().any(|e| {
            let e = effect_alone(e);
            let to = match (Call::parse(e), flow(e)) {
                (Some(call), _) => call.to,
                (None, Some((_, to, ..))) => Some(to),
                (None, None) => None,
            };
            let lent = ["alias ", "empty "].iter().find_map(|word| e.strip_prefix(word)).map(Port::parse);
            to.is_some_and(|p| p.base == param) || lent.is_some_and(|p| p.base == param)
        })
    }

    // ---- lines

    fn line(&mut self, text: String, seen: Seen) {
        self.out.lines.push(format!("    {text}"));
        self.out.seen.push((self.out.lines.len() - 1, seen));
    }

    fn plain(&mut self, text: &str) {
        self.out.lines.push(format!("    {text}"));
    }

    /// Lines of a statement that may have closures in it.
    fn code(&mut self, text: &str) {
        for line in text.lines() {
            let (line, remark) = line.split_once(" // ").unwrap_or((line, ""));
            self.plain(line);
            if let Some((f, i)) = remark.split_once(' ') {
                self.given.push((self.out.lines.len() - 1, f.to_owned(), i.parse().expect("a position")));
            }
        }
    }

    fn shown(&mut self, what: &str, labels: Labels) {
        self.line(format!("out({what});"), Seen::Out(labels));
    }

    fn label(&mut self) -> usize {
        self.labels += 1;
        self.labels - 1
    }

    // ---- arguments

    /// Declares what the call is given, and says how it is written there.
    fn arguments(&mut self) -> Vec<String> {
        let mut out = Vec::new();
        for (i, (param, ty)) in self.row.params.iter().enumerate() {
            let arg = self.argument(i, param, ty.as_deref());
            out.push(arg);
        }
        if self.row.rest {
            let l = self.label();
            self.run.values.insert("rest".into(), Value::of(l));
            let text = self.row.path.ends_with('!') && !self.has("sql");
            out.push(if text { format!("\"{{}}\", s{l}()") } else { format!("s{l}()") });
        }
        out
    }

    fn argument(&mut self, i: usize, param: &str, ty: Option<&str>) -> String {
        let called = self.calls.iter().any(|c| c.f.base == param);
        let callable = ty.is_some_and(|t| t.starts_with("fn("));
        if callable || ty.is_none() && called {
            let closure = self.closure(i, param, ty);
            if param != "self" {
                return closure;
            }
            self.code(&format!("let mut a{i}: {} = {closure};", self.own));
            return format!("a{i}");
        }
        if let Some(text) = self.meant(param) {
            return text;
        }
        let l = self.label();
        let list = self.statement().and_then(|(_, binds)| binds).or(self.effect("binds"));
        if list == Some(param) {
            self.run.values.insert(param.to_owned(), Value::of(l));
            return format!("(s{l}(),)");
        }
        let mut value = Value::of(l);
        let mut from = format!("s{l}()");
        let prepared = param == "self" && self.has("binds") && self.reads();
        if prepared || self.effect("rows").or(self.effect("scalar")) == Some(param) {
            (from, value) = ("reading()".into(), Value::default());
        } else if param == "self" && (self.has("bind") || self.has("binds")) {
            (from, value) = ("writing()".into(), Value::default());
        } else if param == "self" && self.has("layer") {
            (from, value) = (format!("axum::routing::get(handler_of_{})", self.name), Value::default());
        }
        let ty = match (param, ty) {
            ("self", None) => self.own.clone(),
            (_, Some(ty)) => self.rust(ty),
            (_, None) => "elsewhere::Any".to_owned(),
        };
        self.plain(&format!("let mut a{i}: {ty} = {from};"));
        // `Ok` is no part, but all that is not the error, and `bare` all that is not behind it.
        let own = self.ports.iter().filter(|p| p.base == param).map(|p| &p.path);
        let mut parts: Vec<Vec<String>> = own
            .filter(|path| !matches!(&path[..], [whole] if whole == "Ok" || whole == "bare") && !path.is_empty())
            .cloned()
            .collect();
        parts.sort();
        parts.dedup();
        for path in parts {
            let l = self.label();
            // Keys have no name in Rust.
            match path.as_slice() {
                [veiled] if veiled == "veiled" => self.plain(&format!("a{i}.0 = s{l}();")),
                [key] if key == "key" => self.plain(&format!("std::HashMap::entry(&mut a{i}, s{l}());")),
                path => self.plain(&format!("a{i}.{} = s{l}();", path.join("."))),
            }
            value.put(&path, &Value::of(l), true);
        }
        self.run.values.insert(param.to_owned(), value);
        if param != "self" && self.writes(param) { format!("&mut a{i}") } else { format!("a{i}") }
    }

    /// A closure that shows what it is called with.
    fn closure(&mut self, at: usize, param: &str, ty: Option<&str>) -> String {
        let declared = ty.and_then(|t| t.strip_prefix("fn(")).map(|t| t.rsplit_once(") -> ").unwrap_or((t, "()")));
        let count = match declared {
            Some((args, _)) => list(args.trim_end_matches(')')).len(),
            None => self.calls.iter().filter(|c| c.f.base == param).map(|c| c.args.len()).max().unwrap_or(0),
        };
        let used = self.calls.iter().any(|c| c.f.base == param && c.to.is_some());
        let gives = match declared {
            Some((_, "bool")) => Some("ask()".to_owned()),
            Some((_, "Ordering")) => Some("order()".to_owned()),
            Some((_, "()")) => None,
            None if !used => Some("ask()".to_owned()),
            _ => {
                let l = self.label();
                self.run.closures.insert(param.to_owned(), Value::of(l));
                Some(format!("s{l}()"))
            }
        };
        self.run.closures.entry(param.to_owned()).or_default();
        let names: Vec<String> = (0..count).map(|i| format!("x{at}{i}")).collect();
        let mut text = format!("|{}| {{\n", names.join(", "));
        names.iter().enumerate().for_each(|(i, x)| text.push_str(&format!("    out({x}); // {param} {i}\n")));
        gives.iter().for_each(|g| text.push_str(&format!("    {g}\n")));
        text + "}"
    }

    /// A type of a signature as Rust; variables are types that nobody knows.
    fn rust(&self, ty: &str) -> String {
        let mut out = String::new();
        let mut rest = ty;
        while let Some(c) = rest.chars().next() {
            let end = rest.find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | ':'))).unwrap_or(rest.len());
            if end == 0 {
                out.push(c);
                rest = &rest[c.len_utf8()..];
                continue;
            }
            let (name, tail) = rest.split_at(end);
            rest = tail;
            let open = variable(name.split("::").next().unwrap_or("")) || name == "_";
            out.push_str(&match name {
                _ if open && !self.var.is_empty() => self.var.to_owned(),
                _ if variable(name) => format!("elsewhere::{name}"),
                _ if open && name != "_" => "elsewhere::Of".to_owned(),
                "Self" => self.own.clone(),
                "slice" => return format!("[{}]", self.rust(tail.trim_matches(['<', '>']))),
                _ if name.starts_with(|c: char| c.is_ascii_uppercase()) => format!("std::{name}"),
                _ => name.to_owned(),
            });
        }
        out
    }

    // ---- the call and after

    /// The call, over several lines if it has closures.
    pub fn call(&self, args: &[String]) -> String {
        let row = self.row;
        let std = row.file.starts_with("std") || row.path.starts_with(|c: char| c.is_ascii_uppercase());
        let path = if std && !row.path.ends_with('!') { format!("std::{}", row.path) } else { row.path.clone() };
        if row.constant {
            return path;
        }
        match args.split_first() {
            Some((first, rest)) if row.method() => format!("{first}.{}({})", row.name(), rest.join(", ")),
            _ if row.of == "_" => format!("{}::{}({})", self.own, row.name(), args.join(", ")),
            _ => format!("{path}({})", args.join(", ")),
        }
    }

    /// The call, and what is to be seen in it and after it.
    fn after(&mut self, call: &str) {
        let ret = self.row.ret.clone().unwrap_or_else(|| "()".to_owned());
        let mut value = self.run.values.get("ret").cloned().unwrap_or_default();
        let closed = Writer { var: "", own: self.own.clone(), ..Writer::new(self.row, self.name) }.rust(&ret);
        let outside = self.has("fresh") && closed != self.rust(&ret);
        let typed = if outside { format!(": {}", self.rust(&ret)) } else { String::new() };
        self.code(&format!("let mut r{typed} = {call};"));
        if let Some(labels) = self.run.arrives.clone() {
            let last = self.out.lines.len() - 1;
            self.out.seen.push((last, Seen::Arrives(labels, "")));
        }
        if self.run.exits {
            return self.shown(&format!("s{LATER}()"), Labels::new());
        }
        if outside {
            value.own.insert(OUTSIDE);
            self.shown("r.secret", value.part("secret").all());
        }
        // A statement has what is bound to it.
        let counts = ["usize", "u64", "i64"].iter().any(|n| ret.contains(n));
        let binds = self.has("bind") || self.has("binds") || self.statement().is_some_and(|(_, binds)| binds.is_some());
        if ret != "()" && !self.has("channel") && (self.reads() || counts || !binds) {
            for (name, part) in value.parts.iter().filter(|(name, _)| *name != "cause") {
                let what = match name.as_str() {
                    "key" => "std::HashMap::keys(r)".to_owned(),
                    "veiled" => "r.0".to_owned(),
                    name => format!("r.{name}"),
                };
                self.shown(&what, part.all());
                if let (Some(veiled), "Err") = (part.parts.get("veiled"), name.as_str()) {
                    self.shown("r.unwrap_err().0", veiled.all());
                }
            }
            self.shown("r", value.all());
        }
        if binds && !self.reads() {
            let all = self.row.params.iter().skip(1).map(|(p, _)| p.as_str()).chain(["rest"]);
            let labels = all.filter_map(|p| self.run.values.get(p)).flat_map(Value::all).collect();
            self.line(String::new(), Seen::Arrives(labels, "sent"));
        } else if self.has("sql") && !self.reads() {
            self.shown("rows_of(r)", [COLUMN].into());
        }
        if self.has("env") {
            let send = format!("reqwest::Client::new().post(r).body(s{LATER}()).send();");
            self.line(send, Seen::Arrives([LATER].into(), "mailgate"));
        }
        if self.has("channel") {
            let (to, from) = if ret.starts_with('(') { ("r.0", "r.1") } else { ("r", "r") };
            self.plain(&format!("{to}.send(s{LATER}());"));
            let mut labels = value.all();
            labels.insert(LATER);
            self.shown(from, labels);
        }
        if self.has("route") {
            self.plain("axum::serve(1, r.layer(axum::middleware::from_fn(gate)));");
        } else if self.has("layer") {
            self.plain("axum::serve(1, r);");
        }
        self.written();
        // What does nothing leaves things as they were.
        if self.out.seen.is_empty() && self.given.is_empty() && self.row.method() && !self.row.constant {
            let have = self.run.values.get("self").map(Value::all).unwrap_or_default();
            self.shown("a0", have);
        }
    }

    /// What is in the arguments afterwards.
    fn written(&mut self) {
        for (i, (param, _)) in self.row.params.iter().enumerate() {
            let have = self.run.values.get(param).cloned().unwrap_or_default().all();
            match self.run.aliases.iter().find(|(of, _)| of.base == *param) {
                Some((_, to)) => {
                    let to: String = to.path.iter().map(|n| format!(".{n}")).collect();
                    self.plain(&format!("*r{to} = s{LATER}();"));
                    let later = Labels::from([LATER]);
                    let may: Labels = have.union(&later).copied().collect();
                    // Of one of many nothing is gone.
                    let must = if param == "self" && self.borrows_one() { may.clone() } else { later };
                    self.line(format!("out(a{i});"), Seen::Between(must, may));
                }
                None if self.writes(param) => self.shown(&format!("a{i}"), have),
                None => {}
            }
        }
    }

    fn finish(mut self) -> Example {
        self.out.lines.push("}".into());
        for (line, f, i) in self.given {
            let labels = self.run.given.get(&(f, i)).map(Value::all).unwrap_or_default();
            self.out.seen.push((line, Seen::Out(labels)));
        }
        self.out.transformed = self.run.transformed;
        self.out
    }
}

/// The places that an effect names.
fn ports(effect: &str) -> Vec<Port> {
    let then = effect_alone(effect);
    let (word, tail) = then.split_once(' ').unwrap_or((then, ""));
    match word {
        "alias" => tail.split("->").take(1).map(Port::parse).collect(),
        "print" | "log" | "file" | "http" => {
            let port =
                |p: &str| p.split_once('=').map_or(p, |(_, p)| p).split(',').map(Port::parse).collect::<Vec<_>>();
            tail.split_whitespace().flat_map(port).collect()
        }
        "get" => {
            let mut of = Port::parse(tail.split(' ').next().unwrap_or(""));
            of.path.push(KEY.to_owned());
            vec![of]
        }
        _ => match (Call::parse(then), flow(then)) {
            (Some(call), _) => call.args.into_iter().chain(call.to).collect(),
            (None, Some((from, to, ..))) => vec![from, to],
            (None, None) => Vec::new(),
        },
    }
}
