//! Who calls: staff by their bearer token, with the permission that the operation names in the OpenAPI document.

use std::collections::HashMap;
use std::sync::LazyLock;

use axum::extract::{FromRequestParts, MatchedPath, OptionalFromRequestParts};
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use zeroize::Zeroizing;

use super::problem::Problem;
use super::{AppState, openapi};
use crate::domain::permission::{NotPermitted, Permission};
use crate::domain::staff::StaffMember;

/// A member of staff, authenticated, who has the permission of the operation at some agency at least. Whether the
/// permission reaches what is asked for is for the use case to say.
pub struct Staff(pub StaffMember);

/// The permission that each operation names, by method and path of the route.
static NAMED: LazyLock<HashMap<(String, String), Permission>> = LazyLock::new(openapi::permissions);

/// The bearer token, as it was sent. It proves nothing by itself.
pub struct Bearer(pub Zeroizing<String>);

impl FromRequestParts<AppState> for Bearer {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Self, Problem> {
        let header = parts.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        let (kind, token) = header.and_then(|value| value.split_once(' ')).ok_or_else(Problem::no_credentials)?;
        if !kind.eq_ignore_ascii_case("bearer") {
            return Err(Problem::no_credentials());
        }
        Ok(Self(Zeroizing::new(token.trim().to_owned())))
    }
}

impl FromRequestParts<AppState> for Staff {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Problem> {
        let Bearer(token) = Bearer::from_request_parts(parts, state).await?;
        let staff = state.service.authenticate(&token).await?.ok_or_else(Problem::no_credentials)?;
        match named(parts) {
            Some(permission) if !staff.may_somewhere(permission) => Err(NotPermitted(permission).into()),
            _ => Ok(Self(staff)),
        }
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

fn named(parts: &Parts) -> Option<Permission> {
    let path = parts.extensions.get::<MatchedPath>()?.as_str().to_owned();
    NAMED.get(&(parts.method.as_str().to_lowercase(), path)).copied()
}
