//! The JSON API, version 1.

mod beneficiaries;
mod captures;
mod certifications;
mod devices;
mod log;
#[cfg(feature = "oidc")]
mod oidc;
mod proposals;
mod receipts;
mod reviews;
mod sessions;
mod staff;

use utoipa_axum::router::OpenApiRouter;

use super::AppState;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    let routes = OpenApiRouter::new()
        .merge(sessions::routes())
        .merge(captures::routes())
        .merge(certifications::routes())
        .merge(beneficiaries::routes())
        .merge(reviews::routes())
        .merge(receipts::routes())
        .merge(devices::routes())
        .merge(log::routes())
        .merge(staff::routes())
        .merge(proposals::routes());
    #[cfg(feature = "oidc")]
    let routes = routes.merge(oidc::routes());
    routes
}
