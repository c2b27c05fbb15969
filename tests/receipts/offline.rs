//! `vivat receipt verify`: no server, no network, and it says what it did not look at.

use std::process::{Command, Stdio};

use jiff::ToSpan;
use jiff::civil::Date;
use vivat::clock::SystemClock;
use vivat::domain::clock::Clock as _;
use vivat::service::append_log::Who;
use vivat::service::revoke_receipt::revoke;

use super::{certified, said, token};
use crate::support::database::TestDatabase;
use crate::support::on_each_database;
use crate::support::program::{Said, program};
use crate::support::server::{TestServer, photo};
use crate::support::vault::vault;

on_each_database! {
    a_receipt_is_verified_without_its_server,
}

async fn a_receipt_is_verified_without_its_server(database: &TestDatabase) {
    let server = TestServer::start(database).await;
    server.enrol(photo("obama.jpg")).await;
    let (certification, withdrawn) = (certified(&server).await, certified(&server).await);
    let place = tempfile::tempdir().unwrap();
    let place = place.path();
    let save = |name: &str, text: &str| std::fs::write(place.join(name), text).unwrap();
    let fetch = async |path: &str| server.get(path).send().await.unwrap().text().await.unwrap();
    save("receipt", token(&certification));
    save("scanned", withdrawn["receipt"]["address"].as_str().unwrap());
    save("keys", &fetch("/.well-known/jwks.json").await);
    save("early", &fetch("/v1/receipts/status/0").await);
    let mut tx = server.store.write().await.unwrap();
    let of = withdrawn["id"].as_str().unwrap().parse().unwrap();
    revoke(&mut tx, &vault(&server.store).await, SystemClock.now(), Who::Console, of).await.unwrap();
    tx.commit().await.unwrap();
    save("status", &fetch("/v1/receipts/status/0").await);
    crate::log::sequencer(&server.store).await.run().await.unwrap();
    let lines = crate::log::export(&server.store).await;
    let lines: Vec<_> = lines.iter().map(ToString::to_string).collect();
    save("log", &lines.join("\n"));

    let check = |arguments: &[&str], code: i32, expected: &[&str]| {
        let answer = Said::by(program(&["receipt", "verify"]).args(arguments).current_dir(place));
        let said = answer.all();
        assert_eq!(answer.code, Some(code), "{arguments:?}: {said}");
        for text in expected {
            assert!(said.contains(text), "{arguments:?}: {text} is not in {said}");
        }
        said
    };
    let number = certification["id"].as_str().unwrap();
    check(
        &["receipt", "--keys", "keys"],
        0,
        &["valid: ", number, "not looked at: whether it was revoked", "whether the log has it"],
    );
    let all = ["receipt", "--keys", "keys", "--status", "status", "--log", "log"];
    let said_of_all = check(&all, 0, &["in the log     entry ", "taken on trust"]);
    assert!(!said_of_all.contains("not looked at"), "{said_of_all}");
    let key = crate::log::key().to_string();
    let known = check(&[&all[..], &["--log-key", &key]].concat(), 0, &["valid: "]);
    assert!(!known.contains("on trust"), "{known}");

    // Days are counted at the office.
    let last: Date = certification["valid_until"].as_str().unwrap().parse().unwrap();
    let day = |date: Date| date.to_string();
    check(&["receipt", "--keys", "keys", "--on", &day(last)], 0, &["valid: "]);
    check(&["receipt", "--keys", "keys", "--on", &day(last + 1.day())], 1, &["NOT VALID: its last day was"]);
    check(&["receipt", "--keys", "keys", "--on", "2020-01-01"], 1, &["NOT VALID: it is of a later day"]);

    check(&["scanned", "--keys", "keys", "--status", "early"], 0, &["valid: "]);
    check(&["scanned", "--keys", "keys", "--status", "status"], 1, &["NOT VALID: it was revoked"]);
    check(&["scanned", "--keys", "keys", "--log", "log"], 1, &["NOT VALID: the log says that it was revoked"]);

    // A log without the certification, though whole in itself; one that was tampered with; and no log at all.
    let other = TestDatabase::sqlite();
    let other = TestServer::start(&other).await;
    crate::log::sequencer(&other.store).await.run().await.unwrap();
    let foreign: Vec<_> = crate::log::export(&other.store).await.iter().map(ToString::to_string).collect();
    save("foreign", &foreign.join("\n"));
    check(
        &["receipt", "--keys", "keys", "--log", "foreign"],
        1,
        &["the log has no such certification", "does not know the key"],
    );
    let whole = lines.join("\n");
    let tampered = whole.replace("\"machine\\\"", "\"console\\\"");
    assert_ne!(tampered, whole);
    save("tampered", &tampered);
    check(&["receipt", "--keys", "keys", "--log", "tampered"], 3, &["tampered with"]);
    check(&["receipt", "--keys", "keys", "--log", "keys"], 3, &["is not an export"]);

    // Other keys, a changed receipt, and what is none.
    save("other keys", &other.get("/.well-known/jwks.json").send().await.unwrap().text().await.unwrap());
    check(&["receipt", "--keys", "other keys"], 1, &["NOT VALID: it is signed by a key that is not known"]);
    let (head, tail) = token(&certification).split_once('.').unwrap();
    save("changed", &format!("{head}.{}", tail.replacen("ey", "ez", 1)));
    check(&["changed", "--keys", "keys"], 1, &["NOT VALID: it is forged, or was changed"]);
    check(&["keys", "--keys", "keys"], 1, &["NOT VALID: this is not a receipt"]);
    check(&["receipt", "--keys", "receipt"], 3, &["does not hold a set of keys"]);
    check(&["receipt", "--keys", "keys", "--status", "receipt"], 3, &["does not hold a status list"]);
    check(&["nothing", "--keys", "keys"], 3, &["cannot read nothing"]);
    check(&["receipt", "--keys", "keys", "--status", "status", "--on", &day(last)], 3, &["too old"]);
    assert_eq!(said(token(&certification), 0)["alg"], "EdDSA");

    let piped = Command::new("sh")
        .args(["-c", &format!("cat scanned | {} receipt verify - --keys keys", env!("CARGO_BIN_EXE_vivat"))])
        .current_dir(place)
        .stderr(Stdio::inherit())
        .output()
        .unwrap();
    assert!(piped.status.success(), "{}", String::from_utf8_lossy(&piped.stdout));
}
