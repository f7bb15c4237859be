//! Trails: who may make them, and what they deliver where.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod harness;

use std::io::Read as _;
use std::time::Duration;

use harness::{ACCOUNT, Reply, aws, credentials, query, target};
use rolecall_sandbox_aws::Aws;
use rolecall_sandbox_aws::cloudtrail::{LogFolder, deliver};
use serde_json::{Value, json};

/// The policy of the CloudTrail User Guide.
fn bucket(aws: &Aws, name: &str, with_policy: bool) {
    let policy = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"},
         "Action": "s3:GetBucketAcl", "Resource": format!("arn:aws:s3:::{name}")},
        {"Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"},
         "Action": "s3:PutObject",
         "Resource": format!("arn:aws:s3:::{name}/logs/AWSLogs/{ACCOUNT}/*"),
         "Condition": {"StringEquals": {"s3:x-amz-acl": "bucket-owner-full-control"}}}]});
    let mut row = json!({"account": ACCOUNT, "region": "eu-central-1",
        "created": "2026-11-01T00:00:00Z"});
    if with_policy {
        row["policy"] = policy.to_string().into();
    }
    aws.write(|state| state.restore("s3.buckets", name, row.to_string().as_bytes()))
        .unwrap();
}

fn call(aws: &Aws, operation: &str, body: &Value) -> Reply {
    target(aws, &credentials(), operation, body)
}

fn create(aws: &Aws, name: &str, multi_region: bool) -> Reply {
    let body = json!({"Name": name, "S3BucketName": "audit-logs", "S3KeyPrefix": "logs",
        "IsMultiRegionTrail": multi_region});
    call(aws, "CreateTrail", &body)
}

/// Keys and bodies of the objects in a bucket.
fn objects(aws: &Aws) -> Vec<(String, Value)> {
    let rows = aws.write(|state| state.dump());
    rows.into_iter()
        .filter(|row| row.table == "s3.objects")
        .map(|row| {
            let object: Value = serde_json::from_slice(&row.value.unwrap()).unwrap();
            let body = object["body"].as_str().unwrap();
            use base64::Engine as _;
            let packed = base64::engine::general_purpose::STANDARD
                .decode(body)
                .unwrap();
            (row.key, unpacked(&packed))
        })
        .collect()
}

fn unpacked(packed: &[u8]) -> Value {
    let mut text = String::new();
    let mut decoder = flate2::read::GzDecoder::new(packed);
    decoder.read_to_string(&mut text).unwrap();
    serde_json::from_str(&text).unwrap()
}

#[test]
fn a_trail_needs_a_bucket_that_lets_cloudtrail_write() {
    let aws = aws();
    assert_eq!(
        create(&aws, "audit", true).code(),
        "S3BucketDoesNotExistException"
    );
    bucket(&aws, "audit-logs", false);
    assert_eq!(
        create(&aws, "audit", true).code(),
        "InsufficientS3BucketPolicyException"
    );
    bucket(&aws, "audit-logs", true);
    let made = create(&aws, "audit", true);
    assert_eq!(made.status, 200, "{}", made.text);
    assert_eq!(
        made.json()["TrailARN"],
        "arn:aws:cloudtrail:eu-central-1:111122223333:trail/audit"
    );
    assert_eq!(
        create(&aws, "audit", true).code(),
        "TrailAlreadyExistsException"
    );
    assert_eq!(create(&aws, "a", true).code(), "InvalidTrailNameException");
}

#[test]
fn a_trail_of_all_regions_delivers_each_event_once_by_account_region_and_day() {
    let aws = aws();
    bucket(&aws, "audit-logs", true);
    create(&aws, "audit", true);
    query(
        &aws,
        &credentials(),
        "sts",
        &[("Action", "GetCallerIdentity")],
    );
    call(&aws, "StartLogging", &json!({"Name": "audit"}));
    query(
        &aws,
        &credentials(),
        "sts",
        &[("Action", "GetCallerIdentity")],
    );
    query(
        &aws,
        &credentials(),
        "iam",
        &[("Action", "GetRole"), ("RoleName", "Nobody")],
    );
    aws.clock().step(Duration::from_secs(300));
    let first = deliver(&aws, None).unwrap();
    assert_eq!((first.files, first.records), (2, 3));
    assert_eq!(deliver(&aws, None).unwrap().files, 0);
    let files = objects(&aws);
    let (key, body) = &files[0];
    let start = "audit-logs/logs/AWSLogs/111122223333/CloudTrail/eu-central-1/2026/11/01/\
                 111122223333_CloudTrail_eu-central-1_20261101T1005Z_";
    assert!(key.starts_with(start), "{key}");
    assert_eq!(key.len(), start.len() + 16 + ".json.gz".len());
    let mut names: Vec<&str> = body["Records"]
        .as_array()
        .unwrap()
        .iter()
        .map(|record| record["eventName"].as_str().unwrap())
        .collect();
    names.sort_unstable();
    // The call that started it comes after it began.
    assert_eq!(names, ["GetCallerIdentity", "StartLogging"]);
    assert_eq!(files[1].1["Records"][0]["eventName"], "GetRole");
    assert_eq!(files[1].1["Records"][0]["awsRegion"], "us-east-1");
    let status = call(&aws, "GetTrailStatus", &json!({"Name": "audit"})).json();
    assert_eq!(status["IsLogging"], true);
    assert_eq!(
        status["LatestDeliveryAttemptSucceeded"],
        "2026-11-01T10:05:00Z"
    );
}

