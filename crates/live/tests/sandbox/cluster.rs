//! The cluster's own configuration, and its node groups.

use std::time::Duration;

use rolecall_facts::{AuthenticationMode, Change};
use rolecall_live::CarryError;
use rolecall_sandbox_aws::eks::SettleTimes;

use crate::world::World;

#[tokio::test]
async fn a_mode_is_set_and_the_update_waited_for() {
    let world = World::of("aws-auth-path").await;
    world.sandbox.world().aws().write(|state| {
        state.eks.set_times(SettleTimes {
            update: Duration::from_millis(200),
            ..SettleTimes::default()
        });
    });
    let change = Change::SetAuthenticationMode {
        mode: AuthenticationMode::ApiAndConfigMap,
    };
    let set = world.carry(&change).await;
    set.result.unwrap();
    assert_eq!(set.calls.first().unwrap(), "eks:UpdateClusterConfig");
    assert!(set.calls.len() > 2, "{:?}", set.calls);
    assert!(
        set.calls
            .iter()
            .skip(1)
            .all(|call| call == "eks:DescribeUpdate"),
        "{:?}",
        set.calls
    );
    assert!(set.waits.first().unwrap().why.contains("minutes"));
    let again = world.carry_with(&change, "another-token").await;
    again.result.unwrap();
    assert_eq!(
        again.calls,
        [
            "eks:UpdateClusterConfig InvalidParameterException",
            "eks:DescribeCluster"
        ]
    );
}

#[tokio::test]
async fn there_is_no_way_back_to_a_mode_and_eks_says_so() {
    let world = World::of("custom-path").await;
    let back = Change::SetAuthenticationMode {
        mode: AuthenticationMode::ConfigMap,
    };
    let carried = world.carry(&back).await;
    assert_eq!(
        carried.result.unwrap_err().to_string(),
        "`eks:UpdateClusterConfig` is refused: InvalidParameterException: Unsupported authentication \
         mode update from API to CONFIG_MAP"
    );
}

#[tokio::test]
async fn built_in_pools_are_switched_on_with_their_role() {
    let world = World::of("custom-path").await;
    let role = "arn:aws:iam::111122223333:role/platform/eks/WebNodeRole";
    let change = Change::SetComputeConfig {
        enabled: true,
        node_pools: vec!["system".to_owned()],
        node_role: Some(role.to_owned()),
    };
    world.carry(&change).await.result.unwrap();
    let facts = world.facts();
    let compute = facts.clusters.first().unwrap().compute.as_ref().unwrap();
    assert_eq!(compute.node_pools.value().unwrap(), &["system"]);
}

#[tokio::test]
async fn a_node_group_is_made_in_the_clusters_subnets_and_known_again() {
    let world = World::of("custom-path").await;
    let group = |role: &str| Change::CreateNodeGroup {
        name: "workers".to_owned(),
        node_role: format!("arn:aws:iam::111122223333:role/platform/eks/{role}"),
    };
    let made = world.carry(&group("WebNodeRole")).await;
    made.result.unwrap();
    assert_eq!(made.calls, ["eks:DescribeCluster", "eks:CreateNodegroup"]);
    let again = world
        .carry_with(&group("WebNodeRole"), "another-token")
        .await;
    again.result.unwrap();
    assert_eq!(
        again.calls,
        [
            "eks:DescribeCluster",
            "eks:CreateNodegroup ResourceInUseException",
            "eks:DescribeNodegroup"
        ]
    );
    let other = world
        .carry_with(&group("BatchNodeRole"), "a-third-token")
        .await;
    assert!(matches!(other.result, Err(CarryError::Changed { .. })));
    let delete = Change::DeleteNodeGroup {
        name: "workers".to_owned(),
    };
    world.carry(&delete).await.result.unwrap();
    world.carry(&delete).await.result.unwrap();
}
