//! One object and the facts in it.

use rolecall_facts::{
    AccessEntry, AccessPolicyAssociation, AuthenticationMode, Cluster, Completeness, ComputeConfig,
    Fact, InstanceProfile, ManagedPolicy, NamedDocument, NodeGroup, NodeGroupKind, ObjectId,
    Origin, PodIdentityAssociation, PolicyDocument, Principal, Reference, Role, Why,
};

use super::index::{Index, Selected, metadata_name, namespace, object_id};
use super::{Pending, not_given, single};
use crate::fields;
use crate::kubernetes::object::Object;
use crate::tree::Node;

pub(super) struct Resource<'a> {
    node: &'a Node,
    group: &'a str,
    kind: &'a str,
    provider: &'a Node,
    index: &'a Index<'a>,
    origin: Origin,
}

impl<'a> Resource<'a> {
    pub(super) fn new(pending: &'a Pending, index: &'a Index<'a>) -> Option<Self> {
        let node = &pending.node;
        let object = Object {
            node,
            group: &pending.group,
            kind: &pending.kind,
        };
        Some(Self {
            node,
            group: &pending.group,
            kind: &pending.kind,
            provider: node.at(&["spec", "forProvider"])?,
            index,
            origin: object.origin(),
        })
    }

    pub(super) fn kind(&self) -> &'a str {
        self.kind
    }

    /// A field; where `forProvider` leaves it out, `initProvider` may give it.
    fn field(&self, key: &str) -> Option<&'a Node> {
        self.provider.look(&[key]).or_else(|| {
            let initial = self.node.at(&["spec", "initProvider"])?;
            initial.get(key)
        })
    }

    fn id(&self) -> ObjectId {
        object_id(
            self.group,
            self.kind,
            namespace(self.node),
            metadata_name(self.node),
        )
    }

    /// The resource's name in AWS: the annotation `crossplane.io/external-name`, else the object's
    /// own name (Crossplane, "Managed resources").
    pub(super) fn external_name(&self) -> Fact<String> {
        external_name(self.node).map_or_else(
            || Fact::unknown_at(not_given("metadata.name"), self.origin.clone()),
            Node::text_fact,
        )
    }

    /// The group of another service of the same provider.
    fn sibling(&self, service: &str) -> String {
        let rest = self.group.split_once('.').map_or("", |(_, rest)| rest);
        format!("{service}.{rest}")
    }

    /// What a field, or the reference or selector beside it, names; with the object, if it is known.
    fn refer(
        &self,
        from: &'a Node,
        [field, reference, selector]: [&str; 3],
        service: &str,
        kind: &str,
    ) -> (Reference<String>, Option<&'a Node>) {
        if let Some(value) = from.look(&[field]) {
            return (value.text_reference(), None);
        }
        let group = self.sibling(service);
        if let Some(name) = from.get(reference).and_then(|node| node.get("name")) {
            let text = name.as_str().unwrap_or_default();
            // The namespaced kinds may name another namespace.
            let namespace = from
                .at(&[reference, "namespace"])
                .and_then(Node::as_str)
                .unwrap_or_else(|| namespace(self.node));
            let found = self.index.named(&group, kind, namespace, text);
            return (
                Reference {
                    value: after_apply(kind, text, &name.origin),
                    object: Some(object_id(&group, kind, namespace, text)),
                },
                found,
            );
        }
        let Some(node) = from.get(selector) else {
            let unknown = Fact::unknown_at(not_given(field), self.origin.clone());
            return (Reference::by_value(unknown), None);
        };
        let what = match self
            .index
            .selected(&group, kind, namespace(self.node), node)
        {
            Selected::One(found) => {
                let name = metadata_name(found);
                let reference = Reference {
                    value: after_apply(kind, name, &node.origin),
                    object: Some(object_id(&group, kind, namespace(found), name)),
                };
                return (reference, Some(found));
            }
            Selected::None => format!("the {kind} that `{selector}` selects"),
            Selected::Several => format!("which {kind} `{selector}` selects"),
        };
        let unknown = Fact::unknown_at(Why::not_given(what), node.origin.clone());
        (Reference::by_value(unknown), None)
    }

    fn principal(&self, from: &'a Node, keys: [&str; 3]) -> Reference<Principal> {
        let (Reference { value, object }, _) = self.refer(from, keys, "iam", "Role");
        Reference {
            value: value.map(|text| Principal::parse(&text)),
            object,
        }
    }

    fn cluster_reference(&self) -> Reference<String> {
        let keys = ["clusterName", "clusterNameRef", "clusterNameSelector"];
        let (mut reference, found) = self.refer(self.provider, keys, "eks", "Cluster");
        if let Some(name) = found.and_then(external_name) {
            reference.value = name.text_fact();
        }
        reference
    }

    /// The role that an attachment or inline policy belongs to, by name.
    pub(super) fn role_name(&self) -> Reference<String> {
        let keys = ["role", "roleRef", "roleSelector"];
        self.refer(self.provider, keys, "iam", "Role").0
    }

    pub(super) fn policy_reference(&self) -> Reference<String> {
        let keys = ["policyArn", "policyArnRef", "policyArnSelector"];
        self.refer(self.provider, keys, "iam", "Policy").0
    }

    pub(super) fn policy_document(&self, field: &str) -> Fact<PolicyDocument> {
        fields::policy(self.field(field), field, &self.origin)
    }

    fn path(&self) -> Fact<String> {
        fields::text_or(self.field("path"), "/", &self.origin)
    }

    pub(super) fn role(&self) -> Role {
        let list = |key: &str| self.field(key).map(Node::items).unwrap_or_default();
        let inline = list("inlinePolicy").iter().map(|policy| {
            let name = fields::text_or(policy.get("name"), "", &policy.origin);
            NamedDocument {
                name: name.value().cloned().unwrap_or_default(),
                document: fields::policy(policy.get("policy"), "policy", &policy.origin),
            }
        });
        Role {
            id: Some(self.id()),
            partition: None,
            account: None,
            name: self.external_name(),
            path: self.path(),
            unique_id: None,
            created_at: None,
            replaced: None,
            tags: Vec::new(),
            trust: self.policy_document("assumeRolePolicy"),
            inline_policies: inline.collect(),
            attached_policies: list("managedPolicyArns")
                .iter()
                .map(Node::text_reference)
                .collect(),
            policies_complete: if self.only_observed() {
                Completeness::Partial(Why::not_given(
                    "the policies of a role that is only observed",
                ))
            } else {
                fields::complete(["inlinePolicy", "managedPolicyArns"].map(|key| self.field(key)))
            },
            permissions_boundary: self.field("permissionsBoundary").map(Node::text_reference),
            origin: self.origin.clone(),
        }
    }

    pub(super) fn policy(&self) -> ManagedPolicy {
        ManagedPolicy {
            id: Some(self.id()),
            arn: fields::iam_arn("policy", self.path(), self.external_name()),
            document: self.policy_document("policy"),
            origin: self.origin.clone(),
        }
    }

    pub(super) fn instance_profile(&self) -> InstanceProfile {
        let keys = ["role", "roleRef", "roleSelector"];
        let has_role = keys.iter().any(|key| self.provider.get(key).is_some());
        InstanceProfile {
            id: Some(self.id()),
            account: None,
            name: self.external_name(),
            path: self.path(),
            role: has_role.then(|| self.principal(self.provider, keys)),
            origin: self.origin.clone(),
        }
    }

    /// Whether the object only watches what somebody else made (Crossplane, "Management policies").
    fn only_observed(&self) -> bool {
        let policies = self
            .node
            .at(&["spec", "managementPolicies"])
            .map(Node::items);
        policies.is_some_and(|policies| {
            !policies.is_empty() && policies.iter().all(|item| item.as_str() == Some("Observe"))
        })
    }

    pub(super) fn cluster(&self) -> Cluster {
        let compute = single(self.field("computeConfig")).map(|node| {
            let keys = ["nodeRoleArn", "nodeRoleArnRef", "nodeRoleArnSelector"];
            let has_role = keys.iter().any(|key| node.get(key).is_some());
            ComputeConfig {
                enabled: fields::flag(node.look(&["enabled"]), &node.origin),
                node_pools: fields::text_list(node.look(&["nodePools"]), &node.origin),
                node_role: has_role.then(|| self.principal(node, keys)),
                origin: node.origin.clone(),
            }
        });
        let access = single(self.field("accessConfig"));
        Cluster {
            id: Some(self.id()),
            name: self.external_name(),
            partition: None,
            account: None,
            region: self
                .field("region")
                .and_then(Node::as_str)
                .map(str::to_owned),
            authentication_mode: fields::authentication_mode(
                access.and_then(|access| access.look(&["authenticationMode"])),
                AuthenticationMode::ConfigMap,
                &self.origin,
            ),
            compute,
            role: self.principal(self.provider, ["roleArn", "roleArnRef", "roleArnSelector"]),
            oidc_issuer: None,
            access_entries_complete: if self.only_observed() {
                Completeness::Partial(Why::not_given(
                    "the access entries of a cluster that is only observed",
                ))
            } else {
                Completeness::Complete
            },
            aws_auth_complete: Completeness::Complete,
            origin: self.origin.clone(),
        }
    }

    fn entry_principal(&self) -> Reference<Principal> {
        let keys = [
            "principalArn",
            "principalArnFromRoleRef",
            "principalArnFromRoleSelector",
        ];
        self.principal(self.provider, keys)
    }

    pub(super) fn access_entry(&self) -> AccessEntry {
        AccessEntry {
            id: Some(self.id()),
            cluster: self.cluster_reference(),
            principal: self.entry_principal(),
            entry_type: fields::text_or(self.field("type"), "STANDARD", &self.origin),
            kubernetes_groups: fields::text_list(self.field("kubernetesGroups"), &self.origin),
            username: self.field("userName").map(Node::text_fact),
            created_at: None,
            tags: Vec::new(),
            made_by_this_change: false,
            policies_complete: Completeness::Complete,
            origin: self.origin.clone(),
        }
    }

    /// An association names its principal by the access entry, which names the role.
    pub(super) fn association(&self) -> AccessPolicyAssociation {
        let keys = ["principalArn", "principalArnRef", "principalArnSelector"];
        let (reference, entry) = self.refer(self.provider, keys, "eks", "AccessEntry");
        let through_entry = entry.and_then(|node| {
            let provider = node.at(&["spec", "forProvider"])?;
            let entry = Resource {
                node,
                group: self.group,
                kind: "AccessEntry",
                provider,
                index: self.index,
                origin: self.origin.clone(),
            };
            Some(entry.entry_principal())
        });
        let principal = through_entry.unwrap_or_else(|| Reference {
            value: reference.value.map(|text| Principal::parse(&text)),
            object: None,
        });
        AccessPolicyAssociation {
            cluster: self.cluster_reference(),
            principal,
            policy_arn: fields::required_text(self.field("policyArn"), "policyArn", &self.origin),
            scope: fields::access_scope(single(self.field("accessScope")), &self.origin),
            origin: self.origin.clone(),
        }
    }

    pub(super) fn node_group(&self) -> NodeGroup {
        let keys = ["nodeRoleArn", "nodeRoleArnRef", "nodeRoleArnSelector"];
        NodeGroup {
            id: Some(self.id()),
            kind: NodeGroupKind::Managed,
            name: self.external_name(),
            cluster: self.cluster_reference(),
            role: Some(self.principal(self.provider, keys)),
            instance_profile: None,
            windows: fields::windows(self.field("amiType"), &self.origin),
            origin: self.origin.clone(),
        }
    }

    pub(super) fn pod_identity(&self) -> PodIdentityAssociation {
        let text = |field: &str| fields::required_text(self.field(field), field, &self.origin);
        PodIdentityAssociation {
            cluster: self.cluster_reference(),
            namespace: text("namespace"),
            service_account: text("serviceAccount"),
            role: self.principal(self.provider, ["roleArn", "roleArnRef", "roleArnSelector"]),
            origin: self.origin.clone(),
        }
    }
}

fn external_name(node: &Node) -> Option<&Node> {
    node.at(&["metadata", "annotations", "crossplane.io/external-name"])
        .or_else(|| node.at(&["metadata", "name"]))
}

fn after_apply(kind: &str, name: &str, origin: &Origin) -> Fact<String> {
    let why = Why::after_apply(format!("what the {kind} `{name}` becomes"));
    Fact::unknown_at(why, origin.clone())
}
