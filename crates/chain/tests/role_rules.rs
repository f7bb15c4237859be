//! RC301 to RC304: whether the role is there, and what it is called.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[expect(dead_code, reason = "other tests use the rest")]
mod support;

use rolecall_chain::{Severity, Traced, Verdict};
use rolecall_facts::Snapshot;
use support::{
    AUTO_MODE, AUTO_NODE_POLICIES, auto_mode, cluster, files, karpenter, messages, none, of, one,
    role, traced, verdict,
};

fn provider(account: &str) -> String {
    format!("provider \"aws\" {{\n  allowed_account_ids = [\"{account}\"]\n}}\n")
}

fn node_group(role_arn: &str) -> String {
    format!(
        "resource \"aws_eks_node_group\" \"web\" {{\n  cluster_name = \"prod\"\n  node_group_name = \"web\"\n  node_role_arn = {role_arn}\n  subnet_ids = []\n  scaling_config {{\n    min_size = 1\n    max_size = 1\n    desired_size = 1\n  }}\n}}\n"
    )
}

/// The files, with all roles of the account known to be among them.
fn traced_with_all_roles(named: &[(&str, &str)], account: &str) -> Traced {
    let (mut snapshot, options) = support::read(&files(named));
    snapshot
        .role_complete_accounts
        .push(account.parse().unwrap());
    rolecall_chain::trace(&snapshot, &options)
}

// --- RC301 -----------------------------------------------------------------------------------

#[test]
fn a_name_that_is_nearly_a_declared_role_s_is_a_warning_and_the_link_stays_open() {
    let nodes = auto_mode("web", "role: WebNodesRole");
    let main = role("web", "WebNodeRole", AUTO_NODE_POLICIES);
    let traced = traced(&files(&[("nodes.yaml", &nodes), ("main.tf", &main)]));
    let finding = one(&traced, "RC301");
    assert_eq!(finding.severity, Severity::Warning);
    assert_eq!(
        finding.message,
        "no file declares role `WebNodesRole`, which NodeClass `web` names; did you mean `WebNodeRole`"
    );
    assert_eq!(
        finding.repairs[0].edit.as_ref().unwrap().replacement,
        "WebNodeRole"
    );
    assert_eq!(verdict(&traced, "web", "role"), Verdict::Unknown);
}

#[test]
fn a_role_that_no_file_declares_is_not_missing() {
    let nodes =
        auto_mode("web", "role: PlatformNodeRole") + &karpenter("old", "role: team-a-nodes-2");
    let main = role("ci", "CiRole", "") + &role("one", "team-a-nodes-1", "");
    let traced = traced(&files(&[("nodes.yaml", &nodes), ("main.tf", &main)]));
    none(&traced, "RC301");
    assert_eq!(verdict(&traced, "web", "role"), Verdict::Unknown);
}

#[test]
fn names_are_one_whatever_their_case() {
    let nodes = auto_mode("web", "role: webNODErole");
    let main = role("web", "WebNodeRole", AUTO_NODE_POLICIES);
    let traced = traced(&files(&[("nodes.yaml", &nodes), ("main.tf", &main)]));
    none(&traced, "RC301");
    assert_eq!(verdict(&traced, "web", "role"), Verdict::Pass);
}

#[test]
fn where_all_roles_of_the_account_are_known_a_missing_one_is_an_error() {
    let nodes = auto_mode("web", "role: WebNodesRole");
    let main =
        provider("111122223333") + &role("web", "WebNodeRole", "") + &cluster("prod", AUTO_MODE);
    let named = [("nodes.yaml", nodes.as_str()), ("main.tf", main.as_str())];
    let whole = traced_with_all_roles(&named, "111122223333");
    let finding = one(&whole, "RC301");
    assert_eq!(finding.severity, Severity::Error);
    assert_eq!(
        finding.message,
        "role `WebNodesRole`, which NodeClass `web` names, does not exist"
    );
    assert_eq!(verdict(&whole, "web", "role"), Verdict::Fail);
    // Of another account nothing is known.
    let other = traced_with_all_roles(&named, "444455556666");
    assert_eq!(one(&other, "RC301").severity, Severity::Warning);
}

