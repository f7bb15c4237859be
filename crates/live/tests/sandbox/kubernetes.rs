//! Patches of the cluster's objects, and edits of `aws-auth`.

use rolecall_facts::{Change, NodeClassKind, NodeClassRef};
use rolecall_live::CarryError;

use crate::world::World;

#[tokio::test]
async fn a_node_class_gets_another_role_and_keeps_everything_else() {
    let world = World::of("custom-path").await;
    let change = Change::SetNodeClassIdentity {
        kind: NodeClassKind::AutoMode,
        name: "web".to_owned(),
        role: Some("BatchNodeRole".to_owned()),
        instance_profile: None,
    };
    let before = world.facts();
    let carried = world.carry(&change).await;
    carried.result.unwrap();
    assert_eq!(
        carried.calls,
        ["eks:DescribeCluster", "sts:GetCallerIdentity"],
        "EKS tells the endpoint, and the cluster asks STS who has come"
    );
    let after = world.facts();
    let class = |facts: &rolecall_facts::Snapshot| {
        let mut classes = facts.node_classes.iter();
        classes.find(|class| class.name == "web").cloned().unwrap()
    };
    let role = class(&after).role.unwrap();
    assert_eq!(role.value.value().unwrap(), "BatchNodeRole");
    assert_eq!(class(&after).tags, class(&before).tags);
    world.carry(&change).await.result.unwrap();
}

#[tokio::test]
async fn a_pool_is_pointed_at_another_class() {
    let world = World::of("custom-path").await;
    let change = Change::SetNodeClassRef {
        pool: "web".to_owned(),
        class: NodeClassRef {
            group: "eks.amazonaws.com".to_owned(),
            kind: "NodeClass".to_owned(),
            name: "batch".to_owned(),
        },
    };
    world.carry(&change).await.result.unwrap();
    let facts = world.facts();
    let pool = facts.node_pools.iter().find(|pool| pool.name == "web");
    let class = pool.unwrap().node_class_ref.value().unwrap().clone();
    assert_eq!(class.name, "batch");
}

#[tokio::test]
async fn an_object_that_is_not_there_is_said_to_be_missing() {
    let world = World::of("custom-path").await;
    let change = Change::SetNodeClassIdentity {
        kind: NodeClassKind::AutoMode,
        name: "gone".to_owned(),
        role: Some("BatchNodeRole".to_owned()),
        instance_profile: None,
    };
    assert_eq!(
        world.carry(&change).await.result.unwrap_err(),
        CarryError::Changed {
            what: "`nodeclasses.eks.amazonaws.com/gone`".to_owned(),
            found: "is not there".to_owned(),
        }
    );
}

fn mapped(world: &World) -> Vec<String> {
    let facts = world.facts();
    let maps = facts.aws_auth.first().map(|map| map.map_roles.clone());
    let roles = maps
        .and_then(|roles| roles.value().cloned())
        .unwrap_or_default();
    let roles = roles.iter();
    roles
        .map(|role| role.role_arn.value().unwrap().clone())
        .collect()
}

#[tokio::test]
async fn roles_are_mapped_renamed_and_unmapped_and_each_once() {
    let world = World::of("aws-auth-path").await;
    let others = mapped(&world);
    assert!(!others.is_empty());
    let old = "arn:aws:iam::111122223333:role/Fresh".to_owned();
    let new = "arn:aws:iam::111122223333:role/Fresher".to_owned();
    let changes = [
        Change::MapRole {
            role_arn: old.clone(),
            username: "system:node:{{EC2PrivateDNSName}}".to_owned(),
            groups: vec!["system:bootstrappers".to_owned(), "system:nodes".to_owned()],
        },
        Change::RemapRole {
            from: old.clone(),
            to: new.clone(),
        },
        Change::UnmapRole {
            role_arn: new.clone(),
        },
    ];
    let expected = [
        [others.clone(), vec![old]].concat(),
        [others.clone(), vec![new]].concat(),
        others,
    ];
    for (change, expected) in changes.iter().zip(expected) {
        world.carry(change).await.result.unwrap();
        assert_eq!(mapped(&world), expected);
        world.carry(change).await.result.unwrap();
        assert_eq!(mapped(&world), expected, "a second time changes nothing");
    }
}

#[tokio::test]
async fn a_cluster_without_the_map_gets_one() {
    let world = World::of("custom-path").await;
    let role = "arn:aws:iam::111122223333:role/Fresh".to_owned();
    let unmap = Change::UnmapRole {
        role_arn: role.clone(),
    };
    world.carry(&unmap).await.result.unwrap();
    assert!(mapped(&world).is_empty());
    let map = Change::MapRole {
        role_arn: role.clone(),
        username: "system:node:{{EC2PrivateDNSName}}".to_owned(),
        groups: vec!["system:nodes".to_owned()],
    };
    world.carry(&map).await.result.unwrap();
    assert_eq!(mapped(&world), [role]);
}
