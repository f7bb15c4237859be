//! What the cluster and its account show, beside what the chain says of them.

mod calls;
mod generation;

use rolecall_facts::{Condition, Node, NodeClaim, ObjectEvent};

use crate::context::{ChainContext, PoolSource};

pub(crate) use calls::attach;
pub use generation::observed_control_plane;

/// What the cluster shows of one pool or group. Empty where nothing was observed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Observed {
    /// The class and the pool with their conditions, in this order.
    pub objects: Vec<ObservedObject>,
    /// Its nodes, sorted by name.
    pub nodes: Vec<ObservedNode>,
    /// What controllers said of class, pool, claims and nodes, the newest first.
    pub events: Vec<ObjectEvent>,
}

/// The conditions that one object shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObservedObject {
    /// Kind and name, such as `NodeClass/web`.
    pub object: String,
    /// Its conditions, as the object holds them.
    pub conditions: Vec<Condition>,
}

/// A node of a pool or group.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ObservedNode {
    /// Its name.
    pub name: String,
    /// Whether it is `Ready`.
    pub ready: bool,
}

impl Observed {
    pub(crate) fn of(context: &ChainContext<'_>) -> Self {
        let mut objects = Vec::new();
        let mut show = |object: String, conditions: &[Condition]| {
            if !conditions.is_empty() {
                objects.push(ObservedObject {
                    object,
                    conditions: conditions.to_vec(),
                });
            }
        };
        if let Some(class) = context.class.found() {
            show(format!("{}/{}", class.kind, class.name), &class.conditions);
        }
        if let PoolSource::NodePool(pool) = context.source {
            show(format!("NodePool/{}", pool.name), &pool.conditions);
        }
        let mut nodes: Vec<ObservedNode> = nodes(context)
            .map(|node| ObservedNode {
                name: node.name.clone(),
                ready: is_true(&node.conditions, "Ready"),
            })
            .collect();
        nodes.sort();
        Self {
            events: events(context, &nodes),
            objects,
            nodes,
        }
    }

    /// Whether nothing was observed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.objects.is_empty() && self.nodes.is_empty() && self.events.is_empty()
    }

    /// What an object shows.
    #[must_use]
    pub fn conditions(&self, object: &str) -> Option<&[Condition]> {
        let found = self.objects.iter().find(|known| known.object == object)?;
        Some(&found.conditions)
    }
}

/// Whether a condition is there and `True`.
pub(crate) fn is_true(conditions: &[Condition], kind: &str) -> bool {
    conditions
        .iter()
        .any(|known| known.kind == kind && known.status == "True")
}

/// The nodes of a pool or group.
pub(crate) fn nodes<'a>(context: &ChainContext<'a>) -> impl Iterator<Item = &'a Node> {
    let world = context.world;
    let key = context.cluster_key.clone();
    let name = context.pool.name.clone();
    let of = context.source;
    // A hybrid node does not tell its role: it is known where all of the cluster share one.
    let share_one_role = || {
        world
            .hybrid_nodes()
            .iter()
            .filter(|(of, _)| *of == key)
            .count()
            == 1
    };
    let is_told = !matches!(of, PoolSource::Hybrid(..)) || share_one_role();
    world.snapshot.nodes.iter().filter(move |node| {
        let is_own = match of {
            PoolSource::Group(_) => node.node_group.as_ref() == Some(&name),
            PoolSource::NodePool(_) | PoolSource::BuiltIn(..) => {
                node.node_pool.as_ref() == Some(&name)
            }
            PoolSource::Hybrid(..) => is_told && node.compute_type.as_deref() == Some("hybrid"),
        };
        is_own && world.key(node.cluster.as_ref()) == key
    })
}

/// The node claims of a pool.
pub(crate) fn claims<'a>(context: &ChainContext<'a>) -> impl Iterator<Item = &'a NodeClaim> {
    let world = context.world;
    let key = context.cluster_key.clone();
    let name = match context.source {
        PoolSource::Group(_) | PoolSource::Hybrid(..) => None,
        PoolSource::NodePool(_) | PoolSource::BuiltIn(..) => Some(context.pool.name.clone()),
    };
    world.snapshot.node_claims.iter().filter(move |claim| {
        name.is_some() && claim.node_pool == name && world.key(claim.cluster.as_ref()) == key
    })
}

fn events(context: &ChainContext<'_>, nodes: &[ObservedNode]) -> Vec<ObjectEvent> {
    let world = context.world;
    if world.snapshot.events.is_empty() {
        return Vec::new();
    }
    let mut about: Vec<String> = nodes
        .iter()
        .map(|node| format!("Node/{}", node.name))
        .collect();
    about.extend(claims(context).map(|claim| format!("NodeClaim/{}", claim.name)));
    about.push(format!("NodePool/{}", context.pool.name));
    if let Some(class) = context.class.found() {
        about.push(format!("{}/{}", class.kind, class.name));
    }
    // A claim that was deleted is known by its name alone, which begins with its pool's.
    let of_gone_claim = format!("NodeClaim/{}-", context.pool.name);
    let mut events: Vec<ObjectEvent> = world
        .snapshot
        .events
        .iter()
        .filter(|event| {
            (about.contains(&event.object) || event.object.starts_with(&of_gone_claim))
                && world.key(event.cluster.as_ref()) == context.cluster_key
        })
        .cloned()
        .collect();
    events.sort_by(|left, right| {
        (right.last_seen, &left.object, &left.message).cmp(&(
            left.last_seen,
            &right.object,
            &right.message,
        ))
    });
    events
}
