//! `cargo purlin`: the same command, as a part of cargo.

use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let mut arguments: Vec<_> = std::env::args_os().collect();
    // Cargo passes the name by which it was called.
    if arguments.get(1).is_some_and(|a| a == "purlin") {
        arguments.remove(1);
    }
    purlin::cli::run(arguments)
}
