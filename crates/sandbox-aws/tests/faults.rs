//! Faults on demand, as users write them and as clients meet them.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod harness;

use std::time::Duration;

use harness::{Reply, aws, credentials, query, rest, target};
use proptest::prelude::*;
use rolecall_sandbox_aws::{Aws, FaultRule, Faults, Refusal};
use serde_json::{Value, json};

fn rule(text: &str) -> FaultRule {
    text.parse().unwrap()
}

fn get_role(aws: &Aws) -> Reply {
    let fields = [("Action", "GetRole"), ("RoleName", "Nobody")];
    query(aws, &credentials(), "iam", &fields)
}

#[test]
fn rules_are_read_and_written_back() {
    for (text, written) in [
        (
            "eks:CreateAccessEntry=throttle:0.2,latency:50ms",
            "eks:CreateAccessEntry=throttle:0.2,latency:50ms",
        ),
        ("*=drop:100%", "*:*=drop:1"),
        (
            "EKS : Describe* = error:5%:503",
            "eks:Describe*=error:0.05:503",
        ),
        (
            "kubernetes:*=latency:1.5s:0.25ms",
            "kubernetes:*=latency:1500ms:0.25ms",
        ),
        ("iam:*=stale:2m", "iam:*=stale:120s"),
        ("*@us-east-1=expired:1", "*:*@us-east-1=expired:1"),
        (
            "eks:List* @ EU-central-1 = drop:1",
            "eks:List*@eu-central-1=drop:1",
        ),
    ] {
        let rule = rule(text);
        assert_eq!(rule.to_string(), written);
        let json = serde_json::to_value(&rule).unwrap();
        assert_eq!(json, json!(written));
        assert_eq!(serde_json::from_value::<FaultRule>(json).unwrap(), rule);
    }
}

#[test]
fn a_wrong_rule_says_where_and_what_would_be_right() {
    let wrong = |text: &str| text.parse::<FaultRule>().unwrap_err().to_string();
    let all = [
        "",
        "eks:CreateAccessEntry",
        "eks=throttle:1",
        "lambda:Invoke=throttle:1",
        "eks:Create Access=throttle:1",
        "eks:*=slow:1",
        "eks:*=throttle",
        "eks:*=throttle:0.2, error:1.5",
        "eks:*=error:1:404",
        "eks:*=latency:50",
        "eks:*=latency:1s:2s:3s",
        "eks:*=latency:2d",
        "eks:DescribeCluster=stale:5s",
        "ék:*=throttle:1",
        "eks:*@=drop:1",
        "eks:*@us east=drop:1",
        "kubernetes:*@us-east-1=drop:1",
        "eks:*@us-east-1=stale:5s",
    ]
    .map(wrong)
    .join("\n");
    insta::assert_snapshot!(all);
}

#[test]
fn throttling_is_worded_as_each_service_does_and_recorded() {
    let aws = aws();
    aws.faults().add(rule("*=throttle:1"));
    let replies = [
        get_role(&aws),
        query(
            &aws,
            &credentials(),
            "sts",
            &[("Action", "GetCallerIdentity")],
        ),
    ];
    for reply in replies {
        assert_eq!((reply.status, reply.code().as_str()), (400, "Throttling"));
    }
    let events = aws.events().latest(|event| event.name == "GetRole");
    assert_eq!(events.first().unwrap().to_json()["errorCode"], "Throttling");
    assert_eq!(aws.calls().total(), 2);
}

#[test]
fn server_errors_have_the_services_code_and_the_status_asked_for() {
    let aws = aws();
    let number = aws.faults().add(rule("iam:GetRole=error:1"));
    let reply = get_role(&aws);
    assert_eq!(
        (reply.status, reply.code().as_str()),
        (500, "ServiceFailure")
    );
    assert!(aws.faults().remove(number));
    assert!(!aws.faults().remove(number));
    aws.faults().add(rule("iam:Get*=error:1:503"));
    let reply = get_role(&aws);
    assert_eq!(
        (reply.status, reply.code().as_str()),
        (503, "ServiceUnavailable")
    );
    aws.faults().clear();
    assert_eq!(get_role(&aws).status, 404);
}

#[test]
fn rules_concern_what_they_name_and_nothing_else() {
    let faults = Faults::new(1);
    let first = faults.add(rule("eks:create*entry=error:1"));
    faults.add(rule("kubernetes:patch=throttle:1,latency:10ms"));
    for (service, operation, refusal) in [
        ("eks", "CreateAccessEntry", Some(Refusal::Server(None))),
        ("eks", "CreateAccessEntries", None),
        ("iam", "CreateAccessEntry", None),
        ("kubernetes", "patch", Some(Refusal::Throttled)),
        ("kubernetes", "watch", None),
    ] {
        let fault = faults.draw(service, operation, None);
        assert_eq!(fault.refusal, refusal, "{service}:{operation}");
        let late = Duration::from_millis(if operation == "patch" { 10 } else { 0 });
        assert_eq!(fault.delay, late);
    }
    let listed: Vec<_> = faults.list();
    assert_eq!(listed.first().unwrap().0, first);
    assert_eq!(listed.len(), 2);
}

