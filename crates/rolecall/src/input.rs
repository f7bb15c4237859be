//! Reads everything that was asked for into one snapshot.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use rolecall_declared::{ClusterOfPath, Diagnostic, Read};
use rolecall_facts::{
    Conflict, Fact, NamedDocument, Origin, PolicyDocument, Reference, ServiceControlLevel, Snapshot,
};

use crate::Failure;
use crate::config::InputConfig;
use crate::settings::PolicyFiles;

/// Reads files, saved snapshots and what rolecall.toml adds to them.
///
/// # Errors
/// A policy file that rolecall.toml names and that cannot be read. What cannot be read of the user's
/// files is a diagnostic, so that the rest is checked all the same.
pub(crate) fn gather(config: &InputConfig) -> Result<Read, Failure> {
    let mut read = rolecall_declared::read(&config.paths, &read_options(config));
    for path in &config.facts {
        match read_snapshot(path) {
            Ok(snapshot) => read.snapshot.merge(snapshot),
            Err(diagnostic) => read.diagnostics.push(diagnostic),
        }
    }
    read.diagnostics
        .extend(read.snapshot.conflicts.iter().map(conflict_note));
    add_settings(&mut read.snapshot, config)?;
    assign_only_cluster(&mut read.snapshot);
    Ok(read)
}

/// What two sources say differently is told; the trace goes on with what came first.
fn conflict_note(conflict: &Conflict) -> Diagnostic {
    let place = conflict
        .kept_origin
        .as_ref()
        .or(conflict.other_origin.as_ref());
    let origin = place
        .cloned()
        .unwrap_or_else(|| Origin::file(&Arc::from("-"), 1, 1, 0));
    Diagnostic::note(conflict.to_string(), origin)
        .with_help("the first is used; bring the two into line, or leave one of them out")
}

fn read_options(config: &InputConfig) -> rolecall_declared::Options {
    let settings = &config.settings;
    let folder = settings
        .path
        .as_deref()
        .and_then(Path::parent)
        .unwrap_or(Path::new(""));
    rolecall_declared::Options {
        default_cluster: config.cluster.clone(),
        cluster_of_path: settings
            .cluster_files
            .within(folder)
            .into_iter()
            .map(|(path, cluster)| ClusterOfPath { path, cluster })
            .collect(),
        base: Some(config.working_directory.clone()),
    }
}

/// Reads a saved snapshot that all the rest depends on.
///
/// # Errors
/// A file that cannot be read, or is none.
pub(crate) fn saved(path: &Path) -> Result<Snapshot, Failure> {
    read_snapshot(path).map_err(|diagnostic| {
        let failure = Failure::new(diagnostic.message).at(path.display());
        match diagnostic.help {
            Some(_) => failure.with_help("`rolecall snapshot CLUSTER --output FILE` writes one"),
            None => failure,
        }
    })
}

fn read_snapshot(path: &Path) -> Result<Snapshot, Diagnostic> {
    let origin = || Origin::file(&Arc::from(path.to_string_lossy()), 1, 1, 0);
    let help = "`rolecall check --save-facts FILE` writes one";
    let text = fs::read_to_string(path).map_err(|error| {
        Diagnostic::error(format!("the snapshot cannot be read: {error}"), origin()).with_help(help)
    })?;
    Snapshot::from_json(&text)
        .map_err(|error| Diagnostic::error(error.to_string(), origin()).with_help(help))
}

/// Adds what rolecall.toml says of clusters and service control policies.
pub(crate) fn add_settings(snapshot: &mut Snapshot, config: &InputConfig) -> Result<(), Failure> {
    for cluster in &mut snapshot.clusters {
        let named = cluster.name.value().and_then(|name| {
            config
                .settings
                .clusters
                .iter()
                .find(|settings| settings.name == *name)
        });
        if let Some(settings) = named {
            cluster.account = cluster.account.or(settings.account);
            if cluster.region.is_none() {
                cluster.region.clone_from(&settings.region);
            }
        }
    }
    for level in &config.settings.service_control_policies {
        snapshot.service_control_levels.push(read_policies(level)?);
    }
    Ok(())
}

fn read_policies(level: &PolicyFiles) -> Result<ServiceControlLevel, Failure> {
    let policies = level
        .files
        .iter()
        .map(|(path, place)| {
            let shown = path.to_string_lossy();
            let text = fs::read_to_string(path).map_err(|error| {
                Failure::new(format!("the policy `{shown}` cannot be read: {error}")).at(place)
            })?;
            serde_json::from_str::<serde_json::Value>(&text).map_err(|error| {
                Failure::new(format!("the policy `{shown}` is not JSON: {error}")).at(place)
            })?;
            Ok(NamedDocument {
                name: path
                    .file_stem()
                    .unwrap_or_default()
                    .to_string_lossy()
                    .into_owned(),
                document: Fact::known(
                    PolicyDocument::whole(&text),
                    Origin::file(&Arc::from(&*shown), 1, 1, 0),
                ),
            })
        })
        .collect::<Result<_, Failure>>()?;
    Ok(ServiceControlLevel {
        target: level.target.clone(),
        accounts: level.accounts.clone(),
        policies,
    })
}

/// Gives manifests their cluster where files declare none and the saved snapshots know exactly one.
fn assign_only_cluster(snapshot: &mut Snapshot) {
    let [only] = snapshot.clusters.as_slice() else {
        return;
    };
    let only = Reference {
        value: only.name.clone(),
        object: only.id.clone(),
    };
    let pools = snapshot.node_pools.iter_mut().map(|pool| &mut pool.cluster);
    let classes = snapshot
        .node_classes
        .iter_mut()
        .map(|class| &mut class.cluster);
    let claims = snapshot
        .node_claims
        .iter_mut()
        .map(|claim| &mut claim.cluster);
    let maps = snapshot.aws_auth.iter_mut().map(|map| &mut map.cluster);
    for cluster in pools.chain(classes).chain(claims).chain(maps) {
        cluster.get_or_insert_with(|| only.clone());
    }
}
