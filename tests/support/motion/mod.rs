//! Bursts that tests make of a demo photo: a head that moves in space, and what an attacker can do with the photo.
//!
//! The head is the photo on the relief of its own mesh. It turns, nods, comes closer in true perspective, opens its mouth and
//! is lit by a screen; the room behind it stays where it is. What this cannot show: cloth, hair and teeth that move by
//! themselves, the far side of a head, motion blur, and the cameras of real phones. Only a closed mouth opens well.

#![expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::many_single_char_names,
    reason = "pixels, colours and the formulas of pictures that are made here"
)]

pub(crate) mod attack;
mod camera;
mod raster;
mod relief;
mod sitter;

use std::sync::Arc;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use vivat::domain::capture::Step;
use vivat::domain::challenge::Colour;

pub(crate) use camera::Camera;
pub(crate) use sitter::{Act, Light, Sitter};

/// One frame as a client would send it.
#[derive(Clone)]
pub(crate) struct Shot {
    pub(crate) step: Step,
    pub(crate) seconds: f64,
    pub(crate) light: Option<usize>,
    pub(crate) jpeg: Arc<[u8]>,
}

/// Seconds between frames of a step, and from the last frame of a step to the first of the next.
const BETWEEN: [f64; 2] = [0.4, 2.5];

/// How strongly a screen in a room lights the face that is in front of it, relative to the room.
pub(crate) const SCREEN: f32 = 0.25;

/// A person who does what is asked, `per_step` frames a step (of the light: a frame a colour). No two frames are alike.
pub(crate) fn honest(sitter: &Sitter, challenge: &[Step], colours: &[Colour], per_step: usize, seed: u64) -> Vec<Shot> {
    let mut rng = StdRng::seed_from_u64(seed);
    let mut shots = Vec::new();
    let mut seconds = 0.0;
    for step in challenge {
        let count = if *step == Step::WatchLight { colours.len() } else { per_step };
        for frame in 0..count {
            let share = (frame as f32 + 1.0) / count as f32;
            let act = Act {
                light: colours
                    .get(frame)
                    .filter(|_| *step == Step::WatchLight)
                    .map(|colour| Light::of(*colour, SCREEN)),
                ..sway(&mut rng, done(*step, share))
            };
            let picture = sitter.render(&act);
            let jpeg = Camera::PHONE.take(&picture, rng.random()).into();
            shots.push(Shot { step: *step, seconds, light: act.light.map(|_| frame), jpeg });
            seconds += if *step == Step::WatchLight { 1.0 } else { BETWEEN[0] } + rng.random_range(0.0..0.08);
        }
        seconds += BETWEEN[1];
    }
    shots
}

/// A step when a share of it is done; a nod goes down and up again.
fn done(step: Step, share: f32) -> Act {
    let still = Act::default();
    match step {
        Step::LookStraight | Step::WatchLight => still,
        Step::TurnLeft => Act { yaw: 26.0 * share, ..still },
        Step::TurnRight => Act { yaw: -26.0 * share, ..still },
        Step::OpenMouth => Act { mouth: 0.55 * share, ..still },
        Step::Nod => Act { pitch: 18.0 * (std::f32::consts::PI * share * 0.8).sin(), ..still },
        Step::ComeCloser => Act { nearness: 1.0 + 0.6 * share, ..still },
    }
}

/// Nobody holds still.
fn sway(rng: &mut StdRng, act: Act) -> Act {
    let mut small = |most: f32| rng.random_range(-most..most);
    Act {
        yaw: act.yaw + small(2.0),
        pitch: act.pitch + small(2.0),
        roll: act.roll + small(1.5),
        shift: [small(0.03), small(0.03)],
        nearness: act.nearness * (1.0 + small(0.02)),
        mouth: (act.mouth + small(0.02)).max(0.0),
        lids: small(0.3).max(0.0),
        light: act.light,
    }
}
