//! The first page: what this is, and where to go from here.

use axum::Router;
use axum::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::response::{Html, IntoResponse};
use axum::routing::get;

use super::AppState;
use super::security_headers::PAGE_POLICY;

pub(super) fn routes() -> Router<AppState> {
    Router::new().route("/", get(home)).route("/home.css", get(style))
}

async fn home() -> impl IntoResponse {
    ([(CONTENT_SECURITY_POLICY, PAGE_POLICY)], Html(include_str!("home.html")))
}

async fn style() -> impl IntoResponse {
    ([(CONTENT_TYPE, "text/css; charset=utf-8")], include_str!("home.css"))
}
