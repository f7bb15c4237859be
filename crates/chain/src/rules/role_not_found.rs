use rolecall_facts::{Role, RoleIdentity};

use super::role::{named_at, namer, role_name, short};
use super::spelling::nearest;
use crate::context::{ChainContext, RoleFound, RoleReference};
use crate::repairs::{aws, set_class_field, terraform, terraform_name};
use crate::rule::rule;
use crate::{Edit, Evidence, Finding, Repair, Safety, Severity};

rule! {
    /// ## What it checks
    /// That the role a node class, a node group or a cluster names is there. It is an error where all
    /// roles of the account are known and this is none of them. Files seldom hold all roles of an
    /// account, so where they declare none of this name, that alone is not reported; but where they
    /// declare one of nearly the same name, or of this name under another path than an ARN says, it is
    /// a warning.
    ///
    /// ## Why nodes fail
    /// `iam:AddRoleToInstanceProfile` answers NoSuchEntity, `The role with name … cannot be found`, so
    /// the instance profile stays empty and nothing is launched. A managed node group ends in
    /// `CREATE_FAILED` or `DEGRADED`, `IamNodeRoleNotFound` (Amazon EKS API Reference, `Issue`).
    ///
    /// ## Example
    /// ```yaml nodes.yaml
    /// apiVersion: eks.amazonaws.com/v1
    /// kind: NodeClass
    /// metadata:
    ///   name: web
    /// spec:
    ///   role: WebNodeRol
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
    ///
    /// ## Permissions needed
    /// `iam:GetRole` or `iam:ListRoles` in a live account; none for files.
    pub(super) ROLE_NOT_FOUND = RC301 "role-not-found", Error, Role, Chain(check)
}

/// Names are compared with at most so many roles: a slip of the pen is one in files, and files do not
/// declare more.
const ROLES_COMPARED: usize = 2_000;

fn check(context: &ChainContext<'_>) -> Vec<Finding> {
    let found = match &context.role {
        RoleFound::NotFound { name } => Some(not_there(context, name)),
        RoleFound::Unknown {
            name: Some(name), ..
        } => misspelt(context, name),
        RoleFound::ByArnOnly(identity) => other_path(context, identity)
            .map(|role| near(context, &short(identity), role))
            .or_else(|| misspelt(context, identity.name.as_str())),
        _ => None,
    };
    found.into_iter().collect()
}

fn not_there(context: &ChainContext<'_>, name: &str) -> Finding {
    let bare = name.rsplit('/').next().unwrap_or(name);
    let account = context.place().account().to_owned();
    let message = format!(
        "role `{name}`, which {} names, does not exist",
        namer(context)
    );
    let said = match same_name(context, bare).and_then(|role| arn_in_place(context, role)) {
        Some(other) => format!("the role of that name is {}", short(&other)),
        None => format!("none is named `{bare}`"),
    };
    let mut finding = new(context, bare, message).evidence(Evidence::fact(
        format!("all roles of account {account} are known; {said}"),
        None,
    ));
    if let Some(role) = same_name(context, bare).or_else(|| similar(context, bare)) {
        finding = meant(finding, context, role);
    }
    finding.repair(create_role(bare))
}

/// Not an error: a role that no file declares may exist all the same.
fn misspelt(context: &ChainContext<'_>, name: &str) -> Option<Finding> {
    if same_name(context, name).is_some() {
        return None;
    }
    Some(near(context, name, similar(context, name)?))
}

fn near(context: &ChainContext<'_>, written: &str, role: &Role) -> Finding {
    let known = match arn_in_place(context, role) {
        Some(identity) if written.contains('/') => short(&identity),
        _ => role_name(role),
    };
    let message = format!(
        "no file declares role `{written}`, which {} names; did you mean `{known}`",
        namer(context)
    );
    let bare = written.rsplit('/').next().unwrap_or(written);
    let finding = new(context, bare, message)
        .severity(Severity::Warning)
        .evidence(Evidence::difference(
            ("it names", &written),
            ("the role is", &known),
        ));
    meant(finding, context, role).repair(create_role(bare))
}

fn new(context: &ChainContext<'_>, name: &str, message: String) -> Finding {
    Finding::new(&ROLE_NOT_FOUND, format!("role {name}"), message).at(named_at(context))
}

