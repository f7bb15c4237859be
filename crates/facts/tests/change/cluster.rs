//! The cluster, its node groups, and the objects in it.

use rolecall_facts::{AuthenticationMode, CannotUndo, Change, NodeClassKind, NodeClassRef};
use serde_json::json;

use crate::world::{after, arn, entry, known, meaning, origin, reference, refused, snapshot};

fn mode(mode: AuthenticationMode) -> Change {
    Change::SetAuthenticationMode { mode }
}

#[test]
fn the_authentication_mode_goes_one_way() {
    let before = snapshot(json!({}));
    let forward = mode(AuthenticationMode::Api);
    assert_eq!(forward.holds(&before), Some(false));
    let done = after(&before, &forward);
    assert_eq!(forward.holds(&done), Some(true));
    assert!(matches!(forward.undo(&before), Err(CannotUndo::OneWay(_))));
    assert!(refused(&done, &mode(AuthenticationMode::ConfigMap)).contains("takes no cluster back"));
    assert_eq!(forward.undo(&done).unwrap(), []);
}

fn compute(pools: &[&str], role: Option<&str>) -> Change {
    Change::SetComputeConfig {
        enabled: true,
        node_pools: pools.iter().map(|pool| (*pool).to_owned()).collect(),
        node_role: role.map(arn),
    }
}

#[test]
fn auto_mode_is_turned_on_and_off_again() {
    let before = snapshot(json!({}));
    let on = compute(&["general-purpose", "system"], Some("platform/NodeRole"));
    let done = after(&before, &on);
    assert_eq!(on.holds(&before), Some(false));
    assert_eq!(on.holds(&done), Some(true));
    let back = on.undo(&before).unwrap();
    let off = Change::SetComputeConfig {
        enabled: false,
        node_pools: Vec::new(),
        node_role: None,
    };
    assert_eq!(back, [off]);
    assert!(refused(&before, &compute(&["system"], None)).contains("only together"));
}

#[test]
fn a_node_group_brings_an_entry_for_its_role_where_there_is_none() {
    let before = snapshot(json!({}));
    let change = Change::CreateNodeGroup {
        name: "web".to_owned(),
        node_role: arn("platform/NodeRole"),
    };
    let done = after(&before, &change);
    assert_eq!(change.holds(&done), Some(true));
    let made = done.access_entries.first().unwrap();
    assert_eq!(made.entry_type.value().unwrap(), "EC2_LINUX");
    let back = change.undo(&before).unwrap();
    let restored = back.iter().fold(done, |at, change| after(&at, change));
    assert_eq!(meaning(&restored), meaning(&before));

    let has_entry = snapshot(json!({
        "access_entries": [entry(&arn("platform/NodeRole"), "EC2")],
    }));
    assert_eq!(after(&has_entry, &change).access_entries.len(), 1);
    assert_eq!(
        change.undo(&has_entry).unwrap(),
        [Change::DeleteNodeGroup {
            name: "web".to_owned()
        }]
    );
}

#[test]
fn a_node_class_names_its_role_another_way_and_back() {
    let class = json!({
        "kind": "auto-mode", "name": "web", "role": reference("platform/NodeRole"), "origin": origin(),
    });
    let before = snapshot(json!({ "node_classes": [class] }));
    let identity = |role: Option<&str>, profile: Option<&str>| Change::SetNodeClassIdentity {
        kind: NodeClassKind::AutoMode,
        name: "web".to_owned(),
        role: role.map(str::to_owned),
        instance_profile: profile.map(str::to_owned),
    };
    let change = identity(None, Some("eks-nodes"));
    let done = after(&before, &change);
    assert_eq!(change.holds(&before), Some(false));
    assert_eq!(change.holds(&done), Some(true));
    assert_eq!(
        change.undo(&before).unwrap(),
        [identity(Some("platform/NodeRole"), None)]
    );
    let other = Change::SetNodeClassIdentity {
        kind: NodeClassKind::Karpenter,
        name: "web".to_owned(),
        role: None,
        instance_profile: None,
    };
    assert!(refused(&before, &other).contains("EC2NodeClass `web` is not there"));
}

#[test]
fn a_pool_names_another_class_and_the_old_one_again() {
    let class = |name: &str| NodeClassRef {
        group: "eks.amazonaws.com".to_owned(),
        kind: "NodeClass".to_owned(),
        name: name.to_owned(),
    };
    let old = json!({ "group": "eks.amazonaws.com", "kind": "NodeClass", "name": "wbe" });
    let pool = json!({ "name": "web", "node_class_ref": known(old), "origin": origin() });
    let before = snapshot(json!({ "node_pools": [pool] }));
    let change = |name: &str| Change::SetNodeClassRef {
        pool: "web".to_owned(),
        class: class(name),
    };
    let done = after(&before, &change("web"));
    assert_eq!(change("web").holds(&done), Some(true));
    assert_eq!(change("web").undo(&before).unwrap(), [change("wbe")]);
}
