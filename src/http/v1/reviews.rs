//! Reviews: the office's desk for referred sessions.

use axum::Json;
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::IntoResponse;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use zeroize::Zeroizing;

use crate::domain::id::{CaptureId, CaseId, ReferenceId};
use crate::http::AppState;
use crate::http::auth::Staff;
use crate::http::idempotency::{IdempotencyHeader, IdempotencyKey};
use crate::http::json::{Body, InPath, InQuery};
use crate::http::problem::{Problem, ProblemBody};
use crate::service::answer::Answer;
use crate::service::review_cases::{CaseFile, CaseView, Judged, NewJudgement, PAGE};
use crate::vision::media_type;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(claim))
        .routes(routes!(judge))
        .routes(routes!(reference))
        .routes(routes!(capture))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Page {
    /// The last case of the page before.
    after: Option<uuid::Uuid>,
    /// Cases of this page, at most 100.
    limit: Option<u32>,
}

/// Cases that wait, oldest first.
#[utoipa::path(get, path = "/v1/reviews", tag = "office", security(("staff" = ["review_cases"])), params(Page),
    responses((status = 200, body = Vec<CaseView>), (status = 401, body = ProblemBody), (status = 403, body = ProblemBody)))]
async fn list(
    Staff(reviewer): Staff,
    State(state): State<AppState>,
    InQuery(page): InQuery<Page>,
) -> Result<Json<Vec<CaseView>>, Problem> {
    Ok(Json(state.service.cases(&reviewer, page.after.map(CaseId), page.limit.unwrap_or(PAGE)).await?))
}

/// Claims a case for half an hour, and gives the pictures to compare. Again prolongs it.
#[utoipa::path(post, path = "/v1/reviews/{id}/claim", tag = "office", security(("staff" = ["review_cases"])),
    params(("id" = uuid::Uuid, Path)),
    responses((status = 200, body = CaseFile), (status = 401, body = ProblemBody), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody)))]
async fn claim(
    Staff(reviewer): Staff,
    State(state): State<AppState>,
    InPath(id): InPath<CaseId>,
) -> Result<Json<CaseFile>, Problem> {
    Ok(Json(state.service.claim_case(id, &reviewer).await?))
}

/// Judges a claimed case: “same” certifies, “different” opens an investigation, “cannot tell” passes it on.
#[utoipa::path(post, path = "/v1/reviews/{id}/judgement", tag = "office", security(("staff" = ["review_cases"])),
    params(("id" = uuid::Uuid, Path), IdempotencyHeader),
    request_body = NewJudgement,
    responses((status = 201, body = Judged), (status = 401, body = ProblemBody), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody), (status = 422, body = ProblemBody)))]
async fn judge(
    Staff(reviewer): Staff,
    State(state): State<AppState>,
    InPath(id): InPath<CaseId>,
    key: IdempotencyKey,
    Body(judgement): Body<NewJudgement>,
) -> Result<Answer<Judged>, Problem> {
    let content = serde_json::to_vec(&(id, reviewer.id, &judgement)).map_err(|_| Problem::invalid_json())?;
    Ok(state.service.judge_case(id, &reviewer, &judgement, key.of("judge case", &content)).await?)
}

/// An enrolled photo of a case that you hold.
#[utoipa::path(get, path = "/v1/reviews/{id}/references/{reference}", tag = "office", security(("staff" = ["review_cases"])),
    params(("id" = uuid::Uuid, Path), ("reference" = uuid::Uuid, Path)),
    responses((status = 200, body = Vec<u8>, content_type = "image/*"), (status = 401, body = ProblemBody), (status = 403, body = ProblemBody),
        (status = 404, body = ProblemBody), (status = 409, body = ProblemBody)))]
async fn reference(
    Staff(reviewer): Staff,
    State(state): State<AppState>,
    InPath((id, reference)): InPath<(CaseId, ReferenceId)>,
) -> Result<impl IntoResponse, Problem> {
    Ok(picture(state.service.reference_of_case(id, reference, &reviewer).await?))
}

/// A frame of a case that you hold.
#[utoipa::path(get, path = "/v1/reviews/{id}/captures/{capture}", tag = "office", security(("staff" = ["review_cases"])),
    params(("id" = uuid::Uuid, Path), ("capture" = uuid::Uuid, Path)),
    responses((status = 200, body = Vec<u8>, content_type = "image/*"), (status = 401, body = ProblemBody), (status = 403, body = ProblemBody),
        (status = 404, body = ProblemBody), (status = 409, body = ProblemBody)))]
async fn capture(
    Staff(reviewer): Staff,
    State(state): State<AppState>,
    InPath((id, capture)): InPath<(CaseId, CaptureId)>,
) -> Result<impl IntoResponse, Problem> {
    Ok(picture(state.service.capture_of_case(id, capture, &reviewer).await?))
}

fn picture(mut bytes: Zeroizing<Vec<u8>>) -> impl IntoResponse {
    ([(CONTENT_TYPE, media_type(&bytes)), (CACHE_CONTROL, "no-store")], std::mem::take(&mut *bytes))
}
