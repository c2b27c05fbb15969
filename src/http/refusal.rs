//! What a use case refuses, as a problem: one row for each.

use axum::http::StatusCode as Status;

use super::device_refusal;
use super::problem::Problem;
use crate::domain::citizen_id::InvalidCitizenId;
use crate::domain::credentials::WeakPassword;
use crate::domain::limits::Paused;
use crate::domain::review::CaseRefusal;
use crate::domain::session::SessionRefusal;
use crate::images::ImageError;
use crate::service::accept_capture::Advice;
use crate::service::error::ServiceError;
use crate::store::StoreError;
use crate::vault::KeyError;
use crate::vision::DecodeError;

impl From<ServiceError> for Problem {
    #[expect(clippy::too_many_lines, reason = "a table: one row for each refusal")]
    fn from(error: ServiceError) -> Self {
        match error {
            ServiceError::CitizenId(invalid) => invalid.into(),
            ServiceError::Session(refusal) => refusal.into(),
            ServiceError::Challenge(refusal) => refusal.into(),
            ServiceError::Frame(refusal) => refusal.into(),
            ServiceError::Case(refusal) => refusal.into(),
            ServiceError::Image(refusal) => refusal.into(),
            ServiceError::Store(error) => (&error).into(),
            ServiceError::Key(error) => (&error).into(),
            ServiceError::Images(error) => (&error).into(),
            ServiceError::Busy => Self::busy(),
            ServiceError::Reason(_) => reason_needed(),
            ServiceError::Name(_) => unprocessable(
                "invalid_name",
                "A name has 1 to 100 characters and no control characters.",
                "姓名须为 1 至 100 个字符，不含控制字符。",
            ),
            ServiceError::Agency(_) => unprocessable(
                "invalid_agency",
                "An agency code has 6 to 12 digits.",
                "经办机构代码须为 6 至 12 位数字。",
            ),
            ServiceError::NoScheme => unprocessable("no_scheme", "Give at least one scheme.", "请至少填写一个险种。"),
            ServiceError::AlreadyRegistered => conflict(
                "already_registered",
                "The citizen number is registered already. Find the person with /v1/beneficiaries/search.",
                "该公民身份号码已登记。请通过 /v1/beneficiaries/search 查找。",
            ),
            ServiceError::NotFound(_) => Self::new(
                Status::NOT_FOUND,
                "not_found",
                "There is nothing of this number. Please check it.",
                "没有找到该编号对应的内容，请核对。",
            ),
            ServiceError::CompletedBefore(result) => Self::from(SessionRefusal::Completed).with_result(*result),
            ServiceError::NoCaptures => conflict(
                "no_captures",
                "No picture has been sent in this attempt. Send frames first, then ask for the decision.",
                "本次尝试尚未收到照片。请先发送照片，再请求结果。",
            ),
            ServiceError::TooManyFrames => conflict(
                "too_many_frames",
                "The attempt has all the frames it may have. Ask for the decision now.",
                "本次尝试的照片数量已满，请直接请求结果。",
            ),
            ServiceError::PoorReference(findings) => unprocessable(
                "poor_reference",
                "The photo cannot serve as a reference: it needs one clear face. See `guidance`.",
                "该照片不能作为参考照片：需要一张清晰的人脸。请参阅 guidance。",
            )
            .with_guidance(findings.into_iter().map(Advice::from).collect()),
            ServiceError::KeyReused => unprocessable(
                "idempotency_key_reused",
                "This Idempotency-Key was used for another request. Use a new random key for each new request.",
                "该 Idempotency-Key 已用于另一个请求。每个新请求请使用新的随机值。",
            ),
            ServiceError::NoCredentials => Self::no_credentials(),
            ServiceError::NotPermitted(missing) => missing.into(),
            ServiceError::Login(_) => unprocessable(
                "invalid_login",
                "A login has 2 to 64 letters, digits and . _ - @, and no spaces.",
                "登录名须为 2 至 64 个字母、数字或 . _ - @，不含空格。",
            ),
            ServiceError::StaffNumber(_) => unprocessable(
                "invalid_staff_number",
                "A staff number has 1 to 32 letters, digits and hyphens.",
                "工号须为 1 至 32 个字母、数字或连字符。",
            ),
            ServiceError::LoginTaken => conflict(
                "login_taken",
                "There is an account with this login already. Choose another login.",
                "该登录名已被使用，请另选一个。",
            ),
            ServiceError::RoleGranted => conflict(
                "role_granted",
                "The account has this role at this agency already.",
                "该账号在该机构已有此角色。",
            ),
            #[cfg(feature = "oidc")]
            ServiceError::Oidc(refusal) => refusal.into(),
            ServiceError::Proposal(refusal) => refusal.into(),
            ServiceError::ProposedPolicy(invalid) => unprocessable(
                "invalid_policy",
                &format!("The proposed policy does not fit together: {invalid}."),
                &format!("拟议的策略不成立：{invalid}。"),
            ),
            ServiceError::NotCalibrated(known) => not_calibrated(&known),
            ServiceError::SignInRefused => Self::new(
                Status::UNAUTHORIZED,
                "sign_in_refused",
                "Login, password and code do not fit together. Type all three again; wait for the next code, each works once.",
                "登录名、密码和验证码不匹配。请重新输入；每个验证码只能使用一次，请等待下一个验证码。",
            ),
            ServiceError::SignInPaused(Paused { seconds, .. }) => Self::new(
                Status::TOO_MANY_REQUESTS,
                "sign_in_paused",
                format!("There were too many failures to sign in. Wait {seconds} seconds, or use the computer that you signed in from before."),
                format!("登录失败次数过多。请等待 {seconds} 秒，或使用以前登录过的电脑。"),
            )
            .retry_after(seconds),
            ServiceError::PasswordToChange => conflict(
                "password_to_change",
                "This password was issued for the first sign-in. Send the same request with `new_password`.",
                "此密码仅用于首次登录。请在同一请求中加上 new_password。",
            ),
            ServiceError::WeakPassword(WeakPassword::Length) => unprocessable(
                "password_length",
                "A password has 10 to 128 characters. A few words are easy to remember.",
                "密码须为 10 至 128 个字符。几个词组成的短语容易记住。",
            ),
            ServiceError::WeakPassword(WeakPassword::Guessable) => unprocessable(
                "password_guessable",
                "This password is one of the first that anybody would try. Choose one without your name, login or number.",
                "此密码容易被猜到。请不要使用姓名、登录名或工号，另选一个。",
            ),
            ServiceError::ConsoleNeeded => conflict(
                "console_needed",
                "Whoever decides proposals gets new credentials at the console: `vivat staff reset`.",
                "有权批准事项的人员须在服务器上重置凭据：`vivat staff reset`。",
            ),
            ServiceError::TwoPeopleNeeded => conflict(
                "two_people_needed",
                "This takes two people: one proposes it with POST /v1/proposals, another approves.",
                "此操作须两人办理：一人通过 POST /v1/proposals 提出，另一人批准。",
            ),
            ServiceError::Device(refusal) => refusal.into(),
            ServiceError::Unattended(missing) => missing.into(),
            ServiceError::Paused(paused) => Self::paused(paused),
            ServiceError::DeviceName(_) => device_refusal::invalid_name(),
            ServiceError::DeviceKey => device_refusal::invalid_key(),
            ServiceError::DeviceKeyTaken => device_refusal::key_taken(),
            ServiceError::Cosignature => unprocessable(
                "invalid_cosignature",
                "The line is not a cosignature of this checkpoint by a witness that is known here (--witness).",
                "该行不是已知见证方（--witness）对此检查点的联合签名。",
            ),
            ServiceError::NotAReceipt => unprocessable(
                "not_a_receipt",
                "This is not a receipt of this office, or it was changed. Send it as the certification gave it.",
                "这不是本机构出具的凭证，或内容被改动过。请原样发送认证时得到的凭证。",
            ),
            ServiceError::Policy(_)
            | ServiceError::Vision(_)
            | ServiceError::Internal(_)
            | ServiceError::ForeignLogKey
            | ServiceError::ForeignVault(_)
            | ServiceError::Sealed(_)
            | ServiceError::DamagedLog
            | ServiceError::StatusList(_)
            | ServiceError::Answer(_) => {
                tracing::error!(error = &error as &dyn std::error::Error, "a use case failed");
                Self::internal()
            }
        }
    }
}

