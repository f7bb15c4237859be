//! What holds for every change and every snapshot.

use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use rolecall_facts::{
    AccessScope, AuthenticationMode, CannotUndo, Change, NewAccessEntry, NewRole, NodeClassKind,
    NodeClassRef, Snapshot,
};
use serde_json::{Value, json};

use crate::world::{
    ACCOUNT, AUTO_NODE, TRUST, VIEW, arn, association, cluster, entry, known, meaning, origin,
    reference, role, snapshot, with,
};

const ROLES: [&str; 4] = ["NodeRole", "platform/eks/NodeRole", "Web", "team/Web"];
const NAMES: [&str; 3] = ["NodeRole", "Web", "web"];
const PROFILES: [&str; 2] = ["eks-nodes", "EKS-Web"];
const DOCUMENTS: [&str; 3] = [
    r#"{"Version":"2012-10-17","Statement":[]}"#,
    r#"{ "Version": "2012-10-17", "Statement": { "Effect": "Deny", "Action": ["*"] } }"#,
    TRUST,
];

fn text(words: &'static [&'static str]) -> impl Strategy<Value = String> {
    select(words).prop_map(str::to_owned)
}

/// An ARN with the account, or with what stands for it.
fn open_arn() -> impl Strategy<Value = String> {
    (select(&ROLES[..]), any::<bool>()).prop_map(|(role, open)| match open {
        true => format!("arn:${{AWS::Partition}}:iam::${{AWS::AccountId}}:role/{role}"),
        false => arn(role),
    })
}

fn full_arn() -> impl Strategy<Value = String> {
    select(&ROLES[..]).prop_map(arn)
}

fn scope() -> impl Strategy<Value = AccessScope> {
    prop_oneof![
        Just(AccessScope::Cluster),
        subsequence(vec!["web", "batch"], 1..=2).prop_map(|names| AccessScope::Namespaces(
            names.into_iter().map(str::to_owned).collect()
        )),
    ]
}

fn kind() -> impl Strategy<Value = String> {
    text(&["EC2", "EC2_LINUX", "STANDARD"])
}

fn groups() -> impl Strategy<Value = Vec<String>> {
    subsequence(vec!["viewers".to_owned(), "editors".to_owned()], 0..=2)
}

/// Entries, each for another role, with their policies.
fn entries() -> impl Strategy<Value = (Vec<Value>, Vec<Value>)> {
    let one = (
        open_arn(),
        kind(),
        groups(),
        of(text(&["a:b"])),
        scope(),
        any::<(bool, bool)>(),
    );
    vec(one, 0..4).prop_map(|all| {
        let (mut entries, mut policies, mut seen) = (Vec::new(), Vec::new(), Vec::new());
        for (principal, kind, groups, username, scope, (auto, view)) in all {
            let tail = principal.rsplit(":role/").next().unwrap().to_owned();
            if seen.contains(&tail) {
                continue;
            }
            seen.push(tail);
            let mut made = entry(&principal, &kind);
            let name = principal.rsplit(['/', ':']).next().unwrap();
            let default = format!("arn:aws:sts::{ACCOUNT}:assumed-role/{name}/{{{{SessionName}}}}");
            let more = json!({
                "kubernetes_groups": known(json!(groups)),
                "username": known(username.unwrap_or(default)),
                "tags": [{ "key": "team", "value": known("web") }],
            });
            made = with(made, more);
            if kind != "EC2_LINUX" {
                let mut add = |policy, scope: &AccessScope| {
                    let scope = serde_json::to_value(scope).unwrap();
                    policies.push(association(&principal, policy, scope));
                };
                if auto {
                    add(AUTO_NODE, &scope);
                }
                if view {
                    add(VIEW, &AccessScope::Cluster);
                }
            }
            entries.push(made);
        }
        (entries, policies)
    })
}

/// Roles of different names, some without account.
fn roles() -> impl Strategy<Value = Vec<Value>> {
    let one = || {
        (
            text(&["/", "/platform/eks/", "/team/"]),
            any::<bool>(),
            text(&DOCUMENTS),
            of(text(&DOCUMENTS)),
            subsequence(vec!["A", "B"], 0..=2),
        )
    };
    (one(), one(), 0_usize..=2).prop_map(|(first, second, count)| {
        let made = [("NodeRole", first), ("Web", second)];
        let made = made.into_iter().take(count);
        made.map(|(name, (path, open, trust, inline, attached))| {
            let inline: Vec<Value> = inline
                .into_iter()
                .map(|text| json!({ "name": "launch", "document": known(json!({ "text": text })) }))
                .collect();
            let attached: Vec<Value> = attached
                .into_iter()
                .map(|name| reference(format!("arn:aws:iam::aws:policy/{name}")))
                .collect();
            let mut role = with(
                role(&path, name),
                json!({
                    "trust": known(json!({ "text": trust })),
                    "inline_policies": inline,
                    "attached_policies": attached,
                }),
            );
            if open {
                role.as_object_mut().unwrap().remove("account");
            }
            role
        })
        .collect()
    })
}

