//! Statements on campaigns.

use super::{
    CAMPAIGN_NOT_FOUND, CAMPAIGN_OVER,
    model::{
        Campaign, CampaignCoverage, CampaignGroup, CampaignObligation, CampaignPreview, CampaignStatus,
        CommunityCoverage, CoverageCounts, NewCampaign, StoredCampaign, time_of,
    },
};
use crate::{
    areas::COMMUNITY_NOT_FOUND,
    calendar::local_date,
    communities_in_scope,
    db::statement,
    elders::model::{Entitlement, VisitTier, advanced_age_since},
    error::{FORBIDDEN, Problem},
    http::{Page, PageQuery},
    ids::{CampaignId, CommunityId, HouseholdId, ObligationId},
    jobs::NewJob,
    obligations::{
        model::ObligationStatus,
        queries::{CampaignTime, excuse_stopped, owe_campaign},
    },
    schema::sql_types,
    tx::{Actor, Tx},
};
use chrono::{DateTime, Duration, Months, NaiveDate, Utc};
use diesel::{OptionalExtension, QueryableByName, sql_types as ty};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde_json::json;
use uuid::Uuid;

/// After so long a campaign is not looked at any more: by then what it owed has its end.
const OVER: Duration = Duration::days(30);
/// Communities that one transaction of the job looks at.
const STEP: i64 = 20;

/// The elder `e` is owed visits at all, and is one of those whom a group asks for.
macro_rules! asked_for {
    ($today:literal, $categories:literal, $advanced:literal, $tiers:literal, $born:literal, $entitlements:literal) => {
        concat!(
            "(e.status = 'active' OR e.status IN ('in_hospital', 'away') AND e.status_until <= ", $today, ") \
             AND (cardinality(", $categories, ") = 0 OR EXISTS (SELECT 1 FROM elder_categories t WHERE t.elder_id = e.id AND t.category_code = ANY (", $categories, ") \
             AND t.starts_on <= ", $today, " AND (t.ends_on IS NULL OR t.ends_on > ", $today, ")) \
             OR 'advanced_age' = ANY (", $categories, ") AND e.birth_date <= ", $advanced, ") \
             AND e.tier = ANY (", $tiers, ") AND e.birth_date <= ", $born, " AND e.entitlement = ANY (", $entitlements, ")"
        )
    };
}

/// Campaign `k` reaches a community of the actor's.
macro_rules! in_sight {
    () => {
        concat!(
            "EXISTS (SELECT 1 FROM communities s WHERE s.division_code LIKE k.division || '%' AND s.id IN (",
            communities_in_scope!(),
            ") AND (NOT EXISTS (SELECT 1 FROM campaign_communities n WHERE n.campaign_id = k.id) \
             OR EXISTS (SELECT 1 FROM campaign_communities n WHERE n.campaign_id = k.id AND n.community_id = s.id)))"
        )
    };
}

macro_rules! campaigns {
    ($which:expr) => {
        concat!(
            "SELECT k.id, k.name, k.reason, k.division, \
             ARRAY(SELECT n.community_id FROM campaign_communities n WHERE n.campaign_id = k.id ORDER BY n.community_id) AS communities, \
             k.categories, k.tiers, k.age_from, k.entitlement, k.starts_at, k.ends_at, k.households, k.started_by, k.started_at, k.stopped_by, \
             k.stopped_at, k.stop_reason FROM campaigns k WHERE ",
            $which
        )
    };
}

/// What a group asks of an elder, on a day: nothing asked for is everything taken.
struct Asked {
    today: NaiveDate,
    advanced: NaiveDate,
    born: NaiveDate,
    tiers: Vec<VisitTier>,
    entitlements: Vec<Entitlement>,
}

