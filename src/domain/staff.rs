//! Members of staff: who they are, and what they may do where.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::beneficiary::{AgencyCode, PersonName};
use super::id::{GrantId, StaffId};
use super::permission::{NotPermitted, Permission, Role};

/// A member of staff. One human being may have several accounts, and has one staff number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StaffMember {
    /// Of the account.
    pub id: StaffId,
    /// The name under which they sign in.
    pub login: Login,
    /// Of the human being.
    pub number: StaffNumber,
    /// As in the documents.
    pub name: PersonName,
    /// When the account was made.
    pub created_at: Timestamp,
    /// Since when it opens nothing; `None` while it is good.
    pub disabled_at: Option<Timestamp>,
    /// Roles that were granted and not revoked.
    pub grants: Vec<Grant>,
}

/// A role at an agency, and at all agencies below it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// Ours.
    pub id: GrantId,
    /// What they are.
    pub role: Role,
    /// Where.
    pub agency: AgencyCode,
}

impl StaffMember {
    /// Whether they may do this at that agency.
    #[must_use]
    pub fn may(&self, permission: Permission, agency: &AgencyCode) -> bool {
        self.allowing(permission).any(|grant| grant.agency.covers(agency))
    }

    /// Whether there is an agency at which they may do this.
    #[must_use]
    pub fn may_somewhere(&self, permission: Permission) -> bool {
        self.allowing(permission).next().is_some()
    }

    /// Asks for a permission at an agency.
    ///
    /// # Errors
    /// [`NotPermitted`] without it.
    pub fn require(&self, permission: Permission, agency: &AgencyCode) -> Result<(), NotPermitted> {
        if self.may(permission, agency) { Ok(()) } else { Err(NotPermitted(permission)) }
    }

    /// Asks for a permission at whatever agency.
    ///
    /// # Errors
    /// [`NotPermitted`] without it.
    pub fn require_somewhere(&self, permission: Permission) -> Result<(), NotPermitted> {
        if self.may_somewhere(permission) { Ok(()) } else { Err(NotPermitted(permission)) }
    }

    /// The agencies at and below which they may do this; none of them below another.
    #[must_use]
    pub fn scope(&self, permission: Permission) -> Vec<AgencyCode> {
        let mut scope: Vec<AgencyCode> = Vec::new();
        for grant in self.allowing(permission) {
            if !scope.iter().any(|wider| wider.covers(&grant.agency)) {
                scope.retain(|narrower| !grant.agency.covers(narrower));
                scope.push(grant.agency.clone());
            }
        }
        scope
    }

    fn allowing(&self, permission: Permission) -> impl Iterator<Item = &Grant> {
        self.grants.iter().filter(move |grant| permission.roles().contains(&grant.role))
    }
}

/// The name under which somebody signs in: 2 to 64 letters, digits and `.` `_` `-` `@`, without regard to case.
/// Not shown by `Debug`.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Login(String);

/// A staff number 工号: 1 to 32 letters, digits and hyphens, without regard to case. Not shown by `Debug`.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct StaffNumber(String);

/// The text is not a login.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a login has 2 to 64 letters, digits and . _ - @, and no spaces")]
pub struct InvalidLogin;

/// The text is not a staff number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a staff number has 1 to 32 letters, digits and hyphens")]
pub struct InvalidStaffNumber;

