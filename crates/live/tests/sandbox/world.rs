//! A world from an example's files, and what carrying out a change in it came to.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::time::Duration;

use rolecall_declared::{Options, read};
use rolecall_facts::{Change, Snapshot};
use rolecall_live::{
    CarryError, Connection, Credentials, Kubernetes, Patience, Settings, SharedCredentialsProvider,
    Wait, carry_out,
};
use rolecall_sandbox::{Generation, Load, Sandbox, WorldSettings};

pub(crate) const TOKEN: &str = "2f0a3a9e-7c6d-4c6e-9d3c-0d8f5a3f2b11";

pub(crate) struct World {
    pub(crate) sandbox: Sandbox,
    pub(crate) connection: Connection,
    pub(crate) cluster: String,
}

/// What carrying out a change came to.
pub(crate) struct Carried {
    pub(crate) result: Result<(), CarryError>,
    pub(crate) waits: Vec<Wait>,
    /// The calls of AWS, as `eks:CreateAccessEntry` and, where refused, the error's code.
    pub(crate) calls: Vec<String>,
}

impl World {
    /// The world of an example.
    pub(crate) async fn of(example: &str) -> Self {
        Self::lagging(example, None).await
    }

    /// The same, in which a write stays unseen for up to so many milliseconds.
    pub(crate) async fn lagging(example: &str, lag: Option<u64>) -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples");
        let files = read(&[path.join(example)], &Options::default());
        let mut settings = WorldSettings::of(&files.snapshot);
        settings.generation = Generation::Current;
        settings.lag = lag;
        let any_port = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let sandbox = Sandbox::start(rolecall_sandbox::Settings {
            world: settings,
            aws: any_port,
            kube: any_port,
            faults: Vec::new(),
            trail: None,
            runs_by_itself: false,
        });
        let sandbox = sandbox.await.unwrap();
        let _ = sandbox.load(&Load {
            snapshot: files.snapshot,
            manifests: files.manifests,
            cluster: None,
        });
        let exports = sandbox.exports();
        let running = sandbox.world().clusters();
        let cluster = &running.first().unwrap().key;
        let connection = Connection::new(Settings {
            region: cluster.region.clone(),
            endpoint_url: Some(exports.endpoint_url.clone()),
            credentials: SharedCredentialsProvider::new(Credentials::from_keys(
                exports.access_key_id,
                exports.secret_access_key,
                None,
            )),
            kubernetes: Kubernetes::FromEks,
        });
        Self {
            connection: connection.with_patience(Patience {
                first: Duration::from_millis(10),
                in_all: Duration::from_secs(2),
                for_update: Duration::from_secs(10),
            }),
            cluster: cluster.name.clone(),
            sandbox,
        }
    }

    /// Puts a fault in force.
    pub(crate) fn fault(&self, rule: &str) -> u64 {
        let faults = self.sandbox.world().aws().faults();
        faults.add(rule.parse().unwrap())
    }

    pub(crate) async fn carry(&self, change: &Change) -> Carried {
        self.carry_with(change, TOKEN).await
    }

    pub(crate) async fn carry_with(&self, change: &Change, token: &str) -> Carried {
        let log = self.sandbox.world().aws().calls();
        let before = log.total();
        let mut waits = Vec::new();
        let mut told = |wait| waits.push(wait);
        let result = carry_out(&self.connection, &self.cluster, change, token, &mut told).await;
        let calls = log.after(before).into_iter().map(|call| {
            let error = call.error.map(|error| format!(" {error}"));
            format!(
                "{}:{}{}",
                call.service,
                call.operation,
                error.unwrap_or_default()
            )
        });
        Carried {
            result,
            waits,
            calls: calls.collect(),
        }
    }

    /// What the world holds now.
    pub(crate) fn facts(&self) -> Snapshot {
        self.sandbox.world().facts()
    }
}
