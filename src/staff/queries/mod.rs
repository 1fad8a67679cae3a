//! Statements on accounts, assignments and leaves.

/// The communities that an actor decides on: `$1` actor, `$2` instant, `$3` whether it is an administrator, who has them all.
macro_rules! area {
    () => {
        concat!(
            "WITH area AS (SELECT id FROM communities WHERE $3 OR id IN (",
            crate::communities_in_scope!(),
            ")) "
        )
    };
}

pub mod assignments;
pub mod leaves;
pub mod users;

pub use leaves::team_at;

use crate::tx::{Actor, Role};

fn all_of_the_city(actor: &Actor) -> bool {
    actor.role == Role::Admin
}
