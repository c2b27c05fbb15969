//! Who may propose and decide what, and when.

use jiff::SignedDuration;
use serde_json::{Value, json};
use vivat::domain::permission::Role;
use vivat::domain::proposal::Kind;

use super::{Office, REASON, device, id};
use crate::support::database::TestDatabase;
use crate::support::on_each_database;
use crate::support::server::{TestServer, answer};

on_each_database! {
    one_person_is_not_two_whatever_is_proposed,
    a_reason_is_written_by_both,
    a_proposal_ends_once,
    a_proposal_expires,
    whoever_gets_a_role_does_not_approve_it,
    a_role_that_was_revoked_decides_nothing_any_more,
    proposals_stay_in_their_agencies,
}

async fn one_person_is_not_two_whatever_is_proposed(database: &TestDatabase) {
    let office = Office::open(TestServer::start(database).await).await;
    let beneficiary = &office.beneficiary;
    let certified = office.certify().await;
    let certification = certified.body["certification"]["id"].clone();
    let (candidate, newcomer) = (office.candidate("obama2.jpg").await, office.newcomer("eve").await);
    let role = json!({"kind": "role_grant", "staff": newcomer, "role": "clerk", "agency": "110105"});
    office.done(&role).await;
    let staff = office.get("/v1/staff").await;
    let eve = staff.as_array().unwrap().iter().find(|one| one["login"] == "eve").unwrap();
    let contents = [
        office.other_policy("review_days", json!(5)).await,
        json!({"kind": "suspension", "beneficiary": beneficiary}),
        // After the suspension, which is approved at the end of its round.
        json!({"kind": "restoration", "beneficiary": beneficiary}),
        json!({"kind": "reference_replacement", "beneficiary": beneficiary, "reference": candidate}),
        json!({"kind": "role_grant", "staff": newcomer, "role": "reviewer", "agency": "110105"}),
        json!({"kind": "role_revocation", "grant": eve["roles"][0]["id"]}),
        device(1),
        json!({"kind": "receipt_revocation", "certification": certification}),
    ];
    let kinds: Vec<_> = Kind::ALL.iter().map(|kind| serde_json::to_value(kind).unwrap()).collect();
    assert_eq!(contents.iter().map(|content| content["kind"].clone()).collect::<Vec<_>>(), kinds, "each kind is here");
    for content in contents {
        let made = office.propose(&office.ann, &content).await;
        assert_eq!((made.status, &made.body["state"]), (201, &json!("open")), "{content} {}", made.body);
        let before = state_of_things(&office).await;
        for (token, how) in
            [(&office.ann, "approval"), (&office.ann2, "approval"), (&office.ann, "refusal"), (&office.ann2, "refusal")]
        {
            let refused = office.close(token, id(&made), how).await;
            assert_eq!((refused.status, refused.problem()), (409, "same_person"), "{content}");
        }
        assert_eq!(state_of_things(&office).await, before, "{content}");
        let approved = office.close(&office.bob, id(&made), "approval").await;
        assert_eq!(
            (approved.status, &approved.body["state"]),
            (200, &json!("approved")),
            "{content} {}",
            approved.body
        );
        assert_ne!(state_of_things(&office).await, before, "{content}");
    }
}

/// What proposals change.
async fn state_of_things(office: &Office) -> Vec<Value> {
    let mut state = Vec::new();
    for path in ["/v1/policy", "/v1/staff", "/v1/devices", "/v1/receipts/status/0"] {
        let found = office.server.get(path).bearer_auth(&office.ann).send().await.unwrap();
        let text = found.text().await.unwrap();
        // A status list is signed anew each time: what it says stands in the middle.
        let said = text.split('.').nth(1).filter(|_| path.contains("status")).map(lists);
        state.push(json!(said.unwrap_or(text)));
    }
    state.push(office.get(&format!("/v1/beneficiaries/{}", office.beneficiary)).await);
    let mut tx = office.server.store.read().await.unwrap();
    let of = office.beneficiary.parse().unwrap();
    let compared = vivat::store::references::compared(&mut tx, of).await.unwrap();
    state.push(json!(compared.iter().map(|one| one.id).collect::<Vec<_>>()));
    state
}

fn lists(claims: &str) -> String {
    use base64::Engine as _;
    let claims = base64::prelude::BASE64_URL_SAFE_NO_PAD.decode(claims).unwrap();
    let claims: Value = serde_json::from_slice(&claims).unwrap();
    claims["status_list"].to_string()
}

async fn a_reason_is_written_by_both(database: &TestDatabase) {
    let office = Office::open(TestServer::start(database).await).await;
    let content = json!({"kind": "suspension", "beneficiary": office.beneficiary});
    for reason in ["", "  no  ", &"x".repeat(2001)] {
        let new = json!({"proposal": content, "reason": reason});
        let refused = answer(office.server.post("/v1/proposals", &new).bearer_auth(&office.ann)).await;
        assert_eq!(refused.problem(), "reason_needed");
    }
    let made = office.propose(&office.ann, &content).await;
    for how in ["approval", "refusal", "withdrawal"] {
        let path = format!("/v1/proposals/{}/{how}", id(&made));
        let refused = answer(office.server.post(&path, &json!({"reason": "ok"})).bearer_auth(&office.bob)).await;
        assert_eq!(refused.problem(), "reason_needed", "{how}");
    }
    let approved = office.close(&office.bob, id(&made), "approval").await;
    assert_eq!((&approved.body["reason"], &approved.body["closing_reason"]), (&json!(REASON), &json!(REASON)));
}

