//! Quality cases: what the office clears up with a provider whose work and its rework both failed.

use super::{QUALITY_CASE_CLOSED, QUALITY_CASE_NOT_FOUND, jobs};
use crate::{
    communities_in_scope,
    db::statement,
    error::Problem,
    http::{Page, PageQuery},
    ids::{OrderId, OrganisationId, QualityCaseId, UserId},
    resources::queries::entry,
    schema::sql_types as native,
    tx::{Actor, Tx},
};
use chrono::{DateTime, Duration, NaiveDate, Utc};
use diesel::{QueryableByName, sql_types as ty};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// Whether the office keeps an organisation (the first argument) from being given anything on a day (the second): suspended after a
/// quality case, whose measures run up to and with their last day.
#[macro_export]
macro_rules! suspended {
    ($organisation:literal, $day:literal) => {
        concat!(
            "EXISTS (SELECT 1 FROM quality_cases u WHERE u.organisation_id = ",
            $organisation,
            " AND u.outcome = 'suspension' AND u.measures_due >= ",
            $day,
            ")"
        )
    };
}

/// Where a case stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, diesel_derive_enum::DbEnum, ToSchema)]
#[serde(rename_all = "snake_case")]
#[db_enum(existing_type_path = "crate::schema::sql_types::QualityCaseStatus")]
pub enum QualityCaseStatus {
    /// It has to be cleared up.
    Open,
    /// It was, with an outcome.
    Closed,
}

/// What comes of a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, diesel_derive_enum::DbEnum, ToSchema)]
#[serde(rename_all = "snake_case")]
#[db_enum(existing_type_path = "crate::schema::sql_types::QualityOutcome")]
pub enum QualityOutcome {
    /// 约谈
    Talk,
    /// 限期整改
    Rectification,
    /// 暂停派单: no order is put before it until the deadline has passed
    Suspension,
    /// 移出资源库: from the day on, by an officer whose area it does not exceed
    Removal,
    /// 不成立
    Unfounded,
}

/// A case against a provider.
#[derive(Debug, QueryableByName, Serialize, ToSchema)]
pub struct QualityCase {
    /// Its id.
    #[diesel(sql_type = ty::Uuid)]
    pub id: QualityCaseId,
    /// The rework that failed.
    #[diesel(sql_type = ty::Uuid)]
    pub order_id: OrderId,
    /// Whose.
    #[diesel(sql_type = ty::Uuid)]
    pub organisation_id: OrganisationId,
    /// Where it stands.
    #[diesel(sql_type = native::QualityCaseStatus)]
    pub status: QualityCaseStatus,
    /// In the elder's words.
    #[diesel(sql_type = ty::Text)]
    pub reason: String,
    /// What came of it.
    #[diesel(sql_type = ty::Nullable<native::QualityOutcome>)]
    pub outcome: Option<QualityOutcome>,
    /// What was agreed or ordered.
    #[diesel(sql_type = ty::Nullable<ty::Text>)]
    pub measures: Option<String>,
    /// Until when.
    #[diesel(sql_type = ty::Nullable<ty::Date>)]
    pub measures_due: Option<NaiveDate>,
    /// Since when.
    #[diesel(sql_type = ty::Timestamptz)]
    pub opened_at: DateTime<Utc>,
    /// Who closed it.
    #[diesel(sql_type = ty::Nullable<ty::Uuid>)]
    pub closed_by: Option<UserId>,
    /// When.
    #[diesel(sql_type = ty::Nullable<ty::Timestamptz>)]
    pub closed_at: Option<DateTime<Utc>>,
    /// Counts the changes; the ETag.
    #[diesel(sql_type = ty::Integer)]
    pub version: i32,
}

/// How a case is closed.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct QualityClosing {
    /// What comes of it.
    #[garde(skip)]
    pub outcome: QualityOutcome,
    /// What was agreed or ordered, in a few sentences.
    #[garde(length(chars, min = 2, max = 1000))]
    #[schema(example = "约谈负责人，两周内整改并复核")]
    pub measures: String,
    /// Until when; with a rectification and a suspension, and with nothing else.
    #[garde(skip)]
    #[schema(example = "2024-01-29")]
    pub measures_due: Option<NaiveDate>,
}

impl QualityClosing {
    /// Whether a deadline goes with what comes of it, and one is given; `today` is the day in Xining.
    ///
    /// # Errors
    /// 422 when it does not, or lies in the past.
    pub fn check(&self, today: NaiveDate) -> Result<(), Problem> {
        let takes_time = matches!(
            self.outcome,
            QualityOutcome::Rectification | QualityOutcome::Suspension
        );
        match self.measures_due {
            None if takes_time => Err(Problem::field("measures_due", "is needed with this outcome")),
            Some(_) if !takes_time => Err(Problem::field(
                "measures_due",
                "goes with a rectification or a suspension only",
            )),
            Some(due) if due < today => Err(Problem::field("measures_due", "lies in the past")),
            _ => Ok(()),
        }
    }
}

