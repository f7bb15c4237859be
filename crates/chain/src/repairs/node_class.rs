use rolecall_facts::NodeClass;

use super::{terraform, terraform_address};
use crate::context::ChainContext;
use crate::{Repair, Safety, Tool};

/// Sets one field of a node class, and takes others away: with `kubectl`, and as a snippet in the
/// language the class is written in.
pub(crate) fn set_class_field(
    class: &NodeClass,
    action: impl Into<String>,
    safety: Safety,
    (field, value): (&str, &str),
    removed: &[&str],
) -> Repair {
    let gone = |field: &&str| format!(",\"{field}\":null");
    let gone: String = removed.iter().map(gone).collect();
    let repair = Repair::new(action, safety).command(
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
    Repair::new(action, safety)
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
