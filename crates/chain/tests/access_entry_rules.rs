//! RC701 to RC706, RC709 to RC711 and RC801 to RC803: access entries and their policies.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[expect(dead_code, reason = "other tests use the rest")]
mod support;

use rolecall_chain::{ControlPlane, Finding, Options, Severity, Traced, Verdict, trace};
use rolecall_facts::Origin;
use support::{
    AUTO_MODE, AUTO_NODE_POLICIES, Files, auto_mode, cluster, files, karpenter, messages, none, of,
    one, read, role, traced, verdict,
};

const PROVIDER: &str = r#"
provider "aws" {
  region              = "eu-central-1"
  allowed_account_ids = ["111122223333"]
}
"#;

fn entry(name: &str, principal: &str, kind: &str) -> String {
    format!(
        "resource \"aws_eks_access_entry\" \"{name}\" {{\n  cluster_name  = aws_eks_cluster.prod.name\n  principal_arn = {principal}\n  type          = \"{kind}\"\n}}\n"
    )
}

fn association(name: &str, principal: &str, policy: &str, scope: &str) -> String {
    format!(
        "resource \"aws_eks_access_policy_association\" \"{name}\" {{\n  cluster_name  = aws_eks_cluster.prod.name\n  principal_arn = {principal}\n  policy_arn    = \"arn:aws:eks::aws:cluster-access-policy/{policy}\"\n  access_scope {{\n    {scope}\n  }}\n}}\n"
    )
}

const WHOLE: &str = "type = \"cluster\"";

/// An Auto Mode cluster `prod`, a pool `web` with its role, and more Terraform.
fn auto(path: &str, more: &[&str]) -> Files {
    let node = role(
        "web",
        "WebNodeRole",
        &format!("path = \"{path}\"\n  {AUTO_NODE_POLICIES}"),
    );
    files(&[
        ("nodes.yaml", &auto_mode("web", "role: WebNodeRole")),
        (
            "main.tf",
            &format!(
                "{PROVIDER}{}{node}{}",
                cluster("prod", AUTO_MODE),
                more.concat()
            ),
        ),
    ])
}

fn whole_entry(principal: &str) -> String {
    entry("web", principal, "EC2")
        + &association("web", principal, "AmazonEKSAutoNodePolicy", WHOLE)
}

/// The findings that say more than that the role is under a path.
fn faults(traced: &Traced) -> Vec<String> {
    messages(traced)
        .into_iter()
        .filter(|message| !message.starts_with("RC710 note"))
        .collect()
}

fn evidence(finding: &Finding) -> String {
    format!("{:?}", finding.evidence)
}

fn line_of(origin: &Origin) -> u32 {
    origin.as_file().unwrap().line
}

// --- what is right -----------------------------------------------------------------------------

#[test]
fn an_entry_for_the_full_arn_with_its_policy_is_all_a_pool_needs() {
    for path in ["/", "/platform/eks/"] {
        let found = traced(&auto(path, &[&whole_entry("aws_iam_role.web.arn")]));
        assert!(faults(&found).is_empty(), "{:#?}", faults(&found));
        assert_eq!(verdict(&found, "web", "access-policy"), Verdict::Pass);
    }
}

#[test]
fn entries_of_people_are_none_of_our_business() {
    let people = [
        entry(
            "admin",
            "\"arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/eu-central-1/AWSReservedSSO_Admin_1a2b\"",
            "STANDARD",
        ),
        entry("user", "\"arn:aws:iam::111122223333:user/ann\"", "STANDARD"),
        entry(
            "other",
            "\"arn:aws:iam::444455556666:role/Deployer\"",
            "STANDARD",
        ),
        association(
            "admin",
            "\"arn:aws:iam::111122223333:user/ann\"",
            "AmazonEKSClusterAdminPolicy",
            WHOLE,
        ),
    ];
    let found = traced(&auto(
        "/",
        &[&whole_entry("aws_iam_role.web.arn"), &people.concat()],
    ));
    assert!(found.findings.is_empty(), "{:#?}", messages(&found));
}

#[test]
fn an_entry_whose_principal_is_not_known_may_be_the_one() {
    let unknown =
        "variable \"node_role_arn\" {}\n".to_owned() + &entry("web", "var.node_role_arn", "EC2");
    let found = traced(&auto("/", &[&unknown]));
    assert!(found.findings.is_empty(), "{:#?}", messages(&found));
    assert_eq!(verdict(&found, "web", "access-entry"), Verdict::Unknown);
}

