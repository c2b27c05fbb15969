//! Where pictures are kept, as it was typed.

use std::path::PathBuf;
use std::str::FromStr;

use anyhow::Context;

use super::database::DatabaseArgs;
use crate::images::Images;
use crate::tls::choose_provider;

/// Where pictures are kept.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct ImageArgs {
    /// Where sealed pictures are kept: `file:DIR`, or `s3://BUCKET/PREFIX` with `AWS_ACCESS_KEY_ID`,
    /// `AWS_SECRET_ACCESS_KEY`, `AWS_REGION`, `AWS_ENDPOINT`. Several nodes need a bucket, or a folder that all of them
    /// share [default: `file:images` in the data directory]
    #[arg(long, global = true, value_name = "PLACE", env = "VIVAT_IMAGES")]
    images: Option<Place>,
}

/// A place of pictures.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Place {
    Folder(PathBuf),
    Bucket { name: String, prefix: String },
}

impl FromStr for Place {
    type Err = &'static str;

    fn from_str(typed: &str) -> Result<Self, Self::Err> {
        if let Some(folder) = typed.strip_prefix("file:").filter(|folder| !folder.is_empty()) {
            return Ok(Self::Folder(folder.into()));
        }
        let address = typed.strip_prefix("s3://").unwrap_or_default();
        let (name, prefix) = address.split_once('/').unwrap_or((address, ""));
        if name.is_empty() {
            return Err("expected file:DIR or s3://BUCKET/PREFIX");
        }
        Ok(Self::Bucket { name: name.to_owned(), prefix: prefix.to_owned() })
    }
}

impl ImageArgs {
    /// Opens the place, and asks it for an answer.
    pub(super) async fn open(&self, database: &DatabaseArgs) -> anyhow::Result<Images> {
        let default = || Place::Folder(database.data.join("images"));
        let (images, named) = match self.images.clone().unwrap_or_else(default) {
            Place::Folder(folder) => (Images::in_folder(&folder), folder.display().to_string()),
            Place::Bucket { name, prefix } => {
                choose_provider();
                (Images::in_bucket(&name, &prefix, std::env::vars()), format!("the bucket {name}"))
            }
        };
        let place = || format!("cannot keep pictures in {named}");
        let images = images.with_context(place)?;
        images.check().await.with_context(place)?;
        Ok(images)
    }
}

#[cfg(test)]
mod tests {
    use super::Place;

    #[test]
    fn a_place_is_a_folder_or_a_bucket() {
        assert_eq!("file:/srv/images".parse(), Ok(Place::Folder("/srv/images".into())));
        let bucket = |prefix: &str| Place::Bucket { name: "faces".to_owned(), prefix: prefix.to_owned() };
        assert_eq!("s3://faces".parse(), Ok(bucket("")));
        assert_eq!("s3://faces/north/1".parse(), Ok(bucket("north/1")));
        for wrong in ["", "file:", "/srv/images", "s3://", "s3:///x", "gs://faces"] {
            assert!(wrong.parse::<Place>().is_err(), "{wrong}");
        }
    }
}
