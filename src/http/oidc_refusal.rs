//! What somebody hears who did not get in through a foreign identity provider: one row for each reason.

use axum::http::StatusCode as Status;

use super::problem::Problem;
use crate::oidc::{ProviderError, TokenFault};
use crate::service::staff::oidc::OidcRefusal;

impl From<OidcRefusal> for Problem {
    fn from(refusal: OidcRefusal) -> Self {
        match refusal {
            OidcRefusal::NoProvider => Self::new(
                Status::NOT_FOUND,
                "oidc_no_provider",
                "No identity provider is set up here (--oidc-issuer). Sign in with a password: POST /v1/staff-sessions.",
                "此处未配置统一身份认证（--oidc-issuer）。请使用密码登录：POST /v1/staff-sessions。",
            ),
            OidcRefusal::Unknown => refused(
                "oidc_sign_in_unknown",
                "This sign-in is not known here, or it was finished already. Begin again: /v1/staff-sessions/oidc.",
                "没有此次登录，或登录已经完成。请重新开始：/v1/staff-sessions/oidc。",
            ),
            OidcRefusal::TooLate => Self::new(
                Status::GONE,
                "oidc_sign_in_expired",
                "The sign-in took more than ten minutes. Begin again: /v1/staff-sessions/oidc.",
                "登录超过十分钟。请重新开始：/v1/staff-sessions/oidc。",
            ),
            OidcRefusal::OtherBrowser => refused(
                "oidc_other_browser",
                "The sign-in began in another browser, or cookies are blocked. Begin again here: /v1/staff-sessions/oidc.",
                "登录是在另一个浏览器中开始的，或 Cookie 被禁用。请在此重新开始：/v1/staff-sessions/oidc。",
            ),
            OidcRefusal::Provider(error) => error.into(),
            OidcRefusal::NotLinked => refused(
                "oidc_not_linked",
                "The identity provider knows you, but you have no account here. Ask for it to be linked: `vivat staff link`.",
                "统一身份认证已确认您的身份，但尚未关联本系统账号。请联系管理员关联：`vivat staff link`。",
            ),
            OidcRefusal::LinkedBefore => Self::new(
                Status::CONFLICT,
                "oidc_linked_before",
                "This identity opens an account already. Undo that link first: `vivat staff unlink`.",
                "该身份已关联账号，请先解除关联：`vivat staff unlink`。",
            ),
            OidcRefusal::Disabled => refused(
                "account_disabled",
                "Your account is disabled. Ask an administrator of your agency.",
                "您的账号已停用。请联系本机构的管理员。",
            ),
        }
    }
}

impl From<ProviderError> for Problem {
    fn from(error: ProviderError) -> Self {
        match error {
            ProviderError::Unavailable => Self::new(
                Status::SERVICE_UNAVAILABLE,
                "oidc_provider_unavailable",
                "The identity provider cannot be reached. Try again in a moment, or sign in with a password.",
                "暂时无法连接统一身份认证。请稍后重试，或使用密码登录。",
            )
            .retry_after(5),
            ProviderError::Refused => refused(
                "oidc_refused",
                "The identity provider did not let you in, or you cancelled. Begin again: /v1/staff-sessions/oidc.",
                "统一身份认证未通过，或您已取消。请重新开始：/v1/staff-sessions/oidc。",
            ),
            ProviderError::Token(fault) => fault.into(),
        }
    }
}

impl From<TokenFault> for Problem {
    fn from(fault: TokenFault) -> Self {
        tracing::warn!(error = &fault as &dyn std::error::Error, "an ID token was refused");
        match fault {
            TokenFault::Signature => token("oidc_token_signature", "not signed by it", "签名不符"),
            TokenFault::Issuer => token("oidc_token_issuer", "made by another issuer", "签发方不符"),
            TokenFault::Audience => token("oidc_token_audience", "made for another service", "接收方不符"),
            TokenFault::Expired => token("oidc_token_expired", "too old: is a clock wrong?", "已过期，请检查时钟"),
            TokenFault::Nonce => token("oidc_token_nonce", "of another sign-in", "不属于本次登录"),
            TokenFault::Missing | TokenFault::Malformed => token("oidc_token_malformed", "not readable", "无法识别"),
            TokenFault::Weak => refused(
                "oidc_sign_in_weak",
                "You signed in at the identity provider without what is required here, such as a second factor. Sign out \
                 there, and begin again: /v1/staff-sessions/oidc.",
                "您在统一身份认证的登录方式不符合要求（例如缺少第二验证因素）。请先在那里退出，再重新开始：/v1/staff-sessions/oidc。",
            ),
        }
    }
}

fn token(code: &'static str, fault: &str, fault_zh: &str) -> Problem {
    Problem::new(
        Status::FORBIDDEN,
        code,
        format!(
            "What the identity provider sent is {fault}. Begin again: /v1/staff-sessions/oidc; if it stays so, tell the operator."
        ),
        format!("统一身份认证返回的内容{fault_zh}。请重新开始：/v1/staff-sessions/oidc；如仍不行，请联系系统管理员。"),
    )
}

fn refused(code: &'static str, detail: &str, detail_zh: &str) -> Problem {
    Problem::new(Status::FORBIDDEN, code, detail, detail_zh)
}
