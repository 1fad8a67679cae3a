//! Every operation as every role about what is the caller's own, in the same area, in a foreign area, and another organisation's.

use super::{
    calls::{Call, call},
    keep,
    lists::{Held, LISTS, List, fill, holds},
    rows::{ABOUT_NOTHING, Outcome, ROWS, Reach, Row},
    world::{At, Firm, HERE, Place, World},
};
use crate::{contract::operations, support::Person};
use futures_util::future::join_all;
use reqwest::Method;
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
};
use steward::tx::Role;

const HEADER: &str = "\
Who may do what about which thing. Each role has a column for each place that the thing can be in:

  own    steward: in a community that they serve. Officer, duty desk, auditor: in the district that is theirs. Provider: an order of
         their organisation. Administrator: the same place, they have no area.
  near   in another steward's community of the same district.
  far    in another district.
  other  an order, or a worker, of another organisation.

  yes    it is done, or shown.
  404    \"there is no such thing\": the caller may not know that it exists.
  403    the caller may know of it, but it is not theirs to do.
  409    the id that the phone made stands for something else already; nothing is told of that.
  422    what is named besides does not go with it; the answer is the same whether it exists or not.
  -      the role is not let in at all.
  ·      the thing lies nowhere and is nobody's: one column says it.

";

const LISTS_HEADER: &str = "\
What lists, figures and workbooks hold: \"yes\" where the thing is among them, \"no\" where it is not, also when the list is narrowed
to it. Columns as in the table above; a list that does not let the role in has \"-\".

";

fn columns(w: &World) -> String {
    let (mut roles, mut places) = (format!("{:<58}", ""), format!("{:<58}", "operation: about"));
    for asker in &w.askers {
        let width = asker.about.len() * 6 - 1;
        let _ = write!(roles, "| {:<width$}", asker.role.as_str());
        places.push_str("| ");
        for (n, (place, firm)) in asker.about.iter().enumerate() {
            let name = match (place, firm) {
                (_, Firm::Other) => "other",
                (Place::Own, _) => "own",
                (Place::Near, _) => "near",
                (Place::Far, _) => "far",
            };
            let width = if n + 1 == asker.about.len() { 5 } else { 6 };
            let _ = write!(places, "{name:<width$}");
        }
    }
    format!("{roles}|\n{places}|\n")
}

fn line(w: &World, name: &str, cells: &[Vec<String>], summary: &str) -> String {
    let mut line = format!("{name:<58}");
    for (asker, cells) in w.askers.iter().zip(cells) {
        line.push_str("| ");
        for n in 0..asker.about.len() {
            let cell = cells.get(n).map_or("·", String::as_str);
            let width = if n + 1 == asker.about.len() { 5 } else { 6 };
            let _ = write!(line, "{cell:<width$}");
        }
    }
    format!("{line}| {summary}\n")
}

struct Operation {
    method: String,
    path: String,
    roles: BTreeSet<String>,
    summary: String,
    body: bool,
}

fn contract() -> BTreeMap<String, Operation> {
    operations()
        .into_iter()
        .map(|(method, path, operation)| {
            let roles = operation["x-roles"].as_array().expect("roles");
            let told = Operation {
                method,
                path,
                roles: roles.iter().map(|r| r.as_str().unwrap().to_owned()).collect(),
                summary: operation["summary"].as_str().expect("a summary").to_owned(),
                body: !operation["requestBody"].is_null(),
            };
            (operation["operationId"].as_str().unwrap().to_owned(), told)
        })
        .collect()
}

#[test]
fn every_operation_of_the_contract_is_in_a_table_or_on_the_list_of_those_about_nothing() {
    let contract = contract();
    let rows: BTreeSet<_> = ROWS.iter().map(|r| r.operation).collect();
    let lists: BTreeSet<_> = LISTS.iter().map(|l| l.operation).collect();
    let nothing: BTreeSet<_> = ABOUT_NOTHING.iter().map(|(operation, _)| *operation).collect();
    for (operation, Operation { method, path, .. }) in &contract {
        let of = [&rows, &lists, &nothing]
            .iter()
            .filter(|all| all.contains(operation.as_str()))
            .count();
        assert_eq!(
            of, 1,
            "{operation} ({method} {path}) must stand in one of the three"
        );
    }
    for named in rows.iter().chain(&lists).chain(&nothing) {
        assert!(contract.contains_key(*named), "{named} is no operation any more");
    }
    assert!(
        nothing.len() <= 13,
        "the list of those about nothing may only shrink"
    );
}

