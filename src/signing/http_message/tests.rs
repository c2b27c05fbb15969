//! The test vectors of RFC 9421, appendix B, and what must break a signature.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use proptest::prelude::*;
use zeroize::Zeroizing;

use super::*;
use crate::signing::signature_base::{Start, Target};

const TARGET: Target<'static> = Target {
    method: "POST",
    scheme: "https",
    authority: "example.com",
    path: "/foo",
    query: Some("param=Value&Pet=dog"),
};

/// The request of appendix B.2.
fn request() -> Message<'static> {
    let digest = "sha-512=:WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BNNyealdVLvRwEmTHWXvJwew==:";
    let fields = vec![
        ("host", "example.com".into()),
        ("date", "Tue, 20 Apr 2021 02:07:55 GMT".into()),
        ("content-type", "application/json".into()),
        ("content-digest", digest.into()),
        ("content-length", "18".into()),
    ];
    Message { start: Start::Request(TARGET), fields }
}

/// The response of appendix B.2.
fn response() -> Message<'static> {
    let digest = "sha-512=:mEWXIS7MaLRuGgxOBdODa3xqM1XdEvxoYhvlCFJ41QJgJc4GTsPp29l5oGX69wWdXymyU0rjJuahq4l5aGgfLQ==:";
    let fields = vec![
        ("date", "Tue, 20 Apr 2021 02:07:56 GMT".into()),
        ("content-type", "application/json".into()),
        ("content-digest", digest.into()),
        ("content-length", "23".into()),
    ];
    Message { start: Start::Response(200), fields }
}

/// The key of appendix B.1.4.
fn key() -> SigningKey {
    let der = BASE64_STANDARD.decode("MC4CAQAwBQYDK2VwBCIEIJ+DYvh6SEqVTm50DFtMDoQikTmiCqirVv9mWG9qfSnF").unwrap();
    SigningKey::from_seed(&Zeroizing::new(der[16..].try_into().unwrap()))
}

fn read(input: &str) -> Signature {
    let label = input.split_once('=').unwrap().0;
    Signature::read(input, &format!("{label}=:AAAA:")).unwrap().remove(0)
}

const B26_INPUT: &str = r#"sig-b26=("date" "@method" "@path" "@authority" "content-type" "content-length");created=1618884473;keyid="test-key-ed25519""#;
const B26_SIGNATURE: &str =
    "sig-b26=:wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw==:";

#[test]
fn the_ed25519_signature_of_the_rfc_verifies_and_is_made_again() {
    let public = key().public();
    assert_eq!(BASE64_STANDARD.encode(public.to_bytes()), "JrQLj5P/89iXES9+vFgrIy29clF9CC/oPPsw3c5D0bs=");
    let [theirs] = Signature::read(B26_INPUT, B26_SIGNATURE).unwrap().try_into().unwrap();
    assert_eq!(theirs.verify(&request(), &public), Ok(()));
    let parameters = Parameters {
        created: Some(1_618_884_473),
        keyid: Some("test-key-ed25519".to_owned()),
        ..Parameters::default()
    };
    assert_eq!(theirs.parameters(), &parameters);
    let components = ["date", "@method", "@path", "@authority", "content-type", "content-length"];
    let ours = Signature::sign(&request(), &components, parameters, &key()).unwrap();
    assert_eq!(ours.fields("sig-b26").unwrap(), (B26_INPUT.to_owned(), B26_SIGNATURE.to_owned()));
}

