//! `vivat keys`: who may act for the office.

use std::process::ExitCode;

use clap::Subcommand;

use super::database::DatabaseArgs;
use super::serve::runtime;
use super::vault::VaultArgs;
use crate::clock::SystemClock;
use crate::service::access;

/// Arguments of `vivat keys`.
#[derive(clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    action: Action,
    #[command(flatten)]
    database: DatabaseArgs,
    #[command(flatten)]
    vault: VaultArgs,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Create a key for a member of staff and print its token, once
    Create {
        /// Who will use it; stands in the record beside every judgement
        name: String,
    },
    /// List the keys; tokens are not kept and cannot be shown
    List,
    /// Revoke a key, at once
    Revoke {
        /// Its name
        name: String,
    },
}

/// Runs the command.
pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    runtime()?.block_on(async {
        let store = args.database.open().await?;
        let vault = args.vault.open(&args.database, &store).await?;
        match &args.action {
            Action::Create { name } => {
                println!("{}", access::create(&store, &vault, &SystemClock, name).await?.reveal());
            }
            Action::List => {
                for key in access::list(&store).await? {
                    let state = if key.revoked_at.is_some() { "revoked" } else { "active" };
                    println!("{state:8} {:.0} {}", key.created_at, key.name.as_str());
                }
            }
            Action::Revoke { name } => {
                access::revoke(&store, &vault, &SystemClock, name).await?;
                println!("revoked: {name}");
            }
        }
        Ok(ExitCode::SUCCESS)
    })
}
