use super::role::{declared_at, named_at, short};
use crate::context::ChainContext;
use crate::rule::rule;
use crate::{Conventions, Evidence, Finding, Repair, Safety};
use rolecall_facts::RoleIdentity;

rule! {
    /// ## What it checks
    /// That node roles live under the paths, and have the names, that `rolecall.toml` allows. Without
    /// such conventions it says nothing.
    ///
    /// ## Why nodes fail
    /// They do not fail today. Paths are how teams divide the roles of an account: permissions
    /// boundaries, service control policies and `iam:PassRole` statements are written for paths, and a
    /// role outside them is one that the next such statement leaves out.
    ///
    /// ## Example
    /// ```toml rolecall.toml
    /// [[node-roles.paths]]
    /// path = "/platform/eks/"
    /// owner = "platform team"
    /// ```
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
    ///   name = "WebNodeRole"
    ///   path = "/web/"
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
    ///
    /// ## Fix
    /// Moving a role to another path means deleting it and making it again, and so its access entry
    /// too; or allow the path in `rolecall.toml`.
    /// ```toml rolecall.toml
    /// [[node-roles.paths]]
    /// path = "/platform/eks/"
    /// owner = "platform team"
    ///
    /// [[node-roles.paths]]
    /// path = "/web/"
    /// owner = "web team"
    /// ```
    ///
    /// ## Permissions needed
    /// `iam:GetRole` in a live account; none for files.
    pub(super) PATH_OUTSIDE_CONVENTION = RC303 "path-outside-convention", Warning, Role, Chain(check)
}

fn check(context: &ChainContext<'_>) -> Vec<Finding> {
    let Some(role) = context.role.identity() else {
        return Vec::new();
    };
    let conventions = &context.world.options.conventions;
    let messages = [wrong_path(role, conventions), wrong_name(role, conventions)];
    let new = |(message, repair): (String, Repair)| {
        let mut finding = Finding::new(
            &PATH_OUTSIDE_CONVENTION,
            format!("role {}", role.name),
            message,
        );
        finding = match context.role.role() {
            Some(declared) => finding.at(declared.path.origin().unwrap_or(declared_at(declared))),
            None => finding.at(named_at(context)),
        };
        finding
            .evidence(Evidence::fact(format!("the role is {}", short(role)), None))
            .repair(repair)
    };
    messages.into_iter().flatten().map(new).collect()
}

fn wrong_path(role: &RoleIdentity, conventions: &Conventions) -> Option<(String, Repair)> {
    let allowed = &conventions.node_role_paths;
    if allowed.is_empty() || allowed.iter().any(|known| role.path.is_under(&known.path)) {
        return None;
    }
    let known: Vec<String> = allowed
        .iter()
        .map(|known| format!("`{}` ({})", known.path, known.owner))
        .collect();
    let message = format!(
        "role `{}` lives under `{}`, and node roles may live only under {}",
        role.name,
        role.path,
        known.join(", ")
    );
    let action = "Make the role again under one of these paths, and its access entry with it, or allow its path in rolecall.toml";
    Some((message, Repair::new(action, Safety::ByHand)))
}

fn wrong_name(role: &RoleIdentity, conventions: &Conventions) -> Option<(String, Repair)> {
    let allowed = &conventions.node_role_names;
    if allowed.is_empty()
        || allowed
            .iter()
            .any(|pattern| fits(pattern, role.name.as_str()))
    {
        return None;
    }
    let patterns: Vec<String> = allowed
        .iter()
        .map(|pattern| format!("`{pattern}`"))
        .collect();
    let message = format!(
        "the name of node role `{}` fits none of the patterns {}",
        role.name,
        patterns.join(", ")
    );
    let action = "Make the role again under a name that fits, or allow its name in rolecall.toml";
    Some((message, Repair::new(action, Safety::ByHand)))
}

/// Whether a name fits a pattern of `*` (any characters) and `?` (one).
fn fits(pattern: &str, name: &str) -> bool {
    let (pattern, name): (Vec<char>, Vec<char>) =
        (pattern.chars().collect(), name.chars().collect());
    let (mut at, mut read) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while read < name.len() {
        match pattern.get(at) {
            Some('*') => {
                star = Some((at, read));
                at += 1;
            }
            Some('?') => {
                at += 1;
                read += 1;
            }
            Some(wanted) if name.get(read) == Some(wanted) => {
                at += 1;
                read += 1;
            }
            _ => {
                // Let the last star take one character more.
                let Some((place, taken)) = star else {
                    return false;
                };
                star = Some((place, taken + 1));
                at = place + 1;
                read = taken + 1;
            }
        }
    }
    pattern.iter().skip(at).all(|rest| *rest == '*')
}

#[cfg(test)]
mod tests {
    use super::fits;

    #[test]
    fn patterns_match_whole_names() {
        assert!(fits("*NodeRole*", "WebNodeRole-1") && fits("*-node", "web-node"));
        assert!(fits("eks-?-node", "eks-a-node") && fits("*", "") && fits("a*b*c", "axxbyybzc"));
        assert!(!fits("*-node", "web-nodes") && !fits("node", "nodes") && !fits("?", ""));
    }
}
