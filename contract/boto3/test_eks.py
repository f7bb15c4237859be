"""Every operation of EKS that the sandbox emulates, through boto3."""

import datetime
import json

import pytest

POLICY = "arn:aws:eks::aws:cluster-access-policy"
NO_ENTRY = (
    "The specified principalArn could not be found. You can view your available access entries "
    "with 'list-access-entries'."
)


def trust(service):
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": service},
        "Action": ["sts:AssumeRole", "sts:TagSession"],
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@pytest.fixture
def role(iam, name):
    """Makes a role and gives its ARN."""

    def make(service="ec2.amazonaws.com", path="/platform/eks/", role_name=None):
        made = iam.create_role(
            RoleName=role_name or name("role"),
            Path=path,
            AssumeRolePolicyDocument=trust(service),
        )
        return made["Role"]["Arn"]

    return make


@pytest.fixture
def cluster(eks, role, name):
    """Makes a cluster and gives its name."""

    def make(mode="API", **more):
        cluster = name("cluster")
        eks.create_cluster(
            name=cluster,
            roleArn=role("eks.amazonaws.com", "/"),
            resourcesVpcConfig={"subnetIds": []},
            accessConfig={"authenticationMode": mode},
            **more,
        )
        eks.get_waiter("cluster_active").wait(name=cluster, WaiterConfig={"Delay": 1})
        return cluster

    return make


def test_a_cluster_from_creation_to_deletion(eks, cluster, name):
    made = cluster(tags={"team": "a"}, version="1.32")
    shown = eks.describe_cluster(name=made)["cluster"]
    assert shown["status"] == "ACTIVE"
    assert shown["version"] == "1.32"
    assert shown["tags"] == {"team": "a"}
    assert isinstance(shown["createdAt"], datetime.datetime)
    assert made in eks.list_clusters()["clusters"]
    update = eks.update_cluster_version(name=made, version="1.33")["update"]
    seen = eks.describe_update(name=made, updateId=update["id"])["update"]
    assert (seen["status"], seen["type"]) == ("Successful", "VersionUpdate")
    assert eks.list_updates(name=made)["updateIds"] == [update["id"]]
    assert eks.delete_cluster(name=made)["cluster"]["status"] == "DELETING"
    eks.get_waiter("cluster_deleted").wait(name=made, WaiterConfig={"Delay": 1})


def test_unknown_and_double_clusters(eks, cluster, role, refused, name):
    gone = name("gone")
    said = refused(eks.describe_cluster, name=gone)
    assert (said.status, said.code) == (404, "ResourceNotFoundException")
    assert said.message == f"No cluster found for name: {gone}."
    made = cluster()
    said = refused(
        eks.create_cluster,
        name=made,
        roleArn=role("eks.amazonaws.com", "/"),
        resourcesVpcConfig={"subnetIds": []},
    )
    assert (said.status, said.code) == (409, "ResourceInUseException")


def test_the_authentication_mode_goes_one_way(eks, cluster, refused):
    made = cluster("CONFIG_MAP")
    said = refused(eks.list_access_entries, clusterName=made)
    assert said.code == "InvalidRequestException"

    def to(mode):
        return {"name": made, "accessConfig": {"authenticationMode": mode}}

    assert "from CONFIG_MAP to API" in refused(eks.update_cluster_config, **to("API")).message
    update = eks.update_cluster_config(**to("API_AND_CONFIG_MAP"))["update"]
    assert update["params"] == [{"type": "AuthenticationMode", "value": '"API_AND_CONFIG_MAP"'}]
    eks.update_cluster_config(**to("API"))
    assert refused(eks.update_cluster_config, **to("CONFIG_MAP")).code == "InvalidParameterException"


def test_auto_mode_registers_its_node_role_and_forgets_it(eks, role, cluster):
    node_role = role()
    on = {
        "computeConfig": {"enabled": True, "nodePools": ["system"], "nodeRoleArn": node_role},
        "kubernetesNetworkConfig": {"elasticLoadBalancing": {"enabled": True}},
        "storageConfig": {"blockStorage": {"enabled": True}},
    }
    made = cluster(**on)
    entry = eks.describe_access_entry(clusterName=made, principalArn=node_role)["accessEntry"]
    assert entry["type"] == "EC2"
    policies = eks.list_associated_access_policies(clusterName=made, principalArn=node_role)
    assert [p["policyArn"] for p in policies["associatedAccessPolicies"]] == [
        f"{POLICY}/AmazonEKSAutoNodePolicy"
    ]
    assert eks.describe_cluster(name=made)["cluster"]["computeConfig"]["nodePools"] == ["system"]
    on["computeConfig"] = {"enabled": True, "nodePools": []}
    eks.update_cluster_config(name=made, **on)
    assert node_role not in eks.list_access_entries(clusterName=made)["accessEntries"]


