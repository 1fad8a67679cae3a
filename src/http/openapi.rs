//! The contract: what the handlers' annotations say, completed with what every operation has in common.
//!
//! An operation names its roles in `x-roles` and its own error codes in `x-errors`; the rest (security, common errors,
//! `Idempotency-Key`, `If-Match`, an example of the answer) is added here, so that it cannot be forgotten.

use crate::error::{self, Code};
use serde_json::{Map, Value, json};

/// Codes that only operations of some kind answer with.
const ON_EDIT: &[Code] = &[error::STALE, error::PRECONDITION_REQUIRED];
const ON_POST: &[Code] = &[error::IDEMPOTENCY_MISMATCH, error::TOO_LARGE];

/// A schema, drawn as an example value.
pub struct Example;

/// Completes the document that the handlers' annotations gave. `codes` are the domains' own error codes.
pub fn document(openapi: &utoipa::openapi::OpenApi, codes: &[&[Code]]) -> Value {
    let mut doc = serde_json::to_value(openapi).unwrap_or_default();
    doc["info"] = json!({
        "title": "happy-aging steward",
        "version": env!("CARGO_PKG_VERSION"),
        "description": "How a city looks after its elders at home: enrolment, visits, needs, orders, follow-ups and the figures of the month. \
                        Conventions and known quirks are in api-spec/README.md.",
        "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
    });
    doc["servers"] = json!([{ "url": "/" }]);
    let schemas = doc["components"]["schemas"].clone();
    let known: Vec<Code> = codes
        .iter()
        .copied()
        .chain([error::COMMON])
        .flat_map(|domain| domain.iter().copied())
        .collect();
    if let Some(paths) = doc["paths"].as_object_mut() {
        for methods in paths.values_mut().filter_map(Value::as_object_mut) {
            for (method, operation) in methods.iter_mut() {
                complete(method, operation, &known, &schemas);
            }
        }
    }
    doc["components"]["securitySchemes"] = json!({ "bearer": { "type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description": "Access token of /auth/login, 15 minutes" } });
    doc
}

fn complete(method: &str, operation: &mut Value, known: &[Code], schemas: &Value) {
    let names = |key: &str| -> Vec<String> {
        operation[key]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect()
    };
    let (roles, errors) = (names("x-roles"), names("x-errors"));
    let public = roles.is_empty();
    let mut codes: Vec<Code> = errors
        .iter()
        .map(|name| {
            // A code that no domain declares shows in the contract's test as an empty title.
            known
                .iter()
                .find(|c| c.name == name)
                .copied()
                .unwrap_or(Code::new(500, "undeclared", ""))
        })
        .collect();
    codes.extend(
        error::COMMON
            .iter()
            .filter(|c| !(public && matches!(c.status, 401 | 403))),
    );
    let edits = operation["x-edits"] == Value::Bool(true);
    if edits {
        codes.extend(ON_EDIT);
    }
    if method == "post" {
        codes.extend(ON_POST);
    }
    let takes_body = operation.get("requestBody").is_some();
    if !public {
        operation["security"] = json!([{ "bearer": [] }]);
    }
    let parameters = operation
        .as_object_mut()
        .map(|o| o.entry("parameters").or_insert_with(|| json!([])));
    if let Some(parameters) = parameters.and_then(Value::as_array_mut) {
        if method == "post" && !public {
            parameters.push(header(
                "Idempotency-Key",
                "uuid",
                false,
                "The same key with the same request gives the first answer again",
            ));
        }
        if edits {
            parameters.push(header(
                "If-Match",
                "",
                true,
                "The ETag of the version that is edited",
            ));
        }
    }
    if takes_body && let Some(content) = operation["requestBody"]["content"].as_object_mut() {
        add_examples(content, schemas);
    }
    if let Some(responses) = operation["responses"].as_object_mut() {
        for response in responses.values_mut() {
            if let Some(content) = response.get_mut("content").and_then(Value::as_object_mut) {
                add_examples(content, schemas);
            }
        }
        add_errors(responses, &codes);
    }
}

