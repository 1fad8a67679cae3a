//! What the city is told: surveys asked again, and alerts of what waits for an officer.

use crate::{
    alerts::{self, NewAlert, Urgency},
    db::statement,
    error::Problem,
    ids::{CommunityId, OrderId, OrganisationId, QualityCaseId, UserId},
    tx::Tx,
};
use diesel::{QueryableByName, sql_types as ty};
use diesel_async::RunQueryDsl;
use serde_json::json;
use uuid::Uuid;

#[derive(QueryableByName)]
struct OpenCase {
    #[diesel(sql_type = ty::Uuid)]
    id: QualityCaseId,
    #[diesel(sql_type = ty::Uuid)]
    order_id: OrderId,
    #[diesel(sql_type = ty::Uuid)]
    organisation_id: OrganisationId,
    #[diesel(sql_type = ty::Uuid)]
    community_id: CommunityId,
}

/// One survey in twenty of the last two months is asked again by the officer, three days later; one elder in ten says then what they
/// did not say at first. The officer is told of the open quality cases.
pub(super) async fn make(tx: &mut Tx<'_>, officer: Uuid) -> Result<(), Problem> {
    let now = tx.now;
    statement(
        "INSERT INTO second_asks (followup_id, order_id, community_id, organisation_id, first_surveyor_id, first_satisfied, drawn_at, due_at, tries, \
         answer_id, asked_by, channel, content, attitude, quality, efficiency, words, asked_at, received_at) \
         SELECT d.id, d.order_id, d.community_id, d.organisation_id, d.surveyor_id, d.satisfied, d.received_at, d.received_at + interval '7 days', 0, \
         CASE WHEN d.asked THEN md5(d.id::text)::uuid END, CASE WHEN d.asked THEN $2 END, CASE WHEN d.asked THEN 'call'::followup_channel END, \
         CASE WHEN d.asked THEN d.content END, CASE WHEN d.asked THEN d.attitude END, \
         CASE WHEN d.asked AND d.draw % 10 = 0 THEN 'dissatisfied' WHEN d.asked THEN d.quality END, CASE WHEN d.asked THEN d.efficiency END, \
         CASE WHEN d.asked THEN '' END, CASE WHEN d.asked THEN d.received_at + interval '3 days' END, \
         CASE WHEN d.asked THEN d.received_at + interval '3 days' END FROM ( \
         SELECT f.*, o.organisation_id, 'dissatisfied' NOT IN (f.content, f.attitude, f.quality, f.efficiency) AS satisfied, \
         f.received_at + interval '3 days' <= $1 AS asked, ('x' || left(md5(f.id::text), 7))::bit(28)::integer / 20 AS draw \
         FROM followups f JOIN service_orders o ON o.id = f.order_id AND o.organisation_id IS NOT NULL \
         WHERE f.reached AND f.surveyor_id <> $2 AND f.received_at > $1 - interval '60 days' \
         AND ('x' || left(md5(f.id::text), 7))::bit(28)::integer % 20 = 0 ORDER BY f.received_at, f.id LIMIT 10000) d",
    )
    .bind::<ty::Timestamptz, _>(now)
    .bind::<ty::Uuid, _>(officer)
    .execute(tx.conn)
    .await?;
    let open: Vec<OpenCase> = statement(
        "SELECT q.id, q.order_id, q.organisation_id, o.community_id FROM quality_cases q JOIN service_orders o ON o.id = q.order_id \
         WHERE q.status = 'open' ORDER BY q.opened_at DESC, q.id LIMIT 10",
    )
    .load(tx.conn)
    .await?;
    for case in open {
        let alert = NewAlert {
            topic: "quality_case.opened",
            urgency: Urgency::Soon,
            subject_kind: "quality_case",
            subject_id: case.id.0,
            community_id: Some(case.community_id),
            recipients: vec![UserId(officer)],
            detail: json!({ "order_id": case.order_id, "organisation_id": case.organisation_id }),
        };
        alerts::raise(tx, alert).await?;
    }
    Ok(())
}
