//! What to say where a word, a name, a comma, a brace or a quotation mark is missing.
//!
//! The grammar notices the first word that does not fit; what is missing stands before it.

use crate::diag::{Diagnostic, suggest};

use super::lex::{DECLARATIONS, Kind};
use super::stop::{INNER, RIGHTS, Stop, clauses};

/// Words of a declaration outside of its braces.
fn head_words(declaration: &str) -> &'static [&'static str] {
    match declaration {
        "controller" => &["dpo"],
        "category" => &["special", "also"],
        "subject" => &["rights"],
        "region" => &["home", "adequate"],
        "guard" => &["narrows", "to"],
        "transform" => &["turns", "into", "anonymous", "anything"],
        _ => &[],
    }
}

/// Words after which a text stands.
fn before_text(declaration: &str) -> &'static [&'static str] {
    match declaration {
        "controller" => &["dpo"],
        "region" => &["adequate"],
        "recipient" => &["contract", "transfer"],
        "store" => &["transfer"],
        "purpose" => &["notice", "condition"],
        "waiver" => &["owner", "because"],
        _ => &[],
    }
}

/// Says what is missing before the place where the grammar stopped.
pub(super) fn missing(stop: &Stop<'_>) -> Option<Diagnostic> {
    quotation_mark(stop)
        .or_else(|| name_at_the_end(stop))
        .or_else(|| name_of(stop))
        .or_else(|| declaration(stop))
        .or_else(|| brace(stop))
        .or_else(|| text(stop))
        .or_else(|| head(stop))
}

/// `controller "Shop dpo "a@b"`: the first text ends where the second begins.
fn quotation_mark(stop: &Stop<'_>) -> Option<Diagnostic> {
    let before = stop.at.checked_sub(1)?;
    let (text, word) = (stop.token(before)?, stop.token(stop.at)?);
    (text.kind == Kind::Text && word.lo == text.hi && word.kind == Kind::Word).then(|| {
        stop.error(before, "this text is closed too late", "a closing quotation mark is missing in it")
            .help("a text ends on its line, at the next quotation mark")
    })
}

/// `turns card into`, and then the next declaration: its first word was taken for the name.
fn name_at_the_end(stop: &Stop<'_>) -> Option<Diagnostic> {
    let taken = stop.at.checked_sub(1).filter(|&i| i > stop.chunk.from)?;
    let block = stop.open(stop.at).and_then(|open| clauses(stop.word(stop.declaration(open)))).unwrap_or(&[]);
    let begins = |i: usize| {
        stop.token(i).is_some_and(|t| t.first)
            && (DECLARATIONS.contains(&stop.word(i)) || block.contains(&stop.word(i)))
    };
    let last = match (begins(taken), begins(stop.at)) {
        (true, _) => taken - 1,
        (false, true) => taken,
        (false, false) => return None,
    };
    let word = stop.word(last);
    match stop.kind(last)? {
        Kind::Comma => Some(stop.error(last, "after a comma comes another name", "remove the comma, or add the name")),
        Kind::Word if DECLARATIONS.contains(&word) && stop.declaration(last + 1) == last => {
            Some(stop.error(last, format!("this {word} has no name"), format!("write: {word} <name>")))
        }
        Kind::Word if INNER.contains(&word) || matches!(word, "turns" | "into" | "narrows") => {
            Some(stop.error(last, format!("`{word}` is followed by a name"), "the line ends without it"))
        }
        Kind::Word | Kind::Text | Kind::Unclosed | Kind::Open | Kind::Close | Kind::Other => None,
    }
}

/// `category "Contact details" { … }`.
fn name_of(stop: &Stop<'_>) -> Option<Diagnostic> {
    let from = stop.declaration(stop.at);
    let word = stop.word(from);
    if stop.at != from + 1
        || !matches!(
            word,
            "category"
                | "subject"
                | "region"
                | "recipient"
                | "store"
                | "audience"
                | "guard"
                | "transform"
                | "purpose"
                | "forbidden"
        )
    {
        return None;
    }
    let here = stop.word(stop.at);
    let label = match stop.kind(stop.at)? {
        Kind::Text => format!("write: {word} <name> {here}"),
        Kind::Open | Kind::Close | Kind::Comma => format!("write: {word} <name>"),
        Kind::Word | Kind::Unclosed | Kind::Other => return None,
    };
    Some(stop.error(from, format!("this {word} has no name"), label).help("names are lower-case words joined by dots"))
}

/// A line outside of braces that begins with a name or a text.
fn declaration(stop: &Stop<'_>) -> Option<Diagnostic> {
    let at = stop.at;
    let begins = stop.token(at).is_some_and(|t| t.first) && at > stop.chunk.from && stop.complete(at - 1);
    if !begins || stop.open(at).is_some() {
        return None;
    }
    let word = stop.word(at);
    let above = stop.word(stop.declaration(at));
    let found = (at + 1..stop.chunk.to)
        .take_while(|&i| !stop.token(i).is_some_and(|t| t.first && DECLARATIONS.contains(&stop.word(i))))
        .map(|i| stop.word(i));
    let mut found = found;
    let guess = match stop.kind(at)? {
        Kind::Word if word == "not" => "must",
        Kind::Word if DECLARATIONS.contains(&word) || INNER.contains(&word) => return None,
        Kind::Word => found.find_map(names_kind).unwrap_or(if matches!(above, "must" | "should" | "purlin") {
            "purpose"
        } else {
            above
        }),
        Kind::Text => found.find_map(text_kind)?,
        Kind::Unclosed | Kind::Open | Kind::Close | Kind::Comma | Kind::Other => return None,
    };
    let problem = stop.error(at, format!("a declaration cannot begin with {}", shown(stop, at)), {
        format!("write: {guess} {word}")
    });
    Some(problem.help(format!("a declaration begins with one of: {}", DECLARATIONS.join(", "))))
}

