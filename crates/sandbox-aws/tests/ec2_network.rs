//! Networks and what describes a region.

mod ec2_world;
mod harness;

use ec2_world::{good, outcome, world};

#[test]
fn a_vpc_goes_when_nothing_is_left_in_it() {
    let world = world();
    let delete = || world.call(&[("Action", "DeleteVpc"), ("VpcId", &world.vpc)]);
    assert_eq!(outcome(&delete()), (400, "DependencyViolation".to_owned()));
    good(world.call(&[("Action", "DeleteSubnet"), ("SubnetId", &world.subnet)]));
    good(world.call(&[("Action", "DeleteSecurityGroup"), ("GroupId", &world.group)]));
    good(delete());
    assert_eq!(
        outcome(&delete()),
        (400, "InvalidVpcID.NotFound".to_owned())
    );
    let reply = good(world.call(&[("Action", "DescribeSecurityGroups")]));
    assert!(reply.element("groupId").is_none());
}

#[test]
fn subnets_lie_in_their_vpc_and_beside_each_other() {
    let world = world();
    for (cidr, code) in [
        ("10.0.1.0/24", "InvalidSubnet.Conflict"),
        ("10.1.0.0/24", "InvalidSubnet.Range"),
        ("10.0.0.0/29", "InvalidSubnet.Range"),
        ("ten", "InvalidSubnet.Range"),
    ] {
        let reply = world.call(&[
            ("Action", "CreateSubnet"),
            ("VpcId", &world.vpc),
            ("CidrBlock", cidr),
        ]);
        assert_eq!(outcome(&reply), (400, code.to_owned()), "{cidr}");
    }
    let reply = world.call(&[
        ("Action", "CreateSubnet"),
        ("VpcId", &world.vpc),
        ("CidrBlock", "10.0.2.0/24"),
        ("AvailabilityZone", "us-east-1a"),
    ]);
    assert_eq!(outcome(&reply), (400, "InvalidParameterValue".to_owned()));
    let reply = good(world.call(&[
        ("Action", "DescribeSubnets"),
        ("Filter.1.Name", "tag:kubernetes.io/role/internal-elb"),
        ("Filter.1.Value.1", "1"),
    ]));
    assert_eq!(reply.element("subnetId"), Some(world.subnet.as_str()));
    assert_eq!(reply.element("availabilityZoneId"), Some("euc1-az2"));
}

#[test]
fn security_group_rules_are_added_once_and_taken_away() {
    let world = world();
    let rule = [
        ("GroupId", world.group.as_str()),
        ("IpPermissions.1.IpProtocol", "tcp"),
        ("IpPermissions.1.FromPort", "443"),
        ("IpPermissions.1.ToPort", "443"),
        ("IpPermissions.1.IpRanges.1.CidrIp", "0.0.0.0/0"),
        ("IpPermissions.1.Groups.1.GroupId", world.group.as_str()),
    ];
    let call = |action| {
        let mut fields = vec![("Action", action)];
        fields.extend(rule);
        world.call(&fields)
    };
    let reply = good(call("AuthorizeSecurityGroupIngress"));
    assert_eq!(reply.text.matches("<securityGroupRuleId>").count(), 2);
    let reply = call("AuthorizeSecurityGroupIngress");
    assert_eq!(
        outcome(&reply),
        (400, "InvalidPermission.Duplicate".to_owned())
    );
    let shown = || {
        good(world.call(&[
            ("Action", "DescribeSecurityGroups"),
            ("GroupId.1", &world.group),
        ]))
        .text
        .contains("<fromPort>443</fromPort>")
    };
    assert!(shown());
    good(call("RevokeSecurityGroupIngress"));
    assert!(!shown());
    let reply = call("RevokeSecurityGroupIngress");
    assert_eq!(
        outcome(&reply),
        (400, "InvalidPermission.NotFound".to_owned())
    );
    let reply = world.call(&[
        ("Action", "CreateSecurityGroup"),
        ("GroupName", "eks-cluster-sg-demo"),
        ("GroupDescription", "again"),
        ("VpcId", &world.vpc),
    ]);
    assert_eq!(outcome(&reply), (400, "InvalidGroup.Duplicate".to_owned()));
}

