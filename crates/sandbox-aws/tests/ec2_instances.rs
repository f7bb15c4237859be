//! Instances: how they are launched, shown, turned and recorded.

mod ec2_world;
mod harness;

use std::time::Duration;

use ec2_world::{AMI, PROFILE, good, outcome, world};

#[test]
fn an_instance_starts_runs_and_goes_by_the_sandboxs_clock() {
    let world = world();
    let id = world.instance(&[("IamInstanceProfile.Name", "eks-nodes")]);
    let show = || {
        let reply = good(world.call(&[("Action", "DescribeInstances"), ("InstanceId.1", &id)]));
        let state = reply.text.split_once("<instanceState>").unwrap().1;
        let name = state.split_once("<name>").unwrap().1;
        (name.split_once('<').unwrap().0.to_owned(), reply)
    };
    let (state, reply) = show();
    assert_eq!(state, "pending");
    assert_eq!(
        reply.element("privateDnsName"),
        Some("ip-10-0-1-4.eu-central-1.compute.internal")
    );
    assert!(
        reply
            .text
            .contains(&format!("<iamInstanceProfile><arn>{PROFILE}</arn><id>AIPA"))
    );
    world.aws.clock().step(Duration::from_secs(10));
    assert_eq!(show().0, "running");
    let profile = |aws: &rolecall_sandbox_aws::Aws| {
        let now = aws.clock().now();
        aws.read(|state| {
            let profiles = state.ec2.running(now);
            profiles
                .filter_map(|instance| instance.profile.clone())
                .map(|profile| profile.arn)
                .collect::<Vec<_>>()
        })
    };
    assert_eq!(profile(&world.aws), [PROFILE]);
    let reply = good(world.call(&[("Action", "StopInstances"), ("InstanceId.1", &id)]));
    assert!(
        reply
            .text
            .contains("<previousState><code>16</code><name>running</name>")
    );
    world.aws.clock().step(Duration::from_secs(60));
    assert_eq!(show().0, "stopped");
    good(world.call(&[("Action", "StartInstances"), ("InstanceId.1", &id)]));
    good(world.call(&[("Action", "TerminateInstances"), ("InstanceId.1", &id)]));
    assert_eq!(show().0, "shutting-down");
    world.aws.clock().step(Duration::from_secs(60));
    assert_eq!(show().0, "terminated");
    assert!(profile(&world.aws).is_empty());
    let reply = world.call(&[("Action", "StartInstances"), ("InstanceId.1", &id)]);
    assert_eq!(outcome(&reply), (400, "IncorrectInstanceState".to_owned()));
    world.aws.clock().step(Duration::from_secs(4000));
    let reply = world.call(&[("Action", "DescribeInstances"), ("InstanceId.1", &id)]);
    assert_eq!(
        outcome(&reply),
        (400, "InvalidInstanceID.NotFound".to_owned())
    );
}

#[test]
fn a_wrong_instance_profile_is_refused_in_ec2s_words() {
    let world = world();
    for (field, value, message) in [
        (
            "IamInstanceProfile.Name",
            "eks-nobody",
            "Value (eks-nobody) for parameter iamInstanceProfile.name is invalid. Invalid IAM Instance \
             Profile name",
        ),
        (
            "IamInstanceProfile.Arn",
            "arn:aws:iam::111122223333:instance-profile/eks-nodes",
            "Value (arn:aws:iam::111122223333:instance-profile/eks-nodes) for parameter \
             iamInstanceProfile.arn is invalid. Invalid IAM Instance Profile ARN",
        ),
        (
            "IamInstanceProfile.Name",
            "eks-empty",
            "IAM Instance Profile &quot;arn:aws:iam::111122223333:instance-profile/eks-empty&quot; has \
             no associated IAM Roles",
        ),
    ] {
        let reply = world.run(&[(field, value)]);
        assert_eq!(outcome(&reply), (400, "InvalidParameterValue".to_owned()));
        assert_eq!(reply.element("Message"), Some(message));
        // A dry run tells as much.
        let reply = world.run(&[(field, value), ("DryRun", "true")]);
        assert_eq!(outcome(&reply), (400, "InvalidParameterValue".to_owned()));
    }
    good(world.run(&[("IamInstanceProfile.Arn", PROFILE)]));
    let event = world.event("RunInstances");
    assert_eq!(
        event["requestParameters"]["iamInstanceProfile"]["arn"],
        PROFILE
    );
}

