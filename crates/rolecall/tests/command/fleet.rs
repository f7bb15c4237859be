//! `fleet`: clusters of several accounts and regions, and what of them cannot be read.

use std::collections::BTreeMap;
use std::path::Path;

use rolecall_report::CheckJson;

use crate::fleet_world::{CLOSED, FLEET, OTHER, OWN, run_against, start};
use crate::run::{Ran, run};

/// What came of a run, and the AWS calls that it made.
pub(crate) struct Surveyed {
    pub(crate) ran: Ran,
    calls: BTreeMap<String, u64>,
}

pub(crate) fn survey(faults: &[&str], args: &[&str]) -> Surveyed {
    let folder = tempfile::tempdir().unwrap();
    survey_in(folder.path(), faults, args)
}

pub(crate) fn survey_in(folder: &Path, faults: &[&str], args: &[&str]) -> Surveyed {
    let mut all = vec!["fleet"];
    all.extend(args);
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let sandbox = start(&FLEET, faults).await;
        let ran = run_against(&sandbox, folder, &all).await;
        let calls = sandbox.world().aws().calls().counts();
        sandbox.shutdown().await.unwrap();
        Surveyed { ran, calls }
    })
}

const ACCOUNTS: [&str; 4] = [
    "--accounts",
    "111122223333,222233334444",
    "--assume-role-name",
    "audit/RolecallReader",
];
const REGIONS: [&str; 2] = ["--regions", "eu-central-1,us-east-1"];

