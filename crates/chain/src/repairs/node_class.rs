use rolecall_facts::{Change, NodeClass, NodeClassRef, Reference};

use super::{terraform, terraform_address};
use crate::context::ChainContext;
use crate::{Repair, Safety, Tool};

/// Sets one field of a node class, and takes others away: with `kubectl`, and as a snippet in the
/// language the class is written in.
pub(crate) fn set_class_field(
    context: &ChainContext<'_>,
    class: &NodeClass,
    action: impl Into<String>,
    safety: Safety,
    (field, value): (&str, &str),
    removed: &[&str],
) -> Repair {
    let gone = |field: &&str| format!(",\"{field}\":null");
    let gone: String = removed.iter().map(gone).collect();
    let change = identity(context, class, (field, value), removed);
    let repair = Repair::new(action, safety).changes(change).command(
        Tool::Kubectl,
        format!(
            "kubectl patch {} {} --type merge -p '{{\"spec\":{{\"{field}\":\"{value}\"{gone}}}}}'",
            resource(class),
            class.name
        ),
    );
    match terraform_address(class.id.as_ref()) {
        Some(_) => {
            let mut repair = repair;
            repair
                .commands
                .push(terraform(format!("spec = {{\n  {field} = \"{value}\"\n}}")));
            repair
        }
        None => repair.command(Tool::Manifest, format!("spec:\n  {field}: {value}")),
    }
}

/// The change of a class's role or instance profile; `None` where the value is to be filled in by a
/// person, or something of the class is not known.
fn identity(
    context: &ChainContext<'_>,
    class: &NodeClass,
    (field, value): (&str, &str),
    removed: &[&str],
) -> Option<Change> {
    let classes = &context.world.snapshot.node_classes;
    let same = |other: &&NodeClass| other.kind == class.kind && other.name == class.name;
    let is_one = classes.iter().filter(same).count() == 1;
    let is_placeholder = [NODE_ROLE_NAME, INSTANCE_PROFILE_NAME].contains(&value);
    if !context.takes_changes() || !is_one || is_placeholder {
        return None;
    }
    let becomes = |name: &str, was: &Option<Reference<String>>| {
        if name == field {
            return Some(Some(value.to_owned()));
        }
        match was {
            Some(was) if !removed.contains(&name) => Some(Some(was.value.value()?.clone())),
            _ => Some(None),
        }
    };
    Some(Change::SetNodeClassIdentity {
        kind: class.kind,
        name: class.name.clone(),
        role: becomes("role", &class.role)?,
        instance_profile: becomes("instanceProfile", &class.instance_profile)?,
    })
}

/// What a person replaces by a role's name.
pub(crate) const NODE_ROLE_NAME: &str = "NODE_ROLE_NAME";
/// What a person replaces by an instance profile's name.
pub(crate) const INSTANCE_PROFILE_NAME: &str = "INSTANCE_PROFILE_NAME";

/// What `kubectl` calls the class's kind, with its group, as both kinds may live in one cluster.
fn resource(class: &NodeClass) -> String {
    format!(
        "{}es.{}",
        class.kind.kind().to_ascii_lowercase(),
        class.kind.group()
    )
}

/// Points a pool at another class.
pub(crate) fn set_class_ref(
    context: &ChainContext<'_>,
    action: impl Into<String>,
    safety: Safety,
    (group, kind, name): (&str, &str, &str),
) -> Repair {
    let pool = &context.pool.name;
    // A class that is not there would be the next fault.
    let classes = &context.world.snapshot.node_classes;
    let is_there = classes.iter().any(|class| {
        class.kind.group() == group && class.kind.kind() == kind && class.name == name
    });
    let change = (is_there && context.takes_changes()).then(|| Change::SetNodeClassRef {
        pool: pool.clone(),
        class: NodeClassRef {
            group: group.to_owned(),
            kind: kind.to_owned(),
            name: name.to_owned(),
        },
    });
    Repair::new(action, safety)
        .changes(change)
        .command(
            Tool::Kubectl,
            format!(
                "kubectl patch nodepools.karpenter.sh {pool} --type merge -p '{{\"spec\":{{\"template\":{{\"spec\":{{\"nodeClassRef\":{{\"group\":\"{group}\",\"kind\":\"{kind}\",\"name\":\"{name}\"}}}}}}}}}}'"
            ),
        )
        .command(
            Tool::Manifest,
            format!("nodeClassRef:\n  group: {group}\n  kind: {kind}\n  name: {name}"),
        )
}
