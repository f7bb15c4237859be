//! What EKS access policies allow in a cluster (Amazon EKS User Guide, "Review access policy
//! permissions").
//!
//! `Admin`, `Edit` and `View` are like the cluster roles of those names, `AdminView` is `View` of
//! everything. Of the policies of EKS's own components the guide tells purposes rather than rules;
//! what stands here for them follows from those purposes.

use rolecall_sandbox_kube::Attributes;

/// An access policy and where it counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Granted {
    /// `AmazonEKSAdminPolicy`
    pub(crate) policy: String,
    /// The namespaces; `None` for the whole cluster. They may end with `*`.
    pub(crate) namespaces: Option<Vec<String>>,
}

struct Rule {
    groups: &'static [&'static str],
    resources: &'static [&'static str],
    verbs: &'static [&'static str],
}

const READ: &[&str] = &["get", "list", "watch"];
const WRITE: &[&str] = &["create", "delete", "deletecollection", "patch", "update"];
const ALL: &[&str] = &["*"];

const VIEWED: &[&str] = &[
    "bindings",
    "configmaps",
    "endpoints",
    "events",
    "limitranges",
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
    "resourcequotas",
    "resourcequotas/status",
    "serviceaccounts",
    "services",
    "services/status",
];
const WORKLOADS: &[&str] = &[
    "controllerrevisions",
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
    "cronjobs",
    "cronjobs/status",
    "jobs",
    "jobs/status",
    "horizontalpodautoscalers",
    "horizontalpodautoscalers/status",
    "ingresses",
    "ingresses/status",
    "networkpolicies",
    "poddisruptionbudgets",
    "poddisruptionbudgets/status",
    "endpointslices",
];
const WORKLOAD_GROUPS: &[&str] = &[
    "apps",
    "autoscaling",
    "batch",
    "discovery.k8s.io",
    "extensions",
    "networking.k8s.io",
    "policy",
];
const EDITED: &[&str] = &[
    "configmaps",
    "events",
    "persistentvolumeclaims",
    "pods",
    "pods/attach",
    "pods/eviction",
    "pods/exec",
    "pods/portforward",
    "pods/proxy",
    "replicationcontrollers",
    "replicationcontrollers/scale",
    "secrets",
    "serviceaccounts",
    "services",
    "services/proxy",
];

const VIEW: &[Rule] = &[
    Rule {
        groups: &[""],
        resources: VIEWED,
        verbs: READ,
    },
    Rule {
        groups: WORKLOAD_GROUPS,
        resources: WORKLOADS,
        verbs: READ,
    },
];
const EDIT: &[Rule] = &[
    Rule {
        groups: &[""],
        resources: EDITED,
        verbs: WRITE,
    },
    Rule {
        groups: &[""],
        resources: &[
            "pods/attach",
            "pods/exec",
            "pods/portforward",
            "pods/proxy",
            "secrets",
            "services/proxy",
        ],
        verbs: READ,
    },
    Rule {
        groups: &[""],
        resources: &["serviceaccounts"],
        verbs: &["impersonate"],
    },
    Rule {
        groups: WORKLOAD_GROUPS,
        resources: WORKLOADS,
        verbs: WRITE,
    },
    Rule {
        groups: &["coordination.k8s.io"],
        resources: &["leases"],
        verbs: ALL,
    },
];
const ADMIN: &[Rule] = &[
    Rule {
        groups: &["authorization.k8s.io"],
        resources: &["localsubjectaccessreviews"],
        verbs: &["create"],
    },
    Rule {
        groups: &["rbac.authorization.k8s.io"],
        resources: &["rolebindings", "roles"],
        verbs: ALL,
    },
];
const EVERYTHING: &[Rule] = &[Rule {
    groups: ALL,
    resources: ALL,
    verbs: ALL,
}];
const SEE_EVERYTHING: &[Rule] = &[Rule {
    groups: ALL,
    resources: ALL,
    verbs: READ,
}];

