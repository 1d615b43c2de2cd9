//! `purlin who`, `where`, `why`: tables of what a policy permits.

use super::Exit;
use super::args::{Format, Table};
use super::ask;
use super::out::Out;
use crate::ask::Change;
use crate::ask::table;
use crate::policy::{Date, Policy};

/// Which table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Question {
    Who,
    Where,
    Why,
}

pub(super) fn run(question: Question, args: &Table, out: &Out) -> Exit {
    match answer(question, args, out) {
        Ok(text) => out.print(&text, Exit::Clean),
        Err(message) => out.fail(&message),
    }
}

fn answer(question: Question, args: &Table, out: &Out) -> Result<String, String> {
    let roots = ask::policies(&args.named.request())?;
    let day = args.day.date();
    let mut rows = Vec::new();
    for inputs in &roots {
        let policy = ask::sound(inputs, "it answers nothing", out)?;
        rows.extend(ask_one(question, &policy, &args.what, day)?);
    }
    match args.format {
        Format::Json => table::json(&rows).map_err(|e| format!("cannot write the table: {e}")),
        Format::Text if rows.is_empty() => Ok("nothing is permitted\n".to_owned()),
        Format::Text => Ok(table::text(&rows)),
    }
}

fn ask_one(question: Question, policy: &Policy, what: &[String], day: Date) -> Result<Vec<Change>, String> {
    let words: Vec<&str> = what.iter().flat_map(|w| w.split_whitespace()).collect();
    match (question, words.as_slice()) {
        (Question::Who, [data]) => table::who(policy, data, None, day),
        (Question::Who, [data, "of", people]) => table::who(policy, data, Some(people), day),
        (Question::Who, _) => {
            Err("ask for data: purlin who contact.email, purlin who contact.email of customer".to_owned())
        }
        (Question::Where, [place]) => table::there(policy, place, day),
        (Question::Where, _) => Err("ask for a region: purlin where us".to_owned()),
        (Question::Why, [name]) => table::why(policy, name, day),
        (Question::Why, _) => Err("ask for a recipient, store or audience: purlin why mailgate".to_owned()),
    }
}
