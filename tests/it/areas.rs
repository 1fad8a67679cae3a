//! Communities: the register, and who sees which.

use crate::support::TestCity;
use serde_json::json;
use steward::tx::Role;
use uuid::Uuid;

fn new_community(code: &str) -> serde_json::Value {
    json!({ "code": code, "name": "古城台小区", "address": "昆仑路1号", "position": { "latitude": 36.6, "longitude": 101.7 }, "active_from": "2023-10-01" })
}

#[actix_web::test]
async fn an_administrator_enters_a_community_once_however_often_it_is_sent() {
    let city = TestCity::new().await;
    let key = Uuid::now_v7();
    let first = city
        .admin
        .post_with_key("/api/v1/communities", key, new_community("630104002000001"))
        .await
        .expect(201);
    let again = city
        .admin
        .post_with_key("/api/v1/communities", key, new_community("630104002000001"))
        .await
        .expect(201);
    assert_eq!(first, again);
    assert_eq!(first["division_code"], "630104002000");
    let other = city
        .admin
        .post_with_key("/api/v1/communities", key, new_community("630104002000002"))
        .await;
    assert_eq!(other.refused(409), "idempotency_mismatch");
    let taken = city
        .admin
        .post("/api/v1/communities", new_community("630104002000001"))
        .await;
    assert_eq!(taken.refused(409), "community_code_taken");
    let nowhere = city
        .admin
        .post("/api/v1/communities", new_community("630104009000001"))
        .await;
    assert_eq!(nowhere.refused(422), "division_unknown");
    city.stop().await;
}

#[actix_web::test]
async fn an_edit_names_the_version_it_was_based_on() {
    let city = TestCity::new().await;
    let id = city.community("630104001000").await;
    let path = format!("/api/v1/communities/{id}");
    let seen = city.admin.get(&path).await.etag.unwrap();
    let changed = city
        .admin
        .patch(&path, &seen, json!({ "name": "新名小区" }))
        .await
        .expect(200);
    assert_eq!(
        (changed["name"].as_str(), changed["version"].as_i64()),
        (Some("新名小区"), Some(2))
    );
    assert_eq!(
        city.admin
            .patch(&path, &seen, json!({ "name": "又一名" }))
            .await
            .refused(412),
        "stale"
    );
    let unversioned = city
        .admin
        .send(reqwest::Method::PATCH, &path, &[], Some(&json!({})))
        .await;
    assert_eq!(unversioned.refused(428), "precondition_required");
    let unknown_field = city.admin.patch(&path, "\"2\"", json!({ "nmae": "x" })).await;
    assert_eq!(unknown_field.refused(422), "invalid");
    city.stop().await;
}

