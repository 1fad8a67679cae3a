//! Raising: the outbox row, whom it is for, where it goes, and the jobs that carry it there.

use crate::{
    alerts::model::{NewAlert, Urgency},
    db::statement,
    error::Problem,
    ids::{AlertId, WebhookId},
    jobs::NewJob,
    schema::sql_types as native,
    tx::Tx,
};
use diesel::{QueryableByName, sql_types as ty};
use diesel_async::RunQueryDsl;
use serde_json::json;

/// The kind of the job that delivers an alert to an endpoint.
pub const DELIVER: &str = "alerts.deliver";
/// The kind of the job that delivers an immediate one: it waits behind none of less urgency, however often it is tried again.
pub const DELIVER_NOW: &str = "alerts.deliver_now";

/// The channel on which the city's processes hear that an alert was raised, as SQL text; cities share a database.
macro_rules! channel {
    () => {
        "'steward_alerts_' || md5(current_schema())"
    };
}
pub(in crate::alerts) use channel;

#[derive(QueryableByName)]
struct Addressed {
    #[diesel(sql_type = ty::Uuid)]
    endpoint_id: WebhookId,
}

/// Raises an alert in the caller's transaction: it is told once that commits, and never when it does not.
///
/// # Errors
/// A fault of ours for an alert that breaks the rules of [`NewAlert`].
pub async fn raise(tx: &mut Tx<'_>, alert: NewAlert) -> Result<AlertId, Problem> {
    let (id, now) = (AlertId(tx.new_id()), tx.now);
    let patterns = alert.patterns();
    let addressed: Vec<Addressed> = statement(
        "WITH raised AS (INSERT INTO alerts (id, topic, urgency, subject_kind, subject_id, community_id, detail, raised_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)), \
         told AS (INSERT INTO alert_recipients (alert_id, user_id, raised_at) SELECT DISTINCT $1, t.user_id, $8 FROM unnest($9) AS t (user_id)) \
         INSERT INTO webhook_deliveries (alert_id, endpoint_id, raised_at, attempts) \
         SELECT $1, e.id, $8, 0 FROM webhook_endpoints e WHERE e.enabled AND e.topics && $10 RETURNING endpoint_id",
    )
    .bind::<ty::Uuid, _>(id)
    .bind::<ty::Text, _>(alert.topic)
    .bind::<native::AlertUrgency, Urgency>(alert.urgency)
    .bind::<ty::Text, _>(alert.subject_kind)
    .bind::<ty::Uuid, _>(alert.subject_id)
    .bind::<ty::Nullable<ty::Uuid>, _>(alert.community_id)
    .bind::<ty::Jsonb, _>(alert.detail)
    .bind::<ty::Timestamptz, _>(now)
    .bind::<ty::Array<ty::Uuid>, _>(alert.recipients)
    .bind::<ty::Array<ty::Text>, _>(patterns.to_vec())
    .load(tx.conn)
    .await?;
    let kind = match alert.urgency {
        Urgency::Immediate => DELIVER_NOW,
        Urgency::Soon | Urgency::Routine => DELIVER,
    };
    let deliveries = addressed
        .into_iter()
        .map(|Addressed { endpoint_id }| NewJob {
            kind,
            dedup_key: Some(delivery_key(id, endpoint_id)),
            payload: json!({ "alert_id": id, "endpoint_id": endpoint_id }),
            run_at: now,
        })
        .collect();
    tx.enqueue_all(deliveries).await?;
    // A statement of its own, so that a distributed PostgreSQL takes it; whoever listens looks without being woken, too.
    statement(concat!("SELECT pg_notify(", channel!(), ", '')"))
        .execute(tx.conn)
        .await?;
    Ok(id)
}

/// The job of this delivery.
fn delivery_key(alert: AlertId, endpoint: WebhookId) -> String {
    format!("{alert}:{endpoint}")
}
