"""IAM: every operation the sandbox has, through boto3."""

import datetime
import json

import pytest

TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
    ],
}
READ_LOGS = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "logs:Get*", "Resource": "*"}],
}
WORKER = "arn:aws:iam::aws:policy/AmazonEKSWorkerNodeMinimalPolicy"
PULL = "arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryPullOnly"


@pytest.fixture
def role(iam, name):
    made = iam.create_role(
        RoleName=name("NodeRole"),
        Path="/platform/eks/",
        AssumeRolePolicyDocument=json.dumps(TRUST),
        Description="Nodes of the platform",
        MaxSessionDuration=7200,
        Tags=[{"Key": "team", "Value": "platform"}],
    )["Role"]
    return made["RoleName"]


@pytest.fixture
def user(iam, name):
    return iam.create_user(UserName=name("ann"), Path="/people/")["User"]["UserName"]


@pytest.fixture
def policy(iam, name):
    made = iam.create_policy(
        PolicyName=name("ReadLogs"),
        Path="/team/",
        PolicyDocument=json.dumps(READ_LOGS),
        Description="Reads logs",
        Tags=[{"Key": "team", "Value": "logs"}],
    )
    return made["Policy"]["Arn"]


@pytest.fixture
def profile(iam, name):
    made = iam.create_instance_profile(
        InstanceProfileName=name("eks"), Path="/eks/", Tags=[{"Key": "cluster", "Value": "demo"}]
    )
    return made["InstanceProfile"]["InstanceProfileName"]


@pytest.fixture
def limited(iam, client, name):
    """Makes a user with one inline policy and gives a client of it."""

    def make(service, statements):
        who = name("limited")
        iam.create_user(UserName=who)
        document = {"Version": "2012-10-17", "Statement": statements}
        iam.put_user_policy(UserName=who, PolicyName="inline", PolicyDocument=json.dumps(document))
        key = iam.create_access_key(UserName=who)["AccessKey"]
        return client(service, key)

    return make


def allow(action, resource="*", **condition):
    statement = {"Effect": "Allow", "Action": action, "Resource": resource}
    if condition:
        statement["Condition"] = condition
    return statement


# Roles


def test_a_role_keeps_its_path_and_is_found_by_its_name_in_any_case(iam, role, account):
    found = iam.get_role(RoleName=role.upper())["Role"]
    assert found["Arn"] == f"arn:aws:iam::{account}:role/platform/eks/{role}"
    assert found["Path"] == "/platform/eks/"
    assert found["RoleName"] == role
    assert found["RoleId"].startswith("AROA") and len(found["RoleId"]) == 21
    assert found["AssumeRolePolicyDocument"] == TRUST
    assert found["MaxSessionDuration"] == 7200
    assert found["Description"] == "Nodes of the platform"
    assert found["Tags"] == [{"Key": "team", "Value": "platform"}]
    assert found["CreateDate"].tzinfo is not None


def test_names_are_unique_whatever_the_path(iam, role, refused):
    refusal = refused(
        iam.create_role, RoleName=role.lower(), Path="/", AssumeRolePolicyDocument=json.dumps(TRUST)
    )
    assert (refusal.status, refusal.code) == (409, "EntityAlreadyExists")
    assert refusal.message == f"Role with name {role.lower()} already exists."


def test_a_missing_role_is_told_in_iams_words(iam, refused):
    refusal = refused(iam.get_role, RoleName="Nobody")
    assert (refusal.status, refusal.code) == (404, "NoSuchEntity")
    assert refusal.message == "The role with name Nobody cannot be found."


def test_parameters_are_checked_as_iam_checks_them(unchecked, refused):
    iam = unchecked("iam")
    refusal = refused(iam.get_role, RoleName="platform/eks/NodeRole")
    assert (refusal.status, refusal.code) == (400, "ValidationError")
    assert refusal.message == (
        "The specified value for roleName is invalid. It must contain only alphanumeric characters "
        "and/or the following: +=,.@_-"
    )
    trust = json.dumps(TRUST)
    refusal = refused(iam.create_role, RoleName="x" * 65, AssumeRolePolicyDocument=trust)
    assert refusal.message == (
        f"1 validation error detected: Value '{'x' * 65}' at 'roleName' failed to satisfy constraint: "
        "Member must have length less than or equal to 64"
    )
    refusal = refused(iam.create_role, MaxSessionDuration=60, AssumeRolePolicyDocument=trust)
    assert refusal.message == (
        "2 validation errors detected: Value null at 'roleName' failed to satisfy constraint: Member "
        "must not be null; Value '60' at 'maxSessionDuration' failed to satisfy constraint: Member must "
        "have value greater than or equal to 3600"
    )
    refusal = refused(iam.create_role, RoleName="r", Path="eks", AssumeRolePolicyDocument=trust)
    assert refusal.message.startswith("The specified value for path is invalid.")


def test_the_path_of_services_is_reserved(iam, name, refused):
    refusal = refused(
        iam.create_role,
        RoleName=name(),
        Path="/aws-service-role/eks.amazonaws.com/",
        AssumeRolePolicyDocument=json.dumps(TRUST),
    )
    assert (refusal.status, refusal.code) == (400, "InvalidInput")
    assert refusal.message == (
        "Paths beginning with '/aws-service-role' are reserved for AWS Service Linked Roles"
    )


