//! The rows as a second reader sees them: nothing here is shared with the engine.

use std::path::{Path, PathBuf};

/// A row.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// The file it stands in.
    pub file: String,
    /// As it is written.
    pub signature: String,
    /// Its path, as it is called by: `Option::map`.
    pub path: String,
    /// The type or trait before the function's name, with its variables: `Option<T>`.
    pub of: String,
    /// Parameters: name and type, the receiver first.
    pub params: Vec<(String, Option<String>)>,
    /// Whether any number of further arguments may follow.
    pub rest: bool,
    /// Whether it is a constant.
    pub constant: bool,
    /// The type of the result.
    pub ret: Option<String>,
    /// What it does.
    pub effects: Vec<String>,
}

impl Row {
    /// Whether it is called on a receiver.
    pub fn method(&self) -> bool {
        self.params.first().is_some_and(|(name, _)| name == "self")
    }

    /// The name of the function alone.
    pub fn name(&self) -> &str {
        self.path.rsplit("::").next().unwrap_or(&self.path)
    }

    fn parse(file: &str, signature: &str, effects: &str) -> Row {
        let (head, rest) = match outside(signature, '(').or_else(|| outside(signature, ' ')) {
            Some(at) => signature.split_at(at),
            None => (signature, ""),
        };
        let constant = !rest.starts_with('(');
        let close = if constant { 0 } else { closing(rest) };
        let (params, tail) = rest.split_at(close);
        let params: Vec<&str> = list(params.trim_start_matches('('));
        let (of, _) = head.rsplit_once("::").unwrap_or(("", head));
        Row {
            file: file.to_owned(),
            signature: signature.to_owned(),
            path: without_arguments(head),
            of: of.to_owned(),
            rest: params.contains(&".."),
            params: params
                .into_iter()
                .filter(|p| *p != "..")
                .map(|p| match p.split_once(": ") {
                    Some((name, ty)) => (name.to_owned(), Some(ty.to_owned())),
                    None => (p.to_owned(), None),
                })
                .collect(),
            constant,
            ret: tail.split_once("-> ").map(|(_, ty)| ty.trim().to_owned()),
            effects: effects.split(';').map(|e| e.trim().to_owned()).filter(|e| e != "none").collect(),
        }
    }
}

/// Where a character first stands outside of brackets.
fn outside(text: &str, wanted: char) -> Option<usize> {
    let mut depth = 0;
    for (at, c) in text.char_indices() {
        match c {
            c if c == wanted && depth == 0 => return Some(at),
            '<' | '(' | '[' => depth += 1,
            '>' if text[..at].ends_with('-') => {}
            '>' | ')' | ']' => depth -= 1,
            _ => {}
        }
    }
    None
}

/// Where the bracket closes that a text begins with.
fn closing(text: &str) -> usize {
    let open = text.chars().next().map_or(0, char::len_utf8);
    open + outside(&text[open..], ')').unwrap_or(text.len() - open)
}

/// What stands between commas.
pub fn list(text: &str) -> Vec<&str> {
    let mut out = Vec::new();
    let mut rest = text;
    while let Some(at) = outside(rest, ',') {
        out.push(rest[..at].trim());
        rest = &rest[at + 1..];
    }
    out.push(rest.trim());
    out.retain(|part| !part.is_empty());
    out
}

/// A path without generic arguments.
fn without_arguments(path: &str) -> String {
    let mut depth = 0;
    let mut out = String::new();
    for c in path.chars() {
        match c {
            '<' => depth += 1,
            '>' => depth -= 1,
            c if depth == 0 => out.push(c),
            _ => {}
        }
    }
    out
}

/// An example that was written by hand.
#[derive(Clone, Debug, PartialEq)]
pub struct Written {
    /// The file it stands in.
    pub file: String,
    /// The signatures that it shows, as one text: those of several rows are separated by `|`.
    pub of: String,
    /// Lines of Rust with markers.
    pub code: String,
}

/// All rows and written examples, in the order of files and lines.
pub fn read() -> (Vec<Row>, Vec<Written>) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/rust");
    let mut files: Vec<PathBuf> = std::fs::read_dir(&folder)
        .expect("the folder of models")
        .map(|e| e.expect("a file").path())
        .filter(|p| p.extension().is_some_and(|e| e == "yaml"))
        .collect();
    files.sort();
    let (mut rows, mut written) = (Vec::new(), Vec::new());
    for path in files {
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&path).expect("models are UTF-8");
        let yaml: serde_yaml::Value = serde_yaml::from_str(&text).expect("models are YAML");
        let pairs = |key: &str| -> Vec<(String, String)> {
            let all = yaml.get(key).and_then(|v| v.as_mapping()).into_iter().flatten();
            all.map(|(k, v)| (k.as_str().expect("a text").to_owned(), v.as_str().expect("a text").to_owned())).collect()
        };
        rows.extend(pairs("rows").iter().map(|(s, e)| Row::parse(&name, s, e)));
        let one = |(of, code): (String, String)| Written { file: name.clone(), of, code };
        written.extend(pairs("examples").into_iter().map(one));
    }
    (rows, written)
}

#[test]
fn a_row_is_read_as_it_is_written() {
    let row = Row::parse(
        "a.yaml",
        "a::B<K, V>::f(self, g: fn(K, (V, K)) -> C, x, ..) -> Option<(K, V)>",
        "g(self.key, x).0 -> ret; none",
    );
    assert_eq!((row.path.as_str(), row.of.as_str(), row.name()), ("a::B::f", "a::B<K, V>", "f"));
    let params: Vec<_> = row.params.iter().map(|(n, t)| (n.as_str(), t.as_deref())).collect();
    assert_eq!(params, [("self", None), ("g", Some("fn(K, (V, K)) -> C")), ("x", None)]);
    assert_eq!((row.rest, row.constant, row.ret.as_deref()), (true, false, Some("Option<(K, V)>")));
    assert_eq!(row.effects, ["g(self.key, x).0 -> ret"]);
    assert!(Row::parse("a.yaml", "a::B::C -> a::B", "none").constant);
}
