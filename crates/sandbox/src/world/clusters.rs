//! The clusters that run: an API server and a control plane for each cluster EKS has.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use parking_lot::Mutex;
use rolecall_sandbox_automode::{ControlPlane, Running, Settings as PlaneSettings};
use rolecall_sandbox_aws::eks::{ClusterKey, Serving};
use rolecall_sandbox_kube::crd::Bundle;
use rolecall_sandbox_kube::{ApiServer, Change, Settings as KubeSettings};

use super::World;
use super::definitions::define;
use super::kept::{OBJECTS, part_of};
use crate::gate::EksGate;
use crate::state::{Row, StateError};

/// A cluster that runs.
pub struct RunningCluster {
    /// Which.
    pub key: ClusterKey,
    /// Its API server.
    pub server: Arc<ApiServer>,
    /// Its control plane, in clusters with Auto Mode.
    pub(super) plane: Mutex<Option<Plane>>,
}

pub(super) struct Plane {
    pub(super) plane: Arc<ControlPlane>,
    /// The thread it runs in, when it runs by itself.
    pub(super) running: Option<Running>,
}

impl RunningCluster {
    /// The id in its endpoint.
    #[must_use]
    pub fn id(&self) -> String {
        cluster_id(&self.key)
    }
}

/// `name.region.account`: one segment of a path.
pub(super) fn cluster_id(key: &ClusterKey) -> String {
    format!("{}.{}.{}", key.name, key.region, key.account)
}

impl World {
    /// Says where the clusters' API servers are reached, for `DescribeCluster`.
    pub fn serve_at(&self, base: &str, certificate_authority: &str) {
        let base = base.to_owned();
        let certificate_authority = certificate_authority.to_owned();
        self.0.aws.write(|state| {
            state.eks.set_serving(Arc::new(move |key| Serving {
                endpoint: format!("{base}/clusters/{}", cluster_id(key)),
                certificate_authority: certificate_authority.clone(),
            }));
        });
    }

    /// The clusters that run.
    #[must_use]
    pub fn clusters(&self) -> Vec<Arc<RunningCluster>> {
        self.0.clusters.read().values().cloned().collect()
    }

    /// The cluster with this id, as endpoints contain it.
    #[must_use]
    pub fn cluster_by_id(&self, id: &str) -> Option<Arc<RunningCluster>> {
        let clusters = self.0.clusters.read();
        clusters
            .iter()
            .find(|(key, _)| cluster_id(key) == id)
            .map(|(_, cluster)| Arc::clone(cluster))
    }

    /// The cluster of this name, when there is only one.
    #[must_use]
    pub fn cluster_named(&self, name: &str) -> Option<Arc<RunningCluster>> {
        let clusters = self.0.clusters.read();
        let mut named = clusters.values().filter(|cluster| cluster.key.name == name);
        let first = named.next()?;
        named.next().is_none().then(|| Arc::clone(first))
    }

    /// Makes API servers and control planes for the clusters that EKS has, and ends those of clusters
    /// that are gone. Called after every change of a cluster.
    ///
    /// # Errors
    /// When the state file holds something of a cluster that this version cannot read.
    pub fn sync(&self) -> Result<(), StateError> {
        let wanted: BTreeMap<ClusterKey, bool> = self.0.aws.read(|state| {
            state
                .eks
                .clusters()
                .map(|cluster| (cluster.key.clone(), cluster.auto_mode.is_some()))
                .collect()
        });
        let runs = self.0.runs_by_itself.load(Ordering::SeqCst);
        let mut clusters = self.0.clusters.write();
        clusters.retain(|key, cluster| {
            let stays = wanted.contains_key(key);
            if !stays {
                self.forget(cluster);
            }
            stays
        });
        for (key, auto_mode) in wanted {
            let cluster = match clusters.get(&key) {
                Some(cluster) => Arc::clone(cluster),
                None => Arc::new(self.start(key.clone(), auto_mode)?),
            };
            clusters.insert(key.clone(), Arc::clone(&cluster));
            let mut plane = cluster.plane.lock();
            if !auto_mode {
                *plane = None;
                continue;
            }
            let plane = plane.get_or_insert_with(|| {
                define(&cluster.server, Bundle::AutoMode);
                Plane {
                    plane: Arc::new(self.plane(&key, &cluster.server)),
                    running: None,
                }
            });
            if runs && plane.running.is_none() {
                plane.running = Some(plane.plane.spawn());
            }
        }
        Ok(())
    }

    fn start(&self, key: ClusterKey, auto_mode: bool) -> Result<RunningCluster, StateError> {
        let gate = Arc::new(EksGate::new(self.0.aws.clone(), key.clone()));
        let clock = Arc::clone(self.0.aws.clock());
        let part = part_of(&key);
        let mut settings = KubeSettings::new(Arc::clone(&gate) as _);
        settings.clock = Arc::new(move || clock.now());
        settings.seed = self.seed_of(&key);
        settings.definitions = match auto_mode {
            true => Bundle::AutoMode,
            false => Bundle::Nothing,
        };
        settings.journal = self.0.writer.clone().map(|writer| {
            let part = part.clone();
            let journal: Arc<dyn Fn(Change) + Send + Sync> = Arc::new(move |change: Change| {
                writer.push(Row {
                    part: part.clone(),
                    table: OBJECTS.to_owned(),
                    key: change.key,
                    value: change.value,
                });
            });
            journal
        });
        let mine: Vec<Change> = self
            .0
            .saved
            .lock()
            .extract_if(.., |row| row.part == part)
            .map(|row| Change {
                key: row.key,
                value: Some(row.value),
            })
            .collect();
        let server = if mine.is_empty() {
            ApiServer::new(settings)
        } else {
            ApiServer::restore(settings, mine).map_err(|error| self.broken(&error))?
        };
        let server = Arc::new(server);
        gate.guard(Arc::downgrade(&server));
        Ok(RunningCluster {
            key,
            server,
            plane: Mutex::new(None),
        })
    }

    /// A seed of the cluster's own: objects of two clusters must not have the same ids, by which EC2
    /// would take the launch of the one for that of the other asked for again.
    fn seed_of(&self, key: &ClusterKey) -> u64 {
        // FNV-1a.
        cluster_id(key)
            .bytes()
            .fold(self.0.seed ^ 0xcbf2_9ce4_8422_2325, |hash, byte| {
                (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
            })
    }

    fn plane(&self, key: &ClusterKey, server: &Arc<ApiServer>) -> ControlPlane {
        let aws = &self.0.aws;
        let mut settings =
            PlaneSettings::in_process(aws, server, &key.name, key.account, &key.region);
        settings.generation = self.0.settings.generation;
        settings.seed = self.seed_of(key);
        ControlPlane::new(settings)
    }

    pub(super) fn end_clusters(&self) {
        let ended = std::mem::take(&mut *self.0.clusters.write());
        ended.values().for_each(|cluster| self.forget(cluster));
    }
}
