//! Clusters: what they show, how their settings may change, and what EKS registers by itself.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod eks_world;
mod harness;

use std::sync::Arc;
use std::time::Duration;

use eks_world::{
    CLUSTER_ROLE, NODE, POLICY, assert_refused, cluster_request, delete, demo, enter, entry_path,
    event, get, post, refusal, role, user,
};
use harness::{Reply, aws, credentials, query, rest};
use rolecall_sandbox_aws::Aws;
use rolecall_sandbox_aws::eks::{Serving, SettleTimes};
use serde_json::{Value, json};

const INVALID: &str = "InvalidParameterException";
const ADMINISTRATOR: &str = "arn:aws:iam::111122223333:user/administrator";
fn config(aws: &Aws, body: &Value) -> Reply {
    post(aws, "/clusters/demo/update-config", body)
}

fn entries(aws: &Aws) -> Vec<String> {
    let listed = get(aws, "/clusters/demo/access-entries").json();
    let arns = listed["accessEntries"].as_array().unwrap();
    arns.iter()
        .map(|arn| arn.as_str().unwrap().to_owned())
        .collect()
}

fn policies(aws: &Aws, principal: &str) -> Vec<String> {
    let listed = get(aws, &format!("{}/access-policies", entry_path(principal))).json();
    let policies = listed["associatedAccessPolicies"].as_array().unwrap();
    policies
        .iter()
        .map(|policy| policy["policyArn"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn a_new_cluster_shows_what_real_ones_show() {
    let aws = aws();
    role(&aws, "/", "ClusterRole", "eks.amazonaws.com");
    let made = post(&aws, "/clusters", &cluster_request("demo", "API"));
    assert_eq!(made.json()["cluster"]["status"], "CREATING");
    assert!(made.json()["cluster"]["endpoint"].is_null());
    let cluster = get(&aws, "/clusters/demo").json()["cluster"].clone();
    assert_eq!(cluster["status"], "ACTIVE");
    assert_eq!(
        cluster["arn"],
        "arn:aws:eks:eu-central-1:111122223333:cluster/demo"
    );
    assert_eq!(cluster["createdAt"], 1_793_527_200.0);
    let endpoint = cluster["endpoint"].as_str().unwrap();
    assert!(
        endpoint.ends_with(".eu-central-1.eks.amazonaws.com"),
        "{endpoint}"
    );
    let issuer = cluster["identity"]["oidc"]["issuer"].as_str().unwrap();
    let id = issuer.rsplit('/').next().unwrap();
    assert!(
        endpoint.contains(id) && id.len() == 32,
        "{endpoint} {issuer}"
    );
    assert_eq!(
        cluster["accessConfig"],
        json!({"authenticationMode": "API"})
    );
    assert_eq!(
        cluster["computeConfig"],
        json!({"enabled": false, "nodePools": []})
    );
    assert_eq!(cluster["kubernetesNetworkConfig"]["ipFamily"], "ipv4");
    assert!(cluster["certificateAuthority"]["data"].is_string());
    assert!(
        cluster["platformVersion"]
            .as_str()
            .unwrap()
            .starts_with("eks.")
    );
    assert_eq!(cluster["health"], json!({"issues": []}));
    assert_eq!(get(&aws, "/clusters").json(), json!({"clusters": ["demo"]}));
    assert_eq!(
        event(&aws, "CreateCluster")["requestParameters"]["name"],
        "demo"
    );
}

#[test]
fn the_process_says_where_a_clusters_api_is() {
    let aws = aws();
    aws.write(|state| {
        state.eks.set_serving(Arc::new(|key| Serving {
            endpoint: format!("https://127.0.0.1:4581/{}", key.name),
            certificate_authority: "Q0E=".to_owned(),
        }));
    });
    demo(&aws, "API");
    let cluster = get(&aws, "/clusters/demo").json()["cluster"].clone();
    assert_eq!(cluster["endpoint"], "https://127.0.0.1:4581/demo");
    assert_eq!(cluster["certificateAuthority"]["data"], "Q0E=");
}

#[test]
fn the_creator_becomes_administrator_unless_told_otherwise() {
    let aws = aws();
    demo(&aws, "API");
    assert_eq!(entries(&aws), [ADMINISTRATOR]);
    assert_eq!(
        policies(&aws, ADMINISTRATOR),
        [format!("{POLICY}/AmazonEKSClusterAdminPolicy")]
    );
    let mut request = cluster_request("other", "API");
    request["accessConfig"]["bootstrapClusterCreatorAdminPermissions"] = json!(false);
    post(&aws, "/clusters", &request);
    let listed = get(&aws, "/clusters/other/access-entries").json();
    assert_eq!(listed["accessEntries"], json!([]));
}

#[test]
fn clusters_of_the_config_map_need_their_creator() {
    let aws = aws();
    role(&aws, "/", "ClusterRole", "eks.amazonaws.com");
    let mut request = cluster_request("demo", "CONFIG_MAP");
    request["accessConfig"]["bootstrapClusterCreatorAdminPermissions"] = json!(false);
    assert_refused(
        &post(&aws, "/clusters", &request),
        400,
        INVALID,
        "bootstrapClusterCreatorAdminPermissions must be true if cluster authentication mode is set to CONFIG_MAP",
    );
    request.as_object_mut().unwrap().remove("accessConfig");
    post(&aws, "/clusters", &request);
    let shown = get(&aws, "/clusters/demo").json()["cluster"]["accessConfig"].clone();
    assert_eq!(shown, json!({"authenticationMode": "CONFIG_MAP"}));
}

#[test]
fn the_mode_goes_one_way_one_step_at_a_time() {
    let aws = aws();
    demo(&aws, "CONFIG_MAP");
    let to = |mode: &str| config(&aws, &json!({"accessConfig": {"authenticationMode": mode}}));
    let text = |from: &str, to: &str| {
        format!("Unsupported authentication mode update from {from} to {to}")
    };
    assert_refused(&to("API"), 400, INVALID, &text("CONFIG_MAP", "API"));
    let update = to("API_AND_CONFIG_MAP").json()["update"].clone();
    assert_eq!(update["type"], "AccessConfigUpdate");
    assert_eq!(update["status"], "InProgress");
    assert_eq!(entries(&aws), [ADMINISTRATOR]);
    assert_refused(
        &to("CONFIG_MAP"),
        400,
        INVALID,
        &text("API_AND_CONFIG_MAP", "CONFIG_MAP"),
    );
    assert_eq!(to("API").status, 200);
    for mode in ["CONFIG_MAP", "API_AND_CONFIG_MAP", "API"] {
        assert_refused(&to(mode), 400, INVALID, &text("API", mode));
    }
    let id = update["id"].as_str().unwrap();
    let shown = get(&aws, &format!("/clusters/demo/updates/{id}")).json();
    assert_eq!(shown["update"]["status"], "Successful");
    let listed = get(&aws, "/clusters/demo/updates").json();
    assert_eq!(listed["updateIds"].as_array().unwrap().len(), 2);
}

#[test]
fn one_kind_of_change_at_a_time() {
    let aws = aws();
    demo(&aws, "API_AND_CONFIG_MAP");
    let logging = json!({"clusterLogging": [{"types": ["api"], "enabled": true}]});
    let two = json!({"logging": logging, "accessConfig": {"authenticationMode": "API"}});
    assert_refused(
        &config(&aws, &two),
        400,
        INVALID,
        "Only one type of update can be allowed.",
    );
    assert_refused(
        &config(&aws, &json!({})),
        400,
        INVALID,
        "The type for cluster update was not provided.",
    );
    assert_eq!(config(&aws, &json!({"logging": logging})).status, 200);
    let shown = get(&aws, "/clusters/demo").json()["cluster"]["logging"].clone();
    assert_eq!(shown, logging);
    let same = json!({"resourcesVpcConfig": {"endpointPublicAccess": true}});
    let (_, _, message) = refusal(&config(&aws, &same));
    assert!(
        message.starts_with(
            "Cluster is already at the desired configuration with endpointPrivateAccess: false"
        ),
        "{message}"
    );
}

#[test]
fn versions_go_up_by_one() {
    let aws = aws();
    role(&aws, "/", "ClusterRole", "eks.amazonaws.com");
    let mut request = cluster_request("demo", "API");
    request["version"] = json!("1.32");
    post(&aws, "/clusters", &request);
    let to = |version: &str| post(&aws, "/clusters/demo/updates", &json!({"version": version}));
    assert_refused(
        &to("1.34"),
        400,
        INVALID,
        "Unsupported Kubernetes minor version update from 1.32 to 1.34",
    );
    assert_refused(&to("1.7"), 400, INVALID, "unsupported Kubernetes version");
    assert_eq!(to("1.33").json()["update"]["type"], "VersionUpdate");
    assert_eq!(
        get(&aws, "/clusters/demo").json()["cluster"]["version"],
        "1.33"
    );
    request["version"] = json!("1.99");
    request["name"] = json!("x");
    assert_refused(
        &post(&aws, "/clusters", &request),
        400,
        INVALID,
        "unsupported Kubernetes version",
    );
}

#[test]
fn clusters_take_their_time_when_told_to() {
    let aws = aws();
    aws.write(|state| {
        state.eks.set_times(SettleTimes {
            cluster: Duration::from_secs(600),
            update: Duration::from_secs(60),
            ..SettleTimes::default()
        });
    });
    demo(&aws, "API_AND_CONFIG_MAP");
    let status = || get(&aws, "/clusters/demo").json()["cluster"]["status"].clone();
    assert_eq!(status(), "CREATING");
    aws.clock().step(Duration::from_secs(600));
    assert_eq!(status(), "ACTIVE");
    let api = json!({"accessConfig": {"authenticationMode": "API"}});
    let id = config(&aws, &api).json()["update"]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(status(), "UPDATING");
    let logging = json!({"logging": {"clusterLogging": []}});
    assert_refused(
        &config(&aws, &logging),
        409,
        "ResourceInUseException",
        "Cannot LoggingUpdate because cluster demo currently has update in progress",
    );
    let update =
        || get(&aws, &format!("/clusters/demo/updates/{id}")).json()["update"]["status"].clone();
    assert_eq!(update(), "InProgress");
    aws.clock().step(Duration::from_secs(60));
    assert_eq!((status(), update()), (json!("ACTIVE"), json!("Successful")));
    assert_eq!(
        delete(&aws, "/clusters/demo").json()["cluster"]["status"],
        "DELETING"
    );
    assert_eq!(status(), "DELETING");
    aws.clock().step(Duration::from_secs(600));
    assert_eq!(get(&aws, "/clusters/demo").status, 404);
    assert_eq!(get(&aws, "/clusters").json(), json!({"clusters": []}));
    let again = post(&aws, "/clusters", &cluster_request("demo", "API"));
    assert_eq!(again.status, 200, "{}", again.text);
}

#[test]
fn deleting_a_cluster_forgets_what_was_in_it() {
    let aws = aws();
    demo(&aws, "API");
    enter(&aws, NODE, "EC2");
    assert_refused(
        &post(&aws, "/clusters", &cluster_request("demo", "API")),
        409,
        "ResourceInUseException",
        "Cluster already exists with name: demo",
    );
    assert_eq!(
        config(&aws, &json!({"deletionProtection": true})).status,
        200
    );
    assert_eq!(
        delete(&aws, "/clusters/demo").code(),
        "InvalidRequestException"
    );
    config(&aws, &json!({"deletionProtection": false}));
    assert_eq!(delete(&aws, "/clusters/demo").status, 200);
    assert_refused(
        &delete(&aws, "/clusters/demo"),
        404,
        "ResourceNotFoundException",
        "No cluster found for name: demo.",
    );
    post(&aws, "/clusters", &cluster_request("demo", "API"));
    assert_eq!(entries(&aws), [ADMINISTRATOR]);
}

#[test]
fn a_cluster_role_must_exist_trust_eks_and_be_passed() {
    let aws = aws();
    let message = format!(
        "Role with arn: {CLUSTER_ROLE}, could not be assumed because it does not exist or the trusted entity is not correct"
    );
    let request = cluster_request("demo", "API");
    assert_refused(&post(&aws, "/clusters", &request), 400, INVALID, &message);
    role(&aws, "/", "ClusterRole", "ec2.amazonaws.com");
    assert_refused(&post(&aws, "/clusters", &request), 400, INVALID, &message);
    let policy = eks_world::allow(&json!(["eks:*"]), "*");
    let someone = user(&aws, "someone", &policy);
    let reply = rest(&aws, &someone, "POST", "/clusters", &request);
    let (status, code, message) = refusal(&reply);
    assert_eq!((status, code.as_str()), (403, "AccessDeniedException"));
    assert!(
        message.starts_with(&format!(
            "User: arn:aws:iam::111122223333:user/someone is not authorized to perform: iam:PassRole on resource: {CLUSTER_ROLE} because"
        )),
        "{message}"
    );
}

#[test]
fn a_known_network_gives_the_vpc_and_gets_the_cluster_security_group() {
    let aws = aws();
    role(&aws, "/", "ClusterRole", "eks.amazonaws.com");
    let ec2 = |fields: &[(&str, &str)]| {
        let reply = query(&aws, &credentials(), "ec2", fields);
        assert_eq!(reply.status, 200, "{}", reply.text);
        reply
    };
    let vpc = ec2(&[("Action", "CreateVpc"), ("CidrBlock", "10.0.0.0/16")]);
    let vpc = vpc.element("vpcId").unwrap();
    let subnet = |block: &str, zone: &str| {
        let fields = [
            ("Action", "CreateSubnet"),
            ("VpcId", vpc),
            ("CidrBlock", block),
            ("AvailabilityZone", zone),
        ];
        ec2(&fields).element("subnetId").unwrap().to_owned()
    };
    let one = subnet("10.0.0.0/20", "eu-central-1a");
    let same_zone = subnet("10.0.16.0/20", "eu-central-1a");
    let other = subnet("10.0.32.0/20", "eu-central-1b");
    let mut request = cluster_request("demo", "API");
    request["resourcesVpcConfig"]["subnetIds"] = json!([one, same_zone]);
    assert_refused(
        &post(&aws, "/clusters", &request),
        400,
        INVALID,
        "Subnets specified must be in at least two different AZs",
    );
    request["resourcesVpcConfig"]["subnetIds"] = json!([one, other]);
    let made = post(&aws, "/clusters", &request).json()["cluster"]["resourcesVpcConfig"].clone();
    assert_eq!(made["vpcId"], vpc);
    let group = made["clusterSecurityGroupId"].as_str().unwrap().to_owned();
    let asked = [
        ("Action", "DescribeSecurityGroups"),
        ("Filter.1.Name", "tag:aws:eks:cluster-name"),
        ("Filter.1.Value.1", "demo"),
    ];
    assert_eq!(ec2(&asked).element("groupId"), Some(group.as_str()));
    delete(&aws, "/clusters/demo");
    assert_eq!(ec2(&asked).element("groupId"), None);
}
