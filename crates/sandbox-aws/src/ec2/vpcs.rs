use serde_json::{Value, json};

use crate::call::Call;
use crate::failure::Failure;
use crate::operation::Outcome;
use crate::state::State;

use super::answer::{VPC, client};
use super::ask::{Target, may, may_list, may_make};
use super::block::Block;
use super::describe::{Filters, named, page};
use super::security_groups;
use super::state::Vpc;
use super::tags::{self, TagSpecifications};

pub(super) fn create(state: &mut State, call: &mut Call<'_>) -> Outcome {
    let cidr = call.must("CidrBlock")?.to_owned();
    if !Block::read(&cidr).is_some_and(|block| (16..=28).contains(&block.bits())) {
        return Err(client(
            "InvalidVpc.Range",
            format!("The CIDR '{cidr}' is invalid."),
        ));
    }
    let tags = TagSpecifications::of(call, &["vpc"])?.tags("vpc");
    may_make(state, call, "ec2:CreateVpc", &[Target::made("vpc", &tags)])?;
    let vpc = Vpc {
        account: call.account(),
        region: call.region.clone(),
        id: call.ids().resource("vpc"),
        cidr,
        tags,
    };
    let answer = json!({"vpc": shown(&vpc, "pending")});
    security_groups::make_default(state, call, &vpc.id);
    state.ec2.vpcs.insert(&call.key(&vpc.id), vpc);
    Ok(answer)
}

pub(super) fn delete(state: &mut State, call: &mut Call<'_>) -> Outcome {
    let id = call.must("VpcId")?.to_owned();
    let key = call.key(&id);
    let vpc = state.ec2.vpcs.get(&key).ok_or_else(|| VPC.absent(&id))?;
    may(state, call, "ec2:DeleteVpc", &target(vpc))?;
    call.dry_run()?;
    let prefix = call.key("");
    let groups: Vec<(String, bool)> = state
        .ec2
        .security_groups
        .range(&prefix, None)
        .filter(|(_, group)| group.vpc == id)
        .map(|(key, group)| (key.to_owned(), group.name == "default"))
        .collect();
    let used = groups.iter().any(|(_, default)| !default)
        || state
            .ec2
            .subnets
            .range(&prefix, None)
            .any(|(_, subnet)| subnet.vpc == id);
    if used {
        return Err(client(
            "DependencyViolation",
            format!("The vpc '{id}' has dependencies and cannot be deleted."),
        ));
    }
    for (key, _) in groups {
        state.ec2.security_groups.remove(&key);
    }
    state.ec2.vpcs.remove(&key);
    Ok(json!({"return": true}))
}

pub(super) fn describe(state: &State, call: &mut Call<'_>) -> Outcome {
    may_list(call, "ec2:DescribeVpcs")?;
    let filters = Filters::of(
        call,
        &[
            "vpc-id",
            "cidr",
            "cidr-block-association.cidr-block",
            "state",
            "owner-id",
            "is-default",
        ],
    )?;
    let prefix = call.key("");
    let rows = state.ec2.vpcs.seen_range(&prefix);
    let rows = rows.into_iter().map(|(_, vpc)| vpc).collect();
    let mut rows = named(call, "VpcId", &VPC, rows, |vpc| &vpc.id)?;
    rows.retain(|vpc| {
        filters.pass(&vpc.tags, |name| match name {
            "vpc-id" => vec![vpc.id.clone()],
            "cidr" | "cidr-block-association.cidr-block" => vec![vpc.cidr.clone()],
            "state" => vec!["available".to_owned()],
            "owner-id" => vec![vpc.account.to_string()],
            "is-default" => vec!["false".to_owned()],
            _ => Vec::new(),
        })
    });
    let (rows, next) = page(call, rows, |vpc| vpc.id.clone())?;
    let shown: Vec<Value> = rows
        .into_iter()
        .map(|vpc| shown(vpc, "available"))
        .collect();
    Ok(json!({"vpcSet": shown, "nextToken": next}))
}

/// The VPC of a parameter that must name one.
pub(super) fn known<'s>(state: &'s State, call: &Call<'_>, id: &str) -> Result<&'s Vpc, Failure> {
    let vpc = state.ec2.vpcs.get(&call.key(id));
    vpc.ok_or_else(|| VPC.absent(id))
}

pub(super) fn target(vpc: &Vpc) -> Target {
    Target::new("vpc", &vpc.id)
        .tagged(&vpc.tags)
        .with("ec2:VpcID", vpc.id.as_str())
}

fn shown(vpc: &Vpc, state: &str) -> Value {
    json!({
        "vpcId": vpc.id,
        "ownerId": vpc.account.to_string(),
        "state": state,
        "cidrBlock": vpc.cidr,
        "cidrBlockAssociationSet": [{
            "associationId": vpc.id.replacen("vpc-", "vpc-cidr-assoc-", 1),
            "cidrBlock": vpc.cidr,
            "cidrBlockState": {"state": "associated"},
        }],
        "dhcpOptionsId": vpc.id.replacen("vpc-", "dopt-", 1),
        "instanceTenancy": "default",
        "isDefault": false,
        "tagSet": tags::shown(&vpc.tags),
    })
}
