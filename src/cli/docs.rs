//! `purlin docs`: the policy in plain sentences, as the record of Art. 30, as a draft of the notice.

use super::Exit;
use super::args::{Docs, DocsFormat};
use super::ask;
use super::check::diagnostics;
use super::out::{self, Out};
use crate::ask::{docs, page};
use crate::diag::Severity;
use crate::project::{self, Request};

pub(super) fn run(args: &Docs, out: &Out) -> Exit {
    match write(args, out) {
        Ok(text) => out.print(&text, Exit::Clean),
        Err(message) => {
            out.note(&format!("error: {message}"));
            Exit::Usage
        }
    }
}

fn write(args: &Docs, out: &Out) -> Result<String, String> {
    if args.format == DocsFormat::Csv && !args.ropa {
        return Err("only the record is a table: purlin docs --ropa --format csv".to_owned());
    }
    let request =
        Request { paths: args.paths.clone(), policy: args.policy.clone(), code_only: false, shipped: ask::shipped };
    let roots = project::discover_policy(&request).map_err(|e| e.to_string())?;
    let day = args.today.unwrap_or_else(out::today);
    let mut blocks = Vec::new();
    for inputs in &roots {
        let (policy, problems) = ask::load(inputs);
        let Some(policy) = policy else {
            out.note(&diagnostics(inputs, &problems, Severity::Error, out.note_style()));
            return Err("the policy is broken, so it says nothing".to_owned());
        };
        let place = |span: crate::source::Span| {
            format!("{}:{}", inputs.sources.path(span.file), inputs.sources.start(span).line)
        };
        blocks.extend(match (args.ropa, args.notice) {
            (true, _) => docs::record(&policy, day, &place),
            (false, true) => docs::notice(&policy, day),
            (false, false) => docs::plain(&policy, day),
        });
    }
    let title = match blocks.first() {
        Some(page::Block::Heading(_, title)) => title.clone(),
        _ => "Policy".to_owned(),
    };
    Ok(match args.format {
        DocsFormat::Markdown => page::markdown(&blocks),
        DocsFormat::Html => page::html(&title, &blocks),
        DocsFormat::Csv => page::csv(&blocks),
    })
}
