//! `vivat log`: what an auditor takes home, and what tells them whether it is whole.

use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context;
use clap::Subcommand;
use jiff::Timestamp;

use super::database::DatabaseArgs;
use super::log_key::LogKeyArgs;
use super::records::RecordArgs;
use super::serve::runtime;
use crate::clock::SystemClock;
use crate::log::checkpoint::witnessed_at;
use crate::log::export::Line;
use crate::log::note::{Note, VerifierKey};
use crate::log::verify::{Export, Fault, Verdict};
use crate::service::records::Records;
use crate::service::sequence_log::Sequencer;
use crate::service::{audit_log, export_log};

/// Exit code of a log, or a record, that was tampered with.
const TAMPERED: u8 = 1;

/// Arguments of `vivat log`.
#[derive(clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Write the whole log into one file, of a running or a stopped installation
    Export {
        /// File to write
        out: PathBuf,
        #[command(flatten)]
        database: DatabaseArgs,
        #[command(flatten)]
        log_key: LogKeyArgs,
    },
    /// Hold the record in the database against the log: exit code 0 it fits, 1 it does not, 3 error
    Audit {
        #[command(flatten)]
        records: RecordArgs,
    },
    /// Verify an export, offline: exit code 0 whole, 1 tampered, 3 error
    Verify {
        /// File that `vivat log export` wrote
        export: PathBuf,
        /// A checkpoint that was kept elsewhere, such as by a witness: finds a log that was set back or rewritten
        #[arg(long, value_name = "FILE")]
        checkpoint: Option<PathBuf>,
        /// A witness that must have cosigned that checkpoint, as NAME+ID+KEY; once for each
        #[arg(long, value_name = "KEY", requires = "checkpoint")]
        witness: Vec<VerifierKey>,
        /// Key of the log, from a source that you trust (`GET /v1/log/key`, once) [default: the one in the export]
        #[arg(long, value_name = "KEY")]
        key: Option<VerifierKey>,
    },
}

/// Runs the command.
pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    match &args.action {
        Action::Export { out, database, log_key } => runtime()?.block_on(export(out, database, log_key)),
        Action::Audit { records } => runtime()?.block_on(audit(records)),
        Action::Verify { export, checkpoint, witness, key } => {
            let read = read(export).with_context(|| format!("cannot read {}", export.display()))?;
            let outside = checkpoint.as_deref().map(note).transpose()?;
            let named: VerifierKey = read.named_key().parse().context("the export names no key")?;
            let mut verdict = read.verify(key.as_ref().unwrap_or(&named), outside.as_ref());
            let seen = outside.as_ref().map_or_else(Vec::new, |note| seen(note, witness));
            let unseen = seen.iter().filter(|(_, at)| at.is_none());
            verdict.faults.extend(unseen.map(|(name, _)| Fault::NotWitnessed((*name).to_owned())));
            print(&verdict, outside.as_ref(), &seen, key.is_some())?;
            Ok(if verdict.faults.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(TAMPERED) })
        }
    }
}

async fn export(out: &Path, database: &DatabaseArgs, log_key: &LogKeyArgs) -> anyhow::Result<ExitCode> {
    let store = database.open().await?;
    // Without the key, what waits for its place goes on waiting, and the export says so.
    if let Some(signer) = log_key.load(database)? {
        Sequencer::new(store.clone(), Arc::new(SystemClock), signer).await?.run().await?;
    }
    let file = File::create(out).with_context(|| format!("cannot write {}", out.display()))?;
    let mut file = BufWriter::new(file);
    let mut lines = 0_u64;
    let write = |line: &Line| {
        lines += 1;
        serde_json::to_writer(&mut file, line)?;
        file.write_all(b"\n")
    };
    export_log::export(&store, write).await?;
    file.flush().with_context(|| format!("cannot write {}", out.display()))?;
    println!("{lines} lines in {}: `vivat log verify {0}` verifies them", out.display());
    Ok(ExitCode::SUCCESS)
}

async fn audit(records: &RecordArgs) -> anyhow::Result<ExitCode> {
    let Records { store, vault, images, .. } = records.open().await?;
    let audit = audit_log::audit(&store, &vault, &images).await?;
    if audit.discrepancies.is_empty() {
        println!("the record fits the log: {} entries", audit.entries);
        if audit.erased > 0 {
            println!("  not looked at: {} entries of persons who were erased", audit.erased);
        }
        return Ok(ExitCode::SUCCESS);
    }
    println!("THE RECORD DOES NOT FIT THE LOG: {} entries", audit.entries);
    for discrepancy in &audit.discrepancies {
        println!("  {discrepancy}");
    }
    Ok(ExitCode::from(TAMPERED))
}

fn read(path: &Path) -> anyhow::Result<Export> {
    let mut lines = BufReader::new(File::open(path)?).lines().zip(1_u64..).map(|(line, number)| {
        let line = line.with_context(|| format!("line {number}"))?;
        serde_json::from_str::<Line>(&line).with_context(|| format!("line {number} is not one of an export"))
    });
    let mut export = Export::begin(lines.next().transpose()?)?;
    for line in lines {
        export.push(line?)?;
    }
    Ok(export)
}

fn note(path: &Path) -> anyhow::Result<Note> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    text.parse().with_context(|| format!("{} does not hold a checkpoint", path.display()))
}

/// When each of the witnesses saw the checkpoint, if they did.
fn seen<'a>(note: &Note, witnesses: &'a [VerifierKey]) -> Vec<(&'a str, Option<Timestamp>)> {
    witnesses.iter().map(|witness| (witness.name(), witnessed_at(note, witness))).collect()
}

fn print(
    verdict: &Verdict,
    outside: Option<&Note>,
    seen: &[(&str, Option<Timestamp>)],
    trusted: bool,
) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    let Verdict { entries, root, checkpoints, waiting, faults } = verdict;
    if faults.is_empty() {
        writeln!(out, "whole: {entries} entries, {checkpoints} checkpoints, root {root}")?;
    } else {
        writeln!(out, "TAMPERED: {entries} entries, {checkpoints} checkpoints")?;
        for fault in faults {
            writeln!(out, "  {fault}")?;
        }
    }
    if *waiting > 0 {
        writeln!(out, "  not looked at: {waiting} entries had no place in the log yet")?;
    }
    for (name, at) in seen {
        if let Some(at) = at {
            writeln!(out, "  {name} saw the checkpoint from outside at {at}")?;
        }
    }
    match outside {
        None => writeln!(out, "  not looked at: whether the log was set back as a whole; --checkpoint finds that")?,
        // The first signature is that of the log.
        Some(note) if seen.is_empty() && note.signatures.len() > 1 => {
            writeln!(out, "  not looked at: who cosigned the checkpoint from outside; --witness takes their keys")?;
        }
        Some(_) => {}
    }
    if !trusted {
        writeln!(out, "  taken on trust: the key in the export; --key takes one that you know")?;
    }
    Ok(())
}
