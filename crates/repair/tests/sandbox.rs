//! Examples in a sandbox, mended through the real clients: the calls made are those of the plan.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::time::Duration;

use rolecall_chain::{ControlPlane, Options, Severity, find_rule, trace};
use rolecall_facts::{Change, Snapshot, Timestamp};
use rolecall_live::{Connection, Credentials, Kubernetes, Settings, SharedCredentialsProvider};
use rolecall_repair::{
    About, Folder, Journal, LiveWorld, Patience, Pause, Plan, Read, Selection, World, WorldError,
    carry_out, finish_undo, plan, undo,
};
use rolecall_sandbox::{Generation, Load, Sandbox, WorldSettings};
use rolecall_sandbox_aws::ADMINISTRATOR;

/// An example in a sandbox, and who mends it.
struct Stage {
    sandbox: Sandbox,
    connection: Connection,
    cluster: String,
    folder: Folder,
    _kept: tempfile::TempDir,
}

impl Stage {
    async fn of(example: &str, generation: Generation) -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples");
        let read = rolecall_declared::read(&[root.join(example)], &Default::default());
        let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let sandbox = Sandbox::start(rolecall_sandbox::Settings {
            world: WorldSettings {
                generation,
                ..WorldSettings::of(&read.snapshot)
            },
            aws: any,
            kube: any,
            faults: Vec::new(),
            trail: None,
            runs_by_itself: false,
        })
        .await
        .unwrap();
        let load = Load {
            snapshot: read.snapshot.clone(),
            manifests: read.manifests.clone(),
            cluster: None,
        };
        let sandbox = tokio::task::spawn_blocking(move || {
            let _ = sandbox.load(&load);
            sandbox.settle();
            sandbox
        })
        .await
        .unwrap();
        let exports = sandbox.exports();
        let cluster = sandbox.world().clusters().remove(0).key.name.clone();
        let credentials =
            Credentials::from_keys(exports.access_key_id, exports.secret_access_key, None);
        let connection = Connection::new(Settings {
            region: exports.region,
            endpoint_url: Some(exports.endpoint_url),
            credentials: SharedCredentialsProvider::new(credentials),
            kubernetes: Kubernetes::FromEks,
        });
        let kept = tempfile::tempdir().unwrap();
        Self {
            connection,
            folder: Folder::open(kept.path()).unwrap(),
            sandbox,
            cluster,
            _kept: kept,
        }
    }

    /// A process of its own.
    fn live(&self) -> LiveWorld {
        let connection = self.connection.clone();
        LiveWorld::new(connection, &self.cluster, None, Box::new(|_| Ok(())))
    }

    async fn plan(&self, options: &Options, selection: &Selection) -> Plan {
        let about = About {
            cluster: self.cluster.clone(),
            created_at: Timestamp::now(),
        };
        plan(
            &self.live().read().await.unwrap(),
            options,
            selection,
            &about,
        )
    }

    async fn carry<W: World>(&self, world: &mut W, plan: &Plan, options: &Options) -> Read {
        let lock = self.folder.lock(&["a"], &plan.id).unwrap();
        let mut journal = Journal::begin(&self.folder, plan, lock).unwrap();
        let mut read = Read::of(journal.path()).unwrap();
        let done = carry_out(
            world,
            options,
            patience(),
            &mut journal,
            &mut read,
            &mut |_| {},
        )
        .await
        .unwrap();
        assert!(done.seen.is_all(), "{:?}", done.seen);
        read
    }

    /// What the administrator has written since a call, as service and operation.
    fn written(&self, after: u64) -> Vec<String> {
        let calls = self.sandbox.world().aws().calls().after(after);
        calls
            .into_iter()
            .filter(|call| call.error.is_none())
            .filter(|call| {
                let by = call.caller.as_deref().unwrap_or_default();
                by.ends_with(ADMINISTRATOR) && call.invoked_by.is_none()
            })
            .map(|call| (call.service, call.operation))
            .filter(|(_, operation)| {
                !["Describe", "List", "Get", "Lookup"]
                    .iter()
                    .any(|reading| operation.starts_with(reading))
            })
            .map(|(service, operation)| format!("{service}:{operation}"))
            .collect()
    }
}

fn patience() -> Patience {
    Patience {
        first: Duration::from_millis(20),
        in_all: Duration::from_secs(20),
    }
}

fn options(generation: Generation) -> Options {
    Options {
        control_plane: match generation {
            Generation::Current => ControlPlane::Current,
            Generation::Legacy => ControlPlane::Legacy,
        },
        ..Options::default()
    }
}

fn named(code: &str) -> Selection {
    Selection::default().with_only([(code, vec![find_rule(code).unwrap()])])
}

/// The calls of a plan to AWS, as the call log names them.
fn to_aws(plan: &Plan) -> Vec<String> {
    let actions = plan.calls().map(|call| call.action.clone());
    let to_aws = actions.filter(|action| !action.starts_with("kubernetes:"));
    to_aws.collect()
}

