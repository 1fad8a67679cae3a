//! Why a visit was missed, said afterwards.

use super::{
    OBLIGATION_EXPLAINED, OBLIGATION_NOT_FOUND, OBLIGATION_NOT_MISSED,
    model::{ObligationKind, ObligationStatus},
};
use crate::{
    account_enabled, communities_in_scope,
    db::statement,
    error::Problem,
    ids::{CommunityId, HouseholdId, ObligationId, UserId},
    schema::sql_types,
    tx::{Actor, Tx},
};
use chrono::{DateTime, Utc};
use diesel::{QueryableByName, sql_types as ty};
use diesel_async::RunQueryDsl;
use garde::Validate;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

/// Why a visit was missed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, diesel_derive_enum::DbEnum, ToSchema)]
#[serde(rename_all = "snake_case")]
#[db_enum(existing_type_path = "crate::schema::sql_types::MissReason")]
pub enum MissReason {
    /// 管家缺勤: ill, or away without anybody to stand in.
    StewardAbsent,
    /// 任务过多: more visits than the week has room for.
    TooManyVisits,
    /// 天气交通: the way was not to be made.
    Weather,
    /// 多次上门无人: nobody opened, more than once.
    NotAtHome,
    /// 老人改约: the elder asked for another time.
    PutOff,
    /// 已访未录: the visit was made and is nowhere recorded.
    NotRecorded,
    /// 其他: as the words say.
    Other,
}

/// Why a visit was missed, as it is said.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewMissReason {
    /// Which of the list.
    #[garde(skip)]
    pub reason: MissReason,
    /// The same in words; they are needed where the list says nothing.
    #[garde(length(chars, max = 200))]
    #[serde(default)]
    #[schema(example = "老人约到下周一上门")]
    pub words: String,
}

impl NewMissReason {
    /// What the list does not say, the words must.
    ///
    /// # Errors
    /// 422 for `other` without words.
    pub fn check(&self) -> Result<(), Problem> {
        if self.reason == MissReason::Other && self.words.trim().is_empty() {
            return Err(Problem::field("words", "say why, where the list has no reason"));
        }
        Ok(())
    }
}

/// A missed visit with its reason.
#[derive(Debug, QueryableByName, Serialize, ToSchema)]
pub struct MissedObligation {
    /// The obligation.
    #[diesel(sql_type = ty::Uuid)]
    pub id: ObligationId,
    /// Whose visit it was.
    #[diesel(sql_type = ty::Uuid)]
    pub household_id: HouseholdId,
    /// In which compound.
    #[diesel(sql_type = ty::Uuid)]
    pub community_id: CommunityId,
    /// Kind of obligation.
    #[diesel(sql_type = sql_types::ObligationKind)]
    pub kind: ObligationKind,
    /// The period, or the event.
    #[diesel(sql_type = ty::Text)]
    #[schema(example = "2024-W03")]
    pub period: String,
    /// The steward who answered for it.
    #[diesel(sql_type = ty::Nullable<ty::Uuid>)]
    pub responsible_id: Option<UserId>,
    /// Why it was missed.
    #[diesel(sql_type = sql_types::MissReason)]
    pub reason: MissReason,
    /// The same in words.
    #[diesel(sql_type = ty::Text)]
    #[schema(example = "老人约到下周一上门")]
    pub words: String,
    /// Who said so.
    #[diesel(sql_type = ty::Uuid)]
    pub explained_by: UserId,
    /// When.
    #[diesel(sql_type = ty::Timestamptz)]
    pub explained_at: DateTime<Utc>,
}

/// The obligation is in the actor's scope, or they answered for it.
macro_rules! answered_for {
    () => {
        concat!(
            "(o.community_id IN (",
            communities_in_scope!(),
            ") OR o.responsible_id = $1 AND ",
            account_enabled!(),
            ")"
        )
    };
}

#[derive(QueryableByName)]
struct Stands {
    #[diesel(sql_type = sql_types::ObligationStatus)]
    status: ObligationStatus,
}

/// Says why a visit was missed; who answered for it may, also when they no longer serve the community.
///
/// # Errors
/// 404 when there is none in the actor's scope, 409 when it was not missed or the reason has been given.
pub async fn explain(
    tx: &mut Tx<'_>,
    actor: &Actor,
    id: ObligationId,
    said: NewMissReason,
) -> Result<MissedObligation, Problem> {
    let now = tx.now;
    let explained: Option<MissedObligation> = statement(concat!(
        "UPDATE obligations o SET missed_reason = $4, missed_words = $5, explained_by = $1, explained_at = $2 \
         WHERE o.id = $3 AND o.status = 'missed' AND o.missed_reason IS NULL AND ",
        answered_for!(),
        " RETURNING o.id, o.household_id, o.community_id, o.kind, o.period, o.responsible_id, o.missed_reason AS reason, \
         o.missed_words AS words, o.explained_by, o.explained_at"
    ))
    .bind::<ty::Uuid, _>(actor.id)
    .bind::<ty::Timestamptz, _>(now)
    .bind::<ty::Uuid, _>(id)
    .bind::<sql_types::MissReason, _>(said.reason)
    .bind::<ty::Text, _>(said.words)
    .load(tx.conn)
    .await?
    .pop();
    let Some(explained) = explained else {
        let stands: Option<Stands> = statement(concat!(
            "SELECT o.status FROM obligations o WHERE o.id = $3 AND ",
            answered_for!()
        ))
        .bind::<ty::Uuid, _>(actor.id)
        .bind::<ty::Timestamptz, _>(now)
        .bind::<ty::Uuid, _>(id)
        .load(tx.conn)
        .await?
        .pop();
        return Err(match stands {
            None => OBLIGATION_NOT_FOUND,
            Some(o) if o.status == ObligationStatus::Missed => OBLIGATION_EXPLAINED,
            Some(_) => OBLIGATION_NOT_MISSED,
        }
        .problem());
    };
    tx.audit(
        tx.entry("obligations.explain", "obligation", Some(id.0))
            .community(explained.community_id)
            .detail(json!({ "reason": explained.reason })),
    );
    Ok(explained)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_list_does_not_say_the_words_must() {
        let said = |reason, words: &str| NewMissReason {
            reason,
            words: words.to_owned(),
        };
        assert!(said(MissReason::Other, " ").check().is_err());
        assert!(said(MissReason::Other, "停电").check().is_ok());
        assert!(said(MissReason::Weather, "").check().is_ok());
    }
}
