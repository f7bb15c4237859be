//! Plans and states, as `terraform show -json` prints them, and the facts read from them.

use rolecall_declared::{Options, Read, Source, read_sources};

use rolecall_facts::{AuthenticationMode, ObjectId, Snapshot};

use crate::summary::{address, reference as line};

fn read(name: &str, text: &str) -> Read {
    read_sources(vec![Source::new(name, text)], &Options::default())
}

macro_rules! fixture {
    ($name:literal) => {
        read(
            $name,
            include_str!(concat!("../fixtures/terraform/", $name)),
        )
    };
}

fn principals(snapshot: &Snapshot) -> String {
    let entries = &snapshot.access_entries;
    let lines: Vec<String> = entries
        .iter()
        .map(|entry| {
            let address = entry.id.as_ref().map_or("-", address);
            format!("{address}: {}", line(&entry.principal))
        })
        .collect();
    lines.join("\n")
}

#[test]
fn a_new_role_is_tied_to_its_entry_before_its_arn_exists() {
    let out = fixture!("new-role-under-a-path.json");
    let snapshot = &out.snapshot;
    assert_eq!(out.diagnostics, []);
    insta::assert_snapshot!(principals(snapshot), @"aws_eks_access_entry.node: arn:aws:iam::111122223333:role/platform/eks/prod-node <aws_iam_role.node>");
    insta::assert_snapshot!(line(&snapshot.access_policies[0].principal), @"arn:aws:iam::111122223333:role/platform/eks/prod-node <aws_iam_role.node>");
    let cluster = &snapshot.clusters[0];
    insta::assert_snapshot!(line(&cluster.role), @"arn:aws:iam::111122223333:role/platform/eks/prod-cluster <aws_iam_role.cluster>");
    assert_eq!(cluster.id, snapshot.access_entries[0].cluster.object);
    assert_eq!(cluster.region.as_deref(), Some("eu-west-1"));
    assert_eq!(
        cluster.authentication_mode.value(),
        Some(&AuthenticationMode::Api)
    );
    let compute = cluster.compute.as_ref().unwrap();
    assert_eq!(compute.enabled.value(), Some(&true));
    assert!(compute.node_role.is_none());
    assert!(snapshot.access_entries[0].made_by_this_change);
}

#[test]
fn a_policy_document_read_during_apply_is_rendered_with_the_arn_that_will_be() {
    let out = fixture!("new-role-under-a-path.json");
    let roles = &out.snapshot.roles;
    let cluster = roles
        .iter()
        .find(|role| role.name.value().unwrap() == "prod-cluster")
        .unwrap();
    let inline = &cluster.inline_policies[0];
    assert_eq!(inline.name, "pass-node-role");
    let document = inline.document.value().unwrap();
    assert_eq!(document.unknown, []);
    insta::assert_snapshot!(document.text, @r#"{"Version":"2012-10-17","Statement":[{"Sid":"PassNodeRole","Effect":"Allow","Action":["iam:PassRole"],"Resource":["arn:aws:iam::111122223333:role/platform/eks/prod-node"]}]}"#);
    let node = roles
        .iter()
        .find(|role| role.name.value().unwrap() == "prod-node")
        .unwrap();
    insta::assert_snapshot!(line(&node.attached_policies[0]), @"arn:aws:iam::aws:policy/AmazonEKSWorkerNodeMinimalPolicy <->");
    assert!(node.policies_complete.is_complete());
}

#[test]
fn a_place_in_a_plan_is_the_value_with_its_address() {
    let out = fixture!("new-role-under-a-path.json");
    let path = &out.snapshot.roles[1].path;
    let place = path.origin().unwrap().as_file().unwrap();
    assert_eq!(place.address.as_deref(), Some("aws_iam_role.node"));
    let text = include_str!("../fixtures/terraform/new-role-under-a-path.json");
    let written = text.lines().nth(place.line as usize - 1).unwrap();
    assert!(written.contains(r#""path": "/platform/eks/""#), "{written}");
}

#[test]
fn references_are_followed_through_modules_and_their_keys() {
    let out = fixture!("modules-with-for-each.json");
    insta::assert_snapshot!(principals(&out.snapshot));
}

#[test]
fn a_replaced_role_says_what_forces_it_and_its_entry_is_left_alone() {
    let out = fixture!("role-replaced.json");
    let role = &out.snapshot.roles[0];
    assert_eq!(role.replaced.as_deref(), Some("a change of `path`"));
    assert_eq!(role.unique_id, None);
    // The role that is there now says in which account.
    assert_eq!(role.account.unwrap().to_string(), "111122223333");
    let entry = &out.snapshot.access_entries[0];
    assert!(!entry.made_by_this_change);
    assert_eq!(
        entry.created_at.unwrap().to_string(),
        "2025-03-01T10:05:00Z"
    );
}

#[test]
fn a_state_tells_unique_ids_and_dates() {
    let out = fixture!("state.json");
    let role = &out.snapshot.roles[0];
    assert_eq!(
        role.unique_id.as_ref().unwrap().as_str(),
        "AROAEXAMPLEEXAMPLE1AA"
    );
    assert_eq!(role.created_at.unwrap().to_string(), "2025-03-01T10:00:00Z");
    assert_eq!(role.account.unwrap().to_string(), "111122223333");
    assert_eq!(
        role.attached_policies.len(),
        1,
        "the attachment and the role say the same"
    );
    assert_eq!(role.inline_policies[0].name, "logs");
    assert_eq!(
        role.id,
        Some(ObjectId::new("state.json", "aws_iam_role.node"))
    );
}

#[test]
fn what_a_plan_does_not_say_stays_open() {
    let out = fixture!("open-values.json");
    insta::assert_snapshot!(principals(&out.snapshot));
    let role = &out.snapshot.roles[0];
    let policy = &role.inline_policies[0].document;
    assert!(!policy.is_known(), "{policy:?}");
    let cluster = &out.snapshot.clusters[0];
    assert_eq!(
        cluster.authentication_mode.value(),
        Some(&AuthenticationMode::ConfigMap)
    );
    assert_eq!(cluster.compute, None);
}

#[test]
fn a_later_format_is_refused_and_not_misread() {
    let out = read(
        "plan.json",
        r#"{"format_version": "2.0", "planned_values": {}}"#,
    );
    assert_eq!(out.diagnostics.len(), 1);
    insta::assert_snapshot!(out.diagnostics[0], @"plan.json:1:20: a plan of format version `2.0`, of which only 0 and 1 can be read");
}

#[test]
fn locals_are_looked_up_in_the_configuration_beside_the_plan() {
    let folder = tempfile::tempdir().unwrap();
    let plan = include_str!("../fixtures/terraform/open-values.json");
    std::fs::write(folder.path().join("plan.json"), plan).unwrap();
    std::fs::write(
        folder.path().join("locals.tf"),
        r#"
        locals {
          names         = { for name in ["a"] : name => name }
          node_role_arn = coalesce(var.role_arn, try(aws_iam_role.node.arn, null))
        }
        "#,
    )
    .unwrap();
    let read = rolecall_declared::read(&[folder.path().join("plan.json")], &Options::default());
    let entries = principals(&read.snapshot);
    let line = entries
        .lines()
        .find(|line| line.contains("entry.local"))
        .unwrap();
    insta::assert_snapshot!(line, @"aws_eks_access_entry.local: arn:aws:iam::${AWS::AccountId}:role/node <aws_iam_role.node>");
}
