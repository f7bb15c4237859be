//! Small snapshots whose objects meet: few names, two accounts, every kind of object of a chain.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use rolecall_facts::Snapshot;
use serde_json::{Value, json};

/// A snapshot as JSON. Every object stands in a place of its own, as objects of files do.
pub(crate) fn snapshot() -> impl Strategy<Value = Value> {
    let iam = (
        vec(role(), 1..5),
        vec(profile(), 0..3),
        vec(policy(), 0..2),
        vec(level(), 0..2),
    );
    let kubernetes = (vec(class(), 0..4), vec(pool(), 1..4), vec(aws_auth(), 0..2));
    let eks = (
        vec(cluster(), 0..3),
        vec(group(), 0..2),
        vec(entry(), 0..4),
        vec(association(), 0..3),
    );
    let more = (
        vec(pod_identity(), 0..2),
        select(vec![json!([]), json!(["111122223333"])]),
    );
    (iam, kubernetes, eks, more).prop_map(|(iam, kubernetes, eks, more)| {
        let mut snapshot = json!({
            "version": 1,
            "roles": iam.0, "instance_profiles": iam.1, "managed_policies": iam.2,
            "service_control_levels": iam.3,
            "node_classes": kubernetes.0, "node_pools": kubernetes.1, "aws_auth": kubernetes.2,
            "clusters": eks.0, "node_groups": eks.1, "access_entries": eks.2,
            "access_policies": eks.3, "pod_identities": more.0, "role_complete_accounts": more.1,
        });
        place_all(&mut snapshot);
        snapshot
    })
}

/// The snapshot that the JSON is.
pub(crate) fn parse(snapshot: &Value) -> Snapshot {
    match Snapshot::from_json(&snapshot.to_string()) {
        Ok(snapshot) => snapshot,
        Err(error) => panic!("{error} in {snapshot:#}"),
    }
}

/// Gives every object a line of its own, and its facts and declared id too.
fn place_all(snapshot: &mut Value) {
    let mut line = 0;
    for list in snapshot
        .as_object_mut()
        .into_iter()
        .flatten()
        .map(|(_, list)| list)
    {
        for object in list.as_array_mut().into_iter().flatten() {
            line += 1;
            place(object, line);
        }
    }
}

fn place(value: &mut Value, line: u32) {
    match value {
        Value::Object(fields) => {
            if let Some(origin) = fields.get_mut("origin") {
                *origin = json!({ "file": { "path": "all.tf", "line": line, "column": 1 } });
            }
            fields.values_mut().for_each(|field| place(field, line));
        }
        Value::Array(items) => items.iter_mut().for_each(|item| place(item, line)),
        _ => {}
    }
}

fn known(value: impl Into<Value>) -> Value {
    json!({ "known": { "value": value.into(), "origin": null } })
}

fn unknown() -> Value {
    json!({ "unknown": { "why": { "reason": "not-evaluated", "detail": "`var.x`" } } })
}

/// A fact of one of these texts, now and then unknown.
fn fact(texts: &'static [&'static str]) -> impl Strategy<Value = Value> {
    prop_oneof![9 => select(texts).prop_map(known), 1 => Just(unknown())]
}

fn reference(texts: &'static [&'static str]) -> impl Strategy<Value = Value> {
    fact(texts).prop_map(|value| json!({ "value": value }))
}

/// A reference to a declared role, by object.
fn object(addresses: &'static [&'static str]) -> impl Strategy<Value = Value> {
    select(addresses).prop_map(|address| json!({ "value": unknown(), "object": address }))
}

fn completeness() -> impl Strategy<Value = Value> {
    let partial = json!({ "partial": { "reason": "not-given", "detail": "the rest" } });
    prop_oneof![4 => Just(json!("complete")), 1 => Just(partial)]
}

const ACCOUNTS: &[Option<&str>] = &[
    None,
    Some("111122223333"),
    Some("111122223333"),
    Some("444455556666"),
];
const CLUSTERS: &[&str] = &["prod", "prod", "dev"];
const ARNS: &[&str] = &[
    "arn:aws:iam::111122223333:role/NodeRole",
    "arn:aws:iam::111122223333:role/platform/NodeRole",
    "arn:${AWS::Partition}:iam::${AWS::AccountId}:role/platform/NodeRole",
    "arn:aws:iam::444455556666:role/NodeRole",
    "arn:aws:iam::111122223333:role/ClusterRole",
];
const ADDRESSES: &[&str] = &["stack#aws_iam_role.node", "stack#aws_iam_role.cluster"];

fn with(mut object: Value, field: &str, value: Option<Value>) -> Value {
    if let (Some(fields), Some(value)) = (object.as_object_mut(), value) {
        fields.insert(field.to_owned(), value);
    }
    object
}

