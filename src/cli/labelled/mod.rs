//! Labelled pictures: the lists that say what they show, and what the models make of them.
//!
//! `vivat evaluate` and `vivat calibrate` measure with the same lists, the same pictures and the same cache.

mod cache;
mod compare;
mod error;
mod groups;
mod list;
mod look;

pub(super) use compare::{Compared, compare};
pub(super) use error::LabelledError;
pub(super) use list::{PairsList, PresentationList};
pub(super) use look::{Look, LookArgs};

/// Where chance begins: the same pictures give the same limits.
pub(super) const SEED: u64 = 19_795;
