//! RC201 to RC206: how a node class names its role or instance profile.

#[expect(dead_code, reason = "other tests use the rest")]
mod support;

use rolecall_chain::{Safety, Severity, Verdict};
use support::{
    AUTO_MODE, AUTO_NODE_POLICIES, auto_mode, cluster, files, karpenter, none, one, role, traced,
    trusted_role, verdict,
};

const ARN: &str = "arn:aws:iam::111122223333:role/platform/eks/WebNodeRole";

// --- RC201, RC202 ----------------------------------------------------------------------------

#[test]
fn an_arn_in_place_of_the_name_is_an_error_that_an_edit_mends() {
    let nodes = auto_mode("web", &format!("role: \"{ARN}\" # from the wiki"));
    let traced = traced(&files(&[("nodes.yaml", &nodes)]));
    let finding = one(&traced, "RC201");
    assert_eq!(finding.severity, Severity::Error);
    let repair = &finding.repairs[0];
    let edit = repair.edit.as_ref().unwrap();
    assert_eq!((&*edit.expected, &*edit.replacement), (ARN, "WebNodeRole"));
    assert_eq!(repair.safety, Safety::Safe);
    assert_eq!(
        repair.commands[0].text,
        "kubectl patch nodeclasses.eks.amazonaws.com web --type merge -p '{\"spec\":{\"role\":\"WebNodeRole\"}}'"
    );
    none(&traced, "RC202");
    assert_eq!(verdict(&traced, "web", "role-reference"), Verdict::Fail);
}

#[test]
fn karpenter_takes_an_arn_or_a_path_but_wastes_instance_profiles() {
    for (text, code) in [(ARN, "RC201"), ("platform/eks/WebNodeRole", "RC202")] {
        let nodes = karpenter("web", &format!("role: {text}"));
        let traced = traced(&files(&[("nodes.yaml", &nodes)]));
        let finding = one(&traced, code);
        assert_eq!(finding.severity, Severity::Warning);
        assert_eq!(finding.repairs[0].safety, Safety::Disruptive);
        assert_eq!(verdict(&traced, "web", "role-reference"), Verdict::Pass);
    }
}

#[test]
fn a_path_before_the_name_is_an_error_in_auto_mode() {
    for text in ["platform/eks/WebNodeRole", "/platform/eks/WebNodeRole"] {
        let nodes = auto_mode("web", &format!("role: {text}"));
        let traced = traced(&files(&[("nodes.yaml", &nodes)]));
        let finding = one(&traced, "RC202");
        assert_eq!(finding.severity, Severity::Error);
        assert_eq!(
            finding.repairs[0].edit.as_ref().unwrap().replacement,
            "WebNodeRole"
        );
        none(&traced, "RC201");
        none(&traced, "RC304");
    }
}

#[test]
fn a_bare_name_and_a_group_s_full_arn_are_right() {
    let group = format!(
        "resource \"aws_eks_node_group\" \"web\" {{\n cluster_name = \"prod\"\n node_group_name = \"web\"\n node_role_arn = \"{ARN}\"\n subnet_ids = []\n scaling_config {{\n min_size = 1\n max_size = 1\n desired_size = 1\n }}\n}}\n"
    );
    let nodes = auto_mode("web", "role: WebNodeRole") + &karpenter("old", "role: Web+Node=Role,@1");
    let traced = traced(&files(&[("nodes.yaml", &nodes), ("main.tf", &group)]));
    for code in ["RC201", "RC202", "RC203", "RC304"] {
        none(&traced, code);
    }
}

#[test]
fn a_name_that_is_filled_in_later_is_not_judged() {
    for text in ["${NODE_ROLE}", "$(NODE_ROLE)", "<NODE_ROLE_NAME>"] {
        let nodes = auto_mode("web", &format!("role: \"{text}\""));
        let traced = traced(&files(&[("nodes.yaml", &nodes)]));
        for code in ["RC201", "RC202", "RC203", "RC301"] {
            none(&traced, code);
        }
    }
}

