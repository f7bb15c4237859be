use rolecall_arn::IamPath;
use rolecall_facts::{AuthenticationMode, RoleIdentity};

use super::access_entry::is_refused;
use super::aws_auth::{NODE_USERNAME, map_node, map_node_with_eksctl};
use crate::context::{ChainContext, Flavour};
use crate::rule::rule;
use crate::{Evidence, Finding, Repair, Safety, Tool};

rule! {
    /// ## What it checks
    /// That a cluster which maps principals by `aws-auth` alone has a mapping for the node role of every pool
    /// for which nobody makes one: Karpenter and self-managed nodes. For clusters with access entries see
    /// `access-entry-missing`.
    ///
    /// ## Why nodes fail
    /// The node presents `assumed-role/NAME/i-…`. If nothing maps that to a user, the API server answers
    /// Unauthorized, the kubelet cannot register, and Karpenter deletes the NodeClaim after 15 minutes
    /// (EKS User Guide, "Grant IAM users access to Kubernetes with a ConfigMap"; karpenter.sh,
    /// "Troubleshooting").
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
    ///     - rolearn: arn:aws:iam::111122223333:role/OnCall
    ///       username: on-call
    ///       groups:
    ///         - view
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
    ///     - rolearn: arn:aws:iam::111122223333:role/OnCall
    ///       username: on-call
    ///       groups:
    ///         - view
    /// ```
    ///
    /// ## Permissions needed
    /// `eks:DescribeCluster`, `get` on ConfigMap `kube-system/aws-auth` of a live cluster; none for files.
    pub(super) JOIN_UNMAPPED = RC1001 "join-unmapped", Error, Join, Chain(check)
}

fn check(context: &ChainContext<'_>) -> Vec<Finding> {
    // Hybrid nodes are known by an entry or a mapping that is there.
    let by_user = matches!(context.flavour, Flavour::Karpenter | Flavour::SelfManaged);
    let by_config_map = context.mode() == Some(AuthenticationMode::ConfigMap);
    let Some(role) = context.role.identity() else {
        return Vec::new();
    };
    if !by_user || !by_config_map || !is_refused(context) || mapped_with_path(context, role) {
        return Vec::new();
    }
    let bare = RoleIdentity {
        path: IamPath::root(),
        ..role.clone()
    };
    let cluster = context.pool.cluster.as_deref().unwrap_or("the cluster");
    let message = format!(
        "aws-auth of cluster `{cluster}` has no mapping for node role `{}`",
        role.name
    );
    let mut finding = Finding::new(&JOIN_UNMAPPED, format!("role {}", role.name), message);
    let maps = context.world.aws_auth(&context.cluster_key);
    if let Some(aws_auth) = maps.iter().min_by_key(|aws_auth| &aws_auth.origin) {
        finding = finding.at(aws_auth.map_roles.origin().unwrap_or(&aws_auth.origin));
    }
    finding = finding.at(context.origin());
    let mapping = format!(
        "- rolearn: {bare}\n  username: {NODE_USERNAME}\n  groups:\n    - system:bootstrappers\n    - system:nodes"
    );
    vec![
        finding
            .evidence(Evidence::fact(
                format!(
                    "the node presents assumed-role/{}/i-…, which nothing maps",
                    role.name
                ),
                None,
            ))
            .repair(
                Repair::new("Map the role in aws-auth", Safety::Safe)
                    .changes(
                        context
                            .full_arn(&bare)
                            .filter(|_| context.takes_changes())
                            .map(map_node),
                    )
                    .command(
                        Tool::Eksctl,
                        map_node_with_eksctl(&context.cluster_for_commands(), &bare),
                    )
                    .command(Tool::Manifest, mapping),
            ),
    ]
}

/// A mapping with the path is a finding of `aws-auth-role-with-path`.
fn mapped_with_path(context: &ChainContext<'_>, role: &RoleIdentity) -> bool {
    context.mappings().any(|mapping| {
        let written = mapping.role_arn.value().and_then(|text| text.parse().ok());
        written.is_some_and(|written: RoleIdentity| {
            written.name.same_as(&role.name) && written.may_share_account(role)
        })
    })
}
