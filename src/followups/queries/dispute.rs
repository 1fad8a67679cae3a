//! Disputes: raised within a term, decided by an officer. The rework goes on meanwhile: the elder does not wait.

use crate::{
    attachments::{
        model::{AttachmentCase, AttachmentRole, LinkedPhoto},
        queries::link,
    },
    communities_in_scope,
    db::statement,
    error::{Problem, on_constraint},
    followups::{
        DISPUTE_DECIDED, DISPUTE_NOT_FOUND, DISPUTE_TOO_LATE, DISPUTED_ALREADY, NOTHING_TO_DISPUTE,
        model::dispute::{Decision, Dispute, DisputeStatus, NewDispute},
    },
    http::{Page, PageQuery},
    ids::{DisputeId, FollowupId, OrderId},
    orders::{ORDER_NOT_FOUND, queries::read},
    schema::sql_types as native,
    tx::{Actor, Role, Tx},
};
use chrono::{DateTime, Duration, Utc};
use diesel::{QueryableByName, sql_types as ty};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

macro_rules! columns {
    () => {
        "d.id, d.followup_id, d.order_id, d.organisation_id, d.community_id, d.status, d.reason, d.raised_by, d.raised_at, d.decided_by, d.decided_at, d.decision, \
         ARRAY(SELECT l.attachment_id FROM attachment_links l WHERE l.case_id = d.id AND l.case_kind = 'dispute' ORDER BY l.attachment_id) AS evidence"
    };
}

#[derive(QueryableByName)]
struct Survey {
    #[diesel(sql_type = ty::Uuid)]
    id: FollowupId,
    #[diesel(sql_type = ty::Timestamptz)]
    received_at: DateTime<Utc>,
}

/// Disputes the dissatisfied survey of an order of the actor's organisation, at most `days` after it came in. The same id with the
/// same reason gives the dispute that stands.
///
/// # Errors
/// 404 when the order is not its own, 409 when there is nothing to dispute, it was disputed, or it is too late; 422 for evidence that
/// the actor did not upload.
pub async fn raise(
    tx: &mut Tx<'_>,
    actor: &Actor,
    order: OrderId,
    new: NewDispute,
    days: i64,
) -> Result<Dispute, Problem> {
    let now = tx.now;
    let order = read::get(tx.conn, actor, now, order).await?;
    let organisation = actor
        .organisation_id
        .filter(|own| order.organisation_id == Some(*own))
        .ok_or_else(|| ORDER_NOT_FOUND.problem())?;
    let survey: Option<Survey> = statement(
        "SELECT id, received_at FROM followups WHERE order_id = $1 AND reached AND 'dissatisfied' IN (content, attitude, quality, efficiency)",
    )
    .bind::<ty::Uuid, _>(order.id)
    .load(tx.conn)
    .await?
    .pop();
    let survey = survey.ok_or_else(|| NOTHING_TO_DISPUTE.problem())?;
    let stands: Option<Dispute> = statement(concat!(
        "SELECT ",
        columns!(),
        " FROM survey_disputes d WHERE d.followup_id = $1 OR d.id = $2 LIMIT 1"
    ))
    .bind::<ty::Uuid, _>(survey.id)
    .bind::<ty::Uuid, _>(new.id)
    .load(tx.conn)
    .await?
    .pop();
    if let Some(stands) = stands {
        let same = stands.id == new.id && stands.followup_id == survey.id && stands.reason == new.reason;
        return if same {
            Ok(stands)
        } else {
            Err(DISPUTED_ALREADY.problem())
        };
    }
    if now > survey.received_at + Duration::days(days) {
        return Err(DISPUTE_TOO_LATE.problem());
    }
    let photos: Vec<LinkedPhoto> = new
        .evidence
        .iter()
        .map(|id| LinkedPhoto {
            attachment_id: *id,
            role: AttachmentRole::Photo,
        })
        .collect();
    link(tx, actor, AttachmentCase::Dispute, new.id.0, &photos, "evidence").await?;
    tx.audit(
        tx.entry("disputes.raise", "dispute", Some(new.id.0))
            .community(order.community_id),
    );
    statement(concat!(
        "INSERT INTO survey_disputes AS d (id, followup_id, order_id, organisation_id, community_id, status, reason, raised_by, raised_at) \
         VALUES ($1, $2, $3, $4, $5, 'open', $6, $7, $8) RETURNING ",
        columns!()
    ))
    .bind::<ty::Uuid, _>(new.id)
    .bind::<ty::Uuid, _>(survey.id)
    .bind::<ty::Uuid, _>(order.id)
    .bind::<ty::Uuid, _>(organisation)
    .bind::<ty::Uuid, _>(order.community_id)
    .bind::<ty::Text, _>(new.reason)
    .bind::<ty::Uuid, _>(actor.id)
    .bind::<ty::Timestamptz, _>(now)
    .get_result(tx.conn)
    .await
    .map_err(|e| on_constraint(e, "survey_disputes_followup_id_key", || DISPUTED_ALREADY.problem()))
}

