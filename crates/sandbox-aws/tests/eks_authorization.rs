//! Which question IAM is asked for which operation of EKS.

mod eks_world;
mod harness;

use eks_world::{
    CLUSTER_ROLE, NODE, POLICY, allow, demo, enter, entry_path, get, post, refusal, role, segment,
    user,
};
use harness::{Reply, aws, rest};
use rolecall_sandbox_aws::Aws;
use rolecall_sandbox_aws::sigv4::Credentials;
use serde_json::{Value, json};

const ARNS: &str = "arn:aws:eks:eu-central-1:111122223333";

fn when(actions: &Value, condition: &Value) -> Value {
    json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": actions, "Resource": "*", "Condition": condition}]})
}

fn as_who(aws: &Aws, who: &Credentials, method: &str, path: &str, body: &Value) -> Reply {
    rest(aws, who, method, path, body)
}

#[test]
fn each_operation_is_asked_on_its_own_resource_and_before_parameters_are_read() {
    let aws = aws();
    demo(&aws, "API");
    let nobody = user(&aws, "nobody", &allow(&json!("s3:*"), "*"));
    let node = entry_path(NODE);
    let entry = "access-entry/demo/role/111122223333/NodeRole/*";
    let policy = segment(&format!("{POLICY}/AmazonEKSViewPolicy"));
    let no = &Value::Null;
    for (method, path, action, resource) in [
        ("GET", "/clusters".to_owned(), "ListClusters", "cluster/*"),
        ("POST", "/clusters".to_owned(), "CreateCluster", "cluster/"),
        (
            "GET",
            "/clusters/demo".to_owned(),
            "DescribeCluster",
            "cluster/demo",
        ),
        (
            "GET",
            "/clusters/missing".to_owned(),
            "DescribeCluster",
            "cluster/missing",
        ),
        (
            "DELETE",
            "/clusters/demo".to_owned(),
            "DeleteCluster",
            "cluster/demo",
        ),
        (
            "POST",
            "/clusters/demo/update-config".to_owned(),
            "UpdateClusterConfig",
            "cluster/demo",
        ),
        (
            "POST",
            "/clusters/demo/updates".to_owned(),
            "UpdateClusterVersion",
            "cluster/demo",
        ),
        (
            "GET",
            "/clusters/demo/updates".to_owned(),
            "ListUpdates",
            "cluster/demo",
        ),
        (
            "POST",
            "/clusters/demo/access-entries".to_owned(),
            "CreateAccessEntry",
            "cluster/demo",
        ),
        (
            "GET",
            "/clusters/demo/access-entries".to_owned(),
            "ListAccessEntries",
            "cluster/demo",
        ),
        ("GET", node.clone(), "DescribeAccessEntry", entry),
        ("POST", node.clone(), "UpdateAccessEntry", entry),
        ("DELETE", node.clone(), "DeleteAccessEntry", entry),
        (
            "GET",
            entry_path("x"),
            "DescribeAccessEntry",
            "access-entry/demo////*",
        ),
        (
            "GET",
            entry_path("arn:aws:iam::111122223333:user/a/b"),
            "DescribeAccessEntry",
            "access-entry/demo/user/111122223333/b/*",
        ),
        (
            "POST",
            format!("{node}/access-policies"),
            "AssociateAccessPolicy",
            entry,
        ),
        (
            "GET",
            format!("{node}/access-policies"),
            "ListAssociatedAccessPolicies",
            entry,
        ),
        (
            "DELETE",
            format!("{node}/access-policies/{policy}"),
            "DisassociateAccessPolicy",
            entry,
        ),
        (
            "POST",
            "/clusters/demo/node-groups".to_owned(),
            "CreateNodegroup",
            "cluster/demo",
        ),
        (
            "GET",
            "/clusters/demo/node-groups".to_owned(),
            "ListNodegroups",
            "cluster/demo",
        ),
        (
            "GET",
            "/clusters/demo/node-groups/w".to_owned(),
            "DescribeNodegroup",
            "nodegroup/demo/w/*",
        ),
        (
            "DELETE",
            "/clusters/demo/node-groups/w".to_owned(),
            "DeleteNodegroup",
            "nodegroup/demo/w/*",
        ),
        (
            "GET",
            "/clusters/demo/fargate-profiles/f".to_owned(),
            "DescribeFargateProfile",
            "fargateprofile/demo/f/*",
        ),
        (
            "GET",
            "/clusters/demo/addons/a".to_owned(),
            "DescribeAddon",
            "addon/demo/a/*",
        ),
        (
            "GET",
            "/clusters/demo/pod-identity-associations/a-1".to_owned(),
            "DescribePodIdentityAssociation",
            "podidentityassociation/demo/a-1",
        ),
    ] {
        let (status, code, message) = refusal(&as_who(&aws, &nobody, method, &path, no));
        assert_eq!(
            (status, code.as_str()),
            (403, "AccessDeniedException"),
            "{action}"
        );
        assert_eq!(
            message,
            format!(
                "User: arn:aws:iam::111122223333:user/nobody is not authorized to perform: eks:{action} on resource: {ARNS}:{resource} because no identity-based policy allows the eks:{action} action"
            )
        );
    }
}

