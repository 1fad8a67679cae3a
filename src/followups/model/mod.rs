//! Surveys as they are stored, sent and received.

pub mod dispute;
pub mod due;
pub mod second;

use crate::{
    ids::{FollowupId, OrderId, UserId},
    schema::followups,
};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How the elder was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, diesel_derive_enum::DbEnum, ToSchema)]
#[serde(rename_all = "snake_case")]
#[db_enum(existing_type_path = "crate::schema::sql_types::FollowupChannel")]
pub enum FollowupChannel {
    /// At home.
    Visit,
    /// By telephone.
    Call,
}

/// An answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, diesel_derive_enum::DbEnum, ToSchema)]
#[serde(rename_all = "snake_case")]
#[db_enum(existing_type_path = "crate::schema::sql_types::Satisfaction")]
pub enum Satisfaction {
    /// 满意
    Satisfied,
    /// 基本满意
    BasicallySatisfied,
    /// 不满意
    Dissatisfied,
}

/// The answers on the four dimensions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SurveyAnswers {
    /// 服务内容
    #[garde(skip)]
    pub content: Satisfaction,
    /// 服务态度
    #[garde(skip)]
    pub attitude: Satisfaction,
    /// 服务质量
    #[garde(skip)]
    pub quality: Satisfaction,
    /// 服务效率
    #[garde(skip)]
    pub efficiency: Satisfaction,
}

impl SurveyAnswers {
    /// No dimension is dissatisfied: the order closes.
    pub fn satisfied(self) -> bool {
        [self.content, self.attitude, self.quality, self.efficiency]
            .iter()
            .all(|answer| *answer != Satisfaction::Dissatisfied)
    }
}

/// A survey to be recorded.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewFollowup {
    /// Made by the phone; the same id is the same survey.
    #[garde(skip)]
    pub id: FollowupId,
    /// How the elder was asked.
    #[garde(skip)]
    pub channel: FollowupChannel,
    /// What they answered; absent when they were not reached.
    #[garde(dive)]
    pub answers: Option<SurveyAnswers>,
    /// In the elder's words.
    #[garde(length(chars, max = 1000))]
    #[serde(default)]
    #[schema(example = "饭菜凉了，送晚了半小时")]
    pub words: String,
    /// When, by the device's clock.
    #[garde(skip)]
    pub surveyed_at: DateTime<Utc>,
    /// The device's clock when it sent this.
    #[garde(skip)]
    pub device_now: DateTime<Utc>,
}

/// A survey.
#[derive(Debug, Clone, PartialEq, Queryable, Selectable, Serialize, ToSchema)]
#[diesel(table_name = followups, check_for_backend(diesel::pg::Pg))]
pub struct Followup {
    /// Its id.
    pub id: FollowupId,
    /// Of which order.
    pub order_id: OrderId,
    /// The first order of its chain.
    pub original_id: OrderId,
    /// Of which round.
    pub round: i16,
    /// Who asked.
    pub surveyor_id: UserId,
    /// How.
    pub channel: FollowupChannel,
    /// The elder was reached.
    pub reached: bool,
    /// 服务内容
    pub content: Option<Satisfaction>,
    /// 服务态度
    pub attitude: Option<Satisfaction>,
    /// 服务质量
    pub quality: Option<Satisfaction>,
    /// 服务效率
    pub efficiency: Option<Satisfaction>,
    /// In the elder's words.
    pub words: String,
    /// When, the device's clock put right.
    pub surveyed_at: DateTime<Utc>,
    /// When the server received it.
    pub received_at: DateTime<Utc>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_dissatisfied_dimension_is_enough_and_basically_satisfied_is_not() {
        let all = |answer| SurveyAnswers {
            content: answer,
            attitude: answer,
            quality: answer,
            efficiency: answer,
        };
        assert!(all(Satisfaction::Satisfied).satisfied());
        assert!(all(Satisfaction::BasicallySatisfied).satisfied());
        let no = Satisfaction::Dissatisfied;
        let good = all(Satisfaction::Satisfied);
        for answers in [
            SurveyAnswers { content: no, ..good },
            SurveyAnswers { attitude: no, ..good },
            SurveyAnswers { quality: no, ..good },
            SurveyAnswers {
                efficiency: no,
                ..good
            },
        ] {
            assert!(!answers.satisfied(), "{answers:?}");
        }
    }
}
