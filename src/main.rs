//! The `vivat` command.

use std::process::ExitCode;

use clap::Parser;
use vivat::cli::Cli;

/// glibc's allocator gives inference two speeds, by heap layout; this one gives the better.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Exit code of an error, for every command.
const FAILED: u8 = 3;

fn main() -> ExitCode {
    Cli::parse().run().unwrap_or_else(|error| {
        eprintln!("vivat: {error:#}");
        ExitCode::from(FAILED)
    })
}
