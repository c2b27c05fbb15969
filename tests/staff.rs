//! Staff: signing in, being locked out by nobody, and being out at once.

mod accounts;
mod lockout;
mod sign_in;

use serde_json::{Value, json};
use totp_rs::Totp;
use vivat::domain::clock::Clock;
use vivat::domain::permission::Role;
use vivat::service::staff::accounts::NewStaff;

use crate::support::server::{Answer, TestServer, answer};

const PASSWORD: &str = "correct horse battery";

/// Somebody with an authenticator.
struct Person {
    login: String,
    password: String,
    authenticator: String,
    /// What makes their computer a known one.
    client: Option<String>,
}

impl Person {
    /// Gets credentials at the console.
    async fn new(server: &TestServer, login: &str, roles: &[Role]) -> Self {
        server.account(login, login, roles, "110000").await;
        Self::issued(server, login).await
    }

    async fn issued(server: &TestServer, login: &str) -> Self {
        let console = server.console().await;
        let issued = console.issue_credentials(&console.find_staff(login).await.unwrap()).await.unwrap();
        let (password, authenticator) = (issued.password, issued.authenticator);
        Self { login: login.to_owned(), password, authenticator, client: None }
    }

    /// Signed in once, and has a password of their own.
    async fn settled(server: &TestServer, login: &str, roles: &[Role]) -> Self {
        let mut person = Self::new(server, login, roles).await;
        let mut first = person.body(server);
        first["new_password"] = json!(PASSWORD);
        let signed_in = sign_in(server, &first).await;
        assert_eq!(signed_in.status, 201, "{}", signed_in.body);
        PASSWORD.clone_into(&mut person.password);
        person.client = signed_in.body["client"].as_str().map(str::to_owned);
        next_code(server);
        person
    }

    fn code(&self, server: &TestServer) -> String {
        let now = u64::try_from(server.clock.now().as_second()).unwrap();
        Totp::from_url(&self.authenticator).unwrap().generate(now).to_string()
    }

    /// A request to sign in from a client that nobody knows.
    fn body(&self, server: &TestServer) -> Value {
        json!({"login": self.login, "password": self.password, "code": self.code(server)})
    }

    /// A request to sign in from their own computer.
    fn own_computer(&self, server: &TestServer) -> Value {
        let mut body = self.body(server);
        body["client"] = json!(self.client);
        body
    }
}

async fn sign_in(server: &TestServer, body: &Value) -> Answer {
    answer(server.post("/v1/staff-sessions", body)).await
}

/// Waits until the authenticator shows another code.
fn next_code(server: &TestServer) {
    server.clock.advance(jiff::SignedDuration::from_secs(30));
}

fn new_staff(login: &str) -> NewStaff {
    NewStaff { login: login.to_owned(), number: login.to_owned(), name: "王芳".to_owned() }
}
