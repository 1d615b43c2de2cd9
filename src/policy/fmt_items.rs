//! How each declaration is written.

use super::ast::{
    self, Act, At, BindKind, Clause, Flow, Item, Meaning, MeaningKind, Name, PartyClause, Picks, Placed, Text,
};
use super::fmt::Printer;
use super::resolved::{Duration, Role};

/// Clauses of a purpose begin in this column.
const CLAUSE: usize = 9;
const WAIVER: usize = 8;
const EXPECT: usize = 6;
/// A promise and its reason stand on one line up to this many columns.
const REASON: usize = 88;

/// Writes a declaration.
pub(super) fn item(out: &mut Printer<'_>, placed: &Placed) {
    let at = placed.at;
    match &placed.item {
        Item::Header(version) => out.sentence(at.0, &[format!("purlin {}", version.text)], 0),
        Item::Import(path) => out.sentence(at.0, &[format!("import {}", quote(path))], 0),
        Item::Controller(name, dpo) => {
            let mut words = vec![format!("controller {}", quote(name))];
            words.extend(dpo.as_ref().map(|d| format!("dpo {}", quote(d))));
            out.sentence(at.0, &words, 2);
        }
        Item::Category(n) => node(out, n, "category ", at),
        Item::Subject { name, text, rights, block } => subject(out, at, name, text.as_ref(), rights, *block),
        Item::Region { name, text, home, adequate } => {
            let mut rest = Vec::new();
            if *home {
                rest.push("home".to_owned());
            }
            rest.extend(adequate.as_ref().map(|t| format!("adequate {}", quote(t))));
            out.row(at.0, "region", cells("region", name, text.as_ref(), rest.join(" ")));
        }
        Item::Recipient { name, text, clauses } => party(out, at, "recipient", name, text.as_ref(), clauses.as_deref()),
        Item::Store { name, text, clauses } => party(out, at, "store", name, text.as_ref(), clauses.as_deref()),
        Item::Audience { name, text } => {
            out.row(at.0, "audience", cells("audience", name, text.as_ref(), String::new()))
        }
        Item::Guard { name, text, narrows } => {
            let rest = narrows.as_ref().map_or(String::new(), |(a, b)| format!("narrows {} to {}", a.text, b.text));
            out.row(at.0, "guard", cells("guard", name, text.as_ref(), rest));
        }
        Item::Transform { name, text, from, into } => {
            let into = into.as_ref().map_or("anonymous", |n| &n.text);
            let rest = format!("turns {} into {into}", inline(&picks(from)));
            out.row(at.0, "transform", cells("transform", name, text.as_ref(), rest));
        }
        Item::ForbiddenPurpose { name, text } => forbidden(out, at, "forbidden purpose", name, text.as_ref()),
        Item::ForbiddenRecipient { name, text } => forbidden(out, at, "forbidden recipient", name, text.as_ref()),
        Item::Purpose { name, text, clauses } => {
            let clauses: Vec<(Vec<String>, At)> = clauses.iter().map(|(c, at)| (clause(c), *at)).collect();
            let head = head("purpose", name, text.as_ref());
            block(out, at, &head, &clauses, CLAUSE);
        }
        Item::Rule { must, flow, unless, text } => {
            let modal = if *must { "must not" } else { "should not" };
            let mut words = sentence(flow, false);
            if let Some(first) = words.first_mut() {
                *first = format!("{modal} {first}");
            }
            if !unless.is_empty() {
                words.push(format!("unless {}", guards(unless)));
            }
            if let Some(text) = text.as_ref().map(quote) {
                let wide = inline(&words).chars().count() + text.chars().count() > REASON;
                words.push(if wide { format!("\n{text}") } else { text });
            }
            out.sentence(at.0, &words, 2);
        }
        Item::Bind(block) => bind(out, at, block),
        Item::Test { text, expectations } => {
            let lines: Vec<(Vec<String>, At)> = expectations
                .iter()
                .map(|(allow, flow, at)| {
                    (keyword(if *allow { "allow" } else { "deny" }, EXPECT, sentence(flow, false)), *at)
                })
                .collect();
            block(out, at, &format!("test {}", quote(text)), &lines, EXPECT);
        }
        Item::Waiver { text, clauses } => {
            let lines: Vec<(Vec<String>, At)> = clauses.iter().map(|(c, at)| (waiver(c), *at)).collect();
            block(out, at, &format!("waiver {}", quote(text)), &lines, WAIVER);
        }
    }
}

