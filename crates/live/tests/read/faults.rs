//! What goes wrong on the way: each with its own words and next step, and the rest still told.

use rolecall_live::{Kubernetes, LiveError, Note, Reading};
use serde_json::json;

use crate::cluster::{list, prod};
use crate::server::{Script, iam_error};

fn shown(notes: &[Note]) -> String {
    let notes = notes.iter();
    let notes = notes.map(|note| format!("{}\n  {}", note.message, note.help));
    notes.collect::<Vec<_>>().join("\n")
}

/// What AWS alone knows was read.
fn aws_part_stands(reading: &Reading) {
    let snapshot = &reading.snapshot;
    assert_eq!(snapshot.clusters.len(), 1);
    let mut roles = snapshot.roles.iter().filter_map(|role| role.name.value());
    assert!(roles.any(|name| name == "ClusterRole"));
}

#[tokio::test]
async fn credentials_that_expire_in_the_middle_leave_what_was_read() {
    let expired = iam_error(
        "ExpiredToken",
        "The security token included in the request is expired",
    );
    let script = prod(false)
        .on("iam GetRole BatchNodeRole", 403, &expired)
        .on("iam GetRole ClusterRole", 403, &expired);
    let reading = script.read().await.0.unwrap();
    assert_eq!(reading.snapshot.node_pools.len(), 1);
    assert_eq!(reading.snapshot.unread.len(), 1, "told once");
    insta::assert_snapshot!(shown(&reading.notes), @r"
    the AWS credentials have run out: ExpiredToken: The security token included in the request is expired
      sign in again, for example with `aws sso login`, and try again
    ");
}

#[tokio::test]
async fn a_clock_that_is_wrong_is_told_from_credentials_that_are() {
    let skewed = json!({
        "__type": "InvalidSignatureException",
        "message": "Signature not yet current: 20251113T031320Z is still later than 20251113T021820Z",
    });
    let script = Script::default().on("eks GET /clusters/prod", 403, skewed);
    let error = script.read().await.0.unwrap_err();
    assert!(matches!(error, LiveError::ClockSkew { .. }), "{error}");
    insta::assert_snapshot!(error.help(), @"set the clock of this machine; AWS accepts five minutes of difference");
}

#[tokio::test]
async fn a_fault_of_awss_own_leaves_the_rest_of_the_reading() {
    let script = prod(true).on(
        "eks GET /clusters/prod/node-groups",
        500,
        r#"{"__type": "ServerException", "message": "Internal error"}"#,
    );
    let (reading, asked) = script.read().await;
    let reading = reading.unwrap();
    assert!(
        asked
            .iter()
            .filter(|call| call.ends_with("/node-groups"))
            .count()
            > 1
    );
    assert_eq!(reading.snapshot.node_pools.len(), 1);
    insta::assert_snapshot!(reading.snapshot.unread[0].why, @"the answer to eks:ListNodegroups (ServerException: Internal error) could not be read");
}

#[tokio::test]
async fn a_fault_of_the_api_servers_own_is_waited_out() {
    let broken = r#"{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"etcd leader changed","reason":"InternalError","code":500}"#;
    let script = prod(true).on("kube /apis/karpenter.sh/v1/nodeclaims", 500, broken);
    let (reading, asked) = script.read().await;
    let reading = reading.unwrap();
    assert_eq!(
        asked
            .iter()
            .filter(|call| call.ends_with("/nodeclaims"))
            .count(),
        4
    );
    assert_eq!(reading.snapshot.node_pools.len(), 1);
    insta::assert_snapshot!(reading.snapshot.unread[0].why, @"the answer to kubernetes:list nodeclaims.karpenter.sh (500 etcd leader changed) could not be read");
}

#[tokio::test]
async fn a_private_endpoint_that_cannot_be_reached_leaves_the_aws_part() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let script = prod(true).on(
        "eks GET /clusters/prod",
        200,
        json!({"cluster": {
            "name": "prod",
            "arn": "arn:aws:eks:eu-central-1:111122223333:cluster/prod",
            "endpoint": endpoint,
            "roleArn": "arn:aws:iam::111122223333:role/platform/eks/ClusterRole",
            "accessConfig": {"authenticationMode": "API"},
            "resourcesVpcConfig": {"endpointPublicAccess": false, "endpointPrivateAccess": true},
        }}),
    );
    let (reading, _) = script.reached(|_| Kubernetes::FromEks).await;
    let reading = reading.unwrap();
    aws_part_stands(&reading);
    let [note] = reading.notes.as_slice() else {
        unreachable!("{:?}", reading.notes);
    };
    assert!(note.message.contains(&endpoint), "{note:?}");
    assert!(note.message.contains("endpoint is private"), "{note:?}");
    assert!(note.help.contains("VPN"), "{note:?}");
    let unread = &reading.snapshot.unread[0];
    assert_eq!(unread.help.as_ref(), Some(&note.help));
}

