//! `repair`, kind by kind: each change is made with what the page gives its kind, and with any action
//! less it is not.

use std::collections::BTreeSet;

use rolecall_facts::{
    AccessScope, AuthenticationMode, Change, NewAccessEntry, NewRole, NodeClassKind, NodeClassRef,
};
use rolecall_live::CarryError;
use rolecall_live::permissions::{CHANGES, KUBERNETES_CHANGES, Scope, policy_of_changes};
use serde_json::Value;

use crate::page::{self, actions, both, only, without, without_rule};
use crate::world::{CLUSTER, World};

const READING: &str = "## `rolecall diagnose`";
const HEADING: &str = "## `rolecall repair`";
/// Auto Mode, Karpenter and a node group together.
const MIXED: &str = "crates/rolecall/tests/permissions/world";
/// Without node groups and without `aws-auth`.
const PLAIN: &str = "examples/custom-path";

const TRUST: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;
const DOCUMENT: &str = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"ecr:GetAuthorizationToken","Resource":"*"}}"#;
const AUTO_NODE: &str = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSAutoNodePolicy";
const BATCH: &str = "arn:aws:iam::111122223333:role/platform/eks/BatchNodeRole";
const GPU: &str = "arn:aws:iam::111122223333:role/GpuNodeRole";
const GROUP: &str = "arn:aws:iam::111122223333:role/GroupNodeRole";

/// A change in a world where it can be made.
struct Case {
    world: &'static str,
    /// What is done before, by somebody who may.
    first: Vec<Change>,
    change: Change,
    /// The actions it takes; none where it takes a verb of Kubernetes.
    actions: &'static [&'static str],
    /// The resource and the verb, in a cluster.
    rule: Option<(&'static str, &'static str)>,
}

fn of_aws(change: Change, actions: &'static [&'static str]) -> Case {
    Case {
        world: MIXED,
        first: Vec::new(),
        change,
        actions,
        rule: None,
    }
}

fn of_kubernetes(change: Change, resource: &'static str, verb: &'static str) -> Case {
    Case {
        rule: Some((resource, verb)),
        ..of_aws(change, &[])
    }
}

impl Case {
    fn after(self, first: Change) -> Self {
        Self {
            first: vec![first],
            ..self
        }
    }

    fn in_world(self, world: &'static str) -> Self {
        Self { world, ..self }
    }

    fn kind(&self) -> &'static str {
        self.change.call(CLUSTER).action
    }

    fn world(&self) -> World {
        let world = World::of(self.world);
        if self.actions.contains(&"iam:CreateServiceLinkedRole") {
            world.forget_service_role("AWSServiceRoleForAmazonEKSNodegroup");
        }
        for change in &self.first {
            world.carry_out(&world.administrator(), change).unwrap();
        }
        world
    }

    /// Makes the change as somebody with these permissions.
    fn carry_out(&self, world: &World, policy: &Value, roles: &str) -> Result<(), CarryError> {
        world.carry_out(&world.operator(policy, Some(roles)), &self.change)
    }

    /// The page's policy for this kind of change, but for what this case does not take.
    fn policy(&self) -> Value {
        let scope = Scope::of_unread(CLUSTER, "eu-central-1", Some("111122223333"));
        let of_kind = policy_of_changes(&[self.kind()], &scope);
        for action in self.actions {
            let known = actions(&of_kind);
            assert!(known.iter().any(|known| known == action), "{action}");
        }
        both(&page::policy(READING), &only(&of_kind, self.actions))
    }

    fn prove(&self) {
        let what = format!("{:?}", self.change);
        let (policy, roles) = (self.policy(), roles());
        let whole = self.carry_out(&self.world(), &policy, &roles);
        assert_eq!(whole, Ok(()), "{what}");
        for action in self.actions {
            let less = without(&policy, action);
            let refused = self.carry_out(&self.world(), &less, &roles);
            let said = format!("{what} without {action}: {refused:?}");
            let Err(CarryError::NotPermitted { action: named, .. }) = refused else {
                panic!("{said}");
            };
            assert_eq!(named, *action, "{said}");
        }
        if let Some((resource, verb)) = self.rule {
            let less = without_rule(&roles, resource, verb);
            let refused = self.carry_out(&self.world(), &policy, &less);
            let said = format!("{what} without {verb} {resource}: {refused:?}");
            let Err(CarryError::NotPermitted {
                action,
                resource: on,
                ..
            }) = refused
            else {
                panic!("{said}");
            };
            assert_eq!(action, format!("kubernetes:{verb}"), "{said}");
            assert!(on.starts_with(resource), "{said}");
        }
    }
}

/// The page's ClusterRoles and Role, those of reading and those of changes.
fn roles() -> String {
    let (reader, writer) = (page::cluster_role(READING), page::cluster_role(HEADING));
    page::both_roles(&reader, &writer)
}

