//! RC101 to RC103: the pool's reference to its node class, and its labels.

#[expect(dead_code, reason = "other tests use the rest")]
mod support;

use rolecall_chain::{Severity, Verdict};
use support::{
    AUTO_MODE, auto_mode, cluster, files, karpenter, messages, node_pool, none, one, role, traced,
    verdict,
};

const EKS: &str = "eks.amazonaws.com";
const KARPENTER: &str = "karpenter.k8s.aws";

// --- RC101 -----------------------------------------------------------------------------------

#[test]
fn a_class_whose_name_is_misspelt_is_an_error_and_the_name_that_was_meant_is_offered() {
    let nodes =
        auto_mode("general", "role: NodeRole") + &node_pool("web", EKS, "NodeClass", "genral");
    let traced = traced(&files(&[("nodes.yaml", &nodes)]));
    let finding = one(&traced, "RC101");
    assert_eq!(finding.severity, Severity::Error);
    assert_eq!(
        finding.message,
        "NodePool web refers to NodeClass `genral`, which is not there; `general` is"
    );
    let edit = finding.repairs[0].edit.as_ref().unwrap();
    assert_eq!((&*edit.expected, &*edit.replacement), ("genral", "general"));
    assert_eq!(verdict(&traced, "web", "node-class"), Verdict::Fail);
    let pool = traced
        .chains
        .iter()
        .find(|chain| chain.pool.name == "web")
        .unwrap();
    let conditions = format!("{:?}", pool.predicted);
    assert!(
        conditions.contains("NodeClass not found on cluster"),
        "{conditions}"
    );
}

#[test]
fn a_class_that_may_live_in_other_files_is_a_warning() {
    let nodes =
        auto_mode("general", "role: NodeRole") + &node_pool("web", EKS, "NodeClass", "gpu-large");
    let traced = traced(&files(&[("nodes.yaml", &nodes)]));
    assert_eq!(one(&traced, "RC101").severity, Severity::Warning);
    assert_eq!(verdict(&traced, "web", "node-class"), Verdict::Unknown);
}

#[test]
fn files_without_any_class_say_nothing_of_classes() {
    let nodes = node_pool("web", EKS, "NodeClass", "web")
        + &node_pool("old", KARPENTER, "EC2NodeClass", "old");
    let traced = traced(&files(&[("nodes.yaml", &nodes)]));
    none(&traced, "RC101");
    assert_eq!(verdict(&traced, "web", "node-class"), Verdict::Unknown);
}

#[test]
fn classes_that_differ_by_a_number_are_not_taken_for_each_other() {
    let nodes = auto_mode("gpu-1", "role: NodeRole") + &node_pool("web", EKS, "NodeClass", "gpu-2");
    let traced = traced(&files(&[("nodes.yaml", &nodes)]));
    assert_eq!(one(&traced, "RC101").severity, Severity::Warning);
}

#[test]
fn the_class_default_is_there_as_long_as_a_built_in_pool_is() {
    let with_pools = "compute_config {\n enabled = true\n node_pools = [\"system\"]\n node_role_arn = \"arn:aws:iam::111122223333:role/NodeRole\"\n }";
    let nodes = node_pool("web", EKS, "NodeClass", "default");
    let built_in = traced(&files(&[
        ("nodes.yaml", &nodes),
        ("main.tf", &cluster("prod", with_pools)),
    ]));
    none(&built_in, "RC101");
    assert_eq!(verdict(&built_in, "web", "node-class"), Verdict::Pass);

    let none_enabled = traced(&files(&[
        ("nodes.yaml", &nodes),
        ("main.tf", &cluster("prod", AUTO_MODE)),
    ]));
    let finding = one(&none_enabled, "RC101");
    assert_eq!(finding.severity, Severity::Warning);
    assert!(
        finding
            .message
            .contains("only together with a built-in pool"),
        "{}",
        finding.message
    );
}

