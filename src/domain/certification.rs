//! Certifications 资格认证: the record of proofs of life. Append-only.

use jiff::{Timestamp, civil::Date};
use rand::Rng;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::id::{BeneficiaryId, CertificationId, SessionId, StaffId};
use super::policy::Policy;

/// One proof of life. It counts for every scheme and every region of the person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certification {
    /// Ours.
    pub id: CertificationId,
    /// Who lives.
    pub beneficiary: BeneficiaryId,
    /// The session that proved it.
    pub session: SessionId,
    /// How it was proven.
    pub method: Method,
    /// When.
    pub certified_at: Timestamp,
    /// Last day of validity.
    pub valid_until: Date,
    /// Content hash of the policy it was decided under.
    pub policy: String,
    /// Digest of the model pack that compared the face.
    pub pack: String,
    /// Who decided, when it was a person.
    pub reviewer: Option<StaffId>,
}

/// Ways to the same record. Face is never the only one: more follow with their own evidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// The machine compared the face and found no doubt.
    Face,
    /// A reviewer compared the pictures of a referred session.
    Review,
}

/// What a certification stands on.
#[derive(Debug, Clone)]
pub struct Grounds {
    /// The session that proved it.
    pub session: SessionId,
    /// Who lives.
    pub beneficiary: BeneficiaryId,
    /// Digest of the model pack.
    pub pack: String,
    /// Who decided, when it was a person.
    pub reviewer: Option<StaffId>,
}

impl Certification {
    /// Certifies from now on, under this policy.
    pub fn new(grounds: Grounds, policy: &Policy, now: Timestamp, rng: &mut impl Rng) -> Self {
        Self {
            id: CertificationId::new(now, rng),
            beneficiary: grounds.beneficiary,
            session: grounds.session,
            method: if grounds.reviewer.is_some() { Method::Review } else { Method::Face },
            certified_at: now,
            valid_until: policy.valid_until(now),
            policy: policy.content_hash(),
            pack: grounds.pack,
            reviewer: grounds.reviewer,
        }
    }
}
