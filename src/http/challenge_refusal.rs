//! Frames that a challenge does not take, as problems: what to do instead.

use axum::http::StatusCode;

use super::problem::Problem;
use super::refusal::conflict;
use crate::domain::challenge::ChallengeRefusal;
use crate::service::frame_history::FrameRefusal;

impl From<ChallengeRefusal> for Problem {
    fn from(refusal: ChallengeRefusal) -> Self {
        match refusal {
            ChallengeRefusal::NotAsked => conflict(
                "step_not_asked",
                "This is not the step to be shown now. Show the one that the last answer told as `next`; when that was \
                 null, ask for the decision.",
                "现在不需要这个动作。请完成上次答复 next 中的动作；如果 next 为 null，请直接请求结果。",
            ),
            ChallengeRefusal::TooLate => conflict(
                "step_over",
                "The time for this step is over. Ask for the decision: there is another attempt, and nothing is lost.",
                "此动作的时间已过。请直接请求结果：可以再试一次，不会有任何影响。",
            ),
            ChallengeRefusal::WrongTicket => Self::new(
                StatusCode::FORBIDDEN,
                "wrong_ticket",
                "The ticket is not the one of this step. Send the ticket that came with the instruction.",
                "凭据与此动作不符。请发送随指引得到的 ticket。",
            ),
            ChallengeRefusal::NoSuchColour => Self::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "no_such_colour",
                "Each frame of watch_light says as `light` which colour was shown, from 0; other frames say nothing of it.",
                "watch_light 的每一帧须用 light 说明当时显示的是第几种颜色（从 0 开始）；其他帧不带此字段。",
            ),
        }
    }
}

impl From<FrameRefusal> for Problem {
    fn from(refusal: FrameRefusal) -> Self {
        match refusal {
            FrameRefusal::Repeated => conflict(
                "frame_repeated",
                "This picture was sent before in this session. Take a new one. To repeat a request whose answer was lost, \
                 send it with the same Idempotency-Key.",
                "这张照片在本次会话中已经发送过，请重新拍摄。若因未收到答复而重发，请使用相同的 Idempotency-Key。",
            ),
            FrameRefusal::OutOfOrder => Self::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "frames_out_of_order",
                "A frame was taken before one that was sent already. Send frames in the order in which they were taken.",
                "有一帧的拍摄时间早于已发送的帧。请按拍摄顺序发送。",
            ),
        }
    }
}
