//! What lists, figures and workbooks hold: for each the thing by which it is recognised, and how it is narrowed to it.

use super::{
    calls::Reach,
    world::{At, MEALS, World},
};
use crate::elder_import::{list, row};
use calamine::{Reader, Xlsx};
use reqwest::Method;
use serde_json::Value;
use std::io::Cursor;
use steward::tx::Role;
use uuid::Uuid;

/// A line of the table of lists.
pub struct List {
    pub operation: &'static str,
    /// What is looked for.
    pub about: &'static str,
    pub reach: Reach,
}

const fn area(operation: &'static str, about: &'static str) -> List {
    List {
        operation,
        about,
        reach: Reach::Area,
    }
}

const fn city(operation: &'static str, about: &'static str) -> List {
    List {
        operation,
        about,
        reach: Reach::City,
    }
}

/// Every list, figure and workbook that is not about one thing named in its path.
pub const LISTS: &[List] = &[
    area("communities_list", "community"),
    area("elders_list", "elder"),
    area("elders_duplicates", "elder"),
    area("elders_import_template", "community"),
    area("elders_import", "community"),
    area("elders_import_error_sheet", "community"),
    area("obligations_worklist", "obligation"),
    area("visits_list", "visit"),
    area("hazards_list", "hazard"),
    area("no_answer_cases_list", "shut door"),
    area("emergencies_list", "emergency"),
    area("needs_list", "need"),
    area("orders_list", "order"),
    area("offers_inbox", "order before the organisation"),
    area("quality_cases_list", "quality case"),
    List {
        operation: "resources_list",
        about: "organisation",
        reach: Reach::Library,
    },
    area("stewards_list", "steward"),
    city("users_list", "steward"),
    city("jobs_list", "dead letter"),
    area("audit_list", "elder"),
    area("statistics_figure", "count of needs"),
    area("statistics_records", "need"),
    area("statistics_records_export", "need"),
    area("statistics_monthly", "count of a division"),
];

/// What to look for, and what narrows the list to it.
struct Look {
    marker: String,
    /// Of no narrowing: it would count what lies elsewhere too.
    only_narrowed: bool,
    narrowed: String,
}

async fn look(w: &mut World, list: &List, role: Role, at: At) -> Look {
    let (community, household, elder) = {
        let spot = w.spot(at);
        (spot.community, spot.household, spot.elder)
    };
    let find = |marker: Uuid, narrowed: String| Look {
        marker: marker.to_string(),
        only_narrowed: false,
        narrowed,
    };
    let within = format!("community={community}");
    match list.operation {
        "communities_list" => find(community, format!("division={}", w.spot(at).division)),
        "elders_list" => find(elder, within),
        "elders_duplicates" => find(w.seen("elder", at).await, String::new()),
        "obligations_worklist" => find(w.seen("obligation", at).await, String::new()),
        "visits_list" => find(w.seen("visit", at).await, format!("household={household}")),
        "hazards_list" => find(
            w.seen("hazard", at).await,
            format!("{within}&household={household}"),
        ),
        "no_answer_cases_list" => find(w.seen("case", at).await, String::new()),
        "emergencies_list" => find(w.seen("emergency", at).await, String::new()),
        "needs_list" => find(w.seen("need", at).await, format!("{within}&elder={elder}")),
        "orders_list" => find(w.seen("accepted", at).await, format!("{within}&elder={elder}")),
        "offers_inbox" => find(w.seen("offered", at).await, String::new()),
        "quality_cases_list" => find(w.seen("quality case", at).await, "status=open".to_owned()),
        "resources_list" if role == Role::Provider => {
            find(w.provider(at).organisation, "takes_orders=true".to_owned())
        }
        "resources_list" => find(w.spot(at).resource, format!("division={}", w.spot(at).division)),
        "stewards_list" => find(w.spot(at).steward.id, String::new()),
        "users_list" => find(w.spot(at).steward.id, "role=steward".to_owned()),
        "jobs_list" => find(w.seen("job", at).await, "state=dead".to_owned()),
        "audit_list" => Look {
            marker: format!("\"elder_id\":\"{elder}\""),
            only_narrowed: false,
            narrowed: format!("elder={elder}"),
        },
        "statistics_figure" => Look {
            marker: COUNTED.to_owned(),
            only_narrowed: true,
            narrowed: format!("month=2024-01&{within}"),
        },
        "statistics_records" | "statistics_records_export" => {
            find(w.seen("need", at).await, format!("month=2024-01&{within}"))
        }
        "statistics_monthly" => Look {
            marker: COUNTED.to_owned(),
            only_narrowed: true,
            narrowed: format!("month=2024-01&division={}", &w.spot(at).division[..9]),
        },
        "elders_import_template" => Look {
            marker: w.spot(at).code.clone(),
            only_narrowed: false,
            narrowed: String::new(),
        },
        "elders_import" => Look {
            marker: "\"created\":1".to_owned(),
            only_narrowed: true,
            narrowed: "dry_run=true".to_owned(),
        },
        "elders_import_error_sheet" => Look {
            marker: String::new(),
            only_narrowed: true,
            narrowed: String::new(),
        },
        other => panic!("{other} has no look"),
    }
}

