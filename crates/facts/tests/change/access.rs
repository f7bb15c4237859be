//! Access entries, access policies and `aws-auth`.

use rolecall_facts::{AccessScope, CannotUndo, Change, Completeness, Fact, Why};
use serde_json::json;

use crate::world::{
    AUTO_NODE, VIEW, after, arn, association, create, delete, entry, known, meaning, new_entry,
    origin, refused, role, snapshot, unknown, with,
};

#[test]
fn a_new_entry_has_what_eks_gives_its_type() {
    let bare = snapshot(json!({}));
    let linux = after(&bare, &create(&arn("a"), "EC2_LINUX"));
    let entry = linux.access_entries.first().unwrap();
    assert_eq!(
        entry.kubernetes_groups.value(),
        Some(&vec!["system:nodes".to_owned()])
    );
    let username = entry.username.as_ref().and_then(Fact::value).unwrap();
    assert_eq!(username, "system:node:{{EC2PrivateDNSName}}");

    let standard = after(&bare, &create(&arn("platform/a"), "STANDARD"));
    let entry = standard.access_entries.first().unwrap();
    let username = entry.username.as_ref().and_then(Fact::value).unwrap();
    assert_eq!(
        username,
        "arn:aws:sts::111122223333:assumed-role/a/{{SessionName}}"
    );

    // What EKS calls Auto Mode's nodes is not documented, so it is not claimed.
    let auto = after(&bare, &create(&arn("a"), "EC2"));
    let entry = auto.access_entries.first().unwrap();
    assert!(!entry.kubernetes_groups.is_known());
}

#[test]
fn an_entry_is_made_once_whatever_the_case_of_the_role_and_how_much_of_the_arn_is_written() {
    let open = "arn:${AWS::Partition}:iam::${AWS::AccountId}:role/team/NodeRole";
    let with_entry = snapshot(json!({ "access_entries": [entry(open, "EC2")] }));
    for same in ["team/NodeRole", "team/noderole"] {
        let change = create(&arn(same), "EC2");
        assert!(refused(&with_entry, &change).ends_with("is there already"));
        assert_eq!(change.holds(&with_entry), Some(true), "{same}");
    }
    for other in ["NodeRole", "Team/NodeRole"] {
        let change = create(&arn(other), "EC2");
        assert_eq!(change.holds(&with_entry), Some(false), "{other}");
        after(&with_entry, &change);
    }
}

#[test]
fn an_entry_for_a_role_under_another_path_is_refused_as_eks_refuses_it() {
    let known_role = snapshot(json!({ "roles": [role("/platform/", "NodeRole")] }));
    let change = create(&arn("NodeRole"), "EC2");
    assert!(refused(&known_role, &change).contains("no such role"));
    after(&known_role, &create(&arn("platform/NodeRole"), "EC2"));
}

#[test]
fn what_eks_refuses_is_refused() {
    let config_map = snapshot(json!({ "clusters": [with(
        crate::world::cluster(),
        json!({ "authentication_mode": known("CONFIG_MAP") }),
    )] }));
    assert!(refused(&config_map, &create(&arn("a"), "EC2")).contains("CONFIG_MAP"));

    let mut groups = new_entry(&arn("a"), "EC2_LINUX");
    groups.kubernetes_groups = vec!["viewers".to_owned()];
    let bare = snapshot(json!({}));
    assert!(refused(&bare, &Change::CreateAccessEntry(groups)).contains("neither groups"));

    let linux = snapshot(json!({ "access_entries": [entry(&arn("a"), "EC2_LINUX")] }));
    assert!(refused(&linux, &associate(VIEW, AccessScope::Cluster)).contains("EC2_LINUX"));
    assert!(refused(&bare, &associate(VIEW, AccessScope::Cluster)).contains("not there"));
    assert!(refused(&bare, &delete(&arn("a"))).contains("not there"));
}

fn associate(policy: &str, scope: AccessScope) -> Change {
    Change::AssociateAccessPolicy {
        principal: arn("a"),
        policy_arn: policy.to_owned(),
        scope,
    }
}

