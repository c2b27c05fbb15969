//! Entries: what happened, when, and on whose behalf; with references and hashes, without a personal datum.
//!
//! Anybody may read an entry. So it names no citizen number, name, score or template, and a session is not linked to a
//! beneficiary: that would tell who is enrolled. What an act recorded is bound by a [`Commitment`], which says nothing to
//! whoever does not hold the record and its salt.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::hash::Hash;
use super::record::Commitment;
use crate::domain::id::{
    BeneficiaryId, CaptureId, CaseId, CertificationId, DeviceId, GrantId, LogEntryId, PersonId, ProposalId,
    ReferenceId, SessionId, StaffId, StaffLinkId,
};
use crate::domain::permission::Role;
use crate::domain::proposal::{Kind, Outcome};
use crate::domain::review::Verdict;
use crate::domain::staff_session::WayIn;

/// The form of entries that is written now.
pub const VERSION: u8 = 1;

/// One entry. Its canonical form is its JSON: the fields in this order, without spaces.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// [`VERSION`] when it was written.
    pub v: u8,
    /// Ours.
    pub id: LogEntryId,
    /// When, to the microsecond.
    pub at: Timestamp,
    /// On whose behalf.
    pub by: Actor,
    /// What happened.
    pub act: Act,
}

/// On whose behalf something happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Actor {
    /// The service itself, or a person in front of a camera.
    Machine,
    /// Whoever operates the installation, at its command line.
    Console,
    /// A member of staff.
    Staff(StaffId),
    /// A kiosk, and the person in front of it.
    Device(DeviceId),
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Act {
    /// A policy came into force.
    PolicyPutInForce {
        /// Its content hash.
        policy: String,
    },
    /// A beneficiary entered the register.
    BeneficiaryRegistered {
        /// Who.
        beneficiary: BeneficiaryId,
        /// What was recorded.
        record: Commitment,
    },
    /// A photo became a reference.
    ReferenceEnrolled {
        /// Whose.
        beneficiary: BeneficiaryId,
        /// Which.
        reference: ReferenceId,
        /// Whether it is not compared, until two people have agreed to it.
        candidate: bool,
        /// What was recorded, the photo included.
        record: Commitment,
    },
    /// It was looked up who else is enrolled with a face.
    DuplicatesSought {
        /// Whose; of everybody when absent.
        beneficiary: Option<BeneficiaryId>,
    },
    /// Somebody gave a citizen number.
    SessionOpened {
        /// Which.
        session: SessionId,
        /// What was recorded.
        record: Commitment,
    },
    /// Frames were accepted.
    CapturesAccepted {
        /// Of which session.
        session: SessionId,
        /// In which attempt, from 1.
        attempt: u32,
        /// The frames, in the order sent.
        captures: Vec<CaptureAccepted>,
        /// What was recorded of all of them.
        record: Commitment,
    },
    /// Somebody could not do, or would rather not do, what they were asked to show. Which step it was is not told: it says
    /// something about their health.
    StepDeclined {
        /// In which session.
        session: SessionId,
        /// In which attempt, from 1.
        attempt: u32,
    },
    /// The machine decided an attempt.
    SessionDecided {
        /// Of which session.
        session: SessionId,
        /// Which attempt, from 1.
        attempt: u32,
        /// `certified`, `retake` or `referred`.
        outcome: String,
        /// What was recorded, the reasons included.
        record: Commitment,
    },
    /// A proof of life entered the record.
    CertificationRecorded {
        /// Which.
        certification: CertificationId,
        /// The session that proved it.
        session: SessionId,
        /// Content hash of the policy.
        policy: String,
        /// What was recorded.
        record: Commitment,
    },
    /// A session was referred to people.
    CaseOpened {
        /// Case number.
        case: CaseId,
        /// Which session.
        session: SessionId,
        /// What was recorded.
        record: Commitment,
    },
    /// A member of staff took a case.
    CaseClaimed {
        /// Which.
        case: CaseId,
    },
    /// A member of staff judged a case.
    CaseJudged {
        /// Which.
        case: CaseId,
        /// Which judgement of the case, from 0.
        position: u32,
        /// What they saw.
        verdict: Verdict,
        /// What was recorded, the written reason included.
        record: Commitment,
    },
    /// Receipts are signed with a new key from now on.
    ReceiptKeyAdded {
        /// Its thumbprint, which binds it (RFC 7638).
        key: String,
    },
    /// A key signs no receipts any more.
    ReceiptKeyRetired {
        /// Its thumbprint.
        key: String,
    },
    /// The receipt of a certification does not count any more.
    ReceiptRevoked {
        /// Of which.
        certification: CertificationId,
    },
    /// A kiosk was let in.
    DeviceEnrolled {
        /// Which.
        device: DeviceId,
        /// What was recorded, its key included.
        record: Commitment,
    },
    /// The signature of a kiosk opens nothing any more.
    DeviceRevoked {
        /// Which.
        device: DeviceId,
    },
    /// A person was erased: nobody can read any more who it was, or open what these entries bind.
    PersonErased {
        /// Who, by an identifier that no other entry of a session names.
        person: PersonId,
        /// Certifications that stay in the record.
        certifications: u64,
        /// Decisions that stay in the record.
        decisions: u64,
        /// Judgements that stay in the record.
        judgements: u64,
        /// What was recorded: when, and the written reason.
        record: Commitment,
    },
    /// Pictures of a session were deleted, as the policy says.
    ImagesDeleted {
        /// Of which session.
        session: SessionId,
        /// How many.
        count: u64,
    },
    /// From here on another key locks the vault.
    VaultRotationBegun {
        /// The name of the new key-encryption key.
        kek: String,
    },
    /// The key before locks nothing any more.
    VaultRotationEnded {
        /// The name of the new key-encryption key.
        kek: String,
    },
    /// A key that locked nothing any more is taken out of the key file: what was copied before its rotation stays shut.
    VaultKeyRetired {
        /// The name of the key-encryption key.
        kek: String,
    },
    /// Somebody proposed what takes two people.
    ProposalMade {
        /// Which.
        proposal: ProposalId,
        /// What it is about.
        about: Kind,
        /// What was recorded, the written reason included.
        record: Commitment,
    },
    /// A proposal was approved, refused or withdrawn.
    ProposalClosed {
        /// Which.
        proposal: ProposalId,
        /// How.
        outcome: Outcome,
        /// What was recorded, the written reason included.
        record: Commitment,
    },
    /// A pension was suspended, or restored.
    StandingChanged {
        /// What two people agreed to.
        proposal: ProposalId,
        /// Which of both.
        suspended: bool,
        /// What was recorded: whose, and since when.
        record: Commitment,
    },
    /// A reference took the place of those that were compared.
    ReferenceReplaced {
        /// What two people agreed to.
        proposal: ProposalId,
        /// Whose.
        beneficiary: BeneficiaryId,
        /// The new one.
        reference: ReferenceId,
    },
    /// A member of staff has an account, which may nothing yet.
    StaffAdded {
        /// Which account.
        staff: StaffId,
        /// What was recorded: login, number, name.
        record: Commitment,
    },
    /// An account opens nothing any more.
    StaffDisabled {
        /// Which account.
        staff: StaffId,
    },
    /// An account is good again.
    StaffEnabled {
        /// Which account.
        staff: StaffId,
    },
    /// A member of staff may do something that they might not before.
    RoleGranted {
        /// Which grant.
        grant: GrantId,
        /// To whom.
        staff: StaffId,
        /// What they are.
        role: Role,
        /// Where.
        agency: String,
    },
    /// A member of staff is something no longer.
    RoleRevoked {
        /// Which grant.
        grant: GrantId,
    },
    /// A subject of a foreign identity provider opens an account.
    StaffLinked {
        /// Which link.
        link: StaffLinkId,
        /// Which account.
        staff: StaffId,
        /// What was recorded.
        record: Commitment,
    },
    /// It opens it no longer.
    StaffUnlinked {
        /// Which link.
        link: StaffLinkId,
    },
    /// An account has a new password, issued or chosen; an issued one comes with a new authenticator.
    StaffCredentialsSet {
        /// Which account.
        staff: StaffId,
    },
    /// A member of staff signed in.
    StaffSignedIn {
        /// Which account.
        staff: StaffId,
        /// How they proved who they are.
        way: WayIn,
    },
    /// The console made a token that acts for a member of staff.
    StaffTokenIssued {
        /// For whom.
        staff: StaffId,
    },
}

