//! `check --fix` and `--diff` on examples.

use std::fs;

use crate::run::{copy_of, run_in};

#[test]
fn fixing_mends_the_file_and_fixing_twice_changes_nothing_more() {
    let folder = copy_of("aws-auth-path");
    let file = folder.path().join("aws-auth.yaml");
    let before = fs::read_to_string(&file).unwrap();

    let first = run_in(folder.path(), &["check", "--fix"]);
    let after = fs::read_to_string(&file).unwrap();
    let expected = before.replace("role/finance/eks/billing-node", "role/billing-node");
    assert_eq!(after, expected, "only the path is gone: {}", first.stderr);
    assert!(
        first.stderr.contains("mended 1 place in 1 file"),
        "{}",
        first.stderr
    );
    assert!(!first.stdout.contains("error[RC707]"), "{}", first.stdout);

    let second = run_in(folder.path(), &["check", "--fix"]);
    assert_eq!(fs::read_to_string(&file).unwrap(), after);
    assert!(
        second.stderr.contains("mended 0 places in 0 files"),
        "{}",
        second.stderr
    );
}

#[test]
fn diff_shows_the_edit_and_writes_nothing() {
    let folder = copy_of("wrong-entry-type");
    let file = folder.path().join("cluster.yaml");
    let before = fs::read_to_string(&file).unwrap();
    let ran = run_in(folder.path(), &["check", "--diff"]);
    assert_eq!(ran.code, 1);
    assert_eq!(fs::read_to_string(&file).unwrap(), before);
    insta::assert_snapshot!(ran.stdout, @r"
    --- a/cluster.yaml
    +++ b/cluster.yaml
    @@ -64,4 +64,4 @@
         Properties:
           ClusterName: !Ref Cluster
           PrincipalArn: !GetAtt NodeRole.Arn
    -      Type: EC2_LINUX
    +      Type: EC2
    ");
}

#[test]
fn windows_line_endings_and_byte_order_mark_stay() {
    let folder = copy_of("wrong-entry-type");
    let file = folder.path().join("cluster.yaml");
    let windows = format!(
        "\u{feff}{}",
        fs::read_to_string(&file).unwrap().replace('\n', "\r\n")
    );
    fs::write(&file, &windows).unwrap();
    run_in(folder.path(), &["check", "--fix"]);
    assert_eq!(
        fs::read_to_string(&file).unwrap(),
        windows.replace("EC2_LINUX", "EC2")
    );
}

#[test]
fn only_selected_findings_are_mended() {
    let folder = copy_of("wrong-entry-type");
    let file = folder.path().join("cluster.yaml");
    let before = fs::read_to_string(&file).unwrap();
    let ran = run_in(folder.path(), &["check", "--fix", "--ignore", "RC704"]);
    assert!(ran.stderr.contains("mended 0 places"), "{}", ran.stderr);
    assert_eq!(fs::read_to_string(&file).unwrap(), before);
}

#[test]
fn an_edit_in_a_file_that_another_tool_writes_is_not_offered() {
    let folder = copy_of("wrong-entry-type");
    let synthesised = folder.path().join("cdk.out");
    fs::create_dir(&synthesised).unwrap();
    let template = folder.path().join("cluster.yaml");
    fs::rename(template, synthesised.join("cluster.yaml")).unwrap();

    let ran = run_in(folder.path(), &["check", "."]);
    assert!(ran.stdout.contains("error[RC704]"), "{}", ran.stdout);
    assert!(
        ran.stdout
            .contains("where `cdk synth` takes it from (by hand)"),
        "{}",
        ran.stdout
    );
    assert!(!ran.stdout.contains("--fix"), "{}", ran.stdout);
}
