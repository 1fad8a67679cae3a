//! The library from Excel.

use crate::{
    auth::{Ctx, Officer},
    error::Problem,
    http::{Answer, Params},
    resources::{
        import::{self, ResourceImport},
        sheet::{self, FORM},
    },
    sheet::{
        NOTHING_TO_CORRECT,
        upload::{ImportQuery, Upload, workbook},
    },
    tx::Tx,
};
use actix_web::{HttpResponse, get, http::StatusCode, post, web};
use serde_json::json;
use utoipa_actix_web::service_config::ServiceConfig;

/// Mounts the operations.
pub(super) fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(import_template)
        .service(import_resources)
        .service(import_error_sheet);
}

/// The empty form of the library, an Excel workbook with the menu's items and your area's divisions
#[utoipa::path(tag = "resources", operation_id = "resources_import_template", responses((status = 200, content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", body = Vec<u8>)),
    extensions(("x-roles" = json!(["officer"]))))]
#[get("/resources/import/template")]
async fn import_template(mut ctx: Ctx<Officer>) -> Result<HttpResponse, Problem> {
    let today = ctx.stamp().today();
    let lists = import::queries::lists(&mut ctx.conn, &ctx.actor, today).await?;
    let bytes = web::block(move || sheet::template(&lists))
        .await
        .map_err(Problem::internal)?
        .map_err(Problem::internal)?;
    Ok(workbook(bytes, "resources.xlsx"))
}

/// Import organisations, `.xlsx` or `.xls`, at most 10 MB: the good rows in one transaction, the bad ones with their reasons
#[utoipa::path(tag = "resources", operation_id = "resources_import", params(ImportQuery), request_body(content = Vec<u8>, content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"), responses((status = 200, body = ResourceImport)),
    extensions(("x-roles" = json!(["officer"])), ("x-errors" = json!(["sheet_not_excel", "sheet_damaged", "sheet_encrypted", "sheet_headings", "sheet_too_many_rows", "sheet_too_large", "sheet_unreadable", "resource_already_listed"]))))]
#[post("/resources/import")]
async fn import_resources(upload: Upload<Officer>, query: Params<ImportQuery>) -> Result<Answer, Problem> {
    let dry_run = query.0.dry_run;
    let rows = upload.rows(&FORM).await?;
    let mut ctx = upload.context().await?;
    let actor = ctx.actor;
    ctx.write(upload.fingerprint(&[u8::from(dry_run)]), async |tx| {
        let plan = import::judge(tx, &actor, &rows).await?;
        let report = import::carry_out(tx, &plan, upload.sha256, dry_run).await?;
        Ok((StatusCode::OK, report))
    })
    .await
}

/// The rows of a list that cannot be taken, in the same form and with their reasons, to be corrected and sent again
#[utoipa::path(tag = "resources", operation_id = "resources_import_error_sheet", request_body(content = Vec<u8>, content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"), responses((status = 200, content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", body = Vec<u8>)),
    extensions(("x-roles" = json!(["officer"])), ("x-errors" = json!(["sheet_not_excel", "sheet_damaged", "sheet_encrypted", "sheet_headings", "sheet_too_many_rows", "sheet_too_large", "sheet_unreadable", "nothing_to_correct"]))))]
#[post("/resources/import/error-sheet")]
async fn import_error_sheet(upload: Upload<Officer>) -> Result<HttpResponse, Problem> {
    let rows = upload.rows(&FORM).await?;
    let mut ctx = upload.context().await?;
    let (actor, stamp) = (ctx.actor, ctx.stamp());
    let plan = import::judge(&mut Tx::new(&mut ctx.conn, stamp.clone()), &actor, &rows).await?;
    let detail = json!({ "rows": plan.rows, "rejected": plan.rejections.len() });
    let entry = stamp.entry("resources.import_check", "resource_import", None);
    ctx.audit(vec![entry.detail(detail)]).await?;
    let bytes = import::error_sheet(plan, rows)
        .await?
        .ok_or_else(|| NOTHING_TO_CORRECT.problem())?;
    Ok(workbook(bytes, "errors.xlsx"))
}