#[test]
fn an_arn_with_another_path_than_the_declared_role_is_a_warning() {
    let arn = "\"arn:aws:iam::111122223333:role/NodeRole\"";
    let main = provider("111122223333")
        + &role("node", "NodeRole", "path = \"/platform/\"")
        + &node_group(arn);
    let traced = traced(&files(&[("main.tf", &main)]));
    let finding = one(&traced, "RC301");
    assert_eq!(finding.severity, Severity::Warning);
    assert!(
        finding
            .message
            .ends_with("did you mean `arn:aws:iam::111122223333:role/platform/NodeRole`"),
        "{}",
        finding.message
    );
}

#[test]
fn an_arn_of_another_account_is_not_compared_with_roles_declared_here() {
    let arn = "\"arn:aws:iam::444455556666:role/NodeRole\"";
    let main = provider("111122223333")
        + &role("node", "NodeRole", "path = \"/platform/\"")
        + &node_group(arn);
    none(&traced(&files(&[("main.tf", &main)])), "RC301");
    // Nor is one whose account is open, in another stack.
    let elsewhere = role("node", "NodeRole", "path = \"/platform/\"");
    let apart = files(&[
        ("dev/main.tf", &elsewhere),
        ("prod/main.tf", &node_group(arn)),
    ]);
    none(&traced(&apart), "RC301");
}

#[test]
fn a_name_that_is_computed_is_not_compared() {
    let nodes = auto_mode("web", "role: ProdNodeRole");
    let main = "variable \"stage\" {}\n".to_owned() + &role("web", "${var.stage}NodeRole", "");
    none(
        &traced(&files(&[("nodes.yaml", &nodes), ("main.tf", &main)])),
        "RC301",
    );
}

// --- RC302 -----------------------------------------------------------------------------------

#[test]
fn two_roles_of_one_name_in_one_account_are_an_error() {
    let nodes = auto_mode("web", "role: WebNodeRole");
    let main = provider("111122223333")
        + &role("one", "WebNodeRole", "path = \"/platform/\"")
        + &role("two", "webnoderole", "path = \"/web/\"");
    let traced = traced(&files(&[("nodes.yaml", &nodes), ("main.tf", &main)]));
    let finding = one(&traced, "RC302");
    assert_eq!(finding.severity, Severity::Error);
    assert_eq!(
        finding.message,
        "2 roles of account 111122223333 are named `WebNodeRole`"
    );
    assert_eq!(finding.origins.len(), 2);
    assert_eq!(verdict(&traced, "web", "role"), Verdict::Fail);
}

#[test]
fn two_roles_of_one_name_in_one_stack_whose_account_is_open_are_a_warning() {
    let nodes = auto_mode("web", "role: WebNodeRole");
    let main = role("one", "WebNodeRole", "") + &role("two", "WebNodeRole", "path = \"/web/\"");
    let traced = traced(&files(&[("nodes.yaml", &nodes), ("main.tf", &main)]));
    assert_eq!(one(&traced, "RC302").severity, Severity::Warning);
}

fn environments(accounts: bool) -> support::Files {
    let stack = |account: &str| {
        let provider = if accounts {
            provider(account)
        } else {
            String::new()
        };
        provider + &role("web", "WebNodeRole", AUTO_NODE_POLICIES)
    };
    files(&[
        ("nodes.yaml", &auto_mode("web", "role: WebNodeRole")),
        ("envs/dev/main.tf", &stack("111122223333")),
        ("envs/prod/main.tf", &stack("444455556666")),
    ])
}

#[test]
fn the_same_role_in_several_environments_of_one_repository_is_fine() {
    for accounts in [true, false] {
        let traced = traced(&environments(accounts));
        none(&traced, "RC302");
        assert_eq!(verdict(&traced, "web", "role"), Verdict::Unknown);
    }
}

