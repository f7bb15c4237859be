use std::collections::BTreeSet;
use std::net::Ipv4Addr;

use serde_json::{Value, json};

use crate::call::Call;
use crate::failure::Failure;
use crate::operation::Outcome;
use crate::state::State;

use super::answer::{SUBNET, client};
use super::ask::{Target, arn, may, may_list, may_make};
use super::block::Block;
use super::describe::{Filters, named, page};
use super::state::{Subnet, Vpc};
use super::tags::{self, TagSpecifications};
use super::{vpcs, zones};

pub(super) fn create(state: &mut State, call: &mut Call<'_>) -> Outcome {
    let vpc = vpcs::known(state, call, call.must("VpcId")?)?;
    let cidr = call.must("CidrBlock")?.to_owned();
    let zone = zone(call)?;
    let tags = TagSpecifications::of(call, &["subnet"])?.tags("subnet");
    let target = Target::made("subnet", &tags)
        .with("ec2:AvailabilityZone", zone.as_str())
        .with("ec2:Vpc", arn(state, call, "vpc", &vpc.id));
    may_make(
        state,
        call,
        "ec2:CreateSubnet",
        &[target, vpcs::target(vpc)],
    )?;
    fits(state, call, vpc, &cidr)?;
    let subnet = Subnet {
        account: call.account(),
        region: call.region.clone(),
        id: call.ids().resource("subnet"),
        vpc: vpc.id.clone(),
        cidr,
        zone,
        tags,
    };
    let answer = json!({"subnet": shown(state, call, &subnet)});
    state.ec2.subnets.insert(&call.key(&subnet.id), subnet);
    Ok(answer)
}

/// The zone asked for by name or id; the first when none is.
fn zone(call: &Call<'_>) -> Result<String, Failure> {
    let zones = zones::zones(&call.region);
    let wanted = call
        .parameters
        .text("AvailabilityZone")
        .or_else(|| call.parameters.text("AvailabilityZoneId"));
    let found = match wanted {
        None => zones.first(),
        Some(wanted) => zones
            .iter()
            .find(|zone| zone.name == wanted || zone.id == wanted),
    };
    found.map(|zone| zone.name.clone()).ok_or_else(|| {
        let known: Vec<&str> = zones.iter().map(|zone| zone.name.as_str()).collect();
        client(
            "InvalidParameterValue",
            format!(
                "Value ({}) for parameter availabilityZone is invalid. Subnets can currently only be \
                 created in the following availability zones: {}.",
                wanted.unwrap_or_default(),
                known.join(", ")
            ),
        )
    })
}

fn fits(state: &State, call: &Call<'_>, vpc: &Vpc, cidr: &str) -> Result<(), Failure> {
    let block = Block::read(cidr).filter(|block| (16..=28).contains(&block.bits()));
    let around = Block::read(&vpc.cidr);
    let (Some(block), Some(around)) = (block, around) else {
        return Err(client(
            "InvalidSubnet.Range",
            format!("The CIDR '{cidr}' is invalid."),
        ));
    };
    if !around.contains(block) {
        return Err(client(
            "InvalidSubnet.Range",
            format!("The CIDR '{cidr}' is invalid."),
        ));
    }
    let prefix = call.key("");
    let conflict = state
        .ec2
        .subnets
        .range(&prefix, None)
        .filter(|(_, subnet)| subnet.vpc == vpc.id)
        .any(|(_, subnet)| Block::read(&subnet.cidr).is_some_and(|other| other.overlaps(block)));
    if conflict {
        return Err(client(
            "InvalidSubnet.Conflict",
            format!("The CIDR '{cidr}' conflicts with another subnet"),
        ));
    }
    Ok(())
}

pub(super) fn delete(state: &mut State, call: &mut Call<'_>) -> Outcome {
    let id = call.must("SubnetId")?.to_owned();
    let subnet = known(state, call, &id)?;
    may(
        state,
        call,
        "ec2:DeleteSubnet",
        &target(state, call, subnet),
    )?;
    call.dry_run()?;
    if !taken(state, call, &id).is_empty() {
        return Err(client(
            "DependencyViolation",
            format!("The subnet '{id}' has dependencies and cannot be deleted."),
        ));
    }
    state.ec2.subnets.remove(&call.key(&id));
    Ok(json!({"return": true}))
}

