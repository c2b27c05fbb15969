//! How often comparisons and attack detectors err: rates, their limits, and what a sample can show at all.
//!
//! Words and definitions after ISO/IEC 19795-1 (comparison: FMR, FNMR, DET, equal error rate) and ISO/IEC 30107-3 (attack
//! detection: APCER by species, BPCER, non-response). A *trial* is one score with the people behind it; a threshold
//! accepts the trials at or above it. Nothing here knows a picture or a model.

#![expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "counts of trials become rates: exact in f64 up to 2^53, and quantiles are clamped before they are an index"
)]

pub mod attacks;
pub mod bootstrap;
pub mod comparisons;
pub mod curve;
pub mod disparity;
pub mod histogram;
pub mod limits;
pub mod trials;
