//! Whoever guesses meets pauses. Whoever is at their own computer does not notice.

use std::sync::Arc;

use jiff::SignedDuration;
use serde_json::json;
use vivat::http::AppState;

use super::{Person, next_code, sign_in};
use crate::support::database::TestDatabase;
use crate::support::on_each_database;
use crate::support::server::{Answer, TestServer, answer};

on_each_database! {
    an_attacker_is_paused_and_locks_nobody_out,
    a_known_client_that_guesses_pauses_alone,
    a_known_client_is_known_to_its_account_alone,
    many_guesses_at_once_are_counted_each,
    an_address_that_tries_many_accounts_is_paused,
}

async fn guess(server: &TestServer, login: &str) -> Answer {
    sign_in(server, &json!({"login": login, "password": "perhaps this one", "code": "123456"})).await
}

async fn an_attacker_is_paused_and_locks_nobody_out(database: &TestDatabase) {
    let server = TestServer::start(database).await;
    let ann = Person::settled(&server, "ann", &[]).await;
    // For a day, the attacker guesses whenever they may; whether there is such an account, they cannot tell.
    let (mut pauses, mut nobodys) = (Vec::new(), Vec::new());
    for _ in 0..5 {
        assert_eq!(guess(&server, "ann").await.problem(), "sign_in_refused");
        assert_eq!(guess(&server, "nobody").await.problem(), "sign_in_refused");
    }
    for round in 0..10 {
        let (guessed, of_nobody) = (guess(&server, "ann").await, guess(&server, "nobody").await);
        assert_eq!((guessed.status, guessed.problem()), (429, "sign_in_paused"));
        let seconds = |answer: &Answer| answer.headers["retry-after"].to_str().unwrap().parse::<i64>().unwrap();
        pauses.push(seconds(&guessed));
        nobodys.push(seconds(&of_nobody));
        // The right password and code do not help them either …
        assert_eq!(sign_in(&server, &ann.body(&server)).await.problem(), "sign_in_paused");
        // … and Ann signs in from her own computer all the while.
        let signed_in = sign_in(&server, &ann.own_computer(&server)).await;
        assert_eq!(signed_in.status, 201, "round {round}: {}", signed_in.body);
        server.clock.advance(SignedDuration::from_secs(pauses[round].max(nobodys[round])));
        assert_eq!(guess(&server, "ann").await.problem(), "sign_in_refused");
        assert_eq!(guess(&server, "nobody").await.problem(), "sign_in_refused");
    }
    for (found, expected) in pauses.iter().zip([30, 60, 120, 240, 480, 960, 1800, 1800, 1800, 1800]) {
        assert!((expected - 20..=expected).contains(found), "{pauses:?}");
    }
    for (one, other) in pauses.iter().zip(&nobodys) {
        assert!((one - other).abs() <= 20, "an account and none are told apart: {pauses:?} {nobodys:?}");
    }
}

async fn a_known_client_that_guesses_pauses_alone(database: &TestDatabase) {
    let server = TestServer::start(database).await;
    let ann = Person::settled(&server, "ann", &[]).await;
    let mut wrong = ann.own_computer(&server);
    wrong["password"] = json!("perhaps this one");
    for _ in 0..5 {
        assert_eq!(sign_in(&server, &wrong).await.problem(), "sign_in_refused");
    }
    assert_eq!(sign_in(&server, &ann.own_computer(&server)).await.problem(), "sign_in_paused");
    assert_eq!(sign_in(&server, &ann.body(&server)).await.status, 201, "another computer of hers");
}

async fn a_known_client_is_known_to_its_account_alone(database: &TestDatabase) {
    let server = TestServer::start(database).await;
    let ann = Person::settled(&server, "ann", &[]).await;
    let bob = Person::settled(&server, "bob", &[]).await;
    let mut forged = bob.client.clone().unwrap();
    forged.replace_range(..2, if forged.starts_with("00") { "01" } else { "00" });
    for _ in 0..5 {
        guess(&server, "bob").await;
    }
    for client in [ann.client, Some(forged), Some("0".repeat(96)), Some("字".repeat(32)), None] {
        let mut body = bob.body(&server);
        body["client"] = json!(client);
        assert_eq!(sign_in(&server, &body).await.problem(), "sign_in_paused");
    }
    assert_eq!(sign_in(&server, &bob.own_computer(&server)).await.status, 201);
}

async fn many_guesses_at_once_are_counted_each(database: &TestDatabase) {
    let server = TestServer::start(database).await;
    Person::settled(&server, "ann", &[]).await;
    let guesses = (0..12).map(|_| guess(&server, "ann"));
    let seen = futures_util::future::join_all(guesses).await;
    assert_eq!(seen.iter().filter(|answer| answer.status == 401).count(), 5, "the others were paused");
    assert!(seen.iter().all(|answer| matches!(answer.status, 401 | 429)));
}

async fn an_address_that_tries_many_accounts_is_paused(database: &TestDatabase) {
    let proxies: Arc<[_]> = Arc::new(["127.0.0.1/32".parse().unwrap()]);
    let server = TestServer::start_as(&database.url, |state| AppState { trusted_proxies: proxies, ..state }).await;
    let ann = Person::settled(&server, "ann", &[]).await;
    let from = |address: &'static str, body: serde_json::Value| {
        answer(server.post("/v1/staff-sessions", &body).header("x-forwarded-for", address))
    };
    for number in 0..20 {
        let body = json!({"login": format!("user{number}"), "password": "perhaps this one", "code": "123456"});
        assert_eq!(from("203.0.113.7", body).await.problem(), "sign_in_refused");
    }
    next_code(&server);
    // Half a minute of pause began with the last of them.
    let body = json!({"login": "another", "password": "perhaps this one", "code": "123456"});
    for _ in 0..5 {
        let answered = from("203.0.113.7", body.clone()).await;
        assert!(matches!(answered.problem(), "sign_in_refused" | "sign_in_paused"));
    }
    assert_eq!(from("203.0.113.7", ann.body(&server)).await.problem(), "sign_in_paused");
    assert_eq!(
        from("203.0.113.7", ann.own_computer(&server)).await.status,
        201,
        "a known client behind the same address"
    );
    next_code(&server);
    assert_eq!(from("198.51.100.1", ann.body(&server)).await.status, 201, "another address");
}
