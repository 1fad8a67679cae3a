//! The library: kept by those whose division issued a policy, read by everybody.

use crate::{
    db::statement,
    elders,
    error::{Problem, on_constraint},
    http::{IfMatch, Page, PageQuery},
    ids::{PolicyId, UserId},
    policies::{
        POLICY_CODE_TAKEN, POLICY_NOT_FOUND, POLICY_OUTSIDE_AREA,
        model::{
            NewPolicy, NewPolicyVersion, Policy, PolicyContent, PolicyFile, PolicyInForce, PolicyVersion,
        },
    },
    policies_in_force,
    schema::sql_types as native,
    tx::{Actor, Role, Tx},
};
use chrono::NaiveDate;
use diesel::{OptionalExtension, sql_types as ty};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde_json::json;
use uuid::Uuid;

/// The columns of a [`PolicyContent`], of version `$v`.
macro_rules! content_of {
    ($v:literal) => {
        concat!(
            $v,
            ".title_zh, ",
            $v,
            ".title_en, ",
            $v,
            ".text, ",
            $v,
            ".source, ",
            $v,
            ".how_to_apply, ",
            $v,
            ".documents, ",
            $v,
            ".valid_from, ",
            $v,
            ".valid_to, ",
            $v,
            ".age_from, ",
            $v,
            ".age_to, ",
            $v,
            ".categories_any, ",
            $v,
            ".categories_none, ",
            $v,
            ".entitlement, ",
            $v,
            ".ability, ",
            $v,
            ".applies_in"
        )
    };
}

/// The policies in force on a day, in the order of their entry.
///
/// # Errors
/// 400 for a foreign cursor.
pub async fn in_force(
    conn: &mut AsyncPgConnection,
    day: NaiveDate,
    page: &PageQuery,
) -> Result<Page<PolicyInForce>, Problem> {
    let found: Vec<PolicyInForce> = statement(concat!(
        "SELECT l.id, l.code, l.issued_by, p.version, ",
        content_of!("p"),
        " FROM policies l JOIN ",
        policies_in_force!("$1"),
        " p ON p.policy_id = l.id WHERE l.id > $2 ORDER BY l.id LIMIT $3"
    ))
    .bind::<ty::Date, _>(day)
    .bind::<ty::Uuid, _>(page.after::<Uuid>()?.unwrap_or(Uuid::nil()))
    .bind::<ty::BigInt, _>(page.fetch())
    .load(conn)
    .await?;
    Ok(Page::cut(found, page, |p| p.id))
}

/// One policy with every version.
///
/// # Errors
/// 404 when there is none.
pub async fn file(conn: &mut AsyncPgConnection, id: PolicyId) -> Result<PolicyFile, Problem> {
    let policy: Policy = statement(
        "SELECT id, code, issued_by, (SELECT max(v.version) FROM policy_versions v WHERE v.policy_id = policies.id) AS version \
         FROM policies WHERE id = $1",
    )
    .bind::<ty::Uuid, _>(id)
    .get_result(conn)
    .await
    .optional()?
    .ok_or_else(|| POLICY_NOT_FOUND.problem())?;
    let versions = statement(concat!(
        "SELECT v.version, ",
        content_of!("v"),
        ", v.reason, v.recorded_by, v.recorded_at FROM policy_versions v WHERE v.policy_id = $1 ORDER BY v.version DESC LIMIT 200"
    ))
    .bind::<ty::Uuid, _>(id)
    .load::<PolicyVersion>(conn)
    .await?;
    Ok(PolicyFile { policy, versions })
}

/// An officer keeps what their division, or one below it, has issued; the administrator everything.
async fn keeper(tx: &mut Tx<'_>, actor: &Actor, issued_by: &str) -> Result<(), Problem> {
    if actor.role == Role::Admin {
        return Ok(());
    }
    let keeps =
        statement("SELECT 1 FROM users WHERE id = $1 AND disabled_at IS NULL AND $2 LIKE scope || '%'")
            .bind::<ty::Uuid, _>(actor.id)
            .bind::<ty::Text, _>(issued_by.to_owned())
            .execute(tx.conn)
            .await?;
    if keeps == 0 {
        Err(POLICY_OUTSIDE_AREA.problem())
    } else {
        Ok(())
    }
}

/// The rules between fields, and the categories against their catalogue.
async fn check(tx: &mut Tx<'_>, issued_by: &str, content: &PolicyContent) -> Result<(), Problem> {
    let asks = &content.eligibility;
    if content.valid_to.is_some_and(|to| to <= content.valid_from) {
        return Err(Problem::field(
            "content.valid_to",
            "must lie after content.valid_from",
        ));
    }
    if let (Some(from), Some(to)) = (asks.age_from, asks.age_to)
        && to < from
    {
        return Err(Problem::field("content.eligibility.age_to", "is below age_from"));
    }
    if !asks.applies_in.starts_with(issued_by) {
        return Err(Problem::field(
            "content.eligibility.applies_in",
            "must lie in the issuing division",
        ));
    }
    let known = elders::queries::all_categories(tx.conn).await?;
    for (field, codes) in [
        ("content.eligibility.categories_any", &asks.categories_any),
        ("content.eligibility.categories_none", &asks.categories_none),
    ] {
        for (n, code) in codes.iter().enumerate() {
            match known.iter().find(|c| c.code == *code) {
                None => return Err(Problem::field(format!("{field}[{n}]"), "is no category")),
                Some(category) if category.derived => {
                    let message = "follows from the birth date: say it with age_from";
                    return Err(Problem::field(format!("{field}[{n}]"), message));
                }
                Some(_) => {}
            }
        }
    }
    Ok(())
}

