//! Kubernetes objects as facts: what the chain reads of each, and nothing more.

use std::sync::Arc;

use kube::api::DynamicObject;
use rolecall_declared::{Options, Source, read_sources};
use rolecall_facts::{
    AwsAuth, Condition, Fact, LabelKey, Node, NodeClaim, NodeClass, NodeClassKind, NodeClassRef,
    NodePool, ObjectEvent, Origin, Reference, Tag, Timestamp, Why,
};
use serde_json::{Value, json};

use crate::kube::{
    CONFIG_MAP, EC2_NODE_CLASS, EVENT, Kind, NODE, NODE_CLAIM, NODE_CLASS, NODE_POOL,
};

/// The label that names the pool of a claim or node (Karpenter, "Well-Known Labels").
pub(crate) const POOL_LABEL: &str = "karpenter.sh/nodepool";

/// The label that names a node's managed node group (EKS User Guide, "Managed node groups").
pub(crate) const GROUP_LABEL: &str = "eks.amazonaws.com/nodegroup";

/// The label that tells what a node runs on: `hybrid`, `fargate`, `auto` (EKS User Guide, "Amazon EKS
/// Hybrid Nodes concepts").
pub(crate) const COMPUTE_TYPE_LABEL: &str = "eks.amazonaws.com/compute-type";

/// The objects of which events are read.
const TOLD_OF: [Kind; 5] = [NODE_POOL, NODE_CLASS, EC2_NODE_CLASS, NODE_CLAIM, NODE];

/// Reads objects of one cluster.
#[derive(Debug, Clone)]
pub(crate) struct Objects {
    cluster: Reference<String>,
}

impl Objects {
    pub(crate) fn of(cluster: Reference<String>) -> Self {
        Self { cluster }
    }

    fn cluster(&self) -> Option<Reference<String>> {
        Some(self.cluster.clone())
    }

    pub(crate) fn node_pool(&self, object: &DynamicObject) -> NodePool {
        let origin = NODE_POOL.origin(name(object));
        let template = object.data.pointer("/spec/template");
        let reference = template.and_then(|template| template.pointer("/spec/nodeClassRef"));
        let text = |reference: &Value, key: &str| {
            let value = reference.get(key).and_then(Value::as_str);
            value.unwrap_or_default().to_owned()
        };
        let node_class_ref = reference.map_or_else(
            || Fact::unknown_at(Why::not_given("`nodeClassRef`"), origin.clone()),
            |reference| {
                let value = NodeClassRef {
                    group: text(reference, "group"),
                    kind: text(reference, "kind"),
                    name: text(reference, "name"),
                };
                Fact::known(value, origin.clone())
            },
        );
        NodePool {
            name: name(object).to_owned(),
            cluster: self.cluster(),
            node_class_ref,
            label_keys: label_keys(template, &origin),
            conditions: conditions(object),
            origin,
        }
    }

    pub(crate) fn node_class(&self, kind: NodeClassKind, object: &DynamicObject) -> NodeClass {
        let read = match kind {
            NodeClassKind::AutoMode => NODE_CLASS,
            NodeClassKind::Karpenter => EC2_NODE_CLASS,
        };
        let origin = read.origin(name(object));
        let field = |key: &str| {
            let value = object.data.pointer("/spec")?.get(key)?.as_str()?;
            Some(Reference::by_value(Fact::known(
                value.to_owned(),
                origin.clone(),
            )))
        };
        let tags = object.data.pointer("/spec/tags").and_then(Value::as_object);
        NodeClass {
            kind,
            name: name(object).to_owned(),
            cluster: self.cluster(),
            role: field("role"),
            instance_profile: field("instanceProfile"),
            tags: tags
                .into_iter()
                .flatten()
                .map(|(key, value)| Tag {
                    key: key.clone(),
                    value: Fact::known(
                        value.as_str().unwrap_or_default().to_owned(),
                        origin.clone(),
                    ),
                })
                .collect(),
            conditions: conditions(object),
            id: None,
            origin,
        }
    }

    pub(crate) fn node_claim(&self, object: &DynamicObject) -> NodeClaim {
        NodeClaim {
            name: name(object).to_owned(),
            cluster: self.cluster(),
            node_pool: label(object, POOL_LABEL),
            node_name: text(object, "/status/nodeName"),
            instance_id: text(object, "/status/providerID").and_then(instance_id),
            conditions: conditions(object),
            origin: NODE_CLAIM.origin(name(object)),
        }
    }

