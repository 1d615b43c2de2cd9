//! What to say about a sentence that cannot be read.
//!
//! The grammar knows where it stopped; that position is right far more often than what it expected there is
//! helpful. So the words around it are looked at, and a mistake that people make is answered in their terms: what
//! is wrong, where, and what to write instead. The reader is a privacy lawyer.

use crate::diag::{Diagnostic, suggest};
use crate::source::FileId;

use super::lex::{Chunk, DECLARATIONS, Kind, Scan};
use super::messages_missing::{comma, missing};
use super::stop::*;

/// Problems that are seen before the grammar is asked: a chunk that does not begin with a declaration.
pub(crate) fn before_grammar(id: FileId, text: &str, scan: &Scan, chunk: Chunk) -> Option<Diagnostic> {
    let stop = Stop { id, text, scan, chunk, at: chunk.from, expected: Vec::new(), forgotten: None };
    let word = stop.word(chunk.from);
    match stop.kind(chunk.from)? {
        Kind::Word if DECLARATIONS.contains(&word) => None,
        Kind::Word if matches!(word, "allow" | "deny") => Some(loose_expectation(&stop, chunk.from)),
        Kind::Word if PURPOSE.contains(&word) || VERBS.iter().any(|(v, _)| *v == word) => Some(
            stop.error(chunk.from, format!("`{word}` belongs inside a purpose"), "this stands outside of any purpose")
                .help(
                    "write: purpose <name> \"What it is for\" { … }, or remove a } that closes the purpose too early",
                ),
        ),
        Kind::Word => Some(unknown_declaration(&stop, word)),
        Kind::Close => {
            Some(stop.error(chunk.from, "this } closes nothing", "remove it, or add the { that it belongs to"))
        }
        Kind::Text | Kind::Unclosed => Some(stop.error(
            chunk.from,
            "a text needs something to explain",
            "put it after a name, or at the end of a rule",
        )),
        Kind::Open | Kind::Comma | Kind::Other => Some(
            stop.error(chunk.from, format!("I cannot read `{word}` here"), "a declaration begins with a word")
                .help(format!("a policy may say: {}", DECLARATIONS.join(", "))),
        ),
    }
}

fn unknown_declaration(stop: &Stop<'_>, word: &str) -> Diagnostic {
    let from = stop.chunk.from;
    let label = match suggest(&word.to_lowercase(), DECLARATIONS.iter().copied()) {
        Some(s) => format!("did you mean `{s}`?"),
        None => String::new(),
    };
    stop.error(from, format!("I don't know the declaration `{word}`"), label)
        .help(format!("a policy may say: {}", DECLARATIONS.join(", ")))
}

/// `allow use contact.email for marketing` outside of a test.
fn loose_expectation(stop: &Stop<'_>, at: usize) -> Diagnostic {
    let end = (at..stop.chunk.to).find(|&i| i > at && stop.token(i).is_some_and(|t| t.first)).unwrap_or(stop.chunk.to);
    let words: Vec<&str> = (at..end).map(|i| stop.word(i)).collect();
    let label = match words.iter().position(|w| *w == "for") {
        Some(f) if f > 2 && words.get(f + 1).is_some() && stop.word(at) == "allow" => {
            let verb = VERBS.iter().find(|(v, _)| Some(v) == words.get(1)).map_or("uses", |(v, _)| v);
            let verb = if verb.ends_with('s') { verb.to_owned() } else { format!("{verb}s") };
            let data = stop.slice(stop.range(at + 2, at + f - 1));
            format!("write: purpose {} {{ {verb} {data} }}", words.get(f + 1).unwrap_or(&"<name>"))
        }
        _ if stop.word(at) == "deny" => "write: must not …".to_owned(),
        _ => "write: purpose <name> { uses … }".to_owned(),
    };
    stop.error(at, "permissions belong to a purpose", label).help("`allow` and `deny` are only used inside a test")
}

