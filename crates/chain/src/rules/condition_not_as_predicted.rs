use rolecall_facts::{Condition, Origin};

use crate::context::{ChainContext, Flavour, PoolSource};
use crate::observed::Observed;
use crate::rule::rule;
use crate::world::World;
use crate::{
    ControlPlane, Evidence, Finding, PredictedObject, Repair, Safety, Severity, Tool,
    observed_control_plane,
};

rule! {
    /// ## What it checks
    /// Where the status of a node class or node pool is known, that it shows the conditions that follow
    /// from the chain. It is a warning where the cluster shows a fault that the chain does not have, and
    /// a note where the chain has one that the cluster does not show yet.
    ///
    /// ## Why nodes fail
    /// A condition is as old as the controller's last look. After an access entry is made or a role is
    /// mended, the class stays `UnauthorizedNodeRole` until it is looked at again; Karpenter keeps what it
    /// learnt of instance profiles for 15 minutes and of launches for 30
    /// (karpenter-provider-aws, `pkg/cache`; terraform-aws-modules/terraform-aws-eks#3578). Or the control
    /// plane does something that the chain does not expect, such as dropping the path of a role
    /// (aws/containers-roadmap#2486). Or the class is not ready for a reason that the chain does not look
    /// at, such as subnets or security groups that its selectors do not find.
    ///
    /// ## Example
    /// ```yaml nodes.yaml
    /// apiVersion: eks.amazonaws.com/v1
    /// kind: NodeClass
    /// metadata:
    ///   name: web
    /// spec:
    ///   role: WebNodeRole
    /// status:
    ///   conditions:
    ///     - type: InstanceProfileReady
    ///       status: "False"
    ///       reason: UnauthorizedNodeRole
    ///       message: Role WebNodeRole is unauthorized to join nodes to the cluster
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
    ///     authentication_mode = "API"
    ///   }
    ///   compute_config {
    ///     enabled = true
    ///   }
    /// }
    ///
    /// resource "aws_iam_role" "cluster" {
    ///   name = "ClusterRole"
    ///   assume_role_policy = jsonencode({
    ///     Version   = "2012-10-17"
    ///     Statement = [{ Effect = "Allow", Action = ["sts:AssumeRole", "sts:TagSession"], Principal = { Service = "eks.amazonaws.com" } }]
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
    /// Make the controller look again: any change of the object does, an annotation too. The status then is
    /// ```yaml nodes.yaml
    /// apiVersion: eks.amazonaws.com/v1
    /// kind: NodeClass
    /// metadata:
    ///   name: web
    ///   annotations:
    ///     look-again: "1"
    /// spec:
    ///   role: WebNodeRole
    /// status:
    ///   conditions:
    ///     - type: InstanceProfileReady
    ///       status: "True"
    ///       reason: InstanceProfileReady
    ///       message: ""
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
    ///
    /// ## Permissions needed
    /// `get` and `list` of node classes and node pools on a live cluster; none for files.
    pub(super) CONDITION_NOT_AS_PREDICTED = RC1101 "condition-not-as-predicted", Warning, Node, Snapshot(check)
}

/// What is shown can be compared only once it is known what is predicted, which follows from the
/// findings of all other rules: [`compare`] is called then.
fn check(_: &World<'_>, _: &[ChainContext<'_>]) -> Vec<Finding> {
    Vec::new()
}

/// The first condition that differs of the class, or else of the pool, which copies the class's.
pub(crate) fn compare(
    context: &ChainContext<'_>,
    predicted: &[PredictedObject],
    observed: &Observed,
) -> Option<Finding> {
    predicted.iter().find_map(|object| {
        let shown = observed.conditions(&object.object)?;
        if let Some(other) = outside_the_chain(&object.conditions, shown) {
            return Some(not_of_the_chain(context, &object.object, other));
        }
        object.conditions.iter().find_map(|predicted| {
            let shown = shown.iter().find(|known| known.kind == predicted.kind)?;
            differs(predicted, shown).then(|| finding(context, &object.object, predicted, shown))
        })
    })
}

/// What keeps an object from being Ready that the chain does not look at, such as subnets that are not
/// found; only where the chain itself holds.
fn outside_the_chain<'a>(predicted: &[Condition], shown: &'a [Condition]) -> Option<&'a Condition> {
    let holds = predicted.iter().all(|known| known.status == "True");
    let is_predicted = |kind: &str| predicted.iter().any(|known| known.kind == kind);
    let mut others = shown
        .iter()
        .filter(|known| known.status == "False" && !is_predicted(&known.kind));
    others.next().filter(|_| holds)
}

