//! What policies decide about launching nodes: EKS Auto Mode's, Karpenter's and some small ones.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod ec2_world;
mod harness;

use ec2_world::{AMI, NODE_ROLE, World, borrowed, good, outcome, tag_fields, world};
use harness::Reply;
use rolecall_sandbox_aws::sigv4::Credentials;
use serde_json::{Value, json};

const OWN: [(&str, &str); 3] = [
    ("eks:eks-cluster-name", "demo"),
    ("eks:kubernetes-node-class-name", "default"),
    ("eks:kubernetes-node-pool-name", "general"),
];
const LAUNCHED: [&str; 3] = ["instance", "volume", "network-interface"];

/// Creates a launch template as Auto Mode does.
fn template(world: &World, with: &Credentials, name: &str, tags: &[(&str, &str)]) -> Reply {
    let mut fields = vec![
        ("Action".to_owned(), "CreateLaunchTemplate".to_owned()),
        ("LaunchTemplateName".to_owned(), name.to_owned()),
    ];
    for (field, value) in [
        ("ImageId", AMI),
        ("InstanceType", "m5.large"),
        ("IamInstanceProfile.Name", "eks-nodes"),
        ("NetworkInterface.1.DeviceIndex", "0"),
        ("NetworkInterface.1.SecurityGroupId.1", &world.group),
        ("MetadataOptions.HttpTokens", "required"),
    ] {
        fields.push((format!("LaunchTemplateData.{field}"), value.to_owned()));
    }
    fields.extend(tag_fields(&["launch-template"], tags));
    world.call_as(with, &borrowed(&fields))
}

fn fleet(world: &World, with: &Credentials, template: &str, tags: &[(&str, &str)]) -> Reply {
    fleet_tagging(
        world,
        with,
        template,
        &["fleet", "instance", "volume", "network-interface"],
        tags,
    )
}

fn fleet_tagging(
    world: &World,
    with: &Credentials,
    template: &str,
    kinds: &[&str],
    tags: &[(&str, &str)],
) -> Reply {
    let config = "LaunchTemplateConfigs.1";
    let mut fields: Vec<(String, String)> = [
        ("Action", "CreateFleet"),
        ("Type", "instant"),
        ("TargetCapacitySpecification.TotalTargetCapacity", "1"),
        (
            "TargetCapacitySpecification.DefaultTargetCapacityType",
            "on-demand",
        ),
    ]
    .iter()
    .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
    .collect();
    for (field, value) in [
        ("LaunchTemplateSpecification.LaunchTemplateName", template),
        ("LaunchTemplateSpecification.Version", "$Latest"),
        ("Overrides.1.InstanceType", "m5.large"),
        ("Overrides.1.SubnetId", &world.subnet),
        ("Overrides.1.AvailabilityZone", "eu-central-1b"),
    ] {
        fields.push((format!("{config}.{field}"), value.to_owned()));
    }
    fields.extend(tag_fields(kinds, tags));
    world.call_as(with, &borrowed(&fields))
}

fn auto_mode(world: &World) -> Credentials {
    world.session(
        "AutoClusterRole",
        &["AmazonEKSClusterPolicy", "AmazonEKSComputePolicy"],
        &Value::Null,
        &[("eks:eks-cluster-name", "demo")],
    )
}

