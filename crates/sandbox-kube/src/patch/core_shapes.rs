//! The shapes of Kubernetes' own kinds: which lists are merged by which member. Written down from the API's
//! documentation of its types (`+listType`, `+listMapKey`, `+patchMergeKey`); the published OpenAPI says
//! the same, but is not to be had as data without shipping all of it.

use std::sync::Arc;

use serde_json::Value;

use super::shape::{ListKey, Shape};

/// A map with these members known.
fn map<const N: usize>(fields: [(&str, Arc<Shape>); N]) -> Arc<Shape> {
    let fields = fields
        .into_iter()
        .map(|(name, shape)| (name.to_owned(), shape))
        .collect();
    Arc::new(Shape::Map { fields, rest: None })
}

/// A list told apart by one member.
fn by(key: &str, item: Arc<Shape>) -> Arc<Shape> {
    keyed(&[(key, None)], key, item)
}

fn keyed(keys: &[(&str, Option<&str>)], merge_key: &str, item: Arc<Shape>) -> Arc<Shape> {
    let key = |(name, default): &(&str, Option<&str>)| ListKey {
        name: (*name).to_owned(),
        default: default.map(Value::from),
    };
    let keys = keys.iter().map(key).collect();
    Arc::new(Shape::List {
        keys,
        item,
        merge_key: Some(merge_key.to_owned()),
    })
}

fn deduced() -> Arc<Shape> {
    Arc::new(Shape::Deduced)
}

fn atomic() -> Arc<Shape> {
    Arc::new(Shape::Atomic)
}

fn conditions() -> Arc<Shape> {
    by("type", deduced())
}

fn with_conditions(spec: Arc<Shape>) -> Arc<Shape> {
    map([
        ("spec", spec),
        ("status", map([("conditions", conditions())])),
    ])
}

fn container() -> Arc<Shape> {
    let reference = || {
        map([
            ("configMapKeyRef", atomic()),
            ("secretKeyRef", atomic()),
            ("fieldRef", atomic()),
            ("resourceFieldRef", atomic()),
        ])
    };
    map([
        ("env", by("name", map([("valueFrom", reference())]))),
        (
            "ports",
            keyed(
                &[("containerPort", None), ("protocol", Some("TCP"))],
                "containerPort",
                deduced(),
            ),
        ),
        ("volumeMounts", by("mountPath", deduced())),
        ("volumeDevices", by("devicePath", deduced())),
        ("resources", map([("claims", by("name", deduced()))])),
    ])
}

fn pod_spec() -> Arc<Shape> {
    map([
        ("containers", by("name", container())),
        ("initContainers", by("name", container())),
        ("ephemeralContainers", by("name", container())),
        ("volumes", by("name", deduced())),
        ("imagePullSecrets", by("name", atomic())),
        ("hostAliases", by("ip", deduced())),
        (
            "topologySpreadConstraints",
            keyed(
                &[("topologyKey", None), ("whenUnsatisfiable", None)],
                "topologyKey",
                map([("labelSelector", atomic())]),
            ),
        ),
        ("resourceClaims", by("name", deduced())),
        ("schedulingGates", by("name", deduced())),
        ("nodeSelector", atomic()),
    ])
}

fn template() -> Arc<Shape> {
    map([("spec", pod_spec())])
}

fn workload() -> Arc<Shape> {
    with_conditions(map([("selector", atomic()), ("template", template())]))
}

/// The shape of a core kind.
pub(crate) fn core_shape(group: &str, kind: &str) -> Arc<Shape> {
    match (group, kind) {
        ("", "Pod") => map([
            ("spec", pod_spec()),
            (
                "status",
                map([
                    ("conditions", conditions()),
                    ("podIPs", by("ip", deduced())),
                    ("hostIPs", by("ip", deduced())),
                ]),
            ),
        ]),
        ("", "Node") => map([
            ("spec", map([("podCIDRs", Arc::new(Shape::Set))])),
            (
                "status",
                map([
                    ("conditions", conditions()),
                    ("addresses", by("type", deduced())),
                ]),
            ),
        ]),
        ("", "Service") => with_conditions(map([
            (
                "ports",
                keyed(
                    &[("port", None), ("protocol", Some("TCP"))],
                    "port",
                    deduced(),
                ),
            ),
            ("selector", atomic()),
        ])),
        ("", "ServiceAccount") => map([("secrets", by("name", deduced()))]),
        ("", "ReplicationController") => workload(),
        ("", "PersistentVolumeClaim") => with_conditions(map([("selector", atomic())])),
        ("", "PersistentVolume") => map([(
            "spec",
            map([("claimRef", deduced()), ("nodeAffinity", deduced())]),
        )]),
        ("apps", _) => workload(),
        ("batch", "Job") => workload(),
        ("batch", "CronJob") => map([(
            "spec",
            map([(
                "jobTemplate",
                map([(
                    "spec",
                    map([("selector", atomic()), ("template", template())]),
                )]),
            )]),
        )]),
        ("policy", "PodDisruptionBudget") => with_conditions(map([("selector", atomic())])),
        ("storage.k8s.io", "CSINode") => map([("spec", map([("drivers", by("name", deduced()))]))]),
        ("rbac.authorization.k8s.io", "RoleBinding" | "ClusterRoleBinding") => {
            map([("roleRef", atomic())])
        }
        _ => map([("status", map([("conditions", conditions())]))]),
    }
}
