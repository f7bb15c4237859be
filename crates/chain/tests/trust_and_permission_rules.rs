//! RC401, RC402, RC501 and RC502: who may assume the roles of a chain, and what nodes may do.

#[expect(dead_code, reason = "other tests use the rest")]
mod support;

use rolecall_chain::{Evidence, Finding, Severity, Verdict};
use support::{
    AUTO_MODE, AUTO_NODE_POLICIES, Files, auto_mode, cluster, files, karpenter, none, one, role,
    traced, trusted_role, verdict,
};

fn web(main: &str) -> Files {
    files(&[
        ("nodes.yaml", &auto_mode("web", "role: WebNodeRole")),
        ("main.tf", main),
    ])
}

fn with_trust(statements: &str) -> String {
    format!(
        "resource \"aws_iam_role\" \"web\" {{\n  name = \"WebNodeRole\"\n  assume_role_policy = jsonencode({{\n    Version = \"2012-10-17\"\n    Statement = [{statements}]\n  }})\n  {AUTO_NODE_POLICIES}\n}}\n"
    )
}

fn evidence(finding: &Finding) -> String {
    finding
        .evidence
        .iter()
        .map(|evidence| format!("{evidence:?}\n"))
        .collect()
}

// --- RC401 -----------------------------------------------------------------------------------

#[test]
fn a_node_role_that_only_eks_may_assume_is_an_error_and_its_statement_is_kept() {
    let main = trusted_role(
        "web",
        "WebNodeRole",
        "eks.amazonaws.com",
        "\"sts:AssumeRole\"",
        AUTO_NODE_POLICIES,
    );
    let traced = traced(&web(&main));
    let finding = one(&traced, "RC401");
    assert_eq!(finding.severity, Severity::Error);
    assert_eq!(
        finding.message,
        "the trust policy of role `WebNodeRole` does not let EC2 assume it"
    );
    assert!(evidence(finding).contains("the trust policy lets in eks.amazonaws.com"));
    let command = &finding.repairs[0].commands[0].text;
    assert!(
        command.contains("eks.amazonaws.com") && command.contains("ec2.amazonaws.com"),
        "{command}"
    );
    assert_eq!(verdict(&traced, "web", "trust"), Verdict::Fail);
}

#[test]
fn other_ways_to_say_no_are_errors_too() {
    for statements in [
        r#"{ Effect = "Allow", Action = "sts:TagSession", Principal = { Service = "ec2.amazonaws.com" } }"#,
        r#"{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { AWS = "111122223333" } }"#,
        r#"{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ec2.amazonaws.com" } },
           { Effect = "Deny", Action = "sts:*", Principal = { Service = "ec2.amazonaws.com" } }"#,
        r#"{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ec2.amazonaws.co" } }"#,
    ] {
        assert_eq!(
            one(&traced(&web(&with_trust(statements))), "RC401").severity,
            Severity::Error
        );
    }
}