impl Login {
    /// Trims, lowers and checks.
    ///
    /// # Errors
    /// [`InvalidLogin`] when a character is missing, foreign or too many.
    pub fn parse(typed: &str) -> Result<Self, InvalidLogin> {
        let login = typed.trim().to_lowercase();
        let fits = (2..=64).contains(&login.chars().count())
            && login.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '@'));
        if fits { Ok(Self(login)) } else { Err(InvalidLogin) }
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl StaffNumber {
    /// Trims, raises and checks: `a-17` and `A-17` are one human being.
    ///
    /// # Errors
    /// [`InvalidStaffNumber`] when a character is missing, foreign or too many.
    pub fn parse(typed: &str) -> Result<Self, InvalidStaffNumber> {
        let number = typed.trim().to_ascii_uppercase();
        let fits = (1..=32).contains(&number.len()) && number.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        if fits { Ok(Self(number)) } else { Err(InvalidStaffNumber) }
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

macro_rules! sealed_text {
    ($($name:ident, $invalid:ident);+) => {$(
        impl TryFrom<String> for $name {
            type Error = $invalid;

            fn try_from(text: String) -> Result<Self, $invalid> {
                Self::parse(&text)
            }
        }

        impl From<$name> for String {
            fn from(text: $name) -> Self {
                text.0
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(concat!(stringify!($name), "(…)"))
            }
        }
    )+};
}

sealed_text!(Login, InvalidLogin; StaffNumber, InvalidStaffNumber);

#[cfg(test)]
mod tests {
    use super::*;

    fn member(grants: &[(Role, &str)]) -> StaffMember {
        let grant = |(role, code): &(Role, &str)| Grant {
            id: GrantId(uuid::Uuid::nil()),
            role: *role,
            agency: AgencyCode::parse(code).unwrap(),
        };
        StaffMember {
            id: StaffId(uuid::Uuid::nil()),
            login: Login::parse("Ann").unwrap(),
            number: StaffNumber::parse("a-1").unwrap(),
            name: PersonName::parse("安").unwrap(),
            created_at: Timestamp::UNIX_EPOCH,
            disabled_at: None,
            grants: grants.iter().map(grant).collect(),
        }
    }

    #[test]
    fn a_role_counts_where_it_was_granted_and_below() {
        let clerk = member(&[(Role::Clerk, "110105"), (Role::Auditor, "000000")]);
        let at = |code| AgencyCode::parse(code).unwrap();
        assert!(clerk.may(Permission::EnrolReferences, &at("110105")));
        assert!(clerk.may(Permission::EnrolReferences, &at("110105001")));
        assert!(!clerk.may(Permission::EnrolReferences, &at("110100")));
        assert!(!clerk.may(Permission::EnrolReferences, &at("110106")));
        assert!(clerk.may(Permission::ReadBeneficiaries, &at("440000")), "as an auditor");
        assert!(!clerk.may_somewhere(Permission::ReviewCases));
        assert_eq!(clerk.require(Permission::ReviewCases, &at("110105")), Err(NotPermitted(Permission::ReviewCases)));
    }

    #[test]
    fn a_scope_names_no_agency_twice() {
        let clerk = member(&[(Role::Clerk, "110105"), (Role::Clerk, "110000"), (Role::Clerk, "440300")]);
        let scope: Vec<_> =
            clerk.scope(Permission::EnrolReferences).into_iter().map(|a| a.as_str().to_owned()).collect();
        assert_eq!(scope, ["110000", "440300"]);
        assert_eq!(clerk.scope(Permission::ManageStaff), []);
    }

    #[test]
    fn logins_and_numbers_are_compared_as_people_type_them() {
        assert_eq!(Login::parse(" Wang.Fang@sz ").unwrap().as_str(), "wang.fang@sz");
        assert_eq!(Login::parse("王芳").unwrap().as_str(), "王芳");
        assert_eq!(StaffNumber::parse("a-017 ").unwrap(), StaffNumber::parse("A-017").unwrap());
        for wrong in ["", "a", "a b", "a\nb", "a/b", &"x".repeat(65)] {
            assert_eq!(Login::parse(wrong), Err(InvalidLogin));
        }
        for wrong in ["", "17 4", "工号", &"1".repeat(33)] {
            assert_eq!(StaffNumber::parse(wrong), Err(InvalidStaffNumber));
        }
        assert_eq!(format!("{:?}", StaffNumber::parse("17").unwrap()), "StaffNumber(…)");
    }
}
