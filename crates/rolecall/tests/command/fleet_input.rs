//! `fleet` under input as people type it, and under what they mistype.

use crate::fleet::{at_the_end, survey, survey_in};
use crate::fleet_world::{OWN, Planned, run_against, start};
use crate::run::run_in;

/// What `--accounts` makes of a file.
#[track_caller]
fn refused(contents: &[u8], args: &[&str]) -> String {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("accounts.txt"), contents).unwrap();
    std::fs::create_dir(folder.path().join("folder")).unwrap();
    let mut all = vec!["fleet"];
    all.extend(args);
    let ran = run_in(folder.path(), &all);
    assert_eq!(ran.code, 2, "{}{}", ran.stdout, ran.stderr);
    assert_eq!(ran.stdout, "");
    ran.stderr
}

#[test]
fn a_file_of_accounts_is_read_as_editors_and_the_aws_cli_write_it() {
    let folder = tempfile::tempdir().unwrap();
    let reads = |contents: &[u8]| {
        std::fs::write(folder.path().join("accounts.txt"), contents).unwrap();
        let args = [
            "--accounts",
            "@accounts.txt",
            "--assume-role-name",
            "audit/RolecallReader",
            "--quiet",
        ];
        let ran = survey_in(folder.path(), &[], &args).ran;
        assert!(
            ran.stdout.contains("2 clusters in 2 accounts"),
            "{}{}",
            ran.stdout,
            ran.stderr
        );
    };
    reads(
        b"\xef\xbb\xbf# ours\r\n\r\n111122223333\r\n  222233334444 # the other\r\n111122223333\r\n",
    );
    reads(b"111122223333\t222233334444\n");
}

#[test]
fn a_file_that_is_none_says_what_to_write() {
    let cases: [(&[u8], &str); 8] = [
        (b"111122223333\r\n11112222333\r\n", "@accounts.txt"),
        (b"prod\n", "@accounts.txt"),
        (b"1111-2222-3333\n", "@accounts.txt"),
        (b"# nothing\n\n", "@accounts.txt"),
        (b"\xff\xfe1\x001\x00", "@accounts.txt"),
        (b"", "@missing.txt"),
        (b"", "@folder"),
        (b"", "@"),
    ];
    let said: Vec<String> = cases
        .iter()
        .map(|(contents, named)| refused(contents, &["--accounts", named]))
        .collect();
    insta::assert_snapshot!(said.join("\n"));
}

#[test]
fn what_names_nothing_is_not_taken_for_the_own_account_or_region() {
    // As a variable of a script that is not set.
    for args in [["--accounts", ""], ["--accounts", " , "]] {
        let said = refused(b"", &args);
        assert!(said.contains("--accounts names no account"), "{said}");
    }
    let said = refused(b"", &["--regions", ""]);
    assert!(said.contains("--regions names no region"), "{said}");
}

