//! The office's first desk: claimed with a lease, judged by people, and never a denial.

use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::support::database::TestDatabase;
use crate::support::on_each_database;
use crate::support::server::{Answer, KNOWN, TestServer, UNKNOWN, answer, photo};

const REASON: &str = "Same ears, same scar above the left eye.";

async fn referred(server: &TestServer, number: &str) -> String {
    let answered = server.certify(number, "phone", photo("obama2.jpg")).await;
    answered.body["case"]["id"].as_str().unwrap_or_else(|| panic!("{}", answered.body)).to_owned()
}

async fn claim(server: &TestServer, case: &str, token: &str) -> Answer {
    answer(server.post(&format!("/v1/reviews/{case}/claim"), &Value::Null).bearer_auth(token)).await
}

async fn judge(server: &TestServer, case: &str, token: &str, verdict: &str, reason: &str) -> Answer {
    let judgement = json!({"verdict": verdict, "reason": reason});
    answer(server.post(&format!("/v1/reviews/{case}/judgement"), &judgement).bearer_auth(token)).await
}

async fn waiting(server: &TestServer) -> Vec<String> {
    let listed = answer(server.office_get("/v1/reviews")).await;
    listed.body.as_array().unwrap().iter().map(|case| case["id"].as_str().unwrap().to_owned()).collect()
}

on_each_database! {
    the_same_person_is_certified_by_a_reviewer,
    a_different_person_opens_an_investigation_and_denies_nothing,
    a_claim_is_a_lease,
    who_cannot_tell_passes_the_case_on,
    nobody_of_the_number_cannot_be_certified_but_is_not_lost,
    two_reviewers_at_the_same_time_get_one_case,
    the_desk_has_pages,
}

async fn the_same_person_is_certified_by_a_reviewer(database: &TestDatabase) {
    let server = TestServer::start(database).await;
    let person = server.enrol(photo("obama.jpg")).await;
    let case = referred(&server, KNOWN).await;
    let ann = server.colleague("ann").await;
    assert_eq!(waiting(&server).await, std::slice::from_ref(&case));

    let file = claim(&server, &case, &ann).await;
    let account = server.console().await.find_staff("ann").await.unwrap().id;
    assert_eq!((file.status, &file.body["case"]["claimed_by"]), (200, &json!(account)));
    let text = file.body.to_string();
    for hidden in ["王秀英", KNOWN, "similarity", "no_match", "reasons"] {
        assert!(!text.contains(hidden), "a reviewer works blind, and saw {hidden}");
    }
    for kind in ["references", "captures"] {
        for picture in file.body[kind].as_array().unwrap() {
            let path = format!("/v1/reviews/{case}/{kind}/{}", picture.as_str().unwrap());
            let response = server.get(&path).bearer_auth(&ann).send().await.unwrap();
            assert_eq!(response.status().as_u16(), 200);
            assert_eq!(response.headers()["content-type"], "image/jpeg");
            assert_eq!(response.headers()["cache-control"], "no-store");
            assert_eq!(answer(server.office_get(&path)).await.problem(), "case_not_claimed");
        }
    }

    let judged = judge(&server, &case, &ann, "same", REASON).await;
    assert_eq!((judged.status, &judged.body["case"]["state"]), (201, &json!("certified")));
    let number = judged.body["certification"]["id"].as_str().unwrap();
    let read = answer(server.get(&format!("/v1/certifications/{number}"))).await;
    assert_eq!((&read.body["method"], &read.body["reviewed"]), (&json!("review"), &json!(true)));
    let beneficiary = answer(server.office_get(&format!("/v1/beneficiaries/{person}"))).await;
    assert!(beneficiary.body["certified_until"].is_string());
    assert!(waiting(&server).await.is_empty());
    assert_eq!(claim(&server, &case, &ann).await.problem(), "case_decided");
}

