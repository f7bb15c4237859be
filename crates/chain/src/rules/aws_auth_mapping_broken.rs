use rolecall_facts::{AuthenticationMode, AwsAuthRole, Change};

use super::aws_auth::{NODE_USER, NODE_USERNAME, NODES_GROUP, map_node_as};
use crate::context::{Admission, ChainContext};
use crate::rule::rule;
use crate::world::World;
use crate::{Evidence, Finding, Repair, Safety, Severity, Tool};

rule! {
    /// ## What it checks
    /// That `aws-auth` says what its writer meant: keys that the authenticator knows, items that it keeps, and
    /// for a node role a user name `system:node:…` in the group `system:nodes`.
    ///
    /// ## Why nodes fail
    /// The authenticator is lenient where one would wish it were not. The keys `mapRoles`, `mapUsers` and
    /// `mapAccounts` are told apart by case, and any other key is ignored; a broken item is left out; a list of
    /// groups that is indented wrongly becomes one group with a strange name
    /// (kubernetes-sigs/aws-iam-authenticator, `pkg/mapper/configmap`). A node whose user name does not begin
    /// with `system:node:`, or that is not in `system:nodes`, is let in but may do nothing that a node must
    /// (EKS User Guide, "Grant IAM users access to Kubernetes with a ConfigMap").
    ///
    /// ## Example
    /// ```yaml nodes.yaml
    /// apiVersion: karpenter.k8s.aws/v1
    /// kind: EC2NodeClass
    /// metadata:
    ///   name: default
    /// spec:
    ///   role: KarpenterNodeRole-prod
    /// ---
    /// apiVersion: karpenter.sh/v1
    /// kind: NodePool
    /// metadata:
    ///   name: default
    /// spec:
    ///   template:
    ///     spec:
    ///       nodeClassRef:
    ///         group: karpenter.k8s.aws
    ///         kind: EC2NodeClass
    ///         name: default
    /// ```
    /// ```hcl main.tf
    /// resource "aws_eks_cluster" "main" {
    ///   name     = "prod"
    ///   role_arn = "arn:aws:iam::111122223333:role/ClusterRole"
    ///   access_config {
    ///     authentication_mode = "CONFIG_MAP"
    ///   }
    /// }
    ///
    /// resource "aws_iam_role" "node" {
    ///   name = "KarpenterNodeRole-prod"
    ///   assume_role_policy = jsonencode({
    ///     Version   = "2012-10-17"
    ///     Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ec2.amazonaws.com" } }]
    ///   })
    /// }
    ///
    /// resource "aws_iam_role_policy_attachment" "node" {
    ///   for_each   = toset(["AmazonEKSWorkerNodePolicy", "AmazonEKS_CNI_Policy", "AmazonEC2ContainerRegistryPullOnly"])
    ///   role       = aws_iam_role.node.name
    ///   policy_arn = "arn:aws:iam::aws:policy/${each.key}"
    /// }
    /// ```
    /// ```hcl karpenter.tf
    /// resource "aws_iam_role" "karpenter" {
    ///   name = "KarpenterController-prod"
    ///   assume_role_policy = jsonencode({
    ///     Version = "2012-10-17"
    ///     Statement = [{
    ///       Effect    = "Allow"
    ///       Principal = { Service = "pods.eks.amazonaws.com" }
    ///       Action    = ["sts:AssumeRole", "sts:TagSession"]
    ///     }]
    ///   })
    /// }
    ///
    /// resource "aws_eks_pod_identity_association" "karpenter" {
    ///   cluster_name    = aws_eks_cluster.main.name
    ///   namespace       = "kube-system"
    ///   service_account = "karpenter"
    ///   role_arn        = aws_iam_role.karpenter.arn
    /// }
    ///
    /// resource "aws_iam_role_policy" "karpenter" {
    ///   name = "karpenter"
    ///   role = aws_iam_role.karpenter.name
    ///   policy = jsonencode({
    ///     Version = "2012-10-17"
    ///     Statement = [
    ///       { Effect = "Allow", Action = "ec2:*", Resource = "*" },
    ///       { Effect = "Allow", Action = "iam:*InstanceProfile", Resource = "*" },
    ///       { Effect = "Allow", Action = "iam:PassRole", Resource = aws_iam_role.node.arn },
    ///     ]
    ///   })
    /// }
    /// ```
    /// ```yaml aws-auth.yaml
    /// apiVersion: v1
    /// kind: ConfigMap
    /// metadata:
    ///   name: aws-auth
    ///   namespace: kube-system
    /// data:
    ///   mapRoles: |
    ///     - rolearn: arn:aws:iam::111122223333:role/KarpenterNodeRole-prod
    ///       username: system:node:{{EC2PrivateDNSName}}
    ///       groups:
    ///         - system:bootstrappers
    /// ```
    ///
    /// ## Fix
    /// ```yaml aws-auth.yaml
    /// apiVersion: v1
    /// kind: ConfigMap
    /// metadata:
    ///   name: aws-auth
    ///   namespace: kube-system
    /// data:
    ///   mapRoles: |
    ///     - rolearn: arn:aws:iam::111122223333:role/KarpenterNodeRole-prod
    ///       username: system:node:{{EC2PrivateDNSName}}
    ///       groups:
    ///         - system:bootstrappers
    ///         - system:nodes
    /// ```
    ///
    /// ## Permissions needed
    /// `get` on ConfigMap `kube-system/aws-auth` of a live cluster; none for files.
    pub(super) AWS_AUTH_MAPPING_BROKEN = RC708 "aws-auth-mapping-broken", Error, AccessEntry, Snapshot(check)
}

