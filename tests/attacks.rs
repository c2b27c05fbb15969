//! A corpus of attacks on a phone: recordings that are sent again, cut, spliced, in another order, of somebody else, and
//! pictures that are held before the camera. None of them may certify.
//!
//! The victim's own pictures match their reference, and the passive detector is taken to be fooled: what remains is what
//! this corpus is about, the challenge and the burst. The motion is made (`support/motion`), so the rates say what the
//! rules refuse, not what an attacker with a laboratory could make.

use std::collections::BTreeMap;
use std::sync::Arc;

use image::RgbImage;
use jiff::Timestamp;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use vivat::domain::capture::{Channel, Step};
use vivat::domain::challenge::{Challenge, Colour};
use vivat::domain::decision::{Decision, History, decide};
use vivat::domain::evidence::{Evidence, FrameEvidence, InjectionSign, Liveness};
use vivat::domain::policy::Policy;
use vivat::domain::score::OperatingPoint;
use vivat::vision::burst::print::Print;
use vivat::vision::burst::{BurstFrame, assess};
use vivat::vision::{Analysis, Pipeline, Template, Trace};

use crate::support::models::{analyse, pipelines};
use crate::support::motion::attack::{Held, again, jpeg, on_screen, sheet};
use crate::support::motion::{Shot, Sitter, honest};
use crate::support::server::photo;

/// The colours of the recordings.
const RECORDED: [Colour; 5] = [Colour::Red, Colour::Cyan, Colour::Green, Colour::Magenta, Colour::Blue];

const MOVEMENTS: [Step; 5] = [Step::TurnLeft, Step::TurnRight, Step::OpenMouth, Step::Nod, Step::ComeCloser];

/// No attack.
const HONEST: &str = "honest";
/// A copy of what the server has seen: the only attack that it has seen before.
const SENT_AGAIN: &str = "sent again, compressed again";

/// One frame and what the pipeline saw in it.
#[derive(Clone)]
struct Seen {
    shot: Shot,
    evidence: FrameEvidence,
    trace: Arc<Trace>,
}

/// What was asked of the person.
#[derive(Clone)]
struct Asked {
    steps: Vec<Step>,
    colours: Vec<Colour>,
}

/// Everything that was recorded of one person, by step.
type Recording = BTreeMap<u8, Vec<Seen>>;

/// An attempt, and what kind of attack it is.
struct Submission {
    species: &'static str,
    asked: Asked,
    frames: Vec<Seen>,
}

struct Corpus {
    policy: Policy,
    point: OperatingPoint,
    victim: Recording,
    stranger: Recording,
    stills: Vec<Vec<Seen>>,
    screens: Vec<Vec<Seen>>,
    copies: Recording,
}

#[test]
fn no_attack_of_the_corpus_certifies_and_every_honest_session_does() {
    // One pack: both see motion through the same family of meshes, and it takes minutes.
    let pipeline = &pipelines()[0];
    let corpus = Corpus::made(pipeline);
    let honest = corpus.tally(&honest_sessions(pipeline));
    assert_eq!(honest, BTreeMap::from([(HONEST, [MOVEMENTS.len(); 2])]));
    let tally = corpus.tally(&corpus.attacks(&mut StdRng::seed_from_u64(4)));
    let submissions: usize = tally.values().map(|[_, all]| all).sum();
    eprintln!("attack corpus: {submissions} submissions (certified, of): {tally:?}");
    assert!(submissions >= 300, "{submissions} submissions");
    assert!(tally.values().all(|[certified, _]| *certified == 0), "{tally:?}");
}

/// The person themself, for each movement, the light before it and after it.
fn honest_sessions(pipeline: &Pipeline) -> Vec<Submission> {
    let look = Look::at(pipeline, "biden.jpg");
    let sitter = Sitter::of(pipeline, "biden.jpg");
    let session = |(seed, movement): (u64, Step)| {
        let steps = if seed % 2 == 0 {
            vec![Step::LookStraight, movement, Step::WatchLight]
        } else {
            vec![Step::LookStraight, Step::WatchLight, movement]
        };
        let colours = drawn(&mut StdRng::seed_from_u64(100 + seed)).colours;
        let frames = look.all(&honest(&sitter, &steps, &colours, 2, 40 + seed));
        Submission { species: HONEST, asked: Asked { steps, colours }, frames }
    };
    (0..).zip(MOVEMENTS).map(session).collect()
}

