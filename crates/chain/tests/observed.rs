//! What the cluster shows, beside what the chain says.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[expect(dead_code, reason = "other tests use the rest")]
mod support;

use rolecall_chain::{
    ControlPlane, Evidence, Options, Severity, Traced, observed_control_plane, trace,
};
use rolecall_facts::{Condition, Fact, Node, ObservedCall, Origin, Reference, Snapshot};
use support::{Files, files, none, one, read};

const PATH_LESS: &str = "arn:aws:iam::111122223333:role/NodeRole";
const WITH_PATH: &str = "arn:aws:iam::111122223333:role/platform/eks/NodeRole";

/// An Auto Mode cluster with one pool that is right in every way; its role lives under a path.
fn right() -> Files {
    let terraform = r#"
        provider "aws" {
          region              = "eu-central-1"
          allowed_account_ids = ["111122223333"]
        }
        resource "aws_eks_cluster" "main" {
          name     = "prod"
          role_arn = aws_iam_role.cluster.arn
          access_config { authentication_mode = "API" }
          compute_config { enabled = true }
        }
        resource "aws_iam_role" "cluster" {
          name = "ClusterRole"
          assume_role_policy = jsonencode({
            Statement = [{ Effect = "Allow", Action = ["sts:AssumeRole", "sts:TagSession"], Principal = { Service = "eks.amazonaws.com" } }]
          })
          managed_policy_arns = ["arn:aws:iam::aws:policy/AmazonEKSClusterPolicy", "arn:aws:iam::aws:policy/AmazonEKSComputePolicy"]
        }
        resource "aws_iam_role" "node" {
          name = "NodeRole"
          path = "/platform/eks/"
          assume_role_policy = jsonencode({
            Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ec2.amazonaws.com" } }]
          })
          managed_policy_arns = ["arn:aws:iam::aws:policy/AmazonEKSWorkerNodeMinimalPolicy", "arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryPullOnly"]
        }
        resource "aws_eks_access_entry" "node" {
          cluster_name  = aws_eks_cluster.main.name
          principal_arn = aws_iam_role.node.arn
          type          = "EC2"
        }
        resource "aws_eks_access_policy_association" "node" {
          cluster_name  = aws_eks_cluster.main.name
          principal_arn = aws_iam_role.node.arn
          policy_arn    = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSAutoNodePolicy"
          access_scope { type = "cluster" }
        }
    "#;
    let nodes = support::auto_mode("web", "role: NodeRole")
        + "---\n"
        + &support::node_pool("web", "eks.amazonaws.com", "NodeClass", "web");
    files(&[("main.tf", terraform), ("nodes.yaml", &nodes)])
}

fn snapshot() -> Snapshot {
    read(&right()).0
}

fn under(snapshot: &Snapshot, control_plane: ControlPlane) -> Traced {
    trace(
        snapshot,
        &Options {
            control_plane,
            ..Options::default()
        },
    )
}

fn shows(snapshot: &mut Snapshot, status: &str, reason: &str) {
    for class in &mut snapshot.node_classes {
        class.conditions = vec![Condition {
            kind: "InstanceProfileReady".to_owned(),
            status: status.to_owned(),
            reason: reason.to_owned(),
            message: String::new(),
        }];
    }
}

fn refused(id: &str, time: &str, principal: &str) -> ObservedCall {
    ObservedCall {
        event_id: id.to_owned(),
        time: time.parse().unwrap(),
        event_source: "eks.amazonaws.com".to_owned(),
        event_name: "DescribeAccessEntry".to_owned(),
        account: None,
        region: Some("eu-central-1".to_owned()),
        caller_arn: Some(
            "arn:aws:sts::111122223333:assumed-role/AWSServiceRoleForAmazonEKS/AmazonEKS".to_owned(),
        ),
        session_issuer_arn: Some("arn:aws:iam::111122223333:role/aws-service-role/eks.amazonaws.com/AWSServiceRoleForAmazonEKS".to_owned()),
        invoked_by: Some("eks.amazonaws.com".to_owned()),
        error_code: "AccessDenied".to_owned(),
        error_message: None,
        cluster: Some("prod".to_owned()),
        principal_arn: Some(principal.to_owned()),
        role: None,
        instance_profile: None,
        origin: Origin::api("cloudtrail:LookupEvents", id),
    }
}

fn proofs(traced: &Traced, code: &str) -> Vec<(String, usize, String)> {
    let evidence = one(traced, code).evidence.iter();
    evidence
        .filter_map(|evidence| match evidence {
            Evidence::Call { call, count, since } => {
                Some((call.event_id.clone(), *count, since.to_string()))
            }
            _ => None,
        })
        .collect()
}

#[test]
fn refused_calls_prove_the_finding_the_newest_standing_for_all() {
    let mut snapshot = snapshot();
    let mut elsewhere = refused("e-4", "2026-01-01T00:09:00Z", PATH_LESS);
    elsewhere.cluster = Some("other".to_owned());
    snapshot.calls = vec![
        refused("e-2", "2026-01-01T00:05:00Z", PATH_LESS),
        refused("e-1", "2026-01-01T00:00:00Z", PATH_LESS),
        refused(
            "e-3",
            "2026-01-01T00:06:00Z",
            "arn:aws:iam::111122223333:role/Other",
        ),
        elsewhere,
    ];
    let traced = under(&snapshot, ControlPlane::Legacy);
    let expected = vec![("e-2".to_owned(), 2, "2026-01-01T00:00:00Z".to_owned())];
    assert_eq!(proofs(&traced, "RC710"), expected);
    snapshot.calls.reverse();
    assert_eq!(
        proofs(&under(&snapshot, ControlPlane::Legacy), "RC710"),
        expected
    );
}