impl Asked {
    fn of(
        tiers: &[VisitTier],
        age_from: Option<i16>,
        entitlement: Option<Entitlement>,
        now: DateTime<Utc>,
    ) -> Self {
        let today = local_date(now);
        let years = age_from.map_or(0, |years| u32::from(years.unsigned_abs()));
        Self {
            today,
            advanced: advanced_age_since(today),
            born: today
                .checked_sub_months(Months::new(years * 12))
                .unwrap_or(NaiveDate::MIN),
            tiers: match tiers {
                [] => vec![VisitTier::Weekly, VisitTier::Monthly, VisitTier::Quarterly],
                some => some.to_vec(),
            },
            entitlements: entitlement.map_or_else(
                || vec![Entitlement::SafetyNet, Entitlement::Social],
                |one| vec![one],
            ),
        }
    }
}

/// How many households belong to a group now.
///
/// # Errors
/// 403 for a division that is not the actor's, 404 for a community that is not in it, 422 for a category that does not exist.
pub async fn preview(
    conn: &mut AsyncPgConnection,
    actor: &Actor,
    now: DateTime<Utc>,
    group: &CampaignGroup,
) -> Result<CampaignPreview, Problem> {
    #[derive(QueryableByName)]
    struct Known {
        #[diesel(sql_type = ty::Bool)]
        communities: bool,
        #[diesel(sql_type = ty::Bool)]
        categories: bool,
    }
    let known: Known = statement(concat!(
        "SELECT NOT EXISTS (SELECT 1 FROM unnest($4) AS g (id) WHERE g.id NOT IN (SELECT c.id FROM communities c \
         WHERE c.division_code LIKE $3 || '%' AND c.id IN (",
        communities_in_scope!(),
        "))) AS communities, NOT EXISTS (SELECT 1 FROM unnest($5) AS g (code) WHERE g.code NOT IN (SELECT code FROM categories)) AS categories"
    ))
    .bind::<ty::Uuid, _>(actor.id)
    .bind::<ty::Timestamptz, _>(now)
    .bind::<ty::Text, _>(group.division.clone())
    .bind::<ty::Array<ty::Uuid>, _>(group.communities.clone())
    .bind::<ty::Array<ty::Text>, _>(group.categories.clone())
    .get_result(conn)
    .await?;
    if !known.communities {
        return Err(COMMUNITY_NOT_FOUND.problem());
    }
    own_division(conn, actor, &group.division).await?;
    if !known.categories {
        return Err(Problem::field("group.categories", "names no category of ours"));
    }
    let asked = Asked::of(&group.tiers, group.age_from, group.entitlement, now);
    Ok(statement(concat!(
        "SELECT count(DISTINCT e.household_id) AS households, count(*) AS elders, count(DISTINCT e.community_id) AS communities FROM elders e \
         JOIN communities c ON c.id = e.community_id WHERE c.division_code LIKE $3 || '%' AND (cardinality($4) = 0 OR c.id = ANY ($4)) AND c.id IN (",
        communities_in_scope!(),
        ") AND ",
        asked_for!("$5", "$6", "$7", "$8", "$9", "$10")
    ))
    .bind::<ty::Uuid, _>(actor.id)
    .bind::<ty::Timestamptz, _>(now)
    .bind::<ty::Text, _>(group.division.clone())
    .bind::<ty::Array<ty::Uuid>, _>(group.communities.clone())
    .bind::<ty::Date, _>(asked.today)
    .bind::<ty::Array<ty::Text>, _>(group.categories.clone())
    .bind::<ty::Date, _>(asked.advanced)
    .bind::<ty::Array<sql_types::VisitTier>, _>(asked.tiers)
    .bind::<ty::Date, _>(asked.born)
    .bind::<ty::Array<sql_types::Entitlement>, _>(asked.entitlements)
    .get_result(conn)
    .await?)
}

