//! Snapshots for property tests. The vocabulary is small, so that objects of two snapshots meet.

use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use rolecall_facts::{
    AccessEntry, AccessPolicyAssociation, AccessScope, AuthenticationMode, AwsAuth, AwsAuthProblem,
    AwsAuthRole, Cluster, Completeness, ComputeConfig, Condition, Fact, InstanceProfile, LabelKey,
    ManagedPolicy, NamedDocument, Node, NodeClaim, NodeClass, NodeClassKind, NodeClassRef,
    NodeGroup, NodeGroupKind, NodePool, ObjectEvent, ObjectId, ObservedCall, Origin,
    PodIdentityAssociation, PolicyDocument, Principal, Reference, Role, ServiceControlLevel,
    Snapshot, Tag, Timestamp, Unread, Why,
};

fn text(words: &'static [&'static str]) -> impl Strategy<Value = String> {
    select(words).prop_map(str::to_owned)
}

fn names(words: &'static [&'static str]) -> impl Strategy<Value = Vec<String>> {
    subsequence(words.to_vec(), 0..=words.len())
        .prop_map(|names| names.into_iter().map(str::to_owned).collect())
}

fn origin() -> impl Strategy<Value = Origin> {
    (0_u32..4, any::<bool>()).prop_map(|(line, live)| {
        if live {
            Origin::api("iam:GetRole", "NodeRole")
        } else {
            Origin::file(&"main.yaml".into(), line + 1, 3, 4)
        }
    })
}

fn why() -> impl Strategy<Value = Why> {
    select(vec![
        Why::not_evaluated("`var.role`"),
        Why::after_apply("the ARN"),
        Why::not_given("the role"),
        Why::NotPermitted("iam:GetRole".into()),
        Why::ReadFailed("the cluster".into()),
    ])
}

fn fact<T: std::fmt::Debug + Clone>(
    value: impl Strategy<Value = T>,
) -> impl Strategy<Value = Fact<T>> {
    prop_oneof![
        3 => (value, origin()).prop_map(|(value, origin)| Fact::known(value, origin)),
        1 => (why(), of(origin())).prop_map(|(why, origin)| Fact::Unknown { why, origin }),
    ]
}

fn id() -> impl Strategy<Value = Option<ObjectId>> {
    of(text(&["A", "B", "C"]).prop_map(|address| ObjectId::new("main.tf", &address)))
}

fn reference<T: std::fmt::Debug + Clone>(
    value: impl Strategy<Value = T>,
) -> impl Strategy<Value = Reference<T>> {
    (fact(value), id()).prop_map(|(value, object)| Reference { value, object })
}

fn completeness() -> impl Strategy<Value = Completeness> {
    prop_oneof![
        Just(Completeness::Complete),
        why().prop_map(Completeness::Partial)
    ]
}

fn document() -> impl Strategy<Value = PolicyDocument> {
    text(&[
        r#"{"Statement":[]}"#,
        r#"{"Statement":[{"Effect":"Deny"}]}"#,
    ])
    .prop_map(|text| PolicyDocument::whole(&text))
}

fn principal() -> impl Strategy<Value = Principal> {
    text(&[
        "arn:aws:iam::111122223333:role/NodeRole",
        "arn:aws:iam::111122223333:role/platform/NodeRole",
        "arn:aws:iam::444455556666:role/NodeRole",
        "NodeRole",
    ])
    .prop_map(|text| Principal::parse(&text))
}

fn cluster_name() -> impl Strategy<Value = String> {
    text(&["prod", "dev"])
}

fn account() -> impl Strategy<Value = Option<rolecall_arn::AccountId>> {
    select(&[None, Some("111122223333"), Some("444455556666")])
        .prop_map(|text| text.map(|text| text.parse().unwrap()))
}

fn timestamp() -> impl Strategy<Value = Option<Timestamp>> {
    of((0_i64..3).prop_map(|second| Timestamp::from_second(second).unwrap()))
}

fn conditions() -> impl Strategy<Value = Vec<Condition>> {
    vec(
        (text(&["Ready", "Launched"]), text(&["True", "False"])).prop_map(|(kind, status)| {
            Condition {
                kind,
                status,
                reason: String::new(),
                message: String::new(),
            }
        }),
        0..2,
    )
}

fn named_documents() -> impl Strategy<Value = Vec<NamedDocument>> {
    vec(
        (text(&["inline", "extra"]), fact(document()))
            .prop_map(|(name, document)| NamedDocument { name, document }),
        0..2,
    )
}

