//! Where pictures are kept: a folder, or an S3 bucket. They come here sealed, and their names are identifiers alone.

mod bundle;
mod folder;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path as FilePath;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::future::try_join_all;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey};
use object_store::client::ClientConfigKey;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::prefix::PrefixStore;
use object_store::{ObjectStore, ObjectStoreExt, PutPayload, RetryConfig};
use uuid::Uuid;

use crate::domain::id::{CaptureId, ReferenceId};

use folder::Folder;

/// How long an S3 server may take to be found, and to answer.
const CONNECTING: &str = "3s";
const ANSWERING: &str = "20s";

/// What a picture shows: one enrolled photo, or one frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Picture {
    /// The photo of a reference.
    Reference(ReferenceId),
    /// The frame of a session.
    Probe(CaptureId),
}

impl Picture {
    /// The object that it lies in, and its place there.
    ///
    /// `probes/2026-11-24/0193…`: by the day of birth, so that what came last is found without looking at everything. Frames that
    /// came together lie in one, named by the first of them.
    fn object(self) -> (Path, u8) {
        let (kind, id, place) = match self {
            Self::Reference(id) => ("references", id.0, 0),
            Self::Probe(id) => {
                let (first, place) = id.first_and_place();
                ("probes", first.0, place)
            }
        };
        (Path::from_iter([kind.to_owned(), born_on(id).to_string(), id.to_string()]), place)
    }
}

fn born_on(id: Uuid) -> Date {
    let (seconds, _) = id.get_timestamp().unwrap_or(uuid::Timestamp::from_unix(uuid::NoContext, 0, 0)).to_unix();
    let born = i64::try_from(seconds).ok().and_then(|seconds| Timestamp::from_second(seconds).ok());
    born.unwrap_or(Timestamp::UNIX_EPOCH).to_zoned(TimeZone::UTC).date()
}

/// Why a picture cannot be kept or had. Names and answers of servers are not passed on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ImageError {
    /// It cannot be reached, or does not answer in time. Trying again later may help.
    #[error("the store of pictures is unavailable: {0}")]
    Unavailable(String),
    /// The server does not let us in.
    #[error("the store of pictures refuses our credentials, or there is no such bucket")]
    Refused,
    /// The folder cannot be written to.
    #[error("the store of pictures is read-only")]
    ReadOnly,
    /// No space is left.
    #[error("the store of pictures is full")]
    Full,
    /// The picture is not there.
    #[error("a picture is missing in the store of pictures")]
    Missing,
}

/// The pictures of an installation. Cheap to clone.
#[derive(Clone)]
pub struct Images {
    store: Arc<dyn ObjectStore>,
    /// Where the store is a folder: pictures that come or go together are kept and deleted in one go, with fewer syncs.
    folder: Option<Folder>,
}

impl Images {
    /// In a folder, which is made for its owner only when it is missing. A picture that is kept is on the disk.
    ///
    /// # Errors
    /// What the file system says.
    pub fn in_folder(folder: &FilePath) -> Result<Self, ImageError> {
        let mut builder = std::fs::DirBuilder::new();
        std::os::unix::fs::DirBuilderExt::mode(builder.recursive(true), 0o700);
        builder.create(folder).map_err(|error| of_io(&error))?;
        let store = LocalFileSystem::new_with_prefix(folder).map_err(|error| of(&error))?;
        Ok(Self { store: Arc::new(store), folder: Some(Folder::at(folder)) })
    }

