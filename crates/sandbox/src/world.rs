//! The sandbox without ports: the AWS endpoint, the API server and the control plane of each cluster,
//! in memory. The process puts servers in front of it; tests use it as it is.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use http::Request;
use parking_lot::{Mutex, RwLock};
use rolecall_arn::AccountId;
use rolecall_facts::Snapshot;
use rolecall_sandbox_automode::{ControlPlane, Generation, Running, Settings as PlaneSettings};
use rolecall_sandbox_aws::eks::{ClusterKey, Serving};
use rolecall_sandbox_aws::sigv4::Credentials;
use rolecall_sandbox_aws::{Aws, Clock, Settings as AwsSettings, State};
use rolecall_sandbox_kube::serve::{Identity, IdentityError};
use rolecall_sandbox_kube::{ApiServer, Change, Settings as KubeSettings, User};
use serde::{Deserialize, Serialize};

use crate::delivery::Delivery;
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

impl WorldSettings {
    /// In the account and region that the facts are about, as far as they say.
    #[must_use]
    pub fn of(snapshot: &Snapshot) -> Self {
        let mut settings = Self::default();
        let clusters = &snapshot.clusters;
        let account = clusters
            .iter()
            .find_map(|cluster| cluster.account)
            // A cluster's role is of the cluster's account.
            .or_else(|| {
                clusters
                    .iter()
                    .find_map(|cluster| cluster.role.value.value()?.as_role()?.account)
            })
            .or_else(|| snapshot.roles.iter().find_map(|role| role.account));
        settings.account = account.unwrap_or(settings.account);
        if let Some(region) = clusters.iter().find_map(|cluster| cluster.region.clone()) {
            settings.region = region;
        }
        settings
    }
}

/// The account AWS's documentation uses.
fn default_account() -> AccountId {
    // Twelve digits; another account would only be less familiar.
    "111122223333"
        .parse()
        .unwrap_or_else(|_| unreachable!("twelve digits are an account id"))
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
    plane: Mutex<Option<Plane>>,
}

struct Plane {
    plane: Arc<ControlPlane>,
    /// The thread it runs in, when it runs by itself.
    running: Option<Running>,
}

/// Everything but ports.
#[derive(Clone)]
pub struct World(Arc<Inner>);

struct Inner {
    aws: Aws,
    settings: WorldSettings,
    seed: u64,
    clusters: RwLock<BTreeMap<ClusterKey, Arc<RunningCluster>>>,
    writer: Option<Writer>,
    /// Rows of clusters whose API servers are not made yet.
    saved: Mutex<Vec<SavedRow>>,
    /// The identity the API servers show, kept so that kubeconfigs stay good.
    identity: Mutex<Option<Identity>>,
    runs_by_itself: AtomicBool,
    delivery: Delivery,
}