def test_a_trust_policy_must_be_one(iam, name, account, refused):
    def create(**statement):
        document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement}]}
        return refused(
            iam.create_role, RoleName=name(), AssumeRolePolicyDocument=json.dumps(document)
        )

    refusal = create(Principal={"Service": "ec2.amazonaws.com"}, Action="ec2:RunInstances")
    assert (refusal.status, refusal.code) == (400, "MalformedPolicyDocument")
    assert refusal.message == "AssumeRole policy may only specify STS AssumeRole actions."
    nobody = f"arn:aws:iam::{account}:role/Nobody"
    refusal = create(Principal={"AWS": nobody}, Action="sts:AssumeRole")
    assert refusal.message == f'Invalid principal in policy: "AWS":"{nobody}"'
    long = [f"{number:012}" for number in range(200)]
    refusal = create(Principal={"AWS": long}, Action="sts:AssumeRole")
    assert (refusal.status, refusal.code) == (409, "LimitExceeded")
    assert refusal.message == "Cannot exceed quota for ACLSizePerRole: 2048"


def test_a_deleted_principal_leaves_its_id_in_trust_policies(iam, name, role, account):
    trusted = iam.get_role(RoleName=role)["Role"]
    document = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"AWS": trusted["Arn"]}, "Action": "sts:AssumeRole"}
        ],
    }
    trusting = name("trusting")
    iam.create_role(RoleName=trusting, AssumeRolePolicyDocument=json.dumps(document))
    iam.delete_role(RoleName=role)
    shown = iam.get_role(RoleName=trusting)["Role"]["AssumeRolePolicyDocument"]
    assert shown["Statement"][0]["Principal"] == {"AWS": trusted["RoleId"]}


def test_roles_are_listed_by_path_and_page(iam, name):
    path = f"/{name('path')}/"
    made = sorted(name("r") for _ in range(5))
    for each in made:
        iam.create_role(RoleName=each, Path=path, AssumeRolePolicyDocument=json.dumps(TRUST))
    pages = iam.get_paginator("list_roles").paginate(PathPrefix=path, PaginationConfig={"PageSize": 2})
    found = [[role["RoleName"] for role in page["Roles"]] for page in pages]
    assert [len(page) for page in found] == [2, 2, 1]
    assert sorted(sum(found, [])) == made
    assert iam.list_roles(PathPrefix="/nowhere/")["Roles"] == []


def test_a_role_is_updated(iam, role):
    assert iam.update_role(RoleName=role, Description="new", MaxSessionDuration=3600)
    assert iam.get_role(RoleName=role)["Role"]["Description"] == "new"
    changed = iam.update_role_description(RoleName=role, Description="newer")["Role"]
    assert changed["Description"] == "newer"
    document = json.loads(json.dumps(TRUST))
    document["Statement"][0]["Principal"]["Service"] = ["ec2.amazonaws.com", "eks.amazonaws.com"]
    iam.update_assume_role_policy(RoleName=role, PolicyDocument=json.dumps(document))
    assert iam.get_role(RoleName=role)["Role"]["AssumeRolePolicyDocument"] == document


def test_a_role_in_use_is_not_deleted(iam, role, profile, refused):
    iam.add_role_to_instance_profile(InstanceProfileName=profile, RoleName=role)
    iam.attach_role_policy(RoleName=role, PolicyArn=WORKER)
    iam.put_role_policy(RoleName=role, PolicyName="logs", PolicyDocument=json.dumps(READ_LOGS))
    for what, undo in [
        ("remove roles from instance profile", lambda: iam.remove_role_from_instance_profile(
            InstanceProfileName=profile, RoleName=role)),
        ("detach all policies", lambda: iam.detach_role_policy(RoleName=role, PolicyArn=WORKER)),
        ("delete policies", lambda: iam.delete_role_policy(RoleName=role, PolicyName="logs")),
    ]:
        refusal = refused(iam.delete_role, RoleName=role)
        assert (refusal.status, refusal.code) == (409, "DeleteConflict")
        assert refusal.message == f"Cannot delete entity, must {what} first."
        undo()
    iam.delete_role(RoleName=role)
    assert refused(iam.get_role, RoleName=role).code == "NoSuchEntity"


def test_a_role_made_again_has_another_id(iam, name):
    trust = json.dumps(TRUST)
    again = name("again")
    first = iam.create_role(RoleName=again, AssumeRolePolicyDocument=trust)["Role"]["RoleId"]
    iam.delete_role(RoleName=again)
    second = iam.create_role(RoleName=again, AssumeRolePolicyDocument=trust)["Role"]["RoleId"]
    assert first != second and first[4:12] == second[4:12]


# What roles and users carry


@pytest.fixture(params=["role", "user"])
def holder(request, iam):
    """A role or a user, and the operations on it."""
    kind = request.param
    named = request.getfixturevalue(kind)

    class Holder:
        parameter = {f"{kind.capitalize()}Name": named}
        noun = kind

        def __getattr__(self, operation):
            return lambda **rest: getattr(iam, operation.replace("_X", f"_{kind}"))(
                **self.parameter, **rest
            )

        def refused(self, refused, operation, **rest):
            return refused(
                getattr(iam, operation.replace("_X", f"_{kind}")), **self.parameter, **rest
            )

    return Holder()


def test_inline_policies(holder, refused):
    document = json.dumps(READ_LOGS)
    for each in ["b", "a", "c"]:
        holder.put_X_policy(PolicyName=each, PolicyDocument=document)
    assert holder.list_X_policies()["PolicyNames"] == ["a", "b", "c"]
    page = holder.list_X_policies(MaxItems=2)
    assert page["IsTruncated"]
    rest = holder.list_X_policies(Marker=page["Marker"])
    assert (rest["PolicyNames"], rest["IsTruncated"]) == (["c"], False)
    assert holder.get_X_policy(PolicyName="a")["PolicyDocument"] == READ_LOGS
    holder.delete_X_policy(PolicyName="a")
    for operation in ["get_X_policy", "delete_X_policy"]:
        refusal = holder.refused(refused, operation, PolicyName="a")
        assert refusal.message == f"The {holder.noun} policy with name a cannot be found."
    refusal = holder.refused(refused, "put_X_policy", PolicyName="bad", PolicyDocument="{")
    assert (refusal.status, refusal.code) == (400, "MalformedPolicyDocument")
    large = {
        "Version": "2012-10-17",
        "Statement": [allow(f"ec2:{'x' * 100}") for _ in range(80)],
    }
    refusal = holder.refused(
        refused, "put_X_policy", PolicyName="large", PolicyDocument=json.dumps(large)
    )
    assert (refusal.status, refusal.code) == (409, "LimitExceeded")
    assert refusal.message.startswith("Maximum policy size of ")


