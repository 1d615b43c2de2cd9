//! Who may import whom, and which library stands behind which door.

use std::path::Path;

use proc_macro2::{Delimiter, TokenStream, TokenTree};

use crate::run::repository;

/// Each room and those it may import. Imports only go down.
const ROOMS: &[(&str, &[&str])] = &[
    ("source", &[]),
    ("limits", &[]),
    ("diag", &["source"]),
    ("ir", &["source"]),
    ("policy", &["source", "diag", "limits"]),
    ("model", &["source", "diag", "limits", "ir"]),
    ("front", &["source", "diag", "ir", "model", "limits"]),
    ("project", &["source", "diag", "limits"]),
    ("link", &["source", "diag", "ir", "model", "limits"]),
    ("flow", &["source", "diag", "ir", "link", "model", "limits"]),
    ("judge", &["source", "diag", "ir", "policy", "flow", "limits"]),
    ("report", &["source", "diag", "policy", "flow", "judge"]),
    ("cache", &["source", "ir", "flow"]),
    ("ask", &["source", "diag", "policy", "judge", "limits"]),
    ("interop", &["source", "diag", "policy", "model", "judge", "limits"]),
    (
        "engine",
        &["source", "diag", "ir", "policy", "model", "front", "project", "link", "flow", "judge", "cache", "limits"],
    ),
    ("cli", &["source", "diag", "policy", "project", "flow", "judge", "report", "ask", "interop", "engine", "limits"]),
    ("lsp", &["source", "diag", "policy", "project", "judge", "report", "ask", "engine", "limits"]),
];

/// Libraries and parts of std with the places where alone they are named.
const DOORS: &[(&[&str], &[&str])] = &[
    (&["pest"], &["policy/parse"]),
    (&["pest_derive"], &["policy/parse"]),
    (&["syn"], &["front/rust"]),
    (&["proc_macro2"], &["front/rust"]),
    (&["sqlparser"], &["front/sql"]),
    (&["miette"], &["report/text", "cli/", "main.rs"]),
    (&["clap"], &["cli/"]),
    (&["serde_yaml"], &["model/load.rs", "front/sql/dbt", "interop/"]),
    (&["toml"], &["project/", "cli/baseline_file"]),
    (&["tempfile"], &["project/git"]),
    (&["thin_vec"], &["flow/value"]),
    (&["Command", "new"], &["project/git"]),
    (&["ignore"], &["project/"]),
    (&["walkdir"], &["project/"]),
    (&["mimalloc"], &["main.rs"]),
    (&["std", "fs"], &["project/", "cli/", "cache/", "lsp/"]),
    (&["std", "env"], &["project/", "cli/", "cache/", "lsp/", "main.rs"]),
    (&["Instant"], &["cli/", "lsp/"]),
    (&["SystemTime"], &["cli/", "lsp/"]),
];

/// Names that are also those of fields or methods of ours and so are sought only before `::`.
const ONLY_AS_PATHS: &[&str] = &["ignore", "toml", "syn"];

/// A source file: path below `src`, and the paths that its code names outside of tests.
struct Source {
    path: String,
    text: String,
    paths: Vec<Vec<String>>,
}

fn sources() -> Vec<Source> {
    let src = repository().join("src");
    let mut files: Vec<_> = walkdir::WalkDir::new(&src)
        .into_iter()
        .map(|e| e.expect("the sources can be read").into_path())
        .filter(|p| p.extension().is_some_and(|e| e == "rs"))
        .collect();
    files.sort();
    files
        .iter()
        .map(|file| {
            let path = file.strip_prefix(&src).expect("it lies below").to_string_lossy().replace('\\', "/");
            let text = std::fs::read_to_string(file).expect("sources are UTF-8");
            let mut paths = Vec::new();
            let tokens: TokenStream = text.parse().expect("our own sources can be read");
            collect(tokens, &[], &mut paths);
            Source { path, text, paths }
        })
        .filter(|s| !is_test(&s.path))
        .collect()
}

fn is_test(path: &str) -> bool {
    path.ends_with("/tests.rs") || path.contains("/tests/") || path.ends_with("_tests.rs")
}

