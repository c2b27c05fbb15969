//! Multipart forms: pictures, and short fields of text.

use std::sync::Arc;

use axum::extract::multipart::MultipartError;
use axum::extract::{FromRequest, Multipart, Request};
use axum::http::StatusCode;

use serde::Deserialize;
use serde::de::IntoDeserializer;
use serde::de::value::{Error as ValueError, StrDeserializer};

use super::problem::Problem;

/// Fields of text are short.
const TEXT_BYTES: usize = 4096;

/// More than any form here has: as many frames as an attempt may have, each with its time and its light.
const MOST_PARTS: usize = 200;

/// One part of a form.
pub enum Part {
    /// A field with a short text, trimmed.
    Text(String),
    /// What was sent as a file.
    File(Arc<[u8]>),
}

/// The named parts of a form, in the order in which they were sent.
pub struct Form(pub Vec<(String, Part)>);

impl<S: Send + Sync> FromRequest<S> for Form {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let multipart = Multipart::from_request(request, state).await;
        let mut multipart =
            multipart.map_err(|_| Problem::invalid_form("multipart/form-data", "应为 multipart/form-data"))?;
        let mut parts = Vec::new();
        while let Some(field) = multipart.next_field().await.map_err(|error| broken(&error))? {
            let name = field.name().unwrap_or_default().to_owned();
            let is_text = field.content_type().is_none_or(|kind| kind.starts_with("text/"));
            let is_file = field.file_name().is_some() || !is_text;
            let bytes = field.bytes().await.map_err(|error| broken(&error))?;
            if parts.len() == MOST_PARTS {
                return Err(Problem::invalid_form("fewer parts", "部分过多"));
            }
            parts.push((name, is_file, bytes));
        }
        let parts = parts.into_iter().map(|(name, is_file, bytes)| {
            let part = if is_file { Part::File(Arc::from(bytes.as_ref())) } else { Part::Text(short_text(&bytes)?) };
            Ok((name, part))
        });
        parts.collect::<Result<_, Problem>>().map(Self)
    }
}

fn short_text(bytes: &[u8]) -> Result<String, Problem> {
    let text = std::str::from_utf8(bytes).ok().filter(|text| text.len() <= TEXT_BYTES);
    text.map(|text| text.trim().to_owned())
        .ok_or_else(|| Problem::invalid_form("short text fields in UTF-8", "文本字段须简短并使用 UTF-8"))
}

/// One of the names of an enumeration, as serde knows them.
pub(super) fn by_name<'a, T: Deserialize<'a>>(name: &'a str) -> Option<T> {
    let name: StrDeserializer<'_, ValueError> = name.into_deserializer();
    T::deserialize(name).ok()
}

fn broken(error: &MultipartError) -> Problem {
    if error.status() == StatusCode::PAYLOAD_TOO_LARGE { Problem::too_large() } else { Problem::broken_upload() }
}
