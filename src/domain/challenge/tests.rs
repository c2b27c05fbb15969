//! Challenges as they are drawn, told, answered and declined.

use proptest::prelude::*;
use rand::SeedableRng;
use rand::rngs::StdRng;

use super::*;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_795_000_000 + second).unwrap()
}

fn steps(challenge: &Challenge) -> Vec<Step> {
    challenge.steps().iter().map(|asked| asked.step).collect()
}

fn unable() -> impl Strategy<Value = Vec<Step>> {
    prop::collection::vec(prop::sample::select(Step::ALL[1..].to_vec()), 0..6)
}

proptest! {
    #[test]
    fn a_challenge_begins_straight_repeats_no_movement_and_asks_nothing_that_cannot_be_shown(
        seed: u64, active in 0_u32..=4, unable in unable(),
    ) {
        let challenge = Challenge::draw(active, &unable, at(0), &mut StdRng::seed_from_u64(seed));
        let drawn = steps(&challenge);
        prop_assert_eq!(drawn[0], Step::LookStraight);
        prop_assert!(drawn.len() == 1 || drawn.len() == 1 + active as usize);
        for (index, step) in drawn.iter().enumerate() {
            prop_assert!(!unable.contains(step));
            prop_assert!(drawn[index + 1..].iter().all(|other| !step.same_movement(*other)));
        }
        if active > 0 && drawn.len() > 1 && !unable.contains(&Step::WatchLight) {
            prop_assert!(drawn.contains(&Step::WatchLight));
            prop_assert!((4..=6).contains(&challenge.colours().len()));
            prop_assert!(may_be_drawn(challenge.colours()));
        }
        prop_assert_eq!(challenge.told().len(), 1, "only the first step is told");
    }

    /// Whatever is declined, there is another step that was not declined, or nobody is asked any more.
    #[test]
    fn declining_comes_to_an_end_and_never_asks_again(seed: u64) {
        let mut rng = StdRng::seed_from_u64(seed);
        let mut challenge = Challenge::draw(2, &[], at(0), &mut rng);
        challenge.answer(0, at(1));
        let mut declined = Vec::new();
        loop {
            let step = challenge.waiting().unwrap().1.step;
            prop_assert!(declined.iter().all(|before: &Step| !before.same_movement(step)));
            declined.push(step);
            if !challenge.decline(step, at(2), &mut rng).unwrap() {
                break;
            }
        }
        // Of the five movements one is kept for the other step.
        prop_assert_eq!(declined.len(), 4);
    }
}

#[test]
fn each_step_is_told_when_the_one_before_has_its_frames() {
    let mut challenge = Challenge::draw(2, &[], at(0), &mut StdRng::seed_from_u64(1));
    let [_, first, second] = steps(&challenge)[..] else { panic!("two active steps") };
    assert_eq!(challenge.admit(first, 60, at(1)), Err(ChallengeRefusal::NotAsked), "nobody can know it yet");
    assert_eq!(challenge.admit(Step::LookStraight, 60, at(500)), Ok(0), "the first step has the time of the session");
    challenge.answer(0, at(5));
    assert_eq!(challenge.waiting().map(|(position, asked)| (position, asked.step)), Some((1, first)));
    assert_eq!(challenge.admit(Step::LookStraight, 60, at(6)), Ok(0), "once more, before going on");
    challenge.answer(0, at(7));
    assert_eq!(challenge.told().len(), 2, "doing it again tells nothing more");
    assert_eq!(challenge.admit(second, 60, at(8)), Err(ChallengeRefusal::NotAsked));
    assert_eq!(challenge.admit(first, 60, at(65)), Ok(1));
    assert_eq!(challenge.admit(first, 60, at(66)), Err(ChallengeRefusal::TooLate));
    challenge.answer(1, at(9));
    assert_eq!(challenge.admit(Step::LookStraight, 60, at(10)), Err(ChallengeRefusal::NotAsked));
    challenge.answer(2, at(11));
    assert_eq!(challenge.waiting(), None);
    assert_eq!(challenge.admit(first, 60, at(12)), Err(ChallengeRefusal::NotAsked));
    assert_eq!(challenge.admit(second, 60, at(12)), Ok(2));
}

#[test]
fn a_frame_says_which_colour_was_shown_if_there_was_one() {
    let rng = &mut StdRng::seed_from_u64(3);
    let light = Asked::untold(Step::WatchLight, rng);
    let last = u32::try_from(light.colours.len()).unwrap() - 1;
    assert_eq!(light.check_light(Some(last)), Ok(()));
    for wrong in [None, Some(last + 1)] {
        assert_eq!(light.check_light(wrong), Err(ChallengeRefusal::NoSuchColour));
    }
    assert_eq!(Asked::untold(Step::Nod, rng).check_light(None), Ok(()));
    assert!(Asked::untold(Step::Nod, rng).check_light(Some(0)).is_err());
}

#[test]
fn whoever_cannot_show_their_face_is_not_asked_for_anything_else() {
    let mut challenge = Challenge::draw(2, &[], at(0), &mut StdRng::seed_from_u64(4));
    assert_eq!(challenge.decline(Step::Nod, at(1), &mut StdRng::seed_from_u64(4)), Err(ChallengeRefusal::NotAsked));
    assert_eq!(challenge.decline(Step::LookStraight, at(1), &mut StdRng::seed_from_u64(4)), Ok(false));
}
