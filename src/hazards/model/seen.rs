//! Hazards as they stand.

use super::{HazardEscalation, HazardEvent, HazardKind, HazardParty, HazardSeverity, HazardStatus};
use crate::{
    attachments::model::{LinkedPhoto, LinkedPhotos},
    ids::{CommunityId, HazardId, HouseholdId, OrderId, UserId, VisitId},
    orders::model::OrderStatus,
};
use chrono::{DateTime, Utc};
use diesel::{QueryableByName, sql_types as ty};
use serde::Serialize;
use utoipa::ToSchema;

/// Something unsafe.
#[derive(Debug, Clone, QueryableByName, Serialize, ToSchema)]
pub struct Hazard {
    /// Its id.
    #[diesel(sql_type = ty::Uuid)]
    pub id: HazardId,
    /// Where.
    #[diesel(sql_type = ty::Uuid)]
    pub household_id: HouseholdId,
    /// In which compound.
    #[diesel(sql_type = ty::Uuid)]
    pub community_id: CommunityId,
    /// What kind.
    #[diesel(sql_type = crate::schema::sql_types::HazardKind)]
    pub kind: HazardKind,
    /// How bad.
    #[diesel(sql_type = crate::schema::sql_types::HazardSeverity)]
    pub severity: HazardSeverity,
    /// At which check point.
    #[diesel(sql_type = ty::Text)]
    #[schema(example = "hose")]
    pub check_point: String,
    /// What was seen.
    #[diesel(sql_type = ty::Text)]
    #[schema(example = "软管龟裂")]
    pub description: String,
    /// What was done before leaving.
    #[diesel(sql_type = ty::Text)]
    #[schema(example = "已关阀通风，联系燃气公司")]
    pub measure: String,
    /// Where it stands.
    #[diesel(sql_type = crate::schema::sql_types::HazardStatus)]
    pub status: HazardStatus,
    /// The visit, or the version of it, that found it.
    #[diesel(sql_type = ty::Uuid)]
    pub found_visit_id: VisitId,
    /// Who found it.
    #[diesel(sql_type = ty::Uuid)]
    pub found_by: UserId,
    /// When.
    #[diesel(sql_type = ty::Timestamptz)]
    pub found_at: DateTime<Utc>,
    /// Until when it must be mended; none for advice.
    #[diesel(sql_type = ty::Nullable<ty::Timestamptz>)]
    pub due_at: Option<DateTime<Utc>>,
    /// When the deadline was moved; once.
    #[diesel(sql_type = ty::Nullable<ty::Timestamptz>)]
    pub extended_at: Option<DateTime<Utc>>,
    /// It is open and its deadline is over.
    #[diesel(sql_type = ty::Bool)]
    pub overdue: bool,
    /// Being late was raised.
    #[diesel(sql_type = ty::Bool)]
    pub escalated: bool,
    /// How far up, being late, it has climbed.
    #[diesel(sql_type = ty::Nullable<crate::schema::sql_types::HazardEscalation>)]
    pub escalation: Option<HazardEscalation>,
    /// When it climbed there.
    #[diesel(sql_type = ty::Nullable<ty::Timestamptz>)]
    pub escalated_at: Option<DateTime<Utc>>,
    /// Until when it must be reported: an hour after it was found; only a major one.
    #[diesel(sql_type = ty::Nullable<ty::Timestamptz>)]
    pub report_due_at: Option<DateTime<Utc>>,
    /// When it was first reported.
    #[diesel(sql_type = ty::Nullable<ty::Timestamptz>)]
    pub reported_at: Option<DateTime<Utc>>,
    /// When it was raised that nobody had reported it.
    #[diesel(sql_type = ty::Nullable<ty::Timestamptz>)]
    pub report_raised_at: Option<DateTime<Utc>>,
    /// Who has to mend it.
    #[diesel(sql_type = ty::Nullable<crate::schema::sql_types::HazardParty>)]
    pub responsible: Option<HazardParty>,
    /// When the latest notice was served.
    #[diesel(sql_type = ty::Nullable<ty::Timestamptz>)]
    pub noticed_at: Option<DateTime<Utc>>,
    /// The latest order for its repair.
    #[diesel(sql_type = ty::Nullable<ty::Uuid>)]
    pub repair_order_id: Option<OrderId>,
    /// The latest visit that found it still unsafe.
    #[diesel(sql_type = ty::Nullable<ty::Uuid>)]
    pub rechecked_visit_id: Option<VisitId>,
    /// When.
    #[diesel(sql_type = ty::Nullable<ty::Timestamptz>)]
    pub rechecked_at: Option<DateTime<Utc>>,
    /// The cleared hazard of the same check point that has come back.
    #[diesel(sql_type = ty::Nullable<ty::Uuid>)]
    pub previous_id: Option<HazardId>,
    /// The visit that found it safe.
    #[diesel(sql_type = ty::Nullable<ty::Uuid>)]
    pub cleared_visit_id: Option<VisitId>,
    /// When.
    #[diesel(sql_type = ty::Nullable<ty::Timestamptz>)]
    pub cleared_at: Option<DateTime<Utc>>,
    /// The corrected version of the visit, which names it no longer.
    #[diesel(sql_type = ty::Nullable<ty::Uuid>)]
    pub withdrawn_visit_id: Option<VisitId>,
    /// Photos of it.
    #[diesel(sql_type = ty::Jsonb)]
    #[schema(value_type = Vec<LinkedPhoto>)]
    pub photos: LinkedPhotos,
    /// Counts the changes; the ETag.
    #[diesel(sql_type = ty::Integer)]
    pub version: i32,
    /// What the list is sorted by: open first, then the worst.
    #[diesel(sql_type = ty::Integer)]
    #[serde(skip)]
    pub rank: i32,
    /// Then by the deadline; far away where there is none.
    #[diesel(sql_type = ty::Timestamptz)]
    #[serde(skip)]
    pub soonest: DateTime<Utc>,
}

