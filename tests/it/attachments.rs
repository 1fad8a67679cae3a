//! Photos: what is taken, what is left of it, who sees it.

use crate::support::{Person, Service, TestCity};
use diesel::sql_types as ty;
use diesel_async::RunQueryDsl;
use reqwest::Method;
use serde_json::{Value, json};
use steward::{db::statement, tx::Role};
use uuid::Uuid;

fn segment(marker: u8, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len() + 2).unwrap().to_be_bytes();
    [&[0xFF, marker], &length[..], content].concat()
}

/// A JPEG of 640 by 480 that says where it was taken; another for each `n`.
pub fn photo(n: u8) -> Vec<u8> {
    sized(640, 480, &[n])
}

fn sized(width: u16, height: u16, data: &[u8]) -> Vec<u8> {
    let frame = [
        &[8][..],
        &height.to_be_bytes(),
        &width.to_be_bytes(),
        &[1, 1, 0x11, 0],
    ]
    .concat();
    [
        &[0xFF, 0xD8][..],
        &segment(0xE1, b"Exif\0\0MM\0\x2A\0\0\0\x08\0\0 GPSLatitude 36.62"),
        &segment(0xC0, &frame),
        &segment(0xDA, &[1, 1, 0, 0, 63, 0]),
        data,
        &[0xFF, 0xD9],
    ]
    .concat()
}

/// Uploads bytes under an id and a header that lies; says status and body.
pub async fn upload(person: &Person, id: Option<Uuid>, bytes: Vec<u8>) -> (u16, Value) {
    let query = id.map(|id| format!("?id={id}")).unwrap_or_default();
    let response = person
        .request(Method::POST, &format!("/api/v1/attachments{query}"))
        .header("content-type", "text/plain")
        .body(bytes)
        .send()
        .await
        .expect("the service answers");
    let status = response.status().as_u16();
    let body = response.bytes().await.expect("an answer");
    (status, serde_json::from_slice(&body).unwrap_or_default())
}

fn files(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.push(path);
            }
        }
    }
    found
}

#[actix_web::test]
async fn a_photo_is_kept_once_without_its_place_and_its_id_stands_for_it() {
    let city = TestCity::new().await;
    let steward = city.steward(&[city.community("630104001000").await]).await;
    let id = Uuid::now_v7();
    let (status, first) = upload(&steward, Some(id), photo(1)).await;
    assert_eq!(
        (
            status,
            &first["id"],
            &first["media_type"],
            &first["width"],
            &first["height"]
        ),
        (201, &json!(id), &json!("image/jpeg"), &json!(640), &json!(480))
    );
    assert_eq!(upload(&steward, Some(id), photo(1)).await, (201, first.clone()));
    let (status, refused) = upload(&steward, Some(id), photo(2)).await;
    assert_eq!((status, &refused["code"]), (409, &json!("attachment_id_taken")));
    let (_, twin) = upload(&steward, None, photo(1)).await;
    assert_ne!(twin["id"], first["id"]);
    assert_eq!(twin["sha256"], first["sha256"]);

    let kept = files(&city.service.state.config.attachments.folder);
    assert_eq!(
        kept.len(),
        2,
        "photo 1 once, photo 2, and nothing half-way: {kept:?}"
    );
    let hash = first["sha256"].as_str().unwrap();
    let place = city
        .service
        .state
        .config
        .attachments
        .folder
        .join(&hash[..2])
        .join(&hash[2..4])
        .join(hash);
    assert!(kept.contains(&place));

    let response = steward
        .request(Method::GET, &format!("/api/v1/attachments/{id}/content"))
        .send()
        .await
        .unwrap();
    let header = |name: &str| response.headers()[name].to_str().unwrap().to_owned();
    assert_eq!(header("content-type"), "image/jpeg");
    assert_eq!(header("x-content-type-options"), "nosniff");
    assert_eq!(
        header("content-disposition"),
        format!("inline; filename=\"{id}.jpeg\"")
    );
    assert!(header("cache-control").starts_with("private"));
    let bytes = response.bytes().await.unwrap();
    assert_eq!(
        bytes.len(),
        usize::try_from(first["size_bytes"].as_u64().unwrap()).unwrap()
    );
    assert_eq!(bytes, std::fs::read(place).unwrap());
    assert!(!bytes.windows(3).any(|w| w == b"GPS"), "the place is cut out");
    city.stop().await;
}