fn entry(principal: &str, entry_type: &str, tags: &[(&str, &str)]) -> Change {
    let tags = tags.iter().map(|(key, value)| (text(key), text(value)));
    Change::CreateAccessEntry(NewAccessEntry {
        principal: text(principal),
        entry_type: text(entry_type),
        kubernetes_groups: Vec::new(),
        username: None,
        tags: tags.collect(),
    })
}

fn twin(tags: &[(&str, &str)]) -> Change {
    let tags = tags.iter().map(|(key, value)| (text(key), text(value)));
    Change::CreateRole(NewRole {
        name: text("Twin"),
        path: text("/"),
        trust: text(TRUST),
        boundary: None,
        tags: tags.collect(),
    })
}

fn associate(policy_arn: &str) -> Change {
    Change::AssociateAccessPolicy {
        principal: text(BATCH),
        policy_arn: text(policy_arn),
        scope: AccessScope::Cluster,
    }
}

fn text(text: &str) -> String {
    text.to_owned()
}

const TAGS: &[(&str, &str)] = &[("rolecall:repair", "p-1")];

fn entries() -> Vec<Case> {
    vec![
        of_aws(
            entry(GPU, "EC2", TAGS),
            &["eks:CreateAccessEntry", "eks:TagResource"],
        ),
        of_aws(
            entry(GPU, "EC2_LINUX", &[]),
            &["eks:CreateAccessEntry", "iam:PassRole"],
        ),
        of_aws(
            Change::DeleteAccessEntry {
                principal: text(BATCH),
            },
            &["eks:DeleteAccessEntry"],
        ),
        of_aws(associate(AUTO_NODE), &["eks:AssociateAccessPolicy"]),
        of_aws(
            Change::DisassociateAccessPolicy {
                principal: text(BATCH),
                policy_arn: text(AUTO_NODE),
            },
            &["eks:DisassociateAccessPolicy"],
        ),
    ]
}

fn cluster_and_groups() -> Vec<Case> {
    let group = |node_role: &str| Change::CreateNodeGroup {
        name: text("workers"),
        node_role: text(node_role),
    };
    vec![
        of_aws(
            Change::SetAuthenticationMode {
                mode: AuthenticationMode::Api,
            },
            &["eks:UpdateClusterConfig", "eks:DescribeUpdate"],
        ),
        of_aws(
            Change::SetComputeConfig {
                enabled: true,
                node_pools: vec![text("system")],
                node_role: Some(text(BATCH)),
            },
            &[
                "eks:UpdateClusterConfig",
                "eks:DescribeUpdate",
                "iam:PassRole",
            ],
        ),
        of_aws(
            group("arn:aws:iam::111122223333:role/platform/eks/WebNodeRole"),
            &[
                "eks:CreateNodegroup",
                "iam:PassRole",
                "iam:ListAttachedRolePolicies",
                "ec2:DescribeSubnets",
                "iam:GetRole",
                "iam:CreateServiceLinkedRole",
            ],
        )
        .in_world(PLAIN),
        of_aws(
            group(GROUP),
            &[
                "eks:CreateNodegroup",
                "iam:PassRole",
                "iam:ListAttachedRolePolicies",
                "ec2:DescribeSubnets",
                "iam:GetRole",
            ],
        )
        .after(Change::CreateNodeGroup {
            name: text("first"),
            node_role: text(GROUP),
        }),
        of_aws(
            Change::DeleteNodeGroup {
                name: text("general"),
            },
            &["eks:DeleteNodegroup"],
        ),
    ]
}

fn roles_and_profiles() -> Vec<Case> {
    let remove = Change::RemoveRoleFromInstanceProfile {
        profile: text("GpuNodes"),
        role: text("GpuNodeRole"),
    };
    let cni = text("arn:aws:iam::aws:policy/AmazonEKS_CNI_Policy");
    vec![
        of_aws(twin(TAGS), &["iam:CreateRole", "iam:TagRole"]),
        of_aws(twin(&[]), &["iam:CreateRole"]),
        of_aws(
            Change::DeleteRole { name: text("Twin") },
            &["iam:DeleteRole"],
        )
        .after(twin(&[])),
        of_aws(
            Change::SetTrust {
                role: text("BatchNodeRole"),
                document: text(TRUST),
            },
            &["iam:UpdateAssumeRolePolicy"],
        ),
        of_aws(
            Change::AttachPolicy {
                role: text("BatchNodeRole"),
                policy_arn: cni.clone(),
            },
            &["iam:AttachRolePolicy"],
        ),
        of_aws(
            Change::DetachPolicy {
                role: text("GroupNodeRole"),
                policy_arn: cni,
            },
            &["iam:DetachRolePolicy"],
        ),
        of_aws(
            Change::PutInlinePolicy {
                role: text("GroupNodeRole"),
                name: text("pull"),
                document: text(DOCUMENT),
            },
            &["iam:PutRolePolicy"],
        ),
        of_aws(
            Change::DeleteInlinePolicy {
                role: text("BatchNodeRole"),
                name: text("pull"),
            },
            &["iam:DeleteRolePolicy"],
        ),
        of_aws(
            Change::AddRoleToInstanceProfile {
                profile: text("GpuNodes"),
                role: text("GroupNodeRole"),
            },
            &["iam:AddRoleToInstanceProfile", "iam:PassRole"],
        )
        .after(remove.clone()),
        of_aws(remove, &["iam:RemoveRoleFromInstanceProfile"]),
    ]
}

