//! The sandbox without ports: the AWS endpoint, the API server and the control plane of each cluster,
//! in memory. The process puts servers in front of it; tests use it as it is.

mod clusters;
mod definitions;
mod kept;
mod loading;
mod saved;
mod settings;
mod settling;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use parking_lot::{Mutex, RwLock};
use rolecall_sandbox_automode::Generation;
use rolecall_sandbox_aws::eks::ClusterKey;
use rolecall_sandbox_aws::{Aws, Clock, Settings as AwsSettings};
use rolecall_sandbox_kube::serve::Identity;

use crate::delivery::Delivery;
use crate::state::{self, Row, SavedRow, StateError, Writer};
use kept::{ACCOUNT, AWS, NOW, REGION, STARTS, identity_of, was_made};

pub use clusters::RunningCluster;
pub use saved::{Saved, SavedJson};
pub use settings::{WorldSettings, default_credentials};

/// Everything but ports.
#[derive(Clone)]
pub struct World(Arc<Inner>);

struct Inner {
    aws: Aws,
    settings: WorldSettings,
    seed: u64,
    /// Whether the state file held a world.
    restored: bool,
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
    pub fn new(mut settings: WorldSettings) -> Result<Self, StateError> {
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
        let restored = rows.iter().any(was_made);
        if restored {
            if let Some(account) = about.get(ACCOUNT).and_then(|text| text.parse().ok()) {
                settings.account = account;
            }
            if let Some(region) = about.get(REGION) {
                settings.region.clone_from(region);
            }
        }
        // Ids must differ from those given out before.
        let starts: u64 = about
            .get(STARTS)
            .and_then(|text| text.parse().ok())
            .unwrap_or(0);
        let seed = settings.seed ^ starts.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        if let Some(writer) = &writer {
            writer.about(STARTS, &(starts + 1).to_string());
            writer.about(ACCOUNT, &settings.account.to_string());
            writer.about(REGION, &settings.region);
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
            restored,
        }));
        world.restore(&of_aws)?;
        world.sync()?;
        Ok(world)
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

    /// Forgets everything: accounts, clusters, events and calls.
    pub fn reset(&self) {
        self.end_clusters();
        self.0.aws.reset();
        self.changed();
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
