//! Transport and medicine: service orders of the menu's emergency item, tied to their emergency.

use super::{emergencies::lock_visible, ladder};
use crate::{
    db::statement,
    emergencies::{
        AMBULANCE_FIRST, EMERGENCY_CLOSED,
        model::{
            EmergencyService, EmergencyServiceKind, EmergencyServiceLine, EmergencyStatus,
            NewEmergencyService, Reason,
        },
    },
    error::Problem,
    ids::{AttachmentId, ElderId, EmergencyId, ItemId, NeedId, OrderId, UserId},
    needs::{self, model::NewNeed},
    orders::{
        self, ITEM_NOT_ORDERED, ORDER_ALREADY_REQUESTED,
        model::{NewOrder, OrderStatus},
    },
    schema::sql_types,
    tx::{Actor, Tx},
};
use diesel::{prelude::*, sql_types as ty};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde_json::json;

/// The services of an emergency, the earliest first, each by the order of its last round.
///
/// # Errors
/// What the database said.
pub(super) async fn of(
    conn: &mut AsyncPgConnection,
    id: EmergencyId,
) -> Result<Vec<EmergencyServiceLine>, Problem> {
    Ok(statement(
        "SELECT o.id AS order_id, o.round, s.kind, o.status, o.organisation_id, s.requested_by, s.requested_at FROM emergency_services s \
         CROSS JOIN LATERAL (SELECT r.id, r.round, r.status, r.organisation_id FROM service_orders r WHERE r.original_id = s.order_id \
         ORDER BY r.round DESC LIMIT 1) o WHERE s.emergency_id = $1 ORDER BY s.requested_at, s.order_id LIMIT 100",
    )
    .bind::<ty::Uuid, _>(id)
    .load(conn)
    .await?)
}

#[derive(QueryableByName)]
struct Known {
    #[diesel(sql_type = ty::Uuid)]
    emergency_id: EmergencyId,
    #[diesel(sql_type = sql_types::EmergencyService)]
    kind: EmergencyServiceKind,
    #[diesel(sql_type = ty::Uuid)]
    requested_by: UserId,
    #[diesel(sql_type = ty::Uuid)]
    elder_id: ElderId,
}

