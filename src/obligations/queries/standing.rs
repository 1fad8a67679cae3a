//! What risk and a raised tier are reckoned from, and what is owed brought up to it.
//!
//! Visits, hazards, shut doors and emergencies stand above this storey: they are read as tables, as everything that counts over
//! all of them does, and their code is not named.

use crate::{
    calendar::local_date,
    db::statement,
    elders::{self, model::VisitTier, overrides},
    error::Problem,
    ids::{ElderId, HouseholdId},
    obligations::{
        model::{ElderStanding, TierReason},
        queries::weights,
        risk::{Fact, RiskReason, Weights, raised_by, reckon},
    },
    tx::{Actor, Tx},
};
use chrono::{DateTime, NaiveDate, Utc};
use diesel::{QueryableByName, sql_types as ty};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use std::collections::HashMap;

/// Everything that may weigh, of these households ($1): what the files say, what the last visit to each elder found, what happened
/// to them and was missed within a year, and what is open. `$2` is the instant, `$3` its day, `$4` the birthday of advanced age today,
/// `$5` its years.
const FACTS: &str = "\
    WITH home AS (SELECT e.id, e.household_id, e.birth_date FROM elders e WHERE e.household_id = ANY ($1) AND e.status NOT IN ('merged', 'moved', 'deceased')) \
    SELECT h.household_id, h.id AS elder_id, k.category_code AS reason, k.starts_on::timestamp AT TIME ZONE 'Asia/Shanghai' AS since, true AS filed, false AS open \
     FROM home h JOIN elder_categories k ON k.elder_id = h.id WHERE k.starts_on <= $3 AND (k.ends_on IS NULL OR k.ends_on > $3) \
    UNION ALL SELECT h.household_id, h.id, 'advanced_age', (h.birth_date + $5 * interval '1 year') AT TIME ZONE 'Asia/Shanghai', true, false \
     FROM home h WHERE h.birth_date <= $4 \
    UNION ALL SELECT h.household_id, h.id, f.reason, v.started_at, false, false FROM home h JOIN LATERAL ( \
     SELECT m.condition, m.diet, m.mood, v.started_at FROM visits v JOIN visit_elders m ON m.visit_id = v.id AND m.elder_id = h.id \
     WHERE v.household_id = h.household_id AND v.superseded_at IS NULL AND v.outcome = 'met' ORDER BY v.started_at DESC LIMIT 1) v ON true, \
     unnest(ARRAY['condition_' || v.condition::text, 'diet_' || v.diet::text, 'mood_' || v.mood::text]) AS f (reason) \
    UNION ALL SELECT x.household_id, x.elder_id, x.kind::text, x.occurred_at, false, false FROM elder_events x \
     WHERE x.household_id = ANY ($1) AND x.occurred_at > $2 - interval '366 days' \
    UNION ALL SELECT o.household_id, NULL, 'missed_visit', o.due_at, false, false FROM obligations o \
     WHERE o.household_id = ANY ($1) AND o.status = 'missed' AND o.due_at > $2 - interval '366 days' \
    UNION ALL SELECT z.household_id, NULL, 'hazard_' || z.severity::text, z.found_at, false, true FROM hazards z \
     WHERE z.household_id = ANY ($1) AND z.status = 'open' \
    UNION ALL SELECT c.household_id, NULL, 'no_answer', c.opened_at, false, true FROM no_answer_cases c \
     WHERE c.household_id = ANY ($1) AND c.status = 'open' \
    UNION ALL SELECT m.household_id, NULL, 'emergency', m.raised_at, false, true FROM emergencies m \
     WHERE m.household_id = ANY ($1) AND m.status <> 'closed'";

async fn facts(
    conn: &mut AsyncPgConnection,
    now: DateTime<Utc>,
    households: &[HouseholdId],
) -> Result<Vec<Fact>, Problem> {
    let today = local_date(now);
    Ok(statement(FACTS)
        .bind::<ty::Array<ty::Uuid>, _>(households.to_vec())
        .bind::<ty::Timestamptz, _>(now)
        .bind::<ty::Date, _>(today)
        .bind::<ty::Date, _>(elders::model::advanced_age_since(today))
        .bind::<ty::Integer, _>(elders::model::ADVANCED_YEARS)
        .load(conn)
        .await?)
}

