//! Which models were measured, and when.

use jiff::Timestamp;
use serde::Serialize;

use crate::clock::SystemClock;
use crate::domain::clock::Clock;
use crate::vision::Pipeline;

/// What a result must name to mean something later.
#[derive(Serialize)]
pub(super) struct ModelsUsed {
    pub(super) pack: String,
    /// Of models and recipe, in hexadecimal.
    pub(super) digest: String,
    pub(super) vivat: &'static str,
    pub(super) measured_at: Timestamp,
}

impl ModelsUsed {
    pub(super) fn of(pipeline: &Pipeline) -> Self {
        let pack = pipeline.pack();
        Self {
            pack: pack.name.clone(),
            digest: pack.digest.to_string(),
            vivat: env!("CARGO_PKG_VERSION"),
            measured_at: SystemClock.now(),
        }
    }
}
