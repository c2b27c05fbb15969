//! `Content-Digest` (RFC 9530): is the body that arrived the one that was sent?

use sfv::{BareItem, Dictionary, Item, ListEntry, Parser};
use sha2::{Digest, Sha256, Sha512};

/// Why a body does not pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DigestRefusal {
    /// The field is not a dictionary of byte sequences.
    #[error("the content digest cannot be read")]
    Malformed,
    /// No digest by an algorithm that still protects.
    #[error("the content digest needs sha-256 or sha-512")]
    NoneKnown,
    /// Another body.
    #[error("the content digest is of another body")]
    Mismatch,
}

/// The value of the field for this body.
#[must_use]
pub fn content_digest(body: &[u8]) -> String {
    // As sfv writes a dictionary with one byte sequence, which it can always write.
    let item = sfv::ItemSerializer::new().bare_item(Sha256::digest(body).as_slice()).finish();
    format!("sha-256={item}")
}

/// Holds the body against the value of the field. Of several digests, all that are known must be right.
///
/// # Errors
/// [`DigestRefusal`].
pub fn check(field: &str, body: &[u8]) -> Result<(), DigestRefusal> {
    let digests: Dictionary = Parser::new(field).parse().map_err(|_| DigestRefusal::Malformed)?;
    let mut known = false;
    for (algorithm, value) in &digests {
        let ListEntry::Item(Item { bare_item: BareItem::ByteSequence(claimed), .. }) = value else {
            return Err(DigestRefusal::Malformed);
        };
        let right = match algorithm.as_str() {
            "sha-256" => claimed.as_slice() == Sha256::digest(body).as_slice(),
            "sha-512" => claimed.as_slice() == Sha512::digest(body).as_slice(),
            // RFC 9530, section 5: what is not known, or is broken, is ignored.
            _ => continue,
        };
        if !right {
            return Err(DigestRefusal::Mismatch);
        }
        known = true;
    }
    if known { Ok(()) } else { Err(DigestRefusal::NoneKnown) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 9530, appendices B.1 and B.2, and the bodies of RFC 9421, appendix B.2.
    const EXAMPLES: [(&str, &str); 6] = [
        ("{\"hello\": \"world\"}\n", "sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:"),
        (
            "{\"hello\": \"world\"}\n",
            "sha-512=:YMAam51Jz/jOATT6/zvHrLVgOYTGFy1d6GJiOHTohq4yP+pgk4vf2aCsyRZOtw8MjkM7iw7yZ/WkppmM44T3qg==:",
        ),
        ("", "sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:"),
        ("\"world\"}\n", "sha-256=:jjcgBDWNAtbYUXI37CVG3gRuGOAjaaDRGpIUFsdyepQ=:"),
        (
            "{\"hello\": \"world\"}",
            "sha-512=:WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BNNyealdVLvRwEmTHWXvJwew==:",
        ),
        (
            "{\"message\": \"good dog\"}",
            "sha-512=:mEWXIS7MaLRuGgxOBdODa3xqM1XdEvxoYhvlCFJ41QJgJc4GTsPp29l5oGX69wWdXymyU0rjJuahq4l5aGgfLQ==:",
        ),
    ];

    #[test]
    fn the_examples_of_the_rfcs() {
        for (body, field) in EXAMPLES {
            assert_eq!(check(field, body.as_bytes()), Ok(()), "{field}");
            assert_eq!(check(field, format!("{body} ").as_bytes()), Err(DigestRefusal::Mismatch), "{field}");
            if field.starts_with("sha-256") {
                assert_eq!(content_digest(body.as_bytes()), field);
            }
        }
    }

    #[test]
    fn of_several_digests_all_known_ones_must_be_right() {
        let [(body, first), (_, second), (_, other), ..] = EXAMPLES;
        let right = format!("{first}, {second}, md5=:AAAA:");
        assert_eq!(check(&right, body.as_bytes()), Ok(()));
        let one_is_wrong = format!("{second}, {other}");
        assert_eq!(check(&one_is_wrong, body.as_bytes()), Err(DigestRefusal::Mismatch));
    }

    #[test]
    fn what_protects_nothing_is_refused() {
        for (field, refusal) in [
            ("", DigestRefusal::NoneKnown),
            ("md5=:AAAA:, sha=:AAAA:", DigestRefusal::NoneKnown),
            ("sha-256=\"text\"", DigestRefusal::Malformed),
            ("sha-256", DigestRefusal::Malformed),
            ("sha-256=:no base64:", DigestRefusal::Malformed),
            ("sha-256=(:AAAA:)", DigestRefusal::Malformed),
            ("sha-256=:AAAA:", DigestRefusal::Mismatch),
        ] {
            assert_eq!(check(field, b""), Err(refusal), "{field}");
        }
    }
}
