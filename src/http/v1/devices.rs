//! Devices: the kiosks of the agencies.

use axum::Json;
use axum::extract::State;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::domain::id::DeviceId;
use crate::http::AppState;
use crate::http::auth::Staff;
use crate::http::json::InPath;
use crate::http::problem::{Problem, ProblemBody};
use crate::service::append_log::Who;
use crate::service::devices::DeviceView;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(list_devices)).routes(routes!(revoke_device))
}

/// The devices of your agencies, revoked ones too.
#[utoipa::path(get, path = "/v1/devices", tag = "office", security(("staff" = ["read_devices"])),
    responses((status = 200, body = Vec<DeviceView>), (status = 401, body = ProblemBody), (status = 403, body = ProblemBody)))]
async fn list_devices(Staff(staff): Staff, State(state): State<AppState>) -> Result<Json<Vec<DeviceView>>, Problem> {
    Ok(Json(state.service.devices(&staff).await?))
}

/// Revokes a device, at once: after the answer none of its requests is taken. One person suffices.
#[utoipa::path(post, path = "/v1/devices/{id}/revocation", tag = "office", security(("staff" = ["revoke_devices"])),
    params(("id" = uuid::Uuid, Path)),
    responses((status = 200, body = DeviceView), (status = 401, body = ProblemBody), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody)))]
async fn revoke_device(
    Staff(staff): Staff,
    State(state): State<AppState>,
    InPath(id): InPath<DeviceId>,
) -> Result<Json<DeviceView>, Problem> {
    Ok(Json(state.service.revoke_device(id, Who::Staff(&staff)).await?))
}