/// All paths `a::b::..`, with the branches of `a::{b, c}` taken apart, outside of `#[cfg(test)]` items.
fn collect(tokens: TokenStream, prefix: &[String], out: &mut Vec<Vec<String>>) {
    let mut tokens = tokens.into_iter().peekable();
    let mut path: Vec<String> = prefix.to_vec();
    let mut joined = false;
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Ident(ident) => {
                if !joined {
                    end(&mut path, prefix, out);
                }
                path.push(ident.to_string());
                joined = false;
            }
            TokenTree::Punct(p)
                if p.as_char() == ':' && matches!(tokens.peek(), Some(TokenTree::Punct(q)) if q.as_char() == ':') =>
            {
                tokens.next();
                joined = true;
            }
            TokenTree::Punct(p) if p.as_char() == '#' => {
                let test = matches!(tokens.peek(), Some(TokenTree::Group(g)) if g.to_string().replace(' ', "") == "[cfg(test)]");
                if test {
                    tokens.next();
                    for token in tokens.by_ref() {
                        match token {
                            TokenTree::Group(g) if g.delimiter() == Delimiter::Brace => break,
                            TokenTree::Punct(p) if p.as_char() == ';' => break,
                            _ => {}
                        }
                    }
                }
            }
            TokenTree::Group(group) => {
                let inner = if joined && group.delimiter() == Delimiter::Brace { path.clone() } else { Vec::new() };
                end(&mut path, prefix, out);
                collect(group.stream(), &inner, out);
                joined = false;
            }
            TokenTree::Punct(_) | TokenTree::Literal(_) => {
                end(&mut path, prefix, out);
                joined = false;
            }
        }
    }
    end(&mut path, prefix, out);
}

fn end(path: &mut Vec<String>, prefix: &[String], out: &mut Vec<Vec<String>>) {
    if path.len() > prefix.len() {
        out.push(std::mem::replace(path, prefix.to_vec()));
    }
}

fn room(path: &str) -> &str {
    path.split('/').next().unwrap_or(path).trim_end_matches(".rs")
}

#[test]
fn imports_only_go_down() {
    let mut wrong = Vec::new();
    for source in sources() {
        let own = room(&source.path);
        if matches!(own, "lib" | "main") {
            continue;
        }
        let Some((_, allowed)) = ROOMS.iter().find(|(name, _)| *name == own) else {
            wrong.push(format!("src/{}: the room `{own}` is not in the table", source.path));
            continue;
        };
        for path in &source.paths {
            if let [root, target, ..] = path.as_slice()
                && root == "crate"
                && target != own
                && ROOMS.iter().any(|(name, _)| name == target)
                && !allowed.contains(&target.as_str())
            {
                wrong.push(format!("src/{}: `{own}` may not import `{target}`", source.path));
            }
        }
    }
    wrong.sort();
    wrong.dedup();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_table_has_no_cycle() {
    for (index, (name, allowed)) in ROOMS.iter().enumerate() {
        for target in *allowed {
            let below = ROOMS.iter().position(|(n, _)| n == target).expect("it is a room");
            assert!(below < index, "`{name}` imports `{target}`, which stands above it");
        }
    }
    assert!(ROOMS.len() <= 18, "a house with more rooms than that has a second house in it");
}

#[test]
fn libraries_stand_behind_their_doors() {
    let mut wrong = Vec::new();
    for source in sources() {
        for (name, places) in DOORS {
            let only_paths = ONLY_AS_PATHS.contains(&name[0]);
            let named = source.paths.iter().any(|path| {
                path.windows(name.len()).any(|w| w.iter().zip(*name).all(|(a, b)| a == b))
                    && (!only_paths || (path.len() > 1 && path[0] == name[0]))
            });
            if named && !places.iter().any(|p| source.path.starts_with(p)) {
                wrong.push(format!(
                    "src/{} names `{}`, which stands in {}",
                    source.path,
                    name.join("::"),
                    places.join(", ")
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_file_says_what_it_owns() {
    for source in sources() {
        assert!(source.text.starts_with("//!"), "src/{} does not begin with `//!`", source.path);
    }
}

#[test]
fn the_command_is_short() {
    let main = std::fs::read_to_string(repository().join("src/main.rs")).expect("main.rs");
    assert!(main.lines().count() <= 40);
    assert!(Path::new(env!("CARGO_BIN_EXE_purlin")).exists());
}