async fn a_proposal_ends_once(database: &TestDatabase) {
    let office = Office::open(TestServer::start(database).await).await;
    let content = json!({"kind": "suspension", "beneficiary": office.beneficiary});
    let made = office.propose(&office.ann, &content).await;
    assert_eq!(office.close(&office.bob, id(&made), "withdrawal").await.problem(), "not_your_proposal");
    assert_eq!(office.close(&office.ann2, id(&made), "withdrawal").await.body["state"], "withdrawn");
    assert_eq!(office.close(&office.bob, id(&made), "approval").await.problem(), "proposal_closed");

    let made = office.propose(&office.ann, &content).await;
    assert_eq!(office.close(&office.bob, id(&made), "refusal").await.body["state"], "refused");
    assert_eq!(office.close(&office.bob, id(&made), "approval").await.problem(), "proposal_closed");
    assert_eq!(office.standing().await, "paid");

    // Of two approvals at the same time, one does it.
    let made = office.propose(&office.ann, &content).await;
    let (one, other) = tokio::join!(
        office.close(&office.bob, id(&made), "approval"),
        office.close(&office.bob, id(&made), "approval")
    );
    let mut statuses = [one.status, other.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409]);
    assert_eq!(office.get("/v1/proposals").await, json!([]));
    assert_eq!(office.get("/v1/proposals?closed=true").await.as_array().unwrap().len(), 3);
}

async fn a_proposal_expires(database: &TestDatabase) {
    let office = Office::open(TestServer::start(database).await).await;
    let made = office.propose(&office.ann, &json!({"kind": "suspension", "beneficiary": office.beneficiary})).await;
    office.server.clock.advance(SignedDuration::from_hours(30 * 24));
    for (token, how) in [(&office.bob, "approval"), (&office.bob, "refusal"), (&office.ann, "withdrawal")] {
        assert_eq!(office.close(token, id(&made), how).await.problem(), "proposal_expired");
    }
    assert_eq!(office.standing().await, "paid");
    assert_eq!(office.get("/v1/proposals?closed=true").await[0]["state"], "expired");
}

async fn whoever_gets_a_role_does_not_approve_it(database: &TestDatabase) {
    let office = Office::open(TestServer::start(database).await).await;
    let bob = office.server.console().await.find_staff("bob").await.unwrap().id;
    let made = office
        .propose(&office.ann, &json!({"kind": "role_grant", "staff": bob, "role": "clerk", "agency": "440000"}))
        .await;
    assert_eq!(office.close(&office.bob, id(&made), "approval").await.problem(), "own_role");
    assert_eq!(office.get("/v1/proposals").await.as_array().unwrap().len(), 1, "a third person may");
}

async fn a_role_that_was_revoked_decides_nothing_any_more(database: &TestDatabase) {
    let office = Office::open(TestServer::start(database).await).await;
    let made = office.propose(&office.ann, &json!({"kind": "suspension", "beneficiary": office.beneficiary})).await;
    let staff = office.get("/v1/staff").await;
    let bob = staff.as_array().unwrap().iter().find(|one| one["login"] == "bob").unwrap();
    let supervisor = bob["roles"].as_array().unwrap().iter().find(|grant| grant["role"] == "supervisor").unwrap();
    // Bob proposes it of himself, Ann approves.
    let revocation = office.propose(&office.bob, &json!({"kind": "role_revocation", "grant": supervisor["id"]})).await;
    assert_eq!(office.close(&office.ann, id(&revocation), "approval").await.status, 200);
    let clerk = bob["roles"].as_array().unwrap().iter().find(|grant| grant["role"] == "clerk").unwrap();
    let revocation = office.propose(&office.bob, &json!({"kind": "role_revocation", "grant": clerk["id"]})).await;
    assert_eq!(office.close(&office.ann, id(&revocation), "approval").await.status, 200);
    let refused = office.close(&office.bob, id(&made), "approval").await;
    assert_eq!((refused.status, refused.problem()), (403, "not_permitted"));
}

async fn proposals_stay_in_their_agencies(database: &TestDatabase) {
    let server = TestServer::start(database).await;
    // All before there are two administrators.
    let near = server.staff("near", &[Role::Clerk, Role::Supervisor], "110100").await;
    let far = server.staff("far", &[Role::Clerk, Role::Supervisor], "440000").await;
    let local = server.staff("local", &[Role::Administrator], "110000").await;
    let office = Office::open(server).await;
    let content = json!({"kind": "suspension", "beneficiary": office.beneficiary});
    let unknown = office.propose(&far, &content).await;
    assert_eq!((unknown.status, unknown.problem()), (404, "not_found"), "whether there is such a beneficiary");
    let made = office.propose(&near, &content).await;
    assert_eq!(made.status, 201, "{}", made.body);
    for how in ["approval", "refusal", "withdrawal"] {
        assert_eq!(office.close(&far, id(&made), how).await.status, 404, "{how}");
    }
    let listed = async |token: &str| answer(office.server.get("/v1/proposals").bearer_auth(token)).await.body;
    assert_eq!(listed(&far).await, json!([]));
    assert_eq!(listed(&near).await[0]["id"], made.body["id"]);
    // An administrator decides neither pensions, nor the policy of other agencies, nor roles there.
    assert_eq!(office.close(&local, id(&made), "approval").await.problem(), "not_permitted");
    for content in [
        json!({"kind": "role_grant", "staff": office.newcomer("eve").await, "role": "clerk", "agency": "440300"}),
        office.other_policy("review_days", json!(5)).await,
    ] {
        let refused = office.propose(&local, &content).await;
        assert_eq!((refused.status, refused.problem()), (403, "not_permitted"), "{content}");
    }
}
