"""S3 as boto3 uses it: buckets, objects, listings, uploads in parts, and who may."""

import json

import pytest
from botocore.exceptions import ClientError


@pytest.fixture
def bucket(s3, name):
    made = name("bucket")
    region = s3.meta.region_name
    where = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
    s3.create_bucket(Bucket=made, **where)
    return made


def test_a_bucket_is_listed_located_and_deleted(s3, bucket, refused):
    assert bucket in [each["Name"] for each in s3.list_buckets()["Buckets"]]
    assert s3.get_bucket_location(Bucket=bucket)["LocationConstraint"] == s3.meta.region_name
    assert s3.head_bucket(Bucket=bucket)["BucketRegion"] == s3.meta.region_name
    s3.put_object(Bucket=bucket, Key="x", Body=b"1")
    assert refused(s3.delete_bucket, Bucket=bucket).code == "BucketNotEmpty"
    s3.delete_object(Bucket=bucket, Key="x")
    s3.delete_bucket(Bucket=bucket)
    assert refused(s3.list_objects_v2, Bucket=bucket).code == "NoSuchBucket"


def test_an_object_keeps_its_body_headers_and_metadata(s3, bucket, refused):
    key = "a b/ü+&<>.json"
    put = s3.put_object(
        Bucket=bucket, Key=key, Body=b'{"a": 1}', ContentType="application/json", Metadata={"who": "me"}
    )
    got = s3.get_object(Bucket=bucket, Key=key)
    assert got["Body"].read() == b'{"a": 1}'
    assert got["ETag"] == put["ETag"]
    assert (got["ContentType"], got["Metadata"]) == ("application/json", {"who": "me"})
    assert s3.head_object(Bucket=bucket, Key=key)["ContentLength"] == 8
    part = s3.get_object(Bucket=bucket, Key=key, Range="bytes=1-3")
    assert (part["Body"].read(), part["ContentRange"]) == (b'"a"', "bytes 1-3/8")
    assert refused(s3.get_object, Bucket=bucket, Key="none").code == "NoSuchKey"
    assert refused(s3.head_object, Bucket=bucket, Key="none").status == 404
    again = refused(s3.put_object, Bucket=bucket, Key=key, Body=b"", IfNoneMatch="*")
    assert (again.code, again.status) == ("PreconditionFailed", 412)


def test_listings_page_and_fold(s3, bucket):
    keys = [f"logs/{day:02}/{hour}" for day in range(4) for hour in range(5)] + ["ü&<1>", "z z"]
    for key in keys:
        s3.put_object(Bucket=bucket, Key=key, Body=b"")
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, PaginationConfig={"PageSize": 3})
    assert [each["Key"] for page in pages for each in page["Contents"]] == sorted(keys, key=str.encode)
    folded = s3.get_paginator("list_objects_v2").paginate(
        Bucket=bucket, Prefix="logs/", Delimiter="/", PaginationConfig={"PageSize": 3}
    )
    found = [each["Prefix"] for page in folded for each in page.get("CommonPrefixes", [])]
    assert found == ["logs/00/", "logs/01/", "logs/02/", "logs/03/"]
    old = s3.get_paginator("list_objects").paginate(Bucket=bucket, PaginationConfig={"PageSize": 4})
    assert len([each for page in old for each in page["Contents"]]) == len(keys)
    deleted = s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": key} for key in keys]})
    assert len(deleted["Deleted"]) == len(keys)
    assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 0


def test_a_large_object_goes_up_in_parts(s3, bucket, refused):
    import io

    body = bytes(range(256)) * 40_000
    s3.upload_fileobj(io.BytesIO(body), bucket, "large")
    assert s3.get_object(Bucket=bucket, Key="large")["Body"].read() == body
    assert s3.head_object(Bucket=bucket, Key="large")["ETag"].endswith('-2"')
    upload = s3.create_multipart_upload(Bucket=bucket, Key="x")["UploadId"]
    part = s3.upload_part(Bucket=bucket, Key="x", UploadId=upload, PartNumber=1, Body=b"1")
    listed = s3.list_parts(Bucket=bucket, Key="x", UploadId=upload)["Parts"]
    assert [each["ETag"] for each in listed] == [part["ETag"]]
    s3.abort_multipart_upload(Bucket=bucket, Key="x", UploadId=upload)
    gone = refused(s3.list_parts, Bucket=bucket, Key="x", UploadId=upload)
    assert (gone.code, gone.status) == ("NoSuchUpload", 404)


def test_objects_are_copied(s3, bucket):
    s3.put_object(Bucket=bucket, Key="from", Body=b"1", ContentType="text/plain")
    s3.copy_object(Bucket=bucket, Key="to", CopySource={"Bucket": bucket, "Key": "from"})
    got = s3.get_object(Bucket=bucket, Key="to")
    assert (got["Body"].read(), got["ContentType"]) == (b"1", "text/plain")


def test_a_bucket_policy_is_kept_and_obeyed(s3, bucket, refused):
    assert refused(s3.get_bucket_policy, Bucket=bucket).code == "NoSuchBucketPolicy"
    policy = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Deny", "Principal": "*", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{bucket}/secret/*"}
        ],
    }
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy))
    assert json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"]) == policy
    s3.put_object(Bucket=bucket, Key="secret/x", Body=b"1")
    denied = refused(s3.get_object, Bucket=bucket, Key="secret/x")
    assert (denied.code, denied.status) == ("AccessDenied", 403)
    s3.delete_bucket_policy(Bucket=bucket)
    assert s3.get_object(Bucket=bucket, Key="secret/x")["Body"].read() == b"1"


def test_a_presigned_url_needs_no_key(s3, bucket):
    import urllib.request

    s3.put_object(Bucket=bucket, Key="a b", Body=b"1")
    url = s3.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "a b"})
    with urllib.request.urlopen(url) as answer:
        assert answer.read() == b"1"


def test_a_bucket_of_a_name_exists_once(s3, bucket, refused):
    again = {"LocationConstraint": s3.meta.region_name}
    error = refused(s3.create_bucket, Bucket=bucket, CreateBucketConfiguration=again)
    assert (error.code, error.status) == ("BucketAlreadyOwnedByYou", 409)
    with pytest.raises(ClientError) as caught:
        s3.create_bucket(Bucket=f"{bucket}-x")
    assert caught.value.response["Error"]["Code"] == "IllegalLocationConstraintException"