impl From<InvalidCitizenId> for Problem {
    fn from(invalid: InvalidCitizenId) -> Self {
        let (code, detail, detail_zh) = match invalid {
            InvalidCitizenId::Length => (
                "citizen_id_length",
                "A citizen number has 18 characters (15 in its old form). Please count them and type it again.",
                "公民身份号码为 18 位（旧号码为 15 位）。请核对位数后重新输入。",
            ),
            InvalidCitizenId::Character => (
                "citizen_id_character",
                "A citizen number consists of digits; only the last character may be X. Please type it again.",
                "公民身份号码由数字组成，只有最后一位可以是 X。请重新输入。",
            ),
            InvalidCitizenId::BirthDate => (
                "citizen_id_birth_date",
                "The birth date inside the citizen number does not exist. Please compare it with the card.",
                "公民身份号码中的出生日期不存在。请对照证件核对。",
            ),
            InvalidCitizenId::CheckCharacter => (
                "citizen_id_check_character",
                "The citizen number is not right: perhaps a digit is wrong, or two are swapped. Please compare it with the card.",
                "公民身份号码有误，可能有一位写错，或两位颠倒。请对照证件核对。",
            ),
        };
        unprocessable(code, detail, detail_zh)
    }
}

impl From<SessionRefusal> for Problem {
    fn from(refusal: SessionRefusal) -> Self {
        match refusal {
            SessionRefusal::WrongNonce => Self::wrong_nonce(),
            SessionRefusal::Foreign => Self::new(
                Status::FORBIDDEN,
                "foreign_session",
                "The session was opened by another device, which alone may go on with it. Open a new session here.",
                "本次会话由另一台设备开启，只能在该设备上继续。请在此重新开始。",
            ),
            SessionRefusal::Expired => Self::new(
                Status::GONE,
                "session_expired",
                "The time for this is over. Please start again: that changes nothing for you, and your pension goes on.",
                "本次操作时间已过。请重新开始，这不会影响您，养老金照常发放。",
            ),
            SessionRefusal::Completed => conflict(
                "session_completed",
                "This session has its result already: see `result`.",
                "本次认证已有结果，见 result。",
            ),
        }
    }
}

