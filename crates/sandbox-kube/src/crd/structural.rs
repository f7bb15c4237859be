//! What makes a schema structural (Kubernetes documentation, "Specifying a structural schema"):
//! every field has a type, and what is unsupported is refused.

use serde_json::{Map, Value};

use crate::schema::{Pattern, Schema};
use crate::status::Cause;

/// Fields of OpenAPI that definitions may not use, with what the API server says.
const FORBIDDEN: [(&str, &str); 5] = [
    ("definitions", "definitions is not supported"),
    ("dependencies", "dependencies is not supported"),
    ("patternProperties", "patternProperties is not supported"),
    ("$ref", "$ref is not supported"),
    ("id", "id is not supported"),
];

/// Everything that is wrong with the schema at `path`.
pub(super) fn problems(schema: &Value, path: &str, causes: &mut Vec<Cause>) {
    if let Err(problem) = Schema::compile(schema) {
        let place = format!("{path}{}", problem.place);
        causes.push(Cause::new(
            "FieldValueInvalid",
            place,
            format!("Invalid value: {}", problem.problem),
        ));
        return;
    }
    if schema.get("type").and_then(Value::as_str) != Some("object") {
        let place = format!("{path}.type");
        match schema.get("type").and_then(Value::as_str) {
            None | Some("") => causes.push(Cause::required(place, "must not be empty at the root")),
            Some(other) => causes.push(Cause::invalid(
                place,
                &Value::from(other),
                "must be object at the root",
            )),
        }
    }
    walk(schema, path, true, causes);
    rules(schema, path, causes);
}

fn walk(schema: &Value, path: &str, root: bool, causes: &mut Vec<Cause>) {
    let Value::Object(fields) = schema else {
        return;
    };
    for (name, problem) in FORBIDDEN {
        if fields.get(name).is_some_and(|v| !v.is_null()) && !(name == "id" && root) {
            causes.push(Cause::forbidden(format!("{path}.{name}"), problem));
        }
    }
    let untyped = fields
        .get("type")
        .and_then(Value::as_str)
        .is_none_or(str::is_empty);
    if untyped && !root && !is_flagged(fields) {
        let detail = "must not be empty for specified object fields";
        let detail = if path.ends_with(".items") {
            "must not be empty for specified array items"
        } else {
            detail
        };
        causes.push(Cause::required(format!("{path}.type"), detail));
    }
    if let Some(pattern) = fields.get("pattern").and_then(Value::as_str)
        && !Pattern::new(pattern).is_valid()
    {
        causes.push(Cause::invalid(
            format!("{path}.pattern"),
            &Value::from(pattern),
            "must be a valid regular expression",
        ));
    }
    list_type(fields, path, causes);
    let properties = fields.get("properties").and_then(Value::as_object);
    for (name, child) in properties.into_iter().flatten() {
        walk(child, &format!("{path}.properties[{name}]"), false, causes);
    }
    if let Some(each) = fields.get("additionalProperties").filter(|a| a.is_object()) {
        walk(each, &format!("{path}.additionalProperties"), false, causes);
    }
    if let Some(items) = fields.get("items") {
        walk(items, &format!("{path}.items"), false, causes);
    } else if fields.get("type").and_then(Value::as_str) == Some("array") {
        causes.push(Cause::required(
            format!("{path}.items"),
            "must be specified",
        ));
    }
}

fn is_flagged(fields: &Map<String, Value>) -> bool {
    [
        "x-kubernetes-int-or-string",
        "x-kubernetes-preserve-unknown-fields",
    ]
    .iter()
    .any(|flag| fields.get(*flag).and_then(Value::as_bool).unwrap_or(false))
}

fn list_type(fields: &Map<String, Value>, path: &str, causes: &mut Vec<Cause>) {
    let kind = fields.get("x-kubernetes-list-type").and_then(Value::as_str);
    let place = || format!("{path}.x-kubernetes-list-type");
    match kind {
        None | Some("atomic" | "set") => {}
        Some("map") => {
            let keys = fields
                .get("x-kubernetes-list-map-keys")
                .and_then(Value::as_array);
            if keys.is_none_or(Vec::is_empty) {
                causes.push(Cause::required(
                    format!("{path}.x-kubernetes-list-map-keys"),
                    "must not be empty if x-kubernetes-list-type is map",
                ));
            }
        }
        Some(other) => causes.push(Cause::unsupported(
            place(),
            &Value::from(other),
            &["atomic", "map", "set"],
        )),
    }
}

/// Compiles every rule now: whoever writes a definition wants to know at once.
fn rules(schema: &Value, path: &str, causes: &mut Vec<Cause>) {
    let Ok(compiled) = Schema::compile(schema) else {
        return;
    };
    compiled.structure().each_rule(&mut |rule| {
        if let Err(problem) = rule.check() {
            causes.push(Cause::invalid(
                format!("{path}.x-kubernetes-validations.rule"),
                &Value::from(rule.source()),
                &format!("compilation failed: {problem}"),
            ));
        }
    });
}
