//! AWS resources as the controllers of AWS Controllers for Kubernetes (ACK) declare them
//! (`iam.services.k8s.aws` and `eks.services.k8s.aws`, v1alpha1).
//!
//! A field `xRef: {from: {name, namespace}}` names another object in place of `x`. What an object
//! that was read from a cluster has in its status is taken too.

use rolecall_arn::{AccountId, Arn, Partition};
use rolecall_facts::{
    AccessEntry, AccessPolicyAssociation, AuthenticationMode, Cluster, Completeness, ComputeConfig,
    Fact, InstanceProfile, ManagedPolicy, NamedDocument, NodeGroup, NodeGroupKind, ObjectId,
    Origin, PodIdentityAssociation, Principal, Reference, Role, Why,
};

use super::object::Object;
use crate::fields;
use crate::output::Output;
use crate::tree::Node;

pub(super) fn read(object: &Object<'_>, output: &mut Output) {
    let Some(spec) = object.spec() else {
        return;
    };
    let resource = Resource {
        object,
        spec,
        origin: object.origin(),
    };
    let snapshot = &mut output.snapshot;
    match (object.group, object.kind) {
        ("iam.services.k8s.aws", "Role") => snapshot.roles.push(resource.role()),
        ("iam.services.k8s.aws", "Policy") => snapshot.managed_policies.push(resource.policy()),
        ("iam.services.k8s.aws", "InstanceProfile") => {
            snapshot.instance_profiles.push(resource.instance_profile());
        }
        ("eks.services.k8s.aws", "Cluster") => snapshot.clusters.push(resource.cluster()),
        ("eks.services.k8s.aws", "AccessEntry") => {
            snapshot.access_policies.extend(resource.associations());
            snapshot.access_entries.push(resource.access_entry());
        }
        ("eks.services.k8s.aws", "Nodegroup") => snapshot.node_groups.push(resource.node_group()),
        ("eks.services.k8s.aws", "PodIdentityAssociation") => {
            snapshot.pod_identities.push(resource.pod_identity());
        }
        _ => {}
    }
}

struct Resource<'a> {
    object: &'a Object<'a>,
    spec: &'a Node,
    origin: Origin,
}

