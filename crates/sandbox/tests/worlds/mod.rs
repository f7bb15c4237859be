//! Random worlds: roles under paths, made again or not, with policies and boundaries; entries of any
//! type; node classes that name them by name, by path, by ARN or through a profile.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use rolecall_facts::{
    AccessEntry, AccessPolicyAssociation, AccessScope, AuthenticationMode, Cluster, Completeness,
    ComputeConfig, Fact, InstanceProfile, NamedDocument, NodeClass, NodeClassKind, NodeClassRef,
    NodePool, Origin, PolicyDocument, Principal, Reference, Role, Snapshot, Tag, Timestamp,
};

const ACCOUNT: &str = "111122223333";
const CLUSTER: &str = "prod";
const PATHS: [&str; 4] = ["/", "/platform/", "/platform/eks/", "/eks-nodes/"];
const CLUSTER_POLICIES: [&str; 5] = [
    "AmazonEKSClusterPolicy",
    "AmazonEKSComputePolicy",
    "AmazonEKSBlockStoragePolicy",
    "AmazonEKSLoadBalancingPolicy",
    "AmazonEKSNetworkingPolicy",
];

/// A world, before it is facts.
#[derive(Debug, Clone)]
pub struct Plan {
    cluster: ClusterPlan,
    roles: Vec<RolePlan>,
    entries: Vec<EntryPlan>,
    classes: Vec<ClassPlan>,
}

#[derive(Debug, Clone)]
struct ClusterPlan {
    config_map_too: bool,
    tag_session: bool,
    without_compute_policy: bool,
    /// An inline policy of the cluster role.
    inline: Option<&'static str>,
}

#[derive(Debug, Clone)]
struct RolePlan {
    path: &'static str,
    trusts_ec2: bool,
    minimal_policy: bool,
    pull_policy: bool,
    /// Deleted and made again, at this path before.
    made_again: Option<&'static str>,
}

#[derive(Debug, Clone)]
struct EntryPlan {
    role: usize,
    kind: &'static str,
    auto_node: bool,
}

#[derive(Debug, Clone)]
struct ClassPlan {
    names: Naming,
    role: usize,
    user_tag: bool,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Naming {
    Name,
    Nobody,
    Profile,
    NoProfile,
}

const DENY_PASS: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"iam:PassRole","Resource":"arn:aws:iam::*:role/platform/*"}]}"#;
const DENY_ADD: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"iam:AddRoleToInstanceProfile","Resource":"*"}]}"#;
const ALLOW_TAGS: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["ec2:CreateFleet","ec2:RunInstances","ec2:CreateLaunchTemplate","ec2:CreateTags"],"Resource":"*"}]}"#;

/// Any world.
pub fn plans() -> impl Strategy<Value = Plan> {
    let cluster = (
        any::<bool>(),
        prop::bool::weighted(0.85),
        prop::bool::weighted(0.1),
        option::weighted(0.3, select(&[DENY_PASS, DENY_ADD, ALLOW_TAGS][..])),
    )
        .prop_map(
            |(config_map_too, tag_session, without_compute_policy, inline)| ClusterPlan {
                config_map_too,
                tag_session,
                without_compute_policy,
                inline,
            },
        );
    let role = (
        select(&PATHS[..]),
        prop::bool::weighted(0.9),
        prop::bool::weighted(0.8),
        prop::bool::weighted(0.8),
        option::weighted(0.25, select(&PATHS[..])),
    )
        .prop_map(
            |(path, trusts_ec2, minimal_policy, pull_policy, made_again)| RolePlan {
                path,
                trusts_ec2,
                minimal_policy,
                pull_policy,
                made_again,
            },
        );
    let kinds = select(&["EC2", "EC2", "EC2", "EC2_LINUX", "STANDARD", "HYBRID_LINUX"][..]);
    let entry =
        (0_usize..4, kinds, prop::bool::weighted(0.8)).prop_map(|(role, kind, auto_node)| {
            EntryPlan {
                role,
                kind,
                auto_node,
            }
        });
    let names = select(
        &[
            Naming::Name,
            Naming::Name,
            Naming::Name,
            Naming::Nobody,
            Naming::Profile,
            Naming::NoProfile,
        ][..],
    );
    let class =
        (names, 0_usize..4, prop::bool::weighted(0.2)).prop_map(|(names, role, user_tag)| {
            ClassPlan {
                names,
                role,
                user_tag,
            }
        });
    (cluster, vec(role, 1..4), vec(entry, 0..4), vec(class, 1..4)).prop_map(
        |(cluster, roles, entries, classes)| Plan {
            cluster,
            roles,
            entries,
            classes,
        },
    )
}