/// An accepted frame. Its digest is known to whoever sent it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaptureAccepted {
    /// Which.
    pub id: CaptureId,
    /// SHA-256 of the bytes as sent.
    pub sha256: Hash,
}

impl Entry {
    /// An entry of the present form.
    #[must_use]
    pub fn new(id: LogEntryId, at: Timestamp, by: Actor, act: Act) -> Self {
        let at = Timestamp::from_microsecond(at.as_microsecond()).unwrap_or(at);
        Self { v: VERSION, id, at, by, act }
    }

    /// The canonical form: what is stored, hashed and exported.
    ///
    /// # Errors
    /// Never, as far as is known: whatever the writer of JSON says.
    pub fn canonical(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Entries of the first version must be read, and hashed to the same leaf, for ever.
    #[test]
    fn the_canonical_form_is_fixed() {
        let id = uuid::Uuid::from_u128(7);
        let record = Commitment(Hash([0xab; 32]));
        let act = Act::CaseJudged { case: CaseId(id), position: 0, verdict: Verdict::Same, record };
        let at = Timestamp::new(1_795_000_000, 123_456_789).unwrap();
        let entry = Entry::new(LogEntryId(id), at, Actor::Staff(StaffId(id)), act);
        let nil = "00000000-0000-0000-0000-000000000007";
        let expected = format!(
            r#"{{"v":1,"id":"{nil}","at":"2026-11-18T11:06:40.123456Z","by":{{"staff":"{nil}"}},"act":{{"kind":"case_judged","case":"{nil}","position":0,"verdict":"same","record":"{}"}}}}"#,
            "ab".repeat(32)
        );
        assert_eq!(entry.canonical().unwrap(), expected);
        assert_eq!(serde_json::from_str::<Entry>(&expected).unwrap(), entry);
    }
}