    /// In a bucket, below a prefix, with the settings that all clients of S3 know (`AWS_ENDPOINT`, `AWS_REGION`,
    /// `AWS_ACCESS_KEY_ID`, …). Other names are not looked at.
    ///
    /// # Errors
    /// When the settings are not enough.
    pub fn in_bucket(
        bucket: &str,
        prefix: &str,
        settings: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, ImageError> {
        let known = settings.into_iter().filter(|(name, _)| name.starts_with("AWS_"));
        let known = known.filter_map(|(name, value)| Some((name.to_ascii_lowercase().parse().ok()?, value)));
        let settings = known.fold(AmazonS3Builder::new(), |builder, (key, value)| builder.with_config(key, value));
        // Somebody waits in front of a camera: what fails is said soon.
        let patience = RetryConfig { max_retries: 2, retry_timeout: Duration::from_secs(10), ..RetryConfig::default() };
        let client = settings
            .with_bucket_name(bucket)
            .with_config(AmazonS3ConfigKey::Client(ClientConfigKey::ConnectTimeout), CONNECTING)
            .with_config(AmazonS3ConfigKey::Client(ClientConfigKey::Timeout), ANSWERING)
            .with_retry(patience)
            .build()
            .map_err(|error| of(&error))?;
        Ok(Self { store: Arc::new(PrefixStore::new(client, prefix)), folder: None })
    }

    /// Asks the store for an answer.
    ///
    /// # Errors
    /// [`ImageError`] when there is none, or not the right one.
    pub async fn check(&self) -> Result<(), ImageError> {
        let nobody = Picture::Probe(CaptureId(Uuid::nil()));
        match self.store.head(&nobody.object().0).await {
            Ok(_) | Err(object_store::Error::NotFound { .. }) => {}
            Err(error) => return Err(of(&error)),
        }
        // A bucket that is not there looks like one that is empty, until something is listed.
        match self.store.list(Some(&Path::from("nothing"))).next().await {
            None | Some(Ok(_)) => Ok(()),
            Some(Err(error)) => Err(of(&error)),
        }
    }

    /// Keeps sealed pictures; frames that came together come here together. When it returns, they will not be lost.
    ///
    /// # Errors
    /// Any [`ImageError`]: some may be kept then.
    pub async fn put(&self, pictures: Vec<(Picture, Vec<u8>)>) -> Result<(), ImageError> {
        let mut objects = BTreeMap::<Path, Vec<(u8, Vec<u8>)>>::new();
        for (picture, sealed) in pictures {
            let (path, place) = picture.object();
            objects.entry(path).or_default().push((place, sealed));
        }
        let objects = objects.into_iter().map(|(path, pictures)| (path, bundle::pack(pictures)));
        if let Some(folder) = &self.folder {
            let files = objects.map(|(path, parts)| (path.into(), parts)).collect();
            return folder.keep(files).await.map_err(|error| of_io(&error));
        }
        let put =
            objects.map(|(path, parts)| async move { self.store.put(&path, PutPayload::from(parts.concat())).await });
        try_join_all(put).await.map(|_| ()).map_err(|error| of(&error))
    }

    /// A sealed picture.
    ///
    /// # Errors
    /// Any [`ImageError`].
    pub async fn get(&self, picture: Picture) -> Result<Vec<u8>, ImageError> {
        let (path, place) = picture.object();
        let found = self.store.get(&path).await.map_err(|error| of(&error))?;
        let object = found.bytes().await.map_err(|error| of(&error))?;
        bundle::unpack(&object, place).map(<[u8]>::to_vec).ok_or(ImageError::Missing)
    }

    /// Forgets pictures, and those that came together with them. One that is not there is forgotten already.
    ///
    /// # Errors
    /// Any other [`ImageError`]: some may be forgotten then.
    pub async fn delete(&self, pictures: Vec<Picture>) -> Result<(), ImageError> {
        let paths: BTreeSet<_> = pictures.into_iter().map(|picture| picture.object().0).collect();
        if let Some(folder) = &self.folder {
            return folder.delete(paths.into_iter().map(String::from).collect()).await.map_err(|error| of_io(&error));
        }
        for path in paths {
            match self.store.delete(&path).await.map_err(|error| of(&error)) {
                Ok(()) | Err(ImageError::Missing) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// The pictures that were born on the day of that instant (UTC) or on one of the days before, with when they were
    /// kept; of frames that came together, the first.
    ///
    /// # Errors
    /// Any [`ImageError`].
    pub async fn recent(&self, now: Timestamp, days: u32) -> Result<Vec<(Picture, Timestamp)>, ImageError> {
        let today = now.to_zoned(TimeZone::UTC).date();
        let mut found = Vec::new();
        for back in 0..=i64::from(days) {
            let day = today.saturating_sub(back.days()).to_string();
            for (kind, of_kind) in KINDS {
                let mut listed = self.store.list(Some(&Path::from_iter([kind, &day])));
                while let Some(object) = listed.next().await {
                    let object = object.map_err(|error| of(&error))?;
                    let id = object.location.filename().and_then(|name| name.parse().ok());
                    let kept = Timestamp::from_second(object.last_modified.timestamp()).ok();
                    found.extend(id.map(of_kind).zip(kept));
                }
            }
        }
        Ok(found)
    }
}

type OfKind = fn(Uuid) -> Picture;

const KINDS: [(&str, OfKind); 2] =
    [("references", |id| Picture::Reference(ReferenceId(id))), ("probes", |id| Picture::Probe(CaptureId(id)))];

impl std::fmt::Debug for Images {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Images(…)")
    }
}

fn of(error: &object_store::Error) -> ImageError {
    match error {
        object_store::Error::NotFound { .. } => ImageError::Missing,
        object_store::Error::PermissionDenied { .. } | object_store::Error::Unauthenticated { .. } => {
            ImageError::Refused
        }
        other => {
            let mut source: Option<&(dyn std::error::Error + 'static)> = Some(other);
            while let Some(error) = source {
                if let Some(error) = error.downcast_ref::<std::io::Error>() {
                    return of_io(error);
                }
                source = error.source();
            }
            ImageError::Unavailable("no answer, or not one that makes sense".to_owned())
        }
    }
}

fn of_io(error: &std::io::Error) -> ImageError {
    use std::io::ErrorKind;
    match error.kind() {
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => ImageError::ReadOnly,
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => ImageError::Full,
        kind => ImageError::Unavailable(kind.to_string()),
    }
}
