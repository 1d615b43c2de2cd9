//! A difference as text, as Markdown for a merge request, and as JSON.

use std::fmt::Write as _;

use super::diff::{Change, Diff, Findings};
use super::words::{given, upper};
use crate::diag::count;

/// Version of the JSON.
const VERSION: u32 = 1;

#[derive(serde::Serialize)]
struct Document<'a> {
    version: u32,
    today: &'a str,
    #[serde(flatten)]
    diff: &'a Diff,
    flows: Flows,
    #[serde(skip_serializing_if = "Option::is_none")]
    findings: Option<&'a Findings>,
}

#[derive(serde::Serialize)]
struct Flows {
    newly_permitted: usize,
    no_longer_permitted: usize,
}

fn flows(list: &[Change]) -> usize {
    list.iter().map(|c| c.flows).sum()
}

impl Change {
    /// The flows as one sentence: `share name, contact.email of customer with mailgate for marketing`.
    #[must_use]
    pub fn sentence(&self) -> String {
        let mut out = format!("{} {}", self.verb.word(), self.data.join(", "));
        if !self.people.is_empty() {
            let _ = write!(out, " of {}", self.people.join(", "));
        }
        if let (Some(preposition), Some(target)) = (self.verb.preposition(), &self.target) {
            let _ = write!(out, " {preposition} {target}");
        }
        let _ = write!(out, " for {}", self.purposes.join(", "));
        out
    }

    /// What changed beside `never` and `always`: guards, times.
    fn condition(&self) -> String {
        if let Some((before, after)) = &self.limits {
            return format!("{after}, before {before}");
        }
        let said = |sets: &[Vec<String>]| match given(sets) {
            none if none.is_empty() => "always".to_owned(),
            text => text,
        };
        match (self.before.as_slice(), self.after.as_slice()) {
            ([], after) => given(after),
            (before, []) => given(before),
            (before, after) => format!("{}, before {}", said(after), said(before)),
        }
    }
}

impl Diff {
    fn parts(&self) -> [(&'static str, char, &[Change]); 4] {
        [
            ("newly permitted", '+', &self.newly_permitted),
            ("no longer permitted", '-', &self.no_longer_permitted),
            ("kept longer", '+', &self.kept_longer),
            ("kept shorter", '-', &self.kept_shorter),
        ]
    }

    /// The difference for people.
    #[must_use]
    pub fn text(&self, today: &str) -> String {
        let mut out = String::new();
        for (title, sign, list) in self.parts().into_iter().filter(|(.., list)| !list.is_empty()) {
            let _ = writeln!(out, "{title}: {}", count(flows(list), "flow"));
            for change in list {
                let condition = change.condition();
                let gap = if condition.is_empty() { "" } else { "  " };
                let _ = writeln!(out, "  {sign} {}{gap}{condition}", change.sentence());
            }
        }
        let _ = writeln!(out, "{}", self.last_line(today));
        out
    }

    fn last_line(&self, today: &str) -> String {
        let mut out = String::new();
        if self.is_empty() {
            out.push_str("the same flows are permitted; ");
        } else if !self.is_wider() {
            out.push_str("nothing is newly permitted; ");
        }
        let _ = write!(out, "{} compared, on {today}", count(self.compared, "flow"));
        if self.cut {
            out.push_str("; some have more combinations of guards than are looked at, so that what is said of them may be too strict");
        }
        out
    }

    /// The difference for a merge request.
    #[must_use]
    pub fn markdown(&self, today: &str) -> String {
        let mut out = String::from("### What this change of the policy permits\n\n");
        for (title, _, list) in self.parts().into_iter().filter(|(.., list)| !list.is_empty()) {
            let _ = writeln!(out, "**{}** ({})\n", upper(title), count(flows(list), "flow"));
            out.push_str("| Verb | Data | Of | Where | For | When |\n|---|---|---|---|---|---|\n");
            for c in list {
                let target = match (c.verb.preposition(), &c.target) {
                    (Some(preposition), Some(target)) => format!("{preposition} `{target}`"),
                    _ => String::new(),
                };
                let code = |names: &[String]| names.iter().map(|n| format!("`{n}`")).collect::<Vec<_>>().join(", ");
                let _ = writeln!(
                    out,
                    "| {} | {} | {} | {target} | {} | {} |",
                    c.verb.word(),
                    code(&c.data),
                    code(&c.people),
                    code(&c.purposes),
                    c.condition(),
                );
            }
            out.push('\n');
        }
        let _ = writeln!(out, "{}.", upper(&self.last_line(today)));
        out
    }

    /// The difference for programs, with the findings that it makes and ends if code was given.
    ///
    /// # Errors
    /// Only if serialising fails, which it cannot for these types.
    pub fn json(&self, today: &str, findings: Option<&Findings>) -> Result<String, serde_json::Error> {
        let sums = Flows {
            newly_permitted: flows(&self.newly_permitted),
            no_longer_permitted: flows(&self.no_longer_permitted),
        };
        let document = Document { version: VERSION, today, diff: self, flows: sums, findings };
        let mut text = serde_json::to_string_pretty(&document)?;
        text.push('\n');
        Ok(text)
    }
}
