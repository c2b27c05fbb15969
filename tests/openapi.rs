//! The route table is the document: whoever changes the API sees it here.

use vivat::domain::permission::Permission;
use vivat::http::openapi::document;

#[test]
fn the_document_is_the_one_that_was_agreed() {
    let document = without_features(serde_json::to_value(document()).unwrap());
    assert_eq!(document["openapi"].as_str().map(|version| version.starts_with("3.1")), Some(true));
    insta::assert_json_snapshot!("openapi", document);
}

/// The document of a program that was built without features: what they add is held against a snapshot of its own.
#[cfg(feature = "oidc")]
fn without_features(mut document: serde_json::Value) -> serde_json::Value {
    let mut added = serde_json::Map::new();
    for (place, prefix) in [("/paths", "/v1/staff-sessions/oidc"), ("/components/schemas", "ForeignSignedIn")] {
        let all = document.pointer_mut(place).unwrap().as_object_mut().unwrap();
        let names: Vec<_> = all.keys().filter(|name| name.starts_with(prefix)).cloned().collect();
        added.extend(names.into_iter().map(|name| (name.clone(), all.remove(&name).unwrap())));
    }
    insta::assert_json_snapshot!("openapi_oidc", added);
    document
}

#[cfg(not(feature = "oidc"))]
fn without_features(document: serde_json::Value) -> serde_json::Value {
    document
}

#[test]
fn every_operation_says_who_may_call_it_and_what_it_answers() {
    let document = serde_json::to_value(document()).unwrap();
    for (path, operations) in document["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            let name = format!("{method} {path}");
            let security =
                operation["security"].as_array().unwrap_or_else(|| panic!("{name} does not say who may call it"));
            let office = security.iter().any(|way| way.get("staff").is_some());
            assert_eq!(office, operation["tags"][0] == "office", "{name}");
            let scopes: Vec<_> = security.iter().filter_map(|way| way["staff"].as_array()).flatten().collect();
            let known =
                |scope: &&serde_json::Value| scope.as_str().is_some_and(|name| Permission::parse(name).is_some());
            // One permission; none for what anybody does with their own session.
            let of_all = path == "/v1/staff-sessions/current";
            let named = scopes.iter().filter(|scope| known(scope)).count();
            assert_eq!((named, scopes.len()), (usize::from(office && !of_all), named), "{name}: {scopes:?}");
            let answers = operation["responses"].as_object().unwrap();
            assert!(answers.keys().any(|status| status.starts_with('2') || status == "303"), "{name} has no success");
            assert!(
                !office || answers.contains_key("401") && (of_all || answers.contains_key("403")),
                "{name} lacks 401 or 403"
            );
            assert!(office || security.is_empty(), "{name} is public, and says so with an empty list");
            assert!(operation["summary"].is_string(), "{name} has no summary");
            let takes_nothing = matches!(method.as_str(), "get" | "delete")
                || ["/claim", "/revocation", "/disabling", "/credentials", "/duplicates"]
                    .iter()
                    .any(|end| path.ends_with(end));
            assert_eq!(operation["requestBody"].is_null(), takes_nothing, "{name}: what does it take?");
        }
    }
}
