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
use crate::store::{Tx, sessions, vault_keys};
use crate::vault::{DataKey, Indexed, Vault, WrappedKey};

/// How often a person is looked for again, when others are quicker.
const PATIENCE: u32 = 5;

/// A person with their key, as they were before the transaction that [`Person::record`] belongs to.
pub(super) struct Person {
    pub(super) id: PersonId,
    pub(super) key: DataKey,
    /// What makes a record of somebody who was never here.
    new: Option<([u8; 32], WrappedKey)>,
}

/// The transaction came too late: the person has to be looked for again.
pub(super) struct Late;

impl Person {
    /// Whoever was never here is recorded; of anybody else it is made sure that they are still there.
    pub(super) async fn record(&self, tx: &mut Tx, now: Timestamp) -> Result<Result<(), Late>, ServiceError> {
        let Some((index, wrapped)) = &self.new else {
            return Ok(if persons::hold(tx, self.id).await? { Ok(()) } else { Err(Late) });
        };
        // A key that was wrapped before a rotation, and is recorded behind its back, would not be found by it.
        let present = vault_keys::hold(tx, HOUSE.0).await?.is_some_and(|house| house.kek == wrapped.kek.0);
        let key = wrapped.clone().into();
        let recorded = present && persons::insert(tx, self.id, index, &key, now).await?;
        Ok(if recorded { Ok(()) } else { Err(Late) })
    }
}

impl Service {
    /// Whoever has the number, with their key, outside of any transaction: it may come from another machine.
    pub(super) async fn person_of(&self, number: &CitizenId) -> Result<Person, ServiceError> {
        let index = self.vault.index(Indexed::CitizenId, number.as_str()).0;
        let mut tx = self.store.read().await?;
        let found = persons::find_by_index(&mut tx, &index).await?;
        drop(tx);
        if let Some(StoredPerson { id, key: Some(key) }) = found {
            let key = self.vault.open_key(&key.into(), id.0).await?;
            return Ok(Person { id, key, new: None });
        }
        let id = PersonId::new(self.clock.now(), &mut rand::rng());
        let (key, wrapped) = self.vault.new_key(id.0).await?;
        Ok(Person { id, key, new: Some((index, wrapped)) })
    }

    /// Again, after a [`Late`].
    pub(super) async fn look_again(&self, tried: &mut u32) -> Result<(), ServiceError> {
        *tried += 1;
        if *tried >= PATIENCE {
            return Err(ServiceError::Busy);
        }
        Ok(self.vault.kek().refresh().await?)
    }

    /// The key of the person whose session it is.
    pub(super) async fn key_of_session(&self, id: SessionId) -> Result<(PersonId, DataKey), ServiceError> {
        self.key_in(&mut self.store.read().await?, id).await
    }

    /// The same, in a transaction that reads.
    pub(super) async fn key_in(&self, tx: &mut Tx, id: SessionId) -> Result<(PersonId, DataKey), ServiceError> {
        let session = sessions::find(tx, id).await?.ok_or(ServiceError::NotFound("session"))?;
        let person = session.applicant.person;
        // Of somebody who was erased, it is not told that they were here.
        Ok((person, key_of(tx, &self.vault, person).await?.ok_or(ServiceError::NotFound("session"))?))
    }
}

/// The key of a person; `None` for somebody who was erased, and for nobody.
pub(super) async fn key_of(tx: &mut Tx, vault: &Vault, id: PersonId) -> Result<Option<DataKey>, ServiceError> {
    match persons::find(tx, id).await?.and_then(|person| person.key) {
        Some(key) => Ok(Some(vault.open_key(&key.into(), id.0).await?)),
        None => Ok(None),
    }
}
