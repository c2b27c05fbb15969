//! `Idempotency-Key`: a client that got no answer asks again, and nothing happens twice.

use axum::Json;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderName, StatusCode, header::CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::IntoParams;

use super::problem::Problem;
use crate::service::answer::{Answer, RequestKey};

const KEY: HeaderName = HeaderName::from_static("idempotency-key");
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// The header as the OpenAPI document shows it.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "describes the header; IdempotencyKey reads it")]
pub struct IdempotencyHeader {
    /// Repeats a request without repeating its effect: 8 to 128 visible ASCII characters, new for each new request.
    #[param(rename = "idempotency-key", example = "0191b4c8-9d0e-4a51-9f4e-2f1f6f6a7c11")]
    key: Option<String>,
}

/// The header, if it was sent: 8 to 128 visible ASCII characters.
pub struct IdempotencyKey(Option<String>);

impl IdempotencyKey {
    /// The key of this operation with this content.
    #[must_use]
    pub fn of(self, scope: &'static str, content: &[u8]) -> Option<RequestKey> {
        self.0.map(|key| RequestKey::new(scope, key, content))
    }
}

impl<S: Sync> FromRequestParts<S> for IdempotencyKey {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let Some(value) = parts.headers.get(KEY) else { return Ok(Self(None)) };
        let key = value.as_bytes();
        if !(8..=128).contains(&key.len()) || !key.iter().all(u8::is_ascii_graphic) {
            return Err(Problem::invalid_idempotency_key());
        }
        Ok(Self(Some(String::from_utf8_lossy(key).into_owned())))
    }
}

impl<T: Serialize> IntoResponse for Answer<T> {
    /// 201 and the answer, be it new or of the first time.
    fn into_response(self) -> Response {
        match self {
            Self::New(output) => (StatusCode::CREATED, Json(output)).into_response(),
            Self::Replay(json) => {
                let headers = [(CONTENT_TYPE, "application/json"), (REPLAYED, "true")];
                (StatusCode::CREATED, headers, json).into_response()
            }
        }
    }
}
