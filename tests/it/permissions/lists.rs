//! What lists, figures and workbooks hold: for each the thing by which it is recognised, and how it is narrowed to it.

use super::{
    rows::Reach,
    world::{At, MEALS, World},
};
use crate::{
    elder_import::{list, row},
    resource_import,
};
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
    area("campaigns_list", "campaign"),
    area("visits_list", "visit"),
    area("hazards_list", "hazard"),
    area("hazards_by_building", "building with a hazard"),
    area("hazards_map", "compound with a hazard"),
    area("no_answer_cases_list", "shut door"),
    area("emergencies_list", "emergency"),
    area("duty_shifts_list", "shift of a district"),
    area("duty_shifts_gaps", "gap in a district's roster"),
    area("needs_list", "need"),
    area("orders_list", "order"),
    area("offers_inbox", "order before the organisation"),
    area("disputes_list", "dispute"),
    area("followups_due", "completed order"),
    area("second_asks_list", "survey to be asked again"),
    area("second_asks_gap", "steward whose survey was drawn"),
    area("quality_cases_list", "quality case"),
    area("assessments_due", "assessment"),
    area("care_beds_list", "care bed"),
    area("care_bed_findings_list", "finding at a care bed"),
    List {
        operation: "resources_list",
        about: "organisation",
        reach: Reach::Library,
    },
    area("resources_import_template", "division"),
    area("resources_import", "division"),
    area("resources_import_error_sheet", "division"),
    List {
        operation: "resource_agreements_list",
        about: "agreement",
        reach: Reach::Library,
    },
    area("resource_changes_list", "change of an entry"),
    area("service_gaps_supply", "division"),
    area("service_gaps_unmet", "division"),
    area("stewards_list", "steward"),
    area("leaves_list", "leave"),
    area("stewards_load", "steward"),
    city("users_list", "steward"),
    area("alerts_list", "alert"),
    city("webhooks_list", "webhook"),
    city("jobs_list", "dead letter"),
    area("policies_to_do", "elder"),
    area("policy_applications_list", "application"),
    area("publicity_events_list", "publicity event"),
    area("sync_profile_conflicts", "conflict in a file"),
    area("sync_tickets_list", "ticket of a phone"),
    area("audit_list", "elder"),
    // After the trail: it writes a row for each elder.
    area("sync_caseload", "elder"),
    area("statistics_figure", "count of needs"),
    area("statistics_records", "need"),
    area("statistics_records_export", "need"),
    area("statistics_monthly", "count of a division"),
    area("statistics_weekly", "community"),
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
        "campaigns_list" => find(w.seen("campaign", at).await, String::new()),
        "visits_list" => find(w.seen("visit", at).await, format!("household={household}")),
        "hazards_list" => find(
            w.seen("hazard", at).await,
            format!("{within}&household={household}"),
        ),
        "hazards_by_building" => Look {
            marker: community.to_string(),
            only_narrowed: true,
            narrowed: within,
        },
        "hazards_map" => find(community, String::new()),
        "no_answer_cases_list" => find(w.seen("case", at).await, String::new()),
        "duty_shifts_list" => find(
            w.seen("shift", at).await,
            format!("division={}", &w.spot(at).division[..6]),
        ),
        "duty_shifts_gaps" => Look {
            marker: format!("\"division\":\"{}\"", &w.spot(at).division[..6]),
            only_narrowed: false,
            narrowed: "days=31".to_owned(),
        },
        "emergencies_list" => find(w.seen("emergency", at).await, String::new()),
        "needs_list" => find(w.seen("need", at).await, format!("{within}&elder={elder}")),
        "orders_list" => find(w.seen("accepted", at).await, format!("{within}&elder={elder}")),
        "offers_inbox" => find(w.seen("offered", at).await, String::new()),
        "disputes_list" => find(w.seen("dispute", at).await, "status=open".to_owned()),
        "followups_due" => find(w.seen("completed", at).await, String::new()),
        "second_asks_list" => find(w.seen("second ask", at).await, String::new()),
        // Whose survey it was has the survey's id.
        "second_asks_gap" => Look {
            marker: w.seen("second ask", at).await.to_string(),
            only_narrowed: true,
            narrowed: "month=2024-01&by=steward".to_owned(),
        },
        "quality_cases_list" => find(w.seen("quality case", at).await, "status=open".to_owned()),
        "assessments_due" => Look {
            marker: w.seen("assessment", at).await.to_string(),
            only_narrowed: true,
            narrowed: "until=2030-01-01&limit=200".to_owned(),
        },
        "care_beds_list" => find(
            w.seen("care bed in_service", at).await,
            format!("{within}&status=in_service"),
        ),
        "care_bed_findings_list" => find(w.seen("finding", at).await, format!("{within}&status=open")),
        "resources_list" if role == Role::Provider => {
            find(w.provider(at).organisation, "takes_orders=true".to_owned())
        }
        "resources_list" => find(w.spot(at).resource, format!("division={}", w.spot(at).division)),
        "resource_agreements_list" => {
            let party = match role {
                Role::Provider => w.provider(at).organisation,
                _ => w.spot(at).resource,
            };
            find(w.seen("agreement", at).await, format!("resource={party}"))
        }
        "resource_changes_list" => {
            let kind = match role {
                Role::Provider => "change of a provider",
                _ => "change",
            };
            find(w.seen(kind, at).await, "status=pending".to_owned())
        }
        "service_gaps_supply" | "service_gaps_unmet" => Look {
            marker: w.spot(at).division.to_owned(),
            only_narrowed: false,
            narrowed: format!("division={}", w.spot(at).division),
        },
        "resources_import_template" => Look {
            marker: w.spot(at).division[..9].to_owned(),
            only_narrowed: false,
            narrowed: String::new(),
        },
        "stewards_list" | "stewards_load" => find(w.spot(at).steward.id, String::new()),
        "leaves_list" => find(w.seen("leave", at).await, String::new()),
        "users_list" => find(w.spot(at).steward.id, "role=steward".to_owned()),
        "alerts_list" => find(w.seen("alert", at).await, "unseen=true".to_owned()),
        "webhooks_list" => find(w.seen("webhook", at).await, String::new()),
        "jobs_list" => find(w.seen("job", at).await, "state=dead".to_owned()),
        "policies_to_do" => {
            let policy = w.policy().await;
            find(w.seen("elder", at).await, format!("{within}&policy={policy}"))
        }
        "policy_applications_list" => find(w.seen("application", at).await, "status=applied".to_owned()),
        "publicity_events_list" => find(w.seen("publicity event", at).await, within),
        "sync_caseload" => find(w.seen("elder", at).await, String::new()),
        "sync_profile_conflicts" => find(w.seen("conflict", at).await, String::new()),
        "sync_tickets_list" => find(w.seen("ticket", at).await, String::new()),
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
        "statistics_weekly" => find(community, within),
        "elders_import_template" => Look {
            marker: w.spot(at).code.clone(),
            only_narrowed: false,
            narrowed: String::new(),
        },
        "elders_import" | "resources_import" => Look {
            marker: "\"created\":1".to_owned(),
            only_narrowed: true,
            narrowed: "dry_run=true".to_owned(),
        },
        "elders_import_error_sheet" | "resources_import_error_sheet" => Look {
            marker: String::new(),
            only_narrowed: true,
            narrowed: String::new(),
        },
        other => panic!("{other} has no look"),
    }
}

