"""EC2: every emulated operation through boto3, held against botocore's model."""

import json

import pytest

AMI = "ami-0123456789abcdef0"
TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
        ],
    }
)


def tagged(kind, **tags):
    return [{"ResourceType": kind, "Tags": [{"Key": k, "Value": v} for k, v in tags.items()]}]


@pytest.fixture
def vpc(ec2):
    return ec2.create_vpc(CidrBlock="10.0.0.0/16", TagSpecifications=tagged("vpc", Name="contract"))["Vpc"]["VpcId"]


@pytest.fixture
def subnet(ec2, vpc):
    made = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.1.0/24", TagSpecifications=tagged("subnet", a="b"))
    return made["Subnet"]["SubnetId"]


@pytest.fixture
def group(ec2, vpc, name):
    return ec2.create_security_group(GroupName=name("group"), Description="contract", VpcId=vpc)["GroupId"]


@pytest.fixture
def profile(iam, name):
    role, profile = name("role"), name("eks-profile")
    iam.create_role(RoleName=role, Path="/platform/eks/", AssumeRolePolicyDocument=TRUST)
    iam.create_instance_profile(InstanceProfileName=profile)
    iam.add_role_to_instance_profile(InstanceProfileName=profile, RoleName=role)
    return profile


@pytest.fixture
def instance(ec2, subnet, group, profile, name):
    made = ec2.run_instances(
        ImageId=AMI,
        InstanceType="m5.large",
        MinCount=1,
        MaxCount=1,
        SubnetId=subnet,
        SecurityGroupIds=[group],
        IamInstanceProfile={"Name": profile},
        ClientToken=name("token"),
        MetadataOptions={"HttpTokens": "required", "HttpPutResponseHopLimit": 2},
        BlockDeviceMappings=[{"DeviceName": "/dev/xvdb", "Ebs": {"VolumeSize": 80, "Encrypted": True}}],
        TagSpecifications=tagged("instance", Name="node") + tagged("volume", Name="disk"),
        UserData="#!/bin/sh",
    )
    assert made["OwnerId"]
    return made["Instances"][0]


def test_vpcs(ec2, vpc, refused):
    found = ec2.describe_vpcs(VpcIds=[vpc])["Vpcs"][0]
    assert found["CidrBlock"] == "10.0.0.0/16"
    assert found["State"] == "available"
    assert found["Tags"] == [{"Key": "Name", "Value": "contract"}]
    ec2.delete_vpc(VpcId=vpc)
    refusal = refused(ec2.describe_vpcs, VpcIds=[vpc])
    assert (refusal.status, refusal.code) == (400, "InvalidVpcID.NotFound")


def test_subnets(ec2, subnet, vpc, refused):
    found = ec2.describe_subnets(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["Subnets"]
    assert [each["SubnetId"] for each in found] == [subnet]
    assert found[0]["AvailableIpAddressCount"] == 251
    refusal = refused(ec2.create_subnet, VpcId=vpc, CidrBlock="10.0.1.0/25")
    assert refusal.code == "InvalidSubnet.Conflict"
    ec2.delete_subnet(SubnetId=subnet)


def test_security_groups(ec2, group, vpc):
    permission = {
        "IpProtocol": "tcp",
        "FromPort": 443,
        "ToPort": 443,
        "IpRanges": [{"CidrIp": "0.0.0.0/0", "Description": "all"}],
        "Ipv6Ranges": [{"CidrIpv6": "::/0"}],
        "UserIdGroupPairs": [{"GroupId": group}],
    }
    made = ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[permission])
    assert len(made["SecurityGroupRules"]) == 3
    ec2.authorize_security_group_egress(GroupId=group, IpPermissions=[permission])
    found = ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"][0]
    assert found["IpPermissions"][0]["UserIdGroupPairs"][0]["GroupId"] == group
    assert len(found["IpPermissionsEgress"]) == 2
    rules = ec2.describe_security_group_rules(Filters=[{"Name": "group-id", "Values": [group]}])
    assert len(rules["SecurityGroupRules"]) == 7
    ec2.revoke_security_group_ingress(GroupId=group, IpPermissions=[permission])
    ids = [each["SecurityGroupRuleId"] for each in rules["SecurityGroupRules"] if each["IsEgress"]]
    ec2.revoke_security_group_egress(GroupId=group, SecurityGroupRuleIds=ids)
    found = ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"][0]
    assert (found["IpPermissions"], found["IpPermissionsEgress"]) == ([], [])
    ec2.delete_security_group(GroupId=group)


def test_regions_and_zones(ec2):
    names = [each["RegionName"] for each in ec2.describe_regions()["Regions"]]
    assert ec2.meta.region_name in names
    zones = ec2.describe_availability_zones()["AvailabilityZones"]
    assert len(zones) == 3


