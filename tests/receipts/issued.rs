//! What a certification yields, and what verifying it says.

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::{certified, said, token, verify};
use crate::support::database::TestDatabase;
use crate::support::on_each_database;
use crate::support::server::{KNOWN, TestServer, answer, photo};

on_each_database! {
    a_certification_yields_a_receipt_that_verifies,
    a_reviewer_yields_one_too,
    a_receipt_tells_who_nobody_is,
    a_receipt_ends_with_its_last_day,
    what_was_changed_is_not_genuine,
    the_office_gives_a_receipt_again,
    its_code_and_its_page_are_served,
}

async fn a_certification_yields_a_receipt_that_verifies(database: &TestDatabase) {
    let server = TestServer::start(database).await;
    server.enrol(photo("obama.jpg")).await;
    let certification = certified(&server).await;
    let checked = verify(&server, token(&certification)).await;
    assert_eq!((checked.status, &checked.body["standing"]), (200, &json!("valid")), "{}", checked.body);
    let receipt = &checked.body["receipt"];
    assert_eq!(receipt["certification"], certification["id"]);
    assert_eq!(receipt["valid_until"], certification["valid_until"]);
    assert_eq!((&receipt["agency"], &receipt["method"]), (&json!("110105"), &json!("face")));
    assert_eq!(receipt["schemes"][0]["scheme"], "resident");
    assert_eq!(receipt["log_index"], Value::Null, "nothing numbers entries here");
    let address = certification["receipt"]["address"].as_str().unwrap();
    assert_eq!(verify(&server, address).await.body["standing"], "valid", "as a scanner gives it");

    crate::log::sequencer(&server.store).await.run().await.unwrap();
    let receipt = &verify(&server, address).await.body["receipt"];
    let (entry, index) = (receipt["log_entry"].as_str().unwrap(), &receipt["log_index"]);
    let proof = answer(server.get(&format!("/v1/log/inclusion?entry={entry}"))).await;
    assert_eq!((proof.status, &proof.body["index"]), (200, index));
    assert!(proof.body["content"].as_str().unwrap().contains(certification["id"].as_str().unwrap()));
}

async fn a_reviewer_yields_one_too(database: &TestDatabase) {
    let server = TestServer::start(database).await;
    server.enrol(photo("obama.jpg")).await;
    let referred = server.certify(KNOWN, "phone", photo("obama2.jpg")).await;
    let case = referred.body["case"]["id"].as_str().unwrap();
    let ann = server.colleague("ann").await;
    let claim = server.post(&format!("/v1/reviews/{case}/claim"), &Value::Null).bearer_auth(&ann);
    assert_eq!(answer(claim).await.status, 200);
    let judgement = json!({"verdict": "same", "reason": "The same scar above the left eye."});
    let judge = server.post(&format!("/v1/reviews/{case}/judgement"), &judgement).bearer_auth(&ann);
    let judged = answer(judge).await.body;
    let checked = verify(&server, token(&judged["certification"])).await.body;
    assert_eq!((&checked["standing"], &checked["receipt"]["method"]), (&json!("valid"), &json!("review")));
    assert!(!checked.to_string().contains("ann"), "a receipt does not say who judged");
}

async fn a_receipt_tells_who_nobody_is(database: &TestDatabase) {
    let server = TestServer::start(database).await;
    let person = server.enrol(photo("obama.jpg")).await;
    let (first, second) = (certified(&server).await, certified(&server).await);
    let (first, second) = (said(token(&first), 1), said(token(&second), 1));
    for secret in [KNOWN, "王秀英", &person, "similarity", "score", "template"] {
        assert!(!first.to_string().contains(secret), "a receipt tells {secret}");
    }
    let mut names: Vec<_> = first.as_object().unwrap().keys().map(String::as_str).collect();
    names.sort_unstable();
    assert_eq!(
        names,
        ["agency", "exp", "iat", "iss", "jti", "log", "method", "schemes", "status", "sub", "valid_until"]
    );
    assert_eq!(first["sub"], second["sub"], "one person, one pseudonym");
    assert_ne!(first["jti"], second["jti"]);
    assert_ne!(first["status"], second["status"]);
    assert_ne!(said_of_another(&server).await["sub"], first["sub"]);
}

async fn said_of_another(server: &TestServer) -> Value {
    let number = "440524188001010014";
    let person = json!({"citizen_id": number, "name": "李建国", "agency": "440524", "schemes": ["public_institution"]});
    let registered = answer(server.office_post("/v1/beneficiaries", &person)).await;
    let id = registered.body["id"].as_str().unwrap();
    assert_eq!(answer(server.send_reference(id, photo("biden.jpg"))).await.status, 201);
    let answered = server.certify(number, "kiosk", photo("biden.jpg")).await;
    assert_eq!(answered.body["decision"], "certified", "{}", answered.body);
    said(token(&answered.body["certification"]), 1)
}

