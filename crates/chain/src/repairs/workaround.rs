//! The two ways around a control plane that drops paths which people use
//! (aws/containers-roadmap#2486).

use std::collections::BTreeMap;

use rolecall_arn::IamPath;
use rolecall_facts::{Change, NewRole, Reference, Role, RoleIdentity};

use super::access_entry::{associate_change, new_entry};
use super::{allow_in_role, aws, pass_role_statement, region_flag};
use crate::context::{ChainContext, RoleReference};
use crate::questions::may_pass;
use crate::{Repair, Safety, Tool};

/// A twin of the role without a path: what is asked for then exists.
pub(crate) fn path_less_role(context: &ChainContext<'_>) -> Option<Repair> {
    let role = context.role.identity()?;
    let class = context.class.found()?;
    let twin = twin_name(role.name.as_str());
    let place = context.place();
    let arn = format!(
        "arn:{}:iam::{}:role/{twin}",
        place.partition(),
        place.account()
    );
    let cluster = context.cluster_for_commands();
    let region = region_flag(context);
    let trust = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;
    let mut repair = Repair::new(
        format!("Give the nodes a role without path, `{twin}`, with the same policies"),
        Safety::ByHand,
    )
    .named("path-less-role")
    .changes(path_less_changes(context, role, &twin).unwrap_or_default());
    repair.commands = vec![
        aws(format!(
            "aws iam create-role --role-name {twin} \\\n  --assume-role-policy-document '{trust}'"
        )),
        aws(format!(
            "aws iam list-attached-role-policies --role-name {} --query 'AttachedPolicies[].PolicyArn' --output text |\n  xargs -n1 aws iam attach-role-policy --role-name {twin} --policy-arn",
            role.name
        )),
        aws(format!(
            "aws eks create-access-entry{region} --cluster-name {cluster} \\\n  --principal-arn {arn} --type EC2"
        )),
        aws(format!(
            "aws eks associate-access-policy{region} --cluster-name {cluster} \\\n  --principal-arn {arn} \\\n  --policy-arn arn:{}:eks::aws:cluster-access-policy/AmazonEKSAutoNodePolicy \\\n  --access-scope type=cluster",
            place.partition()
        )),
    ];
    Some(repair.command(
        Tool::Kubectl,
        format!(
            "kubectl patch nodeclass {} --type merge -p '{{\"spec\":{{\"role\":\"{twin}\"}}}}'",
            class.name
        ),
    ))
}

/// A managed node group in place of the pool: it names its role by the full ARN, and EKS makes the
/// entry itself.
pub(crate) fn managed_node_group(context: &ChainContext<'_>) -> Option<Repair> {
    let role = context.role.identity()?;
    let place = context.place();
    let cluster = context.cluster_for_commands();
    let name = &context.pool.name;
    let mut repair = Repair::new(
        "Run these nodes in a managed node group, which names its role by the full ARN",
        Safety::ByHand,
    )
    .named("managed-node-group")
    .changes(group_changes(context, role).unwrap_or_default());
    repair.commands = vec![aws(format!(
        "aws eks create-nodegroup{} --cluster-name {cluster} --nodegroup-name {name} \\\n  --node-role {} \\\n  --subnets $SUBNET_IDS --scaling-config minSize=1,maxSize=3,desiredSize=1",
        region_flag(context),
        place.role_arn(role),
    ))];
    Some(repair)
}

/// The twin with all the role has, its entry, and the class that names it.
fn path_less_changes(
    context: &ChainContext<'_>,
    role: &RoleIdentity,
    twin: &str,
) -> Option<Vec<Change>> {
    let class = context.class.found()?;
    if !matches!(context.reference, RoleReference::Name { .. }) {
        return None;
    }
    let identity = RoleIdentity {
        path: IamPath::root(),
        name: twin.parse().ok()?,
        ..role.clone()
    };
    let arn = context.full_arn(&identity)?;
    let mut changes = copy(context, twin, "/")?;
    if may_pass(context, &identity).is_some_and(|asked| asked.is_denied()) {
        changes.extend(pass(context, twin, &arn)?);
    }
    changes.push(Change::CreateAccessEntry(new_entry(&arn, "EC2")));
    changes.push(associate_change(context, &arn));
    changes.push(Change::SetNodeClassIdentity {
        kind: class.kind,
        name: class.name.clone(),
        role: Some(twin.to_owned()),
        instance_profile: None,
    });
    Some(changes)
}

