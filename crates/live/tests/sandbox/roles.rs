//! Roles, their policies, and instance profiles.

use std::collections::BTreeMap;

use rolecall_facts::{Change, NewRole};
use rolecall_live::CarryError;

use crate::world::World;

const TRUST: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;

fn twin() -> NewRole {
    NewRole {
        name: "Twin".to_owned(),
        path: "/".to_owned(),
        trust: TRUST.to_owned(),
        boundary: None,
        tags: BTreeMap::from([("rolecall".to_owned(), "repair".to_owned())]),
    }
}

fn named(name: &str) -> String {
    name.to_owned()
}

#[tokio::test]
async fn every_change_of_a_role_is_one_call_and_can_be_made_again() {
    let world = World::of("custom-path").await;
    let policy_arn = named("arn:aws:iam::aws:policy/AmazonEKSWorkerNodeMinimalPolicy");
    let document = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"iam:PassRole","Resource":"*"}}"#;
    let changes = [
        (Change::CreateRole(twin()), "iam:CreateRole"),
        (
            Change::SetTrust {
                role: named("Twin"),
                document: named(TRUST),
            },
            "iam:UpdateAssumeRolePolicy",
        ),
        (
            Change::AttachPolicy {
                role: named("Twin"),
                policy_arn: policy_arn.clone(),
            },
            "iam:AttachRolePolicy",
        ),
        (
            Change::PutInlinePolicy {
                role: named("Twin"),
                name: named("pass"),
                document: named(document),
            },
            "iam:PutRolePolicy",
        ),
        (
            Change::DetachPolicy {
                role: named("Twin"),
                policy_arn,
            },
            "iam:DetachRolePolicy",
        ),
        (
            Change::DeleteInlinePolicy {
                role: named("Twin"),
                name: named("pass"),
            },
            "iam:DeleteRolePolicy",
        ),
        (
            Change::DeleteRole {
                name: named("Twin"),
            },
            "iam:DeleteRole",
        ),
    ];
    for (change, call) in changes {
        let once = world.carry(&change).await;
        once.result.unwrap();
        assert_eq!(once.calls, [call]);
        assert!(once.waits.is_empty());
        let again = world.carry(&change).await;
        again.result.unwrap();
        let writes = again.calls.iter().filter(|made| *made == call).count();
        assert!(writes <= 1, "{:?}", again.calls);
    }
}

#[tokio::test]
async fn a_role_of_that_name_elsewhere_is_not_taken_for_the_one_wanted() {
    let world = World::of("custom-path").await;
    let wanted = NewRole {
        name: named("WebNodeRole"),
        ..twin()
    };
    let carried = world.carry(&Change::CreateRole(wanted)).await;
    assert_eq!(
        carried.result.unwrap_err().to_string(),
        "the role `WebNodeRole` is there under the path `/platform/eks/`, not `/`: names are unique \
         in an account whatever their path"
    );
    assert_eq!(
        carried.calls,
        ["iam:CreateRole EntityAlreadyExists", "iam:GetRole"]
    );
}

#[tokio::test]
async fn a_role_that_still_has_policies_is_not_deleted() {
    let world = World::of("custom-path").await;
    let delete = Change::DeleteRole {
        name: named("WebNodeRole"),
    };
    let carried = world.carry(&delete).await;
    let error = carried.result.unwrap_err();
    assert!(error.to_string().contains("DeleteConflict"), "{error}");
    assert!(
        !carried.waits.is_empty(),
        "policies may be gone in a moment"
    );
}

#[tokio::test]
async fn an_instance_profile_takes_one_role_and_says_which_it_has() {
    let world = World::of("custom-path").await;
    let group = Change::CreateNodeGroup {
        name: named("workers"),
        node_role: named("arn:aws:iam::111122223333:role/platform/eks/WebNodeRole"),
    };
    world.carry(&group).await.result.unwrap();
    let facts = world.facts();
    let profile = facts.instance_profiles.first().unwrap();
    let profile = profile.name.value().unwrap().clone();
    let add = |role: &str| Change::AddRoleToInstanceProfile {
        profile: profile.clone(),
        role: named(role),
    };
    let there = world.carry(&add("WebNodeRole")).await;
    there.result.unwrap();
    let other = world.carry(&add("BatchNodeRole")).await;
    assert_eq!(
        other.result.unwrap_err(),
        CarryError::Changed {
            what: format!("the instance profile `{profile}`"),
            found: named("holds the role `WebNodeRole`, not `BatchNodeRole`"),
        }
    );
    let remove = Change::RemoveRoleFromInstanceProfile {
        profile: profile.clone(),
        role: named("WebNodeRole"),
    };
    world.carry(&remove).await.result.unwrap();
    world.carry(&remove).await.result.unwrap();
    let added = world.carry(&add("BatchNodeRole")).await;
    added.result.unwrap();
    assert_eq!(added.calls, ["iam:AddRoleToInstanceProfile"]);
}
