//! Every operation of the API × every role: who gets past the door is who the table of permissions says, and nobody
//! without credentials. `docs/access.md` is what was seen, and this test keeps it true.

use std::fmt::Write as _;
use std::path::Path;

use jiff::SignedDuration;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use vivat::domain::permission::{Permission, Role};
use vivat::domain::proposal::Kind;

use crate::support::database::TestDatabase;
use crate::support::on_each_database;
use crate::support::server::{KNOWN, TestServer, UNKNOWN, answer, photo};

on_each_database! {
    every_operation_opens_to_its_roles_and_to_nobody_else,
    a_role_reaches_its_agency_and_all_below_it,
    cases_are_seen_at_their_agency_and_above,
}

/// Nothing has this identifier.
const NOBODY: &str = "01890000-0000-7000-8000-000000000000";

/// One operation of the document.
struct Operation {
    method: String,
    path: String,
    needs: Needs,
}

/// What it takes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Needs {
    /// It is public.
    Nothing,
    /// Any account.
    Account,
    /// An account with this permission.
    Permission(Permission),
}

impl Needs {
    fn permission(self) -> Option<Permission> {
        if let Self::Permission(permission) = self { Some(permission) } else { None }
    }
}

fn operations(document: &Value) -> Vec<Operation> {
    let mut all = Vec::new();
    for (path, of_path) in document["paths"].as_object().unwrap() {
        for (method, operation) in of_path.as_object().unwrap() {
            let ways = operation["security"].as_array().expect("each operation says who may");
            let needs = ways.first().map_or(Needs::Nothing, |way| {
                let scopes = way["staff"].as_array().expect("staff, or nobody");
                scopes.first().map_or(Needs::Account, |scope| {
                    let known = Permission::parse(scope.as_str().unwrap());
                    let known = known.unwrap_or_else(|| panic!("{method} {path}: there is no permission {scope}"));
                    Needs::Permission(known)
                })
            });
            all.push(Operation { method: method.to_uppercase(), path: path.clone(), needs });
        }
    }
    all
}

impl Operation {
    /// A request that does nothing, even if it is let in: it asks for what is not there, or says nothing.
    fn request(&self, server: &TestServer) -> RequestBuilder {
        let mut path = self.path.clone();
        while let (Some(from), Some(to)) = (path.find('{'), path.find('}')) {
            path.replace_range(from..=to, NOBODY);
        }
        let method = Method::from_bytes(self.method.as_bytes()).unwrap();
        let request = server.client.request(method, format!("{}{path}", server.base));
        if self.method == "POST" { request.json(&json!({})) } else { request }
    }
}

async fn every_operation_opens_to_its_roles_and_to_nobody_else(database: &TestDatabase) {
    let server = TestServer::start(database).await;
    let document = answer(server.get("/openapi.json")).await.body;
    let operations = operations(&document);
    assert!(operations.iter().filter(|operation| operation.needs != Needs::Nothing).count() >= 15);
    for operation in &operations {
        let name = format!("{} {}", operation.method, operation.path);
        let refused = answer(operation.request(&server)).await;
        assert_eq!(
            refused.status == 401,
            operation.needs != Needs::Nothing,
            "{name} without credentials: {}",
            refused.status
        );
        let forged = answer(operation.request(&server).bearer_auth("vivat_0000")).await;
        if operation.needs != Needs::Nothing {
            assert_eq!((refused.problem(), forged.status), ("no_credentials", 401), "{name}");
        }
    }
    let mut seen = Vec::new();
    let console = server.console().await;
    for role in Role::ALL {
        server.staff(role.name(), &[role], "000000").await;
        let account = console.find_staff(role.name()).await.unwrap().id;
        for operation in &operations {
            if operation.needs == Needs::Nothing {
                continue;
            }
            // Signing out is one of the operations: a session for each.
            let session = console.open_session(account, SignedDuration::from_hours(1)).await.unwrap();
            let token = session.reveal();
            let answered = answer(operation.request(&server).bearer_auth(token)).await;
            let name = format!("{} {} as {}", operation.method, operation.path, role.name());
            let may = operation.needs.permission().is_none_or(|permission| permission.roles().contains(&role));
            assert_ne!(answered.status, 401, "{name}");
            assert_eq!(answered.status == 403, !may, "{name}: {} {}", answered.status, answered.body);
            if !may {
                assert_eq!(answered.problem(), "not_permitted", "{name}");
            }
            seen.push((operation, role, may));
        }
    }
    keep_written(&table(&operations, &seen));
}