def test_attached_policies(iam, holder, policy, name, refused):
    holder.attach_X_policy(PolicyArn=policy)
    holder.attach_X_policy(PolicyArn=policy)
    holder.attach_X_policy(PolicyArn=WORKER)
    attached = holder.list_attached_X_policies()["AttachedPolicies"]
    assert {each["PolicyArn"] for each in attached} == {policy, WORKER}
    under = holder.list_attached_X_policies(PathPrefix="/team/")["AttachedPolicies"]
    assert [each["PolicyName"] for each in under] == [policy.rsplit("/", 1)[1]]
    entities = iam.list_entities_for_policy(PolicyArn=policy)
    assert len(entities["PolicyRoles"]) + len(entities["PolicyUsers"]) == 1
    assert iam.get_policy(PolicyArn=policy)["Policy"]["AttachmentCount"] == 1
    assert refused(iam.delete_policy, PolicyArn=policy).code == "DeleteConflict"
    holder.detach_X_policy(PolicyArn=policy)
    refusal = holder.refused(refused, "detach_X_policy", PolicyArn=policy)
    assert refusal.message == f"Policy {policy} was not found."
    unknown = policy + "x"
    refusal = holder.refused(refused, "attach_X_policy", PolicyArn=unknown)
    assert (refusal.status, refusal.code) == (404, "NoSuchEntity")
    assert refusal.message == f"Policy {unknown} does not exist or is not attachable."
    refusal = holder.refused(refused, "attach_X_policy", PolicyArn="not-an-arn-but-long-enough")
    assert refusal.code == "InvalidInput"
    refusal = holder.refused(
        refused,
        "attach_X_policy",
        PolicyArn="arn:aws:iam::aws:policy/aws-service-role/AmazonEKSServiceRolePolicy",
    )
    assert (refusal.status, refusal.code) == (400, "PolicyNotAttachable")
    for _ in range(9):
        made = iam.create_policy(PolicyName=name(), PolicyDocument=json.dumps(READ_LOGS))
        holder.attach_X_policy(PolicyArn=made["Policy"]["Arn"])
    refusal = holder.refused(refused, "attach_X_policy", PolicyArn=PULL)
    quota = f"PoliciesPer{holder.noun.capitalize()}"
    assert refusal.message == f"Cannot exceed quota for {quota}: 10"