#[test]
fn a_class_of_another_cluster_is_not_this_clusters() {
    let settings = r#"
        [[clusters]]
        name = "dev"
        files = ["dev/"]
        [[clusters]]
        name = "prod"
        files = ["prod/"]
    "#;
    let both = cluster("dev", AUTO_MODE) + &cluster("prod", AUTO_MODE);
    let dev = auto_mode("general", "role: NodeRole");
    let prod = node_pool("web", EKS, "NodeClass", "general");
    let apart = files(&[
        ("rolecall.toml", settings),
        ("main.tf", &both),
        ("dev/nodes.yaml", &dev),
        ("prod/nodes.yaml", &prod),
    ]);
    let traced = traced(&apart);
    // No class of prod is given, so nothing can be said of it; dev's is not taken for it.
    none(&traced, "RC101");
    assert_eq!(verdict(&traced, "web", "node-class"), Verdict::Unknown);
    assert_eq!(verdict(&traced, "general", "node-class"), Verdict::Pass);
}

// --- RC102 -----------------------------------------------------------------------------------

#[test]
fn one_kinds_group_with_the_others_kind_is_an_error() {
    for (group, kind) in [
        (KARPENTER, "NodeClass"),
        (EKS, "EC2NodeClass"),
        ("karpenter.k8s.aws/v1", "EC2NodeClass"),
        (EKS, "nodeclass"),
        ("eks.amazonaws.com/v1", "NodeClass"),
    ] {
        let nodes = auto_mode("other", "role: NodeRole") + &node_pool("web", group, kind, "web");
        let traced = traced(&files(&[("nodes.yaml", &nodes)]));
        let finding = one(&traced, "RC102");
        assert_eq!(finding.severity, Severity::Error, "{group} {kind}");
        assert!(
            finding.message.contains("a kind that does not exist"),
            "{}",
            finding.message
        );
        none(&traced, "RC101");
    }
}

#[test]
fn classes_of_other_clouds_and_simulators_are_not_judged() {
    for (group, kind) in [
        ("karpenter.azure.com", "AKSNodeClass"),
        ("karpenter.kwok.sh", "KWOKNodeClass"),
        ("karpenter.ibm.sh", "IBMNodeClass"),
        ("compute.example.com", "NodeClass"),
    ] {
        let nodes = node_pool("web", group, kind, "web");
        let traced = traced(&files(&[
            ("nodes.yaml", &nodes),
            ("main.tf", &cluster("prod", AUTO_MODE)),
        ]));
        assert!(traced.findings.is_empty(), "{:#?}", messages(&traced));
    }
}

#[test]
fn a_class_of_auto_mode_in_a_cluster_without_it_is_an_error() {
    for arguments in ["", "compute_config {\n enabled = false\n }"] {
        let nodes = auto_mode("web", "role: NodeRole");
        let traced = traced(&files(&[
            ("nodes.yaml", &nodes),
            ("main.tf", &cluster("prod", arguments)),
        ]));
        let finding = one(&traced, "RC102");
        assert_eq!(finding.severity, Severity::Error);
        assert!(
            finding
                .message
                .ends_with("cluster `prod` does not run Auto Mode")
        );
        assert_eq!(verdict(&traced, "web", "node-class"), Verdict::Fail);
    }
}

#[test]
fn whether_auto_mode_is_on_may_be_left_open() {
    let main = "variable \"auto_mode\" {\n type = bool\n}\n".to_owned()
        + &cluster("prod", "compute_config {\n enabled = var.auto_mode\n }");
    let nodes = auto_mode("web", "role: NodeRole") + &karpenter("old", "role: NodeRole");
    none(
        &traced(&files(&[("nodes.yaml", &nodes), ("main.tf", &main)])),
        "RC102",
    );
    // Without a cluster there is nothing to compare with.
    none(&traced(&files(&[("nodes.yaml", &nodes)])), "RC102");
}

