//! Where credentials come from, and what is said where they cannot be had or run out.

#![cfg(unix)]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rolecall_sandbox::Generation;
use serde_json::{Value, json};

use crate::cloud::{Cloud, Ran, run};

const FILES: &str = "crates/rolecall/tests/live/files/no-entry";
const ROLE: &str = "arn:aws:iam::111122223333:role/Reader";
const ISSUER: &str = "oidc.example.com/id/A1";

const CONFIG: &str = "\
[profile corp]
sso_session = corp
sso_account_id = 111122223333
sso_role_name = Admin
[sso-session corp]
sso_region = eu-central-1
sso_start_url = https://corp.awsapps.com/start
[profile child]
role_arn = arn:aws:iam::222233334444:role/Child
source_profile = corp
[profile lost]
sso_session = gone
sso_account_id = 111122223333
sso_role_name = Admin
[profile console]
login_session = arn:aws:iam::111122223333:user/me
[profile vault]
credential_process = HOME/vault
";

fn cloud() -> Cloud {
    let cloud = Cloud::of(&[FILES], Generation::Current);
    let home = home(&cloud);
    fs::create_dir_all(home.join(".aws/sso/cache")).unwrap();
    let config = CONFIG.replace("HOME", &home.to_string_lossy());
    fs::write(home.join(".aws/config"), config).unwrap();
    cloud
}

fn home(cloud: &Cloud) -> PathBuf {
    cloud.kubeconfig().parent().unwrap().to_owned()
}

/// `diagnose prod` without keys in the environment, reaching the cluster as EKS says.
fn diagnosing(cloud: &Cloud, args: &[&str]) -> Command {
    let mut command = cloud.diagnosing(&[&["prod", "--no-kube"], args].concat());
    command
        .env_remove("AWS_ACCESS_KEY_ID")
        .env_remove("AWS_SECRET_ACCESS_KEY")
        .env("KUBECONFIG", "nowhere");
    command
}

/// What a run says that cannot begin; the folder's name is left out.
#[track_caller]
fn failed(cloud: &Cloud, ran: &Ran) -> String {
    ran.ends_with(2);
    assert_eq!(ran.stdout, "");
    ran.stderr.replace(&*home(cloud).to_string_lossy(), "~")
}

#[track_caller]
fn of_profile(cloud: &Cloud, profile: &str) -> String {
    failed(cloud, &run(diagnosing(cloud, &["--profile", profile])))
}

/// Writes the program of the profile `vault`, which notes that it ran.
fn vault(cloud: &Cloud, script: &str) {
    let path = home(cloud).join("vault");
    let text = format!("#!/bin/sh\necho ran >> {}.runs\n{script}\n", path.display());
    fs::write(&path, text).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
}

/// A script that prints the administrator's key.
fn administrator(cloud: &Cloud, more: &str) -> String {
    let exports = cloud.sandbox.exports();
    format!(
        "cat <<'END'\n{{\"Version\": 1, \"AccessKeyId\": \"{}\", \"SecretAccessKey\": \"{}\"{more}}}\nEND",
        exports.access_key_id, exports.secret_access_key
    )
}

#[test]
fn a_session_of_sso_that_is_over_says_which_profile_signs_in() {
    let cloud = cloud();
    // The file is named by the SHA-1 of the session's name (botocore, `SSOTokenLoader`).
    let token = format!(".aws/sso/cache/{SHA1_OF_CORP}.json");
    let token = home(&cloud).join(token);
    let never = of_profile(&cloud, "corp");
    let old = json!({
        "startUrl": "https://corp.awsapps.com/start",
        "region": "eu-central-1",
        "accessToken": "a-secret",
        "expiresAt": "2025-01-01T00:00:00Z",
    });
    fs::write(&token, old.to_string()).unwrap();
    let over = of_profile(&cloud, "corp");
    let child = of_profile(&cloud, "child");
    let lost = of_profile(&cloud, "lost");
    let said = [never, over, child, lost].join("\n");
    assert!(!said.contains("a-secret"), "{said}");
    insta::assert_snapshot!(said);
}

const SHA1_OF_CORP: &str = "ee0bfd2552fbd840c02cc48b6e823320543c450f";

#[test]
fn a_session_of_aws_login_says_how_to_use_it() {
    let cloud = cloud();
    let said = of_profile(&cloud, "console");
    assert!(
        said.contains("aws configure export-credentials --profile console"),
        "{said}"
    );
}

