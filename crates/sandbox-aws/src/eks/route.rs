use http::request::Parts;
use percent_encoding::percent_decode_str;
use serde_json::Value;

use super::{
    access_entries, access_policies, addons, cluster_updates, clusters, fargate_profile,
    node_group_updates, node_groups, pod_identity, tagging, update, versions,
};
use crate::endpoint::json_parameters;
use crate::failure::Failure;
use crate::operation::Operation;
use crate::parameters::Parameters;

/// Method, path and operation.
struct Route(&'static str, &'static str, Operation);

const ENTRIES: &str = "/clusters/{name}/access-entries";
const ENTRY: &str = "/clusters/{name}/access-entries/{principalArn}";
const ENTRY_POLICIES: &str = "/clusters/{name}/access-entries/{principalArn}/access-policies";
const ENTRY_POLICY: &str =
    "/clusters/{name}/access-entries/{principalArn}/access-policies/{policyArn}";
const GROUPS: &str = "/clusters/{name}/node-groups";
const GROUP: &str = "/clusters/{name}/node-groups/{nodegroupName}";
const PROFILES: &str = "/clusters/{name}/fargate-profiles";
const PROFILE: &str = "/clusters/{name}/fargate-profiles/{fargateProfileName}";
const PODS: &str = "/clusters/{name}/pod-identity-associations";
const POD: &str = "/clusters/{name}/pod-identity-associations/{associationId}";
const ADDONS: &str = "/clusters/{name}/addons";
const ADDON: &str = "/clusters/{name}/addons/{addonName}";
const TAGS: &str = "/tags/{resourceArn}";

