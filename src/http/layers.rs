//! What surrounds every request: limits, timing, a name for the log, and headers that browsers obey.

use std::time::{Duration, Instant};

use axum::Router;
use axum::body::HttpBody;
use axum::extract::{DefaultBodyLimit, MatchedPath, Request};
use axum::http::{HeaderName, HeaderValue, Method, header};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use tokio::sync::Semaphore;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::request_id::{MakeRequestUuid, PropagateRequestIdLayer, RequestId, SetRequestIdLayer};
use tower_http::set_header::SetResponseHeaderLayer;
use tower_http::timeout::RequestBodyTimeoutLayer;
use utoipa_axum::router::OpenApiRouter;

use super::problem::Problem;

/// A request holds at most this many bytes: ten frames of a kiosk, or two photos of a large phone camera.
pub const BODY_BYTES: usize = 24 * 1024 * 1024;
/// Bodies with pictures that are under way hold at most this much: what memory a node needs (twice this, as a form is
/// taken apart) does not depend on the crowd.
const ALL_BODIES_KIB: usize = 256 * 1024;
/// A body without pictures.
const SMALL_BODY_BYTES: usize = 64 * 1024;
/// A request takes at most this long: ten megabytes over a slow uplink of a phone.
const PATIENCE: Duration = Duration::from_mins(3);
/// A client that sends nothing for this long is gone.
const SILENCE: Duration = Duration::from_secs(10);
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Lets the routes of pictures take more than others, as much as the memory of the node holds.
pub(super) fn with_pictures<S: Clone + Send + Sync + 'static>(routes: OpenApiRouter<S>) -> OpenApiRouter<S> {
    static BUDGET: Semaphore = Semaphore::const_new(ALL_BODIES_KIB);
    routes.layer(DefaultBodyLimit::max(BODY_BYTES)).layer(from_fn(|request, next| hold_within(&BUDGET, request, next)))
}

/// Puts the layers around the routes.
pub(super) fn wrap<S: Clone + Send + Sync + 'static>(router: Router<S>) -> Router<S> {
    router
        .layer(DefaultBodyLimit::max(SMALL_BODY_BYTES))
        .layer(RequestBodyTimeoutLayer::new(SILENCE))
        .layer(from_fn(time_out))
        .layer(CatchPanicLayer::custom(|_: Box<dyn std::any::Any + Send>| Problem::internal().into_response()))
        .layer(from_fn(observe))
        .layer(PropagateRequestIdLayer::new(REQUEST_ID))
        .layer(SetRequestIdLayer::new(REQUEST_ID, MakeRequestUuid))
        .layer(from_fn(forget_foreign_request_id))
        .layer(SetResponseHeaderLayer::if_not_present(
            header::X_CONTENT_TYPE_OPTIONS,
            HeaderValue::from_static("nosniff"),
        ))
        .layer(SetResponseHeaderLayer::if_not_present(header::CACHE_CONTROL, HeaderValue::from_static("no-store")))
        .layer(SetResponseHeaderLayer::if_not_present(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")))
}

/// A name that a client chose could carry anything into the log.
async fn forget_foreign_request_id(mut request: Request, next: Next) -> Response {
    request.headers_mut().remove(REQUEST_ID);
    next.run(request).await
}

/// Takes the announced size of the body out of the budget while the request is under way; a body of unknown size counts
/// as the largest.
async fn hold_within(budget: &Semaphore, request: Request, next: Next) -> Response {
    let length = request.headers().get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
    let bytes = length.unwrap_or(if request.body().is_end_stream() { 0 } else { BODY_BYTES }).min(BODY_BYTES);
    let kib = u32::try_from(bytes.div_ceil(1024)).unwrap_or(u32::MAX);
    match budget.try_acquire_many(kib) {
        Ok(_held) => next.run(request).await,
        Err(_) => Problem::busy().into_response(),
    }
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