/// An officer's decision. The survey stays what the elder said.
///
/// # Errors
/// 404 when there is none in scope, 409 when it is decided.
pub async fn decide(
    tx: &mut Tx<'_>,
    actor: &Actor,
    id: DisputeId,
    decision: Decision,
) -> Result<Dispute, Problem> {
    let now = tx.now;
    let found: Option<Dispute> = statement(concat!(
        "SELECT ",
        columns!(),
        " FROM survey_disputes d WHERE d.id = $3 AND d.community_id IN (",
        communities_in_scope!(),
        ") FOR UPDATE OF d"
    ))
    .bind::<ty::Uuid, _>(actor.id)
    .bind::<ty::Timestamptz, _>(now)
    .bind::<ty::Uuid, _>(id)
    .load(tx.conn)
    .await?
    .pop();
    let dispute = found.ok_or_else(|| DISPUTE_NOT_FOUND.problem())?;
    if dispute.status != DisputeStatus::Open {
        return Err(DISPUTE_DECIDED.problem());
    }
    let status = if decision.upheld {
        DisputeStatus::Upheld
    } else {
        DisputeStatus::Rejected
    };
    tx.audit(
        tx.entry("disputes.decide", "dispute", Some(id.0))
            .community(dispute.community_id)
            .detail(serde_json::json!({ "upheld": decision.upheld })),
    );
    Ok(statement(concat!(
        "UPDATE survey_disputes d SET status = $2, decided_by = $3, decided_at = $4, decision = $5 WHERE d.id = $1 AND d.status = 'open' RETURNING ",
        columns!()
    ))
    .bind::<ty::Uuid, _>(id)
    .bind::<native::DisputeStatus, DisputeStatus>(status)
    .bind::<ty::Uuid, _>(actor.id)
    .bind::<ty::Timestamptz, _>(now)
    .bind::<ty::Text, _>(decision.reason)
    .get_result(tx.conn)
    .await?)
}

/// Disputes, the latest first: of the officer's area, or of the provider's own.
///
/// # Errors
/// 400 for a foreign cursor.
pub async fn list(
    conn: &mut AsyncPgConnection,
    actor: &Actor,
    now: DateTime<Utc>,
    status: Option<DisputeStatus>,
    page: &PageQuery,
) -> Result<Page<Dispute>, Problem> {
    let (at, id) = page
        .after::<(DateTime<Utc>, Uuid)>()?
        .unwrap_or((now + Duration::days(1), Uuid::max()));
    let found: Vec<Dispute> = match actor.role {
        Role::Provider => {
            statement(concat!(
                "SELECT ",
                columns!(),
                " FROM survey_disputes d WHERE d.organisation_id = $1 AND ($2 IS NULL OR d.status = $2) AND (d.raised_at, d.id) < ($3, $4) \
                 ORDER BY d.raised_at DESC, d.id DESC LIMIT $5"
            ))
            .bind::<ty::Nullable<ty::Uuid>, _>(actor.organisation_id)
            .bind::<ty::Nullable<native::DisputeStatus>, _>(status)
            .bind::<ty::Timestamptz, _>(at)
            .bind::<ty::Uuid, _>(id)
            .bind::<ty::BigInt, _>(page.fetch())
            .load(conn)
            .await?
        }
        _ => {
            statement(concat!(
                "SELECT ",
                columns!(),
                " FROM survey_disputes d WHERE d.community_id IN (",
                communities_in_scope!(),
                ") AND ($3 IS NULL OR d.status = $3) AND (d.raised_at, d.id) < ($4, $5) ORDER BY d.raised_at DESC, d.id DESC LIMIT $6"
            ))
            .bind::<ty::Uuid, _>(actor.id)
            .bind::<ty::Timestamptz, _>(now)
            .bind::<ty::Nullable<native::DisputeStatus>, _>(status)
            .bind::<ty::Timestamptz, _>(at)
            .bind::<ty::Uuid, _>(id)
            .bind::<ty::BigInt, _>(page.fetch())
            .load(conn)
            .await?
        }
    };
    Ok(Page::cut(found, page, |d| (d.raised_at, d.id.0)))
}
