//! `purlin completions` and `purlin man`: what a package brings for the shell and the manual.

use std::path::Path;

use clap::CommandFactory as _;

use super::Exit;
use super::args::Args;
use super::out::Out;

/// Prints the completions of a shell.
pub(super) fn completions(shell: clap_complete::Shell, out: &Out) -> Exit {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut Args::command(), "purlin", &mut text);
    out.print(&String::from_utf8_lossy(&text), Exit::Clean)
}

/// Writes a page for the command and one for each of its parts into a folder.
pub(super) fn man(folder: &Path, out: &Out) -> Exit {
    let written = std::fs::create_dir_all(folder).and_then(|()| clap_mangen::generate_to(Args::command(), folder));
    match written {
        Ok(()) => Exit::Clean,
        Err(error) => out.fail(&format!("cannot write the manual: {error}")),
    }
}