#[test]
fn an_entry_or_association_of_a_cluster_that_is_not_known_may_be_the_one() {
    let open = |text: &str| {
        "variable \"cluster\" {}\n".to_owned()
            + &text.replace("aws_eks_cluster.prod.name", "var.cluster")
    };
    let other_entry = open(&entry("web", "aws_iam_role.web.arn", "EC2"));
    let found = traced(&auto("/", &[&other_entry]));
    assert!(found.findings.is_empty(), "{:#?}", messages(&found));
    let own_entry = entry("web", "aws_iam_role.web.arn", "EC2");
    let other_policy = open(&association(
        "web",
        "aws_iam_role.web.arn",
        "AmazonEKSAutoNodePolicy",
        WHOLE,
    ));
    let found = traced(&auto("/", &[&own_entry, &other_policy]));
    assert!(found.findings.is_empty(), "{:#?}", messages(&found));
    assert_eq!(verdict(&found, "web", "access-policy"), Verdict::Unknown);
}

#[test]
fn the_same_names_in_several_environments_are_kept_apart() {
    let environment = |name: &str, account: &str, path: &str| {
        let text = format!(
            "provider \"aws\" {{\n  region = \"eu-central-1\"\n  allowed_account_ids = [\"{account}\"]\n}}\n{}{}{}",
            cluster("prod", AUTO_MODE)
                .replace("name     = \"prod\"", &format!("name     = \"{name}\"")),
            role(
                "web",
                "WebNodeRole",
                &format!("path = \"{path}\"\n  {AUTO_NODE_POLICIES}")
            ),
            whole_entry("aws_iam_role.web.arn"),
        );
        (format!("{name}/main.tf"), text)
    };
    let (live, live_text) = environment("live", "111122223333", "/platform/eks/");
    let (test, test_text) = environment("test", "444455556666", "/");
    let settings = "[[clusters]]\nname = \"live\"\npaths = [\"live/**\"]\n[[clusters]]\nname = \"test\"\npaths = [\"test/**\"]\n";
    let found = traced(&files(&[
        (&live, &live_text),
        (&test, &test_text),
        ("live/nodes.yaml", &auto_mode("web", "role: WebNodeRole")),
        ("test/nodes.yaml", &auto_mode("web", "role: WebNodeRole")),
        ("rolecall.toml", settings),
    ]));
    assert!(faults(&found).is_empty(), "{:#?}", faults(&found));
}

// --- RC701 -------------------------------------------------------------------------------------

#[test]
fn auto_mode_cannot_run_in_a_cluster_that_knows_aws_auth_alone() {
    let mut input = auto("/", &[&whole_entry("aws_iam_role.web.arn")]);
    let main = input.get_mut("main.tf").unwrap();
    *main = main.replace("\"API\"", "\"CONFIG_MAP\"");
    let found = traced(&input);
    let finding = one(&found, "RC701");
    assert_eq!(
        finding.message,
        "cluster `prod` runs Auto Mode, but its authentication mode is CONFIG_MAP"
    );
    assert_eq!(finding.severity, Severity::Error);
    assert!(evidence(finding).contains(
        "When EKS Auto Mode is enabled, you must use an EKS access config authentication mode of \
         API_AND_CONFIG_MAP or API"
    ));
    assert_eq!(messages(&found).len(), 1, "{:#?}", messages(&found));
    assert_eq!(verdict(&found, "web", "access-entry"), Verdict::Fail);
}

#[test]
fn entries_for_people_in_such_a_cluster_are_a_warning() {
    let config_map = cluster("prod", "").replace("\"API\"", "\"CONFIG_MAP\"");
    let admin = entry(
        "admin",
        "\"arn:aws:iam::111122223333:role/Admin\"",
        "STANDARD",
    );
    let found = traced(&files(&[("main.tf", &format!("{config_map}{admin}"))]));
    assert_eq!(one(&found, "RC701").severity, Severity::Warning);
    let plain = traced(&files(&[("main.tf", &config_map)]));
    assert!(plain.findings.is_empty(), "{:#?}", messages(&plain));
    let open = cluster("prod", AUTO_MODE).replace("\"API\"", "var.mode");
    let open = traced(&files(&[(
        "main.tf",
        &format!("variable \"mode\" {{}}\n{open}"),
    )]));
    none(&open, "RC701");
}

