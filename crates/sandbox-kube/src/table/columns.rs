//! The columns of core kinds that are not workloads.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::age::since;
use super::{nodes, workloads};

/// A column of a core kind.
pub(super) struct Printed {
    name: &'static str,
    kind: &'static str,
    format: &'static str,
    description: &'static str,
    priority: i64,
    pub(super) cell: fn(&Value, Timestamp) -> Value,
}

impl Printed {
    pub(super) fn definition(&self) -> Value {
        json!({
            "name": self.name, "type": self.kind, "format": self.format,
            "description": self.description, "priority": self.priority,
        })
    }

    /// The same, shown with `-o wide` only.
    pub(super) const fn wide(mut self) -> Self {
        self.priority = 1;
        self
    }
}

/// A column of text.
pub(super) const fn text(
    name: &'static str,
    description: &'static str,
    cell: fn(&Value, Timestamp) -> Value,
) -> Printed {
    Printed {
        name,
        kind: "string",
        format: "",
        description,
        priority: 0,
        cell,
    }
}

/// A column of whole numbers.
pub(super) const fn number(
    name: &'static str,
    description: &'static str,
    cell: fn(&Value, Timestamp) -> Value,
) -> Printed {
    Printed {
        kind: "integer",
        ..text(name, description, cell)
    }
}

/// The name of the object.
pub(super) const NAME: Printed = Printed {
    format: "name",
    ..text(
        "Name",
        "The name of the object, unique in its namespace.",
        |o, _| Value::from(at(o, "/metadata/name")),
    )
};

/// How long ago the object was made.
pub(super) const AGE: Printed = text("Age", "How long ago the object was made.", |o, now| {
    Value::from(since(time(o, "/metadata/creationTimestamp"), now))
});

const CREATED_AT: Printed = Printed {
    format: "date",
    ..text("Created At", "When the object was made.", |o, _| {
        Value::from(at(o, "/metadata/creationTimestamp"))
    })
};

/// The columns of a kind; name and time for those that have none of their own.
pub(super) fn of(group: &str, kind: &str) -> &'static [Printed] {
    match (group, kind) {
        ("", "Node") => nodes::NODE,
        ("", "Event") | ("events.k8s.io", "Event") => nodes::EVENT,
        ("", "Namespace") => NAMESPACE,
        ("", "ConfigMap") => CONFIG_MAP,
        ("", "Secret") => SECRET,
        ("", "ServiceAccount") => SERVICE_ACCOUNT,
        ("coordination.k8s.io", "Lease") => LEASE,
        ("rbac.authorization.k8s.io", "RoleBinding" | "ClusterRoleBinding") => BINDING,
        ("storage.k8s.io", "StorageClass") => STORAGE_CLASS,
        ("storage.k8s.io", "CSINode") => CSI_NODE,
        ("scheduling.k8s.io", "PriorityClass") => PRIORITY_CLASS,
        ("policy", "PodDisruptionBudget") => BUDGET,
        ("", "PersistentVolumeClaim") => CLAIM,
        ("", "PersistentVolume") => VOLUME,
        ("", "Endpoints") => workloads::ENDPOINTS,
        ("discovery.k8s.io", "EndpointSlice") => workloads::ENDPOINT_SLICE,
        ("", "Service") => workloads::SERVICE,
        ("", "Pod") => workloads::POD,
        ("", "ReplicationController") | ("apps", "ReplicaSet") => workloads::REPLICAS,
        ("apps", "Deployment") => workloads::DEPLOYMENT,
        ("apps", "DaemonSet") => workloads::DAEMON_SET,
        ("apps", "StatefulSet") => workloads::STATEFUL_SET,
        ("batch", "Job") => workloads::JOB,
        ("batch", "CronJob") => workloads::CRON_JOB,
        _ => DEFAULT,
    }
}

static DEFAULT: &[Printed] = &[NAME, CREATED_AT];

static NAMESPACE: &[Printed] = &[
    NAME,
    text("Status", "Active or Terminating.", |o, _| {
        at(o, "/status/phase").into()
    }),
    AGE,
];

static CONFIG_MAP: &[Printed] = &[
    NAME,
    number("Data", "How many entries there are.", |o, _| {
        Value::from(count(o, "/data") + count(o, "/binaryData"))
    }),
    AGE,
];

static SECRET: &[Printed] = &[
    NAME,
    text("Type", "The type of the secret.", |o, _| {
        at(o, "/type").into()
    }),
    number("Data", "How many entries there are.", |o, _| {
        count(o, "/data").into()
    }),
    AGE,
];

static SERVICE_ACCOUNT: &[Printed] = &[
    NAME,
    number("Secrets", "How many secrets the account has.", |o, _| {
        count(o, "/secrets").into()
    }),
    AGE,
];

static LEASE: &[Printed] = &[
    NAME,
    text("Holder", "Who holds the lease.", |o, _| {
        at(o, "/spec/holderIdentity").into()
    }),
    AGE,
];

static BINDING: &[Printed] = &[
    NAME,
    text("Role", "The role that is bound.", |o, _| {
        format!("{}/{}", at(o, "/roleRef/kind"), at(o, "/roleRef/name")).into()
    }),
    AGE,
    text("Users", "The users it is bound to.", |o, _| {
        subjects(o, "User").into()
    })
    .wide(),
    text("Groups", "The groups it is bound to.", |o, _| {
        subjects(o, "Group").into()
    })
    .wide(),
    text(
        "ServiceAccounts",
        "The service accounts it is bound to.",
        |o, _| subjects(o, "ServiceAccount").into(),
    )
    .wide(),
];

