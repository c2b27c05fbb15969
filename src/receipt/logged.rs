//! Does the log have what a receipt says? The entries of a verified export are shown to it, one after another.

use super::claims::Claims;
use crate::log::entry::{Act, Entry};

/// A certification that was under way when a key was retired may still be signed by it; clocks of nodes differ a little.
const GRACE_SECONDS: i64 = 300;

/// What the entries that were seen so far say about one receipt.
#[derive(Debug)]
pub struct Logged<'a> {
    claims: &'a Claims,
    key: &'a str,
    certification: Option<u64>,
    key_added: bool,
    key_retired: bool,
    revoked: bool,
}

/// What the log holds against a receipt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Contradiction {
    /// It is a receipt of something that never happened.
    #[error("the log has no such certification")]
    NoCertification,
    /// It is signed by a key that the installation never made.
    #[error("the log does not know the key that signed it")]
    ForeignKey,
    /// It is signed by a key that was laid aside before.
    #[error("the key that signed it was retired before the certification")]
    RetiredKey,
    /// It does not count any more.
    #[error("the log says that it was revoked")]
    Revoked,
}

impl<'a> Logged<'a> {
    /// About this receipt, signed by the key of this name.
    #[must_use]
    pub fn new(claims: &'a Claims, key: &'a str) -> Self {
        Self { claims, key, certification: None, key_added: false, key_retired: false, revoked: false }
    }

    /// Takes the entry of that number. What is no entry says nothing.
    pub fn see(&mut self, number: u64, content: &str) {
        let Ok(entry) = serde_json::from_str::<Entry>(content) else { return };
        let Claims { jti, iat, log, .. } = self.claims;
        match entry.act {
            Act::CertificationRecorded { certification, .. }
                if certification == *jti && entry.id == log.entry && entry.at.as_second() == *iat =>
            {
                self.certification = Some(number);
            }
            Act::ReceiptKeyAdded { key } if key == self.key => self.key_added = true,
            Act::ReceiptKeyRetired { key } if key == self.key => {
                self.key_retired |= entry.at.as_second() + GRACE_SECONDS < *iat;
            }
            Act::ReceiptRevoked { certification } if certification == *jti => self.revoked = true,
            _ => {}
        }
    }

    /// The number of the certification's entry.
    ///
    /// # Errors
    /// Every [`Contradiction`] that was found.
    pub fn verdict(&self) -> Result<u64, Vec<Contradiction>> {
        let found = [
            (self.certification.is_none(), Contradiction::NoCertification),
            (!self.key_added, Contradiction::ForeignKey),
            (self.key_retired, Contradiction::RetiredKey),
            (self.revoked, Contradiction::Revoked),
        ];
        let found: Vec<_> = found.into_iter().filter_map(|(wrong, what)| wrong.then_some(what)).collect();
        match self.certification {
            Some(number) if found.is_empty() => Ok(number),
            _ => Err(found),
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use uuid::Uuid;

    use super::*;
    use crate::domain::id::{CertificationId, LogEntryId, SessionId};
    use crate::log::entry::Actor;
    use crate::log::hash::Hash;
    use crate::log::record::Commitment;
    use crate::receipt::claims::examples::claims;

    fn entry(id: LogEntryId, second: i64, act: Act) -> String {
        Entry::new(id, Timestamp::from_second(second).unwrap(), Actor::Machine, act).canonical().unwrap()
    }

    fn certified(id: LogEntryId, second: i64, certification: CertificationId) -> String {
        let act = Act::CertificationRecorded {
            certification,
            session: SessionId(Uuid::nil()),
            policy: String::new(),
            record: Commitment(Hash([0; 32])),
        };
        entry(id, second, act)
    }

    fn verdict(entries: &[String]) -> Result<u64, Vec<Contradiction>> {
        let claims = claims();
        let mut logged = Logged::new(&claims, "ours");
        for (number, entry) in (0..).zip(entries) {
            logged.see(number, entry);
        }
        logged.verdict()
    }

    #[test]
    fn the_log_bears_a_receipt_out_or_contradicts_it() {
        let (claims, other) = (claims(), LogEntryId(Uuid::from_u128(1)));
        let (entry_id, at) = (claims.log.entry, claims.iat);
        let key = |name: &str, second| entry(other, second, Act::ReceiptKeyAdded { key: name.to_owned() });
        let retired = |second| entry(other, second, Act::ReceiptKeyRetired { key: "ours".to_owned() });
        let added = key("ours", 0);
        let happened = certified(entry_id, at, claims.jti);
        assert_eq!(verdict(&[added.clone(), happened.clone()]), Ok(1));
        assert_eq!(verdict(&[added.clone(), happened.clone(), retired(at - 1)]), Ok(1));
        assert_eq!(
            verdict(&[added.clone(), retired(at - 301), happened.clone()]),
            Err(vec![Contradiction::RetiredKey])
        );
        assert_eq!(verdict(&[key("theirs", 0), happened.clone()]), Err(vec![Contradiction::ForeignKey]));
        for elsewhere in [
            certified(other, at, claims.jti),
            certified(entry_id, at - 86_400, claims.jti),
            certified(entry_id, at, CertificationId(Uuid::nil())),
            "{}".to_owned(),
        ] {
            assert_eq!(verdict(&[added.clone(), elsewhere]), Err(vec![Contradiction::NoCertification]));
        }
        let revoked = entry(other, at, Act::ReceiptRevoked { certification: claims.jti });
        assert_eq!(verdict(&[added, happened, revoked]), Err(vec![Contradiction::Revoked]));
    }
}
