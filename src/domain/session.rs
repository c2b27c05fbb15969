//! Certification sessions: one person in front of one camera, for some minutes.

use jiff::{SignedDuration, Timestamp};
use rand::{Rng, RngExt};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::attendant::{Attendant, Caller};
use super::beneficiary::AgencyCode;
use super::capture::Channel;
use super::decision::{Decision, History};
use super::id::{BeneficiaryId, PersonId, SessionId};
use super::policy::Policy;

/// A session as it is recorded.
#[derive(Debug, Clone, PartialEq)]
pub struct Session {
    /// Ours.
    pub id: SessionId,
    /// What the nonce is compared with.
    pub nonce: NonceDigest,
    /// Whose number was given.
    pub applicant: Applicant,
    /// Where the camera is.
    pub channel: Channel,
    /// Who answers for it, from its beginning to its end.
    pub attendant: Attendant,
    /// Start.
    pub opened_at: Timestamp,
    /// End, whether completed or not.
    pub expires_at: Timestamp,
    /// The attempt that captures belong to now, from 1.
    pub attempt: u32,
    /// How it ended; `None` while it is open.
    pub ended: Option<Ended>,
}

/// Who is said to stand there: whose number was given. Nothing that the public sees depends on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applicant {
    /// Whoever has the number.
    pub person: PersonId,
    /// The same person, if registered by then.
    pub beneficiary: Option<BeneficiaryId>,
    /// The agency of a beneficiary; of anybody else, the region in the number.
    pub agency: AgencyCode,
}

/// How a session ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ended {
    /// When.
    pub at: Timestamp,
    /// With what.
    pub outcome: Outcome,
}

/// The two ends of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The machine certified.
    Certified,
    /// People decide.
    Referred,
}

/// Why a session takes nothing more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SessionRefusal {
    /// Its time is over.
    #[error("the session has expired")]
    Expired,
    /// It has its decision.
    #[error("the session is completed")]
    Completed,
    /// The nonce is not the session's.
    #[error("the nonce is not the session's")]
    WrongNonce,
    /// Another device opened it.
    #[error("the session belongs to another device")]
    Foreign,
}

/// A session that is proven to be open: the only one that takes captures and decisions.
#[derive(Debug, Clone, PartialEq)]
pub struct OpenSession(Session);

impl Session {
    /// A new session, open from now on, and the nonce that is its capability.
    pub fn open(
        applicant: Applicant,
        channel: Channel,
        attendant: Attendant,
        policy: &Policy,
        now: Timestamp,
        rng: &mut impl Rng,
    ) -> (Self, Nonce) {
        let lifetime = SignedDuration::from_secs(i64::from(policy.session_seconds));
        let nonce = Nonce::new(rng);
        let session = Self {
            id: SessionId::new(now, rng),
            nonce: nonce.digest(),
            applicant,
            channel,
            attendant,
            opened_at: now,
            expires_at: now.saturating_add(lifetime).unwrap_or(Timestamp::MAX),
            attempt: 1,
            ended: None,
        };
        (session, nonce)
    }

    /// Proves that the session is open, and that whoever asks may use it.
    ///
    /// # Errors
    /// [`SessionRefusal`]; a wrong nonce learns nothing else.
    pub fn admit(self, nonce: &Nonce, caller: Caller, now: Timestamp) -> Result<OpenSession, SessionRefusal> {
        if self.nonce != nonce.digest() {
            Err(SessionRefusal::WrongNonce)
        } else if !caller.is(self.attendant) {
            Err(SessionRefusal::Foreign)
        } else if self.ended.is_some() {
            Err(SessionRefusal::Completed)
        } else if now >= self.expires_at {
            Err(SessionRefusal::Expired)
        } else {
            Ok(OpenSession(self))
        }
    }
}

impl OpenSession {
    /// The session.
    #[must_use]
    pub fn session(&self) -> &Session {
        &self.0
    }

    /// What the decision has to know of the past.
    #[must_use]
    pub fn history(&self, failures_left: u32) -> History {
        History { attempt: self.0.attempt, failures_left }
    }

    /// The session after a decision: a retake opens the next attempt, everything else ends it.
    #[must_use]
    pub fn after(self, decision: &Decision, now: Timestamp) -> Session {
        let mut session = self.0;
        match decision {
            Decision::Retake(_) => session.attempt += 1,
            Decision::Certified => session.ended = Some(Ended { at: now, outcome: Outcome::Certified }),
            Decision::Refer(_) => session.ended = Some(Ended { at: now, outcome: Outcome::Referred }),
        }
        session
    }
}

/// 128 random bits, as 32 hex digits: whoever knows them may send captures to this session, and nothing else. Not shown
/// by `Debug`.
#[derive(Clone)]
pub struct Nonce([u8; 16]);

impl Nonce {
    /// A fresh one.
    pub fn new(rng: &mut impl Rng) -> Self {
        Self(rng.random())
    }

    /// Reads 32 hex digits; anything else is no nonce.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut bytes = [0; 16];
        hex::decode_to_slice(text, &mut bytes).ok()?;
        Some(Self(bytes))
    }

    /// 32 hex digits.
    #[must_use]
    pub fn to_hex(&self) -> String {
        hex::encode(self.0)
    }

    /// What is kept of it.
    #[must_use]
    pub fn digest(&self) -> NonceDigest {
        NonceDigest(Sha256::digest(self.0).into())
    }
}

impl std::fmt::Debug for Nonce {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Nonce(…)")
    }
}

/// SHA-256 of a nonce: compared, and of no use to whoever reads it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NonceDigest(pub [u8; 32]);
