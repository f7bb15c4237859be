//! `nodeGroups` and `managedNodeGroups`.

use rolecall_facts::{
    AccessEntry, AuthenticationMode, Completeness, Fact, NodeGroup, NodeGroupKind, ObjectId, Origin,
};

use super::Config;
use crate::fields;
use crate::output::Output;
use crate::tree::Node;

pub(super) fn read(config: &Config<'_>, output: &mut Output) {
    for group in config.list(&["nodeGroups"]) {
        let group = read_group(config, group, NodeGroupKind::SelfManaged);
        let entries = &mut output.snapshot.access_entries;
        // Groups that share a role share its entry.
        let fresh = |entry: &AccessEntry| {
            !entries.iter().any(|other| {
                other.cluster == entry.cluster
                    && other.principal.value.value() == entry.principal.value.value()
            })
        };
        let entry = entry(config, &group).filter(fresh);
        entries.extend(entry);
        output.snapshot.node_groups.push(group);
    }
    for group in config.list(&["managedNodeGroups"]) {
        let group = read_group(config, group, NodeGroupKind::Managed);
        output.snapshot.node_groups.push(group);
    }
}

fn read_group(config: &Config<'_>, node: &Node, kind: NodeGroupKind) -> NodeGroup {
    let name = node.get("name");
    let origin = name.unwrap_or(node).origin.clone();
    let list = match kind {
        NodeGroupKind::SelfManaged => "nodeGroups",
        NodeGroupKind::Managed => "managedNodeGroups",
    };
    NodeGroup {
        id: Some(id(config, list, &origin)),
        kind,
        name: fields::required_text(name, "name", &origin),
        cluster: config.cluster.clone(),
        role: node
            .at(&["iam", "instanceRoleARN"])
            .map(Node::principal_reference),
        instance_profile: node
            .at(&["iam", "instanceProfileARN"])
            .map(Node::text_reference),
        windows: fields::text_or(node.get("amiFamily"), "", &origin)
            .map(|family| family.starts_with("Windows")),
        origin,
    }
}

fn id(config: &Config<'_>, list: &str, origin: &Origin) -> ObjectId {
    let line = origin.as_file().map_or(0, |file| file.line);
    ObjectId::new(config.scope, &format!("{list}:{line}"))
}

/// The entry that eksctl makes for the role of a self-managed group, where the mode has entries
/// (eksctl User Guide, "EKS Access Entries", "Self-managed nodegroups"). A role that eksctl makes too
/// gets its entry with it, and nothing can be wrong with either.
fn entry(config: &Config<'_>, group: &NodeGroup) -> Option<AccessEntry> {
    let role = group.role.clone()?;
    if config.mode.value() == Some(&AuthenticationMode::ConfigMap) {
        return None;
    }
    let origin = role.value.origin().unwrap_or(&group.origin).clone();
    let entry_type = |windows: bool| if windows { "EC2_WINDOWS" } else { "EC2_LINUX" };
    Some(AccessEntry {
        id: Some(id(config, "nodeGroups/accessEntry", &group.origin)),
        cluster: config.cluster.clone(),
        principal: role,
        entry_type: group
            .windows
            .clone()
            .map(|windows| entry_type(windows).to_owned()),
        kubernetes_groups: Fact::known(Vec::new(), origin.clone()),
        username: None,
        created_at: None,
        tags: Vec::new(),
        made_by_this_change: true,
        policies_complete: Completeness::Complete,
        origin,
    })
}
