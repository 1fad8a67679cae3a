//! Statements on households and elders.

use super::{
    ELDER_ALREADY_ENROLLED, ELDER_NOT_FOUND, ID_NUMBER, PHONE,
    id_number::{IdSex, ResidentId},
    model::{Category, Dwelling, Elder, Enrolled, IdDocumentKind, NewElder, Revealed, Sex, Standing},
    phone::Phone,
};
use crate::{
    areas::{COMMUNITY_NOT_FOUND, policy::InScope},
    db::statement,
    error::{Problem, on_constraint},
    http::{Page, PageQuery},
    ids::{CommunityId, ElderId, HouseholdId},
    schema::{categories, communities, elder_categories, elder_statuses, elders},
    tx::{Actor, Stamp, Tx},
};
use chrono::{DateTime, NaiveDate, Utc};
use diesel::{prelude::*, sql_types as ty};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde_json::json;
use uuid::Uuid;

/// The elders in the actor's scope, by id; `name` searches within names.
///
/// # Errors
/// 400 for a foreign cursor.
pub async fn list(
    conn: &mut AsyncPgConnection,
    actor: &Actor,
    now: DateTime<Utc>,
    community: Option<CommunityId>,
    name: Option<&str>,
    page: &PageQuery,
) -> Result<Page<Elder>, Problem> {
    let mut query = elders::table
        .filter(InScope::of("elders.community_id", actor, now))
        .filter(elders::merged_into_id.is_null())
        .select(Elder::as_select())
        .order(elders::id)
        .limit(page.fetch())
        .into_boxed();
    if let Some(community) = community {
        query = query.filter(elders::community_id.eq(community));
    }
    if let Some(name) = name {
        let literal = name.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
        query = query.filter(elders::name.like(format!("%{literal}%")));
    }
    if let Some(after) = page.after::<ElderId>()? {
        query = query.filter(elders::id.gt(after));
    }
    Ok(Page::cut(query.load(conn).await?, page, |e| e.id))
}

/// One elder in the actor's scope.
///
/// # Errors
/// 404 when there is none.
pub async fn get(
    conn: &mut AsyncPgConnection,
    actor: &Actor,
    now: DateTime<Utc>,
    id: ElderId,
) -> Result<Elder, Problem> {
    elders::table
        .filter(elders::id.eq(id))
        .filter(InScope::of("elders.community_id", actor, now))
        .select(Elder::as_select())
        .first(conn)
        .await
        .optional()?
        .ok_or_else(|| ELDER_NOT_FOUND.problem())
}

/// Every category, in the order of the forms.
///
/// # Errors
/// What the database said.
pub async fn all_categories(conn: &mut AsyncPgConnection) -> Result<Vec<Category>, Problem> {
    Ok(categories::table
        .order(categories::position)
        .select(Category::as_select())
        .load(conn)
        .await?)
}

/// The numbers of an elder in the actor's scope, in full; the reveal is audited.
///
/// # Errors
/// 404 when there is none.
pub async fn reveal(tx: &mut Tx<'_>, actor: &Actor, id: ElderId, reason: &str) -> Result<Revealed, Problem> {
    let (number, phone, community): (String, Option<String>, CommunityId) = elders::table
        .filter(elders::id.eq(id))
        .filter(InScope::of("elders.community_id", actor, tx.now))
        .select((elders::id_sealed, elders::phone_sealed, elders::community_id))
        .first(tx.conn)
        .await
        .optional()?
        .ok_or_else(|| ELDER_NOT_FOUND.problem())?;
    let entry = tx
        .entry("elders.reveal", "elder", Some(id.0))
        .elder(id)
        .community(community);
    tx.audit(entry.detail(json!({ "fields": ["id_number", "phone"], "reason": reason })));
    Ok(Revealed {
        id_number: tx.open(ID_NUMBER, &number)?,
        phone: phone.map(|sealed| tx.open(PHONE, &sealed)).transpose()?,
    })
}

/// Who the document says it is.
struct Identity {
    number: String,
    masked: String,
    sex: Sex,
    birth_date: NaiveDate,
    warnings: Vec<String>,
}

