use rolecall_arn::IamPath;
use rolecall_facts::{AuthenticationMode, AwsAuthRole, Change, RoleIdentity};

use super::aws_auth::{is_for_nodes, map_node, map_with_eksctl};
use crate::context::{Admission, ChainContext, Flavour};
use crate::rule::rule;
use crate::world::{ClusterKey, World};
use crate::{Edit, Evidence, Finding, Repair, Safety, Severity, Tool};

rule! {
    /// ## What it checks
    /// Whether `aws-auth` maps a role by an ARN with a path, and whether EKS will do so itself: for a managed
    /// node group whose role has a path, in a cluster of mode `CONFIG_MAP`.
    ///
    /// ## Why nodes fail
    /// The authenticator turns the session's ARN, `assumed-role/NAME/i-…`, into `role/NAME` and compares that
    /// with `rolearn` as text. A session's ARN has no path, so an ARN with one matches nobody and the node is
    /// answered Unauthorized (kubernetes-sigs/aws-iam-authenticator#268, #153). For managed node groups EKS
    /// writes the role's full ARN into the ConfigMap itself, with the same result
    /// (terraform-aws-modules/terraform-aws-eks#2283). Access entries are the other way round: there the path
    /// belongs to the ARN.
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
    ///   path = "/team/"
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
    ///     - rolearn: arn:aws:iam::111122223333:role/team/KarpenterNodeRole-prod
    ///       username: system:node:{{EC2PrivateDNSName}}
    ///       groups:
    ///         - system:bootstrappers
    ///         - system:nodes
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
    pub(super) AWS_AUTH_ROLE_WITH_PATH = RC707 "aws-auth-role-with-path", Error, AccessEntry, Snapshot(check)
}

fn check(world: &World<'_>, contexts: &[ChainContext<'_>]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for aws_auth in &world.snapshot.aws_auth {
        let key = world.key(aws_auth.cluster.as_ref());
        for mapping in aws_auth.map_roles.value().into_iter().flatten() {
            let written = mapping.role_arn.value().and_then(|text| text.parse().ok());
            let with_path = written.filter(|role: &RoleIdentity| !role.path.is_root());
            if let Some(role) = with_path
                && mode(world, &key).is_none_or(AuthenticationMode::has_config_map)
            {
                findings.push(of_mapping(world, contexts, &key, mapping, &role));
            }
        }
    }
    findings.extend(contexts.iter().filter_map(of_managed_group));
    findings
}

fn mode(world: &World<'_>, key: &ClusterKey) -> Option<AuthenticationMode> {
    world.cluster(key)?.authentication_mode.value().copied()
}

fn of_mapping(
    world: &World<'_>,
    contexts: &[ChainContext<'_>],
    key: &ClusterKey,
    mapping: &AwsAuthRole,
    role: &RoleIdentity,
) -> Finding {
    let bare = RoleIdentity {
        path: IamPath::root(),
        ..role.clone()
    };
    let meant: Vec<&ChainContext<'_>> = contexts
        .iter()
        .filter(|context| {
            context.cluster_key == *key
                && context
                    .role
                    .identity()
                    .is_some_and(|own| own.name.same_as(&role.name) && own.may_share_account(role))
        })
        .collect();
    let admitted = |context: &&ChainContext<'_>| {
        matches!(
            context.admitted().admission,
            Admission::Entry(_) | Admission::AwsAuth(_) | Admission::MadeFor(_)
        )
    };
    let all_in = !meant.is_empty() && meant.iter().all(admitted);
    let only_way = mode(world, key) == Some(AuthenticationMode::ConfigMap);
    let severity = if !all_in && (!meant.is_empty() || (only_way && is_for_nodes(mapping))) {
        Severity::Error
    } else {
        Severity::Warning
    };
    let message = format!(
        "aws-auth maps `{role}` with its path `{}`, which no session's ARN has",
        role.path
    );
    let edit = Edit::of(&mapping.role_arn, bare.to_string());
    let cluster = world
        .cluster_name(key)
        .unwrap_or_else(|| "CLUSTER".to_owned());
    Finding::new(
        &AWS_AUTH_ROLE_WITH_PATH,
        format!("aws-auth mapping of {role}"),
        message,
    )
    .severity(severity)
    .at(mapping.role_arn.origin().unwrap_or(&mapping.origin))
    .evidence(Evidence::difference(
        ("the mapping is for", role),
        ("the authenticator looks for", &bare),
    ))
    .of_pools(meant.iter().map(|context| context.pool.clone()))
    .repair(
        Repair::new("Leave the path out of the mapping", Safety::Safe)
            .changes(leave_out_path(world, key, mapping, &bare))
            .command(
                Tool::Kubectl,
                "kubectl --namespace kube-system edit configmap aws-auth",
            )
            .command(Tool::Eksctl, map_with_eksctl(&cluster, &bare, mapping))
            .edit(edit),
    )
}

