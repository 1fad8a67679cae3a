//! Who may have an order, why, and in which order they are asked.
//!
//! A provider is a candidate when it is listed, takes orders, offers the item and covers the division. It is **eligible** when
//! nothing stands in its way; what does is said by name. The eligible are ranked by tier, fit of kind, distance, load, rework
//! rate and price, in this order, in steps coarse enough that a hundred metres do not outweigh a bad record. In an emergency the
//! nearest comes first, to the metre.

use super::model::Order;
use crate::{
    calendar::{IsoWeek, local_date},
    db::statement,
    elders::model::Entitlement,
    error::Problem,
    ids::OrganisationId,
    menu::model::ServiceClass,
    resources::model::{ResourceKind, ResourceTier, local_minute},
    schema::sql_types as native,
    suspended,
};
use chrono::{DateTime, Duration, Utc};
use diesel::{QueryableByName, sql_types as ty};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde::Serialize;
use utoipa::ToSchema;

/// Of every hundred places of a week, how many are kept for safety-net elders: they come first.
const RESERVED_PERCENT: i64 = 10;
/// How far back a provider's record is looked at.
pub(super) const RECORD_DAYS: i64 = 90;

/// What stands in the way of a provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Obstacle {
    /// Its licence for the item is missing or expired.
    NotQualified,
    /// The office has suspended it after a quality case (暂停派单).
    Suspended,
    /// It has no active worker, or none with a valid certificate.
    NoWorker,
    /// It is closed now, and this is an emergency.
    ClosedNow,
    /// The week is full.
    NoCapacity,
    /// What is left of the week is kept for safety-net elders.
    KeptForSafetyNet,
    /// It has refused this order.
    RefusedBefore,
    /// The work and its rework failed, and it did one of them: another provider does it again.
    FailedBefore,
}

impl Obstacle {
    /// Nobody can choose over it: it is the law's, the office's or the fact's, not the ranking's.
    pub fn is_absolute(self) -> bool {
        matches!(
            self,
            Self::NotQualified | Self::Suspended | Self::NoWorker | Self::ClosedNow
        )
    }
}

/// What is known of a provider that offers the item and covers the place.
#[derive(Debug, Clone, QueryableByName)]
pub struct Known {
    /// Who.
    #[diesel(sql_type = ty::Uuid)]
    pub organisation_id: OrganisationId,
    /// Their name.
    #[diesel(sql_type = ty::Text)]
    pub name: String,
    /// Their tier.
    #[diesel(sql_type = native::ResourceTier)]
    pub tier: ResourceTier,
    /// Their kind.
    #[diesel(sql_type = native::ResourceKind)]
    pub kind: ResourceKind,
    /// Where they are.
    #[diesel(sql_type = ty::Nullable<ty::Double>)]
    pub latitude: Option<f64>,
    /// Where they are.
    #[diesel(sql_type = ty::Nullable<ty::Double>)]
    pub longitude: Option<f64>,
    /// Their own price for the elder's class, in fen.
    #[diesel(sql_type = ty::BigInt)]
    pub price_fen: i64,
    /// Orders that they can take in a week.
    #[diesel(sql_type = ty::Integer)]
    pub weekly_capacity: i32,
    /// Orders that they hold, have before them, or completed this week.
    #[diesel(sql_type = ty::BigInt)]
    pub load: i64,
    /// Services of the last 90 days.
    #[diesel(sql_type = ty::BigInt)]
    pub services: i64,
    /// Of those, how many had to be done again.
    #[diesel(sql_type = ty::BigInt)]
    pub reworked: i64,
    /// The licence is valid today, where one is needed.
    #[diesel(sql_type = ty::Bool)]
    pub licensed: bool,
    /// A suspension is in force today.
    #[diesel(sql_type = ty::Bool)]
    pub suspended: bool,
    /// A worker can be sent.
    #[diesel(sql_type = ty::Bool)]
    pub staffed: bool,
    /// Open at this minute.
    #[diesel(sql_type = ty::Bool)]
    pub open_now: bool,
    /// Declined, let pass or returned this order.
    #[diesel(sql_type = ty::Bool)]
    pub refused: bool,
    /// The work and its rework failed, and they did one of them.
    #[diesel(sql_type = ty::Bool)]
    pub failed: bool,
}

