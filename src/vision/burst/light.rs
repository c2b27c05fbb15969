//! Does the face reflect the colours that the screen showed?
//!
//! What counts is the colour of the light, not its strength, on skin that faces the screen, relative to what is around the person:
//! neither the camera's exposure nor its white balance, nor clouds change that. The colours are drawn at random, so the test is
//! exact whatever noise is like (Fisher 1935): among all sequences that could have been drawn, hardly any other may fit as well.
//! A recording, made under other colours or none, passes with a probability of [`MAX_CHANCE`].

use crate::domain::challenge::{Colour, may_be_drawn};
use crate::vision::burst::BurstFrame;

/// With fewer colours, chance is too likely.
const MIN_COLOURS: usize = 5;
/// With more, there are too many sequences to try.
const MAX_COLOURS: usize = 7;
/// Share of the possible sequences that may fit as well as the one that was shown, itself included: 2 of 3,720 for five
/// colours, 11 of 18,720 for six. Of 32 made sessions under a light like a phone's in a room, those of three people have 2 at
/// most; a fourth, whose photo is overexposed, has 3 to 21.
pub(super) const MAX_CHANCE: f64 = 0.000_6;
/// Correlation of what was seen with what was shown.
const MIN_CORRELATION: f64 = 0.6;
/// How strongly the screen lights the face, relative to all other light. A phone of 300 cd/m² at 35 cm gives 24 lx: 0.1 in a
/// room, 0.02 at a bright window.
const STRENGTH: [f64; 2] = [0.008, 4.0];

/// Other colours: some sequence fits this well, with a strength like this, and the one that was shown does not.
const OTHER_CORRELATION: f64 = 0.95;
const OTHER_STRENGTH: f64 = 0.03;
const NOT_THIS: f64 = 0.3;

/// Red, green and blue of each colour: shares of the light, without their common part, and without their mean over the sequence.
type Signal = Vec<[f64; 3]>;

/// What the face says about the colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reflection {
    /// The colours that were shown.
    Shown,
    /// Other colours.
    Other,
    /// Nothing certain.
    Unclear,
}

