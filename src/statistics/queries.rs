//! Statements of the statistics: figures, the records behind them, frozen months.

use super::{
    REPORT_FROZEN_MEANWHILE, REPORT_NOT_FOUND,
    model::{
        Counted, DivisionFigures, FrozenBody, FrozenFigure, FrozenMonth, IndicatorFigure, IndicatorRecord,
        RestatedFigure,
    },
    registry::{REGISTRY, Registered},
};
use crate::{
    calendar::Month,
    db::statement,
    error::{Problem, on_constraint},
    http::{Page, PageQuery},
    tx::{Actor, Tx},
};
use chrono::{DateTime, Utc};
use diesel::{OptionalExtension, QueryableByName, sql_types as ty};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use uuid::Uuid;

/// Longer lists are frozen as their hash alone.
const MOST_FROZEN: i64 = 50_000;
/// How many differing records are listed.
const MOST_LISTED: usize = 1_000;

/// What is asked about, by whom, when.
#[derive(Debug, Clone)]
pub struct Question {
    /// Who asks.
    pub actor: Actor,
    /// When they ask.
    pub now: DateTime<Utc>,
    /// The first instant.
    pub from: DateTime<Utc>,
    /// The first instant after.
    pub to: DateTime<Utc>,
    /// Division prefix.
    pub division: Option<String>,
    /// Community.
    pub community: Option<Uuid>,
    /// Steward.
    pub steward: Option<Uuid>,
    /// Organisation.
    pub organisation: Option<Uuid>,
}

macro_rules! asked {
    ($text:expr, $q:expr) => {
        statement($text)
            .bind::<ty::Uuid, _>($q.actor.id.0)
            .bind::<ty::Timestamptz, _>($q.now)
            .bind::<ty::Timestamptz, _>($q.from)
            .bind::<ty::Timestamptz, _>($q.to)
            .bind::<ty::Nullable<ty::Text>, _>($q.division.clone())
            .bind::<ty::Nullable<ty::Uuid>, _>($q.community)
            .bind::<ty::Nullable<ty::Uuid>, _>($q.steward)
            .bind::<ty::Nullable<ty::Uuid>, _>($q.organisation)
    };
}

/// One figure.
///
/// # Errors
/// What the database said.
pub async fn figure(
    conn: &mut AsyncPgConnection,
    of: &Registered,
    q: &Question,
) -> Result<IndicatorFigure, Problem> {
    let counted: Counted = asked!(of.figure, q).get_result(conn).await?;
    Ok(IndicatorFigure::of(&of.indicator, counted))
}

async fn list(
    conn: &mut AsyncPgConnection,
    of: &Registered,
    q: &Question,
    after: Option<String>,
    most: i64,
) -> Result<Vec<IndicatorRecord>, Problem> {
    Ok(asked!(of.records, q)
        .bind::<ty::Nullable<ty::Text>, _>(after)
        .bind::<ty::BigInt, _>(most)
        .load(conn)
        .await?)
}

/// A page of the records behind a figure.
///
/// # Errors
/// 400 for a foreign cursor.
pub async fn records(
    conn: &mut AsyncPgConnection,
    of: &Registered,
    q: &Question,
    page: &PageQuery,
) -> Result<Page<IndicatorRecord>, Problem> {
    let rows = list(conn, of, q, page.after()?, page.fetch()).await?;
    Ok(Page::cut(rows, page, |r| r.key.clone()))
}

#[derive(QueryableByName)]
struct Named {
    #[diesel(sql_type = ty::Text)]
    code: String,
    #[diesel(sql_type = ty::Text)]
    name: String,
}

/// Every figure of the division and of those one level below it.
///
/// # Errors
/// What the database said.
pub async fn monthly(
    conn: &mut AsyncPgConnection,
    q: &Question,
    division: &str,
) -> Result<Vec<DivisionFigures>, Problem> {
    let below = match division.len() {
        2 => 4,
        4 => 6,
        6 => 9,
        _ => 12,
    };
    let divisions: Vec<Named> = statement(
        "SELECT DISTINCT d.code, d.name FROM divisions d JOIN communities c ON d.code = rpad(left(c.division_code, $1), 12, '0') \
         OR d.code = rpad($2, 12, '0') WHERE c.division_code LIKE $2 || '%' ORDER BY d.code",
    )
    .bind::<ty::Integer, _>(below)
    .bind::<ty::Text, _>(division)
    .load(conn)
    .await?;
    let mut answer = Vec::new();
    for named in divisions {
        let own = named.code == format!("{division:0<12}");
        let length = if own {
            division.len()
        } else {
            usize::try_from(below).unwrap_or(12)
        };
        let prefix = named.code[..length].to_owned();
        let q = Question {
            division: Some(prefix.clone()),
            ..q.clone()
        };
        let mut figures = Vec::new();
        for of in REGISTRY {
            figures.push(figure(conn, of, &q).await?);
        }
        answer.push(DivisionFigures {
            division: prefix,
            name: named.name,
            figures,
        });
    }
    Ok(answer)
}

/// The actor's area covers the whole division.
///
/// # Errors
/// 404 when it does not.
pub async fn covers(conn: &mut AsyncPgConnection, actor: &Actor, division: &str) -> Result<(), Problem> {
    let found =
        statement("SELECT 1 FROM users WHERE id = $1 AND disabled_at IS NULL AND $2 LIKE scope || '%'")
            .bind::<ty::Uuid, _>(actor.id.0)
            .bind::<ty::Text, _>(division)
            .execute(conn)
            .await?;
    if found == 0 {
        Err(REPORT_NOT_FOUND.problem())
    } else {
        Ok(())
    }
}

