//! Roles, their policies and instance profiles.

use rolecall_facts::{CannotUndo, Change, Completeness, Why};
use serde_json::json;

use crate::world::{
    ACCOUNT, TRUST, after, arn, known, meaning, new_role, origin, reference, refused, role,
    snapshot, unknown, with,
};

fn put(document: &str) -> Change {
    Change::PutInlinePolicy {
        role: "noderole".to_owned(),
        name: "launch".to_owned(),
        document: document.to_owned(),
    }
}

fn with_inline(document: serde_json::Value) -> rolecall_facts::Snapshot {
    let policy = json!({ "name": "Launch", "document": document });
    let role = with(
        role("/platform/", "NodeRole"),
        json!({ "inline_policies": [policy] }),
    );
    snapshot(json!({ "roles": [role] }))
}

#[test]
fn documents_are_compared_as_json_and_not_as_text() {
    let before = with_inline(known(json!({
        "text": "{ \"Statement\": { \"Action\": [\"ec2:RunInstances\"] } }"
    })));
    let same = put(r#"{"Statement":[{"Action":"ec2:RunInstances"}]}"#);
    assert_eq!(same.holds(&before), Some(true));
    let other = put(r#"{"Statement":[{"Action":"ec2:CreateFleet"}]}"#);
    assert_eq!(other.holds(&before), Some(false));
}

#[test]
fn an_inline_policy_is_undone_by_its_old_document_or_by_deleting_it() {
    let before = with_inline(known(json!({ "text": "{\"Statement\":[]}" })));
    let change = put(r#"{"Statement":[{"Action":"*"}]}"#);
    let old = Change::PutInlinePolicy {
        role: "noderole".to_owned(),
        name: "Launch".to_owned(),
        document: "{\"Statement\":[]}".to_owned(),
    };
    assert_eq!(change.undo(&before).unwrap(), [old]);
    let bare = snapshot(json!({ "roles": [role("/platform/", "NodeRole")] }));
    let back = change.undo(&bare).unwrap();
    let done = after(&bare, &change);
    let restored = back.iter().fold(done, |at, change| after(&at, change));
    assert_eq!(meaning(&restored), meaning(&bare));

    let unread = with_inline(unknown());
    assert!(matches!(change.undo(&unread), Err(CannotUndo::Unknown(_))));
    assert_eq!(change.holds(&unread), None);
}

#[test]
fn a_trust_policy_is_put_back_only_where_it_is_known_whole() {
    let change = Change::SetTrust {
        role: "NodeRole".to_owned(),
        document: TRUST.replace("ec2", "eks"),
    };
    let before = snapshot(json!({ "roles": [role("/", "NodeRole")] }));
    assert_eq!(change.holds(&before), Some(false));
    assert_eq!(change.holds(&after(&before, &change)), Some(true));
    let old = Change::SetTrust {
        role: "NodeRole".to_owned(),
        document: TRUST.to_owned(),
    };
    assert_eq!(change.undo(&before).unwrap(), [old]);

    let text = TRUST.replace("sts:AssumeRole", "${Rolecall::Unknown::0}");
    let trust = known(json!({
        "text": text, "unknown": [{ "reason": "not-given", "detail": "it" }],
    }));
    let partly = with(role("/", "NodeRole"), json!({ "trust": trust }));
    let partly = snapshot(json!({ "roles": [partly] }));
    assert!(change.undo(&partly).is_err());
}

#[test]
fn a_policy_is_attached_once_and_detached_only_by_whom_it_was_not_there_before() {
    let attach = Change::AttachPolicy {
        role: "NodeRole".to_owned(),
        policy_arn: "arn:aws:iam::aws:policy/A".to_owned(),
    };
    let detach = Change::DetachPolicy {
        role: "NodeRole".to_owned(),
        policy_arn: "arn:aws:iam::aws:policy/A".to_owned(),
    };
    let bare = snapshot(json!({ "roles": [role("/", "NodeRole")] }));
    assert_eq!(attach.undo(&bare).unwrap(), std::slice::from_ref(&detach));
    let attached = after(&bare, &attach);
    assert_eq!(after(&attached, &attach), attached);
    assert_eq!(attach.undo(&attached).unwrap(), []);
    assert_eq!(
        detach.undo(&attached).unwrap(),
        std::slice::from_ref(&attach)
    );

    let open = with(
        role("/", "NodeRole"),
        json!({ "attached_policies": [reference("arn:${AWS::Partition}:iam::aws:policy/A")] }),
    );
    let open = snapshot(json!({ "roles": [open] }));
    assert_eq!(attach.holds(&open), Some(true));

    let mut partial = bare.clone();
    partial.roles.first_mut().unwrap().policies_complete =
        Completeness::Partial(Why::not_given("the policies"));
    assert_eq!(attach.holds(&partial), None);
    assert!(attach.undo(&partial).is_err());
}

#[test]
fn a_role_name_is_taken_whatever_its_path_and_case() {
    let before = snapshot(json!({ "roles": [role("/platform/", "NodeRole")] }));
    let change = Change::CreateRole(new_role("/", "noderole"));
    assert!(refused(&before, &change).contains("there already"));
    assert_eq!(change.holds(&before), Some(false));

    let elsewhere = with(role("/", "Other"), json!({ "account": "444455556666" }));
    let elsewhere = snapshot(json!({ "roles": [elsewhere] }));
    after(&elsewhere, &Change::CreateRole(new_role("/", "Other")));
}

#[test]
fn a_role_goes_only_when_nothing_hangs_on_it_and_does_not_come_back() {
    let delete = Change::DeleteRole {
        name: "NodeRole".to_owned(),
    };
    let bare = snapshot(json!({ "roles": [role("/", "NodeRole")] }));
    assert!(after(&bare, &delete).roles.is_empty());
    assert!(matches!(delete.undo(&bare), Err(CannotUndo::OneWay(_))));
    let policies = json!({ "attached_policies": [reference("arn:aws:iam::aws:policy/A")] });
    let attached = snapshot(json!({ "roles": [with(role("/", "NodeRole"), policies)] }));
    assert!(refused(&attached, &delete).contains("still has policies"));
    let profile = profile(Some("NodeRole"));
    let inside =
        snapshot(json!({ "roles": [role("/", "NodeRole")], "instance_profiles": [profile] }));
    assert!(refused(&inside, &delete).contains("instance profile"));
}

fn profile(role: Option<&str>) -> serde_json::Value {
    let profile = json!({
        "account": ACCOUNT, "name": known("eks-nodes"), "path": known("/"), "origin": origin(),
    });
    match role {
        Some(role) => with(profile, json!({ "role": reference(arn(role)) })),
        None => profile,
    }
}

#[test]
fn an_instance_profile_holds_one_role() {
    let empty = snapshot(json!({
        "roles": [role("/platform/", "NodeRole")],
        "instance_profiles": [profile(None)],
    }));
    let add = Change::AddRoleToInstanceProfile {
        profile: "EKS-nodes".to_owned(),
        role: "NodeRole".to_owned(),
    };
    let remove = Change::RemoveRoleFromInstanceProfile {
        profile: "EKS-nodes".to_owned(),
        role: "NodeRole".to_owned(),
    };
    assert_eq!(add.holds(&empty), Some(false));
    let done = after(&empty, &add);
    assert_eq!(add.holds(&done), Some(true));
    let inside = done.instance_profiles.first().unwrap().role.as_ref();
    let inside = inside.and_then(|role| role.value.value()).unwrap();
    assert_eq!(inside.to_string(), arn("platform/NodeRole"));
    assert!(refused(&done, &add).contains("there already"));
    assert_eq!(add.undo(&empty).unwrap(), std::slice::from_ref(&remove));
    assert_eq!(remove.undo(&done).unwrap(), std::slice::from_ref(&add));
    assert_eq!(meaning(&after(&done, &remove)), meaning(&empty));
}
