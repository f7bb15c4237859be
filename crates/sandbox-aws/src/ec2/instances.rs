use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use crate::call::Call;
use crate::failure::Failure;
use crate::operation::Outcome;
use crate::state::State;

use super::answer::{INSTANCE, stamp};
use super::ask::{Target, may, may_list};
use super::describe::{Filters, named, page};
use super::state::{Instance, InstanceState, Phase};
use super::{attached, lifecycle, tags, zones};

const FILTERS: &[&str] = &[
    "architecture",
    "availability-zone",
    "client-token",
    "iam-instance-profile.arn",
    "iam-instance-profile.id",
    "image-id",
    "instance-id",
    "instance-lifecycle",
    "instance-state-code",
    "instance-state-name",
    "instance-type",
    "instance.group-id",
    "key-name",
    "network-interface.network-interface-id",
    "owner-id",
    "private-dns-name",
    "private-ip-address",
    "reservation-id",
    "subnet-id",
    "vpc-id",
];

pub(super) fn describe(state: &State, call: &mut Call<'_>) -> Outcome {
    may_list(call, "ec2:DescribeInstances")?;
    let rows = found(state, call, |_| true)?;
    let (rows, next) = page(call, rows, |instance| instance.id.clone())?;
    let mut reservations: Vec<(&str, Vec<&Instance>)> = Vec::new();
    for instance in rows {
        match reservations
            .iter_mut()
            .find(|(id, _)| *id == instance.reservation)
        {
            Some((_, instances)) => instances.push(instance),
            None => reservations.push((&instance.reservation, vec![instance])),
        }
    }
    let shown: Vec<Value> = reservations
        .into_iter()
        .map(|(id, instances)| {
            let shown: Vec<Value> = instances
                .into_iter()
                .filter_map(|instance| shown(state, call, instance))
                .collect();
            json!({
                "reservationId": id,
                "ownerId": call.account().to_string(),
                "groupSet": [],
                "instancesSet": shown,
            })
        })
        .collect();
    Ok(json!({"reservationSet": shown, "nextToken": next}))
}

/// The instances a request asks for by ids and filters.
fn found<'s>(
    state: &'s State,
    call: &Call<'_>,
    wanted: impl Fn(InstanceState) -> bool,
) -> Result<Vec<&'s Instance>, Failure> {
    let filters = Filters::of(call, FILTERS)?;
    let prefix = call.key("");
    let rows = state
        .ec2
        .instances
        .seen_range(&prefix)
        .into_iter()
        .map(|(_, instance)| instance)
        .filter(|instance| instance.state(call.now).is_some())
        .collect();
    let mut rows = named(call, "InstanceId", &INSTANCE, rows, |instance| &instance.id)?;
    rows.retain(|instance| {
        instance.state(call.now).is_some_and(|state| {
            wanted(state) && filters.pass(&instance.tags, |name| values(instance, state, name))
        })
    });
    Ok(rows)
}

fn values(instance: &Instance, state: InstanceState, name: &str) -> Vec<String> {
    let (code, state_name) = state.code_and_name();
    let profile = instance.profile.as_ref();
    let one = match name {
        "architecture" => instance.architecture.clone(),
        "availability-zone" => instance.zone.clone(),
        "image-id" => instance.image.clone(),
        "instance-id" => instance.id.clone(),
        "instance-state-code" => code.to_string(),
        "instance-state-name" => state_name.to_owned(),
        "instance-type" => instance.kind.clone(),
        "network-interface.network-interface-id" => instance.interface.clone(),
        "owner-id" => instance.account.to_string(),
        "private-dns-name" => instance.private_dns(),
        "private-ip-address" => instance.address.to_string(),
        "reservation-id" => instance.reservation.clone(),
        "subnet-id" => instance.subnet.clone(),
        "vpc-id" => instance.vpc.clone(),
        "client-token" => return instance.token.iter().cloned().collect(),
        "key-name" => return instance.key_name.iter().cloned().collect(),
        "iam-instance-profile.arn" => {
            return profile
                .map(|profile| profile.arn.clone())
                .into_iter()
                .collect();
        }
        "iam-instance-profile.id" => {
            return profile
                .map(|profile| profile.id.clone())
                .into_iter()
                .collect();
        }
        "instance-lifecycle" if instance.spot => "spot".to_owned(),
        "instance.group-id" => return instance.groups.clone(),
        _ => return Vec::new(),
    };
    vec![one]
}

pub(super) fn describe_status(state: &State, call: &mut Call<'_>) -> Outcome {
    may_list(call, "ec2:DescribeInstanceStatus")?;
    let all = call.parameters.boolean("IncludeAllInstances") == Some(true);
    let rows = found(state, call, |state| all || state == InstanceState::Running)?;
    let (rows, next) = page(call, rows, |instance| instance.id.clone())?;
    let shown: Vec<Value> = rows
        .into_iter()
        .filter_map(|instance| {
            let state = instance.state(call.now)?;
            let status = if state == InstanceState::Running {
                json!({"status": "ok", "details": [{"name": "reachability", "status": "passed"}]})
            } else {
                json!({"status": "not-applicable"})
            };
            Some(json!({
                "instanceId": instance.id,
                "availabilityZone": instance.zone,
                "availabilityZoneId": zones::id(&instance.region, &instance.zone),
                "instanceState": lifecycle::state_shown(state),
                "instanceStatus": status,
                "systemStatus": status,
            }))
        })
        .collect();
    Ok(json!({"instanceStatusSet": shown, "nextToken": next}))
}

