//! Clusters, access entries, node groups and Pod Identity associations.

use rolecall_facts::{
    AccessEntry, AccessPolicyAssociation, AccessScope, AuthenticationMode, Cluster, Completeness,
    ComputeConfig, Fact, NodeGroup, NodeGroupKind, PodIdentityAssociation, Reference, Why,
};

use super::attribute::CDK_CLUSTER;
use super::condition::Truth;
use super::evaluate::{Evaluator, name, name_reference, principal};
use super::open;
use super::template::Resource;
use crate::output::Output;
use crate::tree::{Node, Value};

pub(super) fn read(evaluator: &mut Evaluator<'_>, out: &mut Output) {
    let template = evaluator.template;
    for resource in template.of_kind(&["AWS::EKS::Cluster", CDK_CLUSTER]) {
        let there = evaluator.is_there(&resource);
        if there != Truth::False {
            let cluster = evaluator.cluster(&resource);
            add_cluster(&mut out.snapshot.clusters, cluster, &there);
        }
    }
    for resource in template.of_kind(&["AWS::EKS::Nodegroup"]) {
        if evaluator.is_there(&resource) != Truth::False {
            let group = evaluator.node_group(&resource);
            out.snapshot.node_groups.push(group);
        }
    }
    for resource in template.of_kind(&["AWS::EKS::PodIdentityAssociation"]) {
        if evaluator.is_there(&resource) == Truth::True {
            let association = PodIdentityAssociation {
                cluster: name_reference(&evaluator.required(&resource, "ClusterName")),
                namespace: name(&evaluator.required(&resource, "Namespace")),
                service_account: name(&evaluator.required(&resource, "ServiceAccount")),
                role: principal(&evaluator.required(&resource, "RoleArn")),
                origin: resource.origin.clone(),
            };
            out.snapshot.pod_identities.push(association);
        }
    }
    for resource in template.of_kind(&["AWS::EKS::AccessEntry"]) {
        match evaluator.is_there(&resource) {
            Truth::False => {}
            Truth::True => evaluator.access_entry(&resource, out),
            Truth::Unknown(why) => {
                let cluster = evaluator.required(&resource, "ClusterName");
                possible_entry(&name_reference(&cluster), &why, out);
            }
        }
    }
}

/// Two clusters of one name are written where only one of them is ever made: they are one, of which
/// only what both say is known.
fn add_cluster(clusters: &mut Vec<Cluster>, cluster: Cluster, there: &Truth) {
    let twin = clusters
        .iter_mut()
        .find(|other| cluster.name.is_known() && other.name.value() == cluster.name.value());
    let (Some(twin), Truth::Unknown(why)) = (twin, there) else {
        clusters.push(cluster);
        return;
    };
    let origin = twin.origin.clone();
    if twin.authentication_mode.value() != cluster.authentication_mode.value() {
        twin.authentication_mode = Fact::unknown_at(why.clone(), origin.clone());
    }
    if twin.role.value.value() != cluster.role.value.value() {
        twin.role = Reference::by_value(Fact::unknown_at(why.clone(), origin.clone()));
    }
    if twin.compute.is_some() || cluster.compute.is_some() {
        twin.compute = Some(unknown_compute(&Node::unknown(why.clone(), origin)));
    }
    open(&mut twin.access_entries_complete, why);
}

/// An entry that may not be made: its cluster may have more entries than are read.
fn possible_entry(of: &Reference<String>, why: &Why, out: &mut Output) {
    for cluster in &mut out.snapshot.clusters {
        let other_object = of.object.is_some() && of.object != cluster.id;
        let other_name = of.object.is_none()
            && of
                .value
                .value()
                .is_some_and(|wanted| cluster.name.value().is_some_and(|name| name != wanted));
        if !other_object && !other_name {
            open(&mut cluster.access_entries_complete, why);
        }
    }
}

/// A key of a settings map: as CloudFormation writes it, or in lower camel case as CDK's custom
/// resource hands it to the EKS API.
pub(super) fn field<'n>(settings: &'n Node, key: &str) -> Option<&'n Node> {
    settings.get(key).or_else(|| {
        let mut camel = key.to_owned();
        camel.get_mut(..1)?.make_ascii_lowercase();
        settings.get(&camel)
    })
}

