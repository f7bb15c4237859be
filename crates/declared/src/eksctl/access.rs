//! `accessConfig.accessEntries` and `iamIdentityMappings`.

use rolecall_facts::{
    AccessEntry, AccessPolicyAssociation, AwsAuth, Fact, ObjectId, Principal, Reference,
};

use super::Config;
use crate::fields;
use crate::kubernetes::aws_auth;
use crate::output::Output;
use crate::tree::Node;

pub(super) fn read(config: &Config<'_>, output: &mut Output) {
    for (at, entry) in config
        .list(&["accessConfig", "accessEntries"])
        .iter()
        .enumerate()
    {
        read_entry(config, at, entry, output);
    }
    read_mappings(config, output);
}

fn read_entry(config: &Config<'_>, at: usize, entry: &Node, output: &mut Output) {
    let place = entry.get("principalARN");
    let origin = place.unwrap_or(entry).origin.clone();
    let principal = Reference::by_value(
        fields::required_text(place, "principalARN", &origin).map(|text| Principal::parse(&text)),
    );
    let policies = entry.get("accessPolicies").map(Node::items);
    for policy in policies.unwrap_or_default() {
        let arn = policy.get("policyARN");
        output
            .snapshot
            .access_policies
            .push(AccessPolicyAssociation {
                cluster: config.cluster.clone(),
                principal: principal.clone(),
                policy_arn: fields::required_text(arn, "policyARN", &policy.origin),
                scope: fields::access_scope(policy.get("accessScope"), &policy.origin),
                origin: arn.unwrap_or(policy).origin.clone(),
            });
    }
    let line = config.origin.as_file().map_or(0, |file| file.line);
    output.snapshot.access_entries.push(AccessEntry {
        id: Some(ObjectId::new(
            config.scope,
            &format!("ClusterConfig:{line}/accessEntries[{at}]"),
        )),
        cluster: config.cluster.clone(),
        principal,
        entry_type: fields::text_or(entry.get("type"), "STANDARD", &origin),
        kubernetes_groups: fields::text_list(entry.get("kubernetesGroups"), &origin),
        username: entry.get("kubernetesUsername").map(Node::text_fact),
        created_at: None,
        tags: Vec::new(),
        made_by_this_change: false,
        policies_complete: fields::complete([entry.look(&["accessPolicies"])]),
        origin,
    });
}

/// The mappings of roles that eksctl writes into `aws-auth` (eksctl User Guide, "Manage IAM users and
/// roles"). They are not all of it: node groups have theirs written by eksctl and by EKS.
fn read_mappings(config: &Config<'_>, output: &mut Output) {
    let is_role = |item: &&Node| match item.get("arn").map(Node::text_fact) {
        Some(Fact::Known { value, .. }) => value.contains(":role/"),
        Some(Fact::Unknown { .. }) => true,
        None => false,
    };
    let items: Vec<&Node> = config
        .list(&["iamIdentityMappings"])
        .iter()
        .filter(is_role)
        .collect();
    let Some(first) = items.first() else {
        return;
    };
    let origin = first.origin.clone();
    let (roles, problems) = aws_auth::roles_of_items(items, "arn");
    output.parts_of_aws_auth.push(origin.clone());
    output.snapshot.aws_auth.push(AwsAuth {
        cluster: Some(config.cluster.clone()),
        map_roles: Fact::known(roles, origin.clone()),
        problems,
        origin,
    });
}
