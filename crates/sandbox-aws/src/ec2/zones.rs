//! Regions and availability zones.

use serde_json::{Value, json};

use crate::call::Call;
use crate::operation::Outcome;
use crate::state::State;

use super::answer::client;
use super::ask::may_list;
use super::describe::Filters;
use super::state::Tags;

/// Regions that need no opting in (AWS Account Management Reference Guide, "Considerations before
/// enabling and disabling Regions").
const REGIONS: [&str; 17] = [
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-south-1",
    "ap-southeast-1",
    "ap-southeast-2",
    "ca-central-1",
    "eu-central-1",
    "eu-north-1",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "sa-east-1",
    "us-east-1",
    "us-east-2",
    "us-west-1",
    "us-west-2",
];

/// An availability zone.
pub(super) struct Zone {
    /// `eu-central-1a`
    pub(super) name: String,
    /// `euc1-az1`
    pub(super) id: String,
}

/// The zones of a region: three everywhere.
pub(super) fn zones(region: &str) -> Vec<Zone> {
    let short = short(region);
    ['a', 'b', 'c']
        .iter()
        .zip(1..)
        .map(|(letter, number)| Zone {
            name: format!("{region}{letter}"),
            id: format!("{short}-az{number}"),
        })
        .collect()
}

/// The id of a zone.
pub(super) fn id(region: &str, zone: &str) -> String {
    zones(region)
        .into_iter()
        .find(|known| known.name == zone)
        .map(|known| known.id)
        .unwrap_or_default()
}

/// `euc1` for `eu-central-1`, as in zone ids.
fn short(region: &str) -> String {
    let parts: Vec<&str> = region.split('-').collect();
    parts
        .iter()
        .enumerate()
        .map(|(place, part)| match *part {
            part if place == 0 => part,
            "northeast" => "ne",
            "northwest" => "nw",
            "southeast" => "se",
            "southwest" => "sw",
            part if place + 1 == parts.len() => part,
            part => part.get(..1).unwrap_or_default(),
        })
        .collect()
}

pub(super) fn describe_zones(_state: &State, call: &mut Call<'_>) -> Outcome {
    may_list(call, "ec2:DescribeAvailabilityZones")?;
    let filters = Filters::of(
        call,
        &[
            "zone-name",
            "zone-id",
            "region-name",
            "state",
            "zone-type",
            "opt-in-status",
            "group-name",
        ],
    )?;
    let names = call.parameters.texts("ZoneName");
    let ids = call.parameters.texts("ZoneId");
    let zones = zones(&call.region);
    for name in &names {
        if !zones.iter().any(|zone| zone.name == *name) {
            return Err(client(
                "InvalidParameterValue",
                format!("Invalid availability zone: [{name}]"),
            ));
        }
    }
    let shown: Vec<Value> = zones
        .iter()
        .filter(|zone| names.is_empty() || names.contains(&zone.name.as_str()))
        .filter(|zone| ids.is_empty() || ids.contains(&zone.id.as_str()))
        .filter(|zone| {
            filters.pass(&Tags::new(), |name| {
                vec![match name {
                    "zone-name" => zone.name.clone(),
                    "zone-id" => zone.id.clone(),
                    "region-name" | "group-name" => call.region.clone(),
                    "state" => "available".to_owned(),
                    "zone-type" => "availability-zone".to_owned(),
                    _ => "opt-in-not-required".to_owned(),
                }]
            })
        })
        .map(|zone| {
            json!({
                "zoneName": zone.name,
                "zoneId": zone.id,
                "zoneState": "available",
                "zoneType": "availability-zone",
                "regionName": call.region,
                "groupName": call.region,
                "networkBorderGroup": call.region,
                "optInStatus": "opt-in-not-required",
                "messageSet": [],
            })
        })
        .collect();
    Ok(json!({"availabilityZoneInfo": shown}))
}

pub(super) fn describe_regions(_state: &State, call: &mut Call<'_>) -> Outcome {
    may_list(call, "ec2:DescribeRegions")?;
    let filters = Filters::of(call, &["region-name", "endpoint", "opt-in-status"])?;
    let names = call.parameters.texts("RegionName");
    let endpoint = |region: &str| format!("ec2.{region}.amazonaws.com");
    let mut regions: Vec<&str> = REGIONS.to_vec();
    // Whoever calls a region knows that it is there.
    if !regions.contains(&call.region.as_str()) {
        regions.push(&call.region);
    }
    for name in &names {
        if !regions.contains(name) {
            return Err(client(
                "InvalidParameterValue",
                format!("Invalid region provided: [{name}]"),
            ));
        }
    }
    let shown: Vec<Value> = regions
        .into_iter()
        .filter(|region| names.is_empty() || names.contains(region))
        .filter(|region| {
            filters.pass(&Tags::new(), |name| {
                vec![match name {
                    "region-name" => (*region).to_owned(),
                    "endpoint" => endpoint(region),
                    _ => "opt-in-not-required".to_owned(),
                }]
            })
        })
        .map(|region| {
            json!({
                "regionName": region,
                "regionEndpoint": endpoint(region),
                "optInStatus": "opt-in-not-required",
            })
        })
        .collect();
    Ok(json!({"regionInfo": shown}))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zone_ids_are_shortened_as_aws_shortens_them() {
        for (region, expected) in [
            ("eu-central-1", "euc1"),
            ("us-east-1", "use1"),
            ("ap-southeast-2", "apse2"),
            ("us-gov-west-1", "usgw1"),
            ("cn-north-1", "cnn1"),
        ] {
            assert_eq!(short(region), expected);
        }
        assert_eq!(id("eu-central-1", "eu-central-1b"), "euc1-az2");
    }
}
