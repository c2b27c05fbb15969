//! Errors on the wire: RFC 9457 problems with a stable code, in words that say what to do.

use axum::Json;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::limits::Paused;
use crate::service::accept_capture::Advice;
use crate::service::complete_session::SessionCompleted;

const ACCEPT_SIGNATURE: HeaderName = HeaderName::from_static("accept-signature");
/// What a device has to sign, as RFC 9421, section 5.1, says it.
const DEVICE_SIGNATURE: &str = "device=(\"@method\" \"@authority\" \"@path\" \"@query\" \"content-type\" \
    \"content-digest\");created;keyid;alg=\"ed25519\";nonce;tag=\"vivat-device\"";

/// A problem, ready to be sent.
#[derive(Debug)]
pub struct Problem {
    status: StatusCode,
    body: Box<ProblemBody>,
    retry_after_seconds: Option<u32>,
    challenge: Challenge,
}

/// What a request without good credentials is asked for.
#[derive(Debug, Clone, Copy)]
pub(super) enum Challenge {
    /// The token of a member of staff.
    Bearer,
    /// The signature of a device (RFC 9421).
    Signature,
}

/// A problem as JSON (RFC 9457, `application/problem+json`).
#[derive(Debug, Serialize, ToSchema)]
pub struct ProblemBody {
    /// `urn:vivat:problem:` and the code.
    #[serde(rename = "type")]
    #[schema(example = "urn:vivat:problem:session_expired")]
    kind: String,
    /// Name of the HTTP status.
    #[schema(example = "Gone")]
    title: &'static str,
    /// HTTP status.
    #[schema(example = 410)]
    status: u16,
    /// Stable: programs may depend on it.
    #[schema(example = "session_expired")]
    code: &'static str,
    /// What is wrong and what to do, in English.
    detail: String,
    /// The same in Chinese.
    detail_zh: String,
    /// What to change about a photo.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    guidance: Vec<Advice>,
    /// When the pause is over.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    paused_until: Option<Timestamp>,
    /// The result that the session has already.
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<SessionCompleted>,
}

impl Problem {
    pub(super) fn new(
        status: StatusCode,
        code: &'static str,
        detail: impl Into<String>,
        detail_zh: impl Into<String>,
    ) -> Self {
        let body = ProblemBody {
            kind: format!("urn:vivat:problem:{code}"),
            title: status.canonical_reason().unwrap_or("Error"),
            status: status.as_u16(),
            code,
            detail: detail.into(),
            detail_zh: detail_zh.into(),
            guidance: Vec::new(),
            paused_until: None,
            result: None,
        };
        Self { status, body: Box::new(body), retry_after_seconds: None, challenge: Challenge::Bearer }
    }

    pub(super) fn with_guidance(mut self, guidance: Vec<Advice>) -> Self {
        self.body.guidance = guidance;
        self
    }

    pub(super) fn with_result(mut self, result: SessionCompleted) -> Self {
        self.body.result = Some(result);
        self
    }

    pub(super) fn retry_after(mut self, seconds: u32) -> Self {
        self.retry_after_seconds = Some(seconds);
        self
    }

    pub(super) fn challenge(mut self, challenge: Challenge) -> Self {
        self.challenge = challenge;
        self
    }

