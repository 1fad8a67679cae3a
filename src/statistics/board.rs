//! The weekly board: where the visits of a week stand, by community and steward.

use super::{
    queries::{Question, asked, reading, word},
    registry,
};
use crate::{
    calendar::local_date,
    db::statement,
    error::Problem,
    http::{Page, PageQuery},
};
use chrono::{DateTime, Duration, Utc};
use diesel::{QueryableByName, sql_types as ty};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

/// The board of a week.
#[derive(Debug, Serialize, ToSchema)]
pub struct WeeklyBoard {
    /// Its lines, by code of the community.
    #[serde(flatten)]
    pub page: Page<BoardLine>,
    /// The week.
    #[schema(example = "2024-W03")]
    pub week: String,
}

/// Where the visits of a week stand that a steward answers for in a community. Each number is that of the records of the indicator
/// `weekly_visits` in this week, community and under this steward, with the number's `kind`.
#[derive(Debug, Serialize, ToSchema)]
pub struct BoardLine {
    /// The community.
    pub community_id: Uuid,
    /// Its code.
    #[schema(example = "630104002000001")]
    pub code: String,
    /// Its name.
    #[schema(example = "古城台小区")]
    pub community: String,
    /// In which division.
    #[schema(example = "630104002000")]
    pub division: String,
    /// The steward who answered, or is in charge; null where nobody serves.
    pub steward_id: Option<Uuid>,
    /// How they are called.
    #[schema(example = "示例管家")]
    pub steward: Option<String>,
    /// When the steward's phone was last in contact, where it is silent while visits are owed; null too for one that never was.
    pub silent_since: Option<DateTime<Utc>>,
    /// Where the visits stand.
    #[serde(flatten)]
    pub counts: BoardCounts,
}

/// Where visits stand; `visits` is the sum of all others.
#[derive(Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct BoardCounts {
    /// All of them.
    #[schema(example = 40)]
    pub visits: i64,
    /// Kind `visited`.
    #[schema(example = 31)]
    pub visited: i64,
    /// Kind `owed`: there is still time, or the record may still arrive from the phone.
    #[schema(example = 4)]
    pub owed: i64,
    /// Kind `phone_silent`: likewise, and the steward's phone has not been in contact for a day.
    #[schema(example = 0)]
    pub phone_silent: i64,
    /// Excused, by reason.
    pub excused: Vec<Reasoned>,
    /// Missed with a reason, by reason.
    pub missed: Vec<Reasoned>,
    /// Kind `missed_without_reason`.
    #[schema(example = 1)]
    pub missed_without_reason: i64,
}

/// How many for one reason.
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Reasoned {
    /// The reason, and the kind of these records.
    #[schema(example = "in_hospital")]
    pub kind: String,
    /// In Chinese.
    #[schema(example = "住院")]
    pub name: String,
    /// So many.
    #[schema(example = 2)]
    pub count: i64,
}

/// How many stand alike.
#[derive(Debug, Deserialize)]
struct Standing {
    kind: String,
    excused: bool,
    count: i64,
}

impl BoardCounts {
    fn of(standings: Vec<Standing>) -> Self {
        let mut counts = Self::default();
        for Standing { kind, excused, count } in standings {
            counts.visits += count;
            match kind.as_str() {
                "visited" => counts.visited = count,
                "owed" => counts.owed = count,
                "phone_silent" => counts.phone_silent = count,
                "missed_without_reason" => counts.missed_without_reason = count,
                _ => {
                    let reasons = if excused {
                        &mut counts.excused
                    } else {
                        &mut counts.missed
                    };
                    let name = word(&kind).unwrap_or(&kind).to_owned();
                    reasons.push(Reasoned { kind, name, count });
                }
            }
        }
        counts
    }
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = ty::Uuid)]
    community_id: Uuid,
    #[diesel(sql_type = ty::Text)]
    code: String,
    #[diesel(sql_type = ty::Text)]
    community: String,
    #[diesel(sql_type = ty::Text)]
    division: String,
    #[diesel(sql_type = ty::Nullable<ty::Uuid>)]
    steward_id: Option<Uuid>,
    #[diesel(sql_type = ty::Nullable<ty::Text>)]
    steward: Option<String>,
    #[diesel(sql_type = ty::Jsonb)]
    standings: Value,
    #[diesel(sql_type = ty::Nullable<ty::Timestamptz>)]
    last_contact_at: Option<DateTime<Utc>>,
}

/// A page of the board: the range of `q` is the week.
///
/// # Errors
/// 400 for a foreign cursor.
pub async fn weekly(
    conn: &mut AsyncPgConnection,
    q: &Question,
    page: &PageQuery,
) -> Result<Page<BoardLine>, Problem> {
    let (code, steward) = page.after::<(String, String)>()?.unwrap_or_default();
    let rows: Vec<Row> = reading(conn, async |conn| {
        Ok(asked!(registry::BOARD, q, 0)
            .bind::<ty::Text, _>(code)
            .bind::<ty::Text, _>(steward)
            .bind::<ty::BigInt, _>(page.fetch())
            .load(conn)
            .await?)
    })
    .await?;
    let Page { items, next_cursor } = Page::cut(rows, page, |r| {
        (
            r.code.clone(),
            r.steward_id.map(|id| id.to_string()).unwrap_or_default(),
        )
    });
    let items = items.into_iter().map(line).collect::<Result<_, _>>()?;
    Ok(Page { items, next_cursor })
}

fn line(row: Row) -> Result<BoardLine, Problem> {
    let standings = serde_json::from_value(row.standings).map_err(Problem::internal)?;
    Ok(BoardLine {
        community_id: row.community_id,
        code: row.code,
        community: row.community,
        division: row.division,
        steward_id: row.steward_id,
        steward: row.steward,
        silent_since: row.last_contact_at,
        counts: BoardCounts::of(standings),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_excused_and_what_is_missed_are_told_by_their_reasons() {
        let standing = |kind: &str, excused, count| Standing {
            kind: kind.to_owned(),
            excused,
            count,
        };
        let reasoned = |kind: &str, name: &str, count| Reasoned {
            kind: kind.to_owned(),
            name: name.to_owned(),
            count,
        };
        let counts = BoardCounts::of(vec![
            standing("away", true, 2),
            standing("in_hospital", true, 1),
            standing("missed_without_reason", false, 3),
            standing("other", false, 4),
            standing("owed", false, 5),
            standing("phone_silent", false, 6),
            standing("visited", false, 7),
        ]);
        let expected = BoardCounts {
            visits: 28,
            visited: 7,
            owed: 5,
            phone_silent: 6,
            excused: vec![reasoned("away", "外出", 2), reasoned("in_hospital", "住院", 1)],
            missed: vec![reasoned("other", "其他", 4)],
            missed_without_reason: 3,
        };
        assert_eq!(counts, expected);
    }
}
