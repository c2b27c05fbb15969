//! The OpenAPI 3.1 document, made from the routes, and a page to try it.

use std::collections::HashMap;

use axum::Router;
use axum::http::HeaderValue;
use axum::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::middleware::map_response;
use axum::response::Response;
use utoipa::openapi::path::Operation;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{Components, OpenApi};
use utoipa::{Modify, OpenApi as _};
use utoipa_axum::router::OpenApiRouter;
use utoipa_swagger_ui::SwaggerUi;

use super::problem::ProblemBody;
use super::security_headers::EXPLORER_POLICY;
use super::{AppState, health, v1};
use crate::domain::permission::Permission;

/// The security scheme of staff. Its scopes are permissions.
const STAFF: &str = "staff";

#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "Vivat",
        description = "Proof of life for pensions. Operations under *office* need the bearer token of a member of staff \
                       with the permission that they name (docs/access.md); the others are for kiosks, phones and \
                       monitoring. Errors are RFC 9457 problems with a stable \
                       `code`. Texts for people come in English and Chinese.",
        license(name = "Apache-2.0", identifier = "Apache-2.0")
    ),
    components(schemas(ProblemBody)),
    modifiers(&StaffToken),
    tags(
        (name = "certification", description = "What a kiosk or a phone does"),
        (name = "sign-in", description = "How staff become known"),
        (name = "office", description = "What the pension office does"),
        (name = "receipts", description = "What shows that a certification is genuine: anybody may ask"),
        (name = "log", description = "What auditors and witnesses ask: anybody may"),
        (name = "operations", description = "What monitoring asks")
    )
)]
struct Document;

struct StaffToken;

impl Modify for StaffToken {
    fn modify(&self, document: &mut OpenApi) {
        let token = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
        document.components.get_or_insert_with(Components::new).add_security_scheme(STAFF, token);
    }
}

/// All routes that the document describes.
#[must_use]
pub fn documented_routes() -> OpenApiRouter<AppState> {
    let mut router = OpenApiRouter::with_openapi(Document::openapi()).merge(v1::routes()).merge(health::routes());
    for item in router.get_openapi_mut().paths.paths.values_mut() {
        for operation in [&mut item.get, &mut item.post, &mut item.delete].into_iter().flatten() {
            say_public(operation);
        }
    }
    router
}

/// `security(())` of a route means "no credentials", and is written `[{}]`: "none will do". The usual form is `[]`.
fn say_public(operation: &mut Operation) {
    let nothing_needed = [SecurityRequirement::default()];
    if operation.security.as_deref() == Some(&nothing_needed) {
        operation.security = Some(Vec::new());
    }
}

/// The document itself.
#[must_use]
pub fn document() -> OpenApi {
    documented_routes().into_openapi()
}

/// The permission that each operation names, by method (in small letters) and path.
pub(super) fn permissions() -> HashMap<(String, String), Permission> {
    let mut named = HashMap::new();
    // Read from its JSON, as everybody else reads the document.
    let document = serde_json::to_value(document()).unwrap_or_default();
    for (path, operations) in document["paths"].as_object().into_iter().flatten() {
        for (method, operation) in operations.as_object().into_iter().flatten() {
            let ways = operation["security"].as_array().into_iter().flatten();
            let scopes = ways.filter_map(|way| way[STAFF][0].as_str());
            for permission in scopes.filter_map(Permission::parse) {
                named.insert((method.clone(), path.clone()), permission);
            }
        }
    }
    named
}

/// `/openapi.json`, and `/docs` to try it.
pub(super) fn explorer(document: OpenApi) -> Router<AppState> {
    let router: Router<AppState> = SwaggerUi::new("/docs").url("/openapi.json", document).into();
    router.layer(map_response(async |mut response: Response| {
        let headers = response.headers_mut();
        if headers.get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/html")) {
            headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(EXPLORER_POLICY));
        }
        response
    }))
}
