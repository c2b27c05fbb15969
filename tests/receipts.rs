//! Receipts: each certification yields one that anybody verifies, here, on a page, or offline; and it tells who nobody is.

mod issued;
mod keys;
mod offline;
mod revoked;

use serde_json::{Value, json};

use crate::support::server::{Answer, KNOWN, TestServer, answer, photo};

/// Certifies [`KNOWN`] at the kiosk; the answer's part about the certification.
async fn certified(server: &TestServer) -> Value {
    let answered = server.certify(KNOWN, "kiosk", photo("obama2.jpg")).await;
    assert_eq!(answered.body["decision"], "certified", "{}", answered.body);
    answered.body["certification"].clone()
}

/// The token of a certification.
fn token(certification: &Value) -> &str {
    certification["receipt"]["token"].as_str().unwrap()
}

/// What a receipt says of itself: nobody verifies here.
fn said(token: &str, part: usize) -> Value {
    use base64::Engine as _;
    let part = token.split('.').nth(part).unwrap();
    serde_json::from_slice(&base64::prelude::BASE64_URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

async fn verify(server: &TestServer, receipt: &str) -> Answer {
    answer(server.post("/v1/receipts/verify", &json!({"receipt": receipt}))).await
}