async fn a_receipt_ends_with_its_last_day(database: &TestDatabase) {
    let server = TestServer::start(database).await;
    server.enrol(photo("obama.jpg")).await;
    let certification = certified(&server).await;
    server.clock.advance(SignedDuration::from_hours(24 * 364));
    assert_eq!(verify(&server, token(&certification)).await.body["standing"], "valid");
    server.clock.advance(SignedDuration::from_hours(24 * 4));
    let over = verify(&server, token(&certification)).await.body;
    assert_eq!(over["standing"], "expired");
    assert_eq!(over["receipt"]["certification"], certification["id"], "what was is still told");
}

async fn what_was_changed_is_not_genuine(database: &TestDatabase) {
    let server = TestServer::start(database).await;
    server.enrol(photo("obama.jpg")).await;
    let certification = certified(&server).await;
    let token = token(&certification);
    let middle = token.find('.').unwrap() + 40;
    let swapped = if &token[middle..=middle] == "A" { "B" } else { "A" };
    let changed = format!("{}{swapped}{}", &token[..middle], &token[middle + 1..]);
    for wrong in [changed.as_str(), "", "a.b.c", &token[..token.len() - 4], &token.replace('.', "")] {
        let checked = verify(&server, wrong).await;
        assert_eq!((checked.status, &checked.body["standing"]), (200, &json!("not_genuine")), "{wrong}");
        assert_eq!(checked.body["receipt"], Value::Null);
        let code = answer(server.post("/v1/receipts/qr", &json!({"receipt": wrong}))).await;
        assert_eq!((code.status, code.problem()), (422, "not_a_receipt"));
    }
    let huge = verify(&server, &"x".repeat(9000)).await;
    assert_eq!((huge.status, huge.problem()), (413, "too_large"));
}

async fn the_office_gives_a_receipt_again(database: &TestDatabase) {
    let server = TestServer::start(database).await;
    server.enrol(photo("obama.jpg")).await;
    let session = server.open(KNOWN, "kiosk").await;
    assert_eq!(answer(server.send_frame(&session, photo("obama2.jpg"))).await.status, 201);
    let certification = answer(server.complete(&session)).await.body["certification"].clone();
    let again = answer(server.complete(&session)).await;
    assert_eq!(
        again.body["result"]["certification"]["receipt"], certification["receipt"],
        "the same key, the same token"
    );

    let path = format!("/v1/certifications/{}/receipt", certification["id"].as_str().unwrap());
    assert_eq!(answer(server.get(&path)).await.problem(), "no_credentials");
    let given = answer(server.office_get(&path)).await;
    assert_eq!((given.status, &given.body), (200, &certification["receipt"]));
    let clerk = [vivat::domain::permission::Role::Clerk];
    let near = server.staff("near", &clerk, "110100").await;
    assert_eq!(answer(server.get(&path).bearer_auth(&near)).await.status, 200);
    let far = server.staff("far", &clerk, "440000").await;
    assert_eq!(answer(server.get(&path).bearer_auth(&far)).await.problem(), "not_found");
    let nothing = answer(server.office_get("/v1/certifications/00000000-0000-7000-8000-000000000000/receipt")).await;
    assert_eq!(nothing.problem(), "not_found");
}

async fn its_code_and_its_page_are_served(database: &TestDatabase) {
    let server = TestServer::start(database).await;
    server.enrol(photo("obama.jpg")).await;
    let certification = certified(&server).await;
    let receipt = json!({"receipt": certification["receipt"]["address"]});
    let code = server.post("/v1/receipts/qr", &receipt).send().await.unwrap();
    assert_eq!((code.status().as_u16(), &code.headers()["content-type"]), (200, &"image/svg+xml".parse().unwrap()));
    assert!(code.text().await.unwrap().starts_with("<svg "));

    let page = server.get("/receipt").send().await.unwrap();
    let policy = page.headers()["content-security-policy"].to_str().unwrap().to_owned();
    assert!(policy.starts_with("default-src 'none';") && !policy.contains("unsafe"), "{policy}");
    assert_eq!(page.headers()["referrer-policy"], "no-referrer");
    let page = page.text().await.unwrap();
    assert!(
        !page.contains("style=") && !page.contains("<style") && !page.contains("onclick"),
        "the policy would refuse it"
    );
    for file in ["/receipt.css", "/receipt.js"] {
        assert!(page.contains(file));
        assert_eq!(server.get(file).send().await.unwrap().status().as_u16(), 200);
    }
}
