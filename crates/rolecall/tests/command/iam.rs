//! Questions to the policy engine.

use serde_json::{Value, json};

use crate::run::{run, run_with_input};

/// What EKS's control plane asks when no access entry exists.
fn describe_entry(context: Value) -> String {
    json!({
        "principal": "arn:aws:iam::111122223333:role/aws-service-role/eks.amazonaws.com/AWSServiceRoleForAmazonEKS",
        "action": "eks:DescribeAccessEntry",
        "resource": "arn:aws:eks:eu-central-1:111122223333:access-entry/c1/role/111122223333/NodeRole/*",
        "context": context,
        "identityPolicies": ["AmazonEKSServiceRolePolicy"],
    })
    .to_string()
}

#[test]
fn the_case_this_project_began_with_is_explained_by_its_near_miss() {
    let ran = run_with_input(&["iam", "evaluate"], &describe_entry(json!({})));
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(
        ran.stdout.starts_with("implicitly denied"),
        "{}",
        ran.stdout
    );
    let near = "of AmazonEKSServiceRolePolicy would allow it, but its condition StringEquals on \
                `eks:accessEntryType` wants `EC2` and the request has no such key";
    assert!(ran.stdout.contains(near), "{}", ran.stdout);
}

#[test]
fn an_entry_of_auto_modes_type_may_be_described() {
    let question = describe_entry(json!({ "eks:accessEntryType": "EC2" }));
    let ran = run_with_input(&["iam", "evaluate", "--format", "json"], &question);
    let answer: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(answer["decision"], "Allowed");
    assert_eq!(answer["layers"][0]["layer"], "identity");
    assert_eq!(answer["layers"][0]["decision"], "Allowed");
    assert_eq!(
        answer["layers"][0]["matched"][0]["policy"],
        "AmazonEKSServiceRolePolicy"
    );
}

#[test]
fn a_stream_is_answered_line_by_line_and_its_bad_lines_are_told_at_the_end() {
    let allowed = describe_entry(json!({ "eks:accessEntryType": ["EC2"] }));
    let input = format!("{}\nnonsense\n{allowed}\n", describe_entry(json!({})));
    let ran = run_with_input(&["iam", "evaluate", "--ndjson"], &input);
    let answers: Vec<Value> = ran
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(answers.len(), 3);
    assert_eq!(answers[0]["decision"], "ImplicitlyDenied");
    assert_eq!(
        answers[0]["layers"][0]["nearMisses"][0]["failed"][0]["key"],
        "eks:accessEntryType"
    );
    assert!(answers[1]["error"].is_string());
    assert_eq!(answers[2]["decision"], "Allowed");
    assert_eq!(ran.code, 2);
}

#[test]
fn a_request_that_lacks_a_field_says_which_and_what_to_type() {
    let ran = run_with_input(&["iam", "evaluate"], r#"{"principal":"*","resource":"*"}"#);
    assert_eq!(ran.code, 2);
    assert!(
        ran.stderr.contains("the field `action` is missing"),
        "{}",
        ran.stderr
    );
    assert!(
        ran.stderr.contains("rolecall iam evaluate --help"),
        "{}",
        ran.stderr
    );
}

#[test]
fn the_roles_that_may_pass_a_role_are_found_in_files() {
    let role = "arn:aws:iam::111122223333:role/platform/eks/WebNodeRole";
    let passed = "iam:PassedToService=ec2.amazonaws.com";
    let ran = run(&[
        "iam",
        "who-can",
        "iam:PassRole",
        role,
        "--facts",
        "examples/custom-path",
        "--context",
        passed,
    ]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_eq!(
        ran.stdout,
        "may      arn:aws:iam::111122223333:role/platform/eks/ClusterRole\n"
    );
}

#[test]
fn without_the_key_a_policy_asks_for_it_cannot_be_told_who_may() {
    let role = "arn:aws:iam::111122223333:role/platform/eks/WebNodeRole";
    let ran = run(&[
        "iam",
        "who-can",
        "iam:PassRole",
        role,
        "--facts",
        "examples/custom-path",
    ]);
    assert!(ran.stdout.starts_with("unknown  "), "{}", ran.stdout);
    assert!(
        ran.stdout.contains("`iam:PassedToService`"),
        "{}",
        ran.stdout
    );
}

#[test]
fn a_managed_policy_is_put_into_sentences_by_name() {
    let ran = run(&["iam", "explain", "AmazonEKSWorkerNodeMinimalPolicy"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(
        ran.stdout
            .contains("Allows `eks-auth:AssumeRoleForPodIdentity` on any resource."),
        "{}",
        ran.stdout
    );
}

#[test]
fn a_malformed_policy_is_refused_with_every_reason_and_place() {
    let policy =
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Acton":"x","Resource":5}]}"#;
    let ran = run_with_input(&["iam", "explain", "-"], policy);
    assert_eq!(ran.code, 2);
    for part in ["1:38", "must contain actions", "`Acton`", "found a number"] {
        assert!(
            ran.stderr.contains(part),
            "{part} is missing in {}",
            ran.stderr
        );
    }
}