impl Corpus {
    /// The victim is enrolled with the very photo that is animated: no attack fails for want of likeness.
    fn made(pipeline: &Pipeline) -> Self {
        let look = Look::at(pipeline, "biden.jpg");
        let (victim, stranger) = (Sitter::of(pipeline, "biden.jpg"), Sitter::of(pipeline, "astronaut.png"));
        let recording = |sitter: &Sitter, seed| {
            let steps = [&[Step::LookStraight][..], &MOVEMENTS, &[Step::WatchLight]].concat();
            by_step(look.all(&honest(sitter, &steps, &RECORDED, 2, seed)))
        };
        let held = |picture: &RgbImage, moves: &[Held]| {
            let pictures = moves.iter().map(|held| jpeg(&sheet(picture, held), 88));
            let shots =
                pictures.map(|jpeg| Shot { step: Step::LookStraight, seconds: 0.0, light: None, jpeg: jpeg.into() });
            look.all(&shots.collect::<Vec<_>>())
        };
        let victim_recorded = recording(&victim, 1);
        let copies = |shots: &[Seen]| {
            let copy = |seen: &Seen| Shot { jpeg: again(&seen.shot.jpeg, 75).into(), ..seen.shot.clone() };
            look.all(&shots.iter().map(copy).collect::<Vec<_>>())
        };
        let policy = Policy::default();
        let point = pipeline.pack().calibrations.at(&policy.population, policy.fmr);
        Self {
            policy,
            point: point.expect("a calibration"),
            copies: victim_recorded.iter().map(|(step, shots)| (*step, copies(shots))).collect(),
            stills: moves().iter().map(|moves| held(&victim.picture, moves)).collect(),
            screens: moves()[..2].iter().map(|moves| held(&on_screen(&victim.picture), moves)).collect(),
            victim: victim_recorded,
            stranger: recording(&stranger, 2),
        }
    }

    fn attacks(&self, rng: &mut StdRng) -> Vec<Submission> {
        let mut all = Vec::new();
        let mut send = |species, asked: &Asked, frames| all.push(Submission { species, asked: asked.clone(), frames });
        for _ in 0..60 {
            let asked = drawn(rng);
            let replay = recorded(&self.victim, &asked);
            send("replayed under another challenge", &asked, replay);
            let foreign = recorded(&self.stranger, &as_recorded(&asked));
            send("foreign: another person throughout", &as_recorded(&asked), foreign);
            let copies = recorded(&self.copies, &as_recorded(&asked));
            send(SENT_AGAIN, &as_recorded(&asked), copies);
        }
        for _ in 0..30 {
            let asked = as_recorded(&drawn(rng));
            let whole = recorded(&self.victim, &asked);
            send("cut: a step is missing", &asked, without(&whole, asked.steps[1 + rng.random_range(0..2)]));
            send("cut: two colours are missing", &asked, without_last_colours(&whole));
            send("re-ordered: the colours", &asked, colours_shuffled(&whole, rng));
            let other = another_movement(&asked, rng);
            send("another movement than the one asked", &asked, relabelled(&self.victim, &asked, other));
            let foreign = recorded(&self.stranger, &asked);
            let spliced = asked.steps[rng.random_range(0..3)];
            send("spliced: another person in one step", &asked, with_step_of(&whole, &foreign, spliced));
            send("looped: one frame again and again", &asked, looped(&whole));
        }
        for pictures in [self.stills.clone(), self.screens.clone()].concat() {
            for _ in 0..4 {
                let asked = drawn(rng);
                let moved = pretended(&pictures, &asked);
                send("a picture that is moved", &asked, moved.clone());
                let mixed = moved.into_iter().filter(|seen| seen.shot.step == Step::LookStraight);
                let others = recorded(&self.stranger, &as_recorded(&asked));
                let others = others.into_iter().filter(|seen| seen.shot.step != Step::LookStraight);
                send("a picture first, then one's own face", &as_recorded(&asked), mixed.chain(others).collect());
            }
        }
        all
    }

