//! Reading one file, and what kind of file it is.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use super::Shipped;
use super::paths;
use crate::limits::FILE_BYTES;

/// What a file is, by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Rust,
    Sql,
    Policy,
    Manifest,
    /// YAML and CSV that may describe tables.
    Sheet,
    /// Texts that code fills in.
    Template,
    /// Messages of protocol buffers.
    Proto,
    Other,
}

impl Kind {
    pub(super) fn of(path: &str) -> Kind {
        let name = path.rsplit('/').next().unwrap_or(path);
        match name.rsplit_once('.').map(|(_, ext)| ext) {
            Some("rs") => Kind::Rust,
            Some("sql") => Kind::Sql,
            Some("proto") => Kind::Proto,
            Some("purlin") => Kind::Policy,
            Some("yml" | "yaml" | "csv") => Kind::Sheet,
            Some("toml") if name == "Cargo.toml" => Kind::Manifest,
            Some("toml") if TEMPLATE_CONFIG.contains(&name) => Kind::Template,
            _ if path.starts_with("purlin:") => Kind::Policy,
            Some("j2" | "jinja" | "jinja2" | "tera" | "askama" | "hbs" | "handlebars" | "mustache" | "stpl") => {
                Kind::Template
            }
            Some("html" | "htm" | "txt" | "xml" | "md") if is_template(path) => Kind::Template,
            _ => Kind::Other,
        }
    }

    pub(super) fn is_code(self) -> bool {
        matches!(self, Kind::Rust | Kind::Sql)
    }
}

/// What says how and where templates are written.
pub(super) const TEMPLATE_CONFIG: [&str; 3] = ["askama.toml", "rinja.toml", "sailfish.toml"];

/// Whether a file is below a folder of templates.
fn is_template(path: &str) -> bool {
    path.starts_with("templates/") || path.contains("/templates/")
}

/// A file that was read, or why not.
#[derive(Clone, Debug)]
pub(super) struct Text {
    /// Relative to the root of the run.
    pub path: String,
    pub text: Result<String, String>,
    /// Whether it was left out for its size.
    pub limit: bool,
}

/// Reads a file whole, if it is a regular file of a reasonable size that holds UTF-8.
pub(super) fn read(file: &Path, path: String) -> Text {
    match try_read(file) {
        Ok(text) => Text { path, text: Ok(text), limit: false },
        Err((what, limit)) => Text { path, text: Err(what), limit },
    }
}

fn try_read(file: &Path) -> Result<String, (String, bool)> {
    let unreadable = |e: std::io::Error| (format!("cannot be read: {}", plain(&e)), false);
    // Asked before opening: opening a pipe would wait for its writer.
    let meta = std::fs::metadata(file).map_err(unreadable)?;
    if !meta.is_file() {
        return Err(("is not a regular file".to_owned(), false));
    }
    let too_large = || (format!("is larger than {} MiB and was not read", FILE_BYTES >> 20), true);
    if meta.len() > FILE_BYTES {
        return Err(too_large());
    }
    let mut bytes = Vec::with_capacity(usize::try_from(meta.len()).unwrap_or(0) + 1);
    // The size may lie (`/proc`), so the bound is kept while reading as well.
    File::open(file).and_then(|f| f.take(FILE_BYTES + 1).read_to_end(&mut bytes)).map_err(unreadable)?;
    if bytes.len() as u64 > FILE_BYTES {
        return Err(too_large());
    }
    if bytes.contains(&0) {
        return Err(("is a binary file (it holds a NUL byte)".to_owned(), false));
    }
    String::from_utf8(bytes)
        .map_err(|e| (format!("is not UTF-8 (first bad byte at offset {})", e.utf8_error().valid_up_to()), false))
}

/// An error of the system without its number and without any path, so that reports are the same everywhere.
pub(super) fn plain(error: &std::io::Error) -> String {
    // A walk wraps the error of the system into one that names the path.
    let mut innermost = error;
    let mut next = error.get_ref().and_then(|e| e.source());
    while let Some(cause) = next {
        if let Some(io) = cause.downcast_ref::<std::io::Error>() {
            innermost = io;
        }
        next = cause.source();
    }
    let text = innermost.to_string();
    let text = text.split(" (os error").next().unwrap_or(&text);
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |c| c.to_lowercase().chain(chars).collect())
}

/// The paths that a policy text imports, in order. Only words outside of comments and texts count.
pub(super) fn imports(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = text;
    let mut after_import = false;
    while let Some(c) = rest.chars().next() {
        let len = match c {
            '#' => rest.find('\n').unwrap_or(rest.len()),
            '"' | '\u{201C}' => {
                let close = if c == '"' { '"' } else { '\u{201D}' };
                let body = &rest[c.len_utf8()..];
                let end = body.find([close, '\n']).unwrap_or(body.len());
                if after_import {
                    found.push(body[..end].to_owned());
                }
                after_import = false;
                let closed = body[end..].starts_with(close);
                c.len_utf8() + end + if closed { close.len_utf8() } else { 0 }
            }
            c if c.is_alphanumeric() || c == '_' => {
                let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '.')).unwrap_or(rest.len());
                after_import = &rest[..end] == "import";
                end
            }
            c => {
                after_import &= c.is_whitespace() || c == '\u{FEFF}';
                c.len_utf8()
            }
        };
        rest = &rest[len..];
    }
    found
}

/// The path under which an import of the file `from` is found among the sources.
pub(super) fn import_path(from: &str, import: &str) -> String {
    if import.starts_with("purlin:") { import.to_owned() } else { paths::join(paths::folder(from), import) }
}

/// Adds the shipped policies that some text imports, and those that they import.
pub(super) fn add_shipped(texts: &mut Vec<Text>, shipped: Shipped) {
    let mut seen: BTreeSet<String> = texts.iter().map(|t| t.path.clone()).collect();
    let mut at = 0;
    while at < texts.len() {
        let wanted = match (&texts[at].text, Kind::of(&texts[at].path)) {
            (Ok(text), Kind::Policy) => imports(text),
            _ => Vec::new(),
        };
        for import in wanted {
            let Some(name) = import.strip_prefix("purlin:") else { continue };
            if let Some(text) = shipped(name)
                && seen.insert(import.clone())
            {
                texts.push(Text { path: import, text: Ok(text.to_owned()), limit: false });
            }
        }
        at += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn imports_are_found_outside_of_comments_and_texts() {
        let text = "\u{FEFF}purlin 1\n# import \"no.purlin\"\nimport \"a.purlin\" import\n\u{201C}b.purlin\u{201D}\n\
                    purpose x \"import\" { notice \"c\" }\nimports \"d\" importx \"e\"";
        assert_eq!(imports(text), ["a.purlin", "b.purlin"]);
        assert_eq!(imports("import \"unclosed\nimport \"x\""), ["unclosed", "x"]);
    }
}
