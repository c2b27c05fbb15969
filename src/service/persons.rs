//! Whose number it is, and the key that seals what is theirs.
//!
//! Known and unknown numbers go the same way, so that nobody learns from an answer, or from its time, who is known.

use jiff::Timestamp;

use super::Service;
use super::error::ServiceError;
use super::open_vault::HOUSE;
use crate::domain::citizen_id::CitizenId;
use crate::domain::id::{PersonId, SessionId};
use crate::store::persons::{self, StoredPerson};
use crate::store::{Tx, vault_keys};
use crate::vault::{DataKey, Indexed, KekId, Vault, WrappedKey};

/// A person with their key, as they were before the transaction that [`Person::record`] belongs to.
pub(super) struct Person {
    pub(super) id: PersonId,
    pub(super) key: DataKey,
    /// What makes a record of somebody who was never here.
    new: Option<([u8; 32], WrappedKey)>,
}

impl Person {
    /// Whoever was never here is recorded; of anybody else it is made sure that they are still there. `false` when others
    /// were quicker: then the person has to be looked for again.
    pub(super) async fn record(&self, tx: &mut Tx, now: Timestamp) -> Result<bool, ServiceError> {
        let Some((index, wrapped)) = &self.new else { return Ok(persons::hold(tx, self.id).await?) };
        // A key that was wrapped before a rotation, and is recorded behind its back, would not be found by it.
        let present = vault_keys::hold(tx, HOUSE.0).await?.is_some_and(|house| house.kek == wrapped.kek.0);
        Ok(present && persons::insert(tx, self.id, index, &wrapped.clone().into(), now).await?)
    }
}

impl Service {
    /// Whoever has the number, with their key, outside of any transaction: it may come from another machine.
    pub(super) async fn person_of(&self, number: &CitizenId) -> Result<Person, ServiceError> {
        let index = self.vault.index(Indexed::CitizenId, number.as_str()).0;
        let mut tx = self.store.read().await?;
        let found = persons::find_by_index(&mut tx, &index).await?;
        let present = vault_keys::find(&mut tx, HOUSE.0).await?.ok_or(ServiceError::NotFound("vault"))?.kek;
        drop(tx);
        if let Some(StoredPerson { id, key: Some(key) }) = found {
            let key = self.vault.open_key(&key.into(), id.0).await?;
            return Ok(Person { id, key, new: None });
        }
        let id = PersonId::new(self.clock.now(), &mut rand::rng());
        let (key, wrapped) = self.vault.new_key(id.0, &KekId(present)).await?;
        Ok(Person { id, key, new: Some((index, wrapped)) })
    }

    /// The key of the person whose session it is.
    pub(super) async fn key_of_session(&self, id: SessionId) -> Result<(PersonId, DataKey), ServiceError> {
        self.key_in(&mut self.store.read().await?, id).await
    }

    /// The same, in a transaction that reads.
    pub(super) async fn key_in(&self, tx: &mut Tx, id: SessionId) -> Result<(PersonId, DataKey), ServiceError> {
        let found = persons::of_session(tx, id).await?;
        // Of somebody who was erased, it is not told that they were here.
        let (person, key) =
            found.and_then(|found| Some((found.id, found.key?))).ok_or(ServiceError::NotFound("session"))?;
        Ok((person, self.vault.open_key(&key.into(), person.0).await?))
    }
}

/// The key of a person; `None` for somebody who was erased, and for nobody.
pub(super) async fn key_of(tx: &mut Tx, vault: &Vault, id: PersonId) -> Result<Option<DataKey>, ServiceError> {
    match persons::find(tx, id).await?.and_then(|person| person.key) {
        Some(key) => Ok(Some(vault.open_key(&key.into(), id.0).await?)),
        None => Ok(None),
    }
}
