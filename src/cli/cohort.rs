//! `vivat cohort`: what strangers look like to a pack's embedder, as a mean and a covariance.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use sha2::{Digest, Sha256};

use crate::vision::Cohort;

use super::labelled::{LookArgs, PairsList};

/// Arguments of `vivat cohort`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// CSV of pictures: file, identity. Hundreds of people at least, none of them among those who will be certified
    #[arg(long, value_name = "LABELS.csv")]
    labels: PathBuf,
    /// Directory that the names of the list are relative to
    #[arg(long, value_name = "DIR")]
    root: PathBuf,
    /// File to write. It goes into the manifest with its sha256, and nobody's face is in it
    #[arg(long, value_name = "FILE.bin")]
    out: PathBuf,
    #[command(flatten)]
    look: LookArgs,
}

/// Runs the command.
pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let list = PairsList::read_identities(&args.labels, &args.root)?;
    let viewer = args.look.open()?;
    let looks = viewer.look(&args.root, &list.pictures)?;
    let templates: Vec<_> =
        list.people.iter().zip(&looks).filter_map(|(person, look)| Some((*person, look.template.as_ref()?))).collect();
    let cohort = Cohort::of(&templates).context("the list has no faces of two people or more")?;
    let bytes = cohort.to_bytes();
    std::fs::write(&args.out, &bytes).with_context(|| format!("cannot write {}", args.out.display()))?;
    let mut people: Vec<u32> = templates.iter().map(|(person, _)| *person).collect();
    people.sort_unstable();
    people.dedup();
    println!("file = {:?}", args.out.display().to_string());
    println!("sha256 = \"{}\"", hex::encode(Sha256::digest(&bytes)));
    println!("people = {}", people.len());
    println!("pictures = {}", templates.len());
    Ok(ExitCode::SUCCESS)
}