#[test]
fn a_rule_of_one_region_leaves_the_others_and_what_is_in_none_alone() {
    let faults = Faults::new(1);
    faults.add(rule("*@us-east-1=drop:1"));
    let is_dropped = |service, region| faults.draw(service, "ListClusters", region).dropped;
    assert!(is_dropped("eks", Some("us-east-1")));
    assert!(!is_dropped("eks", Some("eu-central-1")));
    assert!(!is_dropped("kubernetes", None));

    let aws = aws();
    aws.faults().add(rule("sts:*@us-east-1=error:1"));
    let who = [("Action", "GetCallerIdentity")];
    assert_eq!(query(&aws, &credentials(), "sts", &who).status, 200);
    aws.faults().add(rule("sts:*@eu-central-1=error:1"));
    assert_eq!(query(&aws, &credentials(), "sts", &who).status, 500);
}

#[test]
fn credentials_that_ran_out_are_told_as_each_service_does() {
    let aws = aws();
    aws.faults().add(rule("*=expired:1"));
    let vpcs = [("Action", "DescribeVpcs")];
    for (reply, code) in [
        (get_role(&aws), "ExpiredToken"),
        (
            rest(&aws, &credentials(), "GET", "/clusters", &Value::Null),
            "ExpiredTokenException",
        ),
        (query(&aws, &credentials(), "ec2", &vpcs), "RequestExpired"),
    ] {
        assert_eq!((reply.status, reply.code().as_str()), (403, code));
    }
}

#[test]
fn shares_hold_and_one_seed_hits_the_same_calls() {
    let run = |seed| {
        let faults = Faults::new(seed);
        faults.add(rule("eks:*=throttle:0.2,drop:0.5,latency:10ms:10ms"));
        (0..10_000)
            .map(|_| faults.draw("eks", "DescribeCluster", None))
            .collect::<Vec<_>>()
    };
    let drawn = run(7);
    let throttled = drawn.iter().filter(|fault| fault.refusal.is_some()).count();
    let dropped = drawn.iter().filter(|fault| fault.dropped).count();
    assert!((1_850..2_150).contains(&throttled), "{throttled}");
    assert!((4_800..5_200).contains(&dropped), "{dropped}");
    assert!(drawn.iter().all(|fault| {
        (Duration::from_millis(10)..=Duration::from_millis(20)).contains(&fault.delay)
    }));
    assert_eq!(drawn, run(7));
    assert_ne!(drawn, run(8));
}

#[test]
fn delays_and_drops_are_told_to_the_server_and_the_call_is_carried_out() {
    let aws = aws();
    aws.faults().add(rule("sts:*=drop:1,latency:40ms"));
    aws.faults().add(rule("*=latency:2ms"));
    let mut request = http::Request::post("https://sts.eu-central-1.amazonaws.com/")
        .body(bytes::Bytes::from_static(b"Action=GetCallerIdentity"))
        .unwrap();
    let now = jiff::Timestamp::now();
    rolecall_sandbox_aws::sigv4::sign(&mut request, &credentials(), harness::REGION, "sts", now);
    let answer = aws.handle(request);
    assert!(answer.dropped);
    assert_eq!(answer.delay, Duration::from_millis(42));
    assert_eq!(answer.response.status(), 200);
}

#[test]
fn stale_reads_show_what_was_there_before_for_a_while() {
    let aws = aws();
    let restore = |name: &str| {
        let row = json!({
            "account": harness::ACCOUNT, "name": name, "path": "/", "id": "AROA1",
            "created": "2026-01-01T00:00:00Z", "trust": "{}", "max_session": 3600,
        });
        let key = format!("{}/{}", harness::ACCOUNT, name.to_lowercase());
        aws.write(|state| state.restore("iam.roles", &key, row.to_string().as_bytes()))
            .unwrap();
    };
    let number = aws.faults().add(rule("iam:*=stale:10s"));
    restore("Nobody");
    assert_eq!(get_role(&aws).status, 404);
    aws.clock().step(Duration::from_secs(9));
    assert_eq!(get_role(&aws).status, 404);
    aws.clock().step(Duration::from_secs(2));
    assert_eq!(get_role(&aws).status, 200);
    aws.faults().remove(number);
    aws.write(|state| state.clear());
}

#[test]
fn rest_and_json_services_throttle_in_their_own_way() {
    let aws = aws();
    aws.faults().add(rule("*=throttle:1"));
    let throttled = "ThrottlingException".to_owned();
    let reply = rest(&aws, &credentials(), "GET", "/clusters", &Value::Null);
    assert_eq!((reply.status, reply.code()), (429, throttled.clone()));
    let reply = target(&aws, &credentials(), "LookupEvents", &json!({}));
    assert_eq!((reply.status, reply.code()), (400, throttled));
    let vpcs = [("Action", "DescribeVpcs")];
    let reply = query(&aws, &credentials(), "ec2", &vpcs);
    assert_eq!(
        (reply.status, reply.code().as_str()),
        (503, "RequestLimitExceeded")
    );
    let events = aws.events().latest(|event| event.name == "DescribeVpcs");
    let event = events.first().unwrap().to_json();
    assert_eq!(event["errorCode"], "Client.RequestLimitExceeded");
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused_and_what_is_read_is_written_back(
        text in "[a-z0-9:*]{0,8}=?(throttle|error|drop|latency|stale|x)?:?[0-9.%ms:,]{0,12}|.{0,30}"
    ) {
        match text.parse::<FaultRule>() {
            Ok(rule) => prop_assert_eq!(rule.to_string().parse::<FaultRule>().unwrap(), rule),
            Err(error) => prop_assert!(error.column >= 1),
        }
    }

    #[test]
    fn durations_survive_being_written(micros in 0_u64..86_400_000_000) {
        let rule = rule(&format!("eks:*=latency:{}ms", Duration::from_micros(micros).as_secs_f64() * 1e3));
        prop_assert_eq!(rule.to_string().parse::<FaultRule>().unwrap(), rule);
    }
}