/// A hazard and what was found at the same check point of the same dwelling before and after.
#[derive(Debug, Serialize, ToSchema)]
pub struct HazardDetail {
    /// The hazard.
    #[serde(flatten)]
    pub hazard: Hazard,
    /// Where the order for its repair stands.
    pub repair: Option<OrderStatus>,
    /// Every finding at this check point, itself among them, the earliest first; at most 50.
    pub history: Vec<HazardFinding>,
}

/// One finding in a check point's history.
#[derive(Debug, QueryableByName, Serialize, ToSchema)]
pub struct HazardFinding {
    /// The hazard.
    #[diesel(sql_type = ty::Uuid)]
    pub id: HazardId,
    /// How bad it was.
    #[diesel(sql_type = crate::schema::sql_types::HazardSeverity)]
    pub severity: HazardSeverity,
    /// Where it stands.
    #[diesel(sql_type = crate::schema::sql_types::HazardStatus)]
    pub status: HazardStatus,
    /// When it was found.
    #[diesel(sql_type = ty::Timestamptz)]
    pub found_at: DateTime<Utc>,
    /// When it was found safe.
    #[diesel(sql_type = ty::Nullable<ty::Timestamptz>)]
    pub cleared_at: Option<DateTime<Utc>>,
    /// The cleared finding that came back with it.
    #[diesel(sql_type = ty::Nullable<ty::Uuid>)]
    pub previous_id: Option<HazardId>,
}

/// A change of a hazard.
#[derive(Debug, Serialize, ToSchema)]
pub struct HazardEventLine {
    /// Counted from 1; the hazard's version after it.
    pub seq: i32,
    /// The status before; none for the finding.
    pub from_status: Option<HazardStatus>,
    /// The status after.
    pub to_status: HazardStatus,
    /// What happened.
    pub event: HazardEvent,
    /// Why, where somebody said so.
    #[schema(example = "配件需订货")]
    pub reason: String,
    /// Who; none where a deadline ran out.
    pub actor_id: Option<UserId>,
    /// When, the device's clock put right.
    pub happened_at: DateTime<Utc>,
    /// When the server received it.
    pub received_at: DateTime<Utc>,
}

/// Open hazards by kind.
#[derive(Debug, QueryableByName, Serialize, ToSchema)]
pub struct KindCounts {
    /// 气
    #[diesel(sql_type = ty::BigInt)]
    pub gas: i64,
    /// 电
    #[diesel(sql_type = ty::BigInt)]
    pub electric: i64,
    /// 火
    #[diesel(sql_type = ty::BigInt)]
    pub fire: i64,
    /// 水
    #[diesel(sql_type = ty::BigInt)]
    pub water: i64,
    /// 居
    #[diesel(sql_type = ty::BigInt)]
    pub dwelling: i64,
}

