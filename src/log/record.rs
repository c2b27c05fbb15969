//! Commitments: an entry binds what was recorded without telling it.
//!
//! A commitment is the SHA-256 of a secret salt and the canonical form of a record. Without the salt, which takes a key of
//! the vault, a citizen number could be found by trying all of them.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::hash::Hash;
use crate::domain::beneficiary::Beneficiary;
use crate::domain::capture::Capture;
use crate::domain::certification::Certification;
use crate::domain::decision::Decision;
use crate::domain::device::Device;
use crate::domain::id::{CaseId, PersonId, ProposalId, SessionId, StaffId, StaffLinkId};
use crate::domain::proposal::{Closed, Proposal};
use crate::domain::reason::Reason;
use crate::domain::reference::Reference;
use crate::domain::review::{Case, Judgement};
use crate::domain::session::Session;
use crate::domain::staff::StaffMember;
use crate::domain::standing::StandingChange;

/// What makes two commitments to the same record different.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Salt(pub [u8; 32]);

/// Binds a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Commitment(pub Hash);

/// A record, as an entry binds it: what of it never changes.
pub enum Record<'a> {
    /// A beneficiary.
    Beneficiary(&'a Beneficiary),
    /// A reference, with its photo.
    Reference(&'a Reference, &'a [u8]),
    /// A session, as it was opened.
    Session(&'a Session),
    /// Frames.
    Captures(&'a [Capture]),
    /// A decision of the machine on an attempt, when, and under which policy.
    Decision(SessionId, u32, &'a Decision, Timestamp, &'a str),
    /// A certification.
    Certification(&'a Certification),
    /// A case, as it was opened.
    Case(&'a Case),
    /// An erasure: whom, why, and when.
    Erasure(PersonId, &'a Reason, Timestamp),
    /// A judgement on a case.
    Judgement(CaseId, &'a Judgement),
    /// A proposal, as it was made.
    Proposal(&'a Proposal),
    /// The end of a proposal.
    ProposalClosed(ProposalId, &'a Closed),
    /// A change of standing.
    Standing(&'a StandingChange),
    /// An account of staff, as it was made.
    Staff(&'a StaffMember),
    /// A subject of a foreign identity provider, by its blind index, as it was linked to an account.
    StaffLink(StaffLinkId, StaffId, &'a [u8; 32]),
    /// A device, as it was let in.
    Device(&'a Device),
}

impl Record<'_> {
    /// Binds the record.
    #[must_use]
    pub fn commit(&self, salt: &Salt) -> Commitment {
        let content = self.canonical().to_string();
        Commitment(Hash(Sha256::new().chain_update(salt.0).chain_update(content).finalize().into()))
    }

    /// Arrays, so that no field can be mistaken for another or left out.
    fn canonical(&self) -> serde_json::Value {
        use serde_json::json;
        match self {
            Self::Beneficiary(b) => json!([
                "beneficiary",
                b.id,
                b.citizen_id.as_str(),
                b.name.as_str(),
                b.agency.as_str(),
                b.schemes,
                micros(b.registered_at),
            ]),
            Self::Reference(r, photo) => json!([
                "reference",
                r.beneficiary,
                r.id,
                r.source,
                r.taken_on,
                micros(r.enrolled_at),
                r.pack,
                sha256(&r.template.0),
                sha256(photo),
            ]),
            Self::Session(s) => json!([
                "session",
                s.id,
                hex::encode(s.nonce.0),
                s.applicant.person,
                s.applicant.beneficiary,
                s.applicant.agency.as_str(),
                s.channel,
                s.attendant,
                micros(s.opened_at),
                micros(s.expires_at),
            ]),
            Self::Captures(captures) => json!(["captures", captures.iter().map(capture).collect::<Vec<_>>()]),
            Self::Decision(session, attempt, decision, at, policy) => {
                json!(["decision", session, attempt, decision, micros(*at), policy])
            }
            Self::Certification(c) => json!([
                "certification",
                c.beneficiary,
                c.id,
                c.session,
                c.method,
                micros(c.certified_at),
                c.valid_until,
                c.policy,
                c.pack,
                c.reviewer,
            ]),
            Self::Case(c) => {
                json!(["case", c.id, c.session, c.beneficiary, c.reasons, micros(c.opened_at), c.due_on])
            }
            Self::Erasure(person, reason, at) => json!(["erasure", person, reason.as_str(), micros(*at)]),
            Self::Judgement(case, j) => json!(["judgement", case, j.reviewer, j.verdict, j.reason, micros(j.at)]),
            Self::Proposal(p) => json!([
                "proposal",
                p.id,
                p.kind,
                p.agency.as_str(),
                p.beneficiary,
                p.proposed_by.account,
                hex::encode(p.proposed_by.number),
                p.content,
                p.reason.as_str(),
                micros(p.proposed_at),
                micros(p.expires_at),
            ]),
            Self::ProposalClosed(proposal, c) => {
                json!(["proposal closed", proposal, c.outcome, c.by, c.reason.as_str(), micros(c.at)])
            }
            Self::Standing(s) => {
                json!(["standing", s.beneficiary, s.position, s.suspended, s.proposal, micros(s.since)])
            }
            Self::Staff(s) => {
                json!(["staff", s.id, s.login, s.number, s.name.as_str(), micros(s.created_at)])
            }
            Self::StaffLink(id, staff, subject) => json!(["staff link", id, staff, hex::encode(subject)]),
            Self::Device(d) => {
                json!(
                    ["device", d.id, d.name.as_str(), d.agency.as_str(), hex::encode(d.key.0), micros(d.enrolled_at),]
                )
            }
        }
    }
}

fn capture(c: &Capture) -> serde_json::Value {
    serde_json::json!([
        c.id,
        c.session,
        c.attempt,
        c.step,
        micros(c.taken_at),
        micros(c.received_at),
        hex::encode(c.digest),
        c.evidence,
        c.circumstances,
    ])
}

/// Instants are kept to the microsecond.
fn micros(at: Timestamp) -> i64 {
    at.as_microsecond()
}

fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}