/// A provider beside the others.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Candidate {
    /// Their place among the eligible, from 1; none for those who are not.
    pub rank: Option<i16>,
    /// Who.
    pub organisation_id: OrganisationId,
    /// Their name.
    #[schema(example = "示例养老服务中心")]
    pub name: String,
    /// Their tier: the lower is asked first.
    pub tier: ResourceTier,
    /// Their kind.
    pub kind: ResourceKind,
    /// Their kind is the one that usually serves the item.
    pub kind_fits: bool,
    /// Metres as the crow flies, where both places are known.
    #[schema(example = 1240)]
    pub distance_m: Option<i64>,
    /// Orders that they hold, have before them, or completed this week.
    pub load: i64,
    /// Orders that they can take in a week.
    pub weekly_capacity: i32,
    /// Services of the last 90 days.
    pub services: i64,
    /// Of those, how many had to be done again.
    pub reworked: i64,
    /// Their own price for the elder's class, in fen.
    pub price_fen: i64,
    /// What stands in their way.
    pub obstacles: Vec<Obstacle>,
}

/// What the ranking looks at of an order.
#[derive(Debug, Clone, Copy)]
pub struct Wanted {
    /// Class of the item.
    pub class: ServiceClass,
    /// Safety-net elders come first.
    pub entitlement: Entitlement,
    /// Where the household is, degrees north and east.
    pub place: Option<(f64, f64)>,
}

/// The kinds of organisation that usually serve a class.
fn kind_fits(class: ServiceClass, kind: ResourceKind) -> bool {
    use ResourceKind as K;
    match class {
        ServiceClass::Medical | ServiceClass::Rehabilitation | ServiceClass::Emergency => kind == K::Medical,
        ServiceClass::Companionship => matches!(kind, K::SocialWork | K::Volunteer),
        ServiceClass::Meal | ServiceClass::Cleaning => {
            matches!(kind, K::ServiceOrganisation | K::ElderCare)
        }
        ServiceClass::HomeSafety => matches!(kind, K::Property | K::ServiceOrganisation),
        ServiceClass::Policy => false,
    }
}

/// Metres between two places, by the haversine formula on a sphere of 6,371 km.
pub fn distance_m(one: (f64, f64), other: (f64, f64)) -> i64 {
    let (lat1, lat2) = (one.0.to_radians(), other.0.to_radians());
    let (dlat, dlon) = (lat2 - lat1, (other.1 - one.1).to_radians());
    let h = (dlat / 2.0).sin().powi(2) + lat1.cos() * lat2.cos() * (dlon / 2.0).sin().powi(2);
    (2.0 * 6_371_000.0 * h.sqrt().min(1.0).asin()).round() as i64
}

fn obstacles(known: &Known, wanted: Wanted) -> Vec<Obstacle> {
    let emergency = wanted.class == ServiceClass::Emergency;
    let (load, capacity) = (known.load, i64::from(known.weekly_capacity));
    let full = !emergency && load >= capacity;
    let kept = wanted.entitlement == Entitlement::Social
        && !emergency
        && (load + 1) * 100 > capacity * (100 - RESERVED_PERCENT)
        && capacity > 1;
    [
        (!known.licensed, Obstacle::NotQualified),
        (known.suspended, Obstacle::Suspended),
        (!known.staffed, Obstacle::NoWorker),
        (emergency && !known.open_now, Obstacle::ClosedNow),
        (full, Obstacle::NoCapacity),
        (kept && !full, Obstacle::KeptForSafetyNet),
        (known.refused, Obstacle::RefusedBefore),
        (known.failed, Obstacle::FailedBefore),
    ]
    .into_iter()
    .filter_map(|(stands, obstacle)| stands.then_some(obstacle))
    .collect()
}