/// Reads the document: what a resident's number says of sex and birth wins, and a difference is a warning.
fn identity(new: &NewElder, today: NaiveDate) -> Result<Identity, Problem> {
    if matches!(
        new.id_kind,
        IdDocumentKind::ResidentId | IdDocumentKind::HmtResidencePermit
    ) {
        let id = ResidentId::parse(&new.id_number, today)
            .map_err(|e| Problem::field("id_number", e.to_string()))?;
        let sex = match id.sex() {
            IdSex::Male => Sex::Male,
            IdSex::Female => Sex::Female,
        };
        let mut warnings = Vec::new();
        if new.sex.is_some_and(|entered| entered != sex) {
            warnings.push("the sex differs from the ID number's".to_owned());
        }
        if new.birth_date.is_some_and(|entered| entered != id.birth_date()) {
            warnings.push("the birth date differs from the ID number's".to_owned());
        }
        if new.id_kind == IdDocumentKind::ResidentId && !id.prefix_is_known() {
            warnings.push("the ID number's address prefix is not of this city".to_owned());
        }
        return Ok(Identity {
            masked: id.masked(),
            birth_date: id.birth_date(),
            number: id.as_str().to_owned(),
            sex,
            warnings,
        });
    }
    let number = crate::text::half_width(&new.id_number).to_uppercase();
    match (new.sex, new.birth_date) {
        (Some(sex), Some(birth_date)) if birth_date <= today => {
            let kept: String = number.chars().take(2).collect();
            Ok(Identity {
                masked: format!("{kept}****"),
                number,
                sex,
                birth_date,
                warnings: Vec::new(),
            })
        }
        (Some(_), Some(_)) => Err(Problem::field("birth_date", "lies in the future")),
        _ => Err(Problem::field(
            "birth_date",
            "this document does not say sex and birth date: enter both",
        )),
    }
}

/// Enrols an elder, opening the household where it is new.
///
/// # Errors
/// 404 for a community out of scope, 409 when the person is enrolled anywhere in the city, 422 for what is wrong with a field.
pub async fn enrol(tx: &mut Tx<'_>, actor: &Actor, new: NewElder) -> Result<Enrolled, Problem> {
    let today = tx.today();
    let identity = identity(&new, today)?;
    let phone = match new.phone.as_deref().filter(|p| !p.trim().is_empty()) {
        None => None,
        Some(raw) => Some(Phone::parse(raw).map_err(|e| Problem::field("phone", e.to_string()))?),
    };
    let known = all_categories(tx.conn).await?;
    let mut carried = Vec::new();
    for (n, code) in new.categories.iter().enumerate() {
        match known.iter().find(|c| c.code == *code) {
            Some(category) if category.derived => {
                return Err(Problem::field(
                    format!("categories[{n}]"),
                    "follows from other facts and is never entered",
                ));
            }
            Some(category) => carried.push(category.clone()),
            None => {
                return Err(Problem::field(
                    format!("categories[{n}]"),
                    "there is no such category",
                ));
            }
        }
    }
    carried.sort_by(|a, b| a.code.cmp(&b.code));
    carried.dedup_by(|a, b| a.code == b.code);
    let standing = Standing::of(identity.birth_date, today, &carried);
    let community = new.dwelling.community_id;
    let household = household(tx, actor, new.dwelling).await?;
    let (id, now, stamp) = (ElderId(tx.new_id()), tx.now, tx.stamp());
    let reasons: Vec<Option<&str>> = standing.reasons.iter().map(|r| Some(r.as_str())).collect();
    let elder = diesel::insert_into(elders::table)
        .values((
            (
                elders::id.eq(id),
                elders::household_id.eq(household),
                elders::community_id.eq(community),
                elders::name.eq(new.name.trim()),
                elders::sex.eq(identity.sex),
                elders::birth_date.eq(identity.birth_date),
                elders::id_kind.eq(new.id_kind),
                elders::id_sealed.eq(stamp.seal(ID_NUMBER, &identity.number)?),
                elders::id_hash.eq(id_hash(&stamp, new.id_kind, &identity.number)),
                elders::id_masked.eq(&identity.masked),
            ),
            (
                elders::phone_sealed.eq(phone
                    .as_ref()
                    .map(|p| stamp.seal(PHONE, p.as_str()))
                    .transpose()?),
                elders::phone_hash.eq(phone
                    .as_ref()
                    .map(|p| stamp.keys.lookup_hash(PHONE, p.as_str()).to_vec())),
                elders::phone_masked.eq(phone.as_ref().map(Phone::masked)),
                elders::status.eq(super::model::ElderStatus::Active),
                elders::status_since.eq(today),
                elders::entitlement.eq(standing.entitlement),
                elders::tier.eq(standing.tier),
                elders::tier_reasons.eq(reasons),
                elders::remarks.eq(""),
                elders::version.eq(1),
                elders::enrolled_at.eq(now),
                elders::updated_at.eq(now),
            ),
        ))
        .returning(Elder::as_returning())
        .get_result(tx.conn)
        .await
        .map_err(|e| on_constraint(e, "elders_id_hash_key", || ELDER_ALREADY_ENROLLED.problem()))?;
    let tags: Vec<_> = carried
        .iter()
        .map(|category| {
            (
                elder_categories::id.eq(stamp.new_id()),
                elder_categories::elder_id.eq(id),
                elder_categories::category_code.eq(&category.code),
                elder_categories::starts_on.eq(today),
                elder_categories::evidence.eq(&new.evidence),
                elder_categories::recorded_by.eq(actor.id),
                elder_categories::recorded_at.eq(now),
            )
        })
        .collect();
    diesel::insert_into(elder_categories::table)
        .values(tags)
        .execute(tx.conn)
        .await?;
    diesel::insert_into(elder_statuses::table)
        .values((
            elder_statuses::id.eq(stamp.new_id()),
            elder_statuses::elder_id.eq(id),
            elder_statuses::status.eq(super::model::ElderStatus::Active),
            elder_statuses::starts_on.eq(today),
            elder_statuses::reason.eq("enrolled"),
            elder_statuses::recorded_by.eq(actor.id),
            elder_statuses::recorded_at.eq(now),
        ))
        .execute(tx.conn)
        .await?;
    tx.audit(
        stamp
            .entry("elders.enrol", "elder", Some(id.0))
            .elder(id)
            .community(community),
    );
    // What the household is owed is the business of a storey above: it is told by a job.
    tx.enqueue(crate::jobs::NewJob {
        kind: "obligations.household",
        dedup_key: Some(household.to_string()),
        payload: json!({ "household_id": household }),
        run_at: now,
    })
    .await?;
    Ok(Enrolled {
        elder,
        warnings: identity.warnings,
    })
}

