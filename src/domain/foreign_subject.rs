//! Somebody as a foreign identity provider names them.

use zeroize::Zeroizing;

/// The longest subject (OpenID Connect Core 1.0, section 2).
const LONGEST_SUBJECT: usize = 255;
const LONGEST_ISSUER: usize = 2000;

/// Issuer and subject, which together name one human being for ever. Not shown by `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct ForeignSubject {
    issuer: String,
    subject: Zeroizing<String>,
}

/// The texts do not name anybody at a provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an issuer is an address, and a subject has 1 to 255 ASCII characters, none of them a control character")]
pub struct InvalidForeignSubject;

impl ForeignSubject {
    /// Checks both. Nothing is trimmed or changed: providers tell apart by every character.
    ///
    /// # Errors
    /// [`InvalidForeignSubject`].
    pub fn parse(issuer: &str, subject: &str) -> Result<Self, InvalidForeignSubject> {
        let plain = |text: &str| text.bytes().all(|byte| (b' '..=b'~').contains(&byte));
        let is_address = issuer.contains("://") && issuer.len() <= LONGEST_ISSUER && plain(issuer);
        let is_subject = (1..=LONGEST_SUBJECT).contains(&subject.len()) && plain(subject);
        if !is_address || !is_subject {
            return Err(InvalidForeignSubject);
        }
        Ok(Self { issuer: issuer.to_owned(), subject: Zeroizing::new(subject.to_owned()) })
    }

    /// One text for both: neither holds the character between them.
    #[must_use]
    pub fn text(&self) -> Zeroizing<String> {
        Zeroizing::new(format!("{}\0{}", self.issuer, *self.subject))
    }
}

impl std::fmt::Debug for ForeignSubject {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ForeignSubject").field("issuer", &self.issuer).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ISSUER: &str = "https://sso.example.org";

    #[test]
    fn two_subjects_never_have_one_text() {
        let of = |issuer, subject| ForeignSubject::parse(issuer, subject).unwrap();
        assert_eq!(of(ISSUER, "248289761001").text().as_str(), "https://sso.example.org\u{0}248289761001");
        assert_ne!(of(ISSUER, "ann").text(), of(ISSUER, "Ann").text());
        assert_ne!(of(ISSUER, "ann").text(), of("https://sso.example.org/", "ann").text());
        assert!(!format!("{:?}", of(ISSUER, "248289761001")).contains("248289761001"));
    }

    #[test]
    fn what_names_nobody_is_refused() {
        let longest = "x".repeat(LONGEST_SUBJECT);
        assert!(ForeignSubject::parse(ISSUER, &longest).is_ok());
        for (issuer, subject) in [
            (ISSUER, ""),
            (ISSUER, format!("{longest}x").as_str()),
            (ISSUER, "a\0b"),
            (ISSUER, "a\nb"),
            (ISSUER, "王芳"),
            ("", "ann"),
            ("sso.example.org", "ann"),
            ("https://sso\0.example.org", "ann"),
        ] {
            assert_eq!(ForeignSubject::parse(issuer, subject), Err(InvalidForeignSubject), "{issuer:?} {subject:?}");
        }
    }
}
