use rolecall_facts::Role;

use super::Step;
use crate::context::{ChainContext, Flavour, Launcher, RoleReference};
use crate::iam::{Answer, Asked};

/// The first thing that keeps a list of answers from being all yes; what holds when nothing does.
fn all_allowed<'q>(asked: impl Iterator<Item = &'q Asked>, holds: String) -> Step {
    for asked in asked {
        match &asked.answer {
            Answer::Allowed => {}
            Answer::Unknown(why) => return Step::Open(format!("{}: {why}", asked.question.action)),
            Answer::Denied { .. } => {
                return Step::Open(format!("{} is denied", asked.question.action));
            }
        }
    }
    Step::Holds(holds)
}

/// Why there is no role to ask about.
fn no_role(context: &ChainContext<'_>) -> Step {
    match context.reference {
        RoleReference::MadeByTool => Step::Holds("eksctl sees to it".to_owned()),
        _ => Step::Open(
            context
                .role
                .role()
                .and_then(why_no_arn)
                .unwrap_or_else(|| "the role is not known".to_owned()),
        ),
    }
}

/// Why the ARN of a role that is there is not known.
fn why_no_arn(role: &Role) -> Option<String> {
    let (what, why) = match (role.name.why(), role.path.why()) {
        (Some(why), _) => ("name", why),
        (None, Some(why)) => ("path", why),
        (None, None) => return None,
    };
    Some(format!("the {what} of the role is not known: {why}"))
}

pub(super) fn trust(context: &ChainContext<'_>) -> Step {
    match &context.questions().trust {
        None => no_role(context),
        Some(asked) if asked.is_denied() && context.flavour == Flavour::Hybrid => Step::Open(
            "neither Systems Manager nor IAM Roles Anywhere may assume it; what else may give it to a \
             machine is not known"
                .to_owned(),
        ),
        Some(asked) => {
            let service = asked.question.who.split('.').next().unwrap_or_default();
            all_allowed(std::iter::once(asked), format!("{service} may assume it"))
        }
    }
}

pub(super) fn node(context: &ChainContext<'_>) -> Step {
    let needed = &context.questions().permissions;
    if needed.is_empty() {
        return no_role(context);
    }
    let holds = format!("{} needed actions are allowed", needed.len());
    all_allowed(needed.iter().map(|needed| &needed.asked), holds)
}

pub(super) fn pass_role(context: &ChainContext<'_>) -> Step {
    if let Launcher::ServiceLinked(name) = &context.launcher {
        return Step::Holds(format!("{name} may pass it"));
    }
    let questions = context.questions();
    let Some(pass) = &questions.pass_role else {
        return no_role(context);
    };
    let asked = std::iter::once(pass).chain(&questions.instance_profile);
    all_allowed(asked, format!("{} may pass it to EC2", pass.question.who))
}

pub(super) fn launch(context: &ChainContext<'_>) -> Step {
    let questions = context.questions();
    let asked = questions
        .cluster_trust
        .iter()
        .chain(questions.launch.iter().map(|q| &q.asked));
    all_allowed(
        asked,
        "templates, fleets and instances are allowed".to_owned(),
    )
}
