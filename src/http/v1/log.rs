//! The log, for anybody: checkpoints, entries and proofs; and what witnesses send.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::domain::id::LogEntryId;
use crate::http::AppState;
use crate::http::json::{Body, InQuery};
use crate::http::problem::{Problem, ProblemBody};
use crate::service::read_log::{ConsistencyView, InclusionView, LogEntryView, NewCosignature, PAGE};

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(key))
        .routes(routes!(checkpoint))
        .routes(routes!(entries))
        .routes(routes!(inclusion))
        .routes(routes!(consistency))
        .routes(routes!(cosign))
}

/// The public key of the log, as `name+id+key` (C2SP signed-note). Keep a copy: it is what everything is verified with.
#[utoipa::path(get, path = "/v1/log/key", tag = "log", security(()),
    responses((status = 200, body = String), (status = 404, body = ProblemBody)))]
async fn key(State(state): State<AppState>) -> Result<String, Problem> {
    Ok(state.service.log_key().await? + "\n")
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct OfSize {
    /// Size of the checkpoint; the latest one when absent.
    size: Option<u64>,
}

/// A signed checkpoint (C2SP tlog-checkpoint) with the cosignatures that it has.
#[utoipa::path(get, path = "/v1/log/checkpoint", tag = "log", security(()), params(OfSize),
    responses((status = 200, body = String), (status = 404, body = ProblemBody)))]
async fn checkpoint(State(state): State<AppState>, InQuery(of): InQuery<OfSize>) -> Result<String, Problem> {
    Ok(state.service.log_checkpoint(of.size).await?)
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Range {
    /// Number of the first entry; 0 when absent.
    #[serde(default)]
    from: u64,
    /// Entries, 1 to 1000; 1000 when absent.
    limit: Option<u32>,
}

/// Entries by their number. They hold references and hashes, no personal data.
#[utoipa::path(get, path = "/v1/log/entries", tag = "log", security(()), params(Range),
    responses((status = 200, body = Vec<LogEntryView>), (status = 422, body = ProblemBody)))]
async fn entries(
    State(state): State<AppState>,
    InQuery(range): InQuery<Range>,
) -> Result<Json<Vec<LogEntryView>>, Problem> {
    Ok(Json(state.service.log_entries(range.from, range.limit.unwrap_or(PAGE)).await?))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Included {
    /// Identifier of the entry.
    #[param(value_type = uuid::Uuid)]
    entry: LogEntryId,
    /// Size of a checkpoint; the latest one when absent.
    size: Option<u64>,
}

/// Proves that an entry is in the tree of a checkpoint.
#[utoipa::path(get, path = "/v1/log/inclusion", tag = "log", security(()), params(Included),
    responses((status = 200, body = InclusionView), (status = 404, body = ProblemBody), (status = 422, body = ProblemBody)))]
async fn inclusion(
    State(state): State<AppState>,
    InQuery(included): InQuery<Included>,
) -> Result<Json<InclusionView>, Problem> {
    Ok(Json(state.service.log_inclusion(included.entry, included.size).await?))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Sizes {
    /// Size of the older tree, at least 1.
    from: u64,
    /// Size of the newer tree.
    to: u64,
}

/// Proves that one tree begins with another: nothing was changed or removed in between.
#[utoipa::path(get, path = "/v1/log/consistency", tag = "log", security(()), params(Sizes),
    responses((status = 200, body = ConsistencyView), (status = 404, body = ProblemBody), (status = 422, body = ProblemBody)))]
async fn consistency(
    State(state): State<AppState>,
    InQuery(sizes): InQuery<Sizes>,
) -> Result<Json<ConsistencyView>, Problem> {
    Ok(Json(state.service.log_consistency(sizes.from, sizes.to).await?))
}

/// A witness says that it has seen a checkpoint. Only lines of witnesses that the operator named are taken.
#[utoipa::path(post, path = "/v1/log/cosignatures", tag = "log", security(()),
    request_body = NewCosignature,
    responses((status = 204), (status = 404, body = ProblemBody), (status = 422, body = ProblemBody), (status = 503, body = ProblemBody)))]
async fn cosign(State(state): State<AppState>, Body(new): Body<NewCosignature>) -> Result<StatusCode, Problem> {
    state.service.cosign_log(&new).await?;
    Ok(StatusCode::NO_CONTENT)
}
