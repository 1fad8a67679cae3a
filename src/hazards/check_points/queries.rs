//! Statements on lists of check points.

use super::model::{CheckList, NewCheckList};
use crate::{
    db::statement,
    error::{Problem, violates},
    hazards::{CHECK_LIST_IS_SET, CHECK_LIST_NOT_FOUND, model::HazardKind},
    schema::sql_types,
    tx::Tx,
};
use chrono::NaiveDate;
use diesel::{OptionalExtension, QueryableByName, sql_types as ty};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde_json::json;

/// The list in force on a day.
///
/// # Errors
/// 404 for a day before the first list.
pub async fn on(conn: &mut AsyncPgConnection, day: NaiveDate) -> Result<CheckList, Problem> {
    statement(
        "SELECT version, valid_from, published_by, published_at, points FROM check_lists WHERE valid_from <= $1 \
         ORDER BY valid_from DESC LIMIT 1",
    )
    .bind::<ty::Date, _>(day)
    .get_result(conn)
    .await
    .optional()?
    .ok_or_else(|| CHECK_LIST_NOT_FOUND.problem())
}

/// The list of this number.
///
/// # Errors
/// 404 when there is none.
pub async fn numbered(conn: &mut AsyncPgConnection, version: i16) -> Result<CheckList, Problem> {
    statement(
        "SELECT version, valid_from, published_by, published_at, points FROM check_lists WHERE version = $1",
    )
    .bind::<ty::SmallInt, _>(version)
    .get_result(conn)
    .await
    .optional()?
    .ok_or_else(|| CHECK_LIST_NOT_FOUND.problem())
}

#[derive(QueryableByName)]
struct Latest {
    #[diesel(sql_type = ty::SmallInt)]
    version: i16,
    #[diesel(sql_type = ty::Date)]
    valid_from: NaiveDate,
}

#[derive(QueryableByName)]
struct Known {
    #[diesel(sql_type = ty::Text)]
    code: String,
    #[diesel(sql_type = sql_types::HazardKind)]
    kind: HazardKind,
}

/// Publishes the next list.
///
/// # Errors
/// 409 when a list begins on its first day or later, 422 for a past day and for points that break a rule.
pub async fn publish(tx: &mut Tx<'_>, new: &NewCheckList) -> Result<CheckList, Problem> {
    let (actor, now) = (tx.actor_id()?, tx.now);
    if new.valid_from < tx.today() {
        return Err(Problem::field("valid_from", "lies in the past"));
    }
    let known: Vec<Known> = statement(
        "SELECT DISTINCT p ->> 'code' AS code, (p ->> 'kind')::hazard_kind AS kind FROM check_lists, jsonb_array_elements(points) AS p",
    )
    .load(tx.conn)
    .await?;
    new.check(&known.into_iter().map(|k| (k.code, k.kind)).collect())?;
    let latest: Option<Latest> =
        statement("SELECT version, valid_from FROM check_lists ORDER BY version DESC LIMIT 1")
            .get_result(tx.conn)
            .await
            .optional()?;
    if latest.as_ref().is_some_and(|l| l.valid_from >= new.valid_from) {
        return Err(CHECK_LIST_IS_SET.problem());
    }
    let version = latest.map_or(1, |l| l.version + 1);
    statement(
        "INSERT INTO check_lists (version, valid_from, points, published_by, published_at) VALUES ($1, $2, $3, $4, $5)",
    )
    .bind::<ty::SmallInt, _>(version)
    .bind::<ty::Date, _>(new.valid_from)
    .bind::<ty::Jsonb, _>(json!(new.points))
    .bind::<ty::Uuid, _>(actor)
    .bind::<ty::Timestamptz, _>(now)
    .execute(tx.conn)
    .await
    .map_err(|e| {
        // Another was published between the look and this.
        if violates(&e, "check_lists_pkey") || violates(&e, "check_lists_from_key") {
            CHECK_LIST_IS_SET.problem()
        } else {
            e.into()
        }
    })?;
    tx.audit(
        tx.entry("check_points.publish", "check_list", None)
            .detail(json!({ "form_version": version, "from": new.valid_from })),
    );
    numbered(tx.conn, version).await
}
