//! The time between a sign-in of staff and its end.

use jiff::{SignedDuration, Timestamp};
use rand::Rng;
use serde::{Deserialize, Serialize};

use super::id::{StaffId, StaffSessionId};

/// Without a request for this long, a session is over (NIST SP 800-63B-4, 2.2.3: at most an hour).
pub const IDLE: SignedDuration = SignedDuration::from_hours(1);
/// After this, a session is over (there: at most 24 hours).
pub const LONGEST: SignedDuration = SignedDuration::from_hours(12);
/// Requests are noted once in this time.
pub const GRAIN: SignedDuration = SignedDuration::from_mins(1);

/// How a member of staff proved who they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WayIn {
    /// With password and code.
    Password,
    /// At a foreign identity provider.
    Provider,
}

/// A session of a member of staff. Its token is not kept.
#[derive(Clone, PartialEq, Eq)]
pub struct StaffSession {
    /// Ours.
    pub id: StaffSessionId,
    /// Whose.
    pub staff: StaffId,
    /// SHA-256 of the token. Not shown by `Debug`.
    pub token_digest: [u8; 32],
    /// When it began.
    pub opened_at: Timestamp,
    /// The last request, to [`GRAIN`].
    pub seen_at: Timestamp,
    /// How long it lasts without a request; `None` for a token that the console made, for scripts.
    pub idle: Option<SignedDuration>,
    /// When it is over in any case.
    pub expires_at: Timestamp,
    /// When it was ended.
    pub ended_at: Option<Timestamp>,
}

impl StaffSession {
    /// A session of somebody who signed in.
    pub fn signed_in(staff: StaffId, token_digest: [u8; 32], now: Timestamp, rng: &mut impl Rng) -> Self {
        Self { idle: Some(IDLE), ..Self::of_console(staff, token_digest, LONGEST, now, rng) }
    }

    /// A session that the console opened, for scripts.
    pub fn of_console(
        staff: StaffId,
        token_digest: [u8; 32],
        lasting: SignedDuration,
        now: Timestamp,
        rng: &mut impl Rng,
    ) -> Self {
        Self {
            id: StaffSessionId::new(now, rng),
            staff,
            token_digest,
            opened_at: now,
            seen_at: now,
            idle: None,
            expires_at: now.saturating_add(lasting).unwrap_or(Timestamp::MAX),
            ended_at: None,
        }
    }

    /// Whether it opens anything.
    #[must_use]
    pub fn is_open(&self, now: Timestamp) -> bool {
        let rested = now.duration_since(self.seen_at);
        self.ended_at.is_none() && now < self.expires_at && self.idle.is_none_or(|idle| rested < idle)
    }

    /// Whether a request at that instant is worth noting.
    #[must_use]
    pub fn is_to_be_seen(&self, now: Timestamp) -> bool {
        self.idle.is_some() && now.duration_since(self.seen_at) >= GRAIN
    }
}

impl std::fmt::Debug for StaffSession {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StaffSession").field("id", &self.id).field("staff", &self.staff).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use rand::{SeedableRng, rngs::StdRng};

    use super::*;

    fn after(opened: &StaffSession, minutes: i64) -> Timestamp {
        opened.opened_at + SignedDuration::from_mins(minutes)
    }

    #[test]
    fn a_session_ends_by_rest_by_age_and_by_word() {
        let now = Timestamp::new(1_795_000_000, 0).unwrap();
        let mut rng = StdRng::seed_from_u64(1);
        let mut session = StaffSession::signed_in(StaffId(uuid::Uuid::nil()), [7; 32], now, &mut rng);
        assert!(session.is_open(now) && session.is_open(after(&session, 59)));
        assert!(!session.is_open(after(&session, 60)), "it rested too long");
        assert!(!session.is_to_be_seen(now) && session.is_to_be_seen(after(&session, 1)));
        session.seen_at = after(&session, 12 * 60 - 1);
        assert!(session.is_open(session.seen_at));
        assert!(!session.is_open(after(&session, 12 * 60)), "it is too old");
        session.ended_at = Some(now);
        assert!(!session.is_open(now));

        let token = StaffSession::of_console(session.staff, [7; 32], SignedDuration::from_hours(24), now, &mut rng);
        assert!(token.is_open(after(&token, 24 * 60 - 1)) && !token.is_open(after(&token, 24 * 60)));
        assert!(!format!("{token:?}").contains("digest"));
    }
}
