//! Who calls, and with what: the signature of a device is verified over the bytes that arrived.

use axum::body::{Body, Bytes};
use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequest, FromRequestParts, OptionalFromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{StatusCode, header::HOST};

use super::AppState;
use super::auth::Staff;
use super::client_address::client_address;
use super::problem::Problem;
use crate::domain::attendant::Caller;
use crate::domain::limits::AddressIndex;
use crate::domain::permission::Permission;
use crate::signing::signature_base::{Message, Start, Target};

/// A request with what is proven of its sender.
pub struct Called<T> {
    /// Who sends it.
    pub by: Caller,
    /// What was sent.
    pub content: T,
}

impl<T: FromRequest<AppState, Rejection = Problem>> FromRequest<AppState> for Called<T> {
    type Rejection = Problem;

    /// Wrong credentials are refused, also where none are needed.
    async fn from_request(request: Request, state: &AppState) -> Result<Self, Problem> {
        let (mut parts, body) = request.into_parts();
        let staff = <Staff as OptionalFromRequestParts<AppState>>::from_request_parts(&mut parts, state).await?;
        let signed = ["signature", "signature-input"].iter().any(|name| parts.headers.contains_key(*name));
        let (device, body) = if signed {
            // Within the limit of the route, which stands in the request.
            let request = Request::from_parts(parts.clone(), body);
            let bytes = Bytes::from_request(request, state).await.map_err(|refused| unread(&refused))?;
            let device = state.service.admit_device(&message(&parts, state.public), &bytes).await?;
            (device, Body::from(bytes))
        } else {
            (None, body)
        };
        let address = client_address(&parts, &state.trusted_proxies).map(|text| state.service.address_index(&text));
        let content = T::from_request(Request::from_parts(parts, body), state).await?;
        let clerk = staff.filter(|Staff(member)| member.may_somewhere(Permission::AttendCounter));
        let staff = clerk.map(|Staff(member)| member.id);
        let by = Caller { device, staff, address, trusted: state.trust_loopback };
        Ok(Self { by, content })
    }
}

/// The blind index of the address from which a request comes, where that is known.
pub struct ClientAddress(pub Option<AddressIndex>);

impl FromRequestParts<AppState> for ClientAddress {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Problem> {
        Ok(Self(client_address(parts, &state.trusted_proxies).map(|text| state.service.address_index(&text))))
    }
}

fn unread(refused: &BytesRejection) -> Problem {
    if refused.status() == StatusCode::PAYLOAD_TOO_LARGE { Problem::too_large() } else { Problem::broken_upload() }
}

/// The request as signatures cover it.
fn message(parts: &Parts, public: bool) -> Message<'_> {
    let host = parts.headers.get(HOST).and_then(|host| host.to_str().ok());
    let target = Target {
        method: parts.method.as_str(),
        scheme: if public { "https" } else { "http" },
        authority: parts.uri.authority().map(axum::http::uri::Authority::as_str).or(host).unwrap_or_default(),
        path: parts.uri.path(),
        query: parts.uri.query(),
    };
    let fields = parts.headers.iter().map(|(name, value)| (name.as_str(), String::from_utf8_lossy(value.as_bytes())));
    Message { start: Start::Request(target), fields: fields.collect() }
}