/// The declaration that goes on with a word after its name.
fn names_kind(word: &str) -> Option<&'static str> {
    Some(match word {
        "turns" => "transform",
        "narrows" => "guard",
        "rights" | "right" => "subject",
        "home" | "adequate" => "region",
        "acts" | "contract" => "recipient",
        "about" | "basis" | "uses" | "requires" | "shares" | "shows" | "keeps" => "purpose",
        _ => return None,
    })
}

/// The declaration that begins with a text and goes on with a word.
fn text_kind(word: &str) -> Option<&'static str> {
    Some(match word {
        "allow" | "deny" => "test",
        "permits" | "owner" | "because" => "waiver",
        "dpo" => "controller",
        _ => return None,
    })
}

/// `recipient merchant acts as controller }`.
fn brace(stop: &Stop<'_>) -> Option<Diagnostic> {
    let at = stop.at;
    let from = stop.declaration(at);
    if stop.open(at).is_some() || at <= from + 1 {
        return None;
    }
    let (declaration, word) = (stop.word(from), stop.word(at));
    let block = clauses(declaration)?;
    if stop.kind(at) == Some(Kind::Text) && stop.kind(at - 1) == Some(Kind::Open) {
        return None;
    }
    (block.contains(&word) && stop.kind(at) == Some(Kind::Word)).then(|| {
        stop.error(at, format!("the clauses of a {declaration} stand in braces"), "add { before it")
            .help(format!("write: {declaration} {} {{ {word} … }}", stop.word(from + 1)))
    })
}

/// A text where none belongs.
fn text(stop: &Stop<'_>) -> Option<Diagnostic> {
    let at = stop.at;
    if stop.kind(at) != Some(Kind::Text) || at == 0 || stop.kind(at - 1) == Some(Kind::Comma) {
        return None;
    }
    let open = stop.open(at);
    let from = stop.declaration(open.unwrap_or(at));
    let (declaration, here) = (stop.word(from), stop.word(at));
    let message = format!("nothing says what {} is", if here.chars().count() > 30 { "this text" } else { here });
    if open == Some(at - 1) && clauses(declaration).is_some() {
        let label = format!("write: {declaration} {} {here} {{", stop.word(from + 1));
        return Some(stop.error(at, "a description stands before the brace", label));
    }
    let words = before_text(declaration);
    let behind = stop.kind(at - 1) == Some(Kind::Text);
    if matches!(declaration, "must" | "should") {
        return Some(stop.error(at, "a promise has one text", "remove it, or end the sentence before it").help(
            "if a test or a waiver begins here, its first word is missing: test \"…\" { … }, waiver \"…\" { … }",
        ));
    }
    if words.is_empty() {
        let problem = if behind {
            stop.error(at, "a name has one description", "remove one of the two texts")
        } else {
            stop.error(at, message, "a description stands right after the name")
        };
        return Some(problem);
    }
    let label: Vec<String> = words.iter().map(|w| format!("{w} {here}")).collect();
    Some(stop.error(at, message, format!("write: {}", label.join(", or "))))
}

/// A word in the head of a declaration that is nearly one of its own.
fn head(stop: &Stop<'_>) -> Option<Diagnostic> {
    let at = stop.at;
    let from = stop.declaration(at);
    let declaration = stop.word(from);
    let words = head_words(declaration);
    if words.is_empty() || stop.open(at).is_some() || stop.kind(at) != Some(Kind::Word) || at <= from + 1 {
        return None;
    }
    let word = stop.word(at);
    let before = stop.word(at - 1);
    if declaration == "subject" && RIGHTS.contains(&word) && RIGHTS.contains(&before) {
        return Some(stop.error(at, "is a comma missing?", format!("write: {before}, {word}")));
    }
    if declaration == "subject" && RIGHTS.contains(&word) {
        return Some(stop.error(at, "which word comes before the rights?", format!("write: rights {word}")));
    }
    let near = suggest(word, words.iter().copied())?;
    (near != word).then(|| {
        stop.error(at, format!("I don't understand `{word}` in this {declaration}"), format!("did you mean `{near}`?"))
            .help(format!("a {declaration} may say: {}", words.join(", ")))
    })
}

/// Two names side by side.
pub(super) fn comma(stop: &Stop<'_>, at: usize) -> Option<Diagnostic> {
    let before = at.checked_sub(1)?;
    let name = |i: usize| {
        stop.kind(i) == Some(Kind::Word)
            && stop.word(i).starts_with(|c: char| c.is_ascii_lowercase())
            && !INNER.contains(&stop.word(i))
            && !DECLARATIONS.contains(&stop.word(i))
    };
    (name(at) && name(before) && stop.complete(before) && !stop.token(at)?.first).then(|| {
        let (a, b) = (stop.word(before), stop.word(at));
        stop.error(at, "is a comma missing?", format!("write: {a}, {b}"))
            .help(format!("or a word between `{a}` and `{b}`: of, with, to, in, for, except, given"))
    })
}

fn shown(stop: &Stop<'_>, i: usize) -> String {
    if stop.kind(i) == Some(Kind::Text) { "a text".to_owned() } else { format!("`{}`", stop.word(i)) }
}