#[actix_web::test]
async fn what_is_no_image_broken_or_too_large_is_not_taken() {
    let city = TestCity::new().await;
    let steward = city.steward(&[]).await;
    let whole = photo(1);
    let cases = [
        ("text", b"<svg onload=alert(1)>".to_vec(), 422, "not_an_image"),
        ("nothing", Vec::new(), 422, "not_an_image"),
        ("pdf", b"%PDF-1.7 GPS".to_vec(), 422, "not_an_image"),
        (
            "broken off",
            whole[..whole.len() - 2].to_vec(),
            422,
            "not_an_image",
        ),
        ("a side too long", sized(12_001, 10, &[1]), 422, "not_an_image"),
        ("no side", sized(0, 10, &[1]), 422, "not_an_image"),
        (
            "too large",
            sized(640, 480, &vec![1; 1024 * 1024]),
            413,
            "too_large",
        ),
    ];
    for (name, bytes, status, code) in cases {
        let (answered, body) = upload(&steward, None, bytes).await;
        assert_eq!((answered, &body["code"]), (status, &json!(code)), "{name}");
    }
    let (status, body) = upload(&steward, Some(Uuid::nil()), photo(1)).await;
    assert_eq!((status, &body["fields"][0]["field"]), (422, &json!("id")));
    let kept = files(&city.service.state.config.attachments.folder);
    assert_eq!(kept, Vec::<std::path::PathBuf>::new(), "nothing is left of them");
    city.stop().await;
}

#[actix_web::test]
async fn a_disk_that_fails_is_said_and_passing() {
    let blocked = std::env::temp_dir().join(format!("steward-no-folder-{}", Uuid::now_v7()));
    std::fs::write(&blocked, b"a file where the folder should be").unwrap();
    let folder = blocked.clone();
    let service = Service::start_with("2024-01-08T01:00:00Z", move |config| {
        config.attachments.folder = folder;
    })
    .await;
    let city = TestCity::on(service).await;
    let steward = city.steward(&[]).await;
    let (status, body) = upload(&steward, None, photo(1)).await;
    assert_eq!((status, &body["code"]), (503, &json!("unavailable")));
    city.stop().await;
    std::fs::remove_file(blocked).unwrap();
}

#[actix_web::test]
async fn a_photo_is_seen_by_who_took_it_and_each_look_is_audited() {
    let city = TestCity::new().await;
    let community = city.community("630104001000").await;
    let (steward, deputy) = (city.steward(&[community]).await, city.steward(&[community]).await);
    let (_, photo) = upload(&steward, None, photo(1)).await;
    let path = format!("/api/v1/attachments/{}", photo["id"].as_str().unwrap());
    assert_eq!(steward.get(&path).await.expect(200), photo);
    for person in [&deputy, &city.scoped(Role::Officer, "6301").await] {
        assert_eq!(
            person.get(&path).await.refused(404),
            "attachment_not_found",
            "it is linked nowhere"
        );
    }
    assert_eq!(
        city.scoped(Role::Auditor, "6301")
            .await
            .get(&path)
            .await
            .refused(403),
        "forbidden"
    );
    city.service.state.trail.append(Vec::new()).await.unwrap();
    let mut conn = city.service.state.pool.get().await.unwrap();
    let looks = statement("SELECT 1 FROM audit_entries WHERE action = 'attachments.read' AND actor_id = $1")
        .bind::<ty::Uuid, _>(steward.id)
        .execute(&mut *conn)
        .await
        .unwrap();
    assert_eq!(looks, 1);
    drop(conn);
    city.stop().await;
}

