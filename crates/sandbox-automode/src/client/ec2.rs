//! What the control plane calls of EC2.

use rolecall_sandbox_aws::Service;
use rolecall_sandbox_aws::sigv4::Credentials;

use super::{AwsClient, AwsError, Element, Fields};

/// A subnet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Subnet {
    pub(crate) id: String,
    pub(crate) zone: String,
    pub(crate) zone_id: String,
}

/// A security group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SecurityGroup {
    pub(crate) id: String,
    pub(crate) name: String,
}

/// An instance.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Instance {
    pub(crate) id: String,
    /// `pending`, `running`, `terminated` …
    pub(crate) state: String,
    pub(crate) kind: String,
    pub(crate) zone: String,
    pub(crate) image: String,
    pub(crate) private_ip: String,
    pub(crate) private_dns: String,
    pub(crate) profile_arn: String,
}

impl Instance {
    /// Whether it is there to stay.
    pub(crate) fn is_alive(&self) -> bool {
        !matches!(self.state.as_str(), "terminated" | "shutting-down")
    }
}

/// One selector of a Describe call: ids, or filters that all must fit.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(crate) struct Selector {
    pub(crate) id: Option<String>,
    pub(crate) filters: Vec<(String, String)>,
}

/// What an instance is launched with.
pub(crate) struct Launch<'a> {
    pub(crate) template: &'a str,
    /// Makes a call that is repeated, as its answer was lost, launch once.
    pub(crate) token: &'a str,
    pub(crate) instance_types: &'a [String],
    pub(crate) subnets: Vec<&'a str>,
    pub(crate) capacity_type: &'a str,
    pub(crate) tags: &'a [(String, String)],
}

/// What a launch template says.
pub(crate) struct Template<'a> {
    pub(crate) name: &'a str,
    pub(crate) profile: &'a str,
    pub(crate) image: &'a str,
    pub(crate) security_groups: Vec<&'a str>,
    pub(crate) tags: &'a [(String, String)],
}

fn pairs(tags: &[(String, String)]) -> impl Iterator<Item = (&str, &str)> {
    tags.iter()
        .map(|(key, value)| (key.as_str(), value.as_str()))
}

/// `TagSpecification.N` for each of these resource types.
fn tag_specifications(
    fields: Fields,
    prefix: &str,
    kinds: &[&str],
    tags: &[(String, String)],
) -> Fields {
    (1..).zip(kinds).fold(fields, |fields, (at, kind)| {
        let name = format!("{prefix}TagSpecification.{at}");
        fields
            .with(&format!("{name}.ResourceType"), kind)
            .with_tags(&format!("{name}.Tag"), pairs(tags))
    })
}

fn selected(selector: &Selector, id_name: &str) -> Fields {
    let fields = match &selector.id {
        Some(id) => Fields::default().with(&format!("{id_name}.1"), id),
        None => Fields::default(),
    };
    (1..)
        .zip(&selector.filters)
        .fold(fields, |fields, (at, (name, value))| {
            fields
                .with(&format!("Filter.{at}.Name"), name)
                .with(&format!("Filter.{at}.Value.1"), value)
        })
}

fn instance(element: &Element) -> Instance {
    let text = |path: &str| element.text(path).to_owned();
    Instance {
        id: text("instanceId"),
        state: text("instanceState/name"),
        kind: text("instanceType"),
        zone: text("placement/availabilityZone"),
        image: text("imageId"),
        private_ip: text("privateIpAddress"),
        private_dns: text("privateDnsName"),
        profile_arn: text("iamInstanceProfile/arn"),
    }
}

impl AwsClient {
    /// `ec2:DescribeSubnets`
    pub(crate) fn describe_subnets(
        &self,
        credentials: &Credentials,
        selector: &Selector,
    ) -> Result<Vec<Subnet>, AwsError> {
        let fields = selected(selector, "SubnetId");
        let answer = self.query(credentials, Service::Ec2, "DescribeSubnets", &fields)?;
        Ok(answer
            .list("subnetSet")
            .map(|subnet| Subnet {
                id: subnet.text("subnetId").to_owned(),
                zone: subnet.text("availabilityZone").to_owned(),
                zone_id: subnet.text("availabilityZoneId").to_owned(),
            })
            .collect())
    }

    /// `ec2:DescribeSecurityGroups`
    pub(crate) fn describe_security_groups(
        &self,
        credentials: &Credentials,
        selector: &Selector,
    ) -> Result<Vec<SecurityGroup>, AwsError> {
        let fields = selected(selector, "GroupId");
        let answer = self.query(credentials, Service::Ec2, "DescribeSecurityGroups", &fields)?;
        Ok(answer
            .list("securityGroupInfo")
            .map(|group| SecurityGroup {
                id: group.text("groupId").to_owned(),
                name: group.text("groupName").to_owned(),
            })
            .collect())
    }