// --- RC702, RC703 ------------------------------------------------------------------------------

#[test]
fn karpenter_needs_an_entry_of_the_users_and_a_managed_group_does_not() {
    let node = role(
        "node",
        "NodeRole",
        "managed_policy_arns = [\"arn:aws:iam::aws:policy/AmazonEKSWorkerNodePolicy\", \"arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryPullOnly\"]",
    );
    let by_karpenter = traced(&files(&[
        ("nodes.yaml", &karpenter("default", "role: NodeRole")),
        (
            "main.tf",
            &format!("{PROVIDER}{}{node}", cluster("prod", "")),
        ),
    ]));
    let finding = one(&by_karpenter, "RC702");
    assert!(
        finding.repairs[0]
            .commands
            .iter()
            .any(|command| command.text.contains("--type EC2_LINUX"))
    );
    let group = "resource \"aws_eks_node_group\" \"workers\" {\n  cluster_name    = aws_eks_cluster.prod.name\n  node_group_name = \"workers\"\n  node_role_arn   = aws_iam_role.node.arn\n  subnet_ids      = []\n  scaling_config {\n    desired_size = 1\n    max_size     = 1\n    min_size     = 1\n  }\n}\n";
    let managed = traced(&files(&[(
        "main.tf",
        &format!("{PROVIDER}{}{node}{group}", cluster("prod", "")),
    )]));
    assert!(managed.findings.is_empty(), "{:#?}", messages(&managed));
}

#[test]
fn an_entry_without_the_path_is_told_for_karpenter_too_and_the_edit_writes_the_full_arn() {
    let node = role(
        "node",
        "NodeRole",
        "path = \"/team/\"\n  managed_policy_arns = [\"arn:aws:iam::aws:policy/AmazonEKSWorkerNodePolicy\", \"arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryPullOnly\"]",
    );
    let wrong = entry(
        "node",
        "\"arn:aws:iam::111122223333:role/NodeRole\"",
        "EC2_LINUX",
    );
    let found = traced(&files(&[
        ("nodes.yaml", &karpenter("default", "role: NodeRole")),
        (
            "main.tf",
            &format!("{PROVIDER}{}{node}{wrong}", cluster("prod", "")),
        ),
    ]));
    let finding = one(&found, "RC703");
    let edit = finding.repairs[0].edit.as_ref().unwrap();
    assert_eq!(edit.expected, "arn:aws:iam::111122223333:role/NodeRole");
    assert_eq!(
        edit.replacement,
        "arn:aws:iam::111122223333:role/team/NodeRole"
    );
    assert_eq!(messages(&found).len(), 1, "{:#?}", messages(&found));
    assert_eq!(verdict(&found, "default", "access-entry"), Verdict::Fail);
}

// --- RC704 -------------------------------------------------------------------------------------

#[test]
fn the_types_spelling_in_the_user_guide_is_no_fault() {
    let node = role(
        "node",
        "NodeRole",
        "managed_policy_arns = [\"arn:aws:iam::aws:policy/AmazonEKSWorkerNodePolicy\", \"arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryPullOnly\"]",
    );
    let found = traced(&files(&[
        ("nodes.yaml", &karpenter("default", "role: NodeRole")),
        (
            "main.tf",
            &format!(
                "{PROVIDER}{}{node}{}",
                cluster("prod", ""),
                entry("node", "aws_iam_role.node.arn", "EC2_Linux")
            ),
        ),
    ]));
    assert!(found.findings.is_empty(), "{:#?}", messages(&found));
}

#[test]
fn a_wrong_type_is_rewritten_where_it_is_written() {
    let found = traced(&auto(
        "/",
        &[&entry("web", "aws_iam_role.web.arn", "EC2_LINUX")],
    ));
    let finding = one(&found, "RC704");
    let edit = finding.repairs[0].edit.as_ref().unwrap();
    assert_eq!(
        (edit.expected.as_str(), edit.replacement.as_str()),
        ("EC2_LINUX", "EC2")
    );
    none(&found, "RC801");
    // Where the type is left out it is STANDARD, and there is no text to rewrite.
    let left_out =
        entry("web", "aws_iam_role.web.arn", "EC2").replace("  type          = \"EC2\"\n", "");
    let found = traced(&auto("/", &[&left_out]));
    let finding = one(&found, "RC704");
    assert!(
        finding.message.contains("has type `STANDARD`"),
        "{}",
        finding.message
    );
    assert!(finding.repairs.iter().all(|repair| repair.edit.is_none()));
}

