//! Reviews: what may somebody do, and who is somebody.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::{Response, StatusCode};
use serde_json::{Map, Value, json};

use super::{Ask, admit, body};
use crate::answer;
use crate::rbac::{self, Rule};
use crate::resource::Resource;
use crate::status::Status;
use crate::user::{Attributes, User};

/// Whether the kind is one that is answered instead of kept.
pub(super) fn is_review(resource: &Resource) -> bool {
    resource.crd.is_none()
        && matches!(
            resource.group.as_str(),
            "authorization.k8s.io" | "authentication.k8s.io"
        )
}

/// Answers a review.
pub(super) fn answer(ask: &Ask<'_>) -> Result<Response<Bytes>, Status> {
    let mut review = body::object(&ask.parts.headers, ask.body)?;
    admit::check_identity(ask, &mut review)?;
    let spec = review.get("spec").cloned().unwrap_or_else(|| json!({}));
    let status = match ask.resource.kind.as_str() {
        "SelfSubjectAccessReview" => access(ask, &ask.user, &spec)?,
        "SubjectAccessReview" | "LocalSubjectAccessReview" => access(ask, &subject(&spec), &spec)?,
        "SelfSubjectRulesReview" => rules(ask, &spec),
        "SelfSubjectReview" => json!({ "userInfo": user_info(&ask.user) }),
        _ => token(ask, &spec),
    };
    if let Some(map) = review.as_object_mut() {
        map.insert("status".into(), status);
    }
    if let Some(metadata) = crate::object::meta_mut(&mut review) {
        metadata.insert("creationTimestamp".into(), Value::Null);
    }
    Ok(answer::json(StatusCode::CREATED, &review))
}

fn texts(value: Option<&Value>) -> Vec<String> {
    let list = value.and_then(Value::as_array).into_iter().flatten();
    list.filter_map(Value::as_str).map(str::to_owned).collect()
}

fn subject(spec: &Value) -> User {
    let extra = spec
        .get("extra")
        .and_then(Value::as_object)
        .into_iter()
        .flatten();
    User {
        name: spec
            .get("user")
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned(),
        uid: spec.get("uid").and_then(Value::as_str).map(str::to_owned),
        groups: texts(spec.get("groups")),
        extra: extra
            .map(|(key, value)| (key.clone(), texts(Some(value))))
            .collect::<BTreeMap<_, _>>(),
    }
}

fn access(ask: &Ask<'_>, user: &User, spec: &Value) -> Result<Value, Status> {
    let resource = spec.get("resourceAttributes").filter(|one| one.is_object());
    let path = spec
        .get("nonResourceAttributes")
        .filter(|one| one.is_object());
    let attributes = match (resource, path) {
        (Some(one), None) => {
            let text = |field: &str| one.get(field).and_then(Value::as_str).unwrap_or_default();
            Attributes {
                verb: text("verb"),
                group: text("group"),
                version: text("version"),
                resource: text("resource"),
                subresource: text("subresource"),
                namespace: text("namespace"),
                name: text("name"),
                path: "",
            }
        }
        (None, Some(one)) => {
            let text = |field: &str| one.get(field).and_then(Value::as_str).unwrap_or_default();
            Attributes {
                verb: text("verb"),
                path: text("path"),
                ..Attributes::default()
            }
        }
        (None, None) => {
            let cause = crate::status::Cause::new(
                "FieldValueInvalid",
                "spec.resourceAttributes",
                "Invalid value: null: exactly one of nonResourceAttributes or resourceAttributes must be specified",
            );
            return Err(ask.invalid("", vec![cause]));
        }
        (Some(_), Some(_)) => {
            let cause = crate::status::Cause::new(
                "FieldValueInvalid",
                "spec.nonResourceAttributes",
                "Invalid value: cannot be specified in combination with resourceAttributes",
            );
            return Err(ask.invalid("", vec![cause]));
        }
    };
    Ok(json!({ "allowed": rbac::allows(ask.shared, user, &attributes) }))
}

fn rules(ask: &Ask<'_>, spec: &Value) -> Value {
    let namespace = spec
        .get("namespace")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let compiled = ask.shared.rules();
    let all: Vec<&Rule> = compiled.of(&ask.user, namespace).collect();
    let resource = |rule: &&&Rule| !rule.resources.is_empty();
    let mut resources: Vec<Value> = all
        .iter()
        .filter(resource)
        .map(|rule| {
            let mut shown = json!({ "verbs": rule.verbs, "apiGroups": rule.groups, "resources": rule.resources });
            if let (false, Some(map)) = (rule.names.is_empty(), shown.as_object_mut()) {
                map.insert("resourceNames".into(), json!(rule.names));
            }
            shown
        })
        .collect();
    let mut paths: Vec<Value> = all
        .iter()
        .filter(|rule| !rule.paths.is_empty())
        .map(|rule| json!({ "verbs": rule.verbs, "nonResourceURLs": rule.paths }))
        .collect();
    let mut status = Map::new();
    if ask.user.is_in("system:masters") {
        resources.push(json!({ "verbs": ["*"], "apiGroups": ["*"], "resources": ["*"] }));
        paths.push(json!({ "verbs": ["*"], "nonResourceURLs": ["*"] }));
    }
    status.insert("resourceRules".into(), resources.into());
    status.insert("nonResourceRules".into(), paths.into());
    // Access policies are decided outside RBAC, as by EKS' webhook: they cannot be listed as rules.
    status.insert("incomplete".into(), true.into());
    let error = "webhook authorizer does not support user rule resolution";
    status.insert("evaluationError".into(), error.into());
    Value::Object(status)
}

fn user_info(user: &User) -> Value {
    let mut info = Map::new();
    info.insert("username".into(), user.name.as_str().into());
    if let Some(uid) = &user.uid {
        info.insert("uid".into(), uid.as_str().into());
    }
    if !user.groups.is_empty() {
        info.insert("groups".into(), json!(user.groups));
    }
    if !user.extra.is_empty() {
        info.insert("extra".into(), json!(user.extra));
    }
    Value::Object(info)
}

fn token(ask: &Ask<'_>, spec: &Value) -> Value {
    let token = spec
        .get("token")
        .and_then(Value::as_str)
        .unwrap_or_default();
    match ask.shared.settings.gate.authenticate(token) {
        Some(mut user) => {
            user.groups.push("system:authenticated".to_owned());
            json!({ "authenticated": true, "user": user_info(&user) })
        }
        None => json!({ "user": {}, "error": "[invalid bearer token]" }),
    }
}
