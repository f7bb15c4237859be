"""What the contract tests with boto3 share.

The clients are plain boto3 clients. Every raw answer they get is held against botocore's own model
of the service before botocore reads it, because botocore is lenient: it drops members it does not
know and never misses one that is required. See `model_check.py`.

Where the sandbox listens and the administrator's key are told by the environment:

    ROLECALL_AWS_URL       the endpoint, default AWS_ENDPOINT_URL
    AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION
"""

import itertools
import os
import uuid

import boto3
import pytest
from botocore.config import Config

import model_check

PLAIN = Config(retries={"total_max_attempts": 1, "mode": "standard"})
# Without botocore's own checks of parameters, so that bad ones reach the sandbox.
UNCHECKED = PLAIN.merge(Config(parameter_validation=False))

_numbers = itertools.count(1)


def endpoint_url():
    url = os.environ.get("ROLECALL_AWS_URL") or os.environ.get("AWS_ENDPOINT_URL")
    if not url:
        pytest.skip("ROLECALL_AWS_URL is not set", allow_module_level=True)
    return url


def make_client(service, credentials=None, config=PLAIN, region=None):
    """A client whose answers are checked. `credentials` as STS gives them, or an access key of IAM;
    without them the client is the administrator's."""
    keys = {}
    if credentials is not None:
        keys = {
            "aws_access_key_id": credentials["AccessKeyId"],
            "aws_secret_access_key": credentials["SecretAccessKey"],
            "aws_session_token": credentials.get("SessionToken"),
        }
    session = boto3.session.Session()
    made = session.client(
        service,
        endpoint_url=endpoint_url(),
        region_name=region or os.environ.get("AWS_REGION", "eu-central-1"),
        config=config,
        **keys,
    )
    made.meta.events.register("before-parse.*.*", model_check.check)
    return made


@pytest.fixture(scope="session")
def client():
    """Makes a client: `client("eks")`, `client("iam", credentials)`, `client("eks", region="us-west-2")`."""
    made = {}

    def make(service, credentials=None, region=None):
        key = (service, (credentials or {}).get("AccessKeyId"), region)
        if key not in made:
            made[key] = make_client(service, credentials, region=region)
        return made[key]

    return make


@pytest.fixture(scope="session")
def unchecked():
    """Makes a client that sends parameters as they are, right or wrong."""
    return lambda service, credentials=None: make_client(service, credentials, config=UNCHECKED)


def _administrator(service):
    @pytest.fixture(scope="session", name=service)
    def fixture(client):
        return client(service)

    return fixture


iam = _administrator("iam")
sts = _administrator("sts")
eks = _administrator("eks")
ec2 = _administrator("ec2")
cloudtrail = _administrator("cloudtrail")
s3 = _administrator("s3")


@pytest.fixture(scope="session")
def account(sts):
    """The number of the administrator's account."""
    return sts.get_caller_identity()["Account"]


@pytest.fixture
def name():
    """Makes names nobody has used, so that tests share a sandbox and run in any order."""
    run = uuid.uuid4().hex[:8]
    return lambda stem="t": f"{stem}-{run}-{next(_numbers)}"


class Refusal:
    """What a refused call said."""

    def __init__(self, error):
        self.code = error.response["Error"]["Code"]
        self.message = error.response["Error"].get("Message", "")
        self.status = error.response["ResponseMetadata"]["HTTPStatusCode"]

    def __repr__(self):
        return f"{self.status} {self.code}: {self.message}"


@pytest.fixture(scope="session")
def refused():
    """Makes a call that must fail and gives what it said: `refused(iam.get_role, RoleName="x").code`."""
    from botocore.exceptions import ClientError

    def call(operation, **parameters):
        with pytest.raises(ClientError) as caught:
            operation(**parameters)
        return Refusal(caught.value)

    return call


def pytest_terminal_summary(terminalreporter):
    """Tells which operations were called, so that a gap shows."""
    for service, operations in sorted(model_check.called.items()):
        terminalreporter.write_line(f"{service}: {len(operations)} operations called")
    target = os.environ.get("ROLECALL_CALLED_OPERATIONS")
    if target:
        lines = [f"{s}:{o}\n" for s, found in sorted(model_check.called.items()) for o in sorted(found)]
        with open(target, "w", encoding="utf-8") as file:
            file.writelines(lines)
