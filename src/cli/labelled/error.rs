//! Why labelled pictures could not be measured.

use std::path::PathBuf;

use super::super::evaluate::ReportError;
use super::super::photo::PhotoError;
use crate::domain::rates::comparisons::TooFew;
use crate::vision::TemplateError;

/// Why labelled pictures could not be measured, and what to do.
#[derive(Debug, thiserror::Error)]
pub(in crate::cli) enum LabelledError {
    #[error("no list was named: --pairs or --all-pairs")]
    NoList,
    #[error("cannot read {}: {source}", path.display())]
    File { path: PathBuf, source: csv::Error },
    #[error("{}, line {line}: {what}", path.display())]
    Line { path: PathBuf, line: u64, what: String },
    #[error("{}: {what}", path.display())]
    List { path: PathBuf, what: String },
    #[error("cannot use the cache {}: {source}. Name another directory with --cache, or say --no-cache", path.display())]
    Cache { path: PathBuf, source: std::io::Error },
    #[error("pack {0} does not assess liveness from one picture, so there is nothing to measure: see --pack")]
    NoPad(String),
    #[error(transparent)]
    Report(#[from] ReportError),
    #[error(transparent)]
    Rates(#[from] TooFew),
    #[error(transparent)]
    Template(#[from] TemplateError),
    #[error(transparent)]
    Photo(#[from] PhotoError),
}

impl LabelledError {
    /// A stable name for programs.
    pub(in crate::cli) fn code(&self) -> &'static str {
        match self {
            Self::File { .. } => "file_unreadable",
            Self::NoList => "list_missing",
            Self::Line { .. } | Self::List { .. } => "list_invalid",
            Self::Cache { .. } => "cache_unusable",
            Self::NoPad(_) => "not_assessed",
            Self::Report(_) => "file_unwritable",
            Self::Rates(_) => "too_few_comparisons",
            Self::Template(_) => "vision_failed",
            Self::Photo(error) => error.code(),
        }
    }
}
