//! Captures: frames of a session, as a multipart form.

use axum::extract::State;
use jiff::Timestamp;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::domain::attendant::Caller;
use crate::domain::camera::{Camera, Facing};
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
use crate::service::accept_capture::{CapturesAccepted, Frame, Submission};
use crate::service::answer::Answer;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    with_pictures(OpenApiRouter::new().routes(routes!(send)))
}

/// The form as the document shows it. `taken_at` and `light` hold for the frames behind them; everything else for all.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the form in the OpenAPI document; the parts are read one by one")]
struct CaptureForm {
    /// As given when the session was opened.
    nonce: String,
    /// What the person was asked to do.
    step: Step,
    /// As given with the instruction. Frames of the first step need none.
    ticket: Option<String>,
    /// What the device calls its camera.
    #[schema(example = "camera2 1, facing front")]
    camera: Option<String>,
    /// Where the camera looks.
    facing: Option<Facing>,
    /// When the device took the frame (RFC 3339).
    #[schema(value_type = String, format = DateTime)]
    taken_at: Timestamp,
    /// Which of the colours the screen showed, from 0; only with `watch_light`.
    light: Option<u32>,
    /// JPEG, PNG or WebP; once or more.
    #[schema(value_type = Vec<String>, format = Binary)]
    frame: Vec<Vec<u8>>,
}

/// Sends frames of the present step, in the order in which they were taken. What is answered with 201 is on the disk. The
/// guidance tells what to change in the next frame, and `next` what to do then.
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
    Ok(state.service.accept_captures(id, &sent.nonce, by, sent.submission, key).await?)
}

struct Sent {
    nonce: Nonce,
    submission: Submission,
}

impl Sent {
    /// What makes two requests the same: not the boundary of the form, which clients invent anew each time.
    fn content(&self, id: SessionId, by: Caller) -> Vec<u8> {
        let Submission { step, ticket, camera, frames } = &self.submission;
        let (nonce, ticket) = (self.nonce.to_hex(), ticket.as_deref().unwrap_or_default());
        let mut content =
            format!("{:?} {:?} {id} {nonce} {step:?} {ticket} {camera:?}", by.device, by.staff).into_bytes();
        for frame in frames {
            let (light, taken_at, digest) = frame.content();
            content.extend(format!(" {light:?} {taken_at:?} ").into_bytes());
            content.extend_from_slice(digest);
        }
        content
    }
}

fn read(form: Form) -> Result<Sent, Problem> {
    let (mut nonce, mut step, mut ticket, mut label, mut facing) = (None, None, None, None, None);
    let (mut taken_at, mut light, mut frames) = (None, None, Vec::new());
    for part in form.0 {
        match (part.0.as_str(), part.1) {
            ("nonce", Part::Text(text)) => nonce = Some(Nonce::parse(&text).ok_or_else(Problem::wrong_nonce)?),
            ("step", Part::Text(text)) => {
                let this = step_of(&text)?;
                if step.is_some_and(|other| other != this) {
                    return Err(Problem::invalid_form("the frames of one step", "一次只发送一个步骤的帧"));
                }
                step = Some(this);
            }
            ("ticket", Part::Text(text)) => ticket = Some(text),
            ("camera", Part::Text(text)) => label = Some(text),
            ("facing", Part::Text(text)) => facing = Some(facing_of(&text)?),
            ("taken_at", Part::Text(text)) => taken_at = Some(time_of(&text)?),
            ("light", Part::Text(text)) => light = Some(light_of(&text)?),
            ("frame", Part::File(picture)) => match (step, taken_at) {
                (Some(_), Some(taken_at)) => frames.push(Frame::new(picture, taken_at, light)),
                _ => {
                    return Err(Problem::invalid_form(
                        "step and taken_at before each frame",
                        "每帧之前须有 step 和 taken_at",
                    ));
                }
            },
            _ => {
                return Err(Problem::invalid_form(
                    "nonce, step, ticket, camera, facing, taken_at, light as text, frame as file, and nothing else",
                    "nonce、step、ticket、camera、facing、taken_at、light 为文本，frame 为文件，不含其他字段",
                ));
            }
        }
    }
    let nonce = nonce.ok_or_else(Problem::wrong_nonce)?;
    let step = step.filter(|_| !frames.is_empty());
    let step = step.ok_or_else(|| Problem::invalid_form("at least one frame", "至少要有一帧"))?;
    let camera = label.map(|label| Camera::new(&label, facing));
    Ok(Sent { nonce, submission: Submission { step, ticket, camera, frames } })
}

fn light_of(text: &str) -> Result<u32, Problem> {
    text.parse().map_err(|_| Problem::invalid_form("light as a number from 0", "light 须为从 0 开始的数字"))
}

fn facing_of(name: &str) -> Result<Facing, Problem> {
    by_name(name)
        .ok_or_else(|| Problem::invalid_form("facing as user or environment", "facing 须为 user 或 environment"))
}

fn time_of(text: &str) -> Result<Timestamp, Problem> {
    text.parse().map_err(|_| Problem::invalid_form("taken_at in RFC 3339", "taken_at 须为 RFC 3339 时间"))
}

fn step_of(name: &str) -> Result<Step, Problem> {
    by_name(name).ok_or_else(|| Problem::invalid_form("a step of the challenge", "step 须为指引中的步骤"))
}