fn here(what: &str) -> Origin {
    Origin::api("test", what)
}

fn known<T>(value: T, what: &str) -> Fact<T> {
    Fact::known(value, here(what))
}

fn by_value<T>(value: T, what: &str) -> Reference<T> {
    Reference::by_value(known(value, what))
}

fn at(hour: &str) -> Option<Timestamp> {
    format!("2026-01-01T{hour}:00:00Z").parse().ok()
}

fn role_name(index: usize) -> String {
    format!("Node{index}")
}

fn role_arn(path: &str, name: &str) -> String {
    format!("arn:aws:iam::{ACCOUNT}:role{path}{name}")
}

fn trust(service: &str, tag_session: bool) -> String {
    let tag = if tag_session {
        r#","sts:TagSession""#
    } else {
        ""
    };
    format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"Service":"{service}"}},"Action":["sts:AssumeRole"{tag}]}}]}}"#
    )
}

fn role(name: &str, path: &str, trust: &str, policies: &[&str], inline: Option<&str>) -> Role {
    Role {
        id: None,
        partition: None,
        account: ACCOUNT.parse().ok(),
        name: known(name.to_owned(), name),
        path: known(path.to_owned(), name),
        unique_id: None,
        created_at: None,
        replaced: None,
        tags: Vec::new(),
        trust: known(PolicyDocument::whole(trust), name),
        inline_policies: inline
            .iter()
            .map(|text| NamedDocument {
                name: "inline".to_owned(),
                document: known(PolicyDocument::whole(text), name),
            })
            .collect(),
        attached_policies: policies
            .iter()
            .map(|policy| by_value(format!("arn:aws:iam::aws:policy/{policy}"), name))
            .collect(),
        policies_complete: Completeness::Complete,
        permissions_boundary: None,
        origin: here(name),
    }
}

impl Plan {
    /// The world as files would declare it.
    pub fn snapshot(&self) -> Snapshot {
        let mut snapshot = Snapshot::default();
        let mut policies = CLUSTER_POLICIES.to_vec();
        if self.cluster.without_compute_policy {
            policies.retain(|policy| !policy.contains("Compute"));
        }
        let cluster_trust = trust("eks.amazonaws.com", self.cluster.tag_session);
        let inline = self.cluster.inline;
        snapshot
            .roles
            .push(role("ClusterRole", "/", &cluster_trust, &policies, inline));
        snapshot.clusters.push(self.cluster());
        for (index, plan) in self.roles.iter().enumerate() {
            let name = role_name(index);
            let service = if plan.trusts_ec2 {
                "ec2.amazonaws.com"
            } else {
                "lambda.amazonaws.com"
            };
            let mut policies = Vec::new();
            if plan.minimal_policy {
                policies.push("AmazonEKSWorkerNodeMinimalPolicy");
            }
            if plan.pull_policy {
                policies.push("AmazonEC2ContainerRegistryPullOnly");
            }
            let mut fact = role(&name, plan.path, &trust(service, false), &policies, None);
            fact.created_at = at(if plan.made_again.is_some() {
                "12"
            } else {
                "01"
            });
            snapshot.roles.push(fact);
            let profile = format!("eks-profile-{index}");
            snapshot.instance_profiles.push(InstanceProfile {
                id: None,
                account: ACCOUNT.parse().ok(),
                name: known(profile.clone(), &profile),
                path: known("/".to_owned(), &profile),
                role: Some(by_value(
                    Principal::parse(&role_arn(plan.path, &name)),
                    &profile,
                )),
                origin: here(&profile),
            });
        }
        self.add_entries(&mut snapshot);
        self.add_classes(&mut snapshot);
        snapshot
    }

