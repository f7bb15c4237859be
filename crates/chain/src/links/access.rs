use rolecall_facts::{AccessScope, Completeness};

use super::Step;
use crate::context::{Admission, ChainContext, Flavour};

/// The access policy that Auto Mode's nodes need
/// (EKS User Guide, "Create node class access entry").
pub(crate) const AUTO_NODE_POLICY: &str = "AmazonEKSAutoNodePolicy";

pub(super) fn entry(context: &ChainContext<'_>) -> Step {
    match &context.admitted().admission {
        Admission::Entry(entry) => match (entry.entry_type.value(), entry.entry_type.why()) {
            (Some(kind), _) => Step::Holds(format!("entry of type {kind}")),
            (None, Some(why)) => Step::Open(format!("the type of its entry: {why}")),
            (None, None) => Step::Open("the type of its entry is not known".to_owned()),
        },
        Admission::AwsAuth(_) => Step::Holds("mapped in aws-auth".to_owned()),
        Admission::MadeFor(who) => Step::Holds((*who).to_owned()),
        Admission::Refused => Step::Open("nothing lets it in".to_owned()),
        Admission::Unknown(why) => Step::Open(why.clone()),
    }
}

pub(super) fn policy(context: &ChainContext<'_>) -> Step {
    if let Admission::MadeFor(who) = context.admitted().admission {
        return Step::Holds(who.to_owned());
    }
    let Some(entry) = context.entries.exact.first() else {
        return Step::Open("there is no entry to look at".to_owned());
    };
    let (policies, open) = context.world.policies_of(entry);
    let is_auto_node = |arn: &str| arn.rsplit('/').next() == Some(AUTO_NODE_POLICY);
    let found = policies.iter().find(|policy| {
        policy
            .policy_arn
            .value()
            .is_some_and(|arn| is_auto_node(arn))
    });
    match (
        found.map(|policy| policy.scope.value()),
        &entry.policies_complete,
    ) {
        (Some(Some(AccessScope::Cluster)), _) => {
            Step::Holds(format!("{AUTO_NODE_POLICY} at cluster scope"))
        }
        (Some(None), _) => Step::Open(format!("the scope of {AUTO_NODE_POLICY} is not known")),
        (None, Completeness::Partial(why)) => Step::Open(why.to_string()),
        (None, _) if open || policies.iter().any(|policy| !policy.policy_arn.is_known()) => {
            Step::Open("an associated policy is not known".to_owned())
        }
        _ => Step::Open(format!("{AUTO_NODE_POLICY} is not associated")),
    }
}

pub(super) fn join(context: &ChainContext<'_>) -> Step {
    let name = context.role.name().unwrap_or("the role");
    let session = match context.flavour {
        Flavour::Hybrid => "NODE becomes system:node:NODE",
        _ => "i-… becomes system:node:…",
    };
    Step::Holds(format!("assumed-role/{name}/{session}"))
}
