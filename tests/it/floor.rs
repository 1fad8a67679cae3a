//! What every domain stands on: migrations, the tower of modules, honest refusals under load.

use crate::support::{self, Service, TestCity, admin, database, fresh_name};
use serde_json::Value;
use std::{collections::BTreeMap, fs, path::Path, process::Command, time::Duration};
use steward::db::{self, statement};

/// Everything about the schema that a dump would show, as lines.
async fn catalogue(name: &str) -> Vec<String> {
    let url = database(name).url;
    let (client, connection) = tokio_postgres::connect(&url, tokio_postgres::NoTls)
        .await
        .unwrap();
    tokio::spawn(connection);
    let rows = client
        .query(
            "SELECT 'column ' || table_name || '.' || column_name || ' ' || udt_name || ' ' || is_nullable AS line FROM information_schema.columns \
             WHERE table_schema = 'public' AND table_name NOT LIKE '\\_\\_diesel%' \
             UNION ALL SELECT 'constraint ' || conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid) FROM pg_constraint \
             WHERE connamespace = 'public'::regnamespace \
             UNION ALL SELECT 'index ' || indexdef FROM pg_indexes WHERE schemaname = 'public' \
             UNION ALL SELECT 'enum ' || t.typname || ' ' || string_agg(e.enumlabel, ',' ORDER BY e.enumsortorder) FROM pg_enum e \
             JOIN pg_type t ON t.oid = e.enumtypid GROUP BY t.typname ORDER BY 1",
            &[],
        )
        .await
        .unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

#[actix_web::test]
async fn migrations_go_up_down_and_up_again_to_the_same_schema() {
    let name = fresh_name();
    admin(&format!("CREATE DATABASE {name}")).await;
    db::migrate(&database(&name)).unwrap();
    let first = catalogue(&name).await;
    assert!(first.len() > 300);
    db::revert_all(&database(&name)).unwrap();
    let empty: Vec<_> = catalogue(&name)
        .await
        .into_iter()
        .filter(|l| !l.contains("__diesel"))
        .collect();
    assert_eq!(empty, Vec::<String>::new());
    db::migrate(&database(&name)).unwrap();
    assert_eq!(catalogue(&name).await, first);
    admin(&format!("DROP DATABASE {name} WITH (FORCE)")).await;
}

#[actix_web::test]
async fn every_foreign_key_has_an_index_every_table_a_comment_and_no_more_than_32_columns() {
    let service = Service::start("2024-01-08T01:00:00Z").await;
    let (client, connection) =
        tokio_postgres::connect(&service.state.config.database.url, tokio_postgres::NoTls)
            .await
            .unwrap();
    tokio::spawn(connection);
    let bare: Vec<String> = client
        .query(
            "SELECT c.conrelid::regclass || '.' || c.conname FROM pg_constraint c WHERE c.contype = 'f' AND NOT EXISTS ( \
             SELECT 1 FROM pg_index i WHERE i.indrelid = c.conrelid AND i.indkey[0] = c.conkey[1])",
            &[],
        )
        .await
        .unwrap()
        .iter()
        .map(|row| row.get(0))
        .collect();
    assert_eq!(bare, Vec::<String>::new(), "foreign keys without an index");
    let tables = client
        .query(
            "SELECT c.relname::text, obj_description(c.oid) IS NOT NULL, \
             (SELECT count(*) FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) \
             FROM pg_class c WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace AND c.relname NOT LIKE '\\_\\_diesel%'",
            &[],
        )
        .await
        .unwrap();
    assert!(tables.len() > 30);
    for row in tables {
        let (name, commented, columns): (String, bool, i64) = (row.get(0), row.get(1), row.get(2));
        assert!(commented, "{name} has no comment");
        assert!(columns <= 32, "{name} has {columns} columns");
    }
    service.stop().await;
}

/// The storeys of the tower, lowest first (see `src/lib.rs`).
const STOREYS: &[&[&str]] = &[
    &[
        "clock", "ids", "error", "text", "calendar", "config", "crypto", "schema", "db", "audit", "jobs",
        "tx", "state",
    ],
    &["areas", "staff"],
    &["auth", "http", "sheet"],
    &["alerts"],
    &["elders", "menu", "attachments"],
    &["resources", "needs", "obligations", "teams", "roster", "policies"],
    &["orders", "campaigns"],
    &["hazards", "emergencies"],
    &["visits"],
    &["followups", "outreach"],
    &["care_beds"],
    &["sync"],
    &["app", "demo"],
];

/// What a lower storey may name of a higher one, with the reason; the list may only shrink.
const EXCEPTIONS: &[(&str, &str)] = &[
    // Routes of the lower storeys are served through the extractor, bodies and answers that stand on them.
    ("audit", "auth"),
    ("audit", "http"),
    ("jobs", "auth"),
    ("jobs", "http"),
    ("areas", "auth"),
    ("areas", "http"),
    ("staff", "auth"),
    ("staff", "http"),
    // The server mounts the app, and the app names everything.
    ("http", "app"),
];

fn rust_files(folder: &Path, found: &mut Vec<std::path::PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
}

#[test]
fn a_lower_storey_never_names_a_higher_one() {
    let storey: BTreeMap<&str, usize> = STOREYS
        .iter()
        .enumerate()
        .flat_map(|(height, names)| names.iter().map(move |name| (*name, height)))
        .collect();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    rust_files(&root, &mut files);
    let mut looked_at = 0;
    for file in files {
        let relative = file.strip_prefix(&root).unwrap();
        let module = relative
            .components()
            .next()
            .unwrap()
            .as_os_str()
            .to_str()
            .unwrap()
            .trim_end_matches(".rs")
            .to_owned();
        if matches!(module.as_str(), "lib" | "main" | "schema") {
            continue;
        }
        let text = fs::read_to_string(&file).unwrap();
        // What a comment names, the code does not need.
        let text: String = text
            .lines()
            .filter(|line| !line.trim_start().starts_with("//"))
            .map(|line| format!("{line}\n"))
            .collect();
        for (other, height) in &storey {
            let names = text.contains(&format!("crate::{other}::")) || grouped(&text, other);
            if !names || *other == module {
                continue;
            }
            looked_at += 1;
            if module == "statistics" {
                assert!(
                    *height <= 2,
                    "statistics stands on the tables alone but names {other} in {}",
                    relative.display()
                );
                continue;
            }
            let own = storey
                .get(module.as_str())
                .unwrap_or_else(|| panic!("{module} is in no storey"));
            assert!(
                height <= own || EXCEPTIONS.contains(&(module.as_str(), other)),
                "{} names {other}, which stands above it",
                relative.display()
            );
        }
    }
    assert!(looked_at > 50, "{looked_at}");
}

/// Whether a `use crate::{…}` group names the module at its first level.
fn grouped(text: &str, module: &str) -> bool {
    text.split("use crate::{").skip(1).any(|group| {
        let mut depth = 0;
        let first_level: String = group[..group.find("};").unwrap_or(group.len())]
            .chars()
            .filter(|c| {
                depth += i32::from(*c == '{') - i32::from(*c == '}');
                depth == 0 && *c != '}'
            })
            .collect();
        first_level
            .split(',')
            .any(|name| name.trim().split("::").next() == Some(module))
    })
}

#[actix_web::test]
async fn an_exhausted_pool_answers_503_in_bounded_time_and_recovers() {
    let service = Service::start_with("2024-01-08T01:00:00Z", |config| {
        config.database.pool_size = 2;
        config.database.acquire_timeout = Duration::from_millis(100);
    })
    .await;
    let city = TestCity::on(service).await;
    let held = (
        city.service.state.pool.get().await.unwrap(),
        city.service.state.pool.get().await.unwrap(),
    );
    let refused = city.admin.get("/api/v1/communities").await;
    assert_eq!(refused.retry_after.as_deref(), Some("2"));
    assert_eq!(refused.refused(503), "unavailable");
    drop(held);
    city.admin.get("/api/v1/communities").await.expect(200);
    city.stop().await;
}

#[actix_web::test]
async fn a_slow_statement_is_cut_and_answers_503() {
    let service = Service::start_with("2024-01-08T01:00:00Z", |config| {
        config.database.statement_timeout = Duration::from_millis(200);
    })
    .await;
    let city = TestCity::on(service).await;
    let (blocker, connection) =
        tokio_postgres::connect(&city.service.state.config.database.url, tokio_postgres::NoTls)
            .await
            .unwrap();
    tokio::spawn(connection);
    blocker
        .batch_execute("BEGIN; LOCK TABLE communities IN ACCESS EXCLUSIVE MODE")
        .await
        .unwrap();
    assert_eq!(
        city.admin.get("/api/v1/communities").await.refused(503),
        "unavailable"
    );
    blocker.batch_execute("ROLLBACK").await.unwrap();
    city.admin.get("/api/v1/communities").await.expect(200);
    city.stop().await;
}

#[actix_web::test]
async fn lost_database_connections_give_honest_answers_and_are_replaced() {
    let city = TestCity::new().await;
    city.admin.get("/api/v1/communities").await.expect(200);
    admin(&format!(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'steward' AND datname = '{}'",
        city.service.state.config.database.url.rsplit_once('/').unwrap().1
    ))
    .await;
    let mut last = 0;
    for _ in 0..8 {
        last = city.admin.get("/api/v1/communities").await.status.as_u16();
        assert!(last == 200 || last == 503, "{last}");
    }
    assert_eq!(last, 200);
    city.stop().await;
}

#[actix_web::test]
async fn health_readiness_metrics_and_the_page_of_the_contract_are_served() {
    let city = TestCity::new().await;
    let somebody = city.stranger();
    somebody.get("/healthz").await.expect(200);
    somebody.get("/readyz").await.expect(200);
    let contract = somebody.get("/api/openapi.json").await.expect(200);
    assert_eq!(contract["info"]["title"], "happy-aging steward");
    let page = somebody.get("/api/docs/").await.expect(200);
    assert!(page.as_str().unwrap().contains("swagger-ui"));
    let metrics = somebody.get("/metrics").await.expect(200);
    assert!(metrics.as_str().unwrap().contains("steward_http_seconds"));
    let lost = somebody.get("/api/v1/nothing-here").await;
    assert_eq!(lost.body["request_id"].as_str().map(str::len), Some(36));
    assert_eq!(lost.refused(404), "no_such_path");
    city.stop().await;
}

#[actix_web::test]
async fn a_change_and_its_audit_row_are_committed_together_and_chained() {
    let city = TestCity::new().await;
    let id = city.community("630104001000").await;
    city.admin
        .patch(
            &format!("/api/v1/communities/{id}"),
            "\"1\"",
            serde_json::json!({ "name": "新" }),
        )
        .await
        .expect(200);
    city.service.state.trail.append(Vec::new()).await.unwrap();
    let mut conn = city.service.state.pool.get().await.unwrap();
    let (last, broken) = steward::audit::verify(&mut conn, 0, 1000).await.unwrap();
    assert_eq!((last, broken), (1, None));
    use diesel_async::RunQueryDsl;
    statement("UPDATE audit_entries SET action = 'communities.look'")
        .execute(&mut *conn)
        .await
        .unwrap();
    assert_eq!(
        steward::audit::verify(&mut conn, 0, 1000).await.unwrap().1,
        Some(1)
    );
    drop(conn);
    city.stop().await;
}

#[test]
fn a_wrong_setting_stops_the_start_with_one_clear_message() {
    let output = Command::new(env!("CARGO_BIN_EXE_steward"))
        .arg("serve")
        .env_clear()
        .env("STEWARD_LISTEN", "nowhere")
        .env("STEWARD_KEYS", support::TEST_KEYS)
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success());
    assert!(
        said.contains("DATABASE_URL: not set") && said.contains("STEWARD_LISTEN: not an address"),
        "{said}"
    );
    assert!(!said.contains(support::TEST_KEYS));
}

