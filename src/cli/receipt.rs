//! `vivat receipt`: verified without the server that issued it; and the keys that sign receipts.

use std::process::ExitCode;

use clap::Subcommand;

use super::database::DatabaseArgs;
use super::receipt_verify;
use super::serve::runtime;
use super::vault::VaultArgs;
use crate::clock::SystemClock;
use crate::service::receipt_keys;

/// Arguments of `vivat receipt`.
#[derive(clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Whether a receipt counts: exit code 0 valid, 1 not, 3 error. Needs no server and no network
    Verify(Box<receipt_verify::Args>),
    /// List the keys that sign receipts
    Keys {
        #[command(flatten)]
        database: DatabaseArgs,
    },
    /// Go on with a fresh key. What the present one signed stays valid, and its private half is destroyed
    Rotate {
        #[command(flatten)]
        database: DatabaseArgs,
        #[command(flatten)]
        vault: VaultArgs,
    },
}

/// Runs the command.
pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    match &args.action {
        Action::Verify(args) => receipt_verify::run(args),
        Action::Keys { database } => runtime()?.block_on(keys(database)),
        Action::Rotate { database, vault } => runtime()?.block_on(rotate(database, vault)),
    }
}

async fn keys(database: &DatabaseArgs) -> anyhow::Result<ExitCode> {
    for key in receipt_keys::list(&database.open().await?).await? {
        print!("{}  since {:.0}", key.kid, key.created_at);
        match key.retired_at.zip(key.published_until) {
            Some((retired, until)) => println!("  retired {retired:.0}, published until {until:.0}"),
            None => println!("  signs"),
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn rotate(database: &DatabaseArgs, vault: &VaultArgs) -> anyhow::Result<ExitCode> {
    let store = database.open().await?;
    let vault = vault.open(database, &store).await?;
    let kid = receipt_keys::rotate(&store, &vault, &SystemClock).await?;
    println!("receipts are signed by {kid} from now on");
    Ok(ExitCode::SUCCESS)
}
