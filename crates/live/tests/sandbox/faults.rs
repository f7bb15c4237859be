//! Throttling, faults of AWS's own, lost answers, and what may not be done.

use rolecall_facts::{Change, NewAccessEntry};
use rolecall_live::{
    CarryError, Connection, Credentials, Kubernetes, LiveError, Settings,
    SharedCredentialsProvider, carry_out,
};

use crate::world::{TOKEN, World};

fn entry() -> Change {
    Change::CreateAccessEntry(NewAccessEntry {
        principal: "arn:aws:iam::111122223333:role/platform/eks/WebNodeRole".to_owned(),
        entry_type: "EC2".to_owned(),
        kubernetes_groups: Vec::new(),
        username: None,
        tags: std::collections::BTreeMap::new(),
    })
}

#[tokio::test]
async fn throttling_that_does_not_end_is_told_in_awss_words() {
    let world = World::of("custom-path").await;
    world.fault("eks:CreateAccessEntry=throttle:1");
    let carried = world.carry(&entry()).await;
    let error = carried.result.unwrap_err();
    assert!(
        matches!(
            error,
            CarryError::Refused {
                waited: Some(_),
                ..
            }
        ),
        "{error}"
    );
    assert!(carried.waits.iter().all(|wait| wait.why.contains("limits")));
    assert!(error.help().contains("try again"), "{}", error.help());
}

#[tokio::test]
async fn an_answer_that_is_lost_does_not_make_it_twice() {
    let world = World::of("custom-path").await;
    let fault = world.fault("eks:CreateAccessEntry=drop:1");
    let lost = world.carry(&entry()).await;
    assert!(
        matches!(
            lost.result,
            Err(CarryError::Live(LiveError::Unreachable { .. }))
        ),
        "{:?}",
        lost.result
    );
    world.sandbox.world().aws().faults().remove(fault);
    let again = world.carry(&entry()).await;
    again.result.unwrap();
    let entries = world.facts().access_entries;
    let made = entries.iter().filter(|entry| {
        let principal = entry.principal.value.value().unwrap();
        principal.to_string().ends_with("/platform/eks/WebNodeRole")
    });
    assert_eq!(made.count(), 1);
}

#[tokio::test]
async fn what_may_not_be_done_names_the_permission() {
    let world = World::of("custom-path").await;
    let stranger = Connection::new(Settings {
        region: world.connection.region().to_owned(),
        endpoint_url: Some(world.sandbox.aws_url()),
        credentials: SharedCredentialsProvider::new(Credentials::from_keys(
            "AKIAUNKNOWNEXAMPLE00",
            "a-secret",
            None,
        )),
        kubernetes: Kubernetes::FromEks,
    });
    let mut told = |_| {};
    let refused = carry_out(&stranger, &world.cluster, &entry(), TOKEN, &mut told).await;
    let error = refused.unwrap_err();
    assert!(
        matches!(error, CarryError::Live(LiveError::Credentials { .. })),
        "{error}"
    );
}

#[tokio::test]
async fn an_overloaded_api_server_is_waited_for() {
    let world = World::of("custom-path").await;
    world.fault("kubernetes:patch=throttle:0.5");
    let change = Change::SetNodeClassIdentity {
        kind: rolecall_facts::NodeClassKind::AutoMode,
        name: "web".to_owned(),
        role: Some("BatchNodeRole".to_owned()),
        instance_profile: None,
    };
    for _ in 0..8 {
        world.carry(&change).await.result.unwrap();
    }
}