fn cluster() -> impl Strategy<Value = Cluster> {
    let compute = (
        fact(any::<bool>()),
        fact(names(&["general-purpose", "system"])),
        of(reference(principal())),
        origin(),
    )
        .prop_map(|(enabled, node_pools, node_role, origin)| ComputeConfig {
            enabled,
            node_pools,
            node_role,
            origin,
        });
    (
        (
            id(),
            fact(cluster_name()),
            account(),
            of(text(&["eu-west-1", "us-east-1"])),
        ),
        (
            fact(select(&[
                AuthenticationMode::Api,
                AuthenticationMode::ConfigMap,
            ])),
            of(compute),
            reference(principal()),
            of(fact(text(&["https://oidc"]))),
        ),
        (completeness(), completeness(), origin()),
    )
        .prop_map(
            |(
                (id, name, account, region),
                (authentication_mode, compute, role, oidc_issuer),
                (access_entries_complete, aws_auth_complete, origin),
            )| Cluster {
                id,
                name,
                partition: None,
                account,
                region,
                authentication_mode,
                compute,
                role,
                oidc_issuer,
                access_entries_complete,
                aws_auth_complete,
                origin,
            },
        )
}

fn role() -> impl Strategy<Value = Role> {
    (
        (
            id(),
            account(),
            fact(text(&["NodeRole", "noderole", "Other"])),
            fact(text(&["/", "/platform/"])),
        ),
        (
            of(text(&["AROATFQR7NSCYGNOX4QAJ"])),
            timestamp(),
            fact(document()),
            named_documents(),
        ),
        (
            vec(
                reference(text(&[
                    "arn:aws:iam::aws:policy/A",
                    "arn:aws:iam::aws:policy/B",
                ])),
                0..3,
            ),
            completeness(),
            of(reference(text(&[
                "arn:aws:iam::111122223333:policy/Boundary",
            ]))),
            origin(),
        ),
    )
        .prop_map(
            |(
                (id, account, name, path),
                (unique_id, created_at, trust, inline_policies),
                (attached_policies, policies_complete, permissions_boundary, origin),
            )| Role {
                id,
                partition: None,
                account,
                name,
                path,
                unique_id: unique_id.map(|text| text.parse().unwrap()),
                created_at,
                replaced: None,
                tags: Vec::new(),
                trust,
                inline_policies,
                attached_policies,
                policies_complete,
                permissions_boundary,
                origin,
            },
        )
}

fn instance_profile() -> impl Strategy<Value = InstanceProfile> {
    (
        id(),
        account(),
        fact(text(&["eks-nodes", "EKS-nodes"])),
        fact(text(&["/", "/platform/"])),
        of(reference(principal())),
        origin(),
    )
        .prop_map(|(id, account, name, path, role, origin)| InstanceProfile {
            id,
            account,
            name,
            path,
            role,
            origin,
        })
}

fn managed_policy() -> impl Strategy<Value = ManagedPolicy> {
    (
        id(),
        fact(text(&[
            "arn:aws:iam::111122223333:policy/A",
            "arn:aws:iam::111122223333:policy/B",
        ])),
        fact(document()),
        origin(),
    )
        .prop_map(|(id, arn, document, origin)| ManagedPolicy {
            id,
            arn,
            document,
            origin,
        })
}

fn of_cluster() -> impl Strategy<Value = Option<Reference<String>>> {
    of(reference(cluster_name()))
}

fn node_pool() -> impl Strategy<Value = NodePool> {
    let class_ref = text(&["default", "web"]).prop_map(|name| NodeClassRef {
        group: "eks.amazonaws.com".to_owned(),
        kind: "NodeClass".to_owned(),
        name,
    });
    let labels = vec(
        (text(&["team", "tier"]), origin()).prop_map(|(key, origin)| LabelKey { key, origin }),
        0..2,
    );
    (
        text(&["web", "batch"]),
        of_cluster(),
        fact(class_ref),
        labels,
        conditions(),
        origin(),
    )
        .prop_map(
            |(name, cluster, node_class_ref, label_keys, conditions, origin)| NodePool {
                name,
                cluster,
                node_class_ref,
                label_keys,
                conditions,
                origin,
            },
        )
}

