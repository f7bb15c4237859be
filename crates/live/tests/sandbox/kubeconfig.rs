//! A kubeconfig whose exec plugin makes the token, as `aws eks get-token` does.
#![cfg(unix)]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::time::SystemTime;

use rolecall_live::{
    Connection, Credentials, Kubernetes, Question, Reading, Settings, SharedCredentialsProvider,
    cluster_token, read,
};
use serde_json::json;

use crate::world::World;

/// Reads the world's cluster by a kubeconfig whose plugin runs these lines of shell.
async fn by_plugin(world: &World, lines: &str) -> Reading {
    let folder = tempfile::tempdir().unwrap();
    let plugin = folder.path().join("get-token");
    fs::write(&plugin, format!("#!/bin/sh\n{lines}\n")).unwrap();
    fs::set_permissions(&plugin, fs::Permissions::from_mode(0o755)).unwrap();
    let running = world.sandbox.world().clusters();
    let id = running.first().unwrap().id();
    let server = format!("https://{}/clusters/{id}", world.sandbox.kube_address());
    let authority = world.sandbox.certificate_authority();
    let exec = json!({
        "apiVersion": "client.authentication.k8s.io/v1beta1",
        "command": plugin, "args": [], "interactiveMode": "Never",
    });
    let text = json!({
        "apiVersion": "v1", "kind": "Config", "current-context": "demo",
        "clusters": [{"name": "demo", "cluster": {
            "server": server, "certificate-authority-data": authority,
        }}],
        "users": [{"name": "me", "user": {"exec": exec}}],
        "contexts": [{"name": "demo", "context": {"cluster": "demo", "user": "me"}}],
    });
    let exports = world.sandbox.exports();
    let keys = Credentials::from_keys(exports.access_key_id, exports.secret_access_key, None);
    let connection = Connection::new(Settings {
        region: world.connection.region().to_owned(),
        endpoint_url: Some(exports.endpoint_url),
        credentials: SharedCredentialsProvider::new(keys),
        kubernetes: Kubernetes::Kubeconfig {
            text: text.to_string(),
            context: None,
        },
    });
    let question = Question {
        cluster: world.cluster.clone(),
        ..Question::default()
    };
    read(&connection, &question).await.unwrap()
}

#[tokio::test]
async fn the_plugins_token_opens_the_cluster() {
    let world = World::of("custom-path").await;
    let exports = world.sandbox.exports();
    let keys = Credentials::from_keys(exports.access_key_id, exports.secret_access_key, None);
    let region = world.connection.region();
    let now = SystemTime::now();
    let token = cluster_token(&keys, region, &exports.endpoint_url, &world.cluster, now).unwrap();
    let credential = json!({
        "apiVersion": "client.authentication.k8s.io/v1beta1",
        "kind": "ExecCredential",
        "status": {"token": token},
    });
    let reading = by_plugin(&world, &format!("echo '{credential}'")).await;
    assert_eq!(reading.snapshot.unread, []);
    assert_eq!(reading.snapshot.node_pools.len(), 2);
    assert_eq!(reading.notes, [], "server and endpoint are the same");
}

#[tokio::test]
async fn a_plugin_that_fails_leaves_the_aws_part_and_is_told() {
    let world = World::of("custom-path").await;
    let reading = by_plugin(&world, "echo 'no session' >&2; exit 1").await;
    assert_eq!(reading.snapshot.clusters.len(), 1);
    assert!(!reading.snapshot.roles.is_empty());
    assert!(!reading.notes.is_empty());
    assert!(!reading.snapshot.unread.is_empty());
}
