//! RC601 to RC603 and RC901 to RC903: what whoever launches a pool's nodes may do.

#[expect(dead_code, reason = "other tests use the rest")]
mod support;

use rolecall_chain::{Finding, Safety, Severity, Tool, Verdict};
use support::{
    AUTO_NODE_POLICIES, Files, auto_mode, files, karpenter, messages, none, of, one, role, traced,
    trusted_role, verdict,
};

const PROVIDER: &str = r#"
provider "aws" {
  region              = "eu-central-1"
  allowed_account_ids = ["111122223333"]
}
"#;

const CLUSTER: &str = r#"
resource "aws_eks_cluster" "main" {
  name     = "prod"
  role_arn = aws_iam_role.cluster.arn
  access_config {
    authentication_mode = "API"
  }
  compute_config {
    enabled = true
  }
}
"#;

fn cluster_role(policies: &[&str], more: &str) -> String {
    let arns: Vec<String> = policies
        .iter()
        .map(|policy| format!("\"arn:aws:iam::aws:policy/{policy}\""))
        .collect();
    let arguments = format!("managed_policy_arns = [{}]\n  {more}", arns.join(", "));
    trusted_role(
        "cluster",
        "ClusterRole",
        "eks.amazonaws.com",
        "[\"sts:AssumeRole\", \"sts:TagSession\"]",
        &arguments,
    )
}

/// An Auto Mode cluster with one pool, whose class has more fields.
fn auto(class_fields: &str, cluster: &str) -> Files {
    let node = role("web", "WebNodeRole", AUTO_NODE_POLICIES);
    let class = auto_mode("web", &format!("role: WebNodeRole\n{class_fields}"));
    let access = r#"
resource "aws_eks_access_entry" "web" {
  cluster_name  = aws_eks_cluster.main.name
  principal_arn = aws_iam_role.web.arn
  type          = "EC2"
}
resource "aws_eks_access_policy_association" "web" {
  cluster_name  = aws_eks_cluster.main.name
  principal_arn = aws_iam_role.web.arn
  policy_arn    = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSAutoNodePolicy"
  access_scope {
    type = "cluster"
  }
}
"#;
    files(&[
        ("nodes.yaml", &class),
        (
            "main.tf",
            &format!("{PROVIDER}{CLUSTER}{cluster}{node}{access}"),
        ),
    ])
}

/// A Karpenter cluster whose controller role has one inline policy of these statements.
fn with_controller(node_path: &str, statements: &str, more: &str) -> Files {
    let node = role(
        "node",
        "KarpenterNodeRole-prod",
        &format!(
            "path = \"{node_path}\"\n  managed_policy_arns = [\"arn:aws:iam::aws:policy/AmazonEKSWorkerNodePolicy\", \"arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryPullOnly\"]"
        ),
    );
    let controller = format!(
        r#"
resource "aws_eks_cluster" "main" {{
  name     = "prod"
  role_arn = "arn:aws:iam::111122223333:role/ClusterRole"
  access_config {{
    authentication_mode = "API"
  }}
}}
resource "aws_eks_access_entry" "node" {{
  cluster_name  = aws_eks_cluster.main.name
  principal_arn = aws_iam_role.node.arn
  type          = "EC2_LINUX"
}}
resource "aws_iam_role" "karpenter" {{
  name = "KarpenterController"
  assume_role_policy = jsonencode({{
    Version   = "2012-10-17"
    Statement = [{{ Effect = "Allow", Action = ["sts:AssumeRole", "sts:TagSession"], Principal = {{ Service = "pods.eks.amazonaws.com" }} }}]
  }})
  {more}
}}
resource "aws_iam_role_policy" "karpenter" {{
  name = "karpenter"
  role = aws_iam_role.karpenter.name
  policy = jsonencode({{
    Version   = "2012-10-17"
    Statement = [{statements}]
  }})
}}
resource "aws_eks_pod_identity_association" "karpenter" {{
  cluster_name    = aws_eks_cluster.main.name
  namespace       = "kube-system"
  service_account = "karpenter"
  role_arn        = aws_iam_role.karpenter.arn
}}
"#
    );
    files(&[
        (
            "nodes.yaml",
            &karpenter("default", "role: KarpenterNodeRole-prod"),
        ),
        ("main.tf", &format!("{PROVIDER}{node}{controller}")),
    ])
}

const EC2: &str =
    r#"{ Effect = "Allow", Action = ["ec2:*", "iam:*InstanceProfile"], Resource = "*" }"#;

