//! There and back again: once, in time, in the same browser, on any node.

use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use vivat::domain::clock::Clock as _;
use vivat::domain::staff_session::LONGEST;
use vivat::service::audit_log::audit;

use super::{ANN, ask, begin, come_back, node, office, sign_in};
use crate::log::{entries, sequencer};
use crate::support::database::TestDatabase;
use crate::support::on_each_database;
use crate::support::server::{TestServer, answer};
use crate::support::vault::{images, vault};

on_each_database! {
    whoever_is_linked_gets_a_session_like_any_other,
    any_node_finishes_what_another_began,
    a_sign_in_is_finished_once,
    a_sign_in_belongs_to_its_browser,
    a_sign_in_that_takes_too_long_is_over,
    a_code_of_another_sign_in_is_worth_nothing,
    without_a_provider_there_is_no_such_sign_in,
}

async fn whoever_is_linked_gets_a_session_like_any_other(database: &TestDatabase) {
    let (server, provider) = office(database).await;
    let sent = ask(&server).await;
    let cookie = sent.headers()["set-cookie"].to_str().unwrap().to_owned();
    assert!(cookie.ends_with("; Path=/; Max-Age=600; HttpOnly; SameSite=Lax"), "{cookie}");
    assert_eq!(sent.headers()["cache-control"], "no-store");

    let signed_in = sign_in(&server, &provider, ANN).await;
    assert_eq!(signed_in.status, 200, "{}", signed_in.body);
    assert_eq!(signed_in.body["staff"]["login"], "ann");
    let token = signed_in.body["token"].as_str().unwrap();
    let own = || async { answer(server.get("/v1/staff-sessions/current").bearer_auth(token)).await.status };
    assert_eq!(answer(server.get("/v1/reviews").bearer_auth(token)).await.status, 200, "she is a reviewer");
    assert_eq!(own().await, 200);
    let ends = signed_in.body["expires_at"].as_str().unwrap().parse::<Timestamp>().unwrap();
    let left = ends.duration_since(server.clock.now());
    assert!(left <= LONGEST && left > LONGEST - SignedDuration::from_mins(1), "{left}");
    server.clock.advance(SignedDuration::from_mins(61));
    assert_eq!(own().await, 401, "it rested too long");

    sequencer(&server.store).await.run().await.unwrap();
    let entries = entries(&server.store).await;
    let told = entries.iter().find(|entry| entry["act"]["kind"] == "staff_signed_in").unwrap();
    assert_eq!(told["act"]["way"], "provider");
    assert_eq!(told["by"], json!({"staff": told["act"]["staff"]}));
    let audited = audit(&server.store, &vault(&server.store).await, &images(&database.url)).await.unwrap();
    assert_eq!(audited.discrepancies, []);
}

async fn any_node_finishes_what_another_began(database: &TestDatabase) {
    let (server, provider) = office(database).await;
    let other = node(database, provider.provider()).await;
    let began = begin(&server).await;
    let query = provider.sign_in(&began.location, ANN);
    assert_eq!(come_back(&other, &began.cookie, &query).await.status, 200);
}

async fn a_sign_in_is_finished_once(database: &TestDatabase) {
    let (server, provider) = office(database).await;
    let began = begin(&server).await;
    let query = provider.sign_in(&began.location, ANN);
    let (one, other) =
        tokio::join!(come_back(&server, &began.cookie, &query), come_back(&server, &began.cookie, &query));
    let mut statuses = [one.status, other.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 403], "of two at the same time one gets in");
    let again = come_back(&server, &began.cookie, &query).await;
    assert_eq!((again.status, again.problem()), (403, "oidc_sign_in_unknown"));
    let invented = come_back(&server, &began.cookie, "code=x&state=x").await;
    assert_eq!(invented.problem(), "oidc_sign_in_unknown");
    assert_eq!(come_back(&server, &began.cookie, "code=x").await.problem(), "invalid_query");
}

async fn a_sign_in_belongs_to_its_browser(database: &TestDatabase) {
    let (server, provider) = office(database).await;
    let (mine, other) = (begin(&server).await, begin(&server).await);
    let query = provider.sign_in(&mine.location, ANN);
    for cookie in [other.cookie.as_str(), "vivat-sign-in=", "nothing=1"] {
        let refused = come_back(&server, cookie, &query).await;
        assert_eq!((refused.status, refused.problem()), (403, "oidc_other_browser"));
    }
    assert_eq!(come_back(&server, &mine.cookie, &query).await.status, 200, "nobody else used it up");
}

async fn a_sign_in_that_takes_too_long_is_over(database: &TestDatabase) {
    let (server, provider) = office(database).await;
    let late = begin(&server).await;
    let query = provider.sign_in(&late.location, ANN);
    server.clock.advance(SignedDuration::from_mins(10));
    let refused = come_back(&server, &late.cookie, &query).await;
    assert_eq!((refused.status, refused.problem()), (410, "oidc_sign_in_expired"));
    server.clock.advance(SignedDuration::from_mins(11));
    begin(&server).await;
    assert_eq!(come_back(&server, &late.cookie, &query).await.problem(), "oidc_sign_in_unknown", "it was forgotten");
}

async fn a_code_of_another_sign_in_is_worth_nothing(database: &TestDatabase) {
    let (server, provider) = office(database).await;
    let (mine, stolen) = (begin(&server).await, begin(&server).await);
    let own = provider.sign_in(&mine.location, "mallory");
    let code = provider.sign_in(&stolen.location, ANN);
    let (_, state) = own.split_once('&').unwrap();
    let (code, _) = code.split_once('&').unwrap();
    let refused = come_back(&server, &mine.cookie, &format!("{code}&{state}")).await;
    assert_eq!((refused.status, refused.problem()), (403, "oidc_refused"), "its verifier does not fit (PKCE)");
    let cancelled = begin(&server).await;
    let (_, state) = cancelled.location.split_once("state=").unwrap();
    let state = state.split('&').next().unwrap();
    let refused = come_back(&server, &cancelled.cookie, &format!("error=access_denied&state={state}")).await;
    assert_eq!(refused.problem(), "oidc_refused");
}

async fn without_a_provider_there_is_no_such_sign_in(database: &TestDatabase) {
    let server = TestServer::start(database).await;
    let refused = answer(server.get("/v1/staff-sessions/oidc")).await;
    assert_eq!((refused.status, refused.problem()), (404, "oidc_no_provider"));
    assert_eq!(come_back(&server, "", "code=x&state=x").await.problem(), "oidc_no_provider");
}