/// The ARN of a role that was made above.
fn arn_of(role: &Value) -> String {
    let text = |field: &str| role[field]["known"]["value"].as_str().unwrap();
    arn(&format!("{}{}", text("path"), text("name")).replacen('/', "", 1))
}

fn world() -> impl Strategy<Value = Snapshot> {
    let mode = text(&["API", "API_AND_CONFIG_MAP", "CONFIG_MAP"]);
    let compute = of((any::<bool>(), full_arn()));
    let profile = of(of(0_usize..2));
    let mapped = subsequence(ROLES.to_vec(), 0..=2);
    let class = (of(text(&NAMES)), of(text(&PROFILES)));
    (entries(), roles(), mode, compute, profile, of(mapped), class, any::<bool>()).prop_map(
        |((entries, policies), roles, mode, compute, profile, mapped, class, open)| {
            // Auto Mode is never on in a cluster of mode `CONFIG_MAP`.
            let compute = compute.map(|(on, role)| {
                let on = on && mode != "CONFIG_MAP";
                let pools = if on { json!(["system"]) } else { json!([]) };
                let mut compute = json!({
                    "enabled": known(on), "node_pools": known(pools), "origin": origin(),
                });
                if on {
                    compute = with(compute, json!({ "node_role": reference(role) }));
                }
                compute
            });
            let mut cluster = with(cluster(), json!({ "authentication_mode": known(mode) }));
            if let Some(compute) = compute {
                cluster = with(cluster, json!({ "compute": compute }));
            }
            if open {
                cluster.as_object_mut().unwrap().remove("account");
            }
            let profiles: Vec<Value> = profile
                .into_iter()
                .map(|inside| {
                    let bare = json!({
                        "name": known("eks-nodes"), "path": known("/"), "origin": origin(),
                    });
                    let inside = inside.and_then(|place| roles.get(place)).map(arn_of);
                    inside.map_or(bare.clone(), |arn| with(bare, json!({ "role": reference(arn) })))
                })
                .collect();
            let mapping = |role: &str| json!({
                "role_arn": known(arn(role)), "username": known("u"),
                "groups": known(json!(["g"])), "origin": origin(),
            });
            let maps: Vec<Value> = mapped
                .into_iter()
                .filter(|roles| !roles.is_empty())
                .map(|roles| {
                    let roles: Vec<Value> = roles.into_iter().map(mapping).collect();
                    json!({ "cluster": reference("prod"), "map_roles": known(roles), "origin": origin() })
                })
                .collect();
            let mut node_class = json!({ "kind": "karpenter", "name": "web", "origin": origin() });
            if let Some(role) = class.0 {
                node_class = with(node_class, json!({ "role": reference(role) }));
            }
            if let Some(profile) = class.1 {
                node_class = with(node_class, json!({ "instance_profile": reference(profile) }));
            }
            let class_ref = json!({ "group": "karpenter.k8s.aws", "kind": "EC2NodeClass", "name": "web" });
            snapshot(json!({
                "clusters": [cluster],
                "access_entries": entries,
                "access_policies": policies,
                "roles": roles,
                "instance_profiles": profiles,
                "aws_auth": maps,
                "node_classes": [node_class],
                "node_pools": [{
                    "name": "web", "node_class_ref": known(class_ref), "origin": origin(),
                }],
            }))
        },
    )
}

fn of_access() -> BoxedStrategy<Change> {
    let tags = of(Just(("team".to_owned(), "web".to_owned())));
    prop_oneof![
        (full_arn(), kind(), groups(), of(text(&["a:b"])), tags).prop_map(
            |(principal, entry_type, kubernetes_groups, username, tags)| {
                let is_standard = entry_type == "STANDARD";
                Change::CreateAccessEntry(NewAccessEntry {
                    principal,
                    kubernetes_groups: kubernetes_groups
                        .into_iter()
                        .filter(|_| is_standard)
                        .collect(),
                    username: username.filter(|_| is_standard),
                    entry_type,
                    tags: tags.into_iter().collect(),
                })
            }
        ),
        full_arn().prop_map(|principal| Change::DeleteAccessEntry { principal }),
        (full_arn(), text(&[AUTO_NODE, VIEW]), scope()).prop_map(
            |(principal, policy_arn, scope)| Change::AssociateAccessPolicy {
                principal,
                policy_arn,
                scope
            }
        ),
        (full_arn(), text(&[AUTO_NODE, VIEW])).prop_map(|(principal, policy_arn)| {
            Change::DisassociateAccessPolicy {
                principal,
                policy_arn,
            }
        }),
        full_arn().prop_map(|role_arn| Change::UnmapRole { role_arn }),
        (full_arn(), full_arn()).prop_map(|(from, to)| Change::RemapRole { from, to }),
        full_arn().prop_map(|role_arn| Change::MapRole {
            role_arn,
            username: "u".to_owned(),
            groups: vec!["g".to_owned()],
        }),
    ]
    .boxed()
}

