//! eksctl's `ClusterConfig` (`eksctl.io/v1alpha5`).
//!
//! A config leaves much to eksctl: roles it makes when none is named, access entries for node groups,
//! node pools and a mode by default. What eksctl's documentation says it does is a fact here; the
//! ARN of a role it will make is known only after apply.

mod access;
mod identities;
mod karpenter;
mod nodes;
mod service_accounts;

use rolecall_facts::{
    AuthenticationMode, Cluster, Completeness, ComputeConfig, Fact, ObjectId, Origin, Principal,
    Reference, Why,
};

use crate::fields;
use crate::kubernetes::placeholder;
use crate::output::Output;
use crate::tree::Node;

/// A config that is being read.
struct Config<'a> {
    node: &'a Node,
    cluster: Reference<String>,
    mode: Fact<AuthenticationMode>,
    /// The file, as the scope of object ids.
    scope: &'a str,
    origin: Origin,
}

pub(crate) fn read(node: &Node, output: &mut Output) {
    let name_node = node.at(&["metadata", "name"]);
    let origin = name_node.unwrap_or(node).origin.clone();
    let name = match fields::required_text(name_node, "metadata.name", &origin) {
        Fact::Known { value, origin } => match placeholder::find(&value) {
            Some(found) => {
                let why = Why::not_evaluated(format!("the placeholder `{found}`"));
                Fact::unknown_at(why, origin)
            }
            None => Fact::known(value, origin),
        },
        unknown @ Fact::Unknown { .. } => unknown,
    };
    let scope = origin.as_file().map_or("", |file| &file.path);
    // A file may hold several configs.
    let line = origin.as_file().map_or(0, |file| file.line);
    let id = ObjectId::new(scope, &format!("ClusterConfig:{line}"));
    let config = Config {
        node,
        cluster: Reference {
            value: name,
            object: Some(id.clone()),
        },
        // "default in eksctl" (eksctl User Guide, "EKS Access Entries").
        mode: fields::authentication_mode(
            node.look(&["accessConfig", "authenticationMode"]),
            AuthenticationMode::ApiAndConfigMap,
            &origin,
        ),
        scope,
        origin: origin.clone(),
    };
    output.snapshot.clusters.push(config.cluster(id));
    access::read(&config, output);
    nodes::read(&config, output);
    identities::read(&config, output);
    service_accounts::read(&config, output);
    karpenter::read(&config, output);
}

impl Config<'_> {
    fn cluster(&self, id: ObjectId) -> Cluster {
        let region = self.node.at(&["metadata", "region"]);
        let role = self.node.look(&["iam", "serviceRoleARN"]);
        Cluster {
            id: Some(id),
            name: self.cluster.value.clone(),
            partition: None,
            account: None,
            region: region.and_then(Node::as_str).map(str::to_owned),
            authentication_mode: self.mode.clone(),
            compute: self
                .node
                .get("autoModeConfig")
                .map(|node| self.compute(node)),
            role: role.map_or_else(
                || self.made_by_eksctl("the cluster role", &self.origin),
                Node::principal_reference,
            ),
            oidc_issuer: None,
            access_entries_complete: fields::complete([
                self.node.look(&["accessConfig", "accessEntries"]),
                self.node.look(&["nodeGroups"]),
            ]),
            aws_auth_complete: Completeness::Complete,
            origin: self.origin.clone(),
        }
    }

    /// Without `nodePools` eksctl asks for both built-in pools, and without `nodeRoleARN` it makes a
    /// role for them (eksctl User Guide, "EKS Auto Mode").
    fn compute(&self, node: &Node) -> ComputeConfig {
        let origin = &node.origin;
        let enabled = fields::flag(node.look(&["enabled"]), origin);
        let on = enabled.value() != Some(&false);
        let node_pools = match node.look(&["nodePools"]) {
            Some(pools) => pools.text_list_fact(),
            None if on => {
                let both = ["general-purpose", "system"].map(str::to_owned);
                Fact::known(both.into(), origin.clone())
            }
            None => Fact::known(Vec::new(), origin.clone()),
        };
        let has_pools = node_pools.value().is_none_or(|pools| !pools.is_empty());
        let node_role = match node.look(&["nodeRoleARN"]) {
            Some(role) => Some(role.principal_reference()),
            None if on && has_pools => {
                Some(self.made_by_eksctl("the node role of Auto Mode", origin))
            }
            None => None,
        };
        ComputeConfig {
            enabled,
            node_pools,
            node_role,
            origin: origin.clone(),
        }
    }

    fn made_by_eksctl(&self, what: &str, origin: &Origin) -> Reference<Principal> {
        let why = Why::after_apply(format!("{what}, which eksctl makes,"));
        Reference::by_value(Fact::unknown_at(why, origin.clone()))
    }

    fn list(&self, path: &[&str]) -> &[Node] {
        self.node.at(path).map(Node::items).unwrap_or_default()
    }
}
