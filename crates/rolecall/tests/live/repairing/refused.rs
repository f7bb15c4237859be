//! A call that is not permitted in the middle of a plan.

use rolecall_sandbox::Generation;
use serde_json::json;

use super::{CLUSTER, Scene, statements};

#[test]
fn what_is_missing_is_told_with_its_policy_and_the_rest_is_completed_with_that() {
    let scene = Scene::new();
    let key = scene.operator(&json!([{"Effect": "Allow", "Resource": "*", "Action":
        ["eks:CreateAccessEntry", "eks:TagResource"]}]));
    scene.let_read_objects();
    let begun = scene.calls();
    let refused = scene.repair_as(&key, &[CLUSTER, "--yes"]);
    let journal = scene.journal();
    refused
        .ends_with(2)
        .says("It stopped here\n  ✓ eks:CreateAccessEntry made\n  ✗ eks:AssociateAccessPolicy failed\n")
        .tells("error: eks:AssociateAccessPolicy failed: `eks:AssociateAccessPolicy` on `arn:aws:eks:")
        .tells("is not permitted: no identity-based policy allows the eks:AssociateAccessPolicy action")
        .tells("with this IAM policy, this identity can make what is left of the plan")
        .tells(&format!("to complete it: rolecall repair {CLUSTER} --resume"))
        .tells(&format!("to take it back: rolecall repair --undo {}", journal.display()));
    assert_eq!(scene.changes_since(begun), ["CreateAccessEntry"]);
    let missing = statements(&refused);
    assert_eq!(
        missing,
        json!([{
            "Sid": "AssociateAccessPolicies",
            "Effect": "Allow",
            "Action": "eks:AssociateAccessPolicy",
            "Resource": "arn:aws:eks:eu-central-1:111122223333:access-entry/platform-prod/role/*/WebNodeRole/*",
            "Condition": {"StringEquals": {
                "eks:policyArn": "arn:aws:eks::aws:cluster-access-policy/AmazonEKSAutoNodePolicy",
            }},
        }])
    );

    // Exactly that, and the rest is made; what was made is not made again.
    scene.let_operator(&missing);
    let begun = scene.calls();
    let resumed = scene.repair_as(&key, &[CLUSTER, "--resume", "--yes"]);
    resumed
        .ends_with(0)
        .tells("1 of 2 calls are known to have been made")
        .tells("What the plan was for is mended.");
    assert_eq!(scene.changes_since(begun), ["AssociateAccessPolicy"]);
}

#[test]
fn what_was_made_before_it_can_be_taken_back() {
    let scene = Scene::new();
    let key = scene.operator(&json!([{"Effect": "Allow", "Resource": "*", "Action":
        ["eks:CreateAccessEntry", "eks:TagResource"]}]));
    scene.let_read_objects();
    scene.repair_as(&key, &[CLUSTER, "--yes"]).ends_with(2);
    let journal = scene.journal();
    let journal = journal.to_str().unwrap();
    let begun = scene.calls();
    scene
        .repair(&["--undo", journal, "--yes"])
        .ends_with(0)
        .tells("is taken back");
    assert_eq!(scene.changes_since(begun), ["DeleteAccessEntry"]);
    scene
        .repair(&[CLUSTER, "--resume"])
        .ends_with(0)
        .tells("Nothing to complete");
}