#[test]
fn the_signature_bases_of_the_rfc() {
    let minimal = r#"();created=1618884473;keyid="test-key-rsa-pss";nonce="b3k2pp5k7z-50gnwp.yemd""#;
    let selective = r#"("@authority" "content-digest" "@query-param";name="Pet");created=1618884473;keyid="test-key-rsa-pss";tag="header-example""#;
    let full = r#"("date" "@method" "@path" "@query" "@authority" "content-type" "content-digest" "content-length");created=1618884473;keyid="test-key-rsa-pss""#;
    let answer =
        r#"("@status" "content-type" "content-digest" "content-length");created=1618884473;keyid="test-key-ecc-p256""#;
    let (asked, answered) = (request(), response());
    let (sent, got) = (asked.field("content-digest").unwrap(), answered.field("content-digest").unwrap());
    for (message, label, parameters, components) in [
        (&asked, "sig-b21", minimal, String::new()),
        (
            &asked,
            "sig-b22",
            selective,
            format!("\"@authority\": example.com\n\"content-digest\": {sent}\n\"@query-param\";name=\"Pet\": dog\n"),
        ),
        (
            &asked,
            "sig-b23",
            full,
            format!(
                "\"date\": Tue, 20 Apr 2021 02:07:55 GMT\n\"@method\": POST\n\"@path\": /foo\n\
                 \"@query\": ?param=Value&Pet=dog\n\"@authority\": example.com\n\"content-type\": application/json\n\
                 \"content-digest\": {sent}\n\"content-length\": 18\n"
            ),
        ),
        (
            &answered,
            "sig-b24",
            answer,
            format!(
                "\"@status\": 200\n\"content-type\": application/json\n\"content-digest\": {got}\n\
                 \"content-length\": 23\n"
            ),
        ),
    ] {
        let expected = format!("{components}\"@signature-params\": {parameters}");
        assert_eq!(read(&format!("{label}={parameters}")).base(message).unwrap(), expected, "{label}");
    }
}

