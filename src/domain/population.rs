//! Populations: for whom a threshold was measured, and by which a policy chooses one.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The short name of a population, by which a policy names it: 1 to 40 of `a`–`z`, `0`–`9` and `_`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PopulationId(String);

/// Not the short name of a population.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the short name of a population has 1 to 40 of a-z, 0-9 and _")]
pub struct InvalidPopulationId;

impl PopulationId {
    /// The name, if it is one.
    ///
    /// # Errors
    /// [`InvalidPopulationId`].
    pub fn parse(name: &str) -> Result<Self, InvalidPopulationId> {
        let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        if (1..=40).contains(&name.len()) && name.chars().all(fits) {
            Ok(Self(name.to_owned()))
        } else {
            Err(InvalidPopulationId)
        }
    }

    /// East Asia: what the policy of an installation begins with.
    #[must_use]
    pub fn east_asian() -> Self {
        Self("east_asian".to_owned())
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for PopulationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for PopulationId {
    type Err = InvalidPopulationId;
    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::parse(name)
    }
}

impl TryFrom<String> for PopulationId {
    type Error = InvalidPopulationId;
    fn try_from(name: String) -> Result<Self, Self::Error> {
        Self::parse(&name)
    }
}

impl From<PopulationId> for String {
    fn from(id: PopulationId) -> Self {
        id.0
    }
}

/// Who was compared, or who is to be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Population {
    /// What a policy names it by.
    pub id: PopulationId,
    /// In English.
    pub en: String,
    /// In Chinese.
    pub zh: String,
}