/// A text in quotation marks: straight ones, unless it holds one.
fn quote(text: &Text) -> String {
    if text.text.contains('"') { format!("\u{201C}{}\u{201D}", text.text) } else { format!("\"{}\"", text.text) }
}

fn head(keyword: &str, name: &Name, text: Option<&Text>) -> String {
    match text {
        Some(text) => format!("{keyword} {} {}", name.text, quote(text)),
        None => format!("{keyword} {}", name.text),
    }
}

fn cells(keyword: &str, name: &Name, text: Option<&Text>, rest: String) -> Vec<String> {
    vec![format!("{keyword} {}", name.text), text.map_or(String::new(), quote), rest]
}

fn forbidden(out: &mut Printer<'_>, at: At, keyword: &'static str, name: &Name, text: Option<&Text>) {
    out.row(at.0, keyword, cells(keyword, name, text, String::new()));
}

/// Words on one line.
fn inline(words: &[String]) -> String {
    words.iter().map(|w| w.trim_start_matches('\n')).collect::<Vec<_>>().join(" ")
}

/// A keyword in its column, before the first word.
fn keyword(word: &str, column: usize, mut words: Vec<String>) -> Vec<String> {
    let padded = format!("{word:<width$} ", width = column - 1);
    match words.first_mut() {
        Some(first) => *first = format!("{padded}{first}"),
        None => words.push(padded.trim_end().to_owned()),
    }
    words
}

/// A block of sentences: on one line if it stood there.
fn block(out: &mut Printer<'_>, at: At, head: &str, lines: &[(Vec<String>, At)], column: usize) {
    let said: Vec<String> = lines.iter().map(|(words, _)| squeeze(&inline(words))).collect();
    let short = if said.is_empty() { format!("{head} {{ }}") } else { format!("{head} {{ {} }}", said.join(" ")) };
    if out.one_line(at.0) && out.fits(&short) {
        out.sentence(at.0, &[short], 2);
        return;
    }
    out.open(at.0, head);
    for (words, at) in lines {
        out.sentence(at.0, words, column);
    }
    out.close(at.0.hi);
}

/// Without the blanks that align a keyword; texts stay as they are.
fn squeeze(line: &str) -> String {
    match line.split_once(' ') {
        Some((first, rest)) => format!("{first} {}", rest.trim_start()),
        None => line.to_owned(),
    }
}

fn node(out: &mut Printer<'_>, node: &ast::Node, prefix: &str, at: At) {
    let short = format!("{prefix}{}", flat_node(node));
    if node.children.is_empty() || (out.one_line(at.0) && out.fits(&short)) {
        out.sentence(at.0, &[short], 2);
        return;
    }
    out.open(at.0, &format!("{prefix}{}", node_head(node)));
    for child in &node.children {
        self::node(out, child, "", child.at);
    }
    out.close(at.0.hi);
}

fn node_head(node: &ast::Node) -> String {
    let mut out = node.name.text.clone();
    if let Some(text) = &node.text {
        out.push_str(&format!(" {}", quote(text)));
    }
    if node.special {
        out.push_str(" special");
    }
    for also in &node.also {
        out.push_str(&format!(" also {}", also.text));
    }
    out
}

fn flat_node(node: &ast::Node) -> String {
    let head = node_head(node);
    if node.children.is_empty() {
        return head;
    }
    let children: Vec<String> = node.children.iter().map(flat_node).collect();
    format!("{head} {{ {} }}", children.join(", "))
}

fn subject(out: &mut Printer<'_>, at: At, name: &Name, text: Option<&Text>, rights: &[ast::Right], block: bool) {
    if !block {
        let list: Vec<&str> = rights.iter().map(|r| r.right.text.as_str()).collect();
        let rest = if list.is_empty() { String::new() } else { format!("rights {}", list.join(", ")) };
        out.row(at.0, "subject", cells("subject", name, text, rest));
        return;
    }
    let lines: Vec<(Vec<String>, At)> = rights
        .iter()
        .map(|r| {
            let mut words = vec![format!("right {}", r.right.text)];
            let last = r.except.len().saturating_sub(1);
            for (i, (purpose, text)) in r.except.iter().enumerate() {
                let lead = if i == 0 { "except for " } else { "" };
                let comma = if i == last { "" } else { "," };
                words.push(format!("{lead}{} {}{comma}", purpose.text, quote(text)));
            }
            (words, r.at)
        })
        .collect();
    self::block(out, at, &head("subject", name, text), &lines, 6);
}

