//! Codes of an authenticator: TOTP after RFC 6238, six digits, half a minute, one step of tolerance.

use jiff::Timestamp;
use totp_rs::{Builder, Totp};
use zeroize::Zeroizing;

use crate::domain::staff::Login;

/// The secret of an authenticator: 160 bits, as RFC 4226 recommends.
pub(in crate::service) type Secret = Zeroizing<[u8; 20]>;

/// The time step of the code, if it is one of now.
pub(in crate::service) fn step_of(secret: &[u8], code: &str, now: Timestamp) -> Option<u64> {
    let digits: String = code.chars().filter(|c| !c.is_whitespace()).collect();
    totp(secret, "").check(&digits, u64::try_from(now.as_second()).ok()?)
}

/// What an authenticator app reads, be it as a QR code.
pub(in crate::service) fn address(secret: &Secret, login: &Login) -> Zeroizing<String> {
    // A login has no colon, which is all that could be wrong with it.
    Zeroizing::new(totp(secret.as_slice(), login.as_str()).to_url().unwrap_or_default())
}

fn totp(secret: &[u8], account: &str) -> Totp {
    Builder::new().with_secret(secret).with_account_name(account).with_issuer(Some("Vivat")).build_noncompliant()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    /// Appendix B of RFC 6238, SHA-1: eight digits there, of which six are shown here.
    #[test]
    fn the_vectors_of_the_rfc() {
        for (second, code) in [
            (59, "94287082"),
            (1_111_111_109, "07081804"),
            (1_111_111_111, "14050471"),
            (1_234_567_890, "89005924"),
            (2_000_000_000, "69279037"),
            (20_000_000_000, "65353130"),
        ] {
            let step = u64::try_from(second / 30).unwrap();
            assert_eq!(step_of(b"12345678901234567890", &code[2..], at(second)), Some(step), "{second}");
        }
    }

    #[test]
    fn a_code_is_good_for_one_step_more_or_less() {
        let (secret, code) = (b"12345678901234567890", "287082");
        for (second, step) in [(0, Some(1)), (30, Some(1)), (59, Some(1)), (60, Some(1)), (89, Some(1)), (90, None)] {
            assert_eq!(step_of(secret, code, at(second)), step, "{second}");
        }
        assert_eq!(step_of(secret, "287 082", at(59)), Some(1), "as people type it");
        for wrong in ["", "28708", "2870820", "94287082", "２８７０８２", "287083"] {
            assert_eq!(step_of(secret, wrong, at(59)), None, "{wrong}");
        }
    }

    #[test]
    fn an_app_reads_the_address() {
        let address = address(&Zeroizing::new(*b"12345678901234567890"), &Login::parse("wang.fang@sz").unwrap());
        assert!(address.starts_with("otpauth://totp/Vivat:wang.fang"), "{}", *address);
        assert!(address.contains("secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"));
    }
}
