//! What was typed becomes what is done.

mod allocator;
mod bench;
mod calibrate;
mod cohort;
mod database;
mod demo;
mod draw;
mod duplicates;
mod evaluate;
mod glyphs;
mod housekeeping;
mod images;
mod inspect;
mod key_file;
mod kiosk;
mod labelled;
mod log;
mod log_key;
mod model_packs;
mod models;
#[cfg(feature = "oidc")]
mod oidc;
mod person;
mod photo;
mod receipt;
mod receipt_verify;
mod records;
mod retention;
mod serve;
mod staff;
#[cfg(feature = "oidc")]
mod staff_link;
mod vault;
mod vault_keys;
mod verify;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Proof of life for pensions. 养老待遇领取资格认证。
#[derive(Parser)]
#[command(name = "vivat", version, propagate_version = true, arg_required_else_help = true)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve the API and the pages
    Serve(serve::Args),
    /// Fill an empty data directory with a demo, and perform two certifications
    Demo(demo::Args),
    /// Members of staff: accounts, roles, tokens for scripts
    Staff(staff::Args),
    /// The key of a kiosk, and a certification from it: exit code 0 certified, 1 referred, 2 retake, 3 error
    Kiosk(kiosk::Args),
    /// The log that proves itself: export it, verify an export offline
    Log(log::Args),
    /// The vault: which key locks what; change it, retire it
    Vault(vault_keys::Args),
    /// One person: erase
    Person(person::Args),
    /// Who is enrolled under two numbers: all pairs of beneficiaries whose faces match, for people to look at
    Duplicates(duplicates::Args),
    /// Pictures whose time is over: delete them now
    Retention(retention::Args),
    /// Receipts of certifications: verify one offline, list and rotate the keys that sign them
    Receipt(receipt::Args),
    /// Compare the faces in two photos: exit code 0 match, 1 no match, 2 retake, 3 error
    Verify(verify::Args),
    /// Measure on labelled pictures how often faces are told apart, and attacks found
    Evaluate(evaluate::Args),
    /// What strangers look like to a pack, as the moments that similarities are counted from
    Cohort(cohort::Args),
    /// Find the thresholds of false match rates on labelled pictures, and write them to a calibration
    Calibrate(calibrate::Args),
    /// Model packs: list them, verify them, add a model of your own
    Models(model_packs::Args),
    /// Show what the pipeline sees in a photo: exit code 0 good, 2 retake, 3 error
    Inspect(inspect::Args),
    /// Measure what a photo, or a certification, costs the processor, stage by stage: exit code 0, or 3 for an error
    Bench(bench::Args),
}

impl Cli {
    /// Does what was asked for.
    ///
    /// # Errors
    /// For the person at the terminal: what went wrong, and what to do.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        match self.command {
            Command::Serve(args) => serve::run(args),
            Command::Demo(args) => demo::run(&args),
            Command::Staff(args) => staff::run(&args),
            Command::Kiosk(args) => kiosk::run(args),
            Command::Log(args) => log::run(&args),
            Command::Vault(args) => vault_keys::run(&args),
            Command::Person(args) => person::run(&args),
            Command::Duplicates(args) => duplicates::run(&args),
            Command::Retention(args) => retention::run(&args),
            Command::Receipt(args) => receipt::run(&args),
            Command::Verify(args) => verify::run(&args),
            Command::Calibrate(args) => calibrate::run(&args),
            Command::Models(args) => model_packs::run(&args),
            Command::Evaluate(args) => evaluate::run(&args),
            Command::Cohort(args) => cohort::run(&args),
            Command::Inspect(args) => inspect::run(&args),
            Command::Bench(args) => bench::run(&args),
        }
    }
}