fn of_cluster() -> BoxedStrategy<Change> {
    let modes = [
        AuthenticationMode::Api,
        AuthenticationMode::ApiAndConfigMap,
        AuthenticationMode::ConfigMap,
    ];
    prop_oneof![
        select(modes.to_vec()).prop_map(|mode| Change::SetAuthenticationMode { mode }),
        (any::<bool>(), of(full_arn())).prop_map(|(enabled, node_role)| {
            Change::SetComputeConfig {
                enabled,
                node_pools: node_role.iter().map(|_| "system".to_owned()).collect(),
                node_role,
            }
        }),
        (text(&["web", "batch"]), full_arn())
            .prop_map(|(name, node_role)| Change::CreateNodeGroup { name, node_role }),
        (of(text(&NAMES)), of(text(&PROFILES))).prop_map(|(role, instance_profile)| {
            Change::SetNodeClassIdentity {
                kind: NodeClassKind::Karpenter,
                name: "web".to_owned(),
                role,
                instance_profile,
            }
        }),
        text(&["web", "batch"]).prop_map(|name| Change::SetNodeClassRef {
            pool: "web".to_owned(),
            class: NodeClassRef {
                group: "karpenter.k8s.aws".to_owned(),
                kind: "EC2NodeClass".to_owned(),
                name,
            },
        }),
    ]
    .boxed()
}

fn of_iam() -> BoxedStrategy<Change> {
    let name = || text(&NAMES);
    let policy = || text(&["arn:aws:iam::aws:policy/A", "arn:aws:iam::aws:policy/B"]);
    let document = || text(&DOCUMENTS);
    prop_oneof![
        (name(), text(&["/", "/team/"]), document(), of(policy())).prop_map(
            |(name, path, trust, boundary)| Change::CreateRole(NewRole {
                name,
                path,
                trust,
                boundary,
                tags: std::collections::BTreeMap::new(),
            })
        ),
        name().prop_map(|name| Change::DeleteRole { name }),
        (name(), document()).prop_map(|(role, document)| Change::SetTrust { role, document }),
        (name(), policy()).prop_map(|(role, policy_arn)| Change::AttachPolicy { role, policy_arn }),
        (name(), policy()).prop_map(|(role, policy_arn)| Change::DetachPolicy { role, policy_arn }),
        (name(), text(&["launch", "Launch", "other"]), document()).prop_map(
            |(role, name, document)| Change::PutInlinePolicy {
                role,
                name,
                document
            }
        ),
        (name(), text(&["launch", "Launch"]))
            .prop_map(|(role, name)| Change::DeleteInlinePolicy { role, name }),
        (text(&PROFILES), name())
            .prop_map(|(profile, role)| Change::AddRoleToInstanceProfile { profile, role }),
        (text(&PROFILES), name())
            .prop_map(|(profile, role)| Change::RemoveRoleFromInstanceProfile { profile, role }),
    ]
    .boxed()
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![of_access(), of_cluster(), of_iam()]
}

/// Whether the change says that something is not there, of which a snapshot never tells.
fn is_deletion_of_what_may_not_have_been_asked_for(change: &Change) -> bool {
    matches!(
        change,
        Change::DeleteRole { .. } | Change::DeleteNodeGroup { .. }
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn what_was_made_holds(before in world(), change in change()) {
        let mut after = before.clone();
        match change.apply(&mut after) {
            Ok(()) if is_deletion_of_what_may_not_have_been_asked_for(&change) => {
                prop_assert_eq!(change.holds(&after), None);
            }
            Ok(()) => prop_assert_eq!(change.holds(&after), Some(true)),
            Err(_) => prop_assert_eq!(&after, &before),
        }
    }

    #[test]
    fn what_was_made_is_taken_back(before in world(), change in change()) {
        let mut after = before.clone();
        if change.apply(&mut after).is_err() {
            return Ok(());
        }
        let back = match change.undo(&before) {
            Ok(back) => back,
            Err(CannotUndo::OneWay(_)) => return Ok(()),
            Err(error) => return Err(TestCaseError::fail(error.to_string())),
        };
        for change in &back {
            let applied = change.apply(&mut after);
            prop_assert!(applied.is_ok(), "{:?}: {:?}", change, applied);
        }
        prop_assert_eq!(meaning(&after), meaning(&before));
    }

    #[test]
    fn what_holds_already_has_nothing_to_take_back(before in world(), change in change()) {
        if change.holds(&before) == Some(true) && let Ok(back) = change.undo(&before) {
            let mut after = before.clone();
            for change in &back {
                prop_assert!(change.apply(&mut after).is_ok());
            }
            prop_assert_eq!(meaning(&after), meaning(&before));
        }
    }

    #[test]
    fn a_difference_is_told_where_something_changes(before in world(), change in change()) {
        let mut after = before.clone();
        if change.apply(&mut after).is_ok() && meaning(&after) != meaning(&before) {
            let lines = change.lines(&before);
            let differs = lines.iter().any(|line| !matches!(line, rolecall_facts::Line::Kept(_)));
            prop_assert!(differs, "{:?}", lines);
        }
    }

    #[test]
    fn a_change_is_saved_and_read_again(change in change()) {
        let text = serde_json::to_string(&change).unwrap();
        prop_assert_eq!(serde_json::from_str::<Change>(&text).unwrap(), change);
    }
}
