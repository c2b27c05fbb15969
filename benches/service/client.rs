//! What stands in front of a kiosk: sends a session, its frames, and asks for the decision.
//!
//! It is as cheap as can be, because it takes its part of the cores that are measured: forms are put together from bytes
//! that were made once.

use std::fmt::Write as _;
use std::io::Cursor;
use std::sync::Arc;
use std::time::Duration;

use image::{DynamicImage, ImageFormat, RgbImage, imageops};
use jiff::SignedDuration;
use reqwest::header::CONTENT_TYPE;
use serde_json::{Value, json};
use vivat::clock::SystemClock;
use vivat::domain::clock::Clock;

use super::Outcome;
use super::node::path;

/// Requests of a certification.
pub(super) const REQUESTS: usize = 3;

const FORM: &str = "multipart/form-data; boundary=frame";

/// Between two frames of a burst.
const APART: SignedDuration = SignedDuration::from_millis(300);

/// The frames of a certification, as JPEG.
#[derive(Clone)]
pub(super) struct Burst {
    pub(super) frames: Arc<[Vec<u8>]>,
}

impl Burst {
    /// A portrait in a frame of a kiosk, a pixel further in each: no frame comes twice, and no movement looks wrong.
    pub(super) fn of(frames: u32) -> Outcome<Self> {
        let portrait = image::open(path("VIVAT_PHOTOS", "fixtures/photos").join("obama3.jpg"))?;
        let portrait = portrait.thumbnail(720, 720).into_rgb8();
        let frame = |at: u32| {
            let mut frame = RgbImage::from_pixel(1280, 720, image::Rgb([96, 104, 112]));
            imageops::overlay(&mut frame, &portrait, i64::from(350 + at), 0);
            let mut jpeg = Cursor::new(Vec::new());
            DynamicImage::ImageRgb8(frame).write_to(&mut jpeg, ImageFormat::Jpeg)?;
            Ok(jpeg.into_inner())
        };
        Ok(Self { frames: (0..frames).map(frame).collect::<Outcome<_>>()? })
    }

    fn form(&self, nonce: &str) -> Vec<u8> {
        let mut form = Vec::with_capacity(self.frames.iter().map(|frame| frame.len() + 512).sum());
        let mut head = String::new();
        for (name, text) in [("nonce", nonce), ("step", "look_straight")] {
            field(&mut head, name, text);
        }
        let count = i32::try_from(self.frames.len()).unwrap_or(i32::MAX);
        let first = SystemClock.now() - APART * count;
        for (at, frame) in (0..count).zip(self.frames.iter()) {
            field(&mut head, "taken_at", &(first + APART * at).to_string());
            head += "--frame\r\nContent-Disposition: form-data; name=\"frame\"; filename=\"frame\"\r\n";
            head += "Content-Type: image/jpeg\r\n\r\n";
            form.extend_from_slice(head.as_bytes());
            form.extend_from_slice(frame);
            head.clear();
            head += "\r\n";
        }
        form.extend_from_slice(b"\r\n--frame--\r\n");
        form
    }
}

fn field(form: &mut String, name: &str, text: &str) {
    let _ = write!(form, "--frame\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{text}\r\n");
}

/// What became of a certification.
pub(super) enum Answered {
    Certified,
    /// 503 with a time to come back.
    Busy,
    /// Anything else.
    Wrong(String),
}

pub(super) fn new() -> Outcome<reqwest::Client> {
    Ok(reqwest::Client::builder().timeout(Duration::from_mins(1)).build()?)
}

pub(super) async fn certify(client: &reqwest::Client, base: &str, burst: &Burst) -> Outcome<Answered> {
    let session = json!({"citizen_id": "11010519491231002X", "channel": "kiosk"});
    let opened = client.post(format!("{base}/v1/sessions")).json(&session).send().await?;
    let opened = match body(opened).await? {
        Ok(opened) => opened,
        Err(answered) => return Ok(answered),
    };
    let (id, nonce) = (opened["id"].as_str().unwrap_or_default(), opened["nonce"].as_str().unwrap_or_default());
    let sending = client.post(format!("{base}/v1/sessions/{id}/captures")).header(CONTENT_TYPE, FORM);
    if let Err(answered) = body(sending.body(burst.form(nonce)).send().await?).await? {
        return Ok(answered);
    }
    let deciding = client.post(format!("{base}/v1/sessions/{id}/complete")).json(&json!({"nonce": nonce}));
    Ok(match body(deciding.send().await?).await? {
        Ok(decided) if decided["decision"] == "certified" => Answered::Certified,
        Ok(decided) => Answered::Wrong(decided["decision"].to_string()),
        Err(answered) => answered,
    })
}

async fn body(response: reqwest::Response) -> Outcome<Result<Value, Answered>> {
    let status = response.status().as_u16();
    let again = response.headers().contains_key("retry-after");
    let bytes = response.bytes().await?;
    Ok(match status {
        201 => Ok(serde_json::from_slice(&bytes)?),
        503 if again => Err(Answered::Busy),
        _ => Err(Answered::Wrong(format!("{status} {}", String::from_utf8_lossy(&bytes)))),
    })
}
