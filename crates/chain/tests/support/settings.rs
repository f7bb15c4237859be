//! `rolecall.toml` as far as tests need it. The command line owns its real reader and its messages;
//! the keys are the same.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rolecall_chain::{ControlPlane, Conventions, Options, PathConvention};
use rolecall_declared::ClusterOfPath;
use rolecall_facts::{Fact, NamedDocument, Origin, PolicyDocument, ServiceControlLevel, Snapshot};
use toml::{Table, Value};

/// A `rolecall.toml`.
#[derive(Default)]
pub(crate) struct Settings(Table);

/// Reads the text.
pub(crate) fn parse(text: &str) -> Settings {
    Settings(text.parse().unwrap())
}

impl Settings {
    fn tables<'s>(&'s self, key: &str) -> impl Iterator<Item = &'s Table> {
        let array = self.0.get(key).and_then(Value::as_array);
        array
            .into_iter()
            .flatten()
            .map(|item| item.as_table().unwrap())
    }

    /// How files are read: which manifests belong to which cluster.
    pub(crate) fn read_options(&self, folder: &Path) -> rolecall_declared::Options {
        let files = |cluster: &Table| {
            let name = text(cluster, "name").unwrap();
            let of = |file: String| ClusterOfPath {
                path: folder.join(file).to_string_lossy().into_owned(),
                cluster: name.clone(),
            };
            texts(cluster, "files")
                .into_iter()
                .map(of)
                .collect::<Vec<_>>()
        };
        rolecall_declared::Options {
            default_cluster: None,
            cluster_of_path: self.tables("clusters").flat_map(files).collect(),
            base: None,
        }
    }

    /// Adds accounts, regions and service control policies to what the files say.
    pub(crate) fn add_to(&self, snapshot: &mut Snapshot, policy: &dyn Fn(&PathBuf) -> String) {
        for cluster in &mut snapshot.clusters {
            let of_name = |known: &&Table| text(known, "name").as_ref() == cluster.name.value();
            if let Some(known) = self.tables("clusters").find(of_name) {
                let account = text(known, "account").map(|account| account.parse().unwrap());
                cluster.account = cluster.account.or(account);
                cluster.region = cluster.region.clone().or(text(known, "region"));
            }
        }
        for level in self.tables("service-control-policies") {
            let read = |file: String| NamedDocument {
                name: file.trim_end_matches(".json").to_owned(),
                document: Fact::known(
                    PolicyDocument::whole(&policy(&PathBuf::from(&file))),
                    Origin::file(&Arc::from(file.as_str()), 1, 1, 0),
                ),
            };
            snapshot.service_control_levels.push(ServiceControlLevel {
                target: text(level, "target").unwrap(),
                accounts: texts(level, "accounts")
                    .iter()
                    .map(|id| id.parse().unwrap())
                    .collect(),
                policies: texts(level, "files").into_iter().map(read).collect(),
            });
        }
    }

    /// How chains are traced.
    pub(crate) fn options(&self) -> Options {
        let node_roles = self.0.get("node-roles").and_then(Value::as_table);
        let node_roles = node_roles.cloned().unwrap_or_default();
        let paths = node_roles.get("paths").and_then(Value::as_array);
        let path = |table: &Value| PathConvention {
            path: text(table.as_table().unwrap(), "path")
                .unwrap()
                .parse()
                .unwrap(),
            owner: text(table.as_table().unwrap(), "owner").unwrap(),
        };
        let karpenter = |cluster: &Table| {
            Some((
                text(cluster, "name")?,
                text(cluster, "karpenter-controller-role")?,
            ))
        };
        Options {
            control_plane: match text(&self.0, "control-plane").as_deref() {
                Some("legacy") => ControlPlane::Legacy,
                _ => ControlPlane::Current,
            },
            conventions: Conventions {
                node_role_paths: paths.into_iter().flatten().map(path).collect(),
                node_role_names: texts(&node_roles, "names"),
                unique_across_accounts: text(&node_roles, "unique-names").as_deref()
                    == Some("all-accounts"),
            },
            karpenter_roles: self
                .tables("clusters")
                .filter_map(karpenter)
                .collect::<BTreeMap<_, _>>(),
        }
    }
}

fn text(table: &Table, key: &str) -> Option<String> {
    table.get(key).and_then(Value::as_str).map(str::to_owned)
}

fn texts(table: &Table, key: &str) -> Vec<String> {
    let array = table.get(key).and_then(Value::as_array);
    array
        .into_iter()
        .flatten()
        .map(|item| item.as_str().unwrap().to_owned())
        .collect()
}
