use rolecall_facts::{AccessEntry, AuthenticationMode, Change, Cluster};

use super::access_entry::{entry_label, is_refused};
use crate::context::{ChainContext, Flavour};
use crate::repairs::aws;
use crate::rule::rule;
use crate::world::World;
use crate::{Evidence, Finding, Repair, Safety, Severity, Tool};

rule! {
    /// ## What it checks
    /// That a cluster whose nodes need access entries has them: Auto Mode, and every access entry declared for
    /// the cluster, need the authentication mode `API` or `API_AND_CONFIG_MAP`.
    ///
    /// ## Why nodes fail
    /// In mode `CONFIG_MAP`, which the API takes where nothing is said, access entries do not exist. EKS refuses
    /// to make one with `The cluster's authentication mode must be set to one of [API, API_AND_CONFIG_MAP] to
    /// perform this operation.`, and to turn Auto Mode on with `When EKS Auto Mode is enabled, you must use an
    /// EKS access config authentication mode of API_AND_CONFIG_MAP or API`. The mode can be changed towards the
    /// API but never back (EKS User Guide, "Grant IAM users access to Kubernetes with EKS access entries").
    ///
    /// ## Example
    /// ```yaml nodes.yaml
    /// apiVersion: eks.amazonaws.com/v1
    /// kind: NodeClass
    /// metadata:
    ///   name: web
    /// spec:
    ///   role: WebNodeRole
    /// ---
    /// apiVersion: karpenter.sh/v1
    /// kind: NodePool
    /// metadata:
    ///   name: web
    /// spec:
    ///   template:
    ///     spec:
    ///       nodeClassRef:
    ///         group: eks.amazonaws.com
    ///         kind: NodeClass
    ///         name: web
    /// ```
    /// ```hcl main.tf
    /// resource "aws_eks_cluster" "main" {
    ///   name     = "prod"
    ///   role_arn = aws_iam_role.cluster.arn
    ///   access_config {
    ///     authentication_mode = "CONFIG_MAP"
    ///   }
    ///   compute_config {
    ///     enabled = true
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
    ///
    /// resource "aws_eks_access_entry" "web" {
    ///   cluster_name  = aws_eks_cluster.main.name
    ///   principal_arn = aws_iam_role.web.arn
    ///   type          = "EC2"
    /// }
    ///
    /// resource "aws_eks_access_policy_association" "web" {
    ///   cluster_name  = aws_eks_cluster.main.name
    ///   principal_arn = aws_iam_role.web.arn
    ///   policy_arn    = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSAutoNodePolicy"
    ///   access_scope {
    ///     type = "cluster"
    ///   }
    /// }
    /// ```
    ///
    /// ## Fix
    /// ```hcl main.tf
    /// resource "aws_eks_cluster" "main" {
    ///   name     = "prod"
    ///   role_arn = aws_iam_role.cluster.arn
    ///   access_config {
    ///     authentication_mode = "API_AND_CONFIG_MAP"
    ///   }
    ///   compute_config {
    ///     enabled = true
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
    ///
    /// resource "aws_eks_access_entry" "web" {
    ///   cluster_name  = aws_eks_cluster.main.name
    ///   principal_arn = aws_iam_role.web.arn
    ///   type          = "EC2"
    /// }
    ///
    /// resource "aws_eks_access_policy_association" "web" {
    ///   cluster_name  = aws_eks_cluster.main.name
    ///   principal_arn = aws_iam_role.web.arn
    ///   policy_arn    = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSAutoNodePolicy"
    ///   access_scope {
    ///     type = "cluster"
    ///   }
    /// }
    /// ```
    ///
    /// ## Permissions needed
    /// `eks:DescribeCluster` on a live cluster; none for files.
    pub(super) AUTHENTICATION_MODE_WITHOUT_API = RC701 "authentication-mode-without-api", Error, AccessEntry, Snapshot(check)
}