/// What stands for a figure that is not nought.
const COUNTED: &str = "a figure";

/// What a list says.
pub struct Held {
    /// The answer's status.
    pub status: u16,
    /// Whether it holds the thing: narrowed to it, and whole where that can be told.
    pub held: Vec<bool>,
    /// Everything that it says.
    pub text: String,
}

/// Asks for a list, narrowed and whole; `whole` remembers the latter for the same asker.
pub async fn holds(
    w: &mut World,
    (method, path): (&str, &str),
    list: &List,
    asker: usize,
    at: At,
    whole: &mut Option<String>,
) -> Held {
    let look = look(w, list, w.askers[asker].role, at).await;
    let body = match list.operation {
        "elders_import" | "elders_import_error_sheet" => Some(workbook(w, at)),
        "resources_import" | "resources_import_error_sheet" => Some(library(w, at)),
        "audit_list" => {
            w.city.service.state.trail.append(Vec::new()).await.unwrap();
            None
        }
        _ => None,
    };
    let path = path.replace("{code}", "needs").replace("{week}", "2024-W02");
    let ask = async |query: &str| {
        let person = &w.askers[asker].person;
        let request = person.request(method.parse::<Method>().unwrap(), &format!("{path}?{query}"));
        let response = match &body {
            Some(body) => request.body(body.clone()).send().await,
            None => request.send().await,
        };
        let response = response.expect("the service answers");
        let status = response.status().as_u16();
        (status, text(&response.bytes().await.expect("an answer")))
    };
    let paged = if path.ends_with("/export") || method == "POST" || look.only_narrowed {
        ""
    } else {
        "&limit=200"
    };
    let (status, narrowed) = ask(&format!("{}{paged}", look.narrowed)).await;
    // No row has to be sent back: the list of this community is taken.
    let taken = narrowed.contains("\"nothing_to_correct\"");
    if taken || status >= 300 {
        let held = if taken { vec![true] } else { Vec::new() };
        let status = if taken { 200 } else { status };
        return Held {
            status,
            held,
            text: narrowed,
        };
    }
    let mut held = vec![match list.operation {
        "elders_import_error_sheet" | "resources_import_error_sheet" => false,
        "statistics_figure" | "statistics_monthly" => counts(&serde_json::from_str(&narrowed).unwrap()),
        _ => narrowed.contains(&look.marker),
    }];
    if !look.only_narrowed {
        if whole.is_none() {
            let month = if path.contains("/indicators/") {
                "month=2024-01"
            } else {
                ""
            };
            *whole = Some(ask(&format!("{month}{paged}")).await.1);
        }
        held.extend(whole.as_ref().map(|whole| whole.contains(&look.marker)));
    }
    // A row of the trail that belongs to no area may name ids in its detail: they open nothing.
    let text = match list.operation {
        "audit_list" => String::new(),
        _ => narrowed + whole.as_deref().unwrap_or_default(),
    };
    Held { status, held, text }
}

/// An enrolment list with one elder of the place's community.
fn workbook(w: &mut World, at: At) -> Vec<u8> {
    let serial = w.serial();
    list(&[row(&w.spot(at).code, serial)])
}

/// A list with one organisation that serves the place's division.
fn library(w: &mut World, at: At) -> Vec<u8> {
    let code = w.credit_code();
    resource_import::list(&[resource_import::row(&code, &w.spot(at).division[..9])])
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
            "elder",
            "alert",
            "webhook",
            "job",
            "visit",
            "hazard",
            "case",
            "emergency",
            "shift",
            "need",
            "accepted",
            "offered",
            "quality case",
            "assessment",
            "care bed in_service",
            "finding",
            "completed",
            "second ask",
            "dispute",
            "obligation",
            "unmet",
            "agreement",
            "change",
            "change of a provider",
            "leave",
            "weekly visit",
            "campaign",
            "application",
            "publicity event",
            "conflict",
            "ticket",
        ] {
            w.seen(kind, *at).await;
        }
    }
    // Last, so that the first page of the whole trail has a row of every place's elder.
    for at in about {
        w.need(*at, MEALS).await;
    }
}
