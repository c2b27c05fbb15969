//! Anybody who knows the number of a certification may read it: it says nothing about who the person is.

use jiff::{Timestamp, civil::Date};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::error::ServiceError;
use super::{Service, register_beneficiary};
use crate::domain::certification::Method;
use crate::domain::id::CertificationId;
use crate::domain::scheme::Scheme;
use crate::store::certifications;

/// A certification, without the person.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CertificationView {
    /// Number of the certification.
    pub id: Uuid,
    /// How it was proven.
    pub method: Method,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub certified_at: Timestamp,
    /// Last day of validity.
    #[schema(value_type = String, format = Date)]
    pub valid_until: Date,
    /// The schemes that it counts for: all of the person.
    pub schemes: Vec<Scheme>,
    /// SHA-256 of the policy that it was decided under.
    pub policy: String,
    /// Digest of the model pack that compared the face.
    pub pack: String,
    /// Whether a person decided.
    pub reviewed: bool,
}

impl Service {
    /// One certification.
    ///
    /// # Errors
    /// [`ServiceError::NotFound`].
    pub async fn certification(&self, id: CertificationId) -> Result<CertificationView, ServiceError> {
        let mut tx = self.store.read().await?;
        let found = certifications::find(&mut tx, id).await?.ok_or(ServiceError::NotFound("certification"))?;
        let person = register_beneficiary::find(&mut tx, &self.vault, found.beneficiary).await?;
        // Of somebody who was erased, it is not told that they were here.
        let (person, _) = person.ok_or(ServiceError::NotFound("certification"))?;
        Ok(CertificationView {
            id: found.id.0,
            method: found.method,
            certified_at: found.certified_at,
            valid_until: found.valid_until,
            schemes: person.schemes,
            policy: found.policy,
            pack: found.pack,
            reviewed: found.reviewer.is_some(),
        })
    }
}
