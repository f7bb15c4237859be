//! Buckets and objects over S3's own protocol.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod harness;

use bytes::Bytes;
use harness::{ACCOUNT, Reply, aws, credentials, query, settings};
use http::Request;
use rolecall_sandbox_aws::sigv4::Credentials;
use rolecall_sandbox_aws::{Aws, Settings};
use serde_json::{Value, json};

fn s3(aws: &Aws, with: &Credentials, method: &str, path: &str, body: &str) -> Reply {
    let request = Request::builder()
        .method(method)
        .uri(format!("http://127.0.0.1:4580{path}"))
        .body(Bytes::from(body.to_owned()))
        .unwrap();
    harness::send(aws, with, "s3", request)
}

fn admin(aws: &Aws, method: &str, path: &str, body: &str) -> Reply {
    s3(aws, &credentials(), method, path, body)
}

const HERE: &str = "<CreateBucketConfiguration><LocationConstraint>eu-central-1\
                    </LocationConstraint></CreateBucketConfiguration>";

fn with_bucket() -> Aws {
    let aws = aws();
    let made = admin(&aws, "PUT", "/logs", HERE);
    assert_eq!(made.status, 200, "{}", made.text);
    aws
}

/// A role that may do nothing but what `inline` says, and a session of it.
fn session(aws: &Aws, inline: &Value) -> Credentials {
    let trust = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
        "Principal": {"AWS": ACCOUNT}, "Action": "sts:AssumeRole"}]});
    let row = json!({"account": ACCOUNT, "name": "Reader", "path": "/", "id": "AROAREADER",
        "created": "2026-11-01T00:00:00Z", "trust": trust.to_string(), "max_session": 3600,
        "inline": {"it": inline.to_string()}});
    let key = format!("{ACCOUNT}/reader");
    aws.write(|state| state.restore("iam.roles", &key, row.to_string().as_bytes()))
        .unwrap();
    let reply = query(
        aws,
        &credentials(),
        "sts",
        &[
            ("Action", "AssumeRole"),
            ("RoleArn", "arn:aws:iam::111122223333:role/Reader"),
            ("RoleSessionName", "s-1"),
        ],
    );
    let text = |name| reply.element(name).unwrap().to_owned();
    Credentials {
        access_key_id: text("AccessKeyId"),
        secret_access_key: text("SecretAccessKey"),
        session_token: Some(text("SessionToken")),
    }
}

#[test]
fn an_object_comes_back_as_it_went_in() {
    let aws = with_bucket();
    let put = admin(&aws, "PUT", "/logs/a%20b/%C3%A4.txt", "hello");
    assert_eq!(put.status, 200, "{}", put.text);
    assert_eq!(put.headers["etag"], "\"5d41402abc4b2a76b9719d911017c592\"");
    let got = admin(&aws, "GET", "/logs/a%20b/%C3%A4.txt", "");
    assert_eq!((got.status, got.text.as_str()), (200, "hello"));
    let head = admin(&aws, "HEAD", "/logs/a%20b/%C3%A4.txt", "");
    assert_eq!(head.headers["content-length"], "5");
    assert_eq!(
        admin(&aws, "DELETE", "/logs/a%20b/%C3%A4.txt", "").status,
        204
    );
    let gone = admin(&aws, "GET", "/logs/a%20b/%C3%A4.txt", "");
    assert_eq!((gone.status, gone.code().as_str()), (404, "NoSuchKey"));
}

#[test]
fn a_range_is_a_part() {
    let aws = with_bucket();
    admin(&aws, "PUT", "/logs/x", "0123456789");
    let mut request = Request::get("http://127.0.0.1:4580/logs/x")
        .header("range", "bytes=2-4")
        .body(Bytes::new())
        .unwrap();
    request
        .headers_mut()
        .insert("host", "127.0.0.1:4580".parse().unwrap());
    let part = harness::send(&aws, &credentials(), "s3", request);
    assert_eq!((part.status, part.text.as_str()), (206, "234"));
    assert_eq!(part.headers["content-range"], "bytes 2-4/10");
}

