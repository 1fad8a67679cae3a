//! Statements on the trail, for those who look into it.

use crate::{
    communities_in_scope,
    db::statement,
    error::Problem,
    http::{Page, PageQuery},
    tx::{Actor, Role},
};
use chrono::{DateTime, Utc};
use diesel::{QueryableByName, sql_types as ty};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use garde::Validate;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

/// A row of the trail.
#[derive(Debug, QueryableByName, Serialize, ToSchema)]
pub struct AuditRow {
    /// Its place in the chain.
    #[diesel(sql_type = ty::BigInt)]
    #[schema(example = 4711)]
    pub seq: i64,
    /// When it happened.
    #[diesel(sql_type = ty::Timestamptz)]
    pub occurred_at: DateTime<Utc>,
    /// Who did it; nobody for a job.
    #[diesel(sql_type = ty::Nullable<ty::Uuid>)]
    pub actor_id: Option<Uuid>,
    /// In which role.
    #[diesel(sql_type = ty::Nullable<ty::Text>)]
    #[schema(example = "steward")]
    pub actor_role: Option<String>,
    /// What was done.
    #[diesel(sql_type = ty::Text)]
    #[schema(example = "elders.read")]
    pub action: String,
    /// To what kind of thing.
    #[diesel(sql_type = ty::Text)]
    #[schema(example = "elder")]
    pub subject_kind: String,
    /// To which one.
    #[diesel(sql_type = ty::Nullable<ty::Uuid>)]
    pub subject_id: Option<Uuid>,
    /// Whose file it concerns.
    #[diesel(sql_type = ty::Nullable<ty::Uuid>)]
    pub elder_id: Option<Uuid>,
    /// In which community.
    #[diesel(sql_type = ty::Nullable<ty::Uuid>)]
    pub community_id: Option<Uuid>,
    /// In which request.
    #[diesel(sql_type = ty::Nullable<ty::Uuid>)]
    pub request_id: Option<Uuid>,
    /// Ids, states and field names.
    #[diesel(sql_type = ty::Jsonb)]
    #[schema(value_type = Object, example = json!({ "fields": ["phone"] }))]
    pub detail: Value,
    /// SHA-256 over the hash before and the row, hex.
    #[diesel(sql_type = ty::Text)]
    #[schema(example = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08")]
    pub hash: String,
}

/// Which rows of the trail to list.
#[derive(Debug, Default, Deserialize, Serialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct AuditQuery {
    /// Only what this account did.
    #[garde(skip)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actor: Option<Uuid>,
    /// Only what concerns this elder's file.
    #[garde(skip)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub elder: Option<Uuid>,
    /// Only what was done to this thing.
    #[garde(skip)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<Uuid>,
    /// Only this action.
    #[garde(inner(pattern("^[a-z_]{1,40}\\.[a-z_]{1,40}$")))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action: Option<String>,
    /// Only from this instant.
    #[garde(skip)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<DateTime<Utc>>,
    /// Only before this instant.
    #[garde(skip)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<DateTime<Utc>>,
}

/// The statement with the one condition that picks the index; the other filters sieve what it finds.
///
/// `$1` actor, `$2` instant, `$3` whether all of the city, `$4` before which row, `$5` actor, `$6` elder, `$7` subject, `$8`
/// action, `$9` from, `$10` to, `$11` how many.
macro_rules! list_by {
    ($condition:literal) => {
        concat!(
            "WITH area AS MATERIALIZED (",
            communities_in_scope!(),
            ") SELECT a.seq, a.occurred_at, a.actor_id, a.actor_role, a.action, a.subject_kind, a.subject_id, a.elder_id, a.community_id, \
             a.request_id, a.detail, encode(a.hash, 'hex') AS hash FROM audit_entries a WHERE a.seq < $4 AND ",
            $condition,
            " AND ($3 OR a.community_id IN (SELECT community_id FROM area) OR a.community_id IS NULL AND (a.elder_id IS NULL \
             OR EXISTS (SELECT 1 FROM elders e WHERE e.id = a.elder_id AND e.community_id IN (SELECT community_id FROM area)))) \
             AND ($5 IS NULL OR a.actor_id = $5) AND ($6 IS NULL OR a.elder_id = $6) AND ($7 IS NULL OR a.subject_id = $7) \
             AND ($8 IS NULL OR a.action = $8) AND ($9 IS NULL OR a.occurred_at >= $9) AND ($10 IS NULL OR a.occurred_at < $10) \
             ORDER BY a.seq DESC LIMIT $11"
        )
    };
}

/// The rows of the trail that the actor may see, the latest first.
///
/// An administrator sees them all. An auditor sees what happened in a community of their area, by the community that stood in
/// the row then; what concerns an elder and names no community, where the elder is in their area now; and what concerns neither
/// (log-ins, accounts, settings, lists): the conduct of the staff cannot be cut up by area, somebody must be able to look at it,
/// and such a row holds ids that open nothing outside the auditor's own area.
///
/// # Errors
/// 400 for a foreign cursor.
pub async fn list(
    conn: &mut AsyncPgConnection,
    actor: &Actor,
    now: DateTime<Utc>,
    query: &AuditQuery,
    page: &PageQuery,
) -> Result<Page<AuditRow>, Problem> {
    let text = if query.subject.is_some() {
        list_by!("a.subject_id = $7")
    } else if query.elder.is_some() {
        list_by!("a.elder_id = $6")
    } else if query.actor.is_some() {
        list_by!("a.actor_id = $5")
    } else if query.action.is_some() {
        list_by!("a.action = $8")
    } else {
        list_by!("true")
    };
    let rows: Vec<AuditRow> = statement(text)
        .bind::<ty::Uuid, _>(actor.id)
        .bind::<ty::Timestamptz, _>(now)
        .bind::<ty::Bool, _>(actor.role == Role::Admin)
        .bind::<ty::BigInt, _>(page.after::<i64>()?.unwrap_or(i64::MAX))
        .bind::<ty::Nullable<ty::Uuid>, _>(query.actor)
        .bind::<ty::Nullable<ty::Uuid>, _>(query.elder)
        .bind::<ty::Nullable<ty::Uuid>, _>(query.subject)
        .bind::<ty::Nullable<ty::Text>, _>(query.action.as_deref())
        .bind::<ty::Nullable<ty::Timestamptz>, _>(query.from)
        .bind::<ty::Nullable<ty::Timestamptz>, _>(query.to)
        .bind::<ty::BigInt, _>(page.fetch())
        .load(conn)
        .await?;
    Ok(Page::cut(rows, page, |r| r.seq))
}
