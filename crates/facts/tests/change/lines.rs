//! Changes as a difference that a person reads.

use std::fmt::Write;

use rolecall_facts::{AccessScope, AuthenticationMode, Change, Line, Snapshot};
use serde_json::json;

use crate::world::{
    AUTO_NODE, TRUST, VIEW, arn, association, entry, known, new_entry, role, snapshot, with,
};

fn shown(change: &Change, before: &Snapshot) -> String {
    let mut text = String::new();
    for line in change.lines(before) {
        let (mark, line) = match line {
            Line::Added(line) => ('+', line),
            Line::Removed(line) => ('-', line),
            Line::Kept(line) => (' ', line),
        };
        writeln!(text, "{mark} {line}").unwrap();
    }
    text
}

#[test]
fn an_entry_is_told_with_all_it_has() {
    let mut new = new_entry(&arn("platform/a"), "STANDARD");
    new.kubernetes_groups = vec!["viewers".to_owned()];
    new.tags.insert("made-by".to_owned(), "rolecall".to_owned());
    let before = snapshot(json!({}));
    insta::assert_snapshot!(shown(&Change::CreateAccessEntry(new), &before), @r"
    + access entry arn:aws:iam::111122223333:role/platform/a
    + type STANDARD
    + groups viewers
    + tag made-by=rolecall
    ");

    let old = with(
        entry(&arn("a"), "EC2_LINUX"),
        json!({ "kubernetes_groups": known(json!(["system:nodes"])) }),
    );
    let before = snapshot(json!({ "access_entries": [old] }));
    let change = Change::DeleteAccessEntry {
        principal: arn("a"),
    };
    insta::assert_snapshot!(shown(&change, &before), @r"
    - access entry arn:aws:iam::111122223333:role/a
    - type EC2_LINUX
    - groups system:nodes
    ");
}

#[test]
fn a_scope_is_told_as_it_was_and_as_it_will_be() {
    let namespaces = json!({ "namespaces": ["web", "batch"] });
    let before = snapshot(json!({
        "access_entries": [entry(&arn("a"), "EC2")],
        "access_policies": [
            association(&arn("a"), AUTO_NODE, namespaces),
            association(&arn("a"), VIEW, "cluster"),
        ],
    }));
    let change = |policy: &str| Change::AssociateAccessPolicy {
        principal: arn("a"),
        policy_arn: policy.to_owned(),
        scope: AccessScope::Cluster,
    };
    insta::assert_snapshot!(shown(&change(AUTO_NODE), &before), @r"
      access entry arn:aws:iam::111122223333:role/a
    - policy AmazonEKSAutoNodePolicy in namespaces web, batch
    + policy AmazonEKSAutoNodePolicy at cluster scope
    ");
    let kept = format!("access entry {}", arn("a"));
    assert_eq!(change(VIEW).lines(&before), [Line::Kept(kept)]);
}

#[test]
fn of_a_document_the_lines_that_differ_are_told() {
    let before = snapshot(json!({ "roles": [role("/", "ClusterRole")] }));
    let document = TRUST.replace(
        r#""sts:AssumeRole""#,
        r#"["sts:AssumeRole","sts:TagSession"]"#,
    );
    let change = Change::SetTrust {
        role: "ClusterRole".to_owned(),
        document,
    };
    insta::assert_snapshot!(shown(&change, &before), @r#"
      trust policy of role ClusterRole
    -       "Action": "sts:AssumeRole"
    +       "Action": [
    +         "sts:AssumeRole",
    +         "sts:TagSession"
    +       ]
    "#);
    let change = Change::PutInlinePolicy {
        role: "ClusterRole".to_owned(),
        name: "pass-node-role".to_owned(),
        document: r#"{"Version":"2012-10-17","Statement":[]}"#.to_owned(),
    };
    insta::assert_snapshot!(shown(&change, &before), @r#"
      role ClusterRole
    + inline policy pass-node-role
    + {
    +   "Version": "2012-10-17",
    +   "Statement": []
    + }
    "#);
}

#[test]
fn a_cluster_is_told_by_what_changes_of_it() {
    let before = snapshot(json!({}));
    let mode = Change::SetAuthenticationMode {
        mode: AuthenticationMode::Api,
    };
    insta::assert_snapshot!(shown(&mode, &before), @r"
      cluster prod
    - authentication mode API_AND_CONFIG_MAP
    + authentication mode API
    ");
    let compute = Change::SetComputeConfig {
        enabled: true,
        node_pools: vec!["general-purpose".to_owned()],
        node_role: Some(arn("platform/a")),
    };
    insta::assert_snapshot!(shown(&compute, &before), @r"
      cluster prod
    - Auto Mode off
    + Auto Mode on
    + node pools general-purpose
    + node role arn:aws:iam::111122223333:role/platform/a
    ");
    let map = Change::RemapRole {
        from: arn("platform/a"),
        to: arn("a"),
    };
    insta::assert_snapshot!(shown(&map, &before), @r"
      aws-auth
    - rolearn arn:aws:iam::111122223333:role/platform/a
    + rolearn arn:aws:iam::111122223333:role/a
    ");
}
