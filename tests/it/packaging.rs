//! What packages bring: the command as a part of cargo, completions, the manual, and files for CI that name what exists.

use std::process::Command;

use crate::run::{ran, repository, run};

#[test]
fn cargo_passes_its_arguments_on() {
    let lumo = repository().join("examples/lumo-fixed");
    let arguments = ["check", "--format", "concise", "--today", "2026-11-22"];
    let through = |first: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cargo-purlin"));
        ran(command.current_dir(&lumo).args(first).args(arguments).output().expect("the command starts"))
    };
    let own = run(&lumo, &arguments);
    for first in [&["purlin"][..], &[]] {
        let other = through(first);
        assert_eq!((other.code, &other.stdout), (own.code, &own.stdout), "{}", other.stderr);
    }
}

#[test]
fn every_shell_completes_every_part_of_the_command() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let ran = run(repository(), &["completions", shell]);
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{shell}");
        for word in ["check", "baseline", "waive", "diff-base"] {
            assert!(ran.stdout.contains(word), "{shell} does not complete {word}");
        }
    }
}

#[test]
fn the_manual_has_a_page_for_every_part() {
    let there = tempfile::tempdir().expect("a temporary folder");
    let folder = there.path().join("man1");
    let ran = run(repository(), &["man", folder.to_str().expect("a plain path")]);
    assert_eq!((ran.code, ran.stdout.as_str(), ran.stderr.as_str()), (0, "", ""));
    for (page, says) in [
        ("purlin.1", "purlin\\-check(1)"),
        ("purlin-check.1", "\\-\\-diff\\-base"),
        ("purlin-baseline-create.1", "\\-\\-force"),
        ("purlin-waive.1", "\\-\\-until"),
    ] {
        let text = std::fs::read_to_string(folder.join(page)).unwrap_or_else(|e| panic!("{page}: {e}"));
        assert!(text.contains(says), "{page} does not say {says}:\n{text}");
    }
}

/// Files for CI call the command with arguments that it has.
#[test]
fn files_for_ci_use_arguments_that_exist() {
    let help = run(repository(), &["check", "--help"]).stdout + &run(repository(), &["fmt", "--help"]).stdout;
    let mut seen = 0;
    for file in ["action.yml", ".pre-commit-hooks.yaml", "docs/ci/gitlab-ci.yml"] {
        let text = std::fs::read_to_string(repository().join(file)).expect("the file");
        let ours = text.lines().filter(|l| !l.contains("cargo install"));
        for word in ours.flat_map(|l| l.split(|c: char| !(c.is_alphanumeric() || c == '-'))) {
            if let Some(flag) = word.strip_prefix("--").filter(|f| !f.is_empty()) {
                assert!(help.contains(&format!("--{flag}")), "{file}: there is no --{flag}");
                seen += 1;
            }
        }
    }
    assert!(seen >= 8, "only {seen} arguments were found");
    let version = format!("\"{}\"", env!("CARGO_PKG_VERSION"));
    let gitlab = std::fs::read_to_string(repository().join("docs/ci/gitlab-ci.yml")).expect("the file");
    assert!(gitlab.contains(&version), "the template installs another version");
}

/// What the image is built from is what the build needs, and it is let through.
#[test]
fn the_image_copies_what_the_sources_include() {
    let image = std::fs::read_to_string(repository().join("Dockerfile")).expect("the file");
    let let_through = std::fs::read_to_string(repository().join(".dockerignore")).expect("the file");
    for folder in ["src", "grammar", "policies", "models", "docs"] {
        assert!(image.contains(&format!("COPY {folder} {folder}\n")), "{folder} is not copied");
        assert!(let_through.contains(&format!("!{folder}\n")), "{folder} is kept out");
    }
}
