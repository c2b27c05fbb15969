//! What is approved is done, at once and on every node; and the log binds who agreed to it and why.

use std::sync::Arc;

use serde_json::json;
use vivat::clock::SystemClock;
use vivat::domain::beneficiary::AgencyCode;
use vivat::domain::id::{BeneficiaryId, ReferenceId};
use vivat::domain::permission::Role;
use vivat::domain::policy::Policy;
use vivat::service::Service;
use vivat::service::audit_log::audit;
use vivat::store::references_aside::{self, Aside};

use super::{Office, REASON, device, id};
use crate::log::{entries, sequencer};
use crate::support::database::TestDatabase;
use crate::support::server::{KNOWN, TestServer, answer, inference, photo};
use crate::support::vault::{images, vault};
use crate::support::{on_each_database, sql};

on_each_database! {
    a_policy_is_in_force_at_once_on_every_node,
    a_policy_that_changed_meanwhile_is_not_overwritten,
    a_policy_that_the_models_cannot_decide_by_is_refused,
    nothing_but_two_people_suspends_and_restores,
    a_face_is_compared_after_two_people_agreed,
    a_face_that_was_let_in_behind_the_backs_is_found,
    roles_come_and_go_with_two_people,
    what_was_agreed_stands_in_the_log_and_in_the_record,
}

async fn a_policy_is_in_force_at_once_on_every_node(database: &TestDatabase) {
    let other_node = TestServer::start(database).await;
    let office = Office::open(TestServer::start(database).await).await;
    let before = other_node.open(KNOWN, "kiosk").await;
    assert_eq!(answer(other_node.send_frame(&before, photo("obama2.jpg"))).await.status, 201);
    office.done(&office.other_policy("max_frames", json!(2)).await).await;
    let opened = json!({"citizen_id": KNOWN, "channel": "kiosk"});
    assert_eq!(answer(other_node.post("/v1/sessions", &opened)).await.body["max_frames"], 2);
    assert_eq!(answer(other_node.send_frame(&before, photo("obama3.jpg"))).await.status, 201);
    assert_eq!(answer(other_node.send_frame(&before, photo("biden.jpg"))).await.problem(), "too_many_frames");
    // A node that starts later does not bring its own along.
    let store = office.server.store.clone();
    let (vault, images) = (vault(&store).await, images(&database.url));
    let own = Policy { max_frames: 9, ..Policy::default() };
    let late_node = Service::new(store, vault, images, inference(), Arc::new(SystemClock), own).await.unwrap();
    assert_eq!(late_node.policy_in_force().await.unwrap().policy.max_frames, 2);
}

async fn a_policy_that_changed_meanwhile_is_not_overwritten(database: &TestDatabase) {
    let office = Office::open(TestServer::start(database).await).await;
    let (one, other) =
        (office.other_policy("review_days", json!(5)).await, office.other_policy("fmr", json!(1e-2)).await);
    let waiting = office.propose(&office.ann, &other).await;
    office.done(&one).await;
    assert_eq!(office.close(&office.bob, id(&waiting), "approval").await.problem(), "proposal_outdated");
    assert_eq!(office.get("/v1/proposals").await[0]["state"], "open", "an approval that fails closes nothing");
    assert_eq!(office.propose(&office.ann, &other).await.problem(), "proposal_outdated");
    let policy = office.policy().await.policy;
    assert_eq!((&policy["review_days"], &policy["fmr"]), (&json!(5), &json!(1e-3)));
    for (key, wrong) in [("fmr", json!(0.5)), ("version", json!(9)), ("time_zone", json!("Asia/Nowhere"))] {
        let content = office.other_policy(key, wrong).await;
        assert_eq!(office.propose(&office.ann, &content).await.problem(), "invalid_policy", "{key}");
    }
}

async fn a_policy_that_the_models_cannot_decide_by_is_refused(database: &TestDatabase) {
    let office = Office::open(TestServer::start(database).await).await;
    for (key, wrong) in [("fmr", json!(1e-6)), ("population", json!("elsewhere"))] {
        let content = office.other_policy(key, wrong).await;
        let refused = office.propose(&office.ann, &content).await;
        assert_eq!((refused.status, refused.problem()), (422, "not_calibrated"), "{key}");
        assert!(refused.body["detail"].as_str().unwrap().contains("east_asian 0.01, 0.001"), "{}", refused.body);
    }
    let content = office.other_policy("population", json!("In Vented")).await;
    assert_eq!(office.propose(&office.ann, &content).await.status, 422);
    office.done(&office.other_policy("fmr", json!(1e-2)).await).await;
}

async fn nothing_but_two_people_suspends_and_restores(database: &TestDatabase) {
    let office = Office::open(TestServer::start(database).await).await;
    let (suspension, restoration) = (
        json!({"kind": "suspension", "beneficiary": office.beneficiary}),
        json!({"kind": "restoration", "beneficiary": office.beneficiary}),
    );
    assert_eq!(office.propose(&office.ann, &restoration).await.problem(), "proposal_outdated", "it is paid");
    let late = office.propose(&office.ann, &suspension).await;
    office.done(&suspension).await;
    assert_eq!(office.standing().await, "suspended");
    assert_eq!(office.close(&office.bob, id(&late), "approval").await.problem(), "proposal_outdated");
    // A certification proves a life, and leaves the rest to people.
    assert_eq!(office.certify().await.body["decision"], "certified");
    assert_eq!(office.standing().await, "suspended");
    office.done(&restoration).await;
    assert_eq!(office.standing().await, "paid");
}

