//! Captures: the frames that a session accepted.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::camera::Camera;
use super::evidence::{Finding, FrameEvidence};
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

impl Step {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::LookStraight,
        Self::TurnLeft,
        Self::TurnRight,
        Self::OpenMouth,
        Self::Nod,
        Self::ComeCloser,
        Self::WatchLight,
    ];

    /// As the API writes it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::LookStraight => "look_straight",
            Self::TurnLeft => "turn_left",
            Self::TurnRight => "turn_right",
            Self::OpenMouth => "open_mouth",
            Self::Nod => "nod",
            Self::ComeCloser => "come_closer",
            Self::WatchLight => "watch_light",
        }
    }

    /// Whether whoever cannot do the one cannot do the other either: a stiff neck turns to neither side.
    #[must_use]
    pub fn same_movement(self, other: Self) -> bool {
        let turn = |step| matches!(step, Self::TurnLeft | Self::TurnRight);
        self == other || (turn(self) && turn(other))
    }

    /// The finding that frames of an active step did not show it.
    #[must_use]
    pub fn not_shown(self) -> Option<Finding> {
        match self {
            Self::LookStraight => None,
            Self::TurnLeft | Self::TurnRight => Some(Finding::TurnNotShown),
            Self::OpenMouth => Some(Finding::OpenMouthNotShown),
            Self::Nod => Some(Finding::NodNotShown),
            Self::ComeCloser => Some(Finding::ComeCloserNotShown),
            Self::WatchLight => Some(Finding::LightNotShown),
        }
    }

    /// Whether a finding is something to change while this step is shown: a head that turns is turned aside.
    #[must_use]
    pub fn minds(self, finding: Finding) -> bool {
        use Finding::{CutByBorder, NoFace, SeveralFaces, TooBright, TooDark, TooFar};
        self == Self::LookStraight
            || matches!(finding, NoFace | SeveralFaces | TooFar | CutByBorder | TooDark | TooBright)
    }
}

/// How a frame came here: for the decision, and for nobody else to read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Circumstances {
    /// Which colour of the step the screen showed, from 0.
    pub light: Option<u32>,
    /// The camera, as the device calls it.
    pub camera: Option<Camera>,
    /// Whether an earlier session, or an enrolment, had this picture.
    pub seen_before: bool,
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
    /// How it came here.
    pub circumstances: Circumstances,
}