def test_permissions_boundaries(iam, holder, policy, refused):
    holder.put_X_permissions_boundary(PermissionsBoundary=policy)
    shown = getattr(holder, "get_X")()[holder.noun.capitalize()]["PermissionsBoundary"]
    assert shown == {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": policy}
    entities = iam.list_entities_for_policy(PolicyArn=policy, PolicyUsageFilter="PermissionsBoundary")
    assert len(entities["PolicyRoles"]) + len(entities["PolicyUsers"]) == 1
    assert iam.get_policy(PolicyArn=policy)["Policy"]["PermissionsBoundaryUsageCount"] == 1
    refusal = holder.refused(
        refused, "put_X_permissions_boundary", PermissionsBoundary=policy + "x"
    )
    assert refusal.code == "NoSuchEntity"
    holder.delete_X_permissions_boundary()
    assert "PermissionsBoundary" not in getattr(holder, "get_X")()[holder.noun.capitalize()]


TAGGED = {
    "role": ("RoleName", "role"),
    "user": ("UserName", "user"),
    "instance_profile": ("InstanceProfileName", "profile"),
    "policy": ("PolicyArn", "policy"),
    "open_id_connect_provider": ("OpenIDConnectProviderArn", "provider"),
}


@pytest.mark.parametrize("kind", TAGGED)
def test_tags(iam, kind, request, refused):
    parameter, fixture = TAGGED[kind]
    this = {parameter: request.getfixturevalue(fixture)}
    operation = lambda verb: getattr(iam, verb.replace("X", kind))
    operation("untag_X")(**this, TagKeys=["team", "cluster"])
    operation("tag_X")(**this, Tags=[{"Key": "Team", "Value": "a"}, {"Key": "b", "Value": ""}])
    operation("tag_X")(**this, Tags=[{"Key": "team", "Value": "c"}])
    tags = operation("list_X_tags")(**this)["Tags"]
    assert tags == [{"Key": "b", "Value": ""}, {"Key": "team", "Value": "c"}]
    page = operation("list_X_tags")(**this, MaxItems=1)
    assert page["IsTruncated"] and len(page["Tags"]) == 1
    refusal = refused(
        operation("tag_X"), **this, Tags=[{"Key": "x", "Value": "1"}, {"Key": "X", "Value": "2"}]
    )
    assert refusal.message == (
        "Duplicate tag keys found. Please note that Tag keys are case insensitive."
    )
    operation("untag_X")(**this, TagKeys=["B"])
    assert [tag["Key"] for tag in operation("list_X_tags")(**this)["Tags"]] == ["team"]
    many = [{"Key": f"k{number}", "Value": ""} for number in range(50)]
    assert refused(operation("tag_X"), **this, Tags=many).code == "LimitExceeded"


# Managed policies


def test_a_policy_and_its_versions(iam, policy, refused):
    shown = iam.get_policy(PolicyArn=policy)["Policy"]
    assert shown["DefaultVersionId"] == "v1" and shown["Path"] == "/team/"
    assert shown["PolicyId"].startswith("ANPA")
    assert shown["Tags"] == [{"Key": "team", "Value": "logs"}]
    first = iam.get_policy_version(PolicyArn=policy, VersionId="v1")["PolicyVersion"]
    assert first["Document"] == READ_LOGS and first["IsDefaultVersion"]
    for number in range(2, 6):
        made = iam.create_policy_version(
            PolicyArn=policy, PolicyDocument=json.dumps(READ_LOGS), SetAsDefault=number == 3
        )
        assert made["PolicyVersion"]["VersionId"] == f"v{number}"
    refusal = refused(
        iam.create_policy_version, PolicyArn=policy, PolicyDocument=json.dumps(READ_LOGS)
    )
    assert (refusal.status, refusal.code) == (409, "LimitExceeded")
    assert iam.get_policy(PolicyArn=policy)["Policy"]["DefaultVersionId"] == "v3"
    refusal = refused(iam.delete_policy_version, PolicyArn=policy, VersionId="v3")
    assert refusal.message == "Cannot delete the default version of a policy."
    iam.delete_policy_version(PolicyArn=policy, VersionId="v5")
    made = iam.create_policy_version(PolicyArn=policy, PolicyDocument=json.dumps(READ_LOGS))
    assert made["PolicyVersion"]["VersionId"] == "v6"
    pages = iam.get_paginator("list_policy_versions").paginate(
        PolicyArn=policy, PaginationConfig={"PageSize": 2}
    )
    listed = [version["VersionId"] for page in pages for version in page["Versions"]]
    assert listed == ["v6", "v4", "v3", "v2", "v1"]
    iam.set_default_policy_version(PolicyArn=policy, VersionId="v1")
    assert refused(iam.delete_policy, PolicyArn=policy).code == "DeleteConflict"
    for version in ["v2", "v3", "v4", "v6"]:
        iam.delete_policy_version(PolicyArn=policy, VersionId=version)
    refusal = refused(iam.get_policy_version, PolicyArn=policy, VersionId="v2")
    assert refusal.message == f"Policy {policy} version v2 does not exist or is not attachable."
    assert refused(iam.set_default_policy_version, PolicyArn=policy, VersionId="v2").status == 404
    iam.delete_policy(PolicyArn=policy)
    refusal = refused(iam.get_policy, PolicyArn=policy)
    assert (refusal.status, refusal.message) == (404, f"Policy {policy} was not found.")


def test_what_a_policy_may_be(iam, policy, name, unchecked, refused):
    refusal = refused(
        iam.create_policy,
        PolicyName=policy.rsplit("/", 1)[1].upper(),
        PolicyDocument=json.dumps(READ_LOGS),
    )
    assert (refusal.status, refusal.code) == (409, "EntityAlreadyExists")
    large = {"Version": "2012-10-17", "Statement": [allow(f"ec2:{'x' * 90}") for _ in range(60)]}
    refusal = refused(iam.create_policy, PolicyName=name(), PolicyDocument=json.dumps(large))
    assert refusal.message == "Cannot exceed quota for PolicySize: 6144"
    # White space does not count.
    roomy = json.dumps(READ_LOGS, indent=1500)
    iam.create_policy(PolicyName=name(), PolicyDocument=roomy)
    refusal = refused(unchecked("iam").get_policy_version, PolicyArn=policy, VersionId="1")
    assert refusal.message == (
        "1 validation error detected: Value '1' at 'versionId' failed to satisfy constraint: Member "
        r"must satisfy regular expression pattern: v[1-9][0-9]*(\.[A-Za-z0-9-]*)?"
    )


def test_all_policies_of_aws_are_there(iam, refused):
    pages = iam.get_paginator("list_policies").paginate(
        Scope="AWS", PaginationConfig={"PageSize": 1000}
    )
    policies = [policy for page in pages for policy in page["Policies"]]
    assert len(policies) > 1000
    assert len({policy["PolicyId"] for policy in policies}) == len(policies)
    under = iam.list_policies(Scope="AWS", PathPrefix="/aws-service-role/", MaxItems=1000)["Policies"]
    arn = "arn:aws:iam::aws:policy/aws-service-role/AmazonEKSServiceRolePolicy"
    assert arn in {policy["Arn"] for policy in under}
    version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
    document = iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]
    assert "eks:DescribeAccessEntry" in json.dumps(document)
    assert iam.list_policy_versions(PolicyArn=arn)["Versions"][0]["VersionId"] == version
    assert iam.list_entities_for_policy(PolicyArn=arn)["PolicyUsers"] == []
    refusal = refused(iam.delete_policy, PolicyArn=arn)
    assert (refusal.status, refusal.code) == (403, "AccessDenied")
    assert refusal.message.endswith(f"perform: iam:DeletePolicy on resource: policy {arn}")
    without_path = "arn:aws:iam::aws:policy/AmazonEKSServiceRolePolicy"
    assert refused(iam.get_policy, PolicyArn=without_path).code == "NoSuchEntity"


def test_policies_are_listed_by_scope_and_use(iam, policy, role):
    local = iam.list_policies(Scope="Local", PathPrefix="/team/", MaxItems=1000)["Policies"]
    assert policy in {each["Arn"] for each in local}
    attached = iam.list_policies(Scope="Local", OnlyAttached=True, MaxItems=1000)["Policies"]
    assert policy not in {each["Arn"] for each in attached}
    iam.put_role_permissions_boundary(RoleName=role, PermissionsBoundary=policy)
    bounding = iam.list_policies(PolicyUsageFilter="PermissionsBoundary", MaxItems=1000)["Policies"]
    assert policy in {each["Arn"] for each in bounding}
    granting = iam.list_policies(PolicyUsageFilter="PermissionsPolicy", MaxItems=1000)["Policies"]
    assert policy not in {each["Arn"] for each in granting}


