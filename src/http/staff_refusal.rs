//! What staff may not do, and what one person may not do alone, as problems.

use axum::http::StatusCode;

use super::problem::Problem;
use super::refusal::conflict;
use crate::domain::permission::{NotPermitted, Role};
use crate::domain::proposal::ProposalRefusal;

impl From<ProposalRefusal> for Problem {
    fn from(refusal: ProposalRefusal) -> Self {
        match refusal {
            ProposalRefusal::Closed => {
                conflict("proposal_closed", "This proposal was decided or withdrawn already.", "该事项已办结或已撤回。")
            }
            ProposalRefusal::Expired => conflict(
                "proposal_expired",
                "Nobody decided this proposal within 30 days. Propose it again if it is still right.",
                "该事项 30 天内无人办理，已失效。如仍需要，请重新提出。",
            ),
            ProposalRefusal::SamePerson => conflict(
                "same_person",
                "You proposed this, with this account or another one of yours. A second person has to decide it.",
                "此事项由您（或您的另一账号）提出，须由另一人办理。",
            ),
            ProposalRefusal::OwnRole => conflict(
                "own_role",
                "Nobody approves a role of their own. A third person has to.",
                "不能批准授予自己的角色，须由第三人办理。",
            ),
            ProposalRefusal::NotYours => conflict(
                "not_your_proposal",
                "Only whoever proposed it can withdraw it. You can refuse it.",
                "只有提出人可以撤回；您可以不予批准。",
            ),
            ProposalRefusal::Outdated => conflict(
                "proposal_outdated",
                "Things are not, or not any more, as this proposal takes them to be. Look again, and propose what is right now.",
                "实际情况与该事项所述不符或已变化。请核对后重新提出。",
            ),
        }
    }
}

impl From<NotPermitted> for Problem {
    fn from(NotPermitted(permission): NotPermitted) -> Self {
        let (name, roles) = (permission.name(), permission.roles());
        let list = |of: fn(Role) -> &'static str, by| roles.iter().map(|role| of(*role)).collect::<Vec<_>>().join(by);
        let (english, chinese) = (list(Role::name, ", "), list(Role::name_zh, "、"));
        Self::new(
            StatusCode::FORBIDDEN,
            "not_permitted",
            format!(
                "This takes the permission {name} at this agency. Ask somebody with one of these roles there: {english}."
            ),
            format!("此操作需要在该机构具有 {name} 权限。请由具有以下角色之一的人员办理：{chinese}。"),
        )
    }
}