def test_instance_types(ec2, refused):
    pages = ec2.get_paginator("describe_instance_types").paginate(PaginationConfig={"PageSize": 5})
    types = [each["InstanceType"] for page in pages for each in page["InstanceTypes"]]
    assert len(types) == len(set(types)) >= 12
    large = ec2.describe_instance_types(InstanceTypes=["m5.large"])["InstanceTypes"][0]
    assert large["VCpuInfo"]["DefaultVCpus"] == 2
    assert large["MemoryInfo"]["SizeInMiB"] == 8192
    assert refused(ec2.describe_instance_types, InstanceTypes=["c1.medium"]).code == "InvalidInstanceType"
    for location in ("region", "availability-zone", "availability-zone-id"):
        assert ec2.describe_instance_type_offerings(LocationType=location)["InstanceTypeOfferings"]


def test_images(ec2):
    images = ec2.describe_images(Owners=["amazon"], Filters=[{"Name": "architecture", "Values": ["arm64"]}])
    assert images["Images"]
    found = ec2.describe_images(ImageIds=[images["Images"][0]["ImageId"]])["Images"]
    assert found == images["Images"][:1]


def test_what_there_is_none_of(ec2):
    assert ec2.describe_spot_price_history()["SpotPriceHistory"] == []
    assert ec2.describe_capacity_reservations()["CapacityReservations"] == []


def test_launch_templates(ec2, name, refused):
    called = name("template")
    data = {
        "ImageId": AMI,
        "InstanceType": "m5.large",
        "IamInstanceProfile": {"Name": "eks-nodes"},
        "UserData": "IyEvYmluL3No",
        "BlockDeviceMappings": [{"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": 80, "VolumeType": "gp3"}}],
        "NetworkInterfaces": [{"DeviceIndex": 0, "Groups": ["sg-0123456789abcdef0"]}],
        "MetadataOptions": {"HttpTokens": "required", "HttpPutResponseHopLimit": 1},
        "TagSpecifications": tagged("instance", a="b"),
        "InstanceRequirements": {"VCpuCount": {"Min": 2}, "MemoryMiB": {"Min": 4096}, "CpuManufacturers": ["intel"]},
    }
    made = ec2.create_launch_template(
        LaunchTemplateName=called,
        LaunchTemplateData=data,
        TagSpecifications=tagged("launch-template", team="platform"),
        ClientToken=called,
    )["LaunchTemplate"]
    assert made["LatestVersionNumber"] == 1
    again = ec2.create_launch_template(
        LaunchTemplateName=called,
        LaunchTemplateData=data,
        TagSpecifications=tagged("launch-template", team="platform"),
        ClientToken=called,
    )["LaunchTemplate"]
    assert again["LaunchTemplateId"] == made["LaunchTemplateId"]
    refusal = refused(ec2.create_launch_template, LaunchTemplateName=called, LaunchTemplateData=data)
    assert refusal.code == "InvalidLaunchTemplateName.AlreadyExistsException"
    version = ec2.create_launch_template_version(
        LaunchTemplateName=called, SourceVersion="1", LaunchTemplateData={"InstanceType": "t3.medium"}
    )["LaunchTemplateVersion"]
    assert (version["VersionNumber"], version["DefaultVersion"]) == (2, False)
    ec2.modify_launch_template(LaunchTemplateName=called, DefaultVersion="2")
    versions = ec2.describe_launch_template_versions(LaunchTemplateName=called)["LaunchTemplateVersions"]
    assert [each["VersionNumber"] for each in versions] == [2, 1]
    shown = versions[1]["LaunchTemplateData"]
    for member in data:
        assert shown[member], member
    assert shown["NetworkInterfaces"] == data["NetworkInterfaces"]
    assert shown["TagSpecifications"] == data["TagSpecifications"]
    found = ec2.describe_launch_templates(LaunchTemplateNames=[called])["LaunchTemplates"][0]
    assert found["DefaultVersionNumber"] == 2
    ec2.delete_launch_template(LaunchTemplateName=called)
    refusal = refused(ec2.describe_launch_template_versions, LaunchTemplateName=called)
    assert refusal.code == "InvalidLaunchTemplateName.NotFoundException"