# Instance profiles


def test_an_instance_profile_holds_one_role(iam, role, profile, account, name, refused):
    shown = iam.get_instance_profile(InstanceProfileName=profile)["InstanceProfile"]
    assert shown["Arn"] == f"arn:aws:iam::{account}:instance-profile/eks/{profile}"
    assert shown["InstanceProfileId"].startswith("AIPA") and shown["Roles"] == []
    assert shown["Tags"] == [{"Key": "cluster", "Value": "demo"}]
    iam.add_role_to_instance_profile(InstanceProfileName=profile, RoleName=role)
    shown = iam.get_instance_profile(InstanceProfileName=profile)["InstanceProfile"]
    assert shown["Roles"][0]["Arn"].endswith(f":role/platform/eks/{role}")
    refusal = refused(iam.add_role_to_instance_profile, InstanceProfileName=profile, RoleName=role)
    assert refusal.message == "Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1"
    for_role = iam.list_instance_profiles_for_role(RoleName=role)["InstanceProfiles"]
    assert [each["InstanceProfileName"] for each in for_role] == [profile]
    under = iam.list_instance_profiles(PathPrefix="/eks", MaxItems=1000)["InstanceProfiles"]
    assert profile in {each["InstanceProfileName"] for each in under}
    refusal = refused(iam.delete_instance_profile, InstanceProfileName=profile)
    assert refusal.message == "Cannot delete entity, must remove roles from instance profile first."
    iam.remove_role_from_instance_profile(InstanceProfileName=profile, RoleName=role)
    refusal = refused(
        iam.remove_role_from_instance_profile, InstanceProfileName=profile, RoleName=role
    )
    assert refusal.code == "NoSuchEntity"
    refusal = refused(iam.create_instance_profile, InstanceProfileName=profile)
    assert refusal.message == f"Instance Profile {profile} already exists."
    iam.delete_instance_profile(InstanceProfileName=profile)
    refusal = refused(iam.get_instance_profile, InstanceProfileName=profile)
    assert refusal.message == f"Instance Profile {profile} cannot be found."
    refusal = refused(
        iam.add_role_to_instance_profile, InstanceProfileName=name(), RoleName=role
    )
    assert refusal.code == "NoSuchEntity"


