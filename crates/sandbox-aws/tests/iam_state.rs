//! What IAM keeps: loading it, finding it, what lags, and how much of it there may be.

mod harness;

use std::time::Duration;

use harness::{ACCOUNT, aws, aws_with, credentials, query, settings};
use rolecall_arn::Partition;
use rolecall_sandbox_aws::iam::{InstanceProfile, ManagedPolicy, Role, User};
use rolecall_sandbox_aws::{Aws, Settings};

const TRUST: &str = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}}"#;
const NODE_ROLE: &str = "arn:aws:iam::111122223333:role/platform/eks/NodeRole";

fn get(aws: &Aws, role: &str) -> (u16, harness::Reply) {
    let fields = [("Action", "GetRole"), ("RoleName", role)];
    let reply = query(aws, &credentials(), "iam", &fields);
    (reply.status, reply)
}

#[test]
fn what_is_loaded_is_there_with_ids_and_times_of_its_own_or_given_ones() {
    let aws = aws();
    let account = ACCOUNT.parse().unwrap();
    let now = aws.clock().now();
    aws.write(|state| {
        let ids = aws.ids();
        let made = Role {
            path: "/platform/eks/".to_owned(),
            ..Role::new(account, "NodeRole", TRUST)
        };
        state.iam.put_role(ids, now, made);
        let given = Role {
            id: "AROAEXAMPLEEXAMPLE123".to_owned(),
            created: "2020-02-03T04:05:06Z".parse().unwrap(),
            ..Role::new(account, "Given", TRUST)
        };
        state.iam.put_role(ids, now, given);
        let profile = InstanceProfile {
            role: Some("NodeRole".to_owned()),
            ..InstanceProfile::new(account, "eks-demo")
        };
        state.iam.put_instance_profile(ids, now, profile);
        let policy = ManagedPolicy::new(account, "Team", r#"{"Statement":[]}"#);
        state.iam.put_policy(ids, now, policy);
        state.iam.put_user(ids, now, User::new(account, "ann"));
        let partition = Partition::of_region("eu-central-1");
        let linked =
            state
                .iam
                .put_service_linked_role(&partition, ids, now, account, "eks.amazonaws.com");
        assert_eq!(linked.as_deref(), Some("AWSServiceRoleForAmazonEKS"));
    });
    aws.read(|state| {
        let role = state.iam.role_by_arn(&state.partition, NODE_ROLE).unwrap();
        assert!(role.id.starts_with("AROA"));
        assert_eq!(role.created, now);
        let found = state.iam.role_by_id(account, &role.id).unwrap();
        assert_eq!(found.name, "NodeRole");
        let without_path = "arn:aws:iam::111122223333:role/NodeRole";
        assert!(
            state
                .iam
                .role_by_arn(&state.partition, without_path)
                .is_none()
        );
        assert_eq!(state.iam.profiles_of(account, "noderole").len(), 1);
    });
    let (_, reply) = get(&aws, "Given");
    assert_eq!(reply.element("RoleId"), Some("AROAEXAMPLEEXAMPLE123"));
    assert_eq!(reply.element("CreateDate"), Some("2020-02-03T04:05:06Z"));
    let fields = [
        ("Action", "GetInstanceProfile"),
        ("InstanceProfileName", "eks-demo"),
    ];
    let reply = query(&aws, &credentials(), "iam", &fields);
    assert!(reply.text.contains(NODE_ROLE));
}

#[test]
fn a_new_role_is_seen_late_when_reads_lag_but_its_name_is_taken_at_once() {
    let aws = aws_with(Settings {
        lag: Some(10_000),
        ..settings()
    });
    let create = [
        ("Action", "CreateRole"),
        ("RoleName", "NodeRole"),
        ("AssumeRolePolicyDocument", TRUST),
    ];
    assert_eq!(query(&aws, &credentials(), "iam", &create).status, 200);
    assert_eq!(get(&aws, "NodeRole").0, 404);
    assert_eq!(query(&aws, &credentials(), "iam", &create).status, 409);
    aws.clock().step(Duration::from_secs(11));
    assert_eq!(get(&aws, "NodeRole").0, 200);
}

#[test]
fn an_account_has_a_thousand_instance_profiles_at_most() {
    let aws = aws();
    let account = ACCOUNT.parse().unwrap();
    aws.write(|state| {
        for number in 0..1000 {
            let profile = InstanceProfile::new(account, &format!("eks-{number}"));
            state
                .iam
                .put_instance_profile(aws.ids(), aws.clock().now(), profile);
        }
    });
    let create = [
        ("Action", "CreateInstanceProfile"),
        ("InstanceProfileName", "one-more"),
    ];
    let reply = query(&aws, &credentials(), "iam", &create);
    assert_eq!(
        (reply.status, reply.code().as_str()),
        (409, "LimitExceeded")
    );
    assert_eq!(
        reply.element("Message"),
        Some("Cannot exceed quota for InstanceProfilesPerAccount: 1000")
    );
}

#[test]
fn a_service_linked_role_stays_while_a_cluster_needs_it() {
    let aws = aws();
    let body = serde_json::json!({
        "name": "demo",
        "roleArn": "arn:aws:iam::111122223333:role/ClusterRole",
        "resourcesVpcConfig": {"subnetIds": ["subnet-0a", "subnet-0b"]},
    });
    let account = ACCOUNT.parse().unwrap();
    aws.write(|state| {
        let trust = TRUST.replace("ec2", "eks");
        let role = Role::new(account, "ClusterRole", &trust);
        state.iam.put_role(aws.ids(), aws.clock().now(), role);
    });
    let made = harness::rest(&aws, &credentials(), "POST", "/clusters", &body);
    assert_eq!(made.status, 200, "{}", made.text);
    let name = ("RoleName", "AWSServiceRoleForAmazonEKS");
    let delete = [("Action", "DeleteServiceLinkedRole"), name];
    let reply = query(&aws, &credentials(), "iam", &delete);
    let task = reply.element("DeletionTaskId").unwrap();
    let status = [
        ("Action", "GetServiceLinkedRoleDeletionStatus"),
        ("DeletionTaskId", task),
    ];
    let reply = query(&aws, &credentials(), "iam", &status);
    assert_eq!(reply.element("Status"), Some("FAILED"), "{}", reply.text);
    assert!(
        reply
            .text
            .contains("arn:aws:eks:eu-central-1:111122223333:cluster/demo")
    );
    assert_eq!(get(&aws, name.1).0, 200);
}
