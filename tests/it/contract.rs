//! The contract: generated, committed, complete.

use serde_json::Value;
use std::collections::BTreeSet;
use steward::{app, tx::Role};

/// Every operation of the contract: method, path, what it says of itself.
pub fn operations() -> Vec<(String, String, Value)> {
    let document: Value = serde_json::from_str(&app::openapi_text()).expect("the contract is JSON");
    let mut all = Vec::new();
    for (path, methods) in document["paths"].as_object().expect("paths") {
        for (method, operation) in methods.as_object().expect("methods") {
            all.push((method.to_uppercase(), path.clone(), operation.clone()));
        }
    }
    assert!(!all.is_empty());
    all
}

#[test]
fn the_committed_contract_is_what_the_code_makes() {
    let committed = include_str!("../../api-spec/openapi.json");
    assert!(
        committed == app::openapi_text(),
        "stale: cargo run -- openapi > api-spec/openapi.json"
    );
}

#[test]
fn every_reference_of_the_contract_leads_to_a_schema() {
    let document: Value = serde_json::from_str(&app::openapi_text()).unwrap();
    let text = document.to_string();
    let mut named: Vec<&str> = text.split("\"#/components/schemas/").skip(1).collect();
    assert!(!named.is_empty());
    named
        .iter_mut()
        .for_each(|rest| *rest = rest.split('"').next().unwrap());
    named.retain(|name| document["components"]["schemas"][*name].is_null());
    assert_eq!(named, [""; 0]);
}

#[test]
fn every_operation_says_who_may_what_it_answers_and_how_it_refuses() {
    let mut ids = BTreeSet::new();
    for (method, path, operation) in operations() {
        let at = format!("{method} {path}");
        assert!(
            operation["summary"].as_str().is_some_and(|s| !s.is_empty()),
            "{at}: no summary"
        );
        let id = operation["operationId"]
            .as_str()
            .expect("an operation id")
            .to_owned();
        assert!(ids.insert(id.clone()), "{at}: operation id {id} is taken");
        let roles = operation["x-roles"]
            .as_array()
            .unwrap_or_else(|| panic!("{at}: no x-roles"));
        for role in roles {
            assert!(
                Role::ALL.iter().any(|r| role == r.as_str()),
                "{at}: {role} is no role"
            );
        }
        let responses = operation["responses"].as_object().expect("responses");
        let success = responses
            .iter()
            .find(|(status, _)| status.starts_with('2'))
            .unwrap_or_else(|| panic!("{at}: no success"));
        let content = &success.1["content"];
        if !content["application/json"].is_null() {
            assert!(
                !content["application/json"]["example"].is_null(),
                "{at}: no example"
            );
        }
        for (status, response) in responses {
            assert!(
                !response.to_string().contains("undeclared"),
                "{at}: {status} has a code that no domain declares"
            );
        }
    }
}