    fn cluster(&self) -> Cluster {
        let mode = if self.cluster.config_map_too {
            AuthenticationMode::ApiAndConfigMap
        } else {
            AuthenticationMode::Api
        };
        Cluster {
            id: None,
            name: known(CLUSTER.to_owned(), CLUSTER),
            partition: None,
            account: ACCOUNT.parse().ok(),
            region: Some("eu-central-1".to_owned()),
            authentication_mode: known(mode, CLUSTER),
            compute: Some(ComputeConfig {
                enabled: known(true, CLUSTER),
                node_pools: known(Vec::new(), CLUSTER),
                node_role: None,
                origin: here(CLUSTER),
            }),
            role: by_value(Principal::parse(&role_arn("/", "ClusterRole")), CLUSTER),
            oidc_issuer: None,
            access_entries_complete: Completeness::Complete,
            aws_auth_complete: Completeness::Complete,
            origin: here(CLUSTER),
        }
    }

    fn add_entries(&self, snapshot: &mut Snapshot) {
        let mut taken = Vec::new();
        for plan in &self.entries {
            let index = plan.role % self.roles.len();
            let Some(role) = self.roles.get(index) else {
                continue;
            };
            if taken.contains(&index) {
                continue;
            }
            taken.push(index);
            let name = role_name(index);
            // An entry older than its role was made for the role that was there before.
            let path = role.made_again.unwrap_or(role.path);
            let principal = || Principal::parse(&role_arn(path, &name));
            let what = format!("entry-{name}");
            snapshot.access_entries.push(AccessEntry {
                id: None,
                cluster: by_value(CLUSTER.to_owned(), &what),
                principal: by_value(principal(), &what),
                entry_type: known(plan.kind.to_owned(), &what),
                kubernetes_groups: known(Vec::new(), &what),
                username: None,
                created_at: at("06"),
                tags: Vec::new(),
                made_by_this_change: false,
                policies_complete: Completeness::Complete,
                origin: here(&what),
            });
            if plan.auto_node && plan.kind == "EC2" {
                let policy = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSAutoNodePolicy";
                snapshot.access_policies.push(AccessPolicyAssociation {
                    cluster: by_value(CLUSTER.to_owned(), &what),
                    principal: by_value(principal(), &what),
                    policy_arn: known(policy.to_owned(), &what),
                    scope: known(AccessScope::Cluster, &what),
                    origin: here(&what),
                });
            }
        }
    }

    fn add_classes(&self, snapshot: &mut Snapshot) {
        for (number, plan) in self.classes.iter().enumerate() {
            let name = format!("class{number}");
            let index = plan.role % self.roles.len();
            let (role, profile) = match plan.names {
                Naming::Name => (Some(role_name(index)), None),
                Naming::Nobody => (Some("Nobody".to_owned()), None),
                Naming::Profile => (None, Some(format!("eks-profile-{index}"))),
                Naming::NoProfile => (None, Some("eks-nothing".to_owned())),
            };
            let tags = plan.user_tag.then(|| Tag {
                key: "team".to_owned(),
                value: known("a".to_owned(), &name),
            });
            snapshot.node_classes.push(NodeClass {
                kind: NodeClassKind::AutoMode,
                name: name.clone(),
                cluster: Some(by_value(CLUSTER.to_owned(), &name)),
                role: role.map(|role| by_value(role, &name)),
                instance_profile: profile.map(|profile| by_value(profile, &name)),
                tags: tags.into_iter().collect(),
                conditions: Vec::new(),
                id: None,
                origin: here(&name),
            });
            snapshot.node_pools.push(NodePool {
                name: format!("pool{number}"),
                cluster: Some(by_value(CLUSTER.to_owned(), &name)),
                node_class_ref: known(
                    NodeClassRef {
                        group: "eks.amazonaws.com".to_owned(),
                        kind: "NodeClass".to_owned(),
                        name: name.clone(),
                    },
                    &name,
                ),
                label_keys: Vec::new(),
                conditions: Vec::new(),
                origin: here(&format!("pool{number}")),
            });
        }
    }
}