/// Says which role was probably meant, and how to name it.
fn meant(finding: Finding, context: &ChainContext<'_>, role: &Role) -> Finding {
    let finding = finding.at(&role.origin);
    let name = role_name(role);
    let action = format!("Name the role `{name}`");
    match (
        &context.reference,
        context.class.found(),
        arn_in_place(context, role),
    ) {
        (RoleReference::Name { written, .. }, Some(class), _) => {
            let repair =
                set_class_field(context, class, action, Safety::ByHand, ("role", &name), &[]);
            finding.repair(repair.edit(Edit::of(&written.value, name)))
        }
        (RoleReference::Arn(written), _, Some(identity)) => {
            let action = format!("Name the role `{}`", short(&identity));
            finding.repair(
                Repair::new(action, Safety::ByHand)
                    .edit(Edit::of(&written.value, identity.to_string())),
            )
        }
        _ => finding,
    }
}

/// The ARN of a declared role, with what its files leave open taken from the ARN that was written.
fn arn_in_place(context: &ChainContext<'_>, role: &Role) -> Option<RoleIdentity> {
    let mut identity = role.identity()?.ok()?;
    if let Some(written) = context.role.identity() {
        identity.partition = identity.partition.or(written.partition.clone());
        identity.account = identity.account.or(written.account);
    }
    Some(identity)
}

/// A declared role of an ARN's name under another path, in an account that may be the same.
fn other_path<'a>(context: &ChainContext<'a>, identity: &RoleIdentity) -> Option<&'a Role> {
    let mut roles: Vec<&Role> = context.world.roles_named(identity.name.as_str()).to_vec();
    roles.sort_by(|left, right| left.origin.cmp(&right.origin));
    roles.into_iter().find(|role| match role.identity() {
        Some(Ok(known)) => {
            known.path != identity.path
                && known.may_share_account(identity)
                // A role of another environment's files proves nothing about this account.
                && (known.account.is_some() || in_stack(context, role))
        }
        _ => false,
    })
}

fn in_stack(context: &ChainContext<'_>, role: &Role) -> bool {
    let cluster = context.cluster.and_then(|cluster| cluster.id.as_ref());
    matches!((&role.id, cluster), (Some(role), Some(cluster)) if role.scope() == cluster.scope())
}

fn same_name<'a>(context: &ChainContext<'a>, name: &str) -> Option<&'a Role> {
    let mut roles = context.world.roles_named(name).to_vec();
    roles.sort_by(|left, right| left.origin.cmp(&right.origin));
    roles.first().copied()
}

/// The declared role, in an account that may be the cluster's, whose name is nearly this one.
fn similar<'a>(context: &ChainContext<'a>, name: &str) -> Option<&'a Role> {
    let account = context.cluster.and_then(|cluster| cluster.account);
    if context.world.snapshot.roles.len() > ROLES_COMPARED {
        return None;
    }
    let mut roles: Vec<&Role> = context
        .world
        .snapshot
        .roles
        .iter()
        .filter(|role| role.account.is_none() || account.is_none() || role.account == account)
        .collect();
    roles.sort_by(|left, right| left.origin.cmp(&right.origin));
    let names = roles.iter().filter_map(|role| role.name.value());
    let usable = names.filter(|known| !rolecall_facts::symbol::has_any(known));
    let found = nearest(name, usable.map(String::as_str))?.to_owned();
    roles
        .into_iter()
        .find(|role| role.name.value() == Some(&found))
}

fn create_role(name: &str) -> Repair {
    let trust = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;
    let mut repair = Repair::new(format!("Create role `{name}`"), Safety::ByHand);
    repair.commands = vec![
        aws(format!(
            "aws iam create-role --role-name {name} \\\n  --assume-role-policy-document '{trust}'"
        )),
        terraform(format!(
            "resource \"aws_iam_role\" \"{}\" {{\n  name               = \"{name}\"\n  assume_role_policy = jsonencode({{\n    Version   = \"2012-10-17\"\n    Statement = [{{ Effect = \"Allow\", Action = \"sts:AssumeRole\", Principal = {{ Service = \"ec2.amazonaws.com\" }} }}]\n  }})\n}}",
            terraform_name(name)
        )),
    ];
    repair
}
