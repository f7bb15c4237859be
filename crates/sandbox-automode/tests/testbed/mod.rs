//! What the tests of this crate share: an account with an Auto Mode cluster in it, its API server and
//! its control plane, and an administrator who makes and changes things over the APIs.
#![allow(dead_code, unreachable_pub, reason = "each test binary uses a part")]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod gate;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::Request;
use jiff::Timestamp;
use rolecall_sandbox_automode::{ControlPlane, Generation, Settings, Settled};
use rolecall_sandbox_aws::sigv4::{self, Credentials};
use rolecall_sandbox_aws::{Aws, Clock, Settings as AwsSettings};
use rolecall_sandbox_kube::{ApiServer, Settings as KubeSettings, User};
use serde_json::{Value, json};

pub use gate::StandIn;

pub const ACCOUNT: &str = "111122223333";
pub const REGION: &str = "eu-central-1";
pub const CLUSTER: &str = "prod";
pub const AUTO_NODE_POLICY: &str = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSAutoNodePolicy";
pub const EC2_TRUST: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;
pub const CLUSTER_TRUST: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"eks.amazonaws.com"},"Action":["sts:AssumeRole","sts:TagSession"]}]}"#;

pub struct Testbed {
    pub aws: Aws,
    pub server: Arc<ApiServer>,
    pub gate: Arc<StandIn>,
    pub plane: Arc<ControlPlane>,
    administrator: Credentials,
}

/// An answer of AWS.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub text: String,
}

impl Reply {
    /// The text of the first XML element of that name.
    pub fn element(&self, name: &str) -> String {
        let inner = self
            .text
            .split_once(&format!("<{name}>"))
            .and_then(|(_, rest)| rest.split_once(&format!("</{name}>")));
        inner.unwrap_or_default().0.to_owned()
    }
}

impl Testbed {
    /// A cluster with Auto Mode, without built-in pools, whose role has the five policies of the user
    /// guide. Nothing else is there but a VPC with two subnets and a security group.
    pub fn new(generation: Generation) -> Self {
        Self::with(generation, CLUSTER_TRUST, &json!({"enabled": true}))
    }

    /// The same with a cluster role of this trust policy, and this `computeConfig`.
    pub fn with(generation: Generation, cluster_trust: &str, compute: &Value) -> Self {
        let bed = Self::without_cluster(generation);
        bed.role("ClusterRole", "/", cluster_trust);
        for policy in [
            "Cluster",
            "Compute",
            "BlockStorage",
            "LoadBalancing",
            "Networking",
        ] {
            bed.attach("ClusterRole", &format!("AmazonEKS{policy}Policy"));
        }
        bed.create_cluster(compute);
        bed
    }

    pub fn without_cluster(generation: Generation) -> Self {
        let administrator = Credentials {
            access_key_id: "AKIAIOSFODNN7EXAMPLE".to_owned(),
            secret_access_key: "secret".to_owned(),
            session_token: None,
        };
        let settings = AwsSettings {
            account: ACCOUNT.parse().unwrap(),
            region: REGION.to_owned(),
            seed: 1,
            credentials: administrator.clone(),
            any_credentials: false,
            lag: None,
            journal: None,
        };
        let began = "2026-11-01T10:00:00Z".parse().unwrap();
        let aws = Aws::new(settings, Arc::new(Clock::new(began, 0.0)));
        let gate = Arc::new(StandIn::new(aws.clone()));
        let clock = Arc::clone(aws.clock());
        let mut settings = KubeSettings::new(Arc::clone(&gate) as _);
        settings.clock = Arc::new(move || clock.now());
        let server = Arc::new(ApiServer::new(settings));
        let account = ACCOUNT.parse().unwrap();
        let mut settings = Settings::in_process(&aws, &server, CLUSTER, account, REGION);
        settings.generation = generation;
        Self {
            plane: Arc::new(ControlPlane::new(settings)),
            aws,
            server,
            gate,
            administrator,
        }
    }