#[test]
fn the_arn_of_an_instance_profile_in_place_of_a_role_is_moved_to_its_field() {
    let nodes = auto_mode(
        "web",
        "role: arn:aws:iam::111122223333:instance-profile/eks-web",
    );
    let traced = traced(&files(&[("nodes.yaml", &nodes)]));
    let repair = &one(&traced, "RC201").repairs[0];
    assert!(repair.edit.is_none());
    assert!(
        repair.commands[0]
            .text
            .contains(r#"{"instanceProfile":"eks-web","role":null}"#)
    );
}

#[test]
fn terraform_that_hands_over_the_arn_is_found_out() {
    let main = role("web", "WebNodeRole", AUTO_NODE_POLICIES)
        + r#"
resource "kubernetes_manifest" "class" {
  manifest = {
    apiVersion = "eks.amazonaws.com/v1"
    kind       = "NodeClass"
    metadata   = { name = "web" }
    spec       = { role = "arn:aws:iam::111122223333:role/${aws_iam_role.web.name}" }
  }
}

resource "kubernetes_manifest" "pool" {
  manifest = {
    apiVersion = "karpenter.sh/v1"
    kind       = "NodePool"
    metadata   = { name = "web" }
    spec = { template = { spec = {
      nodeClassRef = { group = "eks.amazonaws.com", kind = "NodeClass", name = "web" }
    } } }
  }
}
"#;
    let wrong = traced(&files(&[("main.tf", &main)]));
    assert_eq!(one(&wrong, "RC201").severity, Severity::Error);
    let right = main.replace(
        "\"arn:aws:iam::111122223333:role/${aws_iam_role.web.name}\"",
        "aws_iam_role.web.name",
    );
    none(&traced(&files(&[("main.tf", &right)])), "RC201");
}

// --- RC203 -----------------------------------------------------------------------------------

#[test]
fn both_or_neither_is_an_error() {
    for field in [
        "role: WebNodeRole\n  instanceProfile: eks-web",
        "subnetSelectorTerms: []",
        "role: \"\"",
        "instanceProfile: ''",
    ] {
        let nodes = auto_mode("web", field);
        let traced = traced(&files(&[("nodes.yaml", &nodes)]));
        assert_eq!(one(&traced, "RC203").severity, Severity::Error, "{field}");
        assert_eq!(verdict(&traced, "web", "role-reference"), Verdict::Fail);
    }
}

#[test]
fn a_kustomize_patch_of_a_class_is_not_taken_for_a_class_without_role() {
    let patch = "apiVersion: eks.amazonaws.com/v1\nkind: NodeClass\nmetadata:\n  name: web\nspec:\n  tags:\n    stage: prod\n";
    let traced = traced(&files(&[
        ("base/nodes.yaml", &auto_mode("web", "role: WebNodeRole")),
        ("overlays/prod/patch.yaml", patch),
    ]));
    none(&traced, "RC203");
}

// --- RC204, RC205 ----------------------------------------------------------------------------

#[test]
fn the_arn_of_an_instance_profile_is_an_error_that_an_edit_mends() {
    let arn = "arn:aws:iam::111122223333:instance-profile/team/eks-web";
    for nodes in [
        auto_mode("web", &format!("instanceProfile: {arn}")),
        karpenter("web", &format!("instanceProfile: {arn}")),
    ] {
        let traced = traced(&files(&[("nodes.yaml", &nodes)]));
        let finding = one(&traced, "RC204");
        assert_eq!(finding.severity, Severity::Error);
        let edit = finding.repairs[0].edit.as_ref().unwrap();
        assert_eq!((&*edit.expected, &*edit.replacement), (arn, "eks-web"));
    }
}

#[test]
fn a_profile_by_name_and_an_eksctl_group_s_profile_by_arn_are_right() {
    let eksctl = "apiVersion: eksctl.io/v1alpha5\nkind: ClusterConfig\nmetadata:\n  name: prod\n  region: eu-central-1\nnodeGroups:\n  - name: own\n    iam:\n      instanceProfileARN: arn:aws:iam::111122223333:instance-profile/own\n";
    let nodes = karpenter("web", "instanceProfile: eks-web");
    none(
        &traced(&files(&[("nodes.yaml", &nodes), ("cluster.yaml", eksctl)])),
        "RC204",
    );
}

const PROFILE: &str = "resource \"aws_iam_instance_profile\" \"web\" {\n  name = \"eks-web\"\n}\n";

#[test]
fn an_instance_profile_without_role_is_an_error() {
    let nodes = auto_mode("web", "instanceProfile: eks-web");
    let traced = traced(&files(&[("nodes.yaml", &nodes), ("main.tf", PROFILE)]));
    let finding = one(&traced, "RC205");
    assert_eq!(finding.message, "instance profile `eks-web` holds no role");
    assert_eq!(verdict(&traced, "web", "role-reference"), Verdict::Fail);
}

#[test]
fn a_profile_whose_role_is_not_known_yet_holds_one() {
    let nodes = auto_mode("web", "instanceProfile: eks-web");
    let open = PROFILE.replace(
        "}\n",
        "  role = var.node_role\n}\nvariable \"node_role\" {}\n",
    );
    none(
        &traced(&files(&[("nodes.yaml", &nodes), ("main.tf", &open)])),
        "RC205",
    );
    none(&traced(&files(&[("nodes.yaml", &nodes)])), "RC205");
    let other = PROFILE.replace("}\n", "  role = \"NodeRole\"\n}\n");
    let two_accounts = files(&[
        ("nodes.yaml", &nodes),
        ("dev/main.tf", PROFILE),
        ("prod/main.tf", &other),
    ]);
    none(&traced(&two_accounts), "RC205");
}

#[test]
fn a_profile_of_an_account_whose_profiles_are_known_does_not_exist() {
    let nodes = auto_mode("web", "instanceProfile: eks-web");
    let cluster = cluster("prod", AUTO_MODE);
    let named = [
        ("nodes.yaml", nodes.as_str()),
        (
            "main.tf",
            &format!(
                "provider \"aws\" {{\n  allowed_account_ids = [\"111122223333\"]\n}}\n{cluster}"
            ),
        ),
    ];
    let (mut snapshot, options) = support::read(&files(&named));
    none(&rolecall_chain::trace(&snapshot, &options), "RC205");
    let account = "111122223333".parse().unwrap();
    snapshot.instance_profile_complete_accounts.push(account);
    let traced = rolecall_chain::trace(&snapshot, &options);
    let finding = one(&traced, "RC205");
    assert_eq!(
        finding.message,
        "instance profile `eks-web`, which NodeClass `web` names, does not exist"
    );
    assert_eq!(verdict(&traced, "web", "role-reference"), Verdict::Fail);
}

// --- RC206 -----------------------------------------------------------------------------------

fn with_cluster_role(provider: &str) -> String {
    let services = trusted_role(
        "cluster",
        "ClusterRole",
        "eks.amazonaws.com\", \"ec2.amazonaws.com",
        "\"sts:AssumeRole\"",
        "",
    );
    let services = services.replace(
        "{ Service = \"eks.amazonaws.com\", \"ec2.amazonaws.com\" }",
        "{ Service = [\"eks.amazonaws.com\", \"ec2.amazonaws.com\"] }",
    );
    let cluster = cluster("prod", AUTO_MODE).replace(
        "\"arn:aws:iam::111122223333:role/ClusterRole\"",
        "aws_iam_role.cluster.arn",
    );
    format!("{provider}{services}{cluster}")
}

#[test]
fn a_node_role_that_is_a_cluster_role_is_a_warning() {
    let nodes = auto_mode("web", "role: clusterrole");
    let traced = traced(&files(&[
        ("nodes.yaml", &nodes),
        ("main.tf", &with_cluster_role("")),
    ]));
    let finding = one(&traced, "RC206");
    assert_eq!(finding.severity, Severity::Warning);
    assert_eq!(
        finding.message,
        "role `ClusterRole` is the node role of NodePool web and the cluster role of `prod`"
    );
}

#[test]
fn roles_of_one_name_in_two_accounts_are_two_roles() {
    let main = "provider \"aws\" {\n allowed_account_ids = [\"444455556666\"]\n}\n".to_owned()
        + &role("node", "ClusterRole", AUTO_NODE_POLICIES);
    let other = cluster("tools", AUTO_MODE);
    let settings = "[[clusters]]\nname = \"prod\"\nfiles = [\"prod/\"]\n";
    let nodes = auto_mode("web", "role: ClusterRole");
    let traced = traced(&files(&[
        ("rolecall.toml", settings),
        ("tools/main.tf", &other),
        (
            "prod/main.tf",
            &(main
                + &cluster("prod", AUTO_MODE)
                    .replace("111122223333:role/ClusterRole", "444455556666:role/EksRole")),
        ),
        ("prod/nodes.yaml", &nodes),
    ]));
    none(&traced, "RC206");
}
