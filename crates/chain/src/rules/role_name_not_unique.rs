use rolecall_facts::Role;

use super::role::{declared_at, in_one_account, role_name};
use crate::context::{ChainContext, RoleFound};
use crate::rule::rule;
use crate::world::World;
use crate::{Evidence, Finding, Pool, Repair, Safety, Severity};

rule! {
    /// ## What it checks
    /// That no two roles of one account have the name of a node role, whatever their paths and whatever
    /// the case of the letters. Where one plan, folder or template declares both and does not say for
    /// which account, it is a warning. Roles of one name in two accounts are fine, unless
    /// `unique-names = "all-accounts"` in `rolecall.toml` asks for more.
    ///
    /// ## Why nodes fail
    /// A role's name is unique in its account regardless of its path and of case; IAM refuses the
    /// second, `Role with name … already exists` (IAM API Reference, `CreateRole`). A node class names
    /// its role by name alone, so which of the two it means is left to chance.
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
    /// provider "aws" {
    ///   allowed_account_ids = ["111122223333"]
    /// }
    ///
    /// resource "aws_iam_role" "web" {
    ///   name = "WebNodeRole"
    ///   path = "/platform/"
    ///   assume_role_policy = jsonencode({
    ///     Version   = "2012-10-17"
    ///     Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ec2.amazonaws.com" } }]
    ///   })
    ///   managed_policy_arns = [
    ///     "arn:aws:iam::aws:policy/AmazonEKSWorkerNodeMinimalPolicy",
    ///     "arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryPullOnly",
    ///   ]
    /// }
    ///
    /// resource "aws_iam_role" "old_web" {
    ///   name = "webnoderole"
    ///   assume_role_policy = jsonencode({
    ///     Version   = "2012-10-17"
    ///     Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ec2.amazonaws.com" } }]
    ///   })
    /// }
    /// ```
    ///
    /// ## Fix
    /// ```hcl main.tf
    /// provider "aws" {
    ///   allowed_account_ids = ["111122223333"]
    /// }
    ///
    /// resource "aws_iam_role" "web" {
    ///   name = "WebNodeRole"
    ///   path = "/platform/"
    ///   assume_role_policy = jsonencode({
    ///     Version   = "2012-10-17"
    ///     Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ec2.amazonaws.com" } }]
    ///   })
    ///   managed_policy_arns = [
    ///     "arn:aws:iam::aws:policy/AmazonEKSWorkerNodeMinimalPolicy",
    ///     "arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryPullOnly",
    ///   ]
    /// }
    ///
    /// resource "aws_iam_role" "old_web" {
    ///   name = "WebNodeRole-old"
    ///   assume_role_policy = jsonencode({
    ///     Version   = "2012-10-17"
    ///     Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ec2.amazonaws.com" } }]
    ///   })
    /// }
    /// ```
    ///
    /// ## Permissions needed
    /// `iam:ListRoles` in a live account; none for files.
    pub(super) ROLE_NAME_NOT_UNIQUE = RC302 "role-name-not-unique", Error, Role, Snapshot(check)
}

/// The node roles of one name, and the pools that use them.
struct InUse<'a> {
    name: String,
    roles: Vec<&'a Role>,
    pools: Vec<Pool>,
}

fn check(world: &World<'_>, contexts: &[ChainContext<'_>]) -> Vec<Finding> {
    in_use(world, contexts)
        .into_iter()
        .filter_map(|used| finding(world, used))
        .collect()
}

fn in_use<'c>(world: &World<'_>, contexts: &'c [ChainContext<'_>]) -> Vec<InUse<'c>> {
    let mut all: Vec<InUse<'c>> = Vec::new();
    let mut places = std::collections::HashMap::new();
    for context in contexts {
        let used: Vec<&'c Role> = match &context.role {
            RoleFound::Found { role, .. } => vec![*role],
            RoleFound::Ambiguous { roles, .. } => roles.to_vec(),
            _ => continue,
        };
        let Some(name) = used.first().and_then(|role| role.name.value()) else {
            continue;
        };
        if world.roles_named(name).len() < 2 {
            continue;
        }
        let key = name.to_ascii_lowercase();
        let index = *places.entry(key).or_insert_with(|| {
            all.push(InUse {
                name: name.clone(),
                roles: Vec::new(),
                pools: Vec::new(),
            });
            all.len() - 1
        });
        if let Some(known) = all.get_mut(index) {
            known.roles.extend(used);
            known.pools.push(context.pool.clone());
        }
    }
    all
}

fn finding(world: &World<'_>, used: InUse<'_>) -> Option<Finding> {
    let mut others: Vec<&Role> = world.roles_named(&used.name).to_vec();
    others.sort_by(|left, right| (&left.origin, &left.id).cmp(&(&right.origin, &right.id)));
    let is_used = |role: &Role| used.roles.iter().any(|known| std::ptr::eq(*known, role));
    let mut clashing: Vec<&Role> = Vec::new();
    let mut certain = false;
    let mut same_account = false;
    for (index, left) in others.iter().enumerate() {
        for right in others.iter().skip(index + 1) {
            if !(is_used(left) || is_used(right)) || is_same(left, right) {
                continue;
            }
            let together = in_one_account(left, right);
            let across = world.options.conventions.unique_across_accounts;
            if together == Some(false) && !(across && in_two_accounts(left, right)) {
                continue;
            }
            certain |= together == Some(true);
            same_account |= together != Some(false);
            clashing.extend([*left, *right]);
        }
    }
    let first = *clashing.first()?;
    let name = role_name(first);
    let mut kept: Vec<&Role> = Vec::new();
    for role in clashing {
        if !kept.iter().any(|known| std::ptr::eq(*known, role)) {
            kept.push(role);
        }
    }
    let count = kept.len();
    let message = match (certain, same_account, first.account) {
        (true, _, Some(account)) => {
            format!("{count} roles of account {account} are named `{name}`")
        }
        (_, true, _) => format!("{count} roles of one stack are named `{name}`"),
        _ => format!("{count} roles in several accounts are named `{name}`"),
    };
    let severity = if certain {
        Severity::Error
    } else {
        Severity::Warning
    };
    let mut finding = Finding::new(&ROLE_NAME_NOT_UNIQUE, format!("role {name}"), message)
        .severity(severity)
        .of_pools(used.pools);
    for role in kept {
        let account = role
            .account
            .map_or_else(String::new, |account| format!(" in account {account}"));
        let path = role.path.value().map_or("(unknown)", String::as_str);
        let text = format!("`{}` under the path `{path}`{account}", role_name(role));
        finding = finding
            .at(declared_at(role))
            .evidence(Evidence::fact(text, Some(&role.origin)));
    }
    let action = "Give one of them another name; renaming a role means making it again";
    Some(finding.repair(Repair::new(action, Safety::ByHand)))
}

/// Whether the two may be one role that two sources tell of: a plan and a live account, say. Two objects
/// of one stack are two roles.
fn is_same(left: &Role, right: &Role) -> bool {
    let two_objects =
        matches!((&left.id, &right.id), (Some(a), Some(b)) if a != b && a.scope() == b.scope());
    let same_path = match (left.path.value(), right.path.value()) {
        (Some(left), Some(right)) => left == right,
        _ => true,
    };
    let same_account =
        left.account.is_none() || right.account.is_none() || left.account == right.account;
    !two_objects && same_path && same_account
}

fn in_two_accounts(left: &Role, right: &Role) -> bool {
    matches!((left.account, right.account), (Some(left), Some(right)) if left != right)
}
