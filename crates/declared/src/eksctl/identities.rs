//! `iam.podIdentityAssociations`: associations, and the roles eksctl makes for them.

use rolecall_facts::{
    Completeness, Fact, NamedDocument, ObjectId, Origin, PodIdentityAssociation, PolicyDocument,
    Principal, Reference, Role, Why,
};

use super::Config;
use crate::fields;
use crate::output::Output;
use crate::tree::Node;

/// The trust policy of a role that eksctl makes for an association (eksctl User Guide, "EKS Pod
/// Identity Associations").
const TRUST: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"pods.eks.amazonaws.com"},"Action":["sts:AssumeRole","sts:TagSession"]}]}"#;

pub(super) fn read(config: &Config<'_>, output: &mut Output) {
    for node in config.list(&["iam", "podIdentityAssociations"]) {
        let account = node.get("serviceAccountName");
        let origin = account.unwrap_or(node).origin.clone();
        let role = match node.get("roleARN") {
            Some(role) => role.principal_reference(),
            None => {
                let role = made_role(config, node, &origin);
                let why = Why::after_apply("the ARN of the role, which eksctl makes,");
                let reference = Reference {
                    value: Fact::<Principal>::unknown_at(why, role.origin.clone()),
                    object: role.id.clone(),
                };
                output.snapshot.roles.push(role);
                reference
            }
        };
        output.snapshot.pod_identities.push(PodIdentityAssociation {
            cluster: config.cluster.clone(),
            namespace: fields::required_text(node.get("namespace"), "namespace", &origin),
            service_account: fields::required_text(account, "serviceAccountName", &origin),
            role,
            origin,
        });
    }
}

fn made_role(config: &Config<'_>, node: &Node, origin: &Origin) -> Role {
    let name = node.get("roleName");
    let place = name.map_or_else(|| origin.clone(), |name| name.origin.clone());
    let inline = node.get("permissionPolicy").map(|policy| NamedDocument {
        name: "permissionPolicy".to_owned(),
        document: fields::policy(Some(policy), "permissionPolicy", &place),
    });
    let attached = node.get("permissionPolicyARNs").map(Node::items);
    let line = origin.as_file().map_or(0, |file| file.line);
    Role {
        id: Some(ObjectId::new(
            config.scope,
            &format!("podIdentityAssociations:{line}/role"),
        )),
        partition: None,
        account: None,
        name: name.map_or_else(
            || {
                Fact::unknown_at(
                    Why::after_apply("the name that eksctl generates"),
                    place.clone(),
                )
            },
            Node::text_fact,
        ),
        path: Fact::known("/".to_owned(), place.clone()),
        unique_id: None,
        created_at: None,
        replaced: None,
        tags: Vec::new(),
        trust: Fact::known(PolicyDocument::whole(TRUST), place.clone()),
        inline_policies: inline.into_iter().collect(),
        attached_policies: attached
            .unwrap_or_default()
            .iter()
            .map(Node::text_reference)
            .collect(),
        policies_complete: if node.get("wellKnownPolicies").is_some() {
            Completeness::Partial(Why::not_evaluated("`wellKnownPolicies`"))
        } else {
            fields::complete([node.look(&["permissionPolicyARNs"])])
        },
        permissions_boundary: node.get("permissionsBoundaryARN").map(Node::text_reference),
        origin: place,
    }
}