/// Says what is wrong where the grammar stopped.
pub(crate) fn explain(stop: &Stop<'_>) -> Diagnostic {
    let at = stop.at;
    if let Some(quote) = (stop.chunk.from..stop.chunk.to.min(at + 2)).find(|&i| stop.kind(i) == Some(Kind::Unclosed)) {
        return stop.error(quote, "this text never ends", "add the closing quotation mark on the same line");
    }
    if let Some(problem) = unclosed(stop) {
        return problem;
    }
    if at >= stop.chunk.to {
        return ended(stop);
    }
    let word = stop.word(at);
    let before = if at > stop.chunk.from { stop.word(at - 1) } else { "" };
    if stop.kind(at) == Some(Kind::Other) && matches!(word, ":" | "=") && stop.word(stop.declaration(at)) == "bind" {
        let label = format!("write: {before} as {}", stop.word(at + 1));
        return stop.error(at, "a binding is written with `as`", label);
    }
    if stop.kind(at) == Some(Kind::Other) && matches!(word, ";" | ":" | "=") {
        return stop.error(at, format!("`{word}` is not needed"), "remove it: words and braces are enough");
    }
    if matches!(word, "and" | "or" | "&") {
        return no_and(stop, word);
    }
    if let Some(problem) = wrong_date(stop).or_else(|| missing(stop)) {
        return problem;
    }
    if let Some(problem) = names_only(stop) {
        return problem;
    }
    if let Some((verb, preposition)) = stop.verb(at)
        && matches!(word, "with" | "to" | "in")
        && word != preposition
    {
        return wrong_preposition(stop, verb, preposition);
    }
    if let Some(problem) = after_comma(stop, before) {
        return problem;
    }
    let number = !before.is_empty() && before.bytes().all(|b| b.is_ascii_digit());
    if let Some(problem) = in_block(stop).filter(|_| !number) {
        return problem;
    }
    if let Some(problem) = after_word(stop, before) {
        return problem;
    }
    general(stop)
}

/// A `}` that is missing.
fn unclosed(stop: &Stop<'_>) -> Option<Diagnostic> {
    let end = match stop.forgotten {
        Some(next) if next <= stop.at => next,
        Some(_) => return None,
        None if stop.at >= stop.chunk.to => stop.chunk.to,
        None => return None,
    };
    let open = stop.open(end)?;
    let from = stop.declaration(open);
    let (what, name) = (stop.word(from), stop.word(from + 1));
    let message = match stop.kind(from + 1) {
        Some(Kind::Word) => format!("{what} `{name}` is never closed"),
        Some(Kind::Text) => format!("{what} {name} is never closed"),
        _ => format!("this {what} is never closed"),
    };
    let problem = stop.error(open, message, "opened here");
    Some(if end < stop.chunk.to {
        problem.label(stop.span(end), "a new declaration starts here: add } before it")
    } else {
        problem.help("add } where it ends")
    })
}

/// The file, or the declaration, ends too early.
fn ended(stop: &Stop<'_>) -> Diagnostic {
    let last = stop.chunk.to.saturating_sub(1);
    let word = stop.word(last);
    match after_word(stop, word) {
        Some(problem) => problem,
        None => {
            let from = stop.declaration(stop.chunk.to);
            let problem = stop.error(
                last,
                format!("this {} is not finished", stop.word(from)),
                "something is missing after this",
            );
            expected(stop, problem)
        }
    }
}

fn no_and(stop: &Stop<'_>, word: &str) -> Diagnostic {
    let at = stop.at;
    let (before, after) = (stop.word(at.saturating_sub(1)), stop.word(at + 1));
    let problem = stop.error(at, format!("lists use commas, not `{word}`"), format!("write: {before}, {after}"));
    if word == "or" {
        problem.help("a list always means each of these; `or` is only used between guards")
    } else {
        problem.help("a list always means each of these; `and` would leave open whether only the combination counts")
    }
}

/// `31/03/2027`, `31.3.2027`, `2027/03/31`.
fn wrong_date(stop: &Stop<'_>) -> Option<Diagnostic> {
    let word = stop.word(stop.at);
    let parts: Vec<u32> = word.split(['/', '.', '-']).map(|p| p.parse().ok()).collect::<Option<_>>()?;
    let right = match parts.as_slice() {
        [y, m, d] if *y > 999 => format!("{y:04}-{m:02}-{d:02}"),
        [d, m, y] if *y > 999 && *m <= 12 => format!("{y:04}-{m:02}-{d:02}"),
        [m, d, y] if *y > 999 => format!("{y:04}-{m:02}-{d:02}"),
        _ => return None,
    };
    Some(stop.error(stop.at, "dates are written year-month-day", format!("write: {right}")))
}

