//! The service over a test database: the real routes, the real models, a clock that tests turn.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Once, OnceLock};

use axum::extract::connect_info::IntoMakeServiceWithConnectInfo;
use jiff::{SignedDuration, Timestamp};
use metrics_exporter_prometheus::PrometheusBuilder;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};
use vivat::clock::SystemClock;
use vivat::domain::beneficiary::AgencyCode;
use vivat::domain::clock::Clock;
use vivat::domain::permission::Role;
use vivat::domain::policy::Policy;
use vivat::http::{AppState, app};
use vivat::images::Images;
use vivat::service::staff::{Console, accounts::NewStaff};
use vivat::service::{Service, inference::Inference};
use vivat::store::{Store, frame_marks};
use vivat::vision::{PackChoice, Pipeline};

use super::database::TestDatabase;
use super::vault::{images, vault};

/// A citizen number that tests enrol, and one that nobody has.
pub(crate) const KNOWN: &str = "11010519491231002X";
/// Valid, but not registered.
pub(crate) const UNKNOWN: &str = "440524188001010014";

/// What most tests work with. Administrators are few: the console grants that role twice only.
const EVERYTHING_BUT_ADMINISTRATION: [Role; 4] = [Role::Clerk, Role::Reviewer, Role::Supervisor, Role::Auditor];

/// The machine's clock, moved by tests.
#[derive(Default)]
pub(crate) struct TestClock(AtomicI64);

impl TestClock {
    /// Moves the time on.
    pub(crate) fn advance(&self, by: SignedDuration) {
        self.0.fetch_add(by.as_secs(), Ordering::Relaxed);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        SystemClock.now() + SignedDuration::from_secs(self.0.load(Ordering::Relaxed))
    }
}

/// A demo photo, as `setup` fetched it.
pub(crate) fn photo(name: &str) -> Vec<u8> {
    std::fs::read(photos().join(name)).unwrap_or_else(|error| panic!("{name}: {error}. ./setup fetches the photos"))
}

/// The same picture in other bytes, as if it were another one: a session takes no frame twice.
pub(crate) fn again(mut picture: Vec<u8>) -> Vec<u8> {
    picture.extend(rand::random::<[u8; 8]>());
    picture
}

/// Where the demo photos are.
pub(crate) fn photos() -> PathBuf {
    std::env::var_os("VIVAT_PHOTOS").map_or_else(|| root().join("fixtures/photos"), PathBuf::from)
}

