//! What a caller must be allowed besides the call itself: to tag what it makes, and what EKS does in
//! its name.

mod eks_world;
mod harness;

use eks_world::{NODE, cluster_request, demo, user};
use harness::{Reply, aws, query, rest};
use rolecall_sandbox_aws::Aws;
use serde_json::{Value, json};

const TRUST: &str = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}}"#;
const DOCUMENT: &str = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}}"#;
const EKS: &str = "arn:aws:eks:eu-central-1:111122223333";

/// A call that makes something, its parameters, the action that tags it, and how a denial names it.
type Making = (
    &'static str,
    &'static [(&'static str, &'static str)],
    &'static str,
    &'static str,
);

/// A user who may do these things, and nothing else.
fn who_may(aws: &Aws, name: &str, actions: &[&str]) -> rolecall_sandbox_aws::sigv4::Credentials {
    user(aws, name, &eks_world::allow(&json!(actions), "*"))
}

#[test]
fn in_iam_what_is_made_with_tags_takes_the_tagging_too() {
    let cases: [Making; 5] = [
        (
            "CreateRole",
            &[("RoleName", "R"), ("AssumeRolePolicyDocument", TRUST)],
            "iam:TagRole",
            "arn:aws:iam::111122223333:role/R",
        ),
        (
            "CreateUser",
            &[("UserName", "U")],
            "iam:TagUser",
            "arn:aws:iam::111122223333:user/U",
        ),
        (
            "CreateInstanceProfile",
            &[("InstanceProfileName", "I")],
            "iam:TagInstanceProfile",
            "arn:aws:iam::111122223333:instance-profile/I",
        ),
        (
            "CreatePolicy",
            &[("PolicyName", "P"), ("PolicyDocument", DOCUMENT)],
            "iam:TagPolicy",
            "policy P",
        ),
        (
            "CreateOpenIDConnectProvider",
            &[("Url", "https://idp.example.com")],
            "iam:TagOpenIDConnectProvider",
            "arn:aws:iam::111122223333:oidc-provider/idp.example.com",
        ),
    ];
    let aws = aws();
    for (call, parameters, tagging, named) in cases {
        let create = format!("iam:{call}");
        let makes = who_may(&aws, &format!("{call}-only"), &[&create]);
        let tags = who_may(&aws, &format!("{call}-tags"), &[&create, tagging]);
        let mut fields = vec![("Action", call)];
        fields.extend(parameters);
        let mut tagged = fields.clone();
        tagged.extend([("Tags.member.1.Key", "team"), ("Tags.member.1.Value", "a")]);
        let refused = query(&aws, &makes, "iam", &tagged);
        assert_eq!(refused.status, 403, "{call}: {}", refused.text);
        let message = refused.element("Message").unwrap_or_default();
        let wanted = format!("is not authorized to perform: {tagging} on resource: {named} ");
        assert!(message.contains(&wanted), "{message}");
        // Refused, it was not made; and without tags nobody is asked for tagging.
        let made = query(&aws, &tags, "iam", &tagged);
        assert_eq!(made.status, 200, "{call}: {}", made.text);
        let again = query(&aws, &makes, "iam", &fields);
        assert_eq!(again.status, 409, "{call}: {}", again.text);
    }
}

#[test]
fn in_eks_what_is_made_with_tags_takes_the_tagging_too() {
    let aws = aws();
    demo(&aws, "API");
    let tags = json!({"team": "a"});
    let mut cluster = cluster_request("tagged", "API");
    cluster["tags"] = tags.clone();
    for (place, (path, body, action, on)) in [
        ("", cluster, "CreateCluster", "cluster/tagged"),
        (
            "/demo/access-entries",
            json!({"principalArn": NODE, "type": "EC2", "tags": tags}),
            "CreateAccessEntry",
            "access-entry/demo/role/111122223333/NodeRole/*",
        ),
        (
            "/demo/node-groups",
            json!({"nodegroupName": "g", "nodeRole": NODE, "subnets": ["subnet-1"], "tags": tags}),
            "CreateNodegroup",
            "nodegroup/demo/g/*",
        ),
        (
            "/demo/addons",
            json!({"addonName": "coredns", "tags": tags}),
            "CreateAddon",
            "addon/demo/coredns/*",
        ),
    ]
    .into_iter()
    .enumerate()
    {
        let maker = who_may(&aws, &format!("m{place}"), &[&format!("eks:{action}")]);
        let path = format!("/clusters{path}");
        let refused = rest(&aws, &maker, "POST", &path, &body);
        assert_eq!(refused.status, 403, "{action}: {}", refused.text);
        let wanted =
            format!("is not authorized to perform: eks:TagResource on resource: {EKS}:{on} ");
        assert!(refused.text.contains(&wanted), "{action}: {}", refused.text);
    }
    let both = ["eks:CreateAccessEntry", "eks:TagResource"];
    let entry = json!({"principalArn": NODE, "type": "EC2", "tags": tags});
    let who = who_may(&aws, "both", &both);
    let made = rest(&aws, &who, "POST", "/clusters/demo/access-entries", &entry);
    assert_eq!(made.status, 200, "{}", made.text);
}

#[test]
fn a_node_group_is_made_with_what_eks_may_ask_in_the_callers_name() {
    const ALL: [&str; 6] = [
        "eks:CreateNodegroup",
        "iam:PassRole",
        "iam:GetRole",
        "iam:CreateServiceLinkedRole",
        "iam:ListAttachedRolePolicies",
        "ec2:DescribeSubnets",
    ];
    let aws = aws();
    demo(&aws, "API");
    let group = |name: &str, without: Option<&str>| -> Reply {
        let who = ALL.iter().filter(|action| Some(**action) != without);
        let who = who_may(&aws, name, &who.copied().collect::<Vec<_>>());
        let body = json!({"nodegroupName": name, "nodeRole": NODE, "subnets": ["subnet-1"]});
        rest(&aws, &who, "POST", "/clusters/demo/node-groups", &body)
    };
    let said = |reply: &Reply| {
        let message: Value = reply.json()["message"].clone();
        (
            reply.status,
            reply.code(),
            message.as_str().unwrap_or_default().to_owned(),
        )
    };
    let missing = "due to missing permissions for";
    assert_eq!(
        said(&group("a", Some("iam:GetRole"))),
        (
            400,
            "InvalidRequestException".to_owned(),
            format!(
                "Failed to validate if SLR: AWSServiceRoleForAmazonEKSNodegroup already exists {missing} 'iam:GetRole'"
            )
        )
    );
    assert_eq!(
        said(&group("b", Some("iam:CreateServiceLinkedRole"))),
        (
            400,
            "InvalidRequestException".to_owned(),
            format!(
                "Failed to create service linked role: AWSServiceRoleForAmazonEKSNodegroup {missing} 'iam:CreateServiceLinkedRole'"
            )
        )
    );
    let (_, _, message) = said(&group("c", Some("iam:ListAttachedRolePolicies")));
    assert!(
        message.ends_with(
            "user/c is not authorized to perform: iam:ListAttachedRolePolicies on resource: role NodeRole \
             because no identity-based policy allows the iam:ListAttachedRolePolicies action"
        ),
        "{message}"
    );
    let (_, _, message) = said(&group("d", Some("ec2:DescribeSubnets")));
    assert!(
        message.starts_with("You are not authorized to perform ec2:DescribeSubnets. User: "),
        "{message}"
    );
    let made = group("e", None);
    assert_eq!(made.status, 200, "{}", made.text);
    // The role is there from now on.
    let next = group("f", Some("iam:CreateServiceLinkedRole"));
    assert_eq!(next.status, 200, "{}", next.text);
}
