//! `vivat person`: what is done to one person, by whoever operates the installation.

use std::io::{BufRead, IsTerminal, Write};
use std::process::ExitCode;

use anyhow::Context;
use clap::Subcommand;
use zeroize::Zeroizing;

use super::records::RecordArgs;
use super::serve::runtime;
use crate::service::erase_person::erase_number;

/// Arguments of `vivat person`.
#[derive(clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    action: Action,
    #[command(flatten)]
    records: RecordArgs,
}

#[derive(Subcommand)]
enum Action {
    /// Erase somebody: their key is destroyed and their pictures are deleted. The citizen number is asked for, or read from
    /// standard input, never from an argument, which everybody on the machine can see. Copies of the database that were
    /// made before still open with the present vault key, until `vivat vault rotate` and `retire` have changed it
    Erase {
        /// Why, in 5 to 2,000 characters, without the number or the name
        #[arg(long)]
        reason: String,
    },
}

/// Runs the command.
pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let Action::Erase { reason } = &args.action;
    let number = read_number()?;
    runtime()?.block_on(async {
        let records = args.records.open().await?;
        let (erased, pictures) = erase_number(&records, number.trim(), reason).await?;
        println!("erased: person {}", erased.person);
        println!(
            "  what stays, with nobody's name on it: {} certifications, {} decisions, {} judgements, entries of the log",
            erased.certifications, erased.decisions, erased.judgements
        );
        match pictures {
            Ok(deleted) => println!("  pictures deleted: {}", deleted.pictures),
            Err(error) => eprintln!("  pictures cannot be opened any more, and are still there: {error}. They go with the next `vivat retention run`"),
        }
        Ok(ExitCode::SUCCESS)
    })
}

fn read_number() -> anyhow::Result<Zeroizing<String>> {
    if std::io::stdin().is_terminal() {
        eprint!("citizen number: ");
        std::io::stderr().flush()?;
    }
    let mut number = Zeroizing::new(String::new());
    std::io::stdin().lock().read_line(&mut number).context("cannot read the citizen number")?;
    Ok(number)
}
