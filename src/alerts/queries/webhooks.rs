//! The gateways, as administrators keep them.

use crate::{
    alerts::{
        WEBHOOK_NAME_TAKEN, WEBHOOK_NOT_FOUND,
        model::{Delivery, DeliveryState, NewWebhook, Urgency, Webhook, WebhookPatch, WebhookWithSecret},
        signature,
    },
    db::statement,
    error::{Problem, STALE, on_constraint},
    http::{Page, PageQuery},
    ids::{AlertId, WebhookId},
    schema::sql_types as native,
    tx::Tx,
};
use chrono::{DateTime, Duration, Utc};
use diesel::{QueryableByName, sql_types as ty};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde_json::json;
use uuid::Uuid;

/// What a secret is sealed for.
pub const SECRET: &str = "webhook_endpoints.secret_sealed";

macro_rules! columns {
    () => {
        "id, name, url, topics, enabled, former_secret_until, created_by, created_at, version"
    };
}

/// The gateways by name.
///
/// # Errors
/// 400 for a foreign cursor.
pub async fn list(conn: &mut AsyncPgConnection, page: &PageQuery) -> Result<Page<Webhook>, Problem> {
    let after = page.after::<String>()?.unwrap_or_default();
    let found: Vec<Webhook> = statement(concat!(
        "SELECT ",
        columns!(),
        " FROM webhook_endpoints WHERE name > $1 ORDER BY name LIMIT $2"
    ))
    .bind::<ty::Text, _>(after)
    .bind::<ty::BigInt, _>(page.fetch())
    .load(conn)
    .await?;
    Ok(Page::cut(found, page, |w| w.name.clone()))
}

/// One gateway.
///
/// # Errors
/// 404 when there is none.
pub async fn get(conn: &mut AsyncPgConnection, id: WebhookId) -> Result<Webhook, Problem> {
    statement(concat!(
        "SELECT ",
        columns!(),
        " FROM webhook_endpoints WHERE id = $1"
    ))
    .bind::<ty::Uuid, _>(id)
    .load(conn)
    .await?
    .pop()
    .ok_or_else(|| WEBHOOK_NOT_FOUND.problem())
}

/// Makes a gateway and its secret; it is told from now on.
///
/// # Errors
/// 409 when the name is taken.
pub async fn create(tx: &mut Tx<'_>, new: NewWebhook) -> Result<WebhookWithSecret, Problem> {
    let (id, now, by) = (WebhookId(tx.new_id()), tx.now, tx.actor_id()?);
    let secret = signature::secret(tx.clock.random());
    let sealed = tx.seal(SECRET, &secret)?;
    let webhook: Webhook = statement(concat!(
        "INSERT INTO webhook_endpoints (id, name, url, topics, enabled, secret_sealed, created_by, created_at, version) \
         VALUES ($1, $2, $3, $4, true, $5, $6, $7, 1) RETURNING ",
        columns!()
    ))
    .bind::<ty::Uuid, _>(id)
    .bind::<ty::Text, _>(new.name)
    .bind::<ty::Text, _>(new.url)
    .bind::<ty::Array<ty::Text>, _>(new.topics)
    .bind::<ty::Text, _>(sealed)
    .bind::<ty::Uuid, _>(by)
    .bind::<ty::Timestamptz, _>(now)
    .get_result(tx.conn)
    .await
    .map_err(|e| on_constraint(e, "webhook_endpoints_name_key", || WEBHOOK_NAME_TAKEN.problem()))?;
    tx.audit(
        tx.entry("webhooks.create", "webhook", Some(id.0))
            .detail(json!({ "topics": webhook.topics })),
    );
    Ok(WebhookWithSecret { webhook, secret })
}

/// Changes a gateway.
///
/// # Errors
/// 404 when there is none, 409 when the name is taken, 412 when it has changed since.
pub async fn change(
    tx: &mut Tx<'_>,
    id: WebhookId,
    version: i32,
    patch: WebhookPatch,
) -> Result<Webhook, Problem> {
    let WebhookPatch {
        name,
        url,
        topics,
        enabled,
    } = patch;
    let fields =
        json!({ "name": name.is_some(), "url": url.is_some(), "topics": topics, "enabled": enabled });
    let changed: Option<Webhook> = statement(concat!(
        "UPDATE webhook_endpoints SET name = coalesce($3, name), url = coalesce($4, url), topics = coalesce($5, topics), \
         enabled = coalesce($6, enabled), version = version + 1 WHERE id = $1 AND version = $2 RETURNING ",
        columns!()
    ))
    .bind::<ty::Uuid, _>(id)
    .bind::<ty::Integer, _>(version)
    .bind::<ty::Nullable<ty::Text>, _>(name)
    .bind::<ty::Nullable<ty::Text>, _>(url)
    .bind::<ty::Nullable<ty::Array<ty::Text>>, _>(topics)
    .bind::<ty::Nullable<ty::Bool>, _>(enabled)
    .load(tx.conn)
    .await
    .map_err(|e| on_constraint(e, "webhook_endpoints_name_key", || WEBHOOK_NAME_TAKEN.problem()))?
    .pop();
    let Some(changed) = changed else {
        get(tx.conn, id).await?;
        return Err(STALE.problem());
    };
    tx.audit(tx.entry("webhooks.change", "webhook", Some(id.0)).detail(fields));
    Ok(changed)
}

