//! Whoever is erased is gone: for the office, at the kiosk, in the files. What the law keeps stays, and the log says so.

use std::io::Write;
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use vivat::domain::permission::Role;
use vivat::domain::policy::Policy;
use vivat::service::audit_log::{Discrepancy, audit};
use vivat::service::records::Records;
use vivat::service::retain_images::retain;
use vivat::store::{Store, persons};

use crate::log::{entries, execute, sequencer};
use crate::support::database::TestDatabase;
use crate::support::on_each_database;
use crate::support::server::{KNOWN, TestServer, UNKNOWN, answer, photo};
use crate::support::vault::{environment, images, vault};

on_each_database! {
    whoever_is_erased_is_gone_and_what_the_law_keeps_stays,
    an_erasure_needs_a_reason_and_somebody_to_erase,
    the_console_erases_by_number,
    an_erasure_that_nobody_logged_is_found,
}

const REASON: &str = "The request of 3 November is in the file.";

async fn erase(server: &TestServer, administrator: &str, person: &str, reason: &str) -> crate::support::server::Answer {
    let path = format!("/v1/beneficiaries/{person}/erasure");
    answer(server.post(&path, &json!({"reason": reason})).bearer_auth(administrator)).await
}

async fn records(database: &TestDatabase, server: &TestServer) -> Records {
    Records {
        store: server.store.clone(),
        vault: vault(&server.store).await,
        images: images(&database.url),
        clock: server.clock.clone(),
    }
}

async fn whoever_is_erased_is_gone_and_what_the_law_keeps_stays(database: &TestDatabase) {
    let server = TestServer::start(database).await;
    let person = json!({"citizen_id": KNOWN, "name": "王秀英", "agency": "110105", "schemes": ["resident"]});
    let registered =
        answer(server.office_post("/v1/beneficiaries", &person).header("idempotency-key", "register-1")).await;
    let id = registered.body["id"].as_str().unwrap().to_owned();
    assert_eq!(answer(server.send_reference(&id, photo("obama.jpg"))).await.status, 201);
    let certified = server.certify(KNOWN, "kiosk", photo("obama2.jpg")).await;
    let number = certified.body["certification"]["id"].as_str().unwrap().to_owned();
    let referred = server.certify(KNOWN, "phone", photo("obama2.jpg")).await;
    let case = referred.body["case"]["id"].as_str().unwrap().to_owned();
    let open = server.open(KNOWN, "kiosk").await;
    let before = wrapped_key(&server.store, &id).await;
    let root = server.staff("root", &[Role::Administrator], "110000").await;

    let erased = erase(&server, &root, &id, REASON).await;
    assert_eq!(erased.status, 201, "{}", erased.body);
    assert_eq!((&erased.body["certifications"], &erased.body["decisions"]), (&json!(1), &json!(2)));

    // For the office, and for whoever stands in front of a camera.
    for path in [format!("/v1/beneficiaries/{id}"), format!("/v1/certifications/{number}")] {
        assert_eq!(answer(server.office_get(&path)).await.problem(), "not_found", "{path}");
    }
    let search = answer(server.office_post("/v1/beneficiaries/search", &json!({"citizen_id": KNOWN}))).await;
    assert_eq!(search.problem(), "not_found");
    assert_eq!(answer(server.send_reference(&id, photo("obama.jpg"))).await.problem(), "not_found");
    assert_eq!(answer(server.send_frame(&open, photo("obama2.jpg"))).await.problem(), "not_found");
    assert_eq!(answer(server.complete(&open)).await.problem(), "not_found");
    assert_eq!(answer(server.office_get("/v1/reviews")).await.body, json!([]), "the case is off the desk");
    let claim = server.office_post(&format!("/v1/reviews/{case}/claim"), &Value::Null);
    assert_eq!(answer(claim).await.problem(), "not_found");
    assert_eq!(erase(&server, &root, &id, REASON).await.problem(), "not_found", "once");

    // The number is that of somebody new, whom nobody has enrolled, and an old answer is not told again.
    assert_eq!(server.certify(KNOWN, "kiosk", photo("obama2.jpg")).await.body["decision"], "referred");
    let again = answer(server.office_post("/v1/beneficiaries", &person).header("idempotency-key", "register-1")).await;
    assert_eq!(again.status, 201, "{}", again.body);
    assert!(!again.headers.contains_key("idempotency-replayed"));
    assert_ne!(again.body["id"], id.as_str());

    // Pictures, files, log.
    let records = records(database, &server).await;
    let deleted = retain(&records, &Policy::default().retention).await.unwrap();
    assert_eq!(deleted.pictures, 3, "the enrolled photo, and a frame of each session");
    if let Some(directory) = database.directory() {
        for file in ["vivat.db", "vivat.db-wal"] {
            let bytes = std::fs::read(directory.join(file)).unwrap();
            assert!(!bytes.windows(before.len()).any(|window| window == before), "the wrapped key is still in {file}");
        }
    }
    sequencer(&server.store).await.run().await.unwrap();
    let logged = entries(&server.store).await;
    let of = |kind| logged.iter().filter(|entry| entry["act"]["kind"] == kind).cloned().collect::<Vec<_>>();
    let entry = &of("person_erased")[0]["act"];
    assert_eq!((&entry["person"], &entry["certifications"], &entry["decisions"]), (&json!(id), &json!(1), &json!(2)));
    assert_eq!(of("images_deleted").len(), 0, "no session is named beside the person");
    let audit = audit(&server.store, &records.vault, &records.images).await.unwrap();
    assert_eq!(audit.discrepancies, []);
    assert!(audit.erased >= 9, "{}", audit.erased);
}

