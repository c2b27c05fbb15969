//! `vivat retention`: pictures go when their time is over. `vivat serve` does it by itself; this does it now.

use std::process::ExitCode;

use clap::Subcommand;

use super::records::RecordArgs;
use super::serve::runtime;
use crate::service::retain_images::retain;

/// Arguments of `vivat retention`.
#[derive(clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    action: Action,
    #[command(flatten)]
    records: RecordArgs,
}

#[derive(Subcommand)]
enum Action {
    /// Delete the pictures that the policy does not keep, and those that no row knows
    Run,
}

/// Runs the command.
pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let Action::Run = args.action;
    runtime()?.block_on(async {
        let records = args.records.open().await?;
        let deleted = retain(&records, &records.policy().await?.retention).await?;
        println!("deleted: {} pictures whose time was over, {} without a row", deleted.pictures, deleted.orphans);
        Ok(ExitCode::SUCCESS)
    })
}
