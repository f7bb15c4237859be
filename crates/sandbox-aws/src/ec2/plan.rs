//! What a launch is to make, worked out from a launch template and a request, and whether the caller
//! may make it.

use serde_json::{Map, Value};

use crate::call::Call;
use crate::failure::Failure;
use crate::parameters::list;
use crate::state::State;

use super::answer::{GROUP, client, missing, well_formed};
use super::ask::{Target, arn, may, may_tag};
use super::images::images;
use super::instance_types::architecture;
use super::launch_templates::{self, chosen, find};
use super::profile::{Passed, may_pass, passed};
use super::state::{LaunchTemplate, SecurityGroup, Subnet};
use super::tags::TagSpecifications;
use super::{security_groups, subnets};

/// A version of a launch template in use.
pub(super) struct Used<'s> {
    pub(super) template: &'s LaunchTemplate,
    pub(super) version: u64,
    data: &'s Map<String, Value>,
}

/// What a launch is to make.
pub(super) struct Plan<'s> {
    pub(super) kind: String,
    pub(super) architecture: &'static str,
    pub(super) image: String,
    pub(super) subnet: &'s Subnet,
    pub(super) groups: Vec<&'s SecurityGroup>,
    pub(super) tags: TagSpecifications,
    pub(super) used: Option<Used<'s>>,
    /// The settings of template and request together.
    pub(super) data: Map<String, Value>,
    /// The names of settings that come from the request.
    own: Vec<String>,
}

/// The template that `LaunchTemplateId`, `LaunchTemplateName` and `Version` of a structure name.
pub(super) fn used<'s>(
    state: &'s State,
    call: &Call<'_>,
    specification: &Map<String, Value>,
) -> Result<Used<'s>, Failure> {
    let text = |name: &str| specification.get(name).and_then(Value::as_str);
    let template = find(
        state,
        call,
        text("LaunchTemplateId"),
        text("LaunchTemplateName"),
    )?;
    let (version, found) = chosen(template, text("Version"))?;
    Ok(Used {
        template,
        version,
        data: &found.data,
    })
}

impl<'s> Plan<'s> {
    /// Works out what a request asks for, over its template. A request's setting replaces the
    /// template's; tags of one kind of resource come together.
    pub(super) fn new(
        state: &'s State,
        call: &Call<'_>,
        used: Option<Used<'s>>,
        request: &Map<String, Value>,
        tags: &TagSpecifications,
    ) -> Result<Self, Failure> {
        let mut data = used
            .as_ref()
            .map(|used| used.data.clone())
            .unwrap_or_default();
        let tags = TagSpecifications::read(data.get("TagSpecification")).overlaid(tags);
        data.extend(request.clone());
        let text = |name: &str| data.get(name).and_then(Value::as_str);
        let image = text("ImageId")
            .ok_or_else(|| missing("ImageId"))?
            .to_owned();
        if !well_formed(&image, "ami-") {
            return Err(client(
                "InvalidAMIID.Malformed",
                format!("Invalid id: \"{image}\" (expecting \"ami-...\")"),
            ));
        }
        let kind = text("InstanceType").unwrap_or("m1.small").to_owned();
        let architecture = architecture(&kind).ok_or_else(|| {
            client(
                "InvalidParameterValue",
                format!("Invalid value '{kind}' for InstanceType."),
            )
        })?;
        // Images the sandbox does not know may be of any architecture.
        let known = images(&call.region);
        if let Some(known) = known.iter().find(|known| known.id == image)
            && known.architecture != architecture
        {
            return Err(client(
                "InvalidParameterValue",
                format!(
                    "The architecture '{architecture}' of the specified instance type does not match \
                     the architecture '{}' of the specified AMI. Specify an instance type and an AMI \
                     that have matching architectures, and try again.",
                    known.architecture
                ),
            ));
        }
        let subnet = subnet(state, call, &data, request)?;
        let groups = groups(state, call, &data, subnet)?;
        Ok(Self {
            kind,
            architecture,
            image,
            subnet,
            groups,
            tags,
            used,
            own: request.keys().cloned().collect(),
            data,
        })
    }

    /// Whether it is to be a spot instance.
    pub(super) fn spot(&self) -> bool {
        self.data
            .get("InstanceMarketOptions")
            .and_then(|options| options.get("MarketType"))
            .is_some_and(|market| market == "spot")
    }

    /// The profile and its role; none when none is asked for.
    pub(super) fn passed(&self, state: &State, call: &Call<'_>) -> Result<Option<Passed>, Failure> {
        passed(state, call, self.data.get("IamInstanceProfile"))
    }

