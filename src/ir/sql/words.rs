//! What a text of SQL does, by its words alone: for texts that are not parsed, or not yet.

/// First words of statements that define, set or ask something, and touch no rows.
const ROWLESS: [&str; 34] = [
    "alter",
    "analyze",
    "attach",
    "begin",
    "comment",
    "commit",
    "create",
    "deallocate",
    "detach",
    "discard",
    "drop",
    "end",
    "explain",
    "grant",
    "kill",
    "listen",
    "lock",
    "notify",
    "pragma",
    "rebuild",
    "refresh",
    "reindex",
    "release",
    "reset",
    "revoke",
    "rollback",
    "savepoint",
    "set",
    "show",
    "start",
    "unlisten",
    "unlock",
    "use",
    "vacuum",
];

/// Words of statements that read or write rows.
const ROWS: [&str; 10] =
    ["call", "copy", "delete", "execute", "insert", "merge", "replace", "select", "truncate", "update"];

/// Words behind which those only name what happens (`on delete cascade`, `grant select`).
const NAMING: [&str; 8] = ["after", "before", "for", "grant", "of", "on", "or", "revoke"];

/// Whether a text begins with a word of a statement that reads or writes rows.
#[must_use]
pub fn begins_with_rows(text: &str) -> bool {
    const BEGIN: [&str; 6] = ["delete", "insert", "merge", "replace", "select", "update"];
    words(text).next().is_some_and(|first| is(&BEGIN, first))
}

/// First words of statements behind which others stand in one text, or which run or declare another.
const LEADING: [&str; 10] =
    ["begin", "declare", "do", "explain", "lock", "pragma", "prepare", "savepoint", "set", "start"];

fn is(list: &[&str], word: &str) -> bool {
    list.iter().any(|w| word.eq_ignore_ascii_case(w))
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|w| !w.is_empty())
}

/// Whether one of the words behind a first says that rows are read or written.
fn says_rows<'a>(first: &'a str, words: impl Iterator<Item = &'a str>) -> bool {
    let mut before = first;
    // What a cursor is for is read through it.
    let names = |before: &str| is(&NAMING, before) && !(is(&["for"], before) && is(&["declare"], first));
    for word in words {
        match is(&ROWS, word) {
            true if names(before) => {}
            true => return true,
            false => before = word,
        }
    }
    false
}

/// Whether a text of SQL, by its words, neither reads nor writes rows: it begins so, and there is no word in it that
/// does, behind a semicolon or as a part (`create table .. as select`, `explain analyze insert`).
#[must_use]
pub fn is_rowless(text: &str) -> bool {
    let mut words = words(text);
    words.next().is_some_and(|first| match plans(text) {
        true => !leads_to_others(text),
        false => is(&ROWLESS, first) && !says_rows(first, words),
    })
}

/// Whether a text begins with a statement that leads to others, and has words of one that reads or writes rows
/// (`begin; insert ..`): behind one that leads nowhere by itself only at the beginning of the next (`commit; delete ..`).
#[must_use]
pub fn leads_to_rows(text: &str) -> bool {
    let mut words = words(text);
    words.next().is_some_and(|first| match is(&LEADING, first) && !plans(text) {
        true => says_rows(first, words),
        false => is(&ROWLESS, first) && leads_to_others(text),
    })
}

/// Whether a statement behind the first of a text reads or writes rows.
fn leads_to_others(text: &str) -> bool {
    text.split(';').skip(1).any(begins_with_rows)
}

/// Whether a text only asks how a statement would be run (`explain select ..`): that runs with `analyze` alone.
fn plans(text: &str) -> bool {
    let mut words = words(text);
    let explains = words.next().is_some_and(|first| is(&["explain"], first));
    explains && !words.take_while(|word| !is(&ROWS, word)).any(|word| is(&["analyze", "analyse"], word))
}