/// What the components on an Auto Mode node do: kube-proxy watches services and their endpoints, the
/// network agent handles its own objects, the health agent tells the node's conditions.
const AUTO_NODE: &[Rule] = &[
    Rule {
        groups: &[""],
        resources: &["endpoints", "namespaces", "nodes", "pods", "services"],
        verbs: READ,
    },
    Rule {
        groups: &[""],
        resources: &["nodes", "nodes/status"],
        verbs: &["patch", "update"],
    },
    Rule {
        groups: &["", "events.k8s.io"],
        resources: &["events"],
        verbs: &["create", "patch", "update"],
    },
    Rule {
        groups: &["discovery.k8s.io"],
        resources: &["endpointslices"],
        verbs: READ,
    },
    Rule {
        groups: &["networking.k8s.io"],
        resources: &["networkpolicies"],
        verbs: READ,
    },
    Rule {
        groups: &["eks.amazonaws.com"],
        resources: &[
            "cninodes",
            "cninodes/status",
            "nodediagnostics",
            "nodediagnostics/status",
        ],
        verbs: &["get", "list", "watch", "patch", "update"],
    },
    Rule {
        groups: &["networking.k8s.aws", "vpcresources.k8s.aws"],
        resources: ALL,
        verbs: &["get", "list", "watch", "patch", "update"],
    },
    Rule {
        groups: &["storage.k8s.io"],
        resources: &["csidrivers", "csinodes", "volumeattachments"],
        verbs: READ,
    },
];

fn rules(policy: &str) -> Vec<&'static [Rule]> {
    match policy {
        "AmazonEKSClusterAdminPolicy" => vec![EVERYTHING],
        "AmazonEKSAdminPolicy" => vec![VIEW, EDIT, ADMIN],
        "AmazonEKSEditPolicy" => vec![VIEW, EDIT],
        "AmazonEKSViewPolicy" => vec![VIEW],
        "AmazonEKSAdminViewPolicy" => vec![SEE_EVERYTHING],
        "AmazonEKSAutoNodePolicy" => vec![AUTO_NODE],
        // EKS's own components act as the control plane, which asks nobody here.
        _ => Vec::new(),
    }
}

/// Whether an access policy allows a request.
pub(super) fn allows(granted: &Granted, ask: &Attributes<'_>) -> bool {
    let in_scope = granted.namespaces.as_ref().is_none_or(|namespaces| {
        !ask.namespace.is_empty()
            && namespaces
                .iter()
                .any(|pattern| fits(pattern, ask.namespace))
    });
    if !in_scope {
        return false;
    }
    // Paths that are no resource are for the administrators of the whole cluster.
    if ask.resource.is_empty() {
        return granted.policy == "AmazonEKSClusterAdminPolicy" && granted.namespaces.is_none();
    }
    let resource = if ask.subresource.is_empty() {
        ask.resource.to_owned()
    } else {
        format!("{}/{}", ask.resource, ask.subresource)
    };
    rules(&granted.policy).into_iter().flatten().any(|rule| {
        lists(rule.groups, ask.group)
            && lists(rule.resources, &resource)
            && lists(rule.verbs, ask.verb)
    })
}

fn lists(list: &[&str], wanted: &str) -> bool {
    list.iter().any(|item| *item == "*" || *item == wanted)
}

fn fits(pattern: &str, namespace: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(prefix) => namespace.starts_with(prefix),
        None => pattern == namespace,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn granted(policy: &str, namespaces: Option<&[&str]>) -> Granted {
        Granted {
            policy: policy.to_owned(),
            namespaces: namespaces.map(|list| list.iter().map(|name| (*name).to_owned()).collect()),
        }
    }

    fn pods<'a>(verb: &'a str, namespace: &'a str) -> Attributes<'a> {
        Attributes {
            verb,
            version: "v1",
            resource: "pods",
            namespace,
            ..Attributes::default()
        }
    }

    #[test]
    fn a_policy_counts_in_its_namespaces_only() {
        let view = granted("AmazonEKSViewPolicy", Some(&["team-*"]));
        assert!(allows(&view, &pods("list", "team-a")));
        assert!(!allows(&view, &pods("list", "other")));
        assert!(!allows(&view, &pods("list", "")));
        assert!(!allows(&view, &pods("delete", "team-a")));
    }

    #[test]
    fn secrets_are_for_editors_and_nodes_for_administrators_of_the_cluster() {
        let secret = Attributes {
            verb: "get",
            version: "v1",
            resource: "secrets",
            namespace: "a",
            ..Attributes::default()
        };
        assert!(!allows(&granted("AmazonEKSViewPolicy", None), &secret));
        assert!(allows(&granted("AmazonEKSEditPolicy", None), &secret));
        let nodes = Attributes {
            verb: "list",
            version: "v1",
            resource: "nodes",
            ..Attributes::default()
        };
        assert!(!allows(&granted("AmazonEKSAdminPolicy", None), &nodes));
        assert!(allows(&granted("AmazonEKSAdminViewPolicy", None), &nodes));
        assert!(allows(
            &granted("AmazonEKSClusterAdminPolicy", None),
            &nodes
        ));
    }
}
