//! The `vivat` command.

use std::process::ExitCode;

use clap::Parser;
use vivat::cli::Cli;

/// glibc's allocator gives inference two speeds, by heap layout; this one gives the better. Without huge pages: with them a node
/// that has done nothing yet holds 169 instead of 85 MB of its own, and inference gains 1 % (docs/performance.md).
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Exit code of an error, for every command.
const FAILED: u8 = 3;

fn main() -> ExitCode {
    // clap's own code for a usage error is 2, which means "retake" to those who ask `vivat verify`.
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(said) => {
            let code = if said.use_stderr() { FAILED } else { 0 };
            // Nothing is left to say to a terminal that is gone.
            let _ = said.print();
            return ExitCode::from(code);
        }
    };
    cli.run().unwrap_or_else(|error| {
        eprintln!("vivat: {error:#}");
        ExitCode::from(FAILED)
    })
}
