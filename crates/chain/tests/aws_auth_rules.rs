//! RC707, RC708 and RC1001: what `aws-auth` makes of nodes.

#[expect(dead_code, reason = "other tests use the rest")]
mod support;

use rolecall_chain::{Severity, Verdict};
use support::{Files, cluster, files, karpenter, messages, none, of, one, role, traced, verdict};

const WORKER: &str = "managed_policy_arns = [\"arn:aws:iam::aws:policy/AmazonEKSWorkerNodePolicy\", \"arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryPullOnly\"]";

const PROVIDER: &str = "provider \"aws\" {\n  region = \"eu-central-1\"\n  allowed_account_ids = [\"111122223333\"]\n}\n";

fn config_map(items: &str) -> String {
    format!(
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: aws-auth\n  namespace: kube-system\ndata:\n  mapRoles: |\n{items}"
    )
}

fn item(arn: &str, user: &str, groups: &[&str]) -> String {
    let groups: String = groups
        .iter()
        .map(|group| format!("        - {group}\n"))
        .collect();
    format!("    - rolearn: {arn}\n      username: {user}\n      groups:\n{groups}")
}

fn node_item(arn: &str) -> String {
    item(
        arn,
        "system:node:{{EC2PrivateDNSName}}",
        &["system:bootstrappers", "system:nodes"],
    )
}

/// A Karpenter cluster of a mode, whose node role has a path, with this `aws-auth`.
fn input(mode: &str, path: &str, items: &str) -> Files {
    let main = format!(
        "{PROVIDER}{}{}",
        cluster("prod", "").replace("\"API\"", &format!("\"{mode}\"")),
        role(
            "node",
            "NodeRole",
            &format!("path = \"{path}\"\n  {WORKER}")
        ),
    );
    files(&[
        ("nodes.yaml", &karpenter("default", "role: NodeRole")),
        ("main.tf", &main),
        ("aws-auth.yaml", &config_map(items)),
    ])
}

const BARE: &str = "arn:aws:iam::111122223333:role/NodeRole";
const WITH_PATH: &str = "arn:aws:iam::111122223333:role/team/NodeRole";

#[test]
fn the_mapping_leaves_the_path_out_that_the_role_has() {
    let right = traced(&input("CONFIG_MAP", "/team/", &node_item(BARE)));
    assert!(right.findings.is_empty(), "{:#?}", messages(&right));
    assert_eq!(verdict(&right, "default", "access-entry"), Verdict::Pass);

    let wrong = traced(&input("CONFIG_MAP", "/team/", &node_item(WITH_PATH)));
    let finding = one(&wrong, "RC707");
    assert_eq!(finding.severity, Severity::Error);
    assert_eq!(
        finding.message,
        "aws-auth maps `arn:aws:iam::111122223333:role/team/NodeRole` with its path `/team/`, which no session's ARN has"
    );
    let edit = finding.repairs[0].edit.as_ref().unwrap();
    assert_eq!(
        (edit.expected.as_str(), edit.replacement.as_str()),
        (WITH_PATH, BARE)
    );
    assert_eq!(messages(&wrong).len(), 1, "{:#?}", messages(&wrong));
    assert_eq!(verdict(&wrong, "default", "access-entry"), Verdict::Fail);
}

#[test]
fn a_mapping_with_a_path_beside_an_entry_is_a_warning_and_without_aws_auth_nothing() {
    let entry = "resource \"aws_eks_access_entry\" \"node\" {\n  cluster_name  = aws_eks_cluster.prod.name\n  principal_arn = aws_iam_role.node.arn\n  type          = \"EC2_LINUX\"\n}\n";
    for (mode, expected) in [
        ("API_AND_CONFIG_MAP", Some(Severity::Warning)),
        ("API", None),
    ] {
        let mut input = input(mode, "/team/", &node_item(WITH_PATH));
        input.get_mut("main.tf").unwrap().push_str(entry);
        let found = traced(&input);
        let severities: Vec<Severity> = of(&found, "RC707")
            .iter()
            .map(|finding| finding.severity)
            .collect();
        assert_eq!(severities, Vec::from_iter(expected), "{mode}");
        assert_eq!(verdict(&found, "default", "access-entry"), Verdict::Pass);
    }
}

#[test]
fn a_persons_role_with_a_path_is_a_warning() {
    let sso =
        "arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Admin_1a2b";
    let items = node_item(BARE) + &item(sso, "admin", &["system:masters"]);
    let found = traced(&input("CONFIG_MAP", "/", &items));
    assert_eq!(one(&found, "RC707").severity, Severity::Warning);
    assert_eq!(messages(&found).len(), 1, "{:#?}", messages(&found));
}

fn managed(mode: &str, path: &str) -> Files {
    let group = "resource \"aws_eks_node_group\" \"workers\" {\n  cluster_name    = aws_eks_cluster.prod.name\n  node_group_name = \"workers\"\n  node_role_arn   = aws_iam_role.node.arn\n  subnet_ids      = []\n  scaling_config {\n    desired_size = 1\n    max_size     = 1\n    min_size     = 1\n  }\n}\n";
    let main = format!(
        "{PROVIDER}{}{}{group}",
        cluster("prod", "").replace("\"API\"", &format!("\"{mode}\"")),
        role(
            "node",
            "NodeRole",
            &format!("path = \"{path}\"\n  {WORKER}")
        ),
    );
    files(&[("main.tf", &main)])
}

