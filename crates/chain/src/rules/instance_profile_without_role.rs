use rolecall_facts::{Change, InstanceProfile, Principal};

use super::access_entry::is_for_nodes;
use super::role::{named_at, namer};
use crate::context::{ChainContext, ProfileFound, RoleReference};
use crate::repairs::{NODE_ROLE_NAME, aws, terraform, terraform_address};
use crate::rule::rule;
use crate::{Evidence, Finding, Repair, Safety, Tool};

rule! {
    /// ## What it checks
    /// That the instance profile a node class or node group names exists and holds a role.
    ///
    /// ## Why nodes fail
    /// An instance gets the credentials of the role in its instance profile. A profile without one gives
    /// it none, so the node cannot prove to the cluster who it is. Auto Mode leaves such a profile behind
    /// where it may make a profile but not put the role in (aws/containers-roadmap#2624,
    /// IAM User Guide, "Use instance profiles").
    ///
    /// ## Example
    /// ```yaml nodes.yaml
    /// apiVersion: eks.amazonaws.com/v1
    /// kind: NodeClass
    /// metadata:
    ///   name: web
    /// spec:
    ///   instanceProfile: eks-web-nodes
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
    /// resource "aws_iam_instance_profile" "web" {
    ///   name = "eks-web-nodes"
    /// }
    /// ```
    ///
    /// ## Fix
    /// ```hcl main.tf
    /// resource "aws_iam_instance_profile" "web" {
    ///   name = "eks-web-nodes"
    ///   role = "WebNodeRole"
    /// }
    /// ```
    ///
    /// ## Permissions needed
    /// `iam:GetInstanceProfile` in a live account; none for files.
    pub(super) INSTANCE_PROFILE_WITHOUT_ROLE = RC205 "instance-profile-without-role", Error, RoleReference, Chain(check)
}

fn check(context: &ChainContext<'_>) -> Vec<Finding> {
    let RoleReference::Profile { written, found } = &context.reference else {
        return Vec::new();
    };
    if let ProfileFound::NotFound { name } = found {
        return vec![not_there(context, name)];
    }
    let Some(profile) = found.profile().filter(|profile| profile.role.is_none()) else {
        return Vec::new();
    };
    // One repository may declare the profile for several accounts.
    let named = profile
        .name
        .value()
        .map(|name| context.world.profiles_named(name));
    let holds_one = |other: &&InstanceProfile| other.role.is_some();
    if written.object.is_none() && named.is_some_and(|named| named.iter().any(holds_one)) {
        return Vec::new();
    }
    let name = profile.name.value().or(written.value.value());
    let name = name.map_or("the instance profile", |name| {
        name.rsplit('/').next().unwrap_or(name)
    });
    let message = format!("instance profile `{name}` holds no role");
    let place = context.class.found().map_or(context.origin(), |class| {
        written.value.origin().unwrap_or(&class.origin)
    });
    vec![
        Finding::new(
            &INSTANCE_PROFILE_WITHOUT_ROLE,
            format!("instance profile {name}"),
            message,
        )
        .at(&profile.origin)
        .at(place)
        .evidence(Evidence::fact(
            format!(
                "{} gets its role from instance profile `{name}`",
                context.pool
            ),
            Some(place),
        ))
        .repair(put_role_in(context, profile, name)),
    ]
}

fn not_there(context: &ChainContext<'_>, name: &str) -> Finding {
    let message = format!(
        "instance profile `{name}`, which {} names, does not exist",
        namer(context)
    );
    let evidence = format!(
        "all instance profiles of account {} that are named are known; none is named `{name}`",
        context.place().account()
    );
    let mut repair = Repair::new("Make the instance profile", Safety::ByHand);
    repair.commands = vec![
        aws(format!(
            "aws iam create-instance-profile --instance-profile-name {name}\naws iam \
             add-role-to-instance-profile --instance-profile-name {name} \\\n  --role-name \
             {NODE_ROLE_NAME}"
        )),
        terraform(format!(
            "resource \"aws_iam_instance_profile\" \"nodes\" {{\n  name = \"{name}\"\n  role = \
             \"{NODE_ROLE_NAME}\"\n}}"
        )),
    ];
    Finding::new(
        &INSTANCE_PROFILE_WITHOUT_ROLE,
        format!("instance profile {name}"),
        message,
    )
    .at(named_at(context))
    .evidence(Evidence::fact(evidence, None))
    .repair(repair)
}

/// The one role that the cluster has an access entry for nodes for; `None` where there are several or
/// none, and a person must say which is meant.
fn the_node_role<'a>(context: &ChainContext<'a>) -> Option<&'a str> {
    let entries = context.world.entries(&context.cluster_key)?;
    let mut names: Vec<&str> = entries
        .all
        .iter()
        .filter(|entry| is_for_nodes(entry))
        .filter_map(|entry| {
            let principal = entry.principal.value.value().and_then(Principal::as_role);
            let object = entry.principal.object.as_ref();
            let declared = object.and_then(|id| context.world.role_of_object(id));
            principal
                .map(|role| role.name.as_str())
                .or_else(|| declared?.name.value().map(String::as_str))
        })
        .collect();
    names.sort_unstable();
    names.dedup();
    match names.as_slice() {
        [name] => Some(name),
        _ => None,
    }
}

fn put_role_in(context: &ChainContext<'_>, profile: &InstanceProfile, name: &str) -> Repair {
    let known = the_node_role(context);
    let role = known.unwrap_or(NODE_ROLE_NAME);
    let change =
        known
            .filter(|_| context.takes_changes())
            .map(|role| Change::AddRoleToInstanceProfile {
                profile: name.to_owned(),
                role: role.to_owned(),
            });
    let mut repair =
        Repair::new("Put the node role into the instance profile", Safety::Safe).changes(change);
    repair.commands = vec![aws(format!(
        "aws iam add-role-to-instance-profile --instance-profile-name {name} \\\n  --role-name {role}"
    ))];
    if terraform_address(profile.id.as_ref()).is_some() || profile.id.is_none() {
        repair
            .commands
            .push(terraform(format!("role = \"{role}\"")));
        return repair;
    }
    repair.command(Tool::CloudFormation, "Roles:\n  - !Ref NodeRole")
}
