//! The little language of model rows: signatures and effects.

use smol_str::SmolStr;

use super::sql::{Does, Function};
use super::{
    Act, ArriveKind, Asked, BARE, CAUSE, Effect, KEY, ModelTy, OK, Port, PortBase, Predicate, Row, Syntax, TYPED,
    VEILED,
};
use crate::ir::body::View;

/// A cursor over a row's text.
struct Cursor<'a> {
    rest: &'a str,
}

impl<'a> Cursor<'a> {
    fn new(text: &'a str) -> Self {
        Self { rest: text.trim() }
    }

    fn eat(&mut self, token: &str) -> bool {
        match self.rest.strip_prefix(token) {
            Some(rest) => {
                self.rest = rest.trim_start();
                true
            }
            None => false,
        }
    }

    fn need(&mut self, token: &str) -> Result<(), String> {
        if self.eat(token) { Ok(()) } else { Err(format!("expected `{token}` at `{}`", self.rest)) }
    }

    /// An identifier path: letters, digits, `_`, `::`, and `!` at its end.
    fn path(&mut self) -> Result<&'a str, String> {
        let mut end = 0;
        let bytes = self.rest.as_bytes();
        while let Some(b) = bytes.get(end) {
            if b.is_ascii_alphanumeric() || *b == b'_' {
                end += 1;
            } else if bytes.get(end..end + 2) == Some(b"::".as_slice()) && bytes.get(end + 2) != Some(&b'<') {
                end += 2;
            } else {
                break;
            }
        }
        if end == 0 {
            return Err(format!("expected a name at `{}`", self.rest));
        }
        if bytes.get(end) == Some(&b'!') {
            end += 1;
        }
        let (path, rest) = self.rest.split_at(end);
        self.rest = rest.trim_start();
        Ok(path)
    }

    fn ty(&mut self) -> Result<ModelTy, String> {
        if self.eat("(") {
            let parts = self.list(")")?;
            return Ok(ModelTy::Tuple(parts));
        }
        if self.eat("[") {
            let inner = self.ty()?;
            self.need("]")?;
            return Ok(ModelTy::Path("slice".into(), vec![inner]));
        }
        if self.rest == "_" || self.rest.starts_with("_,") || self.rest.starts_with("_>") || self.rest.starts_with("_)")
        {
            self.eat("_");
            return Ok(ModelTy::Unknown);
        }
        let name = self.path()?;
        if name == "fn" {
            self.need("(")?;
            let args = self.list(")")?;
            let ret = if self.eat("->") { self.ty()? } else { ModelTy::Unknown };
            return Ok(ModelTy::Fn(args, Box::new(ret)));
        }
        if name == "Self" {
            return Ok(ModelTy::SelfTy);
        }
        if is_variable(name) {
            return Ok(ModelTy::Var(name.into()));
        }
        if let Some((of, assoc)) = name.split_once("::")
            && (is_variable(of) || of == "Self")
        {
            return Ok(ModelTy::Assoc(of.into(), assoc.into()));
        }
        let args = if self.eat("<") { self.list(">")? } else { Vec::new() };
        Ok(ModelTy::Path(name.into(), args))
    }

    fn list(&mut self, close: &str) -> Result<Vec<ModelTy>, String> {
        let mut out = Vec::new();
        while !self.eat(close) {
            out.push(self.ty()?);
            if !self.eat(",") {
                self.need(close)?;
                break;
            }
        }
        Ok(out)
    }
}

/// Whether a name is that of a variable: one or two capitals.
fn is_variable(name: &str) -> bool {
    name.len() <= 2 && name.chars().all(|c| c.is_ascii_uppercase())
}

/// Parses a type.
pub fn parse_ty(text: &str) -> Result<ModelTy, String> {
    let mut c = Cursor::new(text);
    let ty = c.ty()?;
    if c.rest.is_empty() { Ok(ty) } else { Err(format!("unexpected `{}`", c.rest)) }
}

