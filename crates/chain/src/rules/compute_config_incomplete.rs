use rolecall_facts::{Change, Cluster, ComputeConfig};

use crate::context::ChainContext;
use crate::rule::rule;
use crate::world::World;
use crate::{Evidence, Finding, Repair, Safety, Tool};

rule! {
    /// ## What it checks
    /// That Auto Mode's settings of a cluster name both the built-in node pools and the node role for them, or
    /// neither.
    ///
    /// ## Why nodes fail
    /// The two belong together, and EKS refuses a cluster that has one without the other: with pools alone,
    /// `When Compute Config nodeRoleArn is null or empty, nodePool list cannot be populated.`; with a role
    /// alone, `When Compute Config nodeRoleArn is not null or empty, nodePool value(s) must be provided.`
    /// (terraform-aws-modules/terraform-aws-eks#3366 and #3483, aws/aws-cdk#33771). For node pools of your own
    /// leave both out, and make the access entry of their role yourself.
    ///
    /// ## Example
    /// ```hcl main.tf
    /// resource "aws_eks_cluster" "main" {
    ///   name     = "prod"
    ///   role_arn = aws_iam_role.cluster.arn
    ///   access_config {
    ///     authentication_mode = "API"
    ///   }
    ///   compute_config {
    ///     enabled = true
    ///     node_pools = ["general-purpose"]
    ///   }
    /// }
    ///
    /// resource "aws_iam_role" "cluster" {
    ///   name = "ClusterRole"
    ///   assume_role_policy = jsonencode({
    ///     Version = "2012-10-17"
    ///     Statement = [{
    ///       Effect    = "Allow"
    ///       Principal = { Service = "eks.amazonaws.com" }
    ///       Action    = ["sts:AssumeRole", "sts:TagSession"]
    ///     }]
    ///   })
    /// }
    ///
    /// resource "aws_iam_role_policy_attachment" "cluster" {
    ///   for_each   = toset(["AmazonEKSClusterPolicy", "AmazonEKSComputePolicy"])
    ///   role       = aws_iam_role.cluster.name
    ///   policy_arn = "arn:aws:iam::aws:policy/${each.key}"
    /// }
    /// ```
    ///
    /// ## Fix
    /// ```hcl main.tf
    /// resource "aws_eks_cluster" "main" {
    ///   name     = "prod"
    ///   role_arn = aws_iam_role.cluster.arn
    ///   access_config {
    ///     authentication_mode = "API"
    ///   }
    ///   compute_config {
    ///     enabled = true
    ///     node_pools    = ["general-purpose"]
    ///     node_role_arn = aws_iam_role.web.arn
    ///   }
    /// }
    ///
    /// resource "aws_iam_role" "cluster" {
    ///   name = "ClusterRole"
    ///   assume_role_policy = jsonencode({
    ///     Version = "2012-10-17"
    ///     Statement = [{
    ///       Effect    = "Allow"
    ///       Principal = { Service = "eks.amazonaws.com" }
    ///       Action    = ["sts:AssumeRole", "sts:TagSession"]
    ///     }]
    ///   })
    /// }
    ///
    /// resource "aws_iam_role_policy_attachment" "cluster" {
    ///   for_each   = toset(["AmazonEKSClusterPolicy", "AmazonEKSComputePolicy"])
    ///   role       = aws_iam_role.cluster.name
    ///   policy_arn = "arn:aws:iam::aws:policy/${each.key}"
    /// }
    ///
    /// resource "aws_iam_role" "web" {
    ///   name = "WebNodeRole"
    ///   assume_role_policy = jsonencode({
    ///     Version   = "2012-10-17"
    ///     Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ec2.amazonaws.com" } }]
    ///   })
    /// }
    ///
    /// resource "aws_iam_role_policy_attachment" "web" {
    ///   for_each   = toset(["AmazonEKSWorkerNodeMinimalPolicy", "AmazonEC2ContainerRegistryPullOnly"])
    ///   role       = aws_iam_role.web.name
    ///   policy_arn = "arn:aws:iam::aws:policy/${each.key}"
    /// }
    /// ```
    ///
    /// ## Permissions needed
    /// None.
    pub(super) COMPUTE_CONFIG_INCOMPLETE = RC903 "compute-config-incomplete", Error, RoleReference, Snapshot(check)
}

fn check(world: &World<'_>, contexts: &[ChainContext<'_>]) -> Vec<Finding> {
    let clusters = world.snapshot.clusters.iter();
    let with_compute = clusters.filter_map(|cluster| Some((cluster, cluster.compute.as_ref()?)));
    with_compute
        .filter_map(|(cluster, compute)| {
            let finding = incomplete(world, cluster, compute)?;
            let built_in = contexts.iter().filter(|context| {
                context.is_built_in() && context.cluster.is_some_and(|c| std::ptr::eq(c, cluster))
            });
            Some(finding.of_pools(built_in.map(|context| context.pool.clone())))
        })
        .collect()
}

fn incomplete(world: &World<'_>, cluster: &Cluster, compute: &ComputeConfig) -> Option<Finding> {
    let pools = compute.node_pools.value()?;
    if compute.enabled.value() != Some(&true) {
        return None;
    }
    let name = world
        .cluster_name(&world.key_of(cluster))
        .unwrap_or_else(|| "of the files".to_owned());
    let (message, answer, repair) = match (pools.is_empty(), &compute.node_role) {
        (false, None) => (
            format!("cluster `{name}` enables built-in node pools without a node role for them"),
            "When Compute Config nodeRoleArn is null or empty, nodePool list cannot be populated.",
            Repair::new("Name the node role of the built-in pools", Safety::Safe).command(
                Tool::Terraform,
                "compute_config {\n  enabled       = true\n  node_pools    = [\"general-purpose\"]\n  node_role_arn = aws_iam_role.node.arn\n}",
            ),
        ),
        (true, Some(_)) => (
            format!("cluster `{name}` names a node role for built-in node pools but enables none"),
            "When Compute Config nodeRoleArn is not null or empty, nodePool value(s) must be provided.",
            Repair::new(
                "Leave the node role out and make the access entry of your own pools' role, or enable a built-in pool",
                Safety::ByHand,
            )
            .changes(world.takes_changes(&world.key_of(cluster)).then(|| {
                Change::SetComputeConfig {
                    enabled: true,
                    node_pools: Vec::new(),
                    node_role: None,
                }
            }))
            .command(Tool::Terraform, "compute_config {\n  enabled = true\n}"),
        ),
        _ => return None,
    };
    let role = compute
        .node_role
        .as_ref()
        .and_then(|role| role.value.origin());
    let place = if pools.is_empty() {
        role.unwrap_or(&compute.origin)
    } else {
        compute.node_pools.origin().unwrap_or(&compute.origin)
    };
    Some(
        Finding::new(
            &COMPUTE_CONFIG_INCOMPLETE,
            format!("cluster {name}"),
            message,
        )
        .at(place)
        .evidence(Evidence::fact(
            format!("EKS answers InvalidParameterException: {answer}"),
            None,
        ))
        .repair(repair),
    )
}
