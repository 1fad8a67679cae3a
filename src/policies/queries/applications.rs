//! Applications: recorded, decided, ended.

use crate::{
    communities_in_scope,
    db::statement,
    elders::queries::lock_in_scope,
    error::{Problem, on_constraint},
    http::{Page, PageQuery},
    ids::{CommunityId, ElderId, PolicyApplicationId, PolicyId},
    policies::{
        POLICY_APPLICATION_ALREADY_RECORDED, POLICY_APPLICATION_NOT_FOUND, POLICY_APPLICATION_NOT_OPEN,
        POLICY_APPLIED_FOR,
        model::{
            NewPolicyApplication, PolicyApplication, PolicyApplicationDecision, PolicyApplicationStatus,
            PolicyApplicationStop, PolicyDecision,
        },
    },
    policies_in_force,
    schema::sql_types as native,
    tx::{Actor, Tx},
};
use chrono::{DateTime, NaiveDate, Utc};
use diesel::{OptionalExtension, QueryableByName, sql_types as ty};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

/// The columns of a [`PolicyApplication`], of row `a`.
macro_rules! application_columns {
    () => {
        "a.id, a.elder_id, a.policy_id, a.policy_version, a.status, a.applied_on, a.decided_on, a.refusal_reason, a.stopped_on, a.stop_reason, \
         a.recorded_by, a.recorded_at, a.version"
    };
}
pub(super) use application_columns;

/// What a list of applications is narrowed to.
#[derive(Debug, Default)]
pub struct Narrow {
    /// One status.
    pub status: Option<PolicyApplicationStatus>,
    /// One policy.
    pub policy: Option<PolicyId>,
    /// One elder.
    pub elder: Option<ElderId>,
}

/// The applications of the actor's scope, the latest first.
macro_rules! list {
    ($more:literal) => {
        concat!(
            "SELECT ",
            application_columns!(),
            " FROM policy_applications a JOIN elders e ON e.id = a.elder_id WHERE e.community_id IN (",
            communities_in_scope!(),
            ") AND (a.applied_on, a.id) < ($3, $4) AND ($6 IS NULL OR a.status = $6) AND ($7 IS NULL OR a.policy_id = $7)",
            $more,
            " ORDER BY a.applied_on DESC, a.id DESC LIMIT $5"
        )
    };
}

/// The applications of the actor's scope, the latest first.
///
/// # Errors
/// 400 for a foreign cursor.
pub async fn list(
    conn: &mut AsyncPgConnection,
    actor: &Actor,
    now: DateTime<Utc>,
    narrow: &Narrow,
    page: &PageQuery,
) -> Result<Page<PolicyApplication>, Problem> {
    let before = page.after()?.unwrap_or((NaiveDate::MAX, Uuid::max()));
    // Of one elder in a statement of its own, so that it has a plan of its own.
    let text = if narrow.elder.is_some() {
        list!(" AND a.elder_id = $8")
    } else {
        list!("")
    };
    let asked = statement(text)
        .bind::<ty::Uuid, _>(actor.id)
        .bind::<ty::Timestamptz, _>(now)
        .bind::<ty::Date, _>(before.0)
        .bind::<ty::Uuid, _>(before.1)
        .bind::<ty::BigInt, _>(page.fetch())
        .bind::<ty::Nullable<native::PolicyApplicationStatus>, _>(narrow.status)
        .bind::<ty::Nullable<ty::Uuid>, _>(narrow.policy);
    let found: Vec<PolicyApplication> = match narrow.elder {
        Some(elder) => asked.bind::<ty::Uuid, _>(elder).load(conn).await?,
        None => asked.load(conn).await?,
    };
    Ok(Page::cut(found, page, |a| (a.applied_on, a.id.0)))
}

async fn find(
    conn: &mut AsyncPgConnection,
    id: PolicyApplicationId,
) -> Result<Option<PolicyApplication>, Problem> {
    Ok(statement(concat!(
        "SELECT ",
        application_columns!(),
        " FROM policy_applications a WHERE a.id = $1"
    ))
    .bind::<ty::Uuid, _>(id)
    .get_result(conn)
    .await
    .optional()?)
}

fn stands(found: Option<PolicyApplication>) -> Result<PolicyApplication, Problem> {
    found.ok_or_else(|| POLICY_APPLICATION_NOT_FOUND.problem())
}

/// Records that an elder has applied. Whether they are entitled is for the office to say. The same id with the same application gives
/// the one that stands.
///
/// # Errors
/// 404 for an elder out of scope, 409 for a file that was merged, an application or grant that is open, or an id that stands for
/// another application, 422 for a day after today or on which the policy was not in force.
pub async fn apply(
    tx: &mut Tx<'_>,
    actor: &Actor,
    elder: ElderId,
    new: NewPolicyApplication,
) -> Result<PolicyApplication, Problem> {
    let now = tx.now;
    let elder = lock_in_scope(tx, actor, elder).await?;
    if let Some(stands) = find(tx.conn, new.id).await? {
        let same = (
            stands.elder_id,
            stands.policy_id,
            stands.applied_on,
            stands.recorded_by,
        ) == (elder.id, new.policy_id, new.applied_on, actor.id);
        return if same {
            Ok(stands)
        } else {
            Err(POLICY_APPLICATION_ALREADY_RECORDED.problem())
        };
    }
    not_after(tx.today(), "applied_on", new.applied_on)?;
    let recorded = statement(concat!(
        "INSERT INTO policy_applications (id, elder_id, policy_id, policy_version, status, applied_on, recorded_by, recorded_at, version) \
         SELECT $1, $2, p.policy_id, p.version, 'applied', $4, $5, $6, 1 FROM ",
        policies_in_force!("$4"),
        " p WHERE p.policy_id = $3"
    ))
    .bind::<ty::Uuid, _>(new.id)
    .bind::<ty::Uuid, _>(elder.id)
    .bind::<ty::Uuid, _>(new.policy_id)
    .bind::<ty::Date, _>(new.applied_on)
    .bind::<ty::Uuid, _>(actor.id)
    .bind::<ty::Timestamptz, _>(now)
    .execute(tx.conn)
    .await
    .map_err(|e| on_constraint(e, "policy_applications_open", || POLICY_APPLIED_FOR.problem()))?;
    if recorded == 0 {
        return Err(Problem::field("policy_id", "was not in force on that day"));
    }
    tx.audit(
        tx.entry("policy_applications.apply", "policy_application", Some(new.id.0))
            .elder(elder.id)
            .community(elder.community_id),
    );
    stands(find(tx.conn, new.id).await?)
}

