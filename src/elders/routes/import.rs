//! Enrolment lists from Excel.

use crate::{
    auth::{Ctx, Officer},
    elders::{
        import::{self, ElderImport},
        queries,
        sheet::{self, FORM},
    },
    error::Problem,
    http::{Answer, Params},
    sheet::{
        NOTHING_TO_CORRECT,
        upload::{ImportQuery, Upload, workbook},
    },
};
use actix_web::{HttpResponse, get, http::StatusCode, post, web};
use serde_json::json;
use utoipa_actix_web::service_config::ServiceConfig;

/// Mounts the operations.
pub(super) fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(import_template)
        .service(import_elders)
        .service(import_error_sheet);
}

/// The empty form of the enrolment list, an Excel workbook with your area's communities
#[utoipa::path(tag = "elders", operation_id = "elders_import_template", responses((status = 200, content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", body = Vec<u8>)),
    extensions(("x-roles" = json!(["officer"]))))]
#[get("/elders/import/template")]
async fn import_template(mut ctx: Ctx<Officer>) -> Result<HttpResponse, Problem> {
    let (communities, names) = queries::form_lists(&mut ctx.conn, &ctx.actor, ctx.now).await?;
    let bytes = web::block(move || sheet::template(&names, &communities))
        .await
        .map_err(Problem::internal)?
        .map_err(Problem::internal)?;
    Ok(workbook(bytes, "elders.xlsx"))
}

/// Import an enrolment list, `.xlsx` or `.xls`, at most 10 MB: the good rows in one transaction, the bad ones with their reasons
#[utoipa::path(tag = "elders", operation_id = "elders_import", params(ImportQuery), request_body(content = Vec<u8>, content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"), responses((status = 200, body = ElderImport)),
    extensions(("x-roles" = json!(["officer"])), ("x-errors" = json!(["sheet_not_excel", "sheet_damaged", "sheet_encrypted", "sheet_headings", "sheet_too_many_rows", "sheet_too_large", "sheet_unreadable", "import_overtaken"]))))]
#[post("/elders/import")]
async fn import_elders(upload: Upload<Officer>, query: Params<ImportQuery>) -> Result<Answer, Problem> {
    let dry_run = query.0.dry_run;
    let rows = sheet::rows(upload.rows(&FORM).await?).map_err(Problem::internal)?;
    let mut ctx = upload.context().await?;
    let (stamp, actor) = (ctx.stamp(), ctx.actor);
    let (plan, _) = import::judge(&mut ctx.conn, &stamp, &actor, rows).await?;
    ctx.write(upload.fingerprint(&[u8::from(dry_run)]), async |tx| {
        let report = import::carry_out(tx, &plan, upload.sha256, dry_run).await?;
        Ok((StatusCode::OK, report))
    })
    .await
}

/// The rows of a list that cannot be taken, in the same form and with their reasons, to be corrected and sent again
#[utoipa::path(tag = "elders", operation_id = "elders_import_error_sheet", request_body(content = Vec<u8>, content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"), responses((status = 200, content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", body = Vec<u8>)),
    extensions(("x-roles" = json!(["officer"])), ("x-errors" = json!(["sheet_not_excel", "sheet_damaged", "sheet_encrypted", "sheet_headings", "sheet_too_many_rows", "sheet_too_large", "sheet_unreadable", "nothing_to_correct"]))))]
#[post("/elders/import/error-sheet")]
async fn import_error_sheet(upload: Upload<Officer>) -> Result<HttpResponse, Problem> {
    let rows = sheet::rows(upload.rows(&FORM).await?).map_err(Problem::internal)?;
    let mut ctx = upload.context().await?;
    let (stamp, actor) = (ctx.stamp(), ctx.actor);
    let (plan, rows) = import::judge(&mut ctx.conn, &stamp, &actor, rows).await?;
    let detail = json!({ "rows": plan.rows, "rejected": plan.rejections.len() });
    let entry = stamp.entry("elders.import_check", "elder_import", None);
    ctx.audit(vec![entry.detail(detail)]).await?;
    let bytes = import::error_sheet(plan, rows)
        .await?
        .ok_or_else(|| NOTHING_TO_CORRECT.problem())?;
    Ok(workbook(bytes, "errors.xlsx"))
}