#[test]
fn a_karpenter_reference_to_a_class_of_auto_mode_is_an_error() {
    let class = "apiVersion: eks.amazonaws.com/v1\nkind: NodeClass\nmetadata:\n  name: web\nspec:\n  role: NodeRole\n---\n";
    let nodes = class.to_owned() + &node_pool("web", KARPENTER, "EC2NodeClass", "web");
    let traced = traced(&files(&[
        ("nodes.yaml", &nodes),
        ("main.tf", &cluster("prod", AUTO_MODE)),
    ]));
    let finding = one(&traced, "RC102");
    assert_eq!(finding.severity, Severity::Error);
    assert_eq!(
        finding.message,
        "NodePool web refers to EC2NodeClass `web` of Karpenter, but `web` is a NodeClass of Auto Mode"
    );
}

#[test]
fn karpenter_and_auto_mode_live_in_one_cluster() {
    let main = cluster("prod", AUTO_MODE) + &role("karpenter", "KarpenterController", "");
    let nodes =
        auto_mode("default", "role: NodeRole") + &karpenter("batch", "role: KarpenterNodeRole");
    let mixed = traced(&files(&[("nodes.yaml", &nodes), ("main.tf", &main)]));
    none(&mixed, "RC101");
    none(&mixed, "RC102");
    // Its class may be made by a chart; that Auto Mode has a class of the same name proves nothing.
    let elsewhere = auto_mode("default", "role: NodeRole")
        + &node_pool("batch", KARPENTER, "EC2NodeClass", "default");
    none(
        &traced(&files(&[("nodes.yaml", &elsewhere), ("main.tf", &main)])),
        "RC102",
    );
    // Both kinds in use say that both controllers are wanted, whoever installs Karpenter.
    let unseen = traced(&files(&[
        ("nodes.yaml", &nodes),
        ("main.tf", &cluster("prod", AUTO_MODE)),
    ]));
    none(&unseen, "RC102");
}

#[test]
fn only_karpenter_pools_under_auto_mode_get_a_note() {
    let nodes = karpenter("web", "role: NodeRole");
    let traced = traced(&files(&[
        ("nodes.yaml", &nodes),
        ("main.tf", &cluster("prod", AUTO_MODE)),
    ]));
    assert_eq!(one(&traced, "RC102").severity, Severity::Note);
    assert_eq!(verdict(&traced, "web", "node-class"), Verdict::Pass);
}

// --- RC103 -----------------------------------------------------------------------------------

fn with_label(pool: &str, key: &str) -> String {
    let requirement =
        format!("      requirements:\n        - key: {key}\n          operator: Exists\n---\n");
    pool.trim_end_matches("---\n").to_owned() + &requirement
}

#[test]
fn a_label_of_karpenter_in_a_pool_of_auto_mode_is_an_error_and_its_twin_is_offered() {
    let pool = node_pool("web", EKS, "NodeClass", "default");
    let twin = traced(&files(&[(
        "nodes.yaml",
        &with_label(&pool, "karpenter.k8s.aws/instance-cpu"),
    )]));
    let finding = one(&twin, "RC103");
    assert_eq!(finding.severity, Severity::Error);
    let edit = finding.repairs[0].edit.as_ref().unwrap();
    assert_eq!(edit.replacement, "eks.amazonaws.com/instance-cpu");

    let own = traced(&files(&[(
        "nodes.yaml",
        &with_label(&pool, "karpenter.k8s.aws/instance-tenancy"),
    )]));
    assert!(one(&own, "RC103").repairs[0].edit.is_none());
}

#[test]
fn labels_that_each_controller_knows_are_fine() {
    let auto = node_pool("web", EKS, "NodeClass", "default");
    let other = node_pool("old", KARPENTER, "EC2NodeClass", "default");
    let nodes = with_label(&auto, "eks.amazonaws.com/instance-cpu")
        + &with_label(&auto, "karpenter.sh/capacity-type")
        + &with_label(&auto, "kubernetes.io/os")
        + &with_label(&auto, "example.com/karpenter.k8s.aws")
        + &with_label(&other, "karpenter.k8s.aws/instance-cpu");
    none(
        &traced(&files(&[
            ("nodes.yaml", &nodes),
            ("main.tf", &cluster("prod", AUTO_MODE)),
        ])),
        "RC103",
    );
}
