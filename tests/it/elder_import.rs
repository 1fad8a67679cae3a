//! Enrolment lists from Excel: what comes in, what comes back, and what a forged file can do.

use crate::support::{Person, Reply, Service, TEST_KEYS, TestCity};
use reqwest::Method;
use rust_xlsxwriter::Workbook;
use serde_json::{Value, json};
use std::{collections::BTreeMap, time::Duration};
use steward::{elders::sheet, tx::Role};
use uuid::Uuid;

const HEADINGS: [&str; 18] = [
    "姓名",
    "证件类型",
    "证件号码",
    "性别",
    "出生日期",
    "联系电话",
    "小区编码",
    "楼栋",
    "单元",
    "楼层",
    "房号",
    "人员类别",
    "紧急联系人",
    "与老人关系",
    "紧急联系人电话",
    "健康备注",
    "知情同意日期",
    "登记事项",
];

/// A row of the list by heading.
pub type Row = BTreeMap<&'static str, String>;

/// The list as a community would fill it in.
pub fn list(rows: &[Row]) -> Vec<u8> {
    let mut book = Workbook::new();
    let page = book.add_worksheet();
    page.write_row(0, 0, HEADINGS).unwrap();
    for (at, row) in (1..).zip(rows) {
        for (heading, text) in row {
            let column = HEADINGS.iter().position(|h| h == heading).unwrap();
            page.write_string(at, u16::try_from(column).unwrap(), text)
                .unwrap();
        }
    }
    book.save_to_buffer().unwrap()
}

/// A resident's number that checks.
fn number(serial: u32) -> String {
    let first = format!(
        "6301041940{:02}{:02}{:03}",
        serial / 28 % 12 + 1,
        serial % 28 + 1,
        serial % 1000
    );
    let weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let sum: u32 = first
        .chars()
        .zip(weights)
        .map(|(c, w)| c.to_digit(10).unwrap() * w)
        .sum();
    format!(
        "{first}{}",
        ['1', '0', 'X', '9', '8', '7', '6', '5', '4', '3', '2'][sum as usize % 11]
    )
}

pub fn row(community: &str, serial: u32) -> Row {
    [
        ("姓名", format!("示例{serial}")),
        ("证件号码", number(serial)),
        ("联系电话", format!("1990000{:04}", serial % 10_000)),
        ("小区编码", community.to_owned()),
        ("楼栋", "3".to_owned()),
        ("单元", "1".to_owned()),
        ("楼层", "5".to_owned()),
        ("房号", format!("5{serial:02}")),
        ("人员类别", "独居、高龄、低保".to_owned()),
        ("紧急联系人", "王小宁".to_owned()),
        ("与老人关系", "女儿".to_owned()),
        ("紧急联系人电话", "19900009999".to_owned()),
        ("健康备注", "高血压".to_owned()),
        ("知情同意日期", "2023-12-01".to_owned()),
        ("登记事项", "社区登记".to_owned()),
    ]
    .into()
}

