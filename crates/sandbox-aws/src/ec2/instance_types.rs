//! A small table of instance types.

use serde_json::{Value, json};

use crate::call::Call;
use crate::operation::Outcome;
use crate::state::State;

use super::answer::client;
use super::ask::may_list;
use super::describe::{Filters, page};
use super::state::Tags;
use super::zones;

/// An instance type (EC2 Instance Types guide).
pub(super) struct InstanceType {
    pub(super) name: &'static str,
    vcpus: u32,
    /// MiB
    memory: u32,
    pub(super) architecture: &'static str,
    manufacturer: &'static str,
    /// GHz
    clock: f64,
    network: &'static str,
    interfaces: u32,
    addresses: u32,
    burstable: bool,
    /// Name, manufacturer, count and MiB of one.
    gpu: Option<(&'static str, &'static str, u32, u32)>,
}

const fn of(
    name: &'static str,
    vcpus: u32,
    gib: u32,
    chip: (&'static str, &'static str, f64),
    network: &'static str,
    interfaces: u32,
    addresses: u32,
) -> InstanceType {
    InstanceType {
        name,
        vcpus,
        memory: gib * 1024,
        architecture: chip.0,
        manufacturer: chip.1,
        clock: chip.2,
        network,
        interfaces,
        addresses,
        burstable: false,
        gpu: None,
    }
}

const INTEL: (&str, &str, f64) = ("x86_64", "Intel", 3.5);
const OLDER_INTEL: (&str, &str, f64) = ("x86_64", "Intel", 3.1);
const AMD: (&str, &str, f64) = ("x86_64", "AMD", 3.6);
const GRAVITON: (&str, &str, f64) = ("arm64", "AWS", 2.5);
const GRAVITON3: (&str, &str, f64) = ("arm64", "AWS", 2.6);

/// In the order of their names.
pub(super) const TYPES: &[InstanceType] = &[
    of("c5.large", 2, 4, OLDER_INTEL, "Up to 10 Gigabit", 3, 10),
    of("c6a.large", 2, 4, AMD, "Up to 12.5 Gigabit", 3, 10),
    of("c6g.large", 2, 4, GRAVITON, "Up to 10 Gigabit", 3, 10),
    of("c7g.xlarge", 4, 8, GRAVITON3, "Up to 12.5 Gigabit", 4, 15),
    InstanceType {
        gpu: Some(("A10G", "NVIDIA", 1, 22888)),
        ..of("g5.xlarge", 4, 16, AMD, "Up to 10 Gigabit", 4, 15)
    },
    of("m5.large", 2, 8, OLDER_INTEL, "Up to 10 Gigabit", 3, 10),
    of("m5.xlarge", 4, 16, OLDER_INTEL, "Up to 10 Gigabit", 4, 15),
    of("m6i.2xlarge", 8, 32, INTEL, "Up to 12.5 Gigabit", 4, 15),
    of("m7g.large", 2, 8, GRAVITON3, "Up to 12.5 Gigabit", 3, 10),
    of("r5.large", 2, 16, OLDER_INTEL, "Up to 10 Gigabit", 3, 10),
    InstanceType {
        burstable: true,
        ..of("t3.large", 2, 8, OLDER_INTEL, "Up to 5 Gigabit", 3, 12)
    },
    InstanceType {
        burstable: true,
        ..of("t3.medium", 2, 4, OLDER_INTEL, "Up to 5 Gigabit", 3, 6)
    },
    InstanceType {
        burstable: true,
        ..of("t4g.medium", 2, 4, GRAVITON, "Up to 5 Gigabit", 3, 6)
    },
];

/// The architecture of a type; of one that is not in the table by the letter `g` after the number of
/// its family, which stands for Graviton. `None` when it is no name of a type.
pub(super) fn architecture(name: &str) -> Option<&'static str> {
    if let Some(known) = TYPES.iter().find(|each| each.name == name) {
        return Some(known.architecture);
    }
    let (family, size) = name.split_once('.')?;
    let sound = |text: &str| {
        !text.is_empty()
            && text
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
    };
    if !sound(family) || !sound(size) {
        return None;
    }
    let behind = family.trim_start_matches(|letter: char| !letter.is_ascii_digit());
    let behind = behind.trim_start_matches(|letter: char| letter.is_ascii_digit());
    if behind.is_empty() && family.bytes().all(|byte| !byte.is_ascii_digit()) {
        return None;
    }
    let arm = behind.starts_with('g') || family.starts_with("a1");
    Some(if arm { "arm64" } else { "x86_64" })
}

