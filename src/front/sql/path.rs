//! Where names without a schema are looked for: `SET search_path`, `USE`, and schemas that are renamed.

use crate::ir::Name;
use crate::ir::sql::{Define, Kind};

/// The meaning of a statement that sets the search path or renames a schema; `words` are its first ones.
pub(super) fn path(text: &str, words: &[String]) -> Option<Kind> {
    let word = |i: usize| words.get(i).map_or("", String::as_str);
    let list = match (word(0), word(1), word(2)) {
        ("set", "search_path", _) | ("set", "session" | "local", "search_path") => {
            let rest = text.get(text.to_ascii_lowercase().find("search_path")? + "search_path".len()..)?;
            let rest = rest.trim_start();
            let to = || rest.get(..2).filter(|w| w.eq_ignore_ascii_case("to")).and(rest.get(2..));
            rest.strip_prefix('=').or_else(to)?
        }
        // What `pg_dump` writes.
        ("select", "pg_catalog", "set_config") if text.contains("'search_path'") => text.split('\'').nth(3)?,
        ("use", "schema" | "database", _) if words.len() == 3 => text.split_whitespace().nth(2)?,
        ("use", _, _) if words.len() == 2 => text.split_whitespace().nth(1)?,
        ("alter", "schema", old) if word(3) == "rename" && word(4) == "to" => {
            return Some(Kind::Define(Define::RenameSchema(Name::new(old), Name::new(word(5)))));
        }
        _ => return None,
    };
    let names = list.split(',').map(name).filter(|n| !matches!(n.as_str(), "" | "default" | "$user" | "pg_catalog"));
    Some(Kind::Define(Define::Path(names.collect())))
}

/// A name without its quotes; what is not quoted is lower-cased.
fn name(text: &str) -> Name {
    let text = text.trim().trim_end_matches(';');
    match text.strip_prefix(['"', '\'', '`']) {
        Some(quoted) => Name::new(quoted.trim_end_matches(['"', '\'', '`'])),
        None => Name::new(text.to_lowercase()),
    }
}