/// What stands for a figure that is not nought.
const COUNTED: &str = "counted";

/// Whether the list holds the thing; what else it says.
pub async fn holds(
    w: &mut World,
    (method, path): (&str, &str),
    list: &List,
    (asker, role): (usize, Role),
    at: At,
) -> (u16, bool, String) {
    let look = look(w, list, role, at).await;
    if list.operation == "audit_list" {
        w.city.service.state.trail.append(Vec::new()).await.unwrap();
    }
    let path = path.replace("{code}", "needs");
    let base = if path.contains("/indicators/") {
        "month=2024-01"
    } else {
        ""
    };
    let limit = if path.ends_with("/export") || method == "POST" || look.marker == COUNTED {
        ""
    } else {
        "&limit=200"
    };
    let mut queries = vec![look.narrowed.as_str()];
    if !look.only_narrowed && look.narrowed != base {
        queries.push(base);
    }
    let body = match list.operation {
        "elders_import" | "elders_import_error_sheet" => Some(workbook(w, at)),
        _ => None,
    };
    let (mut all, mut held) = (String::new(), Vec::new());
    for query in queries {
        let path = format!("{path}?{query}{limit}");
        let mut request = w.askers[asker]
            .person
            .request(method.parse::<Method>().unwrap(), &path);
        if let Some(body) = &body {
            request = request.body(body.clone());
        }
        let response = request.send().await.expect("the service answers");
        let status = response.status().as_u16();
        let bytes = response.bytes().await.expect("an answer");
        let text = text(&bytes);
        // No row has to be sent back: the list of this community is taken.
        if text.contains("\"nothing_to_correct\"") {
            return (200, true, text);
        }
        if status >= 300 {
            return (status, false, text);
        }
        held.push(match list.operation {
            "elders_import_error_sheet" => false,
            "statistics_figure" | "statistics_monthly" => counts(&serde_json::from_str(&text).unwrap()),
            _ => text.contains(&look.marker),
        });
        // A row of the trail that belongs to no area may name ids in its detail: they open nothing.
        if list.operation != "audit_list" {
            all.push_str(&text);
        }
    }
    let first = held[0];
    assert!(
        held.iter().all(|h| *h == first),
        "{} as {role:?} about {at:?}: narrowed it says something else",
        list.operation
    );
    (200, first, all)
}

/// An enrolment list with one elder of the place's community.
fn workbook(w: &mut World, at: At) -> Vec<u8> {
    let serial = w.serial();
    list(&[row(&w.spot(at).code, serial)])
}

/// What an answer says: JSON as it is, a workbook as the texts of its cells.
fn text(bytes: &[u8]) -> String {
    if !bytes.starts_with(b"PK") {
        return String::from_utf8_lossy(bytes).into_owned();
    }
    let mut book = Xlsx::new(Cursor::new(bytes.to_vec())).unwrap();
    let cells = book.worksheets();
    let cells = cells.iter().flat_map(|(_, sheet)| sheet.used_cells());
    cells.map(|(_, _, cell)| format!("{cell}\n")).collect()
}

/// Any figure in it is not nought.
fn counts(value: &Value) -> bool {
    match value {
        Value::Object(fields) => fields.iter().any(|(name, value)| {
            matches!(name.as_str(), "numerator" | "denominator" | "count")
                && value.as_f64().is_some_and(|n| n > 0.0)
                || counts(value)
        }),
        Value::Array(all) => all.iter().any(counts),
        _ => false,
    }
}

/// Something of every kind everywhere, so that a list that holds too little is found as well as one that holds too much.
pub async fn fill(w: &mut World, about: &[At]) {
    for at in about {
        for kind in [
            "visit",
            "hazard",
            "case",
            "emergency",
            "need",
            "accepted",
            "offered",
            "quality case",
            "obligation",
        ] {
            w.seen(kind, *at).await;
        }
        w.need(*at, MEALS).await;
    }
}
