//! What the control plane makes of a folder, against what is expected and what is predicted.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::Request;
use rolecall_chain::{Chain, ControlPlane, Options, Traced, trace};
use rolecall_declared::Read;
use rolecall_facts::{Condition, Reference, Snapshot};
use rolecall_sandbox::{Generation, Load, Note, RunningCluster, World, WorldSettings};
use rolecall_sandbox_kube::User;
use serde_json::Value;

use crate::expected::{Expected, Pool, Shown};
use crate::told::chain_of;
use crate::{Diff, name_of};

/// A folder in a sandbox, after its control planes have done all they could.
pub struct Settled {
    world: World,
    facts: Snapshot,
    notes: Vec<Note>,
    troubles: Vec<String>,
}

/// Loads a folder and lets it settle.
pub fn settle(read: &Read, generation: Generation) -> Result<Settled, String> {
    let snapshot = &read.snapshot;
    let settings = WorldSettings {
        generation,
        speed: 0.0,
        ..WorldSettings::of(snapshot)
    };
    let world = World::new(settings).map_err(|error| error.to_string())?;
    let notes = world.load(&Load {
        snapshot: snapshot.clone(),
        manifests: read.manifests.clone(),
        cluster: None,
    });
    let troubles = world.settle();
    let facts = world.facts();
    Ok(Settled {
        world,
        facts,
        notes,
        troubles,
    })
}

/// Compares the conditions and nodes of every pool with what is expected, and the conditions with what
/// traces of the files and of the world predict.
pub fn compare(
    settled: &Settled,
    declared: &Traced,
    expected: &Expected,
    options: &Options,
    generation: Generation,
    diff: &mut Diff,
) {
    let before = diff.count();
    let options = Options {
        control_plane: match generation {
            Generation::Current => ControlPlane::Current,
            Generation::Legacy => ControlPlane::Legacy,
        },
        ..options.clone()
    };
    let traced = trace(&settled.facts, &options);
    for pool in &expected.pools {
        let Some(wanted) = pool.shown(generation) else {
            continue;
        };
        let found = settled.shown(pool);
        if found.as_ref() != Some(&wanted) {
            let found = found.map(|found| format!("{found:?}"));
            let about = format!("what the control plane shows of {}", name_of(pool));
            diff.differs(
                &about,
                &format!("{wanted:?}"),
                &found.unwrap_or_else(|| "no such pool".to_owned()),
            );
        }
        let Some(chain) = chain_of(&traced, pool) else {
            diff.missing(&format!("the chain of {} in the world", name_of(pool)));
            continue;
        };
        let is_predicted = !chain.predicted.is_empty();
        if is_predicted != pool.is_predicted(generation) {
            let about = format!("whether the conditions of {} are predicted", name_of(pool));
            let wanted = pool.is_predicted(generation);
            diff.differs(&about, &wanted.to_string(), &is_predicted.to_string());
        }
        settled.agrees(pool, chain, "the world's facts", diff);
        if let Some(chain) = chain_of(declared, pool) {
            settled.agrees(pool, chain, "the files", diff);
        }
    }
    if diff.count() > before {
        diff.told_by(&settled.notes, &settled.troubles);
    }
}

impl Settled {
    /// Whether the objects show what a chain predicts of them.
    fn agrees(&self, pool: &Pool, chain: &Chain, from: &str, diff: &mut Diff) {
        for predicted in &chain.predicted {
            let shown = self.conditions(pool, &predicted.object);
            for condition in &predicted.conditions {
                let same = shown.iter().find(|shown| shown.kind == condition.kind);
                if same != Some(condition) {
                    let about = format!("{} as predicted from {from}", predicted.object);
                    diff.differs(&about, &format!("{condition:?}"), &format!("{same:?}"));
                }
            }
        }
    }

    fn shown(&self, pool: &Pool) -> Option<Shown> {
        let object = self.facts.node_pools.iter().find(|known| {
            known.name == pool.name && is_of(known.cluster.as_ref(), pool.cluster.as_deref())
        })?;
        let class = object.node_class_ref.value()?;
        let class = format!("{}/{}", class.kind, class.name);
        let class = self.conditions(pool, &class);
        let status = |conditions: &[Condition], kind: &str| {
            let mut conditions = conditions.iter();
            let found = conditions.find(|condition| condition.kind == kind);
            match found {
                None => "absent".to_owned(),
                Some(found) if kind == "InstanceProfileReady" && found.status != "True" => {
                    format!("{} {}", found.status, found.reason)
                }
                Some(found) => found.status.clone(),
            }
        };
        Some(Shown {
            instance_profile_ready: status(&class, "InstanceProfileReady"),
            class_ready: status(&class, "Ready"),
            pool_ready: status(&object.conditions, "Ready"),
            nodes: self.nodes(pool),
        })
    }

    fn conditions(&self, pool: &Pool, object: &str) -> Vec<Condition> {
        let cluster = pool.cluster.as_deref();
        let (kind, name) = object.split_once('/').unwrap_or((object, ""));
        let found = if kind == "NodePool" {
            let mut pools = self.facts.node_pools.iter();
            pools
                .find(|known| known.name == name && is_of(known.cluster.as_ref(), cluster))
                .map(|known| &known.conditions)
        } else {
            let mut classes = self.facts.node_classes.iter();
            classes
                .find(|known| {
                    known.name == name
                        && known.kind.kind() == kind
                        && is_of(known.cluster.as_ref(), cluster)
                })
                .map(|known| &known.conditions)
        };
        found.cloned().unwrap_or_default()
    }

    /// How many nodes of a pool registered.
    fn nodes(&self, pool: &Pool) -> usize {
        let clusters = self.world.clusters();
        let mine = clusters.iter().filter(|cluster| {
            pool.cluster
                .as_ref()
                .is_none_or(|name| *name == cluster.key.name)
        });
        let mut of_pool: BTreeMap<String, usize> = BTreeMap::new();
        for cluster in mine {
            for node in nodes_of(cluster) {
                let label = node.pointer("/metadata/labels/karpenter.sh~1nodepool");
                let label = label.and_then(Value::as_str).unwrap_or_default();
                *of_pool.entry(label.to_owned()).or_default() += 1;
            }
        }
        of_pool.get(&pool.name).copied().unwrap_or_default()
    }
}

fn nodes_of(cluster: &RunningCluster) -> Vec<Value> {
    let Ok(mut request) = Request::get("/api/v1/nodes").body(Bytes::new()) else {
        return Vec::new();
    };
    request.extensions_mut().insert(User::master());
    let answer = cluster.server.handle(request).whole();
    let list: Value = answer
        .and_then(|answer| serde_json::from_slice(answer.body()).ok())
        .unwrap_or_default();
    list.get("items")
        .and_then(Value::as_array)
        .cloned()
        .unwrap_or_default()
}

fn is_of(cluster: Option<&Reference<String>>, name: Option<&str>) -> bool {
    name.is_none_or(|name| {
        let known = cluster.and_then(|cluster| cluster.value.value());
        known.is_some_and(|known| known == name)
    })
}
