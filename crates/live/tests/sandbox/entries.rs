//! Access entries and their policies.

use std::collections::BTreeMap;

use rolecall_facts::{AccessScope, Change, NewAccessEntry, NewRole};
use rolecall_live::CarryError;

use crate::world::World;

const WEB: &str = "arn:aws:iam::111122223333:role/platform/eks/WebNodeRole";
const POLICY: &str = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSAutoNodePolicy";

fn entry(kind: &str) -> NewAccessEntry {
    NewAccessEntry {
        principal: WEB.to_owned(),
        entry_type: kind.to_owned(),
        kubernetes_groups: Vec::new(),
        username: None,
        tags: BTreeMap::from([("rolecall".to_owned(), "repair".to_owned())]),
    }
}

fn associate() -> Change {
    Change::AssociateAccessPolicy {
        principal: WEB.to_owned(),
        policy_arn: POLICY.to_owned(),
        scope: AccessScope::Cluster,
    }
}

fn has_entry(world: &World) -> bool {
    let facts = world.facts();
    let mut entries = facts.access_entries.iter();
    entries.any(|entry| {
        let principal = entry.principal.value.value().unwrap();
        principal.to_string() == WEB
    })
}

#[tokio::test]
async fn an_entry_is_made_by_one_call_and_its_policy_by_another() {
    let world = World::of("custom-path").await;
    let made = world.carry(&Change::CreateAccessEntry(entry("EC2"))).await;
    made.result.unwrap();
    assert_eq!(made.calls, ["eks:CreateAccessEntry"]);
    let associated = world.carry(&associate()).await;
    associated.result.unwrap();
    assert_eq!(associated.calls, ["eks:AssociateAccessPolicy"]);
    assert!(made.waits.is_empty() && associated.waits.is_empty());
    assert!(has_entry(&world));
}

#[tokio::test]
async fn a_change_whose_answer_was_lost_is_done_when_it_is_tried_again() {
    let world = World::of("custom-path").await;
    let change = Change::CreateAccessEntry(entry("EC2"));
    world
        .carry_with(&change, "the-first-token")
        .await
        .result
        .unwrap();
    // Not even with the same token: another process tries it.
    let again = world.carry_with(&change, "another-token").await;
    again.result.unwrap();
    assert_eq!(
        again.calls,
        [
            "eks:CreateAccessEntry ResourceInUseException",
            "eks:DescribeAccessEntry"
        ]
    );
}

#[tokio::test]
async fn an_entry_that_somebody_else_made_otherwise_is_left_alone() {
    let world = World::of("custom-path").await;
    let theirs = Change::CreateAccessEntry(entry("EC2_LINUX"));
    world.carry_with(&theirs, "theirs").await.result.unwrap();
    let ours = world.carry(&Change::CreateAccessEntry(entry("EC2"))).await;
    let error = ours.result.unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("the access entry of `{WEB}` is of type `EC2_LINUX`, not `EC2`")
    );
    assert!(error.help().contains("make a new plan"), "{}", error.help());
    let changing = |call: &&String| !call.starts_with("eks:Describe") && !call.contains(' ');
    assert_eq!(ours.calls.iter().find(changing), None);
}

#[tokio::test]
async fn an_entry_without_our_tags_is_not_taken_for_ours() {
    let world = World::of("custom-path").await;
    let untagged = NewAccessEntry {
        tags: BTreeMap::new(),
        ..entry("EC2")
    };
    let theirs = Change::CreateAccessEntry(untagged);
    world.carry_with(&theirs, "theirs").await.result.unwrap();
    let ours = world.carry(&Change::CreateAccessEntry(entry("EC2"))).await;
    assert!(matches!(ours.result, Err(CarryError::Changed { .. })));
}

