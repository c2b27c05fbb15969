//! Each act leaves its entry, with the act and not without it.

use serde_json::{Value, json};

use super::{entries, export, sequencer};
use crate::support::database::TestDatabase;
use crate::support::on_each_database;
use crate::support::server::{KNOWN, TestServer, UNKNOWN, answer, photo};

on_each_database! {
    each_act_leaves_its_entry_and_no_personal_datum,
    what_is_undone_leaves_none,
    a_known_and_an_unknown_number_leave_entries_of_the_same_shape,
}

/// One of everything.
pub(super) async fn a_day_at_the_office(server: &TestServer) {
    server.enrol(photo("obama.jpg")).await;
    assert_eq!(server.certify(KNOWN, "kiosk", photo("obama2.jpg")).await.body["decision"], "certified");
    let referred = server.certify(KNOWN, "phone", photo("obama2.jpg")).await;
    let case = referred.body["case"]["id"].as_str().unwrap();
    let ann = server.colleague("ann").await;
    let claimed = answer(server.post(&format!("/v1/reviews/{case}/claim"), &Value::Null).bearer_auth(&ann)).await;
    assert_eq!(claimed.status, 200);
    let judgement = json!({"verdict": "same", "reason": "The same scar above the left eye."});
    let path = format!("/v1/reviews/{case}/judgement");
    assert_eq!(answer(server.post(&path, &judgement).bearer_auth(&ann)).await.status, 201);
    let console = server.console().await;
    let ann = console.find_staff("ann").await.unwrap();
    console.set_disabled(ann.id, true).await.unwrap();
    console.set_disabled(ann.id, false).await.unwrap();
}

async fn each_act_leaves_its_entry_and_no_personal_datum(database: &TestDatabase) {
    let server = TestServer::start(database).await;
    a_day_at_the_office(&server).await;
    sequencer(&server.store).await.run().await.unwrap();

    let entries = entries(&server.store).await;
    let text = |entry: &Value, key: &str| entry[key].as_str().unwrap_or("staff").to_owned();
    let told: Vec<_> = entries.iter().map(|entry| (text(&entry["act"], "kind"), text(entry, "by"))).collect();
    let told: Vec<_> = told.iter().map(|(kind, by)| (kind.as_str(), by.as_str())).collect();
    let expected = [
        ("policy_put_in_force", "machine"),
        ("receipt_key_added", "machine"),
        ("staff_added", "console"),
        ("role_granted", "console"),
        ("role_granted", "console"),
        ("role_granted", "console"),
        ("role_granted", "console"),
        ("staff_token_issued", "console"),
        ("beneficiary_registered", "staff"),
        ("reference_enrolled", "staff"),
        ("session_opened", "machine"),
        ("captures_accepted", "machine"),
        ("session_decided", "machine"),
        ("certification_recorded", "machine"),
        ("session_opened", "machine"),
        ("captures_accepted", "machine"),
        ("step_declined", "machine"),
        ("step_declined", "machine"),
        ("step_declined", "machine"),
        ("step_declined", "machine"),
        ("session_decided", "machine"),
        ("case_opened", "machine"),
        ("staff_added", "console"),
        ("role_granted", "console"),
        ("role_granted", "console"),
        ("role_granted", "console"),
        ("role_granted", "console"),
        ("staff_token_issued", "console"),
        ("case_claimed", "staff"),
        ("case_judged", "staff"),
        ("certification_recorded", "staff"),
        ("staff_disabled", "console"),
        ("staff_enabled", "console"),
    ];
    let mut sorted = (told.clone(), expected.to_vec());
    sorted.0.sort_unstable();
    sorted.1.sort_unstable();
    // Entries of one millisecond may change places: identifiers are of that grain.
    assert_eq!(sorted.0, sorted.1, "{told:?}");

    let all = serde_json::to_string(&export(&server.store).await).unwrap();
    for hidden in [KNOWN, "王秀英", "ann", "scar", "similarity", "bona_fide", "nonce", "110105", "vivat_", &server.name]
    {
        assert!(!all.contains(hidden), "the export tells {hidden}");
    }
}

async fn what_is_undone_leaves_none(database: &TestDatabase) {
    let server = TestServer::start(database).await;
    let person = json!({"citizen_id": KNOWN, "name": "王秀英", "agency": "110105", "schemes": ["resident"]});
    let register = || answer(server.office_post("/v1/beneficiaries", &person));
    assert_eq!(register().await.status, 201);
    assert_eq!(register().await.status, 409);
    sequencer(&server.store).await.run().await.unwrap();
    let registered = entries(&server.store).await;
    let registered = registered.iter().filter(|entry| entry["act"]["kind"] == "beneficiary_registered");
    assert_eq!(registered.count(), 1);
}

async fn a_known_and_an_unknown_number_leave_entries_of_the_same_shape(database: &TestDatabase) {
    let server = TestServer::start(database).await;
    server.enrol(photo("obama.jpg")).await;
    sequencer(&server.store).await.run().await.unwrap();
    let mut shapes = Vec::new();
    for number in [KNOWN, UNKNOWN] {
        let before = entries(&server.store).await.len();
        assert_eq!(server.certify(number, "kiosk", photo("biden.jpg")).await.body["decision"], "referred");
        sequencer(&server.store).await.run().await.unwrap();
        let mut entries = entries(&server.store).await.split_off(before);
        for entry in &mut entries {
            let act = entry["act"].as_object_mut().unwrap();
            for (_, value) in act.iter_mut().filter(|(key, _)| !matches!(key.as_str(), "kind" | "outcome")) {
                *value = Value::Null;
            }
        }
        let mut acts: Vec<_> = entries.iter().map(|entry| entry["act"].to_string()).collect();
        acts.sort_unstable();
        shapes.push(acts);
    }
    assert_eq!(shapes[0], shapes[1]);
    assert_eq!(shapes[0].len(), 4);
}
