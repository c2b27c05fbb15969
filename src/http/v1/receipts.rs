//! Receipts: verified by anybody, drawn as QR codes, and what verification needs.

use axum::Json;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::IntoResponse;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::domain::id::CertificationId;
use crate::http::AppState;
use crate::http::auth::Staff;
use crate::http::json::{Body, InPath};
use crate::http::problem::{Problem, ProblemBody};
use crate::receipt::claims::MAX_BYTES;
use crate::service::append_log::Who;
use crate::service::issue_receipt::Receipt;
use crate::service::verify_receipt::{ReceiptChecked, ShownReceipt};

/// Whoever verifies may use keys and lists for so long: as long as the lists say themselves.
const FOR_FIVE_MINUTES: &str = "public, max-age=300";

pub(super) fn routes() -> OpenApiRouter<AppState> {
    let shown = OpenApiRouter::new().routes(routes!(verify)).routes(routes!(qr));
    OpenApiRouter::new()
        .routes(routes!(keys))
        .routes(routes!(status))
        .routes(routes!(again))
        .merge(shown.layer(DefaultBodyLimit::max(2 * MAX_BYTES)))
}

/// The public keys of receipts, as a JSON web key set (RFC 7517). Retired keys stay while receipts signed by them may count.
#[utoipa::path(get, path = "/.well-known/jwks.json", tag = "receipts", security(()),
    responses((status = 200, body = serde_json::Value, content_type = "application/jwk-set+json")))]
async fn keys(State(state): State<AppState>) -> Result<impl IntoResponse, Problem> {
    let headers = [(CONTENT_TYPE, "application/jwk-set+json"), (CACHE_CONTROL, FOR_FIVE_MINUTES)];
    Ok((headers, Json(state.service.receipt_keys().await?)))
}

/// A status list: which receipts were revoked (IETF token status list). Receipts name their list and their place in it.
#[utoipa::path(get, path = "/v1/receipts/status/{list}", tag = "receipts", security(()),
    params(("list" = u64, Path)),
    responses((status = 200, body = String, content_type = "application/statuslist+jwt"), (status = 404, body = ProblemBody)))]
async fn status(State(state): State<AppState>, InPath(list): InPath<u64>) -> Result<impl IntoResponse, Problem> {
    let headers = [(CONTENT_TYPE, "application/statuslist+jwt"), (CACHE_CONTROL, FOR_FIVE_MINUTES)];
    Ok((headers, state.service.receipt_status(list).await?))
}

/// Whether a receipt counts, and what it says. It is sent in the body: addresses are kept by browsers and servers.
#[utoipa::path(post, path = "/v1/receipts/verify", tag = "receipts", security(()),
    request_body = ShownReceipt,
    responses((status = 200, body = ReceiptChecked), (status = 413, body = ProblemBody), (status = 422, body = ProblemBody)))]
async fn verify(
    State(state): State<AppState>,
    Body(shown): Body<ShownReceipt>,
) -> Result<Json<ReceiptChecked>, Problem> {
    Ok(Json(state.service.verify_receipt(&shown).await?))
}

/// The QR code of a receipt, to be shown or printed: at least 0.4 mm a module.
#[utoipa::path(post, path = "/v1/receipts/qr", tag = "receipts", security(()),
    request_body = ShownReceipt,
    responses((status = 200, body = String, content_type = "image/svg+xml"), (status = 413, body = ProblemBody), (status = 422, body = ProblemBody)))]
async fn qr(State(state): State<AppState>, Body(shown): Body<ShownReceipt>) -> Result<impl IntoResponse, Problem> {
    Ok(([(CONTENT_TYPE, "image/svg+xml")], state.service.receipt_qr(&shown).await?))
}

/// The receipt of a certification once more, to be printed at the window.
#[utoipa::path(get, path = "/v1/certifications/{id}/receipt", tag = "office", security(("staff" = ["read_certifications"])),
    params(("id" = uuid::Uuid, Path)),
    responses((status = 200, body = Receipt), (status = 401, body = ProblemBody), (status = 403, body = ProblemBody),
        (status = 404, body = ProblemBody)))]
async fn again(
    Staff(staff): Staff,
    State(state): State<AppState>,
    InPath(id): InPath<CertificationId>,
) -> Result<Json<Receipt>, Problem> {
    Ok(Json(state.service.receipt(id, Who::Staff(&staff)).await?))
}
