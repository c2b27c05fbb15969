//! What surrounds every request: limits, timing, a name for the log, and headers that browsers obey.

use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::{DefaultBodyLimit, Extension, MatchedPath, Request};
use axum::http::{HeaderName, Method};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::request_id::{MakeRequestUuid, PropagateRequestIdLayer, RequestId, SetRequestIdLayer};
use tower_http::timeout::RequestBodyTimeoutLayer;
use utoipa_axum::router::OpenApiRouter;

use super::hear_out::hear_out;
use super::problem::Problem;
use super::security_headers;
use super::upload_budget::{self, Budget};

/// A request holds at most this many bytes: ten frames of a kiosk, or two photos of a large phone camera.
pub const BODY_BYTES: usize = 24 * 1024 * 1024;
/// A body without pictures.
const SMALL_BODY_BYTES: usize = 64 * 1024;
/// A request takes at most this long: ten megabytes over a slow uplink of a phone.
const PATIENCE: Duration = Duration::from_mins(3);
/// A client that sends nothing for this long is gone.
const SILENCE: Duration = Duration::from_secs(10);
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Lets the routes of pictures take more than others, as much as the memory of the node holds.
pub(super) fn with_pictures<S: Clone + Send + Sync + 'static>(routes: OpenApiRouter<S>) -> OpenApiRouter<S> {
    routes.layer(DefaultBodyLimit::max(BODY_BYTES)).layer(from_fn(upload_budget::hold))
}

/// Puts the layers around the routes.
pub(super) fn wrap<S: Clone + Send + Sync + 'static>(router: Router<S>, public: bool) -> Router<S> {
    router
        .layer(DefaultBodyLimit::max(SMALL_BODY_BYTES))
        .layer(Extension(Budget::new()))
        .layer(from_fn(hear_out))
        .layer(RequestBodyTimeoutLayer::new(SILENCE))
        .layer(from_fn(time_out))
        .layer(CatchPanicLayer::custom(|_: Box<dyn std::any::Any + Send>| Problem::internal().into_response()))
        .layer(from_fn(observe))
        .layer(PropagateRequestIdLayer::new(REQUEST_ID))
        .layer(SetRequestIdLayer::new(REQUEST_ID, MakeRequestUuid))
        .layer(from_fn(forget_foreign_request_id))
        .layer(from_fn(move |request, next| security_headers::add(public, request, next)))
}

/// A name that a client chose could carry anything into the log.
async fn forget_foreign_request_id(mut request: Request, next: Next) -> Response {
    request.headers_mut().remove(REQUEST_ID);
    next.run(request).await
}

async fn time_out(request: Request, next: Next) -> Response {
    match tokio::time::timeout(PATIENCE, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Problem::timed_out().into_response(),
    }
}

/// Clients invent methods, and what they write there must reach neither the log nor the metrics.
fn known(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        "PUT" => "PUT",
        "PATCH" => "PATCH",
        "DELETE" => "DELETE",
        "OPTIONS" => "OPTIONS",
        _ => "other",
    }
}

/// Logs and counts by the *pattern* of the route: an address may hold what must not be logged.
async fn observe(request: Request, next: Next) -> Response {
    let started = Instant::now();
    let method = known(request.method());
    let route = request.extensions().get::<MatchedPath>().map_or("none", MatchedPath::as_str).to_owned();
    let id = request.extensions().get::<RequestId>().and_then(|id| id.header_value().to_str().ok()).map(str::to_owned);
    let response = next.run(request).await;
    let (elapsed, status) = (started.elapsed(), response.status().as_u16());
    let labels = [("method", method.to_owned()), ("route", route.clone()), ("status", status.to_string())];
    metrics::counter!("vivat_http_requests_total", &labels).increment(1);
    metrics::histogram!("vivat_http_request_seconds", "route" => route.clone()).record(elapsed);
    tracing::info!(method, route, status, ms = elapsed.as_secs_f64() * 1e3, request_id = id, "request");
    response
}
