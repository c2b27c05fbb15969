//! Access keys: bearer tokens of the office.

use jiff::Timestamp;

use super::id::AccessKeyId;
use super::line::one_line;

/// A bearer token of the office, as it is recorded: never the token itself.
#[derive(Clone, PartialEq, Eq)]
pub struct AccessKey {
    /// Ours.
    pub id: AccessKeyId,
    /// Who uses it.
    pub name: KeyName,
    /// SHA-256 of the token. Not shown by `Debug`.
    pub token_digest: [u8; 32],
    /// When it was made.
    pub created_at: Timestamp,
    /// Since when it opens nothing; `None` while it is good.
    pub revoked_at: Option<Timestamp>,
}

impl std::fmt::Debug for AccessKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AccessKey")
            .field("id", &self.id)
            .field("name", &self.name)
            .field("created_at", &self.created_at)
            .field("revoked_at", &self.revoked_at)
            .finish_non_exhaustive()
    }
}

/// The name of a key: 1 to 100 characters, none of them a control character.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KeyName(String);

/// The text cannot name a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the name of a key has 1 to 100 characters and no control characters")]
pub struct InvalidKeyName;

impl KeyName {
    /// Trims and checks.
    ///
    /// # Errors
    /// [`InvalidKeyName`] when nothing is left, too much is, or a control character is inside.
    pub fn parse(typed: &str) -> Result<Self, InvalidKeyName> {
        one_line(typed).map(Self).ok_or(InvalidKeyName)
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::KeyName;

    #[test]
    fn a_name_is_trimmed_and_bounded() {
        assert_eq!(KeyName::parse(" 窗口三 ").unwrap().as_str(), "窗口三");
        assert!(KeyName::parse(&"字".repeat(100)).is_ok());
        for wrong in ["", "  ", "a\nb", &"字".repeat(101)] {
            assert!(KeyName::parse(wrong).is_err());
        }
    }
}
