//! One pass over all objects.

use std::sync::Arc;
use std::time::Duration;

use super::Settled;
use super::memory::{Key, Kind, Memory};
use crate::client::eks::Cluster;
use crate::client::{AwsError, KubeError, NODE_CLAIMS};
use crate::machine::{Step, instance_id};
use crate::object::Object;
use crate::reach::{Reach, Trouble};
use crate::view::{POOL_LABEL, View};
use crate::{node_claim, node_class, node_pool};

/// How soon something is tried again that could not be asked for.
const SOON: Duration = Duration::from_secs(10);

/// Where the class is named in a pool and in a claim.
const CLASS_OF_POOL: &str = "/spec/template/spec/nodeClassRef";
const CLASS_OF_CLAIM: &str = "/spec/nodeClassRef";

/// Goes through all objects once; true where something was done.
pub(super) fn run(
    reach: &Reach,
    cluster: &Cluster,
    memory: &mut Memory,
    settled: &mut Settled,
) -> Result<bool, KubeError> {
    let mut view = View::read(&reach.kube)?;
    let before = settled.reconciled;
    let mut done = false;
    match memory.built_in.keep(reach, cluster, &mut view) {
        Ok(kept) => done |= kept,
        // Somebody was faster; the next pass sees what they did.
        Err(error) if error.status() == 409 => done = true,
        Err(error) => settled
            .troubles
            .push(("built-in".to_owned(), Trouble::Kube(error))),
    }
    let mut pass = Pass {
        reach,
        cluster,
        memory,
        settled,
        view,
    };
    pass.classes();
    pass.pools();
    done |= pass.machines();
    pass.claims();
    let view = pass.view;
    memory.keep(|(kind, name)| match kind {
        Kind::Class => view.classes.contains_key(name),
        Kind::Pool => view.pools.contains_key(name),
        Kind::Claim => view.claims.contains_key(name),
    });
    Ok(done || settled.reconciled > before)
}

struct Pass<'a> {
    reach: &'a Reach,
    cluster: &'a Cluster,
    memory: &'a mut Memory,
    settled: &'a mut Settled,
    view: View,
}

