//! What was typed becomes what is done.

mod database;
mod demo;
mod keys;
mod models;
mod serve;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Proof of life for pensions. 养老金待遇领取资格认证。
#[derive(Debug, Parser)]
#[command(name = "vivat", version, propagate_version = true, arg_required_else_help = true)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the API and the pages
    Serve(serve::Args),
    /// Fill an empty data directory with a demo, and perform two certifications
    Demo(demo::Args),
    /// Access keys of the office: create, list, revoke
    Keys(keys::Args),
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
            Command::Keys(args) => keys::run(&args),
        }
    }
}
