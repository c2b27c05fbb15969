//! Reasons that people write down for what they do to others.

/// 5 to 2,000 characters. Not shown by `Debug`: people write about people.
#[derive(Clone, PartialEq, Eq)]
pub struct Reason(String);

/// The text is missing or endless.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a written reason has 5 to 2,000 characters")]
pub struct InvalidReason;

impl Reason {
    /// Trims and checks.
    ///
    /// # Errors
    /// [`InvalidReason`].
    pub fn parse(typed: &str) -> Result<Self, InvalidReason> {
        let reason = typed.trim();
        if (5..=2_000).contains(&reason.chars().count()) { Ok(Self(reason.to_owned())) } else { Err(InvalidReason) }
    }

    /// As it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Reason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Reason(…)")
    }
}
