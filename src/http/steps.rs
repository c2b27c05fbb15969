//! Drawings of what a step asks, for whoever reads pictures more easily than words.

use axum::Router;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::routing::get;

use super::AppState;
use crate::domain::capture::Step;

pub(super) fn routes() -> Router<AppState> {
    Step::ALL.into_iter().fold(Router::new(), |router, step| {
        let headers = [(CONTENT_TYPE, "image/svg+xml"), (CACHE_CONTROL, "public, max-age=3600")];
        let answer = move || async move { (headers, drawing_of(step)) };
        router.route(&format!("/steps/{}.svg", step.name()), get(answer))
    })
}

const fn drawing_of(step: Step) -> &'static str {
    match step {
        Step::LookStraight => include_str!("steps/look_straight.svg"),
        Step::TurnLeft => include_str!("steps/turn_left.svg"),
        Step::TurnRight => include_str!("steps/turn_right.svg"),
        Step::OpenMouth => include_str!("steps/open_mouth.svg"),
        Step::Nod => include_str!("steps/nod.svg"),
        Step::ComeCloser => include_str!("steps/come_closer.svg"),
        Step::WatchLight => include_str!("steps/watch_light.svg"),
    }
}
