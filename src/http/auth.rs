//! Who calls: the office by its bearer token.

use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;

use super::AppState;
use super::problem::Problem;
use crate::domain::review::Reviewer;

/// A member of staff, authenticated.
pub struct Staff(pub Reviewer);

impl FromRequestParts<AppState> for Staff {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Problem> {
        let header = parts.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        let token =
            header.and_then(|value| value.split_once(' ')).filter(|(kind, _)| kind.eq_ignore_ascii_case("bearer"));
        let Some((_, token)) = token else { return Err(Problem::no_credentials()) };
        let staff = state.service.authenticate(token.trim()).await?;
        staff.map(Self).ok_or_else(Problem::no_credentials)
    }
}

impl OptionalFromRequestParts<AppState> for Staff {
    type Rejection = Problem;

    /// `None` without credentials; wrong ones are refused all the same.
    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Option<Self>, Problem> {
        if parts.headers.contains_key(AUTHORIZATION) {
            <Self as FromRequestParts<AppState>>::from_request_parts(parts, state).await.map(Some)
        } else {
            Ok(None)
        }
    }
}