impl Evaluator<'_> {
    /// The settings of a cluster: its properties, or what CDK's custom resource calls `Config`.
    fn settings(&mut self, resource: &Resource<'_>) -> Node {
        let written = if resource.kind == CDK_CLUSTER {
            resource.property("Config")
        } else {
            resource.properties()
        };
        match written {
            Some(node) => self.value(node),
            None => Node::new(Value::Map(Vec::new()), resource.origin.clone()),
        }
    }

    fn cluster(&mut self, resource: &Resource<'_>) -> Cluster {
        let settings = self.settings(resource);
        let cluster_name = self.cluster_name(resource);
        let role = field(&settings, "RoleArn").map_or_else(
            || {
                Reference::by_value(Fact::unknown_at(
                    Why::not_given(format!("the cluster role of `{}`", resource.id)),
                    resource.origin.clone(),
                ))
            },
            principal,
        );
        Cluster {
            id: Some(resource.object.clone()),
            name: name(&cluster_name),
            partition: None,
            account: None,
            region: None,
            authentication_mode: authentication_mode(&settings),
            compute: compute(&settings),
            role,
            oidc_issuer: None,
            access_entries_complete: Completeness::Complete,
            aws_auth_complete: Completeness::Partial(Why::not_given("the `aws-auth` ConfigMap")),
            origin: resource.origin.clone(),
        }
    }

    fn node_group(&mut self, resource: &Resource<'_>) -> NodeGroup {
        let group_name = self.property(resource, "NodegroupName");
        NodeGroup {
            id: Some(resource.object.clone()),
            kind: NodeGroupKind::Managed,
            name: group_name.as_ref().map_or_else(
                || {
                    Fact::unknown_at(
                        Why::after_apply(format!(
                            "the name of `{}`, which CloudFormation makes up,",
                            resource.id
                        )),
                        resource.origin.clone(),
                    )
                },
                name,
            ),
            cluster: name_reference(&self.required(resource, "ClusterName")),
            role: Some(principal(&self.required(resource, "NodeRole"))),
            instance_profile: None,
            windows: self.windows(resource),
            origin: resource.origin.clone(),
        }
    }

    /// Windows AMI types are named so. `CUSTOM`, and a launch template where no type is given, leave
    /// it to an image (Amazon EKS API Reference, `Nodegroup`).
    fn windows(&mut self, resource: &Resource<'_>) -> Fact<bool> {
        let of_image = |node: Option<&Node>| {
            let origin = node.map_or(&resource.origin, |node| &node.origin);
            Fact::unknown_at(
                Why::not_given("the operating system of the nodes' image"),
                origin.clone(),
            )
        };
        match self.property(resource, "AmiType") {
            Some(kind) if kind.as_str() == Some("CUSTOM") => of_image(Some(&kind)),
            Some(kind) => kind.text_fact().map(|kind| kind.starts_with("WINDOWS_")),
            None => match self.property(resource, "LaunchTemplate") {
                Some(launch_template) => of_image(Some(&launch_template)),
                None => Fact::known(false, resource.origin.clone()),
            },
        }
    }

    fn access_entry(&mut self, resource: &Resource<'_>, out: &mut Output) {
        let origin = resource.origin.clone();
        let cluster = name_reference(&self.required(resource, "ClusterName"));
        let whom = principal(&self.required(resource, "PrincipalArn"));
        let mut policies_complete = Completeness::Complete;
        if let Some(policies) = self.property(resource, "AccessPolicies") {
            for policy in listed(&policies, &mut policies_complete) {
                out.snapshot.access_policies.push(AccessPolicyAssociation {
                    cluster: cluster.clone(),
                    principal: whom.clone(),
                    policy_arn: required(policy, "PolicyArn").text_fact(),
                    scope: scope(policy),
                    origin: policy.origin.clone(),
                });
            }
        }
        let entry_type = self.property(resource, "Type");
        let groups = self.property(resource, "KubernetesGroups");
        out.snapshot.access_entries.push(AccessEntry {
            id: Some(resource.object.clone()),
            cluster,
            principal: whom,
            entry_type: entry_type.as_ref().map_or_else(
                || Fact::known("STANDARD".to_owned(), origin.clone()),
                Node::text_fact,
            ),
            kubernetes_groups: groups.as_ref().map_or_else(
                || Fact::known(Vec::new(), origin.clone()),
                Node::text_list_fact,
            ),
            username: self
                .property(resource, "Username")
                .map(|username| username.text_fact()),
            created_at: None,
            tags: Vec::new(),
            made_by_this_change: false,
            policies_complete,
            origin,
        });
    }
}

