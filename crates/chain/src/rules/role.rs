//! What the rules about a chain's role share.

use rolecall_facts::{ObjectId, Origin, Role, RoleIdentity};

use crate::context::{ChainContext, PoolSource, RoleReference};

/// Where the chain names its role: in the class, the node group or the cluster.
pub(super) fn named_at<'a>(context: &ChainContext<'a>) -> &'a Origin {
    let built_in = || match context.source {
        PoolSource::BuiltIn(cluster, _) => {
            let compute = cluster.compute.as_ref()?;
            compute.node_role.as_ref()?.value.origin()
        }
        PoolSource::NodePool(_) | PoolSource::Group(_) | PoolSource::Hybrid(..) => None,
    };
    let by_arn = || match &context.reference {
        RoleReference::Arn(principal) => principal.value.origin(),
        RoleReference::Mapped(arn) => arn.origin(),
        _ => None,
    };
    let written = context.reference.written();
    let class = context.class.found().map(|class| &class.origin);
    written
        .and_then(|written| written.value.origin())
        .or_else(by_arn)
        .or_else(built_in)
        .or(class)
        .unwrap_or(context.origin())
}

/// Where the chain names its role, in words.
pub(super) fn namer(context: &ChainContext<'_>) -> String {
    match context.class.found() {
        Some(class) => format!("{} `{}`", class.kind, class.name),
        None => context.pool.to_string(),
    }
}

/// A role's name for people: its name, or else its address.
pub(super) fn role_name(role: &Role) -> String {
    let address = || {
        let id = role.id.as_ref()?;
        id.0.split_once('#').map(|(_, address)| address.to_owned())
    };
    role.name
        .value()
        .cloned()
        .or_else(address)
        .unwrap_or_else(|| "(unnamed)".to_owned())
}

/// Where a role's identity is written: its name or path, or else the role.
pub(super) fn declared_at(role: &Role) -> &Origin {
    role.name.origin().unwrap_or(&role.origin)
}

/// The stack and, in Terraform, the module an object is declared in. Modules may be given different
/// providers, and so live in different accounts.
pub(super) fn stack_and_module(id: &ObjectId) -> (&str, &str) {
    let address = id.0.split_once('#').map_or("", |(_, address)| address);
    let module = address.rsplit_once("aws_iam_role.");
    (id.scope(), module.map_or("", |(module, _)| module))
}

/// A role's ARN without the symbols that stand for what the files leave open.
pub(super) fn short(role: &RoleIdentity) -> String {
    match role.account {
        Some(_) => role.to_string(),
        None => format!("{}{}", role.path, role.name),
    }
}
