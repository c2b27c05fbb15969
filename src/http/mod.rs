//! HTTP, thin: request → use case → response. The route table is the OpenAPI document.

pub mod auth;
pub mod called;
mod challenge_refusal;
pub mod client_address;
mod device_refusal;
pub mod form;
pub mod health;
mod hear_out;
pub mod home;
pub mod idempotency;
pub mod json;
pub mod layers;
#[cfg(feature = "oidc")]
mod oidc_refusal;
pub mod openapi;
pub mod problem;
pub mod receipt;
mod refusal;
mod security_headers;
pub mod serve;
mod staff_refusal;
mod steps;
mod upload_budget;
pub mod v1;

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use axum::Router;
use ipnet::IpNet;
use metrics_exporter_prometheus::PrometheusHandle;

use crate::service::Service;

/// What the handlers share.
#[derive(Clone)]
pub struct AppState {
    /// The use cases.
    pub service: Service,
    /// What `/metrics` shows.
    pub metrics: PrometheusHandle,
    /// Whether other machines reach this node, through something that speaks TLS.
    pub public: bool,
    /// Whether sessions at a kiosk or a counter are believed without proof: for a demonstration on loopback.
    pub trust_loopback: bool,
    /// Proxies whose word is taken for the address of a client.
    pub trusted_proxies: Arc<[IpNet]>,
    /// Set when the process is asked to end: `/readyz` then turns traffic away.
    pub draining: Arc<AtomicBool>,
}

/// Everything that is served.
pub fn app(state: AppState) -> Router {
    let (router, document) = openapi::documented_routes().split_for_parts();
    let router =
        router.merge(openapi::explorer(document)).merge(home::routes()).merge(receipt::routes()).merge(steps::routes());
    let router = router.fallback(problem::no_such_page).method_not_allowed_fallback(problem::no_such_method);
    layers::wrap(router, state.public).with_state(state)
}