#[tokio::test]
async fn a_policy_is_taken_away_and_an_entry_deleted_and_both_once_more() {
    let world = World::of("custom-path").await;
    let create = Change::CreateAccessEntry(entry("EC2"));
    world.carry(&create).await.result.unwrap();
    world.carry(&associate()).await.result.unwrap();
    let disassociate = Change::DisassociateAccessPolicy {
        principal: WEB.to_owned(),
        policy_arn: POLICY.to_owned(),
    };
    let delete = Change::DeleteAccessEntry {
        principal: WEB.to_owned(),
    };
    for change in [disassociate, delete] {
        let once = world.carry(&change).await;
        once.result.unwrap();
        assert_eq!(once.calls.len(), 1, "{:?}", once.calls);
        let again = world.carry(&change).await;
        again.result.unwrap();
        assert_eq!(again.waits.len(), 1, "it is looked for once more");
        assert_eq!(again.calls.len(), 2, "{:?}", again.calls);
    }
    assert!(!has_entry(&world));
}

#[tokio::test]
async fn a_deleted_entry_can_be_made_anew_at_once() {
    let world = World::lagging("custom-path", Some(500)).await;
    let path_less = "arn:aws:iam::111122223333:role/platform/eks/BatchNodeRole";
    let delete = Change::DeleteAccessEntry {
        principal: path_less.to_owned(),
    };
    world.carry(&delete).await.result.unwrap();
    let create = Change::CreateAccessEntry(NewAccessEntry {
        principal: path_less.to_owned(),
        ..entry("EC2")
    });
    world.carry(&create).await.result.unwrap();
}

#[tokio::test]
async fn what_is_not_seen_yet_is_waited_for_and_the_wait_is_explained() {
    let world = World::lagging("custom-path", Some(300)).await;
    let role = NewRole {
        name: "FreshNodeRole".to_owned(),
        path: "/platform/".to_owned(),
        trust: r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#.to_owned(),
        boundary: None,
        tags: BTreeMap::new(),
    };
    let principal = "arn:aws:iam::111122223333:role/platform/FreshNodeRole";
    let changes = [
        Change::CreateRole(role),
        Change::AttachPolicy {
            role: "FreshNodeRole".to_owned(),
            policy_arn: "arn:aws:iam::aws:policy/AmazonEKSWorkerNodeMinimalPolicy".to_owned(),
        },
        Change::CreateAccessEntry(NewAccessEntry {
            principal: principal.to_owned(),
            ..entry("EC2")
        }),
        Change::AssociateAccessPolicy {
            principal: principal.to_owned(),
            policy_arn: POLICY.to_owned(),
            scope: AccessScope::Cluster,
        },
    ];
    // Every write stays unseen for a third of a second, so each change meets the one before.
    world.fault("iam:*=stale:300ms");
    world.fault("eks:*=stale:300ms");
    let mut waits = Vec::new();
    for change in &changes {
        let carried = world.carry(change).await;
        carried.result.unwrap();
        waits.extend(carried.waits);
    }
    assert!(
        waits
            .iter()
            .any(|wait| wait.what == format!("the entry of `{principal}`")),
        "{waits:#?}"
    );
    assert!(waits.iter().all(|wait| wait.why.contains("within seconds")));
    let doubled = waits.windows(2).any(|two| {
        let (one, next) = (two.first().unwrap(), two.last().unwrap());
        next.how_long == one.how_long * 2
    });
    assert!(doubled, "{waits:#?}");
}

#[tokio::test]
async fn a_principal_that_is_not_in_iam_is_refused_in_the_end_in_awss_words() {
    let world = World::of("custom-path").await;
    let missing = Change::CreateAccessEntry(NewAccessEntry {
        principal: "arn:aws:iam::111122223333:role/Nobody".to_owned(),
        ..entry("EC2")
    });
    let carried = world.carry(&missing).await;
    let error = carried.result.unwrap_err();
    assert_eq!(
        error.to_string(),
        "`eks:CreateAccessEntry` is refused still, after 2 s: InvalidParameterException: The \
         specified principalArn is invalid: invalid principal."
    );
    assert!(
        error.help().contains("aws iam get-role"),
        "{}",
        error.help()
    );
}

#[tokio::test]
async fn a_malformed_request_is_refused_at_once() {
    let world = World::of("custom-path").await;
    let nonsense = Change::CreateAccessEntry(NewAccessEntry {
        principal: "arn:aws:sts::111122223333:assumed-role/WebNodeRole/i-1".to_owned(),
        ..entry("EC2")
    });
    let carried = world.carry(&nonsense).await;
    assert!(carried.waits.is_empty());
    assert!(matches!(carried.result, Err(CarryError::Refused { .. })));
}
