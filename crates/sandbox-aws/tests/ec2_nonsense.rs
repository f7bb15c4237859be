//! Whatever EC2 is asked, it answers, and nothing breaks.

mod ec2_world;
mod harness;

use ec2_world::world;
use proptest::prelude::*;

const ACTIONS: [&str; 40] = [
    "AuthorizeSecurityGroupEgress",
    "AuthorizeSecurityGroupIngress",
    "CreateFleet",
    "CreateLaunchTemplate",
    "CreateLaunchTemplateVersion",
    "CreateSecurityGroup",
    "CreateSubnet",
    "CreateTags",
    "CreateVpc",
    "DeleteLaunchTemplate",
    "DeleteSecurityGroup",
    "DeleteSubnet",
    "DeleteTags",
    "DeleteVpc",
    "DescribeAvailabilityZones",
    "DescribeCapacityReservations",
    "DescribeImages",
    "DescribeInstanceStatus",
    "DescribeInstanceTypeOfferings",
    "DescribeInstanceTypes",
    "DescribeInstances",
    "DescribeLaunchTemplateVersions",
    "DescribeLaunchTemplates",
    "DescribeNetworkInterfaces",
    "DescribeRegions",
    "DescribeSecurityGroupRules",
    "DescribeSecurityGroups",
    "DescribeSpotPriceHistory",
    "DescribeSubnets",
    "DescribeTags",
    "DescribeVolumes",
    "DescribeVpcs",
    "GetConsoleOutput",
    "ModifyLaunchTemplate",
    "RevokeSecurityGroupEgress",
    "RevokeSecurityGroupIngress",
    "RunInstances",
    "StartInstances",
    "StopInstances",
    "TerminateInstances",
];

const NAMES: &str = "(VpcId|SubnetId|GroupId|GroupName|GroupDescription|InstanceId|CidrBlock|MinCount|MaxCount|ImageId\
    |InstanceType|LaunchTemplateName|LaunchTemplateId|LaunchTemplateVersion|SetDefaultVersion|SourceVersion\
    |NextToken|MaxResults|MinVersion|DryRun|ClientToken|Type|LaunchTemplate|LaunchTemplateData\
    |LaunchTemplateData.ImageId|NetworkInterface.1.SubnetId|BlockDeviceMapping.1.Ebs.VolumeSize\
    |IamInstanceProfile.Name|IamInstanceProfile.Arn|TagSpecification.1.ResourceType\
    |TagSpecification.1.Tag.1.Key|Tag.1.Key|ResourceId|Filter.1.Name|Filter.1.Value.1|IpPermissions.1.IpProtocol\
    |IpPermissions.1.FromPort|IpPermissions.1.ToPort|IpPermissions.1.IpRanges.1.CidrIp\
    |TargetCapacitySpecification.TotalTargetCapacity|LaunchTemplateConfigs.1.Overrides.1.Priority\
    |LaunchTemplateConfigs.1.LaunchTemplateSpecification.LaunchTemplateName)(.[0-9]{1,12})?";

const VALUES: &str = "|0|-1|1|3|9223372036854775807|18446744073709551616|true|x|\\$Latest|\\$Default|instant|nodes\
    |10.0.0.0/(0|16|24|28|32|99)|0.0.0.0/0|255.255.255.255/28|instance|vpc|tcp|-1|tag:a|instance-id\
    |ami-0123456789abcdef0|m5.large|eks-nodes|i-00000000|aws:x|é\u{1F9EA}|[ -~]{0,20}";

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn any_request_is_answered_and_none_breaks_the_endpoint(
        calls in prop::collection::vec(
            (0..ACTIONS.len(), prop::collection::vec((NAMES, VALUES), 0..8)),
            1..24,
        )
    ) {
        let world = world();
        let (vpc, subnet, group) = (world.vpc.clone(), world.subnet.clone(), world.group.clone());
        for (action, fields) in calls {
            let mut all = vec![("Action", ACTIONS[action])];
            // What is there makes requests get further.
            for (name, id) in [("VpcId", &vpc), ("SubnetId", &subnet), ("GroupId", &group)] {
                if fields.len() % 2 == 0 {
                    all.push((name, id.as_str()));
                }
            }
            all.extend(fields.iter().map(|(name, value)| (name.as_str(), value.as_str())));
            let reply = world.call(&all);
            prop_assert!((200..500).contains(&reply.status), "{} {}", reply.status, reply.text);
            prop_assert_eq!(reply.status == 200, reply.code().is_empty(), "{}", reply.text);
        }
        let reply = world.call(&[("Action", "DescribeInstances")]);
        prop_assert_eq!(reply.status, 200);
    }
}