/// Open hazards by severity.
#[derive(Debug, QueryableByName, Serialize, ToSchema)]
pub struct SeverityCounts {
    /// 建议
    #[diesel(sql_type = ty::BigInt)]
    pub advice: i64,
    /// 一般
    #[diesel(sql_type = ty::BigInt)]
    pub general: i64,
    /// 重大
    #[diesel(sql_type = ty::BigInt)]
    pub major: i64,
}

/// Open hazards of a building or a compound, counted.
#[derive(Debug, QueryableByName, Serialize, ToSchema)]
pub struct HazardCounts {
    /// All of them.
    #[diesel(sql_type = ty::BigInt)]
    pub count: i64,
    /// By kind.
    #[diesel(embed)]
    pub kinds: KindCounts,
    /// By severity.
    #[diesel(embed)]
    pub severities: SeverityCounts,
    /// Those past their deadline.
    #[diesel(sql_type = ty::BigInt)]
    pub overdue: i64,
    /// The oldest deadline; none where all are advice.
    #[diesel(sql_type = ty::Nullable<ty::Timestamptz>)]
    pub oldest_due_at: Option<DateTime<Utc>>,
}

/// The open hazards of a building.
#[derive(Debug, QueryableByName, Serialize, ToSchema)]
pub struct BuildingHazards {
    /// In which compound.
    #[diesel(sql_type = ty::Uuid)]
    pub community_id: CommunityId,
    /// Which building.
    #[diesel(sql_type = ty::Text)]
    #[schema(example = "3")]
    pub building: String,
    /// How many.
    #[diesel(embed)]
    #[serde(flatten)]
    pub counts: HazardCounts,
}

/// The open hazards of a compound, on the map.
#[derive(Debug, QueryableByName, Serialize, ToSchema)]
pub struct HazardPlace {
    /// The compound.
    #[diesel(sql_type = ty::Uuid)]
    pub community_id: CommunityId,
    /// Degrees north.
    #[diesel(sql_type = ty::Nullable<ty::Double>)]
    #[serde(skip)]
    pub latitude: Option<f64>,
    /// Degrees east.
    #[diesel(sql_type = ty::Nullable<ty::Double>)]
    #[serde(skip)]
    pub longitude: Option<f64>,
    /// How many.
    #[diesel(embed)]
    #[serde(flatten)]
    pub counts: HazardCounts,
}

/// A GeoJSON `FeatureCollection` (RFC 7946): a point for each compound with open hazards, with their counts. It tells of no dwelling:
/// the point is the compound's own, to about a hundred metres.
#[derive(Debug, Serialize, ToSchema)]
pub struct HazardMap {
    /// `FeatureCollection`.
    #[schema(example = "FeatureCollection")]
    pub r#type: &'static str,
    /// The compounds, those with the most major hazards first.
    pub features: Vec<HazardFeature>,
}

/// A compound as a GeoJSON `Feature`.
#[derive(Debug, Serialize, ToSchema)]
pub struct HazardFeature {
    /// `Feature`.
    #[schema(example = "Feature")]
    pub r#type: &'static str,
    /// Where; none where the compound's position is not known.
    pub geometry: Option<HazardPoint>,
    /// What is there.
    pub properties: HazardPlace,
}

/// A GeoJSON `Point`.
#[derive(Debug, Serialize, ToSchema)]
pub struct HazardPoint {
    /// `Point`.
    #[schema(example = "Point")]
    pub r#type: &'static str,
    /// Degrees east, degrees north, WGS 84.
    #[schema(example = json!([101.77, 36.62]))]
    pub coordinates: [f64; 2],
}

impl HazardMap {
    /// The map of these compounds.
    pub fn of(places: Vec<HazardPlace>) -> Self {
        let feature = |place: HazardPlace| HazardFeature {
            r#type: "Feature",
            geometry: place
                .longitude
                .zip(place.latitude)
                .map(|(longitude, latitude)| HazardPoint {
                    r#type: "Point",
                    coordinates: [coarse(longitude), coarse(latitude)],
                }),
            properties: place,
        };
        Self {
            r#type: "FeatureCollection",
            features: places.into_iter().map(feature).collect(),
        }
    }
}

/// Degrees to the third decimal: about a hundred metres.
fn coarse(degrees: f64) -> f64 {
    (degrees * 1_000.0).round() / 1_000.0
}

#[cfg(test)]
mod tests {
    use super::coarse;

    #[test]
    fn a_point_on_the_map_tells_a_hundred_metres_and_no_less() {
        assert_eq!(coarse(101.778_412_9), 101.778);
        assert_eq!(coarse(36.6246), 36.625);
    }
}
