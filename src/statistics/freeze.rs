//! Frozen months: what was reported stays what was reported.

use super::{
    REPORT_FROZEN_MEANWHILE, REPORT_NOT_FOUND,
    model::{
        Counted, FrozenBody, FrozenFigure, FrozenMonth, FrozenVersion, IndicatorFigure, IndicatorRecord,
        LinesHash, RestatedFigure, Sealed,
    },
    queries::{self, Question, Viewer, covers},
    registry::{self, Registered},
};
use crate::{
    calendar::Month,
    crypto::KeyRing,
    db::statement,
    error::{Problem, on_constraint},
    http::{Page, PageQuery},
    tx::Tx,
};
use chrono::{DateTime, SubsecRound, Utc};
use diesel::{OptionalExtension, QueryableByName, sql_types as ty};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use futures_util::TryStreamExt;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet, HashSet};
use uuid::Uuid;

/// Longer lists are frozen as their hash alone.
const MOST_FROZEN: usize = 50_000;
/// How many differing records are listed.
const MOST_LISTED: usize = 1_000;

/// The lines of the lists by indicator, as they are stored.
type Lists = BTreeMap<String, Vec<String>>;

/// Reads a list once, from its first key to its last: what it comes to, the hash of its lines, and each line to `keep`.
async fn read(
    conn: &mut AsyncPgConnection,
    of: &Registered,
    q: &Question,
    mut keep: impl FnMut(String),
) -> Result<FrozenFigure, Problem> {
    let (mut counted, mut hash) = (Counted::default(), LinesHash::default());
    let mut records = queries::stream(conn, of, q).await?;
    while let Some(record) = records.try_next().await? {
        let record: IndicatorRecord = record;
        counted.add(record.counts, record.excused, record.weight);
        let line = record.line();
        hash.add(&line);
        keep(line);
    }
    Ok(FrozenFigure {
        code: of.indicator.code.to_owned(),
        kind: of.indicator.kind,
        numerator: counted.numerator,
        denominator: counted.denominator,
        excused: counted.excused,
        records_sha256: hash.finish(),
    })
}

/// A whole city's lists take longer than a request for a page may.
async fn take_time(conn: &mut AsyncPgConnection) -> Result<(), Problem> {
    statement("SET LOCAL statement_timeout = '300s'")
        .execute(conn)
        .await?;
    Ok(())
}

/// Stores the month as it is now, as the next version. The transaction sees one state of the database.
///
/// # Errors
/// 404 outside the viewer's area; 422 for a second version without its reason; 409 when somebody else froze it just now.
pub async fn freeze(
    tx: &mut Tx<'_>,
    q: &Question,
    month: Month,
    division: &str,
    reason: Option<String>,
) -> Result<FrozenMonth, Problem> {
    covers(tx.conn, q.viewer, division).await?;
    let (month, by) = (month.to_string(), tx.actor_id()?);
    #[derive(QueryableByName)]
    struct Last {
        #[diesel(sql_type = ty::SmallInt)]
        version: i16,
    }
    let last: Last = statement(
        "SELECT coalesce(max(version), 0::smallint) AS version FROM frozen_reports WHERE month = $1 AND division_prefix = $2",
    )
    .bind::<ty::Text, _>(month.as_str())
    .bind::<ty::Text, _>(division)
    .get_result(tx.conn)
    .await?;
    let version = last.version + 1;
    if version > 1 && reason.is_none() {
        return Err(Problem::field("reason", "say why the month is frozen again"));
    }
    take_time(tx.conn).await?;
    queries::plan_for_each(tx.conn).await?;
    let (mut figures, mut lists) = (Vec::new(), Lists::new());
    for of in registry::all() {
        let mut lines = Vec::new();
        let figure = read(tx.conn, of, q, |line| {
            if lines.len() <= MOST_FROZEN {
                lines.push(line);
            }
        })
        .await?;
        if lines.len() <= MOST_FROZEN {
            lists.insert(figure.code.clone(), lines);
        }
        figures.push(figure);
    }
    let body = FrozenBody { figures };
    // PostgreSQL keeps microseconds; what is signed must come back as it was.
    let (id, sha256, frozen_at) = (tx.new_id(), body.sha256(), q.now.trunc_subsecs(6));
    let sealed = Sealed {
        month: &month,
        division,
        version,
        reason: reason.as_deref(),
        frozen_by: by.0,
        frozen_at,
        sha256: &sha256,
    };
    let signature = tx.keys.sign_report(&sealed.message());
    statement(
        "INSERT INTO frozen_reports (id, month, division_prefix, version, body, lists, sha256, signature, reason, frozen_by, frozen_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
    )
    .bind::<ty::Uuid, _>(id)
    .bind::<ty::Text, _>(month.as_str())
    .bind::<ty::Text, _>(division)
    .bind::<ty::SmallInt, _>(version)
    .bind::<ty::Jsonb, _>(serde_json::to_value(&body).map_err(Problem::internal)?)
    .bind::<ty::Jsonb, _>(serde_json::to_value(&lists).map_err(Problem::internal)?)
    .bind::<ty::Binary, _>(sha256.as_slice())
    .bind::<ty::Text, _>(signature.as_str())
    .bind::<ty::Nullable<ty::Text>, _>(reason.as_deref())
    .bind::<ty::Uuid, _>(by)
    .bind::<ty::Timestamptz, _>(frozen_at)
    .execute(tx.conn)
    .await
    .map_err(|e| on_constraint(e, "frozen_reports_version_key", || REPORT_FROZEN_MEANWHILE.problem()))?;
    tx.audit(
        tx.entry("statistics.freeze", "frozen_report", Some(id))
            .detail(json!({ "month": month, "division": division, "version": version })),
    );
    let unchanged = |figure: FrozenFigure| RestatedFigure {
        listed: lists.contains_key(&figure.code),
        frozen: figure.figure(),
        restated: figure.figure(),
        differs: false,
        added: Vec::new(),
        removed: Vec::new(),
    };
    Ok(FrozenMonth {
        head: FrozenVersion {
            id,
            sha256: hex::encode(&sha256),
            month,
            division: division.to_owned(),
            version,
            reason,
            signature,
            frozen_by: by.0,
            frozen_at,
            verified: true,
        },
        figures: body.figures.into_iter().map(unchanged).collect(),
    })
}