/// A word that would be a name if it were spelt like one.
fn names_only(stop: &Stop<'_>) -> Option<Diagnostic> {
    let at = stop.at;
    let from = stop.declaration(at);
    let keyword = stop.word(from);
    let named = matches!(
        keyword,
        "category" | "subject" | "region" | "recipient" | "store" | "audience" | "guard" | "transform" | "purpose"
    );
    if named && at > from && stop.open(at).is_none() && stop.kind(at) == Some(Kind::Word) {
        let known = ["rights", "home", "adequate", "special", "also", "narrows", "turns", "to", "into", "except"];
        let end = (from + 1..stop.chunk.to)
            .find(|&i| {
                stop.kind(i) != Some(Kind::Word)
                    || known.contains(&stop.word(i))
                    || (i > at && stop.token(i).is_some_and(|t| t.first))
            })
            .unwrap_or(stop.chunk.to);
        if end > at && at <= from + 2 && !known.contains(&stop.word(at)) {
            let words: Vec<&str> = (from + 1..end).map(|i| stop.word(i)).collect();
            let title = words.join(" ");
            let rest = rest_of_line(stop, end);
            // `subject customer Has an account`: the name is fine, the description lacks its quotation marks.
            let fine = words.first().is_some_and(|w| is_name(w));
            let sentence = words.get(1).is_some_and(|w| w.starts_with(char::is_uppercase)) || words.len() > 3;
            if fine && sentence {
                let text = words.get(1..).unwrap_or(&[]).join(" ");
                let label = format!("write: {keyword} {} \"{text}\"{rest}", words.first().unwrap_or(&""));
                let span = stop.range(at, end - 1);
                return Some(Diagnostic::error("P01", "a description stands in quotation marks", span, label));
            }
            let last = title.rsplit('.').next().unwrap_or(&title);
            let label = format!("write: {keyword} {} \"{last}\"{rest}", spelt(&words.join("_")));
            let span = stop.range(from + 1, end - 1);
            return Some(Diagnostic::error("P01", "names are lower-case words joined by dots", span, label));
        }
        return None;
    }
    let word = stop.word(at);
    if stop.kind(at) == Some(Kind::Word)
        && !is_name(word)
        && word.starts_with(char::is_alphabetic)
        && !word.contains("::")
        && stop.expected.contains(&"a name")
    {
        let label = format!("write: {}", spelt(word));
        return Some(stop.error(at, "names are lower-case words joined by dots", label));
    }
    None
}

/// What follows on the same line, with a space before it, if it is short.
fn rest_of_line(stop: &Stop<'_>, from: usize) -> String {
    if from >= stop.chunk.to || stop.token(from).is_some_and(|t| t.first) {
        return String::new();
    }
    let end = (from + 1..stop.chunk.to).find(|&i| stop.token(i).is_some_and(|t| t.first)).unwrap_or(stop.chunk.to);
    let rest = stop.slice(stop.range(from, end - 1));
    if rest.chars().count() <= 40 && !rest.contains(['\n', '\r']) { format!(" {rest}") } else { " …".to_owned() }
}

fn is_name(word: &str) -> bool {
    word.split('.').all(|seg| {
        seg.starts_with(|c: char| c.is_ascii_lowercase())
            && seg.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
    })
}

/// A word, spelt as a name.
fn spelt(word: &str) -> String {
    let mut out = String::new();
    for c in word.chars() {
        match c {
            'å' | 'ä' | 'à' | 'á' | 'â' | 'Å' | 'Ä' | 'À' | 'Á' => out.push('a'),
            'ö' | 'ø' | 'ó' | 'ô' | 'Ö' | 'Ø' | 'Ó' => out.push('o'),
            'é' | 'è' | 'ê' | 'ë' | 'É' | 'È' => out.push('e'),
            'ï' | 'í' | 'ì' | 'î' => out.push('i'),
            'ç' => out.push('c'),
            'ñ' => out.push('n'),
            'ß' => out.push_str("ss"),
            'æ' | 'Æ' => out.push_str("ae"),
            'ü' | 'ú' | 'û' | 'Ü' | 'Ú' => out.push('u'),
            c if c.is_ascii_alphanumeric() => out.push(c.to_ascii_lowercase()),
            '.' | '_' => out.push(c),
            '-' | ' ' => out.push('_'),
            _ => {}
        }
    }
    if is_name(&out) { out } else { "<name>".to_owned() }
}

