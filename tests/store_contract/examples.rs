//! Example records. Their instants have microseconds, because that is what databases keep.

use jiff::{Timestamp, ToSpan, civil::date};
use rand::{SeedableRng, rngs::StdRng};
use vivat::domain::beneficiary::{AgencyCode, Beneficiary, PersonName};
use vivat::domain::capture::{Capture, Channel, Step};
use vivat::domain::certification::{Certification, Grounds};
use vivat::domain::citizen_id::CitizenId;
use vivat::domain::decision::{Reasons, ReferReason};
use vivat::domain::evidence::{Finding, FrameEvidence, Liveness};
use vivat::domain::id::{BeneficiaryId, CaptureId, ReferenceId, StaffId};
use vivat::domain::policy::Policy;
use vivat::domain::reference::{Reference, ReferenceSource, StoredTemplate};
use vivat::domain::review::Case;
use vivat::domain::scheme::Scheme;
use vivat::domain::score::Similarity;
use vivat::domain::session::Session;
use vivat::store::{Store, beneficiaries, policies, sessions};

/// Some seconds after the epoch of the examples, with a fraction.
pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp::new(1_795_000_000 + seconds, 123_456_000).unwrap()
}

/// An account of staff, by its number.
pub(crate) fn staff(number: u8) -> StaffId {
    StaffId(uuid::Uuid::from_u128(number.into()))
}

pub(crate) fn rng(seed: u64) -> StdRng {
    StdRng::seed_from_u64(seed)
}

/// A valid citizen number for every number below 1,000.
pub(crate) fn citizen_id(number: u16) -> CitizenId {
    let body = format!("11010519491231{number:03}");
    "0123456789X".chars().find_map(|check| CitizenId::parse(&format!("{body}{check}")).ok()).unwrap()
}

pub(crate) fn beneficiary(number: u16) -> Beneficiary {
    Beneficiary {
        id: BeneficiaryId::new(at(i64::from(number)), &mut rng(number.into())),
        citizen_id: citizen_id(number),
        name: PersonName::parse("欧阳 O'Brien ✓").unwrap(),
        agency: AgencyCode::parse("110105").unwrap(),
        schemes: vec![Scheme::Resident, Scheme::UrbanEmployee],
        registered_at: at(i64::from(number)),
    }
}

pub(crate) fn reference(beneficiary: &Beneficiary, seconds: i64) -> Reference {
    Reference {
        id: ReferenceId::new(at(seconds), &mut rng(seconds.unsigned_abs())),
        beneficiary: beneficiary.id,
        source: ReferenceSource::Roster,
        taken_on: Some(date(2019, 2, 28)),
        enrolled_at: at(seconds),
        pack: "pack".to_owned(),
        template: StoredTemplate(vec![0, 1, 254, 255]),
    }
}

pub(crate) fn session(beneficiary: &Beneficiary, seconds: i64) -> Session {
    let (number, policy) = (beneficiary.citizen_id.clone(), Policy::default());
    let mut rng = rng(seconds.unsigned_abs());
    Session::open(number, Some(beneficiary.id), Channel::Kiosk, &policy, at(seconds), &mut rng)
}

pub(crate) fn capture(session: &Session, attempt: u32, seconds: i64) -> Capture {
    Capture {
        id: CaptureId::new(at(seconds), &mut rng(seconds.unsigned_abs())),
        session: session.id,
        attempt,
        step: Step::LookStraight,
        taken_at: at(seconds) - 2.seconds(),
        received_at: at(seconds),
        digest: [7; 32],
        evidence: FrameEvidence {
            pack: "c0ffee".to_owned(),
            findings: vec![Finding::TooDark, Finding::EyesCovered],
            liveness: Liveness::Passive { bona_fide: 0.1 + 0.2 },
            similarity: Some(Similarity::new(0.586_123_4).unwrap()),
        },
    }
}

pub(crate) fn certification(session: &Session, beneficiary: &Beneficiary, seconds: i64) -> Certification {
    let grounds = Grounds { session: session.id, beneficiary: beneficiary.id, pack: "pack".to_owned(), reviewer: None };
    Certification::new(grounds, &Policy::default(), at(seconds), &mut rng(seconds.unsigned_abs()))
}

pub(crate) fn case(session: &Session, seconds: i64) -> Case {
    let reasons = Reasons::new(vec![ReferReason::NoMatch, ReferReason::LivenessPassiveOnly]).unwrap();
    Case::open(session, reasons, &Policy::default(), at(seconds), &mut rng(seconds.unsigned_abs()))
}

/// Records the default policy, and gives its hash.
pub(crate) async fn record_policy(store: &Store) -> String {
    let hash = Policy::default().content_hash();
    let mut tx = store.write().await.unwrap();
    policies::insert(&mut tx, &Policy::default(), &hash, at(0)).await.unwrap();
    tx.commit().await.unwrap();
    hash
}

/// Records a beneficiary with one session.
pub(crate) async fn record_session(store: &Store, number: u16) -> (Beneficiary, Session) {
    let beneficiary = beneficiary(number);
    let session = session(&beneficiary, i64::from(number));
    let mut tx = store.write().await.unwrap();
    beneficiaries::insert(&mut tx, &beneficiary).await.unwrap();
    sessions::insert(&mut tx, &session).await.unwrap();
    tx.commit().await.unwrap();
    (beneficiary, session)
}
