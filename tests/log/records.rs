//! The record itself is changed, and the log gives it away.

use std::process::Command;

use serde_json::{Value, json};
use vivat::service::audit_log::{Discrepancy, audit};
use vivat::store::rows::Table;
use vivat::store::{Store, Tx};

use super::{entries, execute, sequencer};
use crate::support::database::TestDatabase;
use crate::support::on_each_database;
use crate::support::server::{KNOWN, TestServer, answer, photo};
use crate::support::vault::{environment, images, vault};

on_each_database! {
    a_record_that_was_edited_does_not_fit_the_log,
    what_no_act_recorded_is_found_in_every_table,
    every_table_is_held_against_the_log_or_there_is_a_reason,
}

async fn discrepancies(database: &TestDatabase, store: &Store) -> Vec<Discrepancy> {
    audit(store, &vault(store).await, &images(&database.url)).await.unwrap().discrepancies
}

async fn a_record_that_was_edited_does_not_fit_the_log(database: &TestDatabase) {
    let server = TestServer::start(database).await;
    server.enrol(photo("obama.jpg")).await;
    assert_eq!(server.certify(KNOWN, "kiosk", photo("obama2.jpg")).await.body["decision"], "certified");
    let referred = server.certify(KNOWN, "phone", photo("obama2.jpg")).await;
    let case = referred.body["case"]["id"].as_str().unwrap();
    let claim = server.office_post(&format!("/v1/reviews/{case}/claim"), &Value::Null);
    assert_eq!(answer(claim).await.status, 200);
    let judgement = json!({"verdict": "cannot_tell", "reason": "Too dark to say."});
    assert_eq!(answer(server.office_post(&format!("/v1/reviews/{case}/judgement"), &judgement)).await.status, 201);
    let store = &server.store;
    sequencer(store).await.run().await.unwrap();
    assert_eq!(discrepancies(database, store).await, []);

    let entries = entries(store).await;
    let numbers = |kind: &str| {
        let of = |(number, entry): (u64, &Value)| (entry["act"]["kind"] == kind).then_some(number);
        (0..).zip(&entries).filter_map(of).collect::<Vec<_>>()
    };
    let off: &[&'static str] = match database.kind {
        "SQLite" => &[
            "drop trigger certification_is_never_changed",
            "drop trigger decision_is_never_changed",
            "drop trigger judgement_is_never_changed",
            "drop trigger judgement_is_never_removed",
        ],
        _ => &[
            "alter table certification disable trigger user",
            "alter table decision disable trigger user",
            "alter table judgement disable trigger user",
        ],
    };
    execute(store, off).await;
    let edits: [(&'static str, &str, &str, &'static str); 7] = [
        ("certification", "certification_recorded", "valid_until = '2099-12-31'", "certification"),
        ("judgement", "case_judged", "verdict = 'same'", "judgement"),
        ("reference", "reference_enrolled", "pack = 'another'", "reference"),
        ("beneficiary", "beneficiary_registered", "agency = '999999'", "beneficiary"),
        ("review_case", "case_opened", "due_on = '2099-12-31'", "case"),
        ("staff", "staff_added", "profile = (select token_digest from staff_session limit 1)", "staff"),
        ("staff_grant", "role_granted", "agency = '110105'", "role"),
    ];
    let mut expected = Vec::new();
    for (table, kind, change, named) in edits {
        execute(store, &[format!("update {table} set {change}").leak()]).await;
        expected.extend(numbers(kind).into_iter().map(|number| Discrepancy::Changed(number, named)));
        let mut found = discrepancies(database, store).await;
        found.sort_by_key(|one| format!("{one:?}"));
        expected.sort_by_key(|one| format!("{one:?}"));
        assert_eq!(found, expected, "after the change of {table}");
    }
    execute(store, &["delete from judgement"]).await;
    let gone = numbers("case_judged").into_iter().map(|number| Discrepancy::Gone(number, "judgement"));
    assert!(discrepancies(database, store).await.iter().any(|one| gone.clone().any(|gone| gone == *one)));

    let audited = Command::new(env!("CARGO_BIN_EXE_vivat"))
        .args(["log", "audit", "--database", &database.url])
        .envs(environment(&database.url))
        .output()
        .unwrap();
    let said = String::from_utf8(audited.stdout).unwrap();
    assert_eq!(audited.status.code(), Some(1), "{said}");
    assert!(said.contains("what it records was changed (certification)"), "{said}");
}