fn wrong_preposition(stop: &Stop<'_>, verb: &str, preposition: &str) -> Diagnostic {
    if preposition.is_empty() {
        let next = match stop.word(stop.at) {
            "with" => "shares … with",
            "to" => "shows … to",
            _ => "keeps … in",
        };
        return stop.error(
            stop.at,
            format!("`{verb}` says nothing about where data goes"),
            format!("for that write: {next}"),
        );
    }
    stop.error(stop.at, format!("`{verb}` goes with `{preposition}`"), "shares … with, shows … to, keeps … in")
}

/// A list that goes on after its last name.
fn after_comma(stop: &Stop<'_>, before: &str) -> Option<Diagnostic> {
    let comma = match before {
        "," => stop.at - 1,
        // `uses name, shows name to x`: the next clause was taken for a name.
        _ if PURPOSE.contains(&before) && stop.at >= 2 && stop.word(stop.at - 2) == "," => stop.at - 2,
        _ => return None,
    };
    (stop.kind(comma) == Some(Kind::Comma) && (comma + 1 < stop.at || stop.kind(stop.at) != Some(Kind::Word)))
        .then(|| stop.error(comma, "after a comma comes another name", "remove the comma, or add the name"))
}

/// At a place where a clause of a block should begin.
fn in_block(stop: &Stop<'_>) -> Option<Diagnostic> {
    let at = stop.at;
    let open = stop.open(at)?;
    let from = stop.declaration(open);
    let declaration = stop.word(from);
    let (word, first) = (stop.word(at), stop.token(at).is_some_and(|t| t.first));
    if stop.kind(at) != Some(Kind::Word) {
        return None;
    }
    if declaration == "bind" {
        return None;
    }
    let block = clauses(declaration)?;
    let begins = at == open + 1 || first || stop.complete(at - 1);
    if !begins || (at > 0 && stop.kind(at - 1) == Some(Kind::Comma)) {
        return None;
    }
    let may = format!("a {declaration} may say: {}", list(block));
    if declaration == "purpose" && matches!(word, "must" | "should") {
        let end = (at + 1..stop.chunk.to)
            .find(|&i| stop.token(i).is_some_and(|t| t.first) || stop.kind(i) == Some(Kind::Close))
            .unwrap_or(stop.chunk.to);
        let said = stop.slice(stop.range(at, end - 1));
        let name = stop.word(from + 1);
        let target = if said.contains(" for ") { String::new() } else { format!(" for {name}") };
        let span = stop.range(at, if stop.word(at + 1) == "not" { at + 1 } else { at });
        return Some(Diagnostic::error(
            "P01",
            "a promise stands outside of purposes",
            span,
            format!("move it below the closing brace and write: {said}{target}"),
        ));
    }
    if matches!(word, "allow" | "deny") && declaration != "test" {
        return Some(
            stop.error(
                at,
                format!("a {declaration} permits by `uses`, `shares`, `shows` and `keeps`"),
                "remove this word",
            )
            .help("`allow` and `deny` are only used inside a test"),
        );
    }
    if block.contains(&word) && (stop.complete(at - 1) || at == open + 1) {
        return None;
    }
    if DECLARATIONS.contains(&word) {
        return Some(
            stop.error(
                at,
                format!("{} {word} cannot stand inside a {declaration}", if word == "audience" { "an" } else { "a" }),
                format!("close `{}` first, with }}", stop.word(from + 1)),
            )
            .help(may),
        );
    }
    let inner: Vec<&str> = if first { Vec::new() } else { INNER.to_vec() };
    let verbs: &[&str] = if declaration == "purpose" { &["use", "share", "show", "keep"] } else { &[] };
    let guess = suggest(word, block.iter().chain(&inner).chain(verbs).copied().filter(|g| *g != word));
    if let Some(problem) = comma(stop, at).filter(|_| guess.is_none() && !block.contains(&word)) {
        return Some(problem);
    }
    let label = guess.map_or(String::new(), |g| format!("did you mean `{g}`?"));
    let message = if ["purpose", "recipient", "store", "test", "waiver"]
        .iter()
        .any(|d| *d != declaration && clauses(d).is_some_and(|c| c.contains(&word)))
    {
        format!("a {declaration} cannot say `{word}`")
    } else if first || at == open + 1 {
        format!("I don't know the clause `{word}`")
    } else {
        format!("I don't understand `{word}` here")
    };
    Some(stop.error(at, message, label).help(may))
}

