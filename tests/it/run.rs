//! Runs the built command in a folder of its own.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// A folder of the repository.
pub fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The command, with an environment that holds nothing that could change its output.
pub fn purlin(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_purlin"));
    command.current_dir(folder).env_clear().stdin(Stdio::null());
    // Some systems cannot start a program without these.
    for name in ["PATH", "SystemRoot", "LD_LIBRARY_PATH"] {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
    command
}

/// What a run gave.
#[derive(Debug)]
pub struct Ran {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

/// Runs the command to its end.
pub fn run(folder: &Path, arguments: &[&str]) -> Ran {
    ran(purlin(folder).args(arguments).output().expect("the command starts"))
}

/// Standard output and error as text, and the exit code.
pub fn ran(output: Output) -> Ran {
    Ran {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8(output.stdout).expect("output is UTF-8"),
        stderr: String::from_utf8(output.stderr).expect("messages are UTF-8"),
    }
}

/// A temporary folder with these files.
pub fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (path, text) in files {
        write(folder.path(), path, text.as_bytes());
    }
    folder
}

/// Writes a file and the folders above it.
pub fn write(folder: &Path, path: &str, bytes: &[u8]) {
    let file = folder.join(path);
    std::fs::create_dir_all(file.parent().expect("a folder above")).expect("folders can be made");
    std::fs::write(file, bytes).expect("files can be written");
}

/// Copies a folder, its files in the given order of names.
pub fn copy(from: &Path, to: &Path, backwards: bool) {
    let mut files: Vec<PathBuf> = walkdir::WalkDir::new(from)
        .into_iter()
        .map(|e| e.expect("the folder can be read"))
        .filter(|e| e.file_type().is_file())
        .map(|e| e.into_path())
        .filter(|p| !p.components().any(|c| c.as_os_str() == "target"))
        .collect();
    files.sort();
    if backwards {
        files.reverse();
    }
    for file in files {
        let path = file.strip_prefix(from).expect("it lies below");
        write(to, &path.to_string_lossy(), &std::fs::read(&file).expect("files can be read"));
    }
}