    pub(super) fn no_credentials() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "no_credentials",
            "This is for staff: sign in (POST /v1/staff-sessions), and send the token as `Authorization: Bearer …`.",
            "此操作仅限工作人员：请先登录（POST /v1/staff-sessions），再用 `Authorization: Bearer …` 发送令牌。",
        )
    }

    pub(super) fn wrong_nonce() -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            "wrong_nonce",
            "The nonce is not the one of this session. Send the nonce that the session was opened with.",
            "随机码与本次会话不符。请使用开启会话时返回的随机码。",
        )
    }

    pub(super) fn invalid_json() -> Self {
        Self::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "invalid_json",
            "The body is not the JSON that this operation takes. See /openapi.json.",
            "请求内容不是此操作所需的 JSON。请参阅 /openapi.json。",
        )
    }

    pub(super) fn not_json() -> Self {
        Self::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "not_json",
            "Send the body as JSON, with the header `content-type: application/json`.",
            "请以 JSON 发送请求内容，并加上请求头 `content-type: application/json`。",
        )
    }

    pub(super) fn broken_upload() -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            "broken_upload",
            "The request ended before it was complete. Please send it again.",
            "请求没有发送完整，请重新发送。",
        )
    }

    /// `wanted` in English and in Chinese.
    pub(super) fn invalid_form(wanted: &str, wanted_zh: &str) -> Self {
        Self::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "invalid_form",
            format!("The form is not what this operation takes: it needs {wanted}. See /openapi.json."),
            format!("表单不符合要求：{wanted_zh}。请参阅 /openapi.json。"),
        )
    }

    pub(super) fn invalid_identifier() -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "not_found",
            "There is nothing at this address: the identifier in it is not one.",
            "此地址不存在：其中的标识符无效。",
        )
    }

    pub(super) fn invalid_query() -> Self {
        Self::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "invalid_query",
            "A parameter behind the question mark cannot be read. See /openapi.json.",
            "网址参数无法识别。请参阅 /openapi.json。",
        )
    }

    pub(super) fn invalid_idempotency_key() -> Self {
        Self::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "invalid_idempotency_key",
            "An Idempotency-Key has 8 to 128 visible ASCII characters. Use a random UUID for each new request.",
            "Idempotency-Key 须为 8 至 128 个可见 ASCII 字符。每个新请求请使用一个随机 UUID。",
        )
    }

    pub(super) fn too_large() -> Self {
        Self::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "too_large",
            "The request is too large. Send smaller pictures, or fewer at a time.",
            "请求过大。请发送更小的图片，或减少每次发送的数量。",
        )
    }

    pub(super) fn busy() -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "busy",
            "Many people are certifying at this moment. Please send the same request again in a few seconds.",
            "目前办理人数较多。请几秒钟后重新发送同一请求。",
        )
        .retry_after(2)
    }

    pub(super) fn timed_out() -> Self {
        Self::new(
            StatusCode::REQUEST_TIMEOUT,
            "timed_out",
            "The request took too long and was given up. Please send it again with the same Idempotency-Key.",
            "请求超时。请使用相同的 Idempotency-Key 重新发送。",
        )
    }

    pub(super) fn paused(Paused { until, seconds }: Paused) -> Self {
        let mut problem = Self::new(
            StatusCode::TOO_MANY_REQUESTS,
            "paused",
            format!(
                "There were several tries in a row. Please wait {seconds} seconds. What was sent is kept, and the pension \
                 goes on. At the counter nobody has to wait; a home visit is possible too."
            ),
            format!(
                "连续尝试次数较多，请等待 {seconds} 秒后再试。已提交的内容均已保存，养老金照常发放。\
                 到窗口办理无需等待，也可以申请上门服务。"
            ),
        );
        problem.body.paused_until = Some(until);
        problem.retry_after(seconds)
    }

    pub(super) fn draining() -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "draining",
            "This node is about to stop. Ask another one.",
            "此节点即将停止，请使用其他节点。",
        )
        .retry_after(5)
    }

    pub(super) fn internal() -> Self {
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal",
            "Something went wrong on our side. Nothing that was confirmed is lost. Please try again, or call the office.",
            "系统出了问题。已确认的内容不会丢失。请重试，或联系经办机构。",
        )
    }
}

/// For methods that an address does not know.
pub(super) async fn no_such_method() -> Problem {
    Problem::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "method_not_allowed",
        "This address does not take this method. The API is described at /docs.",
        "此地址不支持该请求方法。接口说明见 /docs。",
    )
}

/// For addresses that nothing answers.
pub(super) async fn no_such_page() -> Problem {
    Problem::new(
        StatusCode::NOT_FOUND,
        "not_found",
        "There is nothing at this address. The API is described at /docs.",
        "此地址不存在。接口说明见 /docs。",
    )
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = (self.status, Json(self.body)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(seconds) = self.retry_after_seconds {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            let challenge = match self.challenge {
                Challenge::Bearer => HeaderValue::from_static("Bearer"),
                Challenge::Signature => {
                    headers.insert(ACCEPT_SIGNATURE, HeaderValue::from_static(DEVICE_SIGNATURE));
                    HeaderValue::from_static("Signature")
                }
            };
            headers.insert(header::WWW_AUTHENTICATE, challenge);
        }
        response
    }
}
