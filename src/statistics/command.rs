//! `steward report`: the report of a month as a file.
//!
//! Whoever runs the command holds the database and its keys already, so it acts as the service itself and sees the whole city;
//! `--as` narrows it to what an officer may see, and puts the officer's name to it. Either way it stands in the audit trail.

use super::{
    export,
    queries::{Question, Viewer},
    workbook,
};
use crate::{
    db::statement,
    ids::{SessionId, UserId},
    state::AppState,
    tx::{Actor, Role, Stamp},
};
use diesel::{OptionalExtension, QueryableByName, sql_types as ty};
use diesel_async::RunQueryDsl;
use serde_json::json;
use std::path::Path;
use uuid::Uuid;

#[derive(QueryableByName)]
struct Account {
    #[diesel(sql_type = ty::Uuid)]
    id: Uuid,
}

/// Writes the report of `month` (`2024-01`) of a division, the whole city unless told, into `out`.
///
/// # Errors
/// What is wrong, in a sentence for the terminal.
pub async fn report(
    state: &AppState,
    month: &str,
    division: Option<String>,
    officer: Option<&str>,
    out: &Path,
) -> Result<(), String> {
    let month = month.parse().map_err(|e| format!("{month}: {e}"))?;
    let division = division.unwrap_or_else(|| state.config.service.city.clone());
    if !matches!(division.len(), 2 | 4 | 6 | 9 | 12)
        || division.starts_with('0')
        || !division.bytes().all(|b| b.is_ascii_digit())
    {
        return Err(format!(
            "{division}: a division's prefix has 2, 4, 6, 9 or 12 digits"
        ));
    }
    let mut conn = state.pool.get().await.map_err(|e| e.to_string())?;
    let mut stamp = Stamp::system(state);
    let mut viewer = Viewer::System;
    if let Some(name) = officer {
        let account: Option<Account> = statement(
            "SELECT id FROM users WHERE username = $1 AND role = 'officer' AND disabled_at IS NULL",
        )
        .bind::<ty::Text, _>(name)
        .get_result(&mut *conn)
        .await
        .optional()
        .map_err(|e| e.to_string())?;
        let id = UserId(
            account
                .ok_or_else(|| format!("{name}: no officer has this name"))?
                .id,
        );
        viewer = Viewer::Account(id);
        stamp.actor = Some(Actor {
            id,
            role: Role::Officer,
            organisation_id: None,
            session_id: SessionId(Uuid::nil()),
        });
    }
    let q = Question::of_month(viewer, stamp.now, month, &division);
    let report = export::month_report(
        &mut conn,
        &state.config.keys,
        &q,
        month,
        &division,
        &state.config.service.city,
    )
    .await
    .map_err(|e| e.to_string())?;
    let entry = stamp.entry("statistics.export", "report", None).detail(json!({
        "month": month.to_string(), "division": division, "command": true,
    }));
    state.trail.append(vec![entry]).await.map_err(|e| e.to_string())?;
    let path = out.to_owned();
    actix_web::web::block(move || {
        let bytes = workbook::write(&report.book).map_err(|e| e.to_string())?;
        std::fs::write(&path, bytes).map_err(|e| format!("{}: {e}", path.display()))
    })
    .await
    .map_err(|e| e.to_string())?
}