#[derive(QueryableByName)]
struct Stored {
    #[diesel(sql_type = ty::Uuid)]
    id: Uuid,
    #[diesel(sql_type = ty::Text)]
    month: String,
    #[diesel(sql_type = ty::Text)]
    division_prefix: String,
    #[diesel(sql_type = ty::SmallInt)]
    version: i16,
    #[diesel(sql_type = ty::Jsonb)]
    body: Value,
    #[diesel(sql_type = ty::Jsonb)]
    lists: Value,
    #[diesel(sql_type = ty::Binary)]
    sha256: Vec<u8>,
    #[diesel(sql_type = ty::Text)]
    signature: String,
    #[diesel(sql_type = ty::Nullable<ty::Text>)]
    reason: Option<String>,
    #[diesel(sql_type = ty::Uuid)]
    frozen_by: Uuid,
    #[diesel(sql_type = ty::Timestamptz)]
    frozen_at: DateTime<Utc>,
}

impl Stored {
    /// What it says, and whether that is what was signed. What cannot be read any more says nothing.
    fn opened(self, keys: &KeyRing) -> (FrozenVersion, FrozenBody, Lists) {
        let body: Option<FrozenBody> = serde_json::from_value(self.body).ok();
        let lists: Option<Lists> = serde_json::from_value(self.lists).ok();
        let sealed = Sealed {
            month: &self.month,
            division: &self.division_prefix,
            version: self.version,
            reason: self.reason.as_deref(),
            frozen_by: self.frozen_by,
            frozen_at: self.frozen_at,
            sha256: &self.sha256,
        };
        let verified = keys.verify_report(&sealed.message(), &self.signature)
            && body.as_ref().is_some_and(|body| {
                body.sha256() == self.sha256 && lists.as_ref().is_some_and(|lists| whole(body, lists))
            });
        let head = FrozenVersion {
            id: self.id,
            sha256: hex::encode(&self.sha256),
            month: self.month,
            division: self.division_prefix,
            version: self.version,
            reason: self.reason,
            signature: self.signature,
            frozen_by: self.frozen_by,
            frozen_at: self.frozen_at,
            verified,
        };
        (
            head,
            body.unwrap_or(FrozenBody { figures: Vec::new() }),
            lists.unwrap_or_default(),
        )
    }
}

/// Every list that is kept has the hash that was frozen, and none is missing that is short enough to be kept.
fn whole(body: &FrozenBody, lists: &Lists) -> bool {
    body.figures.iter().all(|figure| match lists.get(&figure.code) {
        Some(lines) => {
            let mut hash = LinesHash::default();
            lines.iter().for_each(|line| hash.add(line));
            hash.finish() == figure.records_sha256
        }
        None => figure.denominator + figure.excused > MOST_FROZEN as i64,
    })
}

/// A version of a frozen month, the newest unless told, beside what the records say now.
///
/// # Errors
/// 404 when it was not frozen or lies outside the viewer's area.
pub async fn frozen(
    conn: &mut AsyncPgConnection,
    keys: &KeyRing,
    q: &Question,
    month: Month,
    division: &str,
    version: Option<i16>,
) -> Result<FrozenMonth, Problem> {
    covers(conn, q.viewer, division).await?;
    queries::reading(conn, async |conn| {
        take_time(conn).await?;
        compared(conn, keys, q, month, division, version).await
    })
    .await
}