fn party(
    out: &mut Printer<'_>,
    at: At,
    keyword: &'static str,
    name: &Name,
    text: Option<&Text>,
    clauses: Option<&[(PartyClause, At)]>,
) {
    let lines: Vec<(Vec<String>, At)> =
        clauses.unwrap_or(&[]).iter().map(|(c, at)| (vec![party_clause(c)], *at)).collect();
    let said: Vec<String> = lines.iter().map(|(w, _)| inline(w)).collect();
    let rest = match clauses {
        None => String::new(),
        Some([]) => "{ }".to_owned(),
        Some(_) => format!("{{ {} }}", said.join(" ")),
    };
    let row = cells(keyword, name, text, rest);
    if out.one_line(at.0) && out.fits(&row.join(" ")) {
        out.row(at.0, keyword, row);
        return;
    }
    self::block(out, at, &head(keyword, name, text), &lines, 2);
}

fn party_clause(clause: &PartyClause) -> String {
    match clause {
        PartyClause::Acts(Role::Processor) => "acts as processor".to_owned(),
        PartyClause::Acts(Role::Controller) => "acts as controller".to_owned(),
        PartyClause::Acts(Role::JointController) => "acts as joint controller".to_owned(),
        PartyClause::Locally => "located locally".to_owned(),
        PartyClause::LocatedIn(names) => format!("located in {}", comma(names).join(" ")),
        PartyClause::Contract(text, None) => format!("contract {}", quote(text)),
        PartyClause::Contract(text, Some((day, _))) => format!("contract {} until {day}", quote(text)),
        PartyClause::Transfer(text) => format!("transfer {}", quote(text)),
    }
}

/// Names, each but the last with its comma.
fn comma(names: &[Name]) -> Vec<String> {
    let last = names.len().saturating_sub(1);
    names.iter().enumerate().map(|(i, n)| if i == last { n.text.clone() } else { format!("{},", n.text) }).collect()
}

/// Puts `word` before the first of `words`.
fn lead(word: &str, mut words: Vec<String>) -> Vec<String> {
    if let Some(first) = words.first_mut() {
        *first = format!("{word} {first}");
    }
    words
}

fn picks(list: &Picks) -> Vec<String> {
    let mut words = match &list.any {
        Some(any) => vec![any.clone()],
        None => comma(&list.names),
    };
    if !list.except.is_empty() {
        words.extend(lead("except", comma(&list.except)));
    }
    words
}

fn act(act: &Act, third: bool) -> Vec<String> {
    let mut words = picks(&act.data.what);
    if let Some(of) = &act.data.of {
        let people = lead("of", picks(of));
        // The densest sentence there is: its two halves stand on lines of their own.
        if !act.data.what.except.is_empty() {
            let split = words.len() - act.data.what.except.len();
            if let Some(except) = words.get_mut(split) {
                *except = format!("\n{except}");
            }
            words.extend(people.into_iter().enumerate().map(|(i, w)| if i == 0 { format!("\n{w}") } else { w }));
        } else {
            words.extend(people);
        }
    }
    if let (Some(target), Some(preposition)) = (&act.target, act.verb.preposition()) {
        words.extend(lead(preposition, picks(target)));
    }
    if third { words } else { lead(act.verb.word(), words) }
}

fn guards(groups: &ast::Guards) -> String {
    let one = |group: &Vec<Name>| group.iter().map(|n| n.text.as_str()).collect::<Vec<_>>().join(" or ");
    groups.iter().map(one).collect::<Vec<_>>().join(", ")
}

fn sentence(flow: &Flow, third: bool) -> Vec<String> {
    let mut words = act(&flow.act, third);
    words.extend(flow.outside.as_ref().map(|r| format!("outside {}", r.text)));
    words.extend(flow.longer.map(|d| format!("longer than {d}")));
    if let Some(purposes) = &flow.purposes {
        words.extend(lead("for", picks(purposes)));
    }
    if !flow.given.is_empty() {
        words.extend(lead("given", comma(&flow.given)));
    }
    if !flow.without.is_empty() {
        words.extend(lead("without", comma(&flow.without)));
    }
    words.extend(flow.from.as_ref().map(|r| format!("from {}", r.text)));
    words
}

