//! Bodies of functions, procedures, triggers and blocks: SQL and what PL/pgSQL, MySQL and SQLite put around it.
//!
//! A body is cut at its semicolons; of each piece the words of control flow are taken off (`IF .. THEN`, `LOOP`), and
//! what remains is a statement, an assignment or a result. Branches and loops are not kept: a step may run or not.

use super::dialect::Dialect;
use super::{split, statement};
use crate::front::text_map::TextMap;
use crate::ir::Name;
use crate::ir::sql::{Events, Expr, Into, Item, Kind, QueryBody, Runs, Select, Statement, Step, TestExpr};
use crate::limits;

/// A body that was read.
#[derive(Debug, Default)]
pub(super) struct Body {
    pub steps: Vec<Step>,
    /// Definitions in it, for blocks, which run once.
    pub defines: Vec<Statement>,
    /// Why some of it is not understood.
    pub lost: Option<&'static str>,
}

/// How a body is read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    /// `LANGUAGE sql`: the last statement is the result.
    Plain,
    /// With variables and control flow.
    Procedural,
}

pub(super) struct Place<'a> {
    pub map: &'a TextMap,
    pub dialects: &'a [Dialect],
    /// Where the body begins in the text of the map.
    pub base: u32,
}

const DYNAMIC: &str = "a statement in this body is put together at run time";
const UNREAD: &str = "the body of this routine is only partly analysed";

/// Reads a body.
pub(super) fn read(text: &str, at: &Place<'_>, style: Style) -> Body {
    let mut reader = Reader { at, out: Body::default(), declaring: false, branches: Vec::new(), loops: 0 };
    for piece in split::split(text, split::Lexis::default()).pieces {
        let part = text.get(piece.lo..piece.hi).unwrap_or_default();
        reader.piece(part, piece.lo);
    }
    if style == Style::Plain
        && let Some(last) = reader.out.steps.last_mut()
    {
        last.into = Into::Result;
    }
    reader.out
}

/// A single expression as a body: `RETURN a + 1`.
pub(super) fn expression(text: &str, at: &Place<'_>) -> Body {
    let mut reader = Reader { at, out: Body::default(), declaring: false, branches: Vec::new(), loops: 0 };
    reader.value(text, 0, Into::Result);
    reader.out
}

struct Reader<'a> {
    at: &'a Place<'a>,
    out: Body,
    declaring: bool,
    /// Open `IF`s: what of a trigger's events leads here, and what the branches before have taken.
    branches: Vec<(Events, Events)>,
    /// Open loops and `CASE`s.
    loops: u32,
}

