//! A cold wave that begins with the city: started as an officer starts one, its visits made by the worker's job.

use crate::{
    campaigns::{
        model::{CampaignGroup, NewCampaign},
        queries,
    },
    elders::model::Entitlement,
    error::Problem,
    ids::{SessionId, UserId},
    jobs::in_transaction,
    state::AppState,
    tx::{Actor, Role, Stamp},
};
use chrono::Days;
use uuid::Uuid;

/// Starts it, for a week, for the safety-net elders of one district.
pub(super) async fn start(state: &AppState, stamp: Stamp, officer: Uuid) -> Result<(), Problem> {
    let actor = Actor {
        id: UserId(officer),
        role: Role::Officer,
        organisation_id: None,
        session_id: SessionId(Uuid::nil()),
    };
    let stamp = Stamp {
        actor: Some(actor),
        ..stamp
    };
    in_transaction(state, stamp, async |tx| {
        let today = tx.today();
        let cold_wave = NewCampaign {
            name: "寒潮加密探访".to_owned(),
            reason: "气象台发布寒潮橙色预警".to_owned(),
            from: today,
            to: today + Days::new(6),
            group: CampaignGroup {
                division: "630104".to_owned(),
                communities: Vec::new(),
                categories: Vec::new(),
                tiers: Vec::new(),
                age_from: None,
                entitlement: Some(Entitlement::SafetyNet),
            },
        };
        queries::start(tx, &actor, cold_wave).await?;
        Ok(())
    })
    .await
}
