//! What holds of EKS whatever is asked of it, in whatever order.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod eks_world;
mod harness;

use eks_world::{CLUSTER_ROLE, NODE, NODE_WITHOUT_PATH, POLICY, delete, demo, segment};
use harness::{ACCOUNT, REGION, aws, credentials, rest};
use proptest::prelude::*;
use rolecall_sandbox_aws::Aws;
use rolecall_sandbox_aws::eks::{ClusterKey, EntryType};
use serde_json::{Value, json};

const LINKED: &str =
    "arn:aws:iam::111122223333:role/aws-service-role/eks.amazonaws.com/AWSServiceRoleForAmazonEKS";

fn principal() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => Just(NODE.to_owned()),
        2 => Just(NODE_WITHOUT_PATH.to_owned()),
        2 => Just(CLUSTER_ROLE.to_owned()),
        1 => Just(LINKED.to_owned()),
        1 => Just("arn:aws:iam::444455556666:role/NodeRole".to_owned()),
        1 => Just("arn:aws:iam::111122223333:user/administrator".to_owned()),
        1 => "[ -~]{1,40}",
        1 => "\\PC{1,10}",
    ]
}

fn kind() -> impl Strategy<Value = Value> {
    prop_oneof![
        6 => proptest::sample::select(EntryType::ALL.map(EntryType::as_str).to_vec())
            .prop_map(Value::from),
        1 => Just(Value::Null),
        1 => Just(json!(7)),
        1 => "[a-zA-Z_0-9]{0,12}".prop_map(Value::from),
    ]
}

fn policy() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(format!("{POLICY}/AmazonEKSAutoNodePolicy")),
        Just(format!("{POLICY}/AmazonEKSViewPolicy")),
        Just(format!("{POLICY}/AmazonEKSComputePolicy")),
        "[ -~]{1,30}",
    ]
}

fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "\\PC{0,12}".prop_map(Value::from),
        Just(Value::from(NODE)),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::btree_map(member(), inner, 0..4).prop_map(|map| json!(map)),
        ]
    })
}

fn member() -> impl Strategy<Value = String> {
    prop_oneof![
        proptest::sample::select(vec![
            "name",
            "roleArn",
            "resourcesVpcConfig",
            "subnetIds",
            "accessConfig",
            "computeConfig",
            "authenticationMode",
            "nodePools",
            "nodeRoleArn",
            "enabled",
            "principalArn",
            "type",
            "kubernetesGroups",
            "tags",
            "accessScope",
            "namespaces",
            "policyArn",
            "labels",
            "scalingConfig",
            "desiredSize",
            "taints",
            "nodegroupName",
            "nodeRole",
            "version",
            "addonName",
            "maxResults",
            "nextToken",
            "elasticLoadBalancing",
            "blockStorage",
            "kubernetesNetworkConfig",
            "storageConfig",
            "logging",
            "clientRequestToken",
        ])
        .prop_map(str::to_owned),
        "[a-z]{1,8}",
    ]
}

/// Method, path and body of something a client might send.
fn request() -> impl Strategy<Value = (String, String, Value)> {
    let path = (principal(), policy(), 0..22_usize).prop_map(|(principal, policy, which)| {
        let entry = format!("/clusters/demo/access-entries/{}", segment(&principal));
        match which {
            0..=4 => entry,
            5..=7 => format!("{entry}/access-policies"),
            8 => format!("{entry}/access-policies/{}", segment(&policy)),
            9..=12 => "/clusters/demo/access-entries".to_owned(),
            13 => "/clusters".to_owned(),
            14 => "/clusters/demo".to_owned(),
            15 => "/clusters/demo/update-config".to_owned(),
            16 => "/clusters/demo/node-groups".to_owned(),
            17 => format!(
                "/clusters/demo/node-groups/{}/update-config",
                segment(&policy)
            ),
            18 => "/clusters/demo/addons".to_owned(),
            19 => format!("/tags/{}", segment(&principal)),
            20 => "/cluster-versions?maxResults=2".to_owned(),
            _ => "/clusters/demo/access-entries?maxResults=x&nextToken=%00".to_owned(),
        }
    });
    let body = prop_oneof![
        4 => (principal(), kind()).prop_map(|(principal, kind)| {
            json!({"principalArn": principal, "type": kind})
        }),
        2 => policy().prop_map(|policy| json!({"policyArn": policy, "accessScope": {"type": "cluster"}})),
        3 => json_value(),
        1 => Just(Value::Null),
    ];
    let method = proptest::sample::select(vec!["GET", "POST", "POST", "DELETE"]);
    (method.prop_map(str::to_owned), path, body)
}

fn demo_key() -> ClusterKey {
    ClusterKey {
        account: ACCOUNT.parse().unwrap(),
        region: REGION.to_owned(),
        name: "demo".to_owned(),
    }
}

/// What must be true of every entry, however it came to be.
fn check_entries(aws: &Aws) {
    aws.read(|state| {
        for entry in state.eks.entries(&demo_key()) {
            assert!(!entry.principal_id.is_empty(), "{entry:?}");
            let arn = entry.arn(&state.partition);
            assert_eq!(arn.split('/').count(), 6, "{arn}");
            assert!(!entry.username.is_empty(), "{entry:?}");
            let node = entry.kind != EntryType::Standard;
            assert!(!node || entry.principal_arn.contains(":role/"), "{entry:?}");
            assert!(
                node || entry
                    .groups
                    .iter()
                    .all(|group| !group.starts_with("system:")),
                "{entry:?}"
            );
            let policies = entry.policies.len();
            let takes = matches!(entry.kind, EntryType::Standard | EntryType::Ec2);
            assert!(takes || policies == 0, "{entry:?}");
            let bound = state
                .eks
                .entry_for_principal_id(&demo_key(), &entry.principal_id);
            assert_eq!(
                bound.map(|bound| &bound.principal_arn),
                Some(&entry.principal_arn)
            );
        }
    });
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

    #[test]
    fn no_request_breaks_anything(requests in proptest::collection::vec(request(), 1..24)) {
        let aws = aws();
        demo(&aws, "API");
        for (method, path, body) in requests {
            let reply = rest(&aws, &credentials(), &method, &path, &body);
            prop_assert!(reply.status < 500, "{method} {path} {body}: {}", reply.text);
            let answer: Result<Value, _> = serde_json::from_str(&reply.text);
            prop_assert!(answer.is_ok(), "{}", reply.text);
            if reply.status != 200 {
                prop_assert!(!reply.code().is_empty());
                prop_assert!(answer.unwrap()["message"].is_string());
            }
            check_entries(&aws);
        }
    }

    #[test]
    fn a_saved_state_answers_as_the_one_it_was_saved_from(
        requests in proptest::collection::vec(request(), 1..12),
    ) {
        let (one, other) = (aws(), aws());
        demo(&one, "API");
        for (method, path, body) in requests {
            rest(&one, &credentials(), &method, &path, &body);
        }
        let rows = one.write(|state| state.dump());
        other.write(|state| {
            state.clear();
            for row in &rows {
                state.restore(row.table, &row.key, row.value.as_deref().unwrap()).unwrap();
            }
        });
        for path in ["/clusters", "/clusters/demo", "/clusters/demo/access-entries"] {
            let ask = |aws: &Aws| rest(aws, &credentials(), "GET", path, &Value::Null).text;
            prop_assert_eq!(ask(&one), ask(&other));
        }
        delete(&other, "/clusters/demo");
    }
}