impl Reader<'_> {
    /// One piece between semicolons.
    fn piece(&mut self, part: &str, lo: usize) {
        let mut rest = Cursor { text: part, at: 0 };
        for _ in 0..64 {
            let before = rest.at;
            let word = rest.word();
            let from = lo + rest.at;
            match word.as_str() {
                "" => {
                    // `<<label>>`
                    match rest.text.get(rest.at..).filter(|t| t.starts_with("<<")).and_then(|t| t.find(">>")) {
                        Some(n) => rest.at += n + 2,
                        None => return,
                    }
                }
                "declare" => self.declaring = true,
                "begin" => {
                    self.declaring = false;
                    rest.skip_word("atomic");
                }
                _ if self.declaring && !is_statement(&word) => return self.declaration(&word, &rest, lo),
                "else" => {
                    if let Some(top) = self.branches.last_mut() {
                        top.0 = top.1.others();
                    }
                }
                "loop" | "repeat" => self.loops += 1,
                "then" | "do" => {}
                "end" => {
                    match rest.word().as_str() {
                        "if" => {
                            self.branches.pop();
                        }
                        "loop" | "while" | "case" | "repeat" => self.loops = self.loops.saturating_sub(1),
                        _ => {}
                    }
                    return;
                }
                "exception" | "when" | "elsif" | "elseif" | "if" | "while" | "case" => {
                    let ends = if word == "while" { ["loop", "do"] } else { ["then", "then"] };
                    let Some((condition, after)) = rest.until(&ends) else { return };
                    if let ("elsif" | "elseif", Some(top)) = (word.as_str(), self.branches.last_mut()) {
                        top.0 = top.1.others();
                    }
                    if matches!(word.as_str(), "if" | "elsif" | "elseif" | "while") {
                        self.condition(condition, from);
                    }
                    match word.as_str() {
                        "while" | "case" => self.loops += 1,
                        "if" => self.branches.push(branch(condition, Events::NONE)),
                        "elsif" | "elseif" => {
                            if let Some(top) = self.branches.last_mut() {
                                *top = branch(condition, top.1);
                            }
                        }
                        _ => {}
                    }
                    rest.at = after;
                }
                "for" => {
                    let Some((head, after)) = rest.until(&["loop", "do"]) else { return };
                    self.loops += 1;
                    self.for_loop(head, from);
                    rest.at = after;
                }
                "foreach" => {
                    let Some((head, after)) = rest.until(&["loop", "loop"]) else { return };
                    self.loops += 1;
                    if let Some((name, array)) = split_word(head, "array") {
                        let name = name.split_whitespace().next().unwrap_or_default();
                        let offset = from + head.len() - array.len();
                        self.value(array, offset, Into::Variables(vec![path(name)]));
                    }
                    rest.at = after;
                }
                "null" | "raise" | "get" | "exit" | "continue" | "leave" | "iterate" | "close" | "move" | "assert"
                | "commit" | "rollback" | "signal" | "resignal" => return,
                _ => {
                    rest.at = before;
                    rest.skip_blank();
                    return self.statement(&rest, lo);
                }
            }
        }
    }

    /// `name [CONSTANT] type [:= expr]`, `name CURSOR FOR query`.
    fn declaration(&mut self, name: &str, rest: &Cursor<'_>, lo: usize) {
        let text = rest.text.get(rest.at..).unwrap_or_default();
        if let Some((_, query)) = split_word(text, "for").filter(|_| split_word(text, "cursor").is_some()) {
            let offset = lo + rest.text.len() - query.len();
            self.query(query, offset, Into::Variables(vec![path(name)]));
            return;
        }
        let value = text.find(":=").map(|n| n + 2).or_else(|| {
            let after = split_word(text, "default").map(|(_, after)| text.len() - after.len());
            after.or_else(|| text.find('=').map(|n| n + 1))
        });
        if let Some(n) = value {
            let expr = text.get(n..).unwrap_or_default();
            self.value(expr, lo + rest.at + n, Into::Variables(vec![path(name)]));
        }
    }

    fn for_loop(&mut self, head: &str, from: usize) {
        let Some((names, over)) = split_word(head, "in") else { return };
        let mut cursor = Cursor { text: over, at: 0 };
        let first = cursor.word();
        if first == "execute" {
            let names = names.split(',').map(|n| path(n.trim())).collect();
            let text = over.get(cursor.at..).unwrap_or_default();
            return self.execute(text, from + head.len() - text.len(), Into::Variables(names));
        }
        if over.contains("..") && !matches!(first.as_str(), "select" | "with" | "values") {
            return;
        }
        let names = names.split(',').map(|n| path(n.trim())).collect();
        self.query(over, from + head.len() - over.len(), Into::Variables(names));
    }

    fn statement(&mut self, rest: &Cursor<'_>, lo: usize) {
        let text = rest.text.get(rest.at..).unwrap_or_default();
        let lo = lo + rest.at;
        let mut words = Cursor { text, at: 0 };
        let first = words.word();
        let after = || text.get(words.at..).unwrap_or_default();
        match first.as_str() {
            "return" => {
                let mut more = Cursor { text, at: words.at };
                let value = match more.word().as_str() {
                    "query" => {
                        let query = text.get(more.at..).unwrap_or_default();
                        let mut inner = Cursor { text: query, at: 0 };
                        if inner.word() == "execute" {
                            let text = query.get(inner.at..).unwrap_or_default();
                            return self.execute(text, lo + more.at + inner.at, Into::Result);
                        }
                        return self.query(query, lo + more.at, Into::Result);
                    }
                    "next" => text.get(more.at..).unwrap_or_default(),
                    _ => after(),
                };
                let plain = value.trim().to_ascii_lowercase();
                if !matches!(plain.as_str(), "" | "new" | "old" | "null") {
                    self.value(value, lo + text.len() - value.len(), Into::Result);
                }
            }
            "perform" => {
                // As long as the word that it stands for.
                let text = format!("SELECT {}", after());
                self.query(&text, lo, Into::Nothing);
            }
            "execute" => self.execute(after(), lo + words.at, Into::Nothing),
            "set" => {
                for (piece, at) in commas(after(), words.at) {
                    if let Some(n) = piece.find('=') {
                        let target = piece.get(..n).unwrap_or_default().trim().trim_end_matches(':');
                        let value = piece.get(n + 1..).unwrap_or_default();
                        self.value(value, lo + at + n + 1, Into::Variables(vec![path(target)]));
                    }
                }
            }
            "open" => {
                if let Some((name, query)) = split_word(after(), "for") {
                    let into = Into::Variables(vec![path(name.trim())]);
                    self.query(query, lo + text.len() - query.len(), into);
                }
            }
            "fetch" => {
                if let Some((cursor, targets)) = split_word(after(), "into") {
                    let cursor = cursor.split_whitespace().last().unwrap_or_default();
                    let targets = targets.split(',').map(|t| path(t.trim())).collect();
                    let offset = lo + words.at;
                    self.value(cursor, offset, Into::Variables(targets));
                }
            }
            _ => match assignment(text) {
                Some((target, at)) => {
                    let value = text.get(at..).unwrap_or_default();
                    self.value(value, lo + at, Into::Variables(vec![path(target)]));
                }
                None => self.query(text, lo, Into::Nothing),
            },
        }
    }

    /// `EXECUTE 'text' [INTO a] [USING b, c]`: a text that is written is the statement that it is, with the values in
    /// place of its parameters; one that is put together is not known.
    fn execute(&mut self, text: &str, offset: usize, mut into: Into) {
        let Some((statement, rest)) = constant(text) else {
            self.out.lost = Some(DYNAMIC);
            return;
        };
        let (targets, values) = match split_word(rest, "using") {
            Some((before, values)) => (before, split_word(values, "into").map_or(values, |(v, _)| v)),
            None => (rest, ""),
        };
        let targets = split_word(targets, "into").or_else(|| split_word(rest, "into")).map(|(_, t)| t);
        if let (Some(targets), Into::Nothing) = (targets, &into) {
            let targets = split_word(targets, "using").map_or(targets, |(t, _)| t).trim();
            let targets = match split_word(targets, "strict") {
                Some(("", strictly)) => strictly,
                _ => targets,
            };
            into = Into::Variables(targets.split(',').map(|t| path(t.trim())).collect());
        }
        let values: Vec<&str> = commas(values, 0).into_iter().map(|(value, _)| value.trim()).collect();
        match with_values(&statement, &values) {
            Some(statement) => self.query(&statement, offset, into),
            None => self.out.lost = Some(DYNAMIC),
        }
    }

    /// A condition: it only looks.
    fn condition(&mut self, text: &str, offset: usize) {
        let before = self.out.steps.len();
        self.value(text, offset, Into::Nothing);
        for step in self.out.steps.iter_mut().skip(before) {
            let QueryBody::Select(select) = &mut step.query.body else { continue };
            let looked = std::mem::take(&mut select.items).into_iter().filter_map(|item| match item {
                Item::Expr { expr, .. } => Some(Expr::Test(TestExpr::Other(vec![expr]))),
                Item::Star { .. } => None,
            });
            **select = Select { uses: looked.collect(), ..std::mem::take(&mut **select) };
        }
    }

    /// An expression; what stands after it (`x FROM t WHERE ..`) is part of the query it becomes.
    fn value(&mut self, text: &str, offset: usize, into: Into) {
        const HEAD: &str = "SELECT ";
        let wanted = format!("{HEAD}{text}");
        let base = self.at.base.saturating_add(offset as u32).saturating_sub(HEAD.len() as u32);
        self.parse(&wanted, base, into);
    }

    fn query(&mut self, text: &str, offset: usize, into: Into) {
        let base = self.at.base.saturating_add(offset as u32);
        match (taken_out(text), into) {
            (Some((without, names)), Into::Nothing) => self.parse(&without, base, Into::Variables(names)),
            (_, into) => self.parse(text, base, into),
        }
    }

    fn parse(&mut self, text: &str, base: u32, into: Into) {
        if text.trim().is_empty() {
            return;
        }
        let lowered = statement::lower(text, base, self.at.map, self.at.dialects);
        if lowered.gap.is_some() {
            self.out.lost.get_or_insert(UNREAD);
        }
        let only = self.branches.iter().fold(Events::ALL, |all, (events, _)| all.and(*events));
        let runs = match (self.loops, self.branches.is_empty()) {
            (0, true) => Runs::Once,
            (0, false) => Runs::Perhaps,
            (_, _) => Runs::Again,
        };
        for statement in lowered.statements {
            match statement.kind {
                Kind::Query(query) => self.out.steps.push(Step { query, into: into.clone(), only, runs }),
                Kind::Define(_) => self.out.defines.push(statement),
                Kind::Inert | Kind::Unknown => {}
            }
        }
    }
}

