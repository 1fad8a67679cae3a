//! What a delivery sends, and what came of it.

use crate::{
    alerts::model::Alert,
    db::statement,
    error::Problem,
    ids::{AlertId, UserId, WebhookId},
    tx::Tx,
};
use chrono::{DateTime, Utc};
use diesel::{QueryableByName, sql_types as ty};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde_json::json;

/// An alert to be sent to a gateway.
#[derive(QueryableByName)]
pub struct Outgoing {
    /// The alert.
    #[diesel(embed)]
    pub alert: Alert,
    /// Who is to be told; nobody whose account is disabled.
    #[diesel(sql_type = ty::Array<ty::Uuid>)]
    pub recipients: Vec<UserId>,
    /// Where to.
    #[diesel(sql_type = ty::Text)]
    pub url: String,
    /// The gateway wants to be told.
    #[diesel(sql_type = ty::Bool)]
    pub enabled: bool,
    /// The signing secret, sealed.
    #[diesel(sql_type = ty::Text)]
    pub secret_sealed: String,
    /// The one before, as long as it signs too.
    #[diesel(sql_type = ty::Nullable<ty::Text>)]
    pub former_secret_sealed: Option<String>,
}

/// What has to be sent; none when there is no such delivery, or it was taken already.
///
/// # Errors
/// What the database said.
pub async fn outgoing(
    conn: &mut AsyncPgConnection,
    now: DateTime<Utc>,
    alert: AlertId,
    endpoint: WebhookId,
) -> Result<Option<Outgoing>, Problem> {
    Ok(statement(
        "SELECT a.id, a.topic, a.urgency, a.subject_kind, a.subject_id, a.community_id, a.detail, a.raised_at, \
         ARRAY(SELECT r.user_id FROM alert_recipients r JOIN users u ON u.id = r.user_id AND u.disabled_at IS NULL WHERE r.alert_id = a.id ORDER BY r.user_id) AS recipients, \
         e.url, e.enabled, e.secret_sealed, CASE WHEN e.former_secret_until > $3 THEN e.former_secret_sealed END AS former_secret_sealed \
         FROM webhook_deliveries d JOIN alerts a ON a.id = d.alert_id JOIN webhook_endpoints e ON e.id = d.endpoint_id \
         WHERE d.alert_id = $1 AND d.endpoint_id = $2 AND d.delivered_at IS NULL",
    )
    .bind::<ty::Uuid, _>(alert)
    .bind::<ty::Uuid, _>(endpoint)
    .bind::<ty::Timestamptz, _>(now)
    .load(conn)
    .await?
    .pop())
}

/// Notes that a delivery was not tried, because the gateway is not to be told any more.
///
/// # Errors
/// What the database said.
pub async fn left_undone(
    conn: &mut AsyncPgConnection,
    alert: AlertId,
    endpoint: WebhookId,
) -> Result<(), Problem> {
    statement(
        "UPDATE webhook_deliveries SET last_error = 'the webhook is disabled' \
         WHERE alert_id = $1 AND endpoint_id = $2 AND delivered_at IS NULL",
    )
    .bind::<ty::Uuid, _>(alert)
    .bind::<ty::Uuid, _>(endpoint)
    .execute(conn)
    .await?;
    Ok(())
}

/// What came of an attempt.
pub struct Attempt {
    /// What the gateway answered; none when it did not.
    pub http_status: Option<i16>,
    /// Why it failed; none when the gateway took it.
    pub error: Option<String>,
}

/// Notes an attempt. A gateway that says it is gone (410) is not told any more, as the standard asks.
///
/// # Errors
/// What the database said.
pub async fn attempted(
    tx: &mut Tx<'_>,
    alert: AlertId,
    endpoint: WebhookId,
    attempt: &Attempt,
) -> Result<(), Problem> {
    let now = tx.now;
    statement(
        "UPDATE webhook_deliveries SET attempts = attempts + 1, attempted_at = $3, http_status = $4, last_error = $5, \
         delivered_at = CASE WHEN $5 IS NULL THEN $3 END WHERE alert_id = $1 AND endpoint_id = $2 AND delivered_at IS NULL",
    )
    .bind::<ty::Uuid, _>(alert)
    .bind::<ty::Uuid, _>(endpoint)
    .bind::<ty::Timestamptz, _>(now)
    .bind::<ty::Nullable<ty::SmallInt>, _>(attempt.http_status)
    .bind::<ty::Nullable<ty::Text>, _>(attempt.error.as_deref())
    .execute(tx.conn)
    .await?;
    if attempt.http_status == Some(410) {
        statement(
            "UPDATE webhook_endpoints SET enabled = false, version = version + 1 WHERE id = $1 AND enabled",
        )
        .bind::<ty::Uuid, _>(endpoint)
        .execute(tx.conn)
        .await?;
        tx.audit(
            tx.entry("webhooks.gone", "webhook", Some(endpoint.0))
                .detail(json!({ "alert_id": alert })),
        );
    }
    Ok(())
}