/// Why a household is visited, the weightiest first, and how urgent it is, without what is open: a worklist adds that itself.
#[derive(Debug, Clone, Default)]
pub(super) struct Urgency {
    pub reasons: Vec<String>,
    pub risk: i16,
}

/// What is known of households now, and by what it is reckoned.
pub(super) struct Known {
    now: DateTime<Utc>,
    weights: Weights,
    weekly_from: i16,
    facts: HashMap<HouseholdId, Vec<Fact>>,
}

impl Known {
    /// Of these households.
    pub(super) async fn of(tx: &mut Tx<'_>, households: &[HouseholdId]) -> Result<Self, Problem> {
        let now = tx.now;
        let edition = weights::current(tx.conn).await?;
        let mut of: HashMap<HouseholdId, Vec<Fact>> = HashMap::new();
        for fact in facts(tx.conn, now, households).await? {
            of.entry(fact.household_id).or_default().push(fact);
        }
        Ok(Self {
            now,
            weights: Weights::new(edition.weights),
            weekly_from: edition.weekly_from,
            facts: of,
        })
    }

    /// How urgent they are. One of which nothing is known is not among them.
    pub(super) fn urgency(&self) -> HashMap<HouseholdId, Urgency> {
        let reckoned = self.facts.iter().map(|(household, facts)| {
            let (risk, reasons) = reckon(&self.weights, facts.iter().filter(|f| !f.open), self.now);
            let reasons = reasons.into_iter().map(|r| r.reason).collect();
            (*household, Urgency { reasons, risk })
        });
        reckoned.collect()
    }

    /// What raises the tier that a household has by its files to weekly: what raises that of one of these elders. Whose tier a person
    /// decided is not to be among them.
    pub(super) fn raised_by(
        &self,
        household: HouseholdId,
        of_file: VisitTier,
        elders: &[ElderId],
    ) -> Vec<String> {
        let Some(facts) = self.facts.get(&household) else {
            return vec![];
        };
        let mut codes: Vec<String> = vec![];
        for elder in elders {
            let own = facts.iter().filter(|f| f.is_of(*elder));
            for reason in raised_by(&self.weights, self.weekly_from, of_file, own, self.now) {
                if !codes.contains(&reason.reason) {
                    codes.push(reason.reason);
                }
            }
        }
        codes
    }
}

/// Brings everything that is owed to these households up to how urgent they are. An event or a campaign keeps its own reason, the
/// first, and its weight. A row that stays the same is not written.
///
/// # Errors
/// What the database said.
pub(super) async fn bring_up(
    tx: &mut Tx<'_>,
    urgency: &HashMap<HouseholdId, Urgency>,
    households: &[HouseholdId],
) -> Result<usize, Problem> {
    let of = |household: &HouseholdId| urgency.get(household).cloned().unwrap_or_default();
    Ok(statement(
        "UPDATE obligations o SET reasons = n.reasons, risk = n.risk FROM ( \
         SELECT p.id, CASE WHEN p.kind IN ('event', 'campaign') THEN p.reasons[1:1] || array_remove(u.reasons, p.reasons[1]) ELSE u.reasons END AS reasons, \
          least(100, u.risk + CASE WHEN p.kind IN ('event', 'campaign') AND p.reasons[1] <> ALL (u.reasons) THEN coalesce(w.weight, 0) ELSE 0 END)::int2 AS risk \
         FROM (SELECT x.household_id, string_to_array(x.reasons, ',') AS reasons, x.risk FROM unnest($1, $2, $3) AS x (household_id, reasons, risk)) u \
         JOIN obligations p ON p.household_id = u.household_id AND p.status = 'owed' \
         LEFT JOIN risk_weights w ON w.reason = p.reasons[1] AND w.edition = (SELECT max(edition) FROM risk_editions)) n \
         WHERE o.id = n.id AND o.status = 'owed' AND (o.reasons, o.risk) IS DISTINCT FROM (n.reasons, n.risk)",
    )
    .bind::<ty::Array<ty::Uuid>, _>(households.to_vec())
    .bind::<ty::Array<ty::Text>, _>(households.iter().map(|h| of(h).reasons.join(",")).collect::<Vec<_>>())
    .bind::<ty::Array<ty::SmallInt>, _>(households.iter().map(|h| of(h).risk).collect::<Vec<_>>())
    .execute(tx.conn)
    .await?)
}

