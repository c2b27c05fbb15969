//! Answers that are given once: the `Idempotency-Key` of a request, its answer, and the transaction that holds both.

use serde::Serialize;
use sha2::{Digest, Sha256};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::Service;
use super::error::ServiceError;
use crate::domain::id::PersonId;
use crate::store::Tx;
use crate::store::idempotency::{self, Claim, StoredResponse};
use crate::vault::{Indexed, Kind, Label, Vault};

/// A request that its client may repeat without repeating its effect.
#[derive(Debug, Clone)]
pub struct RequestKey {
    scope: &'static str,
    key: String,
    content: [u8; 32],
}

impl RequestKey {
    /// `scope` names the operation; `content` is what makes two requests the same.
    #[must_use]
    pub fn new(scope: &'static str, key: String, content: &[u8]) -> Self {
        Self { scope, key, content: Sha256::digest(content).into() }
    }
}

/// Where the answer to a request is kept. Neither the key of the client nor the content stand there: both may hold what
/// is secret, and the content can be guessed.
#[derive(Debug)]
struct Slot {
    scope: &'static str,
    name: String,
    digest: [u8; 32],
    label: Label,
}

impl Slot {
    fn of(request: &RequestKey, vault: &Vault) -> Self {
        let RequestKey { scope, key, content } = request;
        let name = vault.index(Indexed::Request, &format!("{scope}\0{key}")).0;
        let digest = vault.index(Indexed::Request, &hex::encode(content)).0;
        let record = Uuid::from_u128(u128::from_be_bytes(*name.first_chunk().unwrap_or(&[0; 16])));
        let label = Label { kind: Kind::Answer, owner: Uuid::nil(), record };
        Self { scope, name: hex::encode(name), digest, label }
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
    /// Whom the answer concerns, if anybody: it goes when they are erased.
    pub(super) person: Option<PersonId>,
    answers: Option<Box<(Slot, Vault)>>,
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
        let slot = Slot::of(key, &self.vault);
        let mut tx = self.store.read().await?;
        match idempotency::find(&mut tx, slot.scope, &slot.name, &slot.digest).await? {
            None | Some(Claim::Fresh) => Ok(None),
            Some(Claim::Replay(response)) => self.open_answer(&slot, &response).map(Some),
            Some(Claim::OtherRequest) => Err(ServiceError::KeyReused),
        }
    }

    /// Opens the transaction and claims the key in it.
    pub(super) async fn begin(&self, key: Option<RequestKey>) -> Result<Begun, ServiceError> {
        let slot = key.map(|key| Slot::of(&key, &self.vault));
        let mut tx = self.store.write().await?;
        let Some(slot) = slot else { return Ok(Begun::Work(Work { tx, person: None, answers: None })) };
        match idempotency::claim(&mut tx, slot.scope, &slot.name, &slot.digest, self.clock.now()).await? {
            Claim::Fresh => {
                Ok(Begun::Work(Work { tx, person: None, answers: Some(Box::new((slot, self.vault.clone()))) }))
            }
            Claim::Replay(response) => self.open_answer(&slot, &response).map(Begun::Replay),
            Claim::OtherRequest => Err(ServiceError::KeyReused),
        }
    }

    fn open_answer(&self, slot: &Slot, response: &StoredResponse) -> Result<Vec<u8>, ServiceError> {
        Ok(std::mem::take(&mut *self.vault.house().open(&slot.label, &response.body)?))
    }
}

impl Work {
    /// Keeps the answer beside what was created, and commits both.
    pub(super) async fn finish<T: Serialize>(mut self, output: T) -> Result<Answer<T>, ServiceError> {
        if let Some(answers) = &self.answers {
            let (slot, vault) = answers.as_ref();
            let json = Zeroizing::new(serde_json::to_vec(&output)?);
            let response = StoredResponse { status: 201, body: vault.house().seal(&slot.label, &json) };
            idempotency::finish(&mut self.tx, slot.scope, &slot.name, &response, self.person).await?;
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