    /// How many of each kind certify, of how many; half of them are judged on a second thread.
    fn tally(&self, submissions: &[Submission]) -> BTreeMap<&'static str, [usize; 2]> {
        let (first, second) = submissions.split_at(submissions.len() / 2);
        let judge = |part: &[Submission]| part.iter().map(|submission| self.certifies(submission)).collect::<Vec<_>>();
        let certified = std::thread::scope(|scope| {
            let second = scope.spawn(|| judge(second));
            [judge(first), second.join().unwrap()].concat()
        });
        let mut tally = BTreeMap::<_, [usize; 2]>::new();
        for (submission, certified) in submissions.iter().zip(certified) {
            let [passed, all] = tally.entry(submission.species).or_default();
            *passed += usize::from(certified);
            *all += 1;
        }
        tally
    }

    /// Decides as the service does, in the first attempt. Times go on from frame to frame as those of a phone.
    fn certifies(&self, Submission { species, asked, frames }: &Submission) -> bool {
        let mut seconds = 0.0;
        let burst: Vec<_> = (0..frames.len())
            .map(|at| {
                let next = at > 0 && frames[at].shot.step != frames[at - 1].shot.step;
                seconds += if next { 3.0 } else { 0.7 };
                BurstFrame { seconds, ..frames[at].in_burst() }
            })
            .collect();
        let straight = frames.iter().filter(|seen| seen.shot.step == Step::LookStraight);
        let straight: Vec<FrameEvidence> = straight.map(|seen| seen.evidence.clone()).collect();
        let fused = Evidence::fuse(Channel::Phone, &straight, "", Some(self.point));
        let known = *species == SENT_AGAIN && frames.iter().any(|seen| self.is_known(seen));
        let injection = known.then_some(InjectionSign::SeenBefore).into_iter().collect();
        let evidence = Evidence { burst: assess(&burst, &asked.steps, &asked.colours), injection, ..fused };
        let decision = decide(&self.policy, &evidence, History { attempt: 1, failures_left: 5 });
        if *species == HONEST && decision != Decision::Certified {
            eprintln!("honest and not certified: {:?} {decision:?}", asked.steps);
        }
        decision == Decision::Certified
    }

    /// As the service finds pictures again (`frame_history`).
    fn is_known(&self, seen: &Seen) -> bool {
        let print = seen.trace.print();
        self.victim.values().flatten().any(|earlier| earlier.trace.print().shared(&print) >= Print::SAME)
    }
}

impl Seen {
    fn in_burst(&self) -> BurstFrame<'_> {
        let Shot { step, seconds, light, .. } = self.shot;
        BurstFrame { step, seconds, light, trace: &self.trace }
    }
}

/// The pipeline, and whom it compares with.
struct Look<'a> {
    pipeline: &'a Pipeline,
    reference: Template,
}

impl<'a> Look<'a> {
    fn at(pipeline: &'a Pipeline, enrolled: &str) -> Self {
        Self { pipeline, reference: analyse(pipeline, &photo(enrolled)).template.expect("a face") }
    }

    /// Half of the frames on a second thread.
    fn all(&self, shots: &[Shot]) -> Vec<Seen> {
        let (first, second) = shots.split_at(shots.len() / 2);
        std::thread::scope(|scope| {
            let second = scope.spawn(|| self.each(second));
            [self.each(first), second.join().unwrap()].concat()
        })
    }

    fn each(&self, shots: &[Shot]) -> Vec<Seen> {
        let mut workspace = self.pipeline.workspace().unwrap();
        let look = |shot: &Shot| {
            let Analysis { findings, template, trace, .. } = self.pipeline.analyse(&mut workspace, &shot.jpeg).unwrap();
            let similarity = template.map(|probe| probe.compare(&self.reference).unwrap());
            // An attacker who fools the passive detector.
            let liveness = Liveness::Passive { bona_fide: 1.0 };
            let evidence = FrameEvidence { findings, liveness, signs: Vec::new(), similarity, pack: String::new() };
            // Without a face there is nothing to attack with.
            Some(Seen { shot: shot.clone(), evidence, trace: Arc::new(trace?) })
        };
        shots.iter().filter_map(look).collect()
    }
}

/// How a picture is moved: panned, zoomed, rolled, tilted.
fn moves() -> [[Held; 4]; 6] {
    let straight = Held::default();
    let by = |step: f32, held: fn(f32) -> Held| [0.0, 1.0, 2.0, 3.0].map(|at| held(at * step));
    [
        by(0.02, |shift| Held { shift: [shift, shift / 2.0], ..Held::default() }),
        by(0.2, |zoom| Held { zoom: 1.0 + zoom, ..Held::default() }),
        by(5.0, |roll| Held { roll, ..Held::default() }),
        by(14.0, |yaw| Held { yaw, ..Held::default() }),
        by(-14.0, |yaw| Held { yaw, ..Held::default() }),
        [straight, Held { pitch: 15.0, ..straight }, Held { pitch: 30.0, ..straight }, straight],
    ]
}