/// The table as it stands in the documentation.
fn table(operations: &[Operation], seen: &[(&Operation, Role, bool)]) -> String {
    let mut text = "# Who may do what\n\n\
        What each operation of the API answered to each role, without a limit of agency. The test `tests/access.rs` walks all\n\
        of them, compares them with the one table in `src/domain/permission.rs`, and fails when this page is not what it saw.\n\
        Without credentials each of these operations answers 401; a role without the permission gets 403. Every operation that\n\
        is not here is public. A role counts at its agency and at all agencies below it.\n\n| operation | permission |"
        .to_owned();
    for role in Role::ALL {
        write!(text, " {} {} |", role.name(), role.name_zh()).unwrap();
    }
    text.push_str("\n| --- | --- |");
    text.push_str(&" :-: |".repeat(Role::ALL.len()));
    for operation in operations {
        if operation.needs == Needs::Nothing {
            continue;
        }
        let permission = operation.needs.permission().map_or("any account", Permission::name);
        write!(text, "\n| `{} {}` | {permission} |", operation.method, operation.path).unwrap();
        for role in Role::ALL {
            let may = seen.iter().any(|(one, of, may)| std::ptr::eq(*one, operation) && *of == role && *may);
            text.push_str(if may { " ✓ |" } else { "  |" });
        }
    }
    text.push_str("\n\nWhat no operation names, since it depends on what is asked: the kind of a proposal, the channel of a session.\n\n| permission |");
    for role in Role::ALL {
        write!(text, " {} |", role.name()).unwrap();
    }
    text.push_str("\n| --- |");
    text.push_str(&" :-: |".repeat(Role::ALL.len()));
    let named: Vec<_> = operations.iter().filter_map(|operation| operation.needs.permission()).collect();
    for permission in Permission::ALL.iter().filter(|permission| !named.contains(permission)) {
        write!(text, "\n| {} |", permission.name()).unwrap();
        for role in Role::ALL {
            text.push_str(if permission.roles().contains(&role) { " ✓ |" } else { "  |" });
        }
    }
    text.push_str("\n\nWhat takes two people, and the permission that both need besides `make_proposals` and `decide_proposals`:\n");
    text.push_str("\n| kind of proposal | permission |\n| --- | --- |");
    for kind in Kind::ALL {
        let name = serde_json::to_value(kind).unwrap();
        write!(text, "\n| {} | {} |", name.as_str().unwrap(), kind.permission().name()).unwrap();
    }
    text + "\n"
}

/// Compares with the page, or writes it when `VIVAT_WRITE_DOCS` is set.
fn keep_written(table: &str) {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/access.md");
    if std::env::var_os("VIVAT_WRITE_DOCS").is_some() {
        std::fs::write(&page, table).unwrap();
    }
    let written = std::fs::read_to_string(&page).unwrap_or_default();
    assert!(written == table, "docs/access.md is not what was seen: VIVAT_WRITE_DOCS=1 cargo test access\n{table}");
}

async fn a_role_reaches_its_agency_and_all_below_it(database: &TestDatabase) {
    let server = TestServer::start(database).await;
    // Of the county 110105, below the province 110000; the township 110105001 is below it, the county 110106 beside it.
    let person = server.enrol(photo("obama.jpg")).await;
    for (agency, reaches) in [
        ("000000", true),
        ("110000", true),
        ("110105", true),
        ("110105001", false),
        ("110106", false),
        ("440000", false),
    ] {
        let token = server.staff(&format!("clerk-{agency}"), &[Role::Clerk], agency).await;
        let read = answer(server.get(&format!("/v1/beneficiaries/{person}")).bearer_auth(&token)).await;
        assert_eq!(read.status, if reaches { 200 } else { 404 }, "{agency} reads");
        // Registered already, which only those are told who may register there.
        let again = json!({"citizen_id": KNOWN, "name": "王秀英", "agency": "110105", "schemes": ["resident"]});
        let refused = answer(server.post("/v1/beneficiaries", &again).bearer_auth(&token)).await;
        assert_eq!(refused.status, if reaches { 409 } else { 403 }, "{agency} registers: {}", refused.body);
    }
}

async fn cases_are_seen_at_their_agency_and_above(database: &TestDatabase) {
    let server = TestServer::start(database).await;
    // Of the county 110105, by a beneficiary; of the county 440524, by the region in a number that nobody registered.
    server.enrol(photo("obama.jpg")).await;
    let mut cases = Vec::new();
    for number in [KNOWN, UNKNOWN] {
        let referred = server.certify(number, "phone", photo("obama2.jpg")).await;
        cases.push(referred.body["case"]["id"].as_str().unwrap().to_owned());
    }
    for (agency, sees) in [
        ("000000", [true, true]),
        ("110000", [true, false]),
        ("110100", [true, false]),
        ("110105", [true, false]),
        ("110105001", [false, false]),
        ("440000", [false, true]),
        ("440524", [false, true]),
        ("440525", [false, false]),
    ] {
        let token = server.staff(&format!("reviewer-{agency}"), &[Role::Reviewer], agency).await;
        let listed = answer(server.get("/v1/reviews").bearer_auth(&token)).await.body;
        let listed: Vec<_> = listed.as_array().unwrap().iter().map(|case| case["id"].as_str().unwrap()).collect();
        let expected = cases.iter().zip(sees).filter_map(|(case, sees)| sees.then_some(case.as_str()));
        assert_eq!(listed, expected.collect::<Vec<_>>(), "{agency}");
        for (case, sees) in cases.iter().zip(sees) {
            let path = format!("/v1/reviews/{case}/claim");
            let claimed = answer(server.post(&path, &Value::Null).bearer_auth(&token)).await;
            assert_eq!(claimed.status == 404, !sees, "{agency}: {}", claimed.body);
            // Half an hour later it is the turn of the next.
            server.clock.advance(SignedDuration::from_mins(31));
        }
    }
}