/// The division lies within the actor's.
async fn own_division(conn: &mut AsyncPgConnection, actor: &Actor, division: &str) -> Result<(), Problem> {
    let own = statement("SELECT 1 FROM users WHERE id = $1 AND disabled_at IS NULL AND $2 LIKE scope || '%'")
        .bind::<ty::Uuid, _>(actor.id)
        .bind::<ty::Text, _>(division.to_owned())
        .execute(conn)
        .await?;
    if own == 0 {
        return Err(FORBIDDEN.with("the campaign reaches beyond your division"));
    }
    Ok(())
}

/// Starts a campaign; its visits are made by a job when it begins.
///
/// # Errors
/// As [`preview`]; 422 for days that are over, out of order or too many, and for a group to which nobody belongs.
pub async fn start(tx: &mut Tx<'_>, actor: &Actor, new: NewCampaign) -> Result<Campaign, Problem> {
    let (id, now) = (CampaignId(tx.new_id()), tx.now);
    let (starts_at, ends_at) = time_of(new.from, new.to, now)?;
    let preview = preview(tx.conn, actor, now, &new.group).await?;
    if preview.households == 0 {
        return Err(Problem::field("group", "nobody belongs to it"));
    }
    let CampaignGroup {
        division,
        communities,
        categories,
        tiers,
        age_from,
        entitlement,
    } = new.group;
    statement(
        "INSERT INTO campaigns (id, name, reason, division, categories, tiers, age_from, entitlement, starts_at, ends_at, households, started_by, \
         started_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
    )
    .bind::<ty::Uuid, _>(id)
    .bind::<ty::Text, _>(new.name)
    .bind::<ty::Text, _>(new.reason)
    .bind::<ty::Text, _>(division)
    .bind::<ty::Array<ty::Text>, _>(categories)
    .bind::<ty::Array<sql_types::VisitTier>, _>(tiers)
    .bind::<ty::Nullable<ty::SmallInt>, _>(age_from)
    .bind::<ty::Nullable<sql_types::Entitlement>, _>(entitlement)
    .bind::<ty::Timestamptz, _>(starts_at)
    .bind::<ty::Timestamptz, _>(ends_at)
    .bind::<ty::Integer, _>(i32::try_from(preview.households).unwrap_or(i32::MAX))
    .bind::<ty::Uuid, _>(actor.id)
    .bind::<ty::Timestamptz, _>(now)
    .execute(tx.conn)
    .await?;
    statement("INSERT INTO campaign_communities (campaign_id, community_id) SELECT DISTINCT $1, g.id FROM unnest($2) AS g (id)")
        .bind::<ty::Uuid, _>(id)
        .bind::<ty::Array<ty::Uuid>, _>(communities)
        .execute(tx.conn)
        .await?;
    tx.enqueue(NewJob {
        kind: "campaigns.owe",
        dedup_key: Some(id.to_string()),
        payload: json!({ "campaign_id": id }),
        run_at: starts_at,
    })
    .await?;
    let entry = tx.entry("campaigns.start", "campaign", Some(id.0));
    tx.audit(entry.detail(json!({ "households": preview.households })));
    get(tx.conn, actor, now, id).await
}

/// Stops a campaign before its end; what it still owes is excused by a job.
///
/// # Errors
/// 404 when none reaches the actor's area, 403 when it reaches beyond their division, 409 when it is over or was stopped.
pub async fn stop(tx: &mut Tx<'_>, actor: &Actor, id: CampaignId, reason: &str) -> Result<Campaign, Problem> {
    let now = tx.now;
    let found: StoredCampaign = statement(campaigns!(concat!(
        "k.id = $3 AND ",
        in_sight!(),
        " FOR UPDATE OF k"
    )))
    .bind::<ty::Uuid, _>(actor.id)
    .bind::<ty::Timestamptz, _>(now)
    .bind::<ty::Uuid, _>(id)
    .get_result(tx.conn)
    .await
    .optional()?
    .ok_or_else(|| CAMPAIGN_NOT_FOUND.problem())?;
    own_division(tx.conn, actor, &found.division).await?;
    if matches!(found.status(now), CampaignStatus::Stopped | CampaignStatus::Over) {
        return Err(CAMPAIGN_OVER.problem());
    }
    statement("UPDATE campaigns SET stopped_at = $2, stopped_by = $3, stop_reason = $4 WHERE id = $1")
        .bind::<ty::Uuid, _>(id)
        .bind::<ty::Timestamptz, _>(now)
        .bind::<ty::Uuid, _>(actor.id)
        .bind::<ty::Text, _>(reason.to_owned())
        .execute(tx.conn)
        .await?;
    tx.enqueue(NewJob {
        kind: "campaigns.excuse",
        dedup_key: Some(id.to_string()),
        payload: json!({ "campaign_id": id }),
        run_at: now,
    })
    .await?;
    tx.audit(tx.entry("campaigns.stop", "campaign", Some(id.0)));
    get(tx.conn, actor, now, id).await
}