pub(super) fn describe(state: &State, call: &mut Call<'_>) -> Outcome {
    may_list(call, "ec2:DescribeSubnets")?;
    let filters = Filters::of(
        call,
        &[
            "subnet-id",
            "vpc-id",
            "availability-zone",
            "availabilityZone",
            "availability-zone-id",
            "cidr-block",
            "cidrBlock",
            "state",
            "owner-id",
            "subnet-arn",
            "default-for-az",
            "map-public-ip-on-launch",
        ],
    )?;
    let prefix = call.key("");
    let rows = state.ec2.subnets.seen_range(&prefix);
    let rows = rows.into_iter().map(|(_, subnet)| subnet).collect();
    let mut rows = named(call, "SubnetId", &SUBNET, rows, |subnet| &subnet.id)?;
    rows.retain(|subnet| {
        filters.pass(&subnet.tags, |name| {
            vec![match name {
                "subnet-id" => subnet.id.clone(),
                "vpc-id" => subnet.vpc.clone(),
                "availability-zone" | "availabilityZone" => subnet.zone.clone(),
                "availability-zone-id" => zones::id(&subnet.region, &subnet.zone),
                "cidr-block" | "cidrBlock" => subnet.cidr.clone(),
                "state" => "available".to_owned(),
                "owner-id" => subnet.account.to_string(),
                "subnet-arn" => arn(state, call, "subnet", &subnet.id),
                _ => "false".to_owned(),
            }]
        })
    });
    let (rows, next) = page(call, rows, |subnet| subnet.id.clone())?;
    let shown: Vec<Value> = rows
        .into_iter()
        .map(|subnet| shown(state, call, subnet))
        .collect();
    Ok(json!({"subnetSet": shown, "nextToken": next}))
}

/// The subnet of a parameter that must name one.
pub(super) fn known<'s>(
    state: &'s State,
    call: &Call<'_>,
    id: &str,
) -> Result<&'s Subnet, Failure> {
    let subnet = state.ec2.subnets.get(&call.key(id));
    subnet.ok_or_else(|| SUBNET.absent(id))
}

/// The addresses instances have in a subnet.
pub(super) fn taken(state: &State, call: &Call<'_>, subnet: &str) -> BTreeSet<Ipv4Addr> {
    let prefix = call.key("");
    state
        .ec2
        .instances
        .range(&prefix, None)
        .filter(|(_, instance)| instance.subnet == subnet)
        .filter(|(_, instance)| {
            !matches!(
                instance.state(call.now),
                None | Some(super::InstanceState::Terminated)
            )
        })
        .map(|(_, instance)| instance.address)
        .collect()
}

pub(super) fn target(state: &State, call: &Call<'_>, subnet: &Subnet) -> Target {
    Target::new("subnet", &subnet.id)
        .tagged(&subnet.tags)
        .with("ec2:AvailabilityZone", subnet.zone.as_str())
        .with("ec2:SubnetID", subnet.id.as_str())
        .with("ec2:Vpc", arn(state, call, "vpc", &subnet.vpc))
}

fn shown(state: &State, call: &Call<'_>, subnet: &Subnet) -> Value {
    let size = Block::read(&subnet.cidr).map_or(0, Block::size);
    let free = size.saturating_sub(taken(state, call, &subnet.id).len());
    json!({
        "subnetId": subnet.id,
        "subnetArn": arn(state, call, "subnet", &subnet.id),
        "state": "available",
        "ownerId": subnet.account.to_string(),
        "vpcId": subnet.vpc,
        "cidrBlock": subnet.cidr,
        "ipv6CidrBlockAssociationSet": [],
        "assignIpv6AddressOnCreation": false,
        "availableIpAddressCount": free,
        "availabilityZone": subnet.zone,
        "availabilityZoneId": zones::id(&subnet.region, &subnet.zone),
        "defaultForAz": false,
        "mapPublicIpOnLaunch": false,
        "mapCustomerOwnedIpOnLaunch": false,
        "enableDns64": false,
        "ipv6Native": false,
        "privateDnsNameOptionsOnLaunch": {
            "hostnameType": "ip-name",
            "enableResourceNameDnsARecord": false,
            "enableResourceNameDnsAAAARecord": false,
        },
        "tagSet": tags::shown(&subnet.tags),
    })
}
