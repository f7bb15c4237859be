//! The two faces of events: those of the core group, and those of `events.k8s.io`.

use serde_json::{Map, Value};

use crate::resource::Resource;

/// The members of events that have another name in the group `events.k8s.io`.
const EVENT_NAMES: [(&str, &str); 7] = [
    ("involvedObject", "regarding"),
    ("message", "note"),
    ("source", "deprecatedSource"),
    ("firstTimestamp", "deprecatedFirstTimestamp"),
    ("lastTimestamp", "deprecatedLastTimestamp"),
    ("count", "deprecatedCount"),
    ("reportingComponent", "reportingController"),
];

/// The object as it is stored: events of both groups as those of the core.
pub(super) fn to_stored(resource: &Resource, object: Value) -> Value {
    if resource.group == "events.k8s.io" {
        event_as("", &object)
    } else {
        object
    }
}

/// An event as one of the core group (empty), or of `events.k8s.io`.
pub(super) fn event_as(group: &str, event: &Value) -> Value {
    let mut named = Map::new();
    for (name, value) in event.as_object().into_iter().flatten() {
        let pair = EVENT_NAMES
            .iter()
            .find(|(core, other)| name == core || name == other);
        let name = match pair {
            Some((core, _)) if group.is_empty() => (*core).to_owned(),
            Some((_, other)) => (*other).to_owned(),
            None => name.clone(),
        };
        named.insert(name, value.clone());
    }
    let version = if group.is_empty() {
        "v1"
    } else {
        "events.k8s.io/v1"
    };
    named.insert("apiVersion".into(), version.into());
    Value::Object(named)
}