fn objects() -> Vec<Case> {
    let map = |role_arn: &str| Change::MapRole {
        role_arn: text(role_arn),
        username: text("system:node:{{EC2PrivateDNSName}}"),
        groups: vec![text("system:bootstrappers"), text("system:nodes")],
    };
    vec![
        of_kubernetes(
            Change::SetNodeClassIdentity {
                kind: NodeClassKind::AutoMode,
                name: text("batch"),
                role: Some(text("GroupNodeRole")),
                instance_profile: None,
            },
            "nodeclasses.eks.amazonaws.com",
            "patch",
        ),
        of_kubernetes(
            Change::SetNodeClassIdentity {
                kind: NodeClassKind::Karpenter,
                name: text("gpu"),
                role: None,
                instance_profile: Some(text("OtherNodes")),
            },
            "ec2nodeclasses.karpenter.k8s.aws",
            "patch",
        ),
        of_kubernetes(
            Change::SetNodeClassRef {
                pool: text("batch"),
                class: NodeClassRef {
                    group: text("eks.amazonaws.com"),
                    kind: text("NodeClass"),
                    name: text("other"),
                },
            },
            "nodepools.karpenter.sh",
            "patch",
        ),
        of_kubernetes(map(GROUP), "configmaps", "patch"),
        of_kubernetes(map(GROUP), "configmaps", "create").in_world(PLAIN),
        of_kubernetes(
            Change::UnmapRole {
                role_arn: text(GPU),
            },
            "configmaps",
            "patch",
        ),
        of_kubernetes(
            Change::RemapRole {
                from: text(GPU),
                to: text(GROUP),
            },
            "configmaps",
            "patch",
        ),
    ]
}

fn all() -> Vec<Case> {
    let cases = [
        entries(),
        cluster_and_groups(),
        roles_and_profiles(),
        objects(),
    ];
    cases.into_iter().flatten().collect()
}

fn prove(cases: Vec<Case>) {
    for case in cases {
        case.prove();
    }
}

#[test]
fn access_entries_are_changed_with_what_their_kind_of_change_needs() {
    prove(entries());
}

#[test]
fn clusters_and_node_groups_are_changed_with_what_their_kind_of_change_needs() {
    prove(cluster_and_groups());
}

#[test]
fn roles_and_profiles_are_changed_with_what_their_kind_of_change_needs() {
    prove(roles_and_profiles());
}

#[test]
fn objects_are_changed_with_what_their_kind_of_change_needs() {
    prove(objects());
}

#[test]
fn every_kind_of_change_and_every_permission_of_one_is_proven() {
    let tried: BTreeSet<String> = all()
        .iter()
        .map(|case| serde_json::to_value(&case.change).unwrap()["change"].to_string())
        .map(|kind| kind.trim_matches('"').to_owned())
        .collect();
    // What reads a change tells which ones there are.
    let error = serde_json::from_str::<Change>(r#"{"change":"none"}"#).unwrap_err();
    let error = error.to_string();
    let (_, expected) = error.split_once("expected one of ").unwrap();
    let kinds = expected.split('`').skip(1).step_by(2).map(text).collect();
    assert_eq!(tried, kinds);

    for permission in CHANGES {
        let proven = all().iter().any(|case| {
            case.kind() == permission.change && case.actions.contains(&permission.action)
        });
        let (change, action) = (permission.change, permission.action);
        assert!(proven, "{action} of {change}");
    }
    for permission in KUBERNETES_CHANGES {
        let rule = (permission.full_resource(), permission.verb);
        let rule = Some((rule.0.as_str(), rule.1));
        assert!(all().iter().any(|case| case.rule == rule), "{rule:?}");
    }
}

#[test]
fn no_entry_makes_an_administrator_with_what_the_page_gives() {
    let world = World::of(MIXED);
    let policy = both(&page::policy(READING), &page::policy(HEADING));
    let operator = world.operator(&policy, Some(&roles()));
    let admin = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy";
    for change in [entry(GPU, "STANDARD", &[]), associate(admin)] {
        let refused = world.carry_out(&operator, &change);
        let named = change.call(CLUSTER).action;
        assert!(
            matches!(&refused, Err(CarryError::NotPermitted { action, .. }) if action == named),
            "{refused:?}"
        );
    }
}
