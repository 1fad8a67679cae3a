//! `/users`: accounts, kept by administrators.

use crate::{
    auth::{Admin, Ctx, password},
    error::Problem,
    http::{Answer, Body, Empty, IfMatch, Page, PageQuery, Params},
    ids::UserId,
    staff::{
        NOT_YOURSELF,
        model::{NewUser, User, UserPatch, UserWithPassword},
        queries::users as queries,
    },
    tx::Role,
};
use actix_web::{get, http::StatusCode, patch, post, web::Path};
use garde::Validate;
use secrecy::ExposeSecret;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;

/// Mounts the operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(list)
        .service(create)
        .service(get)
        .service(change)
        .service(disable)
        .service(enable)
        .service(unlock)
        .service(reset_password)
        .service(reset_totp);
}

/// Which accounts to list.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
struct UserListQuery {
    /// Only of this role.
    #[garde(skip)]
    role: Option<Role>,
}

/// What an administrator does to an account must be another's.
fn another(ctx: &Ctx<Admin>, id: UserId) -> Result<UserId, Problem> {
    if ctx.actor.id == id {
        Err(NOT_YOURSELF.problem())
    } else {
        Ok(id)
    }
}

/// The accounts by user name
#[utoipa::path(operation_id = "users_list", tag = "staff", params(UserListQuery, PageQuery), responses((status = 200, body = Page<User>)),
    extensions(("x-roles" = json!(["admin"]))))]
#[get("/users")]
async fn list(
    mut ctx: Ctx<Admin>,
    query: Params<UserListQuery>,
    page: Params<PageQuery>,
) -> Result<Answer, Problem> {
    Answer::ok(&queries::list(&mut ctx.conn, query.0.role, &page.0).await?)
}

/// One account
#[utoipa::path(operation_id = "users_get", tag = "staff", params(("id" = UserId, Path)), responses((status = 200, body = User)),
    extensions(("x-roles" = json!(["admin"])), ("x-errors" = json!(["user_not_found"]))))]
#[get("/users/{id}")]
async fn get(mut ctx: Ctx<Admin>, id: Path<UserId>) -> Result<Answer, Problem> {
    Answer::ok(&queries::get(&mut ctx.conn, *id).await?)
}

/// Make an account; the answer shows its one-time password this once, and a repetition is refused because the name is taken
#[utoipa::path(operation_id = "users_create", tag = "staff", request_body = NewUser, responses((status = 201, body = UserWithPassword)),
    extensions(("x-roles" = json!(["admin"])), ("x-errors" = json!(["username_taken", "division_unknown"]))))]
#[post("/users")]
async fn create(mut ctx: Ctx<Admin>, body: Body<NewUser>) -> Result<Answer, Problem> {
    let new = body.value;
    new.check()?;
    let password = password::one_time(&ctx.state.clock);
    let hash = password::hash(&ctx.state, password.clone()).await?;
    ctx.write_unremembered(async |tx| {
        let user = queries::create(tx, new, &hash).await?;
        let one_time_password = password.expose_secret().to_owned();
        Ok((
            StatusCode::CREATED,
            UserWithPassword {
                user,
                one_time_password,
            },
        ))
    })
    .await
}

/// Change an account's name or scope
#[utoipa::path(operation_id = "users_change", tag = "staff", params(("id" = UserId, Path)), request_body = UserPatch, responses((status = 200, body = User)),
    extensions(("x-roles" = json!(["admin"])), ("x-errors" = json!(["user_not_found", "division_unknown"])), ("x-edits" = json!(true))))]
#[patch("/users/{id}")]
async fn change(
    mut ctx: Ctx<Admin>,
    id: Path<UserId>,
    seen: IfMatch,
    body: Body<UserPatch>,
) -> Result<Answer, Problem> {
    let patch = body.value;
    ctx.write(body.fingerprint, async |tx| {
        Ok((StatusCode::OK, queries::change(tx, *id, seen, patch).await?))
    })
    .await
}