#[test]
fn the_cluster_role_launches_nodes_that_have_only_the_tags_of_eks() {
    let world = world();
    let cluster = auto_mode(&world);
    good(template(&world, &cluster, "eks.amazonaws.com/1", &OWN));
    let reply = good(fleet(&world, &cluster, "eks.amazonaws.com/1", &OWN));
    assert_eq!(reply.element("errorSet"), Some(""), "{}", reply.text);
    let id = reply.text.split_once("<instanceIds><item>").unwrap().1;
    let id = id.split_once('<').unwrap().0;
    let mut fields = vec![
        ("Action".to_owned(), "RunInstances".to_owned()),
        ("DryRun".to_owned(), "true".to_owned()),
        ("MinCount".to_owned(), "1".to_owned()),
        ("MaxCount".to_owned(), "1".to_owned()),
        ("SubnetId".to_owned(), world.subnet.clone()),
        (
            "LaunchTemplate.LaunchTemplateName".to_owned(),
            "eks.amazonaws.com/1".to_owned(),
        ),
        ("LaunchTemplate.Version".to_owned(), "$Latest".to_owned()),
    ];
    fields.extend(tag_fields(&LAUNCHED, &OWN));
    let reply = world.call_as(&cluster, &borrowed(&fields));
    assert_eq!(outcome(&reply), (412, "DryRunOperation".to_owned()));
    let reply = good(world.call(&[("Action", "DescribeInstances"), ("InstanceId.1", id)]));
    for part in [
        "<key>eks:kubernetes-node-pool-name</key><value>general</value>",
        "<key>aws:ec2:fleet-id</key>",
        "<httpTokens>required</httpTokens>",
        &format!("<groupId>{}</groupId>", world.group),
    ] {
        assert!(reply.text.contains(part), "{part} {}", reply.text);
    }
}

#[test]
fn a_users_tag_on_a_node_class_is_refused_by_the_compute_policy() {
    let world = world();
    let cluster = auto_mode(&world);
    let own: Vec<(&str, &str)> = OWN.into_iter().chain([("team", "platform")]).collect();
    let reply = template(&world, &cluster, "eks.amazonaws.com/1", &own);
    assert_eq!(outcome(&reply), (403, "UnauthorizedOperation".to_owned()));
    let message = reply.element("Message").unwrap();
    assert!(
        message.starts_with(
            "You are not authorized to perform this operation. User: \
             arn:aws:sts::111122223333:assumed-role/AutoClusterRole/session is not authorized to \
             perform: ec2:CreateLaunchTemplate on resource: \
             arn:aws:ec2:eu-central-1:111122223333:launch-template/* because no identity-based policy \
             allows the ec2:CreateLaunchTemplate action"
        ),
        "{message}"
    );
    assert!(message.contains("Encoded authorization failure message: "));
    let event = world.event("CreateLaunchTemplate");
    assert_eq!(event["errorCode"], "Client.UnauthorizedOperation");
    assert_eq!(event["userIdentity"]["type"], "AssumedRole");
    good(template(&world, &cluster, "eks.amazonaws.com/1", &OWN));
    let reply = fleet(&world, &cluster, "eks.amazonaws.com/1", &own);
    assert_eq!(outcome(&reply), (403, "UnauthorizedOperation".to_owned()));
    // The tags of another cluster, or none, are no better.
    let other: Vec<(&str, &str)> = OWN
        .into_iter()
        .map(|(key, value)| (key, if value == "demo" { "other" } else { value }))
        .collect();
    for tags in [&other[..], &[]] {
        let reply = fleet(&world, &cluster, "eks.amazonaws.com/1", tags);
        assert_eq!(outcome(&reply), (403, "UnauthorizedOperation".to_owned()));
    }
}

#[test]
fn the_users_own_policy_lets_custom_tags_through() {
    let world = world();
    // The Amazon EKS User Guide shows such a policy under "Custom AWS tags for EKS Auto resources".
    let custom = json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Resource": "*",
        "Action": ["ec2:CreateFleet", "ec2:RunInstances", "ec2:CreateLaunchTemplate"],
        "Condition": {
            "StringEquals": {"aws:RequestTag/eks:eks-cluster-name": "${aws:PrincipalTag/eks:eks-cluster-name}"},
            "StringLike": {
                "aws:RequestTag/eks:kubernetes-node-class-name": "*",
                "aws:RequestTag/eks:kubernetes-node-pool-name": "*"}}}]});
    let cluster = world.session(
        "AutoClusterRole",
        &["AmazonEKSComputePolicy"],
        &custom,
        &[("eks:eks-cluster-name", "demo")],
    );
    let own: Vec<(&str, &str)> = OWN.into_iter().chain([("team", "platform")]).collect();
    good(template(&world, &cluster, "eks.amazonaws.com/1", &own));
    let reply = good(fleet(&world, &cluster, "eks.amazonaws.com/1", &own));
    assert_eq!(reply.element("errorSet"), Some(""), "{}", reply.text);
}

