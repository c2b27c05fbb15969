//! What Vivat says to people, in both languages: what was wrong, what to do now, what happens next.
//!
//! The readers are 60 to 100 years old. One thought a sentence, no blame, no score, nothing technical. A machine's doubt
//! is never worded as a fact about the person.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::domain::evidence::Finding;

/// One text in every language of the pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
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
        Finding::TiltedUpOrDown => text("The head is bent up or down.", "头抬得太高或太低。"),
        Finding::Leaning => text("The head leans to one side.", "头歪向了一侧。"),
        Finding::EyesCovered => text("The eyes cannot be seen.", "看不到眼睛。"),
    }
}

/// What to do about it.
#[must_use]
pub const fn remedy_for(finding: Finding) -> Text {
    match finding {
        Finding::NoFace => text("Look into the camera.", "请正对镜头。"),
        Finding::SeveralFaces => {
            text("Please let only one person stand in front of the camera.", "请只让一个人站在镜头前。")
        }
        Finding::TooFar => text("Please come closer.", "请靠近一些。"),
        Finding::CutByBorder => {
            text("Move back a little, until the whole face is in the picture.", "请稍微后退，让整张脸进入画面。")
        }
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
    }
}

/// After a success.
pub const CERTIFIED: Text = text(
    "Done. You need not do anything else until the date shown. It counts for all your pensions.",
    "认证成功。在所示日期之前，您不需要再做任何事。所有养老待遇都已认证。",
);
/// After a picture that nothing can be said of.
pub const RETAKE: Text = text(
    "Please try once more. Nothing is lost, and your pension goes on.",
    "请再试一次。没有任何影响，养老金照常发放。",
);
/// After a referral. The same words for everybody: they must not tell who is enrolled.
pub const REFERRED: Text = text(
    "A person at the pension office will look at the pictures by the date shown and will tell you. \
     Your pension goes on. You may also come to the office, ask for a home visit, or object there: give the case number.",
    "经办机构的工作人员会在所示日期之前查看照片并通知您。养老金照常发放。\
     您也可以到窗口办理、申请上门服务，或者提出异议，只需告知受理编号。",
);
/// What a referral asks of the person.
pub const NOTHING_TO_DO: Text = text("You need not do anything now.", "您现在不需要做任何事。");
/// Why a referral: to the public, always this.
pub const A_PERSON_DECIDES: Text =
    text("The machine is not sure. A person will decide.", "机器不能确定，将由工作人员处理。");
/// The words of the step in front of the camera.
pub const LOOK_STRAIGHT: Text = text("Look into the camera. Keep still for a moment.", "请看着镜头，保持不动。");
/// When a frame is good.
pub const GOOD_FRAME: Text = text("Good.", "很好。");
