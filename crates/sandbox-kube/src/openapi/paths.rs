//! The operations of documents: kubectl finds a kind by its paths, and whether the server validates fields
//! by the parameters of `PATCH`.

use serde_json::{Map, Value, json};

use super::document::{name_of, reference};
use crate::resource::Resource;

const PATCHES: [&str; 3] = [
    "application/apply-patch+yaml",
    "application/json-patch+json",
    "application/merge-patch+json",
];

/// Adds the paths of a kind.
pub(super) fn add(resource: &Resource, paths: &mut Map<String, Value>) {
    let prefix = if resource.group.is_empty() {
        format!("/api/{}", resource.version)
    } else {
        format!("/apis/{}/{}", resource.group, resource.version)
    };
    let place = if resource.namespaced {
        "/namespaces/{namespace}"
    } else {
        ""
    };
    let all = format!("{prefix}{place}/{}", resource.plural);
    let one = format!("{all}/{{name}}");
    let mut add = |path: String, verbs: &[(&str, &str)]| {
        let served = verbs
            .iter()
            .filter(|(_, verb)| resource.verbs.contains(verb));
        let mut item: Map<String, Value> = served
            .map(|(method, verb)| ((*method).to_owned(), operation(resource, verb)))
            .collect();
        if item.is_empty() {
            return;
        }
        let mut parameters = Vec::new();
        for name in ["namespace", "name"] {
            if path.contains(&format!("{{{name}}}")) {
                parameters.push(parameter(name, "path", "string"));
            }
        }
        item.insert("parameters".to_owned(), Value::Array(parameters));
        paths.insert(path, Value::Object(item));
    };
    add(
        all,
        &[
            ("get", "list"),
            ("post", "create"),
            ("delete", "deletecollection"),
        ],
    );
    let change = [
        ("get", "get"),
        ("put", "update"),
        ("patch", "patch"),
        ("delete", "delete"),
    ];
    add(one.clone(), &change);
    if resource.namespaced {
        add(format!("{prefix}/{}", resource.plural), &[("get", "list")]);
    }
    if resource.subresources.status {
        add(format!("{one}/status"), change.get(..3).unwrap_or_default());
    }
}

fn operation(resource: &Resource, verb: &str) -> Value {
    let name = name_of(resource);
    let answer = if verb == "list" {
        format!("{name}List")
    } else {
        name.clone()
    };
    let action = match verb {
        "create" => "post",
        "update" => "put",
        other => other,
    };
    let mut operation = json!({
        "description": format!("{verb} {}", resource.plural),
        "operationId": format!("{verb}{}{}", capital(&resource.version), resource.kind),
        "responses": {"200": {
            "description": "OK", "content": {"application/json": {"schema": reference(&answer)}},
        }},
        "x-kubernetes-action": action,
        "x-kubernetes-group-version-kind": {
            "group": resource.group, "version": resource.version, "kind": resource.kind,
        },
    });
    let Some(fields) = operation.as_object_mut() else {
        return operation;
    };
    let mut parameters = Vec::new();
    if matches!(verb, "create" | "update" | "patch") {
        for name in ["dryRun", "fieldManager", "fieldValidation"] {
            parameters.push(parameter(name, "query", "string"));
        }
    }
    if verb == "patch" {
        parameters.push(parameter("force", "query", "boolean"));
    }
    fields.insert("parameters".to_owned(), Value::Array(parameters));
    let content: Map<String, Value> = match verb {
        "create" | "update" => Map::from_iter([(
            "application/json".to_owned(),
            json!({"schema": reference(&name)}),
        )]),
        "patch" => {
            let patch = json!({"schema": reference("io.k8s.apimachinery.pkg.apis.meta.v1.Patch")});
            let strategic = "application/strategic-merge-patch+json";
            let media = PATCHES
                .into_iter()
                .chain(resource.crd.is_none().then_some(strategic));
            media
                .map(|media| (media.to_owned(), patch.clone()))
                .collect()
        }
        _ => return operation,
    };
    fields.insert(
        "requestBody".to_owned(),
        json!({"content": content, "required": true}),
    );
    operation
}

fn parameter(name: &str, place: &str, kind: &str) -> Value {
    let mut parameter = json!({
        "name": name, "in": place, "description": description(name),
        "schema": {"type": kind, "uniqueItems": true},
    });
    if let (true, Some(fields)) = (place == "path", parameter.as_object_mut()) {
        fields.insert("required".to_owned(), Value::Bool(true));
    }
    parameter
}

fn description(name: &str) -> &'static str {
    match name {
        "dryRun" => "All to check a change without storing it.",
        "fieldManager" => "Who makes the change.",
        "fieldValidation" => "What to do with unknown fields: Ignore, Warn or Strict.",
        "force" => "Whether to take fields from their owners.",
        "namespace" => "The namespace.",
        _ => "The name of the object.",
    }
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    match chars.next() {
        Some(first) => first.to_uppercase().chain(chars).collect(),
        None => String::new(),
    }
}
