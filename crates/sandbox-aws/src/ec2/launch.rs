//! Making instances.

use serde_json::{Map, Value};

use crate::call::Call;
use crate::failure::Failure;
use crate::parameters::{boolean, integer, list};
use crate::state::State;

use super::answer::client;
use super::block::Block;
use super::plan::Plan;
use super::profile::Passed;
use super::state::{Instance, Phase, Tags, Volume};
use super::subnets;

/// Makes `count` instances, or at least `least` if the subnet has no room for more. They are not in
/// the state yet.
pub(super) fn launch(
    state: &State,
    call: &Call<'_>,
    plan: &Plan<'_>,
    passed: Option<&Passed>,
    (least, count): (usize, usize),
    of_aws: &Tags,
) -> Result<Vec<Instance>, Failure> {
    let block = Block::read(&plan.subnet.cidr);
    let taken = subnets::taken(state, call, &plan.subnet.id);
    let free = block
        .into_iter()
        .flat_map(Block::usable)
        .filter(|address| !taken.contains(address))
        .take(count);
    let addresses: Vec<_> = free.collect();
    if addresses.len() < least.max(1) {
        return Err(client(
            "InsufficientFreeAddressesInSubnet",
            "The specified subnet does not have enough free addresses to satisfy the request.",
        ));
    }
    let ids = call.ids();
    let reservation = ids.resource("r");
    let text = |name: &str| plan.data.get(name)?.as_str().map(str::to_owned);
    let mut tags = plan.tags.tags("instance");
    if let Some(used) = &plan.used {
        tags.insert(
            "aws:ec2launchtemplate:id".to_owned(),
            used.template.id.clone(),
        );
        tags.insert(
            "aws:ec2launchtemplate:version".to_owned(),
            used.version.to_string(),
        );
    }
    tags.extend(of_aws.clone());
    Ok(addresses
        .into_iter()
        .enumerate()
        .map(|(index, address)| Instance {
            account: call.account(),
            region: call.region.clone(),
            id: ids.resource("i"),
            reservation: reservation.clone(),
            index,
            launched: call.now,
            phase: Phase::Start(call.now),
            kind: plan.kind.clone(),
            architecture: plan.architecture.to_owned(),
            image: plan.image.clone(),
            vpc: plan.subnet.vpc.clone(),
            subnet: plan.subnet.id.clone(),
            zone: plan.subnet.zone.clone(),
            address,
            groups: plan.groups.iter().map(|group| group.id.clone()).collect(),
            interface: ids.resource("eni"),
            volumes: volumes(call, plan),
            profile: passed.map(|passed| passed.profile.clone()),
            spot: plan.spot(),
            user_data: text("UserData"),
            key_name: text("KeyName"),
            metadata: plan
                .data
                .get("MetadataOptions")
                .and_then(Value::as_object)
                .cloned()
                .unwrap_or_default(),
            token: call.parameters.text("ClientToken").map(str::to_owned),
            tags: tags.clone(),
            interface_tags: plan.tags.tags("network-interface"),
        })
        .collect())
}

/// The root volume, and what block device mappings add.
fn volumes(call: &Call<'_>, plan: &Plan<'_>) -> Vec<Volume> {
    let tags = plan.tags.tags("volume");
    let none = Map::new();
    let mut volumes = vec![volume(call, "/dev/xvda", &none, &tags)];
    for mapping in list(plan.data.get("BlockDeviceMapping")) {
        let Some(Value::Object(disk)) = mapping.get("Ebs") else {
            continue;
        };
        let device = mapping
            .get("DeviceName")
            .and_then(Value::as_str)
            .unwrap_or("/dev/xvda");
        let made = volume(call, device, disk, &tags);
        match volumes.iter_mut().find(|known| known.device == device) {
            Some(known) => *known = made,
            None => volumes.push(made),
        }
    }
    volumes
}

fn volume(call: &Call<'_>, device: &str, disk: &Map<String, Value>, tags: &Tags) -> Volume {
    Volume {
        id: call.ids().resource("vol"),
        device: device.to_owned(),
        size: disk.get("VolumeSize").and_then(integer).unwrap_or(20),
        kind: disk
            .get("VolumeType")
            .and_then(Value::as_str)
            .unwrap_or("gp3")
            .to_owned(),
        encrypted: disk.get("Encrypted").and_then(boolean).unwrap_or(false),
        tags: tags.clone(),
    }
}

/// Puts instances into the state.
pub(super) fn keep(state: &mut State, call: &Call<'_>, instances: Vec<Instance>) {
    for instance in instances {
        state
            .ec2
            .instances
            .insert(&call.key(&instance.id), instance);
    }
}
