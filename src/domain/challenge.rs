//! What a session asks a person to do.

use jiff::{SignedDuration, Timestamp};
use rand::seq::SliceRandom;
use rand::{Rng, RngExt};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::capture::Step;

/// A soft colour that a screen shows while the person looks at it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Colour {
    /// Red.
    Red,
    /// Yellow.
    Yellow,
    /// Green.
    Green,
    /// Cyan.
    Cyan,
    /// Blue.
    Blue,
    /// Magenta.
    Magenta,
}

impl Colour {
    /// Every colour, around the circle.
    pub const ALL: [Self; 6] = [Self::Red, Self::Yellow, Self::Green, Self::Cyan, Self::Blue, Self::Magenta];

    /// Red, green and blue as a screen is told them (sRGB): far apart for a camera, and pale enough to be looked at.
    #[must_use]
    pub fn srgb(self) -> [u8; 3] {
        match self {
            Self::Red => [255, 96, 96],
            Self::Yellow => [255, 255, 96],
            Self::Green => [96, 255, 96],
            Self::Cyan => [96, 255, 255],
            Self::Blue => [96, 96, 255],
            Self::Magenta => [255, 96, 255],
        }
    }

    /// The same as shares of the screen's light (linear, by IEC 61966-2-1).
    #[must_use]
    pub fn linear(self) -> [f64; 3] {
        self.srgb().map(|byte| {
            let value = f64::from(byte) / 255.0;
            if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        })
    }
}

/// What one attempt asks: one step after another. Until a step is told, nobody but the server knows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Challenge {
    steps: Vec<Asked>,
    unable: Vec<Step>,
}

/// One step of a challenge.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// What to do.
    pub step: Step,
    /// What the screen shows meanwhile, one after another; only *watch the light* has any.
    pub colours: Vec<Colour>,
    /// When the person was told; `None` while only the server knows.
    pub told_at: Option<Timestamp>,
    /// Whether frames of it were accepted.
    pub answered: bool,
}

/// Why frames of a step are not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ChallengeRefusal {
    /// The step is not the one that was told last.
    #[error("this is not the step that is to be shown now")]
    NotAsked,
    /// The time of the step is over.
    #[error("the time of this step is over")]
    TooLate,
    /// The ticket is not the one of this step.
    #[error("the ticket is not the one of this step")]
    WrongTicket,
    /// There is no such colour in the step.
    #[error("the step has no colour of this number, or the frame does not say which one was shown")]
    NoSuchColour,
}

impl Challenge {
    /// Draws a challenge. *Look straight* comes first, and is told now. Of the active steps one is *watch the light*, and
    /// which others, and in which order, is chance. `unable` says what the person cannot show: when too little is left,
    /// nothing else is asked, and people decide.
    pub fn draw(active: u32, unable: &[Step], now: Timestamp, rng: &mut impl Rng) -> Self {
        let straight = Asked { told_at: Some(now), ..Asked::untold(Step::LookStraight, rng) };
        let mut challenge = Self { steps: vec![straight], unable: unable.to_vec() };
        let mut pool = challenge.pool(rng);
        let wanted = active as usize;
        if pool.len() >= wanted {
            pool.truncate(wanted);
            pool.shuffle(rng);
            challenge.steps.extend(pool.into_iter().map(|step| Asked::untold(step, rng)));
        }
        challenge
    }

    /// Another one for the next attempt, for the same person.
    #[must_use]
    pub fn drawn_anew(&self, active: u32, now: Timestamp, rng: &mut impl Rng) -> Self {
        Self::draw(active, &self.unable, now, rng)
    }

    /// Steps that could still be asked, the light first, the others by chance; of the two turns one.
    fn pool(&self, rng: &mut impl Rng) -> Vec<Step> {
        let mut turns = [Step::TurnLeft, Step::TurnRight];
        turns.shuffle(rng);
        let turn = turns.into_iter().find(|step| !self.unable.contains(step));
        let asked = |step: &Step| self.steps.iter().any(|asked| asked.step.same_movement(*step));
        let mut others: Vec<_> = turn.into_iter().chain([Step::OpenMouth, Step::Nod, Step::ComeCloser]).collect();
        others.shuffle(rng);
        let free = |step: &Step| !self.unable.contains(step) && !asked(step);
        [Step::WatchLight].into_iter().chain(others).filter(free).collect()
    }

    /// The steps that were told, the present one last.
    #[must_use]
    pub fn told(&self) -> &[Asked] {
        let told = self.steps.iter().take_while(|asked| asked.told_at.is_some()).count();
        &self.steps[..told]
    }