fn check(world: &World<'_>, contexts: &[ChainContext<'_>]) -> Vec<Finding> {
    world
        .snapshot
        .clusters
        .iter()
        .filter(|cluster| {
            cluster.authentication_mode.value() == Some(&AuthenticationMode::ConfigMap)
        })
        .filter_map(|cluster| finding(world, contexts, cluster))
        .collect()
}

fn finding(world: &World<'_>, contexts: &[ChainContext<'_>], cluster: &Cluster) -> Option<Finding> {
    let key = world.key_of(cluster);
    let name = world
        .cluster_name(&key)
        .unwrap_or_else(|| "of the files".to_owned());
    let own = || contexts.iter().filter(|context| context.cluster_key == key);
    let compute = cluster.compute.as_ref();
    let auto_mode = compute.is_some_and(|compute| compute.enabled.value() == Some(&true));
    let auto_pools = own().any(|context| context.flavour == Flavour::AutoMode);
    let entry = world
        .entries(&key)
        .and_then(|entries| entries.all.iter().min_by_key(|entry| &entry.origin));
    let (message, answer) = match entry {
        _ if auto_mode || auto_pools => (
            format!("cluster `{name}` runs Auto Mode, but its authentication mode is CONFIG_MAP"),
            "When EKS Auto Mode is enabled, you must use an EKS access config authentication mode of API_AND_CONFIG_MAP or API",
        ),
        Some(entry) => (
            format!(
                "cluster `{name}` has authentication mode CONFIG_MAP, in which {} cannot be made",
                entry_label(entry)
            ),
            "The cluster's authentication mode must be set to one of [API, API_AND_CONFIG_MAP] to perform this operation.",
        ),
        None => return None,
    };
    // An entry for people keeps no node away, but cannot be made either.
    let needed = |context: &&ChainContext<'_>| {
        context.flavour == Flavour::AutoMode
            || (context.flavour != Flavour::Managed
                && !context.entries.exact.is_empty()
                && is_refused(context))
    };
    let pools: Vec<_> = own()
        .filter(needed)
        .map(|context| context.pool.clone())
        .collect();
    let severity = if auto_mode || !pools.is_empty() {
        Severity::Error
    } else {
        Severity::Warning
    };
    let place = cluster.authentication_mode.origin();
    let mut finding = Finding::new(
        &AUTHENTICATION_MODE_WITHOUT_API,
        format!("cluster {name}"),
        message,
    )
    .severity(severity)
    .at(place.unwrap_or(&cluster.origin))
    .evidence(Evidence::fact(format!("EKS answers: {answer}"), None))
    .of_pools(pools);
    if let Some(entry) = entry.filter(|_| !auto_mode && !auto_pools) {
        finding = finding.at(place_of(entry));
    }
    Some(finding.repair(change_mode(world, &name, cluster)))
}

fn place_of(entry: &AccessEntry) -> &rolecall_facts::Origin {
    entry.principal.value.origin().unwrap_or(&entry.origin)
}

/// The mode that keeps `aws-auth` working. There is no way back, so a person decides.
fn change_mode(world: &World<'_>, name: &str, cluster: &Cluster) -> Repair {
    let change =
        world
            .takes_changes(&world.key_of(cluster))
            .then_some(Change::SetAuthenticationMode {
                mode: AuthenticationMode::ApiAndConfigMap,
            });
    let region = cluster.region.as_ref();
    let region = region.map_or_else(String::new, |region| format!(" --region {region}"));
    let mut repair = Repair::new(
        "Set the authentication mode to API_AND_CONFIG_MAP, which cannot be undone",
        Safety::ByHand,
    )
    .changes(change);
    repair.commands = vec![aws(format!(
        "aws eks update-cluster-config{region} --name {name} \\\n  --access-config authenticationMode=API_AND_CONFIG_MAP"
    ))];
    repair
        .command(
            Tool::Terraform,
            "access_config {\n  authentication_mode = \"API_AND_CONFIG_MAP\"\n}",
        )
        .command(
            Tool::Eksctl,
            format!(
                "eksctl utils update-authentication-mode{region} --cluster {name} \\\n  --authentication-mode API_AND_CONFIG_MAP --approve"
            ),
        )
}
