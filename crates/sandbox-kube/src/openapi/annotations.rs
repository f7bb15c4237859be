//! How the fields of core kinds are merged: the `x-kubernetes-…` extensions of Kubernetes' own OpenAPI
//! documents, which `k8s-openapi` leaves out. A list that is not named here is replaced as a whole.

use serde_json::{Map, Value, json};

/// A field that is merged: the definition's last part, the field, and how.
type Merged = (&'static str, &'static str, How);

enum How {
    /// A list of objects with one key.
    Keyed(&'static str),
    /// A list of objects told apart by two fields, of which patches use the first.
    Twice(&'static str, &'static str),
    /// A list with one key for patches; server-side apply takes it whole.
    PatchOnly(&'static str),
    /// A list with one key for server-side apply; patches take it whole.
    ApplyOnly(&'static str),
    /// A list of objects with a key, of which a patch keeps only the keys it names.
    Retained(&'static str),
    /// A list of scalars without duplicates.
    Set,
    /// An object of which a patch keeps only the fields it names.
    RetainKeys,
}
use How::{ApplyOnly, Keyed, PatchOnly, RetainKeys, Retained, Set, Twice};

static MERGED: &[Merged] = &[
    ("ObjectMeta", "finalizers", Set),
    ("ObjectMeta", "ownerReferences", Keyed("uid")),
    ("NodeSpec", "podCIDRs", Set),
    ("NodeStatus", "addresses", Keyed("type")),
    ("NodeStatus", "conditions", Keyed("type")),
    ("NamespaceStatus", "conditions", Keyed("type")),
    ("PodSpec", "containers", Keyed("name")),
    ("PodSpec", "initContainers", Keyed("name")),
    ("PodSpec", "ephemeralContainers", Keyed("name")),
    ("PodSpec", "volumes", Retained("name")),
    ("PodSpec", "resourceClaims", Retained("name")),
    ("PodSpec", "imagePullSecrets", Keyed("name")),
    ("PodSpec", "hostAliases", Keyed("ip")),
    ("PodSpec", "schedulingGates", Keyed("name")),
    (
        "PodSpec",
        "topologySpreadConstraints",
        Twice("topologyKey", "whenUnsatisfiable"),
    ),
    ("PodStatus", "conditions", Keyed("type")),
    ("PodStatus", "podIPs", Keyed("ip")),
    ("PodStatus", "hostIPs", PatchOnly("ip")),
    ("PodStatus", "resourceClaimStatuses", Retained("name")),
    ("Container", "env", Keyed("name")),
    ("Container", "ports", Twice("containerPort", "protocol")),
    ("Container", "volumeMounts", Keyed("mountPath")),
    ("Container", "volumeDevices", Keyed("devicePath")),
    ("EphemeralContainer", "env", Keyed("name")),
    (
        "EphemeralContainer",
        "ports",
        Twice("containerPort", "protocol"),
    ),
    ("EphemeralContainer", "volumeMounts", Keyed("mountPath")),
    ("EphemeralContainer", "volumeDevices", Keyed("devicePath")),
    ("ResourceRequirements", "claims", ApplyOnly("name")),
    ("ServiceSpec", "ports", Twice("port", "protocol")),
    ("ServiceStatus", "conditions", Keyed("type")),
    ("ServiceAccount", "secrets", Keyed("name")),
    ("PersistentVolumeClaimStatus", "conditions", Keyed("type")),
    ("ReplicationControllerStatus", "conditions", Keyed("type")),
    ("DeploymentSpec", "strategy", RetainKeys),
    ("DeploymentStatus", "conditions", Keyed("type")),
    ("DaemonSetStatus", "conditions", Keyed("type")),
    ("ReplicaSetStatus", "conditions", Keyed("type")),
    ("StatefulSetStatus", "conditions", Keyed("type")),
    ("JobStatus", "conditions", PatchOnly("type")),
    ("PodDisruptionBudgetStatus", "conditions", Keyed("type")),
    (
        "CustomResourceDefinitionStatus",
        "conditions",
        ApplyOnly("type"),
    ),
    ("CSINodeSpec", "drivers", Keyed("name")),
];

/// Definitions whose values are owned as one.
static ATOMIC: &[&str] = &[
    "LabelSelector",
    "LocalObjectReference",
    "ObjectReference",
    "ObjectFieldSelector",
    "ResourceFieldSelector",
    "ConfigMapKeySelector",
    "SecretKeySelector",
    "SecretReference",
    "NodeSelector",
    "NodeSelectorTerm",
    "TypedLocalObjectReference",
    "OwnerReference",
    "ScopeSelector",
    "TopologySelectorTerm",
    "RoleRef",
    "Subject",
    "EndpointAddress",
    "EndpointPort",
];

/// Defaults that tell apart entries which leave them out.
static DEFAULTS: &[(&str, &str, &str)] = &[
    ("ContainerPort", "protocol", "TCP"),
    ("ServicePort", "protocol", "TCP"),
];

/// Adds the extensions to a definition. `name` is its whole name.
pub(super) fn annotate(name: &str, definition: &mut Value) {
    let short = name.rsplit('.').next().unwrap_or(name);
    let Some(fields) = definition.as_object_mut() else {
        return;
    };
    if ATOMIC.contains(&short) {
        fields.insert("x-kubernetes-map-type".to_owned(), Value::from("atomic"));
    }
    let Some(properties) = fields.get_mut("properties").and_then(Value::as_object_mut) else {
        return;
    };
    for (_, field, how) in MERGED.iter().filter(|(of, ..)| *of == short) {
        if let Some(field) = properties.get_mut(*field).and_then(Value::as_object_mut) {
            how.write(field);
        }
    }
    for (_, field, default) in DEFAULTS.iter().filter(|(of, ..)| *of == short) {
        if let Some(field) = properties.get_mut(*field).and_then(Value::as_object_mut) {
            field.insert("default".to_owned(), Value::from(*default));
        }
    }
}

impl How {
    fn write(&self, field: &mut Map<String, Value>) {
        let mut put = |name: &str, value: Value| {
            field.insert(name.to_owned(), value);
        };
        if let Keyed(key) | Twice(key, _) | PatchOnly(key) | Retained(key) = self {
            put("x-kubernetes-patch-merge-key", Value::from(*key));
            let strategy = if matches!(self, Retained(_)) {
                "merge,retainKeys"
            } else {
                "merge"
            };
            put("x-kubernetes-patch-strategy", Value::from(strategy));
        }
        match self {
            Keyed(key) | ApplyOnly(key) | Retained(key) => {
                put("x-kubernetes-list-type", Value::from("map"));
                put("x-kubernetes-list-map-keys", json!([key]));
            }
            Twice(first, second) => {
                put("x-kubernetes-list-type", Value::from("map"));
                put("x-kubernetes-list-map-keys", json!([first, second]));
            }
            Set => {
                put("x-kubernetes-list-type", Value::from("set"));
                put("x-kubernetes-patch-strategy", Value::from("merge"));
            }
            RetainKeys => put("x-kubernetes-patch-strategy", Value::from("retainKeys")),
            PatchOnly(_) => {}
        }
    }
}