/// Lets the launcher pass the twin too.
fn pass(context: &ChainContext<'_>, twin: &str, arn: &str) -> Option<Vec<Change>> {
    let launcher = context.launcher.role()?;
    let statement = pass_role_statement(context, arn);
    let name = launcher.name.value()?;
    let repair = allow_in_role(context, launcher, name, &format!("pass-{twin}"), &statement);
    (!repair.changes.is_empty()).then_some(repair.changes)
}

/// What nodes of a managed group need besides what the role has
/// (EKS User Guide, "Amazon EKS node IAM role").
const OF_GROUPS: [&str; 3] = [
    "AmazonEKSWorkerNodePolicy",
    "AmazonEC2ContainerRegistryPullOnly",
    "AmazonEKS_CNI_Policy",
];

/// A role beside the pool's, under the same path, and the group that runs under it. The pool's own role
/// will not do: it has an entry of Auto Mode's type, and a role has one entry in a cluster.
fn group_changes(context: &ChainContext<'_>, role: &RoleIdentity) -> Option<Vec<Change>> {
    let name = with_suffix(role.name.as_str(), "-group");
    let arn = context.full_arn(&RoleIdentity {
        name: name.parse().ok()?,
        ..role.clone()
    })?;
    let mut changes = copy(context, &name, &role.path.to_string())?;
    let place = context.place();
    for policy in OF_GROUPS {
        let attach = Change::AttachPolicy {
            role: name.clone(),
            policy_arn: format!("arn:{}:iam::aws:policy/{policy}", place.partition()),
        };
        if !changes.contains(&attach) {
            changes.push(attach);
        }
    }
    changes.push(Change::CreateNodeGroup {
        name: context.pool.name.clone(),
        node_role: arn,
    });
    Some(changes)
}

/// A role of another name with the trust policy, boundary, tags and policies of the pool's. None where
/// the name is taken, or anything of it is not known and would be missing.
fn copy(context: &ChainContext<'_>, name: &str, path: &str) -> Option<Vec<Change>> {
    let role: &Role = context.role.role()?;
    let is_taken = !context.world.roles_named(name).is_empty();
    let is_whole = role.policies_complete.is_complete();
    if is_taken || !is_whole || !context.is_own(role) || !context.takes_changes() {
        return None;
    }
    let text = |reference: &Reference<String>| reference.value.value().cloned();
    let whole = |document: &rolecall_facts::Fact<rolecall_facts::PolicyDocument>| {
        let document = document.value()?;
        document
            .unknown
            .is_empty()
            .then(|| document.text.to_string())
    };
    let tags: Option<BTreeMap<String, String>> = role
        .tags
        .iter()
        .map(|tag| Some((tag.key.clone(), tag.value.value()?.clone())))
        .collect();
    let boundary = match &role.permissions_boundary {
        Some(boundary) => Some(text(boundary)?),
        None => None,
    };
    let mut changes = vec![Change::CreateRole(NewRole {
        name: name.to_owned(),
        path: path.to_owned(),
        trust: whole(&role.trust)?,
        boundary,
        tags: tags?,
    })];
    for policy in &role.attached_policies {
        changes.push(Change::AttachPolicy {
            role: name.to_owned(),
            policy_arn: text(policy)?,
        });
    }
    for policy in &role.inline_policies {
        changes.push(Change::PutInlinePolicy {
            role: name.to_owned(),
            name: policy.name.clone(),
            document: whole(&policy.document)?,
        });
    }
    Some(changes)
}

fn twin_name(name: &str) -> String {
    with_suffix(name, "-no-path")
}

/// A name with a suffix, within the 64 characters of a role name.
fn with_suffix(name: &str, suffix: &str) -> String {
    let kept: String = name.chars().take(64 - suffix.len()).collect();
    format!("{kept}{suffix}")
}
