//! Elastic Compute Cloud: what launching nodes needs.
//!
//! Every resource a call touches is asked for on its own ARN with its own condition keys, as EC2 does
//! (Service Authorization Reference, "Actions, resources, and condition keys for Amazon EC2"), so
//! that policies which look at tags, subnets, types or launch templates decide here as in AWS.
//!
//! ```text
//!  RunInstances ─┐                                          ┌─▶ ask (each resource, tags, PassRole)
//!                ├─ launch template + request ─▶ plan ──────┤
//!  CreateFleet ──┘                                          └─▶ launch ─▶ Instance
//! ```
//! Instances change by the sandbox's clock: what state one is in follows from when it was last told
//! something, so nothing has to run in the background.

mod answer;
mod ask;
mod attached;
mod block;
mod describe;
mod empty;
mod fleet;
mod images;
mod instance_types;
mod instances;
mod launch;
mod launch_data;
mod launch_templates;
mod lifecycle;
mod plan;
mod profile;
pub(crate) mod record;
mod resources;
mod run_instances;
mod security_groups;
mod security_rules;
mod state;
mod subnets;
mod tags;
mod tokens;
mod vpcs;
mod zones;

use crate::operation::{Operation, named};

pub use state::{
    Ec2, Instance, InstanceState, LaunchTemplate, LaunchTemplateVersion, Phase, Profile, Rule,
    SecurityGroup, Subnet, Token, Volume, Vpc,
};

const OPERATIONS: &[Operation] = &[
    Operation::write(
        "AuthorizeSecurityGroupEgress",
        security_rules::authorize_egress,
    ),
    Operation::write(
        "AuthorizeSecurityGroupIngress",
        security_rules::authorize_ingress,
    ),
    Operation::write("CreateFleet", fleet::create_fleet),
    Operation::write("CreateLaunchTemplate", launch_templates::create),
    Operation::write(
        "CreateLaunchTemplateVersion",
        launch_templates::create_version,
    ),
    Operation::write("CreateSecurityGroup", security_groups::create),
    Operation::write("CreateSubnet", subnets::create),
    Operation::write("CreateTags", resources::create_tags),
    Operation::write("CreateVpc", vpcs::create),
    Operation::write("DeleteLaunchTemplate", launch_templates::delete),
    Operation::write("DeleteSecurityGroup", security_groups::delete),
    Operation::write("DeleteSubnet", subnets::delete),
    Operation::write("DeleteTags", resources::delete_tags),
    Operation::write("DeleteVpc", vpcs::delete),
    Operation::read("DescribeAvailabilityZones", zones::describe_zones),
    Operation::read(
        "DescribeCapacityReservations",
        empty::describe_capacity_reservations,
    ),
    Operation::read("DescribeImages", images::describe),
    Operation::read("DescribeInstanceStatus", instances::describe_status),
    Operation::read(
        "DescribeInstanceTypeOfferings",
        instance_types::describe_offerings,
    ),
    Operation::read("DescribeInstanceTypes", instance_types::describe),
    Operation::read("DescribeInstances", instances::describe),
    Operation::read(
        "DescribeLaunchTemplateVersions",
        launch_templates::describe_versions,
    ),
    Operation::read("DescribeLaunchTemplates", launch_templates::describe),
    Operation::read("DescribeNetworkInterfaces", attached::describe_interfaces),
    Operation::read("DescribeRegions", zones::describe_regions),
    Operation::read("DescribeSecurityGroupRules", security_rules::describe),
    Operation::read("DescribeSecurityGroups", security_groups::describe),
    Operation::read(
        "DescribeSpotPriceHistory",
        empty::describe_spot_price_history,
    ),
    Operation::read("DescribeSubnets", subnets::describe),
    Operation::read("DescribeTags", resources::describe_tags),
    Operation::read("DescribeVolumes", attached::describe_volumes),
    Operation::read("DescribeVpcs", vpcs::describe),
    Operation::read("GetConsoleOutput", instances::console_output),
    Operation::write("ModifyLaunchTemplate", launch_templates::modify),
    Operation::write("RevokeSecurityGroupEgress", security_rules::revoke_egress),
    Operation::write("RevokeSecurityGroupIngress", security_rules::revoke_ingress),
    Operation::write("RunInstances", run_instances::run_instances),
    Operation::write("StartInstances", lifecycle::start),
    Operation::write("StopInstances", lifecycle::stop),
    Operation::write("TerminateInstances", lifecycle::terminate),
];

/// The operation of that name.
pub(crate) fn operation(name: &str) -> Option<Operation> {
    named(OPERATIONS, name)
}
