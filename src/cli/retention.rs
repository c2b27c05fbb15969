//! `vivat retention`: pictures go when their time is over. `vivat serve` does it by itself; this does it now.

use std::process::ExitCode;
use std::sync::Arc;

use clap::Subcommand;

use super::database::DatabaseArgs;
use super::images::ImageArgs;
use super::serve::runtime;
use super::vault::VaultArgs;
use crate::clock::SystemClock;
use crate::service::records::Records;
use crate::service::retain_images::retain;

/// Arguments of `vivat retention`.
#[derive(clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    action: Action,
    #[command(flatten)]
    database: DatabaseArgs,
    #[command(flatten)]
    vault: VaultArgs,
    #[command(flatten)]
    images: ImageArgs,
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
        let store = args.database.open().await?;
        let vault = args.vault.open(&args.database, &store).await?;
        let images = args.images.open(&args.database).await?;
        let records = Records { store, vault, images, clock: Arc::new(SystemClock) };
        let deleted = retain(&records, &records.policy().await?.retention).await?;
        println!("deleted: {} pictures whose time was over, {} without a row", deleted.pictures, deleted.orphans);
        Ok(ExitCode::SUCCESS)
    })
}
