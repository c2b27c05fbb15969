//! A server that speaks S3, in this process: signatures are checked, and it can be taken away.

use axum::Router;
use axum::error_handling::HandleError;
use axum::http::StatusCode;
use s3s::auth::SimpleAuth;
use s3s::service::S3ServiceBuilder;
use s3s_fs::FileSystem;
use tempfile::TempDir;
use tokio::net::TcpListener;
use vivat::images::Images;

use super::proxy::Proxy;

/// The only bucket.
pub(crate) const BUCKET: &str = "faces";
const KEY_ID: &str = "AKIDVIVATTEST";
const SECRET: &str = "the secret of a test";

/// A running server.
pub(crate) struct S3Server {
    /// What it keeps, on the disk.
    pub(crate) directory: TempDir,
    /// The way to it.
    pub(crate) proxy: Proxy,
    endpoint: String,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for S3Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl S3Server {
    /// Starts one, with an empty bucket.
    pub(crate) async fn start() -> Self {
        let directory = tempfile::tempdir().unwrap();
        std::fs::create_dir(directory.path().join(BUCKET)).unwrap();
        let mut service = S3ServiceBuilder::new(FileSystem::new(directory.path()).unwrap());
        service.set_auth(SimpleAuth::from_single(KEY_ID, SECRET));
        let broken = |error: s3s::HttpError| async move { (StatusCode::INTERNAL_SERVER_ERROR, format!("{error:?}")) };
        let router = Router::new().fallback_service(HandleError::new(service.build(), broken));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (proxy, address) = Proxy::before(listener.local_addr().unwrap().to_string()).await;
        let task = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { directory, proxy, endpoint: format!("http://{address}"), task }
    }

    /// What a client has in its environment.
    pub(crate) fn settings(&self) -> Vec<(String, String)> {
        let settings = [
            ("AWS_ENDPOINT", self.endpoint.as_str()),
            ("AWS_ALLOW_HTTP", "true"),
            ("AWS_REGION", "cn-north-1"),
            ("AWS_ACCESS_KEY_ID", KEY_ID),
            ("AWS_SECRET_ACCESS_KEY", SECRET),
        ];
        settings.map(|(name, value)| (name.to_owned(), value.to_owned())).into()
    }

    /// The pictures in it.
    pub(crate) fn images(&self) -> Images {
        super::server::install_tls();
        Images::in_bucket(BUCKET, "north", self.settings()).unwrap()
    }
}