fn of_both(more: &[&'static str]) -> Vec<&'static str> {
    let mut args = ACCOUNTS.to_vec();
    args.extend(REGIONS);
    args.extend(more);
    args
}

/// The report after the lines that come as clusters are done.
pub(crate) fn at_the_end(stdout: &str) -> &str {
    stdout.split_once("\n\n").map_or(stdout, |(_, end)| end)
}

#[test]
fn clusters_of_accounts_and_regions_come_in_one_table() {
    let Surveyed { ran, calls } = survey(&[], &of_both(&[]));
    assert_eq!(ran.code, 1, "{}{}", ran.stdout, ran.stderr);
    insta::assert_snapshot!(at_the_end(&ran.stdout));
    for line in [
        "✓ 111122223333/eu-central-1/prod  1 pool, all pass\n",
        "✗ 222233334444/eu-central-1/prod  1 pool, 1 failing  RC702\n",
        "✓ 222233334444/us-east-1/batch  1 pool, all pass\n",
    ] {
        assert!(ran.stdout.contains(line), "{line}{}", ran.stdout);
    }
    assert_eq!(ran.stderr, "", "a bar is drawn on a terminal only");
    // The API servers ask who is behind a token, so that one is not counted.
    let calls: Vec<(&str, u64)> = calls
        .iter()
        .map(|(call, count)| (call.as_str(), *count))
        .filter(|(call, _)| *call != "sts:GetCallerIdentity")
        .collect();
    assert_eq!(
        calls,
        [
            ("cloudtrail:LookupEvents", 1),
            ("eks:DescribeAccessEntry", 2),
            ("eks:DescribeCluster", 3),
            ("eks:ListAccessEntries", 3),
            ("eks:ListAssociatedAccessPolicies", 2),
            ("eks:ListClusters", 4),
            ("eks:ListNodegroups", 3),
            ("iam:GetRole", 6),
            ("iam:ListAttachedRolePolicies", 6),
            ("iam:ListRolePolicies", 6),
            ("sts:AssumeRole", 1),
        ]
    );
}

#[test]
fn an_account_that_does_not_let_in_is_a_line_with_its_next_step() {
    let accounts = "111122223333,333344445555";
    let args = [
        "--accounts",
        accounts,
        "--assume-role-name",
        "audit/RolecallReader",
    ];
    let ran = survey(&[], &args).ran;
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
    let role = "arn:aws:iam::333344445555:role/audit/RolecallReader";
    for said in [
        format!("! {CLOSED}  the role `{role}` cannot be assumed: "),
        format!("help: make it there, with account {OWN} in its trust policy"),
        "1 cluster in 2 accounts: 1 pass, 0 fail, 0 unknown; 0 errors, 0 warnings; 1 place could not \
         be read"
            .to_owned(),
    ] {
        assert!(ran.stdout.contains(&said), "{said}\n{}", ran.stdout);
    }
    let mut strict = args.to_vec();
    strict.push("--strict");
    assert_eq!(survey(&[], &strict).ran.code, 3);
}

#[test]
fn nothing_that_can_be_read_is_the_end() {
    let ran = survey(&["eks:ListClusters=drop:1"], &of_both(&["--quiet"])).ran;
    assert_eq!(ran.code, 2, "{}{}", ran.stdout, ran.stderr);
    assert!(ran.stdout.contains("cannot be reached"), "{}", ran.stdout);
    assert!(ran.stdout.contains("check the region"), "{}", ran.stdout);
}

#[test]
fn throttled_calls_are_made_again() {
    let throttled = ["eks:*=throttle:0.1", "iam:*=throttle:0.05"];
    let ran = survey(&throttled, &of_both(&["--quiet"])).ran;
    assert_eq!(ran.code, 1, "{}{}", ran.stdout, ran.stderr);
    assert!(
        ran.stdout
            .contains("3 clusters in 2 accounts: 2 pass, 1 fail"),
        "{}",
        ran.stdout
    );
}

#[test]
fn the_accounts_of_the_organisation_are_found() {
    let args = [
        "--org",
        "--assume-role-name",
        "audit/RolecallReader",
        "--regions",
        "eu-central-1",
    ];
    let Surveyed { ran, calls } = survey(&[], &args);
    assert_eq!(ran.code, 1, "{}{}", ran.stdout, ran.stderr);
    assert!(
        ran.stdout.contains("2 clusters in 3 accounts"),
        "{}",
        ran.stdout
    );
    assert_eq!(calls.get("organizations:ListAccounts"), Some(&1));
}

#[test]
fn a_throttled_organisation_is_asked_again_and_a_closed_one_says_who_may_ask() {
    let args = ["--org", "--assume-role-name", "audit/RolecallReader"];
    let slow = survey(&["organizations:ListAccounts=throttle:0.3"], &args).ran;
    assert_eq!(slow.code, 1, "{}{}", slow.stdout, slow.stderr);
    let broken = survey(&["organizations:ListAccounts=throttle:1"], &args).ran;
    assert_eq!(broken.code, 2);
    assert!(
        broken
            .stderr
            .contains("the organisation's accounts cannot be listed"),
        "{}",
        broken.stderr
    );
    assert!(
        broken.stderr.contains("delegated administrator"),
        "{}",
        broken.stderr
    );
}

#[test]
fn programs_get_one_report_in_which_clusters_are_told_apart() {
    let ran = survey(&[], &of_both(&["--format", "json"])).ran;
    let check: CheckJson = serde_json::from_str(&ran.stdout).unwrap();
    let clusters: Vec<_> = check
        .chains
        .iter()
        .filter_map(|chain| chain.cluster.as_deref())
        .collect();
    let places = [
        "111122223333/eu-central-1/prod",
        "222233334444/eu-central-1/prod",
        "222233334444/us-east-1/batch",
    ];
    assert_eq!(clusters, places);
    let shared = check
        .findings
        .iter()
        .find(|finding| finding.rule == "RC302")
        .unwrap();
    assert_eq!(
        shared.message,
        "2 roles in several accounts are named `WebNodeRole`"
    );
    assert_eq!(shared.severity, "warning");
    for format in ["sarif", "junit", "github", "markdown"] {
        let mut args = of_both(&[]);
        args.extend(["--format", format]);
        let ran = survey(&[], &args).ran;
        assert_eq!(ran.code, 1, "{format}: {}", ran.stderr);
        assert!(ran.stdout.contains("RC702"), "{format}: {}", ran.stdout);
    }
}

#[test]
fn the_own_account_needs_no_role_and_a_pattern_chooses_clusters() {
    let Surveyed { ran, calls } = survey(&[], &["--cluster-name", "pr*"]);
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
    assert!(
        ran.stdout.contains("1 cluster in 1 account: 1 pass"),
        "{}",
        ran.stdout
    );
    assert_eq!(calls.get("sts:AssumeRole"), None);
    let none = survey(&[], &["--cluster-name", "x*"]);
    assert_eq!(none.ran.code, 0);
    assert_eq!(none.calls.get("eks:DescribeCluster"), None);
}

#[test]
fn accounts_are_read_from_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let text = format!("# ours\n{OWN}\n\n{OTHER} # the other\n{OWN}\n");
    std::fs::write(folder.path().join("accounts.txt"), text).unwrap();
    let args = [
        "--accounts",
        "@accounts.txt",
        "--assume-role-name",
        "audit/RolecallReader",
    ];
    let ran = survey_in(folder.path(), &[], &args).ran;
    assert!(
        ran.stdout.contains("2 clusters in 2 accounts"),
        "{}{}",
        ran.stdout,
        ran.stderr
    );
    std::fs::write(
        folder.path().join("accounts.txt"),
        "111122223333\n11112222\n",
    )
    .unwrap();
    let wrong = crate::run::run_in(folder.path(), &["fleet", "--accounts", "@accounts.txt"]);
    assert_eq!(wrong.code, 2);
    assert!(
        wrong.stderr.contains("`11112222` is not an account's id"),
        "{}",
        wrong.stderr
    );
    assert!(wrong.stderr.contains("accounts.txt:2"), "{}", wrong.stderr);
}

#[test]
fn what_cannot_be_meant_is_refused_with_what_to_type() {
    let ran = survey(&[], &["--accounts", "222233334444"]).ran;
    assert_eq!(ran.code, 2);
    assert!(
        ran.stderr.contains("--assume-role-name RolecallReader"),
        "{}",
        ran.stderr
    );
    for (args, said) in [
        (&["--regions", "eu central"][..], "is not a region"),
        (
            &["--assume-role-name", "arn:aws:iam::1:role/x"][..],
            "audit/RolecallReader",
        ),
        (&["--cluster-name", "[a"][..], "is not a pattern"),
    ] {
        let mut all = vec!["fleet"];
        all.extend(args);
        let ran = run(&all);
        assert_eq!(ran.code, 2);
        assert!(ran.stderr.contains(said), "{said} {}", ran.stderr);
    }
}
