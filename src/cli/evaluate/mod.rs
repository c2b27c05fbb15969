//! `vivat evaluate`: how often do the models err, on labelled pictures?

mod answer;
mod models_used;
mod pad;
mod report;
mod text;
mod verification;

use std::process::ExitCode;

use clap::Subcommand;

pub(super) use report::ReportError;

/// Bars of a histogram of scores.
const BINS: usize = 60;

/// Arguments of `vivat evaluate`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// How often the same person is not recognised, and another one is taken for them
    Verification(verification::Args),
    /// How often an attack is taken for a living person, and a living person for an attack
    Pad(pad::Args),
}

/// Runs the command. Fails only when the answer cannot be written.
pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    match &args.what {
        What::Verification(args) => verification::run(args),
        What::Pad(args) => pad::run(args),
    }
}