#[test]
fn associating_again_replaces_the_scope_and_is_undone_by_the_old_one() {
    let before = snapshot(json!({
        "access_entries": [entry(&arn("a"), "EC2")],
        "access_policies": [association(&arn("a"), AUTO_NODE, json!({ "namespaces": ["web"] }))],
    }));
    let change = associate(AUTO_NODE, AccessScope::Cluster);
    assert_eq!(change.holds(&before), Some(false));
    let done = after(&before, &change);
    assert_eq!(done.access_policies.len(), 1);
    assert_eq!(change.holds(&done), Some(true));
    assert_eq!(
        change.undo(&before).unwrap(),
        [associate(
            AUTO_NODE,
            AccessScope::Namespaces(vec!["web".to_owned()])
        )]
    );
}

#[test]
fn a_deleted_entry_takes_its_policies_along_and_is_undone_with_all_it_had() {
    let standard = with(
        entry(&arn("a"), "STANDARD"),
        json!({
            "kubernetes_groups": known(json!(["viewers"])),
            "username": known("team:{{SessionName}}"),
            "tags": [{ "key": "team", "value": known("web") }],
        }),
    );
    let before = snapshot(json!({
        "access_entries": [standard, entry(&arn("b"), "STANDARD")],
        "access_policies": [
            association(&arn("a"), VIEW, "cluster"),
            association(&arn("b"), VIEW, "cluster"),
        ],
    }));
    let change = delete(&arn("a"));
    let done = after(&before, &change);
    assert_eq!(done.access_entries.len(), 1);
    assert_eq!(done.access_policies.len(), 1);

    let mut again = new_entry(&arn("a"), "STANDARD");
    again.kubernetes_groups = vec!["viewers".to_owned()];
    again.username = Some("team:{{SessionName}}".to_owned());
    again.tags.insert("team".to_owned(), "web".to_owned());
    let back = change.undo(&before).unwrap();
    assert_eq!(
        back,
        [
            Change::CreateAccessEntry(again),
            associate(VIEW, AccessScope::Cluster)
        ]
    );
    let restored = back.iter().fold(done, |at, change| after(&at, change));
    assert_eq!(meaning(&restored), meaning(&before));
}

#[test]
fn what_eks_sets_by_itself_is_not_written_when_an_entry_is_made_again() {
    let username = "arn:aws:sts::111122223333:assumed-role/a/{{SessionName}}";
    let standard = with(
        entry(&arn("team/a"), "STANDARD"),
        json!({ "username": known(username) }),
    );
    let linux = with(
        entry(&arn("b"), "EC2_LINUX"),
        json!({
            "username": known("system:node:{{EC2PrivateDNSName}}"),
            "kubernetes_groups": known(json!(["system:nodes"])),
        }),
    );
    let before = snapshot(json!({ "access_entries": [standard, linux] }));
    for (principal, kind) in [(arn("team/a"), "STANDARD"), (arn("b"), "EC2_LINUX")] {
        assert_eq!(
            delete(&principal).undo(&before).unwrap(),
            [create(&principal, kind)]
        );
    }
}

#[test]
fn an_entry_older_than_its_role_is_not_one_made_for_it() {
    let before = snapshot(json!({
        "roles": [with(role("/", "a"), json!({ "created_at": "2026-02-01T00:00:00Z" }))],
        "access_entries": [with(
            entry(&arn("a"), "EC2"),
            json!({ "created_at": "2026-01-01T00:00:00Z" }),
        )],
    }));
    let change = create(&arn("a"), "EC2");
    assert_eq!(change.holds(&before), Some(false));
    let deleted = after(&before, &delete(&arn("a")));
    assert_eq!(change.holds(&after(&deleted, &change)), Some(true));
}

#[test]
fn what_the_snapshot_does_not_tell_is_not_guessed() {
    let mut partial = snapshot(json!({ "access_entries": [entry(&arn("a"), "EC2")] }));
    partial
        .clusters
        .first_mut()
        .unwrap()
        .access_entries_complete = Completeness::Partial(Why::not_given("the rest"));
    partial
        .access_entries
        .first_mut()
        .unwrap()
        .policies_complete = Completeness::Partial(Why::not_given("the policies"));
    assert_eq!(create(&arn("b"), "EC2").holds(&partial), None);
    assert_eq!(delete(&arn("b")).holds(&partial), None);
    assert_eq!(
        associate(AUTO_NODE, AccessScope::Cluster).holds(&partial),
        None
    );
    let undone = delete(&arn("a")).undo(&partial);
    assert!(matches!(undone, Err(CannotUndo::Unknown(_))), "{undone:?}");

    let typeless = with(entry(&arn("a"), "EC2"), json!({ "entry_type": unknown() }));
    let typeless = snapshot(json!({ "access_entries": [typeless] }));
    assert_eq!(create(&arn("a"), "EC2").holds(&typeless), None);
    assert!(delete(&arn("a")).undo(&typeless).is_err());
}

