//! `aws_eks_cluster`.

use rolecall_facts::{AuthenticationMode, Cluster, Completeness, ComputeConfig, Fact, Why};

use super::{Declared, Resource, blocks};
use crate::output::Output;
use crate::tree::Node;

pub(super) fn read(declared: &Declared, out: &mut Output) {
    out.snapshot
        .clusters
        .extend(declared.certain("aws_eks_cluster").map(cluster));
}

fn cluster(resource: &Resource) -> Cluster {
    let environment = &resource.environment;
    Cluster {
        id: Some(resource.id.clone()),
        name: resource.required("name").text_fact(),
        partition: environment.partition.clone(),
        account: environment.account,
        region: environment
            .region
            .as_deref()
            .map(str::to_owned)
            .or_else(|| region_of_arn(resource)),
        authentication_mode: authentication_mode(resource),
        compute: resource.argument("compute_config").and_then(compute),
        role: resource.required("role_arn").principal_reference(),
        oidc_issuer: oidc_issuer(resource),
        access_entries_complete: Completeness::Complete,
        aws_auth_complete: Completeness::Partial(Why::not_given("the `aws-auth` ConfigMap")),
        origin: resource.origin(),
    }
}

/// The region in the ARN of a cluster that exists, `arn:aws:eks:REGION:ACCOUNT:cluster/NAME`.
fn region_of_arn(resource: &Resource) -> Option<String> {
    let arn = resource.argument("arn")?.text_fact();
    let region = arn.value()?.split(':').nth(3)?;
    (!region.is_empty() && !region.contains('$')).then(|| region.to_owned())
}

/// The provider sends no mode when the configuration has none, and the API then takes `CONFIG_MAP`.
fn authentication_mode(resource: &Resource) -> Fact<AuthenticationMode> {
    let default = || Fact::known(AuthenticationMode::ConfigMap, resource.origin());
    let Some(access) = resource.argument("access_config") else {
        return default();
    };
    if access.is_unknown() {
        return access.text_fact().map(|_| AuthenticationMode::ConfigMap);
    }
    let mode = blocks(access).find_map(|block| match block.is_unknown() {
        true => Some(block),
        false => block.get("authentication_mode"),
    });
    let Some(mode) = mode else { return default() };
    match mode.text_fact() {
        Fact::Known { value, origin } => match value.parse() {
            Ok(mode) => Fact::known(mode, origin),
            Err(problem) => Fact::unknown_at(Why::not_evaluated(problem), origin),
        },
        Fact::Unknown { why, origin } => Fact::Unknown { why, origin },
    }
}

fn compute(config: &Node) -> Option<ComputeConfig> {
    if config.is_unknown() {
        return Some(unknown_compute(config));
    }
    let block = blocks(config).next()?;
    if block.is_unknown() {
        return Some(unknown_compute(block));
    }
    let origin = block.origin.clone();
    Some(ComputeConfig {
        // The API's default is off (Amazon EKS API Reference, `ComputeConfigRequest`).
        enabled: block
            .get("enabled")
            .map_or_else(|| Fact::known(false, origin.clone()), Node::bool_fact),
        node_pools: block.get("node_pools").map_or_else(
            || Fact::known(Vec::new(), origin.clone()),
            Node::text_list_fact,
        ),
        node_role: block
            .get("node_role_arn")
            .filter(|role| role.as_str() != Some(""))
            .map(Node::principal_reference),
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

fn oidc_issuer(resource: &Resource) -> Option<Fact<String>> {
    let identity = resource.block("identity")?;
    let oidc = blocks(identity.get("oidc")?).next()?;
    Some(oidc.get("issuer")?.text_fact())
}
