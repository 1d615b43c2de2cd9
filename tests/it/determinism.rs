//! The same bytes for any number of threads, any order of creation, any checkout folder.

use crate::run::{copy, repository, run};

const DAY: [&str; 2] = ["--today", "2026-11-22"];

fn lumo() -> std::path::PathBuf {
    repository().join("examples/lumo")
}

#[test]
fn threads_folders_and_order_change_nothing() {
    let there = tempfile::tempdir().expect("a temporary folder");
    let deeper = there.path().join("a/deeper/checkout");
    copy(&lumo(), &deeper, true);
    let beside = there.path().join("b");
    copy(&lumo(), &beside, false);
    for format in ["text", "json"] {
        let arguments = |jobs: &'static str| [&["check", "--format", format, "-j", jobs][..], &DAY].concat();
        let first = run(&lumo(), &arguments("1"));
        assert!(first.code <= 1, "{}", first.stderr);
        for (folder, jobs) in [(&lumo(), "4"), (&deeper, "1"), (&beside, "4")] {
            let other = run(folder, &arguments(jobs));
            assert_eq!(first.stdout, other.stdout, "{format} in {} with -j {jobs}", folder.display());
        }
    }
}

#[test]
fn no_path_of_the_machine_is_printed() {
    let there = tempfile::tempdir().expect("a temporary folder");
    let project = there.path().join("project");
    copy(&lumo(), &project, false);
    std::fs::create_dir(project.join(".git")).expect("a folder");
    let place = project.to_string_lossy().into_owned();
    let elsewhere = tempfile::tempdir().expect("a temporary folder");
    for format in ["text", "json"] {
        let here = run(&project, &[&["check", "--format", format][..], &DAY].concat());
        let from_elsewhere = run(elsewhere.path(), &[&["check", &place, "--format", format][..], &DAY].concat());
        assert_eq!(here.stdout, from_elsewhere.stdout);
        assert!(!here.stdout.contains(&place));
    }
}
