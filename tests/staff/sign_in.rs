//! Login, password and code together open a session, which ends.

use jiff::SignedDuration;
use serde_json::json;
use vivat::domain::permission::Role;

use super::{PASSWORD, Person, next_code, sign_in};
use crate::support::database::TestDatabase;
use crate::support::on_each_database;
use crate::support::server::{TestServer, answer};

on_each_database! {
    the_first_sign_in_changes_the_password,
    whatever_is_wrong_the_answer_is_the_same,
    a_code_works_once,
    a_session_ends_by_rest_age_word_and_disabling,
    new_credentials_end_what_the_old_ones_opened,
}

async fn the_first_sign_in_changes_the_password(database: &TestDatabase) {
    let server = TestServer::start(database).await;
    let person = Person::new(&server, "ann", &[Role::Reviewer]).await;
    assert_eq!(sign_in(&server, &person.body(&server)).await.problem(), "password_to_change");
    for (weak, problem) in [
        ("too short", "password_length"),
        ("aaaaaaaaaaaa", "password_guessable"),
        (&"x".repeat(129), "password_length"),
    ] {
        let mut body = person.body(&server);
        body["new_password"] = json!(weak);
        assert_eq!(sign_in(&server, &body).await.problem(), problem);
    }
    let mut body = person.body(&server);
    body["new_password"] = json!(PASSWORD);
    let signed_in = sign_in(&server, &body).await;
    assert_eq!(signed_in.status, 201, "{}", signed_in.body);
    assert_eq!(signed_in.body["staff"]["roles"][0]["role"], "reviewer");
    let token = signed_in.body["token"].as_str().unwrap();
    assert_eq!(answer(server.get("/v1/reviews").bearer_auth(token)).await.status, 200);
    let own = answer(server.get("/v1/staff-sessions/current").bearer_auth(token)).await;
    assert_eq!((own.status, &own.body["login"]), (200, &json!("ann")));

    next_code(&server);
    assert_eq!(sign_in(&server, &person.body(&server)).await.problem(), "sign_in_refused", "the issued one is gone");
    let own = Person { password: PASSWORD.to_owned(), ..person };
    assert_eq!(sign_in(&server, &own.body(&server)).await.status, 201);
}

async fn whatever_is_wrong_the_answer_is_the_same(database: &TestDatabase) {
    let server = TestServer::start(database).await;
    let person = Person::settled(&server, "ann", &[]).await;
    let gone = Person::settled(&server, "bob", &[]).await;
    let console = server.console().await;
    console.set_disabled(console.find_staff("bob").await.unwrap().id, true).await.unwrap();
    let mut seen = Vec::new();
    for (key, wrong) in [("login", "nobody"), ("login", "?"), ("password", "wrong password"), ("code", "000000")] {
        let mut body = person.body(&server);
        body[key] = json!(wrong);
        seen.push(sign_in(&server, &body).await);
    }
    seen.push(sign_in(&server, &gone.body(&server)).await);
    for refused in &seen {
        assert_eq!((refused.status, refused.problem()), (401, "sign_in_refused"));
        assert_eq!(refused.body, seen[0].body);
    }
    assert_eq!(sign_in(&server, &person.body(&server)).await.status, 201);
}

async fn a_code_works_once(database: &TestDatabase) {
    let server = TestServer::start(database).await;
    let person = Person::settled(&server, "ann", &[]).await;
    let body = person.body(&server);
    let (one, other) = tokio::join!(sign_in(&server, &body), sign_in(&server, &body));
    let mut statuses = [one.status, other.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 401], "of two at the same time one gets through");
    assert_eq!(sign_in(&server, &body).await.problem(), "sign_in_refused");
    next_code(&server);
    assert_eq!(sign_in(&server, &body).await.problem(), "sign_in_refused", "still within the tolerance, and used");
    assert_eq!(sign_in(&server, &person.body(&server)).await.status, 201);
}

async fn a_session_ends_by_rest_age_word_and_disabling(database: &TestDatabase) {
    let server = TestServer::start(database).await;
    let person = Person::settled(&server, "ann", &[]).await;
    let open = async || {
        next_code(&server);
        let signed_in = sign_in(&server, &person.own_computer(&server)).await;
        assert_eq!(signed_in.status, 201, "{}", signed_in.body);
        signed_in.body["token"].as_str().unwrap().to_owned()
    };
    let status = async |token: &str| answer(server.get("/v1/staff-sessions/current").bearer_auth(token)).await.status;
    let minutes = SignedDuration::from_mins;

    let rested = open().await;
    server.clock.advance(minutes(59));
    assert_eq!(status(&rested).await, 200, "which prolongs it");
    server.clock.advance(minutes(59));
    assert_eq!(status(&rested).await, 200);
    server.clock.advance(minutes(60));
    assert_eq!(status(&rested).await, 401, "it rested for an hour");

    let old = open().await;
    for _ in 0..13 {
        assert_eq!(status(&old).await, 200);
        server.clock.advance(minutes(55));
    }
    server.clock.advance(minutes(5));
    assert_eq!(status(&old).await, 401, "it is twelve hours old");

    let (ended, other) = (open().await, open().await);
    let url = format!("{}/v1/staff-sessions/current", server.base);
    assert_eq!(answer(server.client.delete(&url).bearer_auth(&ended)).await.status, 204);
    assert_eq!((status(&ended).await, status(&other).await), (401, 200));

    let console = server.console().await;
    console.set_disabled(console.find_staff("ann").await.unwrap().id, true).await.unwrap();
    assert_eq!(status(&other).await, 401);
    console.set_disabled(console.find_staff("ann").await.unwrap().id, false).await.unwrap();
    assert_eq!(status(&other).await, 401, "an account that is good again does not bring sessions back");
}

async fn new_credentials_end_what_the_old_ones_opened(database: &TestDatabase) {
    let server = TestServer::start(database).await;
    let person = Person::settled(&server, "ann", &[]).await;
    let signed_in = sign_in(&server, &person.own_computer(&server)).await;
    let token = signed_in.body["token"].as_str().unwrap();
    let again = Person::issued(&server, "ann").await;
    assert_eq!(answer(server.get("/v1/staff-sessions/current").bearer_auth(token)).await.status, 401);
    next_code(&server);
    assert_eq!(sign_in(&server, &person.own_computer(&server)).await.problem(), "sign_in_refused");
    assert_eq!(sign_in(&server, &again.body(&server)).await.problem(), "password_to_change");
}