async fn insert(
    tx: &mut Tx<'_>,
    (id, version): (PolicyId, i32),
    content: PolicyContent,
    reason: Option<String>,
    by: UserId,
) -> Result<(), Problem> {
    let now = tx.now;
    let PolicyContent {
        title_zh,
        title_en,
        text,
        source,
        how_to_apply,
        documents,
        valid_from,
        valid_to,
        eligibility: asks,
    } = content;
    statement(
        "INSERT INTO policy_versions (policy_id, version, title_zh, title_en, text, source, how_to_apply, documents, valid_from, valid_to, \
         age_from, age_to, categories_any, categories_none, entitlement, ability, applies_in, reason, recorded_by, recorded_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)",
    )
    .bind::<ty::Uuid, _>(id)
    .bind::<ty::Integer, _>(version)
    .bind::<ty::Text, _>(title_zh)
    .bind::<ty::Text, _>(title_en)
    .bind::<ty::Text, _>(text)
    .bind::<ty::Text, _>(source)
    .bind::<ty::Text, _>(how_to_apply)
    .bind::<ty::Array<ty::Text>, _>(documents)
    .bind::<ty::Date, _>(valid_from)
    .bind::<ty::Nullable<ty::Date>, _>(valid_to)
    .bind::<ty::Nullable<ty::SmallInt>, _>(asks.age_from)
    .bind::<ty::Nullable<ty::SmallInt>, _>(asks.age_to)
    .bind::<ty::Array<ty::Text>, _>(asks.categories_any)
    .bind::<ty::Array<ty::Text>, _>(asks.categories_none)
    .bind::<ty::Nullable<native::Entitlement>, _>(asks.entitlement)
    .bind::<ty::Nullable<native::PolicyAbility>, _>(asks.ability)
    .bind::<ty::Text, _>(asks.applies_in)
    .bind::<ty::Nullable<ty::Text>, _>(reason)
    .bind::<ty::Uuid, _>(by)
    .bind::<ty::Timestamptz, _>(now)
    .execute(tx.conn)
    .await?;
    Ok(())
}

/// Enters a policy with its first version.
///
/// # Errors
/// 403 where the officer's division does not hold the issuing one, 409 when the code is taken, 422 for an unknown or derived category,
/// ages or days in the wrong order, or a place outside the issuing division.
pub async fn create(tx: &mut Tx<'_>, actor: &Actor, new: NewPolicy) -> Result<PolicyFile, Problem> {
    keeper(tx, actor, &new.issued_by).await?;
    check(tx, &new.issued_by, &new.content).await?;
    let (id, now) = (PolicyId(tx.new_id()), tx.now);
    statement(
        "INSERT INTO policies (id, code, issued_by, created_by, created_at) VALUES ($1, $2, $3, $4, $5)",
    )
    .bind::<ty::Uuid, _>(id)
    .bind::<ty::Text, _>(new.code)
    .bind::<ty::Text, _>(new.issued_by)
    .bind::<ty::Uuid, _>(actor.id)
    .bind::<ty::Timestamptz, _>(now)
    .execute(tx.conn)
    .await
    .map_err(|e| on_constraint(e, "policies_code_key", || POLICY_CODE_TAKEN.problem()))?;
    insert(tx, (id, 1), new.content, None, actor.id).await?;
    tx.audit(tx.entry("policies.create", "policy", Some(id.0)));
    file(tx.conn, id).await
}

/// Adds the next version; those before stay as they were.
///
/// # Errors
/// 403 and 422 like [`create`], 404 when there is no such policy, 412 when it has a newer version than the one seen, 422 when it would
/// begin before the version that it follows.
pub async fn revise(
    tx: &mut Tx<'_>,
    actor: &Actor,
    id: PolicyId,
    seen: IfMatch,
    new: NewPolicyVersion,
) -> Result<PolicyFile, Problem> {
    // The row of the policy is what two revisions wait for each other at.
    statement("SELECT 1 FROM policies WHERE id = $1 FOR UPDATE")
        .bind::<ty::Uuid, _>(id)
        .execute(tx.conn)
        .await?;
    let was = file(tx.conn, id).await?;
    keeper(tx, actor, &was.policy.issued_by).await?;
    seen.check(was.policy.version)?;
    check(tx, &was.policy.issued_by, &new.content).await?;
    if was
        .versions
        .iter()
        .any(|v| new.content.valid_from < v.content.valid_from)
    {
        return Err(Problem::field(
            "content.valid_from",
            "lies before the first day of the version that it follows",
        ));
    }
    let next = was.policy.version + 1;
    insert(tx, (id, next), new.content, Some(new.reason), actor.id).await?;
    tx.audit(
        tx.entry("policies.revise", "policy", Some(id.0))
            .detail(json!({ "version": next })),
    );
    file(tx.conn, id).await
}