static STORAGE_CLASS: &[Printed] = &[
    NAME,
    text("Provisioner", "Who makes the volumes.", |o, _| {
        at(o, "/provisioner").into()
    }),
    text(
        "ReclaimPolicy",
        "What happens to volumes no longer claimed.",
        |o, _| or(at(o, "/reclaimPolicy"), "Delete").into(),
    ),
    text("VolumeBindingMode", "When volumes are made.", |o, _| {
        or(at(o, "/volumeBindingMode"), "Immediate").into()
    }),
    text(
        "AllowVolumeExpansion",
        "Whether volumes can grow.",
        |o, _| {
            o.get("allowVolumeExpansion")
                .and_then(Value::as_bool)
                .unwrap_or(false)
                .to_string()
                .into()
        },
    ),
    AGE,
];

static CSI_NODE: &[Printed] = &[
    NAME,
    number("Drivers", "How many drivers the node has.", |o, _| {
        count(o, "/spec/drivers").into()
    }),
    AGE,
];

static PRIORITY_CLASS: &[Printed] = &[
    NAME,
    number("Value", "The priority.", |o, _| {
        o.get("value").cloned().unwrap_or(json!(0))
    }),
    text(
        "Global-Default",
        "Whether pods without a class get this one.",
        |o, _| {
            o.get("globalDefault")
                .and_then(Value::as_bool)
                .unwrap_or(false)
                .to_string()
                .into()
        },
    ),
    AGE,
];

static BUDGET: &[Printed] = &[
    NAME,
    text(
        "Min Available",
        "The fewest pods that must be left.",
        |o, _| plain(o, "/spec/minAvailable", "N/A").into(),
    ),
    text(
        "Max Unavailable",
        "The most pods that may be away.",
        |o, _| plain(o, "/spec/maxUnavailable", "N/A").into(),
    ),
    number(
        "Allowed Disruptions",
        "How many pods may be disrupted now.",
        |o, _| whole(o, "/status/disruptionsAllowed").into(),
    ),
    AGE,
];

static CLAIM: &[Printed] = &[
    NAME,
    text("Status", "Pending, Bound or Lost.", |o, _| {
        at(o, "/status/phase").into()
    }),
    text("Volume", "The volume.", |o, _| {
        at(o, "/spec/volumeName").into()
    }),
    text("Capacity", "The size.", |o, _| {
        at(o, "/status/capacity/storage").into()
    }),
    text("StorageClass", "The storage class.", |o, _| {
        at(o, "/spec/storageClassName").into()
    }),
    AGE,
];

static VOLUME: &[Printed] = &[
    NAME,
    text("Capacity", "The size.", |o, _| {
        at(o, "/spec/capacity/storage").into()
    }),
    text(
        "Reclaim Policy",
        "What happens when the claim is gone.",
        |o, _| at(o, "/spec/persistentVolumeReclaimPolicy").into(),
    ),
    text("Status", "Available, Bound, Released or Failed.", |o, _| {
        at(o, "/status/phase").into()
    }),
    text("Claim", "The claim.", |o, _| {
        let (namespace, name) = (
            at(o, "/spec/claimRef/namespace"),
            at(o, "/spec/claimRef/name"),
        );
        if name.is_empty() {
            String::new()
        } else {
            format!("{namespace}/{name}")
        }
        .into()
    }),
    text("StorageClass", "The storage class.", |o, _| {
        at(o, "/spec/storageClassName").into()
    }),
    AGE,
];

fn subjects(object: &Value, kind: &str) -> String {
    let subjects = object.get("subjects").and_then(Value::as_array);
    let found = subjects
        .into_iter()
        .flatten()
        .filter(|s| at(s, "/kind") == kind);
    let names: Vec<String> = found
        .map(|s| match at(s, "/namespace") {
            "" => at(s, "/name").to_owned(),
            namespace => format!("{namespace}/{}", at(s, "/name")),
        })
        .collect();
    names.join(", ")
}

/// The text at a JSON pointer, empty without one.
pub(super) fn at<'a>(object: &'a Value, pointer: &str) -> &'a str {
    object
        .pointer(pointer)
        .and_then(Value::as_str)
        .unwrap_or_default()
}

/// The timestamp at a JSON pointer.
pub(super) fn time<'a>(object: &'a Value, pointer: &str) -> Option<&'a str> {
    object.pointer(pointer).and_then(Value::as_str)
}

/// The whole number at a JSON pointer, 0 without one.
pub(super) fn whole(object: &Value, pointer: &str) -> i64 {
    object.pointer(pointer).and_then(Value::as_i64).unwrap_or(0)
}

/// How many entries the list or map at a JSON pointer has.
pub(super) fn count(object: &Value, pointer: &str) -> usize {
    match object.pointer(pointer) {
        Some(Value::Array(entries)) => entries.len(),
        Some(Value::Object(fields)) => fields.len(),
        _ => 0,
    }
}

/// `text`, or `default` where it is empty.
pub(super) fn or<'a>(text: &'a str, default: &'a str) -> &'a str {
    if text.is_empty() { default } else { text }
}

/// A number or text as it is.
pub(super) fn plain(object: &Value, pointer: &str, default: &str) -> String {
    match object.pointer(pointer) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Null) | None => default.to_owned(),
        Some(other) => other.to_string(),
    }
}
