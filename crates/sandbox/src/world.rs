//! The sandbox without ports: the AWS endpoint, the API server and the control plane of each cluster,
//! in memory. The process puts servers in front of it; tests use it as it is.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use http::Request;
use parking_lot::{Mutex, RwLock};
use rolecall_arn::AccountId;
use rolecall_sandbox_automode::{ControlPlane, Generation, Settings as PlaneSettings};
use rolecall_sandbox_aws::eks::{ClusterKey, Serving};
use rolecall_sandbox_aws::sigv4::Credentials;
use rolecall_sandbox_aws::{Aws, Clock, Settings as AwsSettings};
use rolecall_sandbox_kube::{ApiServer, Settings as KubeSettings, User};

use crate::gate::EksGate;
use crate::load::{self, Load, LoadedCluster, Note};
use crate::state::{self, Row, SavedRow, StateError, Writer};

/// How a sandbox behaves.
#[derive(Debug, Clone)]
pub struct WorldSettings {
    /// Which control plane runs in Auto Mode clusters.
    pub generation: Generation,
    /// The account of the default credentials, and of what files leave open.
    pub account: AccountId,
    /// The region, likewise.
    pub region: String,
    /// Ids, delays and faults follow from it.
    pub seed: u64,
    /// The administrator's key.
    pub credentials: Credentials,
    /// Takes every key for an administrator's.
    pub any_credentials: bool,
    /// Sandbox seconds per real second.
    pub speed: f64,
    /// The longest time a write stays unseen, in milliseconds of sandbox time.
    pub lag: Option<u64>,
    /// Where everything is kept across restarts.
    pub state: Option<PathBuf>,
}

impl Default for WorldSettings {
    fn default() -> Self {
        Self {
            generation: Generation::Current,
            account: default_account(),
            region: "us-east-1".to_owned(),
            seed: 0,
            credentials: default_credentials(),
            any_credentials: false,
            speed: 1.0,
            lag: None,
            state: None,
        }
    }
}

/// The account AWS's documentation uses.
fn default_account() -> AccountId {
    // Twelve digits; another account would only be less familiar.
    "111122223333".parse().unwrap_or_else(|_| unreachable!("twelve digits are an account id"))
}

/// The key AWS's documentation uses, so that nobody takes it for a real one.
#[must_use]
pub fn default_credentials() -> Credentials {
    Credentials {
        access_key_id: "AKIAIOSFODNN7EXAMPLE".to_owned(),
        secret_access_key: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".to_owned(),
        session_token: None,
    }
}

/// A cluster that runs.
pub struct RunningCluster {
    /// Which.
    pub key: ClusterKey,
    /// Its API server.
    pub server: Arc<ApiServer>,
    /// Its control plane, in clusters with Auto Mode.
    plane: Mutex<Option<Arc<ControlPlane>>>,
}

/// Everything but ports.
#[derive(Clone)]
pub struct World(Arc<Inner>);

struct Inner {
    aws: Aws,
    settings: WorldSettings,
    clusters: RwLock<BTreeMap<ClusterKey, Arc<RunningCluster>>>,
    writer: Option<Writer>,
    /// Rows of clusters whose API servers are not made yet.
    saved: Mutex<Vec<SavedRow>>,
}

impl World {
    /// A world with nothing in it, or with what its state file holds.
    ///
    /// # Errors
    /// When the state file cannot be used.
    pub fn new(settings: WorldSettings) -> Result<Self, StateError> {
        let clock = Arc::new(Clock::starting_now(settings.speed));
        let opened = settings.state.as_deref().map(state::open).transpose()?;
        let (rows, writer) = match opened {
            None => (Vec::new(), None),
            Some(mut opened) => {
                let rows = std::mem::take(&mut opened.rows);
                (rows, Some(Writer::start(opened)))
            }
        };
        let journal = writer.clone().map(|writer| {
            let journal: rolecall_sandbox_aws::Journal = Arc::new(move |change| {
                writer.push(Row {
                    part: "aws".to_owned(),
                    table: change.table.to_owned(),
                    key: change.key,
                    value: change.value,
                });
            });
            journal
        });
        let aws = Aws::new(
            AwsSettings {
                account: settings.account,
                region: settings.region.clone(),
                seed: settings.seed,
                credentials: settings.credentials.clone(),
                any_credentials: settings.any_credentials,
                lag: settings.lag,
                journal,
            },
            clock,
        );
        let (of_aws, of_clusters): (Vec<_>, Vec<_>) =
            rows.into_iter().partition(|row| row.part == "aws");
        let world = Self(Arc::new(Inner {
            aws,
            settings,
            clusters: RwLock::default(),
            writer,
            saved: Mutex::new(of_clusters),
        }));
        world.restore(&of_aws)?;
        world.sync();
        Ok(world)
    }

