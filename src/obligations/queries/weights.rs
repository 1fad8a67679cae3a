//! The weights by which risk is reckoned.

use crate::{
    db::statement,
    error::{Problem, on_constraint},
    ids::UserId,
    jobs::NewJob,
    obligations::{
        RISK_EDITION_MADE_MEANWHILE,
        risk::{NewRiskEdition, RiskEdition, RiskWeight},
    },
    tx::Tx,
};
use chrono::{DateTime, Utc};
use diesel::{QueryableByName, sql_types as ty};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde_json::json;
use std::collections::BTreeSet;

#[derive(QueryableByName)]
struct Head {
    #[diesel(sql_type = ty::SmallInt)]
    edition: i16,
    #[diesel(sql_type = ty::Text)]
    reason: String,
    #[diesel(sql_type = ty::Nullable<ty::Uuid>)]
    made_by: Option<UserId>,
    #[diesel(sql_type = ty::Timestamptz)]
    made_at: DateTime<Utc>,
    #[diesel(sql_type = ty::SmallInt)]
    weekly_from: i16,
}

/// The newest edition.
///
/// # Errors
/// What the database said.
pub async fn current(conn: &mut AsyncPgConnection) -> Result<RiskEdition, Problem> {
    let Head {
        edition,
        reason,
        made_by,
        made_at,
        weekly_from,
    } = statement(
        "SELECT edition, reason, made_by, made_at, weekly_from FROM risk_editions ORDER BY edition DESC LIMIT 1",
    )
    .get_result(conn)
    .await?;
    let weights: Vec<RiskWeight> = statement(
        "SELECT reason, name_zh, name_en, weight, times, days FROM risk_weights WHERE edition = $1 ORDER BY weight DESC, reason LIMIT 200",
    )
    .bind::<ty::SmallInt, _>(edition)
    .load(conn)
    .await?;
    Ok(RiskEdition {
        edition,
        reason,
        made_by,
        made_at,
        weekly_from,
        weights,
    })
}

/// Makes the next edition of the one in force; everything that is owed is reckoned again after the commit.
///
/// # Errors
/// 422 for a reason that has no weight and where nothing is changed, 409 when somebody else made an edition at the same time.
pub async fn make(tx: &mut Tx<'_>, new: NewRiskEdition) -> Result<RiskEdition, Problem> {
    let (now, by) = (tx.now, tx.actor_id()?);
    if new.weights.is_empty() && new.weekly_from.is_none() {
        return Err(Problem::field("weights", "changes nothing"));
    }
    let before = current(tx.conn).await?;
    let known: BTreeSet<&str> = before.weights.iter().map(|w| w.reason.as_str()).collect();
    for (n, weight) in new.weights.iter().enumerate() {
        if !known.contains(weight.reason.as_str()) {
            return Err(Problem::field(
                format!("weights[{n}].reason"),
                "is no reason of risk",
            ));
        }
    }
    let edition = before.edition + 1;
    let weekly_from = new.weekly_from.unwrap_or(before.weekly_from);
    statement("INSERT INTO risk_editions (edition, reason, made_by, made_at, weekly_from) VALUES ($1, $2, $3, $4, $5)")
        .bind::<ty::SmallInt, _>(edition)
        .bind::<ty::Text, _>(new.reason)
        .bind::<ty::Uuid, _>(by)
        .bind::<ty::Timestamptz, _>(now)
        .bind::<ty::SmallInt, _>(weekly_from)
        .execute(tx.conn)
        .await
        .map_err(|e| on_constraint(e, "risk_editions_pkey", || RISK_EDITION_MADE_MEANWHILE.problem()))?;
    statement(
        "INSERT INTO risk_weights (edition, reason, name_zh, name_en, weight, times, days) \
         SELECT $1, w.reason, w.name_zh, w.name_en, coalesce(n.weight, w.weight), w.times, CASE WHEN n.reason IS NULL THEN w.days ELSE n.days END \
         FROM risk_weights w LEFT JOIN unnest($3, $4, $5) AS n (reason, weight, days) ON n.reason = w.reason WHERE w.edition = $2",
    )
    .bind::<ty::SmallInt, _>(edition)
    .bind::<ty::SmallInt, _>(before.edition)
    .bind::<ty::Array<ty::Text>, _>(new.weights.iter().map(|w| w.reason.clone()).collect::<Vec<_>>())
    .bind::<ty::Array<ty::SmallInt>, _>(new.weights.iter().map(|w| w.weight).collect::<Vec<_>>())
    .bind::<ty::Array<ty::Nullable<ty::SmallInt>>, _>(new.weights.iter().map(|w| w.days).collect::<Vec<_>>())
    .execute(tx.conn)
    .await
    .map_err(|e| on_constraint(e, "risk_weights_pkey", || Problem::field("weights", "names a reason twice")))?;
    tx.enqueue(NewJob {
        kind: "obligations.midnight",
        dedup_key: Some(format!("edition-{edition}")),
        payload: json!(null),
        run_at: now,
    })
    .await?;
    tx.audit(
        tx.entry("risk.edition", "risk_edition", None)
            .detail(json!({ "edition": edition, "weekly_from": weekly_from, "weights": new.weights.iter().map(|w| (&w.reason, w.weight, w.days)).collect::<Vec<_>>() })),
    );
    current(tx.conn).await
}
