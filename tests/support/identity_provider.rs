//! A small OpenID Connect provider, in this process: it signs real ID tokens, and does wrong on request.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use axum::extract::{Form, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use reqwest::Url;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio::net::TcpListener;
use vivat::clock::SystemClock;
use vivat::domain::clock::Clock as _;
use vivat::oidc::{Provider, Settings};
use vivat::signing::jwk::{Jwk, thumbprint};
use vivat::signing::jws;

use super::device::key;
use super::proxy::Proxy;

/// Where the provider sends browsers back to; tests go there on the node that they mean.
pub(crate) const REDIRECT: &str = "http://127.0.0.1:1/v1/staff-sessions/oidc/callback";
const CLIENT: &str = "vivat";
const SECRET: &str = "the secret: of/a test";

/// A running provider.
pub(crate) struct IdentityProvider {
    /// Its name and address.
    pub(crate) issuer: String,
    /// The way to it.
    pub(crate) proxy: Proxy,
    inner: Arc<Inner>,
    task: tokio::task::JoinHandle<()>,
}

struct Inner {
    issuer: String,
    /// Which key it publishes, and which one signs; `None` for the secret that it shares with us.
    keys: Mutex<(u8, Option<u8>)>,
    /// What it does wrong.
    twist: Mutex<fn(&mut Value)>,
    codes: Mutex<HashMap<String, Grant>>,
}

/// Somebody signed in there.
struct Grant {
    challenge: String,
    nonce: String,
    subject: String,
}

impl Drop for IdentityProvider {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl IdentityProvider {
    /// Starts one that does everything right.
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (proxy, address) = Proxy::before(listener.local_addr().unwrap().to_string()).await;
        let issuer = format!("http://{address}");
        let inner = Arc::new(Inner {
            issuer: issuer.clone(),
            keys: Mutex::new((1, Some(1))),
            twist: Mutex::new(|_| {}),
            codes: Mutex::default(),
        });
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(configuration))
            .route("/keys", get(keys))
            .route("/token", post(token))
            .with_state(Arc::clone(&inner));
        let task = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { issuer, proxy, inner, task }
    }

    /// As a node of ours knows it.
    pub(crate) fn settings(&self) -> Settings {
        Settings::new(&self.issuer, CLIENT, REDIRECT).unwrap().with_secret(SECRET)
    }

    /// The same, ready.
    pub(crate) fn provider(&self) -> Provider {
        Provider::new(self.settings(), Arc::new(SystemClock)).unwrap()
    }

    /// Writes the client's secret down; returns the arguments of `vivat serve`.
    pub(crate) fn arguments(&self, secret_file: &std::path::Path) -> Vec<String> {
        std::fs::write(secret_file, format!("{SECRET}\n")).unwrap();
        let file = secret_file.to_str().unwrap();
        let pairs = [
            ("--oidc-issuer", self.issuer.as_str()),
            ("--oidc-client-id", CLIENT),
            ("--oidc-client-secret-file", file),
            ("--oidc-redirect", REDIRECT),
        ];
        pairs.into_iter().flat_map(|(name, value)| [name.to_owned(), value.to_owned()]).collect()
    }

    /// Changes the claims of the tokens that come.
    pub(crate) fn twist(&self, twist: fn(&mut Value)) {
        *self.inner.twist.lock().unwrap() = twist;
    }

    /// Chooses the key that it publishes, and the one that signs.
    pub(crate) fn set_keys(&self, published: u8, signing: u8) {
        *self.inner.keys.lock().unwrap() = (published, Some(signing));
    }

    /// Signs with the secret that it shares with us (HS256), as it says that it may.
    pub(crate) fn sign_with_secret(&self) {
        self.inner.keys.lock().unwrap().1 = None;
    }

    /// Somebody signs in, whom we sent there; returns the query that their browser brings back.
    pub(crate) fn sign_in(&self, location: &str, subject: &str) -> String {
        let address = Url::parse(location).unwrap();
        assert_eq!(format!("{}://{}", address.scheme(), address.authority()), self.issuer);
        let asked: HashMap<_, _> = address.query_pairs().into_owned().collect();
        let wanted = [
            ("response_type", "code"),
            ("client_id", CLIENT),
            ("redirect_uri", REDIRECT),
            ("code_challenge_method", "S256"),
            ("scope", "openid"),
        ];
        for (name, value) in wanted {
            assert_eq!(asked[name], value);
        }
        let code = hex::encode(rand::random::<[u8; 16]>());
        let (challenge, nonce) = (asked["code_challenge"].clone(), asked["nonce"].clone());
        assert!(asked["state"].len() >= 43 && nonce.len() >= 22, "what is to be guessed is long");
        let grant = Grant { challenge, nonce, subject: subject.to_owned() };
        self.inner.codes.lock().unwrap().insert(code.clone(), grant);
        format!("code={code}&state={}", asked["state"])
    }
}

async fn configuration(State(inner): State<Arc<Inner>>) -> Json<Value> {
    let at = |path: &str| format!("{}{path}", inner.issuer);
    Json(json!({
        "issuer": inner.issuer,
        "authorization_endpoint": at("/authorize"),
        "token_endpoint": at("/token"),
        "jwks_uri": at("/keys"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256", "EdDSA", "HS256"],
    }))
}

async fn keys(State(inner): State<Arc<Inner>>) -> Json<Value> {
    let (published, _) = *inner.keys.lock().unwrap();
    Json(json!({"keys": [Jwk::new(&key(published).public())]}))
}

async fn token(
    State(inner): State<Arc<Inner>>,
    headers: HeaderMap,
    Form(form): Form<HashMap<String, String>>,
) -> Response {
    let refused = |error: &str| (StatusCode::BAD_REQUEST, Json(json!({"error": error}))).into_response();
    let encoded = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let basic = format!("Basic {}", BASE64_STANDARD.encode(format!("{}:{}", encoded(CLIENT), encoded(SECRET))));
    if headers.get("authorization").is_none_or(|sent| sent.as_bytes() != basic.as_bytes()) {
        return refused("invalid_client");
    }
    let Some(grant) = inner.codes.lock().unwrap().remove(&form["code"]) else { return refused("invalid_grant") };
    let challenge = BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(&form["code_verifier"]));
    let fits = form["grant_type"] == "authorization_code" && form["redirect_uri"] == REDIRECT;
    if !fits || challenge != grant.challenge {
        return refused("invalid_grant");
    }
    Json(json!({"access_token": "unused", "token_type": "Bearer", "id_token": inner.id_token(&grant)})).into_response()
}

impl Inner {
    fn id_token(&self, grant: &Grant) -> String {
        let now = SystemClock.now().as_second();
        let mut claims = json!({
            "iss": self.issuer,
            "sub": grant.subject,
            "aud": CLIENT,
            "exp": now + 300,
            "iat": now,
            "nonce": grant.nonce,
        });
        (*self.twist.lock().unwrap())(&mut claims);
        let (published, signing) = *self.keys.lock().unwrap();
        let name = thumbprint(&key(published).public());
        match signing {
            Some(signing) => jws::sign(&key(signing), &name, "JWT", claims.to_string().as_bytes()),
            None => by_secret(&claims),
        }
    }
}

fn by_secret(claims: &Value) -> String {
    let encode = |bytes: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(bytes);
    let input = format!("{}.{}", encode(br#"{"alg":"HS256"}"#), encode(claims.to_string().as_bytes()));
    let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(SECRET.as_bytes()).unwrap();
    mac.update(input.as_bytes());
    format!("{input}.{}", encode(&mac.finalize().into_bytes()))
}