/// Parses a row: its signature and its effects.
pub fn parse_row(signature: &str, effects: &str) -> Result<Row, String> {
    let mut c = Cursor::new(signature);
    // `Option<T>::map(..)`: the type may carry variables in the middle of the path.
    let head = if c.eat("_") { "_" } else { c.path()? };
    let mut self_ty = None;
    let mut path = String::from(head);
    if c.eat("<") {
        let args = c.list(">")?;
        self_ty = Some(ModelTy::Path(head.into(), args));
    }
    if c.eat("::") {
        path.push_str("::");
        path.push_str(c.path()?);
    }
    let mut params: Vec<(SmolStr, ModelTy)> = Vec::new();
    let mut rest = false;
    let constant = !c.rest.starts_with('(');
    if c.eat("(") {
        while !c.eat(")") {
            if c.eat("..") {
                rest = true;
            } else {
                let name = c.path()?;
                let ty = if c.eat(":") { c.ty()? } else { ModelTy::Unknown };
                params.push((name.into(), ty));
            }
            if !c.eat(",") {
                c.need(")")?;
                break;
            }
        }
    }
    let ret = if c.eat("->") { c.ty()? } else { ModelTy::Unknown };
    if !c.rest.is_empty() {
        return Err(format!("unexpected `{}`", c.rest));
    }
    let has_self = params.first().is_some_and(|(n, _)| n == "self");
    if self_ty.is_none()
        && let Some((ty, _)) = path.rsplit_once("::")
        && (has_self || ty.rsplit("::").next().is_some_and(|s| s.starts_with(|c: char| c.is_ascii_uppercase())))
    {
        self_ty = Some(ModelTy::Path(ty.into(), Vec::new()));
    }
    if has_self
        && let Some(p) = params.first_mut()
        && p.1 == ModelTy::Unknown
    {
        p.1 = self_ty.clone().unwrap_or(ModelTy::Unknown);
    }
    let mut row = Row {
        path: path.into(),
        self_ty,
        has_self,
        params,
        constant,
        rest,
        ret,
        effects: Vec::new(),
        acts: Vec::new(),
    };
    for effect in effects.split(';') {
        let effect = effect.trim();
        if effect.is_empty() || effect == "none" {
            continue;
        }
        match parse_act(effect, &row)? {
            Some(act) => row.acts.push(act),
            None => row.effects.push(parse_effect(effect, &row, rest)?),
        }
    }
    Ok(row)
}

fn port(text: &str, row: &Row, rest: bool) -> Result<Port, String> {
    let (text, view) = match text.trim().split_once(" as ") {
        Some((t, "serialize")) => (t, Some(View::Serialize)),
        Some((t, "debug")) => (t, Some(View::Debug)),
        Some((t, "display")) => (t, Some(View::Display)),
        Some((t, "sources")) => (t, Some(View::Sources)),
        Some((t, "refused")) => (t, Some(View::Refused)),
        Some((_, v)) => return Err(format!("unknown view `{v}`")),
        None => (text.trim(), None),
    };
    let (text, held) = match text.trim().strip_prefix(['*', '&']) {
        Some(t) => (t, true),
        None => (text.trim(), false),
    };
    let mut parts = text.split('.');
    let base = parts.next().unwrap_or("");
    let selector = |p: &str| {
        SmolStr::from(match p {
            "key" => KEY,
            "cause" => CAUSE,
            "Ok" => OK,
            "bare" => BARE,
            "typed" => TYPED,
            "veiled" => VEILED,
            _ => p,
        })
    };
    let path: Vec<SmolStr> = parts.map(selector).collect();
    let base = match base {
        "ret" => PortBase::Ret,
        "rest" if rest => PortBase::Rest(row.params.len() as u32),
        name => match row.params.iter().position(|(n, _)| n == name) {
            Some(i) => PortBase::Arg(i as u32),
            None => return Err(format!("`{name}` is no parameter")),
        },
    };
    Ok(Port { base, path, view, held })
}

