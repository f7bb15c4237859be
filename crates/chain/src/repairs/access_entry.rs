use super::{aws, region_flag, terraform, terraform_arn, terraform_name};
use crate::context::{ChainContext, Flavour};
use crate::links::AUTO_NODE_POLICY;
use crate::{Command, Repair, Safety, Tool};

/// The type an entry for this pool's nodes must have (EKS User Guide, "Create access entries").
pub(crate) fn entry_type_for(context: &ChainContext<'_>) -> &'static str {
    match context.flavour {
        Flavour::AutoMode => "EC2",
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
    let repair = Repair::new(action, Safety::Safe);
    with_commands(repair, context, create_commands(context, arn))
}

/// Deletes an entry and makes it again for the role as it is now.
pub(crate) fn recreate_entry(context: &ChainContext<'_>, old_arn: &str, arn: &str) -> Repair {
    let cluster = context.cluster_for_commands();
    let region = region_flag(context);
    let action = format!(
        "Delete the access entry and create it again for {}",
        context.role_in_words()
    );
    let mut commands = vec![aws(format!(
        "aws eks delete-access-entry{region} --cluster-name {cluster} \\\n  --principal-arn {old_arn}"
    ))];
    commands.extend(create_commands(context, arn));
    with_commands(Repair::new(action, Safety::Disruptive), context, commands)
}

/// Associates the policy that Auto Mode's nodes need
/// (EKS User Guide, "Create node class access entry").
pub(crate) fn associate_auto_node_policy(context: &ChainContext<'_>, arn: &str) -> Repair {
    let cluster = context.cluster_for_commands();
    let action = format!(
        "Associate {AUTO_NODE_POLICY} at cluster scope with {}",
        context.role_in_words()
    );
    let mut repair = Repair::new(action, Safety::Safe);
    repair.commands = vec![
        associate(context, arn),
        terraform(association_block(context, arn, &cluster)),
    ];
    repair
}

fn create_commands(context: &ChainContext<'_>, arn: &str) -> Vec<Command> {
    let cluster = context.cluster_for_commands();
    let region = region_flag(context);
    let kind = entry_type_for(context);
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

fn with_commands(mut repair: Repair, context: &ChainContext<'_>, aws: Vec<Command>) -> Repair {
    let cluster = context.cluster_for_commands();
    let Some(arn) = context.role.identity().map(ToString::to_string) else {
        repair.commands = aws;
        return repair;
    };
    let kind = entry_type_for(context);
    repair.commands = aws;
    repair
        .commands
        .push(terraform(entry_block(context, &arn, &cluster)));
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

fn entry_block(context: &ChainContext<'_>, arn: &str, cluster: &str) -> String {
    let object = context.role.role().and_then(|role| role.id.as_ref());
    let entry = format!(
        "resource \"aws_eks_access_entry\" \"{}\" {{\n  cluster_name  = \"{cluster}\"\n  principal_arn = {}\n  type          = \"{}\"\n}}",
        role_name(context),
        terraform_arn(object, arn),
        entry_type_for(context),
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
