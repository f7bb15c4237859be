"""The checker itself: it must find what is wrong, or the other tests prove nothing."""

import pytest
from botocore.session import get_session

import model_check

IAM = "https://iam.amazonaws.com/doc/2010-05-08/"
META = "<ResponseMetadata><RequestId>r</RequestId></ResponseMetadata>"
ROLE = (
    "<Path>/</Path><RoleName>r</RoleName><RoleId>AROAEXAMPLEEXAMPLE123</RoleId>"
    "<Arn>arn:aws:iam::111122223333:role/r</Arn><CreateDate>2026-11-01T10:00:00Z</CreateDate>"
)


def found(service, operation, body, status=200, headers=()):
    """What the checker says of an answer; nothing when it is right."""
    model = get_session().get_service_model(service).operation_model(operation)
    response = {"status_code": status, "headers": dict(headers), "body": body.encode()}
    known = {name: set(operations) for name, operations in model_check.called.items()}
    try:
        model_check.check(model, response)
    except model_check.AnswerError as error:
        return str(error)
    finally:
        model_check.called.clear()
        model_check.called.update(known)
    return ""


def get_role(role, wrapper="GetRoleResult", meta=META):
    inner = f"<{wrapper}><Role>{role}</Role></{wrapper}>"
    return f'<GetRoleResponse xmlns="{IAM}">{inner}{meta}</GetRoleResponse>'


def iam_error(code, message="m"):
    error = f"<Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>"
    return f'<ErrorResponse xmlns="{IAM}">{error}<RequestId>r</RequestId></ErrorResponse>'


def test_a_right_answer_passes():
    assert found("iam", "GetRole", get_role(ROLE)) == ""
    assert found("iam", "GetRole", iam_error("NoSuchEntity"), 404) == ""
    assert found("iam", "GetRole", iam_error("AccessDenied"), 403) == ""
    assert found("eks", "ListClusters", '{"clusters": ["demo"], "nextToken": null}') == ""


@pytest.mark.parametrize(
    "body, complaint",
    [
        (get_role(ROLE + "<Color>red</Color>"), "Role.Color is not in the model"),
        (get_role(ROLE.replace("RoleId>", "Id>")), "Role.RoleId is required and not there"),
        (get_role(ROLE.replace("2026-11-01T10:00:00Z", "soon")), "Role.CreateDate is no timestamp"),
        (get_role(ROLE + "<MaxSessionDuration>1h</MaxSessionDuration>"), "is no integer"),
        (get_role(ROLE + "<Tags><item/></Tags>"), "an element item where member must be"),
        (get_role(ROLE + "<Path>/</Path>"), "Role.Path is there 2 times"),
        (get_role(ROLE, wrapper="GetRoleAnswer"), "where GetRoleResult must be"),
        (get_role(ROLE, meta=""), "no request id"),
        (get_role(ROLE).replace("2010", "2011"), "namespace is not"),
        ("<GetRole", "is no XML"),
    ],
)
def test_a_wrong_answer_of_a_query_service_is_found(body, complaint):
    assert complaint in found("iam", "GetRole", body)


@pytest.mark.parametrize(
    "code, status, complaint",
    [
        ("NoSuchEntityException", 404, "none of ['NoSuchEntity', 'ServiceFailure']"),
        ("NoSuchEntity", 400, "came with status 400, not 404"),
        ("EntityAlreadyExists", 409, "none of"),
    ],
)
def test_an_error_the_operation_does_not_have_is_found(code, status, complaint):
    assert complaint in found("iam", "GetRole", iam_error(code), status)


@pytest.mark.parametrize(
    "body, complaint",
    [
        ('{"clusters": "demo"}', "clusters must be a list"),
        ('{"clusters": [1]}', "clusters[0] must be a string"),
        ('{"names": []}', "names is not in the model"),
        ("[]", "must be a structure"),
        ("{", "is no JSON"),
    ],
)
def test_a_wrong_answer_of_a_json_service_is_found(body, complaint):
    assert complaint in found("eks", "ListClusters", body)


def test_a_timestamp_of_the_wrong_kind_is_found():
    entry = '{"accessEntry": {"createdAt": "2026-11-01T10:00:00Z"}}'
    complaint = found("eks", "DescribeAccessEntry", entry)
    assert "accessEntry.createdAt is a timestamp of the wrong kind" in complaint


def test_a_wrong_answer_of_s3_is_found():
    body = "<ListBucketResult><Contents><Key>k</Key><Size>big</Size></Contents><Odd/></ListBucketResult>"
    complaint = found("s3", "ListObjectsV2", body)
    assert "Contents[0].Size is no long" in complaint and "Odd is not in the model" in complaint
