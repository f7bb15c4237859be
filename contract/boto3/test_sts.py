"""STS as boto3 uses it."""

import json

import pytest


@pytest.fixture
def role(iam, name, account):
    """Makes roles the account may assume: `role("stem", actions=[…], **parameters)`."""

    def make(stem="role", actions=("sts:AssumeRole",), principal=None, **parameters):
        trust = {
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Principal": principal or {"AWS": account}, "Action": list(actions)}],
        }
        made = iam.create_role(RoleName=name(stem), AssumeRolePolicyDocument=json.dumps(trust), **parameters)
        return made["Role"]["Arn"]

    return make


def test_a_session_is_named_without_the_roles_path(sts, client, role, account):
    arn = role(Path="/platform/eks/")
    given = sts.assume_role(RoleArn=arn, RoleSessionName="s-1")
    short = arn.rsplit("/", 1)[1]
    session = f"arn:aws:sts::{account}:assumed-role/{short}/s-1"
    assert given["AssumedRoleUser"]["Arn"] == session
    mine = client("sts", given["Credentials"]).get_caller_identity()
    assert mine["Arn"] == session
    assert mine["UserId"] == given["AssumedRoleUser"]["AssumedRoleId"]


def test_a_role_nobody_has_and_one_that_trusts_others_are_refused_alike(sts, role, account, refused):
    others = role(principal={"Service": "ec2.amazonaws.com"})
    for arn in [others, f"arn:aws:iam::{account}:role/nobody-has-this"]:
        denied = refused(sts.assume_role, RoleArn=arn, RoleSessionName="s-1")
        assert (denied.code, denied.status) == ("AccessDenied", 403)
        assert denied.message.endswith(f"is not authorized to perform: sts:AssumeRole on resource: {arn}")


def test_session_policies_and_tags(sts, client, role, iam, refused):
    arn = role(actions=["sts:AssumeRole", "sts:TagSession"])
    everything = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    iam.put_role_policy(RoleName=arn.rsplit("/", 1)[1], PolicyName="all", PolicyDocument=json.dumps(everything))
    given = sts.assume_role(
        RoleArn=arn,
        RoleSessionName="s-1",
        Tags=[{"Key": "cluster", "Value": "demo"}],
        TransitiveTagKeys=["cluster"],
        PolicyArns=[{"arn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}],
        DurationSeconds=900,
    )
    assert 0 < given["PackedPolicySize"] <= 100
    narrowed = client("iam", given["Credentials"])
    narrowed.get_role(RoleName=arn.rsplit("/", 1)[1])
    denied = refused(narrowed.create_role, RoleName="x", AssumeRolePolicyDocument=json.dumps(everything))
    assert denied.code in ("AccessDenied", "MalformedPolicyDocument")


def test_durations_have_bounds(sts, unchecked, role, refused):
    arn = role()
    short = refused(unchecked("sts").assume_role, RoleArn=arn, RoleSessionName="s-1", DurationSeconds=60)
    assert (short.code, short.status) == ("ValidationError", 400)
    long = refused(sts.assume_role, RoleArn=arn, RoleSessionName="s-1", DurationSeconds=7200)
    assert long.message == "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."


def test_a_key_tells_its_account(sts, role, account):
    given = sts.assume_role(RoleArn=role(), RoleSessionName="s-1")
    key = given["Credentials"]["AccessKeyId"]
    assert sts.get_access_key_info(AccessKeyId=key)["Account"] == account


def test_a_denial_of_ec2_is_read_with_decode_authorization_message(sts, client, role, refused):
    given = sts.assume_role(RoleArn=role(), RoleSessionName="s-1")
    poor = given["Credentials"]
    denied = refused(client("ec2", poor).describe_instances)
    assert denied.code == "UnauthorizedOperation"
    encoded = denied.message.split("Encoded authorization failure message: ")[1]
    decoded = json.loads(sts.decode_authorization_message(EncodedMessage=encoded)["DecodedMessage"])
    assert (decoded["allowed"], decoded["explicitDeny"]) == (False, False)
    assert decoded["context"]["action"] == "ec2:DescribeInstances"
    assert decoded["context"]["principal"]["arn"] == given["AssumedRoleUser"]["Arn"]
    may_not = refused(client("sts", poor).decode_authorization_message, EncodedMessage=encoded)
    assert may_not.code == "AccessDenied"
    bad = refused(sts.decode_authorization_message, EncodedMessage="bm90aGluZw")
    assert bad.code == "InvalidAuthorizationMessageException"


def test_a_users_session_is_the_user_and_no_good_for_iam(sts, client, refused):
    given = sts.get_session_token(DurationSeconds=900)["Credentials"]
    assert client("sts", given).get_caller_identity()["Arn"] == sts.get_caller_identity()["Arn"]
    assert refused(client("iam", given).list_roles).code == "InvalidClientTokenId"


def test_a_federated_user_may_what_was_passed(sts, client, account, refused):
    policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "eks:List*", "Resource": "*"}]}
    given = sts.get_federation_token(Name="bob", Policy=json.dumps(policy))
    assert given["FederatedUser"]["FederatedUserId"] == f"{account}:bob"
    bob = given["Credentials"]
    client("eks", bob).list_clusters()
    assert refused(client("cloudtrail", bob).list_trails).code == "AccessDeniedException"


def test_a_pod_takes_a_role_with_a_token_of_a_known_issuer(sts, iam, role, name, refused):
    import base64

    issuer = f"oidc.example.com/{name('id')}"
    provider = iam.create_open_id_connect_provider(
        Url=f"https://{issuer}", ClientIDList=["sts.amazonaws.com"], ThumbprintList=["a" * 40]
    )["OpenIDConnectProviderArn"]
    arn = role(actions=["sts:AssumeRoleWithWebIdentity"], principal={"Federated": provider})

    def token(of):
        claims = {"iss": f"https://{of}", "sub": "system:serviceaccount:a:b", "aud": "sts.amazonaws.com"}
        parts = [json.dumps(part).encode() for part in ({"alg": "RS256"}, claims)] + [b"sig"]
        return ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts)

    given = sts.assume_role_with_web_identity(RoleArn=arn, RoleSessionName="s-1", WebIdentityToken=token(issuer))
    assert (given["Provider"], given["Audience"]) == (provider, "sts.amazonaws.com")
    other = refused(
        sts.assume_role_with_web_identity, RoleArn=arn, RoleSessionName="s-1", WebIdentityToken=token("nobody.example")
    )
    assert other.code == "InvalidIdentityToken"