impl Pass<'_> {
    /// Deals with one object if it must be. `looks` is all that decides whether it must, and
    /// `reconcile` gives when it must again.
    fn object(
        &mut self,
        kind: Kind,
        object: &Arc<Object>,
        looks: impl Fn(&View, &Object) -> String,
        reconcile: impl FnOnce(&mut Self) -> Result<Option<Duration>, Trouble>,
    ) {
        let key: Key = (kind, object.name().to_owned());
        let now = self.reach.now();
        if !self.memory.is_due(&key, &looks(&self.view, object), now) {
            return;
        }
        self.settled.reconciled += 1;
        let name = format!("{}/{}", kind.name(), object.name());
        self.settled.troubles.retain(|(of, _)| *of != name);
        match reconcile(self) {
            Ok(again) => {
                let objects = match kind {
                    Kind::Class => &self.view.classes,
                    Kind::Pool => &self.view.pools,
                    Kind::Claim => &self.view.claims,
                };
                let current = objects.get(object.name()).unwrap_or(object);
                let looks = looks(&self.view, current);
                self.memory.done(key, looks, again, now);
            }
            Err(trouble) if trouble.is_overtaken() => self.memory.forget(&key),
            Err(trouble) => {
                let looks = looks(&self.view, object);
                self.memory.done(key, looks, Some(SOON), now);
                self.settled.troubles.push((name, trouble));
            }
        }
    }

    fn classes(&mut self) {
        let all: Vec<Arc<Object>> = self.view.classes.values().cloned().collect();
        for class in &all {
            let looks = |view: &View, class: &Object| {
                let used = class.is_deleting() && view.claims_of_class(class.name()).count() > 0;
                format!("{}/{}/{used}", class.uid(), class.version())
            };
            self.object(Kind::Class, class, looks, |pass| {
                if class.is_deleting() {
                    let used = pass.view.claims_of_class(class.name()).count() > 0;
                    node_class::finalize(pass.reach, class, used)?;
                    return Ok(None);
                }
                let seen = node_class::reconcile(pass.reach, pass.cluster, class)?;
                let name = class.name().to_owned();
                pass.view.classes.insert(name, Arc::new(seen.class));
                let soon = seen.troubles.iter().any(AwsError::is_transient);
                for error in seen.troubles {
                    let name = format!("NodeClass/{}", class.name());
                    pass.settled.troubles.push((name, Trouble::Aws(error)));
                }
                Ok(Some(if soon {
                    SOON
                } else {
                    pass.reach.settings.resync
                }))
            });
        }
    }

    fn pools(&mut self) {
        let all: Vec<Arc<Object>> = self.view.pools.values().cloned().collect();
        for pool in all
            .iter()
            .filter(|pool| pool.refers_to_auto_mode(CLASS_OF_POOL))
        {
            let looks = |view: &View, pool: &Object| {
                let class = view
                    .classes
                    .get(pool.text(&format!("{CLASS_OF_POOL}/name")));
                let class = class.map_or("", |class| class.version());
                let claims: Vec<_> = view
                    .claims_of_pool(pool.name())
                    .map(|claim| (claim.name(), claim.is_deleting()))
                    .collect();
                format!("{}/{}/{class}/{claims:?}", pool.uid(), pool.version())
            };
            self.object(Kind::Pool, pool, looks, |pass| {
                let pool = Arc::new(node_pool::reconcile(pass.reach, pool, &pass.view)?);
                let name = pool.name().to_owned();
                pass.view.pools.insert(name, Arc::clone(&pool));
                let wait = pass.memory.pool_waits(pool.name(), pass.reach.now());
                if wait.is_none() {
                    node_pool::keep_replicas(pass.reach, &pool, &pass.view)?;
                }
                Ok(wait)
            });
        }
    }

    /// Lets every instance whose claim is there do what is due.
    fn machines(&mut self) -> bool {
        let claims: Vec<Arc<Object>> = self
            .view
            .claims
            .values()
            .filter(|claim| claim.refers_to_auto_mode(CLASS_OF_CLAIM))
            .filter(|claim| !claim.is_deleting() && !instance_id(claim).is_empty())
            .cloned()
            .collect();
        let live: Vec<&str> = claims.iter().map(|claim| instance_id(claim)).collect();
        self.memory
            .machines
            .retain(|id, _| live.contains(&id.as_str()));
        let mut done = false;
        for claim in &claims {
            let id = instance_id(claim).to_owned();
            let machine = self.memory.machines.entry(id.clone()).or_default();
            let step = machine.step(self.reach, claim, &self.view);
            // A claim whose instance is gone is over: Karpenter's garbage collection deletes it.
            let step = step.and_then(|step| {
                if step == Step::Gone {
                    self.reach.kube.delete(NODE_CLAIMS, claim.name())?;
                }
                Ok(step)
            });
            match step {
                Ok(step) => done |= step != Step::Waiting,
                Err(trouble) => self
                    .settled
                    .troubles
                    .push((format!("instance {id}"), trouble)),
            }
        }
        done
    }

    fn claims(&mut self) {
        let all: Vec<Arc<Object>> = self.view.claims.values().cloned().collect();
        for claim in all
            .iter()
            .filter(|claim| claim.refers_to_auto_mode(CLASS_OF_CLAIM))
        {
            let looks = |view: &View, claim: &Object| {
                let node = view.node_of(claim.text("/status/providerID"));
                let node = node.map_or("", |node| node.version());
                format!("{}/{}/{node}", claim.uid(), claim.version())
            };
            self.object(Kind::Claim, claim, looks, |pass| {
                if claim.is_deleting() {
                    node_claim::terminate(pass.reach, claim, &pass.view)?;
                    return Ok(None);
                }
                pass.claim(claim)
            });
        }
    }

    fn claim(&mut self, claim: &Arc<Object>) -> Result<Option<Duration>, Trouble> {
        // A node that somebody deletes takes its claim with it.
        let node = self.view.node_of(claim.text("/status/providerID"));
        if node.is_some_and(|node| node.is_deleting()) {
            self.reach.kube.delete(NODE_CLAIMS, claim.name())?;
            return Ok(None);
        }
        let outcome = node_claim::reconcile(self.reach, self.cluster, claim, &self.view)?;
        if outcome.no_capacity {
            let until = self.reach.now().checked_add(SOON);
            let pool = claim.label(POOL_LABEL).to_owned();
            self.memory
                .waiting
                .extend(until.ok().map(|until| (pool, until)));
        }
        if let Some(registered) = outcome.registration
            && let Some(pool) = self.view.pools.get(claim.label(POOL_LABEL))
            && let Some(pool) = node_pool::record_registration(self.reach, pool, registered)?
        {
            let name = pool.name().to_owned();
            self.view.pools.insert(name, Arc::new(pool));
        }
        if let Some(claim) = outcome.claim {
            let name = claim.name().to_owned();
            self.view.claims.insert(name, Arc::new(claim));
        }
        Ok(outcome.again)
    }
}