fn pass(resource: &str) -> String {
    format!(r#"{EC2}, {{ Effect = "Allow", Action = "iam:PassRole", Resource = {resource} }}"#)
}

fn evidence(finding: &Finding) -> String {
    format!("{:?}", finding.evidence)
}

// --- RC601, RC602 ----------------------------------------------------------------------------

#[test]
fn a_pattern_for_the_name_does_not_fit_a_role_under_a_path_and_both_are_shown() {
    let narrow = pass("\"arn:aws:iam::111122223333:role/KarpenterNodeRole-*\"");
    let found = traced(&with_controller("/team/", &narrow, ""));
    let finding = one(&found, "RC602");
    assert_eq!(
        finding.message,
        "Karpenter's controller role `KarpenterController` may pass \
         `arn:aws:iam::111122223333:role/KarpenterNodeRole-*`, which leaves out the path `/team/` of role \
         `KarpenterNodeRole-prod`"
    );
    assert!(
        evidence(finding)
            .contains("right: \"arn:aws:iam::111122223333:role/team/KarpenterNodeRole-prod\"")
    );
    let repair = &finding.repairs[0];
    assert_eq!(repair.safety, Safety::Safe);
    assert!(
        repair
            .commands
            .iter()
            .any(|command| command.tool == Tool::Terraform)
    );
    none(&found, "RC601");
    assert_eq!(verdict(&found, "default", "pass-role"), Verdict::Fail);
}

#[test]
fn a_pattern_that_a_star_lets_span_the_path_is_good() {
    for resource in [
        "\"arn:aws:iam::111122223333:role/*KarpenterNodeRole-*\"",
        "\"arn:aws:iam::*:role/team/*\"",
        "aws_iam_role.node.arn",
        "\"*\"",
    ] {
        let found = traced(&with_controller("/team/", &pass(resource), ""));
        assert!(
            found.findings.is_empty(),
            "{resource}: {:#?}",
            messages(&found)
        );
    }
}

#[test]
fn another_roles_arn_is_a_denial_and_not_a_dropped_path() {
    let other = pass("\"arn:aws:iam::111122223333:role/SomebodyElse\"");
    let found = traced(&with_controller("/team/", &other, ""));
    let finding = one(&found, "RC601");
    assert_eq!(
        finding.message,
        "Karpenter's controller role `KarpenterController` may not pass role \
         `arn:aws:iam::111122223333:role/team/KarpenterNodeRole-prod` to EC2"
    );
    none(&found, "RC602");
}

#[test]
fn passing_to_another_service_only_is_a_denial_whose_condition_is_shown() {
    let ecs = format!(
        r#"{EC2}, {{ Effect = "Allow", Action = "iam:PassRole", Resource = "*", Condition = {{ StringEquals = {{ "iam:PassedToService" = "ecs-tasks.amazonaws.com" }} }} }}"#
    );
    let found = traced(&with_controller("/", &ecs, ""));
    assert!(evidence(one(&found, "RC601")).contains("iam:PassedToService"));
}

#[test]
fn a_boundary_that_does_not_allow_it_cannot_be_lifted_by_a_grant() {
    let boundary = r#"permissions_boundary = aws_iam_policy.boundary.arn"#;
    let mut files = with_controller("/", &pass("\"*\""), boundary);
    let more = r#"
resource "aws_iam_policy" "boundary" {
  name = "boundary"
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = ["ec2:*", "iam:*InstanceProfile"], Resource = "*" }]
  })
}
"#;
    files.insert("boundary.tf".to_owned(), more.to_owned());
    let found = traced(&files);
    let finding = one(&found, "RC601");
    assert_eq!(finding.repairs[0].safety, Safety::ByHand);
    assert!(
        finding.repairs[0].action.contains("permissions boundary"),
        "{finding:#?}"
    );
}

#[test]
fn a_policy_or_a_controller_that_is_not_known_is_never_a_denial() {
    let mut unknown = with_controller("/team/", EC2, "");
    let main = unknown.get_mut("main.tf").unwrap();
    *main += r#"
variable "more_policies" {
  type = list(string)
}
resource "aws_iam_role_policy_attachment" "more" {
  for_each   = toset(var.more_policies)
  role       = aws_iam_role.karpenter.name
  policy_arn = each.value
}
"#;
    let no_controller = files(&[(
        "nodes.yaml",
        &karpenter("default", "role: KarpenterNodeRole-prod"),
    )]);
    for files in [unknown, no_controller] {
        let found = traced(&files);
        assert!(found.findings.is_empty(), "{:#?}", messages(&found));
        assert_eq!(verdict(&found, "default", "pass-role"), Verdict::Unknown);
    }
}