async fn a_face_is_compared_after_two_people_agreed(database: &TestDatabase) {
    let office = Office::open(TestServer::start(database).await).await;
    let stranger = async || office.server.certify(KNOWN, "kiosk", photo("biden.jpg")).await.body["decision"].clone();
    // A clerk adds the face of somebody else: it opens nothing.
    let candidate = office.candidate("biden.jpg").await;
    assert_eq!(stranger().await, "referred");
    let content = json!({"kind": "reference_replacement", "beneficiary": office.beneficiary, "reference": candidate});
    office.done(&content).await;
    assert_eq!(stranger().await, "certified", "what two people agreed to is compared");
    assert_eq!(office.certify().await.body["decision"], "referred", "and nothing else");
    assert_eq!(office.propose(&office.ann, &content).await.problem(), "proposal_outdated", "it is no candidate");
}

async fn a_face_that_was_let_in_behind_the_backs_is_found(database: &TestDatabase) {
    let office = Office::open(TestServer::start(database).await).await;
    let store = &office.server.store;
    let (first, second) = (office.candidate("obama2.jpg").await, office.candidate("biden.jpg").await);
    let content = json!({"kind": "reference_replacement", "beneficiary": office.beneficiary, "reference": first});
    office.done(&content).await;
    sequencer(store).await.run().await.unwrap();
    let found = async || audit(store, &vault(store).await, &images(&database.url)).await.unwrap().discrepancies;
    assert_eq!(found().await, []);
    let (person, second) = (BeneficiaryId(office.beneficiary.parse().unwrap()), ReferenceId(second.parse().unwrap()));
    let mut tx = store.write().await.unwrap();
    references_aside::clear(&mut tx, person, second).await.unwrap();
    references_aside::set(&mut tx, person, ReferenceId(first.parse().unwrap()), Aside::Replaced).await.unwrap();
    tx.commit().await.unwrap();
    let said: Vec<_> = found().await.iter().map(ToString::to_string).collect();
    assert_eq!(said.len(), 2, "{said:?}");
    assert!(said[0].contains("changed (what is compared)") && said[1].contains("reference put aside"), "{said:?}");
}

async fn roles_come_and_go_with_two_people(database: &TestDatabase) {
    let office = Office::open(TestServer::start(database).await).await;
    let eve = office.server.account("eve", "eve", &[], "110105").await;
    let account = office.server.console().await.find_staff("eve").await.unwrap().id;
    let search = async || {
        let body = json!({"citizen_id": KNOWN});
        answer(office.server.post("/v1/beneficiaries/search", &body).bearer_auth(&eve)).await.status
    };
    assert_eq!(search().await, 403);
    let grant = json!({"kind": "role_grant", "staff": account, "role": "clerk", "agency": "110105"});
    office.done(&grant).await;
    assert_eq!(search().await, 200);
    let again = office.propose(&office.ann, &grant).await;
    assert_eq!(office.close(&office.bob, id(&again), "approval").await.problem(), "role_granted");
    let own = answer(office.server.get("/v1/staff-sessions/current").bearer_auth(&eve)).await;
    office.done(&json!({"kind": "role_revocation", "grant": own.body["roles"][0]["id"]})).await;
    assert_eq!(search().await, 403);
    let console = office.server.console().await;
    let refused = console.grant(account, Role::Clerk, &AgencyCode::parse("110105").unwrap()).await;
    assert!(refused.is_err(), "the console grants nothing that two people can");
}

async fn what_was_agreed_stands_in_the_log_and_in_the_record(database: &TestDatabase) {
    let office = Office::open(TestServer::start(database).await).await;
    office.done(&office.other_policy("review_days", json!(5)).await).await;
    office.done(&json!({"kind": "suspension", "beneficiary": office.beneficiary})).await;
    office.done(&device(1)).await;
    let store = &office.server.store;
    sequencer(store).await.run().await.unwrap();
    let told = entries(store).await;
    let of = |kind: &str| told.iter().filter(|entry| entry["act"]["kind"] == kind).collect::<Vec<_>>();
    assert_eq!(of("proposal_made").len(), 3);
    assert!(of("proposal_closed").iter().all(|entry| entry["act"]["outcome"] == "approved"));
    for (kind, count) in [("standing_changed", 1), ("policy_put_in_force", 2), ("device_enrolled", 1)] {
        assert_eq!(of(kind).len(), count, "{kind}");
    }
    let bob = office.server.console().await.find_staff("bob").await.unwrap().id;
    assert_eq!(of("standing_changed")[0]["by"], json!({"staff": bob}));
    let all = serde_json::to_string(&told).unwrap();
    assert!(!all.contains(REASON) && !all.contains("review_days") && !all.contains("hall 3"));
    assert!(!of("standing_changed")[0]["act"].to_string().contains(&office.beneficiary));

    let found = async || audit(store, &vault(store).await, &images(&database.url)).await.unwrap().discrepancies;
    assert_eq!(found().await, []);
    let off: &[&'static str] = match database.kind {
        "SQLite" => &["drop trigger standing_is_never_changed", "drop trigger proposal_is_never_changed"],
        _ => &["alter table standing disable trigger user", "alter table proposal disable trigger user"],
    };
    let edits = ["update standing set suspended = 0", "update proposal set expires_at = proposed_at"];
    for statement in off.iter().chain(&edits) {
        let mut tx = store.write().await.unwrap();
        sql::execute(&mut tx, statement).await.unwrap();
        tx.commit().await.unwrap();
    }
    let said: Vec<_> = found().await.iter().map(ToString::to_string).collect();
    assert_eq!(said.iter().filter(|one| one.contains("changed (standing)")).count(), 1, "{said:?}");
    assert_eq!(said.iter().filter(|one| one.contains("changed (proposal)")).count(), 3, "{said:?}");
}
