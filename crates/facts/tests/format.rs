//! The saved form of a snapshot.
#![expect(
    clippy::unwrap_used,
    reason = "input that cannot be made is a test that failed"
)]

use rolecall_facts::{
    AccessEntry, Completeness, Conflict, Fact, ObjectId, Origin, PolicyDocument, Principal,
    Reference, Role, Snapshot, SnapshotError, Why,
};

fn small() -> Snapshot {
    let origin = Origin::file(&"roles.tf".into(), 3, 5, 8).with_address("aws_iam_role.node");
    let known = |text: &str| Fact::known(text.to_owned(), origin.clone());
    let id = Some(ObjectId::new("roles.tf", "aws_iam_role.node"));
    Snapshot {
        roles: vec![Role {
            id: id.clone(),
            partition: None,
            account: None,
            name: known("NodeRole"),
            path: Fact::unknown_at(Why::not_evaluated("`var.path`"), origin.clone()),
            unique_id: None,
            created_at: None,
            replaced: None,
            tags: Vec::new(),
            trust: Fact::known(PolicyDocument::whole("{}"), origin.clone()),
            inline_policies: Vec::new(),
            attached_policies: Vec::new(),
            policies_complete: Completeness::Complete,
            permissions_boundary: None,
            origin: origin.clone(),
        }],
        access_entries: vec![AccessEntry {
            id: None,
            cluster: Reference::by_value(known("prod")),
            principal: Reference {
                value: Fact::known(
                    Principal::parse(
                        "arn:${AWS::Partition}:iam::${AWS::AccountId}:role/platform/NodeRole",
                    ),
                    Origin::api("eks:DescribeAccessEntry", "prod"),
                ),
                object: id,
            },
            entry_type: known("EC2"),
            kubernetes_groups: Fact::unknown(Why::NotPermitted("eks:DescribeAccessEntry".into())),
            username: None,
            created_at: Some("2026-01-02T03:04:05Z".parse().unwrap()),
            tags: Vec::new(),
            made_by_this_change: true,
            policies_complete: Completeness::Partial(Why::not_given("the associations")),
            origin: origin.clone(),
        }],
        role_complete_accounts: vec!["000011112222".parse().unwrap()],
        instance_profile_complete_accounts: vec!["000011112222".parse().unwrap()],
        conflicts: vec![Conflict {
            object: "role NodeRole".to_owned(),
            field: "path".to_owned(),
            kept: "/".to_owned(),
            kept_origin: Some(origin),
            other: "/platform/".to_owned(),
            other_origin: None,
        }],
        ..Snapshot::default()
    }
}

#[test]
fn the_format_is_pinned() {
    insta::assert_snapshot!("small", small().to_json().unwrap());
}

#[test]
fn a_saved_snapshot_reads_back() {
    let text = small().to_json().unwrap();
    assert_eq!(Snapshot::from_json(&text).unwrap(), small());
}

#[test]
fn a_newer_version_is_called_newer_even_where_its_shape_is_unknown() {
    let error = Snapshot::from_json(r#"{"version": 2, "galaxies": []}"#).unwrap_err();
    assert!(matches!(error, SnapshotError::Version { found: 2 }));
    insta::assert_snapshot!(
        error,
        @"the snapshot has format version 2; this version of rolecall reads up to 1"
    );
}

#[test]
fn text_that_is_no_snapshot_is_refused_with_its_place() {
    for (text, begins) in [
        ("{", "not a snapshot at line 1, column 1: EOF"),
        ("[]", "not a snapshot at line 1, column 2: invalid length"),
        (
            "{\"version\": 1,\n \"role\": []}",
            "not a snapshot at line 2, column 7: unknown field `role`",
        ),
        (
            "{\"roles\": []}",
            "not a snapshot at line 1, column 13: missing field `version`",
        ),
    ] {
        let message = Snapshot::from_json(text).unwrap_err().to_string();
        assert!(message.starts_with(begins), "{text}: {message}");
        assert!(!message.contains(" at line 1 column"), "{message}");
    }
}

#[test]
fn an_empty_snapshot_is_its_version_alone() {
    let empty = Snapshot::default();
    insta::assert_snapshot!(empty.to_json().unwrap(), @r#"
    {
      "version": 1
    }
    "#);
    assert_eq!(Snapshot::from_json("{\"version\":1}").unwrap(), empty);
}
