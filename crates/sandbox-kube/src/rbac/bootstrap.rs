//! The roles and bindings that kube-apiserver makes in every cluster, as far as the kinds served here go.

use serde_json::{Value, json};

const READ: &[&str] = &["get", "list", "watch"];
const WRITE: &[&str] = &["create", "delete", "deletecollection", "patch", "update"];

/// What `view` sees and `edit` changes, by group. Secrets are not among what `view` sees.
const VIEWED: &[(&str, &[&str])] = &[
    (
        "",
        &[
            "configmaps",
            "endpoints",
            "events",
            "namespaces",
            "namespaces/status",
            "persistentvolumeclaims",
            "persistentvolumeclaims/status",
            "pods",
            "pods/log",
            "pods/status",
            "replicationcontrollers",
            "replicationcontrollers/scale",
            "replicationcontrollers/status",
            "serviceaccounts",
            "services",
            "services/status",
        ],
    ),
    (
        "apps",
        &[
            "daemonsets",
            "daemonsets/status",
            "deployments",
            "deployments/scale",
            "deployments/status",
            "replicasets",
            "replicasets/scale",
            "replicasets/status",
            "statefulsets",
            "statefulsets/scale",
            "statefulsets/status",
        ],
    ),
    (
        "batch",
        &["cronjobs", "cronjobs/status", "jobs", "jobs/status"],
    ),
    ("discovery.k8s.io", &["endpointslices"]),
    (
        "policy",
        &["poddisruptionbudgets", "poddisruptionbudgets/status"],
    ),
];

const EDITED: &[(&str, &[&str])] = &[
    (
        "",
        &[
            "configmaps",
            "endpoints",
            "events",
            "persistentvolumeclaims",
            "pods",
            "pods/eviction",
            "replicationcontrollers",
            "replicationcontrollers/scale",
            "secrets",
            "serviceaccounts",
            "services",
        ],
    ),
    (
        "apps",
        &[
            "daemonsets",
            "deployments",
            "deployments/rollback",
            "deployments/scale",
            "replicasets",
            "replicasets/scale",
            "statefulsets",
            "statefulsets/scale",
        ],
    ),
    ("batch", &["cronjobs", "jobs"]),
    ("coordination.k8s.io", &["leases"]),
    ("policy", &["poddisruptionbudgets"]),
];

/// The default cluster roles and cluster role bindings.
pub(crate) fn bootstrap() -> Vec<Value> {
    let view: Vec<Value> = rules(VIEWED, READ);
    let mut edit = view.clone();
    edit.extend(rules(
        &[("", &["secrets"]), ("coordination.k8s.io", &["leases"])],
        READ,
    ));
    edit.extend(rules(EDITED, WRITE));
    edit.push(rule("", &["serviceaccounts"], &["impersonate"]));
    let mut admin = edit.clone();
    let rbac = "rbac.authorization.k8s.io";
    let all = [READ, WRITE].concat();
    admin.push(rule(rbac, &["rolebindings", "roles"], &all));
    admin.push(rule(
        "authorization.k8s.io",
        &["localsubjectaccessreviews"],
        &["create"],
    ));
    let everything = vec![
        json!({ "apiGroups": ["*"], "resources": ["*"], "verbs": ["*"] }),
        json!({ "nonResourceURLs": ["*"], "verbs": ["*"] }),
    ];
    let discovery = paths(&[
        "/api",
        "/api/*",
        "/apis",
        "/apis/*",
        "/healthz",
        "/livez",
        "/openapi",
        "/openapi/*",
        "/readyz",
        "/version",
        "/version/",
    ]);
    let public = paths(&["/healthz", "/livez", "/readyz", "/version", "/version/"]);
    let basic = vec![
        rule(
            "authorization.k8s.io",
            &["selfsubjectaccessreviews", "selfsubjectrulesreviews"],
            &["create"],
        ),
        rule(
            "authentication.k8s.io",
            &["selfsubjectreviews"],
            &["create"],
        ),
    ];
    let authenticated = &["system:authenticated"][..];
    vec![
        role("cluster-admin", everything),
        role("admin", admin),
        role("edit", edit),
        role("view", view),
        role("system:basic-user", basic),
        role("system:discovery", discovery),
        role("system:public-info-viewer", public),
        role("system:node", node_rules()),
        role("system:node-bootstrapper", bootstrapper_rules()),
        role("system:node-proxier", proxier_rules()),
        binding("cluster-admin", "cluster-admin", &["system:masters"]),
        binding("system:basic-user", "system:basic-user", authenticated),
        binding("system:discovery", "system:discovery", authenticated),
        binding(
            "system:public-info-viewer",
            "system:public-info-viewer",
            &["system:authenticated", "system:unauthenticated"],
        ),
        // Nodes are let in by the node authoriser; the binding has had no subjects since Kubernetes 1.8.
        binding("system:node", "system:node", &[]),
    ]
}

