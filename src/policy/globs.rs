//! Patterns of paths, as bindings and waivers write them.

/// Whether a path matches a pattern: `*` stands for a part of a name, `**` for folders.
#[must_use]
pub fn glob_matches(glob: &str, path: &str) -> bool {
    fn folders(glob: &[&str], path: &[&str]) -> bool {
        match (glob.split_first(), path.split_first()) {
            (None, None) => true,
            (Some((&"**", rest)), _) => {
                folders(rest, path) || path.split_first().is_some_and(|(_, p)| folders(glob, p))
            }
            (Some((g, glob)), Some((p, path))) => name(g, p) && folders(glob, path),
            _ => false,
        }
    }
    fn name(glob: &str, text: &str) -> bool {
        match glob.split_once('*') {
            None => glob == text,
            Some((head, rest)) => text
                .strip_prefix(head)
                .is_some_and(|text| (0..=text.len()).any(|at| text.get(at..).is_some_and(|tail| name(rest, tail)))),
        }
    }
    folders(&glob.split('/').collect::<Vec<_>>(), &path.split('/').collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_stand_for_names_and_folders() {
        assert!(glob_matches("reports/**", "reports/a/b.sql"));
        assert!(glob_matches("reports/*.sql", "reports/é.sql"));
        assert!(!glob_matches("reports/*.sql", "reports/a/b.sql"));
        assert!(glob_matches("**/old_*.rs", "src/x/old_mail.rs"));
    }
}
