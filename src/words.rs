//! What Vivat says to people, in both languages: what was wrong, what to do now, what happens next.
//!
//! The readers are 60 to 100 years old. One thought a sentence, no blame, no score, nothing technical. A machine's doubt
//! is never worded as a fact about the person.

use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::capture::Step;
use crate::domain::certification::Method;
use crate::domain::evidence::Finding;
use crate::domain::scheme::Scheme;

/// One text in every language of the pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct Text {
    /// English.
    pub en: &'static str,
    /// Simplified Chinese.
    pub zh: &'static str,
}

const fn text(en: &'static str, zh: &'static str) -> Text {
    Text { en, zh }
}

/// What was wrong with a picture.
#[must_use]
pub const fn problem_of(finding: Finding) -> Text {
    match finding {
        Finding::NoFace => text("We could not see a face.", "没有看到人脸。"),
        Finding::SeveralFaces => text("There is more than one person in the picture.", "画面里不止一个人。"),
        Finding::TooFar => text("The face is too far away.", "离镜头太远了。"),
        Finding::CutByBorder => text("Part of the face is outside the picture.", "脸没有完全在画面里。"),
        Finding::TooDark => text("It is too dark.", "光线太暗。"),
        Finding::TooBright => text("It is too bright.", "光线太亮。"),
        Finding::LowContrast => text("The face is hard to see in this light.", "这样的光线下看不清脸。"),
        Finding::Blurred => text("The picture is blurred.", "画面模糊。"),
        Finding::TurnedAside => text("The head is turned to the side.", "头转向了一边。"),
        Finding::TiltedUpOrDown => text("The head is bent up or down.", "头仰得太高，或低得太多。"),
        Finding::Leaning => text("The head leans to one side.", "头歪向了一侧。"),
        Finding::EyesCovered => text("We could not see the eyes clearly.", "没有看清眼睛。"),
        Finding::TurnNotShown => text("We could not see the head turn.", "没有看到转头的动作。"),
        Finding::OpenMouthNotShown => text("We could not see the mouth open.", "没有看到张嘴的动作。"),
        Finding::NodNotShown => text("We could not see the head nod.", "没有看到点头的动作。"),
        Finding::ComeCloserNotShown => text("We could not see the face come closer.", "没有看到靠近的动作。"),
        Finding::LightNotShown => {
            text("We could not see the colours of the screen on the face.", "没有看到屏幕的颜色映在脸上。")
        }
    }
}

/// What to do about it.
#[must_use]
pub const fn remedy_for(finding: Finding) -> Text {
    match finding {
        Finding::NoFace => text("Look into the camera.", "请正对镜头。"),
        Finding::SeveralFaces => {
            text("Please let only one person be in front of the camera.", "请只留本人在镜头前，其他人请稍微让开。")
        }
        Finding::TooFar => text("Please come closer.", "请靠近一些。"),
        Finding::CutByBorder => text(
            "Move to the middle, or back a little, until the whole face is in the picture.",
            "请移到画面中间，或稍微后退，让整张脸进入画面。",
        ),
        Finding::TooDark => text("Turn towards a window or a lamp.", "请面向窗户或灯光。"),
        Finding::TooBright => text("Turn away from the strong light.", "请避开强光。"),
        Finding::LowContrast => {
            text("Let the light fall on the face, not from behind.", "请让光线照在脸上，不要背对光源。")
        }
        Finding::Blurred => {
            text("Hold still for a moment. Wipe the camera if you can.", "请保持不动，也可以擦一擦镜头。")
        }
        Finding::TurnedAside | Finding::TiltedUpOrDown => text("Look straight into the camera.", "请正面看着镜头。"),
        Finding::Leaning => text("Hold the head, or the phone, upright.", "请把头或手机摆正。"),
        Finding::EyesCovered => text(
            "Take off dark glasses, and move hair or hat away from the eyes.",
            "请摘下墨镜，把头发或帽子移开，露出眼睛。",
        ),
        Finding::TurnNotShown => {
            text("Turn the head slowly, about as far as to look over to a neighbour.", "请慢慢转头，像看旁边的人那样。")
        }
        Finding::OpenMouthNotShown => text("Open the mouth wide, then close it again.", "请把嘴张大，再闭上。"),
        Finding::NodNotShown => text("Nod slowly: the chin down, and up again.", "请慢慢点头：先低头，再抬起。"),
        Finding::ComeCloserNotShown => text(
            "Begin an arm's length away, then bring the face slowly closer to the camera.",
            "请先离镜头一臂远，再把脸慢慢靠近镜头。",
        ),
        Finding::LightNotShown => text(
            "Hold the screen close to the face, turn it bright, and stay away from strong light. You may ask for something \
             else instead.",
            "请把屏幕靠近脸，调亮屏幕，并避开强光。也可以换一个动作。",
        ),
    }
}