impl World {
    /// A world with nothing in it, or with what its state file holds.
    ///
    /// # Errors
    /// When the state file cannot be used.
    pub fn new(settings: WorldSettings) -> Result<Self, StateError> {
        let clock = Arc::new(Clock::starting_now(settings.speed));
        let opened = settings.state.as_deref().map(state::open).transpose()?;
        let (rows, about, writer) = match opened {
            None => (Vec::new(), BTreeMap::new(), None),
            Some(mut opened) => {
                let rows = std::mem::take(&mut opened.rows);
                let about = std::mem::take(&mut opened.about);
                (rows, about, Some(Writer::start(opened)))
            }
        };
        if let Some(left_at) = about.get(NOW).and_then(|text| text.parse().ok()) {
            clock.step_to(left_at);
        }
        // Ids must differ from those given out before.
        let starts: u64 = about
            .get(STARTS)
            .and_then(|text| text.parse().ok())
            .unwrap_or(0);
        let seed = settings.seed ^ starts.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        if let Some(writer) = &writer {
            writer.about(STARTS, &(starts + 1).to_string());
        }
        let journal = writer.clone().map(|writer| {
            let journal: rolecall_sandbox_aws::Journal = Arc::new(move |change| {
                writer.push(Row {
                    part: AWS.to_owned(),
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
                seed,
                credentials: settings.credentials.clone(),
                any_credentials: settings.any_credentials,
                lag: settings.lag,
                journal,
            },
            clock,
        );
        let (of_aws, of_clusters): (Vec<_>, Vec<_>) =
            rows.into_iter().partition(|row| row.part == AWS);
        let world = Self(Arc::new(Inner {
            aws,
            settings,
            clusters: RwLock::default(),
            writer,
            saved: Mutex::new(of_clusters),
            identity: Mutex::new(identity_of(&about)),
            runs_by_itself: AtomicBool::new(false),
            delivery: Delivery::default(),
            seed,
        }));
        world.restore(&of_aws)?;
        world.sync()?;
        Ok(world)
    }

    fn restore(&self, rows: &[SavedRow]) -> Result<(), StateError> {
        let restored = self.0.aws.write(|state| {
            rows.iter()
                .try_for_each(|row| state.restore(&row.table, &row.key, &row.value))
        });
        restored.map_err(|error| self.broken(&error))
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
        let Some(writer) = &self.0.writer else {
            return Ok(());
        };
        if writer.has_written(writer.latest()) {
            return Ok(());
        }
        writer.about(NOW, &self.0.aws.clock().now().to_string());
        writer.wait(writer.latest())
    }

    /// Whether there is a state file.
    #[must_use]
    pub fn is_kept(&self) -> bool {
        self.0.writer.is_some()
    }

    /// The identity the API servers show: the one of the state file, or a new one.
    ///
    /// # Errors
    /// When none can be made.
    pub fn identity(&self) -> Result<Identity, IdentityError> {
        let mut identity = self.0.identity.lock();
        if let Some(identity) = &*identity {
            return Ok(identity.clone());
        }
        let made = Identity::generate(&[])?;
        if let Some(writer) = &self.0.writer {
            writer.about(CA, &made.ca);
            writer.about(CERTIFICATE, &made.certificate);
            writer.about(KEY, &made.key);
        }
        *identity = Some(made.clone());
        Ok(made)
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
                None => Arc::new(self.start(key.clone())?),
            };
            clusters.insert(key.clone(), Arc::clone(&cluster));
            let mut plane = cluster.plane.lock();
            if !auto_mode {
                *plane = None;
                continue;
            }
            let plane = plane.get_or_insert_with(|| Plane {
                plane: Arc::new(self.plane(&key, &cluster.server)),
                running: None,
            });
            if runs && plane.running.is_none() {
                plane.running = Some(plane.plane.spawn());
            }
        }
        Ok(())
    }

    fn start(&self, key: ClusterKey) -> Result<RunningCluster, StateError> {
        let gate = Arc::new(EksGate::new(self.0.aws.clone(), key.clone()));
        let clock = Arc::clone(self.0.aws.clock());
        let part = part_of(&key);
        let mut settings = KubeSettings::new(Arc::clone(&gate) as _);
        settings.clock = Arc::new(move || clock.now());
        settings.seed = self.seed_of(&key);
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

    fn broken(&self, problem: &dyn std::fmt::Display) -> StateError {
        StateError::Broken {
            path: self.0.settings.state.clone().unwrap_or_default(),
            problem: problem.to_string(),
        }
    }

    fn plane(&self, key: &ClusterKey, server: &Arc<ApiServer>) -> ControlPlane {
        let aws = &self.0.aws;
        let mut settings =
            PlaneSettings::in_process(aws, server, &key.name, key.account, &key.region);
        settings.generation = self.0.settings.generation;
        settings.seed = self.seed_of(key);
        ControlPlane::new(settings)
    }

    /// Puts what files declare into the accounts and clusters, and tells what did not become what
    /// they say.
    #[must_use]
    pub fn load(&self, load: &Load) -> Vec<Note> {
        let mut loaded = load::load(&self.0.aws, load);
        self.changed();
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

    /// Follows a change of the AWS side: clusters that came or went, and lines EKS puts into `aws-auth`
    /// by itself.
    pub fn changed(&self) {
        // Only rows of a state file can fail to be read, and those were read at the start.
        let _ = self.sync();
        self.write_aws_auth();
    }

    fn write_aws_auth(&self) {
        let lines = self.0.aws.write(|state| state.eks.take_aws_auth_lines());
        for line in lines {
            if let Some(running) = self.0.clusters.read().get(&line.cluster) {
                crate::gate::add_line(&running.server, &line);
            }
        }
    }

    /// Runs every control plane until none has anything to do; what is due by the sandbox's clock is
    /// done, timers are not waited for. What the control planes could not do is returned, as the logs
    /// nobody sees in AWS.
    pub fn settle(&self) -> Vec<String> {
        self.changed();
        let mut troubles = Vec::new();
        for cluster in self.clusters() {
            let plane = cluster
                .plane
                .lock()
                .as_ref()
                .map(|plane| Arc::clone(&plane.plane));
            let Some(plane) = plane else { continue };
            match plane.settle() {
                Ok(settled) => troubles.extend(
                    settled
                        .troubles
                        .iter()
                        .map(|(object, trouble)| format!("{object}: {trouble}")),
                ),
                Err(error) => troubles.push(error.to_string()),
            }
        }
        troubles
    }

    /// Lets the control planes run in threads of their own from now on.
    pub fn run_by_itself(&self) {
        self.0.runs_by_itself.store(true, Ordering::SeqCst);
        self.changed();
    }

    /// Stops what runs by itself.
    pub fn stop(&self) {
        self.0.runs_by_itself.store(false, Ordering::SeqCst);
        for cluster in self.clusters() {
            if let Some(plane) = &mut *cluster.plane.lock() {
                plane.running = None;
            }
        }
    }

    /// Writes CloudTrail's files into this folder, too.
    pub fn deliver_to(&self, folder: PathBuf) {
        self.0.delivery.to(folder);
    }

    /// Delivers CloudTrail's files if it is time, and again.
    pub fn tick(&self) {
        self.0.delivery.tick(&self.0.aws);
    }

    /// Delivers CloudTrail's files now; how many were written.
    pub fn deliver(&self) -> usize {
        self.0.delivery.now(&self.0.aws)
    }

    /// Forgets everything: accounts, clusters, events and calls.
    pub fn reset(&self) {
        self.end_clusters();
        self.0.aws.reset();
        self.changed();
    }

    fn end_clusters(&self) {
        let ended = std::mem::take(&mut *self.0.clusters.write());
        ended.values().for_each(|cluster| self.forget(cluster));
    }

    /// Takes a cluster's objects out of the state file, so that a later cluster of its name does not
    /// begin with them.
    fn forget(&self, cluster: &RunningCluster) {
        let Some(writer) = &self.0.writer else { return };
        for change in cluster.server.dump() {
            writer.push(Row {
                part: part_of(&cluster.key),
                table: OBJECTS.to_owned(),
                key: change.key,
                value: None,
            });
        }
    }

    /// Everything, for [`replace`](Self::replace).
    #[must_use]
    pub fn save(&self) -> Saved {
        let row = |part: &str, table: &str, key: String, value: Option<Vec<u8>>| SavedJson {
            part: part.to_owned(),
            table: table.to_owned(),
            key,
            value: value
                .and_then(|bytes| serde_json::from_slice(&bytes).ok())
                .unwrap_or_default(),
        };
        let of_aws = self.0.aws.write(State::dump);
        let mut rows: Vec<SavedJson> = of_aws
            .into_iter()
            .map(|change| row(AWS, change.table, change.key, change.value))
            .collect();
        for cluster in self.clusters() {
            let part = part_of(&cluster.key);
            let objects = cluster.server.dump().into_iter();
            rows.extend(objects.map(|change| row(&part, OBJECTS, change.key, change.value)));
        }
        Saved { format: 1, rows }
    }

    /// Puts a saved world in place of this one.
    ///
    /// # Errors
    /// When a row cannot be read; the world is empty then.
    pub fn replace(&self, saved: &Saved) -> Result<(), String> {
        if saved.format != 1 {
            return Err(format!(
                "the saved state has format {}, and this version reads 1",
                saved.format
            ));
        }
        self.end_clusters();
        self.0.aws.reset();
        let rows: Vec<SavedRow> = saved
            .rows
            .iter()
            .map(|row| SavedRow {
                part: row.part.clone(),
                table: row.table.clone(),
                key: row.key.clone(),
                value: row.value.to_string().into_bytes(),
            })
            .collect();
        let (of_aws, of_clusters): (Vec<_>, Vec<_>) =
            rows.into_iter().partition(|row| row.part == AWS);
        let restored = self.0.aws.write(|state| {
            state.clear();
            of_aws
                .iter()
                .try_for_each(|row| state.restore(&row.table, &row.key, &row.value))
        });
        if let Err(error) = restored {
            self.0.aws.reset();
            return Err(error.to_string());
        }
        // An API server that is restored takes its objects for written down already.
        if let Some(writer) = &self.0.writer {
            for row in &of_clusters {
                writer.push(Row {
                    part: row.part.clone(),
                    table: row.table.clone(),
                    key: row.key.clone(),
                    value: Some(row.value.clone()),
                });
            }
        }
        *self.0.saved.lock() = of_clusters;
        self.sync().map_err(|error| error.to_string())
    }

    /// `current` or `legacy`.
    #[must_use]
    pub fn generation_name(&self) -> &'static str {
        match self.0.settings.generation {
            Generation::Current => "current",
            Generation::Legacy => "legacy",
        }
    }
}

/// A whole world as JSON.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Saved {
    /// 1
    pub format: u32,
    /// Every row of every table.
    pub rows: Vec<SavedJson>,
}

/// A row of a saved world.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SavedJson {
    /// `aws`, or a cluster.
    pub part: String,
    /// The table.
    pub table: String,
    /// The key in it.
    pub key: String,
    /// The row.
    pub value: serde_json::Value,
}

const AWS: &str = "aws";
const OBJECTS: &str = "objects";
/// What the state file holds about the sandbox itself.
const NOW: &str = "now";
const STARTS: &str = "starts";
const CA: &str = "ca";
const CERTIFICATE: &str = "certificate";
const KEY: &str = "key";

fn part_of(key: &ClusterKey) -> String {
    format!("cluster {}", cluster_id(key))
}

fn identity_of(about: &BTreeMap<String, String>) -> Option<Identity> {
    Some(Identity {
        ca: about.get(CA)?.clone(),
        certificate: about.get(CERTIFICATE)?.clone(),
        key: about.get(KEY)?.clone(),
    })
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
    let mut request =
        request.map_err(|error| format!("{kind} `{name}` was not applied: {error}"))?;
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
        None => Err(format!(
            "{kind} `{name}` was not applied: the server began a watch"
        )),
    }
}
