//! The gallery of a node: the codes of all references, read from the record when somebody is looked for.
//!
//! It is filled at the first search, and each search reads what came since. What went since stays in it, and is found out
//! when its template is read again; within the hour the whole gallery is forgotten, so that nobody who was erased
//! stays in memory.

use std::sync::{Arc, PoisonError, RwLock};

use jiff::{SignedDuration, Timestamp};
use tokio::sync::Mutex;
use uuid::Uuid;

use super::Service;
use super::error::ServiceError;
use super::sealed;
use crate::domain::id::ReferenceId;
use crate::store::Store;
use crate::store::reference_templates::{self, SealedTemplate};
use crate::vault::Vault;
use crate::vision::search::{Enrolled, Gallery};
use crate::vision::{PackDigest, Template};

/// Templates read at a time: each page is a transaction of its own, so that none is long.
const PAGE: u32 = 500;

/// An enrolment is recorded within this time after its reference was given its identifier, whatever the clocks of the nodes
/// say.
const LATE: SignedDuration = SignedDuration::from_hours(1);

/// A gallery that is read by searches while the next one fills it.
pub(super) type SharedGallery = Arc<RwLock<Gallery>>;

/// The gallery of this node, where there is one.
#[derive(Clone, Default)]
pub(super) struct HeldGallery(Arc<Mutex<Option<Held>>>);

struct Held {
    gallery: SharedGallery,
    /// All that was enrolled before is in it; `None` before it was read to the end once.
    read_until: Option<Timestamp>,
}

impl Service {
    /// The gallery with all references of the loaded pack that were enrolled before now.
    pub(super) async fn gallery(&self) -> Result<SharedGallery, ServiceError> {
        let pack = self.inference.pipeline().pack().digest;
        let mut held = self.gallery.0.lock().await;
        let Held { gallery, read_until } = held.get_or_insert_with(|| Held { gallery: empty(pack), read_until: None });
        let now = self.clock.now();
        let after = read_until.map_or(ReferenceId(Uuid::nil()), |read| born_before(read - LATE));
        fill(gallery, &self.store, &self.vault, pack, after).await?;
        *read_until = Some(now);
        Ok(Arc::clone(gallery))
    }

    /// Forgets the gallery. The next search reads everything again.
    pub async fn forget_gallery(&self) {
        *self.gallery.0.lock().await = None;
    }
}

pub(super) fn empty(pack: PackDigest) -> SharedGallery {
    Arc::new(RwLock::new(Gallery::new(pack)))
}

/// Reads the references behind this one.
pub(super) async fn fill(
    gallery: &SharedGallery,
    store: &Store,
    vault: &Vault,
    pack: PackDigest,
    mut after: ReferenceId,
) -> Result<(), ServiceError> {
    let name = pack.to_string();
    loop {
        let page = reference_templates::page(&mut store.read().await?, &name, after, PAGE).await?;
        let Some(last) = page.last() else { return Ok(()) };
        after = last.reference;
        for stored in page {
            let known = gallery.read().unwrap_or_else(PoisonError::into_inner).contains(stored.reference);
            if known {
                continue;
            }
            if let Some(template) = open(&stored, vault, pack).await? {
                let enrolled = Enrolled { reference: stored.reference, beneficiary: stored.beneficiary };
                let mut gallery = gallery.write().unwrap_or_else(PoisonError::into_inner);
                gallery.insert(enrolled, &template).map_err(|error| ServiceError::Vision(Box::new(error)))?;
            }
        }
    }
}

/// `None` for one that is damaged.
pub(super) async fn open(
    stored: &SealedTemplate,
    vault: &Vault,
    pack: PackDigest,
) -> Result<Option<Template>, ServiceError> {
    let SealedTemplate { reference, beneficiary, template, key, .. } = stored;
    let key = vault.open_key(&key.clone().into(), beneficiary.0).await?;
    let opened = sealed::reference::open_template(*reference, *beneficiary, template, &key).ok();
    let template = opened.and_then(|template| Template::from_bytes(&template.0, pack).ok());
    if template.is_none() {
        tracing::error!(%reference, "a stored template is damaged");
    }
    Ok(template)
}

/// No identifier that was born at that moment or later comes before this one: they begin with the milliseconds (RFC 9562).
fn born_before(at: Timestamp) -> ReferenceId {
    let millis = u128::try_from(at.as_millisecond()).unwrap_or(0);
    ReferenceId(Uuid::from_u128(millis << 80))
}
