//! A photo becomes a reference of a beneficiary.

use std::sync::Arc;

use jiff::civil::Date;
use serde::Serialize;
use sha2::{Digest, Sha256};
use utoipa::ToSchema;
use uuid::Uuid;

use super::Service;
use super::answer::{Answer, RequestKey, begin};
use super::append_log::{Who, append};
use super::error::ServiceError;
use super::frame_history;
use super::register_beneficiary::find;
use super::sealed;
use crate::domain::id::{BeneficiaryId, ReferenceId};
use crate::domain::permission::Permission;
use crate::domain::reference::{Reference, ReferenceSource, StoredTemplate};
use crate::images::Picture;
use crate::log::entry::Act;
use crate::log::record::Record;
use crate::store::frame_marks::{self, Source};
use crate::store::references_aside::{self, Aside};
use crate::store::{persons, references};
use crate::vision::Analysis;

/// A photo and where it comes from.
pub struct NewReference {
    /// JPEG, PNG or WebP.
    pub photo: Arc<[u8]>,
    /// Where the photo came from.
    pub source: ReferenceSource,
    /// When it was taken, where that is known.
    pub taken_on: Option<Date>,
}

/// A reference as the office sees one.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ReferenceView {
    /// Ours.
    pub id: Uuid,
    /// Whose it is.
    pub beneficiary: Uuid,
    /// Where the photo came from.
    pub source: ReferenceSource,
    /// When it was taken, where that is known.
    #[schema(value_type = Option<String>, format = Date)]
    pub taken_on: Option<Date>,
    /// Whether it waits for two people to agree (`reference_replacement`), because there is a reference already.
    pub candidate: bool,
}

impl Service {
    /// Enrols a photo.
    ///
    /// # Errors
    /// [`ServiceError::NotFound`] without the beneficiary, or where `who` enrols nobody; [`ServiceError::Image`] for bytes that are no picture,
    /// [`ServiceError::PoorReference`] when there is anything to improve: a reference is compared for years.
    pub async fn enrol_reference(
        &self,
        of: BeneficiaryId,
        new: NewReference,
        who: Who<'_>,
        key: Option<RequestKey>,
    ) -> Result<Answer<ReferenceView>, ServiceError> {
        if let Some(answered) = self.replay(key.as_ref()).await? {
            return Ok(Answer::Replay(answered));
        }
        let found = find(&mut self.store.read().await?, &self.vault, of).await?;
        let found = found.filter(|(of, _)| who.sees(Permission::EnrolReferences, &of.agency));
        let (_, person) = found.ok_or(ServiceError::NotFound("beneficiary"))?;
        let mut seen = self.inference.analyse_all(std::slice::from_ref(&new.photo)).await?;
        let (template, trace) = match seen.pop() {
            Some(Analysis { findings, template: Some(template), trace, .. }) if findings.is_empty() => {
                (template, trace)
            }
            other => return Err(ServiceError::PoorReference(other.map(|poor| poor.findings).unwrap_or_default())),
        };
        let now = self.clock.now();
        let reference = Reference {
            id: ReferenceId::new(now, &mut rand::rng()),
            beneficiary: of,
            source: new.source,
            taken_on: new.taken_on,
            enrolled_at: now,
            pack: self.inference.pipeline().pack().digest.to_string(),
            template: StoredTemplate(template.to_bytes().to_vec()),
        };
        let photo = person.seal(&sealed::picture::reference(reference.id, of), &new.photo);
        self.images.put(vec![(Picture::Reference(reference.id), photo)]).await?;
        let mut work = begin!(self, key);
        if !persons::hold(&mut work.tx, of.into()).await? {
            return Err(ServiceError::NotFound("beneficiary"));
        }
        work.person = Some(of.into());
        // Who could add a face could let another person pass: after the first one it takes two people.
        let candidate = matches!(who, Who::Staff(_)) && !references::of(&mut work.tx, of).await?.is_empty();
        references::insert(&mut work.tx, &sealed::reference::seal(&reference, &person)).await?;
        if candidate {
            references_aside::set(&mut work.tx, of, reference.id, Aside::Candidate).await?;
        }
        // The photo itself, sent as a frame, is no living person.
        let bands = trace.map(|trace| trace.print().bands());
        let digest = Sha256::digest(&new.photo).into();
        let marks = frame_history::marks(&self.vault, Source::Enrolment(reference.id), &digest, bands);
        frame_marks::insert(&mut work.tx, &[marks], now).await?;
        append(&mut work.tx, now, who, &person, |salt| Act::ReferenceEnrolled {
            beneficiary: of,
            reference: reference.id,
            candidate,
            record: Record::Reference(&reference, &new.photo).commit(salt),
        })
        .await?;
        let view = ReferenceView {
            id: reference.id.0,
            beneficiary: of.0,
            source: reference.source,
            taken_on: reference.taken_on,
            candidate,
        };
        work.finish(view).await
    }
}
