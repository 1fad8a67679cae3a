//! Family care beds, and their supervision.

use super::Registered;

#[rustfmt::skip]
pub(super) static INDICATORS: &[Registered] = &[
    indicator!(once, "care_beds", "在用家庭照护床位", "family care beds in service", "张", Count, [Division, Community, Organisation],
        "Family care beds in service at the end of the range, by their events; suspended ones and those of other projects are not.",
        "SELECT 'care_bed', b.id, b.household_id, b.elder_id, b.community_id, NULL::uuid, b.organisation_id, b.started_at, true, false, '', b.id::text, a.place, \
         NULL::text, NULL::text, NULL::text, NULL::text FROM area a JOIN care_beds b ON b.community_id = a.id AND b.kind = 'family_bed' AND b.started_at < $4 \
         JOIN LATERAL (SELECT v.to_status FROM care_bed_events v WHERE v.bed_id = b.id AND v.received_at < $4 ORDER BY v.seq DESC LIMIT 1) s \
         ON s.to_status = 'in_service'"),
    indicator!(distinct, "care_beds_supervised", "督导家庭照护床位", "households whose care bed was supervised", "户", Count, [Division, Community, Steward, Kind],
        "Households whose family care bed was inspected in the range, building or service, each once. The steward is the one who inspected.",
        "SELECT 'care_bed_inspection', i.id, i.household_id, b.elder_id, i.community_id, i.inspector_id, NULL::uuid, i.inspected_at, true, false, \
         i.household_id::text, i.household_id::text, a.place, i.kind::text, NULL::text, NULL::text, NULL::text \
         FROM area a JOIN care_bed_inspections i ON i.community_id = a.id AND i.inspected_at >= $3 AND i.inspected_at < $4 \
         JOIN care_beds b ON b.id = i.bed_id AND b.kind = 'family_bed'"),
];