fn not_of_the_chain(context: &ChainContext<'_>, object: &str, other: &Condition) -> Finding {
    let (kind, name) = object.split_once('/').unwrap_or(("", object));
    let message = format!(
        "{kind} `{name}` shows {}=False {}, which is no matter of roles or entries: {}",
        other.kind, other.reason, other.message
    );
    Finding::new(
        &CONDITION_NOT_AS_PREDICTED,
        format!("{kind} {name}"),
        message,
    )
    .at(origin(context, kind))
    .of_pools([context.pool.clone()])
}

/// Messages are not compared: their wording is the controller's own.
fn differs(predicted: &Condition, shown: &Condition) -> bool {
    predicted.status != shown.status
        || (predicted.status == "False" && predicted.reason != shown.reason)
}

fn finding(
    context: &ChainContext<'_>,
    object: &str,
    predicted: &Condition,
    shown: &Condition,
) -> Finding {
    let (kind, name) = object.split_once('/').unwrap_or(("", object));
    let in_words = |condition: &Condition| match condition.status.as_str() {
        "True" => "True".to_owned(),
        status => format!("{status} {}", condition.reason),
    };
    let why = why(context, predicted, shown);
    let message = format!(
        "{kind} `{name}` shows {}={}, the chain predicts {}: {}",
        shown.kind,
        in_words(shown),
        in_words(predicted),
        why.in_words(),
    );
    let severity = if shown.status == "True" || shown.reason == "AwaitingReconciliation" {
        Severity::Note
    } else {
        Severity::Warning
    };
    let finding = Finding::new(
        &CONDITION_NOT_AS_PREDICTED,
        format!("{kind} {name}"),
        message,
    )
    .severity(severity)
    .at(origin(context, kind))
    .of_pools([context.pool.clone()]);
    match why {
        Difference::PathDropped => finding
            .evidence(Evidence::fact(
                "the role lives under a path, which an old control plane leaves out when it asks \
                 for the access entry",
                None,
            ))
            .repair(see_legacy()),
        Difference::NotYetSeen | Difference::Stale => finding.repair(look_again(kind, name)),
    }
}

/// Where a difference comes from, as far as can be told.
#[derive(Clone, Copy)]
enum Difference {
    /// A control plane that drops paths would show this.
    PathDropped,
    /// The controller has not been there.
    NotYetSeen,
    /// It is from before something changed.
    Stale,
}

impl Difference {
    fn in_words(self) -> &'static str {
        match self {
            Self::PathDropped => "a control plane that drops the role's path would show this",
            Self::NotYetSeen => "its controller has not looked at it yet",
            Self::Stale => "it is stale, or waits for the controller to look again",
        }
    }
}

fn why(context: &ChainContext<'_>, predicted: &Condition, shown: &Condition) -> Difference {
    let under_path = context
        .role
        .identity()
        .is_some_and(|role| !role.path.is_root());
    let refused = shown.reason == "UnauthorizedNodeRole" && predicted.status == "True";
    if context.flavour == Flavour::AutoMode
        && context.world.options.control_plane == ControlPlane::Current
        && under_path
        && refused
        && observed_control_plane(context.world.snapshot) != Some(ControlPlane::Current)
    {
        Difference::PathDropped
    } else if shown.reason == "AwaitingReconciliation" {
        Difference::NotYetSeen
    } else {
        Difference::Stale
    }
}

fn origin<'a>(context: &ChainContext<'a>, kind: &str) -> &'a Origin {
    match (context.class.found(), context.source) {
        (_, PoolSource::NodePool(pool)) if kind == "NodePool" => &pool.origin,
        (Some(class), _) => &class.origin,
        _ => context.origin(),
    }
}

fn see_legacy() -> Repair {
    Repair::new(
        "See what a control plane that drops paths does, and what mends it",
        Safety::Safe,
    )
    .command(Tool::Rolecall, "rolecall check --control-plane legacy")
}

fn look_again(kind: &str, name: &str) -> Repair {
    let command = format!(
        "kubectl annotate {} {name} look-again=\"$(date +%s)\" --overwrite",
        kind.to_ascii_lowercase()
    );
    Repair::new("Make the controller look again", Safety::Safe).command(Tool::Kubectl, command)
}