fn node_class() -> impl Strategy<Value = NodeClass> {
    let tags = vec(
        (text(&["team", "tier"]), fact(text(&["a", "b"])))
            .prop_map(|(key, value)| Tag { key, value }),
        0..2,
    );
    (
        (
            select(&[NodeClassKind::AutoMode, NodeClassKind::Karpenter]),
            text(&["default", "web"]),
            of_cluster(),
        ),
        (
            of(reference(text(&["NodeRole"]))),
            of(reference(text(&["eks-nodes"]))),
            tags,
        ),
        (conditions(), id(), origin()),
    )
        .prop_map(
            |((kind, name, cluster), (role, instance_profile, tags), (conditions, id, origin))| {
                NodeClass {
                    kind,
                    name,
                    cluster,
                    role,
                    instance_profile,
                    tags,
                    conditions,
                    id,
                    origin,
                }
            },
        )
}

fn node_claim() -> impl Strategy<Value = NodeClaim> {
    (
        text(&["web-x1"]),
        of_cluster(),
        of(text(&["web"])),
        conditions(),
        origin(),
    )
        .prop_map(|(name, cluster, node_pool, conditions, origin)| NodeClaim {
            name,
            cluster,
            node_pool,
            node_name: None,
            instance_id: None,
            conditions,
            origin,
        })
}

fn node() -> impl Strategy<Value = Node> {
    (
        text(&["i-0aa", "i-0bb"]),
        of_cluster(),
        of(text(&["web"])),
        conditions(),
        origin(),
    )
        .prop_map(|(name, cluster, node_pool, conditions, origin)| Node {
            instance_id: Some(name.clone()),
            name,
            cluster,
            node_pool,
            node_group: None,
            compute_type: None,
            conditions,
            origin,
        })
}

fn event() -> impl Strategy<Value = ObjectEvent> {
    (of_cluster(), any::<bool>(), 1_u32..4, timestamp(), origin()).prop_map(
        |(cluster, warning, count, last_seen, origin)| ObjectEvent {
            cluster,
            object: "NodeClass/web".to_owned(),
            warning,
            reason: "InstanceProfileReady".to_owned(),
            message: String::new(),
            count,
            last_seen,
            origin,
        },
    )
}

fn call() -> impl Strategy<Value = ObservedCall> {
    (text(&["e-1", "e-2"]), origin()).prop_map(|(event_id, origin)| ObservedCall {
        event_id,
        time: Timestamp::UNIX_EPOCH,
        event_source: "eks.amazonaws.com".to_owned(),
        event_name: "DescribeAccessEntry".to_owned(),
        account: None,
        region: None,
        caller_arn: None,
        session_issuer_arn: None,
        invoked_by: None,
        error_code: "AccessDenied".to_owned(),
        error_message: None,
        cluster: Some("prod".to_owned()),
        principal_arn: None,
        role: None,
        instance_profile: None,
        origin,
    })
}

fn unread() -> impl Strategy<Value = Unread> {
    (
        of(cluster_name()),
        origin(),
        why(),
        of(text(&["let this identity `iam:GetRole` on `acme`"])),
    )
        .prop_map(|(cluster, origin, why, help)| Unread {
            cluster,
            origin,
            why,
            help,
        })
}

fn node_group() -> impl Strategy<Value = NodeGroup> {
    (
        id(),
        select(&[NodeGroupKind::Managed, NodeGroupKind::SelfManaged]),
        fact(text(&["workers"])),
        reference(cluster_name()),
        of(reference(principal())),
        fact(any::<bool>()),
        origin(),
    )
        .prop_map(
            |(id, kind, name, cluster, role, windows, origin)| NodeGroup {
                id,
                kind,
                name,
                cluster,
                role,
                instance_profile: None,
                windows,
                origin,
            },
        )
}

fn access_entry() -> impl Strategy<Value = AccessEntry> {
    (
        (
            id(),
            reference(cluster_name()),
            reference(principal()),
            fact(text(&["EC2", "EC2_LINUX", "STANDARD"])),
        ),
        (
            fact(names(&["admins", "viewers"])),
            of(fact(text(&["someone"]))),
        ),
        (timestamp(), any::<bool>(), completeness(), origin()),
    )
        .prop_map(
            |(
                (id, cluster, principal, entry_type),
                (kubernetes_groups, username),
                (created_at, made_by_this_change, policies_complete, origin),
            )| AccessEntry {
                id,
                cluster,
                principal,
                entry_type,
                kubernetes_groups,
                username,
                created_at,
                tags: Vec::new(),
                made_by_this_change,
                policies_complete,
                origin,
            },
        )
}

