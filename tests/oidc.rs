//! Staff sign in with a foreign identity provider (feature `oidc`).

mod command;
mod flow;
mod links;
mod provider;
mod tokens;

use reqwest::redirect::Policy;
use reqwest::{Client, Response};

use crate::support::database::TestDatabase;
use crate::support::identity_provider::IdentityProvider;
use crate::support::server::{Answer, TestServer, answer, install_tls};
use vivat::domain::foreign_subject::ForeignSubject;
use vivat::domain::permission::Role;
use vivat::http::AppState;
use vivat::oidc::Provider;

/// How the provider of tests calls Ann.
const ANN: &str = "248289761001";

/// A node that knows a provider.
async fn node(database: &TestDatabase, provider: Provider) -> TestServer {
    TestServer::start_as(&database.url, |state| AppState { service: state.service.with_provider(provider), ..state })
        .await
}

/// A node, its provider, and Ann, who has an account that is linked.
async fn office(database: &TestDatabase) -> (TestServer, IdentityProvider) {
    let provider = IdentityProvider::start().await;
    let server = node(database, provider.provider()).await;
    server.staff("ann", &[Role::Reviewer], "110105").await;
    link(&server, "ann", &provider.issuer, ANN).await;
    (server, provider)
}

async fn link(server: &TestServer, login: &str, issuer: &str, subject: &str) {
    let console = server.console().await;
    let account = console.find_staff(login).await.unwrap().id;
    console.link(account, &ForeignSubject::parse(issuer, subject).unwrap()).await.unwrap();
}

/// A browser on its way to the provider.
struct Began {
    location: String,
    cookie: String,
}

/// Asks to be sent to the provider.
async fn ask(server: &TestServer) -> Response {
    install_tls();
    let browser = Client::builder().redirect(Policy::none()).build().unwrap();
    browser.get(format!("{}/v1/staff-sessions/oidc", server.base)).send().await.unwrap()
}

async fn begin(server: &TestServer) -> Began {
    let sent = ask(server).await;
    assert_eq!(sent.status(), 303);
    let header = |name: &str| sent.headers()[name].to_str().unwrap().to_owned();
    let cookie = header("set-cookie").split(';').next().unwrap().to_owned();
    Began { location: header("location"), cookie }
}

/// Comes back from the provider.
async fn come_back(server: &TestServer, cookie: &str, query: &str) -> Answer {
    let request = server.get(&format!("/v1/staff-sessions/oidc/callback?{query}"));
    answer(request.header("cookie", format!("other=1; {cookie}; another=2"))).await
}

/// The whole way of somebody.
async fn sign_in(server: &TestServer, provider: &IdentityProvider, subject: &str) -> Answer {
    let began = begin(server).await;
    come_back(server, &began.cookie, &provider.sign_in(&began.location, subject)).await
}
