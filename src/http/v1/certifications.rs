//! Certifications, by their number.

use axum::Json;
use axum::extract::State;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::domain::id::CertificationId;
use crate::http::AppState;
use crate::http::json::InPath;
use crate::http::problem::{Problem, ProblemBody};
use crate::service::read_certification::CertificationView;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(read))
}

/// A certification. Whoever knows its number may read it: it does not say whose it is.
#[utoipa::path(get, path = "/v1/certifications/{id}", tag = "certification", security(()),
    params(("id" = uuid::Uuid, Path)),
    responses((status = 200, body = CertificationView), (status = 404, body = ProblemBody)))]
async fn read(
    State(state): State<AppState>,
    InPath(id): InPath<CertificationId>,
) -> Result<Json<CertificationView>, Problem> {
    Ok(Json(state.service.certification(id).await?))
}
