//! Proposals: what takes two people. And the policy, which nothing else changes.

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::domain::id::ProposalId;
use crate::http::AppState;
use crate::http::auth::Staff;
use crate::http::idempotency::{IdempotencyHeader, IdempotencyKey};
use crate::http::json::{Body, InPath, InQuery};
use crate::http::problem::{Problem, ProblemBody};
use crate::service::answer::Answer;
use crate::service::proposals::close::Closing;
use crate::service::proposals::list::{PAGE, PolicyView, ProposalView};
use crate::service::proposals::make::NewProposal;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list_proposals, propose))
        .routes(routes!(approve))
        .routes(routes!(refuse))
        .routes(routes!(withdraw))
        .routes(routes!(policy))
}

/// Proposes what takes two people. Each kind takes a permission of its own besides: see docs/access.md.
#[utoipa::path(post, path = "/v1/proposals", tag = "office", security(("staff" = ["make_proposals"])),
    params(IdempotencyHeader),
    request_body = NewProposal,
    responses((status = 201, body = ProposalView), (status = 401, body = ProblemBody), (status = 403, body = ProblemBody),
        (status = 404, body = ProblemBody), (status = 409, body = ProblemBody), (status = 422, body = ProblemBody)))]
async fn propose(
    Staff(staff): Staff,
    State(state): State<AppState>,
    key: IdempotencyKey,
    Body(new): Body<NewProposal>,
) -> Result<Answer<ProposalView>, Problem> {
    let content = serde_json::to_vec(&(staff.id, &new)).map_err(|_| Problem::invalid_json())?;
    Ok(state.service.propose(new, &staff, key.of("propose", &content)).await?)
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Page {
    /// Whether closed and expired ones are told too.
    #[serde(default)]
    closed: bool,
    /// The last proposal of the page before.
    after: Option<uuid::Uuid>,
    /// Proposals of this page, at most 100.
    limit: Option<u32>,
}

/// Proposals at your agencies, oldest first.
#[utoipa::path(get, path = "/v1/proposals", tag = "office", security(("staff" = ["read_proposals"])), params(Page),
    responses((status = 200, body = Vec<ProposalView>), (status = 401, body = ProblemBody), (status = 403, body = ProblemBody)))]
async fn list_proposals(
    Staff(staff): Staff,
    State(state): State<AppState>,
    InQuery(page): InQuery<Page>,
) -> Result<Json<Vec<ProposalView>>, Problem> {
    let (after, limit) = (page.after.map(ProposalId), page.limit.unwrap_or(PAGE));
    Ok(Json(state.service.proposals(&staff, !page.closed, after, limit).await?))
}

/// Approves what another person proposed: it is done with that.
#[utoipa::path(post, path = "/v1/proposals/{id}/approval", tag = "office", security(("staff" = ["decide_proposals"])),
    params(("id" = uuid::Uuid, Path)),
    request_body = Closing,
    responses((status = 200, body = ProposalView), (status = 401, body = ProblemBody), (status = 403, body = ProblemBody),
        (status = 404, body = ProblemBody), (status = 409, body = ProblemBody), (status = 422, body = ProblemBody)))]
async fn approve(
    Staff(staff): Staff,
    State(state): State<AppState>,
    InPath(id): InPath<ProposalId>,
    Body(closing): Body<Closing>,
) -> Result<Json<ProposalView>, Problem> {
    Ok(Json(state.service.approve(id, &closing, &staff).await?))
}

/// Refuses what another person proposed: nothing changes.
#[utoipa::path(post, path = "/v1/proposals/{id}/refusal", tag = "office", security(("staff" = ["decide_proposals"])),
    params(("id" = uuid::Uuid, Path)),
    request_body = Closing,
    responses((status = 200, body = ProposalView), (status = 401, body = ProblemBody), (status = 403, body = ProblemBody),
        (status = 404, body = ProblemBody), (status = 409, body = ProblemBody), (status = 422, body = ProblemBody)))]
async fn refuse(
    Staff(staff): Staff,
    State(state): State<AppState>,
    InPath(id): InPath<ProposalId>,
    Body(closing): Body<Closing>,
) -> Result<Json<ProposalView>, Problem> {
    Ok(Json(state.service.refuse(id, &closing, &staff).await?))
}

/// Withdraws what you proposed.
#[utoipa::path(post, path = "/v1/proposals/{id}/withdrawal", tag = "office", security(("staff" = ["make_proposals"])),
    params(("id" = uuid::Uuid, Path)),
    request_body = Closing,
    responses((status = 200, body = ProposalView), (status = 401, body = ProblemBody), (status = 403, body = ProblemBody),
        (status = 404, body = ProblemBody), (status = 409, body = ProblemBody), (status = 422, body = ProblemBody)))]
async fn withdraw(
    Staff(staff): Staff,
    State(state): State<AppState>,
    InPath(id): InPath<ProposalId>,
    Body(closing): Body<Closing>,
) -> Result<Json<ProposalView>, Problem> {
    Ok(Json(state.service.withdraw(id, &closing, &staff).await?))
}

/// The policy in force: every number that decisions depend on. A proposal of kind `policy_change` changes it.
#[utoipa::path(get, path = "/v1/policy", tag = "office", security(("staff" = ["read_policy"])),
    responses((status = 200, body = PolicyView), (status = 401, body = ProblemBody), (status = 403, body = ProblemBody)))]
async fn policy(_: Staff, State(state): State<AppState>) -> Result<Json<PolicyView>, Problem> {
    Ok(Json(state.service.policy_in_force().await?))
}