#[test]
fn a_variable_in_the_arn_leaves_the_answer_open() {
    let open = format!(
        "variable \"prefix\" {{}}\n{}",
        with_controller(
            "/team/",
            &pass("\"arn:aws:iam::111122223333:role/${var.prefix}-*\""),
            ""
        )["main.tf"]
    );
    let found = traced(&files(&[
        (
            "nodes.yaml",
            &karpenter("default", "role: KarpenterNodeRole-prod"),
        ),
        ("main.tf", &open),
    ]));
    none(&found, "RC601");
    none(&found, "RC602");
    assert_eq!(verdict(&found, "default", "pass-role"), Verdict::Unknown);
}

// --- RC603 -----------------------------------------------------------------------------------

#[test]
fn a_class_with_a_profile_of_its_own_needs_no_right_to_make_one() {
    let statements = r#"{ Effect = "Allow", Action = "ec2:*", Resource = "*" }, { Effect = "Allow", Action = "iam:PassRole", Resource = "*" }"#;
    let by_role = traced(&with_controller("/", statements, ""));
    assert_eq!(
        one(&by_role, "RC603").message,
        "Karpenter's controller role `KarpenterController` may not call `iam:CreateInstanceProfile`, \
         `iam:AddRoleToInstanceProfile`, `iam:GetInstanceProfile` for the instance profiles of its nodes"
    );
    let mut files = with_controller("/", statements, "");
    files.insert(
        "nodes.yaml".to_owned(),
        karpenter("default", "instanceProfile: karpenter-nodes"),
    );
    files.get_mut("main.tf").unwrap().push_str(
        "resource \"aws_iam_instance_profile\" \"node\" {\n  name = \"karpenter-nodes\"\n  role = aws_iam_role.node.name\n}\n",
    );
    let by_profile = traced(&files);
    assert!(
        by_profile.findings.is_empty(),
        "{:#?}",
        messages(&by_profile)
    );
}

#[test]
fn where_an_older_karpenter_would_do_the_answer_is_open() {
    let legacy = r#"{ Effect = "Allow", Action = ["ec2:*", "iam:PassRole"], Resource = "*" }, { Effect = "Allow", Action = "iam:*InstanceProfile", Resource = "arn:aws:iam::*:instance-profile/prod_*" }"#;
    let found = traced(&with_controller("/", legacy, ""));
    none(&found, "RC603");
    assert_eq!(verdict(&found, "default", "pass-role"), Verdict::Unknown);
}

// --- RC901, RC902 ----------------------------------------------------------------------------

#[test]
fn auto_modes_cluster_role_with_the_policies_of_the_user_guide_launches() {
    let found = traced(&auto(
        "",
        &cluster_role(&["AmazonEKSClusterPolicy", "AmazonEKSComputePolicy"], ""),
    ));
    assert!(found.findings.is_empty(), "{:#?}", messages(&found));
}

#[test]
fn tags_of_ones_own_are_what_the_compute_policy_refuses() {
    let tags = "  tags:\n    team: data-platform\n    cost-center: \"4711\"";
    let found = traced(&auto(tags, &cluster_role(&["AmazonEKSComputePolicy"], "")));
    let finding = one(&found, "RC902");
    assert_eq!(
        finding.message,
        "NodeClass `web` asks for the tags `team`, `cost-center`, with which the cluster role `ClusterRole` \
         may not launch nodes"
    );
    let proof = evidence(finding);
    for part in [
        "AmazonEKSComputePolicy",
        "ForAllValues:StringLike",
        "aws:TagKeys",
        "the request has `team`",
    ] {
        assert!(proof.contains(part), "{part}: {proof}");
    }
    let terraform = finding.repairs[0]
        .commands
        .iter()
        .find(|command| command.tool == Tool::Terraform);
    assert!(
        terraform
            .unwrap()
            .text
            .contains("$${aws:PrincipalTag/eks:eks-cluster-name}")
    );
    none(&found, "RC901");
}

#[test]
fn the_repair_for_custom_tags_mends_them() {
    let tags = "  tags:\n    team: data-platform";
    let broken = auto(tags, &cluster_role(&["AmazonEKSComputePolicy"], ""));
    let found = traced(&broken);
    let terraform = one(&found, "RC902").repairs[0]
        .commands
        .iter()
        .find(|command| command.tool == Tool::Terraform)
        .unwrap()
        .text
        .clone();
    let mut mended = broken;
    mended.insert("tags.tf".to_owned(), terraform);
    let found = traced(&mended);
    assert!(found.findings.is_empty(), "{:#?}", messages(&found));
}

#[test]
fn tags_whose_keys_the_compute_policy_knows_are_no_fault() {
    let tags = "  tags:\n    kubernetes.io/cluster/prod: owned";
    let found = traced(&auto(tags, &cluster_role(&["AmazonEKSComputePolicy"], "")));
    assert!(found.findings.is_empty(), "{:#?}", messages(&found));
}

