use rolecall_facts::{
    AccessEntry, AccessPolicyAssociation, AccessScope, Change, NewAccessEntry, Tag,
};

use super::{aws, region_flag, terraform, terraform_arn, terraform_name};
use crate::context::{ChainContext, Flavour, HYBRID_TYPE};
use crate::links::AUTO_NODE_POLICY;
use crate::{Command, Repair, Safety, Tool};

/// The type an entry for this pool's nodes must have (EKS User Guide, "Create access entries").
pub(crate) fn entry_type_for(context: &ChainContext<'_>) -> &'static str {
    match context.flavour {
        Flavour::AutoMode => "EC2",
        Flavour::Hybrid => HYBRID_TYPE,
        _ => "EC2_LINUX",
    }
}

/// Makes the entry for a role, and for Auto Mode the association that its nodes need.
pub(crate) fn create_entry(context: &ChainContext<'_>, arn: &str) -> Repair {
    let kind = entry_type_for(context);
    let action = format!(
        "Create an access entry of type {kind} for {}",
        context.role_in_words()
    );
    let repair = Repair::new(action, Safety::Safe).changes(create_changes(context));
    with_commands(repair, context, create_commands(context, arn, kind), kind)
}

/// The entry of this pool's role, and for Auto Mode the association.
fn create_changes(context: &ChainContext<'_>) -> Vec<Change> {
    // A role that a plan is about to replace is not yet the one the entry must be made for.
    let role = context.role.role();
    let is_replaced = role.is_some_and(|role| role.replaced.is_some());
    let arn = context.role_arn();
    let Some(arn) = arn.filter(|_| context.takes_changes() && !is_replaced) else {
        return Vec::new();
    };
    let mut changes = vec![Change::CreateAccessEntry(new_entry(
        &arn,
        entry_type_for(context),
    ))];
    if context.flavour == Flavour::AutoMode {
        changes.push(associate_change(context, &arn));
    }
    changes
}

/// An entry of a node type, which takes neither groups nor a user name.
pub(super) fn new_entry(arn: &str, kind: &str) -> NewAccessEntry {
    NewAccessEntry {
        principal: arn.to_owned(),
        entry_type: kind.to_owned(),
        kubernetes_groups: Vec::new(),
        username: None,
        tags: std::collections::BTreeMap::new(),
    }
}

/// What associates the policy of Auto Mode's nodes.
pub(super) fn associate_change(context: &ChainContext<'_>, arn: &str) -> Change {
    Change::AssociateAccessPolicy {
        principal: arn.to_owned(),
        policy_arn: auto_node_policy_arn(context),
        scope: AccessScope::Cluster,
    }
}

fn auto_node_policy_arn(context: &ChainContext<'_>) -> String {
    format!(
        "arn:{}:eks::aws:cluster-access-policy/{AUTO_NODE_POLICY}",
        context.place().partition()
    )
}

/// The type to make an entry again with: its own where that fits the pool's nodes.
fn type_again<'a>(context: &ChainContext<'_>, old: &'a AccessEntry) -> &'a str {
    let wanted = entry_type_for(context);
    let fits = match context.flavour {
        Flavour::AutoMode => false,
        flavour => flavour.takes(old),
    };
    let own = old.entry_type.value().filter(|_| fits);
    own.map_or(wanted, String::as_str)
}

/// The entry made again for the role as it is now, with the tags it had and, where its type takes
/// any, the access policies. None where something of the old one is not known and would be lost.
fn recreate_changes(context: &ChainContext<'_>, old: &AccessEntry) -> Option<Vec<Change>> {
    let role = context.role.role();
    if role.is_some_and(|role| role.replaced.is_some()) || !context.takes_changes() {
        return None;
    }
    let arn = context.role_arn()?;
    let old_principal = old.principal.value.value()?;
    let old_arn = match old_principal.as_role() {
        Some(role) => context.full_arn(role)?,
        None => old_principal.to_string(),
    };
    let mut entry = new_entry(&arn, type_again(context, old));
    entry.tags = old
        .tags
        .iter()
        .map(|tag: &Tag| Some((tag.key.clone(), tag.value.value()?.clone())))
        .collect::<Option<_>>()?;
    let is_auto_mode = context.flavour == Flavour::AutoMode;
    let policies = match is_auto_mode {
        true => kept_policies(context, old, &arn)?,
        false => Vec::new(),
    };
    let mut changes = vec![
        Change::DeleteAccessEntry { principal: old_arn },
        Change::CreateAccessEntry(entry),
    ];
    changes.extend(policies);
    if is_auto_mode {
        changes.push(associate_change(context, &arn));
    }
    Some(changes)
}

/// What associates the policies that the old entry had, but for that of Auto Mode's nodes.
fn kept_policies(context: &ChainContext<'_>, old: &AccessEntry, arn: &str) -> Option<Vec<Change>> {
    let (policies, open) = context.world.policies_of(old);
    if open || !old.policies_complete.is_complete() {
        return None;
    }
    let again = |policy: &&AccessPolicyAssociation| {
        Some(Change::AssociateAccessPolicy {
            principal: arn.to_owned(),
            policy_arn: policy.policy_arn.value()?.clone(),
            scope: policy.scope.value()?.clone(),
        })
    };
    let is_auto_node = |policy: &&AccessPolicyAssociation| {
        let arn = policy.policy_arn.value();
        arn.is_some_and(|arn| arn.rsplit('/').next() == Some(AUTO_NODE_POLICY))
    };
    let others = policies.iter().filter(|policy| !is_auto_node(policy));
    others.map(again).collect()
}

/// Deletes an entry and makes it again for the role as it is now.
pub(crate) fn recreate_entry(
    context: &ChainContext<'_>,
    old: &AccessEntry,
    old_arn: &str,
    arn: &str,
) -> Repair {
    let kind = type_again(context, old);
    let cluster = context.cluster_for_commands();
    let region = region_flag(context);
    let action = format!(
        "Delete the access entry and create it again for {}",
        context.role_in_words()
    );
    let mut commands = vec![aws(format!(
        "aws eks delete-access-entry{region} --cluster-name {cluster} \\\n  --principal-arn {old_arn}"
    ))];
    commands.extend(create_commands(context, arn, kind));
    let repair = Repair::new(action, Safety::Disruptive)
        .changes(recreate_changes(context, old).unwrap_or_default());
    with_commands(repair, context, commands, kind)
}

/// Associates the policy that Auto Mode's nodes need
/// (EKS User Guide, "Create node class access entry").
pub(crate) fn associate_auto_node_policy(context: &ChainContext<'_>, arn: &str) -> Repair {
    let cluster = context.cluster_for_commands();
    let action = format!(
        "Associate {AUTO_NODE_POLICY} at cluster scope with {}",
        context.role_in_words()
    );
    let full = context.role_arn().filter(|_| context.takes_changes());
    let mut repair =
        Repair::new(action, Safety::Safe).changes(full.map(|arn| associate_change(context, &arn)));
    repair.commands = vec![
        associate(context, arn),
        terraform(association_block(context, arn, &cluster)),
    ];
    repair
}

fn create_commands(context: &ChainContext<'_>, arn: &str, kind: &str) -> Vec<Command> {
    let cluster = context.cluster_for_commands();
    let region = region_flag(context);
    let mut commands = vec![aws(format!(
        "aws eks create-access-entry{region} --cluster-name {cluster} \\\n  --principal-arn {arn} \\\n  --type {kind}"
    ))];
    if context.flavour == Flavour::AutoMode {
        commands.push(associate(context, arn));
    }
    commands
}

fn associate(context: &ChainContext<'_>, arn: &str) -> Command {
    aws(format!(
        "aws eks associate-access-policy{} --cluster-name {} \\\n  --principal-arn {arn} \\\n  \
         --policy-arn arn:{}:eks::aws:cluster-access-policy/{AUTO_NODE_POLICY} \\\n  \
         --access-scope type=cluster",
        region_flag(context),
        context.cluster_for_commands(),
        context.place().partition(),
    ))
}

fn with_commands(
    mut repair: Repair,
    context: &ChainContext<'_>,
    aws: Vec<Command>,
    kind: &str,
) -> Repair {
    let cluster = context.cluster_for_commands();
    let Some(arn) = context.role.identity().map(ToString::to_string) else {
        repair.commands = aws;
        return repair;
    };
    repair.commands = aws;
    repair
        .commands
        .push(terraform(entry_block(context, &arn, &cluster, kind)));
    let policies = match context.flavour {
        Flavour::AutoMode => format!(
            "\n      accessPolicies:\n        - policyARN: arn:{}:eks::aws:cluster-access-policy/{AUTO_NODE_POLICY}\n          accessScope:\n            type: cluster",
            context.place().partition()
        ),
        _ => String::new(),
    };
    repair.command(
        Tool::Eksctl,
        format!("accessConfig:\n  accessEntries:\n    - principalARN: {arn}\n      type: {kind}{policies}"),
    )
}

fn role_name(context: &ChainContext<'_>) -> String {
    terraform_name(context.role.name().unwrap_or("node"))
}

fn entry_block(context: &ChainContext<'_>, arn: &str, cluster: &str, kind: &str) -> String {
    let object = context.role.role().and_then(|role| role.id.as_ref());
    let entry = format!(
        "resource \"aws_eks_access_entry\" \"{}\" {{\n  cluster_name  = \"{cluster}\"\n  principal_arn = {}\n  type          = \"{kind}\"\n}}",
        role_name(context),
        terraform_arn(object, arn),
    );
    match context.flavour {
        Flavour::AutoMode => format!("{entry}\n\n{}", association_block(context, arn, cluster)),
        _ => entry,
    }
}

fn association_block(context: &ChainContext<'_>, arn: &str, cluster: &str) -> String {
    let object = context.role.role().and_then(|role| role.id.as_ref());
    format!(
        "resource \"aws_eks_access_policy_association\" \"{}\" {{\n  cluster_name  = \"{cluster}\"\n  principal_arn = {}\n  policy_arn    = \"arn:{}:eks::aws:cluster-access-policy/{AUTO_NODE_POLICY}\"\n\n  access_scope {{\n    type = \"cluster\"\n  }}\n}}",
        role_name(context),
        terraform_arn(object, arn),
        context.place().partition(),
    )
}
