//! The fast path allocates nothing; patterns of unusual length are the exception.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use rolecall_policy::{Effect, Layers, Level, Policy, Principal, Request, effect, managed};

fn managed(name: &str) -> rolecall_policy::Policy {
    managed::find(name).unwrap().policy().unwrap()
}

#[test]
fn a_plain_allow_and_a_plain_deny_allocate_nothing() {
    let mut layers = Layers::identity(
        [
            "AmazonEKSClusterPolicy",
            "AmazonEKSComputePolicy",
            "AmazonEKSNetworkingPolicy",
        ]
        .map(managed),
    );
    layers.boundary = Some(managed("AdministratorAccess").into());
    layers.service_control = vec![Level {
        target: "root".into(),
        policies: managed("AdministratorAccess").into(),
    }];
    let role = "arn:aws:iam::111122223333:role/eks/ClusterRole";
    let session = Principal::role_session(role, "aws-eks").unwrap();
    let ask = |action: &str, resource: &str| {
        Request::new(session.clone(), action, resource)
            .with("iam:PassedToService", "ec2.amazonaws.com")
            .with("aws:PrincipalTag/eks:eks-cluster-name", "demo")
            .with("aws:RequestTag/eks:eks-cluster-name", "demo")
            .with("aws:RequestTag/eks:kubernetes-node-class-name", "default")
            .with("aws:RequestTag/eks:kubernetes-node-pool-name", "general")
            .with(
                "aws:TagKeys",
                ["eks:eks-cluster-name", "kubernetes.io/cluster/demo"],
            )
    };
    let requests = [
        (
            ask(
                "iam:PassRole",
                "arn:aws:iam::111122223333:role/team/NodeRole",
            ),
            Effect::Allowed,
        ),
        (
            ask(
                "ec2:RunInstances",
                "arn:aws:ec2:eu-west-1:111122223333:instance/*",
            ),
            Effect::Allowed,
        ),
        (
            ask("s3:GetObject", "arn:aws:s3:::bucket/key"),
            Effect::ImplicitlyDenied,
        ),
    ];
    for (request, wanted) in requests {
        let mut decided = None;
        let counted = allocation_counter::measure(|| decided = Some(effect(&request, &layers)));
        assert_eq!(decided, Some(wanted), "{}", request.action());
        assert_eq!(counted.count_total, 0, "{}", request.action());
    }
}

#[test]
fn a_trust_policy_that_names_roles_is_asked_without_allocation() {
    let trust = r#"{"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": [
            "arn:aws:iam::111122223333:role/eks/Other", "AROAEXAMPLEEXAMPLE123",
            "arn:aws:iam::111122223333:role/eks/ClusterRole"]}}]}"#;
    let layers = Layers::resource(Policy::parse("trust", trust).unwrap());
    let session = "arn:aws:sts::111122223333:assumed-role/ClusterRole/aws-eks";
    let role = "arn:aws:iam::111122223333:role/team/NodeRole";
    let request = Request::new(session.parse().unwrap(), "sts:AssumeRole", role)
        .with("aws:userid", "AROAEXAMPLEEXAMPLE999:aws-eks");
    let counted = allocation_counter::measure(|| {
        assert_eq!(effect(&request, &layers), Effect::Allowed);
    });
    assert_eq!(counted.count_total, 0);
}
