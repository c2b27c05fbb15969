//! Promise 1: no pension is stopped by a machine; and better evidence never gives a worse outcome.

use proptest::prelude::*;
use vivat::domain::burst::{BurstDoubt, BurstEvidence, StepEvidence};
use vivat::domain::capture::{Channel, Step};
use vivat::domain::decision::{Decision, History, Reasons, ReferReason, decide};
use vivat::domain::evidence::{Evidence, Finding, FrameEvidence, InjectionSign, Liveness};
use vivat::domain::passive::PassiveSign;
use vivat::domain::policy::{ChannelRule, Consequence, Policy};
use vivat::domain::score::{FalseMatchRate, OperatingPoint, Similarity};

const POINT: OperatingPoint = OperatingPoint { fmr: FalseMatchRate(1e-3), threshold: 0.56 };

/// The models of these tests.
const PACK: &str = "models of today";

fn findings() -> impl Strategy<Value = Vec<Finding>> {
    use Finding::{Blurred, EyesCovered, NoFace, SeveralFaces, TooDark, TurnedAside};
    prop::collection::vec(
        prop::sample::select(vec![NoFace, SeveralFaces, TooDark, Blurred, TurnedAside, EyesCovered]),
        0..3,
    )
}

fn liveness() -> impl Strategy<Value = Liveness> {
    prop_oneof![Just(Liveness::NotAssessed), any::<f32>().prop_map(|bona_fide| Liveness::Passive { bona_fide })]
}

fn signs() -> impl Strategy<Value = Vec<PassiveSign>> {
    prop::collection::vec(prop::sample::select(vec![PassiveSign::Moire, PassiveSign::Framed]), 0..2)
}

fn similarity() -> impl Strategy<Value = Option<Similarity>> {
    prop::option::of((-1.0f32..=1.0).prop_map(|cosine| Similarity::new(cosine).unwrap()))
}

fn channel() -> impl Strategy<Value = Channel> {
    prop::sample::select(vec![Channel::Counter, Channel::Kiosk, Channel::Phone])
}

fn burst() -> impl Strategy<Value = BurstEvidence> {
    use BurstDoubt::{FlatMotion, ImplausibleTiming, NoMotion, OtherPerson, RepeatedFrame, Spliced, WrongLight};
    let doubts = vec![FlatMotion, NoMotion, RepeatedFrame, OtherPerson, Spliced, WrongLight, ImplausibleTiming];
    let steps = (prop::sample::select(Step::ALL.to_vec()), any::<bool>());
    let steps = steps.prop_map(|(step, shown)| StepEvidence { step, shown });
    (prop::collection::vec(steps, 0..4), prop::collection::vec(prop::sample::select(doubts), 0..2))
        .prop_map(|(steps, doubts)| BurstEvidence { steps, doubts })
}

fn injection() -> impl Strategy<Value = Vec<InjectionSign>> {
    use InjectionSign::{SeenBefore, Timing, VirtualCamera};
    prop::collection::vec(prop::sample::select(vec![SeenBefore, Timing, VirtualCamera]), 0..2)
}

fn evidence() -> impl Strategy<Value = Evidence> {
    let together = (prop::option::of(Just(POINT)), burst(), injection());
    (channel(), findings(), liveness(), signs(), similarity(), together).prop_map(
        |(channel, findings, liveness, signs, similarity, (operating_point, burst, injection))| Evidence {
            channel,
            findings,
            liveness: vec![liveness],
            signs,
            similarity,
            operating_point,
            burst,
            injection,
        },
    )
}

/// What is better for the person: retake < refer < certified.
fn rank(decision: &Decision) -> u8 {
    match decision {
        Decision::Retake(_) => 0,
        Decision::Refer(_) => 1,
        Decision::Certified => 2,
    }
}

fn passive(bona_fide: f32) -> Liveness {
    Liveness::Passive { bona_fide }
}

fn good(channel: Channel) -> Evidence {
    Evidence {
        channel,
        findings: vec![],
        liveness: vec![passive(0.99)],
        signs: vec![],
        similarity: Similarity::new(0.8).ok(),
        operating_point: Some(POINT),
        burst: BurstEvidence::default(),
        injection: vec![],
    }
}

/// The same with two active steps, shown or not.
fn active(shown: bool) -> Evidence {
    let steps = [Step::LookStraight, Step::WatchLight, Step::Nod].map(|step| StepEvidence { step, shown });
    Evidence { burst: BurstEvidence { steps: steps.to_vec(), doubts: vec![] }, ..good(Channel::Phone) }
}

fn first() -> History {
    History { attempt: 1, failures_left: 5 }
}

