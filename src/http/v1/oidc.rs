//! Sign-in of staff with a foreign identity provider: there, and back again.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{AppendHeaders, IntoResponse, Response};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::http::AppState;
use crate::http::json::InQuery;
use crate::http::problem::{Problem, ProblemBody};
use crate::service::staff::oidc::{ForeignSignInBegun, ForeignSignedIn, PATIENCE};

/// Browsers take a cookie of this name over TLS only, and from this host alone.
const COOKIE: &str = "__Host-vivat-sign-in";
/// Without TLS: on this machine.
const OPEN_COOKIE: &str = "vivat-sign-in";

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(begin)).routes(routes!(finish))
}

/// Sends the browser to the identity provider, to sign in there.
#[utoipa::path(get, path = "/v1/staff-sessions/oidc", tag = "sign-in", security(()),
    responses(
        (status = 303, description = "To the identity provider.", headers(("location" = String), ("set-cookie" = String))),
        (status = 404, body = ProblemBody), (status = 503, body = ProblemBody)))]
async fn begin(State(state): State<AppState>) -> Result<Response, Problem> {
    let ForeignSignInBegun { address, browser, over_tls } = state.service.begin_foreign_sign_in().await?;
    let location = HeaderValue::try_from(address).map_err(|_| Problem::internal())?;
    let cookie = kept(&browser, over_tls, PATIENCE.as_secs())?;
    let headers = AppendHeaders([(header::LOCATION, location), (header::SET_COOKIE, cookie)]);
    Ok((StatusCode::SEE_OTHER, headers).into_response())
}

/// What the identity provider says.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct FromProvider {
    /// Names the sign-in.
    state: String,
    /// Missing when the provider, or the person there, refused.
    code: Option<String>,
}

/// Where the browser comes back to: opens a session of the account that is linked to whoever signed in there.
#[utoipa::path(get, path = "/v1/staff-sessions/oidc/callback", tag = "sign-in", security(()),
    params(FromProvider),
    responses((status = 200, body = ForeignSignedIn), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody),
        (status = 410, body = ProblemBody), (status = 422, body = ProblemBody), (status = 503, body = ProblemBody)))]
async fn finish(
    State(state): State<AppState>,
    headers: HeaderMap,
    InQuery(told): InQuery<FromProvider>,
) -> Result<Json<ForeignSignedIn>, Problem> {
    let browser = shown(&headers).unwrap_or_default();
    Ok(Json(state.service.finish_foreign_sign_in(&told.state, browser, told.code).await?))
}

/// The cookie comes back with the browser that the provider sends here (`Lax`), and with nothing that another site loads.
fn kept(browser: &str, over_tls: bool, seconds: i64) -> Result<HeaderValue, Problem> {
    let (name, secure) = if over_tls { (COOKIE, "; Secure") } else { (OPEN_COOKIE, "") };
    let cookie = format!("{name}={browser}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}");
    let mut cookie = HeaderValue::try_from(cookie).map_err(|_| Problem::internal())?;
    cookie.set_sensitive(true);
    Ok(cookie)
}

fn shown(headers: &HeaderMap) -> Option<&str> {
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
    let mut cookies = lines.flat_map(|line| line.split(';')).filter_map(|cookie| cookie.trim().split_once('='));
    cookies.find(|(name, _)| [COOKIE, OPEN_COOKIE].contains(name)).map(|(_, value)| value)
}
