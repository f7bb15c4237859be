//! What the reconcilers can reach: the two endpoints, and nothing else.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};

use fastrand::Rng;
use jiff::Timestamp;
use parking_lot::Mutex;
use rolecall_sandbox_aws::sigv4::Credentials;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use crate::client::ec2::{SecurityGroup, Selector, Subnet};
use crate::client::{AwsClient, AwsError, EVENTS, KubeClient, KubeError};
use crate::identity::Actors;
use crate::object::Object;
use crate::settings::Settings;
use crate::status::{ConditionSet, transition_event};

/// Why a reconciler could not finish.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    /// AWS did not do as asked.
    #[error(transparent)]
    Aws(#[from] AwsError),
    /// The API server did not do as asked.
    #[error(transparent)]
    Kube(#[from] KubeError),
}

impl Trouble {
    /// Whether somebody else changed or removed the object meanwhile: it is looked at again at once.
    pub(crate) fn is_overtaken(&self) -> bool {
        matches!(self, Self::Kube(error) if matches!(error.status(), 404 | 409))
    }
}

/// The endpoints, the identities and the time.
pub(crate) struct Reach {
    pub(crate) settings: Settings,
    pub(crate) aws: AwsClient,
    pub(crate) kube: KubeClient,
    pub(crate) actors: Actors,
    rng: Mutex<Rng>,
    events: AtomicU64,
    pub(crate) subnets: Known<Subnet>,
    pub(crate) security_groups: Known<SecurityGroup>,
}

/// What a Describe call found, for the minute that Karpenter keeps it (karpenter-provider-aws,
/// `pkg/cache/cache.go`). That nothing was found is not kept.
pub(crate) type Known<T> = Mutex<HashMap<Selector, (Timestamp, Vec<T>)>>;

impl Reach {
    pub(crate) fn new(settings: Settings) -> Self {
        let aws = AwsClient {
            transport: settings.aws.clone(),
            region: settings.region.clone(),
            suffix: settings.suffix(),
        };
        let actors = Actors::new(
            aws.clone(),
            settings.eks.clone(),
            &settings.cluster,
            &settings.partition().to_string(),
            &settings.account.to_string(),
        );
        Self {
            aws,
            actors,
            kube: KubeClient::new(settings.kube.clone()),
            rng: Mutex::new(Rng::with_seed(settings.seed)),
            events: AtomicU64::new(0),
            subnets: Known::default(),
            security_groups: Known::default(),
            settings,
        }
    }

    /// The sandbox's time.
    pub(crate) fn now(&self) -> Timestamp {
        self.settings.clock.now()
    }

    /// Calls AWS as the service-linked role.
    pub(crate) fn as_eks<T>(
        &self,
        run: impl Fn(&AwsClient, &Credentials) -> Result<T, AwsError>,
    ) -> Result<T, AwsError> {
        self.actors
            .as_service_linked(self.now(), |credentials| run(&self.aws, credentials))
    }

    /// Calls AWS as the cluster role.
    pub(crate) fn as_cluster<T>(
        &self,
        role_arn: &str,
        run: impl Fn(&AwsClient, &Credentials) -> Result<T, AwsError>,
    ) -> Result<T, AwsError> {
        self.actors
            .as_cluster_role(role_arn, self.now(), |credentials| {
                run(&self.aws, credentials)
            })
    }

    /// Five letters and digits, as Kubernetes puts behind a generated name.
    pub(crate) fn name_suffix(&self) -> String {
        const LETTERS: [char; 27] = [
            'b', 'c', 'd', 'f', 'g', 'h', 'j', 'k', 'l', 'm', 'n', 'p', 'q', 'r', 's', 't', 'v',
            'w', 'x', 'z', '2', '4', '5', '6', '7', '8', '9',
        ];
        let mut rng = self.rng.lock();
        (0..5).filter_map(|_| rng.choice(LETTERS)).collect()
    }

    /// The time, as Kubernetes puts it behind an event's name, made different each time.
    fn event_suffix(&self) -> String {
        let nanoseconds = self.now().as_nanosecond();
        let number = self.events.fetch_add(1, Ordering::Relaxed);
        format!("{:x}", nanoseconds.saturating_add(i128::from(number)))
    }

    /// Writes an object's status, if it changed, and an event for each condition that did.
    pub(crate) fn write_status(
        &self,
        path: &str,
        object: &Object,
        conditions: &ConditionSet,
        mut status: Map<String, Value>,
    ) -> Result<Option<Object>, KubeError> {
        status.insert("conditions".to_owned(), conditions.to_value());
        let unchanged = status.iter().all(|(name, value)| {
            let known = object.at("/status").and_then(|status| status.get(name));
            known == Some(value)
        });
        if unchanged {
            return Ok(None);
        }
        let change = json!({
            "metadata": {"resourceVersion": object.version()},
            "status": status,
        });
        let written = self
            .kube
            .merge(path, &format!("{}/status", object.name()), &change)?;
        for transition in conditions.transitions() {
            let suffix = self.event_suffix();
            let event = transition_event(object, &transition, &suffix, self.now());
            self.kube.create(EVENTS, &event)?;
        }
        Ok(Some(written))
    }

    /// Adds a finalizer, unless it is there.
    pub(crate) fn hold(
        &self,
        path: &str,
        object: &Object,
        finalizer: &str,
    ) -> Result<Option<Object>, KubeError> {
        if object.has_finalizer(finalizer) {
            return Ok(None);
        }
        self.set_finalizers(path, object, object.finalizers_with(finalizer))
            .map(Some)
    }

    /// Takes a finalizer away.
    pub(crate) fn release(
        &self,
        path: &str,
        object: &Object,
        finalizer: &str,
    ) -> Result<(), KubeError> {
        if !object.has_finalizer(finalizer) {
            return Ok(());
        }
        let rest = object.finalizers_without(finalizer);
        match self.set_finalizers(path, object, rest) {
            Err(error) if error.status() != 404 => Err(error),
            _ => Ok(()),
        }
    }

    fn set_finalizers(
        &self,
        path: &str,
        object: &Object,
        finalizers: Vec<Value>,
    ) -> Result<Object, KubeError> {
        let change = json!({
            "metadata": {"finalizers": finalizers, "resourceVersion": object.version()},
        });
        self.kube.merge(path, object.name(), &change)
    }
}

/// Eight bytes of a digest, for names.
pub(crate) fn short_hash(text: &str) -> u64 {
    Sha256::digest(text.as_bytes())
        .iter()
        .take(8)
        .fold(0, |number, byte| (number << 8) | u64::from(*byte))
}
