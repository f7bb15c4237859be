//! Access entries, access policy associations and Pod Identity associations.

use rolecall_facts::{
    AccessEntry, AccessPolicyAssociation, AccessScope, Completeness, Fact, PodIdentityAssociation,
    Why,
};

use super::{Change, Declared, Resource};
use crate::output::Output;
use crate::tree::Node;

pub(super) fn read(declared: &Declared, out: &mut Output) {
    let snapshot = &mut out.snapshot;
    let entries = declared.certain("aws_eks_access_entry").map(entry);
    snapshot.access_entries.extend(entries);
    let associations = declared.certain("aws_eks_access_policy_association");
    snapshot
        .access_policies
        .extend(associations.map(association));
    let identities = declared.certain("aws_eks_pod_identity_association");
    snapshot.pod_identities.extend(identities.map(pod_identity));
}

fn entry(resource: &Resource) -> AccessEntry {
    let origin = resource.origin();
    AccessEntry {
        id: Some(resource.id.clone()),
        cluster: resource.required("cluster_name").text_reference(),
        principal: resource.required("principal_arn").principal_reference(),
        entry_type: resource.argument("type").map_or_else(
            || Fact::known("STANDARD".to_owned(), origin.clone()),
            Node::text_fact,
        ),
        kubernetes_groups: resource.argument("kubernetes_groups").map_or_else(
            || Fact::known(Vec::new(), origin.clone()),
            Node::text_list_fact,
        ),
        username: resource.argument("user_name").map(Node::text_fact),
        created_at: resource
            .argument("created_at")
            .and_then(Node::as_str)
            .and_then(|date| date.parse().ok()),
        tags: Vec::new(),
        made_by_this_change: resource.change != Change::Kept,
        policies_complete: Completeness::Complete,
        origin,
    }
}

fn association(resource: &Resource) -> AccessPolicyAssociation {
    AccessPolicyAssociation {
        cluster: resource.required("cluster_name").text_reference(),
        principal: resource.required("principal_arn").principal_reference(),
        policy_arn: resource.required("policy_arn").text_fact(),
        scope: scope(resource),
        origin: resource.origin(),
    }
}

fn scope(resource: &Resource) -> Fact<AccessScope> {
    let Some(block) = resource.block("access_scope") else {
        return resource
            .required("access_scope")
            .text_fact()
            .map(|_| AccessScope::Cluster);
    };
    let kind = block.get("type").map_or_else(
        || Fact::unknown_at(Why::not_given("the scope's `type`"), block.origin.clone()),
        Node::text_fact,
    );
    match kind {
        Fact::Known { value, .. } if value == "namespace" => block
            .get("namespaces")
            .map_or_else(
                || Fact::known(Vec::new(), block.origin.clone()),
                Node::text_list_fact,
            )
            .map(AccessScope::Namespaces),
        Fact::Known { value, origin } if value == "cluster" => {
            Fact::known(AccessScope::Cluster, origin)
        }
        Fact::Known { value, origin } => {
            Fact::unknown_at(Why::not_evaluated(format!("the scope `{value}`")), origin)
        }
        Fact::Unknown { why, origin } => Fact::Unknown { why, origin },
    }
}

fn pod_identity(resource: &Resource) -> PodIdentityAssociation {
    PodIdentityAssociation {
        cluster: resource.required("cluster_name").text_reference(),
        namespace: resource.required("namespace").text_fact(),
        service_account: resource.required("service_account").text_fact(),
        role: resource.required("role_arn").principal_reference(),
        origin: resource.origin(),
    }
}