#[actix_web::test]
async fn whose_account_is_disabled_sees_not_even_what_they_uploaded() {
    let city = TestCity::new().await;
    let steward = city.steward(&[city.community("630104001000").await]).await;
    let (_, photo) = upload(&steward, None, photo(1)).await;
    let path = format!("/api/v1/attachments/{}", photo["id"].as_str().unwrap());
    steward.get(&path).await.expect(200);
    let disable = format!("/api/v1/users/{}/disable", steward.id);
    assert!(city.admin.post(&disable, json!({})).await.status.is_success());
    for path in [&path, &format!("{path}/content")] {
        assert_eq!(steward.get(path).await.refused(404), "attachment_not_found");
    }
    city.stop().await;
}

#[actix_web::test]
async fn a_provider_sees_the_photos_of_its_open_orders_and_no_others() {
    let city = TestCity::new().await;
    let community = city.community("630104001000").await;
    let steward = city.steward(&[community]).await;
    let household = city.household(community, "1", "101").await;
    let elder = city.elder(household).await;
    let (provider, organisation, _) = city.provider(&["meals"]).await;
    let (rival, ..) = city.provider(&["meals"]).await;
    let (_, photo) = upload(&steward, None, photo(1)).await;
    let id: Uuid = photo["id"].as_str().unwrap().parse().unwrap();
    let path = format!("/api/v1/attachments/{id}");
    assert_eq!(provider.get(&path).await.refused(404), "attachment_not_found");

    let (need, order, case) = (Uuid::now_v7(), Uuid::now_v7(), Uuid::now_v7());
    let mut conn = city.service.state.pool.get().await.unwrap();
    statement(
        "INSERT INTO needs (id, elder_id, household_id, community_id, item_id, channel, event_id, description, status, collected_by, \
         collected_at, received_at, closed_at, version) VALUES ($1, $2, $3, $4, '018b0000-0000-7000-8000-000000000004', 'call', $1, '', 'ordered', \
         $5, $6, $6, $6, 1)",
    )
    .bind::<ty::Uuid, _>(need)
    .bind::<ty::Uuid, _>(elder)
    .bind::<ty::Uuid, _>(household)
    .bind::<ty::Uuid, _>(community)
    .bind::<ty::Uuid, _>(steward.id)
    .bind::<ty::Timestamptz, _>(city.service.state.clock.now())
    .execute(&mut *conn)
    .await
    .unwrap();
    statement(
        "INSERT INTO service_orders (id, case_id, need_id, elder_id, household_id, community_id, item_id, entitlement, round, original_id, status, \
         organisation_id, tier_reached, refusals, requested_by, requested_at, market_fen, subsidy_fen, elder_pays_fen, version) \
         SELECT $1, $2, n.id, n.elder_id, n.household_id, n.community_id, n.item_id, 'social', 1, $1, 'accepted', $3, 'organisation', 0, \
         n.collected_by, n.collected_at, 0, 0, 0, 1 FROM needs n WHERE n.id = $4",
    )
    .bind::<ty::Uuid, _>(order)
    .bind::<ty::Uuid, _>(case)
    .bind::<ty::Uuid, _>(organisation)
    .bind::<ty::Uuid, _>(need)
    .execute(&mut *conn)
    .await
    .unwrap();
    statement(
        "INSERT INTO attachment_links (attachment_id, case_kind, case_id, role, linked_at) VALUES ($1, 'service_case', $2, 'before', $3)",
    )
    .bind::<ty::Uuid, _>(id)
    .bind::<ty::Uuid, _>(case)
    .bind::<ty::Timestamptz, _>(city.service.state.clock.now())
    .execute(&mut *conn)
    .await
    .unwrap();
    provider.get(&path).await.expect(200);
    city.scoped(Role::Officer, "630104")
        .await
        .get(&path)
        .await
        .expect(200);
    assert_eq!(rival.get(&path).await.refused(404), "attachment_not_found");
    assert_eq!(
        city.scoped(Role::Officer, "630102")
            .await
            .get(&path)
            .await
            .refused(404),
        "attachment_not_found"
    );
    let now = city.service.state.clock.now();
    statement("UPDATE service_orders SET status = 'cancelled', closed_at = $1")
        .bind::<ty::Timestamptz, _>(now)
        .execute(&mut *conn)
        .await
        .unwrap();
    drop(conn);
    assert_eq!(
        provider.get(&path).await.refused(404),
        "attachment_not_found",
        "the order is over"
    );
    city.stop().await;
}
