//! Which set of models to run, by name.

use std::str::FromStr;

/// Which set of models to run.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum PackChoice {
    /// `open` where it is installed, else `registry`.
    #[default]
    Auto,
    /// The stronger pack, with passive attack detection.
    Open,
    /// The pack for machines that reach only package registries.
    Registry,
    /// A pack of the operator's own.
    Own(PackName),
}

/// The name of a pack, which is that of its folder: 1 to 40 of `a`–`z`, `0`–`9`, `_` and `-`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackName(String);

/// Not the name of a pack.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not the name of a model pack: choose auto, open, registry, or one of your own (a-z, 0-9, _ and -)")]
pub struct UnknownPack(String);

impl PackName {
    /// The name, as of a folder beside ours.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for PackName {
    type Err = UnknownPack;
    fn from_str(name: &str) -> Result<Self, UnknownPack> {
        let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' || c == '-';
        let reserved = ["auto", "calibrations", "cards", "cohorts", "convert", "fetch"].contains(&name);
        if (1..=40).contains(&name.len()) && name.chars().all(fits) && !reserved {
            Ok(Self(name.to_owned()))
        } else {
            Err(UnknownPack(name.to_owned()))
        }
    }
}

impl FromStr for PackChoice {
    type Err = UnknownPack;
    fn from_str(name: &str) -> Result<Self, UnknownPack> {
        match name {
            "auto" => Ok(Self::Auto),
            "open" => Ok(Self::Open),
            "registry" => Ok(Self::Registry),
            own => Ok(Self::Own(own.parse()?)),
        }
    }
}

impl PackChoice {
    /// The packs to look for, the preferred one first.
    pub(crate) fn names(self) -> Vec<String> {
        match self {
            Self::Auto => vec!["open".to_owned(), "registry".to_owned()],
            Self::Open => vec!["open".to_owned()],
            Self::Registry => vec!["registry".to_owned()],
            Self::Own(PackName(name)) => vec![name],
        }
    }
}