/// A text with values in place of its parameters `$1`, `$2`; none if that is longer than what is read.
fn with_values(text: &str, values: &[&str]) -> Option<String> {
    let mut pieces = text.split('$');
    let mut out = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let digits = piece.bytes().take_while(u8::is_ascii_digit).count();
        let (number, rest) = piece.split_at(digits);
        let value = number.parse::<usize>().ok().and_then(|n| values.get(n.checked_sub(1)?));
        let (open, what, close) = value.map_or(("$", number, ""), |value| ("(", *value, ")"));
        if out.len() + what.len() + rest.len() > limits::SQL_EXECUTE_BYTES {
            return None;
        }
        out.extend([open, what, close, rest]);
    }
    Some(out)
}

/// Words that no variable is called by: in MySQL statements follow declarations without a `BEGIN`.
fn is_statement(word: &str) -> bool {
    matches!(
        word,
        "set"
            | "select"
            | "insert"
            | "update"
            | "delete"
            | "if"
            | "while"
            | "for"
            | "call"
            | "return"
            | "open"
            | "with"
    )
}

/// The events of a trigger under which a branch with this condition is taken, and those that this branch and the ones
/// before it (`taken`) leave nothing of.
fn branch(condition: &str, taken: Events) -> (Events, Events) {
    let lower = condition.to_lowercase();
    let (mut events, mut whole) = (Events::NONE, true);
    for part in lower.split(" or ") {
        let Some((_, test)) = part.split_once("tg_op") else { return (taken.others(), taken) };
        let test = test.trim_start();
        if !(test.starts_with('=') || test.starts_with("in ") || test.starts_with("in(")) {
            return (taken.others(), taken);
        }
        let has = |word: &str| part.contains(&format!("'{word}'"));
        events = events.or(Events { insert: has("insert"), update: has("update"), delete: has("delete") });
        whole &= !part.contains(" and ");
    }
    let left = taken.others();
    (events.and(left), if whole { taken.or(events) } else { taken })
}

