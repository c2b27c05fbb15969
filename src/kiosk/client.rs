//! What a kiosk asks of the server, each request signed anew.

use std::collections::BTreeMap;
use std::sync::Arc;

use rand::RngExt;
use reqwest::header::{CONTENT_TYPE, HeaderName};
use reqwest::{Client, Method, Request, Url};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use super::form::Form;
use crate::domain::capture::Step;
use crate::domain::clock::Clock;
use crate::domain::id::DeviceId;
use crate::signing::device_request::{self, Outgoing};
use crate::signing::ed25519::SigningKey;
use crate::signing::signature_base::Target;
use crate::tls::choose_provider;

/// A kiosk that is enrolled on a server.
pub struct Kiosk {
    http: Client,
    server: Url,
    device: DeviceId,
    key: SigningKey,
    clock: Arc<dyn Clock>,
}

/// Why the kiosk did not get what it asked for.
#[derive(Debug, thiserror::Error)]
pub enum KioskError {
    /// The address of the server is not one.
    #[error("the address of the server must be like https://HOST")]
    Address,
    /// Nothing came back, or no JSON.
    #[error("the server cannot be reached, or did not answer as one")]
    Transport(#[source] reqwest::Error),
    /// The server refused: its words, which say what to do.
    #[error("{detail} ({code})")]
    Refused {
        /// Stable.
        code: String,
        /// In English.
        detail: String,
    },
}

/// A session that the kiosk opened.
#[derive(Clone, Serialize, Deserialize)]
pub struct Opened {
    /// Its name.
    pub id: Uuid,
    /// Its capability.
    pub nonce: String,
}

/// A step that the server asks for.
#[derive(Deserialize)]
struct Asked {
    step: Step,
    ticket: String,
}

impl Kiosk {
    /// The kiosk with this identity.
    ///
    /// # Errors
    /// [`KioskError::Address`]; [`KioskError::Transport`] when TLS cannot be set up.
    pub fn new(server: &str, device: DeviceId, key: SigningKey, clock: Arc<dyn Clock>) -> Result<Self, KioskError> {
        let server: Url = server.parse().map_err(|_| KioskError::Address)?;
        if server.host().is_none() {
            return Err(KioskError::Address);
        }
        choose_provider();
        let http = Client::builder().build().map_err(KioskError::Transport)?;
        Ok(Self { http, server, device, key, clock })
    }

    /// The whole way of one person: a session, its frames, the decision. Whatever else is asked for is declined.
    ///
    /// # Errors
    /// [`KioskError`].
    pub async fn certify(&self, citizen_id: &str, frames: &[Vec<u8>]) -> Result<Value, KioskError> {
        self.certify_with(citizen_id, frames, &BTreeMap::new()).await
    }

    /// The same with frames for steps that the server may ask for; a step without frames is declined.
    ///
    /// # Errors
    /// [`KioskError`].
    pub async fn certify_with(
        &self,
        citizen_id: &str,
        frames: &[Vec<u8>],
        steps: &BTreeMap<Step, Vec<Vec<u8>>>,
    ) -> Result<Value, KioskError> {
        let session = self.open(citizen_id).await?;
        let mut answered = self.send(&session, frames).await?;
        while let Some(next) = answered.get("next").and_then(|next| Asked::deserialize(next).ok()) {
            answered = match steps.get(&next.step) {
                Some(frames) => self.send_step(&session, next.step, Some(&next.ticket), frames).await?,
                None => self.decline(&session, next.step).await?,
            };
            if let Some(result) = answered.get("result") {
                return Ok(result.clone());
            }
        }
        self.complete(&session).await
    }

    /// Opens a session for a citizen number.
    ///
    /// # Errors
    /// [`KioskError`].
    pub async fn open(&self, citizen_id: &str) -> Result<Opened, KioskError> {
        self.answer(self.post_json("/v1/sessions", &json!({"citizen_id": citizen_id, "channel": "kiosk"}))?).await
    }