/// Opens a case, unless the order has one against the provider.
///
/// # Errors
/// What the database said.
pub(super) async fn open(
    tx: &mut Tx<'_>,
    order: OrderId,
    organisation: OrganisationId,
    words: &str,
) -> Result<(), Problem> {
    let (id, now) = (QualityCaseId(tx.new_id()), tx.now);
    let reason: String = if words.trim().is_empty() {
        "返工后仍不满意".to_owned()
    } else {
        words.chars().take(500).collect()
    };
    statement(
        "INSERT INTO quality_cases (id, order_id, organisation_id, status, reason, opened_at, version) VALUES ($1, $2, $3, 'open', $4, $5, 1) \
         ON CONFLICT (order_id, organisation_id) DO NOTHING",
    )
    .bind::<ty::Uuid, _>(id)
    .bind::<ty::Uuid, _>(order)
    .bind::<ty::Uuid, _>(organisation)
    .bind::<ty::Text, _>(reason)
    .bind::<ty::Timestamptz, _>(now)
    .execute(tx.conn)
    .await?;
    tx.audit(tx.entry("quality_cases.open", "quality_case", Some(id.0)));
    Ok(())
}

/// The cases of the actor's scope, the latest first.
///
/// # Errors
/// 400 for a foreign cursor.
pub async fn list(
    conn: &mut AsyncPgConnection,
    actor: &Actor,
    now: DateTime<Utc>,
    status: Option<QualityCaseStatus>,
    page: &PageQuery,
) -> Result<Page<QualityCase>, Problem> {
    let (at, id) = page
        .after::<(DateTime<Utc>, Uuid)>()?
        .unwrap_or((now + Duration::days(1), Uuid::max()));
    let cases: Vec<QualityCase> = statement(concat!(
        "SELECT q.* FROM quality_cases q JOIN service_orders o ON o.id = q.order_id WHERE o.community_id IN (",
        communities_in_scope!(),
        ") AND ($3 IS NULL OR q.status = $3) AND (q.opened_at, q.id) < ($4, $5) ORDER BY q.opened_at DESC, q.id DESC LIMIT $6"
    ))
    .bind::<ty::Uuid, _>(actor.id)
    .bind::<ty::Timestamptz, _>(now)
    .bind::<ty::Nullable<native::QualityCaseStatus>, _>(status)
    .bind::<ty::Timestamptz, _>(at)
    .bind::<ty::Uuid, _>(id)
    .bind::<ty::BigInt, _>(page.fetch())
    .load(conn)
    .await?;
    Ok(Page::cut(cases, page, |c| (c.opened_at, c.id.0)))
}

/// Closes a case with what came of it. A removal takes the provider out of the library at once; what lies before a provider that is
/// removed or suspended goes on to the next.
///
/// # Errors
/// 404 when there is none in scope, 409 when it is closed, 422 for a deadline that does not go with it, 403 for the removal of a
/// provider that covers more than the officer's area.
pub async fn close(
    tx: &mut Tx<'_>,
    actor: &Actor,
    id: QualityCaseId,
    closing: QualityClosing,
) -> Result<QualityCase, Problem> {
    closing.check(tx.today())?;
    let now = tx.now;
    let visible: Vec<QualityCase> = statement(concat!(
        "SELECT q.* FROM quality_cases q JOIN service_orders o ON o.id = q.order_id WHERE o.community_id IN (",
        communities_in_scope!(),
        ") AND q.id = $3 FOR UPDATE OF q"
    ))
    .bind::<ty::Uuid, _>(actor.id)
    .bind::<ty::Timestamptz, _>(now)
    .bind::<ty::Uuid, _>(id)
    .load(tx.conn)
    .await?;
    let case = visible
        .into_iter()
        .next()
        .ok_or_else(|| QUALITY_CASE_NOT_FOUND.problem())?;
    if case.status == QualityCaseStatus::Closed {
        return Err(QUALITY_CASE_CLOSED.problem());
    }
    if closing.outcome == QualityOutcome::Removal {
        entry::unlist(tx, actor, case.organisation_id).await?;
    }
    if matches!(
        closing.outcome,
        QualityOutcome::Removal | QualityOutcome::Suspension
    ) {
        tx.enqueue(jobs::provider_out(case.organisation_id, now)).await?;
    }
    tx.audit(tx.entry("quality_cases.close", "quality_case", Some(id.0)));
    Ok(statement(
        "UPDATE quality_cases SET status = 'closed', outcome = $2, measures = $5, measures_due = $6, closed_by = $3, closed_at = $4, version = version + 1 WHERE id = $1 RETURNING *",
    )
    .bind::<ty::Uuid, _>(id)
    .bind::<native::QualityOutcome, _>(closing.outcome)
    .bind::<ty::Uuid, _>(actor.id)
    .bind::<ty::Timestamptz, _>(now)
    .bind::<ty::Text, _>(closing.measures)
    .bind::<ty::Nullable<ty::Date>, _>(closing.measures_due)
    .get_result(tx.conn)
    .await?)
}
