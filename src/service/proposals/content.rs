//! What exactly is proposed, of each kind.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::domain::id::{BeneficiaryId, CertificationId, GrantId, ReferenceId, StaffId};
use crate::domain::permission::Role;
use crate::domain::policy::Policy;
use crate::domain::proposal::Kind;
use crate::service::enrol_device::NewDevice;

/// What exactly is proposed.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Content {
    /// Another policy takes the place of the one in force.
    PolicyChange {
        /// Hash of the policy in force, as `GET /v1/policy` tells it: what is changed.
        base: String,
        /// The whole policy that follows, its version counted up by one.
        #[schema(value_type = Object)]
        policy: Box<Policy>,
    },
    /// A pension is not paid for now (暂停).
    Suspension {
        /// Whose.
        #[schema(value_type = uuid::Uuid)]
        beneficiary: BeneficiaryId,
    },
    /// A pension is paid again (恢复).
    Restoration {
        /// Whose.
        #[schema(value_type = uuid::Uuid)]
        beneficiary: BeneficiaryId,
    },
    /// A candidate takes the place of all references that were compared. Those stay for audit.
    ReferenceReplacement {
        /// Whose.
        #[schema(value_type = uuid::Uuid)]
        beneficiary: BeneficiaryId,
        /// The candidate: a photo that was enrolled while there was a reference already.
        #[schema(value_type = uuid::Uuid)]
        reference: ReferenceId,
    },
    /// A member of staff gets a role.
    RoleGrant {
        /// The account.
        #[schema(value_type = uuid::Uuid)]
        staff: StaffId,
        /// What they become.
        role: Role,
        /// Where, and at all agencies below.
        #[schema(example = "110105")]
        agency: String,
    },
    /// A member of staff loses a role.
    RoleRevocation {
        /// Which, as `GET /v1/staff` tells it.
        #[schema(value_type = uuid::Uuid)]
        grant: GrantId,
    },
    /// A kiosk is trusted.
    DeviceEnrolment {
        /// Which.
        device: NewDevice,
    },
    /// A receipt does not count any more.
    ReceiptRevocation {
        /// Of which certification.
        #[schema(value_type = uuid::Uuid)]
        certification: CertificationId,
    },
}

impl Content {
    /// Of which kind it is.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self {
            Self::PolicyChange { .. } => Kind::PolicyChange,
            Self::Suspension { .. } => Kind::Suspension,
            Self::Restoration { .. } => Kind::Restoration,
            Self::ReferenceReplacement { .. } => Kind::ReferenceReplacement,
            Self::RoleGrant { .. } => Kind::RoleGrant,
            Self::RoleRevocation { .. } => Kind::RoleRevocation,
            Self::DeviceEnrolment { .. } => Kind::DeviceEnrolment,
            Self::ReceiptRevocation { .. } => Kind::ReceiptRevocation,
        }
    }
}
