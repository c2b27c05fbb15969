//! Example records. Their instants have microseconds, because that is what databases keep.

use jiff::{Timestamp, ToSpan, civil::date};
use rand::{SeedableRng, rngs::StdRng};
use vivat::domain::attendant::Attendant;
use vivat::domain::beneficiary::AgencyCode;
use vivat::domain::capture::{Channel, Step};
use vivat::domain::certification::{Certification, Grounds};
use vivat::domain::decision::{Reasons, ReferReason};
use vivat::domain::id::{BeneficiaryId, CaptureId, LogEntryId, PersonId, ReferenceId, StaffId};
use vivat::domain::policy::Policy;
use vivat::domain::reference::ReferenceSource;
use vivat::domain::review::Case;
use vivat::domain::session::{Applicant, Nonce, Session};
use vivat::store::beneficiaries::StoredBeneficiary;
use vivat::store::captures::StoredCapture;
use vivat::store::cases::{OpenCase, StoredCase, StoredJudgement};
use vivat::store::references::StoredReference;
use vivat::store::vault_keys::StoredKey;
use vivat::store::{Store, StoreError, Tx, beneficiaries, log_entries, persons, policies, sessions};

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

/// What stands for the sealed key of a person: the store looks into nothing that is sealed.
pub(crate) fn stored_key(kek: &str) -> StoredKey {
    StoredKey { kek: kek.to_owned(), wrapped: vec![0, 1, 254, 255] }
}

pub(crate) fn beneficiary(number: u16) -> StoredBeneficiary {
    StoredBeneficiary {
        id: BeneficiaryId::new(at(i64::from(number)), &mut rng(number.into())),
        agency: AgencyCode::parse("110105").unwrap(),
        sealed: number.to_be_bytes().repeat(50),
        registered_at: at(i64::from(number)),
    }
}

/// The blind index of a person, the same for the same identifier.
pub(crate) fn citizen_index(id: PersonId) -> [u8; 32] {
    id.0.as_bytes().repeat(2).try_into().unwrap()
}

/// Records the person and registers them.
pub(crate) async fn register(tx: &mut Tx, beneficiary: &StoredBeneficiary) -> Result<(), StoreError> {
    let id = beneficiary.id.into();
    persons::insert(tx, id, &citizen_index(id), &stored_key("kek"), at(0)).await?;
    beneficiaries::insert(tx, beneficiary).await
}

pub(crate) fn reference(beneficiary: &StoredBeneficiary, seconds: i64) -> StoredReference {
    StoredReference {
        id: ReferenceId::new(at(seconds), &mut rng(seconds.unsigned_abs())),
        beneficiary: beneficiary.id,
        source: ReferenceSource::Roster,
        taken_on: Some(date(2019, 2, 28)),
        enrolled_at: at(seconds),
        pack: "pack".to_owned(),
        template: vec![0, 1, 254, 255],
        image_deleted_at: None,
    }
}

/// An example of a session, and its nonce.
pub(crate) fn opened(beneficiary: &StoredBeneficiary, seconds: i64) -> (Session, Nonce) {
    let (id, agency) = (beneficiary.id, beneficiary.agency.clone());
    let applicant = Applicant { person: id.into(), beneficiary: Some(id), agency };
    let mut rng = rng(seconds.unsigned_abs());
    Session::open(applicant, Channel::Kiosk, Attendant::Nobody, &Policy::default(), at(seconds), &mut rng)
}

pub(crate) fn session(beneficiary: &StoredBeneficiary, seconds: i64) -> Session {
    opened(beneficiary, seconds).0
}

/// The same session of somebody whom nobody registered.
pub(crate) fn unregistered(session: &Session) -> Session {
    let applicant = Applicant { beneficiary: None, ..session.applicant.clone() };
    Session { applicant, ..session.clone() }
}

pub(crate) fn capture(session: &Session, attempt: u32, seconds: i64) -> StoredCapture {
    StoredCapture {
        id: CaptureId::new(at(seconds), &mut rng(seconds.unsigned_abs())),
        session: session.id,
        attempt,
        step: Step::LookStraight,
        taken_at: at(seconds) - 2.seconds(),
        received_at: at(seconds),
        digest: [7; 32],
        evidence: vec![0, 1, 254, 255],
        trace: Some(vec![0, 255]),
        image_deleted_at: None,
    }
}

pub(crate) fn certification(session: &Session, beneficiary: &StoredBeneficiary, seconds: i64) -> Certification {
    let grounds = Grounds { session: session.id, beneficiary: beneficiary.id, pack: "pack".to_owned(), reviewer: None };
    Certification::new(grounds, &Policy::default(), at(seconds), &mut rng(seconds.unsigned_abs()))
}

pub(crate) fn case(session: &Session, seconds: i64) -> Case {
    let reasons = Reasons::new(vec![ReferReason::NoMatch, ReferReason::LivenessPassiveOnly]).unwrap();
    Case::open(session, reasons, &Policy::default(), at(seconds), &mut rng(seconds.unsigned_abs()))
}

/// A case as it is stored. The store does not look into reasons: here they stand as they are.
pub(crate) fn stored(case: &Case) -> StoredCase {
    let judgements = case.judgements.iter().cloned().map(|one| StoredJudgement {
        reviewer: one.reviewer,
        verdict: one.verdict,
        reason: one.reason.into_bytes(),
        at: one.at,
    });
    StoredCase {
        id: case.id,
        session: case.session,
        beneficiary: case.beneficiary,
        reasons: case.reasons.clone(),
        opened_at: case.opened_at,
        due_on: case.due_on,
        state: case.state.clone(),
        judgements: judgements.collect(),
    }
}

/// A case as it lies on the desk.
pub(crate) fn on_desk(case: &Case) -> OpenCase {
    OpenCase { id: case.id, opened_at: case.opened_at, due_on: case.due_on, state: case.state.clone() }
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
pub(crate) async fn record_session(store: &Store, number: u16) -> (StoredBeneficiary, Session) {
    let beneficiary = beneficiary(number);
    let session = session(&beneficiary, i64::from(number));
    let mut tx = store.write().await.unwrap();
    register(&mut tx, &beneficiary).await.unwrap();
    sessions::insert(&mut tx, &session).await.unwrap();
    tx.commit().await.unwrap();
    (beneficiary, session)
}

/// Appends an entry of the log.
pub(crate) async fn log_entry(tx: &mut Tx, number: u64) -> LogEntryId {
    let id = LogEntryId::new(at(0), &mut rng(number));
    log_entries::append(tx, id, "{}").await.unwrap();
    id
}

/// What is wrong with a change may be told as late as by the commit.
pub(super) async fn told(tx: Tx, outcome: Result<(), StoreError>) -> Result<(), StoreError> {
    match outcome {
        Ok(()) => tx.commit().await,
        refused => refused,
    }
}