fn with(mut row: Row, changes: &[(&'static str, &str)]) -> Row {
    for (heading, text) in changes {
        row.insert(heading, (*text).to_owned());
    }
    row
}

pub async fn send(person: &Person, path: &str, bytes: Vec<u8>) -> Reply {
    let request = person
        .request(Method::POST, path)
        .header("idempotency-key", Uuid::now_v7().to_string());
    Reply::read(request.body(bytes).send().await.expect("the service answers")).await
}

async fn import(person: &Person, bytes: &[u8]) -> Value {
    send(person, "/api/v1/elders/import", bytes.to_vec())
        .await
        .expect(200)
}

/// rows, created, updated, unchanged, rejected
fn counts(report: &Value) -> [u64; 5] {
    ["rows", "created", "updated", "unchanged", "rejected"].map(|name| report[name].as_u64().expect(name))
}

async fn client(city: &TestCity) -> tokio_postgres::Client {
    let url = &city.service.state.config.database.url;
    let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

async fn texts(city: &TestCity, sql: &str) -> Vec<String> {
    let rows = client(city).await.query(sql, &[]).await.unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

async fn code_of(city: &TestCity, community: Uuid) -> String {
    texts(
        city,
        &format!("SELECT code FROM communities WHERE id = '{community}'"),
    )
    .await
    .remove(0)
}

/// Everything that an import may touch, but for its own record.
async fn dump(city: &TestCity) -> Vec<String> {
    let mut all = Vec::new();
    for table in [
        "elders",
        "households",
        "elder_categories",
        "elder_statuses",
        "contacts",
        "consents",
        "jobs",
        "obligations",
    ] {
        all.extend(
            texts(
                city,
                &format!("SELECT '{table} ' || t::text FROM {table} t ORDER BY 1"),
            )
            .await,
        );
    }
    all
}

#[actix_web::test]
async fn a_dry_run_says_what_would_come_of_it_and_changes_nothing() {
    let city = TestCity::new().await;
    let code = code_of(&city, city.community("630104001000").await).await;
    let officer = city.scoped(Role::Officer, "630104").await;
    let bytes = list(&[
        row(&code, 1),
        row(&code, 2),
        with(row(&code, 3), &[("联系电话", "12")]),
    ]);
    let before = dump(&city).await;
    let report = send(&officer, "/api/v1/elders/import?dry_run=true", bytes.clone())
        .await
        .expect(200);
    assert_eq!(report["dry_run"], json!(true));
    assert_eq!(counts(&report), [3, 2, 0, 0, 1]);
    assert_eq!(dump(&city).await, before);
    let wrong = send(&officer, "/api/v1/elders/import?dryrun=true", bytes.clone()).await;
    assert_eq!(wrong.refused(422), "invalid", "a misspelt dry run is no import");
    assert_eq!(dump(&city).await, before);
    assert_eq!(counts(&import(&officer, &bytes).await), [3, 2, 0, 0, 1]);
    let records = "SELECT concat_ws(' ', dry_run, row_count, created_count, updated_count, unchanged_count, rejected_count, imported_by, \
                   octet_length(file_sha256)) FROM elder_imports ORDER BY dry_run";
    let by = officer.id;
    assert_eq!(
        texts(&city, records).await,
        [format!("f 3 2 0 0 1 {by} 32"), format!("t 3 2 0 0 1 {by} 32")]
    );
    city.stop().await;
}

#[actix_web::test]
async fn the_bad_rows_come_back_with_their_reasons_while_the_good_ones_are_in() {
    let city = TestCity::new().await;
    let here = city.community("630104001000").await;
    let (code, foreign) = (
        code_of(&city, here).await,
        code_of(&city, city.community("630102001000").await).await,
    );
    let officer = city.scoped(Role::Officer, "630104").await;
    let mistyped = format!(
        "{}{}",
        &number(4)[..17],
        if number(4).ends_with('1') { '2' } else { '1' }
    );
    let rows = [
        row(&code, 1),
        with(row(&code, 2), &[("小区编码", &foreign)]),
        with(row(&code, 3), &[("姓名", "")]),
        with(
            row(&code, 4),
            &[("证件号码", &mistyped), ("人员类别", &number(4))],
        ),
        with(row(&code, 1), &[("房号", "999")]),
        row(&code, 6),
    ];
    let bytes = list(&rows);
    let report = import(&officer, &bytes).await;
    assert_eq!(counts(&report), [6, 1, 0, 0, 5]);
    assert_eq!(report["error_sheet"], "/api/v1/elders/import/error-sheet");
    let said: Vec<(u64, &str)> = report["rejections"]
        .as_array()
        .unwrap()
        .iter()
        .map(|r| (r["row"].as_u64().unwrap(), r["reasons"][0].as_str().unwrap()))
        .collect();
    assert_eq!(said.iter().map(|r| r.0).collect::<Vec<_>>(), [2, 3, 4, 5, 6]);
    for (at, part) in ["与第6行重复", "小区编码", "姓名", "校验位", "与第2行重复"]
        .iter()
        .enumerate()
    {
        assert!(said[at].1.contains(part), "{}", said[at].1);
    }
    assert!(!report.to_string().contains("63010419"), "{report}");

    let sheet = officer
        .request(Method::POST, "/api/v1/elders/import/error-sheet")
        .body(bytes);
    let answer = sheet.send().await.unwrap();
    assert_eq!(answer.status(), 200);
    assert!(
        answer.headers()["content-type"]
            .to_str()
            .unwrap()
            .contains("spreadsheetml")
    );
    let errors = answer.bytes().await.unwrap();
    let back = sheet::read(&errors).unwrap();
    assert_eq!(back.len(), 5);
    assert_eq!(
        (back[1].name.as_str(), back[3].document_number.as_str()),
        ("示例2", mistyped.as_str())
    );
    assert_eq!(
        counts(&import(&officer, &errors).await),
        [5, 0, 0, 0, 5],
        "the sheet comes back as it is"
    );

    // Corrected, the rows are taken.
    let corrected = list(&[with(row(&code, 3), &[]), row(&code, 4)]);
    assert_eq!(counts(&import(&officer, &corrected).await), [2, 2, 0, 0, 0]);
    let nothing = send(&officer, "/api/v1/elders/import/error-sheet", corrected).await;
    assert_eq!(nothing.refused(409), "nothing_to_correct");

    city.service.state.trail.append(Vec::new()).await.unwrap();
    let trail = texts(&city, "SELECT row_to_json(a)::text FROM audit_entries a").await;
    assert!(trail.len() > 5);
    for line in trail.iter().chain(
        &texts(
            &city,
            "SELECT body::text FROM idempotency_keys WHERE body IS NOT NULL",
        )
        .await,
    ) {
        assert!(
            !line.contains("63010419") && !line.contains("示例") && !line.contains("1990000"),
            "{line}"
        );
    }
    city.stop().await;
}

#[actix_web::test]
async fn what_is_imported_is_a_whole_file_with_its_standing_and_what_is_owed() {
    let city = TestCity::new().await;
    let code = code_of(&city, city.community("630104001000").await).await;
    let officer = city.scoped(Role::Officer, "630104").await;
    // A couple: two elders of one household.
    let couple = [
        row(&code, 1),
        with(row(&code, 2), &[("房号", "501"), ("人员类别", ""), ("楼层", "")]),
    ];
    assert_eq!(counts(&import(&officer, &list(&couple)).await), [2, 2, 0, 0, 0]);
    let found = officer
        .get("/api/v1/elders?category=subsistence_allowance")
        .await
        .expect(200);
    assert_eq!(found["items"].as_array().unwrap().len(), 1);
    let id = found["items"][0]["id"].as_str().unwrap();
    let file = officer.get(&format!("/api/v1/elders/{id}")).await.expect(200);
    assert_eq!(
        (&file["entitlement"], &file["tier"], &file["name"]),
        (&json!("safety_net"), &json!("weekly"), &json!("示例1"))
    );
    assert_eq!(
        (&file["household"]["floor"], &file["household"]["room"]),
        (&json!(5), &json!("501"))
    );
    assert_eq!(
        (&file["contacts"][0]["name"], &file["contacts"][0]["phone_masked"]),
        (&json!("王小宁"), &json!("199****9999"))
    );
    assert_eq!(
        (&file["consents"][0]["purpose"], &file["consents"][0]["given_on"]),
        (&json!("visits"), &json!("2023-12-01"))
    );
    assert_eq!(file["statuses"][0]["status"], "active");
    let household = format!("/api/v1/households/{}", file["household"]["id"].as_str().unwrap());
    assert_eq!(
        officer.get(&household).await.expect(200)["elders"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    let ask = json!({ "fields": ["id_number", "phone", "health_note", "contact_phone"], "reason": "核对" });
    let shown = officer
        .post(&format!("/api/v1/elders/{id}/reveal"), ask)
        .await
        .expect(200);
    assert_eq!(
        shown,
        json!({ "id_number": number(1), "phone": "19900000001", "health_note": "高血压", "contact_phones": ["19900009999"] })
    );
    city.service.run_jobs().await;
    assert_eq!(
        texts(&city, "SELECT kind || ' ' || period FROM obligations").await,
        ["weekly 2024-W02"]
    );
    city.service.state.trail.append(Vec::new()).await.unwrap();
    let actions = texts(&city, "SELECT action FROM audit_entries ORDER BY seq").await;
    assert_eq!(actions.iter().filter(|a| *a == "elders.enrol").count(), 2);
    assert_eq!(actions.iter().filter(|a| *a == "elders.import").count(), 1);
    assert!(actions.contains(&"households.read".to_owned()));
    city.stop().await;
}

#[actix_web::test]
async fn the_same_list_twice_changes_nothing_and_a_corrected_one_what_it_corrects() {
    let city = TestCity::new().await;
    let (here, there) = (
        city.community("630104001000").await,
        city.community("630104002000").await,
    );
    let (code, other) = (code_of(&city, here).await, code_of(&city, there).await);
    let officer = city.scoped(Role::Officer, "630104").await;
    let rows = [row(&code, 1), row(&code, 2), row(&code, 3)];
    assert_eq!(counts(&import(&officer, &list(&rows)).await), [3, 3, 0, 0, 0]);
    city.service.run_jobs().await;
    let before = dump(&city).await;
    assert_eq!(counts(&import(&officer, &list(&rows)).await), [3, 0, 0, 3, 0]);
    assert_eq!(dump(&city).await, before);

    let changed = [
        with(
            row(&code, 1),
            &[
                ("姓名", "新名"),
                ("联系电话", "19900008888"),
                ("人员类别", "独居、失能"),
                ("紧急联系人电话", "19900007777"),
                ("健康备注", "糖尿病"),
                ("登记事项", "已核对"),
            ],
        ),
        with(
            row(&code, 2),
            &[("小区编码", &other), ("房号", "101"), ("楼层", "1")],
        ),
        with(
            row(&code, 3),
            &[
                ("联系电话", ""),
                ("人员类别", ""),
                ("健康备注", ""),
                ("登记事项", ""),
                ("楼层", ""),
            ],
        ),
    ];
    assert_eq!(counts(&import(&officer, &list(&changed)).await), [3, 0, 2, 1, 0]);
    assert_eq!(counts(&import(&officer, &list(&changed)).await), [3, 0, 0, 3, 0]);
    let seen = officer.get("/api/v1/elders").await.expect(200);
    let id = |name: &str| {
        let found = seen["items"]
            .as_array()
            .unwrap()
            .iter()
            .find(|e| e["name"] == name);
        found.unwrap()["id"].as_str().unwrap().to_owned()
    };
    let first = officer
        .get(&format!("/api/v1/elders/{}", id("新名")))
        .await
        .expect(200);
    assert_eq!(
        (&first["phone_masked"], &first["remarks"], &first["version"]),
        (&json!("199****8888"), &json!("已核对"), &json!(2))
    );
    let mut carried: Vec<&str> = first["categories"]
        .as_array()
        .unwrap()
        .iter()
        .map(|c| c["code"].as_str().unwrap())
        .collect();
    carried.sort_unstable();
    assert_eq!(
        carried,
        ["disabled", "living_alone", "subsistence_allowance"],
        "a list takes nothing away"
    );
    assert_eq!(first["contacts"].as_array().unwrap().len(), 1);
    let ask = json!({ "fields": ["contact_phone", "health_note"], "reason": "核对" });
    let shown = officer
        .post(&format!("/api/v1/elders/{}/reveal", id("新名")), ask)
        .await
        .expect(200);
    assert_eq!(
        shown,
        json!({ "health_note": "糖尿病", "contact_phones": ["19900007777"] })
    );
    let moved = officer
        .get(&format!("/api/v1/elders/{}", id("示例2")))
        .await
        .expect(200);
    assert_eq!(
        (&moved["community_id"], &moved["household"]["room"]),
        (&json!(there), &json!("101"))
    );
    let kept = officer
        .get(&format!("/api/v1/elders/{}", id("示例3")))
        .await
        .expect(200);
    assert_eq!(
        kept["phone_masked"], "199****0003",
        "an empty cell changes nothing"
    );
    // A consent that was withdrawn does not come back with the list on which it stood.
    let withdraw = format!("/api/v1/elders/{}/consents/visits/withdraw", id("示例3"));
    officer.post(&withdraw, json!({})).await.expect(200);
    assert_eq!(
        officer.post(&withdraw, json!({})).await.refused(409),
        "consent_not_in_force"
    );
    assert_eq!(counts(&import(&officer, &list(&changed)).await), [3, 0, 0, 3, 0]);
    let kept = officer
        .get(&format!("/api/v1/elders/{}", id("示例3")))
        .await
        .expect(200);
    assert_eq!(kept["consents"][0]["withdrawn_on"], "2024-01-08");
    // The dead are not enrolled again by an old list.
    let died = json!({ "status": "deceased", "since": "2024-01-08", "reason": "" });
    officer
        .post(&format!("/api/v1/elders/{}/status", id("示例3")), died)
        .await
        .expect(200);
    let report = import(&officer, &list(&changed)).await;
    assert_eq!(counts(&report), [3, 0, 0, 2, 1]);
    assert!(
        report["rejections"][0]["reasons"][0]
            .as_str()
            .unwrap()
            .contains("已故")
    );
    city.stop().await;
}

#[actix_web::test]
async fn somebody_enrolled_elsewhere_is_refused_without_saying_where() {
    let city = TestCity::new().await;
    let (west, east) = (
        city.community("630104001000").await,
        city.community("630102001000").await,
    );
    let (here, there) = (
        city.scoped(Role::Officer, "630104").await,
        city.scoped(Role::Officer, "630102").await,
    );
    let (west_code, east_code) = (code_of(&city, west).await, code_of(&city, east).await);
    import(&there, &list(&[row(&east_code, 1)])).await;
    let before = dump(&city).await;
    let report = import(&here, &list(&[with(row(&west_code, 1), &[("姓名", "别名")])])).await;
    assert_eq!(counts(&report), [1, 0, 0, 0, 1]);
    let reason = report["rejections"][0]["reasons"][0].as_str().unwrap();
    assert!(
        reason.contains("不在您的管辖范围内") && !reason.contains("城东"),
        "{reason}"
    );
    assert_eq!(dump(&city).await, before);
    // By name, a community is found in one's own area alone; two of a name need the code.
    let named = |room: &'static str| with(row("示例小区", 2), &[("房号", room)]);
    assert_eq!(
        counts(&import(&here, &list(&[named("101")])).await),
        [1, 1, 0, 0, 0]
    );
    city.community("630104002000").await;
    let report = import(&here, &list(&[named("102")])).await;
    assert!(
        report["rejections"][0]["reasons"][0]
            .as_str()
            .unwrap()
            .contains("多个小区同名")
    );
    // What is on file elsewhere is not shown either.
    let id = texts(
        &city,
        &format!("SELECT id::text FROM elders WHERE community_id = '{east}'"),
    )
    .await
    .remove(0);
    let household = texts(
        &city,
        &format!("SELECT household_id::text FROM elders WHERE id = '{id}'"),
    )
    .await
    .remove(0);
    for path in [
        format!("elders/{id}"),
        format!("elders/{id}/timeline"),
        format!("households/{household}"),
    ] {
        assert_eq!(here.get(&format!("/api/v1/{path}")).await.status, 404, "{path}");
        assert_eq!(there.get(&format!("/api/v1/{path}")).await.status, 200, "{path}");
    }
    let withdraw = format!("/api/v1/elders/{id}/consents/visits/withdraw");
    assert_eq!(
        here.post(&withdraw, json!({})).await.refused(404),
        "elder_not_found"
    );
    city.stop().await;
}

#[actix_web::test]
async fn a_list_of_hundreds_is_one_transaction_and_its_key_answers_again() {
    let city = TestCity::new().await;
    let code = code_of(&city, city.community("630104001000").await).await;
    let officer = city.scoped(Role::Officer, "6301").await;
    let rows: Vec<Row> = (0..600)
        .map(|n| with(row(&code, n), &[("房号", &format!("{n}"))]))
        .collect();
    let (bytes, key) = (list(&rows), Uuid::now_v7().to_string());
    let send = async |bytes: Vec<u8>| {
        let request = officer
            .request(Method::POST, "/api/v1/elders/import")
            .header("idempotency-key", &key);
        Reply::read(request.body(bytes).send().await.unwrap()).await
    };

    let report = send(bytes.clone()).await.expect(200);

    assert_eq!(counts(&report), [600, 600, 0, 0, 0]);
    assert_eq!(send(bytes).await.expect(200), report, "the first answer again");
    assert_eq!(send(list(&rows[..1])).await.refused(409), "idempotency_mismatch");
    // One transaction wrote them all.
    let written = texts(
        &city,
        "SELECT count(*) || ' ' || count(DISTINCT xmin::text) FROM elder_statuses",
    )
    .await;
    assert_eq!(written, ["600 1"]);
    // More households than have a job each: one job for all.
    assert_eq!(
        texts(&city, "SELECT kind FROM jobs").await,
        ["obligations.midnight"]
    );
    city.service.run_jobs().await;
    assert_eq!(
        texts(
            &city,
            "SELECT count(*)::text FROM obligations WHERE kind = 'weekly'"
        )
        .await,
        ["600"]
    );
    city.stop().await;
}

#[actix_web::test]
async fn the_same_list_sent_twice_at_once_enrols_everybody_once() {
    let city = TestCity::new().await;
    let code = code_of(&city, city.community("630104001000").await).await;
    let officer = city.scoped(Role::Officer, "630104").await;
    let rows: Vec<Row> = (0..50).map(|n| row(&code, n)).collect();
    let bytes = list(&rows);
    let path = "/api/v1/elders/import";
    let (one, two) = tokio::join!(
        send(&officer, path, bytes.clone()),
        send(&officer, path, bytes.clone())
    );
    let mut enrolled = 0;
    for answer in [one, two] {
        match answer.status.as_u16() {
            200 => enrolled += counts(&answer.body)[1],
            // The second found the first one's people only when it wrote.
            _ => assert_eq!(answer.refused(409), "import_overtaken"),
        }
    }
    assert_eq!(enrolled, 50);
    assert_eq!(texts(&city, "SELECT count(*)::text FROM elders").await, ["50"]);
    assert_eq!(counts(&import(&officer, &bytes).await), [50, 0, 0, 50, 0]);
    city.stop().await;
}

/// A zip that is stored, not packed.
fn stored_zip(parts: &[(&str, &str)]) -> Vec<u8> {
    let crc = |bytes: &[u8]| {
        !bytes.iter().fold(!0u32, |crc, byte| {
            (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
                if crc & 1 == 1 {
                    crc >> 1 ^ 0xEDB8_8320
                } else {
                    crc >> 1
                }
            })
        })
    };
    let (mut file, mut directory) = (Vec::new(), Vec::new());
    for (name, text) in parts {
        let (size, length) = (
            u32::try_from(text.len()).unwrap(),
            u16::try_from(name.len()).unwrap(),
        );
        let at = u32::try_from(file.len()).unwrap();
        let mut common = vec![20, 0, 0, 0, 0, 0, 0, 0, 0x21, 0];
        common.extend(crc(text.as_bytes()).to_le_bytes());
        common.extend(size.to_le_bytes());
        common.extend(size.to_le_bytes());
        common.extend(length.to_le_bytes());
        common.extend([0, 0]);
        file.extend(b"PK\x03\x04");
        file.extend(&common);
        file.extend(name.as_bytes());
        file.extend(text.as_bytes());
        directory.extend(b"PK\x01\x02\x14\x00");
        directory.extend(&common);
        directory.extend([0; 10]);
        directory.extend(at.to_le_bytes());
        directory.extend(name.as_bytes());
    }
    let (count, at) = (
        u16::try_from(parts.len()).unwrap(),
        u32::try_from(file.len()).unwrap(),
    );
    let size = u32::try_from(directory.len()).unwrap();
    file.extend(directory);
    file.extend(b"PK\x05\x06\0\0\0\0");
    file.extend(count.to_le_bytes());
    file.extend(count.to_le_bytes());
    file.extend(size.to_le_bytes());
    file.extend(at.to_le_bytes());
    file.extend([0, 0]);
    file
}

/// A workbook of a few hundred bytes that says it has so many texts.
fn forged(texts: u64) -> Vec<u8> {
    let main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    let office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let package = "http://schemas.openxmlformats.org/package/2006/relationships";
    let parts = [
        (
            "_rels/.rels",
            format!(
                "<Relationships xmlns=\"{package}\"><Relationship Id=\"r1\" Type=\"{office}/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>"
            ),
        ),
        (
            "xl/workbook.xml",
            format!(
                "<workbook xmlns=\"{main}\" xmlns:r=\"{office}\"><sheets><sheet name=\"x\" sheetId=\"1\" r:id=\"r1\"/></sheets></workbook>"
            ),
        ),
        (
            "xl/_rels/workbook.xml.rels",
            format!(
                "<Relationships xmlns=\"{package}\"><Relationship Id=\"r1\" Type=\"{office}/worksheet\" Target=\"worksheets/sheet1.xml\"/></Relationships>"
            ),
        ),
        (
            "xl/sharedStrings.xml",
            format!("<sst xmlns=\"{main}\" uniqueCount=\"{texts}\"><si><t>x</t></si></sst>"),
        ),
        (
            "xl/worksheets/sheet1.xml",
            format!(
                "<worksheet xmlns=\"{main}\"><sheetData><row r=\"1\"><c r=\"A1\" t=\"s\"><v>0</v></c></row></sheetData></worksheet>"
            ),
        ),
    ];
    stored_zip(&parts.each_ref().map(|(name, text)| (*name, text.as_str())))
}

#[actix_web::test]
async fn a_forged_file_ends_the_process_that_reads_it_and_not_the_service() {
    let city = TestCity::new().await;
    let code = code_of(&city, city.community("630104001000").await).await;
    let officer = city.scoped(Role::Officer, "630104").await;
    let path = "/api/v1/elders/import";
    // Well made, the same file is read as far as its headings.
    assert_eq!(
        send(&officer, path, forged(1)).await.refused(422),
        "sheet_headings"
    );
    // 240 TB, and 24 GB, which the system would promise but the limit does not.
    for texts in [10_000_000_000_000, 1_000_000_000] {
        for path in [path, "/api/v1/elders/import/error-sheet"] {
            assert_eq!(
                send(&officer, path, forged(texts)).await.refused(422),
                "sheet_unreadable"
            );
        }
    }
    assert_eq!(
        send(&officer, path, b"PK\x03\x04 and nothing else".to_vec())
            .await
            .refused(422),
        "sheet_damaged"
    );
    assert_eq!(
        send(&officer, path, "姓名\n".into()).await.refused(422),
        "sheet_not_excel"
    );
    assert_eq!(send(&officer, path, vec![]).await.refused(422), "sheet_not_excel");
    assert_eq!(
        send(&officer, path, vec![b'P'; 10 * 1024 * 1024 + 1])
            .await
            .refused(413),
        "too_large"
    );
    // Headings may be anything, a person's number too.
    let mut book = Workbook::new();
    let page = book.add_worksheet();
    page.write_row(0, 0, ["姓名", "证件号码", "小区编码", &number(1)])
        .unwrap();
    let answer = send(&officer, path, book.save_to_buffer().unwrap()).await;
    assert!(
        !answer.body.to_string().contains(&number(1))
            && answer.body["detail"].as_str().unwrap().contains('…')
    );
    assert_eq!(answer.refused(422), "sheet_headings");
    assert_eq!(
        counts(&import(&officer, &list(&[row(&code, 1)])).await),
        [1, 1, 0, 0, 0],
        "and it goes on"
    );
    city.stop().await;
}

#[actix_web::test]
async fn a_file_that_takes_too_long_is_given_up() {
    use std::os::unix::fs::PermissionsExt;
    let folder = std::env::temp_dir().join(format!("steward-slow-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let slow = folder.join("reader");
    std::fs::write(&slow, "#!/bin/sh\nexec /bin/sleep 600\n").unwrap();
    std::fs::set_permissions(&slow, PermissionsExt::from_mode(0o755)).unwrap();
    let service = Service::start_with("2024-01-08T01:00:00Z", |config| {
        config.sheets.program = slow.clone();
        config.sheets.patience = Duration::from_millis(200);
    })
    .await;
    let city = TestCity::on(service).await;
    let officer = city.scoped(Role::Officer, "630104").await;
    let refused = send(&officer, "/api/v1/elders/import", list(&[])).await;
    assert_eq!(refused.refused(422), "sheet_unreadable");
    std::fs::remove_dir_all(&folder).unwrap();
    city.stop().await;
}

#[actix_web::test]
async fn the_command_does_the_same_in_an_officers_name() {
    let city = TestCity::new().await;
    let code = code_of(&city, city.community("630104001000").await).await;
    let officer = city.scoped(Role::Officer, "630104").await;
    let folder = std::env::temp_dir().join(format!("steward-import-{}", officer.id));
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("list.xlsx");
    std::fs::write(
        &file,
        list(&[row(&code, 1), with(row(&code, 2), &[("房号", "")])]),
    )
    .unwrap();
    let name = texts(
        &city,
        &format!("SELECT username FROM users WHERE id = '{}'", officer.id),
    )
    .await
    .remove(0);
    let command = async |name: &str, more: &[&str]| {
        tokio::process::Command::new(env!("CARGO_BIN_EXE_steward"))
            .args(["import", "elders"])
            .arg(&file)
            .args(["--as", name])
            .args(more)
            .env("DATABASE_URL", &city.service.state.config.database.url)
            .env("STEWARD_KEYS", TEST_KEYS)
            .output()
            .await
            .unwrap()
    };
    let dry = command(&name, &["--dry-run"]).await;
    let said = String::from_utf8(dry.stdout).unwrap();
    assert!(
        dry.status.success()
            && said.contains("2 rows: 1 created, 0 updated, 0 unchanged, 1 rejected (dry run"),
        "{said}"
    );
    assert_eq!(texts(&city, "SELECT count(*)::text FROM elders").await, ["0"]);
    let done = command(&name, &[]).await;
    let said = String::from_utf8(done.stdout).unwrap();
    assert!(
        done.status.success() && said.contains("1 created") && said.contains("row 3: 缺少房号"),
        "{said}"
    );
    let errors = std::fs::read(folder.join("list.errors.xlsx")).unwrap();
    assert_eq!(sheet::read(&errors).unwrap().len(), 1);
    let by = texts(&city, "SELECT recorded_by::text FROM elder_statuses").await;
    assert_eq!(by, [officer.id.to_string()]);
    let admin = texts(
        &city,
        &format!("SELECT username FROM users WHERE id = '{}'", city.admin.id),
    )
    .await
    .remove(0);
    assert!(
        !command(&admin, &[]).await.status.success(),
        "an administrator sees no case data"
    );
    std::fs::remove_dir_all(&folder).unwrap();
    city.stop().await;
}
