//! An emulated AWS and Kubernetes of this process, loaded from files and settled.

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use rolecall_arn::AccountId;
use rolecall_chain::ControlPlane;
use rolecall_declared::{Diagnostic, Read};
use rolecall_facts::Origin;
use rolecall_live::{Connection, Credentials, Kubernetes, Settings, SharedCredentialsProvider};
use rolecall_sandbox::{Generation, Load, Note, Sandbox};

use super::ask;
use crate::Failure;
use crate::config::DiagnoseConfig;
use crate::connect::Target;
use crate::sandbox::world_settings;

/// A sandbox that runs, and the clusters in it that are to be diagnosed.
pub(crate) struct Started {
    pub(crate) sandbox: Arc<Sandbox>,
    pub(crate) targets: Vec<Target>,
}

impl Started {
    /// Lets the control plane come to rest, with a node asked for by every pool that has none.
    pub(crate) async fn settle(&self) -> Result<(), Failure> {
        let sandbox = Arc::clone(&self.sandbox);
        tokio::task::spawn_blocking(move || settle(&sandbox))
            .await
            .map_err(|error| Failure::new(format!("the sandbox cannot settle: {error}")))
    }

    pub(crate) async fn stop(self) {
        // Nothing of it is kept, so there is nothing that stopping could lose.
        if let Some(sandbox) = Arc::into_inner(self.sandbox) {
            let _ = sandbox.shutdown().await;
        }
    }
}

/// Starts a sandbox on free ports, loads the files and lets the control plane settle. What did not
/// become what the files say is added to their diagnostics.
pub(crate) async fn start(config: &DiagnoseConfig, read: &mut Read) -> Result<Started, Failure> {
    let mut world = world_settings(&read.snapshot, None);
    world.generation = match config.judging.options.control_plane {
        ControlPlane::Current => Generation::Current,
        ControlPlane::Legacy => Generation::Legacy,
    };
    // A key is one account's; where clusters are in several, each account's number is its key.
    world.any_credentials = accounts(read).len() > 1;
    let any_port = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let sandbox = Sandbox::start(rolecall_sandbox::Settings {
        world,
        aws: any_port,
        kube: any_port,
        faults: Vec::new(),
        trail: None,
        runs_by_itself: false,
    })
    .await
    .map_err(|error| Failure::new(error.to_string()))?;
    let load = Load {
        snapshot: read.snapshot.clone(),
        manifests: read.manifests.clone(),
        cluster: config.input.cluster.clone(),
    };
    // Loading and settling are the sandbox's own calls, one after another: not on a thread that
    // serves.
    let (sandbox, notes) = tokio::task::spawn_blocking(move || {
        let notes = sandbox.load(&load);
        settle(&sandbox);
        (sandbox, notes)
    })
    .await
    .map_err(|error| Failure::new(format!("the sandbox cannot be loaded: {error}")))?;
    for note in notes.into_iter().map(diagnostic) {
        if !read.diagnostics.contains(&note) {
            read.diagnostics.push(note);
        }
    }
    let targets = targets(config, &sandbox);
    if targets.is_empty() {
        sandbox.shutdown().await.ok();
        return Err(no_cluster(config, read));
    }
    Ok(Started {
        sandbox: Arc::new(sandbox),
        targets,
    })
}

fn settle(sandbox: &Sandbox) {
    sandbox.settle();
    for cluster in sandbox.world().clusters() {
        ask::for_nodes(&cluster);
    }
    sandbox.settle();
}

/// The accounts of the clusters; `None` for the one that files leave open.
fn accounts(read: &Read) -> BTreeSet<Option<AccountId>> {
    let clusters = read.snapshot.clusters.iter();
    clusters.map(|cluster| cluster.account).collect()
}

fn targets(config: &DiagnoseConfig, sandbox: &Sandbox) -> Vec<Target> {
    let exports = sandbox.exports();
    let any_credentials = sandbox.world().settings().any_credentials;
    let credentials = |account: AccountId| {
        let key = match any_credentials {
            true => account.to_string(),
            false => exports.access_key_id.clone(),
        };
        let secret = exports.secret_access_key.clone();
        SharedCredentialsProvider::new(Credentials::from_keys(key, secret, None))
    };
    let wanted = config.input.cluster.as_deref();
    let clusters = sandbox.world().clusters();
    let named = clusters
        .iter()
        .filter(|cluster| wanted.is_none_or(|name| name == cluster.key.name));
    named
        .map(|cluster| Target {
            connection: Connection::new(Settings {
                region: cluster.key.region.clone(),
                endpoint_url: Some(exports.endpoint_url.clone()),
                credentials: credentials(cluster.key.account),
                kubernetes: Kubernetes::FromEks,
            }),
            cluster: cluster.key.name.clone(),
        })
        .collect()
}

fn no_cluster(config: &DiagnoseConfig, read: &Read) -> Failure {
    let refused = read
        .diagnostics
        .iter()
        .find(|diagnostic| diagnostic.message.starts_with("the cluster `"));
    match (&config.input.cluster, refused) {
        (_, Some(refused)) => Failure::new(refused.message.clone()),
        (Some(name), None) => Failure::new(format!("the files declare no cluster `{name}`")),
        (None, None) => Failure::new("the files declare no cluster")
            .with_help("name the cluster that the manifests belong to with --cluster"),
    }
}

fn diagnostic(note: Note) -> Diagnostic {
    let origin = note
        .origin
        .unwrap_or_else(|| Origin::api("sandbox:load", "files"));
    Diagnostic::note(note.message, origin)
}
