//! Which communities an actor may see: part of each statement, so that a changed assignment counts at once.

use crate::tx::{Actor, Role};
use chrono::{DateTime, Duration, Utc};
use diesel::{
    expression::{AppearsOnTable, Expression, SelectableExpression, ValidGrouping, is_aggregate},
    pg::Pg,
    query_builder::{AstPass, QueryFragment, QueryId},
    result::QueryResult,
    sql_types::{Bool, Timestamptz, Uuid},
};

/// The ids of the communities in an actor's scope, as SQL text for [`crate::db::statement`]: `$1` is the actor, `$2` the
/// instant. Those a steward serves then, those in the division of an officer, duty desk or auditor; none for a provider or an
/// administrator, who see no case data, and none for a disabled account.
///
/// `concat!("SELECT … WHERE community_id IN (", communities_in_scope!(), ")")`
#[macro_export]
macro_rules! communities_in_scope {
    () => {
        "SELECT scope_a.community_id FROM steward_assignments scope_a \
         JOIN users scope_s ON scope_s.id = scope_a.user_id AND scope_s.disabled_at IS NULL \
         WHERE scope_a.user_id = $1 AND scope_a.starts_at <= $2 AND (scope_a.ends_at IS NULL OR scope_a.ends_at > $2) \
         UNION ALL SELECT scope_c.id FROM users scope_u JOIN communities scope_c ON scope_c.division_code LIKE scope_u.scope || '%' \
         WHERE scope_u.id = $1 AND scope_u.disabled_at IS NULL"
    };
}

/// How long after it was done something is taken from the phone of a steward who no longer serves the place, but did then.
pub const LATE: Duration = Duration::days(60);

/// The instants at which an actor's scope counts for what they did at `then`: now, and for a steward then, where that is not too
/// long ago. What was recorded while responsible stays theirs, whoever is responsible when it comes in.
pub fn instants(
    actor: &Actor,
    now: DateTime<Utc>,
    then: DateTime<Utc>,
) -> impl Iterator<Item = DateTime<Utc>> + use<> {
    let late = actor.role == Role::Steward && then <= now && then > now - LATE;
    [Some(now), late.then_some(then)].into_iter().flatten()
}

/// The steward `$1` served the community `$community` at `$then`, not more than [`LATE`] before the instant `$2`; all are SQL.
#[macro_export]
macro_rules! served_then {
    ($community:literal, $then:literal) => {
        concat!(
            "EXISTS (SELECT 1 FROM steward_assignments then_a WHERE then_a.user_id = $1 AND then_a.community_id = ",
            $community,
            " AND then_a.starts_at <= ",
            $then,
            " AND then_a.ends_at > ",
            $then,
            " AND ",
            $then,
            " > $2 - interval '60 days' AND ",
            $crate::account_enabled!(),
            ")"
        )
    };
}

/// The actor's account is not disabled, as SQL text: what goes with every "or their own" beside a scope. `$1` is the actor.
#[macro_export]
macro_rules! account_enabled {
    () => {
        "EXISTS (SELECT 1 FROM users own_u WHERE own_u.id = $1 AND own_u.disabled_at IS NULL)"
    };
}

/// The steward who answers for a community at an instant, as a scalar SQL expression: the primary; while that one is away, whoever
/// covers for them; where everybody is away, the primary all the same. Null where nobody serves. Both are SQL.
///
/// For the last instant of a period whose end is exclusive: `"o.due_at - interval '1 microsecond'"`.
#[macro_export]
macro_rules! steward_in_charge {
    ($community:literal, $at:literal) => {
        concat!(
            "(SELECT charge_a.user_id FROM steward_assignments charge_a WHERE charge_a.community_id = ",
            $community,
            " AND charge_a.duty <> 'deputy' AND charge_a.starts_at <= ",
            $at,
            " AND (charge_a.ends_at IS NULL OR charge_a.ends_at > ",
            $at,
            ") ORDER BY EXISTS (SELECT 1 FROM steward_leaves charge_l WHERE charge_l.user_id = charge_a.user_id AND charge_l.starts_at <= ",
            $at,
            " AND charge_l.ends_at > ",
            $at,
            "), charge_a.duty, charge_a.starts_at DESC LIMIT 1)"
        )
    };
}

/// `communities_in_scope!` as a condition for diesel's queries: `.filter(InScope::of("elders.community_id", &actor, now))`.
#[derive(Debug, Clone, Copy)]
pub struct InScope {
    column: &'static str,
    actor: Actor,
    now: DateTime<Utc>,
    with_admin: bool,
    own: Option<&'static str>,
}

impl InScope {
    /// The community named by `column` is in the actor's scope at `now`.
    pub fn of(column: &'static str, actor: &Actor, now: DateTime<Utc>) -> Self {
        Self {
            column,
            actor: *actor,
            now,
            with_admin: false,
            own: None,
        }
    }

    /// Or it is the actor's own, by this condition in SQL, where `$1` is the actor: what somebody began, they may see through when the
    /// place is no longer theirs.
    #[must_use]
    pub fn or_own(self, own: &'static str) -> Self {
        Self {
            own: Some(own),
            ..self
        }
    }

    /// The same for the register of communities itself, which an administrator keeps.
    pub fn register(actor: &Actor, now: DateTime<Utc>) -> Self {
        Self {
            with_admin: true,
            ..Self::of("communities.id", actor, now)
        }
    }
}

impl QueryFragment<Pg> for InScope {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        let actor = &self.actor.id;
        if self.with_admin && self.actor.role == Role::Admin {
            out.push_sql(
                "EXISTS (SELECT 1 FROM users WHERE role = 'admin' AND disabled_at IS NULL AND id = ",
            );
            out.push_bind_param::<Uuid, _>(actor)?;
            out.push_sql(")");
            return Ok(());
        }
        let mut push = |text: &'static str| -> QueryResult<()> {
            let mut rest = text;
            while let Some(at) = rest.find('$') {
                out.push_sql(&rest[..at]);
                match &rest[at..at + 2] {
                    "$1" => out.push_bind_param::<Uuid, _>(actor)?,
                    _ => out.push_bind_param::<Timestamptz, _>(&self.now)?,
                }
                rest = &rest[at + 2..];
            }
            out.push_sql(rest);
            Ok(())
        };
        for text in ["(", self.column, " IN (", communities_in_scope!(), ")"] {
            push(text)?;
        }
        if let Some(own) = self.own {
            for text in [" OR ", own, " AND ", account_enabled!()] {
                push(text)?;
            }
        }
        push(")")?;
        Ok(())
    }
}

impl QueryId for InScope {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl Expression for InScope {
    type SqlType = Bool;
}

impl<QS> AppearsOnTable<QS> for InScope {}
impl<QS> SelectableExpression<QS> for InScope {}

impl<G> ValidGrouping<G> for InScope {
    type IsAggregate = is_aggregate::Never;
}

#[cfg(test)]
mod tests {
    use super::LATE;

    #[test]
    fn what_comes_late_is_bounded_alike_in_statements_and_here() {
        let text = format!("interval '{} days'", LATE.num_days());
        assert!(served_then!("h.community_id", "$8").contains(&text));
    }
}
