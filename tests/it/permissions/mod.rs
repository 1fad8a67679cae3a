//! Who may do what, as tables that a civil servant can read, and the proof that the service does as the tables say.

mod calls;
mod lists;
mod matrix;
mod rows;
mod world;

use crate::{contract::operations, support::TestCity};
use reqwest::Method;
use serde_json::json;
use std::fmt::Write;
use steward::tx::Role;
use uuid::Uuid;

/// Compares a table with the one that was looked through.
fn keep(name: &str, table: &str) {
    insta::with_settings!({ snapshot_path => "../snapshots", prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!(format!("it__permissions__{name}"), table);
    });
}

/// Sends every operation as every role, about things that do not exist: who is let in gets as far as 404 or 422, who is not
/// gets 401 or 403.
#[actix_web::test]
async fn every_operation_lets_in_the_roles_of_the_table_and_nobody_else() {
    let city = TestCity::new().await;
    let community = city.community("630104001000").await;
    let (provider, _, _) = city.provider(&[]).await;
    let people = [
        (Role::Steward, city.steward(&[community]).await),
        (Role::Provider, provider),
        (Role::Officer, city.scoped(Role::Officer, "6301").await),
        (Role::Duty, city.scoped(Role::Duty, "6301").await),
        (Role::Auditor, city.scoped(Role::Auditor, "6301").await),
        (Role::Admin, city.admin.clone()),
    ];
    let stranger = city.stranger();
    let mut table = format!("{:<72}", "operation");
    for role in Role::ALL {
        let _ = write!(table, " {:<8}", role.as_str());
    }
    table.push_str(" nobody\n");
    for (method, path, operation) in operations() {
        let verb: Method = method.parse().expect("a method");
        let address = path
            .split('/')
            .map(|part| {
                if part.starts_with('{') {
                    Uuid::nil().to_string()
                } else {
                    part.to_owned()
                }
            })
            .collect::<Vec<_>>()
            .join("/");
        let body = (verb != Method::GET).then(|| json!({}));
        let _ = write!(
            table,
            "{:<72}",
            format!("{method} {}", path.trim_start_matches("/api/v1"))
        );
        let named: Vec<&str> = operation["x-roles"]
            .as_array()
            .expect("roles")
            .iter()
            .filter_map(|r| r.as_str())
            .collect();
        for (role, person) in &people {
            let status = person
                .send(verb.clone(), &address, &[("if-match", "\"1\"")], body.as_ref())
                .await
                .status
                .as_u16();
            let public = named.is_empty();
            let may = public || named.contains(&role.as_str());
            assert!(status < 500, "{method} {path} as {role:?} answers {status}");
            if !public {
                assert_eq!(
                    status != 403 && status != 401,
                    may,
                    "{method} {path} as {role:?} answers {status}"
                );
            }
            let _ = write!(table, " {:<8}", if may { "yes" } else { "-" });
        }
        if named.is_empty() {
            table.push_str(" yes\n");
        } else {
            let status = stranger
                .send(verb, &address, &[], body.as_ref())
                .await
                .status
                .as_u16();
            assert_eq!(status, 401, "{method} {path} lets in nobody in particular");
            table.push_str(" -\n");
        }
    }
    keep("roles_by_operation", &table);
    city.stop().await;
}
