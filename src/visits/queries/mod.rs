//! Statements on visits.

/// Every elder of the array lives in the household `h`, or did when they were met there before, or lives there by a file that was
/// merged into theirs: a phone may not have heard of it yet.
macro_rules! elders_live_there {
    ($elders:literal) => {
        concat!(
            "NOT EXISTS (SELECT 1 FROM unnest(",
            $elders,
            ") AS m (elder_id) WHERE NOT EXISTS ( \
             SELECT 1 FROM elders e WHERE e.id = m.elder_id AND e.status <> 'merged' AND (e.household_id = h.id \
             OR EXISTS (SELECT 1 FROM elders f WHERE f.merged_into_id = e.id AND f.household_id = h.id) \
             OR EXISTS (SELECT 1 FROM visit_elders b JOIN visits w ON w.id = b.visit_id WHERE b.elder_id = e.id AND w.household_id = h.id))))"
        )
    };
}

/// Every photo of the array was uploaded by the actor.
macro_rules! photos_are_own {
    ($photos:literal) => {
        concat!(
            "NOT EXISTS (SELECT 1 FROM unnest(",
            $photos,
            ") AS m (photo_id) WHERE NOT EXISTS (SELECT 1 FROM attachments a WHERE a.id = m.photo_id AND a.uploaded_by = $1))"
        )
    };
}

/// Every item of the arrays stands on the day's menu, and what is solved a steward may deliver.
macro_rules! needs_are_on_the_menu {
    ($items_and_solutions:literal, $day:literal) => {
        concat!(
            "NOT EXISTS (SELECT 1 FROM unnest(",
            $items_and_solutions,
            ") AS m (item_id, solved) WHERE NOT EXISTS (SELECT 1 FROM menu_items i WHERE i.id = m.item_id AND i.valid_from <= ",
            $day,
            " AND (i.valid_to IS NULL OR i.valid_to > ",
            $day,
            ") AND (m.solved IS NULL OR i.delivered_by <> 'provider')))"
        )
    };
}

/// Every policy of the array is in force on the day.
macro_rules! policies_in_force_then {
    ($policies:literal, $day:literal) => {
        concat!(
            "NOT EXISTS (SELECT 1 FROM unnest(",
            $policies,
            ") AS m (policy_id) WHERE m.policy_id NOT IN (SELECT p.policy_id FROM ",
            crate::policies_in_force!($day),
            " p))"
        )
    };
}

mod correct;
mod log;
mod photograph;
mod read;

pub use correct::correct;
pub use log::log;
pub use photograph::photograph;
pub use read::{detail, get, list, revisions};
