//! Statements on obligations.

mod campaigns;
mod events;
mod excuses;
mod periods;
mod standing;
mod weights;
mod worklist;

pub use campaigns::{CampaignTime, excuse_stopped, owe_campaign};
pub use events::{discharged, list as events, record};
pub use excuses::{close_missed, excuse_absent, owe_again};
pub use periods::open_periods;
pub use standing::{of_elder, risks};
pub use weights::{current as weights_in_force, make as make_edition};
pub use worklist::{owed_before, worklist};

/// The weight in force of the reason `$reason`, as SQL text; for what is owed by another domain's statement.
#[macro_export]
macro_rules! risk_weight {
    ($reason:literal) => {
        concat!(
            "coalesce((SELECT w.weight FROM risk_weights w WHERE w.reason = '",
            $reason,
            "' ORDER BY w.edition DESC LIMIT 1), 0::int2)"
        )
    };
}