fn kubeconfig(server: &str) -> Kubernetes {
    let text = json!({
        "apiVersion": "v1", "kind": "Config", "current-context": "here",
        "clusters": [{"name": "here", "cluster": {"server": server}}],
        "users": [{"name": "me", "user": {"token": "a-token"}}],
        "contexts": [{"name": "here", "context": {"cluster": "here", "user": "me"}}],
    });
    Kubernetes::Kubeconfig {
        text: text.to_string(),
        context: None,
    }
}

#[tokio::test]
async fn the_kubeconfig_of_another_cluster_is_said_so_and_not_asked() {
    let other = "https://OTHER.gr7.eu-central-1.eks.amazonaws.com";
    let (reading, asked) = prod(true).reached(|_| kubeconfig(other)).await;
    let reading = reading.unwrap();
    aws_part_stands(&reading);
    assert!(
        !asked.iter().any(|call| call.starts_with("kube ")),
        "{asked:?}"
    );
    insta::assert_snapshot!(shown(&reading.notes), @r"
    the kubeconfig's server `https://OTHER.gr7.eu-central-1.eks.amazonaws.com/` is another cluster's: that of `prod` is `https://ABCDEF.gr7.eu-central-1.eks.amazonaws.com`
      name the context of `prod` with `--context`; `aws eks update-kubeconfig --name prod` makes one
    ");
}

#[tokio::test]
async fn a_tunnel_to_the_cluster_is_used_and_said_to_be_one() {
    let (reading, asked) = prod(true).reached(|url| kubeconfig(&url)).await;
    let reading = reading.unwrap();
    assert!(asked.iter().any(|call| call.starts_with("kube ")));
    assert_eq!(reading.snapshot.node_pools.len(), 1);
    let [note] = reading.notes.as_slice() else {
        unreachable!("{:?}", reading.notes);
    };
    assert!(note.message.contains("tunnel or proxy"), "{note:?}");
}

#[tokio::test]
async fn a_kubeconfig_that_cannot_be_used_leaves_the_aws_part() {
    let (reading, _) = prod(true)
        .reached(|_| Kubernetes::Kubeconfig {
            text: "clusters: []".to_owned(),
            context: Some("gone".to_owned()),
        })
        .await;
    let reading = reading.unwrap();
    aws_part_stands(&reading);
    assert!(
        reading.notes[0].help.contains("update-kubeconfig"),
        "{:?}",
        reading.notes
    );
}

#[tokio::test]
async fn a_cluster_without_the_kinds_of_pools_is_said_to_have_none() {
    let script = prod(true)
        .without("kube /apis/eks.amazonaws.com/v1/nodeclasses")
        .without("kube /apis/karpenter.sh/v1/nodepools")
        .without("kube /apis/karpenter.sh/v1/nodeclaims");
    let reading = script.read().await.0.unwrap();
    insta::assert_snapshot!(shown(&reading.notes), @r"
    `prod` is neither an Auto Mode cluster nor one with Karpenter: its API server does not know `nodepools.karpenter.sh`
      its node groups are looked at; if it ought to have node pools, see whether the context is of another cluster
    ");
    let empty = prod(true).on(
        "kube /apis/karpenter.sh/v1/nodepools",
        200,
        list("karpenter.sh/v1", "NodePool", json!([])),
    );
    assert_eq!(empty.read().await.0.unwrap().notes, []);
}

#[tokio::test]
async fn an_entry_that_vanishes_between_list_and_description_is_not_there() {
    let script = prod(true).without(crate::cluster::ENTRY);
    let reading = script.read().await.0.unwrap();
    assert_eq!(reading.snapshot.unread, []);
    assert!(reading.snapshot.access_entries.is_empty());
    let cluster = &reading.snapshot.clusters[0];
    assert_eq!(
        cluster.access_entries_complete,
        rolecall_facts::Completeness::Complete
    );
}