/// What moves no data; none if that does.
fn parse_act(text: &str, row: &Row) -> Result<Option<Act>, String> {
    let p = |t: &str| port(t, row, false);
    let words: Vec<&str> = text.split_whitespace().collect();
    Ok(Some(match words.as_slice() {
        ["asks", of @ "ret"] => Act::Asks { by: None, of: p(of)?, with: None },
        ["asks", by, of, with @ ..] => Act::Asks {
            by: Some(match *by {
                "eq" => Asked::Eq,
                "ord" => Asked::Ord,
                "hash" => Asked::Hash,
                _ => return Err(format!("`asks` does not know `{by}`")),
            }),
            of: p(of)?,
            with: match with {
                [] => None,
                [with] => Some(p(with)?),
                _ => return Err("`asks` takes one value or two".into()),
            },
        },
        ["drop", of] => Act::Drop(p(of)?),
        ["leak", of] => Act::Leak(p(of)?),
        [word @ ("by" | "takes"), key] => Act::By { key: p(key)?, takes: *word == "takes" },
        _ => return Ok(None),
    }))
}

fn parse_effect(text: &str, row: &Row, rest: bool) -> Result<Effect, String> {
    let p = |t: &str| port(t, row, rest);
    for (word, truth) in [("if ", true), ("unless ", false)] {
        if let Some(tail) = text.strip_prefix(word) {
            let (of, then) = tail.split_once(':').ok_or_else(|| format!("`{word}` takes a value and an effect"))?;
            return Ok(Effect::If { of: p(of)?, truth, then: Box::new(parse_effect(then.trim(), row, rest)?) });
        }
    }
    let (word, tail) = text.split_once(' ').unwrap_or((text, ""));
    Ok(match word {
        "fresh" => Effect::Fresh,
        "extract" => Effect::Extract,
        "state" => Effect::State(if tail.is_empty() { None } else { Some(p(tail)?) }),
        "new" => Effect::New,
        "read" => {
            let (from, to) = tail.split_once("->").ok_or("`read` takes a flow")?;
            let (from, among) = from.strip_prefix("of ").map_or((from, false), |from| (from, true));
            Effect::Read { from: p(from)?, to: p(to)?, among }
        }
        "spawn" => Effect::Spawn,
        "same" => Effect::Same(p(tail)?),
        "channel" => Effect::Channel(tail.split_whitespace().map(p).collect::<Result<Vec<_>, _>>()?),
        "exit" => Effect::Exit,
        "true" => Effect::Truth { of: p(tail)?, same: true },
        "false" => Effect::Truth { of: p(tail)?, same: false },
        "alias" => match tail.split_once("->") {
            Some((of, to)) => match p(to)? {
                Port { base: PortBase::Ret, path, .. } => Effect::Alias { of: p(of)?, part: path },
                _ => return Err("`alias` is for the result".into()),
            },
            None => Effect::Alias { of: p(tail)?, part: Vec::new() },
        },
        "cast" => Effect::Cast,
        "empty" => Effect::Empty(p(tail)?),
        "cut" => {
            let (of, by) = tail.split_once(' ').ok_or("`cut` takes a value and a range")?;
            Effect::Cut { of: p(of)?, by: p(by)? }
        }
        "route" => Effect::Route(p(tail)?),
        "layer" => Effect::Layer(p(tail)?),
        "serve" => Effect::Serve(p(tail)?),
        "env" => Effect::Env(p(tail)?),
        "bind" => match tail.split_once(' ') {
            Some((of, at)) => Effect::Bind { of: p(of)?, all: false, at: Some(p(at)?) },
            None => Effect::Bind { of: p(tail)?, all: false, at: None },
        },
        "binds" => Effect::Bind { of: p(tail)?, all: true, at: None },
        "rows" => Effect::Rows(p(tail)?),
        "scalar" => Effect::Scalar(p(tail)?),
        "sql" => match tail.split_once(' ') {
            Some((t, binds)) => Effect::Sql { text: p(t)?, binds: Some(p(binds)?) },
            None => Effect::Sql { text: p(tail)?, binds: None },
        },
        "every" | "place" => {
            let call = tail.strip_suffix(')').and_then(|t| t.split_once('('));
            let (f, args) = call.ok_or_else(|| format!("`{word}` takes a predicate"))?;
            let of = Predicate { f: p(f)?, args: args.split(',').map(p).collect::<Result<Vec<_>, _>>()? };
            if word == "every" { Effect::Every(of) } else { Effect::Place(of) }
        }
        "at" => {
            let (of, path) = tail.split_once(' ').ok_or("`at` takes a value and a path")?;
            Effect::At { of: p(of)?, path: p(path)? }
        }
        "lose" => {
            let (of, key) = tail.split_once(' ').ok_or("`lose` takes a value and a key")?;
            Effect::Lose { of: p(of)?, key: p(key)? }
        }
        "template" => template(Syntax::Statements, tail, p)?,
        "blocks" => match tail.split_once(' ') {
            Some(("template", tail)) => template(Syntax::Blocks, tail, p)?,
            Some(("fill", tail)) => fill(Syntax::Blocks, tail, p)?,
            _ => return Err("`blocks` is said of `template` or `fill`".into()),
        },
        "taps" => {
            let mut words = tail.split_whitespace().map(SmolStr::from);
            let to = words.next().ok_or("`taps` takes a crate and rows")?;
            Effect::Taps { to, rows: words.collect() }
        }
        "fill" => fill(Syntax::Statements, tail, p)?,
        "under" => {
            let under = tail.split_once(' ').and_then(|(key, flow)| Some((key, flow.split_once("->")?)));
            let (key, (from, to)) = under.ok_or("`under` takes a key and a flow")?;
            Effect::Under { key: p(key)?, from: p(from.trim())?, to: p(to.trim())? }
        }
        "get" => {
            let (of, key) = tail.split_once(' ').ok_or("`get` takes a value and a key")?;
            Effect::Get { of: p(of)?, key: p(key)? }
        }
        "kind" => {
            let (name, flow) = tail.split_once(' ').ok_or("`kind` takes a name and a flow")?;
            let replace = flow.contains("=>");
            let (from, to) = flow.split_once(if replace { "=>" } else { "->" }).ok_or("`kind` takes a flow")?;
            Effect::Kind { name: name.into(), from: p(from)?, to: p(to)?, replace }
        }
        "http" => arrival(ArriveKind::Http, tail, p)?,
        "log" => arrival(ArriveKind::Log, tail, p)?,
        "print" => arrival(ArriveKind::Print, tail, p)?,
        "file" => arrival(ArriveKind::File, tail, p)?,
        "show" => arrival(ArriveKind::Show, tail, p)?,
        _ => match text.strip_prefix("filter ").unwrap_or(text).split_once('(') {
            Some((f, tail)) => call(p(f)?, tail, text.starts_with("filter "), p)?,
            None => flow(text, p)?,
        },
    })
}