impl<'a> Resource<'a> {
    fn field(&self, key: &str) -> Option<&'a Node> {
        self.spec.look(&[key])
    }

    fn status(&self, path: &[&str]) -> Option<&'a Node> {
        self.object.node.get("status")?.at(path)
    }

    fn id(&self) -> ObjectId {
        let name = self.object.name();
        object_id(
            self.object.group,
            self.object.kind,
            self.object.namespace(),
            &name,
        )
    }

    fn account(&self) -> Option<AccountId> {
        let account = self.status(&["ackResourceMetadata", "ownerAccountID"])?;
        account.text_fact().value()?.parse().ok()
    }

    fn partition(&self) -> Option<Partition> {
        let arn = self.status(&["ackResourceMetadata", "arn"])?.as_str()?;
        arn.parse::<Arn>().ok().map(|arn| arn.partition)
    }

    /// What a field or its reference names; the object referred to has the kind and group given.
    fn reference(
        &self,
        field: &str,
        reference: &str,
        group: &str,
        kind: &str,
    ) -> Reference<String> {
        if let Some(node) = self.field(field) {
            return node.text_reference();
        }
        self.referred(self.field(reference), group, kind)
            .unwrap_or_else(|| {
                let why = Why::not_given(format!("`{field}`"));
                Reference::by_value(Fact::unknown_at(why, self.origin.clone()))
            })
    }

    fn referred(&self, node: Option<&Node>, group: &str, kind: &str) -> Option<Reference<String>> {
        let from = node?.get("from")?;
        let name = from.get("name")?;
        let namespace = from
            .get("namespace")
            .and_then(Node::as_str)
            .unwrap_or_else(|| self.object.namespace());
        let text = name.as_str()?;
        Some(Reference {
            value: Fact::unknown_at(
                Why::after_apply(format!("what the {kind} `{text}` becomes")),
                name.origin.clone(),
            ),
            object: Some(object_id(group, kind, namespace, text)),
        })
    }

    fn principal(&self, field: &str, reference: &str) -> Reference<Principal> {
        let Reference { value, object } =
            self.reference(field, reference, "iam.services.k8s.aws", "Role");
        Reference {
            value: value.map(|text| Principal::parse(&text)),
            object,
        }
    }

    fn cluster_reference(&self) -> Reference<String> {
        self.reference(
            "clusterName",
            "clusterRef",
            "eks.services.k8s.aws",
            "Cluster",
        )
    }

    fn name(&self) -> Fact<String> {
        fields::required_text(self.field("name"), "name", &self.origin)
    }

    fn path(&self) -> Fact<String> {
        fields::text_or(self.field("path"), "/", &self.origin)
    }

    fn role(&self) -> Role {
        let inline = self
            .field("inlinePolicies")
            .into_iter()
            .flat_map(Node::entries);
        let attached = self.field("policies").map(Node::items).unwrap_or_default();
        let references = self
            .field("policyRefs")
            .map(Node::items)
            .unwrap_or_default();
        let boundary = ["permissionsBoundary", "permissionsBoundaryRef"];
        let has_boundary = boundary.iter().any(|key| self.field(key).is_some());
        let referred = |node| self.referred(Some(node), "iam.services.k8s.aws", "Policy");
        Role {
            id: Some(self.id()),
            partition: self.partition(),
            account: self.account(),
            name: self.name(),
            path: self.path(),
            unique_id: self
                .status(&["roleID"])
                .and_then(|id| id.as_str()?.parse().ok()),
            created_at: self
                .status(&["createDate"])
                .and_then(|date| date.as_str()?.parse().ok()),
            replaced: None,
            tags: Vec::new(),
            trust: fields::policy(
                self.field("assumeRolePolicyDocument"),
                "assumeRolePolicyDocument",
                &self.origin,
            ),
            inline_policies: inline
                .map(|(name, document)| NamedDocument {
                    name: name.as_str().unwrap_or_default().to_owned(),
                    document: fields::policy(Some(document), "inlinePolicies", &self.origin),
                })
                .collect(),
            attached_policies: attached
                .iter()
                .map(Node::text_reference)
                .chain(references.iter().filter_map(referred))
                .collect(),
            policies_complete: fields::complete(
                ["policies", "policyRefs", "inlinePolicies"].map(|key| self.field(key)),
            ),
            permissions_boundary: has_boundary.then(|| {
                let [field, reference] = boundary;
                self.reference(field, reference, "iam.services.k8s.aws", "Policy")
            }),
            origin: self.origin.clone(),
        }
    }

    fn policy(&self) -> ManagedPolicy {
        let arn = self.status(&["ackResourceMetadata", "arn"]);
        ManagedPolicy {
            id: Some(self.id()),
            arn: arn.map_or_else(
                || fields::iam_arn("policy", self.path(), self.name()),
                Node::text_fact,
            ),
            document: fields::policy(self.field("policyDocument"), "policyDocument", &self.origin),
            origin: self.origin.clone(),
        }
    }

    fn instance_profile(&self) -> InstanceProfile {
        let has_role = ["role", "roleRef"]
            .iter()
            .any(|key| self.field(key).is_some());
        InstanceProfile {
            id: Some(self.id()),
            account: self.account(),
            name: self.name(),
            path: self.path(),
            role: has_role.then(|| self.principal("role", "roleRef")),
            origin: self.origin.clone(),
        }
    }

    fn cluster(&self) -> Cluster {
        let compute = self.field("computeConfig").map(|node| ComputeConfig {
            enabled: fields::flag(node.look(&["enabled"]), &node.origin),
            node_pools: fields::text_list(node.look(&["nodePools"]), &node.origin),
            node_role: node.look(&["nodeRoleARN"]).map(Node::principal_reference),
            origin: node.origin.clone(),
        });
        let region = self.status(&["ackResourceMetadata", "region"]).or_else(|| {
            let annotations = self.object.node.at(&["metadata", "annotations"])?;
            annotations.get("services.k8s.aws/region")
        });
        Cluster {
            id: Some(self.id()),
            name: self.name(),
            partition: self.partition(),
            account: self.account(),
            region: region.and_then(Node::as_str).map(str::to_owned),
            authentication_mode: fields::authentication_mode(
                self.spec.look(&["accessConfig", "authenticationMode"]),
                AuthenticationMode::ConfigMap,
                &self.origin,
            ),
            compute,
            role: self.principal("roleARN", "roleRef"),
            oidc_issuer: self
                .status(&["identity", "oidc", "issuer"])
                .map(Node::text_fact),
            access_entries_complete: Completeness::Complete,
            aws_auth_complete: Completeness::Complete,
            origin: self.origin.clone(),
        }
    }

    fn access_entry(&self) -> AccessEntry {
        AccessEntry {
            id: Some(self.id()),
            cluster: self.cluster_reference(),
            principal: self.principal("principalARN", "principalRef"),
            entry_type: fields::text_or(self.field("type"), "STANDARD", &self.origin),
            kubernetes_groups: fields::text_list(self.field("kubernetesGroups"), &self.origin),
            username: self.field("username").map(Node::text_fact),
            created_at: self
                .status(&["createdAt"])
                .and_then(|date| date.as_str()?.parse().ok()),
            tags: Vec::new(),
            made_by_this_change: false,
            policies_complete: fields::complete([self.field("accessPolicies")]),
            origin: self.origin.clone(),
        }
    }

    fn associations(&self) -> impl Iterator<Item = AccessPolicyAssociation> {
        let policies = self.field("accessPolicies").map(Node::items);
        policies.unwrap_or_default().iter().map(|policy| {
            let arn = policy.get("policyARN");
            AccessPolicyAssociation {
                cluster: self.cluster_reference(),
                principal: self.principal("principalARN", "principalRef"),
                policy_arn: fields::required_text(arn, "policyARN", &policy.origin),
                scope: fields::access_scope(policy.get("accessScope"), &policy.origin),
                origin: arn.unwrap_or(policy).origin.clone(),
            }
        })
    }

    fn node_group(&self) -> NodeGroup {
        NodeGroup {
            id: Some(self.id()),
            kind: NodeGroupKind::Managed,
            name: self.name(),
            cluster: self.cluster_reference(),
            role: Some(self.principal("nodeRole", "nodeRoleRef")),
            instance_profile: None,
            windows: fields::windows(self.field("amiType"), &self.origin),
            origin: self.origin.clone(),
        }
    }

    fn pod_identity(&self) -> PodIdentityAssociation {
        let text = |field: &str| fields::required_text(self.field(field), field, &self.origin);
        PodIdentityAssociation {
            cluster: self.cluster_reference(),
            namespace: text("namespace"),
            service_account: text("serviceAccount"),
            role: self.principal("roleARN", "roleRef"),
            origin: self.origin.clone(),
        }
    }
}

fn object_id(group: &str, kind: &str, namespace: &str, name: &str) -> ObjectId {
    ObjectId::new(group, &format!("{kind}/{namespace}/{name}"))
}