// --- RC705 -------------------------------------------------------------------------------------

#[test]
fn a_plan_that_replaces_the_role_and_keeps_its_entry_kills_the_entry() {
    let plan = include_str!("../../../examples/recreated-role/plan.json");
    let nodes = include_str!("../../../examples/recreated-role/ci.yaml");
    let found = traced(&files(&[("plan.json", plan), ("nodes.yaml", nodes)]));
    let finding = one(&found, "RC705");
    assert_eq!(finding.severity, Severity::Error);
    assert!(
        evidence(finding).contains("this plan replaces the role"),
        "{finding:#?}"
    );
    assert_eq!(verdict(&found, "ci", "access-entry"), Verdict::Fail);
    // The control plane sees an entry of the right type all the same.
    let chain = &found.chains[0];
    let class = chain
        .predicted
        .iter()
        .find(|known| known.object == "NodeClass/ci");
    let profile = &class.unwrap().conditions[0];
    assert_eq!(
        (profile.kind.as_str(), profile.status.as_str()),
        ("InstanceProfileReady", "True")
    );
}

fn live(mode: &str, entry_at: &str, mapping: Option<&str>) -> Files {
    let origin = r#"{ "api": { "call": "eks:DescribeAccessEntry", "target": "x" } }"#;
    let known =
        |value: &str| format!(r#"{{ "known": {{ "value": {value}, "origin": {origin} }} }}"#);
    let aws_auth = mapping.map_or(String::new(), |arn| {
        format!(
            r#""aws_auth": [{{ "cluster": {{ "value": {} }}, "map_roles": {}, "origin": {origin} }}],"#,
            known("\"prod\""),
            known(&format!(
                r#"[{{ "role_arn": {}, "username": {}, "groups": {}, "origin": {origin} }}]"#,
                known(&format!("\"{arn}\"")),
                known("\"system:node:{{EC2PrivateDNSName}}\""),
                known("[\"system:bootstrappers\", \"system:nodes\"]"),
            )),
        )
    });
    let text = format!(
        r#"{{
  "version": 1,
  {aws_auth}
  "access_entries": [{{
    "cluster": {{ "value": {prod} }}, "principal": {{ "value": {arn} }}, "entry_type": {kind},
    "kubernetes_groups": {groups}, "created_at": "{entry_at}",
    "policies_complete": "complete", "origin": {origin}
  }}],
  "roles": [{{
    "partition": "aws", "account": "111122223333", "name": {name}, "path": {path},
    "created_at": "2026-03-02T09:30:00Z",
    "trust": {{ "unknown": {{ "why": {{ "reason": "not-given", "detail": "the trust policy" }} }} }},
    "policies_complete": {{ "partial": {{ "reason": "not-given", "detail": "its policies" }} }}, "origin": {origin}
  }}]
}}"#,
        prod = known("\"prod\""),
        arn = known("\"arn:aws:iam::111122223333:role/NodeRole\""),
        kind = known("\"EC2_LINUX\""),
        groups = known("[\"system:nodes\"]"),
        name = known("\"NodeRole\""),
        path = known("\"/\""),
    );
    let main = format!(
        "{PROVIDER}{}",
        cluster("prod", "").replace("\"API\"", &format!("\"{mode}\""))
    );
    files(&[
        ("nodes.yaml", &karpenter("default", "role: NodeRole")),
        ("main.tf", &main),
        ("snapshot.json", &text),
    ])
}

#[test]
fn a_role_younger_than_its_entry_was_made_again() {
    let dead = traced(&live("API", "2025-11-20T08:00:00Z", None));
    let finding = one(&dead, "RC705");
    assert_eq!(finding.severity, Severity::Error);
    assert_eq!(
        finding.message,
        "the access entry for arn:aws:iam::111122223333:role/NodeRole is dead: role `NodeRole` is made again after it"
    );
    let alive = traced(&live("API", "2026-03-02T09:31:00Z", None));
    none(&alive, "RC705");
}

