//! Times one trace of a large snapshot: 2,000 pools, 100,000 roles, 20,000 access entries, spread over
//! 20 clusters of Auto Mode and of Karpenter.
//!
//! ```text
//! cargo run --release -p rolecall-chain --example trace_speed [TIMES]
//! ```

#![expect(clippy::print_stdout, reason = "it is a program that prints figures")]

use std::sync::Arc;
use std::time::Instant;

use rolecall_arn::{AccountId, Partition};
use rolecall_chain::{Options, Verdict, trace};
use rolecall_facts::{
    AccessEntry, AccessPolicyAssociation, AccessScope, AuthenticationMode, Cluster, Completeness,
    ComputeConfig, Fact, NamedDocument, NodeClass, NodeClassKind, NodeClassRef, NodePool, ObjectId,
    Origin, PodIdentityAssociation, PolicyDocument, Principal, Reference, Role, Snapshot,
};

const CLUSTERS: usize = 20;
const POOLS: usize = 2_000;
const ROLES: usize = 100_000;
const ENTRIES: usize = 20_000;

/// Objects at the lines of one file.
struct Author {
    path: Arc<str>,
    line: u32,
    account: Option<AccountId>,
}

impl Author {
    fn at(&mut self) -> Origin {
        self.line += 1;
        Origin::file(&self.path, self.line, 1, 0)
    }

    fn known<T>(&mut self, value: T) -> Fact<T> {
        let origin = self.at();
        Fact::known(value, origin)
    }

    fn named(&mut self, name: &str) -> Reference<String> {
        Reference::by_value(self.known(name.to_owned()))
    }

    fn principal(&mut self, arn: &str) -> Reference<Principal> {
        Reference::by_value(self.known(Principal::parse(arn)))
    }

    fn role(
        &mut self,
        name: &str,
        path: &str,
        service: &str,
        policies: &[&str],
        inline: Option<&str>,
    ) -> Role {
        let trust = format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"Service":"{service}"}},"Action":["sts:AssumeRole","sts:TagSession"]}}]}}"#
        );
        Role {
            id: Some(ObjectId::new("plan", &format!("aws_iam_role.{name}"))),
            partition: Some(Partition::Aws),
            account: self.account,
            name: self.known(name.to_owned()),
            path: self.known(path.to_owned()),
            unique_id: None,
            created_at: None,
            replaced: None,
            tags: Vec::new(),
            trust: self.known(PolicyDocument::whole(&trust)),
            inline_policies: inline
                .map(|text| NamedDocument {
                    name: "inline".to_owned(),
                    document: self.known(PolicyDocument::whole(text)),
                })
                .into_iter()
                .collect(),
            attached_policies: policies
                .iter()
                .map(|policy| self.named(&format!("arn:aws:iam::aws:policy/{policy}")))
                .collect(),
            policies_complete: Completeness::Complete,
            permissions_boundary: None,
            origin: self.at(),
        }
    }
}

fn controller_policy(cluster: &str) -> String {
    format!(
        r#"{{"Version":"2012-10-17","Statement":[
{{"Effect":"Allow","Action":["ec2:RunInstances","ec2:CreateFleet","ec2:CreateLaunchTemplate"],"Resource":["arn:aws:ec2:eu-west-1:*:fleet/*","arn:aws:ec2:eu-west-1:*:instance/*","arn:aws:ec2:eu-west-1:*:launch-template/*"],"Condition":{{"StringEquals":{{"aws:RequestTag/kubernetes.io/cluster/{cluster}":"owned"}},"StringLike":{{"aws:RequestTag/karpenter.sh/nodepool":"*"}}}}}},
{{"Effect":"Allow","Action":"iam:PassRole","Resource":"arn:aws:iam::111122223333:role/platform/*","Condition":{{"StringEquals":{{"iam:PassedToService":"ec2.amazonaws.com"}}}}}},
{{"Effect":"Allow","Action":["iam:CreateInstanceProfile","iam:AddRoleToInstanceProfile","iam:GetInstanceProfile"],"Resource":"arn:aws:iam::111122223333:instance-profile/*"}}]}}"#
    )
}