#[test]
fn a_region_that_is_misspelt_is_told_with_the_one_that_is_meant() {
    insta::assert_snapshot!(refused(b"", &["--regions", "us-east-1,eu-centrl-1"]), @r"
    error: `eu-centrl-1` is not a region
      help: did you mean `eu-central-1`?
    ");
    let said = refused(b"", &["--regions", "EU-CENTRAL-1"]);
    assert!(said.contains("did you mean `eu-central-1`?"), "{said}");

    // One that is written well may be new.
    let faults = ["eks:*@us-east-11=drop:1"];
    let ran = survey(&faults, &["--regions", "eu-central-1,us-east-11"]).ran;
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
    let help = "help: `us-east-11` is no region that this version knows; did you mean `us-east-1`?";
    assert!(ran.stdout.contains(help), "{}", ran.stdout);
}

#[test]
fn where_there_are_no_clusters_it_says_where_it_looked() {
    let elsewhere = survey(&[], &["--regions", "eu-west-1,eu-west-2"]).ran;
    assert_eq!(elsewhere.code, 0);
    insta::assert_snapshot!(elsewhere.stdout, @r"
    there is no cluster in eu-west-1, eu-west-2 (1 account)
      help: name the regions that the clusters are in: --regions eu-central-1,us-east-1

    0 clusters in 1 account: 0 pass, 0 fail, 0 unknown; 0 errors, 0 warnings
    ");
    let other = survey(&[], &["--cluster-name", "x*"]).ran;
    insta::assert_snapshot!(other.stdout, @r"
    none of 1 cluster in eu-central-1 (1 account) has a name that matches `x*`
      help: --cluster-name takes `*` for any letters and `?` for one; without it, all are read

    0 clusters in 1 account: 0 pass, 0 fail, 0 unknown; 0 errors, 0 warnings
    ");
    let json = survey(&[], &["--cluster-name", "x*", "--format", "json"]).ran;
    assert!(
        json.stdout.contains("has a name that matches `x*`"),
        "{}",
        json.stdout
    );
}

#[test]
fn a_region_that_cannot_be_reached_is_a_line_and_nothing_more() {
    let both = |regions: &str| {
        let args = [
            "--regions",
            regions,
            "--accounts",
            "111122223333,222233334444",
        ];
        let role = ["--assume-role-name", "audit/RolecallReader"];
        // Not even STS answers there, and the region may be the first that is named.
        survey(
            &["eks:*@us-east-1=drop:1", "sts:*@us-east-1=drop:1"],
            &[&args[..], &role].concat(),
        )
        .ran
    };
    let ran = both("eu-central-1,us-east-1");
    assert_eq!(ran.code, 1, "{}{}", ran.stdout, ran.stderr);
    let end = at_the_end(&ran.stdout);
    for said in [
        "111122223333/us-east-1  `http://",
        "222233334444/us-east-1  `http://",
        "help: check the region",
        "2 clusters in 2 accounts: 1 pass, 1 fail, 0 unknown; 1 error, 1 warning; 2 places could \
         not be read",
    ] {
        assert!(end.contains(said), "{said}\n{}", ran.stdout);
    }
    assert_eq!(end.matches("help: check").count(), 1, "{end}");
    assert!(!end.contains("us-east-1  batch"), "{end}");
    let first = both("us-east-1,eu-central-1");
    assert_eq!(first.code, 1, "{}{}", first.stdout, first.stderr);
    let port_is_random = |text: &str| {
        let lines = text.lines().filter(|line| !line.contains("http://"));
        lines.map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(
        port_is_random(at_the_end(&first.stdout)),
        port_is_random(end)
    );
}

#[test]
fn roles_that_cannot_be_assumed_share_their_next_step() {
    let args = ["--accounts", "111122223333,333344445555,444455556666"];
    let role = ["--assume-role-name", "audit/RolecallReader"];
    let ran = survey(&[], &[&args[..], &role].concat()).ran;
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
    insta::assert_snapshot!(at_the_end(&ran.stdout));
}

#[test]
fn credentials_that_run_out_on_the_way_are_told_with_how_to_renew_them() {
    let ran = survey(&["eks:ListClusters=expired:1"], &[]).ran;
    assert_eq!(ran.code, 2, "{}{}", ran.stdout, ran.stderr);
    assert!(
        ran.stdout
            .contains("the AWS credentials have run out: ExpiredToken"),
        "{}",
        ran.stdout
    );
    assert!(
        ran.stdout.contains("help: set AWS_ACCESS_KEY_ID"),
        "{}",
        ran.stdout
    );
}

#[test]
fn what_was_seen_besides_is_told_once_with_its_clusters() {
    // No API server is reached: each is told of in a note, and what AWS knows is read.
    let args = [
        "--accounts",
        "111122223333,222233334444",
        "--regions",
        "eu-central-1,us-east-1",
    ];
    let role = ["--assume-role-name", "audit/RolecallReader"];
    let args = [&args[..], &role].concat();
    let broken = ["kubernetes:*=drop:1"];
    let ran = survey(&broken, &args).ran;
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
    let end = at_the_end(&ran.stdout);
    assert!(end.contains("Read in part"), "{end}");
    assert_eq!(end.matches("help: ").count(), 1, "{end}");
    let json = survey(&broken, &[&args[..], &["--format", "json"]].concat()).ran;
    let json: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    let diagnostics = json["diagnostics"].as_array().unwrap();
    let notes = diagnostics.iter().filter(|told| told["level"] == "note");
    let notes: Vec<&str> = notes.filter_map(|told| told["message"].as_str()).collect();
    assert_eq!(notes.len(), 3, "{notes:?}");
    assert!(
        notes
            .iter()
            .any(|note| note.starts_with("111122223333/eu-central-1/prod: `https://")),
        "{notes:?}"
    );
    let strict = survey(&broken, &[&args[..], &["--strict"]].concat()).ran;
    assert_eq!(strict.code, 3, "{}{}", strict.stdout, strict.stderr);
}

/// A cluster with a managed node group, and with no node pools that its API server could know.
const NO_POOLS: Planned = Planned {
    account: OWN,
    region: "eu-central-1",
    name: "plain",
    node_role: "PlainNodeRole",
    path_dropped: false,
    auto_mode: false,
};

#[test]
fn clusters_that_know_no_node_pools_are_told_of_together() {
    let fleet = [
        NO_POOLS,
        Planned {
            name: "other",
            node_role: "OtherNodeRole",
            ..NO_POOLS
        },
    ];
    let ran = tokio::runtime::Runtime::new().unwrap().block_on(async {
        let sandbox = start(&fleet, &[]).await;
        let folder = tempfile::tempdir().unwrap();
        let ran = run_against(&sandbox, folder.path(), &["fleet"]).await;
        sandbox.shutdown().await.unwrap();
        ran
    });
    let (_, seen) = ran.stdout.split_once("Also seen\n").unwrap();
    insta::assert_snapshot!(seen.split("\n\n").next().unwrap(), @r"
    the cluster is neither an Auto Mode cluster nor one with Karpenter: its API server does not know `nodepools.karpenter.sh`
      in 111122223333/eu-central-1/other, 111122223333/eu-central-1/plain
      help: its node groups are looked at; if it ought to have node pools, see whether the context is of another cluster
    ");
}
