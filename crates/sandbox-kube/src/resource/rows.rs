//! The kinds of Kubernetes itself that are served here, one row each.

/// One row of the table below.
pub(super) struct Row {
    pub(super) group: &'static str,
    pub(super) version: &'static str,
    pub(super) plural: &'static str,
    pub(super) kind: &'static str,
    pub(super) short: &'static [&'static str],
    pub(super) categories: &'static [&'static str],
    pub(super) traits: &'static [Trait],
    pub(super) selectable: &'static [&'static str],
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Trait {
    Namespaced,
    Status,
    Generation,
    Scale,
    CreateOnly,
}
use Trait::{CreateOnly, Generation, Namespaced, Scale, Status};

const fn row(
    group: &'static str,
    version: &'static str,
    plural: &'static str,
    kind: &'static str,
    short: &'static [&'static str],
    traits: &'static [Trait],
) -> Row {
    Row {
        group,
        version,
        plural,
        kind,
        short,
        categories: &[],
        traits,
        selectable: &[],
    }
}

impl Row {
    const fn all(mut self) -> Self {
        self.categories = &["all"];
        self
    }

    const fn select(mut self, fields: &'static [&'static str]) -> Self {
        self.selectable = fields;
        self
    }
}

const EVENT_FIELDS: &[&str] = &[
    "involvedObject.kind",
    "involvedObject.namespace",
    "involvedObject.name",
    "involvedObject.uid",
    "involvedObject.apiVersion",
    "involvedObject.resourceVersion",
    "involvedObject.fieldPath",
    "reason",
    "reportingComponent",
    "source",
    "type",
];

const POD_FIELDS: &[&str] = &[
    "spec.nodeName",
    "spec.restartPolicy",
    "spec.schedulerName",
    "spec.serviceAccountName",
    "spec.hostNetwork",
    "status.phase",
    "status.podIP",
    "status.nominatedNodeName",
];

const RBAC: &str = "rbac.authorization.k8s.io";

pub(super) static ROWS: &[Row] = &[
    row("", "v1", "namespaces", "Namespace", &["ns"], &[Status]).select(&["status.phase"]),
    row("", "v1", "nodes", "Node", &["no"], &[Status]).select(&["spec.unschedulable"]),
    row(
        "",
        "v1",
        "pods",
        "Pod",
        &["po"],
        &[Namespaced, Status, Generation],
    )
    .all()
    .select(POD_FIELDS),
    row("", "v1", "configmaps", "ConfigMap", &["cm"], &[Namespaced]),
    row("", "v1", "secrets", "Secret", &[], &[Namespaced]).select(&["type"]),
    row("", "v1", "events", "Event", &["ev"], &[Namespaced]).select(EVENT_FIELDS),
    row(
        "",
        "v1",
        "serviceaccounts",
        "ServiceAccount",
        &["sa"],
        &[Namespaced],
    ),
    row(
        "",
        "v1",
        "services",
        "Service",
        &["svc"],
        &[Namespaced, Status],
    )
    .all()
    .select(&["spec.clusterIP", "spec.type"]),
    row("", "v1", "endpoints", "Endpoints", &["ep"], &[Namespaced]),
    row(
        "",
        "v1",
        "persistentvolumes",
        "PersistentVolume",
        &["pv"],
        &[Status],
    ),
    row(
        "",
        "v1",
        "persistentvolumeclaims",
        "PersistentVolumeClaim",
        &["pvc"],
        &[Namespaced, Status],
    ),
    row(
        "",
        "v1",
        "replicationcontrollers",
        "ReplicationController",
        &["rc"],
        &[Namespaced, Status, Generation, Scale],
    )
    .all(),
    row(
        "apps",
        "v1",
        "deployments",
        "Deployment",
        &["deploy"],
        &[Namespaced, Status, Generation, Scale],
    )
    .all(),
    row(
        "apps",
        "v1",
        "daemonsets",
        "DaemonSet",
        &["ds"],
        &[Namespaced, Status, Generation],
    )
    .all(),
    row(
        "apps",
        "v1",
        "replicasets",
        "ReplicaSet",
        &["rs"],
        &[Namespaced, Status, Generation, Scale],
    )
    .all(),
    row(
        "apps",
        "v1",
        "statefulsets",
        "StatefulSet",
        &["sts"],
        &[Namespaced, Status, Generation, Scale],
    )
    .all(),
    row(
        "batch",
        "v1",
        "jobs",
        "Job",
        &[],
        &[Namespaced, Status, Generation],
    )
    .all(),
    row(
        "batch",
        "v1",
        "cronjobs",
        "CronJob",
        &["cj"],
        &[Namespaced, Status, Generation],
    )
    .all(),
    row(
        "coordination.k8s.io",
        "v1",
        "leases",
        "Lease",
        &[],
        &[Namespaced],
    ),
    row(
        "discovery.k8s.io",
        "v1",
        "endpointslices",
        "EndpointSlice",
        &[],
        &[Namespaced],
    ),
    row(
        "events.k8s.io",
        "v1",
        "events",
        "Event",
        &["ev"],
        &[Namespaced],
    ),
    row(
        "policy",
        "v1",
        "poddisruptionbudgets",
        "PodDisruptionBudget",
        &["pdb"],
        &[Namespaced, Status, Generation],
    ),
    row(
        "scheduling.k8s.io",
        "v1",
        "priorityclasses",
        "PriorityClass",
        &["pc"],
        &[],
    ),
    row(
        "storage.k8s.io",
        "v1",
        "storageclasses",
        "StorageClass",
        &["sc"],
        &[],
    ),
    row("storage.k8s.io", "v1", "csinodes", "CSINode", &[], &[]),
    row(RBAC, "v1", "roles", "Role", &[], &[Namespaced]),
    row(
        RBAC,
        "v1",
        "rolebindings",
        "RoleBinding",
        &[],
        &[Namespaced],
    ),
    row(RBAC, "v1", "clusterroles", "ClusterRole", &[], &[]),
    row(
        RBAC,
        "v1",
        "clusterrolebindings",
        "ClusterRoleBinding",
        &[],
        &[],
    ),
    row(
        "apiextensions.k8s.io",
        "v1",
        "customresourcedefinitions",
        "CustomResourceDefinition",
        &["crd", "crds"],
        &[Status, Generation],
    ),
    row(
        "authentication.k8s.io",
        "v1",
        "tokenreviews",
        "TokenReview",
        &[],
        &[CreateOnly],
    ),
    row(
        "authentication.k8s.io",
        "v1",
        "selfsubjectreviews",
        "SelfSubjectReview",
        &[],
        &[CreateOnly],
    ),
    row(
        "authorization.k8s.io",
        "v1",
        "subjectaccessreviews",
        "SubjectAccessReview",
        &[],
        &[CreateOnly],
    ),
    row(
        "authorization.k8s.io",
        "v1",
        "selfsubjectaccessreviews",
        "SelfSubjectAccessReview",
        &[],
        &[CreateOnly],
    ),
    row(
        "authorization.k8s.io",
        "v1",
        "selfsubjectrulesreviews",
        "SelfSubjectRulesReview",
        &[],
        &[CreateOnly],
    ),
    row(
        "authorization.k8s.io",
        "v1",
        "localsubjectaccessreviews",
        "LocalSubjectAccessReview",
        &[],
        &[Namespaced, CreateOnly],
    ),
];
