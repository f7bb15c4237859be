//! [`ControlPlane`]: the reconcilers, driven until nothing is left to do.

mod memory;
mod pass;
mod running;

use std::sync::Arc;

use jiff::Timestamp;
use parking_lot::Mutex;

use crate::client::{AwsError, KubeError};
use crate::reach::{Reach, Trouble};
use crate::settings::Settings;
use memory::Memory;

pub use running::Running;

/// How many passes a settling may take. A claim takes about six from its making to its node.
const MOST_PASSES: usize = 100;

/// The Auto Mode control plane of one cluster.
///
/// ```text
///  list ─▶ built-in ─▶ classes ─▶ pools ─▶ machines ─▶ claims ─▶ again, until a pass does nothing
/// ```
///
/// An object is looked at when it, or something it goes by, changed since it was last looked at, and
/// when its time has come ([`next_due`](Self::next_due)).
pub struct ControlPlane {
    reach: Reach,
    memory: Mutex<Memory>,
}

/// What a settling came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settled {
    /// Whether the cluster runs Auto Mode at all.
    pub auto_mode: bool,
    /// How often the objects were gone through.
    pub passes: usize,
    /// How often an object was looked at.
    pub reconciled: usize,
    /// Whether the last pass found nothing to do; else the limit of passes was reached.
    pub quiet: bool,
    /// What was refused or could not be done, and is tried again later, by object: what a control
    /// plane writes to a log that its users do not see.
    pub troubles: Vec<(String, Trouble)>,
}

/// Why nothing could be reconciled at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlaneError {
    /// The cluster could not be described.
    #[error("the cluster `{cluster}` cannot be described: {source}")]
    Cluster {
        /// Its name.
        cluster: String,
        /// Why.
        source: AwsError,
    },
    /// The API server does not list the objects.
    #[error("the objects of the cluster cannot be listed: {0}")]
    Objects(#[from] KubeError),
}

impl ControlPlane {
    /// A control plane that has not looked at anything yet.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        Self {
            reach: Reach::new(settings),
            memory: Mutex::default(),
        }
    }

    /// Reconciles until nothing is left to do now. Nothing waits for a time to come: what is due later
    /// is done by a later call.
    ///
    /// # Errors
    /// When the cluster cannot be described or its objects cannot be listed.
    pub fn settle(&self) -> Result<Settled, PlaneError> {
        self.settle_as_known(false)
    }

    /// As [`settle`](Self::settle); `known` goes by what EKS said of the cluster before, if it did.
    fn settle_as_known(&self, known: bool) -> Result<Settled, PlaneError> {
        let mut memory = self.memory.lock();
        let cluster = match memory.cluster.take().filter(|_| known) {
            Some(cluster) => cluster,
            None => self.cluster()?,
        };
        memory.cluster = Some(cluster.clone());
        let mut settled = Settled {
            auto_mode: cluster.compute,
            quiet: !cluster.compute,
            ..Settled::default()
        };
        while cluster.compute && !settled.quiet && settled.passes < MOST_PASSES {
            settled.passes += 1;
            let done = pass::run(&self.reach, &cluster, &mut memory, &mut settled)?;
            settled.quiet = !done;
        }
        Ok(settled)
    }

    /// Does what is due by now: the same as [`settle`](Self::settle), which looks at the clock itself.
    ///
    /// # Errors
    /// As [`settle`](Self::settle).
    pub fn run_due(&self) -> Result<Settled, PlaneError> {
        self.settle()
    }

    /// When something is to be done next, by the sandbox's clock. At or after that time
    /// [`settle`](Self::settle) does it.
    #[must_use]
    pub fn next_due(&self) -> Option<Timestamp> {
        self.memory.lock().next_due()
    }

    /// Keeps going in a thread of its own until the answer is stopped or dropped.
    #[must_use]
    pub fn spawn(self: &Arc<Self>) -> Running {
        Running::start(Arc::clone(self))
    }

    /// What the control plane knows of its cluster, it knows from EKS.
    fn cluster(&self) -> Result<crate::client::eks::Cluster, PlaneError> {
        let name = &self.reach.settings.cluster;
        self.reach
            .as_eks(|aws, credentials| aws.describe_cluster(credentials, name))
            .map_err(|source| PlaneError::Cluster {
                cluster: name.clone(),
                source,
            })
    }
}
