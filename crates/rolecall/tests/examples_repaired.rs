//! Every folder of `examples/` is put into a sandbox, diagnosed, repaired and found clean, and the
//! sandbox's own records show that nothing was touched that the plan did not show.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rolecall_chain::{Options, Severity, Traced, Verdict, trace};
use rolecall_declared::read as read_files;
use rolecall_facts::{Change, Snapshot, Timestamp};
use rolecall_live::{Connection, Credentials, Kubernetes, Settings, SharedCredentialsProvider};
use rolecall_repair::{
    About, Folder, Journal, LiveWorld, Patience, Pause, Plan, Read, Selection, World, WorldError,
    carry_out, plan,
};
use rolecall_sandbox::{Load, RunningCluster, Sandbox, WorldSettings};
use rolecall_sandbox_kube::User;
use serde_json::Value;

/// The rules whose repair interrupts something, so that it is made only where they are named.
const NAMED: [&str; 2] = ["RC704", "RC705"];

/// Longer than any controller waits before it looks at an object again.
const RESYNC: Duration = Duration::from_secs(15 * 60);

/// Objects of Kubernetes that a repair may touch, and where they are.
const OBJECTS: [&str; 5] = [
    "/apis/karpenter.sh/v1/nodepools",
    "/apis/eks.amazonaws.com/v1/nodeclasses",
    "/apis/karpenter.k8s.aws/v1/ec2nodeclasses",
    "/api/v1/configmaps",
    "/api/v1/serviceaccounts",
];

fn examples() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples");
    let entries = std::fs::read_dir(folder).unwrap();
    let mut folders: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    folders.retain(|path| path.is_dir());
    folders.sort();
    folders
}

/// An example in a sandbox of its own.
struct Loaded {
    sandbox: Arc<Sandbox>,
    live: LiveWorld,
    cluster: Arc<RunningCluster>,
}

impl Loaded {
    async fn all_clusters_of(folder: &Path) -> Vec<Self> {
        let read = read_files(&[folder.to_owned()], &rolecall_declared::Options::default());
        // A key is one account's; where there are several, each account's number is its key.
        let accounts: BTreeSet<_> = read
            .snapshot
            .clusters
            .iter()
            .map(|one| one.account)
            .collect();
        let any_credentials = accounts.len() > 1;
        let any_port = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let sandbox = Sandbox::start(rolecall_sandbox::Settings {
            world: WorldSettings {
                any_credentials,
                ..WorldSettings::of(&read.snapshot)
            },
            aws: any_port,
            kube: any_port,
            faults: Vec::new(),
            trail: None,
            runs_by_itself: false,
        });
        let sandbox = Arc::new(sandbox.await.unwrap());
        let load = Load {
            snapshot: read.snapshot,
            manifests: read.manifests,
            cluster: None,
        };
        let loading = Arc::clone(&sandbox);
        tokio::task::spawn_blocking(move || {
            // What AWS refuses of an example is told by the test of that example.
            let _ = loading.load(&load);
            loading.settle();
        })
        .await
        .unwrap();
        let exports = sandbox.exports();
        let clusters = sandbox.world().clusters().into_iter();
        clusters
            .map(|cluster| {
                let key = match any_credentials {
                    true => cluster.key.account.to_string(),
                    false => exports.access_key_id.clone(),
                };
                let credentials = Credentials::from_keys(key, &exports.secret_access_key, None);
                let connection = Connection::new(Settings {
                    region: cluster.key.region.clone(),
                    endpoint_url: Some(exports.endpoint_url.clone()),
                    credentials: SharedCredentialsProvider::new(credentials),
                    kubernetes: Kubernetes::FromEks,
                });
                Self {
                    live: LiveWorld::new(connection, &cluster.key.name, None, Box::new(|_| Ok(()))),
                    sandbox: Arc::clone(&sandbox),
                    cluster,
                }
            })
            .collect()
    }

    /// What the administrator changed in AWS since a call, as `eks:CreateAccessEntry`.
    fn writes_since(&self, call: u64) -> Vec<String> {
        let calls = self.sandbox.world().aws().calls().after(call);
        calls
            .iter()
            .filter(|call| call.invoked_by.is_none() && is_write(&call.operation))
            .filter(|call| {
                call.caller
                    .as_deref()
                    .is_some_and(|arn| !arn.contains("assumed-role"))
            })
            .map(|call| format!("{}:{}", call.service, call.operation))
            .collect()
    }

    /// Whether the sandbox runs the controllers of the pools: those of Auto Mode, not Karpenter.
    fn has_control_plane(&self) -> bool {
        let objects = self.objects();
        objects.keys().any(|key| key.contains("/nodeclasses/"))
    }

    /// The objects of the cluster, by kind and name, without what its controllers write of them.
    fn objects(&self) -> BTreeMap<String, Value> {
        let mut objects = BTreeMap::new();
        for path in OBJECTS {
            let mut request = http::Request::get(path).body(Vec::new().into()).unwrap();
            request.extensions_mut().insert(User::master());
            let Some(answer) = self.cluster.server.handle(request).whole() else {
                continue;
            };
            let list: Value = serde_json::from_slice(answer.body()).unwrap_or_default();
            for object in list
                .get("items")
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
            {
                let at = |pointer: &str| object.pointer(pointer).cloned().unwrap_or_default();
                let name = at("/metadata/name");
                let kept = [at("/metadata/labels"), at("/spec"), at("/data")];
                objects.insert(format!("{path}/{name}"), Value::from(kept.to_vec()));
            }
        }
        objects
    }
}

