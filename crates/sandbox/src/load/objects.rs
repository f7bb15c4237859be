//! The Kubernetes objects of a cluster.

use rolecall_facts::{
    AwsAuth, Fact, NodeClass, NodeClassKind, NodePool, Origin, Reference, symbol,
};
use serde_json::{Value, json};

use super::cluster::Made;
use super::{LoadedCluster, Loader};

impl Loader<'_> {
    /// The objects of a cluster; those of no certain cluster go to the `only` one.
    pub(super) fn objects(&mut self, cluster: &Made, only: bool) -> LoadedCluster {
        let load = self.load;
        let snapshot = &load.snapshot;
        let mut objects = Vec::new();
        let here = |loader: &Self, of: &Option<Reference<String>>| match of {
            Some(reference) => loader.cluster_is(reference, &cluster.name),
            None => only,
        };
        for map in &snapshot.aws_auth {
            if !here(self, &map.cluster) {
                continue;
            }
            let object = self
                .written("ConfigMap", "aws-auth", &map.origin)
                .unwrap_or_else(|| self.aws_auth(map));
            objects.push((object, Some(map.origin.clone())));
        }
        for class in &snapshot.node_classes {
            if !here(self, &class.cluster) {
                continue;
            }
            let object = self
                .written(class.kind.kind(), &class.name, &class.origin)
                .or_else(|| self.node_class(class));
            match object {
                Some(object) => objects.push((object, Some(class.origin.clone()))),
                None => self.note(
                    Some(&class.origin),
                    format!(
                        "the node class `{}` was not applied: its role is not known",
                        class.name
                    ),
                ),
            }
        }
        for pool in &snapshot.node_pools {
            if !here(self, &pool.cluster) {
                continue;
            }
            let object = self
                .written("NodePool", &pool.name, &pool.origin)
                .or_else(|| node_pool(pool));
            match object {
                Some(object) => objects.push((object, Some(pool.origin.clone()))),
                None => self.note(
                    Some(&pool.origin),
                    format!(
                        "the node pool `{}` was not applied: its node class is not known",
                        pool.name
                    ),
                ),
            }
        }
        for class in &load.snapshot.node_classes {
            if class.cluster.is_none() && !only && cluster.origin().is_some() {
                self.note(
                    Some(&class.origin),
                    format!(
                        "the node class `{}` was not applied: several clusters are declared and \
                         nothing says which is its own; name it with --cluster",
                        class.name
                    ),
                );
            }
        }
        LoadedCluster {
            account: cluster.account,
            region: cluster.region.clone(),
            name: cluster.name.clone(),
            objects,
        }
    }

    /// The object as it is written, with the place filled in. Parts that are not known are left out;
    /// a class's role or a name that is not known makes it useless.
    fn written(&self, kind: &str, name: &str, origin: &Origin) -> Option<Value> {
        let manifest = self.written.find(kind, name, origin)?;
        let mut object = manifest.object.clone();
        if let Some(members) = object.as_object_mut() {
            members.remove("status");
        }
        self.settle(&mut object);
        let lost = ["/spec/role", "/spec/instanceProfile"].iter().any(|place| {
            manifest.object.pointer(place).is_some() && object.pointer(place).is_none()
        });
        (!lost).then_some(object)
    }

    fn settle(&self, value: &mut Value) {
        match value {
            Value::String(text) if text.contains("${") => *text = self.place.settle(text),
            Value::Array(items) => {
                items.iter_mut().for_each(|item| self.settle(item));
                items.retain(is_known);
            }
            Value::Object(members) => {
                members.values_mut().for_each(|member| self.settle(member));
                members.retain(|_, member| is_known(member));
            }
            _ => {}
        }
    }

    fn node_class(&self, class: &NodeClass) -> Option<Value> {
        let mut spec = json!({
            "subnetSelectorTerms": [{"tags": {"kubernetes.io/role/internal-elb": "1"}}],
            "securityGroupSelectorTerms": [{"tags": {"karpenter.sh/discovery": "*"}}],
        });
        let members = spec.as_object_mut()?;
        if class.kind == NodeClassKind::Karpenter {
            members.insert(
                "amiSelectorTerms".to_owned(),
                json!([{"alias": "al2023@latest"}]),
            );
        }
        for (name, reference) in [
            ("role", &class.role),
            ("instanceProfile", &class.instance_profile),
        ] {
            if let Some(reference) = reference {
                let text = self.resolved(reference)?;
                members.insert(name.to_owned(), text.into());
            }
        }
        let tags: serde_json::Map<String, Value> = class
            .tags
            .iter()
            .filter_map(|tag| Some((tag.key.clone(), self.place.text(&tag.value)?.into())))
            .collect();
        if !tags.is_empty() {
            members.insert("tags".to_owned(), tags.into());
        }
        let version = match class.kind {
            NodeClassKind::AutoMode => "eks.amazonaws.com/v1",
            NodeClassKind::Karpenter => "karpenter.k8s.aws/v1",
        };
        Some(json!({
            "apiVersion": version,
            "kind": class.kind.kind(),
            "metadata": {"name": class.name},
            "spec": spec,
        }))
    }

    fn aws_auth(&self, map: &AwsAuth) -> Value {
        let items: Vec<Value> = map
            .map_roles
            .value()
            .into_iter()
            .flatten()
            .filter_map(|role| {
                Some(json!({
                    "rolearn": self.place.text(&role.role_arn)?,
                    "username": self.place.text(&role.username)?,
                    "groups": role.groups.value()?,
                }))
            })
            .collect();
        // JSON is YAML.
        let text = Value::Array(items).to_string();
        json!({
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": "aws-auth", "namespace": "kube-system"},
            "data": {"mapRoles": text},
        })
    }
}

fn node_pool(pool: &NodePool) -> Option<Value> {
    let Fact::Known { value: class, .. } = &pool.node_class_ref else {
        return None;
    };
    Some(json!({
        "apiVersion": "karpenter.sh/v1",
        "kind": "NodePool",
        "metadata": {"name": pool.name},
        "spec": {"template": {"spec": {
            "nodeClassRef": {"group": class.group, "kind": class.kind, "name": class.name},
            "requirements": [],
        }}},
    }))
}

fn is_known(value: &Value) -> bool {
    value.as_str().is_none_or(|text| !symbol::has_unknown(text))
}