/// Disable an account: its sessions and what it sees end at once
#[utoipa::path(operation_id = "users_disable", tag = "staff", params(("id" = UserId, Path)), request_body = Empty, responses((status = 200, body = User)),
    extensions(("x-roles" = json!(["admin"])), ("x-errors" = json!(["user_not_found", "user_disabled", "not_yourself", "last_admin"]))))]
#[post("/users/{id}/disable")]
async fn disable(mut ctx: Ctx<Admin>, id: Path<UserId>, body: Body<Empty>) -> Result<Answer, Problem> {
    let id = another(&ctx, *id)?;
    ctx.write(body.fingerprint, async |tx| {
        Ok((StatusCode::OK, queries::disable(tx, id).await?))
    })
    .await
}

/// Enable an account again
#[utoipa::path(operation_id = "users_enable", tag = "staff", params(("id" = UserId, Path)), request_body = Empty, responses((status = 200, body = User)),
    extensions(("x-roles" = json!(["admin"])), ("x-errors" = json!(["user_not_found", "user_not_disabled"]))))]
#[post("/users/{id}/enable")]
async fn enable(mut ctx: Ctx<Admin>, id: Path<UserId>, body: Body<Empty>) -> Result<Answer, Problem> {
    ctx.write(body.fingerprint, async |tx| {
        Ok((StatusCode::OK, queries::enable(tx, *id).await?))
    })
    .await
}

/// Take a lock-out after failed log-ins back
#[utoipa::path(operation_id = "users_unlock", tag = "staff", params(("id" = UserId, Path)), request_body = Empty, responses((status = 200, body = User)),
    extensions(("x-roles" = json!(["admin"])), ("x-errors" = json!(["user_not_found"]))))]
#[post("/users/{id}/unlock")]
async fn unlock(mut ctx: Ctx<Admin>, id: Path<UserId>, body: Body<Empty>) -> Result<Answer, Problem> {
    ctx.write(body.fingerprint, async |tx| {
        Ok((StatusCode::OK, queries::unlock(tx, *id).await?))
    })
    .await
}

/// Give an account a new one-time password, shown this once; its sessions end
#[utoipa::path(operation_id = "users_reset_password", tag = "staff", params(("id" = UserId, Path)), request_body = Empty, responses((status = 200, body = UserWithPassword)),
    extensions(("x-roles" = json!(["admin"])), ("x-errors" = json!(["user_not_found", "not_yourself"]))))]
#[post("/users/{id}/reset-password")]
async fn reset_password(
    mut ctx: Ctx<Admin>,
    id: Path<UserId>,
    _body: Body<Empty>,
) -> Result<Answer, Problem> {
    let id = another(&ctx, *id)?;
    let password = password::one_time(&ctx.state.clock);
    let hash = password::hash(&ctx.state, password.clone()).await?;
    ctx.write_unremembered(async |tx| {
        let user = queries::reset_password(tx, id, &hash).await?;
        let one_time_password = password.expose_secret().to_owned();
        Ok((
            StatusCode::OK,
            UserWithPassword {
                user,
                one_time_password,
            },
        ))
    })
    .await
}

/// Take the second factor of somebody who lost it back; their sessions end
#[utoipa::path(operation_id = "users_reset_totp", tag = "staff", params(("id" = UserId, Path)), request_body = Empty, responses((status = 200, body = User)),
    extensions(("x-roles" = json!(["admin"])), ("x-errors" = json!(["user_not_found", "not_yourself"]))))]
#[post("/users/{id}/totp/reset")]
async fn reset_totp(mut ctx: Ctx<Admin>, id: Path<UserId>, body: Body<Empty>) -> Result<Answer, Problem> {
    let id = another(&ctx, *id)?;
    ctx.write(body.fingerprint, async |tx| {
        Ok((StatusCode::OK, queries::reset_totp(tx, id).await?))
    })
    .await
}
