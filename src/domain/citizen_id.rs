//! The citizen number 公民身份号码 (GB 11643-1999).

use jiff::civil::Date;

use super::beneficiary::AgencyCode;

/// A valid 18-character citizen number: six digits of region, eight of birth date, three of sequence, one check character.
///
/// Its `Debug` shows nothing: a citizen number never reaches a log line.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct CitizenId(String);

/// Why a text is not a citizen number. No variant repeats the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidCitizenId {
    /// Neither 18 nor 15 characters.
    #[error("a citizen number has 18 characters (15 in its old form)")]
    Length,
    /// Something other than digits, or other than a digit or X at the end.
    #[error("a citizen number consists of digits; only the last character may be X")]
    Character,
    /// The birth date does not exist.
    #[error("the birth date inside the citizen number does not exist")]
    BirthDate,
    /// The check character does not fit the rest: a digit is wrong or two are swapped.
    #[error("the check character does not fit: a digit is wrong, or two are swapped")]
    CheckCharacter,
}

/// Weights of the first 17 digits (GB 11643-1999, after ISO 7064 MOD 11-2).
const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
const CHECK_CHARACTERS: [u8; 11] = *b"10X98765432";

impl CitizenId {
    /// Reads a number as people type it: surrounding and inner spaces, a lower-case x and full-width digits of a Chinese
    /// keyboard are taken for what they mean, and the 15-digit form (births of 19xx) is upgraded.
    ///
    /// # Errors
    /// [`InvalidCitizenId`] says what is wrong, without repeating the number.
    pub fn parse(typed: &str) -> Result<Self, InvalidCitizenId> {
        let mut digits: String = typed.chars().filter(|c| !c.is_whitespace()).take(19).map(plain).collect();
        match digits.chars().count() {
            18 => {}
            15 if digits.bytes().all(|b| b.is_ascii_digit()) => digits = upgrade(&digits),
            15 => return Err(InvalidCitizenId::Character),
            _ => return Err(InvalidCitizenId::Length),
        }
        let (body, check) = digits.as_bytes().split_at(17.min(digits.len()));
        if digits.len() != 18 || !body.iter().all(u8::is_ascii_digit) || !matches!(check, [b'0'..=b'9' | b'X']) {
            return Err(InvalidCitizenId::Character);
        }
        if check != [check_character(body)] {
            return Err(InvalidCitizenId::CheckCharacter);
        }
        birth_date(&digits).ok_or(InvalidCitizenId::BirthDate)?;
        Ok(Self(digits))
    }

    /// The 18 characters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The administrative division (GB/T 2260) that gave the number out.
    #[must_use]
    pub fn region(&self) -> AgencyCode {
        AgencyCode::of_region(&self.0[..6])
    }

    /// For screens of the office: region and last two characters, the rest hidden.
    #[must_use]
    pub fn masked(&self) -> String {
        format!("{}**********{}", &self.0[..6], &self.0[16..])
    }
}

impl std::fmt::Debug for CitizenId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CitizenId(…)")
    }
}

/// Full-width forms (U+FF01…U+FF5E) lie at a fixed distance from ASCII.
fn plain(c: char) -> char {
    let ascii = match c {
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(c as u32 - 0xFEE0).unwrap_or(c),
        other => other,
    };
    ascii.to_ascii_uppercase()
}

fn upgrade(old: &str) -> String {
    let mut digits = format!("{}19{}", &old[..6], &old[6..]);
    digits.push(char::from(check_character(digits.as_bytes())));
    digits
}

fn check_character(body: &[u8]) -> u8 {
    let sum: u32 = body.iter().zip(WEIGHTS).map(|(digit, weight)| u32::from(digit - b'0') * weight).sum();
    CHECK_CHARACTERS[(sum % 11) as usize]
}

fn birth_date(digits: &str) -> Option<Date> {
    let (year, month, day) = (digits[6..10].parse().ok()?, digits[10..12].parse().ok()?, digits[12..14].parse().ok()?);
    Date::new(year, month, day).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{CitizenId, InvalidCitizenId, check_character};

    #[test]
    fn the_example_of_the_standard_is_valid() {
        // GB 11643-1999, appendix: 11010519491231002X and 440524188001010014.
        for number in ["11010519491231002X", "440524188001010014"] {
            assert_eq!(CitizenId::parse(number).unwrap().as_str(), number);
        }
    }

    #[test]
    fn what_people_type_is_understood() {
        for typed in
            ["11010519491231002x", " 110105 19491231 002X ", "１１０１０５１９４９１２３１００２Ｘ", "110105491231002"]
        {
            assert_eq!(CitizenId::parse(typed).unwrap().as_str(), "11010519491231002X");
        }
    }

    #[test]
    fn each_fault_has_its_reason() {
        use InvalidCitizenId::{BirthDate, Character, CheckCharacter, Length};
        for (typed, fault) in [
            ("", Length),
            ("1101051949123100", Length),
            ("11010519491231002XX", Length),
            ("1101051949123100AX", Character),
            ("1101O5491231002", Character),
            ("一一零一零五一九四九一二三一零零二X", Character),
            ("110105194912310021", CheckCharacter),
            ("11010519491231020X", CheckCharacter),
            ("110105490231002", BirthDate),
        ] {
            assert_eq!(CitizenId::parse(typed).unwrap_err(), fault);
        }
    }

    #[test]
    fn debug_and_errors_hide_the_number() {
        let number = CitizenId::parse("11010519491231002X").unwrap();
        assert_eq!(format!("{number:?}"), "CitizenId(…)");
        assert_eq!(number.masked(), "110105**********2X");
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(typed in ".*") {
            let _ = CitizenId::parse(&typed);
        }

        #[test]
        fn one_wrong_digit_is_always_found(seq in 0u32..1000, at in 0usize..17, by in 1u8..10) {
            let mut body = format!("11010519491231{seq:03}").into_bytes();
            let check = check_character(&body);
            body[at] = (body[at] - b'0' + by) % 10 + b'0';
            prop_assert_ne!(check_character(&body), check);
        }
    }
}