/// Makes a new secret; the one before signs beside it for `hours`, one before that no more.
///
/// # Errors
/// 404 when there is no such gateway.
pub async fn rotate(tx: &mut Tx<'_>, id: WebhookId, hours: i64) -> Result<WebhookWithSecret, Problem> {
    let until = tx.now + Duration::hours(hours);
    let secret = signature::secret(tx.clock.random());
    let sealed = tx.seal(SECRET, &secret)?;
    let webhook: Webhook = statement(concat!(
        "UPDATE webhook_endpoints SET former_secret_sealed = secret_sealed, former_secret_until = $3, secret_sealed = $2, \
         version = version + 1 WHERE id = $1 RETURNING ",
        columns!()
    ))
    .bind::<ty::Uuid, _>(id)
    .bind::<ty::Text, _>(sealed)
    .bind::<ty::Timestamptz, _>(until)
    .load(tx.conn)
    .await?
    .pop()
    .ok_or_else(|| WEBHOOK_NOT_FOUND.problem())?;
    tx.audit(tx.entry("webhooks.rotate", "webhook", Some(id.0)));
    Ok(WebhookWithSecret { webhook, secret })
}

#[derive(QueryableByName)]
struct DeliveryRow {
    #[diesel(sql_type = ty::Uuid)]
    alert_id: AlertId,
    #[diesel(sql_type = ty::Text)]
    topic: String,
    #[diesel(sql_type = native::AlertUrgency)]
    urgency: Urgency,
    #[diesel(sql_type = ty::Timestamptz)]
    raised_at: DateTime<Utc>,
    #[diesel(sql_type = ty::Integer)]
    attempts: i32,
    #[diesel(sql_type = ty::Nullable<ty::Timestamptz>)]
    attempted_at: Option<DateTime<Utc>>,
    #[diesel(sql_type = ty::Nullable<ty::SmallInt>)]
    http_status: Option<i16>,
    #[diesel(sql_type = ty::Nullable<ty::Text>)]
    last_error: Option<String>,
    #[diesel(sql_type = ty::Nullable<ty::Timestamptz>)]
    delivered_at: Option<DateTime<Utc>>,
    #[diesel(sql_type = ty::Bool)]
    waits: bool,
}

impl From<DeliveryRow> for Delivery {
    fn from(row: DeliveryRow) -> Self {
        let state = match (row.delivered_at, row.waits) {
            (Some(_), _) => DeliveryState::Delivered,
            (None, true) => DeliveryState::Waiting,
            (None, false) => DeliveryState::GivenUp,
        };
        Self {
            alert_id: row.alert_id,
            topic: row.topic,
            urgency: row.urgency,
            raised_at: row.raised_at,
            state,
            attempts: row.attempts,
            attempted_at: row.attempted_at,
            http_status: row.http_status,
            last_error: row.last_error,
            delivered_at: row.delivered_at,
        }
    }
}

// Whether a delivery waits is asked of the queue, so that it cannot say otherwise.
macro_rules! deliveries {
    () => {
        "SELECT d.alert_id, a.topic, a.urgency, d.raised_at, d.attempts, d.attempted_at, d.http_status, d.last_error, d.delivered_at, \
         EXISTS (SELECT 1 FROM jobs j WHERE j.kind IN ('alerts.deliver', 'alerts.deliver_now') AND j.dedup_key = d.alert_id || ':' || d.endpoint_id AND j.dead_at IS NULL) AS waits \
         FROM webhook_deliveries d JOIN alerts a ON a.id = d.alert_id WHERE d.endpoint_id = $1 AND (d.raised_at, d.alert_id) < ($2, $3)"
    };
}

/// The deliveries of a gateway, the newest first; all of them or those that it has not taken.
///
/// # Errors
/// 400 for a foreign cursor, 404 when there is no such gateway.
pub async fn deliveries(
    conn: &mut AsyncPgConnection,
    now: DateTime<Utc>,
    id: WebhookId,
    undelivered: bool,
    page: &PageQuery,
) -> Result<Page<Delivery>, Problem> {
    get(conn, id).await?;
    let (at, alert) = page
        .after::<(DateTime<Utc>, Uuid)>()?
        .unwrap_or((now + Duration::days(1), Uuid::max()));
    let text = if undelivered {
        concat!(
            deliveries!(),
            " AND d.delivered_at IS NULL ORDER BY d.raised_at DESC, d.alert_id DESC LIMIT $4"
        )
    } else {
        concat!(
            deliveries!(),
            " ORDER BY d.raised_at DESC, d.alert_id DESC LIMIT $4"
        )
    };
    let found: Vec<DeliveryRow> = statement(text)
        .bind::<ty::Uuid, _>(id)
        .bind::<ty::Timestamptz, _>(at)
        .bind::<ty::Uuid, _>(alert)
        .bind::<ty::BigInt, _>(page.fetch())
        .load(conn)
        .await?;
    Ok(Page::cut(found, page, |d| (d.raised_at, d.alert_id.0)).map(Delivery::from))
}