fn association() -> impl Strategy<Value = AccessPolicyAssociation> {
    let scope = prop_oneof![
        Just(AccessScope::Cluster),
        names(&["default", "kube-system"]).prop_map(AccessScope::Namespaces)
    ];
    (
        reference(cluster_name()),
        reference(principal()),
        fact(text(&[
            "arn:aws:eks::aws:cluster-access-policy/AmazonEKSAutoNodePolicy",
        ])),
        fact(scope),
        origin(),
    )
        .prop_map(
            |(cluster, principal, policy_arn, scope, origin)| AccessPolicyAssociation {
                cluster,
                principal,
                policy_arn,
                scope,
                origin,
            },
        )
}

fn aws_auth() -> impl Strategy<Value = AwsAuth> {
    let mapping = (
        fact(text(&["arn:aws:iam::111122223333:role/NodeRole"])),
        fact(text(&["system:node:{{EC2PrivateDNSName}}"])),
        fact(vec(text(&["system:nodes"]), 0..2)),
        origin(),
    )
        .prop_map(|(role_arn, username, groups, origin)| AwsAuthRole {
            role_arn,
            username,
            groups,
            origin,
        });
    let problem = origin().prop_map(|origin| AwsAuthProblem {
        message: "the key is skipped".to_owned(),
        origin,
    });
    (
        of_cluster(),
        fact(vec(mapping, 0..3)),
        vec(problem, 0..2),
        origin(),
    )
        .prop_map(|(cluster, map_roles, problems, origin)| AwsAuth {
            cluster,
            map_roles,
            problems,
            origin,
        })
}

fn pod_identity() -> impl Strategy<Value = PodIdentityAssociation> {
    (
        reference(cluster_name()),
        fact(text(&["kube-system", "karpenter"])),
        fact(text(&["karpenter"])),
        reference(principal()),
        origin(),
    )
        .prop_map(|(cluster, namespace, service_account, role, origin)| {
            PodIdentityAssociation {
                cluster,
                namespace,
                service_account,
                role,
                origin,
            }
        })
}

fn level() -> impl Strategy<Value = ServiceControlLevel> {
    (
        text(&["r-abcd", "ou-abcd-12345678"]),
        vec(account(), 0..2),
        named_documents(),
    )
        .prop_map(|(target, accounts, policies)| ServiceControlLevel {
            target,
            accounts: accounts.into_iter().flatten().collect(),
            policies,
        })
}

/// Any snapshot without conflicts.
pub(crate) fn snapshot() -> impl Strategy<Value = Snapshot> {
    (
        (
            timestamp(),
            vec(cluster(), 0..3),
            vec(node_pool(), 0..3),
            vec(node_class(), 0..3),
            vec(node_claim(), 0..2),
            vec(node_group(), 0..2),
        ),
        (
            vec(access_entry(), 0..4),
            vec(association(), 0..3),
            vec(aws_auth(), 0..2),
            vec(pod_identity(), 0..3),
        ),
        (
            vec(role(), 0..4),
            vec(account(), 0..2),
            vec(instance_profile(), 0..2),
            vec(managed_policy(), 0..3),
            vec(level(), 0..2),
        ),
        (
            vec(node(), 0..3),
            vec(event(), 0..3),
            vec(call(), 0..3),
            vec(unread(), 0..2),
        ),
    )
        .prop_map(
            |(
                (taken_at, clusters, node_pools, node_classes, node_claims, node_groups),
                (access_entries, access_policies, aws_auth, pod_identities),
                (roles, complete, instance_profiles, managed_policies, service_control_levels),
                (nodes, events, calls, mut unread),
            )| {
                unread.sort();
                unread.dedup();
                let mut role_complete_accounts: Vec<_> = complete.into_iter().flatten().collect();
                role_complete_accounts.dedup();
                let instance_profile_complete_accounts = role_complete_accounts.clone();
                Snapshot {
                    taken_at,
                    clusters,
                    node_pools,
                    node_classes,
                    node_claims,
                    nodes,
                    events,
                    calls,
                    unread,
                    node_groups,
                    access_entries,
                    access_policies,
                    aws_auth,
                    pod_identities,
                    roles,
                    role_complete_accounts,
                    instance_profiles,
                    instance_profile_complete_accounts,
                    managed_policies,
                    service_control_levels,
                    ..Snapshot::default()
                }
            },
        )
}