/// Compares the frames of the light with the colours that were shown.
pub(super) fn reflection(frames: &[BurstFrame<'_>], colours: &[Colour]) -> Reflection {
    if !(MIN_COLOURS..=MAX_COLOURS).contains(&colours.len()) || !may_be_drawn(colours) {
        return Reflection::Unclear;
    }
    let Some(seen) = seen(frames, colours.len()) else { return Reflection::Unclear };
    judge(&seen, colours)
}

fn judge(seen: &Signal, colours: &[Colour]) -> Reflection {
    let lights = Lights::new();
    let (correlation, strength) = lights.fit(seen, colours);
    let all = sequences(colours.len());
    let fits: Vec<(f64, f64)> = all.iter().map(|other| lights.fit(seen, other)).collect();
    let as_good = fits.iter().filter(|(other, _)| *other >= correlation - 1e-9).count();
    let chance = as_good as f64 / all.len() as f64;
    if correlation >= MIN_CORRELATION && (STRENGTH[0]..=STRENGTH[1]).contains(&strength) && chance <= MAX_CHANCE {
        return Reflection::Shown;
    }
    let other = fits.iter().any(|(other, strength)| *other >= OTHER_CORRELATION && *strength >= OTHER_STRENGTH);
    if other && correlation < NOT_THIS { Reflection::Other } else { Reflection::Unclear }
}

/// The mean over the frames of each colour; `None` when one has no frame. The first frame of a colour counts only when it is the
/// only one: the screen, the exposure and the person's client may be late.
fn seen(frames: &[BurstFrame<'_>], count: usize) -> Option<Signal> {
    let around = frames.iter().all(|frame| usable(frame.trace.colours.around));
    let mut signal = Vec::with_capacity(count);
    for colour in 0..count {
        let of_colour: Vec<_> = frames.iter().filter(|frame| frame.light == Some(colour)).collect();
        let late = if of_colour.len() > 1 { &of_colour[1..] } else { &of_colour[..] };
        let values =
            late.iter().map(|frame| frame.trace.colours).filter(|colours| usable(colours.front)).map(|colours| {
                let reference = if around { colours.around } else { [1.0; 3] };
                std::array::from_fn(|i| f64::from(colours.front[i].ln() - reference[i].ln()))
            });
        let values: Signal = values.collect();
        if values.is_empty() {
            return None;
        }
        signal.push(std::array::from_fn(|i| values.iter().map(|v| v[i]).sum::<f64>() / values.len() as f64));
    }
    Some(centred(signal))
}

fn usable(light: [f32; 3]) -> bool {
    light.iter().all(|value| *value > 1e-4)
}

/// The light of each colour of a screen, without brightness.
struct Lights([[f64; 3]; Colour::ALL.len()]);

impl Lights {
    fn new() -> Self {
        Self(Colour::ALL.map(|colour| coloured(colour.linear())))
    }

    /// Correlation, and strength by least squares.
    fn fit(&self, seen: &Signal, colours: &[Colour]) -> (f64, f64) {
        let shown = without_mean(colours.iter().map(|colour| self.0[*colour as usize]).collect());
        let dot = |a: &Signal, b: &Signal| a.iter().flatten().zip(b.iter().flatten()).map(|(a, b)| a * b).sum::<f64>();
        let (shared, own, other) = (dot(seen, &shown), dot(seen, seen), dot(&shown, &shown));
        (shared / (own * other).sqrt().max(1e-12), shared / other.max(1e-12))
    }
}

/// Without brightness, and without what stays the same.
fn centred(signal: Signal) -> Signal {
    without_mean(signal.into_iter().map(coloured).collect())
}

fn coloured(rgb: [f64; 3]) -> [f64; 3] {
    let mean = rgb.iter().sum::<f64>() / 3.0;
    rgb.map(|value| value - mean)
}

fn without_mean(coloured: Signal) -> Signal {
    let count = coloured.len().max(1) as f64;
    let mean: [f64; 3] = std::array::from_fn(|i| coloured.iter().map(|rgb| rgb[i]).sum::<f64>() / count);
    coloured.into_iter().map(|rgb| std::array::from_fn(|i| rgb[i] - mean[i])).collect()
}

/// All sequences that may be drawn.
fn sequences(length: usize) -> Vec<Vec<Colour>> {
    let mut all: Vec<Vec<Colour>> = vec![Vec::new()];
    for _ in 0..length {
        let longer = |begun: &Vec<Colour>| {
            let next = Colour::ALL.into_iter().filter(|colour| begun.last() != Some(colour));
            next.map(|colour| begun.iter().copied().chain([colour]).collect::<Vec<_>>()).collect::<Vec<_>>()
        };
        all = all.iter().flat_map(longer).collect();
    }
    all.retain(|sequence| may_be_drawn(sequence));
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn drawn(length: usize) -> impl Strategy<Value = Vec<Colour>> {
        any::<prop::sample::Index>().prop_map(move |index| {
            let all = sequences(length);
            all[index.index(all.len())].clone()
        })
    }

    /// A face under the colours, with the same small errors each time.
    fn face(colours: &[Colour], strength: f64, errors: &[[f64; 3]]) -> Signal {
        let lit = |colour: &Colour| colour.linear().map(|light| (1.0 + strength * light).ln());
        let noisy = colours.iter().map(lit).zip(errors).map(|(rgb, error)| std::array::from_fn(|i| rgb[i] + error[i]));
        centred(noisy.collect())
    }

    fn errors() -> impl Strategy<Value = Vec<[f64; 3]>> {
        proptest::collection::vec(proptest::array::uniform3(-0.003..0.003f64), 5)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn the_shown_colours_are_found(colours in drawn(5), errors in errors(), strength in 0.04..1.0f64) {
            prop_assert_eq!(judge(&face(&colours, strength, &errors), &colours), Reflection::Shown);
        }
    }

    #[test]
    fn every_sequence_that_may_be_drawn_can_be_shown() {
        for (length, each) in [(5, 97), (6, 1_997)] {
            for colours in sequences(length).into_iter().step_by(each) {
                assert_eq!(judge(&face(&colours, 0.1, &[[0.0; 3]; 6]), &colours), Reflection::Shown, "{colours:?}");
            }
        }
    }

    /// What is sure whatever the errors are: of all sequences that could be drawn, at most six in 10,000 pass.
    #[test]
    fn a_recording_passes_by_chance_only() {
        for length in [5, 6] {
            let all = sequences(length);
            assert_eq!(
                all.len(),
                6 * 5_usize.pow(u32::try_from(length).unwrap() - 1) - 30,
                "two colours take turns in 30"
            );
            let recorded = face(&all[all.len() / 3], 0.2, &[[0.001, -0.002, 0.0]; 6]);
            // The exact test alone, with each sequence fitted once.
            let lights = Lights::new();
            let mut fits: Vec<f64> = all.iter().map(|drawn| lights.fit(&recorded, drawn).0).collect();
            fits.sort_by(f64::total_cmp);
            let as_good = |own: f64| fits.len() - fits.partition_point(|other| *other < own - 1e-9);
            let passing = fits.iter().filter(|own| as_good(**own) as f64 <= MAX_CHANCE * all.len() as f64).count();
            assert!((1..=all.len() * 6 / 10_000).contains(&passing), "{passing} of {}", all.len());
        }
    }

    #[test]
    fn a_face_under_no_colours_shows_none() {
        let colours = [Colour::Red, Colour::Cyan, Colour::Blue, Colour::Yellow];
        assert_ne!(judge(&vec![[0.0; 3]; 4], &colours), Reflection::Shown);
        assert_eq!(reflection(&[], &colours), Reflection::Unclear);
    }

    #[test]
    fn a_face_under_other_colours_is_told() {
        let (recorded, shown) = (
            [Colour::Red, Colour::Cyan, Colour::Blue, Colour::Yellow],
            [Colour::Cyan, Colour::Red, Colour::Yellow, Colour::Blue],
        );
        assert_eq!(judge(&face(&recorded, 0.2, &[[0.0; 3]; 4]), &shown), Reflection::Other);
    }
}
