//! The second ask.

use super::{FollowupChannel, Satisfaction, SurveyAnswers};
use crate::{
    ids::{CommunityId, FollowupId, OrderId, OrganisationId, UserId},
    schema::sql_types as native,
};
use chrono::{DateTime, Utc};
use diesel::{QueryableByName, sql_types as ty};
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// Whether four random bytes draw a survey, where `percent` of all are drawn.
pub fn drawn(random: [u8; 4], percent: u8) -> bool {
    (u64::from(u32::from_be_bytes(random)) * 100) >> 32 < u64::from(percent)
}

/// A survey that is asked again. What was said at first is not told to who asks again.
#[derive(Debug, Clone, QueryableByName, Serialize, ToSchema)]
pub struct SecondAsk {
    /// The survey that was drawn.
    #[diesel(sql_type = ty::Uuid)]
    pub followup_id: FollowupId,
    /// Of which order.
    #[diesel(sql_type = ty::Uuid)]
    pub order_id: OrderId,
    /// Where.
    #[diesel(sql_type = ty::Uuid)]
    pub community_id: CommunityId,
    /// Whose work it was.
    #[diesel(sql_type = ty::Uuid)]
    pub organisation_id: OrganisationId,
    /// When it was drawn.
    #[diesel(sql_type = ty::Timestamptz)]
    pub drawn_at: DateTime<Utc>,
    /// Until when it should be asked.
    #[diesel(sql_type = ty::Timestamptz)]
    pub due_at: DateTime<Utc>,
    /// How often the elder was tried and not reached.
    #[diesel(sql_type = ty::SmallInt)]
    pub tries: i16,
    /// The answer's id; none as long as there is none.
    #[diesel(sql_type = ty::Nullable<ty::Uuid>)]
    pub answer_id: Option<Uuid>,
    /// Who asked.
    #[diesel(sql_type = ty::Nullable<ty::Uuid>)]
    pub asked_by: Option<UserId>,
    /// How.
    #[diesel(sql_type = ty::Nullable<native::FollowupChannel>)]
    pub channel: Option<FollowupChannel>,
    /// 服务内容
    #[diesel(sql_type = ty::Nullable<native::Satisfaction>)]
    pub content: Option<Satisfaction>,
    /// 服务态度
    #[diesel(sql_type = ty::Nullable<native::Satisfaction>)]
    pub attitude: Option<Satisfaction>,
    /// 服务质量
    #[diesel(sql_type = ty::Nullable<native::Satisfaction>)]
    pub quality: Option<Satisfaction>,
    /// 服务效率
    #[diesel(sql_type = ty::Nullable<native::Satisfaction>)]
    pub efficiency: Option<Satisfaction>,
    /// In the elder's words.
    #[diesel(sql_type = ty::Nullable<ty::Text>)]
    pub words: Option<String>,
    /// When, the device's clock put right.
    #[diesel(sql_type = ty::Nullable<ty::Timestamptz>)]
    pub asked_at: Option<DateTime<Utc>>,
}

impl SecondAsk {
    /// The answers, where there are some.
    pub fn answers(&self) -> Option<SurveyAnswers> {
        Some(SurveyAnswers {
            content: self.content?,
            attitude: self.attitude?,
            quality: self.quality?,
            efficiency: self.efficiency?,
        })
    }
}

/// What came of asking again.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SecondAnswer {
    /// Made by the phone; the same id is the same answer.
    #[garde(skip)]
    pub id: Uuid,
    /// How the elder was asked.
    #[garde(skip)]
    pub channel: FollowupChannel,
    /// What they answered; absent when they were not reached.
    #[garde(dive)]
    pub answers: Option<SurveyAnswers>,
    /// In the elder's words.
    #[garde(length(chars, max = 1000))]
    #[serde(default)]
    #[schema(example = "其实送晚了，上次没好意思说")]
    pub words: String,
    /// When, by the device's clock.
    #[garde(skip)]
    pub asked_at: DateTime<Utc>,
    /// The device's clock when it sent this.
    #[garde(skip)]
    pub device_now: DateTime<Utc>,
}

/// What the second asks come to for one provider or one steward.
#[derive(Debug, PartialEq, Serialize, ToSchema)]
pub struct Gap {
    /// The provider, or the steward who asked first.
    pub of: Uuid,
    /// Surveys that were drawn.
    pub drawn: i64,
    /// Of those, the elder was satisfied at first and has been asked again.
    pub asked: i64,
    /// Of those, the elder was dissatisfied when somebody else asked; none where so few were asked that it would tell of single elders.
    pub gap: Option<i64>,
}

/// A count with the protection of small numbers: none where fewer than `least` were asked.
pub fn protected(asked: i64, gap: i64, least: i64) -> Option<i64> {
    (asked >= least).then_some(gap)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_are_drawn_as_the_setting_says() {
        let of_all = |percent| {
            (0..=u16::MAX)
                .filter(|n| drawn([n.to_be_bytes()[0], n.to_be_bytes()[1], 0, 0], percent))
                .count()
        };
        assert_eq!(of_all(0), 0);
        assert_eq!(of_all(100), 65_536);
        assert_eq!(of_all(5), 3_277);
    }

    #[test]
    fn few_surveys_make_no_figure() {
        assert_eq!(protected(4, 1, 5), None);
        assert_eq!(protected(5, 0, 5), Some(0));
    }
}