#[test]
fn a_session_without_the_clusters_tag_may_do_nothing() {
    let world = world();
    let cluster = world.session(
        "AutoClusterRole",
        &["AmazonEKSComputePolicy"],
        &Value::Null,
        &[],
    );
    let reply = template(&world, &cluster, "eks.amazonaws.com/1", &OWN);
    assert_eq!(outcome(&reply), (403, "UnauthorizedOperation".to_owned()));
}

/// The statements that matter here of Karpenter's stock controller policy (Karpenter documentation,
/// "CloudFormation" reference).
fn karpenter(role: &str) -> Value {
    let ec2 = |kinds: &[&str]| -> Value {
        kinds
            .iter()
            .map(|kind| Value::from(format!("arn:aws:ec2:eu-central-1:*:{kind}/*")))
            .collect()
    };
    let owned = |of: &str| {
        json!({
            "StringEquals": {format!("aws:{of}/kubernetes.io/cluster/demo"): "owned"},
            "StringLike": {format!("aws:{of}/karpenter.sh/nodepool"): "*"}})
    };
    let made = [
        "fleet",
        "instance",
        "volume",
        "network-interface",
        "launch-template",
        "spot-instances-request",
    ];
    let mut creating = owned("RequestTag");
    creating["StringEquals"]["ec2:CreateAction"] =
        json!(["RunInstances", "CreateFleet", "CreateLaunchTemplate"]);
    json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": ["ec2:RunInstances", "ec2:CreateFleet"],
         "Resource": ["arn:aws:ec2:eu-central-1::image/*", "arn:aws:ec2:eu-central-1::snapshot/*",
                      "arn:aws:ec2:eu-central-1:*:security-group/*", "arn:aws:ec2:eu-central-1:*:subnet/*"]},
        {"Effect": "Allow", "Action": ["ec2:RunInstances", "ec2:CreateFleet"],
         "Resource": ec2(&["launch-template"]), "Condition": owned("ResourceTag")},
        {"Effect": "Allow", "Action": ["ec2:RunInstances", "ec2:CreateFleet", "ec2:CreateLaunchTemplate"],
         "Resource": ec2(&made), "Condition": owned("RequestTag")},
        {"Effect": "Allow", "Action": "ec2:CreateTags", "Resource": ec2(&made), "Condition": creating},
        {"Effect": "Allow", "Action": ["ec2:TerminateInstances", "ec2:DeleteLaunchTemplate"],
         "Resource": ec2(&["instance", "launch-template"]), "Condition": owned("ResourceTag")},
        {"Effect": "Allow", "Action": ["ec2:DescribeInstances"], "Resource": "*",
         "Condition": {"StringEquals": {"aws:RequestedRegion": "eu-central-1"}}},
        {"Effect": "Allow", "Action": "iam:PassRole", "Resource": role,
         "Condition": {"StringEquals": {"iam:PassedToService": ["ec2.amazonaws.com"]}}}]})
}

const KARPENTERS: [(&str, &str); 2] = [
    ("kubernetes.io/cluster/demo", "owned"),
    ("karpenter.sh/nodepool", "general"),
];

#[test]
fn karpenters_stock_policy_launches_and_ends_what_is_its_own() {
    let world = world();
    let controller = world.session("Karpenter", &[], &karpenter(NODE_ROLE), &[]);
    good(template(&world, &controller, "karpenter/1", &KARPENTERS));
    let reply = good(fleet(&world, &controller, "karpenter/1", &KARPENTERS));
    assert_eq!(reply.element("errorSet"), Some(""), "{}", reply.text);
    let id = reply.text.split_once("<instanceIds><item>").unwrap().1;
    let id = id.split_once('<').unwrap().0.to_owned();
    let foreign = world.instance(&[]);
    let reply = world.call_as(
        &controller,
        &[("Action", "TerminateInstances"), ("InstanceId.1", &foreign)],
    );
    assert_eq!(outcome(&reply), (403, "UnauthorizedOperation".to_owned()));
    assert!(reply.text.contains(&format!(":instance/{foreign} because")));
    good(world.call_as(
        &controller,
        &[("Action", "TerminateInstances"), ("InstanceId.1", &id)],
    ));
    let all = ["fleet", "instance", "volume"];
    let reply = fleet_tagging(&world, &controller, "karpenter/1", &all, &KARPENTERS);
    assert_eq!(outcome(&reply), (403, "UnauthorizedOperation".to_owned()));
    assert!(
        reply.text.contains(":network-interface/* because"),
        "{}",
        reply.text
    );
}

