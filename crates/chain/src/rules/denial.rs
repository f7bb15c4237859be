//! What the rules about denied calls of the launcher share.

use rolecall_facts::Origin;
use rolecall_policy::LayerKind;

use crate::context::{ChainContext, Launcher};
use crate::iam::{Answer, Asked};
use crate::{Evidence, Repair, Safety};

/// Where the role that launches is declared.
pub(super) fn launcher_origin<'a>(context: &ChainContext<'a>) -> Option<&'a Origin> {
    context.launcher.role().map(|role| &role.origin)
}

/// AWS's own words for a denial, the statements that decided, and how the role that asks was found.
pub(super) fn denied_evidence(context: &ChainContext<'_>, asked: &Asked) -> Vec<Evidence> {
    let said = asked.message.as_ref();
    let found = match &context.launcher {
        Launcher::Karpenter { how, .. } => {
            Some(format!("Karpenter's controller role was found {how}"))
        }
        _ => None,
    };
    said.map(|message| Evidence::fact(message, None))
        .into_iter()
        .chain(asked.evidence.iter().cloned())
        .chain(found.map(|found| Evidence::fact(found, launcher_origin(context))))
        .collect()
}

/// The repair of a denial that no grant to the role can lift: a statement that denies, a boundary, or
/// a service control policy. `None` where a grant is what is missing.
pub(super) fn limit_repair(asked: &Asked) -> Option<Repair> {
    let Answer::Denied { by, explicit } = &asked.answer else {
        return None;
    };
    let action = &asked.question.action;
    let resource = &asked.question.resource;
    let who = &asked.question.who;
    let what = match by {
        Some(LayerKind::Identity | LayerKind::Resource) | None if *explicit => {
            format!("Change the statement that denies {who} `{action}` on {resource}")
        }
        Some(LayerKind::Identity | LayerKind::Resource) | None => return None,
        Some(layer) if *explicit => {
            format!("Have the {layer} not deny {who} `{action}` on {resource}")
        }
        Some(layer) => format!("Have the {layer} allow {who} `{action}` on {resource}"),
    };
    Some(Repair::new(what, Safety::ByHand))
}

/// The AWS managed policy with which Auto Mode's cluster role launches nodes
/// (EKS User Guide, "Amazon EKS Auto Mode cluster IAM role").
pub(super) fn compute_policy(context: &ChainContext<'_>) -> String {
    let place = context.place();
    format!(
        "arn:{}:iam::aws:policy/AmazonEKSComputePolicy",
        place.partition()
    )
}