#[test]
fn entries_carry_their_type_principal_groups_and_tags_as_condition_keys() {
    let aws = aws();
    demo(&aws, "API");
    let body = json!({
        "principalArn": NODE,
        "tags": {"team": "a"},
        "kubernetesGroups": ["ops"],
        "username": "ops",
    });
    post(&aws, "/clusters/demo/access-entries", &body);
    for (place, (condition, allowed)) in [
        (
            json!({"StringEquals": {"eks:accessEntryType": "STANDARD"}}),
            true,
        ),
        (
            json!({"StringEquals": {"eks:accessEntryType": "EC2"}}),
            false,
        ),
        (json!({"ArnEquals": {"eks:principalArn": NODE}}), true),
        (json!({"StringEquals": {"eks:username": "ops"}}), true),
        (json!({"StringEquals": {"eks:clusterName": "demo"}}), true),
        (
            json!({"ForAnyValue:StringEquals": {"eks:kubernetesGroups": "ops"}}),
            true,
        ),
        (json!({"StringEquals": {"aws:ResourceTag/team": "a"}}), true),
        (
            json!({"StringEquals": {"aws:ResourceTag/team": "b"}}),
            false,
        ),
    ]
    .into_iter()
    .enumerate()
    {
        let policy = when(&json!("eks:DescribeAccessEntry"), &condition);
        let who = user(&aws, &format!("u{place}"), &policy);
        let reply = as_who(&aws, &who, "GET", &entry_path(NODE), &Value::Null);
        assert_eq!(reply.status == 200, allowed, "{condition} {}", reply.text);
    }
}

#[test]
fn making_and_associating_tell_iam_what_they_ask_for() {
    let aws = aws();
    demo(&aws, "API");
    let actions = json!(["eks:CreateAccessEntry", "eks:AssociateAccessPolicy"]);
    let view = format!("{POLICY}/AmazonEKSViewPolicy");
    let policy = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": actions[0], "Resource": format!("{ARNS}:cluster/demo"),
         "Condition": {"StringEquals": {"eks:accessEntryType": "STANDARD", "aws:RequestTag/team": "a"},
                       "ArnEquals": {"eks:principalArn": NODE}}},
        {"Effect": "Allow", "Action": "eks:TagResource", "Resource": format!("{ARNS}:access-entry/demo/*")},
        {"Effect": "Allow", "Action": actions[1], "Resource": format!("{ARNS}:access-entry/demo/*"),
         "Condition": {"StringEquals": {"eks:policyArn": view, "eks:accessScope": "namespace"},
                       "ForAllValues:StringLike": {"eks:namespaces": "dev-*"}}},
    ]});
    let who = user(&aws, "maker", &policy);
    let make =
        |body: &Value| as_who(&aws, &who, "POST", "/clusters/demo/access-entries", body).status;
    let tagged = |principal: &str, kind: &str, team: &str| json!({"principalArn": principal, "type": kind, "tags": {"team": team}});
    assert_eq!(make(&tagged(NODE, "STANDARD", "b")), 403);
    assert_eq!(make(&tagged(NODE, "EC2", "a")), 403);
    assert_eq!(make(&tagged(CLUSTER_ROLE, "STANDARD", "a")), 403);
    assert_eq!(
        make(&json!({"principalArn": NODE, "tags": {"team": "a"}})),
        200
    );
    let associate = |policy: &str, scope: &Value| {
        let body = json!({"policyArn": policy, "accessScope": scope});
        let path = format!("{}/access-policies", entry_path(NODE));
        as_who(&aws, &who, "POST", &path, &body).status
    };
    let namespaces = |names: &Value| json!({"type": "namespace", "namespaces": names});
    assert_eq!(associate(&view, &json!({"type": "cluster"})), 403);
    assert_eq!(associate(&view, &namespaces(&json!(["prod"]))), 403);
    let edit = format!("{POLICY}/AmazonEKSEditPolicy");
    assert_eq!(associate(&edit, &namespaces(&json!(["dev-1"]))), 403);
    assert_eq!(
        associate(&view, &namespaces(&json!(["dev-1", "dev-2"]))),
        200
    );
}

