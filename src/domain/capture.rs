//! Captures: the frames that a session accepted.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::evidence::FrameEvidence;
use super::id::{CaptureId, SessionId};

/// Where a capture is made. The policy has a rule for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// At the window, in front of a clerk.
    Counter,
    /// A kiosk in a hall, with somebody of the office in sight.
    Kiosk,
    /// The person's own phone, with nobody of the office in sight.
    Phone,
}

/// What the person is asked to do while a frame is taken. Left and right are the person's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// Look into the camera, straight.
    LookStraight,
    /// Turn the head to the left.
    TurnLeft,
    /// Turn the head to the right.
    TurnRight,
    /// Open the mouth.
    OpenMouth,
    /// Bend the head down and raise it again.
    Nod,
    /// Bring face and camera closer together.
    ComeCloser,
    /// Look at the screen while it shows colours.
    WatchLight,
}

/// One accepted frame, and what the machine saw in it.
#[derive(Debug, Clone, PartialEq)]
pub struct Capture {
    /// Ours.
    pub id: CaptureId,
    /// The session that accepted it.
    pub session: SessionId,
    /// Which attempt of the session it belongs to, from 1.
    pub attempt: u32,
    /// What the person was asked to do.
    pub step: Step,
    /// When the device says it was taken.
    pub taken_at: Timestamp,
    /// When the server accepted it.
    pub received_at: Timestamp,
    /// SHA-256 of the bytes as sent.
    pub digest: [u8; 32],
    /// What the pipeline made of it, against the references of that moment.
    pub evidence: FrameEvidence,
}