    /// All steps, told or not.
    #[must_use]
    pub fn steps(&self) -> &[Asked] {
        &self.steps
    }

    /// What the screen shows while the light is watched.
    #[must_use]
    pub fn colours(&self) -> &[Colour] {
        self.steps.iter().find(|asked| asked.step == Step::WatchLight).map_or(&[], |asked| asked.colours.as_slice())
    }

    /// The step that waits for frames, with its position; `None` when all have theirs.
    #[must_use]
    pub fn waiting(&self) -> Option<(usize, &Asked)> {
        let told = self.told();
        told.last().filter(|asked| !asked.answered).map(|asked| (told.len() - 1, asked))
    }

    /// Position of a step whose frames may come now: the present one, or, to do it again, the one before while the
    /// present one has none yet.
    ///
    /// # Errors
    /// [`ChallengeRefusal::NotAsked`]; [`ChallengeRefusal::TooLate`] `seconds` after an active step was told.
    pub fn admit(&self, step: Step, seconds: u32, now: Timestamp) -> Result<usize, ChallengeRefusal> {
        let told = self.told();
        let position = told.iter().position(|asked| asked.step == step).ok_or(ChallengeRefusal::NotAsked)?;
        let again = position + 2 == told.len() && self.waiting().is_some();
        if position + 1 != told.len() && !again {
            return Err(ChallengeRefusal::NotAsked);
        }
        let told_at = told[position].told_at.unwrap_or(now);
        let late = now.duration_since(told_at) > SignedDuration::from_secs(i64::from(seconds));
        if late && step != Step::LookStraight { Err(ChallengeRefusal::TooLate) } else { Ok(position) }
    }

    /// Frames of that position were accepted: the next step is told, if it was not yet.
    pub fn answer(&mut self, position: usize, now: Timestamp) {
        if let Some(asked) = self.steps.get_mut(position) {
            asked.answered = true;
        }
        if let Some(next) = self.steps.get_mut(position + 1)
            && next.told_at.is_none()
        {
            next.told_at = Some(now);
        }
    }

    /// The person cannot do the present step: another one takes its place, and is told. `false` when there is none, and
    /// people go on.
    ///
    /// # Errors
    /// [`ChallengeRefusal::NotAsked`] for any other step.
    pub fn decline(&mut self, step: Step, now: Timestamp, rng: &mut impl Rng) -> Result<bool, ChallengeRefusal> {
        let position = self.told().len() - 1;
        if self.steps[position].step != step {
            return Err(ChallengeRefusal::NotAsked);
        }
        self.unable.extend(Step::ALL.into_iter().filter(|other| other.same_movement(step)));
        let Some(other) = self.pool(rng).first().copied().filter(|_| step != Step::LookStraight) else {
            return Ok(false);
        };
        self.steps[position] = Asked { told_at: Some(now), ..Asked::untold(other, rng) };
        Ok(true)
    }
}

impl Asked {
    fn untold(step: Step, rng: &mut impl Rng) -> Self {
        let colours = if step == Step::WatchLight { colours(rng) } else { Vec::new() };
        Self { step, colours, told_at: None, answered: false }
    }

    /// Whether a frame says of the light what it has to, and nothing else.
    ///
    /// # Errors
    /// [`ChallengeRefusal::NoSuchColour`].
    pub fn check_light(&self, shown: Option<u32>) -> Result<(), ChallengeRefusal> {
        let known = match shown {
            None => self.colours.is_empty(),
            Some(index) => (index as usize) < self.colours.len(),
        };
        if known { Ok(()) } else { Err(ChallengeRefusal::NoSuchColour) }
    }
}

/// Five or six colours, every sequence that may be drawn as likely as another of its length.
fn colours(rng: &mut impl Rng) -> Vec<Colour> {
    let number = rng.random_range(5..=6);
    loop {
        let drawn: Vec<_> = (0..number).map(|_| Colour::ALL[rng.random_range(0..Colour::ALL.len())]).collect();
        if may_be_drawn(&drawn) {
            return drawn;
        }
    }
}

/// None twice in a row, and three different ones at least: of two that take turns, only their difference is seen, and other two
/// differ just so.
#[must_use]
pub fn may_be_drawn(colours: &[Colour]) -> bool {
    let different = Colour::ALL.iter().filter(|colour| colours.contains(colour)).count();
    different >= 3 && colours.windows(2).all(|pair| pair[0] != pair[1])
}

#[cfg(test)]
#[path = "challenge/tests.rs"]
mod tests;