    fn restore(&self, rows: &[SavedRow]) -> Result<(), StateError> {
        let restored = self.0.aws.write(|state| {
            rows.iter()
                .try_for_each(|row| state.restore(&row.table, &row.key, &row.value))
        });
        restored.map_err(|error| StateError::Broken {
            path: self.0.settings.state.clone().unwrap_or_default(),
            problem: error.to_string(),
        })
    }

    /// The AWS endpoint.
    #[must_use]
    pub fn aws(&self) -> &Aws {
        &self.0.aws
    }

    /// The settings.
    #[must_use]
    pub fn settings(&self) -> &WorldSettings {
        &self.0.settings
    }

    /// Waits until everything acknowledged so far is on disk; at once without a state file.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn keep(&self) -> Result<(), StateError> {
        match &self.0.writer {
            Some(writer) => writer.wait(writer.latest()),
            None => Ok(()),
        }
    }

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
    pub fn sync(&self) {
        let wanted: BTreeMap<ClusterKey, bool> = self.0.aws.read(|state| {
            state
                .eks
                .clusters()
                .map(|cluster| (cluster.key.clone(), cluster.auto_mode.is_some()))
                .collect()
        });
        let mut clusters = self.0.clusters.write();
        clusters.retain(|key, _| wanted.contains_key(key));
        for (key, auto_mode) in wanted {
            let cluster = clusters
                .entry(key.clone())
                .or_insert_with(|| Arc::new(self.start(key.clone())));
            let mut plane = cluster.plane.lock();
            match (auto_mode, plane.is_some()) {
                (true, false) => *plane = Some(Arc::new(self.plane(&key, &cluster.server))),
                (false, true) => *plane = None,
                _ => {}
            }
        }
    }

    fn start(&self, key: ClusterKey) -> RunningCluster {
        let gate = Arc::new(EksGate::new(self.0.aws.clone(), key.clone()));
        let clock = Arc::clone(self.0.aws.clock());
        let part = format!("cluster {}", cluster_id(&key));
        let mut settings = KubeSettings::new(Arc::clone(&gate) as _);
        settings.clock = Arc::new(move || clock.now());
        settings.seed = self.0.settings.seed;
        settings.journal = self.0.writer.clone().map(|writer| {
            let part = part.clone();
            let journal: Arc<dyn Fn(rolecall_sandbox_kube::Change) + Send + Sync> =
                Arc::new(move |change: rolecall_sandbox_kube::Change| {
                    writer.push(Row {
                        part: part.clone(),
                        table: "objects".to_owned(),
                        key: change.key,
                        value: change.value,
                    });
                });
            journal
        });
        let server = Arc::new(ApiServer::new(settings));
        gate.guard(Arc::downgrade(&server));
        let mut saved = self.0.saved.lock();
        let mine: Vec<_> = saved
            .extract_if(.., |row| row.part == part)
            .map(|row| rolecall_sandbox_kube::Change {
                key: row.key,
                value: Some(row.value),
            })
            .collect();
        if !mine.is_empty() {
            server.restore(mine);
        }
        RunningCluster {
            key,
            server,
            plane: Mutex::new(None),
        }
    }

    fn plane(&self, key: &ClusterKey, server: &Arc<ApiServer>) -> ControlPlane {
        let aws = &self.0.aws;
        let mut settings =
            PlaneSettings::in_process(aws, server, &key.name, key.account, &key.region);
        settings.generation = self.0.settings.generation;
        settings.seed = self.0.settings.seed;
        ControlPlane::new(settings)
    }

    /// Puts what files declare into the accounts and clusters, and tells what did not become what
    /// they say.
    #[must_use]
    pub fn load(&self, load: &Load) -> Vec<Note> {
        let mut loaded = load::load(&self.0.aws, load);
        self.sync();
        for cluster in &loaded.clusters {
            self.apply(cluster, &mut loaded.notes);
        }
        self.write_aws_auth();
        loaded.notes
    }

    fn apply(&self, cluster: &LoadedCluster, notes: &mut Vec<Note>) {
        let key = ClusterKey {
            account: cluster.account,
            region: cluster.region.clone(),
            name: cluster.name.clone(),
        };
        let Some(running) = self.0.clusters.read().get(&key).cloned() else {
            return;
        };
        for (object, origin) in &cluster.objects.list {
            if let Err(problem) = apply(&running.server, object) {
                notes.push(Note {
                    message: problem,
                    origin: origin.clone(),
                });
            }
        }
    }

    /// Writes the lines that EKS puts into `aws-auth` by itself.
    pub fn write_aws_auth(&self) {
        let lines = self.0.aws.write(|state| state.eks.take_aws_auth_lines());
        for line in lines {
            if let Some(running) = self.0.clusters.read().get(&line.cluster) {
                crate::gate::add_line(&running.server, &line);
            }
        }
    }

    /// Runs every control plane until none has anything to do. Timers are not waited for.
    pub fn settle(&self) {
        self.sync();
        for cluster in self.clusters() {
            let plane = cluster.plane.lock().clone();
            if let Some(plane) = plane {
                plane.settle();
            }
        }
    }

    /// Runs what is due at the sandbox's time, such as a resync or the end of a node's time to join.
    pub fn run_due(&self) {
        for cluster in self.clusters() {
            let plane = cluster.plane.lock().clone();
            if let Some(plane) = plane {
                plane.run_due();
            }
        }
    }
}