fn clause(clause: &Clause) -> Vec<String> {
    match clause {
        Clause::About(list) => keyword("about", CLAUSE, picks(list)),
        Clause::Basis(ground, text, _) => {
            let mut words = vec![ground.words().to_owned()];
            words.extend(text.as_ref().map(quote));
            keyword("basis", CLAUSE, words)
        }
        Clause::Behalf(name) => vec![format!("on behalf of {}", name.text)],
        Clause::Condition(text) => keyword("condition", CLAUSE, vec![quote(text)]),
        Clause::Notice(text) => keyword("notice", CLAUSE, vec![quote(text)]),
        Clause::Requires(groups) => keyword("requires", CLAUSE, vec![guards(groups)]),
        Clause::Compatible(name, text) => vec![format!("compatible with {}", name.text), quote(text)],
        Clause::Grant { act: done, limit, after, given, text } => {
            let mut words = keyword(done.verb.third(), CLAUSE, act(done, true));
            words.extend(limit.map(|d: Duration| format!("for {d}")));
            words.extend(after.as_ref().map(|t| format!("after {}", quote(t))));
            if !given.is_empty() {
                words.push(format!("given {}", guards(given)));
            }
            words.extend(text.as_ref().map(quote));
            words
        }
    }
}

fn waiver(clause: &ast::WaiverClause) -> Vec<String> {
    match clause {
        ast::WaiverClause::Permits(flow) => keyword("permits", WAIVER, sentence(flow, false)),
        ast::WaiverClause::AtPath(path) => keyword("at", WAIVER, vec![quote(path)]),
        ast::WaiverClause::AtRust(_, said) | ast::WaiverClause::AtSql(said) => {
            keyword("at", WAIVER, vec![said.clone()])
        }
        ast::WaiverClause::Owner(text) => keyword("owner", WAIVER, vec![quote(text)]),
        ast::WaiverClause::Until(day) => keyword("until", WAIVER, vec![day.to_string()]),
        ast::WaiverClause::Because(text) => keyword("because", WAIVER, vec![quote(text)]),
    }
}

fn bind(out: &mut Printer<'_>, at: At, block: &ast::Bind) {
    let word = match block.kind {
        BindKind::Rust => "rust",
        BindKind::Sql => "sql",
        BindKind::Host => "host",
        BindKind::Env => "env",
        BindKind::Path => "path",
    };
    let within = block.within.as_ref().map(|folder| format!(" in {}", quote(folder))).unwrap_or_default();
    let dialect = block.dialect.as_ref().map(|name| format!(" dialect {}", name.text)).unwrap_or_default();
    let head = format!("bind {word}{within}{dialect}");
    let lines = &block.lines;
    let said: Vec<String> = lines.iter().map(|l| format!("{} as {}", l.written.text, meaning(&l.meaning))).collect();
    let short = if said.is_empty() { format!("{head} {{ }}") } else { format!("{head} {{ {} }}", said.join(", ")) };
    // More than one line of bindings is a table.
    if lines.len() < 2 && out.one_line(at.0) && out.fits(&short) {
        out.sentence(at.0, &[short], 2);
        return;
    }
    out.open(at.0, &head);
    // One table for the whole block, whatever comments and blank lines stand in it.
    let widths = lines.iter().map(|l| l.written.text.chars().count()).filter(|n| *n <= 64);
    let width = widths.max().unwrap_or(0);
    for line in lines {
        let place = format!("{:<width$}", line.written.text);
        out.row(line.at.0, "bind", vec![place, format!("as {}", meaning(&line.meaning))]);
    }
    out.close(at.0.hi);
}

/// What follows `as`.
pub(super) fn meaning(said: &Meaning) -> String {
    match said {
        Meaning::Labels(data) => {
            let mut words = picks(&data.what);
            if let Some(of) = &data.of {
                words.extend(lead("of", picks(of)));
            }
            inline(&words)
        }
        Meaning::Kind(kind, name, negated) => {
            let kind = match kind {
                MeaningKind::Purpose => "purpose",
                MeaningKind::Guard => "guard",
                MeaningKind::Transform => "transform",
                MeaningKind::Recipient => "recipient",
                MeaningKind::Store => "store",
                MeaningKind::Audience => "audience",
                MeaningKind::Subject => "subject",
            };
            format!("{kind} {}{}", name.text, if *negated { " if false" } else { "" })
        }
        Meaning::Right(right, name) => format!("{} of {}", right.text, name.text),
        Meaning::Purge(name) => format!("purge of {}", name.text),
        Meaning::NotPersonal => "not personal".to_owned(),
        Meaning::Ours => "ours".to_owned(),
        Meaning::Library => "library".to_owned(),
    }
}
