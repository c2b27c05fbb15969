//! `vivat vault`: which key locks what, and how to change it while everybody works on.

use std::io::IsTerminal;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, bail};
use clap::Subcommand;
use indicatif::{ProgressBar, ProgressStyle};
use zeroize::Zeroizing;

use super::database::DatabaseArgs;
use super::key_file;
use super::serve::runtime;
use super::vault::{Source, VaultArgs};
use crate::clock::SystemClock;
use crate::service::rotate_vault::{VaultStatus, record_retired, rotate, status};
use crate::store::Store;
use crate::vault::{KekId, KeySource, Keyring};

/// Arguments of `vivat vault`.
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
    /// Show which key locks how much
    Status,
    /// Lock everything with a new key, while servers go on. A key file gets a fresh key as its first line; where the keys
    /// come from elsewhere, put the new key first there, give it to all nodes, and then run this. Goes on where it was
    /// interrupted
    Rotate,
    /// Take keys that lock nothing any more out of the key file, or say which they are
    Retire,
}

/// Runs the command.
pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    runtime()?.block_on(async {
        let store = args.database.open().await?;
        let source = args.vault.source(&args.database);
        match args.action {
            Action::Status => print(&status(&store).await?, &source),
            Action::Rotate => rotate_from(args, &store, &source).await,
            Action::Retire => retire(args, &store, &source).await,
        }?;
        Ok(ExitCode::SUCCESS)
    })
}

fn print(status: &VaultStatus, source: &Source) -> anyhow::Result<()> {
    let keys = source.read()?;
    println!("present key: {}", status.present);
    for (kek, persons) in &status.persons {
        println!("  {kek} locks {persons} persons");
    }
    for kek in keys.names() {
        println!("  {kek} is in {source}{}", if status.needs(kek) { "" } else { ", and locks nothing" });
    }
    if status.rotating {
        println!("a rotation is under way: {} persons are left. `vivat vault rotate` goes on with it", status.left());
    }
    Ok(())
}

async fn rotate_from(args: &Args, store: &Store, source: &Source) -> anyhow::Result<()> {
    let before = status(store).await?;
    let first = first_of(&source.read()?)?;
    if first == before.present && !before.rotating {
        match source {
            Source::File(path) => add_key(path)?,
            _ => bail!("the first key of {source} is the present one already: put a new key before it"),
        }
    }
    let vault = args.vault.open(&args.database, store).await?;
    let bar = std::io::stderr().is_terminal().then(bar).transpose()?;
    let told = rotate(store, &vault, &SystemClock, |done, left| match &bar {
        Some(bar) => {
            bar.set_length(left);
            bar.set_position(done);
        }
        None => eprintln!("{done} of {left} persons"),
    });
    let rotated = told.await?;
    if let Some(bar) = bar {
        bar.finish_and_clear();
    }
    println!("locked with {} now: {rotated} persons", vault.kek().current());
    println!("`vivat vault retire` takes the keys before it away, once no backup needs them");
    Ok(())
}

fn bar() -> anyhow::Result<ProgressBar> {
    let style = ProgressStyle::with_template("{wide_bar} {pos} of {len} persons, {per_sec}, {eta} left")?;
    Ok(ProgressBar::new(0).with_style(style))
}

fn first_of(keys: &Keyring) -> anyhow::Result<KekId> {
    keys.names().next().cloned().context("there is no key")
}

/// A fresh key becomes the first line of the file.
fn add_key(path: &Path) -> anyhow::Result<()> {
    let place = || format!("cannot add a key to {}", path.display());
    let known = key_file::read(path, "the key of the vault")?.with_context(place)?;
    let text = Zeroizing::new(format!("{}\n{}", Keyring::fresh_line().as_str(), known.as_str()));
    key_file::replace(path, &text).with_context(place)?;
    eprintln!("a new vault key in {}: keep a copy elsewhere, nothing opens without it", path.display());
    Ok(())
}

async fn retire(args: &Args, store: &Store, source: &Source) -> anyhow::Result<()> {
    let status = status(store).await?;
    if status.rotating || status.left() > 0 {
        bail!("a rotation is under way: `vivat vault rotate` goes on with it, and then keys can be retired");
    }
    let keys = source.read()?;
    let idle: Vec<_> = keys.names().filter(|kek| !status.needs(kek)).cloned().collect();
    if idle.is_empty() {
        println!("every key is needed: there is nothing to retire");
        return Ok(());
    }
    let Source::File(path) = source else {
        println!("these lock nothing, and can be taken out of {source}:");
        for kek in &idle {
            println!("  {kek}");
        }
        return Ok(());
    };
    let place = || format!("cannot change {}", path.display());
    let text = key_file::read(path, "the key of the vault")?.with_context(place)?;
    let needed = |line: &&str| Keyring::parse(line).is_ok_and(|key| key.names().all(|kek| status.needs(kek)));
    let kept: Vec<_> = text.lines().filter(needed).collect();
    let kept = Zeroizing::new(kept.join("\n") + "\n");
    let vault = args.vault.open(&args.database, store).await?;
    record_retired(store, &vault, &SystemClock, &idle).await?;
    key_file::replace(path, &kept).with_context(place)?;
    for kek in &idle {
        println!("retired: {kek}");
    }
    println!("backups that were made before the rotation do not open any more");
    Ok(())
}
