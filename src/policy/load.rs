//! From files to a policy.

use crate::diag::{Diagnostic, Severity};
use crate::source::{FileId, Span};

use super::ast::{self, Item};
use super::names::Names;
use super::resolved::{FlowQuestion, Policy};
use super::types::Meaning;
use super::{packs, parse, resolve, resolve_flows};

/// Packs that the caller did not hand in have numbers from here down; the highest is left to the caller.
const PACKS: u32 = u32::MAX - 1;

/// One file of a policy.
#[derive(Clone, Copy, Debug)]
pub struct PolicyFile<'a> {
    /// Its number; all spans carry it.
    pub file: FileId,
    /// Its path relative to the root of the run, with `/`.
    pub path: &'a str,
    /// Its text.
    pub text: &'a str,
}

/// Reads the files of one policy root.
///
/// `import "x"` names a file among `files`, relative to the importing one; `import "purlin:NAME"` a pack, which may
/// be among the files under that path (then its places can be shown) and is taken from the program otherwise. The
/// policy is `None` iff some diagnostic is an error: a broken policy decides nothing.
#[must_use]
pub fn load(files: &[PolicyFile<'_>]) -> (Option<Policy>, Vec<Diagnostic>) {
    let mut cx = Names::new();
    let mut items = Vec::new();
    let mut problems = Vec::new();
    let mut paths = std::collections::BTreeMap::new();
    let mut todo: Vec<PolicyFile<'_>> = files.to_vec();
    let mut next = 0;
    while let Some(file) = todo.get(next).copied() {
        next += 1;
        cx.add_file(file.file, file.path, file.text);
        paths.insert(file.file.0, file.path.to_owned());
        let parsed = parse::file(file.file, file.text);
        for placed in &parsed.items {
            let Item::Import(path) = &placed.item else { continue };
            let wanted = target(file.path, &path.text);
            if todo.iter().any(|f| normal(f.path) == wanted) {
                continue;
            }
            match wanted.strip_prefix("purlin:").and_then(packs::pack_entry) {
                Some((path, text, n)) => todo.push(PolicyFile { file: FileId(PACKS - n), path, text }),
                None => {
                    cx.incomplete = true;
                    problems.push(not_found(path, &wanted));
                }
            }
        }
        cx.lose(parsed.lost);
        problems.extend(parsed.diagnostics);
        items.extend(parsed.items);
    }
    let broken = problems.iter().any(|d| d.severity == Severity::Error);
    let (policy, more) = resolve::resolve(cx, &items);
    problems.extend(more);
    resolve::sort(&mut problems);
    let policy = policy.filter(|_| !broken).map(|mut p| {
        p.paths = paths;
        p
    });
    (policy, problems)
}

fn not_found(path: &ast::Text, wanted: &str) -> Diagnostic {
    let packs = packs::names().join(", purlin:");
    let label = match wanted.strip_prefix("purlin:") {
        Some(_) => format!("there are purlin:{packs}"),
        None => "the path is relative to this file".to_owned(),
    };
    Diagnostic::error("P10", format!("there is no file `{}` to import", path.text), path.at.0, label)
}

/// The paths that a file imports, as written.
#[must_use]
pub fn imports(text: &str) -> Vec<String> {
    let parsed = parse::file(FileId(0), text);
    let mut out = Vec::new();
    for placed in parsed.items {
        if let Item::Import(path) = placed.item
            && !out.contains(&path.text)
        {
            out.push(path.text);
        }
    }
    out
}

/// The path that an import in `from` names, without `.` and `..`.
#[must_use]
pub fn target(from: &str, import: &str) -> String {
    if import.starts_with("purlin:") {
        return import.to_owned();
    }
    match from.rsplit_once('/') {
        Some((folder, _)) if !import.starts_with('/') => normal(&format!("{folder}/{import}")),
        _ => normal(import),
    }
}

fn normal(path: &str) -> String {
    let path = path.replace('\\', "/");
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|p| *p != "..") => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    let start = if path.starts_with('/') { "/" } else { "" };
    format!("{start}{}", parts.join("/"))
}

/// Reads an annotation in code: what follows `purlin:` in a comment, the right-hand side of a `bind` line.
///
/// # Errors
/// A B02 diagnostic at (or within) `span`, if it cannot be read or names what the policy does not declare.
pub fn parse_meaning(policy: &Policy, text: &str, span: Span) -> Result<Meaning, Diagnostic> {
    let said = parse::annotation(text, span)?;
    let mut cx = names_of(policy);
    let made = resolve_flows::meaning(&mut cx, &said, span);
    match cx.diagnostics.into_iter().next() {
        Some(problem) => Err(Diagnostic { code: "B02", ..problem }),
        None => made.ok_or_else(|| super::messages_fixed::no_meaning(span, text, None)),
    }
}

/// Reads a flow sentence: `share contact.email of customer with mailgate for marketing`.
///
/// # Errors
/// A diagnostic at (or within) `span`, if it cannot be read or names what the policy does not declare.
pub fn parse_flow(policy: &Policy, text: &str, span: Span) -> Result<FlowQuestion, Diagnostic> {
    let said = parse::question(text, span)?;
    let mut cx = names_of(policy);
    let made = resolve_flows::flow(&mut cx, &said);
    match cx.diagnostics.into_iter().next() {
        Some(problem) => Err(problem),
        None => Ok(made),
    }
}

/// The names of a loaded policy, to resolve more sentences with.
fn names_of(policy: &Policy) -> Names<'static> {
    let mut cx = Names::new();
    cx.adopt(policy);
    cx
}