#[test]
fn where_the_first_call_is_refused_nothing_was_changed_and_that_is_said() {
    let scene = Scene::new();
    let key = scene.operator(&json!([]));
    scene.let_read_objects();
    let begun = scene.calls();
    let refused = scene.repair_as(&key, &[CLUSTER, "--yes"]);
    refused
        .ends_with(2)
        .tells("`eks:CreateAccessEntry` on `arn:aws:eks:eu-central-1:111122223333:cluster/platform-prod` is not permitted")
        .tells("to complete it: rolecall repair platform-prod --resume\n  nothing was changed")
        .tells_not("--undo");
    assert!(scene.changes_since(begun).is_empty());
    // Both calls that are left are in the policy, so that nobody is refused twice.
    let missing = statements(&refused).to_string();
    for action in [
        "eks:CreateAccessEntry",
        "eks:TagResource",
        "eks:AssociateAccessPolicy",
    ] {
        assert!(missing.contains(action), "{action} in {missing}");
    }
    // An entry of Auto Mode's type hands no role on.
    assert!(!missing.contains("iam:PassRole"), "{missing}");
    scene.let_operator(&statements(&refused));
    scene
        .repair_as(&key, &[CLUSTER, "--resume", "--yes"])
        .ends_with(0)
        .tells("is mended");
}

#[test]
fn a_policy_that_denies_is_told_apart_from_one_that_is_missing() {
    let scene = Scene::new();
    let key = scene.operator(&json!([
        {"Effect": "Allow", "Resource": "*", "Action": "eks:*"},
        {"Effect": "Deny", "Resource": "*", "Action": "eks:CreateAccessEntry"},
    ]));
    scene.let_read_objects();
    scene
        .repair_as(&key, &[CLUSTER, "--yes"])
        .ends_with(2)
        .tells("is not permitted: an explicit deny in an identity-based policy")
        .tells("a policy that denies outweighs every one that allows")
        .tells_not("\"Version\"");
}

#[test]
fn passing_a_role_is_named_where_that_is_what_is_missing() {
    let scene = Scene::of(Generation::Legacy);
    let key = scene.operator(&json!([
        {"Effect": "Allow", "Resource": "*", "Action": ["eks:*", "iam:CreateRole", "iam:TagRole",
            "iam:AttachRolePolicy"]},
    ]));
    scene.let_read_objects();
    let args = [
        CLUSTER,
        "--use",
        "managed-node-group",
        "--pool",
        "web",
        "--yes",
    ];
    let refused = scene.repair_as(&key, &args);
    refused
        .ends_with(2)
        .says("✓ iam:CreateRole made")
        .tells("`iam:PassRole` on `arn:aws:iam::111122223333:role/platform/eks/WebNodeRole-group` is not permitted, which `eks:CreateNodegroup` needs");
    let missing = statements(&refused).to_string();
    assert!(missing.contains("iam:PassRole"), "{missing}");
    assert!(!missing.contains("iam:AttachRolePolicy"), "{missing}");
    let mut allowed = statements(&refused);
    let read = json!({"Effect": "Allow", "Resource": "*", "Action": "eks:*"});
    allowed.as_array_mut().unwrap().push(read);
    scene.let_operator(&allowed);
    scene
        .repair_as(&key, &[CLUSTER, "--resume", "--yes"])
        .ends_with(0);
}

#[test]
fn what_the_cluster_refuses_is_told_with_a_cluster_role() {
    let scene = Scene::of(Generation::Legacy);
    let key = scene.operator(&json!([{"Effect": "Allow", "Resource": "*", "Action": "*"}]));
    scene.let_read_objects();
    let args = [CLUSTER, "--use", "path-less-role", "--pool", "web", "--yes"];
    let refused = scene.repair_as(&key, &args);
    refused
        .ends_with(2)
        .says("✓ eks:AssociateAccessPolicy made")
        .says("✗ kubernetes:patch failed")
        .tells("`kubernetes:patch` on `nodeclasses.eks.amazonaws.com/web` is not permitted")
        .tells("kubectl create clusterrolebinding rolecall-repair");
    let (_, role) = refused.stderr.split_once("apiVersion: rbac").unwrap();
    let (role, _) = role.split_once("\n\n").unwrap();
    scene.bind("rolecall-repair", &format!("apiVersion: rbac{role}\n"));
    scene
        .repair_as(&key, &[CLUSTER, "--resume", "--yes"])
        .ends_with(0)
        .tells("is mended");
}
