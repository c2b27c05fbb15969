//! Why a use case refuses or fails. No variant carries a personal datum.

use super::admit_device::DeviceRefusal;
use super::complete_session::SessionCompleted;
use super::frame_history::FrameRefusal;
use crate::domain::attendant::Unattended;
use crate::domain::beneficiary::{InvalidAgencyCode, InvalidName};
use crate::domain::challenge::ChallengeRefusal;
use crate::domain::citizen_id::InvalidCitizenId;
use crate::domain::credentials::WeakPassword;
use crate::domain::device::InvalidDeviceName;
use crate::domain::evidence::Finding;
use crate::domain::limits::Paused;
use crate::domain::permission::NotPermitted;
use crate::domain::policy::InvalidPolicy;
use crate::domain::proposal::ProposalRefusal;
use crate::domain::reason::InvalidReason;
use crate::domain::review::CaseRefusal;
use crate::domain::session::SessionRefusal;
use crate::domain::staff::{InvalidLogin, InvalidStaffNumber};
use crate::images::ImageError;
use crate::store::StoreError;
use crate::vault::{KekId, KeyError, NotOpened};
use crate::vision::{DecodeError, VisionError};

/// Everything that can stop a use case.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    /// The citizen number is not one.
    #[error(transparent)]
    CitizenId(#[from] InvalidCitizenId),
    /// The written reason is not one.
    #[error(transparent)]
    Reason(#[from] InvalidReason),
    /// The name is not one.
    #[error(transparent)]
    Name(#[from] InvalidName),
    /// The agency code is not one.
    #[error(transparent)]
    Agency(#[from] InvalidAgencyCode),
    /// A beneficiary without a scheme.
    #[error("at least one scheme is needed")]
    NoScheme,
    /// The citizen number is registered already.
    #[error("the citizen number is registered already")]
    AlreadyRegistered,
    /// What was asked for does not exist.
    #[error("there is no such {0}")]
    NotFound(&'static str),
    /// The session does not take this.
    #[error(transparent)]
    Session(#[from] SessionRefusal),
    /// The session was decided before; the result is told again.
    #[error("the session is completed")]
    CompletedBefore(Box<SessionCompleted>),
    /// The decision was asked for before anything was sent.
    #[error("the session has no capture in this attempt")]
    NoCaptures,
    /// The challenge does not take frames of this step now.
    #[error(transparent)]
    Challenge(#[from] ChallengeRefusal),
    /// The frames are not new, or not in their order.
    #[error(transparent)]
    Frame(#[from] FrameRefusal),
    /// Frames beyond the policy's number.
    #[error("the attempt has as many frames as the policy allows")]
    TooManyFrames,
    /// The bytes are not a picture that we take.
    #[error(transparent)]
    Image(#[from] DecodeError),
    /// The photo cannot serve as a reference.
    #[error("the photo cannot serve as a reference")]
    PoorReference(Vec<Finding>),
    /// The case does not take this.
    #[error(transparent)]
    Case(#[from] CaseRefusal),
    /// The `Idempotency-Key` was used for another request.
    #[error("the idempotency key was used for another request")]
    KeyReused,
    /// All permits and all places in the queue are taken.
    #[error("the machine is busy")]
    Busy,
    /// The account was disabled while the request was under way.
    #[error("the account is disabled")]
    NoCredentials,
    /// A role is missing, or does not reach there.
    #[error(transparent)]
    NotPermitted(#[from] NotPermitted),
    /// The login is not one.
    #[error(transparent)]
    Login(#[from] InvalidLogin),
    /// The staff number is not one.
    #[error(transparent)]
    StaffNumber(#[from] InvalidStaffNumber),
    /// Somebody signs in under that name.
    #[error("there is an account with this login already")]
    LoginTaken,
    /// The account has the role.
    #[error("the account has this role at this agency already")]
    RoleGranted,
    /// A foreign identity provider, or what is linked to it, does not take this.
    #[cfg(feature = "oidc")]
    #[error(transparent)]
    Oidc(#[from] super::staff::oidc::OidcRefusal),
    /// The proposal does not take this.
    #[error(transparent)]
    Proposal(#[from] ProposalRefusal),
    /// The policy that is proposed does not fit together.
    #[error(transparent)]
    ProposedPolicy(InvalidPolicy),
    /// The models of this node cannot decide by the policy that is proposed; they can by these.
    #[error("no calibration of the models is for that population and false match rate")]
    NotCalibrated(String),
    /// Login, password and code do not fit together, or the account is disabled: whoever asks is not told which.
    #[error("login, password and code do not fit together")]
    SignInRefused,
    /// Too many failures to sign in.
    #[error("too many failures to sign in: {0}")]
    SignInPaused(#[source] Paused),
    /// The password was issued, and has to be changed first.
    #[error("the password that was issued has to be changed")]
    PasswordToChange,
    /// The new password is none.
    #[error(transparent)]
    WeakPassword(#[from] WeakPassword),
    /// Credentials of whoever decides proposals are issued at the console.
    #[error("credentials of somebody who decides proposals are issued at the console")]
    ConsoleNeeded,
    /// The console may not do alone what two people can do.
    #[error(
        "there are two administrators who can grant this: one proposes it, the other approves (POST /v1/proposals)"
    )]
    TwoPeopleNeeded,
    /// The line is not a cosignature by a witness that is known here.
    #[error("the line is not a cosignature of this checkpoint by a known witness")]
    Cosignature,
    /// The checkpoints of this log are signed by another key.
    #[error("the log of this record is signed by another key: all nodes of an installation need the same log key")]
    ForeignLogKey,
    /// The tree of the log is not whole.
    #[error("the tree of the log is damaged: `vivat log export` and `vivat log verify` tell where")]
    DamagedLog,
    /// The vault of this record was founded, or is locked by now, with a key-encryption key that is not here.
    #[error(
        "the vault of this record is locked with the key {0}, which --vault-key does not give: \
         name the keys that this record was made with"
    )]
    ForeignVault(KekId),
    /// A key of the vault is not to be had.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The store of pictures failed.
    #[error(transparent)]
    Images(#[from] ImageError),
    /// A sealed value does not open.
    #[error(transparent)]
    Sealed(#[from] NotOpened),
    /// The request is not one of a good device.
    #[error(transparent)]
    Device(#[from] DeviceRefusal),
    /// There were too many failures.
    #[error(transparent)]
    Paused(#[from] Paused),
    /// The channel needs a proof of who is there.
    #[error(transparent)]
    Unattended(#[from] Unattended),
    /// The name of a device is not one.
    #[error(transparent)]
    DeviceName(#[from] InvalidDeviceName),
    /// The public key of a device is not one.
    #[error("not an Ed25519 public key")]
    DeviceKey,
    /// A device has, or had, this key.
    #[error("a device has or had this key")]
    DeviceKeyTaken,
    /// The policy does not fit together.
    #[error(transparent)]
    Policy(#[from] InvalidPolicy),
    /// The pipeline failed on a good picture.
    #[error("the vision pipeline failed")]
    Vision(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A defect of the program.
    #[error("the program failed")]
    Internal(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What was shown is no receipt of this installation.
    #[error("this is not a receipt of this installation")]
    NotAReceipt,
    /// A status list could not be packed.
    #[error("the status list could not be packed")]
    StatusList(#[source] std::io::Error),
    /// An answer could not be written as JSON.
    #[error("the answer could not be written")]
    Answer(#[from] serde_json::Error),
}

impl From<VisionError> for ServiceError {
    fn from(error: VisionError) -> Self {
        match error {
            VisionError::Decode(error) => Self::Image(error),
            other => Self::Vision(Box::new(other)),
        }
    }
}