#[test]
fn the_arn_that_is_asked_for_tells_the_generation() {
    let mut snapshot = snapshot();
    assert_eq!(observed_control_plane(&snapshot), None);
    snapshot.calls = vec![refused("e-1", "2026-01-01T00:00:00Z", PATH_LESS)];
    assert_eq!(
        observed_control_plane(&snapshot),
        Some(ControlPlane::Legacy)
    );
    let later = refused("e-2", "2026-01-02T00:00:00Z", WITH_PATH);
    snapshot.calls.push(later);
    assert_eq!(
        observed_control_plane(&snapshot),
        Some(ControlPlane::Current)
    );
    snapshot.calls = vec![refused(
        "e-3",
        "2026-01-03T00:00:00Z",
        "arn:aws:iam::444455556666:role/NodeRole",
    )];
    assert_eq!(
        observed_control_plane(&snapshot),
        None,
        "a role of another account"
    );
}

#[test]
fn a_fault_that_only_the_cluster_shows_is_a_warning() {
    let mut snapshot = snapshot();
    shows(&mut snapshot, "False", "UnauthorizedNodeRole");
    let traced = under(&snapshot, ControlPlane::Current);
    let finding = one(&traced, "RC1101");
    assert_eq!(finding.severity, Severity::Warning);
    insta::assert_snapshot!(finding.message, @"NodeClass `web` shows InstanceProfileReady=False UnauthorizedNodeRole, the chain predicts True: a control plane that drops the role's path would show this");
    none(&under(&snapshot, ControlPlane::Legacy), "RC1101");
}

#[test]
fn a_fault_that_the_cluster_does_not_show_yet_is_a_note() {
    let mut snapshot = snapshot();
    shows(&mut snapshot, "True", "InstanceProfileReady");
    none(&under(&snapshot, ControlPlane::Current), "RC1101");
    let traced = under(&snapshot, ControlPlane::Legacy);
    let finding = one(&traced, "RC1101");
    assert_eq!(finding.severity, Severity::Note);
    insta::assert_snapshot!(finding.message, @"NodeClass `web` shows InstanceProfileReady=True, the chain predicts False UnauthorizedNodeRole: it is stale, or waits for the controller to look again");
}

#[test]
fn a_class_that_was_never_looked_at_says_so() {
    let mut snapshot = snapshot();
    shows(&mut snapshot, "Unknown", "AwaitingReconciliation");
    let traced = under(&snapshot, ControlPlane::Current);
    assert_eq!(one(&traced, "RC1101").severity, Severity::Note);
    insta::assert_snapshot!(one(&traced, "RC1101").message, @"NodeClass `web` shows InstanceProfileReady=Unknown AwaitingReconciliation, the chain predicts True: its controller has not looked at it yet");
}

#[test]
fn what_the_chain_does_not_look_at_is_told_as_such() {
    let mut snapshot = snapshot();
    shows(&mut snapshot, "True", "InstanceProfileReady");
    for class in &mut snapshot.node_classes {
        class.conditions.extend([
            Condition {
                kind: "SubnetsReady".to_owned(),
                status: "False".to_owned(),
                reason: "SubnetsNotFound".to_owned(),
                message: "SubnetSelector did not match any Subnets".to_owned(),
            },
            Condition {
                kind: "Ready".to_owned(),
                status: "False".to_owned(),
                reason: "UnhealthyDependents".to_owned(),
                message: "SubnetsReady=False".to_owned(),
            },
        ]);
    }
    let traced = under(&snapshot, ControlPlane::Current);
    insta::assert_snapshot!(one(&traced, "RC1101").message, @"NodeClass `web` shows SubnetsReady=False SubnetsNotFound, which is no matter of roles or entries: SubnetSelector did not match any Subnets");
}

#[test]
fn nodes_and_claims_make_the_last_link() {
    let mut snapshot = snapshot();
    let link = |snapshot: &Snapshot| {
        let traced = under(snapshot, ControlPlane::Current);
        let links = traced.chains.into_iter().next().unwrap().links;
        let node = links
            .into_iter()
            .find(|state| state.link.as_str() == "node");
        node.map(|state| format!("{}: {}", state.verdict, state.detail))
    };
    assert_eq!(link(&snapshot), None, "nothing was observed");
    let node = |name: &str, ready: &str| Node {
        name: name.to_owned(),
        cluster: Some(Reference::by_value(Fact::known(
            "prod".to_owned(),
            Origin::api("eks:DescribeCluster", "prod"),
        ))),
        node_pool: Some("web".to_owned()),
        node_group: None,
        compute_type: None,
        instance_id: Some(name.to_owned()),
        conditions: vec![Condition {
            kind: "Ready".to_owned(),
            status: ready.to_owned(),
            reason: String::new(),
            message: String::new(),
        }],
        origin: Origin::api("kubernetes:list", "nodes"),
    };
    snapshot.nodes.push(node("i-0aa", "True"));
    assert_eq!(
        link(&snapshot).as_deref(),
        Some("pass: node i-0aa is Ready")
    );
    snapshot.nodes.push(node("i-0bb", "Unknown"));
    assert_eq!(
        link(&snapshot).as_deref(),
        Some("unknown: 1 of 2 nodes are not Ready, among them i-0bb")
    );
}