fn not_after(today: NaiveDate, field: &'static str, day: NaiveDate) -> Result<(), Problem> {
    if day > today {
        Err(Problem::field(field, "lies in the future"))
    } else {
        Ok(())
    }
}

#[derive(QueryableByName)]
struct Locked {
    #[diesel(sql_type = ty::Uuid)]
    community_id: CommunityId,
    #[diesel(embed)]
    application: PolicyApplication,
}

async fn lock(tx: &mut Tx<'_>, actor: &Actor, id: PolicyApplicationId) -> Result<Locked, Problem> {
    let now = tx.now;
    statement(concat!(
        "SELECT e.community_id, ",
        application_columns!(),
        " FROM policy_applications a JOIN elders e ON e.id = a.elder_id WHERE a.id = $3 AND e.community_id IN (",
        communities_in_scope!(),
        ") FOR UPDATE OF a"
    ))
    .bind::<ty::Uuid, _>(actor.id)
    .bind::<ty::Timestamptz, _>(now)
    .bind::<ty::Uuid, _>(id)
    .get_result(tx.conn)
    .await
    .optional()?
    .ok_or_else(|| POLICY_APPLICATION_NOT_FOUND.problem())
}

fn tell(tx: &mut Tx<'_>, action: &str, was: &Locked) {
    let entry = tx.entry(action, "policy_application", Some(was.application.id.0));
    tx.audit(
        entry
            .elder(was.application.elder_id)
            .community(was.community_id)
            .detail(serde_json::json!({ "from": was.application.status })),
    );
}

/// Records what the office said.
///
/// # Errors
/// 404 when there is none in scope, 409 when it waits for no decision, 422 for a day before the application or after today, for a refusal
/// without its reason or a grant with one.
pub async fn decide(
    tx: &mut Tx<'_>,
    actor: &Actor,
    id: PolicyApplicationId,
    said: PolicyApplicationDecision,
) -> Result<PolicyApplication, Problem> {
    let was = lock(tx, actor, id).await?;
    let (status, reasoned) = match said.decision {
        PolicyDecision::Granted => (PolicyApplicationStatus::Granted, said.reason.is_none()),
        PolicyDecision::Refused => (PolicyApplicationStatus::Refused, said.reason.is_some()),
    };
    if !reasoned {
        return Err(Problem::field(
            "reason",
            "is given for a refusal, and only for one",
        ));
    }
    if said.decided_on < was.application.applied_on {
        return Err(Problem::field("decided_on", "lies before the application"));
    }
    not_after(tx.today(), "decided_on", said.decided_on)?;
    let decided = statement(
        "UPDATE policy_applications SET status = $2, decided_on = $3, refusal_reason = $4, version = version + 1 \
         WHERE id = $1 AND status = 'applied'",
    )
    .bind::<ty::Uuid, _>(id)
    .bind::<native::PolicyApplicationStatus, _>(status)
    .bind::<ty::Date, _>(said.decided_on)
    .bind::<ty::Nullable<ty::Text>, _>(said.reason)
    .execute(tx.conn)
    .await?;
    if decided == 0 {
        return Err(POLICY_APPLICATION_NOT_OPEN.problem());
    }
    tell(tx, "policy_applications.decide", &was);
    stands(find(tx.conn, id).await?)
}

/// Ends an application that was taken back, or what was granted.
///
/// # Errors
/// 404 when there is none in scope, 409 when it was refused or has ended, 422 for a day before it or after today.
pub async fn stop(
    tx: &mut Tx<'_>,
    actor: &Actor,
    id: PolicyApplicationId,
    said: PolicyApplicationStop,
) -> Result<PolicyApplication, Problem> {
    let was = lock(tx, actor, id).await?;
    let since = was.application.decided_on.unwrap_or(was.application.applied_on);
    if said.stopped_on < since {
        return Err(Problem::field("stopped_on", "lies before what it stops"));
    }
    not_after(tx.today(), "stopped_on", said.stopped_on)?;
    let stopped = statement(
        "UPDATE policy_applications SET status = 'stopped', stopped_on = $2, stop_reason = $3, version = version + 1 \
         WHERE id = $1 AND status IN ('applied', 'granted')",
    )
    .bind::<ty::Uuid, _>(id)
    .bind::<ty::Date, _>(said.stopped_on)
    .bind::<ty::Text, _>(said.reason)
    .execute(tx.conn)
    .await?;
    if stopped == 0 {
        return Err(POLICY_APPLICATION_NOT_OPEN.problem());
    }
    tell(tx, "policy_applications.stop", &was);
    stands(find(tx.conn, id).await?)
}
