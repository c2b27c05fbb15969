//! Sessions: opened with a citizen number, completed with a decision; and what a person cannot do on the way.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::domain::capture::Step;
use crate::domain::id::SessionId;
use crate::domain::session::Nonce;
use crate::http::AppState;
use crate::http::called::Called;
use crate::http::idempotency::{IdempotencyHeader, IdempotencyKey};
use crate::http::json::{Body, InPath};
use crate::http::problem::{Problem, ProblemBody};
use crate::service::answer::Answer;
use crate::service::complete_session::SessionCompleted;
use crate::service::decline_step::StepDeclined;
use crate::service::open_session::{NewSession, SessionOpened};

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(open)).routes(routes!(decline)).routes(routes!(complete))
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

/// A step that the person cannot do, or would rather not.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Declined {
    /// As given when the session was opened.
    #[schema(example = "5f0c1c7d2b9e4a368d1f60b7a2c4e913")]
    nonce: String,
    /// The present step.
    step: Step,
}

/// Declines the present step. Another one comes instead; when there is none, people go on with the case, as after any other
/// referral. Nobody is asked for a reason.
#[utoipa::path(post, path = "/v1/sessions/{id}/decline", tag = "certification", security(()),
    params(("id" = uuid::Uuid, Path), IdempotencyHeader),
    request_body = Declined,
    responses((status = 201, body = StepDeclined), (status = 401, body = ProblemBody), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody), (status = 410, body = ProblemBody), (status = 429, body = ProblemBody),
        (status = 503, body = ProblemBody)))]
async fn decline(
    State(state): State<AppState>,
    InPath(id): InPath<SessionId>,
    key: IdempotencyKey,
    Called { by, content: Body(declined) }: Called<Body<Declined>>,
) -> Result<Answer<StepDeclined>, Problem> {
    let nonce = Nonce::parse(&declined.nonce).ok_or_else(Problem::wrong_nonce)?;
    let content = format!("{:?} {:?} {id} {} {}", by.device, by.staff, nonce.to_hex(), declined.step.name());
    let key = key.of("decline step", content.as_bytes());
    Ok(state.service.decline_step(id, &nonce, by, declined.step, key).await?)
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