    pub(crate) fn node(&self, object: &DynamicObject) -> Node {
        Node {
            name: name(object).to_owned(),
            cluster: self.cluster(),
            node_pool: label(object, POOL_LABEL),
            node_group: label(object, GROUP_LABEL),
            compute_type: label(object, COMPUTE_TYPE_LABEL),
            instance_id: text(object, "/spec/providerID").and_then(instance_id),
            conditions: conditions(object),
            origin: NODE.origin(name(object)),
        }
    }

    /// An event of an object that the chain is about; `None` for any other.
    pub(crate) fn event(&self, object: &DynamicObject) -> Option<ObjectEvent> {
        let kind = text(object, "/involvedObject/kind")?;
        let about = text(object, "/involvedObject/name")?;
        if !TOLD_OF.iter().any(|known| known.kind == kind) {
            return None;
        }
        let count = object.data.get("count").and_then(Value::as_u64);
        let seen = ["/lastTimestamp", "/eventTime", "/firstTimestamp"]
            .iter()
            .find_map(|pointer| text(object, pointer)?.parse::<Timestamp>().ok());
        Some(ObjectEvent {
            cluster: self.cluster(),
            object: format!("{kind}/{about}"),
            warning: text(object, "/type").as_deref() == Some("Warning"),
            reason: text(object, "/reason").unwrap_or_default(),
            message: text(object, "/message").unwrap_or_default(),
            count: count.and_then(|count| count.try_into().ok()).unwrap_or(1),
            last_seen: seen,
            origin: EVENT.origin(name(object)),
        })
    }

    /// `aws-auth`, by the same rules as where a file holds it.
    pub(crate) fn aws_auth(&self, object: &DynamicObject) -> Option<AwsAuth> {
        let manifest = json!({
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": { "name": "aws-auth", "namespace": "kube-system" },
            "data": object.data.get("data"),
        });
        let source = Source {
            path: Arc::from("aws-auth.json"),
            text: manifest.to_string().into(),
        };
        let read = read_sources(vec![source], &Options::default());
        let mut found = read.snapshot.aws_auth.into_iter().next()?;
        let origin = Origin::api(
            "kubernetes:get",
            &format!("{}/kube-system/aws-auth", CONFIG_MAP.plural),
        );
        found.cluster = self.cluster();
        found.origin = origin.clone();
        place(&mut found.map_roles, &origin);
        if let Fact::Known { value, .. } = &mut found.map_roles {
            for mapping in value {
                mapping.origin = origin.clone();
                place(&mut mapping.role_arn, &origin);
                place(&mut mapping.username, &origin);
                place(&mut mapping.groups, &origin);
            }
        }
        for problem in &mut found.problems {
            problem.origin = origin.clone();
        }
        Some(found)
    }
}

/// Names the call as the place of a fact.
fn place<T>(fact: &mut Fact<T>, at: &Origin) {
    match fact {
        Fact::Known { origin, .. } => *origin = at.clone(),
        Fact::Unknown { origin, .. } => *origin = Some(at.clone()),
    }
}

fn name(object: &DynamicObject) -> &str {
    object.metadata.name.as_deref().unwrap_or_default()
}

fn label(object: &DynamicObject, key: &str) -> Option<String> {
    object.metadata.labels.as_ref()?.get(key).cloned()
}

fn text(object: &DynamicObject, pointer: &str) -> Option<String> {
    object.data.pointer(pointer)?.as_str().map(str::to_owned)
}

/// The id at the end of `aws:///eu-central-1a/i-0123456789abcdef0`.
fn instance_id(provider_id: String) -> Option<String> {
    provider_id.rsplit('/').next().map(str::to_owned)
}

fn conditions(object: &DynamicObject) -> Vec<Condition> {
    let listed = object.data.pointer("/status/conditions");
    let listed = listed.and_then(Value::as_array);
    listed
        .into_iter()
        .flatten()
        .map(|condition| {
            let text = |key: &str| {
                let value = condition.get(key).and_then(Value::as_str);
                value.unwrap_or_default().to_owned()
            };
            Condition {
                kind: text("type"),
                status: text("status"),
                reason: text("reason"),
                message: text("message"),
            }
        })
        .collect()
}

fn label_keys(template: Option<&Value>, origin: &Origin) -> Vec<LabelKey> {
    let labels = template.and_then(|template| template.pointer("/metadata/labels"));
    let set = labels.and_then(Value::as_object).into_iter().flatten();
    let required = template.and_then(|template| template.pointer("/spec/requirements"));
    let required = required.and_then(Value::as_array).into_iter().flatten();
    let required = required.filter_map(|requirement| requirement.get("key")?.as_str());
    set.map(|(key, _)| key.as_str())
        .chain(required)
        .map(|key| LabelKey {
            key: key.to_owned(),
            origin: origin.clone(),
        })
        .collect()
}
