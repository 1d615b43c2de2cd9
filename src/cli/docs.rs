//! `purlin docs`: the policy in plain sentences, as the record of Art. 30, as a draft of the notice.

use super::Exit;
use super::args::{Docs, DocsFormat};
use super::ask;
use super::out::Out;
use crate::ask::{docs, page};

pub(super) fn run(args: &Docs, out: &Out) -> Exit {
    match write(args, out) {
        Ok(text) => out.print(&text, Exit::Clean),
        Err(message) => out.fail(&message),
    }
}

fn write(args: &Docs, out: &Out) -> Result<String, String> {
    if args.format == DocsFormat::Csv && !args.ropa {
        return Err("only the record is a table: purlin docs --ropa --format csv".to_owned());
    }
    let roots = ask::policies(&args.about.request())?;
    let day = args.day.date();
    let mut blocks = Vec::new();
    for inputs in &roots {
        let policy = ask::sound(inputs, "it says nothing", out)?;
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