/// Keyed hash of document kind and number: one person is found whichever key sealed the number.
pub fn id_hash(stamp: &Stamp, kind: IdDocumentKind, number: &str) -> Vec<u8> {
    stamp
        .keys
        .lookup_hash(ID_NUMBER, &format!("{kind:?}:{number}"))
        .to_vec()
}

#[derive(QueryableByName)]
struct HouseholdRow {
    #[diesel(sql_type = ty::Uuid)]
    id: Uuid,
}

/// The household at this address, opened where it is new.
async fn household(tx: &mut Tx<'_>, actor: &Actor, dwelling: Dwelling) -> Result<HouseholdId, Problem> {
    let Dwelling {
        community_id,
        building,
        unit,
        floor,
        room,
        position,
    } = dwelling;
    let mine = diesel::dsl::exists(
        communities::table
            .filter(communities::id.eq(community_id))
            .filter(InScope::of("communities.id", actor, tx.now)),
    );
    if !diesel::select(mine).get_result::<bool>(tx.conn).await? {
        return Err(COMMUNITY_NOT_FOUND.problem());
    }
    let (id, now) = (tx.new_id(), tx.now);
    // The no-op update makes the statement answer with the row that was there.
    let row: HouseholdRow = statement(
        "INSERT INTO households (id, community_id, building, unit, floor, room, latitude, longitude, version, created_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 1, $9) \
         ON CONFLICT ON CONSTRAINT households_dwelling_key DO UPDATE SET floor = coalesce(households.floor, excluded.floor) RETURNING id",
    )
    .bind::<ty::Uuid, _>(id)
    .bind::<ty::Uuid, _>(community_id)
    .bind::<ty::Text, _>(building.trim().to_owned())
    .bind::<ty::Text, _>(unit.trim().to_owned())
    .bind::<ty::Nullable<ty::SmallInt>, _>(floor)
    .bind::<ty::Text, _>(room.trim().to_owned())
    .bind::<ty::Nullable<ty::Double>, _>(position.map(|p| p.latitude))
    .bind::<ty::Nullable<ty::Double>, _>(position.map(|p| p.longitude))
    .bind::<ty::Timestamptz, _>(now)
    .get_result(tx.conn)
    .await?;
    Ok(HouseholdId(row.id))
}
