//! Pixels in, evidence out: `decode → detect → landmarks → quality → liveness → align → embed`.
//!
//! Pure compute. No stage knows a network, a database, a thread pool or a person; each is a function of its input into
//! the buffers of a [`Workspace`] that a worker owns and reuses. One folder, `engine/`, names
//! the inference engines.
//!
//! Coordinates are pixels of the upright frame, x to the right, y down, a pixel's centre at its whole number. "Left" and
//! "right" are the image's: the person's right eye is the image-left one.

#![expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "pixel arithmetic: sides are at most 12,000, exact in f32, and every float is clamped before it is an index"
)]

mod align;
mod analysis;
mod blazeface;
pub mod burst;
mod calibrations;
mod cohort;
mod colours;
mod decode;
mod detect;
mod embed;
mod engine;
mod faces;
mod frame;
mod geometry;
#[cfg(test)]
mod golden;
mod iris;
mod landmarks;
mod manifest;
mod mapping;
mod measures;
mod nms;
mod pack;
mod pack_choice;
mod passive;
mod pipeline;
mod quality;
mod resize;
pub mod search;
mod shapes;
mod square;
mod template;
pub mod trace;
mod workspace;
mod yunet;

pub use analysis::{Analysis, Face, Seen, Timings};
pub use cohort::Cohort;
pub use decode::{DecodeError, media_type};
pub use detect::Detection;
pub use engine::{Arena, EngineError, InstructionSet, Net, Session};
pub use geometry::{FivePoints, Point, Rect};
pub use measures::{Measures, Pose};
pub use pack::{ModelError, PackDigest, PackInfo, find_pack, pack_names};
pub use pack_choice::{PackChoice, PackName, UnknownPack};
pub use pipeline::{Pipeline, VisionError};
pub use quality::Quality;
pub use template::{Template, TemplateError};
pub use trace::Trace;
pub use workspace::Workspace;
