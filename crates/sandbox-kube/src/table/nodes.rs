//! The columns of nodes and events.

use serde_json::Value;

use super::age::since;
use super::columns::{AGE, NAME, Printed, at, number, or, text, time, whole};

pub(super) static NODE: &[Printed] = &[
    NAME,
    text(
        "Status",
        "Whether the node is ready and may get pods.",
        |o, _| status(o).into(),
    ),
    text("Roles", "The roles, from labels.", |o, _| roles(o).into()),
    AGE,
    text("Version", "The version of the kubelet.", |o, _| {
        at(o, "/status/nodeInfo/kubeletVersion").into()
    }),
    text("Internal-IP", "The address inside the network.", |o, _| {
        address(o, "InternalIP").into()
    })
    .wide(),
    text("External-IP", "The address outside.", |o, _| {
        address(o, "ExternalIP").into()
    })
    .wide(),
    text("OS-Image", "The operating system.", |o, _| {
        info(o, "osImage").into()
    })
    .wide(),
    text("Kernel-Version", "The kernel.", |o, _| {
        info(o, "kernelVersion").into()
    })
    .wide(),
    text("Container-Runtime", "The container runtime.", |o, _| {
        info(o, "containerRuntimeVersion").into()
    })
    .wide(),
];

fn status(node: &Value) -> String {
    let conditions = node.pointer("/status/conditions").and_then(Value::as_array);
    let ready = conditions
        .into_iter()
        .flatten()
        .find(|c| at(c, "/type") == "Ready");
    let status = match ready.map(|c| at(c, "/status")) {
        Some("True") => "Ready",
        Some(_) => "NotReady",
        None => "Unknown",
    };
    let closed = node.pointer("/spec/unschedulable").and_then(Value::as_bool);
    match closed {
        Some(true) => format!("{status},SchedulingDisabled"),
        _ => status.to_owned(),
    }
}

fn roles(node: &Value) -> String {
    let labels = node.pointer("/metadata/labels").and_then(Value::as_object);
    let mut roles: Vec<&str> = labels
        .into_iter()
        .flatten()
        .filter_map(|(label, value)| {
            let role = label.strip_prefix("node-role.kubernetes.io/");
            let old = (label == "kubernetes.io/role")
                .then(|| value.as_str())
                .flatten();
            role.or(old).filter(|r| !r.is_empty())
        })
        .collect();
    roles.sort_unstable();
    roles.dedup();
    or(&roles.join(","), "<none>").to_owned()
}

fn address(node: &Value, kind: &str) -> String {
    let addresses = node.pointer("/status/addresses").and_then(Value::as_array);
    let found = addresses
        .into_iter()
        .flatten()
        .find(|a| at(a, "/type") == kind);
    found.map_or("<none>", |a| at(a, "/address")).to_owned()
}

fn info(node: &Value, field: &str) -> String {
    or(at(node, &format!("/status/nodeInfo/{field}")), "<unknown>").to_owned()
}

pub(super) static EVENT: &[Printed] = &[
    text("Last Seen", "When it was last seen.", |o, now| {
        let series = time(o, "/series/lastObservedTime");
        let last = series.or_else(|| last(o)).or_else(|| first(o));
        since(last, now).into()
    }),
    text("Type", "Normal or Warning.", |o, _| at(o, "/type").into()),
    text("Reason", "The reason, for machines.", |o, _| {
        at(o, "/reason").into()
    }),
    text("Object", "What it is about.", |o, _| {
        let about = o
            .get("involvedObject")
            .or_else(|| o.get("regarding"))
            .unwrap_or(&Value::Null);
        let kind = at(about, "/kind").to_lowercase();
        match at(about, "/name") {
            "" => kind.into(),
            name => format!("{kind}/{name}").into(),
        }
    }),
    text("Subobject", "Which part of it.", |o, _| {
        at(o, "/involvedObject/fieldPath").into()
    })
    .wide(),
    text("Source", "Who reported it.", |o, _| source(o).into()).wide(),
    text("Message", "The message, for people.", |o, _| {
        or(at(o, "/message"), at(o, "/note")).trim().into()
    }),
    text("First Seen", "When it was first seen.", |o, now| {
        since(first(o), now).into()
    })
    .wide(),
    number("Count", "How often it was seen.", |o, _| {
        let count = whole(o, "/series/count").max(whole(o, "/count"));
        count.max(whole(o, "/deprecatedCount")).max(1).into()
    })
    .wide(),
    Printed::wide(NAME),
];

fn last(event: &Value) -> Option<&str> {
    time(event, "/lastTimestamp").or_else(|| time(event, "/deprecatedLastTimestamp"))
}

fn first(event: &Value) -> Option<&str> {
    ["/firstTimestamp", "/deprecatedFirstTimestamp", "/eventTime"]
        .iter()
        .find_map(|pointer| time(event, pointer))
}

fn source(event: &Value) -> String {
    let component = or(
        at(event, "/source/component"),
        at(event, "/deprecatedSource/component"),
    );
    let component = or(
        component,
        or(
            at(event, "/reportingComponent"),
            at(event, "/reportingController"),
        ),
    );
    let host = or(at(event, "/source/host"), at(event, "/reportingInstance"));
    match host {
        "" => component.to_owned(),
        host => format!("{component}, {host}"),
    }
}