fn errors(facts: &Snapshot, options: &Options) -> Vec<String> {
    let traced = trace(facts, options);
    let errors = traced
        .findings
        .iter()
        .filter(|finding| finding.severity == Severity::Error);
    errors
        .map(|finding| format!("{} {}", finding.rule.code, finding.message))
        .collect()
}

/// Mends an example, and takes it back.
async fn there_and_back(example: &str, generation: Generation, selection: Selection) {
    let options = options(generation);
    let stage = Stage::of(example, generation).await;
    let plan = stage.plan(&options, &selection).await;
    assert!(!plan.is_empty(), "{example}: {:#?}", plan.left);
    let mut live = stage.live();
    live.is_about(&plan);
    let before = live.read().await.unwrap();

    let begun = stage.sandbox.world().aws().calls().total();
    let read = stage.carry(&mut live, &plan, &options).await;
    assert_eq!(stage.written(begun), to_aws(&plan), "{example}");
    let mended = live.read().await.unwrap();
    if selection.uses.is_empty() {
        assert_eq!(errors(&mended, &options), Vec::<String>::new(), "{example}");
    }

    let back = undo(&read, &mended, &options, Timestamp::now()).unwrap();
    assert_eq!(
        back.undoes.as_ref().unwrap().kept,
        Vec::<String>::new(),
        "{example}"
    );
    let begun = stage.sandbox.world().aws().calls().total();
    stage.carry(&mut live, &back, &options).await;
    finish_undo(&read).unwrap();
    assert_eq!(stage.written(begun), to_aws(&back), "{example}");
    let after = live.read().await.unwrap();
    assert_eq!(
        errors(&after, &options),
        errors(&before, &options),
        "{example}"
    );
    stage.sandbox.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_entry() {
    there_and_back("custom-path", Generation::Current, Selection::default()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_twin_without_a_path() {
    let selection = Selection {
        uses: ["path-less-role".to_owned()].into(),
        ..Selection::default()
    };
    there_and_back("custom-path", Generation::Legacy, selection).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_of_the_wrong_type() {
    there_and_back("wrong-entry-type", Generation::Current, named("RC704")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_for_karpenter() {
    there_and_back(
        "karpenter-pass-role-path",
        Generation::Current,
        Selection::default(),
    )
    .await;
}

/// A process that is killed before or after a call takes effect.
struct Killed {
    live: LiveWorld,
    calls: usize,
    at: usize,
    after: bool,
}

impl World for Killed {
    async fn read(&mut self) -> Result<Snapshot, WorldError> {
        self.live.read().await
    }

    async fn carry_out(
        &mut self,
        change: &Change,
        token: &str,
        waits: &mut (dyn FnMut(Pause) + Send),
    ) -> Result<(), WorldError> {
        let call = self.calls;
        self.calls += 1;
        if call == self.at && !self.after {
            panic!("killed");
        }
        self.live.carry_out(change, token, waits).await?;
        if call == self.at && self.after {
            panic!("killed");
        }
        Ok(())
    }

    async fn pause(&mut self, how_long: Duration) {
        self.live.pause(how_long).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_any_call_it_is_completed_and_no_call_is_made_twice() {
    let options = options(Generation::Current);
    for (at, after) in (0..3).flat_map(|at| [(at, false), (at, true)]) {
        let stage = Stage::of("wrong-entry-type", Generation::Current).await;
        let plan = stage.plan(&options, &named("RC704")).await;
        assert_eq!(plan.calls().count(), 3);
        let begun = stage.sandbox.world().aws().calls().total();
        let mut world = Killed {
            live: stage.live(),
            calls: 0,
            at,
            after,
        };
        let lock = stage.folder.lock(&["a"], &plan.id).unwrap();
        let mut journal = Journal::begin(&stage.folder, &plan, lock).unwrap();
        let mut read = Read::of(journal.path()).unwrap();
        let its_options = options.clone();
        let killed = tokio::spawn(async move {
            let mut said = |_: rolecall_repair::Event<'_>| {};
            let run = carry_out(
                &mut world,
                &its_options,
                patience(),
                &mut journal,
                &mut read,
                &mut said,
            );
            run.await.map(|_| ())
        });
        assert!(killed.await.unwrap_err().is_panic());

        let mut read = stage.folder.journals(&stage.cluster).remove(0);
        assert!(read.is_unfinished());
        let lock = stage.folder.lock(&["a"], &plan.id).unwrap();
        let mut journal = Journal::resume(&read, lock).unwrap();
        let done = carry_out(
            &mut stage.live(),
            &options,
            patience(),
            &mut journal,
            &mut read,
            &mut |_| {},
        )
        .await
        .unwrap();
        assert!(done.seen.is_all(), "{at} {after}: {:?}", done.seen);
        assert_eq!(stage.written(begun), to_aws(&plan), "{at} {after}");
        stage.sandbox.shutdown().await.unwrap();
    }
}
