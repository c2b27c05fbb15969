//! Promise 6: citizen numbers, names, tokens and nonces never reach the log, at its most talkative, nor an answer that
//! refuses: whatever route they are sent to, and wherever in the request they stand.

use reqwest::multipart::{Form, Part};
use reqwest::{Method, RequestBuilder};
use serde_json::{Map, Value, json};
use vivat::store::Store;

use crate::certify::grey_picture;
use crate::support::database::TestDatabase;
use crate::support::on_each_database;
use crate::support::process::Process;
use crate::support::server::{KNOWN, OpenedSession, TestServer, UNKNOWN, answer, photo};

on_each_database! {
    nothing_of_a_person_reaches_the_log,
}

const NAME: &str = "王秀英";
/// Whatever else a client may send.
const SECRET: &str = "Rosebud-5f0c1c7d2b9e4a36";

async fn nothing_of_a_person_reaches_the_log(database: &TestDatabase) {
    let store = Store::open(&database.url).await.unwrap();
    let process = Process::start(&database.url).await;
    let client = process.client(&store).await;
    let session = the_main_job(&client).await;
    let nonce = session.nonce.clone();
    let marked = [KNOWN, UNKNOWN, NAME, SECRET, nonce.as_str(), client.token()];

    let document = answer(client.get("/openapi.json")).await.body;
    let mut heard = 0;
    let paths = document["paths"].as_object().unwrap().iter();
    let operations =
        paths.flat_map(|(path, of)| of.as_object().unwrap().iter().map(move |(method, it)| (path, method, it)));
    let mut operations: Vec<_> = operations.collect();
    // What ends the session of the member of staff comes last.
    operations.sort_by_key(|(_, method, _)| *method == "delete");
    for (path, method, described) in operations {
        let of = Operation { document: &document, path, method, described };
        for request in of.requests(&client, &session) {
            // Whoever is still sending when they are refused does not always hear it.
            let Ok(response) = request.send().await else { continue };
            heard += 1;
            if response.status().as_u16() >= 400 {
                let headers = format!("{:?}", response.headers());
                let said = headers + &response.text().await.unwrap_or_default();
                let told = marked.iter().find(|marked| said.contains(**marked));
                assert_eq!(told, None, "{method} {path} repeats what it refuses");
            }
        }
    }
    assert!(heard > 300, "only {heard} requests were answered");
    let method = Method::from_bytes(KNOWN.as_bytes()).unwrap();
    answer(client.client.request(method, format!("{}/{KNOWN}?{SECRET}", process.base))).await;

    let metrics = client.get("/metrics").send().await.unwrap().text().await.unwrap();
    process.terminate().await;
    let log = std::sync::Arc::clone(&process.log);
    assert!(process.ended_well().await);
    let log = log.lock().unwrap().clone() + &metrics;
    assert!(log.contains("/v1/sessions/{id}/complete"), "the log is not there: {log}");
    for secret in marked {
        assert!(!log.contains(secret), "a secret reached the log or the metrics: {secret}");
    }
}

/// Enrolment, a certification that fails, and what belongs to them.
async fn the_main_job(client: &TestServer) -> OpenedSession {
    client.enrol(photo("obama.jpg")).await;
    let session = client.open(KNOWN, "kiosk").await;
    answer(client.send_frame(&session, photo("biden.jpg"))).await;
    answer(client.complete(&session)).await;
    answer(client.send_frame(&session, grey_picture())).await;
    answer(client.office_post("/v1/beneficiaries/search", &json!({"citizen_id": KNOWN}))).await;
    session
}

/// One operation of the document.
struct Operation<'a> {
    document: &'a Value,
    path: &'a str,
    method: &'a str,
    described: &'a Value,
}

