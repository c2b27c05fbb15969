//! What frames show together: steps that were done, and doubts that were raised. The motion is made (`support/motion`).

#![expect(clippy::cast_precision_loss, reason = "numbers of frames, as seconds")]

mod people;

use image::RgbImage;
use vivat::domain::burst::{BurstDoubt, BurstEvidence};
use vivat::domain::capture::Step;
use vivat::domain::challenge::Colour;
use vivat::vision::burst::print::Print;
use vivat::vision::burst::{BurstFrame, assess};
use vivat::vision::{Pipeline, Trace};

use crate::support::models::{analyse, pipelines};
use crate::support::motion::attack::{self, Held, jpeg, on_screen, sheet};
use crate::support::motion::{Shot, Sitter, honest};

const STEPS: [Step; 7] = [
    Step::LookStraight,
    Step::TurnLeft,
    Step::TurnRight,
    Step::OpenMouth,
    Step::Nod,
    Step::ComeCloser,
    Step::WatchLight,
];
const COLOURS: [Colour; 5] = [Colour::Red, Colour::Cyan, Colour::Green, Colour::Magenta, Colour::Blue];
const OTHER_COLOURS: [Colour; 5] = [Colour::Green, Colour::Magenta, Colour::Cyan, Colour::Blue, Colour::Yellow];

/// A frame whose trace is at hand.
struct Seen {
    shot: Shot,
    trace: Trace,
}

fn see(pipeline: &Pipeline, shots: Vec<Shot>) -> Vec<Seen> {
    let trace = |shot: &Shot| analyse(pipeline, &shot.jpeg).trace.expect("a face");
    shots.into_iter().map(|shot| Seen { trace: trace(&shot), shot }).collect()
}

fn frames(seen: &[Seen]) -> Vec<BurstFrame<'_>> {
    seen.iter()
        .map(|Seen { shot, trace }| BurstFrame { step: shot.step, seconds: shot.seconds, light: shot.light, trace })
        .collect()
}

fn shown(evidence: &BurstEvidence) -> Vec<Step> {
    evidence.steps.iter().filter(|step| step.shown).map(|step| step.step).collect()
}

/// Still pictures as an attacker would send them, one every half second.
fn stills(pictures: &[RgbImage]) -> Vec<Shot> {
    let shot = |(i, picture): (usize, &RgbImage)| Shot {
        step: Step::LookStraight,
        seconds: i as f64 / 2.0,
        light: None,
        jpeg: jpeg(picture, 88).into(),
    };
    pictures.iter().enumerate().map(shot).collect()
}

/// The same frames sent as the frames of every step: whatever they show, they had their chance.
fn for_every_step(seen: &[Seen]) -> BurstEvidence {
    let mut all = Vec::new();
    for (turn, step) in STEPS.into_iter().enumerate() {
        for (i, frame) in frames(seen).into_iter().enumerate() {
            let light = (step == Step::WatchLight).then_some(i % COLOURS.len());
            all.push(BurstFrame { step, seconds: turn as f64 * 60.0 + frame.seconds, light, ..frame });
        }
    }
    assess(&all, &STEPS, &COLOURS)
}

#[test]
fn who_does_what_is_asked_shows_every_step_and_raises_no_doubt() {
    // A smile that shows teeth does not open as a mouth does.
    let smiling = STEPS.map(|step| if step == Step::OpenMouth { Step::LookStraight } else { step });
    for (pipeline, (name, asked)) in pipelines().iter().zip([("biden.jpg", STEPS), ("astronaut.png", smiling)]) {
        let sitter = Sitter::of(pipeline, name);
        let seen = see(pipeline, honest(&sitter, &asked, &COLOURS, 2, 7));
        let evidence = assess(&frames(&seen), &asked, &COLOURS);
        assert_eq!(shown(&evidence), asked, "{name}, pack {}", pipeline.pack().name);
        assert_eq!(evidence.doubts, [], "{name}, pack {}", pipeline.pack().name);

        // The same frames under another sequence of colours, and in the other direction.
        let replayed = assess(&frames(&seen), &asked, &OTHER_COLOURS);
        assert!(!shown(&replayed).contains(&Step::WatchLight), "a recording shows other colours than those of today");
        let swapped = frames(&seen).into_iter().map(|frame| match frame.step {
            Step::TurnLeft => BurstFrame { step: Step::TurnRight, ..frame },
            Step::TurnRight => BurstFrame { step: Step::TurnLeft, ..frame },
            _ => frame,
        });
        let swapped = shown(&assess(&swapped.collect::<Vec<_>>(), &asked, &COLOURS));
        assert!(!swapped.contains(&Step::TurnLeft) && !swapped.contains(&Step::TurnRight), "left is not right");

        // Every trace survives being stored.
        let stored: Vec<Trace> = seen.iter().map(|seen| Trace::from_bytes(&seen.trace.to_bytes()).unwrap()).collect();
        let again = frames(&seen).into_iter().zip(&stored).map(|(frame, trace)| BurstFrame { trace, ..frame });
        assert_eq!(assess(&again.collect::<Vec<_>>(), &asked, &COLOURS), evidence);
    }
}

