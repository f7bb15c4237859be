//! Times the settling of many node classes: `cargo run --release -p rolecall-sandbox-automode
//! --example settle -- 500`.
#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a program for the eyes of who works on this crate"
)]

use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use http::Request;
use jiff::Timestamp;
use rolecall_sandbox_automode::{ControlPlane, Settings};
use rolecall_sandbox_aws::sigv4::{self, Credentials};
use rolecall_sandbox_aws::{Aws, Clock, Settings as AwsSettings};
use rolecall_sandbox_kube::{ApiServer, Attributes, Gate, Opinion, Settings as KubeSettings, User};
use serde_json::{Value, json};

const REGION: &str = "eu-central-1";
const ACCOUNT: &str = "111122223333";

struct Nobody;

impl Gate for Nobody {
    fn authenticate(&self, _token: &str) -> Option<User> {
        None
    }
    fn allows(&self, _user: &User, _ask: &Attributes<'_>) -> Opinion {
        Opinion::Nothing
    }
}

fn credentials() -> Credentials {
    Credentials {
        access_key_id: "AKIAIOSFODNN7EXAMPLE".to_owned(),
        secret_access_key: "secret".to_owned(),
        session_token: None,
    }
}

fn call(aws: &Aws, service: &str, path: &str, media: &str, body: String) -> String {
    let mut request = Request::post(format!("https://{service}.{REGION}.amazonaws.com{path}"))
        .header("content-type", media)
        .body(Bytes::from(body))
        .expect("a request");
    sigv4::sign(
        &mut request,
        &credentials(),
        REGION,
        service,
        Timestamp::now(),
    );
    let response = aws.handle(request).response;
    let text = String::from_utf8_lossy(response.body()).into_owned();
    assert!(response.status().is_success(), "{text}");
    text
}

fn query(aws: &Aws, service: &str, body: &str) -> String {
    call(
        aws,
        service,
        "/",
        "application/x-www-form-urlencoded",
        body.to_owned(),
    )
}

fn kube(server: &ApiServer, path: &str, object: &Value) {
    let mut request = Request::post(path)
        .header("content-type", "application/json")
        .body(Bytes::from(object.to_string()))
        .expect("a request");
    request.extensions_mut().insert(User::master());
    let response = server.handle(request).whole().expect("a response");
    assert!(response.status().is_success(), "{:?}", response.body());
}

fn role(aws: &Aws, name: &str, service: &str, policy: &str) {
    let trust = format!(
        "%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%5B%7B%22Effect%22%3A%22Allow%22%2C\
         %22Principal%22%3A%7B%22Service%22%3A%22{service}%22%7D%2C%22Action%22%3A%5B\
         %22sts%3AAssumeRole%22%2C%22sts%3ATagSession%22%5D%7D%5D%7D"
    );
    query(
        aws,
        "iam",
        &format!("Action=CreateRole&RoleName={name}&AssumeRolePolicyDocument={trust}"),
    );
    let arn = format!("arn%3Aaws%3Aiam%3A%3Aaws%3Apolicy%2F{policy}");
    query(
        aws,
        "iam",
        &format!("Action=AttachRolePolicy&RoleName={name}&PolicyArn={arn}"),
    );
}

fn main() {
    let wanted = std::env::args().nth(1).and_then(|text| text.parse().ok());
    let classes: usize = wanted.unwrap_or(500);
    let aws = Aws::new(
        AwsSettings {
            account: ACCOUNT.parse().expect("an account"),
            region: REGION.to_owned(),
            seed: 1,
            credentials: credentials(),
            any_credentials: false,
            lag: None,
            journal: None,
        },
        Arc::new(Clock::starting_now(0.0)),
    );
    let server = Arc::new(ApiServer::new(KubeSettings::new(Arc::new(Nobody))));
    role(
        &aws,
        "ClusterRole",
        "eks.amazonaws.com",
        "AmazonEKSComputePolicy",
    );
    let tag = "TagSpecification.1.Tag.1.Key=Name&TagSpecification.1.Tag.1.Value=nodes";
    let vpc = query(&aws, "ec2", "Action=CreateVpc&CidrBlock=10.0.0.0%2F16");
    let (_, vpc) = vpc.split_once("<vpcId>").expect("a VPC");
    let vpc = vpc.split('<').next().expect("an id");
    query(
        &aws,
        "ec2",
        &format!(
            "Action=CreateSubnet&VpcId={vpc}&CidrBlock=10.0.0.0%2F20&\
             TagSpecification.1.ResourceType=subnet&{tag}"
        ),
    );
    query(
        &aws,
        "ec2",
        &format!("Action=CreateSecurityGroup&VpcId={vpc}&GroupName=nodes&GroupDescription=nodes"),
    );
    let cluster = json!({
        "name": "prod",
        "roleArn": format!("arn:aws:iam::{ACCOUNT}:role/ClusterRole"),
        "resourcesVpcConfig": {"subnetIds": ["subnet-1", "subnet-2"]},
        "accessConfig": {"authenticationMode": "API"},
        "computeConfig": {"enabled": true},
        "kubernetesNetworkConfig": {"elasticLoadBalancing": {"enabled": true}},
        "storageConfig": {"blockStorage": {"enabled": true}},
    });
    call(
        &aws,
        "eks",
        "/clusters",
        "application/json",
        cluster.to_string(),
    );
    for number in 0..classes {
        let name = format!("Node{number}");
        role(
            &aws,
            &name,
            "ec2.amazonaws.com",
            "AmazonEKSWorkerNodeMinimalPolicy",
        );
        let entry =
            json!({"principalArn": format!("arn:aws:iam::{ACCOUNT}:role/{name}"), "type": "EC2"});
        let path = "/clusters/prod/access-entries";
        call(&aws, "eks", path, "application/json", entry.to_string());
        let class = json!({
            "apiVersion": "eks.amazonaws.com/v1",
            "kind": "NodeClass",
            "metadata": {"name": format!("class-{number}")},
            "spec": {
                "role": name,
                "subnetSelectorTerms": [{"tags": {"Name": "nodes"}}],
                "securityGroupSelectorTerms": [{"name": "nodes"}],
            },
        });
        kube(&server, "/apis/eks.amazonaws.com/v1/nodeclasses", &class);
    }
    let account = ACCOUNT.parse().expect("an account");
    let plane = ControlPlane::new(Settings::in_process(&aws, &server, "prod", account, REGION));
    let calls = aws.calls().total();
    let begun = Instant::now();
    let settled = plane.settle().expect("a cluster");
    let took = begun.elapsed();
    println!(
        "{classes} node classes settled in {took:?}: {} passes, {} looks, {} calls of AWS, {} troubles",
        settled.passes,
        settled.reconciled,
        aws.calls().total() - calls,
        settled.troubles.len()
    );
}