/// The statement without `INTO a, b`, which stands as spaces, and the names.
fn taken_out(text: &str) -> Option<(String, Vec<Vec<Name>>)> {
    let mut head = Cursor { text, at: 0 };
    let from = match head.word().as_str() {
        "select" | "with" => head.at,
        "insert" | "update" | "delete" | "merge" => {
            let (_, after) = split_word(text, "returning")?;
            text.len() - after.len()
        }
        _ => return None,
    };
    let rest = text.get(from..)?;
    let (before, after) = split_word(rest, "into")?;
    if before.trim_end().to_ascii_lowercase().ends_with("insert") {
        return None;
    }
    let start = from + before.len();
    let mut at = text.len() - after.len();
    let mut cursor = Cursor { text, at };
    cursor.skip_word("strict");
    at = at.max(cursor.at);
    let (mut names, mut end) = (Vec::new(), at);
    loop {
        let mut i = end + text.get(end..)?.len() - text.get(end..)?.trim_start().len();
        let name_lo = i;
        i += text
            .get(i..)?
            .find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '.' | '"' | '@')))
            .unwrap_or(text.len() - i);
        if i == name_lo {
            break;
        }
        names.push(path(text.get(name_lo..i)?));
        end = i;
        let more = text.get(end..)?;
        let trimmed = more.trim_start();
        if !trimmed.starts_with(',') {
            break;
        }
        end += more.len() - trimmed.len() + 1;
    }
    if names.is_empty() {
        return None;
    }
    let blank: String = text.get(start..end)?.chars().map(|c| if c == '\n' { '\n' } else { ' ' }).collect();
    Some((format!("{}{blank}{}", text.get(..start)?, text.get(end..)?), names))
}

/// `target := ..` or `target = ..`: the target and where the value begins.
fn assignment(text: &str) -> Option<(&str, usize)> {
    let end = text.find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '.' | '"' | '@')))?;
    let rest = text.get(end..)?.trim_start();
    // `a[1] := ..` changes a part of `a`.
    let rest = match rest.strip_prefix('[') {
        Some(index) => index.get(index.find(']')? + 1..)?.trim_start(),
        None => rest,
    };
    let value = rest.strip_prefix(":=").or_else(|| rest.strip_prefix('='))?;
    (end > 0).then_some((text.get(..end)?, text.len() - value.len()))
}

/// The parts of a variable's name.
fn path(text: &str) -> Vec<Name> {
    text.split('.')
        .map(|part| match part.strip_prefix('"') {
            Some(quoted) => Name::new(quoted.trim_end_matches('"')),
            None => Name::new(part.trim_start_matches('@').to_lowercase()),
        })
        .collect()
}