def test_instances(ec2, instance, profile, refused):
    id = instance["InstanceId"]
    assert instance["IamInstanceProfile"]["Arn"].endswith(f":instance-profile/{profile}")
    found = ec2.describe_instances(InstanceIds=[id])["Reservations"][0]["Instances"][0]
    assert found["PrivateDnsName"].startswith("ip-10-0-1-")
    assert found["MetadataOptions"]["HttpTokens"] == "required"
    assert len(found["BlockDeviceMappings"]) == 2
    statuses = ec2.describe_instance_status(InstanceIds=[id], IncludeAllInstances=True)["InstanceStatuses"]
    assert statuses[0]["InstanceState"]["Name"] in ("pending", "running")
    assert ec2.get_console_output(InstanceId=id)["Output"]
    attached = [{"Name": "attachment.instance-id", "Values": [id]}]
    volumes = ec2.describe_volumes(Filters=attached)["Volumes"]
    assert sorted(each["Size"] for each in volumes) == [20, 80]
    assert volumes[0]["Tags"] == [{"Key": "Name", "Value": "disk"}]
    interface = ec2.describe_network_interfaces(Filters=attached)["NetworkInterfaces"][0]
    assert interface["PrivateIpAddress"] == found["PrivateIpAddress"]
    ended = ec2.terminate_instances(InstanceIds=[id])["TerminatingInstances"][0]
    assert ended["CurrentState"]["Name"] == "shutting-down"
    for turn in (ec2.start_instances, ec2.stop_instances):
        assert refused(turn, InstanceIds=[id]).code == "IncorrectInstanceState"
    refusal = refused(ec2.terminate_instances, InstanceIds=["i-0123456789abcdef0"])
    assert (refusal.status, refusal.code) == (400, "InvalidInstanceID.NotFound")


def test_instances_start_and_stop(ec2, instance):
    id = instance["InstanceId"]
    started = ec2.start_instances(InstanceIds=[id])["StartingInstances"][0]
    assert started["InstanceId"] == id


def test_tags(ec2, instance, vpc):
    ids = [instance["InstanceId"], vpc]
    ec2.create_tags(Resources=ids, Tags=[{"Key": "team", "Value": "platform"}])
    wanted = [{"Name": "resource-id", "Values": ids}, {"Name": "key", "Values": ["team"]}]
    found = ec2.describe_tags(Filters=wanted)["Tags"]
    assert sorted(each["ResourceType"] for each in found) == ["instance", "vpc"]
    ec2.delete_tags(Resources=ids, Tags=[{"Key": "team"}])
    assert ec2.describe_tags(Filters=wanted)["Tags"] == []


def test_fleets(ec2, subnet, group, profile, name):
    called = name("eks.amazonaws.com/")
    ec2.create_launch_template(
        LaunchTemplateName=called,
        LaunchTemplateData={
            "ImageId": AMI,
            "IamInstanceProfile": {"Name": profile},
            "NetworkInterfaces": [{"DeviceIndex": 0, "Groups": [group]}],
        },
    )
    made = ec2.create_fleet(
        Type="instant",
        TargetCapacitySpecification={"TotalTargetCapacity": 2, "DefaultTargetCapacityType": "spot"},
        SpotOptions={"AllocationStrategy": "price-capacity-optimized"},
        LaunchTemplateConfigs=[
            {
                "LaunchTemplateSpecification": {"LaunchTemplateName": called, "Version": "$Latest"},
                "Overrides": [
                    {"InstanceType": "m5.large", "SubnetId": "subnet-0123456789abcdef0", "Priority": 1.0},
                    {"InstanceType": "c5.large", "SubnetId": subnet, "Priority": 2.0},
                ],
            }
        ],
        TagSpecifications=tagged("fleet", a="b") + tagged("instance", a="b"),
    )
    assert made["Errors"][0]["ErrorCode"] == "InvalidSubnetID.NotFound"
    launched = made["Instances"][0]
    assert (launched["Lifecycle"], launched["InstanceType"]) == ("spot", "c5.large")
    found = ec2.describe_instances(InstanceIds=launched["InstanceIds"])["Reservations"][0]["Instances"]
    assert [each["InstanceLifecycle"] for each in found] == ["spot", "spot"]


def test_dry_runs(ec2, subnet, profile, refused):
    refusal = refused(
        ec2.run_instances, ImageId=AMI, MinCount=1, MaxCount=1, SubnetId=subnet,
        IamInstanceProfile={"Name": profile}, DryRun=True,
    )
    assert (refusal.status, refusal.code) == (412, "DryRunOperation")
    refusal = refused(
        ec2.run_instances, ImageId=AMI, MinCount=1, MaxCount=1, SubnetId=subnet,
        IamInstanceProfile={"Name": "eks-nobody"}, DryRun=True,
    )
    assert refusal.message == (
        "Value (eks-nobody) for parameter iamInstanceProfile.name is invalid. "
        "Invalid IAM Instance Profile name"
    )
    for operation in (ec2.describe_vpcs, ec2.describe_instances, ec2.describe_instance_types):
        assert refused(operation, DryRun=True).code == "DryRunOperation"


def test_bad_parameters(unchecked, refused):
    client = unchecked("ec2")
    assert refused(client.run_instances).code == "MissingParameter"
    assert refused(client.create_vpc, CidrBlock="x").code == "InvalidVpc.Range"
    assert refused(client.describe_instances, InstanceIds=["x"]).code == "InvalidInstanceID.Malformed"
    assert refused(client.create_fleet).code == "InvalidParameterValue"