#[test]
fn one_module_used_for_two_accounts_is_fine() {
    let module = "provider \"aws\" {\n  alias = \"dev\"\n}\nprovider \"aws\" {\n  alias = \"prod\"\n}\nmodule \"dev\" {\n  source = \"./nodes\"\n  providers = { aws = aws.dev }\n}\nmodule \"prod\" {\n  source = \"./nodes\"\n  providers = { aws = aws.prod }\n}\n";
    let traced = traced(&files(&[
        ("nodes.yaml", &auto_mode("web", "role: WebNodeRole")),
        ("main.tf", module),
        (
            "nodes/main.tf",
            &role("web", "WebNodeRole", AUTO_NODE_POLICIES),
        ),
    ]));
    none(&traced, "RC302");
}

#[test]
fn names_must_differ_across_accounts_where_the_convention_says_so() {
    let mut all = environments(true);
    let settings = "[node-roles]\nunique-names = \"all-accounts\"\n";
    all.insert("rolecall.toml".to_owned(), settings.to_owned());
    let traced = traced(&all);
    let finding = one(&traced, "RC302");
    assert_eq!(finding.severity, Severity::Warning);
    assert_eq!(
        finding.message,
        "2 roles in several accounts are named `WebNodeRole`"
    );
}

#[test]
fn a_role_that_files_and_a_live_account_both_know_is_one_role() {
    let main = provider("111122223333") + &role("web", "WebNodeRole", AUTO_NODE_POLICIES);
    let named = files(&[
        ("nodes.yaml", &auto_mode("web", "role: WebNodeRole")),
        ("main.tf", &main),
    ]);
    let (mut snapshot, options) = support::read(&named);
    let mut live = snapshot.roles[0].clone();
    live.id = None;
    snapshot.merge(Snapshot {
        roles: vec![live],
        ..Snapshot::default()
    });
    none(&rolecall_chain::trace(&snapshot, &options), "RC302");
}

// --- RC303 -----------------------------------------------------------------------------------

const CONVENTIONS: &str = r#"
[node-roles]
names = ["*NodeRole", "eks-*"]

[[node-roles.paths]]
path = "/platform/eks/"
owner = "platform team"

[[node-roles.paths]]
path = "/web/"
owner = "web team"
"#;

#[test]
fn a_role_outside_the_paths_and_names_allowed_is_a_warning_that_names_the_owners() {
    let nodes = auto_mode("web", "role: WebNodes");
    let main = role("web", "WebNodes", "path = \"/platform/\"");
    let traced = traced(&files(&[
        ("rolecall.toml", CONVENTIONS),
        ("nodes.yaml", &nodes),
        ("main.tf", &main),
    ]));
    let found = of(&traced, "RC303");
    let said: Vec<&str> = found
        .iter()
        .map(|finding| finding.message.as_str())
        .collect();
    assert_eq!(
        said,
        [
            "role `WebNodes` lives under `/platform/`, and node roles may live only under `/platform/eks/` (platform team), `/web/` (web team)",
            "the name of node role `WebNodes` fits none of the patterns `*NodeRole`, `eks-*`",
        ]
    );
    assert!(
        found
            .iter()
            .all(|finding| finding.severity == Severity::Warning)
    );
}

#[test]
fn roles_within_the_conventions_and_roles_of_no_pool_are_fine() {
    let nodes = auto_mode("web", "role: WebNodeRole") + &auto_mode("ml", "role: eks-ml");
    let main = role("web", "WebNodeRole", "path = \"/web/frontend/\"")
        + &role("ml", "eks-ml", "path = \"/platform/eks/\"")
        + &role("ci", "Ci", "path = \"/ci/\"");
    let all = files(&[
        ("rolecall.toml", CONVENTIONS),
        ("nodes.yaml", &nodes),
        ("main.tf", &main),
    ]);
    none(&traced(&all), "RC303");
    let mut free = all;
    free.remove("rolecall.toml");
    free.insert(
        "main.tf".to_owned(),
        role("web", "WebNodeRole", "path = \"/anywhere/\""),
    );
    none(&traced(&free), "RC303");
}