fn trust() -> impl Strategy<Value = Value> {
    let allows = |service: &str, actions: Value| json!({ "Effect": "Allow", "Principal": { "Service": service }, "Action": actions });
    let document = |statements: Value| {
        let text = json!({ "Version": "2012-10-17", "Statement": statements }).to_string();
        known(json!({ "text": text }))
    };
    let both = json!(["sts:AssumeRole", "sts:TagSession"]);
    select(vec![
        document(json!([allows(
            "ec2.amazonaws.com",
            json!("sts:AssumeRole")
        )])),
        document(json!([allows("eks.amazonaws.com", both.clone())])),
        document(json!([
            allows("ec2.amazonaws.com", both.clone()),
            allows("eks.amazonaws.com", both)
        ])),
        document(json!([allows(
            "eks.amazonaws.com",
            json!("sts:AssumeRole")
        )])),
        unknown(),
    ])
}

fn role() -> impl Strategy<Value = Value> {
    let policies = vec(
        reference(&[
            "arn:aws:iam::aws:policy/AmazonEKSWorkerNodeMinimalPolicy",
            "arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryPullOnly",
            "arn:aws:iam::aws:policy/AmazonEKSWorkerNodePolicy",
            "arn:aws:iam::aws:policy/AmazonEKSComputePolicy",
            "arn:aws:iam::111122223333:policy/own",
        ]),
        0..4,
    );
    let boundary = option::weighted(0.2, reference(&["arn:aws:iam::111122223333:policy/own"]));
    (
        (option::of(select(ADDRESSES)), select(ACCOUNTS)),
        (
            fact(&["NodeRole", "noderole", "ClusterRole", "karpenter"]),
            fact(&["/", "/platform/", "platform"]),
        ),
        (trust(), policies, completeness(), boundary),
    )
        .prop_map(
            |((id, account), (name, path), (trust, policies, complete, boundary))| {
                let role = json!({
                    "name": name, "path": path, "trust": trust, "attached_policies": policies,
                    "policies_complete": complete, "origin": null,
                });
                let role = with(role, "account", account.map(Value::from));
                with(
                    with(role, "id", id.map(Value::from)),
                    "permissions_boundary",
                    boundary,
                )
            },
        )
}

fn profile() -> impl Strategy<Value = Value> {
    (
        fact(&["eks-nodes", "EKS-nodes"]),
        option::of(prop_oneof![reference(ARNS), object(ADDRESSES)]),
    )
        .prop_map(|(name, role)| {
            with(
                json!({ "name": name, "path": known("/"), "origin": null }),
                "role",
                role,
            )
        })
}

fn statements() -> impl Strategy<Value = Value> {
    let document = |text: &str| known(json!({ "text": text }));
    select(vec![
        document(
            r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#,
        ),
        document(
            r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["ecr:*","iam:PassRole"],"Resource":"*"}]}"#,
        ),
        document(
            r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","Action":"ecr:*","Resource":"*"}]}"#,
        ),
        unknown(),
    ])
}

fn policy() -> impl Strategy<Value = Value> {
    (
        fact(&["arn:aws:iam::111122223333:policy/own"]),
        statements(),
    )
        .prop_map(|(arn, document)| json!({ "arn": arn, "document": document, "origin": null }))
}

fn level() -> impl Strategy<Value = Value> {
    (select(&["r-root", "ou-one"]), statements()).prop_map(|(target, document)| {
        json!({ "target": target, "policies": [{ "name": "scp", "document": document }] })
    })
}

fn class() -> impl Strategy<Value = Value> {
    let names = reference(&[
        "NodeRole",
        "NodeRole",
        "nodeROLE",
        "NodeRoel",
        "platform/NodeRole",
        "arn:aws:iam::111122223333:role/platform/NodeRole",
    ]);
    let role = option::weighted(0.8, prop_oneof![4 => names, 1 => object(ADDRESSES)]);
    let profile = option::weighted(
        0.2,
        reference(&[
            "eks-nodes",
            "arn:aws:iam::111122223333:instance-profile/eks-nodes",
        ]),
    );
    (
        (
            select(&["auto-mode", "auto-mode", "karpenter"]),
            select(&["default", "web"]),
        ),
        (option::of(reference(CLUSTERS)), role, profile),
    )
        .prop_map(|((kind, name), (cluster, role, profile))| {
            let class = json!({ "kind": kind, "name": name, "origin": null });
            with(
                with(with(class, "cluster", cluster), "role", role),
                "instance_profile",
                profile,
            )
        })
}

