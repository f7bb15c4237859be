//! The event history: what is in it, how it is asked, and that it stays.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod harness;

use std::time::Duration;

use harness::{aws, credentials, query, target};
use rolecall_sandbox_aws::Aws;
use serde_json::{Value, json};

fn who(aws: &Aws) {
    query(
        aws,
        &credentials(),
        "sts",
        &[("Action", "GetCallerIdentity")],
    );
}

fn lookup(aws: &Aws, body: &Value) -> Value {
    let reply = target(aws, &credentials(), "LookupEvents", body);
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply.json()
}

fn names(found: &Value) -> Vec<&str> {
    let events = found["Events"].as_array().unwrap();
    events
        .iter()
        .map(|event| event["EventName"].as_str().unwrap())
        .collect()
}

#[test]
fn events_come_newest_first_and_page_by_page() {
    let aws = aws();
    for _ in 0..5 {
        who(&aws);
        aws.clock().step(Duration::from_secs(60));
    }
    let by_name = json!([{"AttributeKey": "EventName", "AttributeValue": "GetCallerIdentity"}]);
    let mut seen = Vec::new();
    let mut body = json!({"LookupAttributes": by_name, "MaxResults": 2});
    loop {
        let page = lookup(&aws, &body);
        seen.extend(
            page["Events"]
                .as_array()
                .unwrap()
                .iter()
                .map(|event| event["EventTime"].as_f64().unwrap()),
        );
        match page.get("NextToken") {
            Some(token) => body["NextToken"] = token.clone(),
            None => break,
        }
    }
    assert_eq!(seen.len(), 5);
    assert!(seen.is_sorted_by(|newer, older| newer > older));
    body = json!({"MaxResults": 2, "NextToken": body["NextToken"]});
    let reply = target(&aws, &credentials(), "LookupEvents", &body);
    assert_eq!(reply.code(), "InvalidNextTokenException");
}

#[test]
fn every_attribute_finds_its_event() {
    let aws = aws();
    let fields = [("Action", "GetRole"), ("RoleName", "NodeRole")];
    query(&aws, &credentials(), "iam", &fields);
    who(&aws);
    // IAM is global: its events are not where the caller is.
    assert_eq!(names(&lookup(&aws, &json!({}))), ["GetCallerIdentity"]);
    let event = aws.events().latest(|event| event.name == "GetRole");
    let id = event.first().unwrap().id();
    for (key, value) in [
        ("EventId", id.as_str()),
        ("EventName", "GetRole"),
        ("ReadOnly", "true"),
        ("Username", "administrator"),
        ("ResourceType", "AWS::IAM::Role"),
        ("ResourceName", "NodeRole"),
        ("EventSource", "iam.amazonaws.com"),
        ("AccessKeyId", "AKIAIOSFODNN7EXAMPLE"),
    ] {
        let found = in_us_east_1(&aws, key, value);
        assert_eq!(names(&found), ["GetRole"], "{key}");
        assert!(names(&in_us_east_1(&aws, key, "nothing-like-it")).is_empty());
    }
    let found = in_us_east_1(&aws, "EventName", "GetRole");
    let text = found["Events"][0]["CloudTrailEvent"].as_str().unwrap();
    let whole: Value = serde_json::from_str(text).unwrap();
    assert_eq!(
        whole["errorMessage"],
        "The role with name NodeRole cannot be found."
    );
    assert_eq!(whole["eventVersion"], "1.11");
}

/// Signed for us-east-1, looked up there.
fn in_us_east_1(aws: &Aws, key: &str, value: &str) -> Value {
    let attributes = json!([{"AttributeKey": key, "AttributeValue": value}]);
    let name = "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.LookupEvents";
    let mut request = http::Request::post("https://cloudtrail.us-east-1.amazonaws.com/")
        .header("content-type", "application/x-amz-json-1.1")
        .header("x-amz-target", name)
        .body(json!({"LookupAttributes": attributes}).to_string().into())
        .unwrap();
    rolecall_sandbox_aws::sigv4::sign(
        &mut request,
        &credentials(),
        "us-east-1",
        "cloudtrail",
        jiff::Timestamp::now(),
    );
    let response = aws.handle(request).response;
    let found: Value = serde_json::from_slice(response.body()).unwrap();
    // The lookups themselves are events, too.
    let events = found["Events"].as_array().unwrap().iter();
    let others: Vec<&Value> = events
        .filter(|event| event["EventName"] != "LookupEvents")
        .collect();
    json!({"Events": others})
}

#[test]
fn a_time_range_bounds_what_is_found() {
    let aws = aws();
    who(&aws);
    aws.clock().step(Duration::from_secs(3600));
    let start = aws.clock().now().as_second() - 60;
    assert!(names(&lookup(&aws, &json!({"StartTime": start}))).is_empty());
    assert_eq!(
        names(&lookup(&aws, &json!({"EndTime": start}))),
        ["GetCallerIdentity"]
    );
    let turned = json!({"StartTime": start, "EndTime": start - 5});
    let reply = target(&aws, &credentials(), "LookupEvents", &turned);
    assert_eq!(reply.code(), "InvalidTimeRangeException");
    let many = target(
        &aws,
        &credentials(),
        "LookupEvents",
        &json!({"MaxResults": 51}),
    );
    assert_eq!(many.code(), "InvalidMaxResultsException");
}

#[test]
fn events_are_rows_of_the_state_and_come_back_alike() {
    let told: std::sync::Arc<parking_lot::Mutex<Vec<rolecall_sandbox_aws::Change>>> =
        std::sync::Arc::default();
    let sink = std::sync::Arc::clone(&told);
    let aws = harness::aws_with(rolecall_sandbox_aws::Settings {
        journal: Some(std::sync::Arc::new(move |change| sink.lock().push(change))),
        ..harness::settings()
    });
    who(&aws);
    let fields = [("Action", "GetRole"), ("RoleName", "NodeRole")];
    query(&aws, &credentials(), "iam", &fields);
    let before: Vec<Value> = aws
        .events()
        .latest(|_| true)
        .iter()
        .map(|e| e.to_json())
        .collect();
    let again = harness::aws();
    for change in told.lock().iter() {
        let value = change.value.as_ref().unwrap();
        again
            .write(|state| state.restore(change.table, &change.key, value))
            .unwrap();
    }
    let after: Vec<Value> = again
        .events()
        .latest(|_| true)
        .iter()
        .map(|e| e.to_json())
        .collect();
    assert_eq!(before, after);
    assert_eq!(before.len(), 2);
    who(&again);
    assert_eq!(again.events().last_number(), 3);
}