async fn a_different_person_opens_an_investigation_and_denies_nothing(database: &TestDatabase) {
    let server = TestServer::start(database).await;
    let person = server.enrol(photo("biden.jpg")).await;
    let case = referred(&server, KNOWN).await;
    let ann = server.colleague("ann").await;
    claim(&server, &case, &ann).await;
    let judged = judge(&server, &case, &ann, "different", "Another nose, another chin.").await;
    assert_eq!((&judged.body["case"]["state"], &judged.body["certification"]), (&json!("investigation"), &Value::Null));
    let beneficiary = answer(server.office_get(&format!("/v1/beneficiaries/{person}"))).await;
    assert_eq!(beneficiary.body["certified_until"], Value::Null);
    // The person may come again, at once.
    server.open(KNOWN, "counter").await;
}

async fn a_claim_is_a_lease(database: &TestDatabase) {
    let server = TestServer::start(database).await;
    server.enrol(photo("obama.jpg")).await;
    let case = referred(&server, KNOWN).await;
    let (ann, bob) = (server.colleague("ann").await, server.colleague("bob").await);
    assert_eq!(judge(&server, &case, &ann, "same", REASON).await.problem(), "case_not_claimed");
    assert_eq!(claim(&server, &case, &ann).await.status, 200);
    assert_eq!(claim(&server, &case, &bob).await.problem(), "case_claimed_by_another");
    assert_eq!(judge(&server, &case, &bob, "same", REASON).await.problem(), "case_not_claimed");
    server.clock.advance(SignedDuration::from_mins(31));
    assert_eq!(judge(&server, &case, &ann, "same", REASON).await.problem(), "case_not_claimed");
    assert_eq!(claim(&server, &case, &bob).await.status, 200);
    assert_eq!(judge(&server, &case, &bob, "same", "  no  ").await.problem(), "reason_needed");
    assert_eq!(judge(&server, &case, &bob, "same", REASON).await.status, 201);
}

async fn who_cannot_tell_passes_the_case_on(database: &TestDatabase) {
    let server = TestServer::start(database).await;
    server.enrol(photo("obama.jpg")).await;
    let case = referred(&server, KNOWN).await;
    let (ann, bob) = (server.colleague("ann").await, server.colleague("bob").await);
    claim(&server, &case, &ann).await;
    let judged = judge(&server, &case, &ann, "cannot_tell", "Too dark to say.").await;
    assert_eq!(judged.body["case"]["state"], "waiting");
    assert_eq!(claim(&server, &case, &ann).await.problem(), "case_judged_before");
    assert_eq!(claim(&server, &case, &bob).await.status, 200);
    assert_eq!(judge(&server, &case, &bob, "same", REASON).await.body["case"]["state"], "certified");
}

async fn nobody_of_the_number_cannot_be_certified_but_is_not_lost(database: &TestDatabase) {
    let server = TestServer::start(database).await;
    let case = referred(&server, UNKNOWN).await;
    let ann = server.colleague("ann").await;
    let file = claim(&server, &case, &ann).await;
    assert_eq!(file.body["references"], json!([]));
    assert_eq!(file.body["captures"].as_array().unwrap().len(), 1);
    assert_eq!(judge(&server, &case, &ann, "same", REASON).await.problem(), "nobody_to_certify");
    assert_eq!(waiting(&server).await, [case]);
}

async fn two_reviewers_at_the_same_time_get_one_case(database: &TestDatabase) {
    let server = TestServer::start(database).await;
    server.enrol(photo("obama.jpg")).await;
    let case = referred(&server, KNOWN).await;
    let (ann, bob) = (server.colleague("ann").await, server.colleague("bob").await);
    let (one, other) = tokio::join!(claim(&server, &case, &ann), claim(&server, &case, &bob));
    let mut statuses = [one.status, other.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409]);
}

async fn the_desk_has_pages(database: &TestDatabase) {
    let server = TestServer::start(database).await;
    let mut opened = Vec::new();
    for _ in 0..3 {
        opened.push(referred(&server, UNKNOWN).await);
    }
    let first = answer(server.office_get("/v1/reviews?limit=2")).await;
    let ids: Vec<_> = first.body.as_array().unwrap().iter().map(|case| case["id"].as_str().unwrap()).collect();
    assert_eq!(ids, opened[..2]);
    let rest = answer(server.office_get(&format!("/v1/reviews?after={}", ids[1]))).await;
    assert_eq!(rest.body.as_array().unwrap().len(), 1);
    assert_eq!(rest.body[0]["id"], opened[2].as_str());
}
