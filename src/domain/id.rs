//! Typed identifiers (UUID version 7, RFC 9562): sortable by time of birth, and no two kinds can be mixed up.

use jiff::Timestamp;
use rand::{Rng, RngExt};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! typed_id {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl $name {
            /// A new identifier, born at `now`.
            pub fn new(now: Timestamp, rng: &mut impl Rng) -> Self {
                Self(uuid_v7(now, rng))
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }
    )+};
}

typed_id! {
    /// Somebody whose citizen number was given, registered or not.
    PersonId,
    /// A person who receives a pension.
    BeneficiaryId,
    /// An enrolled reference of a beneficiary.
    ReferenceId,
    /// One certification session.
    SessionId,
    /// One accepted frame of a session.
    CaptureId,
    /// One entry of the certification record.
    CertificationId,
    /// A referred session, waiting for people.
    CaseId,
    /// An account of a member of staff.
    StaffId,
    /// Something that takes two people.
    ProposalId,
    /// A role that was granted to a member of staff.
    GrantId,
    /// The time between a sign-in and its end.
    StaffSessionId,
    /// A subject of a foreign identity provider that opens an account.
    StaffLinkId,
    /// A sign-in that is not finished.
    PendingSignInId,
    /// A kiosk.
    DeviceId,
    /// An entry of the log.
    LogEntryId,
}

impl CaptureId {
    /// So many frames can come together.
    pub const MOST_TOGETHER: usize = u8::MAX as usize;

    /// Identifiers for frames that come together: one for each place, and the same but for their last byte.
    pub fn together<R: Rng>(now: Timestamp, rng: &mut R) -> impl Iterator<Item = Self> + use<R> {
        let common = Self(uuid_v7(now, rng));
        (0..u8::MAX).map(move |place| common.at(place))
    }

    /// The identifier of the first of the frames that came together with this one, and the place of this one among them.
    #[must_use]
    pub fn first_and_place(self) -> (Self, u8) {
        let [.., place] = *self.0.as_bytes();
        (self.at(0), place)
    }

    fn at(self, place: u8) -> Self {
        let mut bytes = self.0.into_bytes();
        bytes[15] = place;
        Self(Uuid::from_bytes(bytes))
    }
}

impl From<BeneficiaryId> for PersonId {
    /// Whoever is registered keeps the identifier that they had.
    fn from(registered: BeneficiaryId) -> Self {
        Self(registered.0)
    }
}

fn uuid_v7(now: Timestamp, rng: &mut impl Rng) -> Uuid {
    let millis = u64::try_from(now.as_millisecond()).unwrap_or(0);
    uuid::Builder::from_unix_timestamp_millis(millis, &rng.random()).into_uuid()
}
