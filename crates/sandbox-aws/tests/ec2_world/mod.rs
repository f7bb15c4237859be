//! What the tests of EC2 share: a network, a node role in an instance profile, and its callers.
#![allow(dead_code, unreachable_pub, reason = "each test binary uses a part")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use rolecall_sandbox_aws::Aws;
use rolecall_sandbox_aws::sigv4::Credentials;
use serde_json::{Value, json};

use crate::harness::{ACCOUNT, Reply, aws, credentials, query};

pub const NODE_ROLE: &str = "arn:aws:iam::111122223333:role/platform/eks/NodeRole";
pub const PROFILE: &str = "arn:aws:iam::111122223333:instance-profile/eks/demo/eks-nodes";
pub const AMI: &str = "ami-0123456789abcdef0";

const TRUST_EC2: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;

/// An endpoint with a network and a node role.
pub struct World {
    pub aws: Aws,
    pub vpc: String,
    pub subnet: String,
    pub group: String,
}

/// A world, made through the API.
pub fn world() -> World {
    let aws = aws();
    let admin = credentials();
    let iam = |fields: &[(&str, &str)]| good(query(&aws, &admin, "iam", fields));
    iam(&[
        ("Action", "CreateRole"),
        ("RoleName", "NodeRole"),
        ("Path", "/platform/eks/"),
        ("AssumeRolePolicyDocument", TRUST_EC2),
    ]);
    for (name, path) in [("eks-nodes", "/eks/demo/"), ("eks-empty", "/")] {
        iam(&[
            ("Action", "CreateInstanceProfile"),
            ("InstanceProfileName", name),
            ("Path", path),
        ]);
    }
    iam(&[
        ("Action", "AddRoleToInstanceProfile"),
        ("InstanceProfileName", "eks-nodes"),
        ("RoleName", "NodeRole"),
    ]);
    let mut world = World {
        aws,
        vpc: String::new(),
        subnet: String::new(),
        group: String::new(),
    };
    let vpc = good(world.call(&[("Action", "CreateVpc"), ("CidrBlock", "10.0.0.0/16")]));
    world.vpc = vpc.element("vpcId").unwrap().to_owned();
    let subnet = good(world.call(&[
        ("Action", "CreateSubnet"),
        ("VpcId", &world.vpc),
        ("CidrBlock", "10.0.1.0/28"),
        ("AvailabilityZone", "eu-central-1b"),
        ("TagSpecification.1.ResourceType", "subnet"),
        (
            "TagSpecification.1.Tag.1.Key",
            "kubernetes.io/role/internal-elb",
        ),
        ("TagSpecification.1.Tag.1.Value", "1"),
    ]));
    world.subnet = subnet.element("subnetId").unwrap().to_owned();
    let group = good(world.call(&[
        ("Action", "CreateSecurityGroup"),
        ("GroupName", "eks-cluster-sg-demo"),
        ("GroupDescription", "EKS created security group"),
        ("VpcId", &world.vpc),
    ]));
    world.group = group.element("groupId").unwrap().to_owned();
    world
}

impl World {
    /// A call of EC2 by the administrator.
    pub fn call(&self, fields: &[(&str, &str)]) -> Reply {
        query(&self.aws, &credentials(), "ec2", fields)
    }

    /// A call of EC2 by somebody else.
    pub fn call_as(&self, with: &Credentials, fields: &[(&str, &str)]) -> Reply {
        query(&self.aws, with, "ec2", fields)
    }

    /// Launches one instance as the administrator; `more` are further fields.
    pub fn run(&self, more: &[(&str, &str)]) -> Reply {
        let mut fields = vec![
            ("Action", "RunInstances"),
            ("ImageId", AMI),
            ("InstanceType", "m5.large"),
            ("SubnetId", self.subnet.as_str()),
            ("MinCount", "1"),
            ("MaxCount", "1"),
        ];
        fields.retain(|(name, _)| !more.iter().any(|(other, _)| other == name));
        fields.extend(more);
        self.call(&fields)
    }

    /// The id of a launched instance.
    pub fn instance(&self, more: &[(&str, &str)]) -> String {
        let reply = good(self.run(more));
        reply.element("instanceId").unwrap().to_owned()
    }

    /// A role that anybody of the account may take, with these policies, and a session of it with
    /// these tags.
    pub fn session(
        &self,
        role: &str,
        managed: &[&str],
        inline: &Value,
        tags: &[(&str, &str)],
    ) -> Credentials {
        let trust = json!({"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Principal": {"AWS": ACCOUNT},
            "Action": ["sts:AssumeRole", "sts:TagSession"]}]})
        .to_string();
        let admin = credentials();
        let iam = |fields: &[(&str, &str)]| good(query(&self.aws, &admin, "iam", fields));
        iam(&[
            ("Action", "CreateRole"),
            ("RoleName", role),
            ("AssumeRolePolicyDocument", &trust),
        ]);
        for policy in managed {
            iam(&[
                ("Action", "AttachRolePolicy"),
                ("RoleName", role),
                ("PolicyArn", &format!("arn:aws:iam::aws:policy/{policy}")),
            ]);
        }
        if !inline.is_null() {
            iam(&[
                ("Action", "PutRolePolicy"),
                ("RoleName", role),
                ("PolicyName", "inline"),
                ("PolicyDocument", &inline.to_string()),
            ]);
        }
        let arn = format!("arn:aws:iam::{ACCOUNT}:role/{role}");
        let mut fields = vec![
            ("Action".to_owned(), "AssumeRole".to_owned()),
            ("RoleArn".to_owned(), arn),
            ("RoleSessionName".to_owned(), "session".to_owned()),
        ];
        for (place, (key, value)) in (1..).zip(tags) {
            fields.push((format!("Tags.member.{place}.Key"), (*key).to_owned()));
            fields.push((format!("Tags.member.{place}.Value"), (*value).to_owned()));
        }
        let fields: Vec<(&str, &str)> = fields
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        let reply = good(query(&self.aws, &admin, "sts", &fields));
        let text = |name| reply.element(name).unwrap().to_owned();
        Credentials {
            access_key_id: text("AccessKeyId"),
            secret_access_key: text("SecretAccessKey"),
            session_token: Some(text("SessionToken")),
        }
    }

    /// The newest event of an operation.
    pub fn event(&self, name: &str) -> Value {
        let events = self.aws.events().latest(|event| event.name == name);
        events.first().unwrap().to_json()
    }
}

/// A reply that must be a success.
pub fn good(reply: Reply) -> Reply {
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply
}

/// Status and code of a reply.
pub fn outcome(reply: &Reply) -> (u16, String) {
    (reply.status, reply.code())
}

/// Fields of tags for some kinds of resources, as `TagSpecification.N…`.
pub fn tag_fields(kinds: &[&str], tags: &[(&str, &str)]) -> Vec<(String, String)> {
    let mut fields = Vec::new();
    for (place, kind) in (1..).zip(kinds) {
        let of = format!("TagSpecification.{place}");
        fields.push((format!("{of}.ResourceType"), (*kind).to_owned()));
        for (number, (key, value)) in (1..).zip(tags) {
            fields.push((format!("{of}.Tag.{number}.Key"), (*key).to_owned()));
            fields.push((format!("{of}.Tag.{number}.Value"), (*value).to_owned()));
        }
    }
    fields
}

/// Borrows fields for a call.
pub fn borrowed(fields: &[(String, String)]) -> Vec<(&str, &str)> {
    fields
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect()
}
