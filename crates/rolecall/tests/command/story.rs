use crate::run::run;

#[test]
fn the_demo_goes_from_a_pool_without_nodes_to_the_joined_node() {
    let told = run(&["demo", "--color", "never"]);
    assert_eq!(told.code, 0, "{}", told.stderr);
    let mut rest = told.stdout.as_str();
    // In this order.
    for text in [
        "batch   batch       0       False",
        "InstanceProfileReady=False  UnauthorizedNodeRole",
        "Role BatchNodeRole is unauthorized to join nodes to the cluster",
        "arn:aws:iam::111122223333:role/platform/eks/BatchNodeRole\n     EC2, AmazonEKSAutoNodePolicy",
        "errorCode     AccessDenied",
        "principalArn  arn:aws:iam::111122223333:role/BatchNodeRole\n",
        "\"eks:accessEntryType\": \"EC2\"",
        "✗ access-entry",
        "→ iam:CreateRole",
        "✓ kubernetes:patch made",
        "batch   batch       1       True",
        "Ready    <none>",
    ] {
        let (_, after) = rest
            .split_once(text)
            .unwrap_or_else(|| panic!("`{text}` is not told, or too early:\n{}", told.stdout));
        rest = after;
    }
}

#[test]
fn the_broken_pool_of_the_example_becomes_ready_by_the_repairs_alone() {
    let told = run(&[
        "diagnose",
        "--sandbox",
        "examples/custom-path",
        "--then",
        "repair",
    ]);
    assert_eq!(told.code, 0, "{}{}", told.stdout, told.stderr);
    let (before, after) = told.stdout.split_once("── Repair ──").unwrap();
    let (repair, after) = after.split_once("── Diagnosed again ──").unwrap();
    assert!(before.contains("error[RC702]"), "{before}");
    assert!(repair.contains("→ eks:CreateAccessEntry"), "{repair}");
    assert!(
        repair.contains("✓ eks:AssociateAccessPolicy made"),
        "{repair}"
    );
    assert!(
        after.contains("2 pools: 2 pass, 0 fail, 0 unknown"),
        "{after}"
    );
    assert!(!after.contains("not Ready"), "{after}");
}

#[test]
fn what_interrupts_is_not_repaired_unless_it_is_named() {
    let example = ["diagnose", "--sandbox", "examples/wrong-entry-type"];
    let told = run(&[&example[..], &["--then", "repair"]].concat());
    assert_eq!(told.code, 1);
    assert!(told.stdout.contains("--only RC704"), "{}", told.stdout);
    assert!(!told.stdout.contains("Diagnosed again"), "{}", told.stdout);

    let told = run(&[&example[..], &["--then", "repair", "--only", "RC704"]].concat());
    assert_eq!(told.code, 0, "{}", told.stdout);
    assert!(told.stdout.contains("✓ eks:DeleteAccessEntry made"));
}

#[test]
fn a_story_has_no_machine_readable_form() {
    let told = run(&[
        "diagnose",
        "--sandbox",
        "examples/clean",
        "--then",
        "repair",
        "--format",
        "json",
    ]);
    assert_eq!(told.code, 2);
    assert!(told.stderr.contains("--format"), "{}", told.stderr);
}
