use std::collections::{BTreeMap, HashSet};

use rolecall_arn::AccountId;
use rolecall_facts::Role;

use super::role::{declared_at, role_name, stack_and_module};
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

/// A pool, and the roles its name for a role may mean.
type Use<'c> = (&'c [&'c Role], &'c Pool);

fn check(world: &World<'_>, contexts: &[ChainContext<'_>]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (name, uses) in in_use(world, contexts) {
        let roles = world.roles_named(&name);
        let mut places: BTreeMap<Place<'_>, Vec<&Role>> = BTreeMap::new();
        for role in roles.iter().copied() {
            let known = places.entry(Place::of(role)).or_default();
            if !known.iter().any(|known| is_same(known, role)) {
                known.push(role);
            }
        }
        let clashes = places.iter().filter(|(_, roles)| roles.len() > 1);
        findings.extend(clashes.filter_map(|(place, roles)| finding(*place, roles, &uses)));
        if world.options.conventions.unique_across_accounts {
            findings.extend(across_accounts(&places, &uses));
        }
    }
    findings
}

/// The names of node roles that several roles have, with their uses.
fn in_use<'c>(
    world: &World<'_>,
    contexts: &'c [ChainContext<'_>],
) -> BTreeMap<String, Vec<Use<'c>>> {
    let mut all: BTreeMap<String, Vec<Use<'c>>> = BTreeMap::new();
    for context in contexts {
        let roles: &[&Role] = match &context.role {
            RoleFound::Found { role, .. } => std::slice::from_ref(role),
            RoleFound::Ambiguous { roles, .. } => roles,
            _ => continue,
        };
        let name = roles.first().and_then(|role| role.name.value());
        if let Some(name) = name.filter(|name| world.roles_named(name).len() > 1) {
            let uses = all.entry(name.to_ascii_lowercase()).or_default();
            uses.push((roles, &context.pool));
        }
    }
    all
}

/// Where names must differ.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Place<'r> {
    Account(AccountId),
    /// One stack, and in Terraform one module, whose account is not known.
    Stack(&'r str, &'r str),
    /// Not known; two roles of such places may live apart.
    Unknown(*const Role),
}

impl<'r> Place<'r> {
    fn of(role: &'r Role) -> Self {
        match (role.account, &role.id) {
            (Some(account), _) => Self::Account(account),
            (None, Some(id)) => {
                let (stack, module) = stack_and_module(id);
                Self::Stack(stack, module)
            }
            (None, None) => Self::Unknown(std::ptr::from_ref(role)),
        }
    }
}

fn finding(place: Place<'_>, roles: &[&Role], uses: &[Use<'_>]) -> Option<Finding> {
    let name = role_name(roles.first()?);
    let count = roles.len();
    let (message, severity) = match place {
        Place::Account(account) => (
            format!("{count} roles of account {account} are named `{name}`"),
            Severity::Error,
        ),
        _ => (
            format!("{count} roles of one stack are named `{name}`"),
            Severity::Warning,
        ),
    };
    about(&name, message, severity, roles, uses)
}

fn across_accounts(places: &BTreeMap<Place<'_>, Vec<&Role>>, uses: &[Use<'_>]) -> Option<Finding> {
    let in_accounts = places
        .iter()
        .filter(|(place, _)| matches!(place, Place::Account(_)));
    let roles: Vec<&Role> = in_accounts
        .filter_map(|(_, roles)| roles.first().copied())
        .collect();
    if roles.len() < 2 {
        return None;
    }
    let name = role_name(roles.first()?);
    let count = roles.len();
    let message = format!("{count} roles in several accounts are named `{name}`");
    about(&name, message, Severity::Warning, &roles, uses)
}

/// The finding, if a pool uses one of the roles.
fn about(
    name: &str,
    message: String,
    severity: Severity,
    roles: &[&Role],
    uses: &[Use<'_>],
) -> Option<Finding> {
    let clashing: HashSet<*const Role> =
        roles.iter().map(|role| std::ptr::from_ref(*role)).collect();
    let touches = |(used, _): &&Use<'_>| {
        used.iter()
            .any(|role| clashing.contains(&std::ptr::from_ref(*role)))
    };
    let pools: Vec<Pool> = uses
        .iter()
        .filter(touches)
        .map(|(_, pool)| (*pool).clone())
        .collect();
    if pools.is_empty() {
        return None;
    }
    let mut finding = Finding::new(&ROLE_NAME_NOT_UNIQUE, format!("role {name}"), message)
        .severity(severity)
        .of_pools(pools);
    for role in roles {
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
    !two_objects && same_path
}
