//! Policies in plain sentences.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use rolecall_policy::{Policy, managed};

fn explained(policy: &Policy) -> String {
    let mut text = String::new();
    for explained in policy.explain() {
        text.push_str(&format!(
            "{}. {}\n",
            explained.statement.index + 1,
            explained.sentence
        ));
        for note in explained.notes {
            text.push_str(&format!("   note: {note}\n"));
        }
    }
    text
}

fn managed(name: &str) -> Policy {
    managed::find(name)
        .unwrap_or_else(|| panic!("{name}"))
        .policy()
        .unwrap()
}

#[test]
fn the_compute_policy_reads_as_what_it_does() {
    insta::assert_snapshot!(explained(&managed("AmazonEKSComputePolicy")));
}

#[test]
fn every_kind_of_element_has_its_words() {
    let text = r#"{"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"},
        {"Effect": "Allow", "Principal": {"Service": "pods.eks.amazonaws.com", "AWS": "111122223333"}, "Action": ["sts:AssumeRole", "sts:TagSession"]},
        {"Effect": "Deny", "NotPrincipal": {"AWS": "arn:aws:iam::111122223333:root"}, "NotAction": "iam:*", "NotResource": ["arn:aws:s3:::a", "arn:aws:s3:::b"]},
        {"Effect": "Allow", "Action": ["eks:Describe*", "eks:*Nodegroups"], "Resource": "*",
         "Condition": {"Bool": {"aws:SecureTransport": true}, "DateLessThan": {"aws:CurrentTime": "2027-01-01"},
                       "NotIpAddress": {"aws:SourceIp": ["10.0.0.0/8", "192.168.0.0/16"]},
                       "StringNotEqualsIfExists": {"aws:PrincipalTag/team": "blue"},
                       "NumericGreaterThanEquals": {"s3:max-keys": 10},
                       "Null": {"aws:TokenIssueTime": "true"},
                       "ForAnyValue:StringLike": {"aws:TagKeys": ["eks:*", "k8s*", "x"]},
                       "ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/team/*"},
                       "StringEqualsIgnoreCase": {"aws:ResourceTag/Stage": "${aws:PrincipalTag/Stage}"}}}]}"#;
    insta::assert_snapshot!(explained(&Policy::parse("p", text).unwrap()));
}

#[test]
fn what_has_no_effect_is_noted() {
    let text = r#"{"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": ["eks:DescribeAcessEntry", "ekz:*", "ec2:Frobnicate", "ec2:Zap*"], "Resource": "*"},
        {"Effect": "Allow", "Action": ["eks:ListClusters", "eks:DescribeCluster"], "Resource": "arn:aws:eks:*:*:cluster/*"},
        {"Effect": "Allow", "Action": "ec2:Describe*", "Resource": "arn:aws:ec2:*:*:instance/*"},
        {"Effect": "Allow", "Action": "ec2:CreateTags", "Resource": "*",
         "Condition": {"StringLike": {"aws:TagKeys": "eks:*"}, "ForAllValues:StringEquals": {"aws:RequestTag/team": "blue"}}}]}"#;
    insta::assert_snapshot!(explained(&Policy::parse("p", text).unwrap()));
}

#[test]
fn every_shipped_policy_can_be_explained() {
    for policy in managed::all().step_by(20) {
        for explained in policy.policy().unwrap().explain() {
            assert!(explained.sentence.ends_with('.'), "{}", policy.name);
        }
    }
}