#[test]
fn other_ways_to_say_yes_are_fine() {
    for statements in [
        r#"{ Effect = "Allow", Action = ["sts:AssumeRole", "sts:TagSession"], Principal = { Service = ["eks.amazonaws.com", "ec2.amazonaws.com"] } }"#,
        r#"{ Effect = "Allow", Action = "sts:*", Principal = { Service = "ec2.amazonaws.com" } }"#,
        r#"{ Effect = "Allow", Action = "STS:assumerole", Principal = "*" }"#,
        r#"{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "eks.amazonaws.com" } },
           { Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ec2.amazonaws.com" } }"#,
    ] {
        let traced = traced(&web(&with_trust(statements)));
        none(&traced, "RC401");
        assert_eq!(
            verdict(&traced, "web", "trust"),
            Verdict::Pass,
            "{statements}"
        );
    }
}

#[test]
fn what_cannot_be_told_of_a_trust_policy_is_unknown() {
    for (statements, rest) in [
        (
            r#"{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = var.services } }"#,
            "variable \"services\" {}\n",
        ),
        (
            r#"{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ec2.amazonaws.com" }, Condition = { StringEquals = { "aws:SourceAccount" = "111122223333" } } }"#,
            "",
        ),
        // A stack for China, of which the files do not say that it is.
        (
            r#"{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ec2.amazonaws.com.cn" } }"#,
            "",
        ),
    ] {
        let traced = traced(&web(&(with_trust(statements) + rest)));
        none(&traced, "RC401");
        assert_eq!(
            verdict(&traced, "web", "trust"),
            Verdict::Unknown,
            "{statements}"
        );
    }
    let whole = "variable \"trust\" {}\nresource \"aws_iam_role\" \"web\" {\n  name = \"WebNodeRole\"\n  assume_role_policy = var.trust\n}\n";
    none(&traced(&web(whole)), "RC401");
}

// --- RC402 -----------------------------------------------------------------------------------

fn auto_cluster(actions: &str, compute: &str) -> String {
    let cluster = cluster("prod", compute).replace(
        "\"arn:aws:iam::111122223333:role/ClusterRole\"",
        "aws_iam_role.cluster.arn",
    );
    trusted_role("cluster", "ClusterRole", "eks.amazonaws.com", actions, "")
        + &cluster
        + &role("web", "WebNodeRole", AUTO_NODE_POLICIES)
}

#[test]
fn an_auto_mode_cluster_role_without_tag_session_is_an_error() {
    for (actions, said) in [
        ("\"sts:AssumeRole\"", "sts:TagSession"),
        ("\"sts:TagSession\"", "sts:AssumeRole"),
        (
            "\"sts:AssumeRoleWithWebIdentity\"",
            "sts:AssumeRole and sts:TagSession",
        ),
    ] {
        let traced = traced(&web(&auto_cluster(actions, AUTO_MODE)));
        let finding = one(&traced, "RC402");
        assert_eq!(finding.severity, Severity::Error);
        assert_eq!(
            finding.message,
            format!(
                "the trust policy of cluster role `ClusterRole` does not allow eks.amazonaws.com {said}, which Auto Mode needs"
            )
        );
        let pool = traced
            .chains
            .iter()
            .find(|chain| chain.pool.name == "web")
            .unwrap();
        let conditions = format!("{:?}", pool.predicted);
        assert!(
            conditions.contains("InstanceProfileCreationFailed"),
            "{conditions}"
        );
    }
}

#[test]
fn a_cluster_role_that_allows_both_is_fine_and_without_auto_mode_one_is_enough() {
    none(
        &traced(&web(&auto_cluster(
            "[\"sts:AssumeRole\", \"sts:TagSession\"]",
            AUTO_MODE,
        ))),
        "RC402",
    );
    let nodes = karpenter("web", "role: WebNodeRole");
    let classic = auto_cluster("\"sts:AssumeRole\"", "");
    none(
        &traced(&files(&[("nodes.yaml", &nodes), ("main.tf", &classic)])),
        "RC402",
    );
    // The cluster role of another stack is not known.
    none(
        &traced(&web(
            &(cluster("prod", AUTO_MODE) + &role("web", "WebNodeRole", ""))
        )),
        "RC402",
    );
}

#[test]
fn a_cluster_of_built_in_pools_alone_is_looked_at_too() {
    let built_in = "compute_config {\n enabled = true\n node_pools = [\"system\", \"general-purpose\"]\n node_role_arn = aws_iam_role.web.arn\n }";
    let main = auto_cluster("\"sts:AssumeRole\"", built_in);
    let traced = traced(&files(&[("main.tf", &main)]));
    assert_eq!(one(&traced, "RC402").pools.len(), 2);
}

// --- RC501 -----------------------------------------------------------------------------------

#[test]
fn a_node_role_without_policies_is_an_error_that_says_what_each_permission_is_for() {
    let traced = traced(&web(&role("web", "WebNodeRole", "")));
    let finding = one(&traced, "RC501");
    assert_eq!(finding.severity, Severity::Error);
    assert_eq!(
        finding.message,
        "node role `WebNodeRole` may not `eks-auth:AssumeRoleForPodIdentity` to give pods the credentials of Pod Identity, `ecr:GetAuthorizationToken` to log in to Amazon ECR, `ecr:BatchGetImage` and `ecr:GetDownloadUrlForLayer` to pull images from Amazon ECR"
    );
    let attached: Vec<&str> = finding
        .repairs
        .iter()
        .map(|repair| repair.action.as_str())
        .collect();
    assert_eq!(
        attached,
        [
            "Attach AmazonEKSWorkerNodeMinimalPolicy and AmazonEC2ContainerRegistryPullOnly to role `WebNodeRole`"
        ]
    );
    none(&traced, "RC502");
    assert_eq!(verdict(&traced, "web", "node-permissions"), Verdict::Fail);
}

fn policies(names: &[&str]) -> String {
    let arns: Vec<String> = names
        .iter()
        .map(|name| format!("\"arn:aws:iam::aws:policy/{name}\""))
        .collect();
    format!("managed_policy_arns = [{}]", arns.join(", "))
}

#[test]
fn what_a_node_needs_depends_on_who_runs_it() {
    let worker = policies(&[
        "AmazonEKSWorkerNodePolicy",
        "AmazonEC2ContainerRegistryReadOnly",
    ]);
    let minimal = policies(&[
        "AmazonEKSWorkerNodeMinimalPolicy",
        "AmazonEC2ContainerRegistryPullOnly",
    ]);
    let karpenter = karpenter("web", "role: WebNodeRole");
    let of_karpenter = |policies: &str| {
        traced(&files(&[
            ("nodes.yaml", &karpenter),
            ("main.tf", &role("web", "WebNodeRole", policies)),
        ]))
    };
    none(&of_karpenter(&worker), "RC501");
    let missing = of_karpenter(&minimal);
    assert!(
        one(&missing, "RC501")
            .message
            .contains("ec2:DescribeInstances")
    );
    none(
        &traced(&web(&role("web", "WebNodeRole", &minimal))),
        "RC501",
    );
    // The fuller policy of other nodes grants what Auto Mode needs as well.
    none(&traced(&web(&role("web", "WebNodeRole", &worker))), "RC501");
}

#[test]
fn permissions_of_one_s_own_are_as_good() {
    let inline = |actions: &str, resource: &str| {
        let role = role(
            "web",
            "WebNodeRole",
            &policies(&["AmazonEKSWorkerNodeMinimalPolicy"]),
        );
        format!(
            "{role}\nresource \"aws_iam_role_policy\" \"pull\" {{\n  role = aws_iam_role.web.name\n  policy = jsonencode({{\n    Version = \"2012-10-17\"\n    Statement = [\n      {{ Effect = \"Allow\", Action = \"ecr:GetAuthorizationToken\", Resource = \"*\" }},\n      {{ Effect = \"Allow\", Action = {actions}, Resource = {resource} }},\n    ]\n  }})\n}}\n"
        )
    };
    let pull = "[\"ecr:Batch*\", \"ecr:GetDownloadUrlForLayer\"]";
    for resource in [
        "\"*\"",
        "\"arn:aws:ecr:*:*:repository/*\"",
        "[\"arn:aws:ecr:eu-central-1:111122223333:repository/shop/*\"]",
    ] {
        none(&traced(&web(&inline(pull, resource))), "RC501");
    }
    // Repositories of another account have policies of their own.
    let central = inline(
        pull,
        "\"arn:aws:ecr:eu-central-1:999900001111:repository/*\"",
    );
    let with_account =
        "provider \"aws\" {\n allowed_account_ids = [\"111122223333\"]\n}\n".to_owned() + &central;
    none(&traced(&web(&with_account)), "RC501");
    let wrong = inline("\"ecr:DescribeImages\"", "\"*\"");
    assert!(
        one(&traced(&web(&wrong)), "RC501")
            .message
            .contains("ecr:BatchGetImage")
    );
}

#[test]
fn policies_that_are_not_known_may_grant_it() {
    for main in [
        "variable \"policy\" {}\n".to_owned()
            + &role("web", "WebNodeRole", "managed_policy_arns = [var.policy]"),
        role(
            "web",
            "WebNodeRole",
            "managed_policy_arns = [\"arn:aws:iam::111122223333:policy/node\"]",
        ),
        role("web", "WebNodeRole", "")
            + "variable \"arns\" {\n type = set(string)\n}\nresource \"aws_iam_role_policy_attachment\" \"all\" {\n for_each = var.arns\n role = aws_iam_role.web.name\n policy_arn = each.value\n}\n",
        role("web", "WebNodeRole", "")
            + "module \"policies\" {\n source = \"example.com/policies\"\n role = aws_iam_role.web.name\n}\n",
    ] {
        let traced = traced(&web(&main));
        none(&traced, "RC501");
        none(&traced, "RC502");
        assert_eq!(
            verdict(&traced, "web", "node-permissions"),
            Verdict::Unknown,
            "{main}"
        );
    }
}

// --- RC502 -----------------------------------------------------------------------------------

fn bounded(statement: &str) -> String {
    let boundary =
        format!("{AUTO_NODE_POLICIES}\n  permissions_boundary = aws_iam_policy.boundary.arn");
    format!(
        "{}resource \"aws_iam_policy\" \"boundary\" {{\n  name = \"team-boundary\"\n  policy = jsonencode({{\n    Version = \"2012-10-17\"\n    Statement = [{statement}]\n  }})\n}}\n",
        role("web", "WebNodeRole", &boundary)
    )
}

#[test]
fn a_boundary_that_leaves_something_out_or_denies_it_is_an_error() {
    let narrow = traced(&web(&bounded(
        r#"{ Effect = "Allow", Action = "ecr:*", Resource = "*" }"#,
    )));
    let finding = one(&narrow, "RC502");
    assert_eq!(finding.severity, Severity::Error);
    assert!(
        finding.message.starts_with("the permissions boundary `"),
        "{}",
        finding.message
    );
    assert!(
        finding.message.ends_with("does not allow node role `WebNodeRole` `eks-auth:AssumeRoleForPodIdentity` to give pods the credentials of Pod Identity"),
        "{}",
        finding.message
    );
    none(&narrow, "RC501");

    let denying = bounded(
        r#"{ Effect = "Allow", Action = "*", Resource = "*" }, { Effect = "Deny", Action = "ecr:Get*", Resource = "*" }"#,
    );
    let denying = traced(&web(&denying));
    let finding = one(&denying, "RC502");
    assert!(
        finding
            .message
            .contains("denies node role `WebNodeRole` `ecr:GetAuthorizationToken`"),
        "{}",
        finding.message
    );
    let statement = finding.evidence.iter().find_map(|evidence| match evidence {
        Evidence::Statement { statement, .. } => Some(statement.as_str()),
        _ => None,
    });
    assert!(statement.unwrap().contains("ecr:Get*"));
}

#[test]
fn a_boundary_that_allows_enough_or_is_not_known_is_no_finding() {
    let wide = traced(&web(&bounded(
        r#"{ Effect = "Allow", NotAction = ["iam:*", "organizations:*"], Resource = "*" }"#,
    )));
    none(&wide, "RC502");
    assert_eq!(verdict(&wide, "web", "node-permissions"), Verdict::Pass);
    let elsewhere = format!(
        "{AUTO_NODE_POLICIES}\n  permissions_boundary = \"arn:aws:iam::111122223333:policy/boundary\""
    );
    let unknown = traced(&web(&role("web", "WebNodeRole", &elsewhere)));
    none(&unknown, "RC502");
    assert_eq!(
        verdict(&unknown, "web", "node-permissions"),
        Verdict::Unknown
    );
}

fn under_scp(accounts: &str, statement: &str) -> Files {
    let settings = format!(
        "[[service-control-policies]]\ntarget = \"ou-abcd-12345678\"\naccounts = [{accounts}]\nfiles = [\"scp.json\"]\n"
    );
    let policy = format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":"*","Resource":"*"}},{statement}]}}"#
    );
    let main = "provider \"aws\" {\n allowed_account_ids = [\"111122223333\"]\n}\n".to_owned()
        + &role("web", "WebNodeRole", AUTO_NODE_POLICIES);
    let mut all = web(&main);
    all.insert("rolecall.toml".to_owned(), settings);
    all.insert("scp.json".to_owned(), policy);
    all
}

