//! A provider that is down, or none.

use super::{ANN, ask, begin, come_back, link, node, sign_in};
use crate::support::database::TestDatabase;
use crate::support::identity_provider::IdentityProvider;
use crate::support::on_each_database;
use crate::support::proxy::Line;
use crate::support::server::answer;

on_each_database! {
    a_provider_that_is_down_keeps_nobody_else_out,
}

async fn a_provider_that_is_down_keeps_nobody_else_out(database: &TestDatabase) {
    let provider = IdentityProvider::start().await;
    provider.proxy.set(Line::Cut);
    let server = node(database, provider.provider()).await;
    server.staff("ann", &[], "110105").await;
    link(&server, "ann", &provider.issuer, ANN).await;
    assert_eq!(answer(server.get("/readyz")).await.status, 200);
    let down = answer(server.get("/v1/staff-sessions/oidc")).await;
    assert_eq!((down.status, down.problem()), (503, "oidc_provider_unavailable"));
    assert!(down.headers.contains_key("retry-after") && !down.headers.contains_key("set-cookie"));

    provider.proxy.set(Line::Up);
    assert_eq!(sign_in(&server, &provider, ANN).await.status, 200, "it is asked again");
    let began = begin(&server).await;
    let query = provider.sign_in(&began.location, ANN);
    provider.proxy.set(Line::Cut);
    let down = come_back(&server, &began.cookie, &query).await;
    assert_eq!((down.status, down.problem()), (503, "oidc_provider_unavailable"));
    assert_eq!(ask(&server).await.status(), 303, "its addresses are known for an hour");
    provider.proxy.set(Line::Up);
    assert_eq!(come_back(&server, &began.cookie, &query).await.problem(), "oidc_sign_in_unknown", "it was used up");
}
