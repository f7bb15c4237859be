use rolecall_facts::Role;
use rolecall_policy::LayerKind;

use super::node_permissions_missing::wanted;
use super::role::{named_at, role_name};
use crate::context::ChainContext;
use crate::iam::Answer;
use crate::questions::Needed;
use crate::rule::rule;
use crate::{Evidence, Finding, Repair, Safety, Tool};

rule! {
    /// ## What it checks
    /// That nothing takes away what a node role is granted: its permissions boundary, a service control
    /// policy at any level of the organisation, or a statement of its own that denies.
    ///
    /// ## Why nodes fail
    /// An action must be allowed by the role's policies, by its boundary and at every level of service
    /// control policies, and denied by none (IAM User Guide, "Policy evaluation logic"). A boundary made
    /// for applications seldom thinks of what a node needs, so the role looks right and the node fails
    /// all the same: it cannot pull images, or learn its own name.
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
    /// resource "aws_iam_role" "web" {
    ///   name                 = "WebNodeRole"
    ///   permissions_boundary = aws_iam_policy.boundary.arn
    ///   assume_role_policy = jsonencode({
    ///     Version   = "2012-10-17"
    ///     Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ec2.amazonaws.com" } }]
    ///   })
    ///   managed_policy_arns = [
    ///     "arn:aws:iam::aws:policy/AmazonEKSWorkerNodeMinimalPolicy",
    ///     "arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryPullOnly",
    ///   ]
    /// }
    /// ```
    /// ```hcl boundary.tf
    /// resource "aws_iam_policy" "boundary" {
    ///   name = "team-boundary"
    ///   policy = jsonencode({
    ///     Version   = "2012-10-17"
    ///     Statement = [{ Effect = "Allow", Action = ["s3:*", "ecr:*"], Resource = "*" }]
    ///   })
    /// }
    /// ```
    ///
    /// ## Fix
    /// ```hcl boundary.tf
    /// resource "aws_iam_policy" "boundary" {
    ///   name = "team-boundary"
    ///   policy = jsonencode({
    ///     Version   = "2012-10-17"
    ///     Statement = [{ Effect = "Allow", Action = ["s3:*", "ecr:*", "eks-auth:AssumeRoleForPodIdentity"], Resource = "*" }]
    ///   })
    /// }
    /// ```
    ///
    /// ## Permissions needed
    /// `iam:GetRole`, `iam:GetPolicy`, `iam:GetPolicyVersion` in a live account, and
    /// `organizations:ListPoliciesForTarget`, `organizations:DescribePolicy` for service control
    /// policies; none for files.
    pub(super) NODE_PERMISSIONS_BLOCKED = RC502 "node-permissions-blocked", Error, NodePermissions, Chain(check)
}

fn check(context: &ChainContext<'_>) -> Vec<Finding> {
    let Some(role) = context.role.role() else {
        return Vec::new();
    };
    let mut by_layer: Vec<(Layer, Vec<&Needed>)> = Vec::new();
    for needed in &context.questions().permissions {
        let Some(layer) = blocking(&needed.asked.answer) else {
            continue;
        };
        match by_layer.iter_mut().find(|(known, _)| *known == layer) {
            Some((_, all)) => all.push(needed),
            None => by_layer.push((layer, vec![needed])),
        }
    }
    by_layer
        .into_iter()
        .map(|(layer, needed)| finding(context, role, &layer, &needed))
        .collect()
}

/// What stands in the way.
#[derive(PartialEq, Eq)]
struct Layer {
    kind: LayerKind,
    denies: bool,
}

fn blocking(answer: &Answer) -> Option<Layer> {
    let Answer::Denied {
        by: Some(kind),
        explicit,
    } = answer
    else {
        return None;
    };
    (*explicit || *kind != LayerKind::Identity).then(|| Layer {
        kind: kind.clone(),
        denies: *explicit,
    })
}

fn finding(context: &ChainContext<'_>, role: &Role, layer: &Layer, needed: &[&Needed]) -> Finding {
    let name = role_name(role);
    let what = match &layer.kind {
        LayerKind::PermissionsBoundary => match boundary(role) {
            Some(boundary) => format!("the permissions boundary `{boundary}`"),
            None => "the permissions boundary".to_owned(),
        },
        LayerKind::ServiceControl { target } => format!("a service control policy at `{target}`"),
        LayerKind::Identity => "a policy of its own".to_owned(),
        other => format!("a {other}"),
    };
    let verb = if layer.denies {
        "denies"
    } else {
        "does not allow"
    };
    let message = format!("{what} {verb} node role `{name}` {}", wanted(needed));
    let mut finding = Finding::new(&NODE_PERMISSIONS_BLOCKED, format!("role {name}"), message);
    if layer.kind == LayerKind::PermissionsBoundary
        && let Some(boundary) = &role.permissions_boundary
    {
        finding = finding.at(boundary.value.origin().unwrap_or(&role.origin));
    }
    finding = finding.at(&role.origin).at(named_at(context));
    let mut shown: Vec<&Evidence> = Vec::new();
    for evidence in needed.iter().flat_map(|needed| &needed.asked.evidence) {
        if !shown.contains(&evidence) {
            shown.push(evidence);
        }
    }
    finding
        .all_evidence(shown.into_iter().cloned())
        .repair(repair(role, layer, &what, needed))
}

fn boundary(role: &Role) -> Option<String> {
    let boundary = role.permissions_boundary.as_ref()?;
    let by_name = || {
        boundary
            .value
            .value()?
            .rsplit('/')
            .next()
            .map(str::to_owned)
    };
    let by_address = || {
        let (_, address) = boundary.object.as_ref()?.0.split_once('#')?;
        Some(address.to_owned())
    };
    by_name().or_else(by_address)
}

fn repair(role: &Role, layer: &Layer, what: &str, needed: &[&Needed]) -> Repair {
    let actions: Vec<&str> = needed.iter().map(|needed| needed.need.action).collect();
    if layer.denies {
        let action = format!("Take {} out of what {what} denies", actions.join(", "));
        return Repair::new(action, Safety::ByHand);
    }
    let action = format!("Allow {} in {what}", actions.join(", "));
    let statement = serde_json::json!({ "Effect": "Allow", "Action": actions, "Resource": "*" });
    let repair = Repair::new(action, Safety::ByHand);
    let arn = role
        .permissions_boundary
        .as_ref()
        .and_then(|boundary| boundary.value.value())
        .map_or("POLICY_ARN", String::as_str);
    match layer.kind {
        LayerKind::PermissionsBoundary => repair
            .command(Tool::Terraform, format!("# one statement more\n{statement}"))
            .command(
                Tool::Aws,
                format!("aws iam create-policy-version --policy-arn {arn} --set-as-default \\\n  --policy-document file://boundary.json"),
            ),
        _ => repair.command(
            Tool::Aws,
            "aws organizations update-policy --policy-id POLICY_ID --content file://policy.json",
        ),
    }
}