#[actix_web::test]
async fn each_sees_the_communities_of_their_own_area_alone() {
    let city = TestCity::new().await;
    let (east, west) = (
        city.community("630102001000").await,
        city.community("630104001000").await,
    );
    let steward = city.steward(&[west]).await;
    let officer = city.scoped(Role::Officer, "630102").await;
    let whole = city.scoped(Role::Officer, "6301").await;
    for (person, sees, not) in [(&steward, west, east), (&officer, east, west)] {
        let list = person.get("/api/v1/communities").await.expect(200);
        let ids: Vec<_> = list["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|c| c["id"].as_str().unwrap().to_owned())
            .collect();
        assert_eq!(ids, [sees.to_string()]);
        person
            .get(&format!("/api/v1/communities/{sees}"))
            .await
            .expect(200);
        assert_eq!(
            person
                .get(&format!("/api/v1/communities/{not}"))
                .await
                .refused(404),
            "community_not_found"
        );
    }
    let first = whole.get("/api/v1/communities?limit=1").await.expect(200);
    let cursor = first["next_cursor"].as_str().unwrap();
    let second = whole
        .get(&format!("/api/v1/communities?limit=1&cursor={cursor}"))
        .await
        .expect(200);
    assert_ne!(first["items"][0]["id"], second["items"][0]["id"]);
    assert!(second["next_cursor"].is_null());
    assert_eq!(
        steward
            .post("/api/v1/communities", new_community("630104002000001"))
            .await
            .refused(403),
        "forbidden"
    );
    assert_eq!(
        city.stranger().get("/api/v1/communities").await.refused(401),
        "unauthenticated"
    );
    city.stop().await;
}

/// The divisions of a test city as a list of another year.
fn edition(changes: &[(&str, &str)]) -> String {
    let mut csv = "code,name,level,kind\n630000000000,青海省,province,province\n630100000000,西宁市,city,city\n\
                   630102000000,城东区,county,district\n630104000000,城西区,county,district\n\
                   630102001000,东关大街街道,township,subdistrict\n630104001000,西关大街街道,township,subdistrict\n\
                   630104002000,古城台街道,township,subdistrict\n"
        .to_owned();
    for (from, to) in changes {
        assert!(csv.contains(from), "{from}");
        csv = csv.replace(from, to);
    }
    csv
}

/// 2024: the Gucheng subdistrict is gone, Dongguan has another name, there is a new one.
fn edition_2024() -> String {
    edition(&[
        (
            "630104002000,古城台街道,township,subdistrict",
            "630104003000,虎台街道,township,subdistrict",
        ),
        ("东关大街街道", "东关街道"),
    ])
}

#[actix_web::test]
async fn a_newer_edition_revokes_renames_and_adds_and_a_stranded_community_goes_on() {
    let city = TestCity::new().await;
    let stranded = city.community("630104002000").await;
    let whole = city.community("630102001000").await;
    let steward = city.steward(&[stranded, whole]).await;
    let household = city.household(stranded, "1", "101").await;
    city.elder(household).await;
    let import = async |edition: i16, csv: String| {
        city.admin
            .post(
                "/api/v1/divisions/editions",
                json!({ "edition": edition, "csv": csv }),
            )
            .await
    };
    let done = import(2024, edition_2024()).await.expect(201);
    assert_eq!(
        [&done["rows"], &done["added"], &done["renamed"], &done["revoked"]].map(|n| n.as_i64().unwrap()),
        [7, 1, 1, 1]
    );
    let named = |answer: &serde_json::Value| -> Vec<String> {
        answer["communities_in_revoked"]
            .as_array()
            .unwrap()
            .iter()
            .map(|c| c["id"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(named(&done), [stranded.to_string()]);
    assert_eq!(done["communities_in_revoked"][0]["division_code"], "630104002000");
    let list = async |filter: &str| -> Vec<(String, String)> {
        steward
            .get(&format!("/api/v1/divisions?{filter}"))
            .await
            .expect(200)["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|d| {
                (
                    d["code"].as_str().unwrap().to_owned(),
                    d["name"].as_str().unwrap().to_owned(),
                )
            })
            .collect()
    };
    let pair = |code: &str, name: &str| (code.to_owned(), name.to_owned());
    assert_eq!(
        list("prefix=630104&level=township").await,
        [
            pair("630104001000", "西关大街街道"),
            pair("630104003000", "虎台街道")
        ]
    );
    assert_eq!(
        list("prefix=630104&level=township&revoked=true").await[1],
        pair("630104002000", "古城台街道")
    );
    assert_eq!(list("prefix=630102001").await, [pair("630102001000", "东关街道")]);
    assert_eq!(list("").await.len(), 7);
    // The community goes on as it is: seen, visited, edited; another cannot be entered there.
    let officer = city.scoped(Role::Officer, "630104002").await;
    officer
        .get(&format!("/api/v1/communities/{stranded}"))
        .await
        .expect(200);
    city.service.run_jobs().await;
    city.advance(chrono::Duration::days(1));
    city.service.run_jobs().await;
    let worklist = steward.get("/api/v1/obligations").await.expect(200);
    assert_eq!(worklist["items"].as_array().unwrap().len(), 1);
    city.admin
        .patch(
            &format!("/api/v1/communities/{stranded}"),
            "\"1\"",
            json!({ "address": "昆仑路2号" }),
        )
        .await
        .expect(200);
    let there = city
        .admin
        .post("/api/v1/communities", new_community("630104002000900"))
        .await;
    assert_eq!(there.refused(422), "division_unknown");
    city.admin
        .post("/api/v1/communities", new_community("630104003000001"))
        .await
        .expect(201);
    // The same list again changes nothing; other content under its year, or an older year, is refused.
    let again = import(2024, edition_2024()).await.expect(201);
    assert_eq!(
        (again["revoked"].as_i64(), named(&again)),
        (Some(0), vec![stranded.to_string()])
    );
    assert_eq!(import(2024, edition(&[])).await.refused(409), "edition_differs");
    assert_eq!(import(2022, edition(&[])).await.refused(409), "edition_older");
    // A later list that has the code again takes it back.
    let back = import(2025, edition(&[])).await.expect(201);
    assert_eq!(
        (
            back["added"].as_i64(),
            back["renamed"].as_i64(),
            back["revoked"].as_i64()
        ),
        (Some(1), Some(1), Some(1))
    );
    assert_eq!(back["communities_in_revoked"][0]["division_code"], "630104003000");
    city.stop().await;
}

#[actix_web::test]
async fn an_edition_with_a_fault_is_refused_whole_with_its_line() {
    let city = TestCity::new().await;
    let import = async |edition: i64, csv: &str| {
        city.admin
            .post(
                "/api/v1/divisions/editions",
                json!({ "edition": edition, "csv": csv }),
            )
            .await
    };
    let orphan = edition(&[("630104000000,城西区,county,district\n", "")]);
    let refused = import(2024, &orphan).await.expect(422);
    assert_eq!(refused["fields"][0]["field"], "csv");
    let said = refused["fields"][0]["message"].as_str().unwrap();
    assert!(said.starts_with("edition_orphan: line "), "{said}");
    assert_eq!(import(1999, &edition(&[])).await.refused(422), "invalid");
    assert_eq!(import(2024, "").await.refused(422), "invalid");
    let long = edition(&[]) + &"x".repeat(600 * 1024);
    assert_eq!(import(2024, &long).await.refused(413), "too_large");
    let first = city.admin.get("/api/v1/divisions?limit=4").await.expect(200);
    let cursor = first["next_cursor"].as_str().unwrap();
    let rest = city
        .admin
        .get(&format!("/api/v1/divisions?cursor={cursor}"))
        .await
        .expect(200);
    assert_eq!(rest["items"].as_array().unwrap().len(), 3);
    for query in ["level=planet", "prefix=0", "prefix=6301%25"] {
        assert_eq!(
            city.admin
                .get(&format!("/api/v1/divisions?{query}"))
                .await
                .refused(422),
            "invalid"
        );
    }
    let officer = city.scoped(Role::Officer, "6301").await;
    assert_eq!(
        officer
            .post(
                "/api/v1/divisions/editions",
                json!({ "edition": 2024, "csv": edition(&[]) })
            )
            .await
            .refused(403),
        "forbidden"
    );
    assert_eq!(
        city.stranger().get("/api/v1/divisions").await.refused(401),
        "unauthenticated"
    );
    city.stop().await;
}

#[actix_web::test]
async fn every_kind_and_level_of_division_comes_back_as_it_was_listed() {
    let city = TestCity::new().await;
    let csv = "code,name,level,kind\n630000000000,青海省,province,province\n630100000000,西宁市,city,city\n\
               630102000000,城东区,county,district\n630121000000,大通县,county,county\n630102001000,甲,township,subdistrict\n\
               630121100000,乙,township,town\n630121200000,丙,township,township\n630121400000,丁,township,similar\n\
               630102001001,戊,village,residents_committee\n630121100200,己,village,villagers_committee\n630121400500,庚,village,similar\n";
    city.admin
        .post(
            "/api/v1/divisions/editions",
            json!({ "edition": 2024, "csv": csv }),
        )
        .await
        .expect(201);
    let list = city.admin.get("/api/v1/divisions").await.expect(200);
    let mut lines: Vec<String> = list["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|d| {
            ["code", "name", "level", "kind"]
                .map(|field| d[field].as_str().unwrap())
                .join(",")
        })
        .collect();
    let mut listed: Vec<String> = csv.lines().skip(1).map(str::to_owned).collect();
    lines.sort();
    listed.sort();
    assert_eq!(lines, listed);
    city.stop().await;
}

#[actix_web::test]
async fn an_edition_comes_from_the_command_line_too() {
    let city = TestCity::new().await;
    city.community("630104002000").await;
    let file = std::env::temp_dir().join(format!("{}.csv", Uuid::now_v7()));
    std::fs::write(&file, edition_2024()).unwrap();
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_steward"))
        .args(["divisions", file.to_str().unwrap(), "--edition", "2024"])
        .env_clear()
        .env("DATABASE_URL", &city.service.state.config.database.url)
        .env("STEWARD_KEYS", crate::support::TEST_KEYS)
        .output()
        .unwrap();
    std::fs::remove_file(&file).unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success());
    assert!(
        said.contains("7 divisions, 1 added, 1 renamed, 1 revoked")
            && said.contains("in revoked 630104002000"),
        "{said}"
    );
    city.stop().await;
}
