//! Machines outside AWS: their chain begins at what lets their role in, an access entry of type
//! `HYBRID_LINUX` or a mapping of `aws-auth`.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[expect(dead_code, reason = "other tests use the rest")]
mod support;

use rolecall_chain::{Chain, Link, PoolKind, Severity, Traced, Verdict};
use support::{files, messages, of, one, traced};

const CLUSTER: &str = r#"
provider "aws" {
  region              = "eu-central-1"
  allowed_account_ids = ["111122223333"]
}

resource "aws_eks_cluster" "prod" {
  name     = "prod"
  role_arn = "arn:aws:iam::111122223333:role/ClusterRole"
  access_config {
    authentication_mode = "API_AND_CONFIG_MAP"
  }
}
"#;

const ENTRY: &str = r#"
resource "aws_eks_access_entry" "hybrid" {
  cluster_name  = aws_eks_cluster.prod.name
  principal_arn = aws_iam_role.hybrid.arn
  type          = "HYBRID_LINUX"
}
"#;

const POLICIES: [&str; 2] = [
    "AmazonEC2ContainerRegistryPullOnly",
    "AmazonSSMManagedInstanceCore",
];

const BY_SYSTEMS_MANAGER: &str = r#"{
  Effect    = "Allow"
  Action    = "sts:AssumeRole"
  Principal = { Service = "ssm.amazonaws.com" }
  Condition = {
    StringEquals = { "aws:SourceAccount" = "111122223333" }
    ArnEquals    = { "aws:SourceArn" = "arn:aws:ssm:eu-central-1:111122223333:*" }
  }
}"#;

const LOOKUP: &str = r#"
resource "aws_iam_role_policy" "lookup" {
  name = "lookup"
  role = aws_iam_role.hybrid.name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = ["eks:DescribeCluster", "eks:ListAccessEntries"]
      Resource = aws_eks_cluster.prod.arn
    }]
  })
}
"#;

fn role(trust: &str, policies: &[&str]) -> String {
    let arns: Vec<String> = policies
        .iter()
        .map(|policy| format!("\"arn:aws:iam::aws:policy/{policy}\""))
        .collect();
    format!(
        "resource \"aws_iam_role\" \"hybrid\" {{\n  name = \"HybridNodes\"\n  path = \"/datacentre/\"\n  \
         managed_policy_arns = [{}]\n  assume_role_policy = jsonencode({{\n    Version = \"2012-10-17\"\n    \
         Statement = [{trust}]\n  }})\n}}\n",
        arns.join(", ")
    )
}

fn with(trust: &str, policies: &[&str], more: &[&str]) -> Traced {
    let text = format!("{CLUSTER}{}{}", role(trust, policies), more.concat());
    traced(&files(&[("main.tf", &text)]))
}

fn only(traced: &Traced) -> &Chain {
    assert_eq!(traced.chains.len(), 1, "{:#?}", traced.chains);
    traced.chains.first().unwrap()
}

fn verdict_of(chain: &Chain, link: Link) -> Verdict {
    let state = chain.links.iter().find(|state| state.link == link);
    state.unwrap().verdict
}

#[test]
fn a_role_that_systems_manager_may_assume_and_an_entry_let_them_in() {
    let traced = with(BY_SYSTEMS_MANAGER, &POLICIES, &[ENTRY, LOOKUP]);
    let chain = only(&traced);
    assert_eq!(chain.pool.kind, PoolKind::HybridNodes);
    assert_eq!(chain.pool.to_string(), "hybrid nodes HybridNodes");
    assert_eq!(chain.verdict(), Verdict::Pass, "{:#?}", chain.links);
    let links: Vec<Link> = chain.links.iter().map(|state| state.link).collect();
    assert_eq!(
        links,
        [
            Link::RoleReference,
            Link::Role,
            Link::Trust,
            Link::NodePermissions,
            Link::AccessEntry,
            Link::Join
        ],
        "nobody launches them and nobody passes their role to EC2"
    );
    assert_eq!(messages(&traced), Vec::<String>::new());
}

#[test]
fn a_certificate_is_as_good_whatever_the_machines_are_called() {
    let by_certificate = r#"{
      Effect    = "Allow"
      Action    = ["sts:TagSession", "sts:SetSourceIdentity"]
      Principal = { Service = "rolesanywhere.amazonaws.com" }
      Condition = { ArnEquals = { "aws:SourceArn" = "arn:aws:rolesanywhere:eu-central-1:111122223333:trust-anchor/11111111-2222-3333-4444-555555555555" } }
    },
    {
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "rolesanywhere.amazonaws.com" }
      Condition = {
        StringEquals = { "sts:RoleSessionName" = "$${aws:PrincipalTag/x509Subject/CN}" }
        ArnEquals    = { "aws:SourceArn" = "arn:aws:rolesanywhere:eu-central-1:111122223333:trust-anchor/11111111-2222-3333-4444-555555555555" }
      }
    }"#;
    let traced = with(by_certificate, &POLICIES[..1], &[ENTRY, LOOKUP]);
    let chain = only(&traced);
    assert_eq!(chain.verdict(), Verdict::Pass, "{:#?}", chain.links);

    let some_names = by_certificate.replace(
        r#"StringEquals = { "sts:RoleSessionName" = "$${aws:PrincipalTag/x509Subject/CN}" }"#,
        r#"StringLike = { "sts:RoleSessionName" = "rack-*" }"#,
    );
    let traced = with(&some_names, &POLICIES[..1], &[ENTRY, LOOKUP]);
    assert_eq!(
        verdict_of(only(&traced), Link::Trust),
        Verdict::Unknown,
        "it depends on what the machines are called"
    );

    let without_tags = by_certificate.replace(
        r#"["sts:TagSession", "sts:SetSourceIdentity"]"#,
        r#""sts:TagSession""#,
    );
    let traced = with(&without_tags, &POLICIES[..1], &[ENTRY, LOOKUP]);
    let finding = one(&traced, "RC401");
    assert_eq!(finding.severity, Severity::Warning);
}

