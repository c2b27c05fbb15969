//! What is refused about devices: a request that is not believed, or a device that cannot be enrolled.

use axum::http::StatusCode;

use super::problem::{Challenge, Problem};
use crate::domain::attendant::Unattended;
use crate::service::admit_device::DeviceRefusal;
use crate::signing::device_request::RequestRefusal;

impl From<DeviceRefusal> for Problem {
    fn from(refusal: DeviceRefusal) -> Self {
        match refusal {
            DeviceRefusal::Request(refusal) => refusal.into(),
            DeviceRefusal::Unknown => unsigned(
                "device_unknown",
                "No device of this number is enrolled here. An agency enrols it: two people, POST /v1/proposals.",
                "此处没有登记该设备。请由经办机构登记：须两人办理，POST /v1/proposals。",
            ),
            DeviceRefusal::Revoked => unsigned(
                "device_revoked",
                "This device was revoked. It needs a new key, and has to be enrolled again.",
                "该设备已被注销。须生成新的密钥并重新登记。",
            ),
            DeviceRefusal::Replayed => unsigned(
                "device_replayed",
                "This very request came before. Sign each request anew, with a new nonce; an Idempotency-Key may stay.",
                "该请求此前已收到。每个请求须使用新的 nonce 重新签名；Idempotency-Key 可以不变。",
            ),
        }
    }
}

impl From<RequestRefusal> for Problem {
    fn from(refusal: RequestRefusal) -> Self {
        match refusal {
            RequestRefusal::Malformed => unsigned(
                "device_signature_malformed",
                "The signature of the device cannot be read. `accept-signature` tells what it has to be (RFC 9421).",
                "无法识别设备签名。所需的签名见 accept-signature（RFC 9421）。",
            ),
            RequestRefusal::NotCovered(component) => unsigned(
                "device_signature_incomplete",
                &format!("The signature of the device does not cover {component}. See `accept-signature`."),
                &format!("设备签名未覆盖 {component}，见 accept-signature。"),
            ),
            RequestRefusal::Clock => unsigned(
                "device_clock",
                "The signature was made more than a minute ago, or in the future. Set the clock by the header `date`.",
                "签名时间与服务器相差超过一分钟。请按响应头 date 校准时钟。",
            ),
            RequestRefusal::Wrong => unsigned(
                "device_signature_wrong",
                "The signature is not by the key of this device, or something was changed on the way.",
                "签名与该设备的密钥不符，或请求在途中被改动。",
            ),
            RequestRefusal::Body => unsigned(
                "device_body_changed",
                "The body is not the one that was signed: `content-digest` does not fit. Send it again.",
                "请求内容与签名时不同（content-digest 不符）。请重新发送。",
            ),
        }
    }
}

impl From<Unattended> for Problem {
    fn from(missing: Unattended) -> Self {
        match missing {
            Unattended::NoDevice => unsigned(
                "device_signature_missing",
                "A session at a kiosk needs the signature of an enrolled device: see `accept-signature` (RFC 9421).",
                "自助终端的认证须有已登记设备的签名：见 accept-signature（RFC 9421）。",
            ),
            Unattended::NoStaff => Self::no_credentials(),
        }
    }
}

pub(super) fn invalid_name() -> Problem {
    Problem::new(
        StatusCode::UNPROCESSABLE_ENTITY,
        "invalid_device_name",
        "The name of a device has 1 to 100 characters and no control characters.",
        "设备名称须为 1 至 100 个字符，不含控制字符。",
    )
}

pub(super) fn invalid_key() -> Problem {
    Problem::new(
        StatusCode::UNPROCESSABLE_ENTITY,
        "invalid_device_key",
        "The public key is not one. Send what `vivat kiosk key` printed.",
        "公钥无效。请填写 `vivat kiosk key` 输出的内容。",
    )
}

pub(super) fn key_taken() -> Problem {
    Problem::new(
        StatusCode::CONFLICT,
        "device_key_taken",
        "A device has this key already, or had it before it was revoked. Make a new one with `vivat kiosk key`.",
        "该公钥已被某台设备使用（包括已注销的设备）。请用 `vivat kiosk key` 重新生成。",
    )
}

fn unsigned(code: &'static str, detail: &str, detail_zh: &str) -> Problem {
    Problem::new(StatusCode::UNAUTHORIZED, code, detail, detail_zh).challenge(Challenge::Signature)
}