/// B.2.5 is by HMAC, which signs the base all the same.
#[test]
fn the_shared_secret_of_the_rfc_signs_our_base() {
    let secret = "uzvJfB4u3N0Jy4T7NZ75MDVcr8zSTInedJtkgcu46YW4XByzNJjxBdtjUkdJPBtbmHhIDi6pcl8jsasjlTMtDQ==";
    let base = read(r#"sig-b25=("date" "@authority" "content-type");created=1618884473;keyid="test-shared-secret""#)
        .base(&request())
        .unwrap();
    let mut mac = <Hmac<sha2::Sha256> as KeyInit>::new_from_slice(&BASE64_STANDARD.decode(secret).unwrap()).unwrap();
    mac.update(base.as_bytes());
    let made = BASE64_STANDARD.encode(mac.finalize().into_bytes());
    assert_eq!(made, "pxcQw6G3AjtMBQjwo8XzkZf/bws5LelbaMk5rGIGtE8=");
}

/// The examples of section 2.2.
#[test]
fn derived_components() {
    let of = |target: Target<'static>, component: &str| {
        let message = Message { start: Start::Request(target), fields: Vec::new() };
        let base = read(&format!("s=({component})")).base(&message).unwrap();
        base.split_once(": ").unwrap().1.split_once('\n').unwrap().0.to_owned()
    };
    let target = Target { authority: "www.example.com", path: "/path", query: Some("param=value"), ..TARGET };
    assert_eq!(of(target, r#""@target-uri""#), "https://www.example.com/path?param=value");
    assert_eq!(of(target, r#""@request-target""#), "/path?param=value");
    assert_eq!(of(Target { scheme: "HTTP", ..target }, r#""@scheme""#), "http");
    assert_eq!(of(Target { authority: "WWW.example.com:443", ..target }, r#""@authority""#), "www.example.com");
    assert_eq!(of(Target { authority: "localhost:8080", ..target }, r#""@authority""#), "localhost:8080");
    let nothing = Target { path: "", query: None, ..target };
    assert_eq!(of(nothing, r#""@path""#), "/");
    assert_eq!(of(nothing, r#""@query""#), "?");
    let odd = "var=this%20is%20a%20big%0Amultiline%20value&bar=with+plus+whitespace&fa%C3%A7ade%22%3A%20=something";
    let odd = Target { query: Some(odd), ..target };
    let parameter = |name: &str| of(odd, &format!(r#""@query-param";name="{name}""#));
    assert_eq!(parameter("var"), "this%20is%20a%20big%0Amultiline%20value");
    assert_eq!(parameter("bar"), "with%20plus%20whitespace");
    assert_eq!(parameter("fa%C3%A7ade%22%3A%20"), "something");
}

#[test]
fn lines_of_a_field_are_joined() {
    let fields = vec![("x-obs", "  one ".into()), ("cache-control", "max-age=60".into()), ("x-obs", "two".into())];
    let message = Message { start: Start::Request(TARGET), fields };
    assert_eq!(message.field("x-obs").unwrap(), "one, two");
}

#[test]
fn what_cannot_be_covered_is_refused() {
    let asked = request();
    for (components, refusal) in [
        (r#""x-missing""#, "Missing"),
        (r#""@status""#, "Unsupported"),
        (r#""@made-up""#, "Unsupported"),
        (r#""date";sf"#, "Unsupported"),
        (r#""@method";req"#, "Unsupported"),
        (r#""@query-param""#, "Unsupported"),
        (r#""@query-param";name="absent""#, "Missing"),
        (r#""date" "date""#, "Twice"),
        ("1", "Malformed"),
    ] {
        let refused = read(&format!("s=({components})")).base(&asked).unwrap_err();
        assert!(format!("{refused:?}").starts_with(refusal), "{components}: {refused:?}");
    }
    let doubled = Message { start: Start::Request(Target { query: Some("a=1&a=2"), ..TARGET }), fields: Vec::new() };
    let refused = read(r#"s=("@query-param";name="a")"#).base(&doubled);
    assert!(matches!(refused, Err(NoBase::Twice(_))));
}

#[test]
fn fields_that_do_not_belong_together_are_no_signature() {
    for (input, signature) in [
        ("", "a=:AAAA:"),
        (B26_INPUT, ""),
        (B26_INPUT, "other=:AAAA:"),
        (B26_INPUT, "sig-b26=AAAA"),
        ("a=1", "a=:AAAA:"),
        ("a=(", "a=:AAAA:"),
        (r#"a=();created="text""#, "a=:AAAA:"),
        ("a=();keyid=1", "a=:AAAA:"),
    ] {
        assert_eq!(Signature::read(input, signature), Err(SignatureRefusal::Malformed), "{input} {signature}");
    }
}

#[test]
fn another_algorithm_is_refused() {
    let parameters = Parameters { alg: Some("hmac-sha256".to_owned()), ..Parameters::default() };
    let signature = Signature::sign(&request(), &["@method"], parameters, &key()).unwrap();
    assert_eq!(signature.verify(&request(), &key().public()), Err(SignatureRefusal::Algorithm));
}

proptest! {
    /// Whatever of a covered part changes, the signature does not hold any more.
    #[test]
    fn any_change_of_a_covered_part_breaks_it(part in 0_usize..6, at in 0_usize..200, with in proptest::char::range('!', '~')) {
        let changed = |text: &str| -> String {
            let mut letters: Vec<char> = text.chars().collect();
            let at = at % letters.len();
            letters[at] = if letters[at] == with { '~' } else { with };
            letters.into_iter().collect()
        };
        let components = ["@method", "@authority", "@path", "@query", "content-digest", "content-type"];
        let parameters = Parameters { nonce: Some("n".to_owned()), ..Parameters::default() };
        let signature = Signature::sign(&request(), &components, parameters, &key()).unwrap();
        let mut asked = request();
        let new = changed(match part {
            0 => TARGET.method,
            1 => TARGET.authority,
            2 => TARGET.path,
            3 => TARGET.query.unwrap(),
            4 => &asked.fields[3].1,
            _ => &asked.fields[2].1,
        });
        let mut target = TARGET;
        match part {
            0 => target.method = &new,
            1 => target.authority = &new,
            2 => target.path = &new,
            3 => target.query = Some(&new),
            4 => asked.fields[3].1 = new.clone().into(),
            _ => asked.fields[2].1 = new.clone().into(),
        }
        asked.start = Start::Request(target);
        // A host name is the same in capitals.
        prop_assume!(part != 1 || !new.eq_ignore_ascii_case(TARGET.authority));
        prop_assert_eq!(signature.verify(&asked, &key().public()), Err(SignatureRefusal::Wrong));
    }

    #[test]
    fn any_change_of_the_signature_or_its_parameters_breaks_it(at in 0_usize..64, bit in 0_u8..8, created in any::<i32>()) {
        let [mut theirs] = Signature::read(B26_INPUT, B26_SIGNATURE).unwrap().try_into().unwrap();
        theirs.bytes[at] ^= 1 << bit;
        prop_assert_eq!(theirs.verify(&request(), &key().public()), Err(SignatureRefusal::Wrong));
        prop_assume!(created != 1_618_884_473);
        let other = B26_INPUT.replace("1618884473", &created.to_string());
        let [theirs] = Signature::read(&other, B26_SIGNATURE).unwrap().try_into().unwrap();
        prop_assert_eq!(theirs.verify(&request(), &key().public()), Err(SignatureRefusal::Wrong));
    }

    /// Whatever arrives, reading does not panic.
    #[test]
    fn any_text_is_read_or_refused(input in ".*", signature in ".*") {
        let _ = Signature::read(&input, &signature);
    }
}