/// A challenge as the server draws it for a phone.
fn drawn(rng: &mut StdRng) -> Asked {
    let challenge =
        Challenge::draw(Policy::default().rule(Channel::Phone).active_steps, &[], Timestamp::UNIX_EPOCH, rng);
    let steps = challenge.steps().iter().map(|asked| asked.step).collect();
    Asked { steps, colours: challenge.colours().to_vec() }
}

/// The same steps under the colours of the recordings: what an attacker would wait for.
fn as_recorded(asked: &Asked) -> Asked {
    Asked { colours: RECORDED.to_vec(), ..asked.clone() }
}

fn by_step(frames: Vec<Seen>) -> Recording {
    let mut recording = Recording::new();
    for seen in frames {
        recording.entry(seen.shot.step as u8).or_default().push(seen);
    }
    recording
}

/// What was recorded of the steps that are asked.
fn recorded(recording: &Recording, asked: &Asked) -> Vec<Seen> {
    asked.steps.iter().flat_map(|step| recording[&(*step as u8)].iter().cloned()).collect()
}

fn without(whole: &[Seen], step: Step) -> Vec<Seen> {
    whole.iter().filter(|seen| seen.shot.step != step).cloned().collect()
}

fn without_last_colours(whole: &[Seen]) -> Vec<Seen> {
    whole.iter().filter(|seen| seen.shot.light.is_none_or(|light| light < 3)).cloned().collect()
}

/// The frames of the light under each other's numbers.
fn colours_shuffled(whole: &[Seen], rng: &mut StdRng) -> Vec<Seen> {
    let mut order: Vec<usize> = (0..RECORDED.len()).collect();
    while order.is_sorted() {
        order.shuffle(rng);
    }
    let renumbered = |seen: &Seen| Shot { light: seen.shot.light.map(|light| order[light]), ..seen.shot.clone() };
    let mut frames: Vec<_> = whole.iter().map(|seen| Seen { shot: renumbered(seen), ..seen.clone() }).collect();
    frames.sort_by_key(|seen| (whole.iter().position(|one| one.shot.step == seen.shot.step), seen.shot.light));
    frames
}

fn another_movement(asked: &Asked, rng: &mut StdRng) -> Step {
    loop {
        let other = MOVEMENTS[rng.random_range(0..MOVEMENTS.len())];
        if !asked.steps.contains(&other) {
            return other;
        }
    }
}

/// The recording of another movement, as if it were the one that was asked.
fn relabelled(recording: &Recording, asked: &Asked, other: Step) -> Vec<Seen> {
    let as_step = |seen: &Seen, step| Seen { shot: Shot { step, ..seen.shot.clone() }, ..seen.clone() };
    let of = |step: &Step| {
        let source = if MOVEMENTS.contains(step) { other } else { *step };
        recording[&(source as u8)].iter().map(|seen| as_step(seen, *step)).collect::<Vec<_>>()
    };
    asked.steps.iter().flat_map(of).collect()
}

fn with_step_of(whole: &[Seen], foreign: &[Seen], step: Step) -> Vec<Seen> {
    let steps: Vec<_> = whole.iter().map(|seen| seen.shot.step).collect();
    let mut frames: Vec<_> =
        without(whole, step).into_iter().chain(foreign.iter().filter(|f| f.shot.step == step).cloned()).collect();
    frames.sort_by_key(|seen| steps.iter().position(|step| *step == seen.shot.step));
    frames
}

/// Each step's last frame in the place of its others.
fn looped(whole: &[Seen]) -> Vec<Seen> {
    let replaced = |seen: &Seen| {
        let last = whole.iter().rfind(|one| one.shot.step == seen.shot.step).unwrap_or(seen);
        Seen { shot: seen.shot.clone(), ..last.clone() }
    };
    whole.iter().map(replaced).collect()
}

/// The same pictures for each step, and for each colour.
fn pretended(pictures: &[Seen], asked: &Asked) -> Vec<Seen> {
    let shots = asked.steps.iter().flat_map(|step| {
        let count = if *step == Step::WatchLight { asked.colours.len() } else { pictures.len() };
        (0..count).map(move |at| (*step, at))
    });
    let seen = |(step, at): (Step, usize)| {
        let picture = &pictures[at % pictures.len()];
        let light = (step == Step::WatchLight).then_some(at);
        Seen { shot: Shot { step, light, ..picture.shot.clone() }, ..picture.clone() }
    };
    shots.map(seen).collect()
}