async fn wrapped_key(store: &Store, person: &str) -> Vec<u8> {
    let found = persons::find(&mut store.read().await.unwrap(), person.parse().unwrap()).await.unwrap();
    found.unwrap().key.unwrap().wrapped
}

async fn an_erasure_needs_a_reason_and_somebody_to_erase(database: &TestDatabase) {
    let server = TestServer::start(database).await;
    let id = server.enrol(photo("obama.jpg")).await;
    let root = server.staff("root", &[Role::Administrator], "110000").await;
    let elsewhere = server.staff("elsewhere", &[Role::Administrator], "310000").await;
    assert_eq!(erase(&server, &elsewhere, &id, REASON).await.problem(), "not_found");
    assert_eq!(erase(&server, server.token(), &id, REASON).await.problem(), "not_permitted");
    assert_eq!(erase(&server, &root, &id, "  no ").await.problem(), "reason_needed");
    let nobody = "01890000-0000-7000-8000-000000000000";
    assert_eq!(erase(&server, &root, nobody, REASON).await.problem(), "not_found");
    assert_eq!(answer(server.office_get(&format!("/v1/beneficiaries/{id}"))).await.status, 200);
}

async fn the_console_erases_by_number(database: &TestDatabase) {
    let server = TestServer::start(database).await;
    server.open(UNKNOWN, "kiosk").await;
    let run = |number: &'static str| {
        let url = database.url.clone();
        tokio::task::spawn_blocking(move || {
            let mut command = Command::new(env!("CARGO_BIN_EXE_vivat"));
            command.args(["person", "--database", &url, "erase", "--reason", REASON]).envs(environment(&url));
            let mut child =
                command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
            child.stdin.take().unwrap().write_all(number.as_bytes()).unwrap();
            child.wait_with_output().unwrap()
        })
    };
    let erased = run(UNKNOWN).await.unwrap();
    let said = String::from_utf8_lossy(&erased.stdout).into_owned();
    assert!(erased.status.success(), "{said}{}", String::from_utf8_lossy(&erased.stderr));
    assert!(said.contains("0 certifications"), "{said}");
    for number in [UNKNOWN, KNOWN, "110105194912310021"] {
        let refused = run(number).await.unwrap();
        let said = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert_eq!(refused.status.code(), Some(3), "{said}");
        assert!(!said.contains(number), "the number is shown");
    }
}

/// Whoever commands the database throws a key away: the records of that person open no more, and that is no erasure.
async fn an_erasure_that_nobody_logged_is_found(database: &TestDatabase) {
    let server = TestServer::start(database).await;
    let id = server.enrol(photo("obama.jpg")).await;
    sequencer(&server.store).await.run().await.unwrap();
    let literal = if database.kind == "SQLite" { "x'00'" } else { "'\\x00'" };
    let when = if database.kind == "SQLite" { "'2026-11-24T00:00:00.000000Z'" } else { "now()" };
    let statement = format!(
        "update person set citizen_index = null, kek = null, wrapped_key = null, erased_at = {when}, \
         erasure_reason = {literal}"
    );
    execute(&server.store, &[statement.leak()]).await;
    let records = records(database, &server).await;
    let audit = audit(&server.store, &records.vault, &records.images).await.unwrap();
    assert_eq!(audit.discrepancies, [Discrepancy::Unlogged("erasure of person", id)]);
}
