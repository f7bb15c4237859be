//! Which cluster is meant and as whom it is asked: by the rules of the AWS CLI and kubectl, with a
//! next step where they lead nowhere.

use std::path::Path;
use std::process::Command;

use rolecall_sandbox::Generation;
use serde_json::json;

use crate::cloud::{Cloud, Ran, run};

const FILES: &str = "crates/rolecall/tests/live/files/no-entry";

fn cloud() -> Cloud {
    Cloud::of(&[FILES], Generation::Current)
}

/// What went to standard error, in one line each.
#[track_caller]
fn failed(ran: &Ran) -> String {
    ran.ends_with(2);
    assert_eq!(ran.stdout, "", "{}", ran.stderr);
    ran.stderr.clone()
}

fn without(mut command: Command, variables: &[&str]) -> Command {
    for variable in variables {
        command.env_remove(variable);
    }
    command
}

const NO_REGION: &[&str] = &["AWS_REGION", "AWS_DEFAULT_REGION"];
const NO_KEYS: &[&str] = &["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"];

#[test]
fn the_cluster_of_the_current_context_is_meant_where_none_is_named() {
    let cloud = cloud();
    cloud
        .diagnose(&[])
        .ends_with(1)
        .says("prod\n  NodePool web");
    // The context tells its region.
    run(without(cloud.diagnosing(&[]), NO_REGION))
        .ends_with(1)
        .says("NodePool web");
}

#[test]
fn a_cluster_is_named_by_name_or_by_arn() {
    let cloud = cloud();
    cloud.diagnose(&["prod"]).ends_with(1).says("NodePool web");
    let arn = "arn:aws:eks:eu-central-1:111122223333:cluster/prod";
    let mut elsewhere = cloud.diagnosing(&[arn]);
    elsewhere.env("AWS_REGION", "us-east-1");
    run(elsewhere).ends_with(1).says("NodePool web");
    // As with `--sandbox`, where manifests leave the cluster open.
    cloud.diagnose(&["--cluster", "prod"]).ends_with(1);
}

#[test]
fn without_a_kubeconfig_the_token_is_made_here() {
    let cloud = cloud();
    let mut command = cloud.diagnosing(&["prod"]);
    command.env("KUBECONFIG", "nowhere");
    run(command).ends_with(1).says("in the cluster: not Ready");
}

#[test]
fn a_name_that_is_none_lists_those_that_are() {
    let cloud = cloud();
    insta::assert_snapshot!(failed(&cloud.diagnose(&["prd"])), @r"
    error: there is no cluster `prd` in `eu-central-1`
      help: there: prod; or name another region
    ");
    let wrong_region = cloud.diagnose(&["prod", "--region", "us-east-1"]);
    insta::assert_snapshot!(failed(&wrong_region));
}

#[test]
fn with_no_cluster_named_and_no_kubeconfig_the_regions_clusters_are_listed() {
    let cloud = cloud();
    let mut command = cloud.diagnosing(&[]);
    command.env("KUBECONFIG", "nowhere");
    insta::assert_snapshot!(failed(&run(command)), @r"
    error: no cluster is named, and the kubeconfig has no current context (nowhere)
      help: name one; in `eu-central-1` there are prod
    ");
}

#[test]
fn no_credentials_no_region_and_no_such_profile_say_what_to_set() {
    let cloud = cloud();
    insta::assert_snapshot!(
        "no credentials",
        failed(&run(without(cloud.diagnosing(&["prod"]), NO_KEYS)))
    );
    let mut nowhere = without(cloud.diagnosing(&["prod"]), NO_REGION);
    nowhere.env("KUBECONFIG", "nowhere");
    insta::assert_snapshot!("no region", failed(&run(nowhere)));
    let config = cloud.file("aws-config", "[profile staging]\n[profile prod-admin]\n");
    let mut profile = cloud.diagnosing(&["prod", "--profile", "prod-admn"]);
    profile.env("AWS_CONFIG_FILE", &config);
    insta::assert_snapshot!("no such profile", failed(&run(profile)));
}

#[test]
fn credentials_that_aws_does_not_know_are_told_once() {
    let cloud = cloud();
    let mut unknown = cloud.diagnosing(&["prod"]);
    unknown.env("AWS_ACCESS_KEY_ID", "AKIANOTAKEYOFANYONE0");
    let said = failed(&run(unknown));
    assert!(
        said.contains("AWS does not accept the credentials"),
        "{said}"
    );
    assert!(said.contains("aws sts get-caller-identity"), "{said}");
    let mut wrong = cloud.diagnosing(&["prod"]);
    wrong.env("AWS_SECRET_ACCESS_KEY", "wrong");
    let said = failed(&run(wrong));
    assert!(!said.contains("wrong\n"), "{said}");
}

#[test]
fn a_profile_brings_keys_region_and_endpoint() {
    let cloud = cloud();
    let exports = cloud.sandbox.exports();
    let config = cloud.file(
        "aws-config",
        &format!(
            "[profile sandbox]\nregion = {}\nendpoint_url = {}\n\
             aws_access_key_id = {}\naws_secret_access_key = {}\n",
            exports.region, exports.endpoint_url, exports.access_key_id, exports.secret_access_key
        ),
    );
    let mut command = without(cloud.diagnosing(&["prod", "--profile", "sandbox"]), NO_KEYS);
    command
        .env_remove("AWS_ENDPOINT_URL")
        .env("AWS_CONFIG_FILE", &config)
        .env("KUBECONFIG", "nowhere");
    run(without(command, NO_REGION))
        .ends_with(1)
        .says("NodePool web");
}

#[test]
fn a_role_is_assumed_first_and_its_session_is_called_rolecall() {
    let cloud = cloud();
    let iam = cloud.iam();
    let trust = json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "sts:AssumeRole"}]});
    cloud.runtime.block_on(async {
        let role = iam.create_role().role_name("Reader");
        let role = role.assume_role_policy_document(trust.to_string());
        role.send().await.unwrap();
        iam.attach_role_policy()
            .role_name("Reader")
            .policy_arn("arn:aws:iam::aws:policy/AdministratorAccess")
            .send()
            .await
            .unwrap();
    });
    let arn = "arn:aws:iam::111122223333:role/Reader";
    // The cluster does not know the role: the rest of the report stands.
    let ran = cloud.diagnose(&["prod", "--assume-role", arn]);
    ran.ends_with(2)
        .says("401 Unauthorized")
        .says("aws eks create-access-entry");
    let callers = cloud.sandbox.world().aws().calls().after(0);
    let session = "assumed-role/Reader/rolecall";
    let ours = |caller: &Option<String>| caller.as_ref().is_some_and(|arn| arn.ends_with(session));
    assert!(callers.iter().any(|call| ours(&call.caller)));
    let other = arn.replace("Reader", "Nobody");
    let said = failed(&cloud.diagnose(&["prod", "--assume-role", &other]));
    assert!(said.contains("cannot be assumed"), "{said}");
}

