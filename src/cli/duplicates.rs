//! `vivat duplicates`: who is enrolled under two numbers? A list for people to look at.

use std::process::ExitCode;

use super::models::ModelArgs;
use super::records::RecordArgs;
use super::serve::runtime;
use crate::domain::score::FalseMatchRate;
use crate::service::find_duplicates::all_duplicates;

/// Arguments of `vivat duplicates`.
#[derive(clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    records: RecordArgs,
    #[command(flatten)]
    models: ModelArgs,
    /// Take the threshold of this false match rate, one that the calibration of the models has [default: its strictest]
    #[arg(long, value_name = "RATE")]
    fmr: Option<f64>,
    /// Print one JSON document
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let pack = args.models.find()?;
    let found = runtime()?.block_on(async {
        let records = args.records.open().await?;
        anyhow::Ok(all_duplicates(&records, &pack, args.fmr.map(FalseMatchRate)).await?)
    })?;
    if args.json {
        println!("{}", serde_json::to_string(&found)?);
        return Ok(ExitCode::SUCCESS);
    }
    for pair in &found.pairs {
        let [one, other] = pair.beneficiaries;
        println!("{one}  {other}");
    }
    println!(
        "{} pairs of beneficiaries among {} references, to be looked at by people",
        found.pairs.len(),
        found.references
    );
    println!(
        "at a false match rate of {} about {:.1} pairs of strangers are found by chance",
        found.fmr, found.expected_by_chance
    );
    Ok(ExitCode::SUCCESS)
}