async fn snapshot(
    conn: &mut AsyncPgConnection,
    of: &Registered,
    q: &Question,
) -> Result<FrozenFigure, Problem> {
    let figure = figure(conn, of, q).await?;
    let rows = list(conn, of, q, None, i64::MAX).await?;
    let few = i64::try_from(rows.len()).is_ok_and(|n| n <= MOST_FROZEN);
    let keys: Vec<String> = rows
        .into_iter()
        .map(|r| format!("{}{}", if r.counts { '+' } else { '-' }, r.key))
        .collect();
    let mut hasher = Sha256::new();
    for key in &keys {
        hasher.update(key);
        hasher.update([b'\n']);
    }
    Ok(FrozenFigure {
        figure,
        records: few.then_some(keys),
        records_sha256: hex::encode(hasher.finalize()),
    })
}

/// Stores the month as it is now, as the next version.
///
/// # Errors
/// 404 outside the actor's area, 409 when somebody else froze it just now.
pub async fn freeze(
    tx: &mut Tx<'_>,
    q: &Question,
    month: Month,
    division: &str,
) -> Result<FrozenMonth, Problem> {
    covers(tx.conn, &q.actor, division).await?;
    let mut figures = Vec::new();
    for of in REGISTRY {
        figures.push(snapshot(tx.conn, of, q).await?);
    }
    let body = serde_json::to_value(FrozenBody { figures }).map_err(Problem::internal)?;
    let sha256 = Sha256::digest(serde_json::to_vec(&body).map_err(Problem::internal)?).to_vec();
    let (id, signature) = (tx.new_id(), tx.keys.sign_report(&sha256));
    statement(
        "INSERT INTO frozen_reports (id, month, division_prefix, version, body, sha256, signature, frozen_by, frozen_at) \
         SELECT $1, $2, $3, (coalesce(max(version), 0) + 1)::smallint, $4, $5, $6, $7, $8 FROM frozen_reports \
         WHERE month = $2 AND division_prefix = $3",
    )
    .bind::<ty::Uuid, _>(id)
    .bind::<ty::Text, _>(month.to_string())
    .bind::<ty::Text, _>(division)
    .bind::<ty::Jsonb, _>(body)
    .bind::<ty::Binary, _>(sha256)
    .bind::<ty::Text, _>(signature)
    .bind::<ty::Uuid, _>(q.actor.id.0)
    .bind::<ty::Timestamptz, _>(q.now)
    .execute(tx.conn)
    .await
    .map_err(|e| on_constraint(e, "frozen_reports_version_key", || REPORT_FROZEN_MEANWHILE.problem()))?;
    tx.audit(
        tx.entry("statistics.freeze", "frozen_report", Some(id))
            .detail(json!({ "month": month.to_string(), "division": division })),
    );
    frozen(tx.conn, q, month, division).await
}

#[derive(QueryableByName)]
struct Stored {
    #[diesel(sql_type = ty::Uuid)]
    id: Uuid,
    #[diesel(sql_type = ty::SmallInt)]
    version: i16,
    #[diesel(sql_type = ty::Jsonb)]
    body: Value,
    #[diesel(sql_type = ty::Binary)]
    sha256: Vec<u8>,
    #[diesel(sql_type = ty::Text)]
    signature: String,
    #[diesel(sql_type = ty::Timestamptz)]
    frozen_at: DateTime<Utc>,
}

/// The newest version of a frozen month beside what the records say now.
///
/// # Errors
/// 404 when it was not frozen or lies outside the actor's area.
pub async fn frozen(
    conn: &mut AsyncPgConnection,
    q: &Question,
    month: Month,
    division: &str,
) -> Result<FrozenMonth, Problem> {
    covers(conn, &q.actor, division).await?;
    let stored: Stored = statement(
        "SELECT id, version, body, sha256, signature, frozen_at FROM frozen_reports WHERE month = $1 AND division_prefix = $2 \
         ORDER BY version DESC LIMIT 1",
    )
    .bind::<ty::Text, _>(month.to_string())
    .bind::<ty::Text, _>(division)
    .get_result(conn)
    .await
    .optional()?
    .ok_or_else(|| REPORT_NOT_FOUND.problem())?;
    let body: FrozenBody = serde_json::from_value(stored.body).map_err(Problem::internal)?;
    let mut figures = Vec::new();
    for was in body.figures {
        let Some(of) = super::registry::find(&was.figure.code) else {
            continue;
        };
        let is = snapshot(conn, of, q).await?;
        let set = |keys: Option<Vec<String>>| keys.map(BTreeSet::from_iter);
        let (mut added, mut removed) = (Vec::new(), Vec::new());
        if let (Some(before), Some(after)) = (set(was.records), set(is.records)) {
            added = after.difference(&before).take(MOST_LISTED).cloned().collect();
            removed = before.difference(&after).take(MOST_LISTED).cloned().collect();
        }
        figures.push(RestatedFigure {
            differs: was.records_sha256 != is.records_sha256,
            frozen: was.figure,
            restated: is.figure,
            added,
            removed,
        });
    }
    Ok(FrozenMonth {
        id: stored.id,
        month: month.to_string(),
        division: division.to_owned(),
        version: stored.version,
        sha256: hex::encode(stored.sha256),
        signature: stored.signature,
        frozen_at: stored.frozen_at,
        figures,
    })
}