async fn compared(
    conn: &mut AsyncPgConnection,
    keys: &KeyRing,
    q: &Question,
    month: Month,
    division: &str,
    version: Option<i16>,
) -> Result<FrozenMonth, Problem> {
    let stored: Stored = statement(
        "SELECT id, month, division_prefix, version, body, lists, sha256, signature, reason, frozen_by, frozen_at FROM frozen_reports \
         WHERE month = $1 AND division_prefix = $2 AND ($3::smallint IS NULL OR version = $3) ORDER BY version DESC LIMIT 1",
    )
    .bind::<ty::Text, _>(month.to_string())
    .bind::<ty::Text, _>(division)
    .bind::<ty::Nullable<ty::SmallInt>, _>(version)
    .get_result(conn)
    .await
    .optional()?
    .ok_or_else(|| REPORT_NOT_FOUND.problem())?;
    let (head, body, mut lists) = stored.opened(keys);
    let mut figures = Vec::new();
    for was in body.figures {
        let Some(of) = registry::find(&was.code) else {
            continue;
        };
        let before = lists.remove(&was.code);
        let listed = before.is_some();
        let mut gone: HashSet<String> = before.unwrap_or_default().into_iter().collect();
        let mut added = BTreeSet::new();
        let is = read(conn, of, q, |line| {
            if listed && !gone.remove(&line) && added.len() < MOST_LISTED {
                added.insert(line);
            }
        })
        .await?;
        let mut removed: Vec<String> = gone.into_iter().collect();
        removed.sort_unstable();
        removed.truncate(MOST_LISTED);
        figures.push(RestatedFigure {
            differs: was.records_sha256 != is.records_sha256,
            listed,
            frozen: was.figure(),
            restated: is.figure(),
            added: added.into_iter().collect(),
            removed,
        });
    }
    Ok(FrozenMonth { head, figures })
}

/// The versions of a frozen month, the newest first.
///
/// # Errors
/// 404 outside the viewer's area, 400 for a foreign cursor.
pub async fn versions(
    conn: &mut AsyncPgConnection,
    keys: &KeyRing,
    viewer: Viewer,
    month: Month,
    division: &str,
    page: &PageQuery,
) -> Result<Page<FrozenVersion>, Problem> {
    covers(conn, viewer, division).await?;
    // One after the other: each holds its lists until it is verified.
    let mut found = Vec::new();
    let mut before: Option<i16> = page.after()?;
    while i64::try_from(found.len()).is_ok_and(|n| n < page.fetch()) {
        let next: Option<Stored> = statement(
            "SELECT id, month, division_prefix, version, body, lists, sha256, signature, reason, frozen_by, frozen_at FROM frozen_reports \
             WHERE month = $1 AND division_prefix = $2 AND ($3::smallint IS NULL OR version < $3) ORDER BY version DESC LIMIT 1",
        )
        .bind::<ty::Text, _>(month.to_string())
        .bind::<ty::Text, _>(division)
        .bind::<ty::Nullable<ty::SmallInt>, _>(before)
        .get_result(conn)
        .await
        .optional()?;
        let Some(next) = next else { break };
        before = Some(next.version);
        found.push(next.opened(keys).0);
    }
    Ok(Page::cut(found, page, |v| v.version))
}

/// The newest frozen figures of these divisions, by division. The lists are not looked at: they do not stand in a report.
///
/// # Errors
/// What the database said.
pub async fn newest(
    conn: &mut AsyncPgConnection,
    keys: &KeyRing,
    month: Month,
    divisions: Vec<String>,
) -> Result<BTreeMap<String, (FrozenVersion, BTreeMap<String, IndicatorFigure>)>, Problem> {
    let stored: Vec<Stored> = statement(
        "SELECT DISTINCT ON (division_prefix) id, month, division_prefix, version, body, '{}'::jsonb AS lists, sha256, signature, reason, \
         frozen_by, frozen_at FROM frozen_reports WHERE month = $1 AND division_prefix = ANY ($2) ORDER BY division_prefix, version DESC",
    )
    .bind::<ty::Text, _>(month.to_string())
    .bind::<ty::Array<ty::Text>, _>(divisions)
    .load(conn)
    .await?;
    let with_figures = stored.into_iter().map(|stored| {
        let sound = {
            let sealed = Sealed {
                month: &stored.month,
                division: &stored.division_prefix,
                version: stored.version,
                reason: stored.reason.as_deref(),
                frozen_by: stored.frozen_by,
                frozen_at: stored.frozen_at,
                sha256: &stored.sha256,
            };
            keys.verify_report(&sealed.message(), &stored.signature)
        };
        let (mut head, body, _) = stored.opened(keys);
        head.verified = sound && hex::encode(body.sha256()) == head.sha256;
        let figures = body
            .figures
            .iter()
            .map(|f| (f.code.clone(), f.figure()))
            .collect();
        (head.division.clone(), (head, figures))
    });
    Ok(with_figures.collect())
}
