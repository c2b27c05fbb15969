//! Four eyes: one person proposes, another approves, and nothing happens before.

mod effects;
mod rules;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use vivat::domain::permission::Role;
use vivat::signing::ed25519::SigningKey;
use zeroize::Zeroizing;

use crate::support::server::{Answer, KNOWN, TestServer, answer, photo};

const REASON: &str = "The papers say so, page 3.";

/// An office in which everybody may do everything: only the number of people counts.
struct Office {
    server: TestServer,
    /// The token of Ann.
    ann: String,
    /// Another account of Ann.
    ann2: String,
    bob: String,
    /// The one beneficiary.
    beneficiary: String,
}

impl Office {
    async fn open(server: TestServer) -> Self {
        let ann = server.account("ann", "1", &Role::ALL, "000000").await;
        let ann2 = server.account("ann2", "1", &Role::ALL, "000000").await;
        // The console grants nothing from here on.
        let bob = server.account("bob", "2", &Role::ALL, "000000").await;
        let beneficiary = server.enrol(photo("obama.jpg")).await;
        Self { server, ann, ann2, bob, beneficiary }
    }

    async fn propose(&self, token: &str, content: &Value) -> Answer {
        let new = json!({"proposal": content, "reason": REASON});
        answer(self.server.post("/v1/proposals", &new).bearer_auth(token)).await
    }

    async fn close(&self, token: &str, proposal: &str, how: &str) -> Answer {
        let path = format!("/v1/proposals/{proposal}/{how}");
        answer(self.server.post(&path, &json!({"reason": REASON})).bearer_auth(token)).await
    }

    /// Proposed by Ann, approved by Bob.
    async fn done(&self, content: &Value) -> Answer {
        let made = self.propose(&self.ann, content).await;
        assert_eq!(made.status, 201, "{content} {}", made.body);
        let approved = self.close(&self.bob, id(&made), "approval").await;
        assert_eq!((approved.status, &approved.body["state"]), (200, &json!("approved")), "{}", approved.body);
        approved
    }

    async fn get(&self, path: &str) -> Value {
        let found = answer(self.server.get(path).bearer_auth(&self.ann)).await;
        assert_eq!(found.status, 200, "{path} {}", found.body);
        found.body
    }

    async fn standing(&self) -> Value {
        self.get(&format!("/v1/beneficiaries/{}", self.beneficiary)).await["standing"].clone()
    }

    /// The policy in force with something changed, as a proposal.
    async fn other_policy(&self, key: &str, value: Value) -> Value {
        let PolicyInForce { hash, mut policy } = self.policy().await;
        policy["version"] = json!(policy["version"].as_u64().unwrap() + 1);
        policy[key] = value;
        json!({"kind": "policy_change", "base": hash, "policy": policy})
    }

    async fn policy(&self) -> PolicyInForce {
        let found = self.get("/v1/policy").await;
        PolicyInForce { hash: found["hash"].as_str().unwrap().to_owned(), policy: found["policy"].clone() }
    }

    /// A second photo of the beneficiary, which waits.
    async fn candidate(&self, picture: &str) -> String {
        let sent = answer(self.server.send_reference(&self.beneficiary, photo(picture))).await;
        assert_eq!((sent.status, &sent.body["candidate"]), (201, &json!(true)), "{}", sent.body);
        sent.body["id"].as_str().unwrap().to_owned()
    }

    /// The account of somebody new, with no role.
    async fn newcomer(&self, login: &str) -> String {
        self.server.account(login, login, &[], "110105").await;
        self.server.console().await.find_staff(login).await.unwrap().id.to_string()
    }

    async fn certify(&self) -> Answer {
        self.server.certify(KNOWN, "kiosk", photo("obama2.jpg")).await
    }
}

struct PolicyInForce {
    hash: String,
    policy: Value,
}

fn id(made: &Answer) -> &str {
    made.body["id"].as_str().unwrap_or_else(|| panic!("{}", made.body))
}

fn device(seed: u8) -> Value {
    let key = SigningKey::from_seed(&Zeroizing::new([seed; 32])).public().to_bytes();
    let device = json!({"name": "hall 3", "agency": "110105", "public_key": BASE64_URL_SAFE_NO_PAD.encode(key)});
    json!({"kind": "device_enrolment", "device": device})
}
