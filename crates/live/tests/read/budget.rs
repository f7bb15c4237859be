//! What reading a cluster costs, to the call.

use serde_json::{Value, json};

use crate::cluster::{condition, list, prod};
use crate::server::Script;

const POOLS: usize = 20;
const ENTRIES: usize = 500;

fn arn(name: &str) -> String {
    format!("arn:aws:iam::111122223333:role/platform/eks/{name}")
}

/// 20 pools, each with a class, a role and an entry of its own, among 500 entries on five pages.
fn large(ready: bool) -> Script {
    let status = if ready { "True" } else { "False" };
    let ready = json!({"conditions": [condition("Ready", status, "Ready", "")]});
    let names: Vec<String> = (0..POOLS).map(|at| format!("Pool{at}Role")).collect();
    let mut entries: Vec<String> = names.iter().map(|name| arn(name)).collect();
    entries.extend((POOLS..ENTRIES).map(|at| arn(&format!("Person{at}"))));
    let mut script = prod(true);
    for (at, page) in entries.chunks(100).enumerate() {
        let asked = match at {
            0 => "eks GET /clusters/prod/access-entries".to_owned(),
            at => format!("eks GET /clusters/prod/access-entries?nextToken=page-{at}"),
        };
        let next = (at + 1 < ENTRIES / 100).then(|| format!("page-{}", at + 1));
        script = script.on(
            &asked,
            200,
            json!({"accessEntries": page, "nextToken": next}),
        );
    }
    let objects = |spec: &dyn Fn(usize) -> Value| -> Value {
        let all = (0..POOLS).map(|at| {
            json!({
                "metadata": {"name": format!("pool-{at}")},
                "spec": spec(at),
                "status": ready,
            })
        });
        all.collect()
    };
    let classes = objects(&|at| json!({"role": format!("Pool{at}Role")}));
    let pools = objects(&|at| {
        let class = json!({
            "group": "eks.amazonaws.com", "kind": "NodeClass", "name": format!("pool-{at}"),
        });
        json!({"template": {"spec": {"nodeClassRef": class}}})
    });
    script = script
        .on(
            "kube /apis/eks.amazonaws.com/v1/nodeclasses",
            200,
            list("eks.amazonaws.com/v1", "NodeClass", classes),
        )
        .on(
            "kube /apis/karpenter.sh/v1/nodepools",
            200,
            list("karpenter.sh/v1", "NodePool", pools),
        );
    for name in &names {
        let encoded = arn(name).replace(':', "%3A").replace('/', "%2F");
        let asked = format!("eks GET /clusters/prod/access-entries/{encoded}");
        script = script
            .role(
                name,
                "ec2.amazonaws.com",
                &["AmazonEKSWorkerNodeMinimalPolicy"],
            )
            .on(
                &asked,
                200,
                json!({"accessEntry": {
                    "clusterName": "prod", "principalArn": arn(name), "type": "EC2",
                    "createdAt": 1_763_000_100.25, "kubernetesGroups": [], "tags": {"team": "data"},
                }}),
            )
            .on(
                &format!("{asked}/access-policies"),
                200,
                json!({"associatedAccessPolicies": [{
                    "policyArn": "arn:aws:eks::aws:cluster-access-policy/AmazonEKSAutoNodePolicy",
                    "accessScope": {"type": "cluster", "namespaces": []},
                }]}),
            );
    }
    script
}

/// The calls of AWS.
fn of_aws(asked: &[String]) -> Vec<&String> {
    let of_aws = asked.iter().filter(|call| !call.starts_with("kube "));
    of_aws.collect()
}

#[tokio::test]
async fn twenty_pools_and_roles_and_five_hundred_entries_cost_110_calls_none_twice() {
    let (reading, mut asked) = large(true).read().await;
    let reading = reading.unwrap();
    assert_eq!(reading.snapshot.unread, []);
    assert_eq!(reading.calls.len(), asked.len());
    assert_eq!(reading.snapshot.access_entries.len(), POOLS);
    // The cluster, its node groups, and five pages of entries; of each node role: itself, its attached
    // and its inline policies, its entry and the entry's policies; of the cluster role the first three.
    let calls = of_aws(&asked).len();
    assert_eq!(calls, 1 + 1 + 5 + 5 * POOLS + 3);
    assert!(calls <= 12 + 5 * (POOLS + 1), "what was promised");
    asked.sort();
    let twice: Vec<_> = asked.windows(2).filter(|two| two[0] == two[1]).collect();
    assert!(twice.is_empty(), "{twice:?}");
}

#[tokio::test]
async fn what_is_not_ready_costs_one_look_at_cloudtrail_more() {
    let (reading, asked) = large(false).read().await;
    reading.unwrap();
    let calls = of_aws(&asked);
    assert_eq!(calls.len(), 111);
    let looks = calls.iter().filter(|call| call.starts_with("trail"));
    assert_eq!(looks.count(), 1);
}

#[tokio::test]
async fn an_entrys_tags_are_told() {
    let (reading, _) = large(true).read().await;
    let entries = reading.unwrap().snapshot.access_entries;
    let tag = &entries[0].tags[0];
    assert_eq!(
        (tag.key.as_str(), tag.value.value().unwrap().as_str()),
        ("team", "data")
    );
}