/// The providers with what stands in their way, the eligible first and ranked.
pub fn rank(known: Vec<Known>, wanted: Wanted) -> Vec<Candidate> {
    let mut candidates: Vec<Candidate> = known
        .into_iter()
        .map(|k| Candidate {
            rank: None,
            kind_fits: kind_fits(wanted.class, k.kind),
            distance_m: wanted
                .place
                .zip(k.latitude.zip(k.longitude))
                .map(|(home, there)| distance_m(home, there)),
            obstacles: obstacles(&k, wanted),
            organisation_id: k.organisation_id,
            name: k.name,
            tier: k.tier,
            kind: k.kind,
            load: k.load,
            weekly_capacity: k.weekly_capacity,
            services: k.services,
            reworked: k.reworked,
            price_fen: k.price_fen,
        })
        .collect();
    candidates.sort_by_key(|c| {
        let metres = c.distance_m.unwrap_or(i64::MAX);
        let way = (wanted.class == ServiceClass::Emergency).then_some(metres);
        let tenths_full = c.load * 10 / i64::from(c.weekly_capacity.max(1));
        let rework_permille = c.reworked * 1_000 / c.services.max(1);
        (
            !c.obstacles.is_empty(),
            way,
            c.tier,
            !c.kind_fits,
            metres / 1_000,
            tenths_full,
            rework_permille / 20,
            c.price_fen,
            c.organisation_id,
        )
    });
    for (place, candidate) in (1..)
        .zip(&mut candidates)
        .take_while(|(_, c)| c.obstacles.is_empty())
    {
        candidate.rank = Some(place);
    }
    candidates
}

/// What is to be done, and where.
#[derive(Debug, Clone, Copy, QueryableByName)]
pub struct Errand {
    /// Class of the item.
    #[diesel(sql_type = native::ServiceClass)]
    pub class: ServiceClass,
    /// Degrees north of the household, or of its compound.
    #[diesel(sql_type = ty::Nullable<ty::Double>)]
    pub latitude: Option<f64>,
    /// Degrees east.
    #[diesel(sql_type = ty::Nullable<ty::Double>)]
    pub longitude: Option<f64>,
}