/// Where the packs are installed.
pub(crate) fn models() -> PathBuf {
    std::env::var_os("VIVAT_MODELS").map_or_else(|| root().join("models"), PathBuf::from)
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The pack that `auto` takes, loaded once for all tests.
pub(crate) fn inference() -> Inference {
    static SHARED: OnceLock<Inference> = OnceLock::new();
    SHARED.get_or_init(|| Inference::new(Pipeline::load(&models(), PackChoice::Auto).unwrap(), 2).unwrap()).clone()
}

/// Sends requests, each on a connection of its own: one on which the server refused a body unread is about to close. Its
/// TLS wants a provider of cryptography, once in each process.
pub(crate) fn http_client() -> reqwest::Client {
    install_tls();
    reqwest::Client::builder().pool_max_idle_per_host(0).build().unwrap()
}

/// Chooses the provider of cryptography.
pub(crate) fn install_tls() {
    static PROVIDER: Once = Once::new();
    PROVIDER.call_once(|| drop(rustls::crypto::ring::default_provider().install_default()));
}

/// A running service.
pub(crate) struct TestServer {
    /// Such as `http://127.0.0.1:40123`.
    pub(crate) base: String,
    /// The time of the service.
    pub(crate) clock: Arc<TestClock>,
    /// The record, for looking behind the answers.
    pub(crate) store: Store,
    /// Sends requests.
    pub(crate) client: reqwest::Client,
    /// The member of staff who sends the requests of the office.
    pub(crate) name: String,
    token: String,
    service: Option<Service>,
    task: Option<tokio::task::JoinHandle<()>>,
}

impl Drop for TestServer {
    fn drop(&mut self) {
        if let Some(task) = &self.task {
            task.abort();
        }
    }
}

impl TestServer {
    /// Starts the service on a free port.
    pub(crate) async fn start(database: &TestDatabase) -> Self {
        Self::start_with(&database.url, inference()).await
    }

    /// Starts the service with a pool of its own.
    pub(crate) async fn start_with(url: &str, inference: Inference) -> Self {
        Self::start_changed(url, images(url), inference, Policy::default(), |state| state).await
    }

    /// Starts the service under a policy of its own.
    pub(crate) async fn start_under(url: &str, inference: Inference, policy: Policy) -> Self {
        Self::start_changed(url, images(url), inference, policy, |state| state).await
    }

    /// Starts the service with its pictures elsewhere.
    pub(crate) async fn start_keeping(url: &str, images: Images) -> Self {
        Self::start_changed(url, images, inference(), Policy::default(), |state| state).await
    }

    /// Starts the service as `--public` does, where other machines reach it.
    pub(crate) async fn start_public(url: &str) -> Self {
        Self::start_as(url, |state| AppState { public: true, trust_loopback: false, ..state }).await
    }

    /// Starts the service with something about it changed.
    pub(crate) async fn start_as(url: &str, change: impl FnOnce(AppState) -> AppState) -> Self {
        Self::start_changed(url, images(url), inference(), Policy::default(), change).await
    }

    async fn start_changed(
        url: &str,
        images: Images,
        inference: Inference,
        policy: Policy,
        change: impl FnOnce(AppState) -> AppState,
    ) -> Self {
        let store = Store::open(url).await.unwrap();
        let clock = Arc::new(TestClock::default());
        let time = Arc::<TestClock>::clone(&clock);
        let vault = vault(&store).await;
        let service = Service::new(store.clone(), vault, images, inference, time, policy).await.unwrap();
        let own = service.clone();
        let metrics = PrometheusBuilder::new().build_recorder().handle();
        let state = AppState {
            service,
            metrics,
            public: false,
            trust_loopback: true,
            trusted_proxies: Arc::new([]),
            draining: Arc::new(AtomicBool::new(false)),
        };
        let state = change(state);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let task = tokio::spawn(async move { axum::serve(listener, served(state)).await.unwrap() });
        let mut server = Self::of(base, store, clock).await;
        server.task = Some(task);
        server.service = Some(own);
        server
    }

    /// A service that runs elsewhere, on this record.
    pub(crate) async fn of(base: String, store: Store, clock: Arc<TestClock>) -> Self {
        let name = format!("tester-{:08x}", rand::random::<u32>());
        let client = http_client();
        let mut server =
            Self { base, clock, store, client, name: name.clone(), token: String::new(), service: None, task: None };
        server.token = server.staff(&name, &EVERYTHING_BUT_ADMINISTRATION, "000000").await;
        server
    }

    /// The token of the member of staff who sends the requests of the office.
    pub(crate) fn token(&self) -> &str {
        &self.token
    }

    /// Another member of staff, who may what the first one may; returns their token.
    pub(crate) async fn colleague(&self, name: &str) -> String {
        self.staff(name, &EVERYTHING_BUT_ADMINISTRATION, "000000").await
    }

    /// A member of staff with these roles at this agency; returns their token. The staff number is the name.
    pub(crate) async fn staff(&self, name: &str, roles: &[Role], agency: &str) -> String {
        self.account(name, name, roles, agency).await
    }

    /// An account of the human being with this staff number; returns a token.
    pub(crate) async fn account(&self, login: &str, number: &str, roles: &[Role], agency: &str) -> String {
        let console = self.console().await;
        let new = NewStaff { login: login.to_owned(), number: number.to_owned(), name: login.to_owned() };
        let member = console.add_staff(&new).await.unwrap();
        for role in roles {
            console.grant(member.id, *role, &AgencyCode::parse(agency).unwrap()).await.unwrap();
        }
        // Longer than any test turns the clock.
        let token = console.open_session(member.id, SignedDuration::from_hours(24 * 3650)).await.unwrap();
        token.reveal().to_owned()
    }

    /// The command line's view of staff.
    pub(crate) async fn console(&self) -> Console {
        Console::new(self.store.clone(), vault(&self.store).await, Arc::<TestClock>::clone(&self.clock))
    }

    /// `POST` of JSON, without credentials.
    pub(crate) fn post(&self, path: &str, body: &Value) -> reqwest::RequestBuilder {
        self.client.post(format!("{}{path}", self.base)).json(body)
    }

    /// `POST` of JSON by the office.
    pub(crate) fn office_post(&self, path: &str, body: &Value) -> reqwest::RequestBuilder {
        self.post(path, body).bearer_auth(&self.token)
    }

    /// `GET` by the office.
    pub(crate) fn office_get(&self, path: &str) -> reqwest::RequestBuilder {
        self.get(path).bearer_auth(&self.token)
    }

    /// `GET` without credentials.
    pub(crate) fn get(&self, path: &str) -> reqwest::RequestBuilder {
        self.client.get(format!("{}{path}", self.base))
    }

    /// Registers [`KNOWN`] with one reference photo; returns the beneficiary's id.
    pub(crate) async fn enrol(&self, picture: Vec<u8>) -> String {
        let person = json!({"citizen_id": KNOWN, "name": "王秀英", "agency": "110105", "schemes": ["resident"]});
        let registered = answer(self.office_post("/v1/beneficiaries", &person)).await;
        assert_eq!(registered.status, 201, "{}", registered.body);
        let id = registered.body["id"].as_str().unwrap().to_owned();
        let enrolled = answer(self.send_reference(&id, picture)).await;
        assert_eq!(enrolled.status, 201, "{}", enrolled.body);
        id
    }

    /// Sends a reference photo.
    pub(crate) fn send_reference(&self, beneficiary: &str, picture: Vec<u8>) -> reqwest::RequestBuilder {
        let form = Form::new().text("source", "roster").part("photo", Part::bytes(picture).file_name("frame"));
        let path = format!("{}/v1/beneficiaries/{beneficiary}/references", self.base);
        self.client.post(path).bearer_auth(&self.token).multipart(form)
    }

    /// Opens a session. Tests show the same photos again and again, so what was shown before is forgotten.
    pub(crate) async fn open(&self, citizen_id: &str, channel: &str) -> OpenedSession {
        self.forget_frames().await;
        self.open_again(citizen_id, channel).await
    }

    /// Opens a session, and what was shown before is not forgotten.
    pub(crate) async fn open_again(&self, citizen_id: &str, channel: &str) -> OpenedSession {
        let opened = answer(self.post("/v1/sessions", &json!({"citizen_id": citizen_id, "channel": channel}))).await;
        assert_eq!(opened.status, 201, "{}", opened.body);
        let text = |key: &str| opened.body[key].as_str().unwrap().to_owned();
        OpenedSession { id: text("id"), nonce: text("nonce") }
    }

    /// The time of the service.
    pub(crate) fn clock_now(&self) -> Timestamp {
        self.clock.now()
    }

    /// What the service forgets each hour.
    pub(crate) async fn forget_frames_that_are_old(&self) {
        self.service.as_ref().expect("a service of its own").forget_old_frames().await.unwrap();
    }

    /// Forgets which pictures were shown or enrolled.
    pub(crate) async fn forget_frames(&self) {
        let mut tx = self.store.write().await.unwrap();
        frame_marks::purge_before(&mut tx, jiff::Timestamp::MAX).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// Declines whatever is asked for, from this step on, until people take over; returns what the person is told.
    pub(crate) async fn decline_all(&self, session: &OpenedSession, first: &str) -> Answer {
        let (path, mut step) = (format!("/v1/sessions/{}/decline", session.id), first.to_owned());
        loop {
            let mut declined = answer(self.post(&path, &json!({"nonce": session.nonce, "step": step}))).await;
            assert_eq!(declined.status, 201, "{}", declined.body);
            if declined.body["instead"] == "people" {
                declined.body = declined.body["result"].take();
                return declined;
            }
            declined.body["next"]["step"].as_str().unwrap().clone_into(&mut step);
        }
    }

    /// Sends one frame.
    pub(crate) fn send_frame(&self, session: &OpenedSession, picture: Vec<u8>) -> reqwest::RequestBuilder {
        self.send_frames(session, vec![picture])
    }

    /// Sends frames that were taken together.
    pub(crate) fn send_frames(&self, session: &OpenedSession, pictures: Vec<Vec<u8>>) -> reqwest::RequestBuilder {
        let form = Form::new().text("nonce", session.nonce.clone()).text("step", "look_straight");
        let form = pictures.into_iter().fold(form, |form, picture| {
            let form = form.text("taken_at", self.clock.now().to_string());
            form.part("frame", Part::bytes(picture).file_name("frame"))
        });
        self.client.post(format!("{}/v1/sessions/{}/captures", self.base, session.id)).multipart(form)
    }

    /// Asks for the decision.
    pub(crate) fn complete(&self, session: &OpenedSession) -> reqwest::RequestBuilder {
        self.post(&format!("/v1/sessions/{}/complete", session.id), &json!({"nonce": session.nonce}))
    }

    /// A whole session with one frame; returns the decision's answer. Photos show no step that a phone asks for: whoever
    /// sends them there declines what is asked, and is referred.
    pub(crate) async fn certify(&self, citizen_id: &str, channel: &str, picture: Vec<u8>) -> Answer {
        let session = self.open(citizen_id, channel).await;
        let accepted = answer(self.send_frame(&session, picture)).await;
        assert_eq!(accepted.status, 201, "{}", accepted.body);
        match accepted.body["next"]["step"].as_str() {
            Some(step) => self.decline_all(&session, step).await,
            None => answer(self.complete(&session)).await,
        }
    }
}

fn served(state: AppState) -> IntoMakeServiceWithConnectInfo<axum::Router, SocketAddr> {
    app(state).into_make_service_with_connect_info()
}

/// A session, to be used by its opener.
pub(crate) struct OpenedSession {
    /// Its name.
    pub(crate) id: String,
    /// Its capability.
    pub(crate) nonce: String,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    /// HTTP status.
    pub(crate) status: u16,
    /// Headers.
    pub(crate) headers: reqwest::header::HeaderMap,
    /// JSON, or null.
    pub(crate) body: Value,
}

impl Answer {
    /// The code of a problem; checks that it is a whole one.
    pub(crate) fn problem(&self) -> &str {
        let body = &self.body;
        assert_eq!(self.headers["content-type"], "application/problem+json", "{body}");
        assert_eq!(body["status"], self.status);
        assert!(body["detail"].as_str().is_some_and(|text| text.len() > 10), "{body}");
        assert!(body["detail_zh"].as_str().is_some_and(|text| !text.is_empty()), "{body}");
        let code = body["code"].as_str().unwrap();
        assert_eq!(body["type"], format!("urn:vivat:problem:{code}"));
        code
    }
}

/// Sends a request and reads the answer.
pub(crate) async fn answer(request: reqwest::RequestBuilder) -> Answer {
    let response = request.send().await.unwrap();
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let bytes = response.bytes().await.unwrap();
    Answer { status, headers, body: serde_json::from_slice(&bytes).unwrap_or(Value::Null) }
}