proptest! {
    #[test]
    fn nothing_makes_it_panic_and_every_reason_is_there(evidence in evidence(), attempt in any::<u32>()) {
        match decide(&Policy::default(), &evidence, History { attempt, failures_left: 5 }) {
            Decision::Certified => {
                prop_assert!(evidence.findings.is_empty());
                prop_assert!(evidence.similarity.unwrap().get() >= evidence.operating_point.unwrap().threshold);
                prop_assert!(evidence.burst.doubts.is_empty() && evidence.signs.is_empty());
                prop_assert!(evidence.burst.steps.iter().all(|step| step.shown || step.step == Step::LookStraight));
                let on_phone = evidence.channel == Channel::Phone;
                prop_assert!(!on_phone || evidence.active_steps() >= 2 && evidence.liveness != [Liveness::NotAssessed]);
            }
            Decision::Retake(reasons) => prop_assert!(!reasons.as_slice().is_empty()),
            Decision::Refer(reasons) => prop_assert!(!reasons.as_slice().is_empty()),
        }
    }

    #[test]
    fn a_higher_similarity_is_never_worse(evidence in evidence(), more in 0.0f32..2.0) {
        let mut better = evidence.clone();
        better.similarity = Similarity::new((evidence.similarity.map_or(-1.0, Similarity::get) + more).min(1.0)).ok();
        prop_assert!(rank(&decide(&Policy::default(), &better, first())) >= rank(&decide(&Policy::default(), &evidence, first())));
    }

    #[test]
    fn a_higher_liveness_is_never_worse(evidence in evidence(), score in 0.0f32..=1.0, more in 0.0f32..=1.0) {
        let worse = Evidence { liveness: vec![passive(score)], ..evidence.clone() };
        let better = Evidence { liveness: vec![passive((score + more).min(1.0))], ..evidence };
        prop_assert!(rank(&decide(&Policy::default(), &better, first())) >= rank(&decide(&Policy::default(), &worse, first())));
    }

    #[test]
    fn a_sign_of_an_attack_never_certifies(evidence in evidence(), sign in prop::sample::select(vec![PassiveSign::Moire, PassiveSign::Framed])) {
        let mut worse = evidence.clone();
        worse.signs.push(sign);
        let decision = decide(&Policy::default(), &worse, first());
        prop_assert!(decision != Decision::Certified);
        prop_assert!(rank(&decision) <= rank(&decide(&Policy::default(), &evidence, first())));
    }

    #[test]
    fn a_finding_less_is_never_worse(evidence in evidence(), finding in findings(), attempt in 1u32..3) {
        let mut worse = evidence.clone();
        worse.findings.extend(finding);
        let history = History { attempt, failures_left: 5 };
        prop_assert!(rank(&decide(&Policy::default(), &evidence, history)) >= rank(&decide(&Policy::default(), &worse, history)));
    }

    #[test]
    fn a_step_that_is_shown_is_never_worse(evidence in evidence(), which in any::<prop::sample::Index>(), attempt in 1u32..=3) {
        prop_assume!(!evidence.burst.steps.is_empty());
        let mut better = evidence.clone();
        let index = which.index(better.burst.steps.len());
        better.burst.steps[index].shown = true;
        let history = History { attempt, failures_left: 5 };
        prop_assert!(rank(&decide(&Policy::default(), &better, history)) >= rank(&decide(&Policy::default(), &evidence, history)));
    }

    #[test]
    fn a_doubt_less_is_never_worse(evidence in evidence(), more in burst(), injection in injection(), attempt in 1u32..=3) {
        let mut worse = evidence.clone();
        worse.burst.doubts.extend(more.doubts);
        worse.injection.extend(injection);
        let history = History { attempt, failures_left: 5 };
        prop_assert!(rank(&decide(&Policy::default(), &evidence, history)) >= rank(&decide(&Policy::default(), &worse, history)));
    }

    #[test]
    fn a_second_person_in_one_frame_does_not_pass(impostor in -1.0f32..0.55, order in any::<bool>()) {
        let frame = |cosine| FrameEvidence { findings: vec![], liveness: passive(0.99), signs: vec![], similarity: Similarity::new(cosine).ok(), pack: PACK.into() };
        let mut frames = vec![frame(0.9), frame(impostor)];
        if order { frames.reverse(); }
        let evidence = Evidence::fuse(Channel::Kiosk, &frames, PACK, Some(POINT));
        prop_assert_eq!(decide(&Policy::default(), &evidence, first()), Decision::Refer(Reasons::one(ReferReason::NoMatch)));
    }
}