#[test]
fn aws_auth_may_hide_a_dead_entry_where_it_counts() {
    let arn = "arn:aws:iam::111122223333:role/NodeRole";
    let hidden = traced(&live(
        "API_AND_CONFIG_MAP",
        "2025-11-20T08:00:00Z",
        Some(arn),
    ));
    let finding = one(&hidden, "RC705");
    assert_eq!(finding.severity, Severity::Warning);
    assert!(finding.message.contains("hidden by a mapping in aws-auth"));
    let ignored = traced(&live("API", "2025-11-20T08:00:00Z", Some(arn)));
    assert_eq!(one(&ignored, "RC705").severity, Severity::Error);
    let other = "arn:aws:iam::111122223333:role/Other";
    let other = traced(&live(
        "API_AND_CONFIG_MAP",
        "2025-11-20T08:00:00Z",
        Some(other),
    ));
    assert_eq!(one(&other, "RC705").severity, Severity::Error);
}

// --- RC706 -------------------------------------------------------------------------------------

#[test]
fn an_entry_for_nodes_without_the_path_is_told_though_no_pool_uses_it() {
    let batch = role("batch", "BatchNodeRole", "path = \"/platform/eks/\"");
    let wrong = entry(
        "batch",
        "\"arn:aws:iam::111122223333:role/BatchNodeRole\"",
        "EC2",
    );
    let found = traced(&files(&[(
        "main.tf",
        &format!("{PROVIDER}{}{batch}{wrong}", cluster("prod", AUTO_MODE)),
    )]));
    let finding = one(&found, "RC706");
    assert_eq!(finding.severity, Severity::Error);
    let edit = finding.repairs[0].edit.as_ref().unwrap();
    assert_eq!(
        edit.replacement,
        "arn:aws:iam::111122223333:role/platform/eks/BatchNodeRole"
    );
}

#[test]
fn a_role_that_another_account_or_repository_may_hold_is_not_missing() {
    let batch = role("batch", "BatchNodeRole", "path = \"/platform/eks/\"");
    for principal in [
        "\"arn:aws:iam::444455556666:role/BatchNodeRole\"",
        "\"arn:aws:iam::111122223333:role/MadeElsewhere\"",
        "\"arn:aws:iam::111122223333:role/platform/eks/BatchNodeRole\"",
        "aws_iam_role.batch.arn",
        "var.role",
    ] {
        let text = format!(
            "variable \"role\" {{}}\n{PROVIDER}{}{batch}{}",
            cluster("prod", AUTO_MODE),
            entry("batch", principal, "EC2")
        );
        none(&traced(&files(&[("main.tf", &text)])), "RC706");
    }
    // Not an entry for nodes.
    let people = format!(
        "{PROVIDER}{}{batch}{}",
        cluster("prod", AUTO_MODE),
        entry(
            "batch",
            "\"arn:aws:iam::111122223333:role/BatchNodeRole\"",
            "STANDARD"
        )
    );
    none(&traced(&files(&[("main.tf", &people)])), "RC706");
}

#[test]
fn an_entry_left_over_from_a_deleted_role_is_a_warning_where_all_roles_are_known() {
    let mut input = live("API", "2026-03-02T09:31:00Z", None);
    let snapshot = input.get_mut("snapshot.json").unwrap();
    *snapshot = snapshot.replace("role/NodeRole", "role/Gone").replace(
        "\"version\": 1,",
        "\"version\": 1,\n  \"role_complete_accounts\": [\"111122223333\"],",
    );
    let finding_of = traced(&input);
    let finding = one(&finding_of, "RC706");
    assert_eq!(finding.severity, Severity::Warning);
    assert_eq!(
        finding.message,
        "the access entry for arn:aws:iam::111122223333:role/Gone names a role that does not exist"
    );
    let partly = input.get_mut("snapshot.json").unwrap();
    *partly = partly.replace("\"role_complete_accounts\": [\"111122223333\"],", "");
    none(&traced(&input), "RC706");
}

// --- RC709, RC711 ------------------------------------------------------------------------------

