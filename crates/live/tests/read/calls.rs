//! What is learnt, and by how few calls.

use rolecall_chain::{ControlPlane, Options, Traced, Verdict, trace};
use rolecall_facts::{Origin, Snapshot};
use serde_json::json;

use crate::cluster::{PATH_LESS, ROLE, list, prod};

fn traced(snapshot: &Snapshot, control_plane: ControlPlane) -> Traced {
    let options = Options {
        control_plane,
        ..Options::default()
    };
    trace(snapshot, &options)
}

#[tokio::test]
async fn a_cluster_that_is_right_traces_clean() {
    let (reading, _) = prod(true).read().await;
    let snapshot = reading.unwrap().snapshot;
    assert_eq!(snapshot.unread, []);
    let traced = traced(&snapshot, ControlPlane::Current);
    let chain = &traced.chains[0];
    let links: Vec<_> = chain.links.iter().collect();
    assert_eq!(chain.verdict(), Verdict::Pass, "{links:#?}");
}

#[tokio::test]
async fn the_dropped_path_is_found_from_the_apis_alone() {
    let (reading, _) = prod(false).refused_entry().read().await;
    let snapshot = reading.unwrap().snapshot;
    let traced = traced(&snapshot, ControlPlane::Legacy);
    assert_eq!(traced.chains[0].verdict(), Verdict::Fail);
    let codes: Vec<_> = traced.findings.iter().map(|f| f.rule.code).collect();
    assert!(codes.contains(&"RC710"), "{codes:?}");
    let call = &snapshot.calls[0];
    assert_eq!(
        snapshot.calls.len(),
        1,
        "allowed calls and other clusters' are left out"
    );
    assert_eq!(call.principal_arn.as_deref(), Some(PATH_LESS));
    assert_eq!(call.action(), "eks:DescribeAccessEntry");
    assert!(call.is_denied());
    assert_eq!(snapshot.events.len(), 1, "events of pods are left out");
    assert_eq!(snapshot.events[0].count, 3);
}