    // --- AWS -----------------------------------------------------------------------------------

    fn send(&self, service: &str, mut request: Request<Bytes>) -> Reply {
        let now = Timestamp::now();
        sigv4::sign(&mut request, &self.administrator, REGION, service, now);
        let response = self.aws.handle(request).response;
        Reply {
            status: response.status().as_u16(),
            text: String::from_utf8(response.body().to_vec()).unwrap(),
        }
    }

    pub fn try_query(&self, service: &str, action: &str, fields: &[(&str, &str)]) -> Reply {
        let mut body = format!("Action={action}");
        for (name, value) in fields {
            let value =
                percent_encoding::utf8_percent_encode(value, percent_encoding::NON_ALPHANUMERIC);
            body.push_str(&format!("&{name}={value}"));
        }
        let request = Request::post(format!("https://{service}.{REGION}.amazonaws.com/"))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(Bytes::from(body))
            .unwrap();
        self.send(service, request)
    }

    pub fn query(&self, service: &str, action: &str, fields: &[(&str, &str)]) -> Reply {
        let reply = self.try_query(service, action, fields);
        assert_eq!(reply.status, 200, "{action} {fields:?}: {}", reply.text);
        reply
    }

    pub fn eks(&self, method: &str, path: &str, body: &Value) -> Value {
        let text = match body {
            Value::Null => String::new(),
            body => body.to_string(),
        };
        let request = Request::builder()
            .method(method)
            .uri(format!("https://eks.{REGION}.amazonaws.com{path}"))
            .header("content-type", "application/json")
            .body(Bytes::from(text))
            .unwrap();
        let reply = self.send("eks", request);
        assert_eq!(reply.status, 200, "{method} {path}: {}", reply.text);
        serde_json::from_str(&reply.text).unwrap_or_default()
    }

    /// Makes a role and gives its ARN.
    pub fn role(&self, name: &str, path: &str, trust: &str) -> String {
        let fields = [
            ("RoleName", name),
            ("Path", path),
            ("AssumeRolePolicyDocument", trust),
        ];
        self.query("iam", "CreateRole", &fields).element("Arn")
    }

    /// Makes a node role with the two policies of the user guide.
    pub fn node_role(&self, name: &str, path: &str) -> String {
        let arn = self.role(name, path, EC2_TRUST);
        self.attach(name, "AmazonEKSWorkerNodeMinimalPolicy");
        self.attach(name, "AmazonEC2ContainerRegistryPullOnly");
        arn
    }

    pub fn attach(&self, role: &str, policy: &str) {
        let arn = format!("arn:aws:iam::aws:policy/{policy}");
        let fields = [("RoleName", role), ("PolicyArn", arn.as_str())];
        self.query("iam", "AttachRolePolicy", &fields);
    }

    pub fn detach(&self, role: &str, policy: &str) {
        let arn = format!("arn:aws:iam::aws:policy/{policy}");
        let fields = [("RoleName", role), ("PolicyArn", arn.as_str())];
        self.query("iam", "DetachRolePolicy", &fields);
    }

    pub fn inline(&self, role: &str, statements: &Value) {
        let document = json!({"Version": "2012-10-17", "Statement": statements}).to_string();
        let fields = [
            ("RoleName", role),
            ("PolicyName", "more"),
            ("PolicyDocument", document.as_str()),
        ];
        self.query("iam", "PutRolePolicy", &fields);
    }