fn node_rules() -> Vec<Value> {
    vec![
        rule(
            "",
            &["nodes"],
            &[
                "create", "get", "list", "watch", "delete", "patch", "update",
            ],
        ),
        rule("", &["nodes/status", "pods/status"], &["patch", "update"]),
        rule("", &["services", "pods"], READ),
        rule("", &["pods"], &["create", "delete"]),
        rule("", &["events"], &["create", "patch", "update"]),
        rule(
            "",
            &[
                "configmaps",
                "secrets",
                "persistentvolumeclaims",
                "persistentvolumes",
            ],
            &["get"],
        ),
        rule("authentication.k8s.io", &["tokenreviews"], &["create"]),
        rule(
            "authorization.k8s.io",
            &["localsubjectaccessreviews", "subjectaccessreviews"],
            &["create"],
        ),
        rule(
            "coordination.k8s.io",
            &["leases"],
            &["create", "delete", "get", "patch", "update"],
        ),
        rule(
            "storage.k8s.io",
            &["csinodes"],
            &["create", "delete", "get", "patch", "update"],
        ),
    ]
}

fn bootstrapper_rules() -> Vec<Value> {
    let requests = &["certificatesigningrequests"];
    vec![rule(
        "certificates.k8s.io",
        requests,
        &["create", "get", "list", "watch"],
    )]
}

fn proxier_rules() -> Vec<Value> {
    vec![
        rule("", &["endpoints", "services"], &["list", "watch"]),
        rule("", &["nodes"], READ),
        rule("", &["events"], &["create", "patch", "update"]),
        rule("events.k8s.io", &["events"], &["create", "patch", "update"]),
        rule("discovery.k8s.io", &["endpointslices"], &["list", "watch"]),
    ]
}

fn rule(group: &str, resources: &[&str], verbs: &[&str]) -> Value {
    json!({ "apiGroups": [group], "resources": resources, "verbs": verbs })
}

fn rules(groups: &[(&str, &[&str])], verbs: &[&str]) -> Vec<Value> {
    groups
        .iter()
        .map(|(group, resources)| rule(group, resources, verbs))
        .collect()
}

fn paths(paths: &[&str]) -> Vec<Value> {
    vec![json!({ "nonResourceURLs": paths, "verbs": ["get"] })]
}

fn metadata(name: &str) -> Value {
    json!({
        "name": name,
        "annotations": { "rbac.authorization.kubernetes.io/autoupdate": "true" },
        "labels": { "kubernetes.io/bootstrapping": "rbac-defaults" },
    })
}

fn role(name: &str, rules: Vec<Value>) -> Value {
    json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole",
        "metadata": metadata(name), "rules": rules,
    })
}

fn binding(name: &str, role: &str, groups: &[&str]) -> Value {
    let rbac = "rbac.authorization.k8s.io";
    let subject = |group: &&str| json!({ "apiGroup": rbac, "kind": "Group", "name": group });
    let mut binding = json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding",
        "metadata": metadata(name),
        "roleRef": { "apiGroup": rbac, "kind": "ClusterRole", "name": role },
    });
    if let (false, Some(map)) = (groups.is_empty(), binding.as_object_mut()) {
        map.insert("subjects".into(), groups.iter().map(subject).collect());
    }
    binding
}
