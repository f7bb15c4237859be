//! `iam.serviceAccounts`: the roles eksctl makes for service accounts (IRSA).

use rolecall_facts::{
    Completeness, Fact, NamedDocument, ObjectId, Origin, PolicyDocument, Role, Why, symbol,
};

use super::Config;
use crate::fields;
use crate::output::Output;
use crate::tree::Node;

pub(super) fn read(config: &Config<'_>, output: &mut Output) {
    for node in config.list(&["iam", "serviceAccounts"]) {
        // With `attachRoleARN` the role is somebody else's (eksctl User Guide, "IAM Roles for Service
        // Accounts").
        if node.get("attachRoleARN").is_none() {
            output.snapshot.roles.push(made_role(config, node));
        }
    }
}

fn made_role(config: &Config<'_>, node: &Node) -> Role {
    let account = node.look(&["metadata", "name"]);
    let origin = account.unwrap_or(node).origin.clone();
    let role_name = node.get("roleName");
    let inline = node.get("attachPolicy").map(|policy| NamedDocument {
        name: "attachPolicy".to_owned(),
        document: fields::policy(Some(policy), "attachPolicy", &origin),
    });
    let attached = node.get("attachPolicyARNs").map(Node::items);
    let line = origin.as_file().map_or(0, |file| file.line);
    Role {
        id: Some(ObjectId::new(
            config.scope,
            &format!("serviceAccounts:{line}/role"),
        )),
        partition: None,
        account: None,
        name: role_name.map_or_else(
            || {
                Fact::unknown_at(
                    Why::after_apply("the name that eksctl generates"),
                    origin.clone(),
                )
            },
            Node::text_fact,
        ),
        path: Fact::known("/".to_owned(), origin.clone()),
        unique_id: None,
        created_at: None,
        replaced: None,
        tags: Vec::new(),
        trust: trust(
            &fields::text_or(node.at(&["metadata", "namespace"]), "default", &origin),
            &fields::required_text(account, "metadata.name", &origin),
            &origin,
        ),
        inline_policies: inline.into_iter().collect(),
        attached_policies: attached
            .unwrap_or_default()
            .iter()
            .map(Node::text_reference)
            .collect(),
        policies_complete: if node.get("wellKnownPolicies").is_some() {
            Completeness::Partial(Why::not_evaluated("`wellKnownPolicies`"))
        } else {
            fields::complete([node.look(&["attachPolicyARNs"])])
        },
        permissions_boundary: node.get("permissionsBoundary").map(Node::text_reference),
        origin,
    }
}

/// The trust policy of a role for a service account. The cluster's OIDC provider exists only after
/// apply.
pub(super) fn trust(
    namespace: &Fact<String>,
    account: &Fact<String>,
    origin: &Origin,
) -> Fact<PolicyDocument> {
    let mut unknown = vec![Why::after_apply("the cluster's OIDC provider")];
    let mut part = |fact: &Fact<String>| match fact {
        Fact::Known { value, .. } => value.clone(),
        Fact::Unknown { why, .. } => {
            unknown.push(why.clone());
            symbol::unknown(unknown.len() - 1)
        }
    };
    let subject = format!(
        "system:serviceaccount:{}:{}",
        part(namespace),
        part(account)
    );
    let provider = symbol::unknown(0);
    let condition = serde_json::json!({
        (format!("{provider}:sub")): subject,
        (format!("{provider}:aud")): "sts.amazonaws.com",
    });
    let document = serde_json::json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Principal": {"Federated": provider},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {"StringEquals": condition},
        }],
    });
    Fact::known(
        PolicyDocument {
            text: document.to_string().into(),
            unknown,
        },
        origin.clone(),
    )
}
