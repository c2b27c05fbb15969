//! Pension schemes 险种.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A scheme that pays a pension. One certification counts for all schemes of the person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Scheme {
    /// 城镇职工基本养老保险
    UrbanEmployee,
    /// 城乡居民基本养老保险
    Resident,
    /// 机关事业单位基本养老保险
    PublicInstitution,
}