/// `name text`.
fn template(syntax: Syntax, tail: &str, p: impl Fn(&str) -> Result<Port, String>) -> Result<Effect, String> {
    let (name, text) = tail.split_once(' ').ok_or("`template` takes a name and a text")?;
    Ok(Effect::Template { syntax, name: p(name)?, text: p(text)? })
}

/// `name n context`, `text t context`.
fn fill(syntax: Syntax, tail: &str, p: impl Fn(&str) -> Result<Port, String>) -> Result<Effect, String> {
    let [by, template, with] = tail.splitn(3, ' ').collect::<Vec<_>>()[..] else {
        return Err("`fill` takes `name` or `text`, a template and a context".into());
    };
    Ok(Effect::Fill { syntax, template: p(template)?, named: by == "name", with: p(with)? })
}

/// `data=a,b url=c`, `by=tracing::error! data=a as debug`.
fn arrival(kind: ArriveKind, tail: &str, p: impl Fn(&str) -> Result<Port, String>) -> Result<Effect, String> {
    let (mut data, mut url, mut by) = (Vec::new(), None, None);
    let mut words = tail.split_whitespace().peekable();
    while let Some(word) = words.next() {
        let (key, value) = word.split_once('=').ok_or_else(|| format!("`{word}` is not data=, url= or by="))?;
        let mut value = value.to_owned();
        while let Some(more) = words.next_if(|w| !w.contains('=')) {
            value = format!("{value} {more}");
        }
        match key {
            "data" => data = value.split(',').map(&p).collect::<Result<_, _>>()?,
            "url" => url = Some(p(&value)?),
            "by" => by = Some(SmolStr::from(value)),
            _ => return Err(format!("`{word}` is not data=, url= or by=")),
        }
    }
    Ok(Effect::Arrive { kind, data, url, by })
}