/// One campaign that reaches the actor's area.
///
/// # Errors
/// 404 when none does.
pub async fn get(
    conn: &mut AsyncPgConnection,
    actor: &Actor,
    now: DateTime<Utc>,
    id: CampaignId,
) -> Result<Campaign, Problem> {
    let found: Option<StoredCampaign> = statement(campaigns!(concat!("k.id = $3 AND ", in_sight!())))
        .bind::<ty::Uuid, _>(actor.id)
        .bind::<ty::Timestamptz, _>(now)
        .bind::<ty::Uuid, _>(id)
        .get_result(conn)
        .await
        .optional()?;
    found
        .map(|campaign| campaign.told(now))
        .ok_or_else(|| CAMPAIGN_NOT_FOUND.problem())
}

/// The campaigns that reach the actor's area, the latest first.
///
/// # Errors
/// 400 for a foreign cursor.
pub async fn list(
    conn: &mut AsyncPgConnection,
    actor: &Actor,
    now: DateTime<Utc>,
    page: &PageQuery,
) -> Result<Page<Campaign>, Problem> {
    let (at, id) = page
        .after::<(DateTime<Utc>, Uuid)>()?
        .unwrap_or((DateTime::<Utc>::MAX_UTC, Uuid::max()));
    let found: Vec<StoredCampaign> = statement(campaigns!(concat!(
        "(k.starts_at, k.id) < ($3, $4) AND ",
        in_sight!(),
        " ORDER BY k.starts_at DESC, k.id DESC LIMIT $5"
    )))
    .bind::<ty::Uuid, _>(actor.id)
    .bind::<ty::Timestamptz, _>(now)
    .bind::<ty::Timestamptz, _>(at)
    .bind::<ty::Uuid, _>(id)
    .bind::<ty::BigInt, _>(page.fetch())
    .load(conn)
    .await?;
    Ok(Page::cut(found, page, |k| (k.starts_at, k.id.0)).map(|k| k.told(now)))
}

macro_rules! counts {
    () => {
        "count(*) FILTER (WHERE o.status = 'owed') AS owed, count(*) FILTER (WHERE o.status = 'done') AS done, \
         count(*) FILTER (WHERE o.status = 'excused') AS excused, count(*) FILTER (WHERE o.status = 'missed') AS missed"
    };
}