#[test]
fn nodes_come_from_the_clusters_own_account_and_people_from_anywhere() {
    let foreign = |kind: &str| {
        let text = format!(
            "{PROVIDER}{}{}",
            cluster("prod", ""),
            entry("x", "\"arn:aws:iam::444455556666:role/Shared\"", kind)
        );
        traced(&files(&[("main.tf", &text)]))
    };
    for kind in [
        "EC2",
        "EC2_LINUX",
        "EC2_WINDOWS",
        "FARGATE_LINUX",
        "HYBRID_LINUX",
    ] {
        assert_eq!(
            one(&foreign(kind), "RC709").severity,
            Severity::Error,
            "{kind}"
        );
    }
    for kind in ["STANDARD", "HYPERPOD_LINUX"] {
        none(&foreign(kind), "RC709");
    }
    let open = format!(
        "{}{}",
        cluster("prod", ""),
        entry(
            "x",
            "\"arn:aws:iam::444455556666:role/Shared\"",
            "EC2_LINUX"
        )
    );
    none(&traced(&files(&[("main.tf", &open)])), "RC709");
}

#[test]
fn two_entries_for_one_principal_collide_and_the_second_is_shown_first() {
    let node = role("node", "NodeRole", "");
    let twice = entry("workers", "aws_iam_role.node.arn", "EC2_LINUX")
        + &entry("batch", "aws_iam_role.node.arn", "EC2_LINUX");
    let text = format!("{}{node}{twice}", cluster("prod", ""));
    let found = traced(&files(&[("main.tf", &text)]));
    let finding = one(&found, "RC711");
    assert!(line_of(&finding.origins[0]) > line_of(&finding.origins[1]));
    assert!(
        evidence(finding)
            .contains("The specified access entry resource is already in use on this cluster.")
    );
}

#[test]
fn the_same_principal_in_two_clusters_or_two_folders_does_not_collide() {
    let node = role("node", "NodeRole", "");
    let one_entry = entry("workers", "aws_iam_role.node.arn", "EC2_LINUX");
    let second = one_entry
        .replace("\"workers\"", "\"other\"")
        .replace("aws_eks_cluster.prod", "aws_eks_cluster.test");
    let text = format!(
        "{}{}{node}{one_entry}{second}",
        cluster("prod", ""),
        cluster("test", "")
    );
    none(&traced(&files(&[("main.tf", &text)])), "RC711");
    let folder = format!("{}{node}{one_entry}", cluster("prod", ""));
    none(
        &traced(&files(&[("a/main.tf", &folder), ("b/main.tf", &folder)])),
        "RC711",
    );
}

// --- RC801, RC802, RC803 -----------------------------------------------------------------------

#[test]
fn the_nodes_of_auto_mode_need_their_policy_in_the_whole_cluster() {
    let bare = entry("web", "aws_iam_role.web.arn", "EC2");
    let missing = traced(&auto("/", &[&bare]));
    let finding = one(&missing, "RC801");
    assert!(
        finding.repairs[0].commands[0]
            .text
            .contains("aws eks associate-access-policy --region eu-central-1 --cluster-name prod")
    );
    assert_eq!(verdict(&missing, "web", "access-policy"), Verdict::Fail);

    let narrow = association(
        "web",
        "aws_iam_role.web.arn",
        "AmazonEKSAutoNodePolicy",
        "type = \"namespace\"\n    namespaces = [\"kube-system\"]",
    );
    let narrow = traced(&auto("/", &[&bare, &narrow]));
    assert!(evidence(one(&narrow, "RC802")).contains("the namespaces are kube-system"));
    none(&narrow, "RC801");

    let other = association("web", "aws_iam_role.web.arn", "AmazonEKSViewPolicy", WHOLE);
    let other = traced(&auto("/", &[&bare, &other]));
    assert!(evidence(one(&other, "RC801")).contains("associated with it: AmazonEKSViewPolicy"));
}

#[test]
fn a_policy_that_is_not_known_may_be_the_one() {
    let unknown = "variable \"policy\" {}\n".to_owned()
        + &association("web", "aws_iam_role.web.arn", "X", WHOLE)
            .replace("\"arn:aws:eks::aws:cluster-access-policy/X\"", "var.policy");
    let found = traced(&auto(
        "/",
        &[&entry("web", "aws_iam_role.web.arn", "EC2"), &unknown],
    ));
    assert!(found.findings.is_empty(), "{:#?}", messages(&found));
    assert_eq!(verdict(&found, "web", "access-policy"), Verdict::Unknown);
}

