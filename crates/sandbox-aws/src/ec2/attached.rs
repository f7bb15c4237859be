//! Volumes and network interfaces: only those of instances are kept.

use serde_json::{Value, json};

use crate::call::Call;
use crate::operation::Outcome;
use crate::state::State;

use super::answer::{INTERFACE, VOLUME, stamp};
use super::ask::may_list;
use super::describe::{Filters, named, page};
use super::state::{Instance, InstanceState, Volume};
use super::{tags, zones};

pub(super) fn describe_volumes(state: &State, call: &mut Call<'_>) -> Outcome {
    may_list(call, "ec2:DescribeVolumes")?;
    let filters = Filters::of(
        call,
        &[
            "volume-id",
            "attachment.instance-id",
            "availability-zone",
            "status",
            "volume-type",
        ],
    )?;
    let mut all: Vec<(&Instance, &Volume)> = there(state, call)
        .flat_map(|instance| {
            instance
                .volumes
                .iter()
                .map(move |volume| (instance, volume))
        })
        .collect();
    all.sort_by(|one, other| one.1.id.cmp(&other.1.id));
    let mut rows = named(
        call,
        "VolumeId",
        &VOLUME,
        all.iter().collect(),
        |(_, volume)| &volume.id,
    )?;
    rows.retain(|(instance, volume)| {
        filters.pass(&volume.tags, |name| {
            vec![match name {
                "volume-id" => volume.id.clone(),
                "attachment.instance-id" => instance.id.clone(),
                "availability-zone" => instance.zone.clone(),
                "status" => "in-use".to_owned(),
                _ => volume.kind.clone(),
            }]
        })
    });
    let (rows, next) = page(call, rows, |(_, volume)| volume.id.clone())?;
    let shown: Vec<Value> = rows
        .into_iter()
        .map(|(instance, volume)| {
            json!({
                "volumeId": volume.id,
                "size": volume.size,
                "volumeType": volume.kind,
                "encrypted": volume.encrypted,
                "availabilityZone": instance.zone,
                "availabilityZoneId": zones::id(&instance.region, &instance.zone),
                "status": "in-use",
                "createTime": stamp(instance.launched),
                "multiAttachEnabled": false,
                "attachmentSet": [{
                    "volumeId": volume.id,
                    "instanceId": instance.id,
                    "device": volume.device,
                    "status": "attached",
                    "attachTime": stamp(instance.launched),
                    "deleteOnTermination": true,
                }],
                "tagSet": tags::shown(&volume.tags),
            })
        })
        .collect();
    Ok(json!({"volumeSet": shown, "nextToken": next}))
}

pub(super) fn describe_interfaces(state: &State, call: &mut Call<'_>) -> Outcome {
    may_list(call, "ec2:DescribeNetworkInterfaces")?;
    let filters = Filters::of(
        call,
        &[
            "attachment.instance-id",
            "availability-zone",
            "description",
            "group-id",
            "network-interface-id",
            "private-dns-name",
            "private-ip-address",
            "status",
            "subnet-id",
            "vpc-id",
        ],
    )?;
    let mut all: Vec<&Instance> = there(state, call).collect();
    all.sort_by(|one, other| one.interface.cmp(&other.interface));
    let mut rows = named(call, "NetworkInterfaceId", &INTERFACE, all, |instance| {
        &instance.interface
    })?;
    rows.retain(|instance| {
        filters.pass(&instance.interface_tags, |name| {
            vec![match name {
                "attachment.instance-id" => instance.id.clone(),
                "availability-zone" => instance.zone.clone(),
                "description" => String::new(),
                "group-id" => return instance.groups.clone(),
                "network-interface-id" => instance.interface.clone(),
                "private-dns-name" => instance.private_dns(),
                "private-ip-address" => instance.address.to_string(),
                "status" => "in-use".to_owned(),
                "subnet-id" => instance.subnet.clone(),
                _ => instance.vpc.clone(),
            }]
        })
    });
    let (rows, next) = page(call, rows, |instance| instance.interface.clone())?;
    let shown: Vec<Value> = rows
        .into_iter()
        .map(|instance| {
            let mut shown = of_instance(state, call, instance);
            if let Value::Object(members) = &mut shown {
                members.insert("availabilityZone".to_owned(), instance.zone.as_str().into());
                members.insert("tagSet".to_owned(), tags::shown(&instance.interface_tags));
                members.insert("requesterManaged".to_owned(), false.into());
                if let Some(Value::Object(attachment)) = members.get_mut("attachment") {
                    let owner = instance.account.to_string();
                    attachment.insert("instanceId".to_owned(), instance.id.as_str().into());
                    attachment.insert("instanceOwnerId".to_owned(), owner.into());
                }
            }
            shown
        })
        .collect();
    Ok(json!({"networkInterfaceSet": shown, "nextToken": next}))
}

/// The instances that still have something attached.
fn there<'s>(state: &'s State, call: &Call<'_>) -> impl Iterator<Item = &'s Instance> {
    let now = call.now;
    let prefix = call.key("");
    state
        .ec2
        .instances
        .seen_range(&prefix)
        .into_iter()
        .map(|(_, instance)| instance)
        .filter(move |instance| {
            !matches!(instance.state(now), None | Some(InstanceState::Terminated))
        })
        .collect::<Vec<_>>()
        .into_iter()
}

/// The interface of an instance, as the instance shows it.
pub(super) fn of_instance(state: &State, call: &Call<'_>, instance: &Instance) -> Value {
    let [_, b, c, d] = instance.address.octets();
    json!({
        "networkInterfaceId": instance.interface,
        "subnetId": instance.subnet,
        "vpcId": instance.vpc,
        "description": "",
        "ownerId": instance.account.to_string(),
        "status": "in-use",
        "macAddress": format!("0a:58:0a:{b:02x}:{c:02x}:{d:02x}"),
        "privateIpAddress": instance.address.to_string(),
        "privateDnsName": instance.private_dns(),
        "sourceDestCheck": true,
        "groupSet": groups(state, call, instance),
        "attachment": {
            "attachmentId": instance.interface.replacen("eni-", "eni-attach-", 1),
            "deviceIndex": 0,
            "networkCardIndex": 0,
            "status": "attached",
            "attachTime": stamp(instance.launched),
            "deleteOnTermination": true,
        },
        "privateIpAddressesSet": [{
            "privateIpAddress": instance.address.to_string(),
            "privateDnsName": instance.private_dns(),
            "primary": true,
        }],
        "interfaceType": "interface",
    })
}

/// Ids and names of an instance's security groups.
pub(super) fn groups(state: &State, call: &Call<'_>, instance: &Instance) -> Value {
    instance
        .groups
        .iter()
        .map(|id| {
            let group = state.ec2.security_groups.get(&call.key(id));
            json!({"groupId": id, "groupName": group.map(|group| group.name.as_str())})
        })
        .collect()
}

/// The volumes of an instance, as the instance shows them.
pub(super) fn mappings(instance: &Instance) -> Value {
    instance
        .volumes
        .iter()
        .map(|volume| {
            json!({
                "deviceName": volume.device,
                "ebs": {
                    "volumeId": volume.id,
                    "status": "attached",
                    "attachTime": stamp(instance.launched),
                    "deleteOnTermination": true,
                },
            })
        })
        .collect()
}