#[test]
fn a_dry_run_launches_nothing() {
    let world = world();
    let reply = world.run(&[("DryRun", "true")]);
    assert_eq!(outcome(&reply), (412, "DryRunOperation".to_owned()));
    assert_eq!(
        reply.element("Message"),
        Some("Request would have succeeded, but DryRun flag is set.")
    );
    assert_eq!(
        world.event("RunInstances")["errorCode"],
        "Client.DryRunOperation"
    );
    let reply = good(world.call(&[("Action", "DescribeInstances")]));
    assert!(reply.element("instanceId").is_none());
}

#[test]
fn one_token_launches_once_and_not_with_other_parameters() {
    let world = world();
    let first = world.instance(&[("ClientToken", "abc")]);
    assert_eq!(world.instance(&[("ClientToken", "abc")]), first);
    let reply = world.run(&[("ClientToken", "abc"), ("InstanceType", "m5.xlarge")]);
    assert_eq!(
        outcome(&reply),
        (400, "IdempotentParameterMismatch".to_owned())
    );
    assert_ne!(world.instance(&[("ClientToken", "abd")]), first);
}

#[test]
fn a_subnet_has_room_for_eleven_and_no_more() {
    let world = world();
    let reply = good(world.run(&[("MinCount", "5"), ("MaxCount", "20")]));
    assert_eq!(reply.text.matches("<instanceId>").count(), 11);
    let reply = world.run(&[]);
    assert_eq!(
        outcome(&reply),
        (400, "InsufficientFreeAddressesInSubnet".to_owned())
    );
    let reply = good(world.call(&[("Action", "DescribeSubnets")]));
    assert_eq!(reply.element("availableIpAddressCount"), Some("0"));
    let reply = world.call(&[("Action", "DeleteSubnet"), ("SubnetId", &world.subnet)]);
    assert_eq!(outcome(&reply), (400, "DependencyViolation".to_owned()));
}

#[test]
fn bad_parameters_are_named() {
    let world = world();
    let subnet = world.subnet.as_str();
    for (more, code) in [
        (&[("ImageId", "x")][..], "InvalidAMIID.Malformed"),
        (&[("InstanceType", "M5 large")], "InvalidParameterValue"),
        (
            &[("SubnetId", "subnet-00000000")],
            "InvalidSubnetID.NotFound",
        ),
        (&[("SubnetId", "vpc-1")], "InvalidSubnetID.Malformed"),
        (
            &[("SecurityGroupId.1", "sg-00000000")],
            "InvalidGroup.NotFound",
        ),
        (&[("MinCount", "0")], "InvalidParameterValue"),
        (&[("MinCount", "x")], "InvalidParameterValue"),
        (&[("MaxCount", "100000")], "InstanceLimitExceeded"),
        (
            &[
                ("TagSpecification.1.ResourceType", "vpc"),
                ("TagSpecification.1.Tag.1.Key", "a"),
            ],
            "InvalidParameterValue",
        ),
        (
            &[
                ("TagSpecification.1.ResourceType", "instance"),
                ("TagSpecification.1.Tag.1.Key", "aws:a"),
            ],
            "InvalidParameterValue",
        ),
        (
            &[
                ("NetworkInterface.1.DeviceIndex", "0"),
                ("SubnetId", subnet),
            ],
            "InvalidParameterCombination",
        ),
        (
            &[("LaunchTemplate.LaunchTemplateName", "none")],
            "InvalidLaunchTemplateName.NotFoundException",
        ),
        (
            &[("LaunchTemplate.LaunchTemplateId", "lt-00000000")],
            "InvalidLaunchTemplateId.NotFound",
        ),
    ] {
        let reply = world.run(more);
        assert_eq!(
            outcome(&reply),
            (400, code.to_owned()),
            "{more:?} {}",
            reply.text
        );
        assert_eq!(
            world.event("RunInstances")["errorCode"],
            format!("Client.{code}")
        );
    }
    let reply = world.call(&[("Action", "RunInstances"), ("ImageId", AMI)]);
    assert_eq!(outcome(&reply), (400, "MissingParameter".to_owned()));
}

