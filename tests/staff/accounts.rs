//! Accounts: made by administrators, powerless at first, disabled at once.

use serde_json::{Value, json};
use vivat::domain::permission::Role;

use super::{PASSWORD, Person, new_staff, sign_in};
use crate::support::database::TestDatabase;
use crate::support::on_each_database;
use crate::support::server::{TestServer, answer};

on_each_database! {
    an_administrator_makes_accounts_that_may_nothing,
    an_administrator_manages_staff_of_their_agencies_alone,
    whoever_decides_gets_new_credentials_at_the_console_alone,
}

async fn an_administrator_makes_accounts_that_may_nothing(database: &TestDatabase) {
    let server = TestServer::start(database).await;
    let root = server.staff("root", &[Role::Administrator], "000000").await;
    let new = serde_json::to_value(new_staff("ann")).unwrap();
    let made = answer(server.post("/v1/staff", &new).bearer_auth(&root)).await;
    assert_eq!(made.status, 201, "{}", made.body);
    assert_eq!(made.body["staff"]["roles"], json!([]));
    let text = |key: &str| made.body[key].as_str().unwrap().to_owned();
    let ann = Person {
        login: "ann".to_owned(),
        password: text("password"),
        authenticator: text("authenticator"),
        client: None,
    };
    let mut first = ann.body(&server);
    first["new_password"] = json!(PASSWORD);
    let token = sign_in(&server, &first).await.body["token"].as_str().unwrap().to_owned();
    for path in ["/v1/reviews", "/v1/staff", "/v1/devices"] {
        let refused = answer(server.get(path).bearer_auth(&token)).await;
        assert_eq!((refused.status, refused.problem()), (403, "not_permitted"), "{path}");
    }
    assert_eq!(answer(server.post("/v1/staff", &new).bearer_auth(&root)).await.problem(), "login_taken");
    let listed = answer(server.get("/v1/staff").bearer_auth(&root)).await;
    assert!(listed.body.as_array().unwrap().iter().any(|one| one["login"] == "ann" && one["name"] == "王芳"));
    assert!(!listed.body.to_string().contains(&ann.password));
}

async fn an_administrator_manages_staff_of_their_agencies_alone(database: &TestDatabase) {
    let server = TestServer::start(database).await;
    let local = server.staff("local", &[Role::Administrator], "440300").await;
    server.staff("near", &[Role::Clerk], "440305").await;
    server.staff("far", &[Role::Clerk], "110105").await;
    let console = server.console().await;
    for (login, status) in [("near", 200), ("far", 403)] {
        let id = console.find_staff(login).await.unwrap().id;
        for act in ["disabling", "credentials"] {
            let done = answer(server.post(&format!("/v1/staff/{id}/{act}"), &Value::Null).bearer_auth(&local)).await;
            assert_eq!(done.status / 100 * 100, status / 100 * 100, "{login} {act}: {}", done.body);
        }
        assert_eq!(console.find_staff(login).await.unwrap().disabled_at.is_some(), status == 200);
    }
}

async fn whoever_decides_gets_new_credentials_at_the_console_alone(database: &TestDatabase) {
    let server = TestServer::start(database).await;
    let root = server.staff("root", &[Role::Administrator], "000000").await;
    let console = server.console().await;
    server.staff("boss", &[Role::Supervisor], "110000").await;
    server.staff("other", &[Role::Administrator], "110000").await;
    for login in ["root", "other", "boss"] {
        let id = console.find_staff(login).await.unwrap().id;
        let path = format!("/v1/staff/{id}/credentials");
        let refused = answer(server.post(&path, &Value::Null).bearer_auth(&root)).await;
        assert_eq!(refused.problem(), "console_needed", "{login}");
    }
}
