//! Pod identity associations, add-ons, versions, other regions, and state put there and read back.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod eks_world;
mod harness;

use eks_world::{NODE, assert_refused, delete, demo, enter, entry_path, get, post, role};
use harness::{ACCOUNT, REGION, aws, credentials};
use rolecall_sandbox_aws::eks::{
    AccessEntry, AccessScope, AuthenticationMode, Cluster, ClusterKey, EntryType, NodeGroup,
    Principal,
};
use serde_json::json;

fn key(name: &str) -> ClusterKey {
    ClusterKey {
        account: ACCOUNT.parse().unwrap(),
        region: REGION.to_owned(),
        name: name.to_owned(),
    }
}

#[test]
fn pod_identity_associations_are_one_per_service_account() {
    let aws = aws();
    demo(&aws, "API");
    role(&aws, "/", "App", "pods.eks.amazonaws.com");
    let app = "arn:aws:iam::111122223333:role/App";
    let path = "/clusters/demo/pod-identity-associations";
    let body = json!({"namespace": "n", "serviceAccount": "s", "roleArn": app});
    let made = post(&aws, path, &body).json()["association"].clone();
    let id = made["associationId"].as_str().unwrap();
    assert!(id.starts_with("a-") && id.len() == 19, "{id}");
    assert_refused(
        &post(&aws, path, &body),
        409,
        "ResourceInUseException",
        &format!("Association already exists: {id}"),
    );
    let one = format!("{path}/{id}");
    let changed = post(&aws, &one, &json!({"roleArn": NODE})).json();
    assert_eq!(changed["association"]["roleArn"], NODE);
    let listed = get(&aws, &format!("{path}?namespace=n")).json();
    assert_eq!(listed["associations"][0]["associationId"], id);
    assert!(listed["associations"][0].get("roleArn").is_none());
    assert_eq!(
        get(&aws, &format!("{path}?namespace=x")).json(),
        json!({"associations": []})
    );
    assert_eq!(
        delete(&aws, &one).json()["association"]["associationId"],
        id
    );
    assert_eq!(get(&aws, &one).status, 404);
}

#[test]
fn addons_are_those_of_a_small_table() {
    let aws = aws();
    demo(&aws, "API");
    let path = "/clusters/demo/addons";
    let made = post(&aws, path, &json!({"addonName": "coredns"}));
    assert_eq!(made.json()["addon"]["status"], "CREATING", "{}", made.text);
    let version = made.json()["addon"]["addonVersion"].clone();
    assert_eq!(
        post(&aws, path, &json!({"addonName": "coredns"})).status,
        409
    );
    assert_eq!(
        post(&aws, path, &json!({"addonName": "nothing"})).status,
        400
    );
    let supported = get(
        &aws,
        "/addons/supported-versions?addonName=coredns&kubernetesVersion=1.33",
    )
    .json();
    let newest = &supported["addons"][0]["addonVersions"][0];
    assert_eq!(newest["addonVersion"], version);
    assert_eq!(newest["compatibilities"][0]["clusterVersion"], "1.33");
    let older = supported["addons"][0]["addonVersions"][1]["addonVersion"].clone();
    let update = post(
        &aws,
        &format!("{path}/coredns/update"),
        &json!({"addonVersion": older}),
    );
    assert_eq!(
        update.json()["update"]["type"],
        "AddonUpdate",
        "{}",
        update.text
    );
    assert_eq!(
        get(&aws, &format!("{path}/coredns")).json()["addon"]["addonVersion"],
        older
    );
    assert_eq!(get(&aws, path).json(), json!({"addons": ["coredns"]}));
    assert_eq!(delete(&aws, &format!("{path}/coredns")).status, 200);
    assert_eq!(get(&aws, &format!("{path}/coredns")).status, 404);
}

#[test]
fn versions_tell_how_long_they_are_supported() {
    let aws = aws();
    let all = get(&aws, "/cluster-versions?includeAll=true").json();
    let of = |name: &str| {
        let versions = all["clusterVersions"].as_array().unwrap();
        versions
            .iter()
            .find(|one| one["clusterVersion"] == name)
            .unwrap()
            .clone()
    };
    // The sandbox's time is 2026-11-01.
    assert_eq!(of("1.34")["versionStatus"], "STANDARD_SUPPORT");
    assert_eq!(of("1.33")["versionStatus"], "EXTENDED_SUPPORT");
    assert_eq!(of("1.30")["versionStatus"], "UNSUPPORTED");
    let default = get(&aws, "/cluster-versions?defaultOnly=true").json();
    assert_eq!(default["clusterVersions"].as_array().unwrap().len(), 1);
    let supported = get(&aws, "/cluster-versions").json();
    assert!(
        supported["clusterVersions"]
            .as_array()
            .unwrap()
            .iter()
            .all(|one| one["versionStatus"] != "UNSUPPORTED")
    );
}