impl From<CaseRefusal> for Problem {
    fn from(refusal: CaseRefusal) -> Self {
        match refusal {
            CaseRefusal::ClaimedByAnother => conflict(
                "case_claimed_by_another",
                "Another reviewer has this case now. Take another one.",
                "该案件正由其他审核人员处理。请选择其他案件。",
            ),
            CaseRefusal::NotClaimed => conflict(
                "case_not_claimed",
                "You do not hold this case, or your half hour is over. Claim it (again) first.",
                "您尚未领取该案件，或领取已超过半小时。请先（重新）领取。",
            ),
            CaseRefusal::Decided => {
                conflict("case_decided", "This case is decided. Take another one.", "该案件已有结论，请选择其他案件。")
            }
            CaseRefusal::JudgedBefore => conflict(
                "case_judged_before",
                "You have judged this case already: somebody else has to.",
                "您已对该案件作出判断，须由其他人员处理。",
            ),
            CaseRefusal::Attended => conflict(
                "case_attended",
                "You attended this person at the counter: somebody else has to judge.",
                "该人员由您在窗口办理，须由其他人员审核。",
            ),
            CaseRefusal::Reason => reason_needed(),
            CaseRefusal::NobodyToCertify => conflict(
                "nobody_to_certify",
                "Nobody was registered under this citizen number. Have the person come to the window, register them, and \
                 certify again in a new session; judge this case as “different” to close it.",
                "办理时该公民身份号码尚未登记。请本人到窗口登记后重新认证；本案件可判为“different”结案。",
            ),
        }
    }
}

