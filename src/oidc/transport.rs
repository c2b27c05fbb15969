//! How a provider is asked: over HTTP, without redirects, for a limited time and a limited answer.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use openidconnect::{AsyncHttpClient, HttpRequest, HttpResponse, http};
use reqwest::redirect::Policy;

use crate::tls::choose_provider;

/// Somebody waits in front of a browser: a provider that is down is known to be soon.
const CONNECTING: Duration = Duration::from_secs(3);
const ANSWERING: Duration = Duration::from_secs(10);
/// Documents, keys and tokens are small.
const ANSWER_BYTES: usize = 1024 * 1024;

/// Why there was no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum TransportError {
    #[error("the provider cannot be reached, or does not answer in time")]
    Http(#[from] reqwest::Error),
    #[error("the answer is no answer")]
    Malformed(#[from] http::Error),
    #[error("the answer is too large")]
    TooLarge,
}

/// A client of HTTP.
pub(super) struct Transport(reqwest::Client);

impl Transport {
    pub(super) fn new() -> Result<Self, reqwest::Error> {
        choose_provider();
        // Whoever could redirect us could make us ask anybody.
        let client = reqwest::Client::builder().redirect(Policy::none()).connect_timeout(CONNECTING).timeout(ANSWERING);
        client.build().map(Self)
    }

    async fn answer(&self, request: HttpRequest) -> Result<HttpResponse, TransportError> {
        let mut response = self.0.execute(request.try_into()?).await?;
        let mut answer = http::Response::builder().status(response.status());
        for (name, value) in response.headers() {
            answer = answer.header(name, value);
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await? {
            if body.len() + chunk.len() > ANSWER_BYTES {
                return Err(TransportError::TooLarge);
            }
            body.extend_from_slice(&chunk);
        }
        Ok(answer.body(body)?)
    }
}

impl<'c> AsyncHttpClient<'c> for Transport {
    type Error = TransportError;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, TransportError>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.answer(request))
    }
}