/// What became of a campaign's visits in the actor's area: of all, and community by community.
///
/// # Errors
/// 404 when there is no such campaign in sight, 400 for a foreign cursor.
pub async fn coverage(
    conn: &mut AsyncPgConnection,
    actor: &Actor,
    now: DateTime<Utc>,
    id: CampaignId,
    page: &PageQuery,
) -> Result<CampaignCoverage, Problem> {
    let after = page.after::<String>()?.unwrap_or_default();
    get(conn, actor, now, id).await?;
    let whole: CoverageCounts = statement(concat!(
        "SELECT ",
        counts!(),
        " FROM obligations o WHERE o.campaign_id = $3 AND o.community_id IN (",
        communities_in_scope!(),
        ")"
    ))
    .bind::<ty::Uuid, _>(actor.id)
    .bind::<ty::Timestamptz, _>(now)
    .bind::<ty::Uuid, _>(id)
    .get_result(conn)
    .await?;
    let communities: Vec<CommunityCoverage> = statement(concat!(
        "SELECT c.id AS community_id, c.name, c.code, ",
        counts!(),
        " FROM obligations o JOIN communities c ON c.id = o.community_id WHERE o.campaign_id = $3 AND c.code > $4 AND o.community_id IN (",
        communities_in_scope!(),
        ") GROUP BY c.id ORDER BY c.code LIMIT $5"
    ))
    .bind::<ty::Uuid, _>(actor.id)
    .bind::<ty::Timestamptz, _>(now)
    .bind::<ty::Uuid, _>(id)
    .bind::<ty::Text, _>(after)
    .bind::<ty::BigInt, _>(page.fetch())
    .load(conn)
    .await?;
    Ok(CampaignCoverage {
        whole,
        communities: Page::cut(communities, page, |c| c.code.clone()),
    })
}

/// The visits of a campaign in the actor's area, narrowed to a status and a community: the records behind its coverage.
///
/// # Errors
/// 404 when there is no such campaign in sight, 400 for a foreign cursor.
pub async fn obligations(
    conn: &mut AsyncPgConnection,
    actor: &Actor,
    now: DateTime<Utc>,
    id: CampaignId,
    (status, community): (Option<ObligationStatus>, Option<CommunityId>),
    page: &PageQuery,
) -> Result<Page<CampaignObligation>, Problem> {
    let after = page.after::<ObligationId>()?.unwrap_or(ObligationId(Uuid::nil()));
    get(conn, actor, now, id).await?;
    // What narrows them needs no index of its own: the visits of a campaign are read along theirs.
    let found = statement(concat!(
        "SELECT o.id, o.household_id, o.community_id, o.status, o.excuse, o.visit_id, o.responsible_id, o.closed_at FROM obligations o \
         WHERE o.campaign_id = $3 AND o.id > $4 AND ($5 IS NULL OR o.status = $5) AND ($6 IS NULL OR o.community_id = $6) AND o.community_id IN (",
        communities_in_scope!(),
        ") ORDER BY o.id LIMIT $7"
    ))
    .bind::<ty::Uuid, _>(actor.id)
    .bind::<ty::Timestamptz, _>(now)
    .bind::<ty::Uuid, _>(id)
    .bind::<ty::Uuid, _>(after)
    .bind::<ty::Nullable<sql_types::ObligationStatus>, _>(status)
    .bind::<ty::Nullable<ty::Uuid>, _>(community)
    .bind::<ty::BigInt, _>(page.fetch())
    .load(conn)
    .await?;
    Ok(Page::cut(found, page, |o: &CampaignObligation| o.id))
}

#[derive(QueryableByName)]
struct InGroup {
    #[diesel(sql_type = ty::Uuid)]
    household_id: HouseholdId,
    #[diesel(sql_type = ty::Uuid)]
    community_id: CommunityId,
}

#[derive(QueryableByName)]
struct Id {
    #[diesel(sql_type = ty::Uuid)]
    id: Uuid,
}

