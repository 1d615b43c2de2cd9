//! dbt models are templates. Each is rendered into SQL of the same length, so that every place stays where it is:
//! `{{ ref('stg_customers') }}` becomes the name it stands for, macros become calls of what they are given, and of a
//! condition that cannot be decided here either branch is tried.

use std::collections::BTreeMap;

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

/// The rendered text; `None` where a template is not closed.
pub(super) fn render(text: &str, branch: Branch) -> Option<String> {
    let mut r = Renderer {
        out: String::with_capacity(text.len()),
        branch,
        open: Vec::new(),
        muted: None,
        variables: BTreeMap::new(),
    };
    let mut rest = text;
    while let Some(at) = rest.find('{') {
        let (before, from) = rest.split_at(at);
        r.text(before);
        let close = match from.as_bytes().get(1) {
            Some(b'{') => "}}",
            Some(b'%') => "%}",
            Some(b'#') => "#}",
            _ => {
                r.text("{");
                rest = from.get(1..)?;
                continue;
            }
        };
        let end = end_of(from, close)?;
        let (template, after) = from.split_at(end);
        let inner = template.get(2..template.len() - 2)?.trim_matches(['-', '+', ' ', '\n', '\t', '\r']);
        match close {
            "}}" => r.value(template, inner),
            "%}" => {
                r.tag(inner);
                r.fill(template.len(), "");
            }
            _ => r.fill(template.len(), ""),
        }
        rest = after;
    }
    r.text(rest);
    (r.out.len() == text.len()).then_some(r.out)
}

/// The templates for which nothing but a name could be put: first byte, after the last.
pub(super) fn holes(text: &str, rendered: &str) -> impl Iterator<Item = (usize, usize)> {
    rendered.match_indices(HOLE).filter_map(move |(at, _)| {
        let at = text.get(..at + 2).and_then(|t| t.rfind("{{"))?;
        let len = end_of(text.get(at..)?, "}}")?;
        Some((at, at + len))
    })
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

struct Renderer {
    out: String,
    branch: Branch,
    open: Vec<If>,
    /// The tag that ends what is left out.
    muted: Option<&'static str>,
    /// What `set` gave to names.
    variables: BTreeMap<String, String>,
}

impl Renderer {
    fn renders(&self) -> bool {
        self.muted.is_none() && self.open.last().is_none_or(|i| i.here)
    }

    fn text(&mut self, text: &str) {
        if self.renders() {
            self.out.push_str(text);
        } else {
            self.fill(text.len(), "");
        }
    }

    /// As many bytes, with `with` at their beginning.
    fn fill(&mut self, len: usize, with: &str) {
        let with = if with.len() <= len { with } else { "" };
        self.out.push_str(with);
        self.out.extend(std::iter::repeat_n(' ', len - with.len()));
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
                Some((name, value)) => {
                    if let Some(text) = self.known(value.trim()) {
                        self.variables.insert(name.trim().to_owned(), text);
                    }
                }
                None => self.muted = Some("endset"),
            },
            _ => {}
        }
    }

    /// Whether a condition holds, as far as that can be known here.
    fn decide(&self, condition: &str) -> bool {
        let plain: String = condition.chars().filter(|c| !c.is_whitespace() && !matches!(c, '(' | ')')).collect();
        match plain.as_str() {
            "is_incremental" | "notloop.last" | "notloop.first" => false,
            "notis_incremental" | "loop.last" | "loop.first" | "execute" => true,
            _ => self.branch == Branch::First,
        }
    }

    fn value(&mut self, template: &str, inner: &str) {
        let len = template.len();
        if !self.renders() {
            return self.fill(len, "");
        }
        if inner.contains("loop.last") || inner.contains("loop.first") {
            return self.fill(len, "");
        }
        let opens = opens(self.out.trim_end());
        match self.known(inner).filter(|text| !(opens && text.starts_with("m("))) {
            Some(text) if text.len() <= len => self.fill(len, &text),
            _ => self.hole(len, inner),
        }
    }

    /// Something that is not known, of the form that its place asks for.
    fn hole(&mut self, len: usize, inner: &str) {
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
        if opens && !rows.is_empty() && rows.len() <= len {
            return self.fill(len, &rows);
        }
        let setting = ["var(", "env_var(", "target."].iter().any(|w| inner.starts_with(w));
        let head = match (opens, setting) {
            (true, false) if len > RELATION.len() => RELATION,
            (_, false) if len > HOLE.len() => HOLE,
            (_, _) => SETTING,
        };
        self.out.push_str(head);
        self.out.extend(std::iter::repeat_n('_', len - head.len()));
    }

    /// The SQL that an expression stands for.
    fn known(&self, inner: &str) -> Option<String> {
        let inner = inner.split('|').next().unwrap_or(inner).trim();
        if let Some(text) = self.variables.get(inner) {
            return Some(text.clone());
        }
        if let Some(text) = literal(inner) {
            return Some(text.to_owned());
        }
        if inner == "this" {
            return Some("this".to_owned());
        }
        let (path, args) = inner.split_once('(')?;
        let args = args.rsplit_once(')').map_or(args, |(a, _)| a);
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
            _ if name.starts_with("quote") => strings.first().filter(|s| is_name(s)).map(|s| (*s).to_owned()),
            _ => {
                // A macro: its value derives from the columns that it is given.
                let columns: Vec<&str> = strings.into_iter().filter(|s| is_column(s)).collect();
                (!columns.is_empty()).then(|| format!("m({})", columns.join(",")))
            }
        }
    }
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