#[tokio::test]
async fn each_call_is_made_once_and_only_entries_in_question_are_looked_at() {
    let (reading, mut asked) = prod(false).read().await;
    let reading = reading.unwrap();
    assert_eq!(asked.len(), reading.calls.len());
    asked.sort();
    let twice: Vec<_> = asked.windows(2).filter(|two| two[0] == two[1]).collect();
    assert!(twice.is_empty(), "{twice:?}");
    insta::assert_snapshot!(asked.join("\n"), @r"
    eks GET /clusters/prod
    eks GET /clusters/prod/access-entries
    eks GET /clusters/prod/access-entries/arn%3Aaws%3Aiam%3A%3A111122223333%3Arole%2Fplatform%2Feks%2FBatchNodeRole
    eks GET /clusters/prod/access-entries/arn%3Aaws%3Aiam%3A%3A111122223333%3Arole%2Fplatform%2Feks%2FBatchNodeRole/access-policies
    eks GET /clusters/prod/node-groups
    iam GetRole BatchNodeRole
    iam GetRole ClusterRole
    iam ListAttachedRolePolicies BatchNodeRole
    iam ListAttachedRolePolicies ClusterRole
    iam ListRolePolicies BatchNodeRole
    iam ListRolePolicies ClusterRole
    kube /api/v1/namespaces/default/events
    kube /api/v1/nodes
    kube /apis/eks.amazonaws.com/v1/nodeclasses
    kube /apis/karpenter.k8s.aws/v1/ec2nodeclasses
    kube /apis/karpenter.sh/v1/nodeclaims
    kube /apis/karpenter.sh/v1/nodepools
    trail DescribeAccessEntry
    ");
}

#[tokio::test]
async fn nothing_is_asked_of_cloudtrail_where_all_is_ready() {
    let (reading, asked) = prod(true).read().await;
    reading.unwrap();
    assert!(
        !asked.iter().any(|call| call.starts_with("trail")),
        "{asked:?}"
    );
}

#[tokio::test]
async fn a_role_is_known_by_its_full_arn_with_what_told_it() {
    let (reading, _) = prod(true).read().await;
    let snapshot = reading.unwrap().snapshot;
    let role = snapshot
        .roles
        .iter()
        .find(|role| role.name.value().map(String::as_str) == Some("BatchNodeRole"));
    let role = role.unwrap();
    let arn = role.identity().unwrap().unwrap();
    assert_eq!(arn.to_string(), ROLE);
    assert_eq!(role.origin, Origin::api("iam:GetRole", "BatchNodeRole"));
    assert!(
        role.trust
            .value()
            .unwrap()
            .text
            .contains("ec2.amazonaws.com")
    );
    assert_eq!(role.created_at.unwrap().to_string(), "2025-11-12T00:00:00Z");
    let entry = &snapshot.access_entries[0];
    assert_eq!(
        entry.created_at.unwrap().to_string(),
        "2025-11-13T02:15:00.25Z"
    );
}

#[tokio::test]
async fn a_cluster_without_the_crds_is_no_auto_mode_cluster_and_no_error() {
    let script = prod(true)
        .without("kube /apis/eks.amazonaws.com/v1/nodeclasses")
        .without("kube /apis/karpenter.sh/v1/nodepools")
        .without("kube /apis/karpenter.sh/v1/nodeclaims");
    let (reading, _) = script.read().await;
    let snapshot = reading.unwrap().snapshot;
    assert_eq!(snapshot.unread, []);
    assert!(snapshot.node_pools.is_empty());
}

#[tokio::test]
async fn pages_are_followed() {
    let first =
        json!({"accessEntries": ["arn:aws:iam::111122223333:role/Admin"], "nextToken": "more"});
    let (reading, asked) = prod(true)
        .on("eks GET /clusters/prod/access-entries", 200, first)
        .on(
            "eks GET /clusters/prod/access-entries?nextToken=more",
            200,
            json!({"accessEntries": [ROLE]}),
        )
        .read()
        .await;
    assert!(asked.contains(&"eks GET /clusters/prod/access-entries?nextToken=more".to_owned()));
    assert_eq!(reading.unwrap().snapshot.access_entries.len(), 1);
}

#[tokio::test]
async fn aws_auth_is_read_by_the_rules_of_the_authenticator() {
    let mut cluster = json!({"cluster": {
        "name": "prod",
        "arn": "arn:aws:eks:eu-central-1:111122223333:cluster/prod",
        "roleArn": "arn:aws:iam::111122223333:role/platform/eks/ClusterRole",
        "accessConfig": {"authenticationMode": "API_AND_CONFIG_MAP"},
    }});
    cluster["cluster"]["computeConfig"] = json!({"enabled": false});
    let map = json!({
        "apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {"name": "aws-auth", "namespace": "kube-system"},
        "data": {
            "mapRoles": format!("- rolearn: {ROLE}\n  username: system:node:{{{{EC2PrivateDNSName}}}}\n  groups: [system:bootstrappers, system:nodes]\n"),
            "MapUsers": "[]",
        },
    });
    let (reading, _) = prod(true)
        .on("eks GET /clusters/prod", 200, cluster)
        .on(
            "kube /api/v1/namespaces/kube-system/configmaps/aws-auth",
            200,
            map,
        )
        .on(
            "kube /apis/karpenter.sh/v1/nodepools",
            200,
            list("karpenter.sh/v1", "NodePool", json!([])),
        )
        .read()
        .await;
    let snapshot = reading.unwrap().snapshot;
    let map = &snapshot.aws_auth[0];
    let mapping = &map.map_roles.value().unwrap()[0];
    assert_eq!(mapping.role_arn.value().unwrap(), ROLE);
    let read = Origin::api("kubernetes:get", "configmaps/kube-system/aws-auth");
    assert_eq!(mapping.role_arn.origin(), Some(&read));
    assert!(
        map.problems[0].message.contains("MapUsers"),
        "{:?}",
        map.problems
    );
}