/// Owes the visits of a running campaign in the next communities after one; says after which to go on, while there are more. The
/// campaign is held meanwhile, so that what is stopped owes nothing new.
///
/// # Errors
/// What the database said.
pub async fn owe_step(
    tx: &mut Tx<'_>,
    grace: Duration,
    id: CampaignId,
    after: CommunityId,
) -> Result<Option<CommunityId>, Problem> {
    let now = tx.now;
    let campaign: StoredCampaign = statement(campaigns!("k.id = $1 FOR SHARE OF k"))
        .bind::<ty::Uuid, _>(id)
        .get_result(tx.conn)
        .await?;
    if campaign.status(now) != CampaignStatus::Running {
        return Ok(None);
    }
    let communities: Vec<Id> = statement(
        "SELECT c.id FROM communities c WHERE c.id > $1 AND c.division_code LIKE $2 || '%' AND (cardinality($3) = 0 OR c.id = ANY ($3)) \
         ORDER BY c.id LIMIT $4",
    )
    .bind::<ty::Uuid, _>(after)
    .bind::<ty::Text, _>(campaign.division)
    .bind::<ty::Array<ty::Uuid>, _>(campaign.communities)
    .bind::<ty::BigInt, _>(STEP)
    .load(tx.conn)
    .await?;
    let communities: Vec<Uuid> = communities.into_iter().map(|c| c.id).collect();
    let last = communities.last().copied();
    let asked = Asked::of(&campaign.tiers, campaign.age_from, campaign.entitlement, now);
    let group: Vec<InGroup> = statement(concat!(
        "SELECT DISTINCT e.household_id, e.community_id FROM elders e WHERE e.community_id = ANY ($1) AND ",
        asked_for!("$2", "$3", "$4", "$5", "$6", "$7"),
        " ORDER BY e.household_id"
    ))
    .bind::<ty::Array<ty::Uuid>, _>(communities)
    .bind::<ty::Date, _>(asked.today)
    .bind::<ty::Array<ty::Text>, _>(campaign.categories)
    .bind::<ty::Date, _>(asked.advanced)
    .bind::<ty::Array<sql_types::VisitTier>, _>(asked.tiers)
    .bind::<ty::Date, _>(asked.born)
    .bind::<ty::Array<sql_types::Entitlement>, _>(asked.entitlements)
    .load(tx.conn)
    .await?;
    let homes: Vec<_> = group
        .into_iter()
        .map(|home| (home.household_id, home.community_id))
        .collect();
    let time = CampaignTime {
        id,
        starts_at: campaign.starts_at,
        ends_at: campaign.ends_at,
    };
    owe_campaign(tx, grace, time, &homes).await?;
    Ok(last.map(CommunityId))
}

/// Excuses the next visits that a stopped campaign still owes; says whether there may be more.
///
/// # Errors
/// What the database said.
pub async fn excuse_step(tx: &mut Tx<'_>, id: CampaignId) -> Result<bool, Problem> {
    let campaign: StoredCampaign = statement(campaigns!("k.id = $1"))
        .bind::<ty::Uuid, _>(id)
        .get_result(tx.conn)
        .await?;
    match campaign.stopped_at {
        Some(stopped_at) => excuse_stopped(tx, id, stopped_at).await,
        None => Ok(false),
    }
}

/// The campaigns that run at an instant.
///
/// # Errors
/// What the database said.
pub async fn running(conn: &mut AsyncPgConnection, now: DateTime<Utc>) -> Result<Vec<CampaignId>, Problem> {
    let found: Vec<Id> = statement(
        "SELECT id FROM campaigns WHERE ends_at > $1 AND starts_at <= $1 AND stopped_at IS NULL ORDER BY id",
    )
    .bind::<ty::Timestamptz, _>(now)
    .load(conn)
    .await?;
    Ok(found.into_iter().map(|k| CampaignId(k.id)).collect())
}

/// The stopped campaigns that owe visits nevertheless: a corrected visit may have left one owed again.
///
/// # Errors
/// What the database said.
pub async fn stopped_and_owing(
    conn: &mut AsyncPgConnection,
    now: DateTime<Utc>,
) -> Result<Vec<CampaignId>, Problem> {
    let found: Vec<Id> = statement(
        "SELECT k.id FROM campaigns k WHERE k.stopped_at IS NOT NULL AND k.ends_at > $1 \
         AND EXISTS (SELECT 1 FROM obligations o WHERE o.campaign_id = k.id AND o.status = 'owed') ORDER BY k.id",
    )
    .bind::<ty::Timestamptz, _>(now - OVER)
    .load(conn)
    .await?;
    Ok(found.into_iter().map(|k| CampaignId(k.id)).collect())
}