#[test]
fn files_of_kubeconfig_are_merged_and_a_context_is_chosen() {
    let cloud = cloud();
    let other = cloud.file(
        "other",
        "apiVersion: v1\nkind: Config\ncurrent-context: kind\n\
         clusters: [{name: kind, cluster: {server: 'https://127.0.0.1:1'}}]\n\
         contexts: [{name: kind, context: {cluster: kind, user: kind}}]\nusers: [{name: kind, user: {}}]\n",
    );
    let both = std::env::join_paths([Path::new("missing"), &other, &cloud.kubeconfig()]).unwrap();
    let mut chosen = cloud.diagnosing(&["--context", "prod"]);
    chosen.env("KUBECONFIG", &both);
    run(chosen).ends_with(1).says("NodePool web");

    // The current context is of another cluster, which does not matter where one is named.
    let mut named = cloud.diagnosing(&["prod"]);
    named.env("KUBECONFIG", &both);
    run(named).ends_with(1).says("NodePool web");

    let mut current = cloud.diagnosing(&[]);
    current.env("KUBECONFIG", &both);
    let said = failed(&run(current));
    assert!(said.contains("there is no cluster `kind`"), "{said}");

    let mut missing = cloud.diagnosing(&["--context", "prd"]);
    missing.env("KUBECONFIG", &both);
    insta::assert_snapshot!(failed(&run(missing)), @r"
    error: the kubeconfig has no context `prd`
      help: did you mean `prod`? There are kind, prod
    ");

    let mut contrary = cloud.diagnosing(&["staging", "--context", "prod"]);
    contrary.env("KUBECONFIG", &both);
    let said = failed(&run(contrary));
    assert!(said.contains("is of the cluster `prod`"), "{said}");
}

#[test]
fn a_kubeconfig_that_is_none_is_told_only_where_it_is_needed() {
    let cloud = cloud();
    let broken = cloud.file("broken", "clusters: [");
    let mut named = cloud.diagnosing(&["prod"]);
    named.env("KUBECONFIG", &broken);
    run(named).ends_with(1).says("NodePool web");
    let mut unnamed = cloud.diagnosing(&[]);
    unnamed.env("KUBECONFIG", &broken);
    let said = failed(&run(unnamed));
    assert!(said.contains("the kubeconfig cannot be read"), "{said}");
    assert!(said.contains("broken"), "{said}");
}

#[test]
fn without_kubernetes_what_aws_knows_stands_and_without_aws_what_the_cluster_shows() {
    let cloud = cloud();
    cloud
        .diagnose(&["prod", "--no-kube"])
        .ends_with(0)
        .says("Kubernetes was not asked (--no-kube)");
    let before = cloud.sandbox.world().aws().calls().total();
    let mut command = without(cloud.diagnosing(&["--no-aws"]), NO_KEYS);
    command.env_remove("AWS_ENDPOINT_URL");
    run(command)
        .ends_with(0)
        .says("AWS was not asked (--no-aws)")
        .says("in the cluster: not Ready")
        .says("? role")
        .says_not("✗");
    let after = cloud.sandbox.world().aws().calls().after(before);
    // The API server asks STS who holds the token that kubectl's plugin made.
    assert!(
        after
            .iter()
            .all(|call| call.operation == "GetCallerIdentity"),
        "{after:?}"
    );
    cloud.diagnose(&["--no-aws", "--strict"]).ends_with(3);
}
