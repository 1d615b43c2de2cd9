//! Paths as the rest of the house sees them: relative to the root of the run, with `/`.

use std::path::{Component, Path, PathBuf};

/// `a/./b/../c` as `a/c`; leading `..` stay. Also turns `\` into `/`.
pub(super) fn normalise(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split(['/', '\\']) {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|p| *p != "..") => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}

/// The folder that holds `path`; empty for the root of the run.
pub(super) fn folder(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// Whether the file's own name begins with a dot.
pub(super) fn is_hidden(path: &str) -> bool {
    path.rsplit('/').next().is_some_and(|name| name.starts_with('.'))
}

/// `folder/name`, normalised.
pub(super) fn join(folder: &str, name: &str) -> String {
    if name.starts_with('/') { normalise(name) } else { normalise(&format!("{folder}/{name}")) }
}

/// The folder above: `a/b` gives `a`, `a` gives the root, the root gives `..`, and so on upwards.
pub(super) fn above(folder: &str) -> String {
    join(folder, "..")
}

/// Whether `path` is `folder` or lies below it.
pub(super) fn is_below(path: &str, folder: &str) -> bool {
    if path.starts_with("..") || folder.starts_with("..") {
        // Only folders above the root of the run begin with `..`: they hold everything that climbs less.
        let climb = |p: &str| p.split('/').take_while(|s| *s == "..").count();
        let (up_path, up_folder) = (climb(path), climb(folder));
        let below = |p: &str, n: usize| p.split('/').skip(n).collect::<Vec<_>>().join("/");
        return match up_path.cmp(&up_folder) {
            std::cmp::Ordering::Less => below(folder, up_folder).is_empty(),
            std::cmp::Ordering::Equal => plain_below(&below(path, up_path), &below(folder, up_folder)),
            std::cmp::Ordering::Greater => false,
        };
    }
    plain_below(path, folder)
}

fn plain_below(path: &str, folder: &str) -> bool {
    folder.is_empty() || path == folder || path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
}

/// `path` made absolute against `current`, without `.` and `..`.
pub(super) fn absolute(current: &Path, path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in current.join(path).components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                out.pop();
            }
            other => out.push(other),
        }
    }
    out
}

/// An absolute path relative to the absolute folder `base`, with `/`.
pub(super) fn relative(base: &Path, path: &Path) -> String {
    let mut base_parts = base.components().peekable();
    let mut parts = path.components().peekable();
    while let (Some(a), Some(b)) = (base_parts.peek(), parts.peek()) {
        if a != b {
            break;
        }
        base_parts.next();
        parts.next();
    }
    let mut out: Vec<String> = base_parts.map(|_| "..".to_owned()).collect();
    out.extend(parts.map(|p| p.as_os_str().to_string_lossy().into_owned()));
    out.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_normalised_and_compared() {
        assert_eq!(normalise("./a//b/../c"), "a/c");
        assert_eq!(normalise("../../x/./y"), "../../x/y");
        assert_eq!(join("policy", "../eu.purlin"), "eu.purlin");
        assert_eq!(above("a/b"), "a");
        assert_eq!(above(""), "..");
        assert_eq!(above(".."), "../..");
        assert!(is_below("a/b.rs", "a"));
        assert!(!is_below("ab/b.rs", "a"));
        assert!(is_below("a/b.rs", ".."));
        assert!(is_below("../z/b.rs", "../.."));
        assert!(!is_below("a/b.rs", "../z"));
        assert_eq!(relative(Path::new("/x/y"), Path::new("/x/z/a.rs")), "../z/a.rs");
    }
}
