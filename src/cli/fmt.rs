//! `purlin fmt`: one formatting of policy files.

use super::Exit;
use super::args::Fmt;
use super::ask;
use super::check::diagnostics;
use super::out::Out;
use crate::diag::Severity;
use crate::project;

pub(super) fn run(args: &Fmt, out: &Out) -> Exit {
    let (base, inputs) = match project::policy_files(&args.paths) {
        Ok(found) => found,
        Err(fatal) => return out.fail(&fatal.to_string()),
    };
    let mut exit = Exit::Clean;
    for problem in &inputs.problems {
        out.note(&format!("error: {} {}", inputs.sources.path(problem.span.file), problem.what));
        exit = Exit::Usage;
    }
    let unread: Vec<_> = inputs.problems.iter().map(|p| p.span.file).collect();
    let mut changed = Vec::new();
    for (id, file) in inputs.sources.iter().filter(|(id, _)| !unread.contains(id)) {
        match ask::format(id, file) {
            Ok(text) if text == *file.text => {}
            Ok(text) => {
                changed.push(file.path.to_string());
                // Written beside the file and renamed, so that an interrupted run loses nothing.
                let path = base.join(&*file.path);
                if !args.check
                    && let Err(error) = project::replace(&path, &text)
                {
                    out.note(&format!("error: {}: {error}", file.path));
                    exit = Exit::Usage;
                }
            }
            Err(problems) => {
                out.note(&diagnostics(&inputs, &problems, Severity::Warning, out.note_style()));
                exit = Exit::Usage;
            }
        }
    }
    if args.check && !changed.is_empty() {
        let text: String = changed.iter().map(|path| format!("not formatted: {path}\n")).collect();
        return out.print(&text, if exit == Exit::Clean { Exit::Violations } else { exit });
    }
    if out.watched() {
        let verb = if args.check { "are formatted" } else { "formatted" };
        let count = if args.check { inputs.sources.len() } else { changed.len() };
        out.note(&format!("{count} of {} policy files {verb}", inputs.sources.len()));
    }
    exit
}
