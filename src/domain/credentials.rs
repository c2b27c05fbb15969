//! Passwords of staff: long, and nothing that stands on the badge (NIST SP 800-63B-4, 3.1.1.2: no rules of composition).

use zeroize::Zeroizing;

use super::staff::StaffMember;

/// A password as it was typed. Wiped when dropped, shown by nothing.
#[derive(Clone)]
pub struct Password(Zeroizing<String>);

/// The text cannot become a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WeakPassword {
    /// Fewer than [`SHORTEST`] characters, or more than [`LONGEST`].
    #[error("a password has 10 to 128 characters")]
    Length,
    /// Made of the name, the login or the staff number, or of hardly any different characters.
    #[error("the password is one of the first that anybody would try")]
    Guessable,
}

/// Characters of a password that is chosen, at least.
pub const SHORTEST: usize = 10;
/// Characters of a password, at most.
pub const LONGEST: usize = 128;
/// Different characters of a password, at least.
const DIFFERENT: usize = 5;

impl Password {
    /// What somebody types to sign in; `None` for more than any password has.
    #[must_use]
    pub fn typed(text: &str) -> Option<Self> {
        (text.chars().count() <= LONGEST).then(|| Self(Zeroizing::new(text.to_owned())))
    }

    /// What somebody chooses.
    ///
    /// # Errors
    /// [`WeakPassword`] tells why not.
    pub fn choose(text: &str, of: &StaffMember) -> Result<Self, WeakPassword> {
        if !(SHORTEST..=LONGEST).contains(&text.chars().count()) {
            return Err(WeakPassword::Length);
        }
        let mut different: Vec<char> = text.chars().collect();
        different.sort_unstable();
        different.dedup();
        let mut rest = text.to_lowercase();
        for known in [of.login.as_str(), of.number.as_str(), of.name.as_str()] {
            rest = rest.replace(&known.to_lowercase(), "");
        }
        let is_run = text.chars().zip(text.chars().skip(1)).all(|(a, b)| u32::from(b) == u32::from(a) + 1);
        if different.len() < DIFFERENT || rest.chars().count() < DIFFERENT || is_run {
            return Err(WeakPassword::Guessable);
        }
        Ok(Self(Zeroizing::new(text.to_owned())))
    }

    /// A fresh one that is handed out, to be changed at the first sign-in.
    #[must_use]
    pub fn issued(random: [u8; 12]) -> Self {
        // 96 bits in groups that can be read out.
        let groups = random.chunks(3).map(hex::encode).collect::<Vec<_>>();
        Self(Zeroizing::new(groups.join("-")))
    }

    /// The text.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Password {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Password(…)")
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::domain::beneficiary::PersonName;
    use crate::domain::id::StaffId;
    use crate::domain::staff::{Login, StaffNumber};

    #[test]
    fn length_counts_and_composition_does_not() {
        let of = StaffMember {
            id: StaffId(uuid::Uuid::nil()),
            login: Login::parse("wang.fang").unwrap(),
            number: StaffNumber::parse("A-0174").unwrap(),
            name: PersonName::parse("王芳").unwrap(),
            created_at: Timestamp::UNIX_EPOCH,
            disabled_at: None,
            grants: Vec::new(),
        };
        for good in ["correct horse battery", "一二三四五六七八九十", "wang.fang likes tea", &"word ".repeat(25)]
        {
            assert!(Password::choose(good, &of).is_ok(), "{good}");
        }
        for (wrong, why) in [
            ("ninechars", WeakPassword::Length),
            (&"x".repeat(129), WeakPassword::Length),
            ("aaaaaaaaaaaa", WeakPassword::Guessable),
            ("abababababab", WeakPassword::Guessable),
            ("0123456789", WeakPassword::Guessable),
            ("abcdefghijkl", WeakPassword::Guessable),
            ("WANG.FANG123", WeakPassword::Guessable),
            ("a-0174a-0174!", WeakPassword::Guessable),
        ] {
            assert_eq!(Password::choose(wrong, &of).err(), Some(why), "{wrong}");
        }
        assert_eq!(Password::issued([0xab; 12]).reveal(), "ababab-ababab-ababab-ababab");
        assert_eq!(format!("{:?}", Password::typed("secret words").unwrap()), "Password(…)");
        assert!(Password::typed(&"x".repeat(129)).is_none());
    }
}
