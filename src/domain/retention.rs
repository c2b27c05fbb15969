//! How long the frames of sessions are kept, and what tells them again: as short as can be, and as long as people need them.

use serde::{Deserialize, Serialize};

/// How long the frames of a session are kept, in days of 24 hours after its end; 0 is at once. Cases that wait for people
/// keep theirs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Retention {
    /// After the machine certified.
    pub certified_days: u32,
    /// After a reviewer recognised the person.
    pub recognised_days: u32,
    /// After a case became an investigation, which has to look at them.
    pub investigated_days: u32,
    /// After a session expired without a decision.
    pub expired_days: u32,
    /// Marks by which a picture is known again, after it was sent. They tell nothing but that.
    pub frame_mark_days: u32,
}

impl Retention {
    /// Nothing is kept longer than ten years.
    #[must_use]
    pub fn makes_sense(&self) -> bool {
        let Self { certified_days, recognised_days, investigated_days, expired_days, frame_mark_days } = *self;
        let days = [certified_days, recognised_days, investigated_days, expired_days, frame_mark_days];
        days.iter().all(|days| *days <= 3_650)
    }
}

impl Default for Retention {
    /// Frames go with the decision; an investigation has half a year, and whoever was interrupted a week. Their marks stay
    /// until the next certification is over.
    fn default() -> Self {
        Self { certified_days: 0, recognised_days: 0, investigated_days: 180, expired_days: 7, frame_mark_days: 400 }
    }
}
