use jiff::Timestamp;
use serde_json::{Value, json};

use super::Transition;
use crate::object::Object;

/// The event about a transition, as Karpenter's status controllers word it (awslabs/operatorpkg,
/// `status/controller.go`).
pub(crate) fn transition_event(
    object: &Object,
    transition: &Transition,
    suffix: &str,
    now: Timestamp,
) -> Value {
    let Transition {
        kind,
        from,
        to,
        reason,
        message,
    } = transition;
    let mut text = format!(
        "Status condition transitioned, Type: {kind}, Status: {} -> {}, Reason: {reason}",
        from.name(),
        to.name()
    );
    if !message.is_empty() {
        text.push_str(", Message: ");
        text.push_str(message);
    }
    let now = now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    json!({
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {
            "name": format!("{}.{suffix}", object.name()),
            "namespace": "default",
        },
        "involvedObject": {
            "apiVersion": object.text("/apiVersion"),
            "kind": object.kind(),
            "name": object.name(),
            "uid": object.uid(),
        },
        "reason": kind,
        "message": text,
        "source": {"component": "karpenter"},
        "reportingComponent": "karpenter",
        "reportingInstance": "",
        "firstTimestamp": now,
        "lastTimestamp": now,
        "count": 1,
        "type": "Normal",
    })
}
