//! Who may do what: the one table of roles and permissions.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What a member of staff is, at an agency and everything below it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// 窗口经办: registers, enrols, attends the counter.
    Clerk,
    /// 审核: judges referred cases.
    Reviewer,
    /// 主管: decides what clerks propose.
    Supervisor,
    /// 审计稽核: reads everything that is not sealed from people, and changes nothing.
    Auditor,
    /// 管理员: policies, staff, devices, keys. Sees no beneficiary.
    Administrator,
}

impl Role {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Clerk, Self::Reviewer, Self::Supervisor, Self::Auditor, Self::Administrator];

    /// As it is written in the API, in the record and on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Clerk => "clerk",
            Self::Reviewer => "reviewer",
            Self::Supervisor => "supervisor",
            Self::Auditor => "auditor",
            Self::Administrator => "administrator",
        }
    }

    /// As it is called in Chinese.
    #[must_use]
    pub fn name_zh(self) -> &'static str {
        match self {
            Self::Clerk => "窗口经办",
            Self::Reviewer => "审核",
            Self::Supervisor => "主管",
            Self::Auditor => "审计",
            Self::Administrator => "管理员",
        }
    }

    /// The role of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }
}

/// Defines the permissions and the table, in one place.
macro_rules! permissions {
    ($($(#[$doc:meta])* $permission:ident $name:literal: $($role:ident)*;)+) => {
        /// Something that a role allows. An operation of the API names the one that it takes.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Permission {
            $($(#[$doc])* $permission,)+
        }

        impl Permission {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$permission,)+];

        }

        /// Each permission, in the order of the type: its name, and the roles that have it.
        const TABLE: &[(&str, &[Role])] = &[$(($name, &[$(Role::$role,)*]),)+];
    };
}

permissions! {
    /// Find beneficiaries and read what is recorded of them.
    ReadBeneficiaries "read_beneficiaries": Clerk Supervisor Auditor;
    /// Enter beneficiaries into the register.
    RegisterBeneficiaries "register_beneficiaries": Clerk;
    /// Enrol the first reference photos of a beneficiary.
    EnrolReferences "enrol_references": Clerk;
    /// Look for the same face under other numbers.
    FindDuplicates "find_duplicates": Supervisor Auditor;
    /// Open sessions at the counter.
    AttendCounter "attend_counter": Clerk;
    /// Read certifications and their receipts.
    ReadCertifications "read_certifications": Clerk Supervisor Auditor;
    /// Claim and judge referred cases.
    ReviewCases "review_cases": Reviewer;
    /// Destroy the keys of a person.
    ErasePersons "erase_persons": Administrator;
    /// Read which devices there are.
    ReadDevices "read_devices": Supervisor Auditor Administrator;
    /// Take the trust away from a device.
    RevokeDevices "revoke_devices": Supervisor Administrator;
    /// Read who works here, with which roles.
    ReadStaff "read_staff": Supervisor Auditor Administrator;
    /// Make accounts (without a role), reset their credentials, disable them.
    ManageStaff "manage_staff": Administrator;
    /// Read the policy in force.
    ReadPolicy "read_policy": Supervisor Auditor Administrator;
    /// Read what is proposed.
    ReadProposals "read_proposals": Clerk Supervisor Auditor Administrator;
    /// Propose what takes two people. The kind takes a permission of its own besides.
    MakeProposals "make_proposals": Clerk Supervisor Administrator;
    /// Approve or refuse what another proposed. The kind takes a permission of its own besides.
    DecideProposals "decide_proposals": Supervisor Administrator;
    /// Kind of proposal: the policy and its thresholds.
    ChangePolicy "change_policy": Administrator;
    /// Kind of proposal: suspending a pension, and restoring it.
    SuspendAndRestore "suspend_and_restore": Clerk Supervisor;
    /// Kind of proposal: replacing the references of a beneficiary.
    ReplaceReferences "replace_references": Clerk Supervisor;
    /// Kind of proposal: roles of staff.
    GrantRoles "grant_roles": Administrator;
    /// Kind of proposal: trusting a device.
    EnrolDevices "enrol_devices": Administrator;
    /// Kind of proposal: revoking a receipt.
    RevokeReceipts "revoke_receipts": Clerk Supervisor;
}

impl Permission {
    /// As the API names it.
    #[must_use]
    pub fn name(self) -> &'static str {
        TABLE[self as usize].0
    }

    /// The roles that have it.
    #[must_use]
    pub fn roles(self) -> &'static [Role] {
        TABLE[self as usize].1
    }

    /// The permission of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|permission| permission.name() == name)
    }
}

/// A member of staff may not do that, or not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this takes the permission {}", .0.name())]
pub struct NotPermitted(pub Permission);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back_and_each_stands_once() {
        for permission in Permission::ALL {
            assert_eq!(Permission::parse(permission.name()), Some(*permission));
            assert!(!permission.roles().is_empty(), "nobody may {}", permission.name());
        }
        for role in Role::ALL {
            assert_eq!(Role::parse(role.name()), Some(role));
            assert_eq!(serde_json::to_value(role).unwrap(), role.name());
        }
        assert_eq!(Permission::parse("do_anything"), None);
    }

    /// Reviewers are blind: nothing that they may do shows them whom they judge.
    #[test]
    fn whoever_judges_cases_sees_no_names() {
        let of = |role| Permission::ALL.iter().filter(move |one| one.roles().contains(&role)).collect::<Vec<_>>();
        assert_eq!(of(Role::Reviewer), [&Permission::ReviewCases]);
    }
}
