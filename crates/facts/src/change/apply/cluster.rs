//! The cluster itself, its node groups, and the objects in it.

use super::super::NewAccessEntry;
use super::super::find::{Found, Home, made_by};
use super::access::{cluster_reference, entry};
use super::{CannotApply, is_free, item, place};
use crate::{
    AuthenticationMode, Cluster, ComputeConfig, Fact, NodeClassKind, NodeClassRef, NodeGroup,
    NodeGroupKind, Principal, Reference, Snapshot,
};

fn the_cluster<'s>(
    snapshot: &'s mut Snapshot,
    home: &Home,
) -> Result<&'s mut Cluster, CannotApply> {
    let cluster = home
        .cluster
        .and_then(|place| snapshot.clusters.get_mut(place));
    cluster.ok_or_else(|| CannotApply::NotThere("the cluster".to_owned()))
}

/// How far a mode is on the way that EKS lets a cluster go.
fn step(mode: AuthenticationMode) -> u8 {
    match mode {
        AuthenticationMode::ConfigMap => 0,
        AuthenticationMode::ApiAndConfigMap => 1,
        AuthenticationMode::Api => 2,
    }
}

/// Whether EKS takes a cluster from one mode to another
/// (EKS User Guide, "Change authentication mode").
pub(in super::super) fn leads_to(from: AuthenticationMode, to: AuthenticationMode) -> bool {
    step(from) <= step(to)
}

pub(super) fn set_mode(
    snapshot: &mut Snapshot,
    home: &Home,
    mode: AuthenticationMode,
) -> Result<(), CannotApply> {
    let cluster = the_cluster(snapshot, home)?;
    if let Some(now) = cluster.authentication_mode.value()
        && !leads_to(*now, mode)
    {
        return Err(CannotApply::Refused(format!(
            "EKS takes no cluster back from {now} to {mode}"
        )));
    }
    cluster.authentication_mode =
        Fact::known(mode, made_by("eks:UpdateClusterConfig", mode.as_str()));
    Ok(())
}

/// Sets the compute configuration. EKS refuses a node role without pools, and pools without a node
/// role (aws-cdk#33771, terraform-aws-modules/terraform-aws-eks#3366).
pub(super) fn set_compute(
    snapshot: &mut Snapshot,
    home: &Home,
    enabled: bool,
    node_pools: &[String],
    node_role: Option<&str>,
) -> Result<(), CannotApply> {
    let origin = made_by("eks:UpdateClusterConfig", "computeConfig");
    if node_pools.is_empty() != node_role.is_none() {
        return Err(CannotApply::Refused(
            "EKS takes built-in node pools and their node role only together".to_owned(),
        ));
    }
    let cluster = the_cluster(snapshot, home)?;
    if enabled && cluster.authentication_mode.value() == Some(&AuthenticationMode::ConfigMap) {
        return Err(CannotApply::Refused(
            "Auto Mode needs the authentication mode API_AND_CONFIG_MAP or API".to_owned(),
        ));
    }
    cluster.compute = Some(ComputeConfig {
        enabled: Fact::known(enabled, origin.clone()),
        node_pools: Fact::known(node_pools.to_vec(), origin.clone()),
        node_role: node_role
            .map(|arn| Reference::by_value(Fact::known(Principal::parse(arn), origin.clone()))),
        origin,
    });
    Ok(())
}

/// Makes a managed node group, and the entry that EKS makes for its role where there is none
/// (EKS User Guide, "Create access entries").
pub(super) fn create_group(
    snapshot: &mut Snapshot,
    home: &Home,
    name: &str,
    node_role: &str,
) -> Result<(), CannotApply> {
    is_free(home.group(snapshot, name), || {
        format!("node group `{name}`")
    })?;
    let origin = made_by("eks:CreateNodegroup", name);
    let principal = Principal::parse(node_role);
    snapshot.node_groups.push(NodeGroup {
        id: None,
        kind: NodeGroupKind::Managed,
        name: Fact::known(name.to_owned(), origin.clone()),
        cluster: cluster_reference(home, snapshot, &origin),
        role: Some(Reference::by_value(Fact::known(
            principal.clone(),
            origin.clone(),
        ))),
        instance_profile: None,
        windows: Fact::known(false, origin.clone()),
        origin: origin.clone(),
    });
    if makes_entry(snapshot, home, node_role) {
        let new = NewAccessEntry {
            principal: node_role.to_owned(),
            entry_type: "EC2_LINUX".to_owned(),
            kubernetes_groups: Vec::new(),
            username: None,
            tags: std::collections::BTreeMap::new(),
        };
        let entry = entry(home, snapshot, &new, principal, origin);
        snapshot.access_entries.push(entry);
    }
    Ok(())
}

/// Whether EKS makes an entry for the role of a new node group: the mode has entries, and all of them
/// are known and none is this role's.
pub(in super::super) fn makes_entry(snapshot: &Snapshot, home: &Home, node_role: &str) -> bool {
    let cluster = home.cluster.and_then(|place| snapshot.clusters.get(place));
    cluster.is_some_and(|cluster| {
        let mode = cluster.authentication_mode.value();
        mode.is_some_and(|mode| mode.has_api()) && cluster.access_entries_complete.is_complete()
    }) && home.entry(snapshot, node_role) == Found::Nowhere
}

/// Deletes a managed node group. The entry of its role stays (aws/containers-roadmap#2441).
pub(super) fn delete_group(
    snapshot: &mut Snapshot,
    home: &Home,
    name: &str,
) -> Result<(), CannotApply> {
    let place = place(home.group(snapshot, name), || {
        format!("node group `{name}`")
    })?;
    snapshot.node_groups.remove(place);
    Ok(())
}

pub(super) fn set_identity(
    snapshot: &mut Snapshot,
    home: &Home,
    (kind, name): (NodeClassKind, &str),
    role: Option<&str>,
    instance_profile: Option<&str>,
) -> Result<(), CannotApply> {
    let what = || format!("{kind} `{name}`");
    let place = place(home.class(snapshot, kind, name), what)?;
    let class = item(&mut snapshot.node_classes, place, what)?;
    let origin = made_by("kubernetes:patch", &format!("{kind}/{name}"));
    let reference = |text: &str| Reference::by_value(Fact::known(text.to_owned(), origin.clone()));
    class.role = role.map(reference);
    class.instance_profile = instance_profile.map(reference);
    Ok(())
}

pub(super) fn set_class_ref(
    snapshot: &mut Snapshot,
    home: &Home,
    pool: &str,
    class: &NodeClassRef,
) -> Result<(), CannotApply> {
    let what = || format!("NodePool `{pool}`");
    let place = place(home.pool(snapshot, pool), what)?;
    let found = item(&mut snapshot.node_pools, place, what)?;
    let origin = made_by("kubernetes:patch", &format!("NodePool/{pool}"));
    found.node_class_ref = Fact::known(class.clone(), origin);
    Ok(())
}
