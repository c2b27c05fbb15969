//! Sessions: opened with a citizen number, completed with a decision.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::domain::id::SessionId;
use crate::domain::session::Nonce;
use crate::http::AppState;
use crate::http::called::Called;
use crate::http::idempotency::{IdempotencyHeader, IdempotencyKey};
use crate::http::json::{Body, InPath};
use crate::http::problem::{Problem, ProblemBody};
use crate::service::answer::Answer;
use crate::service::complete_session::SessionCompleted;
use crate::service::open_session::{NewSession, SessionOpened};

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(open)).routes(routes!(complete))
}

/// Opens a session for a citizen number. The answer looks the same whether the number is known or not.
///
/// The channels in sight of the office prove it: `kiosk` needs the signature of a device (RFC 9421), `counter` a member of
/// staff. Whoever could claim them at home would not be in sight of anybody.
#[utoipa::path(post, path = "/v1/sessions", tag = "certification", security(()),
    params(IdempotencyHeader),
    request_body = NewSession,
    responses((status = 201, body = SessionOpened), (status = 401, body = ProblemBody), (status = 422, body = ProblemBody), (status = 429, body = ProblemBody), (status = 503, body = ProblemBody)))]
async fn open(
    State(state): State<AppState>,
    key: IdempotencyKey,
    Called { by, content: Body(new) }: Called<Body<NewSession>>,
) -> Result<Answer<SessionOpened>, Problem> {
    let content = serde_json::to_vec(&new).map_err(|_| Problem::invalid_json())?;
    let content = [format!("{:?} {:?} ", by.device, by.staff).into_bytes(), content].concat();
    Ok(state.service.open_session(&new, by, key.of("open session", &content)).await?)
}

/// The proof that the session is yours.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Completion {
    /// As given when the session was opened.
    #[schema(example = "5f0c1c7d2b9e4a368d1f60b7a2c4e913")]
    nonce: String,
}

/// Asks for the decision on the frames sent so far: certified, retake, or referred to people. Never denied.
#[utoipa::path(post, path = "/v1/sessions/{id}/complete", tag = "certification", security(()),
    params(("id" = uuid::Uuid, Path), IdempotencyHeader),
    request_body = Completion,
    responses((status = 201, body = SessionCompleted), (status = 401, body = ProblemBody), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody), (status = 410, body = ProblemBody), (status = 429, body = ProblemBody),
        (status = 503, body = ProblemBody)))]
async fn complete(
    State(state): State<AppState>,
    InPath(id): InPath<SessionId>,
    key: IdempotencyKey,
    Called { by, content: Body(completion) }: Called<Body<Completion>>,
) -> Result<Answer<SessionCompleted>, Problem> {
    let nonce = Nonce::parse(&completion.nonce).ok_or_else(Problem::wrong_nonce)?;
    let content = format!("{:?} {:?} {id} {}", by.device, by.staff, nonce.to_hex());
    Ok(state.service.complete_session(id, &nonce, by, key.of("complete session", content.as_bytes())).await?)
}
