//! `/communities/{id}/team`, `/team-members`, `/stewards/load`, `/me/progress`.

use super::{
    model::{EndMember, Member, MemberPhone, NewMember, RevealMember, StewardLoad, Team, WeekGoal},
    queries::{load, members},
};
use crate::{
    areas,
    auth::{Casework, Ctx, Steward},
    calendar::{IsoWeek, local_date},
    error::Problem,
    http::{Answer, Body, Page, PageQuery, Params},
    ids::{CommunityId, MemberId},
    permission,
};
use actix_web::{get, http::StatusCode, post, web::Path};
use serde_json::json;
use utoipa_actix_web::service_config::ServiceConfig;

/// Mounts the operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(team)
        .service(add)
        .service(end)
        .service(reveal)
        .service(loads)
        .service(progress);
}

permission!(
    /// Who keeps a community's team.
    TeamKeepers = Steward | Officer
);
permission!(
    /// Who sees whether the work is dealt out fairly.
    Supervisors = Officer | Duty | Auditor
);

/// A community's team: who answers, in order, and who helps
#[utoipa::path(operation_id = "team_get", tag = "teams", params(("id" = CommunityId, Path)), responses((status = 200, body = Team)),
    extensions(("x-roles" = json!(["steward", "officer", "duty"])), ("x-errors" = json!(["community_not_found"]))))]
#[get("/communities/{id}/team")]
async fn team(mut ctx: Ctx<Casework>, id: Path<CommunityId>) -> Result<Answer, Problem> {
    areas::queries::get(&mut ctx.conn, &ctx.actor, ctx.now, *id).await?;
    let found = members::team(&mut ctx.conn, ctx.now, *id).await?;
    let entry = ctx
        .stamp()
        .entry("team.read", "community", Some(id.0))
        .community(*id);
    ctx.audit(vec![entry]).await?;
    Answer::ok(&found)
}

/// Add a volunteer or grid worker to a community's team
#[utoipa::path(operation_id = "team_members_add", tag = "teams", params(("id" = CommunityId, Path)), request_body = NewMember,
    responses((status = 201, body = Member)),
    extensions(("x-roles" = json!(["steward", "officer"])), ("x-errors" = json!(["community_not_found", "team_full"]))))]
#[post("/communities/{id}/team")]
async fn add(
    mut ctx: Ctx<TeamKeepers>,
    id: Path<CommunityId>,
    body: Body<NewMember>,
) -> Result<Answer, Problem> {
    let (actor, new) = (ctx.actor, body.value);
    ctx.write(body.fingerprint, async |tx| {
        Ok((StatusCode::CREATED, members::add(tx, &actor, *id, new).await?))
    })
    .await
}

/// End a volunteer's or grid worker's time in a team
#[utoipa::path(operation_id = "team_members_end", tag = "teams", params(("id" = MemberId, Path)), request_body = EndMember,
    responses((status = 200, body = Member)),
    extensions(("x-roles" = json!(["steward", "officer"])), ("x-errors" = json!(["member_not_found", "member_ended"]))))]
#[post("/team-members/{id}/end")]
async fn end(
    mut ctx: Ctx<TeamKeepers>,
    id: Path<MemberId>,
    body: Body<EndMember>,
) -> Result<Answer, Problem> {
    let (actor, end) = (ctx.actor, body.value);
    ctx.write(body.fingerprint, async |tx| {
        Ok((StatusCode::OK, members::end(tx, &actor, *id, end).await?))
    })
    .await
}

/// Show a member's phone in full, with a reason, on the record
// Not through `write`: an idempotent memory of this answer would keep the plain number.
#[utoipa::path(operation_id = "team_members_reveal", tag = "teams", params(("id" = MemberId, Path)), request_body = RevealMember,
    responses((status = 200, body = MemberPhone)),
    extensions(("x-roles" = json!(["steward", "officer", "duty"])), ("x-errors" = json!(["member_not_found"]))))]
#[post("/team-members/{id}/reveal")]
async fn reveal(
    mut ctx: Ctx<Casework>,
    id: Path<MemberId>,
    body: Body<RevealMember>,
) -> Result<Answer, Problem> {
    let stamp = ctx.stamp();
    let (community, phone) = members::phone(&mut ctx.conn, &stamp, &ctx.actor, *id).await?;
    let entry = stamp
        .entry("team_members.reveal", "team_member", Some(id.0))
        .community(community)
        .detail(json!({ "reason": body.value.reason }));
    ctx.audit(vec![entry]).await?;
    Answer::ok(&MemberPhone { phone })
}

/// The stewards who are in charge in your area: caseload, this week's goal and progress, load beside the average
#[utoipa::path(operation_id = "stewards_load", tag = "teams", params(PageQuery), responses((status = 200, body = Page<StewardLoad>)),
    extensions(("x-roles" = json!(["officer", "duty", "auditor"]))))]
#[get("/stewards/load")]
async fn loads(mut ctx: Ctx<Supervisors>, page: Params<PageQuery>) -> Result<Answer, Problem> {
    let week = IsoWeek::of(local_date(ctx.now));
    Answer::ok(&load::list(&mut ctx.conn, &ctx.actor, ctx.now, week, &page.0).await?)
}

/// Your own week: its goal, and how far you are
#[utoipa::path(operation_id = "me_progress", tag = "teams", responses((status = 200, body = WeekGoal)),
    extensions(("x-roles" = json!(["steward"]))))]
#[get("/me/progress")]
async fn progress(mut ctx: Ctx<Steward>) -> Result<Answer, Problem> {
    let week = IsoWeek::of(local_date(ctx.now));
    Answer::ok(&load::own(&mut ctx.conn, &ctx.actor, ctx.now, week).await?)
}
