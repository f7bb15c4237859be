//! The node class and the node pools that EKS makes and keeps itself while
//! `computeConfig.nodePools` names them (EKS User Guide, "Enable or Disable Built-in NodePools").

mod objects;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};

use crate::client::eks::Cluster;
use crate::client::{KubeError, NODE_CLASSES, NODE_POOLS};
use crate::object::Object;
use crate::reach::Reach;
use crate::view::{Objects, View};
use objects::{node_class, node_pool};

/// Marks what EKS made, here and in a cluster (`app.kubernetes.io/managed-by: eks`).
const MANAGED_BY: &str = "app.kubernetes.io/managed-by";

/// The class of the built-in pools.
const CLASS: &str = "default";

/// Where the objects of a kind are, and what they call themselves.
struct Kind {
    path: &'static str,
    api_version: &'static str,
    kind: &'static str,
}

const CLASSES: Kind = Kind {
    path: NODE_CLASSES,
    api_version: "eks.amazonaws.com/v1",
    kind: "NodeClass",
};

const POOLS: Kind = Kind {
    path: NODE_POOLS,
    api_version: "karpenter.sh/v1",
    kind: "NodePool",
};

/// The generations at which the built-in objects were as they should be.
#[derive(Debug, Default)]
pub(crate) struct BuiltIn {
    right: BTreeMap<String, (String, i64)>,
}

impl BuiltIn {
    /// Makes what is missing, restores what was changed, and removes what is no longer asked for.
    /// True where something was done.
    pub(crate) fn keep(
        &mut self,
        reach: &Reach,
        cluster: &Cluster,
        view: &mut View,
    ) -> Result<bool, KubeError> {
        let mut done = false;
        if cluster.node_pools.is_empty() {
            done |= remove(reach, &CLASSES, view.classes.get(CLASS))?;
        } else {
            let spec = node_class(cluster);
            done |= self.restore(reach, &CLASSES, CLASS, &mut view.classes, &spec)?;
        }
        for (name, architectures) in objects::POOLS {
            if cluster.node_pools.iter().any(|one| one == name) {
                let spec = node_pool(name, architectures, CLASS);
                done |= self.restore(reach, &POOLS, name, &mut view.pools, &spec)?;
            } else {
                done |= remove(reach, &POOLS, view.pools.get(*name))?;
            }
        }
        Ok(done)
    }

    fn restore(
        &mut self,
        reach: &Reach,
        of: &Kind,
        name: &str,
        here: &mut Objects,
        spec: &Value,
    ) -> Result<bool, KubeError> {
        let key = format!("{}/{name}", of.kind);
        let known = here.get(name);
        if known.is_some_and(|known| known.is_deleting()) {
            return Ok(false);
        }
        let right = known.map(|known| (known.uid().to_owned(), known.generation()));
        let labelled = known.is_some_and(|known| known.label(MANAGED_BY) == "eks");
        if labelled && self.right.get(&key) == right.as_ref() {
            return Ok(false);
        }
        let mut object = json!({
            "apiVersion": of.api_version,
            "kind": of.kind,
            "metadata": {"name": name, "labels": {MANAGED_BY: "eks"}},
            "spec": spec,
        });
        let object = match known {
            Some(known) => {
                if let Some(metadata) = object
                    .pointer_mut("/metadata")
                    .and_then(Value::as_object_mut)
                {
                    metadata.insert("resourceVersion".to_owned(), known.version().into());
                    let finalizers = known.list("/metadata/finalizers");
                    metadata.insert("finalizers".to_owned(), finalizers.into());
                }
                reach.kube.replace(of.path, name, &object)?
            }
            None => reach.kube.create(of.path, &object)?,
        };
        let state = (object.uid().to_owned(), object.generation());
        self.right.insert(key, state);
        here.insert(name.to_owned(), Arc::new(object));
        Ok(true)
    }
}

fn remove(reach: &Reach, of: &Kind, known: Option<&Arc<Object>>) -> Result<bool, KubeError> {
    match known {
        Some(known) if known.label(MANAGED_BY) == "eks" && !known.is_deleting() => {
            reach.kube.delete(of.path, known.name())?;
            Ok(true)
        }
        _ => Ok(false),
    }
}