#[test]
fn a_path_that_is_not_known_is_not_outside() {
    let nodes = auto_mode("web", "role: WebNodeRole");
    let main = "variable \"path\" {}\n".to_owned() + &role("web", "WebNodeRole", "path = var.path");
    none(
        &traced(&files(&[
            ("rolecall.toml", CONVENTIONS),
            ("nodes.yaml", &nodes),
            ("main.tf", &main),
        ])),
        "RC303",
    );
}

// --- RC304 -----------------------------------------------------------------------------------

#[test]
fn a_path_without_its_slashes_is_an_error_that_an_edit_mends() {
    for (path, closed) in [
        ("/platform/eks", "/platform/eks/"),
        ("platform/eks/", "/platform/eks/"),
        ("platform", "/platform/"),
    ] {
        let nodes = auto_mode("web", "role: WebNodeRole");
        let main = role("web", "WebNodeRole", &format!("path = \"{path}\""));
        let traced = traced(&files(&[("nodes.yaml", &nodes), ("main.tf", &main)]));
        let finding = one(&traced, "RC304");
        assert_eq!(finding.severity, Severity::Error);
        let edit = finding.repairs[0].edit.as_ref().unwrap();
        assert_eq!((&*edit.expected, &*edit.replacement), (path, closed));
        assert_eq!(verdict(&traced, "web", "role"), Verdict::Fail);
    }
}

#[test]
fn names_that_iam_refuses_are_errors_wherever_they_stand() {
    let long = "N".repeat(65);
    let in_class = traced(&files(&[(
        "nodes.yaml",
        &auto_mode("web", &format!("role: {long}")),
    )]));
    assert!(
        one(&in_class, "RC304")
            .message
            .contains("it has 65 characters")
    );

    let spaced = traced(&files(&[(
        "nodes.yaml",
        &auto_mode("web", "role: Web Node Role"),
    )]));
    assert!(
        one(&spaced, "RC304")
            .message
            .contains("' ' is not allowed in a name")
    );

    let reserved = traced(&files(&[
        ("nodes.yaml", &auto_mode("web", "role: WebNodeRole")),
        (
            "main.tf",
            &role("web", "WebNodeRole", "path = \"/aws-service-role/eks/\""),
        ),
    ]));
    assert!(
        one(&reserved, "RC304")
            .message
            .ends_with("is reserved for AWS")
    );

    let group = node_group("\"arn:aws:iam::1111:role/NodeRole\"");
    assert_eq!(
        one(&traced(&files(&[("main.tf", &group)])), "RC304").severity,
        Severity::Error
    );
}

#[test]
fn the_longest_and_the_strangest_names_that_iam_takes_are_fine() {
    let name = "N".repeat(64);
    let nodes = auto_mode("web", &format!("role: {name}")) + &auto_mode("odd", "role: a_+=,.@-Z9");
    let main = role("web", &name, "path = \"/a//b!'()*;:[]{}~/\"")
        + &role("odd", "a_+=,.@-Z9", "path = \"/\"");
    let traced = traced(&files(&[("nodes.yaml", &nodes), ("main.tf", &main)]));
    assert!(of(&traced, "RC304").is_empty(), "{:#?}", messages(&traced));
}

#[test]
fn a_malformed_role_that_no_pool_uses_is_not_ours_to_report() {
    let main =
        role("ci", "CiRole", "path = \"ci\"") + &role("web", "WebNodeRole", AUTO_NODE_POLICIES);
    let nodes = auto_mode("web", "role: WebNodeRole");
    none(
        &traced(&files(&[("nodes.yaml", &nodes), ("main.tf", &main)])),
        "RC304",
    );
}