#[test]
fn a_listing_folds_prefixes_and_goes_on_where_it_ended() {
    let aws = with_bucket();
    for key in ["a/1", "a/2", "b/1", "c", "d"] {
        admin(&aws, "PUT", &format!("/logs/{key}"), "x");
    }
    let page = admin(
        &aws,
        "GET",
        "/logs?list-type=2&delimiter=%2F&max-keys=2",
        "",
    );
    assert_eq!(page.element("IsTruncated"), Some("true"), "{}", page.text);
    assert!(page.text.contains("<Prefix>a/</Prefix>") && page.text.contains("<Prefix>b/</Prefix>"));
    assert!(!page.text.contains("<Key>"));
    let token = page.element("NextContinuationToken").unwrap();
    let rest = format!("/logs?continuation-token={token}&delimiter=%2F&list-type=2");
    let rest = admin(&aws, "GET", &rest, "");
    assert!(rest.text.contains("<Key>c</Key>") && rest.text.contains("<Key>d</Key>"));
    assert_eq!(rest.element("IsTruncated"), Some("false"));
    assert!(!rest.text.contains("<Prefix>b/</Prefix>"));
    let under = admin(&aws, "GET", "/logs?list-type=2&prefix=a%2F", "");
    assert_eq!(under.element("KeyCount"), Some("2"));
}