#[test]
fn a_trail_of_one_region_and_of_writes_only_leaves_the_rest_out() {
    let aws = aws();
    bucket(&aws, "audit-logs", true);
    create(&aws, "audit", false);
    let selectors =
        json!({"TrailName": "audit", "EventSelectors": [{"ReadWriteType": "WriteOnly"}]});
    let put = call(&aws, "PutEventSelectors", &selectors);
    assert_eq!(
        put.json()["EventSelectors"][0]["IncludeManagementEvents"],
        true
    );
    call(&aws, "StartLogging", &json!({"Name": "audit"}));
    query(
        &aws,
        &credentials(),
        "iam",
        &[("Action", "GetRole"), ("RoleName", "Nobody")],
    );
    call(&aws, "DescribeTrails", &json!({}));
    call(&aws, "StopLogging", &json!({"Name": "audit"}));
    call(&aws, "StartLogging", &json!({"Name": "audit"}));
    assert_eq!(deliver(&aws, None).unwrap().records, 3);
    assert_eq!(objects(&aws).len(), 1);
}

#[test]
fn a_bucket_that_refuses_is_told_and_nothing_is_lost() {
    let aws = aws();
    bucket(&aws, "audit-logs", true);
    create(&aws, "audit", true);
    call(&aws, "StartLogging", &json!({"Name": "audit"}));
    bucket(&aws, "audit-logs", false);
    assert_eq!(deliver(&aws, None).unwrap().files, 0);
    let status = call(&aws, "GetTrailStatus", &json!({"Name": "audit"})).json();
    assert_eq!(status["LatestDeliveryError"], "AccessDenied");
    bucket(&aws, "audit-logs", true);
    assert_eq!(deliver(&aws, None).unwrap().records, 2);
}

#[test]
fn a_folder_gets_the_events_of_all_accounts_without_a_trail() {
    let aws = aws();
    let dir = std::env::temp_dir().join(format!("rolecall-trail-{}", std::process::id()));
    let folder = LogFolder::new(&dir);
    query(
        &aws,
        &credentials(),
        "sts",
        &[("Action", "GetCallerIdentity")],
    );
    assert_eq!(deliver(&aws, Some(&folder)).unwrap().records, 1);
    assert_eq!(deliver(&aws, Some(&folder)).unwrap().records, 0);
    let day = dir.join("AWSLogs/111122223333/CloudTrail/eu-central-1/2026/11/01");
    let files: Vec<_> = std::fs::read_dir(day).unwrap().collect();
    assert_eq!(files.len(), 1);
    let bytes = std::fs::read(files[0].as_ref().unwrap().path()).unwrap();
    assert_eq!(
        unpacked(&bytes)["Records"][0]["eventName"],
        "GetCallerIdentity"
    );
    std::fs::remove_dir_all(dir).unwrap();
}

#[test]
fn trails_are_found_by_name_and_arn_and_changed_at_home_only() {
    let aws = aws();
    bucket(&aws, "audit-logs", true);
    let arn = create(&aws, "audit", true).json()["TrailARN"].clone();
    let got = call(&aws, "GetTrail", &json!({"Name": arn}));
    assert_eq!(got.json()["Trail"]["HomeRegion"], "eu-central-1");
    let all = call(
        &aws,
        "DescribeTrails",
        &json!({"trailNameList": ["audit", "other"]}),
    );
    assert_eq!(all.json()["trailList"].as_array().unwrap().len(), 1);
    let gone = call(&aws, "GetTrail", &json!({"Name": "nobody"}));
    assert_eq!(gone.code(), "TrailNotFoundException");
    assert_eq!(
        gone.json()["message"],
        "Unknown trail: nobody for the user: 111122223333"
    );
    let tags = json!({"ResourceId": arn, "TagsList": [{"Key": "team", "Value": "x"}]});
    assert_eq!(call(&aws, "AddTags", &tags).status, 200);
    let listed = call(&aws, "ListTags", &json!({"ResourceIdList": [arn]})).json();
    assert_eq!(
        listed["ResourceTagList"][0]["TagsList"],
        json!([{"Key": "team", "Value": "x"}])
    );
    assert_eq!(call(&aws, "RemoveTags", &tags).status, 200);
    assert_eq!(
        call(&aws, "DeleteTrail", &json!({"Name": "audit"})).status,
        200
    );
    let none = call(&aws, "ListTrails", &json!({})).json();
    assert_eq!(none["Trails"], json!([]));
}

#[test]
fn a_restarted_sandbox_delivers_what_was_left_and_nothing_twice() {
    let aws = aws();
    bucket(&aws, "audit-logs", true);
    create(&aws, "audit", true);
    call(&aws, "StartLogging", &json!({"Name": "audit"}));
    assert_eq!(deliver(&aws, None).unwrap().records, 1);
    query(
        &aws,
        &credentials(),
        "sts",
        &[("Action", "GetCallerIdentity")],
    );
    let rows = aws.write(|state| state.dump());
    let again = harness::aws();
    again.write(|state| {
        state.clear();
        for row in &rows {
            let json = row.value.as_ref().unwrap();
            state.restore(row.table, &row.key, json).unwrap();
        }
    });
    assert_eq!(again.write(|state| state.dump()), rows);
    assert_eq!(deliver(&again, None).unwrap().records, 1);
    assert_eq!(deliver(&again, None).unwrap().records, 0);
    assert_eq!(objects(&again).len(), 2);
}
