//! `purlin init`: a first policy for a repository that has none, all of it to be decided by people.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::Exit;
use super::args::{Init, Named};
use super::ask;
use super::check::with_threads;
use super::out::Out;
use super::progress::Progress;
use crate::engine::survey::{Guess, Handled, handled, survey};
use crate::project::{self, Fatal, Inputs, Place, Request};
use crate::source::{FileId, SourceFile, SourceMap, Span};

const POLICY: &str = "privacy.purlin";
const BINDINGS: &str = "bindings.purlin";
/// Names of data that are listed behind a place.
const SHOWN: usize = 4;

pub(super) fn run(args: &Init, out: &Out) -> Exit {
    with_threads(None, out, || match init(args, out) {
        Ok(said) => out.print(&said, Exit::Clean),
        Err(problem) => out.fail(&problem),
    })
}

fn init(args: &Init, out: &Out) -> Result<String, String> {
    let current = std::env::current_dir().map_err(|e| format!("the current folder: {e}"))?;
    let folder = args.folder.as_ref().map_or_else(|| current.clone(), |f| current.join(f));
    let request = Request { paths: args.folder.iter().cloned().collect(), ..Named::default().request() };
    match project::discover_policy(&request) {
        Err(Fatal::NoPolicy(_)) => {}
        Err(other) => return Err(other.to_string()),
        Ok(found) => {
            let file = found.iter().flat_map(|i| i.policy_entries.iter().map(|id| i.sources.path(*id))).next();
            return Err(format!("there is a policy already, {}; nothing was written", file.unwrap_or_default()));
        }
    }
    if !folder.is_dir() {
        return Err("a policy stands in a folder, and this is a file".to_owned());
    }
    // Places are those that its reader sees.
    let request = Request { paths: Vec::new(), ..request };
    let there = Place { at: Some(folder.clone()), ..Place::default() };
    let progress = Progress::new(out.watched());
    let code = read(&Request { code_only: true, ..request.clone() }, &there)?;
    let survey = survey(&code);
    let sources = &code.sources;
    // What is labelled is followed, to see who handles it.
    let labels = labels(&survey.columns, &survey.fields, sources);
    let with = |policy: &str, bindings: &str| Place {
        instead: vec![(POLICY.into(), policy.to_owned()), (BINDINGS.into(), bindings.to_owned())],
        ..there.clone()
    };
    let first = read(&request, &with(&policy(&Handled::default(), sources), &format!("{HEAD}{labels}")))?;
    progress.phase("flow");
    let broken = |_| "the code has a name that a first policy cannot hold".to_owned();
    let found = handled(&first).map_err(broken)?;
    let policy = formatted(POLICY, policy(&found, &first.sources))?;
    let bindings = formatted(BINDINGS, format!("{HEAD}{labels}{}", places(&found, &first.sources)))?;
    let second = read(&request, &with(&policy, &bindings))?;
    if ask::load(&second).0.is_none() {
        return Err(broken(Vec::new()));
    }
    drop(progress);
    for (name, text) in [(POLICY, &policy), (BINDINGS, &bindings)] {
        project::write(&folder.join(name), text).map_err(|e| format!("cannot write {name}: {e}"))?;
    }
    Ok(format!(
        "{POLICY} and {BINDINGS} are written: {} columns, {} fields and types look personal; {} functions handle them, and \
         {} hosts and {} tables, logs and routers receive them\nwhat stands behind `decide:` is for people; then: purlin check\n",
        survey.columns.len(),
        survey.fields.len(),
        found.roots.len(),
        found.hosts.len() + found.vendors.len(),
        found.sinks.len(),
    ))
}

fn read(request: &Request, place: &Place) -> Result<Inputs, String> {
    let roots = project::discover_at(request, place).map_err(|e| e.to_string())?;
    roots.into_iter().next().ok_or_else(|| "there is nothing to read".to_owned())
}

fn formatted(name: &str, text: String) -> Result<String, String> {
    ask::format(FileId(0), &SourceFile::new(name, text))
        .map_err(|problems| problems.first().map_or_else(String::new, |p| format!("{name}: {}", p.message)))
}

