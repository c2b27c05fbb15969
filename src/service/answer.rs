//! Answers that are given once: the `Idempotency-Key` of a request, its answer, and the transaction that holds both.

use serde::Serialize;
use sha2::{Digest, Sha256};

use super::Service;
use super::error::ServiceError;
use crate::store::Tx;
use crate::store::idempotency::{self, Claim, StoredResponse};

/// A request that its client may repeat without repeating its effect.
#[derive(Debug, Clone)]
pub struct RequestKey {
    scope: &'static str,
    key: String,
    digest: [u8; 32],
}

impl RequestKey {
    /// `scope` names the operation; `content` is what makes two requests the same.
    #[must_use]
    pub fn new(scope: &'static str, key: String, content: &[u8]) -> Self {
        Self { scope, key, digest: Sha256::digest(content).into() }
    }
}

/// What a use case answers.
pub enum Answer<T> {
    /// Done now.
    New(T),
    /// Done before, for the same key: the answer of then, as JSON.
    Replay(Vec<u8>),
}

/// A transaction that may belong to a [`RequestKey`].
pub(super) struct Work {
    pub(super) tx: Tx,
    key: Option<RequestKey>,
}

/// The start of a use case that creates something.
pub(super) enum Begun {
    /// Go on.
    Work(Work),
    /// The answer of the first time.
    Replay(Vec<u8>),
}

impl Service {
    /// The answer that this request had before, without taking the write lock: saves the inference of a repeated one.
    pub(super) async fn replay(&self, key: Option<&RequestKey>) -> Result<Option<Vec<u8>>, ServiceError> {
        let Some(key) = key else { return Ok(None) };
        let mut tx = self.store.read().await?;
        match idempotency::find(&mut tx, key.scope, &key.key, &key.digest).await? {
            None | Some(Claim::Fresh) => Ok(None),
            Some(Claim::Replay(response)) => Ok(Some(response.body)),
            Some(Claim::OtherRequest) => Err(ServiceError::KeyReused),
        }
    }

    /// Opens the transaction and claims the key in it.
    pub(super) async fn begin(&self, key: Option<RequestKey>) -> Result<Begun, ServiceError> {
        let mut tx = self.store.write().await?;
        let Some(claimed) = &key else { return Ok(Begun::Work(Work { tx, key })) };
        match idempotency::claim(&mut tx, claimed.scope, &claimed.key, &claimed.digest, self.clock.now()).await? {
            Claim::Fresh => Ok(Begun::Work(Work { tx, key })),
            Claim::Replay(response) => Ok(Begun::Replay(response.body)),
            Claim::OtherRequest => Err(ServiceError::KeyReused),
        }
    }
}

impl Work {
    /// Keeps the answer beside what was created, and commits both.
    pub(super) async fn finish<T: Serialize>(mut self, output: T) -> Result<Answer<T>, ServiceError> {
        if let Some(key) = &self.key {
            let response = StoredResponse { status: 201, body: serde_json::to_vec(&output)? };
            idempotency::finish(&mut self.tx, key.scope, &key.key, &response).await?;
        }
        self.tx.commit().await?;
        Ok(Answer::New(output))
    }
}

/// Opens the transaction of a use case, or returns the answer that the request had before.
macro_rules! begin {
    ($service:expr, $key:expr) => {
        match $service.begin($key).await? {
            $crate::service::answer::Begun::Work(work) => work,
            $crate::service::answer::Begun::Replay(body) => return Ok($crate::service::answer::Answer::Replay(body)),
        }
    };
}
pub(super) use begin;