#[actix_web::test]
async fn logs_hold_no_query_no_path_and_no_body() {
    use std::io::{BufRead, BufReader};
    let name = fresh_name();
    admin(&format!("CREATE DATABASE {name}")).await;
    db::migrate(&database(&name)).unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_steward"))
        .arg("serve")
        .env_clear()
        .env("DATABASE_URL", database(&name).url)
        .env("STEWARD_KEYS", support::TEST_KEYS)
        .env("STEWARD_LISTEN", "127.0.0.1:0")
        .env("STEWARD_LOG", "info,tracing_actix_web=debug,actix_web=debug")
        .env("STEWARD_SHUTDOWN_SECONDS", "1")
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap())
        .lines()
        .map(|line| line.unwrap());
    let serving: Value = lines
        .by_ref()
        .map(|l| serde_json::from_str(&l).unwrap_or_default())
        .find(|l: &Value| l["fields"]["message"] == "serving")
        .unwrap();
    let base = format!("http://{}", serving["fields"]["listen"].as_str().unwrap());
    let client = support::http_client();
    for (path, body) in [
        ("/api/v1/elders?q=张三丰", ""),
        (
            "/api/v1/auth/login",
            r#"{"username":"630106193602290012","password":"19900001234"}"#,
        ),
    ] {
        let request = client
            .post(format!("{base}{path}"))
            .body(body)
            .bearer_auth("630106193602290012");
        request.send().await.unwrap();
    }
    Command::new("kill")
        .arg("-TERM")
        .arg(child.id().to_string())
        .status()
        .unwrap();
    let rest: Vec<String> = lines.collect();
    assert!(child.wait().unwrap().success());
    assert!(rest.iter().any(|line| line.contains("\"stopped\"")), "{rest:?}");
    for line in rest {
        for secret in ["张三丰", "%E5%BC%A0", "630106193602290012", "19900001234"] {
            assert!(!line.contains(secret), "{line}");
        }
    }
    admin(&format!("DROP DATABASE {name} WITH (FORCE)")).await;
}

#[actix_web::test]
async fn the_worker_alone_stops_when_it_is_told_to_as_the_server_does() {
    use std::io::{BufRead, BufReader};
    let name = fresh_name();
    admin(&format!("CREATE DATABASE {name}")).await;
    db::migrate(&database(&name)).unwrap();
    for signal in ["-TERM", "-INT"] {
        let mut child = Command::new(env!("CARGO_BIN_EXE_steward"))
            .arg("work")
            .env_clear()
            .env("DATABASE_URL", database(&name).url)
            .env("STEWARD_KEYS", support::TEST_KEYS)
            .stderr(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        assert!(lines.any(|line| line.unwrap().contains("\"working\"")));
        Command::new("kill")
            .arg(signal)
            .arg(child.id().to_string())
            .status()
            .unwrap();
        assert!(child.wait().unwrap().success(), "{signal}");
    }
    admin(&format!("DROP DATABASE {name} WITH (FORCE)")).await;
}