def test_passing_a_role_is_asked_with_its_path(limited, iam, role, profile, account, refused):
    arn = f"arn:aws:iam::{account}:role/platform/eks/{role}"
    passing = {"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}}
    without_path = f"arn:aws:iam::{account}:role/{role}"
    add = {"InstanceProfileName": profile, "RoleName": role}
    denied = limited(
        "iam", [allow("iam:AddRoleToInstanceProfile"), allow("iam:PassRole", without_path, **passing)]
    )
    refusal = refused(denied.add_role_to_instance_profile, **add)
    assert (refusal.status, refusal.code) == (403, "AccessDenied")
    assert f"is not authorized to perform: iam:PassRole on resource: {arn} because" in refusal.message
    allowed = limited(
        "iam", [allow("iam:AddRoleToInstanceProfile"), allow("iam:PassRole", arn, **passing)]
    )
    allowed.add_role_to_instance_profile(**add)


# Denials and conditions


def test_a_denial_names_the_role_and_decides_on_its_path(limited, role, account, refused):
    below = allow("iam:GetRole", f"arn:aws:iam::{account}:role/platform/*")
    assert limited("iam", [below]).get_role(RoleName=role)
    beside = allow("iam:GetRole", f"arn:aws:iam::{account}:role/{role}")
    refusal = refused(limited("iam", [beside]).get_role, RoleName=role)
    assert (refusal.status, refusal.code) == (403, "AccessDenied")
    assert refusal.message.endswith(
        f"is not authorized to perform: iam:GetRole on resource: role {role} because no "
        "identity-based policy allows the iam:GetRole action"
    )
    refusal = refused(limited("iam", [beside]).list_policies)
    assert "iam:ListPolicies on resource: policy path / because" in refusal.message
    refusal = refused(limited("iam", [beside]).list_roles, PathPrefix="/platform/")
    assert f"resource: arn:aws:iam::{account}:role/platform/ because" in refusal.message


def test_condition_keys(limited, iam, role, policy, name, refused):
    trust = json.dumps(TRUST)
    tagged = limited(
        "iam",
        [
            allow("iam:TagRole", "*", StringEquals={"aws:ResourceTag/team": "platform"},
                  **{"ForAllValues:StringEquals": {"aws:TagKeys": ["cost"]}}),
            allow("iam:CreateRole", "*", StringEquals={"iam:PermissionsBoundary": policy}),
            allow("iam:AttachRolePolicy", "*", ArnEquals={"iam:PolicyARN": WORKER}),
            allow("iam:CreateServiceLinkedRole", "*",
                  StringEquals={"iam:AWSServiceName": "eks-connector.amazonaws.com"}),
        ],
    )
    tagged.tag_role(RoleName=role, Tags=[{"Key": "cost", "Value": "1"}])
    tags = [{"Key": "other", "Value": "1"}]
    assert refused(tagged.tag_role, RoleName=role, Tags=tags).code == "AccessDenied"
    create = {"AssumeRolePolicyDocument": trust}
    assert refused(tagged.create_role, RoleName=name(), **create).code == "AccessDenied"
    tagged.create_role(RoleName=name(), PermissionsBoundary=policy, **create)
    assert refused(tagged.attach_role_policy, RoleName=role, PolicyArn=PULL).code == "AccessDenied"
    tagged.attach_role_policy(RoleName=role, PolicyArn=WORKER)
    refusal = refused(tagged.create_service_linked_role, AWSServiceName="eks.amazonaws.com")
    assert refusal.code == "AccessDenied"


# Users


def test_a_user_and_its_keys(iam, user, account, client, refused):
    shown = iam.get_user(UserName=user)["User"]
    assert shown["Arn"] == f"arn:aws:iam::{account}:user/people/{user}"
    assert shown["UserId"].startswith("AIDA")
    listed = iam.list_users(PathPrefix="/people/", MaxItems=1000)["Users"]
    assert user in {each["UserName"] for each in listed}
    assert refused(iam.create_user, UserName=user).message == f"User with name {user} already exists."
    key = iam.create_access_key(UserName=user)["AccessKey"]
    assert len(key["AccessKeyId"]) == 20 and len(key["SecretAccessKey"]) == 40
    assert client("sts", key).get_caller_identity()["Arn"] == shown["Arn"]
    iam.create_access_key(UserName=user)
    refusal = refused(iam.create_access_key, UserName=user)
    assert refusal.message == "Cannot exceed quota for AccessKeysPerUser: 2"
    keys = iam.list_access_keys(UserName=user)["AccessKeyMetadata"]
    assert {each["Status"] for each in keys} == {"Active"} and len(keys) == 2
    iam.update_access_key(UserName=user, AccessKeyId=key["AccessKeyId"], Status="Inactive")
    assert refused(client("sts", key).get_caller_identity).code == "InvalidClientTokenId"
    refusal = refused(iam.delete_user, UserName=user)
    assert refusal.message == "Cannot delete entity, must delete access keys first."
    for each in keys:
        iam.delete_access_key(UserName=user, AccessKeyId=each["AccessKeyId"])
    gone = {"UserName": user, "AccessKeyId": key["AccessKeyId"]}
    assert refused(iam.delete_access_key, **gone).code == "NoSuchEntity"
    iam.delete_user(UserName=user)
    refusal = refused(iam.get_user, UserName=user)
    assert refusal.message == f"The user with name {user} cannot be found."


def test_without_a_name_a_call_is_about_the_caller(iam, limited):
    assert iam.get_user()["User"]["UserName"] == "administrator"
    own = limited("iam", [allow(["iam:GetUser", "iam:ListAccessKeys"])])
    name = own.get_user()["User"]["UserName"]
    keys = own.list_access_keys()["AccessKeyMetadata"]
    assert [key["UserName"] for key in keys] == [name]


# Service-linked roles


def test_a_service_linked_role(iam, account, refused):
    name = "AWSServiceRoleForAmazonEKSConnector"
    made = iam.create_service_linked_role(
        AWSServiceName="eks-connector.amazonaws.com", Description="connects"
    )["Role"]
    path = "/aws-service-role/eks-connector.amazonaws.com/"
    assert made["Arn"] == f"arn:aws:iam::{account}:role{path}{name}"
    principal = made["AssumeRolePolicyDocument"]["Statement"][0]["Principal"]
    assert principal == {"Service": "eks-connector.amazonaws.com"}
    attached = iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]
    assert [each["PolicyName"] for each in attached] == ["AmazonEKSConnectorServiceRolePolicy"]
    refusal = refused(
        iam.create_service_linked_role, AWSServiceName="eks-connector.amazonaws.com"
    )
    assert (refusal.status, refusal.code) == (400, "InvalidInput")
    assert refusal.message == (
        f"Service role name {name} has been taken in this account, please try a different suffix."
    )
    for operation, rest in [
        (iam.delete_role, {}),
        (iam.attach_role_policy, {"PolicyArn": WORKER}),
        (iam.put_role_policy, {"PolicyName": "x", "PolicyDocument": json.dumps(READ_LOGS)}),
        (iam.update_assume_role_policy, {"PolicyDocument": json.dumps(TRUST)}),
        (iam.put_role_permissions_boundary, {"PermissionsBoundary": WORKER}),
    ]:
        refusal = refused(operation, RoleName=name, **rest)
        assert (refusal.status, refusal.code) == (400, "UnmodifiableEntity")
        assert refusal.message == (
            f"Cannot perform the operation on the protected role '{name}' - this role is only "
            "modifiable by AWS"
        )
    iam.update_role_description(RoleName=name, Description="mine")
    task = iam.delete_service_linked_role(RoleName=name)["DeletionTaskId"]
    assert task.startswith(f"task{path}{name}/")
    status = iam.get_service_linked_role_deletion_status(DeletionTaskId=task)
    assert status["Status"] == "SUCCEEDED"
    assert refused(iam.get_role, RoleName=name).code == "NoSuchEntity"
    assert refused(iam.delete_service_linked_role, RoleName=name).code == "NoSuchEntity"


def test_suffixes_and_services(iam, name, refused):
    suffix = name("s")
    made = iam.create_service_linked_role(
        AWSServiceName="autoscaling.amazonaws.com", CustomSuffix=suffix
    )["Role"]
    assert made["RoleName"] == f"AWSServiceRoleForAutoScaling_{suffix}"
    refusal = refused(
        iam.create_service_linked_role, AWSServiceName="spot.amazonaws.com", CustomSuffix="x"
    )
    assert refusal.message == "Custom suffix is not allowed for spot.amazonaws.com"
    refusal = refused(iam.create_service_linked_role, AWSServiceName="nothing.amazonaws.com")
    assert refusal.code == "InvalidInput"


# OpenID Connect providers


@pytest.fixture
def provider(iam, name):
    host = f"oidc.eks.eu-central-1.amazonaws.com/id/{name('e').upper()}"
    return iam.create_open_id_connect_provider(
        Url=f"https://{host}",
        ClientIDList=["sts.amazonaws.com"],
        ThumbprintList=["9e99a48a9960b14926bb7f3b02e22da2b0ab7280"],
        Tags=[{"Key": "cluster", "Value": "demo"}],
    )["OpenIDConnectProviderArn"]