impl Operation<'_> {
    /// Requests with marked data in each place that takes any: good ones as far as the document tells, and broken ones.
    fn requests(&self, client: &TestServer, session: &OpenedSession) -> Vec<RequestBuilder> {
        let mut requests = Vec::new();
        for identifier in [session.id.as_str(), KNOWN] {
            let path = self.with_parameters(identifier, &client.base);
            let request = || {
                let method = Method::from_bytes(self.method.to_uppercase().as_bytes()).unwrap();
                let request = client.client.request(method, &path).header("user-agent", SECRET);
                request.header("x-request-id", SECRET).header("x-forwarded-for", SECRET).header("cookie", SECRET)
            };
            let staff = || request().bearer_auth(client.token());
            requests.push(staff().header("idempotency-key", SECRET));
            requests.push(request().bearer_auth(SECRET));
            requests.push(request().header("signature-input", SECRET).header("signature", SECRET));
            if let Some(schema) = self.body("application/json") {
                for value in [self.example(schema), self.filled(schema, SECRET), self.filled(schema, KNOWN)] {
                    requests.push(staff().json(&value));
                    requests.push(request().json(&value));
                }
                let broken = format!("{{\"{KNOWN}\": \"{NAME}\", \"nonce\": {SECRET}");
                requests.push(staff().header("content-type", "application/json").body(broken));
            }
            if self.body("multipart/form-data").is_some() {
                for nonce in [session.nonce.as_str(), SECRET] {
                    let part = Part::bytes(grey_picture()).file_name(SECRET);
                    let form = Form::new().text("nonce", nonce.to_owned()).text(KNOWN, NAME).part("frame", part);
                    requests.push(staff().multipart(form));
                }
            }
        }
        requests
    }

    /// The address with its parameters, and one in the query that nobody asked for.
    fn with_parameters(&self, identifier: &str, base: &str) -> String {
        let mut path = self.path.to_owned();
        while let (Some(from), Some(to)) = (path.find('{'), path.find('}')) {
            path.replace_range(from..=to, identifier);
        }
        let asked = self.described["parameters"].as_array().into_iter().flatten();
        let asked = asked.filter(|parameter| parameter["in"] == "query").filter_map(|asked| asked["name"].as_str());
        let query: Vec<_> = asked.chain(["citizen_id"]).map(|name| format!("{name}={KNOWN}")).collect();
        format!("{base}{path}?{}", query.join("&"))
    }

    fn body(&self, kind: &str) -> Option<&Value> {
        self.described.pointer(&format!("/requestBody/content/{}/schema", kind.replace('/', "~1")))
    }

    fn resolved<'s>(&'s self, schema: &'s Value) -> &'s Value {
        let name = schema["$ref"].as_str().and_then(|reference| reference.strip_prefix('#'));
        name.and_then(|name| self.document.pointer(name)).unwrap_or(schema)
    }

    /// A body that the operation may take: the examples of the document, with marked data where people are meant.
    fn example(&self, schema: &Value) -> Value {
        let schema = self.resolved(schema);
        let properties = schema["properties"].as_object().into_iter().flatten();
        let filled: Map<_, _> = properties
            .map(|(name, property)| {
                let property = self.resolved(property);
                let value = match name.as_str() {
                    "citizen_id" => json!(KNOWN),
                    "name" => json!(NAME),
                    "reason" | "password" | "login" => json!(SECRET),
                    _ if !property["example"].is_null() => property["example"].clone(),
                    _ if property["enum"].is_array() => property["enum"][0].clone(),
                    _ if property["properties"].is_object() => self.example(property),
                    _ if property["type"] == "array" => json!([self.resolved(&property["items"])["enum"][0]]),
                    _ => json!(SECRET),
                };
                (name.clone(), value)
            })
            .collect();
        Value::Object(filled)
    }

    /// A body of the right shape with this text wherever a text may stand.
    fn filled(&self, schema: &Value, text: &str) -> Value {
        let mut body = self.example(schema);
        if let Some(fields) = body.as_object_mut() {
            fields.values_mut().filter(|value| value.is_string()).for_each(|value| *value = json!(text));
        }
        body
    }
}
