use rolecall_facts::{Node, NodeClaim};

use super::Step;
use crate::context::{ChainContext, ClassFound, ProfileFound, RoleFound, RoleReference};
use crate::observed::{claims, is_true, nodes};

pub(super) fn node_class(context: &ChainContext<'_>) -> Step {
    match &context.class {
        ClassFound::NotApplicable => Step::Holds("a node group has none".to_owned()),
        ClassFound::BuiltIn => Step::Holds("NodeClass `default`, made by Auto Mode".to_owned()),
        ClassFound::Found(class) => Step::Holds(format!("{} `{}`", class.kind, class.name)),
        ClassFound::Missing { kind, name } => Step::Open(format!("{kind} `{name}` is not there")),
        ClassFound::OtherKind => Step::Open("no known kind of node class".to_owned()),
        ClassFound::Unknown { why, .. } => Step::Open(why.clone()),
    }
}

pub(super) fn role_reference(context: &ChainContext<'_>) -> Step {
    match &context.reference {
        RoleReference::Name {
            bare: Some(name), ..
        } => Step::Holds(format!("role `{name}`")),
        RoleReference::Name {
            written,
            bare: None,
            ..
        } => match &written.object {
            Some(object) => Step::Holds(format!("role {}", address(&object.0))),
            None => {
                let why = written.value.why().map(ToString::to_string);
                Step::Open(why.unwrap_or_else(|| "the role's name is empty".to_owned()))
            }
        },
        RoleReference::Profile {
            found: ProfileFound::Unknown(why),
            ..
        } => Step::Open(why.clone()),
        RoleReference::Profile {
            found: ProfileFound::NotFound { name },
            ..
        } => Step::Open(format!("instance profile `{name}` does not exist")),
        RoleReference::Profile { written, .. } => {
            let name = written.value.value().map_or("", String::as_str);
            Step::Holds(format!("instance profile `{name}`"))
        }
        RoleReference::Arn(principal) => match (principal.value.value(), &principal.object) {
            (Some(arn), _) => Step::Holds(arn.to_string()),
            (None, Some(object)) => Step::Holds(format!("role {}", address(&object.0))),
            (None, None) => Step::Open(
                principal
                    .value
                    .why()
                    .map(ToString::to_string)
                    .unwrap_or_default(),
            ),
        },
        RoleReference::Mapped(arn) => match arn.value() {
            Some(arn) => Step::Holds(arn.clone()),
            None => Step::Open(arn.why().map(ToString::to_string).unwrap_or_default()),
        },
        RoleReference::Both { .. } => {
            Step::Open("role and instance profile are both named".to_owned())
        }
        RoleReference::Neither => {
            Step::Open("neither role nor instance profile is named".to_owned())
        }
        RoleReference::MadeByTool => Step::Holds("eksctl makes the role".to_owned()),
        RoleReference::Unknown(why) => Step::Open(why.clone()),
    }
}

pub(super) fn role(context: &ChainContext<'_>) -> Step {
    match &context.role {
        RoleFound::Found {
            identity: Some(identity),
            ..
        } => Step::Holds(identity.to_string()),
        RoleFound::Found {
            role,
            identity: None,
        } => {
            let why = role.name.why().or(role.path.why()).map(ToString::to_string);
            match why {
                // Read from an account, a role of which not even the path is known may not be there.
                Some(why) if role.origin.as_file().is_none() => Step::Open(why),
                Some(why) => Step::Holds(format!("declared at {}; {why}", role.origin)),
                None => Step::Open("its name or path breaks IAM's grammar".to_owned()),
            }
        }
        RoleFound::ByArnOnly(identity) => Step::Open(format!("no file given declares {identity}")),
        RoleFound::NotFound { name } => Step::Open(format!("`{name}` does not exist")),
        RoleFound::Ambiguous { name, roles } => {
            Step::Open(format!("{} roles are named `{name}`", roles.len()))
        }
        RoleFound::Unknown { .. } if matches!(context.reference, RoleReference::MadeByTool) => {
            Step::Holds("made by eksctl".to_owned())
        }
        RoleFound::Unknown { why, .. } => Step::Open(why.clone()),
    }
}

/// Observed nodes and claims; no link where nothing was observed.
pub(super) fn node(context: &ChainContext<'_>) -> Option<Step> {
    let claims: Vec<&NodeClaim> = claims(context).collect();
    let nodes: Vec<&Node> = nodes(context).collect();
    if let Some(stuck) = claims.iter().find_map(|claim| stuck(claim)) {
        return Some(Step::Open(stuck));
    }
    let unready: Vec<&str> = nodes
        .iter()
        .filter(|node| !is_true(&node.conditions, "Ready"))
        .map(|node| node.name.as_str())
        .collect();
    match (nodes.as_slice(), unready.as_slice()) {
        ([], _) if claims.is_empty() => None,
        ([], _) => Some(Step::Holds(format!(
            "{} of {} node claims are initialized",
            claims.len(),
            claims.len()
        ))),
        ([node], []) => Some(Step::Holds(format!("node {} is Ready", node.name))),
        (nodes, []) => Some(Step::Holds(format!("{} nodes are Ready", nodes.len()))),
        (nodes, [first, ..]) => Some(Step::Open(format!(
            "{} of {} nodes are not Ready, among them {first}",
            unready.len(),
            nodes.len()
        ))),
    }
}

/// How far a claim came, where it did not come to its end.
fn stuck(claim: &NodeClaim) -> Option<String> {
    // The order in which a claim becomes a node (Karpenter, "NodeClaims").
    let steps = ["Launched", "Registered", "Initialized"];
    let next = steps
        .into_iter()
        .find(|step| !is_true(&claim.conditions, step))?;
    let condition = claim.conditions.iter().find(|known| known.kind == next);
    let said = condition.map_or("", |condition| condition.message.as_str());
    let said = match said {
        "" | "object is awaiting reconciliation" => String::new(),
        said => format!(": {said}"),
    };
    Some(format!("node claim {} is not {next}{said}", claim.name))
}

fn address(object: &str) -> &str {
    object
        .split_once('#')
        .map_or(object, |(_, address)| address)
}