    pub fn create_cluster(&self, compute: &Value) {
        let vpc = self
            .query("ec2", "CreateVpc", &[("CidrBlock", "10.0.0.0/16")])
            .element("vpcId");
        let mut subnets = Vec::new();
        for (zone, block) in [("a", "10.0.0.0/20"), ("b", "10.0.16.0/20")] {
            let zone = format!("{REGION}{zone}");
            let fields = [
                ("VpcId", vpc.as_str()),
                ("CidrBlock", block),
                ("AvailabilityZone", &zone),
                ("TagSpecification.1.ResourceType", "subnet"),
                ("TagSpecification.1.Tag.1.Key", "Name"),
                ("TagSpecification.1.Tag.1.Value", "nodes"),
            ];
            let made = self.query("ec2", "CreateSubnet", &fields);
            subnets.push(made.element("subnetId"));
        }
        let fields = [
            ("VpcId", vpc.as_str()),
            ("GroupName", "nodes"),
            ("GroupDescription", "nodes"),
        ];
        self.query("ec2", "CreateSecurityGroup", &fields);
        let body = json!({
            "name": CLUSTER,
            "roleArn": format!("arn:aws:iam::{ACCOUNT}:role/ClusterRole"),
            "resourcesVpcConfig": {"subnetIds": subnets},
            "accessConfig": {"authenticationMode": "API_AND_CONFIG_MAP"},
            "computeConfig": compute,
            "kubernetesNetworkConfig": {"elasticLoadBalancing": {"enabled": true}},
            "storageConfig": {"blockStorage": {"enabled": true}},
        });
        self.eks("POST", "/clusters", &body);
    }

    /// Makes an access entry of this type.
    pub fn entry(&self, principal: &str, kind: &str) {
        let path = format!("/clusters/{CLUSTER}/access-entries");
        self.eks(
            "POST",
            &path,
            &json!({"principalArn": principal, "type": kind}),
        );
    }

    pub fn delete_entry(&self, principal: &str) {
        self.eks("DELETE", &entry_path(principal), &Value::Null);
    }

    /// Associates `AmazonEKSAutoNodePolicy` with an entry.
    pub fn auto_node_policy(&self, principal: &str) {
        let path = format!("{}/access-policies", entry_path(principal));
        let body = json!({"policyArn": AUTO_NODE_POLICY, "accessScope": {"type": "cluster"}});
        self.eks("POST", &path, &body);
    }

    /// An entry as a node role needs it.
    pub fn whole_entry(&self, principal: &str) {
        self.entry(principal, "EC2");
        self.auto_node_policy(principal);
    }

    // --- Kubernetes ----------------------------------------------------------------------------

    pub fn kube(&self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        let media = match method {
            "PATCH" => "application/merge-patch+json",
            _ => "application/json",
        };
        let text = match body {
            Value::Null => String::new(),
            body => body.to_string(),
        };
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header("content-type", media)
            .body(Bytes::from(text))
            .unwrap();
        request.extensions_mut().insert(User::master());
        let response = self.server.handle(request).whole().unwrap();
        let value = serde_json::from_slice(response.body()).unwrap_or_default();
        (response.status().as_u16(), value)
    }

    pub fn create(&self, path: &str, object: &Value) -> Value {
        let (status, value) = self.kube("POST", path, object);
        assert_eq!(status, 201, "{path}: {value:#}");
        value
    }

    pub fn merge(&self, path: &str, change: &Value) -> Value {
        let (status, value) = self.kube("PATCH", path, change);
        assert_eq!(status, 200, "{path}: {value:#}");
        value
    }

    pub fn get(&self, path: &str) -> Value {
        let (status, value) = self.kube("GET", path, &Value::Null);
        assert_eq!(status, 200, "{path}: {value:#}");
        value
    }

    pub fn is_gone(&self, path: &str) -> bool {
        self.kube("GET", path, &Value::Null).0 == 404
    }

    /// A class that selects the network of the testbed, with these more fields.
    pub fn class(&self, name: &str, more: &Value) {
        let mut spec = json!({
            "subnetSelectorTerms": [{"tags": {"Name": "nodes"}}],
            "securityGroupSelectorTerms": [{"name": "nodes"}],
        });
        for (key, value) in more.as_object().unwrap() {
            spec[key] = value.clone();
        }
        self.create(
            CLASSES,
            &json!({
                "apiVersion": "eks.amazonaws.com/v1",
                "kind": "NodeClass",
                "metadata": {"name": name},
                "spec": spec,
            }),
        );
    }

