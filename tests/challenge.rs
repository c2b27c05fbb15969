//! Challenges over HTTP: told one step at a time, answered in order, declined without a reason; and pictures that were here
//! before.

mod history;
mod phone;
mod steps;

use jiff::Timestamp;
use reqwest::multipart::{Form, Part};
use serde_json::Value;

use crate::support::server::{Answer, OpenedSession, TestServer, answer};

/// One frame, with its time, and the colour that was shown.
struct Shot {
    taken_at: Timestamp,
    light: Option<usize>,
    picture: Vec<u8>,
}

/// The frames of a step, with the ticket of its instruction, if they have one.
async fn send(
    server: &TestServer,
    session: &OpenedSession,
    step: &str,
    ticket: Option<&str>,
    shots: Vec<Shot>,
) -> Answer {
    let mut form = Form::new().text("nonce", session.nonce.clone()).text("step", step.to_owned());
    if let Some(ticket) = ticket {
        form = form.text("ticket", ticket.to_owned());
    }
    for shot in shots {
        form = form.text("taken_at", shot.taken_at.to_string());
        if let Some(light) = shot.light {
            form = form.text("light", light.to_string());
        }
        form = form.part("frame", Part::bytes(shot.picture).file_name("frame"));
    }
    answer(server.client.post(format!("{}/v1/sessions/{}/captures", server.base, session.id)).multipart(form)).await
}

/// The same picture for a step that was told, once for each colour where there are any.
async fn answer_still(
    server: &TestServer,
    session: &OpenedSession,
    told: &Value,
    picture: impl Fn() -> Vec<u8>,
) -> Answer {
    let colours = told["colours"].as_array().map_or(0, Vec::len);
    let lights = if colours == 0 { vec![None] } else { (0..colours).map(Some).collect() };
    let shot = |light| Shot { taken_at: server.clock_now(), light, picture: picture() };
    let shots = lights.into_iter().map(shot).collect();
    send(server, session, told["step"].as_str().unwrap(), told["ticket"].as_str(), shots).await
}