#[test]
fn a_pass_role_statement_that_leaves_the_path_out_fails_the_launch() {
    let world = world();
    let without_path = "arn:aws:iam::111122223333:role/NodeRole";
    let controller = world.session("Karpenter", &[], &karpenter(without_path), &[]);
    good(template(&world, &controller, "karpenter/1", &KARPENTERS));
    // A fleet is created, and says what went wrong with each launch.
    let reply = good(fleet(&world, &controller, "karpenter/1", &KARPENTERS));
    assert_eq!(reply.element("errorCode"), Some("UnauthorizedOperation"));
    let message = reply.element("errorMessage").unwrap();
    assert!(
        message.contains(&format!(
            "is not authorized to perform: iam:PassRole on resource: {NODE_ROLE} because no \
             identity-based policy allows the iam:PassRole action"
        )),
        "{message}"
    );
    assert_eq!(reply.element("fleetInstanceSet"), Some(""));
}

#[test]
fn conditions_on_type_subnet_and_profile_decide() {
    let world = world();
    let policy = |condition: Value| {
        json!({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": ["ec2:*", "iam:PassRole"], "Resource": "*"},
            {"Effect": "Deny", "Action": "ec2:RunInstances", "Resource": "arn:aws:ec2:*:*:instance/*",
             "Condition": condition}]})
    };
    let kind = policy(json!({"StringNotEquals": {"ec2:InstanceType": "t3.medium"}}));
    let profile = policy(json!({"ArnNotLike": {"ec2:InstanceProfile": ec2_world::PROFILE}}));
    let typed = world.session("Typed", &[], &kind, &[]);
    let profiled = world.session("Profiled", &[], &profile, &[]);
    let run = |with: &Credentials, more: &[(&str, &str)]| {
        let mut fields = vec![
            ("Action", "RunInstances"),
            ("ImageId", AMI),
            ("SubnetId", &world.subnet),
            ("MinCount", "1"),
            ("MaxCount", "1"),
        ];
        fields.extend(more);
        world.call_as(with, &fields).status
    };
    assert_eq!(run(&typed, &[("InstanceType", "m5.large")]), 403);
    assert_eq!(run(&typed, &[("InstanceType", "t3.medium")]), 200);
    assert_eq!(run(&profiled, &[]), 403);
    assert_eq!(
        run(&profiled, &[("IamInstanceProfile.Name", "eks-nodes")]),
        200
    );
}

#[test]
fn tagging_at_creation_needs_create_tags_besides() {
    let world = world();
    let policy = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "ec2:CreateVpc", "Resource": "*"}]});
    let caller = world.session("Networker", &[], &policy, &[]);
    let plain = [("Action", "CreateVpc"), ("CidrBlock", "10.1.0.0/16")];
    good(world.call_as(&caller, &plain));
    let mut tagged = plain.to_vec();
    tagged.extend([
        ("TagSpecification.1.ResourceType", "vpc"),
        ("TagSpecification.1.Tag.1.Key", "a"),
    ]);
    let reply = world.call_as(&caller, &tagged);
    assert_eq!(outcome(&reply), (403, "UnauthorizedOperation".to_owned()));
    assert!(reply.text.contains("perform: ec2:CreateTags on resource"));
    let reply = world.call_as(&caller, &[("Action", "DescribeVpcs")]);
    assert_eq!(outcome(&reply), (403, "UnauthorizedOperation".to_owned()));
}