    /// The resources a launch touches (Service Authorization Reference, "Actions, resources, and
    /// condition keys for Amazon EC2", `RunInstances`).
    pub(super) fn targets(
        &self,
        state: &State,
        call: &Call<'_>,
        profile: Option<&str>,
    ) -> Vec<Target> {
        let vpc = arn(state, call, "vpc", &self.subnet.vpc);
        let subnet = arn(state, call, "subnet", &self.subnet.id);
        let zone = self.subnet.zone.as_str();
        let made = |kind| Target::made(kind, &self.tags.tags(kind));
        let market = if self.spot() { "spot" } else { "on-demand" };
        let tokens = self.data.get("MetadataOptions");
        let tokens = tokens.and_then(|options| options.get("HttpTokens")?.as_str());
        let image = images(&call.region)
            .into_iter()
            .find(|image| image.id == self.image);
        let mut targets = vec![
            self.seen(
                made("instance")
                    .with("ec2:InstanceType", self.kind.as_str())
                    .with_some("ec2:InstanceProfile", profile)
                    .with("ec2:AvailabilityZone", zone)
                    .with("ec2:InstanceMarketType", market)
                    .with("ec2:RootDeviceType", "ebs")
                    .with("ec2:Tenancy", "default")
                    .with_some("ec2:MetadataHttpTokens", tokens),
                "InstanceType",
            ),
            self.seen(
                made("network-interface")
                    .with("ec2:Subnet", subnet)
                    .with("ec2:Vpc", vpc)
                    .with("ec2:AvailabilityZone", zone),
                "NetworkInterface",
            ),
            self.seen(
                made("volume")
                    .with("ec2:AvailabilityZone", zone)
                    .with("ec2:VolumeType", "gp3"),
                "BlockDeviceMapping",
            ),
            self.seen(
                Target::new("image", &self.image)
                    .with("ec2:ImageID", self.image.as_str())
                    .with("ec2:ImageType", "machine")
                    .with("ec2:RootDeviceType", "ebs")
                    .with_some("ec2:Owner", image.as_ref().map(|image| image.owner_key()))
                    .with_some("ec2:Public", image.map(|_| "true")),
                "ImageId",
            ),
            self.seen(subnets::target(state, call, self.subnet), "SubnetId"),
        ];
        for group in &self.groups {
            targets.push(self.seen(
                security_groups::target(state, call, group),
                "SecurityGroupId",
            ));
        }
        if let Some(key) = self.data.get("KeyName").and_then(Value::as_str) {
            targets.push(self.seen(Target::new("key-pair", key), "KeyName"));
        }
        if let Some(used) = &self.used {
            targets.push(launch_templates::target(used.template));
        }
        let template = self
            .used
            .as_ref()
            .map(|used| arn(state, call, "launch-template", &used.template.id));
        for target in &mut targets {
            if let Some(template) = &template {
                target.keys.push(("ec2:LaunchTemplate", template.clone()));
            }
        }
        targets
    }

    /// `ec2:IsLaunchTemplateResource`: whether the setting behind a resource is the template's.
    fn seen(&self, target: Target, setting: &str) -> Target {
        let own = self.own.iter().any(|name| name == setting);
        let templates = self.used.is_some() && !own;
        target.with("ec2:IsLaunchTemplateResource", templates.to_string())
    }

    /// May the caller launch this? The role in the profile must be the caller's to pass.
    pub(super) fn may_run(
        &self,
        state: &State,
        call: &Call<'_>,
    ) -> Result<Option<Passed>, Failure> {
        let profile = self.passed(state, call);
        let named = profile.as_ref().ok().and_then(Option::as_ref);
        let targets = self.targets(state, call, named.map(|passed| passed.profile.arn.as_str()));
        for target in &targets {
            may(state, call, "ec2:RunInstances", target)?;
        }
        if call.operation == "RunInstances" {
            for target in &targets {
                may_tag(state, call, target)?;
            }
        }
        let profile = profile?;
        if let Some(passed) = &profile {
            may_pass(state, call, passed)?;
        }
        Ok(profile)
    }
}

/// The first network interface asked for.
fn interface(data: &Map<String, Value>) -> Option<&Value> {
    list(data.get("NetworkInterface")).into_iter().next()
}

fn subnet<'s>(
    state: &'s State,
    call: &Call<'_>,
    data: &Map<String, Value>,
    request: &Map<String, Value>,
) -> Result<&'s Subnet, Failure> {
    if request.contains_key("NetworkInterface") && request.contains_key("SubnetId") {
        return Err(client(
            "InvalidParameterCombination",
            "Network interfaces and an instance-level subnet ID may not be specified on the same \
             request",
        ));
    }
    let of_interface = interface(data)
        .and_then(|interface| interface.get("SubnetId"))
        .and_then(Value::as_str);
    let at_top = data.get("SubnetId").and_then(Value::as_str);
    if let Some(id) = at_top.or(of_interface) {
        return subnets::known(state, call, id);
    }
    Err(client(
        "MissingInput",
        "No subnet was given, and there is no default VPC. Please specify a subnet.",
    ))
}

fn groups<'s>(
    state: &'s State,
    call: &Call<'_>,
    data: &Map<String, Value>,
    subnet: &Subnet,
) -> Result<Vec<&'s SecurityGroup>, Failure> {
    let of_interface = interface(data).map(|interface| list(interface.get("SecurityGroupId")));
    let mut ids = of_interface.unwrap_or_default();
    if ids.is_empty() {
        ids = list(data.get("SecurityGroupId"));
    }
    let mut groups = Vec::new();
    for id in ids.into_iter().filter_map(Value::as_str) {
        let group = state.ec2.security_groups.get(&call.key(id));
        let group = group.ok_or_else(|| {
            if well_formed(id, GROUP.prefix) {
                client(
                    "InvalidGroup.NotFound",
                    format!("The security group '{id}' does not exist"),
                )
            } else {
                GROUP.absent(id)
            }
        })?;
        if group.vpc != subnet.vpc {
            return Err(client(
                "InvalidParameter",
                format!(
                    "Security group {id} and subnet {} belong to different networks.",
                    subnet.id
                ),
            ));
        }
        groups.push(group);
    }
    if groups.is_empty() {
        let prefix = call.key("");
        let default = state
            .ec2
            .security_groups
            .range(&prefix, None)
            .map(|(_, group)| group)
            .find(|group| group.vpc == subnet.vpc && group.name == "default");
        groups.extend(default);
    }
    Ok(groups)
}