impl From<DecodeError> for Problem {
    fn from(error: DecodeError) -> Self {
        let detail_zh = match error {
            DecodeError::Empty => "文件是空的，请重新拍照。",
            DecodeError::TooManyBytes => "文件超过 10 MB，请发送较小的图片。",
            DecodeError::TooManyPixels => "图片像素过多：不得超过 5000 万像素，边长不得超过 12000 像素。",
            DecodeError::TooSmall => "图片太小：边长至少 64 像素。",
            DecodeError::Truncated => "图片不完整，请重新发送或重新拍照。",
            DecodeError::Corrupt => "图片已损坏，请重新拍照。",
            DecodeError::NotAnImage => "无法识别该图片，请发送 JPEG、PNG 或 WebP 图片。",
        };
        Self::new(Status::UNPROCESSABLE_ENTITY, error.code(), error.to_string(), detail_zh)
    }
}

impl From<&StoreError> for Problem {
    fn from(error: &StoreError) -> Self {
        tracing::error!(error = error as &dyn std::error::Error, "the database failed");
        match error {
            StoreError::Unavailable(_) => Self::new(
                Status::SERVICE_UNAVAILABLE,
                "database_unavailable",
                "The record cannot be reached at the moment. Nothing was accepted. Please try again in a moment.",
                "暂时无法连接数据库，本次内容未被接收。请稍后重试。",
            )
            .retry_after(5),
            StoreError::Full | StoreError::ReadOnly => storage_refused(),
            _ => Self::internal(),
        }
    }
}

impl From<&ImageError> for Problem {
    fn from(error: &ImageError) -> Self {
        tracing::error!(error = error as &dyn std::error::Error, "the store of pictures failed");
        match error {
            ImageError::Full | ImageError::ReadOnly => storage_refused(),
            ImageError::Unavailable(_) | ImageError::Refused => Self::new(
                Status::SERVICE_UNAVAILABLE,
                "images_unavailable",
                "Pictures cannot be kept or read at the moment. Nothing was accepted. Please try again in a moment.",
                "暂时无法保存或读取照片，本次内容未被接收。请稍后重试。",
            )
            .retry_after(5),
            ImageError::Missing => Self::internal(),
        }
    }
}

fn storage_refused() -> Problem {
    Problem::new(
        Status::INSUFFICIENT_STORAGE,
        "storage_refused",
        "The record cannot be written: the disk is full or read-only. Nothing was accepted. The operator must act.",
        "无法写入记录：磁盘已满或只读。本次内容未被接收，请联系管理员处理。",
    )
    .retry_after(60)
}

impl From<&KeyError> for Problem {
    fn from(error: &KeyError) -> Self {
        tracing::error!(error = error as &dyn std::error::Error, "a key of the vault is not to be had");
        match error {
            KeyError::NotOpened => Self::internal(),
            KeyError::UnknownKek(_) | KeyError::Unavailable(_) => Self::new(
                Status::SERVICE_UNAVAILABLE,
                "vault_unavailable",
                "The keys of the vault cannot be had at the moment. Nothing was accepted. Please try again in a moment.",
                "暂时无法取得密钥，本次内容未被接收。请稍后重试。",
            )
            .retry_after(5),
        }
    }
}

fn not_calibrated(known: &str) -> Problem {
    let (known, known_zh) = if known.is_empty() { ("none", "无") } else { (known, known) };
    unprocessable(
        "not_calibrated",
        &format!(
            "The models have no calibration for this population and false match rate: the machine would decide nothing. \
             They have: {known}. Choose one of these, or make one with `vivat calibrate`."
        ),
        &format!(
            "模型没有针对该人群和误匹配率的校准，机器将无法作出任何判定。现有校准：{known_zh}。\
             请选用其中一项，或用 `vivat calibrate` 制作校准。"
        ),
    )
}

fn reason_needed() -> Problem {
    unprocessable(
        "reason_needed",
        "Write down your reason, in 5 to 2,000 characters.",
        "请填写理由，5 至 2000 个字符。",
    )
}

fn unprocessable(code: &'static str, detail: &str, detail_zh: &str) -> Problem {
    Problem::new(Status::UNPROCESSABLE_ENTITY, code, detail, detail_zh)
}

pub(super) fn conflict(code: &'static str, detail: &str, detail_zh: &str) -> Problem {
    Problem::new(Status::CONFLICT, code, detail, detail_zh)
}