#[test]
fn regions_zones_types_and_images_are_described() {
    let world = world();
    let describe = |fields: &[(&str, &str)]| good(world.call(fields)).text;
    let zones = describe(&[("Action", "DescribeAvailabilityZones")]);
    assert_eq!(zones.matches("<zoneName>").count(), 3);
    assert!(describe(&[("Action", "DescribeRegions")]).contains("ec2.eu-central-1.amazonaws.com"));
    let arm = describe(&[
        ("Action", "DescribeInstanceTypes"),
        ("Filter.1.Name", "processor-info.supported-architecture"),
        ("Filter.1.Value.1", "arm64"),
    ]);
    assert!(arm.contains("c6g.large") && !arm.contains("m5.large"));
    let offered = describe(&[
        ("Action", "DescribeInstanceTypeOfferings"),
        ("LocationType", "availability-zone"),
        ("Filter.1.Name", "instance-type"),
        ("Filter.1.Value.1", "m5.large"),
    ]);
    assert_eq!(offered.matches("<location>").count(), 3);
    let images = describe(&[
        ("Action", "DescribeImages"),
        ("Owner.1", "amazon"),
        ("Filter.1.Name", "name"),
        ("Filter.1.Value.1", "amazon-eks-node-al2023-arm64-*"),
    ]);
    let image = images.split_once("<imageId>").unwrap().1;
    let image = image.split_once('<').unwrap().0;
    let reply = world.run(&[("ImageId", image)]);
    assert_eq!(outcome(&reply), (400, "InvalidParameterValue".to_owned()));
    good(world.run(&[("ImageId", image), ("InstanceType", "m7g.large")]));
}

#[test]
fn launch_templates_have_versions() {
    let world = world();
    let create = |name: &str, kind: &str| {
        world.call(&[
            ("Action", "CreateLaunchTemplate"),
            ("LaunchTemplateName", name),
            ("LaunchTemplateData.ImageId", ec2_world::AMI),
            ("LaunchTemplateData.InstanceType", kind),
            (
                "LaunchTemplateData.TagSpecification.1.ResourceType",
                "instance",
            ),
            ("LaunchTemplateData.TagSpecification.1.Tag.1.Key", "a"),
            (
                "LaunchTemplateData.TagSpecification.1.Tag.1.Value",
                "template",
            ),
            ("ClientToken", name),
        ])
    };
    let first = good(create("nodes", "m5.large"));
    let id = first.element("launchTemplateId").unwrap().to_owned();
    let again = good(create("nodes", "m5.large"));
    assert_eq!(again.element("launchTemplateId"), Some(id.as_str()));
    let reply = create("nodes", "m5.xlarge");
    assert_eq!(
        outcome(&reply),
        (400, "IdempotentParameterMismatch".to_owned())
    );
    let reply = world.call(&[
        ("Action", "CreateLaunchTemplate"),
        ("LaunchTemplateName", "nodes"),
        ("LaunchTemplateData.ImageId", ec2_world::AMI),
    ]);
    assert_eq!(
        reply.code(),
        "InvalidLaunchTemplateName.AlreadyExistsException"
    );
    good(world.call(&[
        ("Action", "CreateLaunchTemplateVersion"),
        ("LaunchTemplateId", &id),
        ("SourceVersion", "1"),
        ("LaunchTemplateData.InstanceType", "t3.medium"),
    ]));
    let version = |version: &str| {
        let reply = good(world.call(&[
            ("Action", "DescribeLaunchTemplateVersions"),
            ("LaunchTemplateName", "nodes"),
            ("LaunchTemplateVersion.1", version),
        ]));
        reply.element("instanceType").unwrap().to_owned()
    };
    assert_eq!(version("$Default"), "m5.large");
    assert_eq!(version("$Latest"), "t3.medium");
    good(world.call(&[
        ("Action", "ModifyLaunchTemplate"),
        ("LaunchTemplateId", &id),
        ("SetDefaultVersion", "2"),
    ]));
    assert_eq!(version("$Default"), "t3.medium");
    // What the request says wins; tags of one kind come together.
    let reply = good(world.call(&[
        ("Action", "RunInstances"),
        ("LaunchTemplate.LaunchTemplateId", &id),
        ("SubnetId", &world.subnet),
        ("MinCount", "1"),
        ("MaxCount", "1"),
        ("TagSpecification.1.ResourceType", "instance"),
        ("TagSpecification.1.Tag.1.Key", "b"),
        ("TagSpecification.1.Tag.1.Value", "request"),
    ]));
    for part in [
        "t3.medium",
        "<value>template</value>",
        "<value>request</value>",
    ] {
        assert!(reply.text.contains(part), "{part}");
    }
    for (version, code) in [
        ("7", "InvalidLaunchTemplateId.VersionNotFound"),
        ("x", "InvalidParameterValue"),
    ] {
        let reply = world.call(&[
            ("Action", "DescribeLaunchTemplateVersions"),
            ("LaunchTemplateId", &id),
            ("LaunchTemplateVersion.1", version),
        ]);
        assert_eq!(outcome(&reply), (400, code.to_owned()));
    }
    good(world.call(&[
        ("Action", "DeleteLaunchTemplate"),
        ("LaunchTemplateId", &id),
    ]));
    let reply = world.call(&[
        ("Action", "DeleteLaunchTemplate"),
        ("LaunchTemplateId", &id),
    ]);
    assert_eq!(reply.code(), "InvalidLaunchTemplateId.NotFound");
}