    /// A pool of this class, with these more fields.
    pub fn pool(&self, name: &str, class: &str, more: &Value) {
        let mut spec = json!({"template": {"spec": {
            "nodeClassRef": {"group": "eks.amazonaws.com", "kind": "NodeClass", "name": class},
            "requirements": [{"key": "kubernetes.io/arch", "operator": "In", "values": ["amd64"]}],
        }}});
        for (key, value) in more.as_object().unwrap() {
            spec[key] = value.clone();
        }
        self.create(
            POOLS,
            &json!({
                "apiVersion": "karpenter.sh/v1",
                "kind": "NodePool",
                "metadata": {"name": name},
                "spec": spec,
            }),
        );
    }

    /// A claim made by hand.
    pub fn claim(&self, name: &str, class: &str) {
        self.create(
            CLAIMS,
            &json!({
                "apiVersion": "karpenter.sh/v1",
                "kind": "NodeClaim",
                "metadata": {"name": name},
                "spec": {
                    "nodeClassRef": {"group": "eks.amazonaws.com", "kind": "NodeClass", "name": class},
                    "requirements": [],
                },
            }),
        );
    }

    // --- the control plane ---------------------------------------------------------------------

    /// Settles, and insists that it came to rest.
    pub fn settle(&self) -> Settled {
        let settled = self.plane.settle().unwrap();
        assert!(settled.quiet, "{settled:#?}");
        settled
    }

    /// Lets time pass by steps to what is due next, settling at each.
    pub fn pass(&self, time: Duration) {
        let end = self.aws.clock().now() + jiff::SignedDuration::try_from(time).unwrap();
        while let Some(due) = self.plane.next_due().filter(|due| *due < end) {
            self.aws.clock().step_to(due);
            self.settle();
        }
        self.aws.clock().step_to(end);
        self.settle();
    }

    /// The conditions of an object, one a line, in the order they have.
    pub fn conditions(&self, path: &str) -> String {
        let object = self.get(path);
        let conditions = object
            .pointer("/status/conditions")
            .and_then(Value::as_array);
        let line = |one: &Value| {
            let text = |name: &str| one[name].as_str().unwrap_or_default().to_owned();
            let line = format!(
                "{}={} {} {}",
                text("type"),
                text("status"),
                text("reason"),
                text("message")
            );
            line.trim_end().to_owned()
        };
        let lines: Vec<String> = conditions.into_iter().flatten().map(line).collect();
        lines.join("\n")
    }

    /// The messages of the events about an object.
    pub fn events(&self, kind: &str, name: &str) -> Vec<String> {
        let all = self.get("/api/v1/namespaces/default/events");
        let mine = all["items"].as_array().unwrap().iter().filter(|event| {
            event["involvedObject"]["kind"] == kind && event["involvedObject"]["name"] == name
        });
        mine.map(|event| event["message"].as_str().unwrap().to_owned())
            .collect()
    }

    /// The CloudTrail events of this name, newest first.
    pub fn trail(&self, name: &str) -> Vec<Value> {
        let events = self.aws.events().latest(|event| event.name == name);
        events.iter().map(|event| event.to_json()).collect()
    }
}

pub const CLASSES: &str = "/apis/eks.amazonaws.com/v1/nodeclasses";
pub const POOLS: &str = "/apis/karpenter.sh/v1/nodepools";
pub const CLAIMS: &str = "/apis/karpenter.sh/v1/nodeclaims";
pub const NODES: &str = "/api/v1/nodes";

fn entry_path(principal: &str) -> String {
    let principal =
        percent_encoding::utf8_percent_encode(principal, percent_encoding::NON_ALPHANUMERIC);
    format!("/clusters/{CLUSTER}/access-entries/{principal}")
}