/// Texts between the commas that stand in no brackets, with their places.
fn commas(text: &str, base: usize) -> Vec<(&str, usize)> {
    let mut out = Vec::new();
    let (mut from, mut depth, mut quote) = (0, 0i32, None);
    for (i, c) in text.char_indices() {
        match (quote, c) {
            (Some(q), _) if q == c => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"' | '`') => quote = Some(c),
            (None, '(') => depth += 1,
            (None, ')') => depth -= 1,
            (None, ',') if depth == 0 => {
                out.push((text.get(from..i).unwrap_or_default(), base + from));
                from = i + 1;
            }
            _ => {}
        }
    }
    out.push((text.get(from..).unwrap_or_default(), base + from));
    out
}

/// What stands before and after the first `word` outside of brackets and strings.
fn split_word<'t>(text: &'t str, word: &str) -> Option<(&'t str, &'t str)> {
    let cursor = Cursor { text, at: 0 };
    let (before, after) = cursor.until(&[word, word])?;
    Some((before, text.get(after..)?))
}

/// Goes through a text word by word.
struct Cursor<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Cursor<'t> {
    fn skip_blank(&mut self) {
        loop {
            let rest = self.text.get(self.at..).unwrap_or_default();
            let trimmed = rest.trim_start();
            self.at += rest.len() - trimmed.len();
            if trimmed.starts_with("--") {
                self.at += trimmed.find('\n').unwrap_or(trimmed.len());
            } else if trimmed.starts_with("/*") {
                self.at += trimmed.find("*/").map_or(trimmed.len(), |n| n + 2);
            } else {
                return;
            }
        }
    }

    /// The next word in lower case; empty where something else stands.
    fn word(&mut self) -> String {
        self.skip_blank();
        let rest = self.text.get(self.at..).unwrap_or_default();
        let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
        self.at += end;
        rest.get(..end).unwrap_or_default().to_lowercase()
    }

    fn skip_word(&mut self, word: &str) {
        let before = self.at;
        if self.word() != word {
            self.at = before;
        }
    }

    /// The text up to one of `words` that stands in no brackets, strings or `CASE`, and where it goes on behind it.
    fn until(&self, words: &[&str; 2]) -> Option<(&'t str, usize)> {
        let rest = self.text.get(self.at..)?;
        let (mut depth, mut cases) = (0i32, 0u32);
        let mut chars = rest.char_indices().peekable();
        while let Some((i, c)) = chars.next() {
            match c {
                '\'' | '"' | '`' => {
                    for (_, q) in chars.by_ref() {
                        if q == c {
                            break;
                        }
                    }
                }
                '-' if rest.get(i..).is_some_and(|t| t.starts_with("--")) => {
                    for (_, q) in chars.by_ref() {
                        if q == '\n' {
                            break;
                        }
                    }
                }
                '(' | '[' => depth += 1,
                ')' | ']' => depth -= 1,
                _ if c.is_alphanumeric() || c == '_' => {
                    let tail = rest.get(i..)?;
                    let len = tail.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(tail.len());
                    let word = tail.get(..len)?.to_lowercase();
                    while chars.peek().is_some_and(|(n, _)| *n < i + len) {
                        chars.next();
                    }
                    if depth == 0 && cases == 0 && words.contains(&word.as_str()) {
                        return Some((rest.get(..i)?, self.at + i + len));
                    }
                    match word.as_str() {
                        "case" => cases += 1,
                        "end" => cases = cases.saturating_sub(1),
                        _ => {}
                    }
                }
                _ => {}
            }
        }
        None
    }
}

/// The text that begins here, if it is written out: strings in one or several pieces; and what follows.
fn constant(text: &str) -> Option<(String, &str)> {
    let mut out = String::new();
    let mut rest = text.trim_start();
    loop {
        if let Some(tagged) = rest.strip_prefix('$') {
            let tag = tagged.split_once('$')?.0;
            let body = tagged.get(tag.len() + 1..)?;
            let (inner, after) = body.split_once(&format!("${tag}$"))?;
            out.push_str(inner);
            rest = after.trim_start();
        } else {
            let body = rest.strip_prefix(['E', 'e']).unwrap_or(rest).strip_prefix('\'')?;
            let mut at = 0;
            loop {
                let end = at + body.get(at..)?.find('\'')?;
                if body.get(end + 1..).is_some_and(|b| b.starts_with('\'')) {
                    at = end + 2;
                    continue;
                }
                out.push_str(&body.get(..end)?.replace("''", "'"));
                rest = body.get(end + 1..)?.trim_start();
                break;
            }
        }
        match rest.strip_prefix("||") {
            Some(more) => rest = more.trim_start(),
            None => return Some((out, rest)),
        }
    }
}