def test_an_oidc_provider(iam, provider, refused):
    shown = iam.get_open_id_connect_provider(OpenIDConnectProviderArn=provider)
    assert provider.endswith(":oidc-provider/" + shown["Url"])
    assert shown["ClientIDList"] == ["sts.amazonaws.com"] and len(shown["ThumbprintList"]) == 1
    this = {"OpenIDConnectProviderArn": provider}
    iam.add_client_id_to_open_id_connect_provider(**this, ClientID="other")
    iam.remove_client_id_from_open_id_connect_provider(**this, ClientID="sts.amazonaws.com")
    iam.update_open_id_connect_provider_thumbprint(**this, ThumbprintList=["0" * 40])
    changed = iam.get_open_id_connect_provider(**this)
    assert (changed["ClientIDList"], changed["ThumbprintList"]) == (["other"], ["0" * 40])
    listed = iam.list_open_id_connect_providers()["OpenIDConnectProviderList"]
    assert {"Arn": provider} in listed
    url = "https://" + shown["Url"]
    refusal = refused(iam.create_open_id_connect_provider, Url=url)
    assert refusal.message == f"Provider with url {url} already exists."
    assert refused(iam.create_open_id_connect_provider, Url="http://x").code == "InvalidInput"
    iam.delete_open_id_connect_provider(OpenIDConnectProviderArn=provider)
    refusal = refused(iam.get_open_id_connect_provider, OpenIDConnectProviderArn=provider)
    assert refusal.code == "NoSuchEntity"


# The account


def test_the_account_in_numbers(iam, role):
    summary = iam.get_account_summary()["SummaryMap"]
    assert summary["Roles"] >= 1 and summary["InstanceProfilesQuota"] == 1000
    assert iam.list_account_aliases()["AccountAliases"] == []
    assert iam.list_groups()["Groups"] == []


def test_nobody_is_in_a_group(iam, user, refused):
    assert iam.list_groups_for_user(UserName=user)["Groups"] == []
    assert refused(iam.list_groups_for_user, UserName="Nobody").code == "NoSuchEntity"


def test_the_account_in_detail(iam, role, user, policy, profile):
    iam.attach_role_policy(RoleName=role, PolicyArn=policy)
    iam.attach_role_policy(RoleName=role, PolicyArn=PULL)
    iam.put_role_policy(RoleName=role, PolicyName="logs", PolicyDocument=json.dumps(READ_LOGS))
    iam.add_role_to_instance_profile(InstanceProfileName=profile, RoleName=role)
    pages = iam.get_paginator("get_account_authorization_details").paginate(
        PaginationConfig={"PageSize": 3}
    )
    users, roles, policies = {}, {}, {}
    for page in pages:
        users |= {each["UserName"]: each for each in page["UserDetailList"]}
        roles |= {each["RoleName"]: each for each in page["RoleDetailList"]}
        policies |= {each["Arn"]: each for each in page["Policies"]}
    assert user in users
    shown = roles[role]
    assert shown["RolePolicyList"] == [{"PolicyName": "logs", "PolicyDocument": READ_LOGS}]
    assert shown["InstanceProfileList"][0]["InstanceProfileName"] == profile
    assert {each["PolicyArn"] for each in shown["AttachedManagedPolicies"]} == {policy, PULL}
    assert policies[policy]["PolicyVersionList"][0]["Document"] == READ_LOGS
    assert policies[PULL]["PolicyVersionList"][0]["IsDefaultVersion"]
    only = iam.get_account_authorization_details(Filter=["LocalManagedPolicy"], MaxItems=1000)
    assert only["RoleDetailList"] == [] and policy in {each["Arn"] for each in only["Policies"]}


# Simulation


def simulate(iam, statements, action, resources=(), **rest):
    document = {"Version": "2012-10-17", "Statement": statements}
    if resources:
        rest["ResourceArns"] = list(resources)
    return iam.simulate_custom_policy(
        PolicyInputList=[json.dumps(document)], ActionNames=[action], **rest
    )["EvaluationResults"][0]


def test_a_custom_policy_is_simulated(iam):
    statements = [allow("s3:Get*"), {"Effect": "Deny", "Action": "s3:GetObjectAcl", "Resource": "*"}]
    result = simulate(iam, statements, "s3:GetObject")
    assert (result["EvalDecision"], result["EvalResourceName"]) == ("allowed", "*")
    matched = result["MatchedStatements"][0]
    assert matched["SourcePolicyId"] == "PolicyInputList.1"
    assert matched["StartPosition"]["Line"] == 1
    assert matched["EndPosition"]["Column"] > matched["StartPosition"]["Column"]
    assert simulate(iam, statements, "s3:GetObjectAcl")["EvalDecision"] == "explicitDeny"
    result = simulate(iam, statements, "s3:PutObject")
    assert (result["EvalDecision"], result["MatchedStatements"]) == ("implicitDeny", [])


def test_context_keys_decide_and_missing_ones_are_named(iam):
    statements = [
        allow("eks:DescribeAccessEntry", "*", StringEquals={"eks:accessEntryType": "EC2"}),
        allow("s3:GetObject", "arn:aws:s3:::b/${aws:username}/*"),
    ]
    result = simulate(iam, statements, "eks:DescribeAccessEntry")
    assert result["EvalDecision"] == "implicitDeny"
    assert result["MissingContextValues"] == ["eks:accessEntryType"]
    for value, decision in [("EC2", "allowed"), ("EC2_LINUX", "implicitDeny")]:
        entry = {
            "ContextKeyName": "eks:accessEntryType",
            "ContextKeyValues": [value],
            "ContextKeyType": "string",
        }
        result = simulate(iam, statements, "eks:DescribeAccessEntry", ContextEntries=[entry])
        assert (result["EvalDecision"], result["MissingContextValues"]) == (decision, [])
    keys = iam.get_context_keys_for_custom_policy(
        PolicyInputList=[json.dumps({"Version": "2012-10-17", "Statement": statements})]
    )
    assert keys["ContextKeyNames"] == ["eks:accessEntryType", "aws:username"]


