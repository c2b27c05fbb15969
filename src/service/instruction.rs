//! What a person is told to do, one step at a time, and the ticket that the frames of the step carry.

use serde::Serialize;
use utoipa::ToSchema;

use super::Service;
use crate::domain::capture::Step;
use crate::domain::challenge::{Asked, Challenge, ChallengeRefusal, Colour};
use crate::domain::policy::Policy;
use crate::domain::session::Session;
use crate::words::{self, Text};

/// How long each colour stands: with three changes in two and a half seconds the light stays below the three a second
/// that WCAG 2.3.1 allows, and old eyes follow.
const COLOUR_MILLISECONDS: u32 = 900;

/// One step, as the person is told it.
#[derive(Clone, Serialize, ToSchema)]
pub struct Instruction {
    /// To be sent with the frames of this step.
    pub step: Step,
    /// What to show and to say.
    pub words: Text,
    /// Address of a drawing (SVG).
    #[schema(example = "/steps/look_straight.svg")]
    pub picture: String,
    /// Seconds until frames of this step are not taken any more. The first step has the time of the session.
    pub seconds: u32,
    /// To be sent with the frames; those of the first step need none.
    #[schema(example = "8d0e4c6a1f7b2395c4d8e0a6b1f37925")]
    pub ticket: String,
    /// What the screen shows meanwhile, one after another. Each frame says as `light` which one it was, from 0.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub colours: Vec<ShownColour>,
}

/// A colour of the screen.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ShownColour {
    /// Its name.
    pub colour: Colour,
    /// As style sheets write it.
    #[schema(example = "#ff6060")]
    pub css: String,
    /// How long it stands.
    pub milliseconds: u32,
}

impl std::fmt::Debug for Instruction {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Instruction").field("step", &self.step).finish_non_exhaustive()
    }
}

impl Service {
    /// The step that waits for frames, if there is one.
    pub(super) fn instruction(&self, session: &Session, challenge: &Challenge, policy: &Policy) -> Option<Instruction> {
        let (position, asked) = challenge.waiting()?;
        let seconds = if position == 0 { policy.session_seconds } else { policy.step_seconds };
        Some(Instruction {
            step: asked.step,
            words: words::instruction_for(asked.step),
            picture: format!("/steps/{}.svg", asked.step.name()),
            seconds,
            ticket: self.ticket(session, position, asked),
            colours: asked.colours.iter().copied().map(ShownColour::from).collect(),
        })
    }

    /// Frames of the first step may come without a ticket: everybody knows it.
    pub(super) fn check_ticket(
        &self,
        session: &Session,
        (position, asked): (usize, &Asked),
        sent: Option<&str>,
    ) -> Result<(), ChallengeRefusal> {
        match sent {
            None if position == 0 => Ok(()),
            Some(sent) if sent == self.ticket(session, position, asked) => Ok(()),
            _ => Err(ChallengeRefusal::WrongTicket),
        }
    }

    /// 128 bits that only the house can compute: of this session, this attempt, and this step at this place.
    fn ticket(&self, session: &Session, position: usize, asked: &Asked) -> String {
        let step = format!("{} {} {position} {}", hex::encode(session.nonce.0), session.attempt, asked.step.name());
        hex::encode(&self.vault.house().derive("step ticket", step.as_bytes())[..16])
    }
}

impl From<Colour> for ShownColour {
    fn from(colour: Colour) -> Self {
        let [red, green, blue] = colour.srgb();
        Self { colour, css: format!("#{red:02x}{green:02x}{blue:02x}"), milliseconds: COLOUR_MILLISECONDS }
    }
}