#[test]
fn a_service_control_policy_that_denies_is_an_error_in_the_accounts_it_covers() {
    let deny = r#"{"Effect":"Deny","Action":"ecr:GetAuthorizationToken","Resource":"*"}"#;
    let traced_here = traced(&under_scp("\"111122223333\"", deny));
    let finding = one(&traced_here, "RC502");
    assert_eq!(
        finding.message,
        "a service control policy at `ou-abcd-12345678` denies node role `WebNodeRole` `ecr:GetAuthorizationToken` to log in to Amazon ECR"
    );
    none(&traced(&under_scp("\"444455556666\"", deny)), "RC502");
    let other_regions = r#"{"Effect":"Deny","NotAction":"iam:*","Resource":"*","Condition":{"StringNotEquals":{"aws:RequestedRegion":"eu-central-1"}}}"#;
    let by_region = traced(&under_scp("", other_regions));
    none(&by_region, "RC502");
}

#[test]
fn a_deny_among_the_role_s_own_policies_is_told_apart_from_a_missing_permission() {
    let deny = "resource \"aws_iam_role_policy\" \"deny\" {\n  role = aws_iam_role.web.name\n  policy = jsonencode({\n    Version = \"2012-10-17\"\n    Statement = [{ Effect = \"Deny\", Action = \"eks-auth:*\", Resource = \"*\" }]\n  })\n}\n";
    let traced = traced(&web(
        &(role("web", "WebNodeRole", AUTO_NODE_POLICIES) + deny)
    ));
    none(&traced, "RC501");
    assert!(
        one(&traced, "RC502")
            .message
            .starts_with("a policy of its own denies")
    );
}
