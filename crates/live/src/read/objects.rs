//! The API server's part: pools, classes, claims, nodes, events, `aws-auth`.

use std::collections::BTreeSet;

use kube::api::DynamicObject;
use rolecall_facts::{AuthenticationMode, Completeness, NodeClassKind, Origin, Why};

use super::{Note, Reader};
use crate::eks::Described;
use crate::kube::{
    CONFIG_MAP, EC2_NODE_CLASS, EVENT, Kind, Kube, NODE, NODE_CLAIM, NODE_CLASS, NODE_POOL,
};
use crate::missing::Missing;
use crate::object::{COMPUTE_TYPE_LABEL, GROUP_LABEL, Objects, POOL_LABEL};

/// Where events of objects that have no namespace are kept.
const EVENTS_OF_CLUSTER: &str = "default";

type Listed = Result<Vec<DynamicObject>, Missing>;

/// What the API server told.
pub(super) struct Told {
    pools: Listed,
    auto_mode_classes: Listed,
    karpenter_classes: Listed,
    claims: Listed,
    nodes: Listed,
    events: Listed,
    /// `None` where the cluster does not look at it.
    aws_auth: Option<Result<DynamicObject, Missing>>,
}

/// Reads all of it; `None` where the API server is not to be asked.
pub(super) async fn read(kube: Option<&Kube>, described: Option<&Described>) -> Option<Told> {
    let kube = kube?;
    let mode = described.and_then(|described| described.facts.authentication_mode.value());
    let looks_at_map = mode.copied().is_none_or(AuthenticationMode::has_config_map);
    let aws_auth = async {
        if looks_at_map {
            Some(kube.get(CONFIG_MAP, "kube-system", "aws-auth").await)
        } else {
            None
        }
    };
    let (pools, auto_mode_classes, karpenter_classes, claims, nodes, events, aws_auth) = tokio::join!(
        kube.list(NODE_POOL, None),
        kube.list(NODE_CLASS, None),
        kube.list(EC2_NODE_CLASS, None),
        kube.list(NODE_CLAIM, None),
        kube.list(NODE, None),
        kube.list(EVENT, Some(EVENTS_OF_CLUSTER)),
        aws_auth,
    );
    Some(Told {
        pools,
        auto_mode_classes,
        karpenter_classes,
        claims,
        nodes,
        events,
        aws_auth,
    })
}