/// What to show and to say for a step.
#[must_use]
pub const fn instruction_for(step: Step) -> Text {
    match step {
        Step::LookStraight => text("Look into the camera. Keep still for a moment.", "请看着镜头，保持不动。"),
        Step::TurnLeft => text(
            "Turn the head slowly to your left, then back again. Take your time.",
            "请慢慢向您的左边转头，再转回来。不用着急。",
        ),
        Step::TurnRight => text(
            "Turn the head slowly to your right, then back again. Take your time.",
            "请慢慢向您的右边转头，再转回来。不用着急。",
        ),
        Step::OpenMouth => text("Open the mouth wide, then close it again.", "请把嘴张大，再闭上。"),
        Step::Nod => text("Nod slowly, once or twice.", "请慢慢点头，一两下即可。"),
        Step::ComeCloser => text(
            "Begin an arm's length away. Then bring the face slowly closer to the camera.",
            "请先离镜头一臂远，再把脸慢慢靠近镜头。",
        ),
        Step::WatchLight => text(
            "The screen will now change softly through a few colours. Hold it close to the face and look at it. If you \
             do not like coloured light, choose something else.",
            "屏幕将柔和地变换几种颜色。请把屏幕靠近脸，看着屏幕。如果您不喜欢彩色光，可以换一个动作。",
        ),
    }
}

/// What a scheme is called.
#[must_use]
pub const fn name_of(scheme: Scheme) -> Text {
    match scheme {
        Scheme::UrbanEmployee => text("Urban employees' pension", "城镇职工基本养老保险"),
        Scheme::Resident => text("Urban and rural residents' pension", "城乡居民基本养老保险"),
        Scheme::PublicInstitution => text("Public institutions' pension", "机关事业单位基本养老保险"),
    }
}

/// How somebody was certified.
#[must_use]
pub const fn way_of(method: Method) -> Text {
    match method {
        Method::Face => text("In front of a camera", "刷脸认证"),
        Method::Review => text("In front of a camera, confirmed by a person", "刷脸认证，经工作人员确认"),
    }
}

/// A receipt that counts.
pub const RECEIPT_VALID: Text = text("This receipt is genuine and valid.", "凭证真实，在有效期内。");
/// A receipt whose last day is over.
pub const RECEIPT_EXPIRED: Text = text(
    "This receipt is genuine, and its time is over. Please certify again.",
    "凭证真实，但已过有效期。请重新办理认证。",
);
/// A receipt that was revoked.
pub const RECEIPT_REVOKED: Text = text(
    "This receipt was withdrawn and does not count any more. The pension office tells you why, and how to object.",
    "此凭证已被撤销，不再有效。原因和异议办法请咨询经办机构。",
);
/// What is no receipt of ours.
pub const RECEIPT_NOT_GENUINE: Text = text(
    "This is not a receipt of this office, or it was changed. Please scan the code again, or ask at the pension office.",
    "这不是本机构出具的凭证，或内容被改动过。请重新扫码，或咨询经办机构。",
);

/// After a success.
pub const CERTIFIED: Text = text(
    "Done. You need not do anything else until the date shown. It counts for all your pensions.",
    "认证成功。在所示日期之前，您无需再次办理。您的各项养老待遇已一并认证。",
);
/// After a picture that nothing can be said of.
pub const RETAKE: Text = text(
    "Please try once more. Nothing is lost, and your pension goes on.",
    "请再试一次。这不会影响您的待遇，养老金照常发放。",
);
/// After a referral. The same words for everybody: they must not tell who is enrolled.
pub const REFERRED: Text = text(
    "A person at the pension office will look at the pictures and decide by the date shown. Your pension goes on. \
     With the case number you may ask at the office, certify there, ask for a home visit, or object.",
    "工作人员会在所示日期之前查看照片并作出决定。养老金照常发放。\
     您可凭受理编号到窗口查询、办理、申请上门服务，或提出异议。",
);
/// What a referral asks of the person.
pub const NOTHING_TO_DO: Text = text("You need not do anything now.", "您现在什么都不用做。");
/// Why a referral: to the public, always this.
pub const A_PERSON_DECIDES: Text =
    text("The machine is not sure. A person will decide.", "机器没有把握，将由工作人员来确认。");