#[test]
fn iam_decides_and_the_denial_quotes_the_resource() {
    let aws = with_bucket();
    admin(&aws, "PUT", "/logs/in/x", "1");
    let with = session(
        &aws,
        &json!({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::logs/in/*"},
            {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::logs",
             "Condition": {"StringLike": {"s3:prefix": "in/*"}}}]}),
    );
    assert_eq!(s3(&aws, &with, "GET", "/logs/in/x", "").text, "1");
    let denied = s3(&aws, &with, "PUT", "/logs/in/x", "2");
    assert_eq!(
        (denied.status, denied.code().as_str()),
        (403, "AccessDenied")
    );
    let message = denied.element("Message").unwrap().replace("&quot;", "\"");
    assert_eq!(
        message,
        "User: arn:aws:sts::111122223333:assumed-role/Reader/s-1 is not authorized to perform: \
         s3:PutObject on resource: \"arn:aws:s3:::logs/in/x\" because no identity-based policy \
         allows the s3:PutObject action"
    );
    assert_eq!(
        s3(&aws, &with, "GET", "/logs?list-type=2&prefix=in%2F", "").status,
        200
    );
    assert_eq!(s3(&aws, &with, "GET", "/logs?list-type=2", "").status, 403);
    // Who may not list does not learn that there is nothing.
    assert_eq!(
        s3(&aws, &with, "GET", "/logs/in/none", "").code(),
        "AccessDenied"
    );
    assert_eq!(admin(&aws, "GET", "/logs/in/none", "").code(), "NoSuchKey");
}

#[test]
fn a_bucket_policy_denies_and_is_given_back() {
    let aws = with_bucket();
    assert_eq!(
        admin(&aws, "GET", "/logs?policy", "").code(),
        "NoSuchBucketPolicy"
    );
    let policy = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Deny",
        "Principal": "*", "Action": "s3:DeleteObject", "Resource": "arn:aws:s3:::logs/*"}]})
    .to_string();
    let put = admin(&aws, "PUT", "/logs?policy", &policy);
    assert_eq!(put.status, 204, "{}", put.text);
    assert_eq!(admin(&aws, "GET", "/logs?policy", "").text, policy);
    let denied = admin(&aws, "DELETE", "/logs/x", "");
    assert!(
        denied
            .text
            .contains("explicit deny in a resource-based policy"),
        "{}",
        denied.text
    );
    assert_eq!(
        admin(&aws, "PUT", "/logs?policy", "{").code(),
        "MalformedPolicy"
    );
}

#[test]
fn management_calls_are_events_and_others_are_not() {
    let aws = with_bucket();
    admin(&aws, "PUT", "/logs/x", "1");
    admin(&aws, "GET", "/logs/x", "");
    admin(&aws, "DELETE", "/logs", "");
    let events = aws.events().latest(|_| true);
    let names: Vec<&str> = events.iter().map(|event| &*event.name).collect();
    assert_eq!(names, ["DeleteBucket", "CreateBucket"]);
    let refused = events[0].to_json();
    assert_eq!(refused["errorCode"], "BucketNotEmpty");
    assert_eq!(refused["requestParameters"]["bucketName"], "logs");
    assert_eq!(refused["eventSource"], "s3.amazonaws.com");
    assert_eq!(refused["awsRegion"], "eu-central-1");
    let counts = aws.calls().counts();
    assert_eq!(counts["s3:GetObject"], 1);
}

#[test]
fn wrong_keys_and_secrets_are_refused_in_s3s_words() {
    let aws = with_bucket();
    let wrong = Credentials {
        secret_access_key: "other".to_owned(),
        ..credentials()
    };
    let reply = s3(&aws, &wrong, "GET", "/logs/x", "");
    assert_eq!(
        (reply.status, reply.code().as_str()),
        (403, "SignatureDoesNotMatch")
    );
    let unknown = Credentials {
        access_key_id: "AKIAUNKNOWN".to_owned(),
        ..credentials()
    };
    assert_eq!(
        s3(&aws, &unknown, "GET", "/logs/x", "").code(),
        "InvalidAccessKeyId"
    );
    let with = session(&aws, &json!({"Version": "2012-10-17", "Statement": []}));
    let without_token = Credentials {
        session_token: None,
        ..with
    };
    assert_eq!(
        s3(&aws, &without_token, "GET", "/logs/x", "").code(),
        "InvalidToken"
    );
}

#[test]
fn any_key_does_when_the_sandbox_takes_any() {
    let aws = harness::aws_with(Settings {
        any_credentials: true,
        ..settings()
    });
    let anybody = Credentials {
        access_key_id: "test".to_owned(),
        secret_access_key: "test".to_owned(),
        session_token: None,
    };
    assert_eq!(s3(&aws, &anybody, "PUT", "/logs", HERE).status, 200);
    assert_eq!(s3(&aws, &anybody, "PUT", "/logs/x", "1").status, 200);
    let chunked = "1;chunk-signature=00\r\n2\r\n0;chunk-signature=00\r\n\r\n";
    let request = Request::put("http://127.0.0.1:4580/logs/y")
        .header("host", "127.0.0.1:4580")
        .header("x-amz-content-sha256", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD")
        .header("x-amz-decoded-content-length", "1")
        .header("content-encoding", "aws-chunked")
        .header(
            "authorization",
            "AWS4-HMAC-SHA256 Credential=test/20261101/eu-central-1/s3/aws4_request, \
             SignedHeaders=host, Signature=00",
        )
        .header("x-amz-date", "20261101T000000Z")
        .body(Bytes::from(chunked))
        .unwrap();
    let response = aws.handle(request).response;
    assert_eq!(response.status(), 200, "{:?}", response.body());
    assert_eq!(s3(&aws, &anybody, "GET", "/logs/y", "").text, "2");
}

#[test]
fn an_upload_in_parts_becomes_one_object() {
    let aws = with_bucket();
    let begun = admin(&aws, "POST", "/logs/big?uploads", "");
    let id = begun.element("UploadId").unwrap().to_owned();
    let first = "x".repeat(5 << 20);
    let path = |number: u8| format!("/logs/big?partNumber={number}&uploadId={id}");
    let tag = |reply: &Reply| reply.headers["etag"].to_str().unwrap().to_owned();
    let one = tag(&admin(&aws, "PUT", &path(1), &first));
    let two = tag(&admin(&aws, "PUT", &path(2), "end"));
    let complete = format!(
        "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>{one}</ETag></Part>\
         <Part><PartNumber>2</PartNumber><ETag>{two}</ETag></Part></CompleteMultipartUpload>"
    );
    let done = admin(&aws, "POST", &format!("/logs/big?uploadId={id}"), &complete);
    assert_eq!(done.status, 200, "{}", done.text);
    assert!(done.element("ETag").unwrap().contains("-2"));
    let got = admin(&aws, "GET", "/logs/big", "");
    assert_eq!(got.text.len(), first.len() + 3);
    let again = admin(&aws, "POST", &format!("/logs/big?uploadId={id}"), &complete);
    assert_eq!(again.code(), "NoSuchUpload");
}