fn pool() -> impl Strategy<Value = Value> {
    let kinds = select(&[
        ("eks.amazonaws.com", "NodeClass"),
        ("eks.amazonaws.com", "NodeClass"),
        ("karpenter.k8s.aws", "EC2NodeClass"),
        ("karpenter.k8s.aws", "NodeClass"),
    ]);
    let labels = select(&["team", "karpenter.k8s.aws/instance-cpu"]);
    (
        (select(&["web", "batch"]), option::of(reference(CLUSTERS))),
        (kinds, select(&["default", "web", "wbe"]), vec(labels, 0..2)),
    )
        .prop_map(|((name, cluster), ((group, kind), class, labels))| {
            let labels: Vec<Value> =
                labels.iter().map(|key| json!({ "key": key, "origin": null })).collect();
            let class_ref = json!({ "group": group, "kind": kind, "name": class });
            let pool = json!({
                "name": name, "node_class_ref": known(class_ref), "label_keys": labels, "origin": null,
            });
            with(pool, "cluster", cluster)
        })
}

fn cluster() -> impl Strategy<Value = Value> {
    let flag = prop_oneof![4 => Just(known(true)), 1 => Just(known(false)), 1 => Just(unknown())];
    let pools = select(vec![known(json!([])), known(json!(["system"])), unknown()]);
    let compute = (flag, pools, option::of(reference(ARNS))).prop_map(|(enabled, pools, role)| {
        let compute = json!({ "enabled": enabled, "node_pools": pools, "origin": null });
        with(compute, "node_role", role)
    });
    (
        (fact(CLUSTERS), select(ACCOUNTS), option::of(compute)),
        (fact(&["API", "API", "API_AND_CONFIG_MAP", "CONFIG_MAP"]), prop_oneof![reference(ARNS), object(ADDRESSES)]),
        (completeness(), completeness()),
    )
        .prop_map(|((name, account, compute), (mode, role), (entries, aws_auth))| {
            let cluster = json!({
                "name": name, "authentication_mode": mode, "role": role,
                "access_entries_complete": entries, "aws_auth_complete": aws_auth, "origin": null,
            });
            with(with(cluster, "account", account.map(Value::from)), "compute", compute)
        })
}

fn group() -> impl Strategy<Value = Value> {
    let role = option::of(prop_oneof![reference(ARNS), object(ADDRESSES)]);
    (
        select(&["managed", "self-managed"]),
        reference(CLUSTERS),
        role,
    )
        .prop_map(|(kind, cluster, role)| {
            let group = json!({
                "kind": kind, "name": known("workers"), "cluster": cluster, "windows": known(false),
                "origin": null,
            });
            with(group, "role", role)
        })
}

fn entry() -> impl Strategy<Value = Value> {
    (
        (reference(CLUSTERS), prop_oneof![4 => reference(ARNS), 1 => object(ADDRESSES)]),
        (fact(&["EC2", "EC2", "EC2_LINUX", "STANDARD"]), completeness()),
    )
        .prop_map(|((cluster, principal), (kind, complete))| {
            json!({
                "cluster": cluster, "principal": principal, "entry_type": kind,
                "kubernetes_groups": known(json!([])), "policies_complete": complete, "origin": null,
            })
        })
}

fn association() -> impl Strategy<Value = Value> {
    let scope = select(vec![
        known("cluster"),
        known("cluster"),
        known(json!({ "namespaces": ["app"] })),
    ]);
    let policy = fact(&["arn:aws:eks::aws:cluster-access-policy/AmazonEKSAutoNodePolicy"]);
    (reference(CLUSTERS), reference(ARNS), policy, scope).prop_map(
        |(cluster, principal, policy, scope)| {
            json!({
                "cluster": cluster, "principal": principal, "policy_arn": policy, "scope": scope,
                "origin": null,
            })
        },
    )
}

fn aws_auth() -> impl Strategy<Value = Value> {
    let mapping = fact(ARNS).prop_map(|arn| {
        json!({
            "role_arn": arn, "username": known("system:node:{{EC2PrivateDNSName}}"),
            "groups": known(json!(["system:bootstrappers", "system:nodes"])), "origin": null,
        })
    });
    (option::of(reference(CLUSTERS)), vec(mapping, 0..3)).prop_map(|(cluster, mappings)| {
        with(
            json!({ "map_roles": known(mappings), "origin": null }),
            "cluster",
            cluster,
        )
    })
}

fn pod_identity() -> impl Strategy<Value = Value> {
    (reference(CLUSTERS), reference(ARNS)).prop_map(|(cluster, role)| {
        json!({
            "cluster": cluster, "namespace": known("kube-system"),
            "service_account": known("karpenter"), "role": role, "origin": null,
        })
    })
}