#[test]
fn eks_maps_a_managed_groups_role_with_its_path_unless_it_makes_an_entry() {
    let plain = traced(&managed("CONFIG_MAP", "/team/"));
    let finding = one(&plain, "RC707");
    assert_eq!(
        finding.message,
        "EKS maps the role of managed node group workers in aws-auth as `arn:aws:iam::111122223333:role/team/NodeRole`, with a path that no session's ARN has"
    );
    // The ConfigMap was not given and may map the role without its path.
    assert_eq!(finding.severity, Severity::Warning);
    assert_eq!(verdict(&plain, "workers", "access-entry"), Verdict::Unknown);

    let mut whole = managed("CONFIG_MAP", "/team/");
    let other = config_map(&item(
        "arn:aws:iam::111122223333:role/OnCall",
        "on-call",
        &["view"],
    ));
    whole.insert("aws-auth.yaml".to_owned(), other);
    let found = traced(&whole);
    assert_eq!(one(&found, "RC707").severity, Severity::Error);
    assert_eq!(verdict(&found, "workers", "access-entry"), Verdict::Fail);

    whole.insert("aws-auth.yaml".to_owned(), config_map(&node_item(BARE)));
    let mapped = traced(&whole);
    assert!(mapped.findings.is_empty(), "{:#?}", messages(&mapped));
    for (mode, path) in [
        ("CONFIG_MAP", "/"),
        ("API_AND_CONFIG_MAP", "/team/"),
        ("API", "/team/"),
    ] {
        let found = traced(&managed(mode, path));
        assert!(
            found.findings.is_empty(),
            "{mode} {path}: {:#?}",
            messages(&found)
        );
    }
}

#[test]
fn a_node_needs_a_nodes_user_name_and_group() {
    for (user, groups, fault) in [
        (
            "system:node:{{EC2PrivateDNSName}}",
            &["system:bootstrappers"][..],
            "does not put it into the group `system:nodes`",
        ),
        (
            "node",
            &["system:bootstrappers", "system:nodes"][..],
            "gives the user name `node`, not one that begins with `system:node:`",
        ),
        (
            "system:node:{{EC2PrivateDNSName}}",
            &["\"system:bootstrappers - system:nodes\""][..],
            "does not put it into the group `system:nodes`",
        ),
    ] {
        let found = traced(&input("CONFIG_MAP", "/", &item(BARE, user, groups)));
        let finding = of(&found, "RC708")
            .into_iter()
            .find(|finding| finding.message.contains(fault))
            .unwrap_or_else(|| panic!("{fault}: {:#?}", messages(&found)));
        assert_eq!(finding.severity, Severity::Error);
        assert_eq!(verdict(&found, "default", "access-entry"), Verdict::Fail);
    }
}

#[test]
fn mappings_for_people_fargate_and_instance_names_are_no_fault() {
    let items = node_item(BARE)
        + &item(
            "arn:aws:iam::111122223333:role/Admin",
            "admin",
            &["system:masters"],
        )
        + &item(
            "arn:aws:iam::111122223333:role/Fargate",
            "system:node:{{SessionName}}",
            &[
                "system:bootstrappers",
                "system:nodes",
                "system:node-proxier",
            ],
        )
        + &item(
            "arn:aws:iam::111122223333:role/ById",
            "system:node:{{SessionName}}",
            &["system:nodes"],
        );
    let found = traced(&input("CONFIG_MAP", "/", &items));
    assert!(found.findings.is_empty(), "{:#?}", messages(&found));
}

#[test]
fn a_key_that_the_authenticator_does_not_know_is_told() {
    let mut files = input("CONFIG_MAP", "/", &node_item(BARE));
    let text = files.get_mut("aws-auth.yaml").unwrap();
    *text = text.replace("mapRoles", "maproles");
    let found = traced(&files);
    let finding = of(&found, "RC708");
    assert!(!finding.is_empty(), "{:#?}", messages(&found));
    assert!(
        finding[0].message.contains("maproles"),
        "{:#?}",
        messages(&found)
    );
    assert_eq!(finding[0].severity, Severity::Warning);
    // Nothing maps the role then.
    assert_eq!(of(&found, "RC1001").len(), 1, "{:#?}", messages(&found));
}

#[test]
fn a_cluster_of_aws_auth_alone_needs_a_mapping_for_the_nodes_of_karpenter() {
    let others = item(
        "arn:aws:iam::111122223333:role/OnCall",
        "on-call",
        &["view"],
    );
    let found = traced(&input("CONFIG_MAP", "/", &others));
    let finding = one(&found, "RC1001");
    assert_eq!(
        finding.message,
        "aws-auth of cluster `prod` has no mapping for node role `NodeRole`"
    );
    assert_eq!(verdict(&found, "default", "join"), Verdict::Fail);
    // Where entries count as well, that is the rule about entries.
    let both = traced(&input("API_AND_CONFIG_MAP", "/", &others));
    none(&both, "RC1001");
    assert_eq!(of(&both, "RC702").len(), 1, "{:#?}", messages(&both));
    // Where the ConfigMap was not given, it may map the role.
    let mut open = input("CONFIG_MAP", "/", &others);
    open.remove("aws-auth.yaml");
    let open = traced(&open);
    assert!(open.findings.is_empty(), "{:#?}", messages(&open));
    assert_eq!(verdict(&open, "default", "access-entry"), Verdict::Unknown);
}

#[test]
fn the_case_of_the_mapped_arn_does_not_matter() {
    let shouted = node_item("arn:aws:iam::111122223333:role/NODEROLE");
    let found = traced(&input("CONFIG_MAP", "/team/", &shouted));
    assert!(found.findings.is_empty(), "{:#?}", messages(&found));
}