#[test]
fn loaded_things_keep_the_times_and_ids_they_came_with() {
    let aws = aws();
    let long_ago = "2020-01-02T03:04:05Z".parse().unwrap();
    aws.write(|state| {
        let mut cluster = Cluster::new(
            key("old"),
            "0d8a3c0e-1111-4222-8333-444455556666",
            NODE,
            long_ago,
        );
        cluster.authentication_mode = AuthenticationMode::Api;
        state.eks.put_cluster(cluster);
        let principal = Principal::parse(NODE).unwrap();
        let mut entry = AccessEntry::new(
            key("old"),
            &principal,
            "AROADEAD",
            EntryType::Ec2,
            "id-1".to_owned(),
            long_ago,
        );
        let policy = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSAutoNodePolicy";
        entry.associate(policy, AccessScope::Cluster, long_ago);
        state.eks.put_entry(entry);
        state
            .eks
            .put_node_group(NodeGroup::new(key("old"), "w", "id-2", NODE, long_ago));
    });
    let path = entry_path(NODE).replace("demo", "old");
    let entry = get(&aws, &path).json()["accessEntry"].clone();
    assert_eq!(entry["createdAt"], 1_577_934_245.0);
    assert!(
        entry["accessEntryArn"]
            .as_str()
            .unwrap()
            .ends_with("/NodeRole/id-1")
    );
    assert_eq!(
        get(&aws, "/clusters/old").json()["cluster"]["status"],
        "ACTIVE"
    );
    let group = get(&aws, "/clusters/old/node-groups/w").json()["nodegroup"].clone();
    assert_eq!(group["status"], "ACTIVE");
    let found = aws.read(|state| {
        let entry = state.eks.entry_for_principal_id(&key("old"), "AROADEAD");
        entry.map(|entry| entry.policies.len())
    });
    assert_eq!(found, Some(1));
    assert_eq!(aws.read(|state| state.eks.clusters().count()), 1);
}

#[test]
fn saved_state_comes_back_as_it_was() {
    let (one, other) = (aws(), aws());
    demo(&one, "API");
    enter(&one, NODE, "EC2");
    let rows = one.write(|state| state.dump());
    other.write(|state| {
        state.clear();
        for row in &rows {
            let json = row.value.as_deref().unwrap();
            state.restore(row.table, &row.key, json).unwrap();
        }
    });
    for path in [entry_path(NODE), "/clusters/demo".to_owned()] {
        assert_eq!(get(&one, &path).json(), get(&other, &path).json());
    }
}

#[test]
fn each_region_has_its_own_clusters() {
    let aws = aws();
    demo(&aws, "API");
    let mut request = http::Request::get("https://eks.us-west-2.amazonaws.com/clusters")
        .body(bytes::Bytes::new())
        .unwrap();
    let now = jiff::Timestamp::now();
    rolecall_sandbox_aws::sigv4::sign(&mut request, &credentials(), "us-west-2", "eks", now);
    let answer = aws.handle(request).response;
    assert_eq!(answer.body().as_ref(), br#"{"clusters":[]}"#);
}

#[test]
fn requests_repeated_with_their_token_are_answered_and_not_done_again() {
    let aws = aws();
    demo(&aws, "API_AND_CONFIG_MAP");
    for (path, body) in [
        (
            "/clusters/demo/node-groups",
            json!({"nodegroupName": "w", "nodeRole": NODE, "clientRequestToken": "1"}),
        ),
        (
            "/clusters/demo/addons",
            json!({"addonName": "vpc-cni", "clientRequestToken": "2"}),
        ),
        (
            "/clusters/demo/pod-identity-associations",
            json!({"namespace": "n", "serviceAccount": "s", "roleArn": NODE, "clientRequestToken": "3"}),
        ),
        (
            "/clusters/demo/update-config",
            json!({"accessConfig": {"authenticationMode": "API"}, "clientRequestToken": "4"}),
        ),
        (
            "/clusters/demo/node-groups/w/update-config",
            json!({"scalingConfig": {"desiredSize": 1}, "clientRequestToken": "5"}),
        ),
    ] {
        let first = post(&aws, path, &body);
        assert_eq!(first.status, 200, "{}", first.text);
        assert_eq!(post(&aws, path, &body).text, first.text);
    }
    let updates = get(&aws, "/clusters/demo/updates").json();
    assert_eq!(updates["updateIds"].as_array().unwrap().len(), 1);
}