def test_each_resource_has_its_own_result(iam, account):
    below, beside = (f"arn:aws:iam::{account}:role/{name}" for name in ["eks/a", "b"])
    passing = [allow("iam:PassRole", f"arn:aws:iam::{account}:role/eks/*")]
    result = simulate(iam, passing, "iam:PassRole", [below, beside])
    assert result["EvalDecision"] == "implicitDeny"
    assert result["EvalResourceName"] == "arn:${Partition}:iam::${Account}:role/${RoleNameWithPath}"
    specific = {
        each["EvalResourceName"]: each["EvalResourceDecision"]
        for each in result["ResourceSpecificResults"]
    }
    assert specific == {below: "allowed", beside: "implicitDeny"}


def test_assuming_a_role_is_simulated_without_its_trust_policy(iam, account):
    arn = f"arn:aws:iam::{account}:role/platform/Deploy"
    allowed = simulate(iam, [allow("sts:AssumeRole", arn)], "sts:AssumeRole", [arn])
    assert allowed["EvalDecision"] == "allowed"
    assert simulate(iam, [allow("s3:*")], "sts:AssumeRole", [arn])["EvalDecision"] == "implicitDeny"


def test_boundaries_and_organizations_are_told(iam):
    boundary = json.dumps({"Version": "2012-10-17", "Statement": [allow("s3:*")]})
    result = simulate(iam, [allow("*")], "ec2:RunInstances", PermissionsBoundaryPolicyInputList=[boundary])
    assert result["EvalDecision"] == "implicitDeny"
    assert result["PermissionsBoundaryDecisionDetail"] == {"AllowedByPermissionsBoundary": False}
    control = [{"ServiceControlPolicyInputList": [boundary]}]
    result = simulate(iam, [allow("*")], "s3:GetObject", OrderedOrganizationPolicyInputList=control)
    assert result["EvalDecision"] == "allowed"
    assert result["OrganizationsDecisionDetail"] == {"AllowedByOrganizations": True}


def test_a_resource_policy_of_another_account_must_allow_too(iam, account):
    bucket = "arn:aws:s3:::other"
    caller = f"arn:aws:iam::{account}:user/ann"

    def with_principal(principal):
        statement = allow("s3:ListBucket", bucket) | {"Principal": {"AWS": principal}}
        return simulate(
            iam,
            [allow("s3:*")],
            "s3:ListBucket",
            [bucket],
            ResourcePolicy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
            ResourceOwner="arn:aws:iam::999988887777:root",
            CallerArn=caller,
        )

    result = with_principal(caller)
    assert result["EvalDecision"] == "allowed"
    assert result["EvalDecisionDetails"]["Resource Policy"] == "allowed"
    assert with_principal("444455556666")["EvalDecision"] == "implicitDeny"


def test_a_principals_policies_are_simulated(iam, role, policy, account, refused):
    arn = iam.get_role(RoleName=role)["Role"]["Arn"]
    iam.attach_role_policy(RoleName=role, PolicyArn=policy)
    statement = allow("ec2:RunInstances", "*", StringEquals={"aws:RequestTag/team": "${aws:userid}"})
    document = {"Version": "2012-10-17", "Statement": [statement]}
    iam.put_role_policy(RoleName=role, PolicyName="run", PolicyDocument=json.dumps(document))
    ask = {"PolicySourceArn": arn, "ActionNames": ["logs:GetLogEvents", "ec2:RunInstances"]}
    results = iam.simulate_principal_policy(**ask)["EvaluationResults"]
    assert [each["EvalDecision"] for each in results] == ["allowed", "implicitDeny"]
    assert results[0]["MatchedStatements"][0]["SourcePolicyId"] == policy.rsplit("/", 1)[1]
    assert results[1]["MissingContextValues"] == ["aws:RequestTag/team", "aws:userid"]
    without = iam.simulate_principal_policy(**ask, PolicyExclusionList=[{"PolicyArn": policy}])
    assert without["EvaluationResults"][0]["EvalDecision"] == "implicitDeny"
    inline = {
        "PolicyName": "run", "AttachmentType": "role", "AttachmentName": role[:4] + "*",
    }
    without = iam.simulate_principal_policy(
        **ask, PolicyExclusionList=[{"InlinePolicyIdentifier": inline}]
    )
    assert without["EvaluationResults"][1]["MissingContextValues"] == []
    more = iam.simulate_principal_policy(**ask, PolicyInputList=[
        json.dumps({"Version": "2012-10-17", "Statement": [allow("ec2:*")]})
    ])
    assert more["EvaluationResults"][1]["EvalDecision"] == "allowed"
    pages = iam.get_paginator("simulate_principal_policy").paginate(
        **ask, PaginationConfig={"PageSize": 1}
    )
    assert [len(page["EvaluationResults"]) for page in pages] == [1, 1]
    keys = iam.get_context_keys_for_principal_policy(PolicySourceArn=arn)["ContextKeyNames"]
    assert keys == ["aws:RequestTag/team", "aws:userid"]
    session = f"arn:aws:sts::{account}:assumed-role/{role}/session"
    refusal = refused(iam.simulate_principal_policy, PolicySourceArn=session, ActionNames=["s3:GetObject"])
    assert (refusal.status, refusal.code) == (400, "InvalidInput")
    assert refusal.message == f"Invalid ARN provided in the request: {session}"


def test_times_are_those_of_the_sandbox(iam, role):
    created = iam.get_role(RoleName=role)["Role"]["CreateDate"]
    now = datetime.datetime.now(datetime.timezone.utc)
    assert abs((now - created).total_seconds()) < 3600