#[test]
fn the_role_that_the_built_in_pools_use_has_its_policy_from_eks() {
    let built_in = "compute_config {\n    enabled       = true\n    node_pools    = [\"system\"]\n    node_role_arn = aws_iam_role.web.arn\n  }";
    let node = role("web", "WebNodeRole", AUTO_NODE_POLICIES);
    let text = format!(
        "{PROVIDER}{}{node}{}",
        cluster("prod", built_in),
        entry("web", "aws_iam_role.web.arn", "EC2")
    );
    let found = traced(&files(&[
        ("nodes.yaml", &auto_mode("web", "role: WebNodeRole")),
        ("main.tf", &text),
    ]));
    none(&found, "RC801");
}

#[test]
fn node_entries_other_than_auto_modes_take_no_policy() {
    let node = role("node", "NodeRole", "");
    let with = |kind: &str, policy: &str| {
        let text = format!(
            "{}{node}{}{}",
            cluster("prod", ""),
            entry("node", "aws_iam_role.node.arn", kind),
            association("node", "aws_iam_role.node.arn", policy, WHOLE),
        );
        traced(&files(&[("main.tf", &text)]))
    };
    for kind in ["EC2_LINUX", "EC2_WINDOWS"] {
        let found = with(kind, "AmazonEKSAutoNodePolicy");
        assert!(evidence(one(&found, "RC803")).contains("with a type of \\\"STANDARD\\\"."));
    }
    for kind in ["STANDARD", "EC2"] {
        none(&with(kind, "AmazonEKSAutoNodePolicy"), "RC803");
        none(&with(kind, "AmazonEKSViewPolicy"), "RC803");
    }
}

// --- mixed -------------------------------------------------------------------------------------

#[test]
fn auto_mode_and_karpenter_side_by_side_have_each_its_own_entry() {
    let node = role(
        "node",
        "KarpenterNodeRole",
        "managed_policy_arns = [\"arn:aws:iam::aws:policy/AmazonEKSWorkerNodePolicy\", \"arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryPullOnly\"]",
    );
    let linux = entry("node", "aws_iam_role.node.arn", "EC2_LINUX");
    let mut input = auto("/", &[&whole_entry("aws_iam_role.web.arn"), &node, &linux]);
    input.insert(
        "karpenter.yaml".to_owned(),
        karpenter("default", "role: KarpenterNodeRole"),
    );
    let found = traced(&input);
    assert!(found.findings.is_empty(), "{:#?}", messages(&found));
    for pool in ["web", "default"] {
        assert_eq!(verdict(&found, pool, "access-entry"), Verdict::Pass);
    }
}

// --- RC710 -------------------------------------------------------------------------------------

#[test]
fn under_the_legacy_control_plane_a_role_without_path_passes_and_one_with_a_path_does_not() {
    let legacy = |files: &Files| {
        let (snapshot, options) = read(files);
        trace(
            &snapshot,
            &Options {
                control_plane: ControlPlane::Legacy,
                ..options
            },
        )
    };
    let plain = legacy(&auto("/", &[&whole_entry("aws_iam_role.web.arn")]));
    assert!(plain.findings.is_empty(), "{:#?}", messages(&plain));
    let nested = legacy(&auto(
        "/platform/eks/",
        &[&whole_entry("aws_iam_role.web.arn")],
    ));
    assert_eq!(of(&nested, "RC710").len(), 1);
    assert_eq!(verdict(&nested, "web", "access-entry"), Verdict::Fail);
}

#[test]
fn an_entry_that_only_a_control_plane_finds_that_drops_the_path_is_of_an_earlier_role() {
    let moved = live("API", "2025-11-20T08:00:00Z", None);
    let moved: Files = moved
        .into_iter()
        .map(|(name, text)| {
            let text = text
                .replace("EC2_LINUX", "EC2")
                .replace("\"value\": \"/\"", "\"value\": \"/platform/\"");
            (name, text)
        })
        .chain(files(&[(
            "nodes.yaml",
            &auto_mode("web", "role: NodeRole"),
        )]))
        .collect();
    let (snapshot, options) = read(&moved);
    for control_plane in [ControlPlane::Current, ControlPlane::Legacy] {
        let options = Options {
            control_plane,
            ..options.clone()
        };
        let traced = trace(&snapshot, &options);
        assert_eq!(of(&traced, "RC703").len(), 1, "{:#?}", messages(&traced));
        none(&traced, "RC706");
        assert_eq!(verdict(&traced, "web", "access-entry"), Verdict::Fail);
    }
}
