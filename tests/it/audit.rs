//! The trail: who may look into it, and what they find.

use crate::support::{Person, TestCity};
use chrono::Duration;
use diesel_async::RunQueryDsl;
use serde_json::{Value, json};
use steward::{db::statement, tx::Role};

/// Has the appender move what waits, and then asks.
async fn rows(city: &TestCity, person: &Person, filter: &str) -> Vec<Value> {
    city.service.state.trail.append(Vec::new()).await.unwrap();
    let page = person
        .get(&format!("/api/v1/audit?limit=200{filter}"))
        .await
        .expect(200);
    page["items"].as_array().unwrap().clone()
}

fn actions(rows: &[Value]) -> Vec<&str> {
    rows.iter().map(|r| r["action"].as_str().unwrap()).collect()
}

#[actix_web::test]
async fn an_auditor_sees_their_area_and_what_belongs_to_none_and_is_seen_looking() {
    let city = TestCity::new().await;
    let (east, west) = (
        city.community("630102001000").await,
        city.community("630104001000").await,
    );
    let steward = city.steward(&[east, west]).await;
    let (eastern, western) = (
        city.elder(city.household(east, "1", "101").await).await,
        city.elder(city.household(west, "1", "101").await).await,
    );
    for elder in [eastern, western] {
        steward.get(&format!("/api/v1/elders/{elder}")).await.expect(200);
    }
    for community in [east, west] {
        city.admin
            .patch(
                &format!("/api/v1/communities/{community}"),
                "\"1\"",
                json!({ "name": "新名" }),
            )
            .await
            .expect(200);
    }
    city.admin
        .post(&format!("/api/v1/users/{}/unlock", steward.id), json!({}))
        .await
        .expect(200);
    let auditor = city.scoped(Role::Auditor, "630104").await;
    let seen = rows(&city, &auditor, "").await;
    let of_elders: Vec<_> = seen
        .iter()
        .filter(|r| r["subject_kind"] == "elder")
        .map(|r| r["elder_id"].as_str().unwrap())
        .collect();
    assert_eq!(of_elders, [western.to_string()]);
    let of_communities: Vec<_> = seen
        .iter()
        .filter(|r| r["action"] == "communities.change")
        .map(|r| r["community_id"].as_str().unwrap())
        .collect();
    assert_eq!(of_communities, [west.to_string()]);
    assert!(actions(&seen).contains(&"users.unlock"));
    // The latest first, without a gap in what an administrator sees.
    let all = rows(&city, &city.admin, "").await;
    let seqs: Vec<i64> = all.iter().map(|r| r["seq"].as_i64().unwrap()).collect();
    assert_eq!(seqs, (1..=seqs[0]).rev().collect::<Vec<_>>());
    // Looking stands in the trail, with the filter that was asked for.
    let looked = &all[0];
    assert_eq!(
        (looked["action"].as_str(), looked["actor_id"].as_str()),
        (Some("audit.read"), Some(auditor.id.to_string().as_str()))
    );
    // Filters.
    let by = |rows: Vec<Value>| actions(&rows).join(" ");
    assert_eq!(
        by(rows(&city, &city.admin, &format!("&elder={eastern}")).await),
        "elders.read"
    );
    assert_eq!(by(rows(&city, &auditor, &format!("&elder={eastern}")).await), "");
    assert_eq!(
        by(rows(&city, &auditor, &format!("&subject={}", steward.id)).await),
        "users.unlock"
    );
    assert_eq!(
        rows(&city, &auditor, &format!("&actor={}", steward.id))
            .await
            .len(),
        1
    );
    assert_eq!(
        by(rows(&city, &city.admin, "&action=communities.change").await),
        "communities.change communities.change"
    );
    city.advance(Duration::hours(1));
    let now = city.service.state.clock.now().format("%Y-%m-%dT%H:%M:%SZ");
    assert_eq!(
        rows(&city, &auditor, &format!("&action=users.unlock&from={now}"))
            .await
            .len(),
        0
    );
    assert_eq!(
        rows(&city, &auditor, &format!("&action=users.unlock&to={now}"))
            .await
            .len(),
        1
    );
    // Pages.
    let first = city.admin.get("/api/v1/audit?limit=2").await.expect(200);
    let cursor = first["next_cursor"].as_str().unwrap();
    let second = city
        .admin
        .get(&format!("/api/v1/audit?limit=2&cursor={cursor}"))
        .await
        .expect(200);
    assert_eq!(
        first["items"][1]["seq"].as_i64().unwrap() - 1,
        second["items"][0]["seq"].as_i64().unwrap()
    );
    // Refusals.
    assert_eq!(steward.get("/api/v1/audit").await.refused(403), "forbidden");
    let officer = city.scoped(Role::Officer, "6301").await;
    assert_eq!(officer.get("/api/v1/audit").await.refused(403), "forbidden");
    assert_eq!(
        officer.get("/api/v1/audit/verify").await.refused(403),
        "forbidden"
    );
    assert_eq!(
        auditor
            .get("/api/v1/audit?action=drop%20table")
            .await
            .refused(422),
        "invalid"
    );
    assert_eq!(
        auditor.get("/api/v1/audit?limit=1000").await.refused(422),
        "invalid"
    );
    city.stop().await;
}

#[actix_web::test]
async fn the_chain_is_verified_step_by_step_and_a_changed_row_is_found() {
    let city = TestCity::new().await;
    let community = city.community("630104001000").await;
    for version in 1..=7 {
        city.admin
            .patch(
                &format!("/api/v1/communities/{community}"),
                &format!("\"{version}\""),
                json!({ "name": format!("第{version}名") }),
            )
            .await
            .expect(200);
    }
    city.service.state.trail.append(Vec::new()).await.unwrap();
    let auditor = city.scoped(Role::Auditor, "630102").await;
    let verify = async |from: i64| {
        auditor
            .get(&format!("/api/v1/audit/verify?from={from}&limit=3"))
            .await
            .expect(200)
    };
    let first = verify(1).await;
    assert_eq!(
        first,
        json!({ "ok": true, "first_broken": null, "from": 1, "to": 3, "next": 4 })
    );
    assert_eq!(verify(4).await["next"], 7);
    // The two verifications stand in the chain too.
    let end = verify(9).await;
    assert_eq!(
        (end["ok"].as_bool(), end["to"].as_i64(), end["next"].as_i64()),
        (Some(true), Some(9), None)
    );
    let tamper = async |sql: &'static str| {
        let mut conn = city.service.state.pool.get().await.unwrap();
        statement(sql).execute(&mut *conn).await.unwrap();
    };
    tamper("UPDATE audit_entries SET actor_role = 'officer' WHERE seq = 5").await;
    assert_eq!(verify(1).await["ok"], true);
    assert_eq!(
        verify(4).await,
        json!({ "ok": false, "first_broken": 5, "from": 4, "to": 5 })
    );
    tamper("DELETE FROM audit_entries WHERE seq = 2").await;
    let gap = verify(1).await;
    assert_eq!(
        (gap["ok"].as_bool(), gap["first_broken"].as_i64()),
        (Some(false), Some(3))
    );
    assert_eq!(
        auditor.get("/api/v1/audit/verify?from=0").await.refused(422),
        "invalid"
    );
    assert_eq!(
        auditor
            .get("/api/v1/audit/verify?limit=100000")
            .await
            .refused(422),
        "invalid"
    );
    city.stop().await;
}