impl RunningCluster {
    /// The id in its endpoint.
    #[must_use]
    pub fn id(&self) -> String {
        cluster_id(&self.key)
    }
}

/// `name.region.account`: one segment of a path.
fn cluster_id(key: &ClusterKey) -> String {
    format!("{}.{}.{}", key.name, key.region, key.account)
}

/// Applies an object as the cluster's administrator.
fn apply(server: &ApiServer, object: &serde_json::Value) -> Result<(), String> {
    let text = |place: &str| object.pointer(place).and_then(serde_json::Value::as_str);
    let kind = text("/kind").unwrap_or_default();
    let name = text("/metadata/name").unwrap_or_default();
    let version = text("/apiVersion").unwrap_or_default();
    let collection = match kind {
        "NodePool" => "nodepools",
        "NodeClass" => "nodeclasses",
        "NodeClaim" => "nodeclaims",
        "EC2NodeClass" => "ec2nodeclasses",
        _ => "configmaps",
    };
    let path = match text("/metadata/namespace") {
        Some(namespace) if collection == "configmaps" => {
            format!("/api/{version}/namespaces/{namespace}/{collection}/{name}")
        }
        _ => format!("/apis/{version}/{collection}/{name}"),
    };
    let request = Request::patch(format!(
        "{path}?fieldManager=kubectl&force=true&fieldValidation=Warn"
    ))
    .header("content-type", "application/apply-patch+yaml")
    .body(Bytes::from(object.to_string()));
    let mut request = request.map_err(|error| format!("{kind} `{name}` was not applied: {error}"))?;
    request.extensions_mut().insert(User::master());
    let response = server.handle(request).whole();
    match response {
        Some(response) if response.status().is_success() => Ok(()),
        Some(response) => {
            let status: serde_json::Value =
                serde_json::from_slice(response.body()).unwrap_or_default();
            let message = status
                .get("message")
                .and_then(serde_json::Value::as_str)
                .unwrap_or_default();
            Err(format!("{kind} `{name}` was not applied: {message}"))
        }
        None => Err(format!("{kind} `{name}` was not applied: the server began a watch")),
    }
}
