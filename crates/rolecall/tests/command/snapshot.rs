//! `snapshot`: what a cluster's APIs say, saved and sent, and what is judged of it elsewhere.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;

use rolecall_facts::Snapshot;
use rolecall_sandbox::{Generation, Load, Sandbox, Settings, WorldSettings};

use crate::run::{Ran, finish, rolecall, root, run, run_in};

/// A sandbox with the example of a role under a path, settled.
async fn sandbox() -> Sandbox {
    let folder = root().join("examples/custom-path");
    let read = rolecall_declared::read(&[folder], &rolecall_declared::Options::default());
    let any_port = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let mut world = WorldSettings::of(&read.snapshot);
    world.generation = Generation::Legacy;
    let sandbox = Sandbox::start(Settings {
        world,
        aws: any_port,
        kube: any_port,
        faults: Vec::new(),
        trail: None,
        runs_by_itself: false,
    })
    .await
    .unwrap();
    tokio::task::spawn_blocking(move || {
        let _ = sandbox.load(&Load {
            snapshot: read.snapshot,
            manifests: read.manifests,
            cluster: None,
        });
        sandbox.settle();
        sandbox
    })
    .await
    .unwrap()
}

/// Runs commands in a folder, pointed at the sandbox by environment variables alone.
async fn run_against(sandbox: &Sandbox, folder: &Path, commands: &[&[&str]]) -> Vec<Ran> {
    let exports = sandbox.exports();
    let variables: Vec<(String, String)> = exports
        .variables()
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    let commands: Vec<_> = commands
        .iter()
        .map(|args| {
            let mut command = rolecall(folder, args);
            command
                .env_remove("KUBECONFIG")
                .env("HOME", folder)
                .envs(variables.clone());
            command
        })
        .collect();
    tokio::task::spawn_blocking(move || commands.into_iter().map(finish).collect())
        .await
        .unwrap()
}

#[test]
fn the_commands_of_the_documentation_save_redact_and_judge() {
    let folder = tempfile::tempdir().unwrap();
    let saved = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let ran = runtime.block_on(async {
        let sandbox = sandbox().await;
        let ran = run_against(
            &sandbox,
            folder.path(),
            &[
                &["snapshot", "platform-prod"],
                &["snapshot", "platform-prod", "--redact"],
                &["snapshot", "platform-prod", "--output", "facts.json"],
            ],
        )
        .await;
        sandbox.shutdown().await.unwrap();
        ran
    });
    for ran in &ran {
        assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
    }
    let facts = Snapshot::from_json(&ran[0].stdout).unwrap();
    assert_eq!(facts.node_pools.len(), 2);
    let redacted = &ran[1].stdout;
    for name in ["platform", "Batch", "batch", "111122223333", "WebNode"] {
        assert!(!redacted.contains(name), "{name}");
    }
    assert!(saved("facts.json").contains("platform-prod"));

    let again = [
        "snapshot",
        "--from",
        "facts.json",
        "--redact",
        "--output",
        "redacted.json",
    ];
    let again = run_in(folder.path(), &again);
    assert_eq!(again.code, 0, "{}", again.stderr);
    assert!(saved("redacted.json").contains("cluster-1"));

    // The same verdicts and findings, by whoever judges.
    let told = |file: &str| {
        let ran = run_in(
            folder.path(),
            &["diagnose", "--from", file, "--format", "json"],
        );
        assert_eq!(ran.code, 1, "{}{}", ran.stdout, ran.stderr);
        let check: rolecall_report::CheckJson = serde_json::from_str(&ran.stdout).unwrap();
        let links: Vec<_> = check
            .chains
            .iter()
            .flat_map(|chain| &chain.links)
            .map(|link| format!("{} {}", link.link, link.verdict))
            .collect();
        let rules: Vec<_> = check.findings.into_iter().map(|found| found.rule).collect();
        (links, rules)
    };
    assert_eq!(told("facts.json"), told("redacted.json"));
    let empty = tempfile::tempdir().unwrap();
    let file = folder.path().join("facts.json");
    let checked = [
        "check",
        empty.path().to_str().unwrap(),
        "--facts",
        file.to_str().unwrap(),
    ];
    assert!(run(&checked).stdout.contains("platform-prod"));
}

#[test]
fn a_file_that_is_no_snapshot_says_what_writes_one() {
    let ran = run(&["diagnose", "--from", "deny.toml"]);
    assert_eq!(ran.code, 2);
    assert!(
        ran.stderr.contains("rolecall snapshot CLUSTER"),
        "{}",
        ran.stderr
    );
    let ran = run(&["diagnose", "--from", "deny.toml", "prod"]);
    assert!(ran.stderr.contains("cannot be used with"), "{}", ran.stderr);
}