impl Reader<'_> {
    pub(super) fn take_objects(&mut self, told: Option<Told>) {
        let Some(told) = told else {
            let why = Why::not_given("the cluster's API server");
            self.settle_cluster(None, Some(Completeness::Partial(why)));
            return;
        };
        self.note_missing_kinds(&told);
        let objects = Objects::of(self.eks.reference());
        let pools = self.listed(NODE_POOL, told.pools);
        let pools = pools.iter().map(|object| objects.node_pool(object));
        let pools: Vec<_> = pools.filter(|pool| self.wants(&pool.name)).collect();
        let classes = [
            (NodeClassKind::AutoMode, NODE_CLASS, told.auto_mode_classes),
            (
                NodeClassKind::Karpenter,
                EC2_NODE_CLASS,
                told.karpenter_classes,
            ),
        ];
        let wanted: BTreeSet<String> = pools
            .iter()
            .filter_map(|pool| Some(pool.node_class_ref.value()?.name.clone()))
            .collect();
        for (kind, read, listed) in classes {
            for object in self.listed(read, listed) {
                let class = objects.node_class(kind, &object);
                if self.question.pool.is_none() || wanted.contains(&class.name) {
                    self.snapshot.node_classes.push(class);
                }
            }
        }
        self.snapshot.node_pools = pools;
        let claims = self.listed(NODE_CLAIM, told.claims);
        let claims = claims.iter().map(|object| objects.node_claim(object));
        self.snapshot.node_claims = claims
            .filter(|claim| claim.node_pool.as_ref().is_none_or(|pool| self.wants(pool)))
            .collect();
        self.nodes_are_known = told.nodes.is_ok();
        let nodes = self.listed(NODE, told.nodes);
        self.look_at_kinds_of(&nodes);
        let nodes = nodes.iter().map(|object| objects.node(object));
        self.snapshot.nodes = nodes
            .filter(|node| {
                let of = node.node_pool.as_ref().or(node.node_group.as_ref());
                of.is_none_or(|pool| self.wants(pool))
            })
            .collect();
        let events = self.listed(EVENT, told.events);
        self.snapshot.events = events
            .iter()
            .filter_map(|object| objects.event(object))
            .filter(|event| self.is_told_of(&event.object))
            .collect();
        self.take_aws_auth(&objects, told.aws_auth);
    }

    /// Whether an event's object is one that was read: others are gone, or of another pool.
    fn is_told_of(&self, object: &str) -> bool {
        let snapshot = &self.snapshot;
        let Some((kind, name)) = object.split_once('/') else {
            return false;
        };
        match kind {
            "NodePool" => snapshot.node_pools.iter().any(|pool| pool.name == name),
            "NodeClass" | "EC2NodeClass" => snapshot
                .node_classes
                .iter()
                .any(|class| class.kind.kind() == kind && class.name == name),
            "Node" => snapshot.nodes.iter().any(|node| node.name == name),
            // A claim whose node could not join is deleted, and its events are what is left of it.
            _ => true,
        }
    }

    fn listed(&mut self, kind: Kind, listed: Listed) -> Vec<DynamicObject> {
        listed.unwrap_or_else(|missing| {
            let origin = Origin::api("kubernetes:list", &kind.resource());
            self.note(&origin, &missing);
            Vec::new()
        })
    }

    fn take_aws_auth(
        &mut self,
        objects: &Objects,
        aws_auth: Option<Result<DynamicObject, Missing>>,
    ) {
        let complete = match aws_auth {
            None | Some(Err(Missing::Absent | Missing::CannotBe)) => Completeness::Complete,
            Some(Ok(object)) => {
                self.snapshot.aws_auth.extend(objects.aws_auth(&object));
                Completeness::Complete
            }
            Some(Err(missing)) => {
                let origin = Origin::api("kubernetes:get", "configmaps/kube-system/aws-auth");
                self.note(&origin, &missing);
                let why = missing.why();
                why.map_or(Completeness::Complete, Completeness::Partial)
            }
        };
        self.settle_cluster(None, Some(complete));
    }

    /// What nodes say of where they come from, beyond pool and group.
    fn look_at_kinds_of(&mut self, nodes: &[DynamicObject]) {
        for node in nodes {
            let labels = node.metadata.labels.as_ref();
            let label = |key: &str| {
                labels
                    .and_then(|labels| labels.get(key))
                    .map(String::as_str)
            };
            let of_pool = label(POOL_LABEL).or(label(GROUP_LABEL)).is_some();
            match label(COMPUTE_TYPE_LABEL) {
                Some("hybrid") => self.hybrid_nodes += 1,
                Some("fargate" | "auto") => {}
                _ if !of_pool => self.has_unexplained_nodes = true,
                _ => {}
            }
        }
    }

    /// A cluster without node pools may have none, or may not even know what they are.
    fn note_missing_kinds(&mut self, told: &Told) {
        let unknown = |listed: &Listed| matches!(listed, Err(Missing::Absent));
        if unknown(&told.pools)
            && unknown(&told.auto_mode_classes)
            && unknown(&told.karpenter_classes)
        {
            self.notes.push(Note {
                message: format!(
                    "`{}` is neither an Auto Mode cluster nor one with Karpenter: its API server does \
                     not know `{}`",
                    self.question.cluster,
                    NODE_POOL.resource()
                ),
                help: "its node groups are looked at; if it ought to have node pools, see whether the \
                       context is of another cluster"
                    .to_owned(),
            });
        }
    }
}