/// The candidates of an order at this instant, ranked.
///
/// # Errors
/// What the database said.
pub async fn candidates(
    conn: &mut AsyncPgConnection,
    now: DateTime<Utc>,
    order: &Order,
) -> Result<Vec<Candidate>, Problem> {
    let (weekday, minute) = local_minute(now);
    let known: Vec<Known> = statement(concat!(
        "SELECT g.id AS organisation_id, g.name, g.tier, g.kind, g.latitude, g.longitude, i.weekly_capacity, \
         CASE $11 WHEN 'safety_net' THEN coalesce(i.safety_net_fen, i.below_market_fen, i.price_fen) \
          ELSE coalesce(i.below_market_fen, i.price_fen) END AS price_fen, \
         (SELECT count(*) FROM service_orders o WHERE o.organisation_id = g.id AND o.item_id = i.item_id AND o.requested_at > $6 \
          AND (o.status IN ('accepted', 'scheduled', 'in_service') OR o.completed_at >= $5)) \
         + (SELECT count(*) FROM offers f JOIN service_orders o ON o.id = f.order_id WHERE f.organisation_id = g.id AND f.status = 'open' \
          AND o.item_id = i.item_id AND o.id <> $1) AS load, \
         r.services, r.reworked, \
         m.qualification IS NULL OR EXISTS (SELECT 1 FROM qualifications q WHERE q.organisation_id = g.id AND q.worker_id IS NULL \
          AND q.kind = m.qualification AND q.valid_from <= $4 AND q.expires_on >= $4) AS licensed, \
         ", suspended!("g.id", "$4"), " AS suspended, \
         EXISTS (SELECT 1 FROM workers w WHERE w.organisation_id = g.id AND w.active AND (m.qualification IS NULL OR EXISTS ( \
          SELECT 1 FROM qualifications q WHERE q.worker_id = w.id AND q.kind = m.qualification AND q.valid_from <= $4 AND q.expires_on >= $4))) AS staffed, \
         g.always_open OR EXISTS (SELECT 1 FROM organisation_hours h WHERE h.organisation_id = g.id AND h.weekday = $7 \
          AND h.opens_minute <= $8 AND h.closes_minute > $8) AS open_now, \
         EXISTS (SELECT 1 FROM offers f WHERE f.order_id = $1 AND f.organisation_id = g.id AND (f.status IN ('declined', 'expired') \
          OR f.status = 'accepted')) AS refused, \
         $10 > 2 AND EXISTS (SELECT 1 FROM service_orders p WHERE p.original_id = $9 AND p.organisation_id = g.id AND p.status = 'reworking') AS failed \
         FROM organisation_items i JOIN organisations g ON g.id = i.organisation_id JOIN menu_items m ON m.id = i.item_id \
         CROSS JOIN LATERAL (SELECT count(*) AS services, count(*) FILTER (WHERE EXISTS (SELECT 1 FROM service_orders n WHERE n.previous_id = o.id) \
          AND NOT EXISTS (SELECT 1 FROM survey_disputes d WHERE d.order_id = o.id AND d.status = 'upheld')) AS reworked \
          FROM service_orders o WHERE o.organisation_id = g.id AND o.requested_at > $6 AND o.completed_at IS NOT NULL) r \
         WHERE i.item_id = $2 AND g.takes_orders AND g.listed_from <= $4 AND (g.listed_to IS NULL OR g.listed_to > $4) \
         AND EXISTS (SELECT 1 FROM organisation_coverage v JOIN communities c ON c.id = $3 AND c.division_code LIKE v.division_prefix || '%' \
          WHERE v.organisation_id = g.id) ORDER BY g.id LIMIT 500"
    ))
    .bind::<ty::Uuid, _>(order.id)
    .bind::<ty::Uuid, _>(order.item_id)
    .bind::<ty::Uuid, _>(order.community_id)
    .bind::<ty::Date, _>(local_date(now))
    .bind::<ty::Timestamptz, _>(IsoWeek::of(local_date(now)).start())
    .bind::<ty::Timestamptz, _>(now - Duration::days(RECORD_DAYS))
    .bind::<ty::SmallInt, _>(weekday)
    .bind::<ty::SmallInt, _>(minute)
    .bind::<ty::Uuid, _>(order.original_id)
    .bind::<ty::SmallInt, _>(order.round)
    .bind::<native::Entitlement, _>(order.entitlement)
    .load(conn)
    .await?;
    let wanted = Wanted {
        class: order.errand.class,
        entitlement: order.entitlement,
        place: order.errand.latitude.zip(order.errand.longitude),
    };
    Ok(rank(known, wanted))
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn known(n: u128) -> Known {
        Known {
            organisation_id: OrganisationId(Uuid::from_u128(n)),
            name: n.to_string(),
            tier: ResourceTier::Organisation,
            kind: ResourceKind::ServiceOrganisation,
            latitude: Some(36.62),
            longitude: Some(101.77),
            price_fen: 3_000,
            weekly_capacity: 20,
            load: 0,
            services: 100,
            reworked: 0,
            licensed: true,
            suspended: false,
            staffed: true,
            open_now: true,
            refused: false,
            failed: false,
        }
    }

    fn wanted(class: ServiceClass, entitlement: Entitlement) -> Wanted {
        Wanted {
            class,
            entitlement,
            place: Some((36.62, 101.77)),
        }
    }

    fn first(others: Known, class: ServiceClass) -> u128 {
        let ranked = rank(vec![known(1), others], wanted(class, Entitlement::SafetyNet));
        ranked[0].organisation_id.0.as_u128()
    }

    #[test]
    fn each_figure_decides_where_those_before_it_are_equal() {
        let meal = ServiceClass::Meal;
        let worse = |n: u128, change: fn(&mut Known)| {
            let mut k = known(n);
            change(&mut k);
            k
        };
        let cases: [fn(&mut Known); 6] = [
            |k| k.tier = ResourceTier::County,
            |k| k.kind = ResourceKind::Medical,
            |k| k.latitude = Some(36.65),
            |k| k.load = 10,
            |k| k.reworked = 5,
            |k| k.price_fen = 3_001,
        ];
        for (n, change) in cases.into_iter().enumerate() {
            assert_eq!(first(worse(0, change), meal), 1, "figure {n}");
        }
        assert_eq!(first(known(2), meal), 1, "the id decides last");
        // An earlier figure outweighs all later ones.
        let near_but_county = worse(0, |k| k.tier = ResourceTier::County);
        let mut far = known(1);
        far.latitude = Some(37.0);
        far.load = 19;
        let ranked = rank(vec![near_but_county, far], wanted(meal, Entitlement::SafetyNet));
        assert_eq!(ranked[0].organisation_id.0.as_u128(), 1);
    }

    #[test]
    fn in_an_emergency_the_nearest_comes_first() {
        let mut near = known(1);
        near.tier = ResourceTier::City;
        near.price_fen = 9_000;
        let mut far = known(0);
        (far.latitude, far.kind) = (Some(36.622), ResourceKind::Medical);
        let mut nowhere = known(2);
        nowhere.latitude = None;
        let order = |class| -> Vec<u128> {
            let all = vec![nowhere.clone(), far.clone(), near.clone()];
            let ranked = rank(all, wanted(class, Entitlement::SafetyNet));
            ranked.iter().map(|c| c.organisation_id.0.as_u128()).collect()
        };
        assert_eq!(order(ServiceClass::Emergency), [1, 0, 2]);
        assert_eq!(order(ServiceClass::Medical), [0, 2, 1], "elsewhere the tier does");
    }

    #[test]
    fn what_stands_in_the_way_is_named_and_takes_the_rank() {
        type Change = fn(&mut Known);
        let cases: [(Change, ServiceClass, Obstacle); 6] = [
            (|k| k.licensed = false, ServiceClass::Meal, Obstacle::NotQualified),
            (|k| k.staffed = false, ServiceClass::Meal, Obstacle::NoWorker),
            (
                |k| k.open_now = false,
                ServiceClass::Emergency,
                Obstacle::ClosedNow,
            ),
            (|k| k.load = 20, ServiceClass::Meal, Obstacle::NoCapacity),
            (|k| k.refused = true, ServiceClass::Meal, Obstacle::RefusedBefore),
            (|k| k.failed = true, ServiceClass::Meal, Obstacle::FailedBefore),
        ];
        for (change, class, obstacle) in cases {
            let mut k = known(1);
            change(&mut k);
            let ranked = rank(vec![k, known(2)], wanted(class, Entitlement::SafetyNet));
            assert_eq!(
                (ranked[0].rank, ranked[0].organisation_id.0.as_u128()),
                (Some(1), 2)
            );
            assert_eq!(
                (ranked[1].rank, ranked[1].obstacles.as_slice()),
                (None, [obstacle].as_slice())
            );
        }
        let mut closed = known(1);
        (closed.open_now, closed.load) = (false, 500);
        let ranked = rank(
            vec![closed.clone()],
            wanted(ServiceClass::Meal, Entitlement::SafetyNet),
        );
        assert_eq!(
            ranked[0].obstacles,
            [Obstacle::NoCapacity],
            "hours bind emergencies alone"
        );
        closed.open_now = true;
        let ranked = rank(vec![closed], wanted(ServiceClass::Emergency, Entitlement::Social));
        assert_eq!(ranked[0].obstacles, [], "capacity does not bind emergencies");
    }

    #[test]
    fn the_last_places_of_a_week_are_kept_for_safety_net_elders() {
        let with_load = |load| {
            let mut k = known(1);
            k.load = load;
            k
        };
        let of = |load, who| {
            rank(vec![with_load(load)], wanted(ServiceClass::Meal, who))[0]
                .obstacles
                .clone()
        };
        assert_eq!(of(17, Entitlement::Social), []);
        assert_eq!(of(18, Entitlement::Social), [Obstacle::KeptForSafetyNet]);
        assert_eq!(of(19, Entitlement::SafetyNet), []);
        assert_eq!(of(20, Entitlement::SafetyNet), [Obstacle::NoCapacity]);
    }

    #[test]
    fn a_hundredth_of_a_degree_north_is_eleven_hundred_metres() {
        assert_eq!(distance_m((36.62, 101.77), (36.63, 101.77)), 1_112);
        assert_eq!(distance_m((36.62, 101.77), (36.62, 101.77)), 0);
    }
}