#[test]
fn an_entry_that_names_its_role_as_a_declared_object_is_found_by_the_roles_arn() {
    let declared = with(
        role("/platform/", "NodeRole"),
        json!({ "id": "main.tf#aws_iam_role.node" }),
    );
    let refers = json!({ "value": unknown(), "object": "main.tf#aws_iam_role.node" });
    let entry = with(entry("x", "EC2"), json!({ "principal": refers.clone() }));
    let policy = with(
        association("x", AUTO_NODE, "cluster"),
        json!({ "principal": refers }),
    );
    let before = snapshot(json!({
        "roles": [declared], "access_entries": [entry], "access_policies": [policy],
    }));
    let change = delete(&arn("platform/NodeRole"));
    let done = after(&before, &change);
    assert!(done.access_entries.is_empty() && done.access_policies.is_empty());
}

#[test]
fn with_several_clusters_nothing_is_changed() {
    let other = with(crate::world::cluster(), json!({ "name": known("dev") }));
    let both = snapshot(json!({ "clusters": [crate::world::cluster(), other] }));
    let change = create(&arn("a"), "EC2");
    assert!(refused(&both, &change).contains("which of the 2 clusters"));
    assert_eq!(change.holds(&both), None);
    assert!(change.undo(&both).is_err());
}

fn aws_auth(mappings: &[&str]) -> serde_json::Value {
    let mapping = |role: &&str| {
        json!({
            "role_arn": known(arn(role)),
            "username": known("system:node:{{EC2PrivateDNSName}}"),
            "groups": known(json!(["system:bootstrappers", "system:nodes"])),
            "origin": origin(),
        })
    };
    let mappings: Vec<_> = mappings.iter().map(mapping).collect();
    json!({ "cluster": reference_to_cluster(), "map_roles": known(mappings), "origin": origin() })
}

fn reference_to_cluster() -> serde_json::Value {
    crate::world::reference("prod")
}

#[test]
fn a_mapping_gets_another_arn_and_its_old_one_back() {
    let before = snapshot(json!({ "aws_auth": [aws_auth(&["team/a", "b"])] }));
    let change = Change::RemapRole {
        from: arn("team/a"),
        to: arn("a"),
    };
    assert_eq!(change.holds(&before), Some(false));
    let done = after(&before, &change);
    assert_eq!(change.holds(&done), Some(true));
    let back = change.undo(&before).unwrap();
    let restored = back.iter().fold(done, |at, change| after(&at, change));
    assert_eq!(meaning(&restored), meaning(&before));

    let taken = Change::RemapRole {
        from: arn("team/a"),
        to: arn("b"),
    };
    assert!(refused(&before, &taken).contains("there already"));
}

#[test]
fn a_mapping_is_added_also_where_there_was_no_config_map() {
    let change = Change::MapRole {
        role_arn: arn("a"),
        username: "system:node:{{EC2PrivateDNSName}}".to_owned(),
        groups: vec!["system:bootstrappers".to_owned(), "system:nodes".to_owned()],
    };
    let unmap = Change::UnmapRole { role_arn: arn("a") };
    let bare = snapshot(json!({}));
    assert_eq!(change.holds(&bare), Some(false));
    let done = after(&bare, &change);
    assert_eq!(change.holds(&done), Some(true));
    assert_eq!(change.undo(&bare).unwrap(), std::slice::from_ref(&unmap));
    assert_eq!(unmap.undo(&done).unwrap(), std::slice::from_ref(&change));
    assert!(refused(&done, &change).contains("there already"));
    assert_eq!(unmap.holds(&after(&done, &unmap)), Some(true));
}