fn snapshot() -> Snapshot {
    let mut author = Author {
        path: "generated.tf".into(),
        line: 0,
        account: "111122223333".parse().ok(),
    };
    let mut snapshot = Snapshot::default();
    for index in 0..CLUSTERS {
        let name = format!("cluster-{index}");
        let cluster_role = format!("ClusterRole{index}");
        let controller = format!("Karpenter{index}");
        snapshot.roles.push(author.role(
            &cluster_role,
            "/platform/",
            "eks.amazonaws.com",
            &[
                "AmazonEKSClusterPolicy",
                "AmazonEKSComputePolicy",
                "AmazonEKSNetworkingPolicy",
            ],
            None,
        ));
        snapshot.roles.push(author.role(
            &controller,
            "/platform/",
            "pods.eks.amazonaws.com",
            &[],
            Some(&controller_policy(&name)),
        ));
        let association = PodIdentityAssociation {
            cluster: author.named(&name),
            namespace: author.known("kube-system".to_owned()),
            service_account: author.known("karpenter".to_owned()),
            role: author.principal(&format!(
                "arn:aws:iam::111122223333:role/platform/{controller}"
            )),
            origin: author.at(),
        };
        snapshot.pod_identities.push(association);
        let compute = ComputeConfig {
            enabled: author.known(true),
            node_pools: author.known(Vec::new()),
            node_role: None,
            origin: author.at(),
        };
        let cluster = Cluster {
            id: None,
            name: author.known(name),
            partition: Some(Partition::Aws),
            account: author.account,
            region: Some("eu-west-1".to_owned()),
            authentication_mode: author.known(AuthenticationMode::Api),
            compute: Some(compute),
            role: author.principal(&format!(
                "arn:aws:iam::111122223333:role/platform/{cluster_role}"
            )),
            oidc_issuer: None,
            access_entries_complete: Completeness::Complete,
            aws_auth_complete: Completeness::Complete,
            origin: author.at(),
        };
        snapshot.clusters.push(cluster);
    }
    for index in 0..ROLES - 2 * CLUSTERS {
        let policies: &[&str] = match index % 2 {
            0 => &[
                "AmazonEKSWorkerNodeMinimalPolicy",
                "AmazonEC2ContainerRegistryPullOnly",
            ],
            _ => &[
                "AmazonEKSWorkerNodePolicy",
                "AmazonEC2ContainerRegistryPullOnly",
            ],
        };
        let path = format!("/platform/team-{}/", index % 50);
        let role = author.role(
            &format!("Node{index}"),
            &path,
            "ec2.amazonaws.com",
            policies,
            None,
        );
        snapshot.roles.push(role);
    }
    for index in 0..ENTRIES {
        let cluster = format!("cluster-{}", (index / 2) % CLUSTERS);
        let arn = format!(
            "arn:aws:iam::111122223333:role/platform/team-{}/Node{index}",
            index % 50
        );
        let auto_mode = index % 2 == 0;
        let entry = AccessEntry {
            id: None,
            cluster: author.named(&cluster),
            principal: author.principal(&arn),
            entry_type: author.known(if auto_mode { "EC2" } else { "EC2_LINUX" }.to_owned()),
            kubernetes_groups: author.known(Vec::new()),
            username: None,
            created_at: None,
            tags: Vec::new(),
            made_by_this_change: false,
            policies_complete: Completeness::Complete,
            origin: author.at(),
        };
        snapshot.access_entries.push(entry);
        if auto_mode {
            let association = AccessPolicyAssociation {
                cluster: author.named(&cluster),
                principal: author.principal(&arn),
                policy_arn: author.known(
                    "arn:aws:eks::aws:cluster-access-policy/AmazonEKSAutoNodePolicy".to_owned(),
                ),
                scope: author.known(AccessScope::Cluster),
                origin: author.at(),
            };
            snapshot.access_policies.push(association);
        }
    }
    for index in 0..POOLS {
        let cluster = format!("cluster-{}", (index / 2) % CLUSTERS);
        let kind = match index % 2 {
            0 => NodeClassKind::AutoMode,
            _ => NodeClassKind::Karpenter,
        };
        let name = format!("pool-{index}");
        let class = NodeClass {
            kind,
            name: name.clone(),
            cluster: Some(author.named(&cluster)),
            role: Some(author.named(&format!("Node{index}"))),
            instance_profile: None,
            tags: Vec::new(),
            conditions: Vec::new(),
            id: None,
            origin: author.at(),
        };
        snapshot.node_classes.push(class);
        let pool = NodePool {
            name: name.clone(),
            cluster: Some(author.named(&cluster)),
            node_class_ref: author.known(NodeClassRef {
                group: kind.group().to_owned(),
                kind: kind.kind().to_owned(),
                name,
            }),
            label_keys: Vec::new(),
            conditions: Vec::new(),
            origin: author.at(),
        };
        snapshot.node_pools.push(pool);
    }
    snapshot
}

fn main() {
    let times = std::env::args()
        .nth(1)
        .and_then(|text| text.parse().ok())
        .unwrap_or(5);
    let snapshot = snapshot();
    let options = Options::default();
    for _ in 0..times {
        let begun = Instant::now();
        let traced = trace(&snapshot, &options);
        let took = begun.elapsed();
        let passed = traced
            .chains
            .iter()
            .filter(|chain| chain.verdict() == Verdict::Pass);
        println!(
            "{:.3} s: {} chains, {} pass, {} findings",
            took.as_secs_f64(),
            traced.chains.len(),
            passed.count(),
            traced.findings.len()
        );
    }
}