#[test]
fn entries_of_nodes_pass_the_role_by_its_full_arn() {
    let aws = aws();
    demo(&aws, "API");
    let with = |name: &str, resource: &str| {
        let policy = json!({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": "eks:*", "Resource": "*"},
            {"Effect": "Allow", "Action": "iam:PassRole", "Resource": resource},
        ]});
        user(&aws, name, &policy)
    };
    let without_path = with("a", "arn:aws:iam::111122223333:role/NodeRole");
    let full = with("b", NODE);
    let make = |who: &Credentials, kind: &str| {
        let body = json!({"principalArn": NODE, "type": kind});
        as_who(&aws, who, "POST", "/clusters/demo/access-entries", &body)
    };
    let denied = make(&without_path, "EC2_LINUX");
    let (status, _, message) = refusal(&denied);
    assert_eq!(status, 403);
    assert!(
        message.contains(&format!("iam:PassRole on resource: {NODE} because")),
        "{message}"
    );
    assert_eq!(make(&without_path, "EC2_WINDOWS").status, 403);
    assert_eq!(make(&full, "EC2_LINUX").status, 200);
    eks_world::delete(&aws, &entry_path(NODE));
    assert_eq!(make(&without_path, "EC2").status, 200);
}

#[test]
fn everything_with_an_arn_can_be_tagged() {
    let aws = aws();
    demo(&aws, "API");
    role(&aws, "/", "Pods", "eks-fargate-pods.amazonaws.com");
    enter(&aws, NODE, "EC2_LINUX");
    let text = |reply: Reply, member: &str, arn: &str| {
        assert_eq!(reply.status, 200, "{}", reply.text);
        reply.json()[member][arn].as_str().unwrap().to_owned()
    };
    let made = |path: &str, body: &Value, member: &str, arn: &str| {
        text(
            post(&aws, &format!("/clusters/demo/{path}"), body),
            member,
            arn,
        )
    };
    let arns = [
        format!("{ARNS}:cluster/demo"),
        text(
            get(&aws, &entry_path(NODE)),
            "accessEntry",
            "accessEntryArn",
        ),
        made(
            "node-groups",
            &json!({"nodegroupName": "w", "nodeRole": NODE, "subnets": []}),
            "nodegroup",
            "nodegroupArn",
        ),
        made(
            "fargate-profiles",
            &json!({"fargateProfileName": "f", "podExecutionRoleArn": "arn:aws:iam::111122223333:role/Pods"}),
            "fargateProfile",
            "fargateProfileArn",
        ),
        made(
            "pod-identity-associations",
            &json!({"namespace": "n", "serviceAccount": "s", "roleArn": NODE}),
            "association",
            "associationArn",
        ),
        made(
            "addons",
            &json!({"addonName": "vpc-cni"}),
            "addon",
            "addonArn",
        ),
    ];
    for arn in arns {
        let path = format!("/tags/{}", segment(&arn));
        let tags = json!({"tags": {"a": "1", "b": "2", "c": "3"}});
        let tagged = post(&aws, &path, &tags);
        assert_eq!((tagged.status, tagged.text.as_str()), (200, "{}"), "{arn}");
        let untagged = eks_world::delete(&aws, &format!("{path}?tagKeys=a&tagKeys=b"));
        assert_eq!(untagged.status, 200, "{arn}");
        assert_eq!(
            get(&aws, &path).json(),
            json!({"tags": {"c": "3"}}),
            "{arn}"
        );
    }
    for missing in [
        "cluster/none",
        "nodegroup/demo/w/other",
        "access-entry/demo/role/1/x/y",
    ] {
        let path = format!("/tags/{}", segment(&format!("{ARNS}:{missing}")));
        let reply = get(&aws, &path);
        assert_eq!(
            (reply.status, reply.code().as_str()),
            (404, "NotFoundException")
        );
    }
}
