//! Staff: who works here, and their sessions.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::domain::id::StaffId;
use crate::http::AppState;
use crate::http::auth::{Bearer, Staff};
use crate::http::called::ClientAddress;
use crate::http::json::{Body, InPath};
use crate::http::problem::{Problem, ProblemBody};
use crate::service::staff::accounts::{NewStaff, StaffView};
use crate::service::staff::credentials::IssuedCredentials;
use crate::service::staff::sign_in::{SignIn, SignedIn};

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(sign_in))
        .routes(routes!(own_session, sign_out))
        .routes(routes!(list_staff, add_staff))
        .routes(routes!(disable_staff))
        .routes(routes!(reissue_credentials))
}

/// Signs in with login, password and a code of the authenticator.
///
/// Whatever does not fit, the answer is the same. After five failures there is a pause; a client that sends the `client` of
/// its last sign-in has failures and pauses of its own, so that nobody else can lock it out.
#[utoipa::path(post, path = "/v1/staff-sessions", tag = "sign-in", security(()),
    request_body = SignIn,
    responses((status = 201, body = SignedIn), (status = 401, body = ProblemBody), (status = 409, body = ProblemBody),
        (status = 422, body = ProblemBody), (status = 429, body = ProblemBody), (status = 503, body = ProblemBody)))]
async fn sign_in(
    State(state): State<AppState>,
    ClientAddress(from): ClientAddress,
    Body(with): Body<SignIn>,
) -> Result<(StatusCode, Json<SignedIn>), Problem> {
    Ok((StatusCode::CREATED, Json(state.service.sign_in(&with, from).await?)))
}

/// Who you are, and what you may do.
#[utoipa::path(get, path = "/v1/staff-sessions/current", tag = "office", security(("staff" = [])),
    responses((status = 200, body = StaffView), (status = 401, body = ProblemBody)))]
async fn own_session(Staff(staff): Staff) -> Json<StaffView> {
    Json(StaffView::from(&staff))
}

/// Signs out: the token opens nothing any more.
#[utoipa::path(delete, path = "/v1/staff-sessions/current", tag = "office", security(("staff" = [])),
    responses((status = 204), (status = 401, body = ProblemBody)))]
async fn sign_out(_: Staff, State(state): State<AppState>, Bearer(token): Bearer) -> Result<StatusCode, Problem> {
    state.service.sign_out(&token).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// All accounts, with what they may do.
#[utoipa::path(get, path = "/v1/staff", tag = "office", security(("staff" = ["read_staff"])),
    responses((status = 200, body = Vec<StaffView>), (status = 401, body = ProblemBody), (status = 403, body = ProblemBody)))]
async fn list_staff(Staff(staff): Staff, State(state): State<AppState>) -> Result<Json<Vec<StaffView>>, Problem> {
    Ok(Json(state.service.staff(&staff).await?))
}

/// Makes an account and issues its credentials, once. It may nothing: a role takes two people (`role_grant`).
#[utoipa::path(post, path = "/v1/staff", tag = "office", security(("staff" = ["manage_staff"])),
    request_body = NewStaff,
    responses((status = 201, body = IssuedCredentials), (status = 401, body = ProblemBody), (status = 403, body = ProblemBody),
        (status = 409, body = ProblemBody), (status = 422, body = ProblemBody), (status = 503, body = ProblemBody)))]
async fn add_staff(
    Staff(staff): Staff,
    State(state): State<AppState>,
    Body(new): Body<NewStaff>,
) -> Result<(StatusCode, Json<IssuedCredentials>), Problem> {
    Ok((StatusCode::CREATED, Json(state.service.add_staff(&new, &staff).await?)))
}

/// Disables an account and ends its sessions, at once. One person suffices: it takes rights away and gives none.
#[utoipa::path(post, path = "/v1/staff/{id}/disabling", tag = "office", security(("staff" = ["manage_staff"])),
    params(("id" = uuid::Uuid, Path)),
    responses((status = 200, body = StaffView), (status = 401, body = ProblemBody), (status = 403, body = ProblemBody),
        (status = 404, body = ProblemBody)))]
async fn disable_staff(
    Staff(staff): Staff,
    State(state): State<AppState>,
    InPath(id): InPath<StaffId>,
) -> Result<Json<StaffView>, Problem> {
    Ok(Json(state.service.disable_staff(id, &staff).await?))
}

/// Issues credentials to somebody who lost theirs, once; those that they had open nothing any more.
#[utoipa::path(post, path = "/v1/staff/{id}/credentials", tag = "office", security(("staff" = ["manage_staff"])),
    params(("id" = uuid::Uuid, Path)),
    responses((status = 201, body = IssuedCredentials), (status = 401, body = ProblemBody), (status = 403, body = ProblemBody),
        (status = 404, body = ProblemBody), (status = 409, body = ProblemBody), (status = 503, body = ProblemBody)))]
async fn reissue_credentials(
    Staff(staff): Staff,
    State(state): State<AppState>,
    InPath(id): InPath<StaffId>,
) -> Result<(StatusCode, Json<IssuedCredentials>), Problem> {
    Ok((StatusCode::CREATED, Json(state.service.reissue_credentials(id, &staff).await?)))
}
