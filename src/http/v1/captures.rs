//! Captures: frames of a session, as a multipart form.

use axum::extract::State;
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::domain::attendant::Caller;
use crate::domain::capture::Step;
use crate::domain::id::SessionId;
use crate::domain::session::Nonce;
use crate::http::AppState;
use crate::http::called::Called;
use crate::http::form::{Form, Part, by_name};
use crate::http::idempotency::{IdempotencyHeader, IdempotencyKey};
use crate::http::json::InPath;
use crate::http::layers::with_pictures;
use crate::http::problem::{Problem, ProblemBody};
use crate::service::accept_capture::{CapturesAccepted, Frame};
use crate::service::answer::Answer;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    with_pictures(OpenApiRouter::new().routes(routes!(send)))
}

/// The form as the document shows it. `step` and `taken_at` hold for the frames behind them.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the form in the OpenAPI document; the parts are read one by one")]
struct CaptureForm {
    /// As given when the session was opened.
    nonce: String,
    /// What the person was asked to do.
    step: Step,
    /// When the device took the frame (RFC 3339).
    #[schema(value_type = String, format = DateTime)]
    taken_at: Timestamp,
    /// JPEG, PNG or WebP; once or more.
    #[schema(value_type = Vec<String>, format = Binary)]
    frame: Vec<Vec<u8>>,
}

/// Sends frames. What is answered with 201 is on the disk. The guidance tells what to change in the next frame.
#[utoipa::path(post, path = "/v1/sessions/{id}/captures", tag = "certification", security(()),
    params(("id" = uuid::Uuid, Path), IdempotencyHeader),
    request_body(content = CaptureForm, content_type = "multipart/form-data"),
    responses((status = 201, body = CapturesAccepted), (status = 401, body = ProblemBody), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody), (status = 410, body = ProblemBody), (status = 413, body = ProblemBody),
        (status = 422, body = ProblemBody), (status = 503, body = ProblemBody)))]
async fn send(
    State(state): State<AppState>,
    InPath(id): InPath<SessionId>,
    key: IdempotencyKey,
    Called { by, content: form }: Called<Form>,
) -> Result<Answer<CapturesAccepted>, Problem> {
    let sent = read(form)?;
    let key = key.of("send captures", &sent.content(id, by));
    Ok(state.service.accept_captures(id, &sent.nonce, by, sent.frames, key).await?)
}

struct Sent {
    nonce: Nonce,
    frames: Vec<Frame>,
}

impl Sent {
    /// What makes two requests the same: not the boundary of the form, which clients invent anew each time.
    fn content(&self, id: SessionId, by: Caller) -> Vec<u8> {
        let mut content = format!("{:?} {:?} {id} {}", by.device, by.staff, self.nonce.to_hex()).into_bytes();
        for frame in &self.frames {
            content.extend(format!(" {:?} {:?} ", frame.step, frame.taken_at).into_bytes());
            content.extend_from_slice(&Sha256::digest(&frame.picture));
        }
        content
    }
}

fn read(form: Form) -> Result<Sent, Problem> {
    let (mut nonce, mut step, mut taken_at, mut frames) = (None, None, None, Vec::new());
    for part in form.0 {
        match (part.0.as_str(), part.1) {
            ("nonce", Part::Text(text)) => nonce = Some(Nonce::parse(&text).ok_or_else(Problem::wrong_nonce)?),
            ("step", Part::Text(text)) => step = Some(step_of(&text)?),
            ("taken_at", Part::Text(text)) => taken_at = Some(time_of(&text)?),
            ("frame", Part::File(picture)) => match (step, taken_at) {
                (Some(step), Some(taken_at)) => frames.push(Frame { picture, step, taken_at }),
                _ => {
                    return Err(Problem::invalid_form(
                        "step and taken_at before each frame",
                        "每帧之前须有 step 和 taken_at",
                    ));
                }
            },
            _ => {
                return Err(Problem::invalid_form(
                    "nonce, step, taken_at as text, frame as file, and nothing else",
                    "nonce、step、taken_at 为文本，frame 为文件，不含其他字段",
                ));
            }
        }
    }
    let nonce = nonce.ok_or_else(Problem::wrong_nonce)?;
    if frames.is_empty() {
        return Err(Problem::invalid_form("at least one frame", "至少要有一帧"));
    }
    Ok(Sent { nonce, frames })
}

fn time_of(text: &str) -> Result<Timestamp, Problem> {
    text.parse().map_err(|_| Problem::invalid_form("taken_at in RFC 3339", "taken_at 须为 RFC 3339 时间"))
}

fn step_of(name: &str) -> Result<Step, Problem> {
    by_name(name).ok_or_else(|| Problem::invalid_form("a step of the challenge", "step 须为指引中的步骤"))
}