/// After a word that asks for something particular.
fn after_word(stop: &Stop<'_>, before: &str) -> Option<Diagnostic> {
    let at = stop.at;
    let ended = at >= stop.chunk.to;
    // What begins the next line is not to blame: the word before it lacks something.
    let next = stop.token(at).is_some_and(|t| t.first) && at > stop.chunk.from;
    let (word, here) = (stop.word(at), if next { at - 1 } else { at.min(stop.chunk.to.saturating_sub(1)) });
    let or_of = |words: &[&str]| {
        if ended {
            return String::new();
        }
        // Two words of the text may be one ground: `legal obligations`.
        let two = format!("{word} {}", stop.word(at + 1));
        suggest(word, words.iter().copied())
            .or_else(|| suggest(&two, words.iter().copied()))
            .map_or(String::new(), |s| format!("did you mean `{s}`?"))
    };
    let said = if ended { "nothing".to_owned() } else { format!("`{word}`") };
    Some(match before {
        "purlin" => stop.error(here, "which version of the language is this?", "write: purlin 1"),
        "basis" => stop
            .error(here, format!("{said} is not a legal ground"), or_of(GROUNDS))
            .help(format!("GDPR Art. 6(1) knows six: {}", GROUNDS.join(", ")))
            .help("if you only process for somebody else write: on behalf of <controller>"),
        "rights" | "right" => stop
            .error(here, format!("{said} is not a right"), or_of(RIGHTS))
            .help(format!("the rights are: {}", RIGHTS.join(", "))),
        "as" if stop.word(at.saturating_sub(2)) == "acts" => stop
            .error(here, format!("{said} is not a role"), or_of(&["processor", "controller", "joint controller"]))
            .help("write: acts as processor, acts as controller or acts as joint controller"),
        "as" => stop.error(here, "what does this mean?", "after `as` comes data, or a kind and a name").help(
            "for example: contact.email of customer, purpose marketing, guard news_opt_in, recipient mailgate, not personal",
        ),
        "bind" => stop
            .error(here, format!("{said} cannot be bound"), or_of(BINDS))
            .help("write: bind rust { … }, bind sql { … }, bind host { … }, bind env { … } or bind path { … }"),
        "must" | "should" => stop.error(here, format!("`{before}` is followed by `not`"), format!("write: {before} not …"))
            .help("a promise says what must not happen; what may happen is said by a purpose"),
        "not" => stop
            .error(here, format!("{said} is not one of the four verbs"), or_of(&["use", "share", "show", "keep"]))
            .help("a promise forbids to use, share … with, show … to or keep … in"),
        "allow" | "deny" | "permits" => stop
            .error(here, format!("{said} is not one of the four verbs"), or_of(&["use", "share", "show", "keep"]))
            .help(format!("for example: {before} use contact.email of customer for marketing")),
        "until" => stop.error(here, "until which day?", "write the date as year-month-day: until 2027-03-31"),
        "contract" | "transfer" | "notice" | "condition" | "owner" | "because" | "dpo" | "adequate" | "import"
        | "controller" | "test" | "waiver" => stop
            .error(here, format!("`{before}` is followed by a text"), format!("write: {before} \"{}\"", said_here(stop))),
        "after" => stop.error(here, "after which event?", "write it in quotation marks: after \"the contract ended\""),
        "for" if word.starts_with(|c: char| c.is_ascii_digit()) => return None,
        "for" if stop.verb(at).is_some_and(|(v, _)| v.ends_with('s')) => stop
            .error(here, "a clause of a purpose does not name a purpose", "after `for` comes how long: … for 24 months")
            .help(format!("remove `for {word}`: the purpose around the clause is meant")),
        _ if before.bytes().all(|b| b.is_ascii_digit()) && !before.is_empty() && stop.word(stop.at.saturating_sub(2)) != "purlin" => stop
            .error(here, format!("{before} what?"), or_of(&["hours", "days", "weeks", "months", "years"]))
            .help("write hours, days, weeks, months or years"),
        _ if VERBS.iter().any(|(v, _)| *v == before) || matches!(before, "about" | "requires" | "given" | "unless") => {
            let example = match before {
                "about" => "the people: about customer",
                "requires" | "given" | "unless" => "a guard",
                _ => "data: name, contact.email",
            };
            stop.error(here, format!("`{before}` is followed by a name"), format!("name {example}"))
        }
        _ if stop.expected.contains(&"a text in quotes") && stop.verb(at).is_none() && is_name(before) && compatible(stop) => {
            stop.error(here, "why is this compatible?", "add the assessment: compatible with … \"CA-2025-03\"")
                .help("reuse for another purpose needs an assessment (GDPR Art. 6(4))")
        }
        _ => return None,
    })
}

