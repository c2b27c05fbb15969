//! Beneficiaries 待遇领取人.

use jiff::Timestamp;

use super::citizen_id::CitizenId;
use super::id::BeneficiaryId;
use super::line::one_line;
use super::scheme::Scheme;

/// A person who receives a pension.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Beneficiary {
    /// Ours.
    pub id: BeneficiaryId,
    /// The state's.
    pub citizen_id: CitizenId,
    /// As in the documents.
    pub name: PersonName,
    /// The agency 经办机构 that pays.
    pub agency: AgencyCode,
    /// What the person receives; at least one.
    pub schemes: Vec<Scheme>,
    /// When the record was made.
    pub registered_at: Timestamp,
}

/// A person's name: 1 to 100 characters, none of them a control character. Not shown by `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct PersonName(String);

/// The text cannot be a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a name has 1 to 100 characters and no control characters")]
pub struct InvalidName;

impl PersonName {
    /// Trims and checks.
    ///
    /// # Errors
    /// [`InvalidName`] when nothing is left, too much is, or a control character is inside.
    pub fn parse(typed: &str) -> Result<Self, InvalidName> {
        one_line(typed).map(Self).ok_or(InvalidName)
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for PersonName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PersonName(…)")
    }
}

/// Code of an agency: 6 to 12 digits, an administrative division (GB/T 2260, GB/T 10114) and what an agency appends.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AgencyCode(String);

/// The text cannot be an agency code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an agency code has 6 to 12 digits")]
pub struct InvalidAgencyCode;

impl AgencyCode {
    /// Checks the form, not that the agency exists.
    ///
    /// # Errors
    /// [`InvalidAgencyCode`] when it is not 6 to 12 digits.
    pub fn parse(typed: &str) -> Result<Self, InvalidAgencyCode> {
        let code = typed.trim();
        if (6..=12).contains(&code.len()) && code.bytes().all(|b| b.is_ascii_digit()) {
            Ok(Self(code.to_owned()))
        } else {
            Err(InvalidAgencyCode)
        }
    }

    /// The agency of six digits that were checked before.
    pub(super) fn of_region(digits: &str) -> Self {
        Self(digits.to_owned())
    }

    /// The code that covers all others.
    #[must_use]
    pub fn everywhere() -> Self {
        Self("000000".to_owned())
    }

    /// The digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The digits that count of the twelve: province, city, county, township, village (2, 2, 2, 3 and 3), without the
    /// zeros of the levels below. Empty for `000000`, the whole country.
    #[must_use]
    pub fn stem(&self) -> String {
        let whole = format!("{:0<12}", self.0);
        let levels = [2, 4, 6, 9, 12];
        let above = |level: usize| levels.iter().take_while(|end| **end < level).last().copied().unwrap_or(0);
        let counts = |level: &&usize| whole[above(**level)..**level].bytes().any(|digit| digit != b'0');
        let end = levels.iter().rev().find(counts).copied().unwrap_or(0);
        whole[..end].to_owned()
    }

    /// Whether the other agency is this one, or lies below it.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        format!("{:0<12}", other.0).starts_with(&self.stem())
    }
}

#[cfg(test)]
mod tests {
    use super::AgencyCode;

    #[test]
    fn an_agency_covers_itself_and_what_is_below() {
        let covers = |one, other| AgencyCode::parse(one).unwrap().covers(&AgencyCode::parse(other).unwrap());
        // Country, province, city, county, township, village.
        let tree = ["000000", "440000", "440300", "440305", "440305001", "440305001002"];
        for (depth, upper) in tree.iter().enumerate() {
            for (below, lower) in tree.iter().enumerate() {
                assert_eq!(covers(upper, lower), depth <= below, "{upper} {lower}");
            }
        }
        for (one, other) in
            [("440300", "440400"), ("440305001", "440305002"), ("440000", "110000"), ("440305", "4403060")]
        {
            assert!(!covers(one, other), "{one} {other}");
        }
        // However many zeros are written.
        assert!(covers("440300000000", "440305") && covers("440305", "440305000000") && covers("440305000", "440305"));
    }
}