/// The mapping under the ARN without path; where there is one already, only the other is taken away.
fn leave_out_path(
    world: &World<'_>,
    key: &ClusterKey,
    mapping: &AwsAuthRole,
    bare: &RoleIdentity,
) -> Option<Change> {
    let from = mapping.role_arn.value()?.clone();
    let to = bare.to_string();
    let maps = world.aws_auth(key).iter();
    let mut mappings = maps.filter_map(|map| map.map_roles.value()).flatten();
    let is_there = mappings.any(|other| {
        let written = other.role_arn.value();
        written.is_some_and(|written| written.eq_ignore_ascii_case(&to))
    });
    world.takes_changes(key).then_some(match is_there {
        true => Change::UnmapRole { role_arn: from },
        false => Change::RemapRole { from, to },
    })
}

/// EKS writes a managed node group's role into `aws-auth` with its path.
fn of_managed_group(context: &ChainContext<'_>) -> Option<Finding> {
    let role = context
        .role
        .identity()
        .filter(|role| !role.path.is_root())?;
    let by_config_map = context.mode() == Some(AuthenticationMode::ConfigMap);
    if context.flavour != Flavour::Managed || !by_config_map || context.mapping().is_some() {
        return None;
    }
    // A mapping for this role with its path is a finding of its own, and says the same.
    let mapped = context.mappings().any(|mapping| {
        let written = mapping.role_arn.value().and_then(|text| text.parse().ok());
        written.is_some_and(|written: RoleIdentity| written.may_equal(role))
    });
    if mapped {
        return None;
    }
    let bare = RoleIdentity {
        path: IamPath::root(),
        ..role.clone()
    };
    let refused = matches!(context.admitted().admission, Admission::Refused);
    let message = format!(
        "EKS maps the role of {} in aws-auth as `{role}`, with a path that no session's ARN has",
        context.pool
    );
    let declared = context.role.role();
    Some(
        Finding::new(&AWS_AUTH_ROLE_WITH_PATH, context.pool.to_string(), message)
            .severity(if refused { Severity::Error } else { Severity::Warning })
            .at(context.origin())
            .at(declared.map_or(context.origin(), |role| {
                role.path.origin().unwrap_or(&role.origin)
            }))
            .evidence(Evidence::difference(
                ("EKS writes", role),
                ("the authenticator looks for", &bare),
            ))
            .of_pools([context.pool.clone()])
            .repair(
                Repair::new(
                    "Set the authentication mode to API_AND_CONFIG_MAP, so that EKS makes an access entry",
                    Safety::ByHand,
                )
                .changes(context.takes_changes().then_some(
                    Change::SetAuthenticationMode {
                        mode: AuthenticationMode::ApiAndConfigMap,
                    },
                ))
                .command(
                    Tool::Terraform,
                    "access_config {\n  authentication_mode = \"API_AND_CONFIG_MAP\"\n}",
                )
                .command(
                    Tool::Eksctl,
                    format!(
                        "eksctl utils update-authentication-mode --cluster {} \\\n  --authentication-mode API_AND_CONFIG_MAP --approve",
                        context.cluster_for_commands()
                    ),
                ),
            )
            .repair(
                Repair::new(
                    "Map the role without its path, beside the mapping that EKS writes",
                    Safety::Safe,
                )
                .changes(
                    context
                        .full_arn(&bare)
                        .filter(|_| context.takes_changes())
                        .map(map_node),
                )
                .command(
                    Tool::Eksctl,
                    super::aws_auth::map_node_with_eksctl(&context.cluster_for_commands(), &bare),
                ),
            ),
    )
}