#[test]
fn without_the_compute_policy_the_launch_is_denied_with_or_without_tags() {
    let grant = "inline_policy {\n    name = \"roles\"\n    policy = jsonencode({ Version = \"2012-10-17\", Statement = [{ Effect = \"Allow\", Action = [\"iam:PassRole\", \"iam:AddRoleToInstanceProfile\"], Resource = \"*\" }] })\n  }";
    for tags in ["", "  tags:\n    team: data-platform"] {
        let found = traced(&auto(
            tags,
            &cluster_role(&["AmazonEKSClusterPolicy"], grant),
        ));
        let finding = one(&found, "RC901");
        assert!(
            finding.repairs[0]
                .action
                .starts_with("Attach AmazonEKSComputePolicy"),
            "{finding:#?}"
        );
        none(&found, "RC902");
    }
}

#[test]
fn a_region_that_no_file_tells_is_not_what_denies_a_launch() {
    let statements = r#"{ Effect = "Allow", Action = ["ec2:*", "iam:*"], Resource = "*", Condition = { StringEquals = { "aws:RequestedRegion" = ["ap-southeast-2", "us-east-1"] } } }, { Effect = "Allow", Action = "ec2:*", Resource = "arn:aws:ec2:ap-southeast-2:*:*" }, { Effect = "Allow", Action = "iam:*", Resource = "*" }"#;
    let mut files = with_controller("/", statements, "");
    let main = files.get_mut("main.tf").unwrap();
    *main = main.replace("  region              = \"eu-central-1\"\n", "");
    let found = traced(&files);
    assert!(found.findings.is_empty(), "{:#?}", messages(&found));
}

#[test]
fn a_cluster_name_that_no_file_tells_is_not_what_denies_a_launch() {
    let statements = r#"{ Effect = "Allow", Action = "iam:*", Resource = "*" }, { Effect = "Allow", Action = "ec2:*", Resource = "*", Condition = { StringEquals = { "aws:RequestTag/kubernetes.io/cluster/production" = "owned" } } }"#;
    let mut files = with_controller("/", statements, "");
    let main = files.get_mut("main.tf").unwrap();
    *main = format!(
        "variable \"cluster_name\" {{}}\n{}",
        main.replace("\"prod\"", "var.cluster_name")
    );
    let found = traced(&files);
    none(&found, "RC901");
    assert_eq!(verdict(&found, "default", "launch"), Verdict::Unknown);
}

// --- RC903 -----------------------------------------------------------------------------------

fn compute(config: &str) -> Files {
    let cluster = CLUSTER.replace("    enabled = true\n", config);
    files(&[(
        "main.tf",
        &format!(
            "{PROVIDER}{cluster}{}{}",
            cluster_role(&["AmazonEKSComputePolicy"], ""),
            role("web", "Node", AUTO_NODE_POLICIES)
        ),
    )])
}

#[test]
fn pools_without_a_role_and_a_role_without_pools_are_refused_in_ekss_words() {
    let pools = traced(&compute(
        "    enabled    = true\n    node_pools = [\"general-purpose\", \"system\"]\n",
    ));
    let finding = one(&pools, "RC903");
    assert!(evidence(finding).contains(
        "When Compute Config nodeRoleArn is null or empty, nodePool list cannot be populated."
    ));
    let names: Vec<&str> = finding
        .pools
        .iter()
        .map(|pool| pool.name.as_str())
        .collect();
    assert_eq!(names, ["general-purpose", "system"]);

    let lone_role = traced(&compute(
        "    enabled       = true\n    node_pools    = []\n    node_role_arn = aws_iam_role.web.arn\n",
    ));
    assert!(evidence(one(&lone_role, "RC903")).contains(
        "When Compute Config nodeRoleArn is not null or empty, nodePool value(s) must be provided."
    ));
}

#[test]
fn both_neither_and_what_is_not_known_are_no_fault() {
    for config in [
        "    enabled       = true\n    node_pools    = [\"system\"]\n    node_role_arn = aws_iam_role.web.arn\n",
        "    enabled = true\n",
        "    enabled = false\n",
        "    enabled    = true\n    node_pools = var.pools\n",
        "    enabled       = var.auto\n    node_pools    = [\"system\"]\n",
    ] {
        let mut files = compute(config);
        files.insert(
            "variables.tf".to_owned(),
            "variable \"pools\" {}\nvariable \"auto\" {}\n".to_owned(),
        );
        none(&traced(&files), "RC903");
    }
}

#[test]
fn findings_of_launchers_are_errors() {
    let found = traced(&with_controller("/", EC2, ""));
    assert!(
        of(&found, "RC601")
            .iter()
            .all(|finding| finding.severity == Severity::Error)
    );
}