#[test]
fn one_attack_among_good_frames_is_enough() {
    let frame = |liveness| FrameEvidence {
        findings: vec![],
        liveness,
        signs: vec![],
        similarity: Similarity::new(0.9).ok(),
        pack: PACK.into(),
    };
    for attack in [passive(0.01), passive(f32::NAN)] {
        for company in [passive(0.99), Liveness::NotAssessed] {
            for frames in [[frame(attack), frame(company)], [frame(company), frame(attack)]] {
                let evidence = Evidence::fuse(Channel::Kiosk, &frames, PACK, Some(POINT));
                let decision = decide(&Policy::default(), &evidence, first());
                assert_eq!(decision, Decision::Refer(Reasons::one(ReferReason::LivenessDoubtful)));
            }
        }
    }
}

#[test]
fn a_sign_in_one_frame_is_enough() {
    let frame = |signs| FrameEvidence {
        findings: vec![],
        liveness: passive(0.99),
        signs,
        similarity: Similarity::new(0.9).ok(),
        pack: PACK.into(),
    };
    let frames = [frame(vec![]), frame(vec![PassiveSign::Moire])];
    let evidence = Evidence::fuse(Channel::Kiosk, &frames, PACK, Some(POINT));
    let decision = decide(&Policy::default(), &evidence, first());
    assert_eq!(decision, Decision::Refer(Reasons::one(ReferReason::LivenessDoubtful)));
}

#[test]
fn another_packs_similarity_is_not_judged_by_our_threshold() {
    let frame = |pack: &str| FrameEvidence {
        findings: vec![],
        liveness: passive(0.99),
        signs: vec![],
        similarity: Similarity::new(0.9).ok(),
        pack: pack.into(),
    };
    let evidence = Evidence::fuse(Channel::Kiosk, &[frame(PACK), frame("models of yesterday")], PACK, Some(POINT));
    let decision = decide(&Policy::default(), &evidence, first());
    assert_eq!(decision, Decision::Refer(Reasons::one(ReferReason::NotCalibrated)));
}

#[test]
fn each_channel_has_its_rule() {
    let policy = Policy::default();
    let refer = |reason| Decision::Refer(Reasons::one(reason));
    for in_sight in [Channel::Counter, Channel::Kiosk] {
        assert_eq!(decide(&policy, &good(in_sight), first()), Decision::Certified);
        let unassessed = Evidence { liveness: vec![Liveness::NotAssessed], ..good(in_sight) };
        assert_eq!(decide(&policy, &unassessed, first()), Decision::Certified);
        let doubtful = Evidence { liveness: vec![passive(0.1)], ..good(in_sight) };
        assert_eq!(decide(&policy, &doubtful, first()), refer(ReferReason::LivenessDoubtful));
    }
    let and_no_steps = |reason| {
        let reasons = Reasons::new(vec![reason, ReferReason::CannotShowSteps]).unwrap();
        Decision::Refer(reasons)
    };
    assert_eq!(decide(&policy, &good(Channel::Phone), first()), and_no_steps(ReferReason::LivenessPassiveOnly));
    let unassessed = Evidence { liveness: vec![Liveness::NotAssessed], ..good(Channel::Phone) };
    assert_eq!(decide(&policy, &unassessed, first()), and_no_steps(ReferReason::LivenessNotAssessed));
}

#[test]
fn a_phone_certifies_with_all_steps_and_without_a_doubt() {
    let policy = Policy::default();
    let refer = |reason| Decision::Refer(Reasons::one(reason));
    assert_eq!(decide(&policy, &active(true), first()), Decision::Certified);
    let mut fewer = active(true);
    fewer.burst.steps.pop();
    assert_eq!(decide(&policy, &fewer, first()), refer(ReferReason::CannotShowSteps));
    let unassessed = Evidence { liveness: vec![Liveness::NotAssessed], ..active(true) };
    assert_eq!(decide(&policy, &unassessed, first()), refer(ReferReason::LivenessNotAssessed));
    let mut flat = active(true);
    flat.burst.doubts.push(BurstDoubt::FlatMotion);
    assert_eq!(decide(&policy, &flat, first()), refer(ReferReason::FlatMotion));
    for (sign, reason) in [
        (InjectionSign::SeenBefore, ReferReason::SeenBefore),
        (InjectionSign::Timing, ReferReason::Timing),
        (InjectionSign::VirtualCamera, ReferReason::VirtualCamera),
    ] {
        for evidence in [active(true), good(Channel::Kiosk), good(Channel::Counter)] {
            assert_eq!(decide(&policy, &Evidence { injection: vec![sign], ..evidence }, first()), refer(reason));
        }
    }
}

#[test]
fn steps_that_are_not_seen_ask_for_a_retake_and_then_for_people() {
    let (policy, unseen) = (Policy::default(), active(false));
    let retake = Reasons::new(vec![Finding::NodNotShown, Finding::LightNotShown]).unwrap();
    assert_eq!(decide(&policy, &unseen, first()), Decision::Retake(retake));
    let last = decide(&policy, &unseen, History { attempt: policy.max_attempts, failures_left: 5 });
    let reasons = Reasons::new(vec![ReferReason::AttemptsExhausted, ReferReason::StepsNotShown]).unwrap();
    assert_eq!(last, Decision::Refer(reasons));
}

