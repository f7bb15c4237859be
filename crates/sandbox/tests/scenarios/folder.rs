//! A folder's files as facts, as `rolecall` reads them.

use std::path::Path;
use std::sync::Arc;

use rolecall_arn::AccountId;
use rolecall_chain::Options;
use rolecall_declared::{ClusterOfPath, DiagnosticLevel, Read};
use rolecall_facts::{Fact, NamedDocument, Origin, PolicyDocument, ServiceControlLevel, Snapshot};
use serde::Deserialize;

/// The part of `rolecall.toml` that scenarios use.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
struct Settings {
    clusters: Vec<Cluster>,
    service_control_policies: Vec<Level>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Cluster {
    name: String,
    account: Option<AccountId>,
    region: Option<String>,
    #[serde(default)]
    files: Vec<String>,
    karpenter_controller_role: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Level {
    target: String,
    #[serde(default)]
    accounts: Vec<AccountId>,
    files: Vec<String>,
}

/// Reads a folder. `snapshot.json` is what `--facts` would be given.
pub fn read(folder: &Path) -> Result<(Read, Options), String> {
    let settings = settings(folder)?;
    let mut options = Options::default();
    let mut cluster_of_path = Vec::new();
    for cluster in &settings.clusters {
        let role = cluster.karpenter_controller_role.clone();
        options
            .karpenter_roles
            .extend(role.map(|role| (cluster.name.clone(), role)));
        for file in &cluster.files {
            cluster_of_path.push(ClusterOfPath {
                path: folder
                    .join(file.trim_end_matches('/'))
                    .to_string_lossy()
                    .into_owned(),
                cluster: cluster.name.clone(),
            });
        }
    }
    let reading = rolecall_declared::Options {
        cluster_of_path,
        ..rolecall_declared::Options::default()
    };
    let mut read = rolecall_declared::read(&[folder.to_owned()], &reading);
    if let Some(text) = text_of(&folder.join("snapshot.json"))? {
        let saved = Snapshot::from_json(&text).map_err(|error| error.to_string())?;
        read.snapshot.merge(saved);
    }
    for cluster in &mut read.snapshot.clusters {
        let named = settings
            .clusters
            .iter()
            .find(|named| cluster.name.value() == Some(&named.name));
        if let Some(named) = named {
            cluster.account = cluster.account.or(named.account);
            cluster.region = cluster.region.take().or_else(|| named.region.clone());
        }
    }
    for level in settings.service_control_policies {
        let read_level = level_of(folder, level)?;
        read.snapshot.service_control_levels.push(read_level);
    }
    let broken = read
        .diagnostics
        .iter()
        .find(|diagnostic| diagnostic.level == DiagnosticLevel::Error);
    match broken {
        Some(diagnostic) => Err(format!("{diagnostic:?}")),
        None => Ok((read, options)),
    }
}

fn settings(folder: &Path) -> Result<Settings, String> {
    let text = text_of(&folder.join("rolecall.toml"))?.unwrap_or_default();
    toml::from_str(&text).map_err(|error| format!("rolecall.toml: {error}"))
}

fn text_of(path: &Path) -> Result<Option<String>, String> {
    if !path.exists() {
        return Ok(None);
    }
    let text = std::fs::read_to_string(path);
    text.map(Some)
        .map_err(|error| format!("{}: {error}", path.display()))
}

fn level_of(folder: &Path, level: Level) -> Result<ServiceControlLevel, String> {
    let policies: Result<Vec<NamedDocument>, String> = level
        .files
        .iter()
        .map(|file| {
            let text =
                text_of(&folder.join(file))?.ok_or_else(|| format!("{file} is not there"))?;
            let origin = Origin::file(&Arc::from(file.as_str()), 1, 1, 0);
            Ok(NamedDocument {
                name: file.clone(),
                document: Fact::known(PolicyDocument::whole(&text), origin),
            })
        })
        .collect();
    Ok(ServiceControlLevel {
        target: level.target,
        accounts: level.accounts,
        policies: policies?,
    })
}