/// Reckons what is owed to these households again.
///
/// # Errors
/// What the database said.
pub(super) async fn refresh(tx: &mut Tx<'_>, households: &[HouseholdId]) -> Result<usize, Problem> {
    if households.is_empty() {
        return Ok(0);
    }
    let urgency = Known::of(tx, households).await?.urgency();
    bring_up(tx, &urgency, households).await
}

#[derive(QueryableByName)]
struct Carried {
    #[diesel(sql_type = ty::Text)]
    code: String,
    #[diesel(sql_type = crate::schema::sql_types::VisitTier)]
    tier: VisitTier,
    #[diesel(sql_type = ty::Date)]
    since: NaiveDate,
}

/// An elder's tier and risk as of now, with every reason.
///
/// # Errors
/// 404 when there is no such elder in scope.
pub async fn of_elder(
    conn: &mut AsyncPgConnection,
    actor: &Actor,
    now: DateTime<Utc>,
    id: ElderId,
) -> Result<ElderStanding, Problem> {
    let today = local_date(now);
    let elder = elders::queries::get_in_scope(conn, actor, now, id).await?;
    let carried: Vec<Carried> = statement(
        "SELECT c.code, c.tier, k.starts_on AS since FROM elder_categories k JOIN categories c ON c.code = k.category_code \
         WHERE k.elder_id = $1 AND k.starts_on <= $2 AND (k.ends_on IS NULL OR k.ends_on > $2) ORDER BY c.position",
    )
    .bind::<ty::Uuid, _>(id)
    .bind::<ty::Date, _>(today)
    .load(conn)
    .await?;
    let tier_override = overrides::in_force(conn, id, today).await?;
    let weights = weights::current(conn).await?;
    let (edition, weekly_from) = (weights.edition, weights.weekly_from);
    let weights = Weights::new(weights.weights);
    let mut facts = facts(conn, now, &[elder.household_id]).await?;
    facts.retain(|f| f.is_of(id));
    let (risk, risk_reasons) = reckon(&weights, &facts, now);
    let mut tier_reasons: Vec<TierReason> = carried
        .into_iter()
        .map(|Carried { code, tier, since }| TierReason {
            reason: code,
            tier,
            since,
        })
        .collect();
    tier_reasons.extend(
        elders::model::advanced_since(elder.birth_date, today).map(|since| TierReason {
            reason: elders::model::ADVANCED_AGE.to_owned(),
            tier: VisitTier::Weekly,
            since,
        }),
    );
    let of_file = tier_reasons
        .iter()
        .map(|r| r.tier)
        .min()
        .unwrap_or(VisitTier::Quarterly);
    let raised_by = raised_by(&weights, weekly_from, of_file, &facts, now);
    let rule_tier = if raised_by.is_empty() {
        of_file
    } else {
        VisitTier::Weekly
    };
    Ok(ElderStanding {
        elder_id: id,
        community_id: elder.community_id,
        entitlement: elder.entitlement,
        tier: tier_override.as_ref().map_or(rule_tier, |by_hand| by_hand.tier),
        rule_tier,
        tier_reasons,
        raised_by,
        weekly_from,
        tier_override,
        risk,
        risk_reasons,
        weights_edition: edition,
        reckoned_at: now,
    })
}

/// How urgent each of these elders, each with their household, is now, with every reason, the weightiest first.
///
/// # Errors
/// What the database said.
pub async fn risks(
    conn: &mut AsyncPgConnection,
    now: DateTime<Utc>,
    elders: &[(HouseholdId, ElderId)],
) -> Result<HashMap<ElderId, (i16, Vec<RiskReason>)>, Problem> {
    let mut households: Vec<_> = elders.iter().map(|(household, _)| *household).collect();
    households.dedup();
    let weights = Weights::new(weights::current(conn).await?.weights);
    let mut of: HashMap<HouseholdId, Vec<Fact>> = HashMap::new();
    for fact in facts(conn, now, &households).await? {
        of.entry(fact.household_id).or_default().push(fact);
    }
    let reckoned = elders.iter().map(|(household, elder)| {
        let own = of
            .get(household)
            .into_iter()
            .flatten()
            .filter(|f| f.is_of(*elder));
        (*elder, reckon(&weights, own, now))
    });
    Ok(reckoned.collect())
}
