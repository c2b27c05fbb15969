//! The page behind the QR code of a receipt. The receipt stands behind `#` in its address, and is sent to no server but by
//! the page itself, in a body.

use axum::Router;
use axum::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::response::Html;
use axum::routing::get;

use super::AppState;
use super::security_headers::PAGE_POLICY;

pub(super) fn routes() -> Router<AppState> {
    let page = || async { ([(CONTENT_SECURITY_POLICY, PAGE_POLICY)], Html(include_str!("receipt.html"))) };
    let style = || async { ([(CONTENT_TYPE, "text/css; charset=utf-8")], include_str!("receipt.css")) };
    let script = || async { ([(CONTENT_TYPE, "text/javascript; charset=utf-8")], include_str!("receipt.js")) };
    Router::new().route("/receipt", get(page)).route("/receipt.css", get(style)).route("/receipt.js", get(script))
}