def test_an_access_entry_from_creation_to_deletion(eks, cluster, role, refused):
    made, node_role = cluster(), role()
    node = {"clusterName": made, "principalArn": node_role}
    assert refused(eks.describe_access_entry, **node).message == NO_ENTRY
    entry = eks.create_access_entry(**node, type="EC2", tags={"a": "b"})["accessEntry"]
    assert entry["principalArn"] == node_role
    name = node_role.rsplit("/", 1)[1]
    assert f":access-entry/{made}/role/" in entry["accessEntryArn"]
    assert f"/{name}/" in entry["accessEntryArn"]
    assert entry["tags"] == {"a": "b"}
    assert eks.describe_access_entry(**node)["accessEntry"] == entry
    assert refused(eks.create_access_entry, **node).status == 409
    assert node_role in eks.list_access_entries(clusterName=made)["accessEntries"]
    scope = {"type": "cluster"}
    auto = f"{POLICY}/AmazonEKSAutoNodePolicy"
    associated = eks.associate_access_policy(**node, policyArn=auto, accessScope=scope)
    assert associated["associatedAccessPolicy"]["accessScope"] == {"type": "cluster", "namespaces": []}
    eks.disassociate_access_policy(**node, policyArn=auto)
    listed = eks.list_associated_access_policies(**node)
    assert listed["associatedAccessPolicies"] == []
    eks.delete_access_entry(**node)
    assert refused(eks.delete_access_entry, **node).code == "ResourceNotFoundException"


def test_a_standard_entry_can_be_renamed(eks, cluster, role):
    made, principal = cluster(), role()
    of = {"clusterName": made, "principalArn": principal}
    eks.create_access_entry(**of, kubernetesGroups=["a"])
    entry = eks.update_access_entry(**of, username="x:{{SessionName}}", kubernetesGroups=["b"])
    assert entry["accessEntry"]["username"] == "x:{{SessionName}}"
    assert entry["accessEntry"]["kubernetesGroups"] == ["b"]
    assert entry["accessEntry"]["type"] == "STANDARD"


def test_principals_need_the_path_they_have(eks, cluster, role, refused, account):
    made, node_role = cluster(), role()
    bare = f"arn:aws:iam::{account}:role/{node_role.rsplit('/', 1)[1]}"
    said = refused(eks.create_access_entry, clusterName=made, principalArn=bare, type="EC2")
    assert said.code == "InvalidParameterException"
    assert said.message == "The specified principalArn is invalid: invalid principal."


def test_bad_parameters_reach_eks(unchecked, cluster, refused):
    eks, made = unchecked("eks"), cluster()
    said = refused(eks.create_access_entry, clusterName=made)
    assert said.message == "The principalArn parameter format is not valid"
    said = refused(eks.create_access_entry, clusterName=made, principalArn=7)
    assert said.status == 400


def test_lists_come_in_pages(eks, cluster, role):
    made = cluster()
    for _ in range(4):
        eks.create_access_entry(clusterName=made, principalArn=role())
    pages = eks.get_paginator("list_access_entries").paginate(
        clusterName=made, PaginationConfig={"PageSize": 2}
    )
    sizes = [len(page["accessEntries"]) for page in pages]
    assert sizes == [2, 2, 1]
    names = {p["name"] for p in eks.list_access_policies()["accessPolicies"]}
    assert {"AmazonEKSAutoNodePolicy", "AmazonEKSClusterAdminPolicy"} <= names


def test_a_node_group_leaves_its_entry_behind(eks, cluster, role, refused):
    made, node_role = cluster(), role()
    group = {"clusterName": made, "nodegroupName": "workers"}
    eks.create_nodegroup(
        **group,
        nodeRole=node_role,
        subnets=["subnet-0123456789abcdef0"],
        scalingConfig={"minSize": 0, "maxSize": 2, "desiredSize": 1},
        labels={"x": "y"},
        taints=[{"key": "k", "value": "v", "effect": "NO_SCHEDULE"}],
        tags={"team": "a"},
    )
    eks.get_waiter("nodegroup_active").wait(**group, WaiterConfig={"Delay": 1})
    shown = eks.describe_nodegroup(**group)["nodegroup"]
    assert shown["nodeRole"] == node_role
    assert shown["taints"] == [{"key": "k", "value": "v", "effect": "NO_SCHEDULE"}]
    assert eks.list_nodegroups(clusterName=made)["nodegroups"] == ["workers"]
    update = eks.update_nodegroup_config(**group, scalingConfig={"desiredSize": 2})["update"]
    of_group = {"name": made, "nodegroupName": "workers"}
    assert eks.list_updates(**of_group)["updateIds"] == [update["id"]]
    assert eks.describe_update(**of_group, updateId=update["id"])["update"]["status"] == "Successful"
    eks.update_nodegroup_version(**group)
    entry = {"clusterName": made, "principalArn": node_role}
    assert eks.describe_access_entry(**entry)["accessEntry"]["type"] == "EC2_LINUX"
    assert refused(eks.list_associated_access_policies, **entry).status == 400
    assert refused(eks.delete_cluster, name=made).code == "ResourceInUseException"
    eks.delete_nodegroup(**group)
    eks.get_waiter("nodegroup_deleted").wait(**group, WaiterConfig={"Delay": 1})
    eks.describe_access_entry(**entry)


