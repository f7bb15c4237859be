//! The status a definition gets: accepted names, stored versions, conditions
//! (apiextensions-apiserver, controllers `status` and `establish`).

use serde_json::{Value, json};

use super::{condition, strings, text};
use crate::resource::Registry;

/// The definition with the status the API server's controllers would give it (accepted names, stored
/// versions, `NamesAccepted`, `Established`); nothing if it has it already. `now` is an RFC 3339 timestamp.
pub fn establish(crd: &Value, registry: &Registry, now: &str) -> Option<Value> {
    let spec = crd.get("spec")?;
    let names = spec.get("names")?;
    let conflict = conflict(crd, registry);
    let was_established = condition(crd, "Established") == Some("True");
    let (accepted, established) = match &conflict {
        None => (
            ("True", "NoConflicts", "no conflicts found".to_owned()),
            (
                "True",
                "InitialNamesAccepted",
                "the initial names have been accepted",
            ),
        ),
        Some((reason, message)) => (
            ("False", *reason, message.clone()),
            if was_established {
                (
                    "True",
                    "InitialNamesAccepted",
                    "the initial names have been accepted",
                )
            } else {
                ("False", "NotAccepted", "not all names are accepted")
            },
        ),
    };
    let conditions = [
        made(
            crd,
            "NamesAccepted",
            accepted.0,
            accepted.1,
            &accepted.2,
            now,
        ),
        made(
            crd,
            "Established",
            established.0,
            established.1,
            established.2,
            now,
        ),
    ];
    let mut stored = crd
        .pointer("/status/storedVersions")
        .and_then(Value::as_array)
        .cloned()
        .unwrap_or_default();
    let versions = spec
        .get("versions")
        .and_then(Value::as_array)
        .into_iter()
        .flatten();
    for version in versions.filter(|v| super::flag(v, "storage")) {
        let name = Value::from(text(version, "name"));
        if !stored.contains(&name) {
            stored.push(name);
        }
    }
    let accepted_names = if conflict.is_none() {
        names.clone()
    } else {
        let kept = crd.pointer("/status/acceptedNames").cloned();
        kept.unwrap_or_else(|| json!({"kind": "", "plural": ""}))
    };
    let mut status = json!({
        "conditions": conditions,
        "acceptedNames": accepted_names,
        "storedVersions": stored,
    });
    keep_other_conditions(crd, &mut status);
    if crd.get("status") == Some(&status) {
        return None;
    }
    let mut crd = crd.clone();
    crd.as_object_mut()?.insert("status".to_owned(), status);
    Some(crd)
}

/// Which of the names another definition's or a built-in kind of the same group has.
fn conflict(crd: &Value, registry: &Registry) -> Option<(&'static str, String)> {
    let spec = crd.get("spec")?;
    let names = spec.get("names")?;
    let own = format!("{}.{}", text(names, "plural"), text(spec, "group"));
    let group = text(spec, "group");
    let others: Vec<_> = registry
        .iter()
        .filter(|r| r.group == group && r.crd.as_deref() != Some(own.as_str()))
        .collect();
    let taken_resource = |name: &str| {
        others.iter().any(|r| {
            r.plural == name || r.singular == name || r.short_names.iter().any(|s| s == name)
        })
    };
    let taken_kind = |name: &str| others.iter().any(|r| r.kind == name || r.list_kind == name);
    let found = |reason, name: &str| Some((reason, format!("{name:?} is already in use")));
    let (plural, singular) = (text(names, "plural"), text(names, "singular"));
    if taken_resource(plural) {
        return found("PluralConflict", plural);
    }
    if !singular.is_empty() && taken_resource(singular) {
        return found("SingularConflict", singular);
    }
    if let Some(short) = strings(names, "shortNames")
        .iter()
        .find(|s| taken_resource(s))
    {
        return found("ShortNamesConflict", short);
    }
    let (kind, list_kind) = (text(names, "kind"), text(names, "listKind"));
    if taken_kind(kind) {
        return found("KindConflict", kind);
    }
    if !list_kind.is_empty() && taken_kind(list_kind) {
        return found("ListKindConflict", list_kind);
    }
    None
}

/// A condition; the time of its last change is kept while its status is.
fn made(crd: &Value, kind: &str, status: &str, reason: &str, message: &str, now: &str) -> Value {
    let conditions = crd.pointer("/status/conditions").and_then(Value::as_array);
    let before = conditions
        .into_iter()
        .flatten()
        .find(|c| text(c, "type") == kind);
    let since = before
        .filter(|c| text(c, "status") == status)
        .map_or(now, |c| text(c, "lastTransitionTime"));
    json!({
        "type": kind, "status": status, "lastTransitionTime": since, "reason": reason, "message": message,
    })
}

fn keep_other_conditions(crd: &Value, status: &mut Value) {
    let before = crd.pointer("/status/conditions").and_then(Value::as_array);
    let others = before
        .into_iter()
        .flatten()
        .filter(|c| !matches!(text(c, "type"), "NamesAccepted" | "Established"));
    if let Some(conditions) = status.get_mut("conditions").and_then(Value::as_array_mut) {
        conditions.extend(others.cloned());
    }
}