pub(super) fn describe(_state: &State, call: &mut Call<'_>) -> Outcome {
    may_list(call, "ec2:DescribeInstanceTypes")?;
    let filters = Filters::of(
        call,
        &[
            "instance-type",
            "processor-info.supported-architecture",
            "supported-virtualization-type",
            "supported-usage-class",
            "supported-root-device-type",
            "bare-metal",
            "current-generation",
            "hypervisor",
            "burstable-performance-supported",
            "vcpu-info.default-vcpus",
            "memory-info.size-in-mib",
        ],
    )?;
    let wanted = call.parameters.texts("InstanceType");
    let unknown: Vec<&str> = wanted
        .iter()
        .copied()
        .filter(|name| !TYPES.iter().any(|each| each.name == *name))
        .collect();
    if !unknown.is_empty() {
        return Err(client(
            "InvalidInstanceType",
            format!(
                "The following supplied instance types do not exist: [{}]",
                unknown.join(", ")
            ),
        ));
    }
    let rows: Vec<&InstanceType> = TYPES
        .iter()
        .filter(|each| wanted.is_empty() || wanted.contains(&each.name))
        .filter(|each| {
            filters.pass(&Tags::new(), |name| match name {
                "instance-type" => vec![each.name.to_owned()],
                "processor-info.supported-architecture" => vec![each.architecture.to_owned()],
                "supported-virtualization-type" => vec!["hvm".to_owned()],
                "supported-usage-class" => vec!["on-demand".to_owned(), "spot".to_owned()],
                "supported-root-device-type" => vec!["ebs".to_owned()],
                "bare-metal" => vec!["false".to_owned()],
                "hypervisor" => vec!["nitro".to_owned()],
                "burstable-performance-supported" => vec![each.burstable.to_string()],
                "vcpu-info.default-vcpus" => vec![each.vcpus.to_string()],
                "memory-info.size-in-mib" => vec![each.memory.to_string()],
                _ => vec!["true".to_owned()],
            })
        })
        .collect();
    let (rows, next) = page(call, rows, |each| each.name.to_owned())?;
    let shown: Vec<Value> = rows.into_iter().map(shown).collect();
    Ok(json!({"instanceTypeSet": shown, "nextToken": next}))
}

fn shown(each: &InstanceType) -> Value {
    let threads = if each.architecture == "arm64" { 1 } else { 2 };
    let gpu = each.gpu.map(|(name, manufacturer, count, memory)| {
        json!({
            "gpus": [{
                "name": name,
                "manufacturer": manufacturer,
                "count": count,
                "memoryInfo": {"sizeInMiB": memory},
            }],
            "totalGpuMemoryInMiB": count * memory,
        })
    });
    json!({
        "instanceType": each.name,
        "currentGeneration": true,
        "freeTierEligible": false,
        "supportedUsageClasses": ["on-demand", "spot"],
        "supportedRootDeviceTypes": ["ebs"],
        "supportedVirtualizationTypes": ["hvm"],
        "bareMetal": false,
        "hypervisor": "nitro",
        "processorInfo": {
            "supportedArchitectures": [each.architecture],
            "sustainedClockSpeedInGhz": each.clock,
            "manufacturer": each.manufacturer,
        },
        "vCpuInfo": {
            "defaultVCpus": each.vcpus,
            "defaultCores": each.vcpus / threads,
            "defaultThreadsPerCore": threads,
        },
        "memoryInfo": {"sizeInMiB": each.memory},
        "instanceStorageSupported": false,
        "ebsInfo": {
            "ebsOptimizedSupport": "default",
            "encryptionSupport": "supported",
            "nvmeSupport": "required",
        },
        "networkInfo": {
            "networkPerformance": each.network,
            "maximumNetworkInterfaces": each.interfaces,
            "maximumNetworkCards": 1,
            "defaultNetworkCardIndex": 0,
            "networkCards": [{
                "networkCardIndex": 0,
                "networkPerformance": each.network,
                "maximumNetworkInterfaces": each.interfaces,
            }],
            "ipv4AddressesPerInterface": each.addresses,
            "ipv6AddressesPerInterface": each.addresses,
            "ipv6Supported": true,
            "enaSupport": "required",
            "efaSupported": false,
            "encryptionInTransitSupported": false,
        },
        "gpuInfo": gpu,
        "placementGroupInfo": {"supportedStrategies": ["cluster", "partition", "spread"]},
        "hibernationSupported": false,
        "burstablePerformanceSupported": each.burstable,
        "dedicatedHostsSupported": false,
        "autoRecoverySupported": true,
        "supportedBootModes": ["legacy-bios", "uefi"],
    })
}

pub(super) fn describe_offerings(_state: &State, call: &mut Call<'_>) -> Outcome {
    may_list(call, "ec2:DescribeInstanceTypeOfferings")?;
    let filters = Filters::of(call, &["instance-type", "location"])?;
    let kind = call.parameters.text("LocationType").unwrap_or("region");
    let zones = zones::zones(&call.region);
    let locations: Vec<String> = match kind {
        "region" => vec![call.region.clone()],
        "availability-zone" => zones.into_iter().map(|zone| zone.name).collect(),
        "availability-zone-id" => zones.into_iter().map(|zone| zone.id).collect(),
        other => {
            return Err(client(
                "InvalidParameterValue",
                format!("Invalid value '{other}' for LocationType."),
            ));
        }
    };
    let rows: Vec<(&str, &String)> = TYPES
        .iter()
        .flat_map(|each| locations.iter().map(move |location| (each.name, location)))
        .filter(|(name, location)| {
            filters.pass(&Tags::new(), |filter| match filter {
                "instance-type" => vec![(*name).to_owned()],
                _ => vec![(*location).clone()],
            })
        })
        .collect();
    let (rows, next) = page(call, rows.iter().collect(), |(name, location)| {
        format!("{name}/{location}")
    })?;
    let shown: Vec<Value> = rows
        .into_iter()
        .map(|(name, location)| {
            json!({"instanceType": name, "locationType": kind, "location": location})
        })
        .collect();
    Ok(json!({"instanceTypeOfferingSet": shown, "nextToken": next}))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_architecture_of_a_type_is_in_its_name() {
        for (name, expected) in [
            ("m5.large", Some("x86_64")),
            ("m8g.24xlarge", Some("arm64")),
            ("g6e.xlarge", Some("x86_64")),
            ("x2gd.medium", Some("arm64")),
            ("u-6tb1.metal", Some("x86_64")),
            ("large", None),
            ("m5.", None),
            ("M5.large", None),
        ] {
            assert_eq!(architecture(name), expected, "{name}");
        }
        assert!(TYPES.is_sorted_by_key(|each| each.name));
    }
}