def test_a_node_role_must_trust_ec2(eks, cluster, role, refused):
    wrong = role("eks.amazonaws.com")
    said = refused(
        eks.create_nodegroup,
        clusterName=cluster(),
        nodegroupName="workers",
        nodeRole=wrong,
        subnets=[],
    )
    assert said.message == (
        "Following required service principals [ec2.amazonaws.com] were not found in the trust "
        f"relationships of nodeRole {wrong}"
    )


def test_a_fargate_profile(eks, cluster, role):
    made = cluster()
    profile = {"clusterName": made, "fargateProfileName": "pods"}
    eks.create_fargate_profile(
        **profile,
        podExecutionRoleArn=role("eks-fargate-pods.amazonaws.com"),
        selectors=[{"namespace": "default", "labels": {"a": "b"}}],
        subnets=["subnet-0123456789abcdef0"],
    )
    eks.get_waiter("fargate_profile_active").wait(**profile, WaiterConfig={"Delay": 1})
    assert eks.describe_fargate_profile(**profile)["fargateProfile"]["status"] == "ACTIVE"
    assert eks.list_fargate_profiles(clusterName=made)["fargateProfileNames"] == ["pods"]
    eks.delete_fargate_profile(**profile)
    eks.get_waiter("fargate_profile_deleted").wait(**profile, WaiterConfig={"Delay": 1})


def test_pod_identity_associations(eks, cluster, role):
    made = cluster()
    of = {"clusterName": made}
    association = eks.create_pod_identity_association(
        **of, namespace="n", serviceAccount="s", roleArn=role("pods.eks.amazonaws.com")
    )["association"]
    one = {"clusterName": made, "associationId": association["associationId"]}
    assert eks.describe_pod_identity_association(**one)["association"] == association
    eks.update_pod_identity_association(**one, roleArn=role("pods.eks.amazonaws.com"))
    listed = eks.list_pod_identity_associations(**of)["associations"]
    assert [a["associationId"] for a in listed] == [association["associationId"]]
    eks.delete_pod_identity_association(**one)


def test_addons(eks, cluster):
    made = cluster()
    addon = {"clusterName": made, "addonName": "vpc-cni"}
    eks.create_addon(**addon, tags={"a": "b"})
    eks.get_waiter("addon_active").wait(**addon, WaiterConfig={"Delay": 1})
    versions = eks.describe_addon_versions(addonName="vpc-cni")["addons"][0]["addonVersions"]
    update = eks.update_addon(**addon, addonVersion=versions[-1]["addonVersion"])["update"]
    of_addon = {"name": made, "addonName": "vpc-cni", "updateId": update["id"]}
    assert eks.describe_update(**of_addon)["update"]["type"] == "AddonUpdate"
    assert eks.describe_addon(**addon)["addon"]["addonVersion"] == versions[-1]["addonVersion"]
    assert eks.list_addons(clusterName=made)["addons"] == ["vpc-cni"]
    eks.delete_addon(**addon)
    eks.get_waiter("addon_deleted").wait(**addon, WaiterConfig={"Delay": 1})


def test_tags(eks, cluster, refused):
    arn = eks.describe_cluster(name=cluster())["cluster"]["arn"]
    eks.tag_resource(resourceArn=arn, tags={"a": "1", "b": "2"})
    eks.untag_resource(resourceArn=arn, tagKeys=["a"])
    assert eks.list_tags_for_resource(resourceArn=arn)["tags"] == {"b": "2"}
    assert refused(eks.list_tags_for_resource, resourceArn=f"{arn}-gone").status == 404


def test_versions(eks):
    versions = eks.describe_cluster_versions(includeAll=True)["clusterVersions"]
    assert any(version["defaultVersion"] for version in versions)
    one = eks.describe_cluster_versions(clusterVersions=["1.33"])["clusterVersions"]
    assert [version["clusterVersion"] for version in one] == ["1.33"]


def test_the_starting_case_is_denied_and_recorded(eks, iam, cluster, role, client, name, refused, account):
    """A caller with EKS's own policy is refused an entry it names without the path."""
    made, node_role = cluster(), role()
    eks.create_access_entry(clusterName=made, principalArn=node_role, type="EC2")
    user = name("user")
    iam.create_user(UserName=user)
    statement = {
        "Effect": "Allow",
        "Action": "eks:DescribeAccessEntry",
        "Resource": "*",
        "Condition": {"StringEquals": {"eks:accessEntryType": "EC2"}},
    }
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.put_user_policy(UserName=user, PolicyName="like-eks", PolicyDocument=document)
    key = iam.create_access_key(UserName=user)["AccessKey"]
    theirs = client("eks", key)
    assert theirs.describe_access_entry(clusterName=made, principalArn=node_role)
    bare_name = node_role.rsplit("/", 1)[1]
    bare = f"arn:aws:iam::{account}:role/{bare_name}"
    said = refused(theirs.describe_access_entry, clusterName=made, principalArn=bare)
    assert (said.status, said.code) == (403, "AccessDeniedException")
    assert f":access-entry/{made}/role/{account}/{bare_name}/*" in said.message
