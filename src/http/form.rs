//! Multipart forms: pictures, and text fields before them.

use std::sync::Arc;

use axum::extract::multipart::{Field, MultipartError};
use axum::extract::{FromRequest, Multipart, Request};
use axum::http::StatusCode;

use super::problem::Problem;

/// Fields of text are short.
const TEXT_BYTES: usize = 4096;

/// One part of a form.
pub enum Part {
    /// A field with a short text.
    Text {
        /// Name of the field.
        name: String,
        /// Its content, trimmed.
        value: String,
    },
    /// A picture, as the bytes that were sent.
    Picture(Arc<[u8]>),
}

/// The parts of a form, in the order in which they were sent. Fields of the given names are pictures.
pub struct Form(Multipart);

impl<S: Send + Sync> FromRequest<S> for Form {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        Multipart::from_request(request, state)
            .await
            .map(Self)
            .map_err(|_| Problem::invalid_form("multipart/form-data"))
    }
}

impl Form {
    /// Reads the next part; the field called `picture` holds a picture.
    ///
    /// # Errors
    /// A problem when the form is broken or too large.
    pub async fn next(&mut self, picture: &str) -> Result<Option<Part>, Problem> {
        let Some(field) = self.0.next_field().await.map_err(|error| refused(&error))? else { return Ok(None) };
        let name = field.name().unwrap_or_default().to_owned();
        if name == picture {
            let bytes = field.bytes().await.map_err(|error| refused(&error))?;
            return Ok(Some(Part::Picture(Arc::from(bytes.as_ref()))));
        }
        let value = short_text(field).await?;
        Ok(Some(Part::Text { name, value }))
    }
}

async fn short_text(mut field: Field<'_>) -> Result<String, Problem> {
    let mut bytes = Vec::new();
    while let Some(chunk) = field.chunk().await.map_err(|error| refused(&error))? {
        if bytes.len() + chunk.len() > TEXT_BYTES {
            return Err(Problem::invalid_form("short text fields"));
        }
        bytes.extend_from_slice(&chunk);
    }
    let text = String::from_utf8(bytes).map_err(|_| Problem::invalid_form("UTF-8 text fields"))?;
    Ok(text.trim().to_owned())
}

fn refused(error: &MultipartError) -> Problem {
    if error.status() == StatusCode::PAYLOAD_TOO_LARGE {
        Problem::too_large()
    } else {
        Problem::invalid_form("whole parts")
    }
}