/// `f(a, b).part -> to`, from behind the bracket.
fn call(f: Port, tail: &str, filter: bool, p: impl Fn(&str) -> Result<Port, String>) -> Result<Effect, String> {
    let (args, to) = tail.split_once(')').ok_or("unclosed `(`")?;
    let args = args.split(',').map(str::trim).filter(|a| !a.is_empty()).map(&p).collect::<Result<Vec<_>, _>>()?;
    let replace = to.contains("=>");
    let (part, to) = match to.split_once(if replace { "=>" } else { "->" }) {
        Some((part, to)) => (part, Some(p(to)?)),
        None => (to, None),
    };
    if filter {
        return Ok(Effect::Filter { of: Predicate { f, args }, to: to.ok_or("`filter` needs a result")? });
    }
    let part = part.trim().split('.').filter(|n| !n.is_empty()).map(SmolStr::from).collect();
    Ok(Effect::Call { f, args, part, to, replace })
}

/// `a -> b`, derived with `~>`, in the place of what was there with `=>`.
fn flow(text: &str, p: impl Fn(&str) -> Result<Port, String>) -> Result<Effect, String> {
    for (arrow, derived, replace) in [("~>", true, false), ("=>", false, true), ("->", false, false)] {
        if let Some((from, to)) = text.split_once(arrow) {
            return Ok(Effect::Flow { from: p(from)?, to: p(to)?, derived, replace });
        }
    }
    Err(format!("`{text}` is no effect"))
}

/// Parses a row about a function of SQL: `anon.partial(x, ..)` and its effects.
pub fn parse_sql_row(signature: &str, effects: &str) -> Result<Function, String> {
    let open = signature.find('(').unwrap_or(signature.len());
    let (name, params) = signature.split_at(open);
    let bare = name.rsplit('.').next().unwrap_or(name);
    let row = parse_row(&format!("{bare}{params}"), "none")?;
    let mut out = Vec::new();
    for effect in effects.split(';').map(str::trim).filter(|e| !e.is_empty() && *e != "none") {
        let mut words = effect.split_whitespace();
        let word = words.next().unwrap_or_default();
        let mut ports = Vec::new();
        if matches!(word, "object" | "get" | "drop" | "put" | "merge" | "record") {
            ports = words.map(|w| port(w, &row, row.rest).map(|p| p.base)).collect::<Result<_, _>>()?;
        }
        out.push(match (word, ports.as_slice()) {
            ("object", [x]) => Does::Object(*x),
            ("get", [x, key]) => Does::Get(*x, *key),
            ("drop", [x, key]) => Does::Drop(*x, *key),
            ("put", [x, key, value]) => Does::Put(*x, *key, *value),
            ("merge", [x]) => Does::Merge(*x),
            ("record", [x]) => Does::Record(*x),
            ("object" | "get" | "drop" | "put" | "merge" | "record", _) => {
                return Err(format!("`{word}` takes other arguments"));
            }
            _ => Does::of(parse_effect(effect, &row, row.rest)?)
                .ok_or_else(|| format!("`{effect}` is no effect of a function of SQL"))?,
        });
    }
    Ok(Function { name: name.into(), params: row.params.len(), rest: row.rest, effects: out })
}
