use serde_json::{Value, json};

use crate::call::Call;
use crate::failure::Failure;
use crate::operation::Outcome;
use crate::state::State;

use super::answer::{GROUP, client, missing};
use super::ask::{Target, arn, may, may_list, may_make};
use super::describe::{Filters, named, page};
use super::state::{Rule, SecurityGroup};
use super::tags::{self, TagSpecifications};
use super::{security_rules, vpcs};

pub(super) fn create(state: &mut State, call: &mut Call<'_>) -> Outcome {
    let name = call.must("GroupName")?.to_owned();
    let description = call.must("GroupDescription")?.to_owned();
    let Some(vpc) = call.parameters.text("VpcId") else {
        return Err(client(
            "VPCIdNotSpecified",
            "No default VPC for this user. GroupName is only supported for EC2-Classic and default VPC.",
        ));
    };
    let vpc = vpcs::known(state, call, vpc)?;
    if name == "default" || name.starts_with("sg-") {
        return Err(client(
            "InvalidParameterValue",
            format!("Cannot use reserved security group name: {name}"),
        ));
    }
    let kind = "security-group";
    let tags = TagSpecifications::of(call, &[kind])?.tags(kind);
    let made = Target::made(kind, &tags).with("ec2:Vpc", arn(state, call, "vpc", &vpc.id));
    may_make(
        state,
        call,
        "ec2:CreateSecurityGroup",
        &[made, vpcs::target(vpc)],
    )?;
    let prefix = call.key("");
    let duplicate = state
        .ec2
        .security_groups
        .range(&prefix, None)
        .any(|(_, group)| group.vpc == vpc.id && group.name == name);
    if duplicate {
        return Err(client(
            "InvalidGroup.Duplicate",
            format!(
                "The security group '{name}' already exists for VPC '{}'",
                vpc.id
            ),
        ));
    }
    let group = SecurityGroup {
        account: call.account(),
        region: call.region.clone(),
        id: call.ids().resource("sg"),
        name,
        description,
        vpc: vpc.id.clone(),
        rules: vec![everything_out(call)],
        tags,
    };
    let answer = json!({
        "groupId": group.id,
        "securityGroupArn": arn(state, call, kind, &group.id),
        "tagSet": tags::shown(&group.tags),
    });
    state
        .ec2
        .security_groups
        .insert(&call.key(&group.id), group);
    Ok(answer)
}

/// The group every VPC begins with: it lets its own members in and everything out.
pub(super) fn make_default(state: &mut State, call: &Call<'_>, vpc: &str) {
    let id = call.ids().resource("sg");
    let inside = Rule {
        id: call.ids().resource("sgr"),
        egress: false,
        protocol: "-1".to_owned(),
        ports: None,
        peer_kind: "groupId".to_owned(),
        peer: id.clone(),
        description: None,
    };
    let group = SecurityGroup {
        account: call.account(),
        region: call.region.clone(),
        name: "default".to_owned(),
        description: "default VPC security group".to_owned(),
        vpc: vpc.to_owned(),
        rules: vec![inside, everything_out(call)],
        tags: Default::default(),
        id,
    };
    state
        .ec2
        .security_groups
        .insert(&call.key(&group.id), group);
}

fn everything_out(call: &Call<'_>) -> Rule {
    Rule {
        id: call.ids().resource("sgr"),
        egress: true,
        protocol: "-1".to_owned(),
        ports: None,
        peer_kind: "cidrIpv4".to_owned(),
        peer: "0.0.0.0/0".to_owned(),
        description: None,
    }
}

pub(super) fn delete(state: &mut State, call: &mut Call<'_>) -> Outcome {
    let id = call
        .parameters
        .text("GroupId")
        .ok_or_else(|| missing("GroupName or GroupId"))?
        .to_owned();
    let group = known(state, call, &id)?;
    may(
        state,
        call,
        "ec2:DeleteSecurityGroup",
        &target(state, call, group),
    )?;
    call.dry_run()?;
    if group.name == "default" {
        return Err(client(
            "CannotDelete",
            format!("the specified group: \"{id}\" name: \"default\" cannot be deleted by a user"),
        ));
    }
    let prefix = call.key("");
    let used = state
        .ec2
        .instances
        .range(&prefix, None)
        .any(|(_, instance)| {
            instance.groups.contains(&id)
                && !matches!(
                    instance.state(call.now),
                    None | Some(super::InstanceState::Terminated)
                )
        });
    let referenced = state
        .ec2
        .security_groups
        .range(&prefix, None)
        .any(|(_, other)| other.id != id && other.rules.iter().any(|rule| rule.peer == id));
    if used || referenced {
        return Err(client(
            "DependencyViolation",
            format!("resource {id} has a dependent object"),
        ));
    }
    state.ec2.security_groups.remove(&call.key(&id));
    Ok(json!({"return": true, "groupId": id}))
}

pub(super) fn describe(state: &State, call: &mut Call<'_>) -> Outcome {
    may_list(call, "ec2:DescribeSecurityGroups")?;
    let filters = Filters::of(
        call,
        &[
            "group-id",
            "group-name",
            "vpc-id",
            "description",
            "owner-id",
        ],
    )?;
    let prefix = call.key("");
    let rows = state.ec2.security_groups.seen_range(&prefix);
    let rows = rows.into_iter().map(|(_, group)| group).collect();
    let mut rows = named(call, "GroupId", &GROUP, rows, |group| &group.id)?;
    let names = call.parameters.texts("GroupName");
    rows.retain(|group| {
        (names.is_empty() || names.contains(&group.name.as_str()))
            && filters.pass(&group.tags, |name| {
                vec![match name {
                    "group-id" => group.id.clone(),
                    "group-name" => group.name.clone(),
                    "vpc-id" => group.vpc.clone(),
                    "description" => group.description.clone(),
                    _ => group.account.to_string(),
                }]
            })
    });
    let (rows, next) = page(call, rows, |group| group.id.clone())?;
    let shown: Vec<Value> = rows
        .into_iter()
        .map(|group| shown(state, call, group))
        .collect();
    Ok(json!({"securityGroupInfo": shown, "nextToken": next}))
}

/// The group of a parameter that must name one.
pub(super) fn known<'s>(
    state: &'s State,
    call: &Call<'_>,
    id: &str,
) -> Result<&'s SecurityGroup, Failure> {
    let group = state.ec2.security_groups.get(&call.key(id));
    group.ok_or_else(|| GROUP.absent(id))
}

pub(super) fn target(state: &State, call: &Call<'_>, group: &SecurityGroup) -> Target {
    Target::new("security-group", &group.id)
        .tagged(&group.tags)
        .with("ec2:SecurityGroupID", group.id.as_str())
        .with("ec2:Vpc", arn(state, call, "vpc", &group.vpc))
}

fn shown(state: &State, call: &Call<'_>, group: &SecurityGroup) -> Value {
    json!({
        "groupId": group.id,
        "groupName": group.name,
        "groupDescription": group.description,
        "ownerId": group.account.to_string(),
        "vpcId": group.vpc,
        "securityGroupArn": arn(state, call, "security-group", &group.id),
        "ipPermissions": security_rules::permissions(group, false),
        "ipPermissionsEgress": security_rules::permissions(group, true),
        "tagSet": tags::shown(&group.tags),
    })
}