#[test]
fn a_photo_that_is_moved_shows_no_step() {
    let straight = Held::default();
    let moves = [
        straight,
        Held { shift: [0.06, 0.02], ..straight },
        Held { zoom: 1.4, ..straight },
        Held { zoom: 1.6, pitch: 6.0, ..straight },
        Held { roll: 14.0, ..straight },
        Held { yaw: 35.0, ..straight },
        Held { yaw: -42.0, zoom: 1.2, ..straight },
        Held { pitch: 32.0, ..straight },
    ];
    for (pipeline, name) in pipelines().iter().zip(["obama.jpg", "astronaut.png"]) {
        let sitter = Sitter::of(pipeline, name);
        let pictures: Vec<RgbImage> = moves.iter().map(|held| sheet(&sitter.picture, held)).collect();
        let evidence = for_every_step(&see(pipeline, stills(&pictures)));
        assert_eq!(shown(&evidence), [Step::LookStraight], "{name}, pack {}", pipeline.pack().name);
        assert!(evidence.doubts.contains(&BurstDoubt::FlatMotion), "{:?}, {name}", evidence.doubts);
        assert!(evidence.doubts.contains(&BurstDoubt::RepeatedFrame), "{:?}, {name}", evidence.doubts);
    }
}

#[test]
fn a_photo_of_a_photo_that_is_panned_does_not_live() {
    for (pipeline, name) in pipelines().iter().zip(["biden.jpg", "obama2.jpg"]) {
        let screen = on_screen(&Sitter::of(pipeline, name).picture);
        let panned = [[0.0, 0.0], [0.03, 0.01], [-0.02, 0.03], [0.01, -0.03], [0.04, 0.02]];
        let held = panned.map(|shift| sheet(&screen, &Held { shift, ..Held::default() }));
        let seen = see(pipeline, stills(&held));
        let evidence = assess(&frames(&seen), &STEPS, &COLOURS);
        assert_eq!(shown(&evidence), [Step::LookStraight]);
        assert!(evidence.doubts.contains(&BurstDoubt::NoMotion), "{:?}, {name}", evidence.doubts);
        // One frame says nothing about motion.
        assert_eq!(assess(&frames(&seen)[..1], &STEPS[..1], &[]).doubts, []);
    }
}

#[test]
fn another_person_a_loop_and_impossible_times_are_told() {
    let pipeline = &pipelines()[0];
    let one = Sitter::of(pipeline, "astronaut.png");
    let other = Sitter::of(pipeline, "biden.jpg");
    let ask = [Step::LookStraight, Step::TurnLeft];
    let seen = see(pipeline, honest(&one, &ask, &[], 3, 11));
    let foreign = see(pipeline, honest(&other, &ask, &[], 3, 11));
    let own = frames(&seen);
    assert_eq!(assess(&own, &ask, &[]).doubts, []);

    let spliced: Vec<_> = own[..3].iter().chain(&frames(&foreign)[3..]).copied().collect();
    assert!(assess(&spliced, &ask, &[]).doubts.contains(&BurstDoubt::OtherPerson));

    // There and back: the loop of a short video, compressed again.
    let back = see(pipeline, seen[1..3].iter().rev().map(|seen| compressed_again(&seen.shot)).collect());
    let looped = own[..3].iter().copied().chain(frames(&back)).enumerate();
    let looped: Vec<_> = looped.map(|(i, frame)| BurstFrame { seconds: i as f64, ..frame }).collect();
    assert!(assess(&looped, &ask[..1], &[]).doubts.contains(&BurstDoubt::RepeatedFrame));

    let shared = |a: &Seen, b: &Seen| a.trace.print().shared(&b.trace.print());
    assert!(shared(&seen[1], &back[1]) >= Print::SAME, "{} bands of a copy", shared(&seen[1], &back[1]));
    assert!(shared(&seen[1], &foreign[1]) < Print::SAME);
    assert!(shared(&seen[0], &seen[5]) < Print::SAME);

    let backwards: Vec<_> = own.iter().map(|frame| BurstFrame { seconds: -frame.seconds, ..*frame }).collect();
    assert!(assess(&backwards, &ask, &[]).doubts.contains(&BurstDoubt::ImplausibleTiming));
    let hurried: Vec<_> = own.iter().map(|frame| BurstFrame { seconds: frame.seconds / 50.0, ..*frame }).collect();
    assert!(assess(&hurried, &ask, &[]).doubts.contains(&BurstDoubt::Spliced));
}

fn compressed_again(shot: &Shot) -> Shot {
    Shot { jpeg: attack::again(&shot.jpeg, 80).into(), ..shot.clone() }
}
