//! The pilot of October 2023 to January 2024, replayed through the service's own operations: every figure that was published
//! is read back from the statistics, exactly, and each is the length of its list.

mod replay;

use crate::support::Person;
use serde_json::Value;
use std::collections::HashSet;
use steward::tx::Role;

const RANGE: &str = "from=2023-10-01&to=2024-02-01";

/// What the pilot published, by the indicator that must say it again. It said "70 and more" events and "3,000 and more" explanations:
/// the replay has exactly so many.
const PUBLISHED: [(&str, &str); 14] = [
    ("communities", "21"),
    ("stewards", "21"),
    ("needs_households", "2,900"),
    ("home_visits", "6,983"),
    ("third_party_services", "3,300"),
    ("followups", "3,300"),
    ("coverage", "100.00%"),
    ("satisfaction_final", "100.00%"),
    ("resources", "2,644"),
    ("social_elders_served", "848"),
    ("safety_visits", "630"),
    ("care_beds_supervised", "10"),
    ("publicity_events", "70"),
    ("policy_explanations", "3,000"),
];

#[actix_web::test]
async fn the_pilots_published_figures_are_read_back_exactly_and_each_opens_to_its_records() {
    let city = replay::pilot().await;
    let bureau = city.scoped(Role::Officer, "6301").await;
    for (code, published) in PUBLISHED {
        let figure = bureau
            .get(&format!("/api/v1/statistics/indicators/{code}?{RANGE}"))
            .await
            .expect(200);
        assert_eq!(figure["display"], published, "{code}: {figure}");
        let (counting, all) = open(&bureau, code).await;
        assert_eq!(figure["numerator"], counting, "{code}");
        if let Some(denominator) = figure["denominator"].as_u64() {
            assert_eq!(denominator, all, "{code}");
        }
    }
    // Every one of the services was followed up, and those that did not satisfy at first were done again.
    let rate = "/api/v1/statistics/indicators/followup_rate";
    let rate = bureau.get(&format!("{rate}?{RANGE}")).await.expect(200);
    assert_eq!(
        (&rate["numerator"], &rate["denominator"]),
        (&3300.into(), &3300.into())
    );
    let first = "/api/v1/statistics/indicators/satisfaction_first";
    let first = bureau.get(&format!("{first}?{RANGE}")).await.expect(200);
    assert_eq!(first["numerator"], 3300 - replay::REWORKED);
    let rework = "/api/v1/statistics/indicators/rework_services";
    let rework = bureau.get(&format!("{rework}?{RANGE}")).await.expect(200);
    assert_eq!(rework["numerator"], replay::REWORKED);
    // What can be added up is the sum of its months and of its districts.
    for code in [
        "needs_households",
        "home_visits",
        "third_party_services",
        "publicity_events",
        "policy_explanations",
    ] {
        let whole = number(&bureau, code, RANGE).await;
        let (mut months, mut districts) = (0, 0);
        for month in ["2023-10", "2023-11", "2023-12", "2024-01"] {
            let of_month = number(&bureau, code, &format!("month={month}")).await;
            assert!(of_month > 0, "{code} in {month}");
            months += of_month;
        }
        for district in ["630102", "630103", "630104", "630105", "630106", "630121"] {
            districts += number(&bureau, code, &format!("{RANGE}&division={district}")).await;
        }
        assert_eq!((months, districts), (whole, whole), "{code}");
    }
    city.stop().await;
}

async fn number(who: &Person, code: &str, query: &str) -> u64 {
    let path = format!("/api/v1/statistics/indicators/{code}?{query}");
    who.get(&path).await.expect(200)["numerator"].as_u64().unwrap()
}

/// Pages through the list behind a figure: what the records that count come to, and how many there are.
async fn open(who: &Person, code: &str) -> (u64, u64) {
    let (mut counting, mut keys, mut cursor) = (0, HashSet::new(), String::new());
    loop {
        let path = format!("/api/v1/statistics/indicators/{code}/records?{RANGE}&limit=200{cursor}");
        let page = who.get(&path).await.expect(200);
        for record in page["items"].as_array().unwrap() {
            counting += u64::from(record["counts"] == true) * record["weight"].as_u64().unwrap();
            assert!(
                keys.insert(record["key"].to_string()),
                "{code} lists a record twice"
            );
        }
        match &page["next_cursor"] {
            Value::String(next) => cursor = format!("&cursor={next}"),
            _ => return (counting, keys.len() as u64),
        }
    }
}