/// The items of a list; an unknown one, or an unknown list, opens the claim of completeness.
fn listed<'n>(list: &'n Node, completeness: &mut Completeness) -> impl Iterator<Item = &'n Node> {
    let unknown = |node: &Node| match &node.value {
        Value::Unknown(why) => Some(why.clone()),
        _ => None,
    };
    let gap = unknown(list).or_else(|| list.items().iter().find_map(unknown));
    if let Some(why) = gap {
        open(completeness, &why);
    }
    list.items().iter().filter(|item| !item.is_unknown())
}

fn required(node: &Node, key: &str) -> Node {
    node.get(key)
        .cloned()
        .unwrap_or_else(|| Node::unknown(Why::not_given(format!("`{key}`")), node.origin.clone()))
}

fn scope(policy: &Node) -> Fact<AccessScope> {
    let scope = required(policy, "AccessScope");
    if let Value::Unknown(why) = &scope.value {
        return Fact::unknown_at(why.clone(), scope.origin.clone());
    }
    let kind = required(&scope, "Type");
    match kind.text_fact() {
        Fact::Known { value, origin } if value == "cluster" => {
            Fact::known(AccessScope::Cluster, origin)
        }
        Fact::Known { value, origin } if value == "namespace" => scope
            .get("Namespaces")
            .map_or_else(|| Fact::known(Vec::new(), origin), Node::text_list_fact)
            .map(AccessScope::Namespaces),
        Fact::Known { value, origin } => {
            Fact::unknown_at(Why::not_evaluated(format!("the scope `{value}`")), origin)
        }
        Fact::Unknown { why, origin } => Fact::Unknown { why, origin },
    }
}

/// Without a mode the API takes `CONFIG_MAP` (Amazon EKS API Reference,
/// `CreateAccessConfigRequest`).
fn authentication_mode(settings: &Node) -> Fact<AuthenticationMode> {
    let unknown = |why: &Why, node: &Node| Fact::unknown_at(why.clone(), node.origin.clone());
    if let Value::Unknown(why) = &settings.value {
        return unknown(why, settings);
    }
    let access = field(settings, "AccessConfig");
    if let Some((Value::Unknown(why), node)) = access.map(|node| (&node.value, node)) {
        return unknown(why, node);
    }
    let Some(mode) = access.and_then(|access| field(access, "AuthenticationMode")) else {
        return Fact::known(AuthenticationMode::ConfigMap, settings.origin.clone());
    };
    match mode.text_fact() {
        Fact::Known { value, origin } => match value.parse() {
            Ok(mode) => Fact::known(mode, origin),
            Err(problem) => Fact::unknown_at(Why::not_evaluated(problem), origin),
        },
        Fact::Unknown { why, origin } => Fact::Unknown { why, origin },
    }
}

fn compute(settings: &Node) -> Option<ComputeConfig> {
    let config = if settings.is_unknown() {
        settings
    } else {
        field(settings, "ComputeConfig")?
    };
    let origin = config.origin.clone();
    if config.is_unknown() {
        return Some(unknown_compute(config));
    }
    Some(ComputeConfig {
        // Left out, the capability is off (Amazon EKS API Reference, `ComputeConfigRequest`).
        enabled: field(config, "Enabled")
            .map_or_else(|| Fact::known(false, origin.clone()), Node::bool_fact),
        node_pools: field(config, "NodePools").map_or_else(
            || Fact::known(Vec::new(), origin.clone()),
            Node::text_list_fact,
        ),
        node_role: field(config, "NodeRoleArn")
            .filter(|role| role.as_str() != Some(""))
            .map(principal),
        origin,
    })
}

fn unknown_compute(node: &Node) -> ComputeConfig {
    ComputeConfig {
        enabled: node.bool_fact(),
        node_pools: node.text_list_fact(),
        node_role: Some(node.principal_reference()),
        origin: node.origin.clone(),
    }
}
