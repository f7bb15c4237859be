use rolecall_facts::{Origin, Role, Snapshot};

use crate::iam::{Answer, Place, Question, RolePolicies, ask_identity};
use crate::world::World;
use crate::{Evidence, Options, Verdict};

/// Whether one role may do what was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleAnswer {
    /// The role's ARN; symbols stand for what the files leave open.
    pub role: String,
    /// May (`pass`), may not (`fail`), or it cannot be told (`unknown`).
    pub verdict: Verdict,
    /// Why not, in AWS's words, or what keeps it from being told.
    pub reason: Option<String>,
    /// The statements that decided against it.
    pub evidence: Vec<Evidence>,
    /// Where the role is declared.
    pub origin: Origin,
}

/// Asks every role of a snapshot whether it may do an action on a resource, by its own policies, its
/// permissions boundary and the service control policies over it. Sorted by ARN.
///
/// A condition key that is not in `context` makes the answer unknown where it would decide. A role
/// whose name or path is not known is left out: nothing could be said of it by name.
#[must_use]
pub fn who_can(
    snapshot: &Snapshot,
    action: &str,
    resource: &str,
    context: &[(String, Vec<String>)],
) -> Vec<RoleAnswer> {
    let options = Options::default();
    let world = World::new(snapshot, &options);
    let mut answers: Vec<RoleAnswer> = snapshot
        .roles
        .iter()
        .filter_map(|role| answer(&world, role, action, resource, context))
        .collect();
    answers.sort_by(|left, right| (&left.role, &left.origin).cmp(&(&right.role, &right.origin)));
    answers
}

fn answer(
    world: &World<'_>,
    role: &Role,
    action: &str,
    resource: &str,
    context: &[(String, Vec<String>)],
) -> Option<RoleAnswer> {
    let identity = role.identity()?.ok()?;
    let place = Place {
        partition: identity.partition.as_ref().map(ToString::to_string),
        region: None,
        account: identity.account.map(|account| account.to_string()),
    };
    let question = Question {
        kind: "who-can",
        who: identity.to_string(),
        principal: place.role_arn(&identity),
        action: action.to_owned().into(),
        resource: resource.to_owned(),
        context: context.to_vec(),
        settled: &[],
        place,
    };
    let asked = ask_identity(&world.compiler, question, &RolePolicies::of(world, role));
    let (verdict, reason) = match asked.answer {
        Answer::Allowed => (Verdict::Pass, None),
        Answer::Denied { .. } => (Verdict::Fail, asked.message),
        Answer::Unknown(why) => (Verdict::Unknown, Some(why)),
    };
    Some(RoleAnswer {
        role: identity.to_string(),
        verdict,
        reason,
        evidence: asked.evidence,
        origin: role.origin.clone(),
    })
}
