//! Deliveries to gateways, and the sweep.

use super::{
    queries::{
        deliver::{self, Attempt, Outgoing},
        raise::{DELIVER, DELIVER_NOW},
        webhooks::SECRET,
    },
    signature,
};
use crate::{
    calendar,
    db::statement,
    error::Problem,
    ids::{AlertId, WebhookId},
    jobs::{NewJob, Registry, in_transaction},
    state::AppState,
    tx::Stamp,
};
use chrono::{DateTime, Days, Duration, Utc};
use diesel::sql_types as ty;
use diesel_async::RunQueryDsl;
use reqwest::{Client, header, redirect};
use serde::Deserialize;
use serde_json::{Value, json};
use std::{rc::Rc, time};
use tokio::sync::OnceCell;

/// How long an alert is kept.
const KEPT: Duration = Duration::days(366);

/// Registers the deliveries and the daily sweep.
#[must_use]
pub fn register(registry: Registry) -> Registry {
    // Made for the first delivery: it reads the machine's certificates.
    let client = Rc::new(OnceCell::new());
    let same = Rc::clone(&client);
    registry
        .on_outside_urgent(DELIVER_NOW, move |state, stamp, payload| {
            Box::pin(deliver(state, stamp, Rc::clone(&same), payload))
        })
        .on_outside(DELIVER, move |state, stamp, payload| {
            Box::pin(deliver(state, stamp, Rc::clone(&client), payload))
        })
        .on("alerts.sweep", |state, stamp, _| Box::pin(sweep(state, stamp)))
        .recurring(next_sweep)
}

/// The client that goes out. It follows no redirect: the signed alert is for the address that was entered, nobody else's.
fn client_of(timeout: time::Duration) -> Result<Client, Problem> {
    // Refused when the process has one already, which will do.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder()
        .redirect(redirect::Policy::none())
        .connect_timeout(timeout.min(time::Duration::from_secs(5)))
        .timeout(timeout)
        .user_agent("steward")
        .build()
        .map_err(Problem::internal)
}

#[derive(Deserialize)]
struct Payload {
    alert_id: AlertId,
    endpoint_id: WebhookId,
}

/// Sends an alert to a gateway. The exchange is in no transaction and holds no connection.
async fn deliver(
    state: &AppState,
    stamp: Stamp,
    client: Rc<OnceCell<Client>>,
    payload: Value,
) -> Result<(), Problem> {
    let client = client
        .get_or_try_init(|| async { client_of(state.config.alerts.webhook_timeout) })
        .await?;
    let Payload {
        alert_id,
        endpoint_id,
    } = serde_json::from_value(payload).map_err(Problem::internal)?;
    let mut conn = state.pool.get().await?;
    let Some(outgoing) = deliver::outgoing(&mut conn, stamp.now, alert_id, endpoint_id).await? else {
        return Ok(());
    };
    if !outgoing.enabled {
        return deliver::left_undone(&mut conn, alert_id, endpoint_id).await;
    }
    drop(conn);
    let attempt = send(client, &stamp, outgoing).await?;
    in_transaction(state, stamp, async |tx| {
        deliver::attempted(tx, alert_id, endpoint_id, &attempt).await
    })
    .await?;
    match attempt.error {
        None => Ok(()),
        Some(why) => Err(crate::error::UNAVAILABLE.with(why)),
    }
}

/// One exchange with a gateway. Of its answer nothing but the status is read.
async fn send(client: &Client, stamp: &Stamp, outgoing: Outgoing) -> Result<Attempt, Problem> {
    let Outgoing {
        alert,
        recipients,
        url,
        secret_sealed,
        former_secret_sealed,
        enabled: _,
    } = outgoing;
    let secrets: Vec<String> = std::iter::once(secret_sealed)
        .chain(former_secret_sealed)
        .map(|sealed| stamp.open(SECRET, &sealed))
        .collect::<Result<_, _>>()?;
    let id = alert.id;
    let body = json!({
        "type": alert.topic,
        "timestamp": alert.raised_at,
        "data": {
            "id": id,
            "urgency": alert.urgency,
            "subject_kind": alert.subject_kind,
            "subject_id": alert.subject_id,
            "community_id": alert.community_id,
            "recipients": recipients,
            "detail": alert.detail,
        },
    })
    .to_string();
    let timestamp = stamp.now.timestamp();
    let answer = client
        .post(url)
        .header(header::CONTENT_TYPE, "application/json")
        .header("webhook-id", id.to_string())
        .header("webhook-timestamp", timestamp.to_string())
        .header(
            "webhook-signature",
            signature::header(&secrets, id, timestamp, &body)?,
        )
        .body(body)
        .send()
        .await;
    // Neither the address nor what the gateway says goes into a log: both may hold what is nobody's business.
    Ok(match answer {
        Ok(answer) => {
            let status = answer.status();
            Attempt {
                http_status: i16::try_from(status.as_u16()).ok(),
                error: (!status.is_success()).then(|| format!("the gateway answered {}", status.as_u16())),
            }
        }
        Err(error) => Attempt {
            http_status: None,
            error: Some(
                if error.is_timeout() {
                    "the gateway did not answer in time"
                } else if error.is_connect() {
                    "the gateway cannot be reached"
                } else {
                    "the exchange with the gateway broke off"
                }
                .to_owned(),
            ),
        },
    })
}

/// Tomorrow at 03:10 in Asia/Shanghai, when nobody waits.
fn next_sweep(now: DateTime<Utc>) -> NewJob {
    let tomorrow = calendar::local_date(now) + Days::new(1);
    NewJob {
        kind: "alerts.sweep",
        dedup_key: Some("daily".to_owned()),
        payload: Value::Null,
        run_at: calendar::start_of_day(tomorrow) + Duration::hours(3) + Duration::minutes(10),
    }
}

/// Deletes alerts that have served their time, a bounded number a day. The last position stays, so that none is given twice.
async fn sweep(state: &AppState, stamp: Stamp) -> Result<(), Problem> {
    in_transaction(state, stamp, async |tx| {
        let now = tx.now;
        statement(
            "DELETE FROM alerts WHERE id = ANY (ARRAY(SELECT id FROM alerts WHERE raised_at < $1 \
             AND position IS DISTINCT FROM (SELECT max(position) FROM alerts) LIMIT 10000))",
        )
        .bind::<ty::Timestamptz, _>(now - KEPT)
        .execute(tx.conn)
        .await?;
        Ok(())
    })
    .await
}