/// The words that probably were to stand in quotation marks.
fn said_here<'a>(stop: &Stop<'a>) -> &'a str {
    let end = (stop.at..stop.chunk.to)
        .find(|&i| {
            (i > stop.at && stop.token(i).is_some_and(|t| t.first))
                || matches!(stop.kind(i), Some(Kind::Open | Kind::Close | Kind::Text | Kind::Unclosed))
                || stop.word(i) == "until"
                || stop.word(i) == "dpo"
        })
        .unwrap_or(stop.chunk.to);
    if end == stop.at { "…" } else { stop.slice(stop.range(stop.at, end - 1)) }
}

fn compatible(stop: &Stop<'_>) -> bool {
    stop.at >= 3 && stop.word(stop.at - 2) == "with" && stop.word(stop.at - 3) == "compatible"
}

fn general(stop: &Stop<'_>) -> Diagnostic {
    let word = stop.word(stop.at);
    let from = stop.declaration(stop.at);
    let declaration = stop.word(from);
    let what = match declaration {
        "must" | "should" => "promise",
        "bind" => "`bind`",
        other => other,
    };
    if stop.kind(stop.at) == Some(Kind::Open) && clauses(declaration).is_none() && declaration != "category" {
        return stop.error(stop.at, format!("a {what} has no braces"), "remove them, or close what stands before");
    }
    let message = match stop.kind(stop.at) {
        Some(Kind::Text | Kind::Unclosed) => format!("I did not expect a text in this {what}"),
        _ => format!("I don't understand `{word}` in this {what}"),
    };
    let keywords = stop.expected.iter().map(|e| e.trim_matches('`')).filter(|e| !e.contains(' '));
    let near = suggest(word, INNER.iter().copied().chain(keywords).filter(|k| *k != word));
    let near = near.filter(|_| stop.kind(stop.at) == Some(Kind::Word));
    if let Some(problem) = comma(stop, stop.at).filter(|_| near.is_none() && declaration != "bind") {
        return problem;
    }
    let label = match (near, stop.expected.as_slice()) {
        (Some(near), _) => format!("did you mean `{near}`?"),
        (None, [one]) if one.starts_with('`') => format!("{one} comes here"),
        (None, _) => String::new(),
    };
    let problem = stop.error(stop.at, message, label);
    if declaration == "bind" && near.is_none() {
        let place = match stop.word(from + 1) {
            "rust" => "crate::model::Customer.email",
            "sql" => "customers.email",
            "env" => "MAIL_URL",
            "path" => "\"reports/**\"",
            _ => "\"*.mailgate.example\"",
        };
        return problem.help(format!("each line says what a place means: {place} as …"));
    }
    expected(stop, problem)
}

fn expected(stop: &Stop<'_>, problem: Diagnostic) -> Diagnostic {
    match stop.expected.as_slice() {
        [] => problem,
        [one] if one.starts_with('`') => problem,
        [one] => problem.help(format!("here may stand: {one}")),
        words => problem.help(format!("here may stand: {}", words.join(", "))),
    }
}
