//! Which ID tokens are believed.

use std::sync::Arc;

use serde_json::{Value, json};
use vivat::clock::SystemClock;
use vivat::oidc::Provider;

use super::{ANN, begin, come_back, link, node, office, sign_in};
use crate::support::database::TestDatabase;
use crate::support::identity_provider::IdentityProvider;
use crate::support::on_each_database;

on_each_database! {
    only_a_token_for_this_sign_in_is_believed,
    keys_may_change,
    a_required_way_of_signing_in_is_required,
}

/// What the provider makes of the claims before it signs them.
type Twist = fn(&mut Value);

async fn only_a_token_for_this_sign_in_is_believed(database: &TestDatabase) {
    let (server, provider) = office(database).await;
    let twists: [(Twist, &str); 10] = [
        (|claims| claims["nonce"] = json!("of another sign-in"), "oidc_token_nonce"),
        (|claims| drop(claims.as_object_mut().unwrap().remove("nonce")), "oidc_token_nonce"),
        (|claims| claims["aud"] = json!("another"), "oidc_token_audience"),
        (|claims| claims["aud"] = json!(["vivat", "another"]), "oidc_token_audience"),
        (|claims| claims["aud"] = json!([]), "oidc_token_audience"),
        (|claims| claims["iss"] = json!("http://127.0.0.1:1"), "oidc_token_issuer"),
        (|claims| claims["exp"] = json!(claims["iat"].as_i64().unwrap() - 1), "oidc_token_expired"),
        (|claims| claims["sub"] = json!(""), "oidc_token_malformed"),
        (|claims| claims["sub"] = json!("24828976\n1001"), "oidc_token_malformed"),
        (|claims| drop(claims.as_object_mut().unwrap().remove("sub")), "oidc_provider_unavailable"),
    ];
    for (twist, code) in twists {
        provider.twist(twist);
        let refused = sign_in(&server, &provider, ANN).await;
        assert_eq!(refused.problem(), code, "{}", refused.body);
        assert!(!refused.body.to_string().contains(ANN));
    }
    provider.twist(|_| {});
    provider.set_keys(1, 2);
    let forged = sign_in(&server, &provider, ANN).await;
    assert_eq!((forged.status, forged.problem()), (403, "oidc_token_signature"));
    provider.sign_with_secret();
    let shared = sign_in(&server, &provider, ANN).await;
    assert_eq!(shared.problem(), "oidc_token_signature", "a shared secret proves less");
    provider.set_keys(1, 1);
    assert_eq!(sign_in(&server, &provider, ANN).await.status, 200);
}

async fn keys_may_change(database: &TestDatabase) {
    let (server, provider) = office(database).await;
    assert_eq!(sign_in(&server, &provider, ANN).await.status, 200);
    provider.set_keys(2, 2);
    assert_eq!(sign_in(&server, &provider, ANN).await.status, 200, "a new key is asked for");
    let began = begin(&server).await;
    let query = provider.sign_in(&began.location, ANN);
    provider.set_keys(2, 1);
    let old = come_back(&server, &began.cookie, &query).await;
    assert_eq!(old.problem(), "oidc_token_signature", "the old one is gone");
}

async fn a_required_way_of_signing_in_is_required(database: &TestDatabase) {
    let provider = IdentityProvider::start().await;
    let strict = Provider::new(provider.settings().requiring_acr("urn:example:mfa"), Arc::new(SystemClock)).unwrap();
    let server = node(database, strict).await;
    server.staff("ann", &[], "110105").await;
    link(&server, "ann", &provider.issuer, ANN).await;
    assert!(begin(&server).await.location.contains("acr_values=urn%3Aexample%3Amfa"));
    let twists: [fn(&mut Value); 2] = [|_| {}, |claims| claims["acr"] = json!("urn:example:password")];
    for twist in twists {
        provider.twist(twist);
        let weak = sign_in(&server, &provider, ANN).await;
        assert_eq!((weak.status, weak.problem()), (403, "oidc_sign_in_weak"));
    }
    provider.twist(|claims| claims["acr"] = json!("urn:example:mfa"));
    assert_eq!(sign_in(&server, &provider, ANN).await.status, 200);
}