    /// `ec2:DescribeInstances` of one instance; `None` where EC2 knows none.
    pub(crate) fn describe_instance(
        &self,
        credentials: &Credentials,
        id: &str,
    ) -> Result<Option<Instance>, AwsError> {
        let fields = Fields::default().with("InstanceId.1", id);
        match self.query(credentials, Service::Ec2, "DescribeInstances", &fields) {
            Ok(answer) => Ok(answer
                .list("reservationSet")
                .flat_map(|reservation| reservation.list("instancesSet"))
                .map(instance)
                .next()),
            Err(error) if error.code().starts_with("InvalidInstanceID") => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// `ec2:CreateLaunchTemplate`
    pub(crate) fn create_launch_template(
        &self,
        credentials: &Credentials,
        template: &Template<'_>,
    ) -> Result<(), AwsError> {
        let fields = Fields::default()
            .with("LaunchTemplateName", template.name)
            .with(
                "LaunchTemplateData.IamInstanceProfile.Name",
                template.profile,
            )
            .with("LaunchTemplateData.ImageId", template.image)
            .with("LaunchTemplateData.MetadataOptions.HttpTokens", "required")
            .with_list(
                "LaunchTemplateData.SecurityGroupId",
                template.security_groups.iter().copied(),
            );
        let fields = tag_specifications(fields, "", &["launch-template"], template.tags);
        self.query(credentials, Service::Ec2, "CreateLaunchTemplate", &fields)
            .map(drop)
    }

    /// The names of the launch templates with the tags of this cluster and node class
    /// (`ec2:DescribeLaunchTemplates`).
    pub(crate) fn launch_templates_of(
        &self,
        credentials: &Credentials,
        cluster: &str,
        class: &str,
    ) -> Result<Vec<String>, AwsError> {
        let fields = Fields::default()
            .with("Filter.1.Name", "tag:eks:eks-cluster-name")
            .with("Filter.1.Value.1", cluster)
            .with("Filter.2.Name", "tag:eks:kubernetes-node-class-name")
            .with("Filter.2.Value.1", class);
        let answer = self.query(
            credentials,
            Service::Ec2,
            "DescribeLaunchTemplates",
            &fields,
        )?;
        Ok(answer
            .list("launchTemplates")
            .map(|template| template.text("launchTemplateName").to_owned())
            .collect())
    }

    /// `ec2:DeleteLaunchTemplate`
    pub(crate) fn delete_launch_template(
        &self,
        credentials: &Credentials,
        name: &str,
    ) -> Result<(), AwsError> {
        let fields = Fields::default().with("LaunchTemplateName", name);
        self.query(credentials, Service::Ec2, "DeleteLaunchTemplate", &fields)
            .map(drop)
    }

    /// `ec2:CreateFleet` of type `instant` for one instance: the id of the instance. What went wrong
    /// with the launch itself is in the answer's `errorSet`, which is given as an error here.
    pub(crate) fn create_fleet(
        &self,
        credentials: &Credentials,
        launch: &Launch<'_>,
    ) -> Result<String, AwsError> {
        const OPERATION: &str = "CreateFleet";
        let config = "LaunchTemplateConfigs.1";
        let mut fields = Fields::default()
            .with("Type", "instant")
            .with("ClientToken", launch.token)
            .with("TargetCapacitySpecification.TotalTargetCapacity", "1")
            .with(
                "TargetCapacitySpecification.DefaultTargetCapacityType",
                launch.capacity_type,
            )
            .with(
                &format!("{config}.LaunchTemplateSpecification.LaunchTemplateName"),
                launch.template,
            )
            .with(
                &format!("{config}.LaunchTemplateSpecification.Version"),
                "$Latest",
            );
        let overrides = launch
            .instance_types
            .iter()
            .flat_map(|kind| launch.subnets.iter().map(move |subnet| (kind, *subnet)));
        for (at, (kind, subnet)) in (1..).zip(overrides) {
            fields = fields
                .with(&format!("{config}.Overrides.{at}.InstanceType"), kind)
                .with(&format!("{config}.Overrides.{at}.SubnetId"), subnet);
        }
        let kinds = ["instance", "volume", "network-interface", "fleet"];
        let fields = tag_specifications(fields, "", &kinds, launch.tags);
        let answer = self.query(credentials, Service::Ec2, OPERATION, &fields)?;
        let launched = answer
            .list("fleetInstanceSet")
            .flat_map(|set| set.list("instanceIds"))
            .map(Element::own_text)
            .find(|id| !id.is_empty());
        if let Some(id) = launched {
            return Ok(id.to_owned());
        }
        let error = answer.list("errorSet").next();
        let text = |path: &str| error.map_or("", |error| error.text(path)).to_owned();
        Err(AwsError::Answered {
            operation: OPERATION,
            code: text("errorCode"),
            message: text("errorMessage"),
            status: 200,
        })
    }

    /// `ec2:TerminateInstances`; an instance that is gone is no error.
    pub(crate) fn terminate_instance(
        &self,
        credentials: &Credentials,
        id: &str,
    ) -> Result<(), AwsError> {
        let fields = Fields::default().with("InstanceId.1", id);
        match self.query(credentials, Service::Ec2, "TerminateInstances", &fields) {
            Err(error) if !error.code().starts_with("InvalidInstanceID") => Err(error),
            _ => Ok(()),
        }
    }
}