fn check(world: &World<'_>, contexts: &[ChainContext<'_>]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for aws_auth in &world.snapshot.aws_auth {
        let key = world.key(aws_auth.cluster.as_ref());
        let mode = world
            .cluster(&key)
            .and_then(|cluster| cluster.authentication_mode.value());
        if mode == Some(&AuthenticationMode::Api) {
            continue;
        }
        findings.extend(aws_auth.problems.iter().map(|problem| {
            Finding::new(
                &AWS_AUTH_MAPPING_BROKEN,
                "ConfigMap aws-auth",
                format!("aws-auth: {}", problem.message),
            )
            .severity(Severity::Warning)
            .at(&problem.origin)
            .repair(edit_by_hand("Mend the ConfigMap"))
        }));
        for mapping in aws_auth.map_roles.value().into_iter().flatten() {
            findings.extend(of_mapping(contexts, mapping, world.takes_changes(&key)));
        }
    }
    findings
}

fn of_mapping(
    contexts: &[ChainContext<'_>],
    mapping: &AwsAuthRole,
    takes_changes: bool,
) -> Option<Finding> {
    let used: Vec<_> = contexts
        .iter()
        .filter(|context| {
            matches!(context.admitted().admission, Admission::AwsAuth(by) if std::ptr::eq(by, mapping))
        })
        .map(|context| context.pool.clone())
        .collect();
    let user = mapping.username.value();
    let groups = mapping.groups.value();
    let node_user = user.map(|user| user.starts_with(NODE_USER));
    let node_group = groups.map(|groups| groups.iter().any(|group| group == NODES_GROUP));
    // Only what is meant for nodes: a pool uses it, or one half of it is a node's.
    let for_nodes = !used.is_empty() || node_user == Some(true) || node_group == Some(true);
    let fault = match (node_user, node_group) {
        _ if !for_nodes => return None,
        (Some(false), _) => format!(
            "gives the user name `{}`, not one that begins with `{NODE_USER}`",
            user.map_or("", String::as_str)
        ),
        (_, Some(false)) => format!("does not put it into the group `{NODES_GROUP}`"),
        _ => return None,
    };
    let role = mapping.role_arn.value().map_or("a role", String::as_str);
    // A user name of a node's is right as it is, such as that of hybrid nodes.
    let username = match (node_user, user) {
        (Some(true), Some(user)) => user.clone(),
        _ => NODE_USERNAME.to_owned(),
    };
    let known = mapping.role_arn.value().filter(|_| takes_changes);
    let changes = known.into_iter().flat_map(|role_arn| {
        let unmap = Change::UnmapRole {
            role_arn: role_arn.clone(),
        };
        [unmap, map_node_as(role_arn.clone(), &username)]
    });
    let message = format!("aws-auth maps `{role}` for nodes but {fault}");
    let place = match node_user {
        Some(false) => mapping.username.origin(),
        _ => mapping.groups.origin(),
    };
    let severity = if used.is_empty() {
        Severity::Warning
    } else {
        Severity::Error
    };
    Some(
        Finding::new(
            &AWS_AUTH_MAPPING_BROKEN,
            format!("aws-auth mapping of {role}"),
            message,
        )
        .severity(severity)
        .at(place.unwrap_or(&mapping.origin))
        .evidence(Evidence::fact(
            "the API server lets a node do a node's work only as a user `system:node:NAME` in the group system:nodes",
            None,
        ))
        .of_pools(used)
        .repair(
            edit_by_hand("Give the mapping a node's user name and groups")
                .changes(changes)
                .command(
                Tool::Manifest,
                format!(
                    "- rolearn: {role}\n  username: {username}\n  groups:\n    - system:bootstrappers\n    - system:nodes"
                ),
            ),
        ),
    )
}

fn edit_by_hand(action: &str) -> Repair {
    Repair::new(action, Safety::ByHand).command(
        Tool::Kubectl,
        "kubectl --namespace kube-system edit configmap aws-auth",
    )
}