/// Whoever commands the database puts rows there, or withholds the entries of those that are there: it looks the same.
async fn what_no_act_recorded_is_found_in_every_table(database: &TestDatabase) {
    let server = TestServer::start(database).await;
    super::acts::a_day_at_the_office(&server).await;
    let store = &server.store;
    assert_eq!(discrepancies(database, store).await, []);
    let off: &[&'static str] = match database.kind {
        "SQLite" => &["drop trigger log_entry_is_never_changed"],
        _ => &["alter table log_entry disable trigger user"],
    };
    execute(store, off).await;
    let withheld: [(&'static str, &[&'static str]); 11] = [
        ("policy_put_in_force", &["policy", "policy in force"]),
        ("beneficiary_registered", &["beneficiary"]),
        ("reference_enrolled", &["reference"]),
        ("session_opened", &["session"]),
        ("captures_accepted", &["capture"]),
        ("session_decided", &["decision"]),
        ("certification_recorded", &["certification", "receipt of certification"]),
        ("case_opened", &["case"]),
        ("case_judged", &["judgement"]),
        ("receipt_key_added", &["receipt key"]),
        ("role_granted", &["role"]),
    ];
    let mut expected = Vec::new();
    for (kind, rows) in withheld {
        let change = format!("update log_entry set content = '{{}}' where content like '%\"kind\":\"{kind}\"%'");
        execute(store, &[change.leak()]).await;
        expected.extend(rows);
        let found = discrepancies(database, store).await;
        for row in &expected {
            assert!(
                found.iter().any(|one| matches!(one, Discrepancy::Unlogged(what, _) if what == row)),
                "no {row}: {found:?}"
            );
        }
        assert!(
            found.iter().all(|one| matches!(one, Discrepancy::Unlogged(what, _) if expected.contains(what))),
            "{found:?}"
        );
    }
}

/// Tables in which nothing stands that an act of its own recorded.
const NOT_OF_ACTS: [(&str, &str); 17] = [
    ("_sqlx_migrations", "the schema"),
    ("sqlite_sequence", "the numbers of receipts"),
    ("vault_key", "keys, which open nothing when they are others"),
    ("idempotency", "answers, for a day"),
    ("log_identity", "the log itself"),
    ("log_entry", "the log itself"),
    ("log_node", "the log itself"),
    ("log_checkpoint", "the log itself"),
    ("log_cosignature", "the log itself"),
    ("staff_session", "tokens, which end by themselves; the act of signing in is logged"),
    ("staff_credential", "passwords; the act of setting them is logged"),
    ("pending_sign_in", "what ends within minutes"),
    ("reference_aside", "which references are not compared; the act that two people agreed to is logged"),
    ("device_nonce", "what was used within a minute"),
    ("failure_run", "counters"),
    ("challenge", "what a session asks; it changes with each step, and the acts of its session are logged"),
    ("frame_mark", "keyed marks, which are forgotten"),
];

async fn every_table_is_held_against_the_log_or_there_is_a_reason(database: &TestDatabase) {
    let store = database.open().await;
    let mut tx = store.read().await.unwrap();
    let tables: Vec<(String,)> = match &mut tx {
        Tx::Sqlite(tx) => {
            let connection = tx.connection().await.unwrap();
            sqlx::query_as("select name from sqlite_master where type = 'table'").fetch_all(connection).await
        }
        Tx::Postgres(tx) => {
            let select = "select table_name::text from information_schema.tables where table_schema = 'public'";
            sqlx::query_as(select).fetch_all(&mut **tx).await
        }
    }
    .unwrap();
    assert!(tables.len() > Table::ALL.len());
    for (name,) in tables {
        let audited = Table::ALL.iter().any(|table| table.name() == name);
        let excused = NOT_OF_ACTS.iter().any(|(table, _)| *table == name);
        assert!(audited != excused, "{name}: give it a place in src/store/rows.rs, or a reason here");
    }
}
