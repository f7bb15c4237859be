//! The conditions that are predicted, word for word.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[expect(dead_code, reason = "other tests use the rest")]
mod support;

use rolecall_chain::{ControlPlane, Options, Traced, trace};
use support::{
    AUTO_MODE, AUTO_NODE_POLICIES, Files, auto_mode, cluster, files, karpenter, read, role, traced,
    trusted_role,
};

/// All predicted conditions, one a line.
fn predicted(traced: &Traced) -> String {
    let mut lines = Vec::new();
    for object in traced.chains.iter().flat_map(|chain| &chain.predicted) {
        lines.push(object.object.clone());
        for known in &object.conditions {
            let text = format!(
                "  {}={} {} {}",
                known.kind, known.status, known.reason, known.message
            );
            lines.push(text.trim_end().to_owned());
        }
    }
    lines.join("\n")
}

fn example(name: &str) -> Files {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../examples")
        .join(name);
    let mut found = Files::new();
    let mut folders = vec![folder.clone()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path
                    .strip_prefix(&folder)
                    .unwrap()
                    .to_str()
                    .unwrap()
                    .to_owned();
                found.insert(name, std::fs::read_to_string(&path).unwrap());
            }
        }
    }
    found
}

#[test]
fn a_node_role_that_is_not_let_in_under_the_current_control_plane() {
    insta::assert_snapshot!(predicted(&traced(&example("custom-path"))), @r"
    NodeClass/batch
      InstanceProfileReady=True InstanceProfileReady
      ValidationSucceeded=True ValidationSucceeded
      Ready=True Ready
    NodePool/batch
      ValidationSucceeded=True ValidationSucceeded
      NodeClassReady=True NodeClassReady
      Ready=True Ready
    NodeClass/web
      InstanceProfileReady=False UnauthorizedNodeRole Role WebNodeRole is unauthorized to join nodes to the cluster
      ValidationSucceeded=False DependenciesNotReady Awaiting Instance Profile, Security Group, and Subnet resolution
      Ready=False UnhealthyDependents ValidationSucceeded=False, InstanceProfileReady=False
    NodePool/web
      ValidationSucceeded=True ValidationSucceeded
      NodeClassReady=False UnhealthyDependents ValidationSucceeded=False, InstanceProfileReady=False
      Ready=False UnhealthyDependents NodeClassReady=False
    ");
}

#[test]
fn a_path_that_the_legacy_control_plane_drops() {
    let (snapshot, options) = read(&example("custom-path"));
    let options = Options {
        control_plane: ControlPlane::Legacy,
        ..options
    };
    let text = predicted(&trace(&snapshot, &options));
    let batch = text.split("NodeClass/web").next().unwrap().trim_end();
    insta::assert_snapshot!(batch, @r"
    NodeClass/batch
      InstanceProfileReady=False UnauthorizedNodeRole Role BatchNodeRole is unauthorized to join nodes to the cluster
      ValidationSucceeded=False DependenciesNotReady Awaiting Instance Profile, Security Group, and Subnet resolution
      Ready=False UnhealthyDependents ValidationSucceeded=False, InstanceProfileReady=False
    NodePool/batch
      ValidationSucceeded=True ValidationSucceeded
      NodeClassReady=False UnhealthyDependents ValidationSucceeded=False, InstanceProfileReady=False
      Ready=False UnhealthyDependents NodeClassReady=False
    ");
}

#[test]
fn tags_that_are_refused_leave_a_class_of_auto_mode_ready() {
    let text = predicted(&traced(&example("custom-tags")));
    let class = text.split("NodePool/").next().unwrap();
    assert!(class.contains("ValidationSucceeded=True"), "{text}");
    assert!(class.contains("\n  Ready=True Ready"), "{text}");
}

#[test]
fn a_dead_entry_leaves_the_node_class_ready() {
    let text = predicted(&traced(&example("recreated-role")));
    assert!(
        text.is_empty() || text.contains("InstanceProfileReady=True"),
        "{text}"
    );
}

#[test]
fn a_class_that_is_not_there() {
    let pool = support::node_pool("web", "eks.amazonaws.com", "NodeClass", "web");
    let other = support::auto_mode("other", "role: Other");
    let found = traced(&files(&[("nodes.yaml", &(pool + &other))]));
    let web = found
        .chains
        .iter()
        .find(|chain| chain.pool.name == "web")
        .unwrap();
    let one = Traced {
        chains: vec![web.clone()],
        findings: Vec::new(),
    };
    insta::assert_snapshot!(predicted(&one), @r"
    NodePool/web
      ValidationSucceeded=True ValidationSucceeded
      NodeClassReady=False NodeClassNotFound NodeClass not found on cluster
      Ready=False UnhealthyDependents NodeClassReady=False
    ");
}

/// An Auto Mode cluster whose cluster role EKS may assume by these actions, and a node role under a
/// path, with its entry and an instance profile that holds it.
fn by_profile(actions: &str, class: &str) -> Files {
    let node = role(
        "web",
        "WebNodeRole",
        &format!("path = \"/platform/\"\n  {AUTO_NODE_POLICIES}"),
    );
    let compute = "managed_policy_arns = [\"arn:aws:iam::aws:policy/AmazonEKSComputePolicy\"]";
    let main = format!(
        r#"
provider "aws" {{
  region              = "eu-central-1"
  allowed_account_ids = ["111122223333"]
}}
{}{}{node}
resource "aws_iam_instance_profile" "web" {{
  name = "eks-web"
  role = aws_iam_role.web.name
}}
resource "aws_eks_access_entry" "web" {{
  cluster_name  = aws_eks_cluster.prod.name
  principal_arn = aws_iam_role.web.arn
  type          = "EC2"
}}
"#,
        cluster("prod", AUTO_MODE),
        trusted_role(
            "cluster",
            "ClusterRole",
            "eks.amazonaws.com",
            actions,
            compute
        ),
    );
    files(&[("nodes.yaml", &auto_mode("web", class)), ("main.tf", &main)])
}

const BOTH: &str = "[\"sts:AssumeRole\", \"sts:TagSession\"]";

fn under_legacy(files: &Files) -> String {
    let (snapshot, options) = read(files);
    let options = Options {
        control_plane: ControlPlane::Legacy,
        ..options
    };
    predicted(&trace(&snapshot, &options))
}

#[test]
fn the_legacy_control_plane_reads_the_role_of_a_profile_that_a_class_names() {
    let by_name = under_legacy(&by_profile(BOTH, "role: WebNodeRole"));
    assert!(by_name.contains("InstanceProfileReady=False UnauthorizedNodeRole"));
    let by_profile = by_profile(BOTH, "instanceProfile: eks-web");
    let text = under_legacy(&by_profile);
    assert!(text.contains("InstanceProfileReady=True"), "{text}");
    let (snapshot, options) = read(&by_profile);
    support::none(&trace(&snapshot, &options), "RC710");
}

#[test]
fn a_cluster_role_that_cannot_be_assumed_fails_only_profiles_that_eks_makes() {
    let assume_only = "\"sts:AssumeRole\"";
    let made = predicted(&traced(&by_profile(assume_only, "role: WebNodeRole")));
    assert!(
        made.contains("InstanceProfileReady=False InstanceProfileCreationFailed"),
        "{made}"
    );
    let named = predicted(&traced(&by_profile(
        assume_only,
        "instanceProfile: eks-web",
    )));
    assert!(!named.contains("InstanceProfileCreationFailed"), "{named}");
}

#[test]
fn what_auto_mode_makes_of_a_role_with_its_path_is_not_published() {
    let text = predicted(&traced(&by_profile(BOTH, "role: platform/WebNodeRole")));
    assert_eq!(text, "");
}

#[test]
fn nobody_sets_conditions_of_auto_mode_where_it_is_off() {
    let mut files = by_profile(BOTH, "role: WebNodeRole");
    let main = files["main.tf"].replace("enabled = true", "enabled = false");
    files.insert("main.tf".to_owned(), main);
    assert_eq!(predicted(&traced(&files)), "");
}

/// A Karpenter cluster whose controller has these statements and these arguments.
fn controller(statements: &str, arguments: &str, more: &str) -> Files {
    let node = role(
        "node",
        "NodeRole",
        "managed_policy_arns = [\"arn:aws:iam::aws:policy/AmazonEKSWorkerNodePolicy\"]",
    );
    let text = format!(
        r#"
{}
{node}
resource "aws_iam_role" "karpenter" {{
  name = "KarpenterController"
  assume_role_policy = jsonencode({{
    Version   = "2012-10-17"
    Statement = [{{ Effect = "Allow", Action = ["sts:AssumeRole", "sts:TagSession"], Principal = {{ Service = "pods.eks.amazonaws.com" }} }}]
  }})
  inline_policy {{
    name   = "karpenter"
    policy = jsonencode({{ Version = "2012-10-17", Statement = [{statements}] }})
  }}
  {arguments}
}}
resource "aws_eks_pod_identity_association" "karpenter" {{
  cluster_name    = aws_eks_cluster.prod.name
  namespace       = "kube-system"
  service_account = "karpenter"
  role_arn        = aws_iam_role.karpenter.arn
}}
{more}
"#,
        cluster("prod", "")
    );
    files(&[
        ("nodes.yaml", &karpenter("default", "role: NodeRole")),
        ("main.tf", &text),
    ])
}

const PROFILES: &str =
    r#"{ Effect = "Allow", Action = ["iam:PassRole", "iam:*InstanceProfile"], Resource = "*" }"#;

fn class_of(files: &Files) -> String {
    let text = predicted(&traced(files));
    text.split("NodePool/")
        .next()
        .unwrap()
        .trim_end()
        .to_owned()
}

#[test]
fn karpenter_says_which_call_is_refused_and_the_first_one_decides() {
    insta::assert_snapshot!(class_of(&controller(PROFILES, "", "")), @r"
    EC2NodeClass/default
      InstanceProfileReady=True InstanceProfileReady
      ValidationSucceeded=False CreateLaunchTemplateAuthCheckFailed Controller isn't authorized to call ec2:CreateLaunchTemplate: User is not authorized to perform this operation because no identity-based policy allows it
      Ready=False UnhealthyDependents ValidationSucceeded=False
    ");
    let templates = format!(
        "{PROFILES}, {{ Effect = \"Allow\", Action = \"ec2:CreateLaunchTemplate\", Resource = \"*\" }}"
    );
    assert!(class_of(&controller(&templates, "", "")).contains(
        "ValidationSucceeded=False CreateFleetAuthCheckFailed Controller isn't authorized to call ec2:CreateFleet: "
    ));
    let fleets = format!(
        "{PROFILES}, {{ Effect = \"Allow\", Action = [\"ec2:CreateLaunchTemplate\", \"ec2:CreateFleet\"], Resource = \"*\" }}"
    );
    assert!(class_of(&controller(&fleets, "", "")).contains(
        "ValidationSucceeded=False RunInstancesAuthCheckFailed Controller isn't authorized to call ec2:RunInstances: "
    ));
}

#[test]
fn karpenter_knows_a_boundary_by_its_explicit_deny_alone() {
    let all = r#"{ Effect = "Allow", Action = "*", Resource = "*" }"#;
    let bounded = |statements: &str| {
        let policy = format!(
            "resource \"aws_iam_policy\" \"boundary\" {{\n  name   = \"boundary\"\n  policy = jsonencode({{ Version = \"2012-10-17\", Statement = [{statements}] }})\n}}\n"
        );
        class_of(&controller(
            all,
            "permissions_boundary = aws_iam_policy.boundary.arn",
            &policy,
        ))
    };
    let denied = bounded(
        r#"{ Effect = "Allow", Action = "*", Resource = "*" }, { Effect = "Deny", Action = "ec2:CreateFleet", Resource = "*" }"#,
    );
    assert!(
        denied.contains(
            "User is not authorized to perform this operation due to a permission boundary"
        ),
        "{denied}"
    );
    let left_out = bounded(
        r#"{ Effect = "Allow", Action = ["iam:*", "ec2:CreateLaunchTemplate"], Resource = "*" }"#,
    );
    assert!(
        left_out.contains("because no identity-based policy allows it"),
        "{left_out}"
    );
}

#[test]
fn karpenter_writes_a_refused_profile_to_its_log_alone() {
    let launch_only = r#"{ Effect = "Allow", Action = "ec2:*", Resource = "*" }"#;
    let found = predicted(&traced(&controller(launch_only, "", "")));
    insta::assert_snapshot!(found, @r"
    EC2NodeClass/default
      InstanceProfileReady=Unknown AwaitingReconciliation object is awaiting reconciliation
      ValidationSucceeded=Unknown DependenciesNotReady Awaiting AMI, Instance Profile, Security Group, and Subnet resolution
      Ready=Unknown ReconcilingDependents ValidationSucceeded=Unknown, InstanceProfileReady=Unknown
    NodePool/default
      ValidationSucceeded=True ValidationSucceeded
      NodeClassReady=False NodeClassReadinessUnknown Node Class Readiness Unknown
      Ready=False UnhealthyDependents NodeClassReady=False
    ");
}

#[test]
fn what_becomes_of_a_profiles_arn_is_not_published() {
    let arn = "instanceProfile: arn:aws:iam::111122223333:instance-profile/eks-web";
    assert_eq!(predicted(&traced(&by_profile(BOTH, arn))), "");
}

#[test]
fn whether_the_legacy_control_plane_minds_the_case_of_a_name_is_not_known() {
    let mut files = by_profile(BOTH, "role: webnoderole");
    let main = files.get_mut("main.tf").unwrap();
    *main = main.replace("path = \"/platform/\"", "");
    assert!(predicted(&traced(&files)).contains("NodeClass/web\n  InstanceProfileReady=True"));
    assert_eq!(under_legacy(&files), "");
}
