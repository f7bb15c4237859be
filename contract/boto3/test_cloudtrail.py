"""CloudTrail as boto3 uses it: the event history and trails."""

import datetime
import json
import time

import pytest


@pytest.fixture
def bucket(s3, name, account):
    made = name("trail")
    s3.create_bucket(Bucket=made, CreateBucketConfiguration={"LocationConstraint": s3.meta.region_name})
    service = {"Service": "cloudtrail.amazonaws.com"}
    policy = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": service, "Action": "s3:GetBucketAcl", "Resource": f"arn:aws:s3:::{made}"},
            {
                "Effect": "Allow",
                "Principal": service,
                "Action": "s3:PutObject",
                "Resource": f"arn:aws:s3:::{made}/AWSLogs/{account}/*",
                "Condition": {"StringEquals": {"s3:x-amz-acl": "bucket-owner-full-control"}},
            },
        ],
    }
    s3.put_bucket_policy(Bucket=made, Policy=json.dumps(policy))
    return made


@pytest.fixture
def trail(cloudtrail, bucket, name):
    """An account has few trails: this one is gone after the test."""
    made = cloudtrail.create_trail(Name=name("audit"), S3BucketName=bucket, IsMultiRegionTrail=True)
    yield made["Name"]
    cloudtrail.delete_trail(Name=made["Name"])


def test_a_trail_is_made_changed_and_deleted(cloudtrail, bucket, name, refused):
    trail = name("audit")
    made = cloudtrail.create_trail(
        Name=trail, S3BucketName=bucket, TagsList=[{"Key": "team", "Value": "x"}], EnableLogFileValidation=True
    )
    arn = made["TrailARN"]
    assert arn.endswith(f":trail/{trail}")
    assert refused(cloudtrail.create_trail, Name=trail, S3BucketName=bucket).code == "TrailAlreadyExistsException"
    assert cloudtrail.get_trail(Name=arn)["Trail"]["HomeRegion"] == cloudtrail.meta.region_name
    assert cloudtrail.update_trail(Name=trail, IsMultiRegionTrail=True)["IsMultiRegionTrail"] is True
    assert trail in [each["Name"] for each in cloudtrail.describe_trails()["trailList"]]
    assert arn in [each["TrailARN"] for each in cloudtrail.list_trails()["Trails"]]
    cloudtrail.add_tags(ResourceId=arn, TagsList=[{"Key": "more"}])
    cloudtrail.remove_tags(ResourceId=arn, TagsList=[{"Key": "team"}])
    tags = cloudtrail.list_tags(ResourceIdList=[arn])["ResourceTagList"][0]["TagsList"]
    assert [tag["Key"] for tag in tags] == ["more"]
    cloudtrail.delete_trail(Name=trail)
    assert refused(cloudtrail.get_trail_status, Name=trail).code == "TrailNotFoundException"


def test_logging_starts_and_stops(cloudtrail, trail):
    assert cloudtrail.get_trail_status(Name=trail)["IsLogging"] is False
    cloudtrail.start_logging(Name=trail)
    status = cloudtrail.get_trail_status(Name=trail)
    assert status["IsLogging"] is True
    assert isinstance(status["StartLoggingTime"], datetime.datetime)
    cloudtrail.stop_logging(Name=trail)
    assert cloudtrail.get_trail_status(Name=trail)["TimeLoggingStopped"]


def test_event_selectors_are_kept(cloudtrail, trail, refused):
    default = cloudtrail.get_event_selectors(TrailName=trail)["EventSelectors"]
    assert default[0]["ReadWriteType"] == "All"
    put = cloudtrail.put_event_selectors(TrailName=trail, EventSelectors=[{"ReadWriteType": "WriteOnly"}])
    assert put["EventSelectors"][0]["IncludeManagementEvents"] is True
    fields = [{"Field": "eventCategory", "Equals": ["Management"]}]
    advanced = [{"Name": "all", "FieldSelectors": fields}]
    cloudtrail.put_event_selectors(TrailName=trail, AdvancedEventSelectors=advanced)
    got = cloudtrail.get_event_selectors(TrailName=trail)
    assert got["AdvancedEventSelectors"] == advanced
    bad = [{"Name": "all", "FieldSelectors": [{"Field": "readOnly", "Equals": ["true"]}]}]
    error = refused(cloudtrail.put_event_selectors, TrailName=trail, AdvancedEventSelectors=bad)
    assert error.code == "InvalidEventSelectorsException"


def test_the_event_history_tells_who_did_what(cloudtrail, eks, refused, name):
    cluster = name("nobody")
    refused(eks.describe_cluster, name=cluster)
    found = cloudtrail.lookup_events(LookupAttributes=[{"AttributeKey": "ResourceName", "AttributeValue": cluster}])
    event = found["Events"][0]
    assert event["EventName"] == "DescribeCluster"
    assert event["ReadOnly"] == "true"
    assert isinstance(event["EventTime"], datetime.datetime)
    record = json.loads(event["CloudTrailEvent"])
    assert record["eventVersion"] == "1.11"
    assert record["errorCode"] == "ResourceNotFoundException"
    assert record["eventID"] == event["EventId"]
    assert record["userIdentity"]["accessKeyId"] == event["AccessKeyId"]


def test_iams_events_are_in_us_east_1(client, iam, name, refused):
    role = name("nobody")
    refused(iam.get_role, RoleName=role)
    by_name = [{"AttributeKey": "ResourceName", "AttributeValue": role}]
    assert client("cloudtrail").lookup_events(LookupAttributes=by_name)["Events"] == []
    found = client("cloudtrail", region="us-east-1").lookup_events(LookupAttributes=by_name)["Events"]
    assert json.loads(found[0]["CloudTrailEvent"])["errorCode"] == "NoSuchEntityException"


def test_the_history_is_paged_and_bounded_by_time(cloudtrail, sts, refused):
    for _ in range(5):
        sts.get_caller_identity()
    by_name = [{"AttributeKey": "EventName", "AttributeValue": "GetCallerIdentity"}]
    pages = cloudtrail.get_paginator("lookup_events").paginate(
        LookupAttributes=by_name, PaginationConfig={"PageSize": 2, "MaxItems": 5}
    )
    times = [event["EventTime"] for page in pages for event in page["Events"]]
    assert len(times) == 5 and times == sorted(times, reverse=True)
    tomorrow = time.time() + 86_400
    assert cloudtrail.lookup_events(StartTime=tomorrow)["Events"] == []
    error = refused(cloudtrail.lookup_events, StartTime=tomorrow, EndTime=time.time())
    assert error.code == "InvalidTimeRangeException"


def test_a_trail_needs_a_bucket_that_lets_it_write(cloudtrail, s3, name, refused):
    missing = refused(cloudtrail.create_trail, Name=name("audit"), S3BucketName=name("none"))
    assert missing.code == "S3BucketDoesNotExistException"
    closed = name("closed")
    s3.create_bucket(Bucket=closed, CreateBucketConfiguration={"LocationConstraint": s3.meta.region_name})
    refusal = refused(cloudtrail.create_trail, Name=name("audit"), S3BucketName=closed)
    assert refusal.code == "InsufficientS3BucketPolicyException"
