//! What the control plane makes of an AWS that does not answer as it should.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod testbed;

use std::time::Duration;

use rolecall_sandbox_automode::Generation::Current;
use serde_json::json;
use testbed::{CLAIMS, CLASSES, POOLS, Testbed};

fn web(faults: &[&str]) -> Testbed {
    let bed = Testbed::new(Current);
    let role = bed.node_role("NodeRole", "/platform/");
    bed.whole_entry(&role);
    for fault in faults {
        bed.aws.faults().add(fault.parse().unwrap());
    }
    bed.class("web", &json!({"role": "NodeRole"}));
    bed.pool("web", "web", &json!({"replicas": 1}));
    bed.settle();
    bed
}

#[test]
fn what_cannot_be_asked_stays_unknown_and_is_asked_again_soon() {
    let bed = web(&["eks:DescribeAccessEntry=throttle:1"]);
    assert_eq!(
        bed.conditions(&format!("{CLASSES}/web")),
        "\
InstanceProfileReady=Unknown AwaitingReconciliation object is awaiting reconciliation
SubnetsReady=True SubnetsReady
SecurityGroupsReady=True SecurityGroupsReady
ValidationSucceeded=Unknown DependenciesNotReady Awaiting Instance Profile, Security Group, and Subnet resolution
Ready=Unknown ReconcilingDependents ValidationSucceeded=Unknown, InstanceProfileReady=Unknown"
    );
    let pool = bed.conditions(&format!("{POOLS}/web"));
    let unknown = "NodeClassReady=False NodeClassReadinessUnknown Node Class Readiness Unknown";
    assert!(pool.contains(unknown), "{pool}");
    bed.aws.faults().clear();
    bed.pass(Duration::from_secs(11));
    let class = bed.conditions(&format!("{CLASSES}/web"));
    assert!(class.ends_with("\nReady=True Ready"), "{class}");
}

#[test]
fn a_service_that_fails_now_and_then_is_asked_until_it_answers() {
    let bed = web(&["*=throttle:0.2,error:0.1"]);
    bed.pass(Duration::from_secs(300));
    let class = bed.conditions(&format!("{CLASSES}/web"));
    assert!(class.ends_with("\nReady=True Ready"), "{class}");
}

#[test]
fn lost_answers_make_nothing_twice() {
    let bed = web(&["iam:*=drop:0.5", "ec2:CreateFleet=drop:0.5"]);
    bed.pass(Duration::from_secs(300));
    bed.aws.faults().clear();
    bed.pass(Duration::from_secs(120));
    let class = bed.conditions(&format!("{CLASSES}/web"));
    assert!(class.ends_with("\nReady=True Ready"), "{class}");
    let claims = bed.get(CLAIMS)["items"].as_array().unwrap().len();
    let instances = bed.query("ec2", "DescribeInstances", &[]);
    assert_eq!(claims, 1);
    assert_eq!(instances.text.matches("<instanceId>").count(), 1);
}