/// The record itself: whose data, and what for, is for people to say.
fn policy(found: &Handled, sources: &SourceMap) -> String {
    let mut out = String::from(
        "purlin 1\nimport \"purlin:common\"\nimport \"purlin:eu\"\n\n\
         # Written by `purlin init`. It loads, and it permits nothing yet: what stands behind `decide:` is for people.\n\n\
         controller \"decide: who is responsible\" dpo \"decide: whom to ask\"\n\n\
         # decide: which groups of people there are, by what they are to you: customers, visitors, employees.\n\
         subject person \"decide: whose data it is\"\n\n\
         # decide: what the data is for. Until a purpose is bound to code, its use is reported as R01.\n\
         # purpose support \"Answer questions about an order\" {\n#   about  person\n#   basis  contract\n\
         #   notice \"privacy-notice#support\"\n#   uses   contact.email, name\n# }\n",
    );
    if !(found.hosts.is_empty() && found.vendors.is_empty()) {
        out.push_str("\n# decide: who receives data, as what, and under which contract.\n");
    }
    for (name, span, data) in found.hosts.iter().chain(&found.vendors) {
        let _ = writeln!(
            out,
            "# recipient {} \"decide: {name} receives {}, {}\" {{ acts as processor }}",
            identifier(name),
            some(data),
            place(sources, *span)
        );
    }
    if !found.sinks.is_empty() {
        out.push_str("\n# decide: where data is kept or shown.\n");
    }
    for (name, span, data) in &found.sinks {
        let _ = writeln!(
            out,
            "# store {} \"decide: {name} receives {}, {}\"",
            identifier(name),
            some(data),
            place(sources, *span)
        );
    }
    out
}

/// The first lines of the bindings.
const HEAD: &str = "purlin 1\nimport \"privacy.purlin\"\n\n\
                    # Written by `purlin init`. A label that is wrong becomes `not personal`; a group of people that is known better\n\
                    # stands in place of `person`.\n";

/// What looks personal, each with the reason.
fn labels(columns: &[Guess], fields: &[Guess], sources: &SourceMap) -> String {
    let mut out = String::new();
    for (kind, guesses) in [("sql", columns), ("rust", fields)] {
        if guesses.is_empty() {
            continue;
        }
        let _ = writeln!(out, "\nbind {kind} {{");
        for guess in guesses {
            let place = place(sources, guess.span);
            let _ =
                writeln!(out, "  # decide: {}, {place}\n  {} as {} of person", guess.why, guess.place, guess.category);
        }
        out.push_str("}\n");
    }
    out
}

/// Code that handles it, as lines to be filled in.
fn places(found: &Handled, sources: &SourceMap) -> String {
    let mut out = String::new();
    let mut block = |head: &str, kind: &str, list: &[(String, Span, Vec<String>)], line: &dyn Fn(&str) -> String| {
        if list.is_empty() {
            return;
        }
        let _ = writeln!(out, "\n# decide: {head}\n# bind {kind} {{");
        for (name, span, data) in list {
            let _ = writeln!(out, "#   {}  # {}, {}", line(name), some(data), place(sources, *span));
        }
        out.push_str("# }\n");
    };
    block("for which purpose each of these runs.", "rust", &found.roots, &|n| format!("{n} as purpose .."));
    block("which recipient each host is, or `ours`.", "host", &found.hosts, &|n| format!("\"{n}\" as recipient .."));
    block("which recipient each client is.", "rust", &found.vendors, &|n| format!("{n} as recipient .."));
    let (tables, others): (Vec<_>, Vec<_>) =
        found.sinks.iter().cloned().partition(|(n, ..)| !n.contains("::") && n != "panic");
    block("which store each table is, or which audience sees it.", "sql", &tables, &|n| format!("{n} as store .."));
    block("which store or audience each of these is.", "rust", &others, &|n| format!("{n} as store .."));
    out
}

/// `a, b and 3 more`.
fn some(data: &[String]) -> String {
    let shown = data.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ");
    let more = data.len().saturating_sub(SHOWN);
    if more == 0 { shown } else { format!("{shown} and {more} more") }
}

fn place(sources: &SourceMap, span: Span) -> String {
    format!("{}:{}", sources.path(span.file), sources.start(span).line)
}

/// A name of the policy for something outside.
fn identifier(name: &str) -> String {
    let parts: BTreeSet<char> = ['.', '-', ':', '/'].into_iter().collect();
    let mut out: String = name.to_lowercase().chars().map(|c| if parts.contains(&c) { '_' } else { c }).collect();
    out.retain(|c| c.is_ascii_alphanumeric() || c == '_');
    if out.starts_with(|c: char| c.is_ascii_alphabetic()) { out } else { format!("x{out}") }
}