const fn read(
    path: &'static str,
    name: &'static str,
    run: fn(&crate::state::State, &mut crate::call::Call<'_>) -> crate::operation::Outcome,
) -> Route {
    Route("GET", path, Operation::read(name, run))
}

const fn write(
    method: &'static str,
    path: &'static str,
    name: &'static str,
    run: fn(&mut crate::state::State, &mut crate::call::Call<'_>) -> crate::operation::Outcome,
) -> Route {
    Route(method, path, Operation::write(name, run))
}

/// The operations, the ones called most first.
#[rustfmt::skip]
const ROUTES: &[Route] = &[
    read(ENTRY, "DescribeAccessEntry", access_entries::describe_access_entry),
    read("/clusters/{name}", "DescribeCluster", clusters::describe_cluster),
    read(ENTRIES, "ListAccessEntries", access_entries::list_access_entries),
    write("POST", ENTRIES, "CreateAccessEntry", access_entries::create_access_entry),
    write("POST", ENTRY, "UpdateAccessEntry", access_entries::update_access_entry),
    write("DELETE", ENTRY, "DeleteAccessEntry", access_entries::delete_access_entry),
    read(ENTRY_POLICIES, "ListAssociatedAccessPolicies", access_policies::list_associated_access_policies),
    write("POST", ENTRY_POLICIES, "AssociateAccessPolicy", access_policies::associate_access_policy),
    write("DELETE", ENTRY_POLICY, "DisassociateAccessPolicy", access_policies::disassociate_access_policy),
    read("/access-policies", "ListAccessPolicies", access_policies::list_access_policies),
    read("/clusters", "ListClusters", clusters::list_clusters),
    write("POST", "/clusters", "CreateCluster", clusters::create_cluster),
    write("DELETE", "/clusters/{name}", "DeleteCluster", clusters::delete_cluster),
    write("POST", "/clusters/{name}/update-config", "UpdateClusterConfig", cluster_updates::update_cluster_config),
    write("POST", "/clusters/{name}/updates", "UpdateClusterVersion", cluster_updates::update_cluster_version),
    read("/clusters/{name}/updates", "ListUpdates", update::list_updates),
    read("/clusters/{name}/updates/{updateId}", "DescribeUpdate", update::describe_update),
    read(GROUPS, "ListNodegroups", node_groups::list_nodegroups),
    write("POST", GROUPS, "CreateNodegroup", node_groups::create_nodegroup),
    read(GROUP, "DescribeNodegroup", node_groups::describe_nodegroup),
    write("DELETE", GROUP, "DeleteNodegroup", node_groups::delete_nodegroup),
    write("POST", "/clusters/{name}/node-groups/{nodegroupName}/update-config", "UpdateNodegroupConfig", node_group_updates::update_nodegroup_config),
    write("POST", "/clusters/{name}/node-groups/{nodegroupName}/update-version", "UpdateNodegroupVersion", node_group_updates::update_nodegroup_version),
    read(PROFILES, "ListFargateProfiles", fargate_profile::list_fargate_profiles),
    write("POST", PROFILES, "CreateFargateProfile", fargate_profile::create_fargate_profile),
    read(PROFILE, "DescribeFargateProfile", fargate_profile::describe_fargate_profile),
    write("DELETE", PROFILE, "DeleteFargateProfile", fargate_profile::delete_fargate_profile),
    read(PODS, "ListPodIdentityAssociations", pod_identity::list_pod_identity_associations),
    write("POST", PODS, "CreatePodIdentityAssociation", pod_identity::create_pod_identity_association),
    read(POD, "DescribePodIdentityAssociation", pod_identity::describe_pod_identity_association),
    write("POST", POD, "UpdatePodIdentityAssociation", pod_identity::update_pod_identity_association),
    write("DELETE", POD, "DeletePodIdentityAssociation", pod_identity::delete_pod_identity_association),
    read(ADDONS, "ListAddons", addons::list_addons),
    write("POST", ADDONS, "CreateAddon", addons::create_addon),
    read(ADDON, "DescribeAddon", addons::describe_addon),
    write("DELETE", ADDON, "DeleteAddon", addons::delete_addon),
    write("POST", "/clusters/{name}/addons/{addonName}/update", "UpdateAddon", addons::update_addon),
    read("/addons/supported-versions", "DescribeAddonVersions", addons::describe_addon_versions),
    read("/cluster-versions", "DescribeClusterVersions", versions::describe_cluster_versions),
    read(TAGS, "ListTagsForResource", tagging::list_tags_for_resource),
    write("POST", TAGS, "TagResource", tagging::tag_resource),
    write("DELETE", TAGS, "UntagResource", tagging::untag_resource),
];

/// The operation a method and path stand for, with the parameters of path, query and body.
///
/// Paths are matched as they are on the wire: an ARN is one segment there, its slashes written
/// `%2F`, and is decoded once it is found. An ARN with bare slashes is more segments than any
/// operation has; no SDK sends one.
pub(crate) fn route(
    parts: &Parts,
    body: &[u8],
) -> Result<(Operation, Parameters), (String, Failure)> {
    let path = parts.uri.path();
    let method = parts.method.as_str();
    let found = ROUTES
        .iter()
        .filter(|Route(of, ..)| *of == method)
        .find_map(|Route(_, pattern, operation)| Some((operation, captures(pattern, path)?)));
    let Some((operation, captures)) = found else {
        let failure = Failure::new(
            "UnknownOperationException",
            404,
            format!("the sandbox emulates no operation {method} {path} of eks"),
        );
        return Err((format!("{method} {path}"), failure));
    };
    let mut parameters = query(parts.uri.query().unwrap_or_default());
    match json_parameters(body) {
        Ok(members) => parameters.0.extend(members.0),
        Err(failure) => return Err((operation.name.to_owned(), failure)),
    }
    for (name, value) in captures {
        parameters.set(name, value);
    }
    Ok((*operation, parameters))
}

/// The values of a pattern's `{names}`, when a path fits it. An empty segment fits nothing.
fn captures(pattern: &'static str, path: &str) -> Option<Vec<(&'static str, String)>> {
    let mut found = Vec::new();
    let mut segments = path.split('/');
    for expected in pattern.split('/') {
        let segment = segments.next()?;
        match expected
            .strip_prefix('{')
            .and_then(|rest| rest.strip_suffix('}'))
        {
            Some(_) if segment.is_empty() => return None,
            Some(name) => found.push((name, decoded(segment))),
            None if segment == expected => {}
            None => return None,
        }
    }
    segments.next().is_none().then_some(found)
}

/// Parameters of the query; one that comes several times is a list.
fn query(text: &str) -> Parameters {
    let mut parameters = Parameters::default();
    for pair in text.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let (name, value) = (decoded(name), Value::from(decoded(value)));
        if name.starts_with("X-Amz-") {
            continue;
        }
        match parameters.0.get_mut(&name) {
            None => parameters.set(&name, value),
            Some(Value::Array(values)) => values.push(value),
            Some(first) => *first = Value::Array(vec![first.take(), value]),
        }
    }
    parameters
}

fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}