#[test]
fn a_program_is_run_once_and_what_it_fails_of_is_told() {
    let cloud = cloud();
    vault(&cloud, &administrator(&cloud, ""));
    run(diagnosing(&cloud, &["--profile", "vault"])).ends_with(0);
    let runs = fs::read_to_string(home(&cloud).join("vault.runs")).unwrap();
    assert_eq!(runs, "ran\n", "asked once for all clients");

    vault(&cloud, "echo 'the vault is\n sealed' >&2; exit 3");
    let sealed = of_profile(&cloud, "vault");
    vault(&cloud, "echo nothing");
    let no_json = of_profile(&cloud, "vault");
    let over = r#", "SessionToken": "t", "Expiration": "2025-01-01T00:00:00Z""#;
    vault(&cloud, &administrator(&cloud, over));
    let over = of_profile(&cloud, "vault");
    insta::assert_snapshot!([sealed, no_json, over].join("\n"));
}

#[test]
fn credentials_that_run_out_on_the_way_leave_what_was_read_and_say_what_renews_them() {
    let cloud = cloud();
    vault(&cloud, &administrator(&cloud, ""));
    let faults = cloud.sandbox.world().aws().faults();
    faults.add("eks:ListNodegroups=expired:1".parse().unwrap());
    let ran = run(diagnosing(&cloud, &["--profile", "vault"]));
    ran.ends_with(2)
        .says("the AWS credentials have run out: ExpiredTokenException")
        .says("run what `credential_process` of the profile `vault` says");
    faults.clear();
    faults.add("eks:DescribeCluster=expired:1".parse().unwrap());
    insta::assert_snapshot!(of_profile(&cloud, "vault"), @r"
    error: the AWS credentials have run out: ExpiredTokenException: The security token included in the request is expired
      help: run what `credential_process` of the profile `vault` says, and see whether it wants you to sign in
    ");
}

/// A token as an issuer of OpenID Connect writes it; the sandbox takes any signature.
fn token(issuer: &str, expires: i64) -> String {
    let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let claims = json!({
        "iss": format!("https://{issuer}"),
        "sub": "system:serviceaccount:ops:rolecall",
        "aud": ["sts.amazonaws.com"],
        "exp": expires,
    });
    format!("{}.{}.c2ln", part(json!({"alg": "RS256"})), part(claims))
}

fn web_identity(cloud: &Cloud, token: Option<&str>) -> Ran {
    let file = home(cloud).join("token");
    match token {
        Some(token) => fs::write(&file, token).unwrap(),
        None => drop(fs::remove_file(&file)),
    }
    let mut command = diagnosing(cloud, &[]);
    command
        .env("AWS_WEB_IDENTITY_TOKEN_FILE", &file)
        .env("AWS_ROLE_ARN", ROLE);
    run(command)
}

const LATER: i64 = 4_102_444_800;

#[test]
fn a_pods_token_is_exchanged_for_its_role_and_what_is_wrong_with_it_is_told() {
    let cloud = cloud();
    let stranger = failed(&cloud, &web_identity(&cloud, Some(&token(ISSUER, LATER))));
    let provider = format!("arn:aws:iam::111122223333:oidc-provider/{ISSUER}");
    let trust = json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow",
        "Principal": {"Federated": provider},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {"StringEquals": {
            (format!("{ISSUER}:sub")): "system:serviceaccount:ops:rolecall"}}}]});
    let iam = cloud.iam();
    cloud.runtime.block_on(async {
        let made = iam.create_open_id_connect_provider();
        let made = made.url(format!("https://{ISSUER}"));
        made.client_id_list("sts.amazonaws.com")
            .send()
            .await
            .unwrap();
    });
    let untrusted = failed(&cloud, &web_identity(&cloud, Some(&token(ISSUER, LATER))));
    cloud.runtime.block_on(async {
        let role = iam.create_role().role_name("Reader");
        let role = role.assume_role_policy_document(trust.to_string());
        role.send().await.unwrap();
        let attached = iam.attach_role_policy().role_name("Reader");
        let attached = attached.policy_arn("arn:aws:iam::aws:policy/AdministratorAccess");
        attached.send().await.unwrap();
    });
    web_identity(&cloud, Some(&token(ISSUER, LATER))).ends_with(0);
    let over = failed(
        &cloud,
        &web_identity(&cloud, Some(&token(ISSUER, 1_700_000_000))),
    );
    let over = over.split("current date").next().unwrap().to_owned() + "…\n";
    let none = failed(&cloud, &web_identity(&cloud, Some("not a token")));
    let missing = failed(&cloud, &web_identity(&cloud, None));
    let mut no_role = diagnosing(&cloud, &[]);
    no_role.env("AWS_WEB_IDENTITY_TOKEN_FILE", "token");
    let no_role = failed(&cloud, &run(no_role));
    insta::assert_snapshot!([stranger, untrusted, over, none, missing, no_role].join("\n"));
}
