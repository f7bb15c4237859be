//! What `rolecall.toml` may say, and how it is told what it may not.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;

use rolecall::settings::Settings;
use rolecall_chain::ControlPlane;

fn parse(text: &str) -> Result<Settings, String> {
    Settings::parse(Path::new("rolecall.toml"), text).map_err(|failure| failure.to_string())
}

fn error(text: &str) -> String {
    parse(text).map(|_| ()).unwrap_err()
}

#[test]
fn everything_that_can_be_said_is_understood() {
    let settings = parse(
        r#"
control-plane = "legacy"

[node-roles]
names = ["*NodeRole"]
unique-names = "all-accounts"

[[node-roles.paths]]
path = "/platform/eks/"
owner = "platform team"

[[clusters]]
name = "prod"
account = "111122223333"
region = "eu-central-1"
files = ["clusters/prod/", "shared/*.yaml"]
karpenter-controller-role = "KarpenterController-prod"

[[service-control-policies]]
target = "r-abcd"
files = ["scp/root.json"]

[[ignore]]
rule = "path-outside-convention"
reason = "roles of before 2024, until Q3"
"#,
    )
    .unwrap();
    assert_eq!(settings.control_plane, ControlPlane::Legacy);
    assert!(settings.conventions.unique_across_accounts);
    assert_eq!(
        settings.conventions.node_role_paths[0].owner,
        "platform team"
    );
    assert_eq!(
        settings.clusters[0].account.unwrap().to_string(),
        "111122223333"
    );
    assert_eq!(settings.cluster_files.patterns.len(), 2);
    assert_eq!(
        settings.service_control_policies[0].files[0].0,
        Path::new("scp/root.json")
    );
    assert_eq!(settings.ignored[0].reason, "roles of before 2024, until Q3");
}

#[test]
fn empty_file_means_the_defaults() {
    let settings = parse("").unwrap();
    assert_eq!(settings.control_plane, ControlPlane::Current);
    assert!(settings.clusters.is_empty() && settings.ignored.is_empty());
}

#[test]
fn unknown_key_is_told_with_place_and_suggestion() {
    insta::assert_snapshot!(error("[[clusters]]\nname = \"a\"\nacount = \"111122223333\"\n"), @r"
    error: the key `acount` is unknown here
      --> rolecall.toml:3:1
      help: did you mean `account`?
    ");
    insta::assert_snapshot!(error("control-plane = \"old\"\n"), @r"
    error: the value `old` is unknown here
      --> rolecall.toml:1:17
      help: it may be current, legacy
    ");
}

#[test]
fn rule_without_a_reason_is_told_with_its_place() {
    insta::assert_snapshot!(error("[[ignore]]\nrule = \"RC303\"\n"), @r#"
    error: rule `RC303` is switched off without a reason
      --> rolecall.toml:2:8
      help: add `reason = "…"`: why, and until when
    "#);
    assert_eq!(
        error("[[ignore]]\nrule = \"RC303\"\nreason = \" \"\n"),
        error("[[ignore]]\nrule = \"RC303\"\n")
    );
}

#[test]
fn unknown_rule_is_told_with_a_suggestion() {
    let told = error("[[ignore]]\nrule = \"path-outside-conventions\"\nreason = \"x\"\n");
    insta::assert_snapshot!(told, @r"
    error: `path-outside-conventions` is not a rule's code, name or family
      --> rolecall.toml:2:8
      help: did you mean `path-outside-convention`? `rolecall rules` lists them all
    ");
}

#[test]
fn values_that_cannot_be_are_told_with_their_place() {
    insta::assert_snapshot!(error("[[clusters]]\nname = \"a\"\naccount = \"1234\"\n"), @r"
    error: `1234` is not an account id of twelve digits: it must have twelve digits
      --> rolecall.toml:3:11
    ");
    insta::assert_snapshot!(error("[[node-roles.paths]]\npath = \"platform\"\nowner = \"x\"\n"), @r"
    error: `platform` is not an IAM path, `/` or `/…/`, of at most 512 printable ASCII characters without space: it must begin with `/`
      --> rolecall.toml:2:8
    ");
    insta::assert_snapshot!(error("[node-roles]\nnames = [\"/team/*\"]\n"), @r"
    error: a name pattern has a `/`, which no role name has
      --> rolecall.toml:2:10
      help: paths go into [[node-roles.paths]]
    ");
    insta::assert_snapshot!(error("[[clusters]]\nname = \"a\"\n[[clusters]]\nname = \"a\"\n"), @r"
    error: cluster `a` stands here twice
      --> rolecall.toml:4:8
    ");
    insta::assert_snapshot!(error("[[clusters]]\nname = \"a\"\nfiles = [\"ok\", \"a[b\"]\n"), @r"
    error: error parsing glob 'a[b': unclosed character class; missing ']'
      --> rolecall.toml:3:16
    ");
    insta::assert_snapshot!(error("[[clusters]\nname = 1\n"), @r"
    error: unclosed array table, expected `]`
      --> rolecall.toml:1:12
    ");
    insta::assert_snapshot!(error("[[ignore]]\nreason = \"x\"\n"), @r"
    error: missing field `rule`
      --> rolecall.toml:1:1
    ");
}
