//! What each link comes to before the rules speak: it holds, or it cannot be told and why. A rule's
//! error at a link then makes it fail.

mod access;
mod objects;
mod permissions;

use crate::context::{ChainContext, Flavour};
pub(crate) use access::AUTO_NODE_POLICY;

use crate::{Finding, Link, LinkState, Severity, Verdict};

/// What a link comes to by itself.
pub(crate) enum Step {
    Holds(String),
    Open(String),
}

/// The links of a chain with their verdicts, under the findings about it.
pub(crate) fn states(context: &ChainContext<'_>, findings: &[Finding]) -> Vec<LinkState> {
    let mut states: Vec<LinkState> = Vec::new();
    for link in Link::ALL {
        let Some(step) = step(context, link) else {
            continue;
        };
        let error = findings
            .iter()
            .find(|finding| finding.rule.link == link && finding.severity == Severity::Error);
        let state = match (error, step) {
            (Some(finding), _) => (Verdict::Fail, finding.message.clone()),
            (None, Step::Holds(detail)) => (Verdict::Pass, detail),
            (None, Step::Open(why)) => (Verdict::Unknown, why),
        };
        states.push(LinkState {
            link,
            verdict: state.0,
            detail: state.1,
        });
    }
    hold_back_join(&mut states);
    states
}

/// A node joins only if it is let in: while that fails or is open, the join is open too.
fn hold_back_join(states: &mut [LinkState]) {
    let admission = states
        .iter()
        .find(|state| state.link == Link::AccessEntry)
        .map(|state| state.verdict)
        .unwrap_or(Verdict::Pass);
    for state in states.iter_mut().filter(|state| state.link == Link::Join) {
        if admission != Verdict::Pass && state.verdict != Verdict::Fail {
            state.verdict = Verdict::Unknown;
            state.detail = "not reached: access-entry does not hold".to_owned();
            if admission == Verdict::Unknown {
                state.detail = "it follows from access-entry".to_owned();
            }
        }
    }
}

/// What a link comes to, or `None` where a pool of this kind has no such link.
fn step(context: &ChainContext<'_>, link: Link) -> Option<Step> {
    let group = context.flavour.is_group();
    match link {
        Link::NodeClass if group => None,
        Link::NodeClass => Some(objects::node_class(context)),
        Link::RoleReference => Some(objects::role_reference(context)),
        Link::Role => Some(objects::role(context)),
        Link::Trust => Some(permissions::trust(context)),
        Link::NodePermissions => Some(permissions::node(context)),
        // Who makes an activation passes the role to Systems Manager: a person, outside the chain.
        Link::PassRole if context.flavour == Flavour::Hybrid => None,
        Link::PassRole => Some(permissions::pass_role(context)),
        Link::AccessEntry => Some(access::entry(context)),
        Link::AccessPolicy if context.flavour == Flavour::AutoMode => Some(access::policy(context)),
        Link::AccessPolicy => None,
        Link::Launch if group => None,
        Link::Launch => Some(permissions::launch(context)),
        Link::Join => Some(access::join(context)),
        Link::Node => objects::node(context),
    }
}