    /// Sends frames that were taken now, of somebody who looks straight.
    ///
    /// # Errors
    /// [`KioskError`].
    pub async fn send(&self, session: &Opened, frames: &[Vec<u8>]) -> Result<Value, KioskError> {
        self.send_step(session, Step::LookStraight, None, frames).await
    }

    /// Sends frames of a step.
    async fn send_step(
        &self,
        session: &Opened,
        step: Step,
        ticket: Option<&str>,
        frames: &[Vec<u8>],
    ) -> Result<Value, KioskError> {
        let mut form = Form::new(rand::rng().random()).text("nonce", &session.nonce).text("step", step.name());
        if let Some(ticket) = ticket {
            form = form.text("ticket", ticket);
        }
        let form = form.text("taken_at", &self.clock.now().to_string());
        let (kind, body) = frames.iter().fold(form, |form, frame| form.file("frame", frame)).finish();
        let path = format!("/v1/sessions/{}/captures", session.id);
        self.answer(self.signed(Method::POST, &path, Some(&kind), body)?).await
    }

    /// Says that the person does not do a step.
    async fn decline(&self, session: &Opened, step: Step) -> Result<Value, KioskError> {
        let path = format!("/v1/sessions/{}/decline", session.id);
        self.answer(self.post_json(&path, &json!({"nonce": session.nonce, "step": step}))?).await
    }

    /// Asks for the decision.
    ///
    /// # Errors
    /// [`KioskError`].
    pub async fn complete(&self, session: &Opened) -> Result<Value, KioskError> {
        let path = format!("/v1/sessions/{}/complete", session.id);
        self.answer(self.post_json(&path, &json!({"nonce": session.nonce}))?).await
    }

    fn post_json(&self, path: &str, body: &Value) -> Result<Request, KioskError> {
        self.signed(Method::POST, path, Some("application/json"), body.to_string().into_bytes())
    }

    /// A signed request, not sent yet: it can be sent once, within a minute.
    ///
    /// # Errors
    /// [`KioskError::Address`] when the path makes no address.
    pub fn signed(
        &self,
        method: Method,
        path: &str,
        content_type: Option<&str>,
        body: Vec<u8>,
    ) -> Result<Request, KioskError> {
        let url = self.server.join(path).map_err(|_| KioskError::Address)?;
        let host = url.host_str().unwrap_or_default();
        let authority = url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
        let target = Target {
            method: method.as_str(),
            scheme: url.scheme(),
            authority: &authority,
            path: url.path(),
            query: url.query(),
        };
        let outgoing = Outgoing { target, content_type, body: &body };
        let nonce = hex::encode(rand::rng().random::<[u8; 16]>());
        let now = self.clock.now();
        let fields = device_request::sign(&outgoing, &self.device.to_string(), &self.key, now, &nonce)
            .map_err(|_| KioskError::Address)?;
        let mut request = Request::new(method, url);
        let kind = content_type.map(|kind| (CONTENT_TYPE.as_str(), kind.to_owned()));
        for (name, value) in fields.into_iter().chain(kind) {
            let value = value.parse().map_err(|_| KioskError::Address)?;
            request.headers_mut().insert(HeaderName::from_static(name), value);
        }
        *request.body_mut() = Some(body.into());
        Ok(request)
    }

    async fn answer<T: DeserializeOwned>(&self, request: Request) -> Result<T, KioskError> {
        let response = self.http.execute(request).await.map_err(KioskError::Transport)?;
        let refused = !response.status().is_success();
        let bytes = response.bytes().await.map_err(KioskError::Transport)?;
        let text = |problem: &Value, key: &str| problem[key].as_str().unwrap_or_default().to_owned();
        if refused {
            let problem: Value = serde_json::from_slice(&bytes).unwrap_or_default();
            return Err(KioskError::Refused { code: text(&problem, "code"), detail: text(&problem, "detail") });
        }
        serde_json::from_slice(&bytes).map_err(|_| KioskError::Refused {
            code: "not_json".to_owned(),
            detail: "The answer of the server is not what it should be.".to_owned(),
        })
    }
}

impl std::fmt::Debug for Kiosk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Kiosk").field("device", &self.device).finish_non_exhaustive()
    }
}
