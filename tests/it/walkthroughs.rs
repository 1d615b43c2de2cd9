//! The walk-throughs of the README, run line by line.
//!
//! Below a heading, every `console` block is part of one story in a folder of its own: a copy of the example that the
//! first line names (`$ cd examples/lumo`). A line that begins with `$` is run by the shell; what follows is what it
//! prints, where `...` stands for any number of lines.

#![cfg(unix)]

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::run::{copy, repository};

/// One command and what it prints.
struct Step {
    command: String,
    expected: Vec<String>,
}

/// The stories of a document: heading and steps.
fn stories(markdown: &str) -> Vec<(String, Vec<Step>)> {
    let mut out: Vec<(String, Vec<Step>)> = Vec::new();
    let mut heading = String::new();
    let mut lines = markdown.lines();
    while let Some(line) = lines.next() {
        if let Some(title) = line.strip_prefix('#') {
            heading = title.trim_start_matches('#').trim().to_owned();
        } else if line == "```console" {
            if out.last().is_none_or(|(h, _)| *h != heading) {
                out.push((heading.clone(), Vec::new()));
            }
            let steps = &mut out.last_mut().expect("a story").1;
            for line in lines.by_ref().take_while(|l| *l != "```") {
                match line.strip_prefix("$ ") {
                    Some(command) => steps.push(Step { command: command.to_owned(), expected: Vec::new() }),
                    None => steps.last_mut().expect("a command comes first").expected.push(line.to_owned()),
                }
            }
        }
    }
    out
}

/// Whether lines are as expected, with `...` for any number of them.
fn fits(expected: &[String], said: &[&str]) -> bool {
    match expected.split_first() {
        None => said.is_empty(),
        Some((first, rest)) if first.trim() == "..." => (0..=said.len()).any(|n| fits(rest, &said[n..])),
        Some((first, rest)) => said.first().is_some_and(|s| s == first) && fits(rest, &said[1..]),
    }
}

fn shell(folder: &Path, command: &str) -> String {
    let programs = Path::new(env!("CARGO_BIN_EXE_purlin")).parent().expect("a folder");
    let path = std::env::var("PATH").expect("there are programs");
    let out = Command::new("sh")
        .current_dir(folder)
        .args(["-c", &format!("{{ {command}\n}} 2>&1")])
        .env_clear()
        .env("PATH", format!("{}:{path}", programs.display()))
        .envs(["AUTHOR", "COMMITTER"].map(|who| (format!("GIT_{who}_NAME"), "a")))
        .envs(["AUTHOR", "COMMITTER"].map(|who| (format!("GIT_{who}_EMAIL"), "a@b.example")))
        .output()
        .expect("the shell starts");
    String::from_utf8(out.stdout).expect("output is UTF-8")
}

fn walk(document: &str) -> usize {
    let text = std::fs::read_to_string(repository().join(document)).expect("the document");
    let stories = stories(&text);
    for (heading, steps) in &stories {
        let there = tempfile::tempdir().expect("a temporary folder");
        let mut folder: PathBuf = there.path().to_path_buf();
        for step in steps {
            if let Some(example) = step.command.strip_prefix("cd ") {
                copy(&repository().join(example), &folder.join("project"), false);
                folder.push("project");
                continue;
            }
            let said = shell(&folder, &step.command);
            let lines: Vec<&str> = said.lines().collect();
            assert!(
                fits(&step.expected, &lines),
                "{document}, {heading}: `{}` prints\n{said}\nand not\n{}",
                step.command,
                step.expected.join("\n")
            );
        }
    }
    stories.len()
}

#[test]
fn the_readme_does_what_it_says() {
    assert_eq!(walk("README.md"), 3);
}