#[test]
fn no_policy_lets_a_phone_certify_on_a_passive_score_alone() {
    for change in [
        |rule: &mut ChannelRule| rule.passive_only = Consequence::Certify,
        |rule: &mut ChannelRule| rule.not_assessed = Consequence::Certify,
    ] {
        let mut policy = Policy::default();
        change(policy.channels.get_mut(&Channel::Phone).unwrap());
        assert!(policy.check().is_err());
    }
}

#[test]
fn a_channel_without_a_rule_refers() {
    let mut policy = Policy::default();
    policy.channels.clear();
    assert_eq!(rank(&decide(&policy, &good(Channel::Counter), first())), 1);
    assert_eq!(policy.rule(Channel::Counter).not_assessed, Consequence::Refer);
}

#[test]
fn without_a_calibration_the_machine_does_not_decide() {
    let evidence = Evidence { operating_point: None, ..good(Channel::Kiosk) };
    let decision = decide(&Policy::default(), &evidence, first());
    assert_eq!(decision, Decision::Refer(Reasons::one(ReferReason::NotCalibrated)));
}

#[test]
fn after_the_last_attempt_people_take_over() {
    let policy = Policy::default();
    let evidence = Evidence { findings: vec![Finding::TooDark], ..good(Channel::Kiosk) };
    for attempt in 1..policy.max_attempts {
        assert_eq!(
            decide(&policy, &evidence, History { attempt, failures_left: 5 }),
            Decision::Retake(Reasons::one(Finding::TooDark))
        );
    }
    let last = decide(&policy, &evidence, History { attempt: policy.max_attempts, failures_left: 5 });
    assert_eq!(last, Decision::Refer(Reasons::one(ReferReason::AttemptsExhausted)));
    let before_a_pause = decide(&policy, &evidence, History { attempt: 1, failures_left: 1 });
    assert_eq!(before_a_pause, last);
}

#[test]
fn frames_with_findings_count_only_when_there_is_no_other() {
    let usable = FrameEvidence {
        findings: vec![],
        liveness: passive(0.9),
        signs: vec![],
        similarity: Similarity::new(0.7).ok(),
        pack: PACK.into(),
    };
    let dark = FrameEvidence {
        findings: vec![Finding::TooDark, Finding::Blurred],
        liveness: passive(0.0),
        signs: vec![PassiveSign::Moire],
        similarity: Similarity::new(0.1).ok(),
        pack: PACK.into(),
    };
    let blurred = FrameEvidence { findings: vec![Finding::Blurred], ..dark.clone() };
    let fused = Evidence::fuse(Channel::Kiosk, &[dark.clone(), usable.clone()], PACK, Some(POINT));
    assert_eq!((fused.findings, fused.liveness, fused.similarity), (vec![], vec![usable.liveness], usable.similarity));
    let fused = Evidence::fuse(Channel::Kiosk, &[dark.clone(), blurred.clone()], PACK, Some(POINT));
    assert_eq!((fused.findings, fused.liveness, fused.similarity), (vec![Finding::Blurred], vec![], None));
    let nothing = FrameEvidence { findings: vec![Finding::NoFace], ..blurred };
    let fused = Evidence::fuse(Channel::Kiosk, &[nothing, dark], PACK, Some(POINT));
    assert_eq!(fused.findings, vec![Finding::TooDark, Finding::Blurred], "what tells a person more");
    assert_eq!(Evidence::fuse(Channel::Kiosk, &[], PACK, Some(POINT)).findings, vec![Finding::NoFace]);
}

#[test]
fn a_policy_is_named_by_its_content() {
    let policy = Policy::default();
    assert_eq!(policy.content_hash(), Policy::default().content_hash());
    let other = Policy { validity_months: 13, ..Policy::default() };
    assert_ne!(policy.content_hash(), other.content_hash());
    assert!(policy.check().is_ok());
    assert!(Policy { fmr: FalseMatchRate(0.5), ..Policy::default() }.check().is_err());
    assert!(Policy { time_zone: "Asia/Nowhere".into(), ..Policy::default() }.check().is_err());
}

#[test]
fn a_certification_is_valid_for_twelve_months_in_the_time_of_the_office() {
    // Half past four in the afternoon in London is half past midnight of the next day in Beijing.
    let at = "2026-02-27T16:30:00Z".parse().unwrap();
    assert_eq!(Policy::default().valid_until(at), jiff::civil::date(2027, 2, 28));
    let leap = "2028-02-29T04:00:00Z".parse().unwrap();
    assert_eq!(Policy::default().valid_until(leap), jiff::civil::date(2029, 2, 28));
}