/// Orders transport or medicine: a need of the elder's, and an order of it that is before the nearest provider that is open now. The
/// same id with the same service gives the order that stands.
///
/// # Errors
/// 404 when there is no emergency in scope; 409 when it is closed, when 120 comes first, or when the id stands for another order; 422
/// for an elder who does not live there, a prescription that the actor did not upload, and a provider that may not have it.
pub async fn order_service(
    tx: &mut Tx<'_>,
    actor: &Actor,
    id: EmergencyId,
    new: NewEmergencyService,
) -> Result<EmergencyService, Problem> {
    let now = tx.now;
    new.check()?;
    let emergency = lock_visible(tx, actor, id).await?;
    let known: Option<Known> = statement(
        "SELECT s.emergency_id, s.kind, s.requested_by, o.elder_id FROM emergency_services s JOIN service_orders o ON o.id = s.order_id \
         WHERE s.order_id = $1",
    )
    .bind::<ty::Uuid, _>(new.id)
    .load(tx.conn)
    .await?
    .pop();
    if let Some(known) = known {
        let same = known.emergency_id == id
            && known.kind == new.kind
            && known.requested_by == actor.id
            && known.elder_id == new.elder_id;
        if !same {
            return Err(ORDER_ALREADY_REQUESTED.problem());
        }
        return Ok(EmergencyService {
            emergency_id: id,
            kind: new.kind,
            order: orders::queries::read::get(tx.conn, actor, now, new.id).await?,
        });
    }
    if emergency.status == EmergencyStatus::Closed {
        return Err(EMERGENCY_CLOSED.problem());
    }
    let by_ambulance = emergency.life_at_risk && emergency.ambulance_called_at.is_none();
    if by_ambulance && new.kind == EmergencyServiceKind::Transport {
        return Err(AMBULANCE_FIRST.problem());
    }
    let lives_there =
        statement("SELECT 1 FROM elders WHERE id = $1 AND household_id = $2 AND status <> 'merged'")
            .bind::<ty::Uuid, _>(new.elder_id)
            .bind::<ty::Uuid, _>(emergency.household_id)
            .execute(tx.conn)
            .await?;
    if lives_there == 0 {
        return Err(Problem::field("elder_id", "does not live where the emergency is"));
    }
    let need = NewNeed {
        id: NeedId(tx.new_id()),
        elder_id: new.elder_id,
        item_id: emergency_item(tx).await?,
        event_id: Some(id.0),
        description: new.description,
        solved: None,
        collected_at: now,
        device_now: now,
    };
    let need = needs::queries::collect(tx, actor, need).await?;
    let order = NewOrder {
        id: new.id,
        need_id: need.id,
        choice: new.choice,
    };
    let order = orders::queries::staff::request(tx, actor, order).await?;
    attach(tx, actor, new.id, &new.prescription).await?;
    let unmet = order.status == OrderStatus::Unmet;
    statement(
        "INSERT INTO emergency_services (order_id, emergency_id, kind, requested_by, requested_at, stall_told, stall_round) \
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind::<ty::Uuid, _>(new.id)
    .bind::<ty::Uuid, _>(id)
    .bind::<sql_types::EmergencyService, _>(new.kind)
    .bind::<ty::Uuid, _>(actor.id)
    .bind::<ty::Timestamptz, _>(now)
    .bind::<ty::Nullable<ty::Integer>, _>(unmet.then_some(order.version))
    .bind::<ty::Nullable<ty::SmallInt>, _>(unmet.then_some(order.round))
    .execute(tx.conn)
    .await?;
    tx.audit(
        tx.entry("emergencies.order_service", "emergency", Some(id.0))
            .elder(new.elder_id)
            .community(emergency.community_id)
            .detail(json!({ "kind": new.kind, "order_id": new.id })),
    );
    if unmet {
        ladder::tell_all(tx, &emergency, Reason::ServiceUnmet).await?;
    }
    Ok(EmergencyService {
        emergency_id: id,
        kind: new.kind,
        order,
    })
}

/// Says to all who know of an emergency, once for each time it happens, that an order for it, or its rework, has found nobody, or waits
/// for an officer after two refusals. Nothing happens when the order has gone on meanwhile, or is of no emergency that is open.
///
/// # Errors
/// What the database said.
pub async fn service_stalled(tx: &mut Tx<'_>, order: OrderId) -> Result<(), Problem> {
    #[derive(QueryableByName)]
    struct Stalled {
        #[diesel(sql_type = ty::Uuid)]
        emergency_id: EmergencyId,
    }
    let stalled: Option<Stalled> = statement(
        "UPDATE emergency_services s SET stall_told = o.version, stall_round = o.round FROM service_orders o \
         WHERE s.order_id = o.original_id AND o.id = $1 AND o.status IN ('unmet', 'referred') \
         AND (s.stall_told, s.stall_round) IS DISTINCT FROM (o.version, o.round) RETURNING s.emergency_id",
    )
    .bind::<ty::Uuid, _>(order)
    .load(tx.conn)
    .await?
    .pop();
    let Some(Stalled { emergency_id }) = stalled else {
        return Ok(());
    };
    let emergency = ladder::lock(tx, emergency_id).await?;
    if emergency.status == EmergencyStatus::Closed {
        return Ok(());
    }
    ladder::tell_all(tx, &emergency, Reason::ServiceUnmet).await
}

/// The menu's item of today that providers deliver in an emergency, told by its class.
async fn emergency_item(tx: &mut Tx<'_>) -> Result<ItemId, Problem> {
    #[derive(QueryableByName)]
    struct Found {
        #[diesel(sql_type = ty::Uuid)]
        id: ItemId,
    }
    let today = tx.today();
    let found: Option<Found> = statement(
        "SELECT id FROM menu_items WHERE class = 'emergency' AND valid_from <= $1 AND (valid_to IS NULL OR valid_to > $1) \
         ORDER BY delivered_by = 'steward', slot LIMIT 1",
    )
    .bind::<ty::Date, _>(today)
    .load(tx.conn)
    .await?
    .pop();
    found.map(|f| f.id).ok_or_else(|| ITEM_NOT_ORDERED.problem())
}

/// Ties the photos of a prescription, which the actor uploaded, to the order's case: whoever has the order open sees them.
async fn attach(
    tx: &mut Tx<'_>,
    actor: &Actor,
    order: OrderId,
    photos: &[AttachmentId],
) -> Result<(), Problem> {
    if photos.is_empty() {
        return Ok(());
    }
    let now = tx.now;
    let linked = statement(
        "INSERT INTO attachment_links (attachment_id, case_kind, case_id, role, linked_at) \
         SELECT a.id, 'service_case', $1, 'document', $4 FROM attachments a WHERE a.id = ANY ($2) AND a.uploaded_by = $3",
    )
    .bind::<ty::Uuid, _>(order)
    .bind::<ty::Array<ty::Uuid>, _>(photos.to_vec())
    .bind::<ty::Uuid, _>(actor.id)
    .bind::<ty::Timestamptz, _>(now)
    .execute(tx.conn)
    .await?;
    if linked < photos.len() {
        return Err(Problem::field(
            "prescription",
            "names a photo twice, or one that you have not uploaded",
        ));
    }
    Ok(())
}