#[test]
fn a_trust_policy_for_instances_is_told_with_both_ways_to_mend_it() {
    let ec2 = r#"{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ec2.amazonaws.com" } }"#;
    let traced = with(ec2, &POLICIES, &[ENTRY, LOOKUP]);
    let finding = one(&traced, "RC401");
    assert_eq!(
        finding.message,
        "the trust policy of role `HybridNodes` lets neither Systems Manager nor IAM Roles Anywhere \
         assume it, and hybrid nodes get their credentials from one of them"
    );
    assert_eq!(finding.repairs.len(), 2);
    assert_eq!(verdict_of(only(&traced), Link::Trust), Verdict::Unknown);
}

#[test]
fn an_activation_of_another_account_may_not_assume_it() {
    let other = BY_SYSTEMS_MANAGER.replace("111122223333", "444455556666");
    let traced = with(&other, &POLICIES, &[ENTRY, LOOKUP]);
    one(&traced, "RC401");
}

#[test]
fn what_nodeadm_looks_up_is_a_warning_and_what_nodes_need_an_error() {
    let traced_without_lookup = with(BY_SYSTEMS_MANAGER, &POLICIES, &[ENTRY]);
    let finding = one(&traced_without_lookup, "RC501");
    assert_eq!(finding.severity, Severity::Warning, "{finding:#?}");
    let text = &finding.repairs[0].commands[0].text;
    assert!(
        text.contains("put-role-policy")
            && text.contains("eks:ListAccessEntries")
            && !text.contains("\"*\""),
        "{text}"
    );

    let traced = with(BY_SYSTEMS_MANAGER, &[], &[ENTRY]);
    let finding = one(&traced, "RC501");
    assert_eq!(finding.severity, Severity::Error);
    assert!(
        finding.message.contains("ssm:UpdateInstanceInformation"),
        "{}",
        finding.message
    );
    assert_eq!(
        finding.repairs[0].action,
        "Attach AmazonSSMManagedInstanceCore and AmazonEC2ContainerRegistryPullOnly to role \
         `HybridNodes`, and add inline policy `eks-hybrid-nodes` to role `HybridNodes`"
    );
}

#[test]
fn a_mapping_with_the_name_of_the_session_is_hybrid_nodes_too() {
    let map = |groups: &str| {
        format!(
            "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: aws-auth\n  namespace: kube-system\ndata:\n  \
             mapRoles: |\n    - rolearn: arn:aws:iam::111122223333:role/HybridNodes\n      username: \
             system:node:{{{{SessionName}}}}\n      groups: {groups}\n    - rolearn: \
             arn:aws:iam::111122223333:role/People\n      username: people:{{{{SessionName}}}}\n      groups: [ops]\n"
        )
    };
    let text = format!("{CLUSTER}{}{LOOKUP}", role(BY_SYSTEMS_MANAGER, &POLICIES));
    let mapped = |groups: &str, more: &str| {
        traced(&files(&[
            ("main.tf", &format!("{text}{more}")),
            ("aws-auth.yaml", &map(groups)),
        ]))
    };
    let good = mapped("[system:bootstrappers, system:nodes]", "");
    let chain = only(&good);
    assert_eq!(chain.pool.kind, PoolKind::HybridNodes);
    assert_eq!(chain.verdict(), Verdict::Pass, "{:#?}", chain.links);

    let both = mapped("[system:bootstrappers, system:nodes]", ENTRY);
    assert_eq!(
        both.chains.len(),
        1,
        "an entry and a mapping of one role are one"
    );

    let broken = mapped("[system:bootstrappers]", "");
    let finding = one(&broken, "RC708");
    let manifest = &finding.repairs[0].commands.last().unwrap().text;
    assert!(
        manifest.contains("username: system:node:{{SessionName}}"),
        "the user name of hybrid nodes stays: {manifest}"
    );
}

#[test]
fn an_entry_of_that_type_for_a_pools_role_is_the_pools_mistake() {
    let group = r#"
resource "aws_eks_node_group" "group" {
  cluster_name    = aws_eks_cluster.prod.name
  node_group_name = "group"
  node_role_arn   = aws_iam_role.hybrid.arn
}
"#;
    let ec2 = r#"{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ec2.amazonaws.com" } }"#;
    let traced = with(ec2, &POLICIES, &[ENTRY, group]);
    let chain = only(&traced);
    assert_eq!(chain.pool.kind, PoolKind::ManagedNodeGroup);
    assert_eq!(verdict_of(chain, Link::AccessEntry), Verdict::Fail);
    one(&traced, "RC704");
    assert!(of(&traced, "RC401").is_empty());
}