/// Sends a call; gives the status and what was said.
async fn send(person: &Person, operation: &Operation, call: &Call) -> (u16, String) {
    let mut path = operation.path.clone();
    for (name, value) in &call.path {
        path = path.replace(&format!("{{{name}}}"), value);
    }
    assert!(!path.contains('{'), "{path} has a parameter left");
    if !call.query.is_empty() {
        path = format!("{path}?{}", call.query);
    }
    let method: Method = operation.method.parse().expect("a method");
    let mut request = person.request(method, &path);
    if let Some(etag) = &call.etag {
        request = request.header("if-match", etag);
    }
    if let Some(after) = call.after {
        request = request.header("last-event-id", after.to_string());
    }
    if let Some(body) = &call.body {
        request = request.json(body);
    }
    assert_eq!(operation.body, call.body.is_some(), "{path}: a body or none");
    let response = request.send().await.expect("the service answers");
    let status = response.status().as_u16();
    if response
        .headers()
        .get("content-type")
        .is_some_and(|media| media == "text/event-stream")
    {
        // It has no end: what streams hold has tests of its own.
        return (status, String::new());
    }
    let bytes = response.bytes().await.expect("an answer");
    (status, String::from_utf8_lossy(&bytes).into_owned())
}

/// What a refusal tells, but for the request that it belongs to.
fn told(refusal: &str) -> Value {
    let mut refusal: Value = serde_json::from_str(refusal).expect("a refusal is JSON");
    refusal["request_id"].take();
    refusal
}

/// One cell: what comes of a call, and what is wrong with that.
async fn cell(
    w: &World,
    row: &Row,
    operation: &Operation,
    asker: usize,
    (at, call): (At, &Call),
) -> (Outcome, Vec<String>) {
    let role = w.askers[asker].role;
    let (status, text) = send(&w.askers[asker].person, operation, call).await;
    let (outcome, expected) = (Outcome::of(status), row.reach.expected(role, at));
    let mut wrong = Vec::new();
    if outcome != expected {
        wrong.push(format!("must be {}", expected.word()));
    }
    let leaks = w.leaks(role, &text);
    if !leaks.is_empty() && (outcome != Outcome::Yes || row.reach == Reach::Area) {
        wrong.push(format!("tells of {leaks:?}"));
    }
    if let (Outcome::Unknown | Outcome::Unfit, Some(nothing)) = (outcome, call.about_nothing()) {
        let (_, nowhere) = send(&w.askers[asker].person, operation, &nothing).await;
        if told(&text) != told(&nowhere) {
            wrong.push(format!("differs from what is nowhere, {nowhere:.300}"));
        }
    }
    // A provider's refusal puts the order before the other one.
    let goes_on = row.operation == "orders_decline";
    let stranger = w.strangers.iter().find(|(of, _)| *of == role);
    if let (Outcome::Yes, Reach::Area, false, Some((_, stranger))) = (outcome, row.reach, goes_on, stranger) {
        // What has been done is not told to who may not know of it: "it has ended" would say that it is there.
        let (status, text) = send(stranger, operation, call).await;
        let id_is_taken = call.path.is_empty() && status == 409;
        if Outcome::of(status) != Outcome::Unknown && !id_is_taken {
            wrong.push(format!("a stranger is told afterwards {status} {text:.300}"));
        }
    }
    let (name, about) = (row.operation, row.about);
    let wrong = wrong.into_iter();
    let wrong =
        wrong.map(|why| format!("{name} about {about}, {role:?} {at:?}: {why}: {status} {text:.300}"));
    (outcome, wrong.collect())
}

/// The cells of a row, and what is wrong with them.
async fn cells(w: &mut World, row: &Row, operation: &Operation, wrong: &mut Vec<String>) -> Vec<Vec<String>> {
    let mut all = Vec::new();
    // A call that changed nothing is used again.
    let mut ready: BTreeMap<(At, bool), Call> = BTreeMap::new();
    for asker in 0..w.askers.len() {
        let (role, about) = (w.askers[asker].role, w.askers[asker].about);
        let let_in = operation.roles.contains(role.as_str());
        let mut cells = vec!["-".to_owned(); if row.placed { about.len() } else { 1 }];
        for (n, at) in (0..cells.len()).zip(about) {
            let key = (*at, role == Role::Provider);
            let call = match ready.remove(&key) {
                Some(call) => call,
                None => call(w, row, role, *at).await,
            };
            if !let_in {
                let (status, text) = send(&w.askers[asker].person, operation, &call).await;
                if status != 403 || !text.contains("\"forbidden\"") {
                    wrong.push(format!(
                        "{}: {role:?} is let in: {status} {text:.300}",
                        row.operation
                    ));
                }
                ready.insert(key, call);
                break;
            }
            let (outcome, faults) = cell(w, row, operation, asker, (*at, &call)).await;
            wrong.extend(faults);
            if outcome != Outcome::Yes || operation.method == "GET" {
                ready.insert(key, call);
            }
            cells[n] = outcome.word();
        }
        all.push(cells);
    }
    all
}

