//! Faults on demand: throttling, errors, latency, dropped connections, stale reads.

mod refusal;
mod rule;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use fastrand::Rng;
use parking_lot::{Mutex, RwLock};

use crate::failure::Failure;
use crate::service::Service;

pub use refusal::Refusal;
pub(crate) use refusal::expired;
pub use rule::{Effect, FaultError, FaultRule, Share};

/// What is to go wrong with one call.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Fault {
    /// How long the answer waits, in real time whatever the sandbox's clock does.
    pub delay: Duration,
    /// The call is carried out, but its answer is lost with the connection.
    pub dropped: bool,
    /// Answered so instead of being carried out.
    pub refusal: Option<Refusal>,
    /// Reads show what was there this long ago, in sandbox time.
    pub stale: Duration,
}

/// What is to go wrong with one call of an AWS service.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Verdict {
    pub(crate) delay: Duration,
    pub(crate) drop: bool,
    pub(crate) error: Option<Failure>,
}

/// The faults in force. With none, a call costs one look at a flag.
#[derive(Debug)]
pub struct Faults {
    any: AtomicBool,
    rules: RwLock<Rules>,
    rng: Mutex<Rng>,
    /// Milliseconds for which reads of each service are stale, in the order of [`Service::ALL`].
    stale: [Arc<AtomicU64>; Service::ALL.len()],
}

#[derive(Debug, Default)]
struct Rules {
    next: u64,
    in_force: Vec<(u64, FaultRule)>,
}

impl Faults {
    /// No faults yet; which calls of a share are hit follows from `seed` and the order of calls.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self {
            any: AtomicBool::new(false),
            rules: RwLock::default(),
            rng: Mutex::new(Rng::with_seed(seed ^ 0x6661_756c_7473)),
            stale: std::array::from_fn(|_| Arc::default()),
        }
    }

    /// Puts a rule in force and gives its number.
    pub fn add(&self, rule: FaultRule) -> u64 {
        let mut rules = self.rules.write();
        rules.next += 1;
        let number = rules.next;
        rules.in_force.push((number, rule));
        self.changed(&rules);
        number
    }

    /// Takes a rule away; false when there is none of that number.
    pub fn remove(&self, number: u64) -> bool {
        let mut rules = self.rules.write();
        let before = rules.in_force.len();
        rules.in_force.retain(|(known, _)| *known != number);
        self.changed(&rules);
        rules.in_force.len() < before
    }

    /// The rules in force with their numbers, in the order they were added.
    #[must_use]
    pub fn list(&self) -> Vec<(u64, FaultRule)> {
        self.rules.read().in_force.clone()
    }

    /// Takes all rules away.
    pub fn clear(&self) {
        let mut rules = self.rules.write();
        rules.in_force.clear();
        self.changed(&rules);
    }

    /// What is to go wrong with a call: `service` is `eks` or `kubernetes`, `operation`
    /// `DescribeCluster` or a verb, `region` what the request is signed for, which for Kubernetes is
    /// none. Latencies of several rules add up; the first rule that refuses the call decides how.
    #[must_use]
    pub fn draw(&self, service: &str, operation: &str, region: Option<&str>) -> Fault {
        let mut fault = Fault::default();
        if !self.any.load(Ordering::Relaxed) {
            return fault;
        }
        let rules = self.rules.read();
        let mut rng = self.rng.lock();
        for (_, rule) in &rules.in_force {
            if !rule.concerns(service, operation, region) {
                continue;
            }
            for effect in &rule.effects {
                match effect {
                    Effect::Throttle(share) => {
                        if share.hits(&mut rng) {
                            fault.refusal.get_or_insert(Refusal::Throttled);
                        }
                    }
                    Effect::Error(share, status) => {
                        if share.hits(&mut rng) {
                            fault.refusal.get_or_insert(Refusal::Server(*status));
                        }
                    }
                    Effect::Expired(share) => {
                        if share.hits(&mut rng) {
                            fault.refusal.get_or_insert(Refusal::Expired);
                        }
                    }
                    Effect::Drop(share) => fault.dropped |= share.hits(&mut rng),
                    Effect::Latency(latency, jitter) => {
                        fault.delay = fault
                            .delay
                            .saturating_add(*latency)
                            .saturating_add(jitter.mul_f64(rng.f64()));
                    }
                    Effect::Stale(stale) => fault.stale = fault.stale.max(*stale),
                }
            }
        }
        fault
    }

    /// As [`draw`](Self::draw), with the error in the words of the service.
    pub(crate) fn decide(&self, service: Service, operation: &str, region: &str) -> Verdict {
        if !self.any.load(Ordering::Relaxed) {
            return Verdict::default();
        }
        let fault = self.draw(service.name(), operation, Some(region));
        Verdict {
            delay: fault.delay,
            drop: fault.dropped,
            error: fault.refusal.map(|refusal| refusal.of(service)),
        }
    }

    /// For how many milliseconds of sandbox time reads of a service are stale; 0 when they are not.
    pub(crate) fn stale(&self, service: Service) -> Arc<AtomicU64> {
        let place = Service::ALL.iter().position(|each| *each == service);
        place
            .and_then(|place| self.stale.get(place))
            .cloned()
            .unwrap_or_default()
    }

    fn changed(&self, rules: &Rules) {
        self.any
            .store(!rules.in_force.is_empty(), Ordering::Relaxed);
        for (service, cell) in Service::ALL.iter().zip(&self.stale) {
            let longest = rules
                .in_force
                .iter()
                .filter(|(_, rule)| rule.concerns(service.name(), "", None))
                .flat_map(|(_, rule)| &rule.effects)
                .filter_map(|effect| match effect {
                    Effect::Stale(stale) => u64::try_from(stale.as_millis()).ok(),
                    _ => None,
                })
                .max();
            cell.store(longest.unwrap_or(0), Ordering::Relaxed);
        }
    }
}
