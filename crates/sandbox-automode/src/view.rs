//! The objects of the cluster as they were listed, and what was written to them since.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::client::{KubeClient, KubeError, NODE_CLAIMS, NODE_CLASSES, NODE_POOLS, NODES};
use crate::object::Object;

/// Objects of one kind by name.
pub(crate) type Objects = BTreeMap<String, Arc<Object>>;

/// The objects that the control plane goes by.
#[derive(Debug, Default)]
pub(crate) struct View {
    pub(crate) classes: Objects,
    pub(crate) pools: Objects,
    pub(crate) claims: Objects,
    pub(crate) nodes: Objects,
}

impl View {
    /// Lists everything.
    pub(crate) fn read(kube: &KubeClient) -> Result<Self, KubeError> {
        let list = |path: &str| -> Result<Objects, KubeError> {
            let objects = kube.list(path)?.into_iter();
            Ok(objects
                .map(|object| (object.name().to_owned(), Arc::new(object)))
                .collect())
        };
        Ok(Self {
            classes: list(NODE_CLASSES)?,
            pools: list(NODE_POOLS)?,
            claims: list(NODE_CLAIMS)?,
            nodes: list(NODES)?,
        })
    }

    /// The claims that use this class.
    pub(crate) fn claims_of_class<'a>(
        &'a self,
        class: &'a str,
    ) -> impl Iterator<Item = &'a Arc<Object>> {
        self.claims.values().filter(move |claim| {
            claim.refers_to_auto_mode("/spec/nodeClassRef")
                && claim.text("/spec/nodeClassRef/name") == class
        })
    }

    /// The claims of this pool.
    pub(crate) fn claims_of_pool<'a>(
        &'a self,
        pool: &'a str,
    ) -> impl Iterator<Item = &'a Arc<Object>> {
        self.claims
            .values()
            .filter(move |claim| claim.label(POOL_LABEL) == pool)
    }

    /// The node of an instance.
    pub(crate) fn node_of(&self, provider_id: &str) -> Option<&Arc<Object>> {
        let named = provider_id.rsplit('/').next()?;
        self.nodes
            .get(named)
            .filter(|node| node.text("/spec/providerID") == provider_id)
            .or_else(|| {
                let mut nodes = self.nodes.values();
                nodes.find(|node| node.text("/spec/providerID") == provider_id)
            })
    }
}

/// The label with the name of an object's node pool.
pub(crate) const POOL_LABEL: &str = "karpenter.sh/nodepool";