/// The text is ours: nothing boots here.
pub(super) fn console_output(state: &State, call: &mut Call<'_>) -> Outcome {
    let id = call.must("InstanceId")?;
    let instance = state.ec2.instances.seen(&call.key(id));
    let instance = instance
        .filter(|instance| instance.state(call.now).is_some())
        .ok_or_else(|| INSTANCE.absent(id))?;
    let target = Target {
        keys: lifecycle::keys(instance),
        ..Target::new("instance", id).tagged(&instance.tags)
    };
    may(state, call, "ec2:GetConsoleOutput", &target)?;
    call.dry_run()?;
    let text = format!(
        "{} ({}) of the sandbox has no console\n",
        instance.id, instance.kind
    );
    Ok(json!({
        "instanceId": instance.id,
        "timestamp": stamp(call.now),
        "output": STANDARD.encode(text),
    }))
}

/// An instance as answers show it; none when it is long gone.
pub(super) fn shown(state: &State, call: &Call<'_>, instance: &Instance) -> Option<Value> {
    let now = instance.state(call.now)?;
    let gone = now == InstanceState::Terminated;
    let mut shown = Map::new();
    let mut put = |name: &str, value: Value| shown.insert(name.to_owned(), value);
    put("instanceId", instance.id.as_str().into());
    put("imageId", instance.image.as_str().into());
    put("instanceState", lifecycle::state_shown(now));
    put(
        "privateDnsName",
        if gone {
            String::new()
        } else {
            instance.private_dns()
        }
        .into(),
    );
    put("dnsName", "".into());
    put("reason", reason(instance).into());
    put("keyName", instance.key_name.clone().into());
    put("amiLaunchIndex", instance.index.into());
    put("productCodes", json!([]));
    put("instanceType", instance.kind.as_str().into());
    put("launchTime", stamp(instance.launched).into());
    put(
        "placement",
        json!({
            "availabilityZone": instance.zone,
            "availabilityZoneId": zones::id(&instance.region, &instance.zone),
            "groupName": "",
            "tenancy": "default",
        }),
    );
    put("monitoring", json!({"state": "disabled"}));
    if !gone {
        put("subnetId", instance.subnet.as_str().into());
        put("vpcId", instance.vpc.as_str().into());
        put("privateIpAddress", instance.address.to_string().into());
    }
    put("sourceDestCheck", true.into());
    put("groupSet", attached::groups(state, call, instance));
    if matches!(instance.phase, Phase::Terminate(_) | Phase::Stop(_)) {
        put(
            "stateReason",
            json!({
                "code": "Client.UserInitiatedShutdown",
                "message": "Client.UserInitiatedShutdown: User initiated shutdown",
            }),
        );
    }
    put("architecture", instance.architecture.as_str().into());
    put("rootDeviceType", "ebs".into());
    put("rootDeviceName", "/dev/xvda".into());
    put(
        "blockDeviceMapping",
        if gone {
            json!([])
        } else {
            attached::mappings(instance)
        },
    );
    put("virtualizationType", "hvm".into());
    put(
        "clientToken",
        instance.token.clone().unwrap_or_default().into(),
    );
    put("tagSet", tags::shown(&instance.tags));
    put("hypervisor", "xen".into());
    put(
        "networkInterfaceSet",
        if gone {
            json!([])
        } else {
            json!([attached::of_instance(state, call, instance)])
        },
    );
    put(
        "iamInstanceProfile",
        instance
            .profile
            .as_ref()
            .map(|profile| json!({"arn": profile.arn, "id": profile.id}))
            .into(),
    );
    if instance.spot {
        put("instanceLifecycle", "spot".into());
    }
    put("ebsOptimized", false.into());
    put("enaSupport", true.into());
    put("metadataOptions", metadata(instance));
    put("enclaveOptions", json!({"enabled": false}));
    put("hibernationOptions", json!({"configured": false}));
    put("platformDetails", "Linux/UNIX".into());
    put("usageOperation", "RunInstances".into());
    put("usageOperationUpdateTime", stamp(instance.launched).into());
    put(
        "privateDnsNameOptions",
        json!({
            "hostnameType": "ip-name",
            "enableResourceNameDnsARecord": false,
            "enableResourceNameDnsAAAARecord": false,
        }),
    );
    put("maintenanceOptions", json!({"autoRecovery": "default"}));
    Some(Value::Object(shown))
}

fn reason(instance: &Instance) -> String {
    match instance.phase {
        Phase::Start(_) => String::new(),
        Phase::Stop(at) | Phase::Terminate(at) => {
            format!("User initiated ({} GMT)", at.strftime("%Y-%m-%d %H:%M:%S"))
        }
    }
}

fn metadata(instance: &Instance) -> Value {
    let or = |name: &str, default: &str| {
        instance
            .metadata
            .get(name)
            .and_then(Value::as_str)
            .unwrap_or(default)
            .to_owned()
    };
    json!({
        "state": "applied",
        "httpTokens": or("HttpTokens", "optional"),
        "httpPutResponseHopLimit": or("HttpPutResponseHopLimit", "1"),
        "httpEndpoint": or("HttpEndpoint", "enabled"),
        "httpProtocolIpv6": or("HttpProtocolIpv6", "disabled"),
        "instanceMetadataTags": or("InstanceMetadataTags", "disabled"),
    })
}
