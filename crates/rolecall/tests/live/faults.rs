//! What goes wrong on the way: the rest of the report stands.

use rolecall_sandbox::Generation;

use crate::cloud::{Cloud, run};

fn cloud() -> Cloud {
    Cloud::of(&["examples/custom-path"], Generation::Legacy)
}

#[test]
fn a_private_endpoint_that_is_not_reached_leaves_what_aws_knows() {
    let cloud = Cloud::of(
        &["crates/rolecall/tests/live/files/mixed"],
        Generation::Current,
    );
    let authority = cloud.sandbox.certificate_authority().to_owned();
    // Nothing listens on port 1.
    cloud
        .sandbox
        .world()
        .serve_at("https://127.0.0.1:1", &authority);
    let mut command = cloud.diagnosing(&["mixed"]);
    command.env("KUBECONFIG", "nowhere");
    run(command)
        .ends_with(2)
        .says("managed node group group")
        .says("cannot be reached")
        .says("use its VPN")
        .says_not("✗");
}

#[test]
fn throttled_and_failing_calls_are_made_again() {
    let cloud = cloud();
    let calm = cloud.diagnose(&[]);
    for rule in ["iam:*=throttle:0.2", "eks:*=error:0.1:500"] {
        cloud
            .sandbox
            .world()
            .aws()
            .faults()
            .add(rule.parse().unwrap());
    }
    let busy = cloud.diagnose(&[]);
    busy.ends_with(1);
    assert_eq!(busy.stdout, calm.stdout);
}

#[test]
fn a_service_that_refuses_all_is_unknown_and_the_rest_stands() {
    let cloud = cloud();
    let rule = "cloudtrail:*=throttle:1";
    cloud
        .sandbox
        .world()
        .aws()
        .faults()
        .add(rule.parse().unwrap());
    cloud
        .diagnose(&["--pool", "batch"])
        .ends_with(2)
        .says("RC710")
        .says("cloudtrail:LookupEvents")
        .says_not("CloudTrail recorded it");
}

#[test]
fn an_endpoint_where_nothing_listens_is_named() {
    let cloud = cloud();
    let mut command = cloud.diagnosing(&["platform-prod"]);
    command.env("AWS_ENDPOINT_URL", "http://127.0.0.1:1");
    let ran = run(command);
    ran.ends_with(2);
    assert!(
        ran.stderr
            .contains("`http://127.0.0.1:1` cannot be reached"),
        "{}",
        ran.stderr
    );
}