#[actix_web::test]
async fn every_operation_does_for_each_role_what_the_table_says_about_own_near_far_and_others_things() {
    let contract = &contract();
    // A city for each part of the table: they wait for their databases at the same time.
    let parts = ROWS.chunks(ROWS.len().div_ceil(4)).map(async |rows| {
        let mut w = World::new().await;
        w.freeze().await;
        let (mut lines, mut wrong) = (String::new(), Vec::new());
        for row in rows {
            let operation = &contract[row.operation];
            let cells = cells(&mut w, row, operation, &mut wrong).await;
            let name = format!("{}: {}", row.operation, row.about);
            lines.push_str(&line(&w, &name, &cells, &operation.summary));
        }
        let columns = columns(&w);
        w.city.stop().await;
        (columns, lines, wrong)
    });
    let (mut table, mut wrong) = (HEADER.to_owned(), Vec::new());
    for (n, (columns, lines, faults)) in join_all(parts).await.into_iter().enumerate() {
        if n == 0 {
            table.push_str(&columns);
        }
        table.push_str(&lines);
        wrong.extend(faults);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    keep("things_by_role_and_place", &table);
}

/// The cells of a list, and what is wrong with them.
async fn list_cells(
    w: &mut World,
    list: &List,
    operation: &Operation,
    wrong: &mut Vec<String>,
) -> Vec<Vec<String>> {
    let mut all = Vec::new();
    for asker in 0..w.askers.len() {
        let (role, about) = (w.askers[asker].role, w.askers[asker].about);
        let let_in = operation.roles.contains(role.as_str());
        let (mut cells, mut whole) = (vec!["-".to_owned(); about.len()], None);
        for (cell, at) in cells.iter_mut().zip(about) {
            let on = (operation.method.as_str(), operation.path.as_str());
            let Held { status, held, text } = holds(w, on, list, asker, *at, &mut whole).await;
            let mut fault = |why: String| {
                wrong.push(format!(
                    "{}, {role:?} {at:?}: {why}: {status} {text:.300}",
                    list.operation
                ));
            };
            if !let_in {
                if status != 403 {
                    fault("is let in".to_owned());
                }
                break;
            }
            let expected = list.reach.expected(role, *at) == Outcome::Yes;
            if status != 200 || held.is_empty() || held.iter().any(|held| *held != expected) {
                fault(format!(
                    "whole and narrowed it must hold it: {expected}, and does {held:?}"
                ));
            }
            let leaks = w.leaks(role, &text);
            if list.reach == Reach::Area && !leaks.is_empty() {
                fault(format!("tells of {leaks:?}"));
            }
            *cell = if held.contains(&true) { "yes" } else { "no" }.to_owned();
        }
        all.push(cells);
    }
    all
}

#[actix_web::test]
async fn every_list_holds_for_each_role_what_they_may_know_of_and_nothing_else() {
    let contract = contract();
    let mut w = World::new().await;
    let about: BTreeSet<At> = w.askers.iter().flat_map(|a| a.about).copied().collect();
    fill(&mut w, &about.into_iter().collect::<Vec<_>>()).await;
    let (mut table, mut wrong) = (format!("{LISTS_HEADER}{}", columns(&w)), Vec::new());
    for list in LISTS {
        let operation = &contract[list.operation];
        let cells = list_cells(&mut w, list, operation, &mut wrong).await;
        let name = format!("{}: {}", list.operation, list.about);
        table.push_str(&line(&w, &name, &cells, &operation.summary));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    keep("lists_by_role_and_place", &table);
    w.city.stop().await;
}

#[actix_web::test]
async fn a_provider_cannot_find_out_whose_an_order_is_by_asking_for_an_elders_orders() {
    let mut w = World::new().await;
    let elder = w.spot(HERE).elder;
    let (before, taken) = (w.make("offered", HERE).await, w.make("accepted", HERE).await);
    let of_elder = format!("/api/v1/orders?elder={elder}");
    let ids = |list: Value| -> BTreeSet<String> {
        let items = list["items"].as_array().unwrap().iter();
        items.map(|o| o["id"].as_str().unwrap().to_owned()).collect()
    };
    let provider = &w.provider(HERE).person;
    let all = ids(provider.get("/api/v1/orders").await.expect(200));
    assert_eq!(all, [before.to_string(), taken.to_string()].into());
    assert_eq!(
        ids(provider.get(&of_elder).await.expect(200)),
        [taken.to_string()].into()
    );
    assert_eq!(ids(w.spot(HERE).steward.get(&of_elder).await.expect(200)), all);
    w.city.stop().await;
}
