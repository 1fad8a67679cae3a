//! What a phone may hold.

use crate::{
    auth::{Ctx, Steward},
    calendar::IsoWeek,
    error::Problem,
    http::{Answer, Params},
    sync::{
        model::caseload::{Caseload, EntryHash, Held},
        queries::caseload::{Holding, holding},
    },
    tx::Stamp,
};
use actix_web::get;
use garde::Validate;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::HashSet;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;

/// Mounts the operations.
pub(super) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(caseload);
}

/// What the phone holds.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
struct CaseloadQuery {
    /// `cursor` of the last answer that the phone has taken in. One that cannot be read counts as none.
    #[garde(length(max = 20_000))]
    cursor: Option<String>,
}

/// What a hash of an entry is keyed for.
const ENTRY: &str = "sync.caseload";

fn hash<T: Serialize>(stamp: &Stamp, entry: &T) -> Result<EntryHash, Problem> {
    let text = serde_json::to_string(entry).map_err(Problem::internal)?;
    let hash = stamp.keys.lookup_hash(ENTRY, &text);
    Ok(std::array::from_fn(|i| hash[i]))
}

/// Everything that you may hold on your phone, or what of it has changed
///
/// Phones are in full: for each elder whose entry is delivered there is a row of the audit trail.
#[utoipa::path(operation_id = "sync_caseload", tag = "sync", params(CaseloadQuery), responses((status = 200, body = Caseload)),
    extensions(("x-roles" = json!(["steward"]))))]
#[get("/sync/caseload")]
async fn caseload(mut ctx: Ctx<Steward>, query: Params<CaseloadQuery>) -> Result<Answer, Problem> {
    let stamp = ctx.stamp();
    let calls = ctx.state.config.service.calls_before_visit;
    let Holding {
        progress,
        truncated,
        entries,
        reference,
    } = holding(&mut ctx.conn, &stamp, &ctx.actor, calls).await?;
    let before = query.0.cursor.as_deref().and_then(Held::read);
    let household_ids = entries.iter().map(|entry| entry.household.id).collect();
    let mut held = Held {
        reference: hash(&stamp, &reference)?,
        entries: Vec::with_capacity(entries.len()),
    };
    let known: HashSet<EntryHash> = before.iter().flat_map(|b| b.entries.iter().copied()).collect();
    let mut households = Vec::new();
    for entry in entries {
        let hash = hash(&stamp, &entry)?;
        held.entries.push(hash);
        if !known.contains(&hash) {
            households.push(entry);
        }
    }
    let same_reference = before.as_ref().is_some_and(|b| b.reference == held.reference);
    let delivered = households.iter().flat_map(|entry| {
        entry.elders.iter().map(|elder| {
            stamp
                .entry("sync.caseload", "elder", Some(elder.id.0))
                .elder(elder.id)
                .community(entry.household.community_id)
                .detail(json!({ "fields": ["phone", "contact_phone", "health_note"] }))
        })
    });
    ctx.audit(delivered.collect()).await?;
    Answer::ok(&Caseload {
        cursor: held.cursor(),
        server_time: stamp.now,
        full: before.is_none(),
        week: IsoWeek::of(stamp.today()).to_string(),
        progress,
        household_ids,
        truncated,
        households,
        reference: (!same_reference).then_some(reference),
    })
}