impl World for Loaded {
    async fn read(&mut self) -> Result<Snapshot, WorldError> {
        let sandbox = Arc::clone(&self.sandbox);
        tokio::task::spawn_blocking(move || sandbox.settle())
            .await
            .unwrap();
        self.live.read().await
    }

    async fn carry_out(
        &mut self,
        change: &Change,
        token: &str,
        waits: &mut (dyn FnMut(Pause) + Send),
    ) -> Result<(), WorldError> {
        self.live.carry_out(change, token, waits).await
    }

    fn is_about(&mut self, plan: &Plan) {
        self.live.is_about(plan);
    }

    async fn pause(&mut self, how_long: Duration) {
        self.live.pause(how_long).await;
    }
}

fn is_ready(condition: &rolecall_facts::Condition) -> bool {
    condition.kind == "Ready" && condition.status == "True"
}

fn is_write(operation: &str) -> bool {
    !["Get", "List", "Describe", "Lookup", "Simulate"]
        .iter()
        .any(|read| operation.starts_with(read))
}

/// The errors and the links that fail, as text.
fn faults(traced: &Traced) -> BTreeSet<String> {
    let errors = traced
        .findings
        .iter()
        .filter(|finding| finding.severity == Severity::Error)
        .map(|finding| format!("{} {}", finding.rule.code, finding.message));
    let links = traced.chains.iter().flat_map(|chain| {
        chain
            .links
            .iter()
            .filter(|state| state.verdict == Verdict::Fail)
            .map(|state| format!("{} fails at {}: {}", chain.pool, state.link, state.detail))
    });
    errors.chain(links).collect()
}

fn selection() -> Selection {
    Selection {
        named: NAMED.map(str::to_owned).into(),
        ..Selection::default()
    }
}

/// Plans for the example, carries the plan out, and looks again. Gives how many calls it took.
async fn repair(world: &mut Loaded) -> usize {
    let name = world.cluster.key.name.clone();
    let before = world.read().await.unwrap();
    let objects = world.objects();
    let options = Options::default();
    let about = About {
        cluster: name.clone(),
        created_at: Timestamp::now(),
    };
    let plan = plan(&before, &options, &selection(), &about);
    let made_before = world.sandbox.world().aws().calls().total();

    let journals = tempfile::tempdir().unwrap();
    let folder = Folder::open(journals.path()).unwrap();
    let lock = folder.lock(&[&name], &plan.id).unwrap();
    let mut journal = Journal::begin(&folder, &plan, lock).unwrap();
    let mut read = Read::of(journal.path()).unwrap();
    let patience = Patience {
        first: Duration::from_millis(10),
        in_all: Duration::from_secs(20),
    };
    let done = carry_out(
        world,
        &options,
        patience,
        &mut journal,
        &mut read,
        &mut |_| {},
    )
    .await
    .unwrap();
    assert!(done.seen.is_all(), "{name}: {:?}", done.seen);
    assert_eq!(faults(&done.traced), BTreeSet::new(), "{name}");

    let planned: Vec<&str> = plan.calls().map(|call| call.action.as_str()).collect();
    let of_aws: Vec<&str> = planned
        .iter()
        .copied()
        .filter(|action| !action.starts_with("kubernetes:"))
        .collect();
    assert_eq!(world.writes_since(made_before), of_aws, "{name}");
    let now = world.objects();
    let touched = objects
        .iter()
        .filter(|(object, was)| now.get(*object) != Some(was))
        .count();
    let new = now.keys().filter(|object| !objects.contains_key(*object));
    assert_eq!(
        touched + new.count(),
        planned.len() - of_aws.len(),
        "{name}: objects of Kubernetes that were changed"
    );

    // What was mended outside the cluster shows when its controllers look again.
    world.sandbox.world().aws().clock().step(RESYNC);
    let after = world.read().await.unwrap();
    let traced = trace(&after, &options);
    assert_eq!(faults(&traced), BTreeSet::new(), "{name}");
    let not_ready: Vec<&str> = after
        .node_pools
        .iter()
        .filter(|pool| !pool.conditions.iter().any(is_ready))
        .map(|pool| pool.name.as_str())
        .collect();
    if world.has_control_plane() {
        assert_eq!(not_ready, [""; 0], "{name}: {:?}", after.node_pools);
    }
    planned.len()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_example_is_repaired_and_nothing_else_is_touched() {
    let mut without_faults = Vec::new();
    for folder in examples() {
        let name = folder.file_name().unwrap().to_string_lossy().into_owned();
        let mut calls = 0;
        for mut world in Loaded::all_clusters_of(&folder).await {
            calls += repair(&mut world).await;
        }
        if calls == 0 {
            without_faults.push(name);
        }
    }
    assert_eq!(without_faults, ["clean"]);
}
