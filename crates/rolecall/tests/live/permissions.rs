//! What may not be read: the report stands, and the policy that it prints is enough and no more.

use rolecall_report::CheckJson;
use rolecall_sandbox::Generation;
use serde_json::json;

use crate::cloud::{Cloud, Key, Ran, run, with_key};

const NARROW: &str = r#"{"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Action": "eks:DescribeCluster", "Resource": "*"}]}"#;

fn cloud() -> Cloud {
    Cloud::of(&["examples/custom-path"], Generation::Legacy)
}

fn diagnose_as(cloud: &Cloud, key: &Key, args: &[&str]) -> Ran {
    let mut command = cloud.diagnosing(args);
    with_key(&mut command, key);
    run(command)
}

/// What a report prints between these lines.
fn printed<'a>(report: &'a str, from: &str, to: &str) -> &'a str {
    let start = report.find(from).unwrap();
    let rest = report.get(start..).unwrap();
    rest.get(..rest.find(to).unwrap() + to.len()).unwrap()
}

#[test]
fn with_exactly_the_policy_that_is_printed_all_can_be_read() {
    let cloud = cloud();
    let key = cloud.user("reader");
    cloud.let_user("reader", NARROW);
    let narrow = diagnose_as(&cloud, &key, &[]);
    narrow
        .ends_with(0)
        .says("? role")
        .says("in the cluster: not Ready")
        .says("not permitted\n")
        .says("iam:GetRole on BatchNodeRole, ClusterRole, WebNodeRole")
        .says("Unknown is not a pass")
        .says_not("✗");
    let policy = printed(&narrow.stdout, "\n{\n", "\n}\n");
    cloud.let_user("reader", policy);
    let complete = diagnose_as(&cloud, &key, &[]);
    let administrator = cloud.diagnose(&[]);
    complete.ends_with(1).says_not("not permitted");
    assert_eq!(complete.stdout, administrator.stdout);
}

#[test]
fn every_statement_of_the_policy_is_needed_and_narrow() {
    let cloud = cloud();
    let key = cloud.user("reader");
    // All but CloudTrail: everything in question is known by name.
    let all = json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Action": ["eks:*", "iam:*"], "Resource": "*"}]});
    cloud.let_user("reader", &all.to_string());
    let ran = diagnose_as(&cloud, &key, &[]);
    insta::assert_snapshot!(printed(&ran.stdout, "\n{\n", "\n}\n"));
}

#[test]
fn where_not_even_the_cluster_may_be_described_the_policy_stands_beside_the_error() {
    let cloud = cloud();
    let key = cloud.user("reader");
    let mut command = cloud.diagnosing(&["platform-prod"]);
    with_key(&mut command, &key).env("KUBECONFIG", "nowhere");
    let refused = run(command);
    refused.ends_with(2);
    assert!(
        refused.stderr.contains("`eks:DescribeCluster` on"),
        "{}",
        refused.stderr
    );
    let policy = printed(&refused.stderr, "\n{\n", "\n}\n");
    cloud.let_user("reader", policy);
    diagnose_as(&cloud, &key, &[]).ends_with(1);
}

#[test]
fn with_the_cluster_role_that_is_printed_the_clusters_objects_can_be_read() {
    const RBAC: &str = "/apis/rbac.authorization.k8s.io/v1";
    let cloud = cloud();
    let key = cloud.user("reader");
    let all = json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Action": "*", "Resource": "*"}]});
    cloud.let_user("reader", &all.to_string());
    let entry = cloud.eks().create_access_entry();
    let entry = entry
        .cluster_name("platform-prod")
        .principal_arn("arn:aws:iam::111122223333:user/reader")
        .kubernetes_groups("readers");
    cloud.runtime.block_on(entry.send()).unwrap();
    let diagnose = || {
        let mut command = cloud.diagnosing(&["platform-prod"]);
        with_key(&mut command, &key).env("KUBECONFIG", "nowhere");
        run(command)
    };
    let refused = diagnose();
    refused
        .ends_with(0)
        .says("kubernetes:list on nodepools.karpenter.sh")
        .says("kind: ClusterRole")
        .says_not("\"Version\"");
    let role = printed(&refused.stdout, "apiVersion: rbac", "\n\n");
    let path = format!("{RBAC}/clusterroles/rolecall-reader");
    cloud.apply("platform-prod", &path, role);
    let binding = json!({
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRoleBinding",
        "metadata": {"name": "rolecall-reader"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "rolecall-reader"},
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": "readers"}],
    });
    let bindings = format!("{RBAC}/clusterrolebindings");
    cloud.kube("platform-prod", "POST", &bindings, &binding);
    let complete = diagnose();
    complete.ends_with(1).says_not("not permitted");
    assert_eq!(complete.stdout, cloud.diagnose(&[]).stdout);
}

#[test]
fn programs_get_what_was_missing_and_the_policy_as_json() {
    let cloud = cloud();
    let key = cloud.user("reader");
    cloud.let_user("reader", NARROW);
    let ran = diagnose_as(&cloud, &key, &["--format", "json"]);
    let check: CheckJson = serde_json::from_str(&ran.stdout).unwrap();
    let permissions = check.permissions.unwrap();
    let actions: Vec<&str> = permissions
        .missing
        .iter()
        .map(|missing| missing.action.as_str())
        .collect();
    assert!(actions.contains(&"iam:GetRole"), "{actions:?}");
    assert_eq!(permissions.policy.unwrap()["Version"], "2012-10-17");
    for (format, said) in [
        ("markdown", "```json\n{"),
        ("sarif", "iam:GetRole on"),
        ("github", "iam:GetRole on"),
        ("junit", "<testsuites"),
    ] {
        diagnose_as(&cloud, &key, &["--format", format])
            .ends_with(0)
            .says(said);
    }
}
