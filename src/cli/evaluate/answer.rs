//! How the figures are given: in words, as JSON, and as a report to file.

use std::io::{StdoutLock, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use serde::Serialize;

use super::super::labelled::LabelledError;
use super::super::photo::tell_failure;
use super::report::Report;

/// Arguments that both commands share.
#[derive(Debug, clap::Args)]
pub(super) struct Answer {
    /// Write a report to read, print and file, as one HTML page without a picture or a name of anybody
    #[arg(long, value_name = "OUT.html")]
    report: Option<PathBuf>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

impl Answer {
    /// Gives what was measured, or says why there is nothing. Fails only when the answer cannot be written.
    pub(super) fn give<T: Serialize>(
        &self,
        measured: Result<T, LabelledError>,
        report: fn(&T) -> Report,
        text: fn(&mut StdoutLock<'static>, &T) -> std::io::Result<()>,
    ) -> anyhow::Result<ExitCode> {
        let filed = measured.and_then(|measured| {
            self.report.as_ref().map_or(Ok(()), |path| report(&measured).write(path))?;
            Ok(measured)
        });
        let measured = match filed {
            Ok(measured) => measured,
            Err(error) => return Ok(tell_failure(self.json, error.code(), &error.to_string())?),
        };
        let mut out = std::io::stdout().lock();
        if self.json {
            writeln!(out, "{}", serde_json::to_string_pretty(&measured)?)?;
        } else {
            text(&mut out, &measured)?;
        }
        Ok(ExitCode::SUCCESS)
    }
}