fn header(name: &str, format: &str, required: bool, description: &str) -> Value {
    let mut schema = json!({ "type": "string" });
    if !format.is_empty() {
        schema["format"] = json!(format);
    }
    json!({ "name": name, "in": "header", "required": required, "description": description, "schema": schema })
}

fn add_errors(responses: &mut Map<String, Value>, codes: &[Code]) {
    let mut statuses: Vec<u16> = codes.iter().map(|c| c.status).collect();
    statuses.sort_unstable();
    statuses.dedup();
    for status in statuses {
        let mut of_status: Vec<&Code> = codes.iter().filter(|c| c.status == status).collect();
        of_status.sort_unstable_by_key(|c| c.name);
        of_status.dedup();
        let description = of_status
            .iter()
            .map(|c| format!("`{}` {}", c.name, c.title))
            .collect::<Vec<_>>()
            .join("; ");
        let examples: Map<String, Value> = of_status
            .iter()
            .map(|c| {
                let body = json!({ "type": format!("/api/docs#{}", c.name), "title": c.title, "status": c.status, "code": c.name,
                                   "request_id": "018d0000-0000-7000-8000-000000000000" });
                (c.name.to_owned(), json!({ "value": body }))
            })
            .collect();
        responses.insert(
            status.to_string(),
            json!({ "description": description,
                    "content": { "application/problem+json": { "schema": { "$ref": "#/components/schemas/ProblemBody" }, "examples": examples } } }),
        );
    }
}

fn add_examples(content: &mut Map<String, Value>, schemas: &Value) {
    for (media, body) in content.iter_mut() {
        if media == "application/json" && body.get("example").is_none() && body.get("schema").is_some() {
            body["example"] = Example::of(&body["schema"], schemas, 0);
        }
    }
}

impl Example {
    /// A value that fits the schema: its own examples where it has them, else the simplest that fits.
    pub fn of(schema: &Value, schemas: &Value, depth: u8) -> Value {
        if depth > 8 {
            return Value::Null;
        }
        if let Some(name) = schema["$ref"].as_str().and_then(|r| r.rsplit('/').next()) {
            return Self::of(&schemas[name], schemas, depth + 1);
        }
        if let Some(example) = schema.get("example") {
            return example.clone();
        }
        if let Some(first) = schema["enum"].get(0).or_else(|| schema.get("const")) {
            return first.clone();
        }
        for key in ["oneOf", "anyOf"] {
            if let Some(first) = schema[key]
                .as_array()
                .and_then(|all| all.iter().find(|s| s["type"] != "null"))
            {
                return Self::of(first, schemas, depth + 1);
            }
        }
        if let Some(parts) = schema["allOf"].as_array() {
            let mut merged = Map::new();
            for part in parts {
                if let Value::Object(fields) = Self::of(part, schemas, depth + 1) {
                    merged.extend(fields);
                }
            }
            return Value::Object(merged);
        }
        let kind = match &schema["type"] {
            Value::Array(kinds) => kinds.iter().find(|k| *k != "null").cloned().unwrap_or_default(),
            other => other.clone(),
        };
        match (kind.as_str(), schema["format"].as_str()) {
            (Some("object"), _) => Value::Object(
                schema["properties"]
                    .as_object()
                    .into_iter()
                    .flatten()
                    .map(|(name, property)| (name.clone(), Self::of(property, schemas, depth + 1)))
                    .collect(),
            ),
            (Some("array"), _) => json!([Self::of(&schema["items"], schemas, depth + 1)]),
            (Some("string"), Some("uuid")) => json!("018d0000-0000-7000-8000-000000000001"),
            (Some("string"), Some("date-time")) => json!("2024-01-15T01:30:00Z"),
            (Some("string"), Some("date")) => json!("2024-01-15"),
            (Some("string"), _) => json!("…"),
            (Some("integer"), _) => schema.get("minimum").cloned().unwrap_or(json!(1)),
            (Some("number"), _) => json!(1.5),
            (Some("boolean"), _) => json!(true),
            _ => Value::Null,
        }
    }
}
