//! S3 and CloudTrail with requests no client would send.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod harness;

use bytes::Bytes;
use harness::{REGION, aws, aws_with, credentials, settings};
use http::Request;
use proptest::prelude::*;
use rolecall_sandbox_aws::sigv4::{self, Credentials};
use rolecall_sandbox_aws::{Aws, Settings};
use serde_json::json;

fn s3(
    aws: &Aws,
    key: &str,
    method: &str,
    path: &str,
    headers: &[(&str, String)],
    body: &[u8],
) -> u16 {
    let Ok(uri) = format!("http://127.0.0.1:4580/{path}").parse::<http::Uri>() else {
        return 0;
    };
    let mut request = Request::builder()
        .method(method)
        .uri(uri)
        .body(Bytes::copy_from_slice(body))
        .unwrap();
    let with = Credentials {
        access_key_id: key.to_owned(),
        ..credentials()
    };
    sigv4::sign(&mut request, &with, REGION, "s3", jiff::Timestamp::now());
    for (name, value) in headers {
        request.headers_mut().insert(
            http::HeaderName::from_bytes(name.as_bytes()).unwrap(),
            value.parse().unwrap(),
        );
    }
    aws.handle(request).response.status().as_u16()
}

/// Pieces of queries that mean something to S3, mixed with what does not.
fn query() -> impl Strategy<Value = String> {
    let known = prop::sample::select(vec![
        "policy",
        "location",
        "uploads",
        "list-type=2",
        "max-keys=-1",
        "max-keys=5",
        "prefix=%FF",
        "delimiter=%2F",
        "continuation-token=!!",
        "start-after=x",
        "partNumber=0",
        "partNumber=1",
        "uploadId=x",
        "delete",
        "encoding-type=url",
        "acl",
        "versioning",
        "X-Amz-Signature=0",
        "X-Amz-Algorithm=AWS4-HMAC-SHA256",
        "X-Amz-Expires=zz",
    ]);
    prop::collection::vec(known, 0..4).prop_map(|parts| parts.join("&"))
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(256)
    })]

    #[test]
    fn s3_answers_any_request_and_goes_on(
        method in prop::sample::select(vec!["GET", "PUT", "POST", "DELETE", "HEAD", "PATCH"]),
        path in "(logs|x|)(/[a-zA-Z0-9%./~-]{0,12})?",
        query in query(),
        range in prop::option::of("(bytes=)?[0-9-]{0,6}"),
        hash in prop::option::of(prop::sample::select(vec![
            "UNSIGNED-PAYLOAD", "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
            "STREAMING-AWS4-HMAC-SHA256-PAYLOAD", "zz"])),
        body in prop::collection::vec(any::<u8>(), 0..200),
        anybody in any::<bool>(),
    ) {
        let aws = aws_with(Settings { any_credentials: anybody, ..settings() });
        let row = json!({"account": harness::ACCOUNT, "region": "eu-central-1",
            "created": "2026-11-01T00:00:00Z"});
        for bucket in ["logs", "after"] {
            aws.write(|state| state.restore("s3.buckets", bucket, row.to_string().as_bytes()))
                .unwrap();
        }
        let mut headers = Vec::new();
        headers.extend(range.map(|range| ("range", range)));
        headers.extend(hash.map(|hash| ("x-amz-content-sha256", hash.to_owned())));
        let path = if query.is_empty() { path } else { format!("{path}?{query}") };
        let key = if anybody { "anybody" } else { "AKIAIOSFODNN7EXAMPLE" };
        let status = s3(&aws, key, method, &path, &headers, &body);
        prop_assert!(status < 500 || status == 501, "{method} {path} {headers:?}: {status}");
        prop_assert_eq!(s3(&aws, "AKIAIOSFODNN7EXAMPLE", "PUT", "after/x", &[], b"1"), 200);
    }

    #[test]
    fn cloudtrail_answers_any_json(
        operation in prop::sample::select(vec!["LookupEvents", "CreateTrail", "UpdateTrail",
            "GetTrail", "DescribeTrails", "PutEventSelectors", "GetEventSelectors", "AddTags",
            "RemoveTags", "ListTags", "StartLogging", "GetTrailStatus", "DeleteTrail"]),
        name in prop::sample::select(vec!["Name", "TrailName", "ResourceId", "ResourceIdList",
            "LookupAttributes", "NextToken", "StartTime", "EndTime", "MaxResults", "EventSelectors",
            "AdvancedEventSelectors", "TagsList", "trailNameList", "S3BucketName"]),
        value in prop::sample::select(vec![json!(null), json!("x"), json!(-1), json!(1e300),
            json!([]), json!([{}]), json!([null]), json!({"a": []}), json!("arn:aws:x"),
            json!([{"Key": 1}]), json!([{"FieldSelectors": 5}]), json!(true)]),
    ) {
        let aws = aws();
        let reply = harness::target(&aws, &credentials(), operation, &json!({name: value}));
        prop_assert!(reply.status == 200 || reply.status == 400, "{}", reply.text);
    }
}