#[test]
fn instances_are_found_by_filters_and_given_in_pages() {
    let world = world();
    let tags = [
        ("TagSpecification.1.ResourceType", "instance"),
        ("TagSpecification.1.Tag.1.Key", "eks:eks-cluster-name"),
        ("TagSpecification.1.Tag.1.Value", "demo"),
        ("IamInstanceProfile.Name", "eks-nodes"),
    ];
    let tagged = world.instance(&tags);
    good(world.run(&[("MinCount", "5"), ("MaxCount", "5")]));
    for (name, value, count) in [
        ("tag:eks:eks-cluster-name", "demo", 1),
        ("tag:eks:eks-cluster-name", "de*", 1),
        ("tag:eks:eks-cluster-name", "other", 0),
        ("tag-key", "eks:*", 1),
        ("iam-instance-profile.arn", PROFILE, 1),
        ("instance-state-name", "pending", 6),
        ("instance-id", &tagged, 1),
        ("vpc-id", &world.vpc, 6),
        ("subnet-id", "subnet-0", 0),
        ("private-dns-name", "ip-10-0-1-4.*", 1),
    ] {
        let reply = good(world.call(&[
            ("Action", "DescribeInstances"),
            ("Filter.1.Name", name),
            ("Filter.1.Value.1", value),
        ]));
        assert_eq!(
            reply.text.matches("<instanceId>").count(),
            count,
            "{name}={value}"
        );
    }
    let wrong = world.call(&[
        ("Action", "DescribeInstances"),
        ("Filter.1.Name", "colour"),
        ("Filter.1.Value.1", "red"),
    ]);
    assert_eq!(outcome(&wrong), (400, "InvalidParameterValue".to_owned()));
    let (mut token, mut pages, mut seen) = (String::new(), 0, 0);
    loop {
        let mut fields = vec![("Action", "DescribeInstances"), ("MaxResults", "5")];
        if !token.is_empty() {
            fields.push(("NextToken", token.as_str()));
        }
        let reply = good(world.call(&fields));
        pages += 1;
        seen += reply.text.matches("<instanceId>").count();
        match reply.element("nextToken") {
            Some(next) => token = next.to_owned(),
            None => break,
        }
    }
    assert_eq!((pages, seen), (2, 6));
    let reply = world.call(&[("Action", "DescribeInstances"), ("NextToken", "?")]);
    assert_eq!(outcome(&reply), (400, "InvalidParameterValue".to_owned()));
}

#[test]
fn events_have_items_and_no_user_data() {
    let world = world();
    let tags = [
        ("TagSpecification.1.ResourceType", "instance"),
        ("TagSpecification.1.Tag.1.Key", "Name"),
        ("TagSpecification.1.Tag.1.Value", "n"),
        ("UserData", "c2VjcmV0"),
    ];
    let id = world.instance(&tags);
    let event = world.event("RunInstances");
    let request = &event["requestParameters"];
    assert_eq!(request["instancesSet"]["items"][0]["imageId"], AMI);
    assert_eq!(request["instancesSet"]["items"][0]["minCount"], 1);
    assert_eq!(request["userData"], "<sensitiveDataRemoved>");
    assert_eq!(
        request["tagSpecificationSet"]["items"][0]["tags"][0]["key"],
        "Name"
    );
    let response = &event["responseElements"];
    assert_eq!(response["instancesSet"]["items"][0]["instanceId"], id);
    assert_eq!(response["requestId"], event["requestID"]);
    good(world.call(&[("Action", "TerminateInstances"), ("InstanceId.1", &id)]));
    let event = world.event("TerminateInstances");
    assert_eq!(
        event["requestParameters"]["instancesSet"]["items"][0]["instanceId"],
        id
    );
    assert_eq!(event["readOnly"], false);
}

#[test]
fn tags_are_put_on_and_taken_off_what_is_there() {
    let world = world();
    let id = world.instance(&[]);
    let volume = good(world.call(&[("Action", "DescribeVolumes")]));
    let volume = volume.element("volumeId").unwrap().to_owned();
    good(world.call(&[
        ("Action", "CreateTags"),
        ("ResourceId.1", &id),
        ("ResourceId.2", &volume),
        ("ResourceId.3", &world.vpc),
        ("Tag.1.Key", "team"),
        ("Tag.1.Value", "platform"),
    ]));
    let count = || {
        let reply = good(world.call(&[
            ("Action", "DescribeTags"),
            ("Filter.1.Name", "key"),
            ("Filter.1.Value.1", "team"),
        ]));
        reply.text.matches("<resourceId>").count()
    };
    assert_eq!(count(), 3);
    for (value, left) in [("other", 3), ("platform", 2)] {
        good(world.call(&[
            ("Action", "DeleteTags"),
            ("ResourceId.1", &volume),
            ("Tag.1.Key", "team"),
            ("Tag.1.Value", value),
        ]));
        assert_eq!(count(), left);
    }
    let reply = world.call(&[
        ("Action", "CreateTags"),
        ("ResourceId.1", "i-0"),
        ("Tag.1.Key", "a"),
    ]);
    assert_eq!(outcome(&reply), (400, "InvalidID".to_owned()));
}
