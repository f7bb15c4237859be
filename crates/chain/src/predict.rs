//! The status conditions that the control plane will set.
//!
//! Only conditions that follow from the chain are predicted: whether subnets and security groups are
//! found is not part of it. Wordings are those that users reported and that Karpenter's sources hold
//! (karpenter-provider-aws `pkg/controllers/nodeclass`, awslabs/operatorpkg `status`).

use rolecall_facts::Condition;

use crate::context::{
    Admission, ChainContext, ClassFound, Flavour, ProfileFound, RoleFound, RoleReference,
};
use crate::iam::{Answer, Asked};
use crate::{Finding, Link, LinkState, PoolKind, PredictedObject, Verdict};

/// The predicted conditions of a chain's class and pool, if they can be told.
pub(crate) fn conditions(
    context: &ChainContext<'_>,
    findings: &[Finding],
    links: &[LinkState],
) -> Vec<PredictedObject> {
    if context.pool.kind != PoolKind::NodePool || context.is_built_in() {
        return Vec::new();
    }
    // Without Auto Mode nobody looks at its classes and their pools.
    if context.flavour == Flavour::AutoMode && context.runs_auto_mode() == Some(false) {
        return Vec::new();
    }
    let pool = |node_class_ready: Condition| {
        let invalid = findings.iter().any(|finding| finding.rule.code == "RC103");
        pool_conditions(&context.pool.name, node_class_ready, invalid)
    };
    match &context.class {
        ClassFound::Missing { .. } => vec![pool(condition(
            "NodeClassReady",
            "False",
            "NodeClassNotFound",
            "NodeClass not found on cluster",
        ))],
        ClassFound::Found(class) => {
            let Some(class_conditions) = class_conditions(context, links) else {
                return Vec::new();
            };
            let ready = class_conditions.last().cloned();
            let class = PredictedObject {
                object: format!("{}/{}", class.kind, class.name),
                conditions: class_conditions,
            };
            let copied = ready.map(|ready| match ready.status.as_str() {
                "True" => condition("NodeClassReady", "True", "NodeClassReady", ""),
                "Unknown" => condition(
                    "NodeClassReady",
                    "False",
                    "NodeClassReadinessUnknown",
                    "Node Class Readiness Unknown",
                ),
                _ => condition("NodeClassReady", "False", &ready.reason, &ready.message),
            });
            std::iter::once(class).chain(copied.map(pool)).collect()
        }
        _ => Vec::new(),
    }
}

fn condition(kind: &str, status: &str, reason: &str, message: &str) -> Condition {
    Condition {
        kind: kind.to_owned(),
        status: status.to_owned(),
        reason: reason.to_owned(),
        message: message.to_owned(),
    }
}

fn holds(kind: &str) -> Condition {
    condition(kind, "True", kind, "")
}

/// The root condition: False as soon as one dependent is, Unknown while one only is not known, its message the unhealthy ones, newest
/// first (awslabs/operatorpkg, `status/condition_set.go`).
fn root(dependents: &[Condition]) -> Condition {
    let unhealthy: Vec<String> = dependents
        .iter()
        .rev()
        .filter(|known| known.status != "True")
        .map(|known| format!("{}={}", known.kind, known.status))
        .collect();
    if unhealthy.is_empty() {
        return holds("Ready");
    }
    let (status, reason) = if dependents.iter().any(|known| known.status == "False") {
        ("False", "UnhealthyDependents")
    } else {
        ("Unknown", "ReconcilingDependents")
    };
    condition("Ready", status, reason, &unhealthy.join(", "))
}

fn pool_conditions(name: &str, node_class_ready: Condition, invalid: bool) -> PredictedObject {
    let validation = if invalid {
        condition(
            "ValidationSucceeded",
            "False",
            "NodePoolValidationFailed",
            "",
        )
    } else {
        holds("ValidationSucceeded")
    };
    let mut conditions = vec![validation, node_class_ready];
    conditions.push(root(&conditions));
    PredictedObject {
        object: format!("NodePool/{name}"),
        conditions,
    }
}

/// The class's conditions, the root last; `None` when they cannot be told.
fn class_conditions(context: &ChainContext<'_>, links: &[LinkState]) -> Option<Vec<Condition>> {
    // What becomes of a profile's ARN where its name belongs differs by version of Karpenter
    // (aws/karpenter-provider-aws#8072, #8312), and is not published of Auto Mode.
    if matches!(
        &context.reference,
        RoleReference::Profile {
            found: ProfileFound::ByArn(_),
            ..
        }
    ) {
        return None;
    }
    let profile = match context.flavour {
        Flavour::AutoMode => auto_mode_profile(context)?,
        _ => karpenter_profile(context)?,
    };
    let validation = match profile.status.as_str() {
        "True" => validation(context, links)?,
        status => condition(
            "ValidationSucceeded",
            status,
            "DependenciesNotReady",
            match context.flavour {
                Flavour::AutoMode => {
                    "Awaiting Instance Profile, Security Group, and Subnet resolution"
                }
                _ => "Awaiting AMI, Instance Profile, Security Group, and Subnet resolution",
            },
        ),
    };
    let mut conditions = vec![profile, validation];
    conditions.push(root(&conditions));
    Some(conditions)
}

/// `InstanceProfileReady` in Auto Mode. The profile is made first; its message on failure is not
/// published, so none is predicted. Then the node role's entry is asked for. What becomes of a
/// `spec.role` that is an ARN or has a path is not published.
fn auto_mode_profile(context: &ChainContext<'_>) -> Option<Condition> {
    if matches!(
        &context.reference,
        RoleReference::Name { fault: Some(_), .. } | RoleReference::Both { .. }
    ) {
        return None;
    }
    // `iam:AddRoleToInstanceProfile` answers NoSuchEntity (IAM API Reference), if it is allowed at all.
    if matches!(
        (&context.reference, &context.role),
        (RoleReference::Name { .. }, RoleFound::NotFound { .. })
    ) {
        return Some(creation_failed());
    }
    let questions = context.questions();
    let before = questions
        .cluster_trust
        .iter()
        .chain(&questions.instance_profile)
        .chain(&questions.pass_role);
    // A profile that is named and not made is only read, by the service-linked role.
    let made = !questions.instance_profile.is_empty();
    for asked in before.filter(|_| made) {
        match asked.answer {
            Answer::Allowed => {}
            Answer::Denied { .. } => return Some(creation_failed()),
            Answer::Unknown(_) if matches!(context.admitted().admission, Admission::Refused) => {}
            Answer::Unknown(_) => return None,
        }
    }
    match &context.admitted().admission {
        Admission::Refused => {
            let written = match &context.reference {
                RoleReference::Name { written, .. } => written.value.value().cloned(),
                _ => None,
            };
            let role = written.or_else(|| context.role.name().map(str::to_owned))?;
            Some(condition(
                "InstanceProfileReady",
                "False",
                "UnauthorizedNodeRole",
                &format!("Role {role} is unauthorized to join nodes to the cluster"),
            ))
        }
        Admission::Unknown(_) => None,
        _ => Some(holds("InstanceProfileReady")),
    }
}

/// Its message is not published.
fn creation_failed() -> Condition {
    let reason = "InstanceProfileCreationFailed";
    condition("InstanceProfileReady", "False", reason, "")
}

/// `InstanceProfileReady` under Karpenter, which looks at no access entry. A refusal of IAM is written
/// to its log alone: the condition stays as it was begun (karpenter-provider-aws,
/// `pkg/controllers/nodeclass/instanceprofile.go`; awslabs/operatorpkg, `status/condition_set.go`).
fn karpenter_profile(context: &ChainContext<'_>) -> Option<Condition> {
    let questions = context.questions();
    for asked in questions
        .instance_profile
        .iter()
        .chain(&questions.pass_role)
    {
        match asked.answer {
            Answer::Allowed => {}
            // A profile that is named and not made is not touched, and so no role is passed to it.
            Answer::Denied { .. } if questions.instance_profile.is_empty() => {}
            Answer::Denied { .. } => {
                return Some(condition(
                    "InstanceProfileReady",
                    "Unknown",
                    "AwaitingReconciliation",
                    "object is awaiting reconciliation",
                ));
            }
            Answer::Unknown(_) => return None,
        }
    }
    Some(holds("InstanceProfileReady"))
}

/// `ValidationSucceeded`. Under Karpenter: the dry runs of a launch, in their order, the first refusal
/// deciding (karpenter-provider-aws, `pkg/controllers/nodeclass/validation.go`). In Auto Mode a class
/// is Ready also where its launches are refused, for the tags it asks for: its node claims fail
/// (aws/containers-roadmap#2487).
fn validation(context: &ChainContext<'_>, links: &[LinkState]) -> Option<Condition> {
    if context.flavour == Flavour::AutoMode {
        return Some(holds("ValidationSucceeded"));
    }
    let denied = context
        .questions()
        .launch
        .iter()
        .map(|launch| &launch.asked)
        .find(|asked| asked.is_denied());
    if let Some(asked) = denied {
        return Some(refused_call(asked));
    }
    let launch = links.iter().find(|state| state.link == Link::Launch)?;
    (launch.verdict == Verdict::Pass).then(|| holds("ValidationSucceeded"))
}

fn refused_call(asked: &Asked) -> Condition {
    let action = &*asked.question.action;
    let call = action.strip_prefix("ec2:").unwrap_or(action);
    // Karpenter tells the causes apart by AWS's words for an explicit deny; everything else, also a
    // boundary or service control policy without an allow, reads as the last.
    let why = match &asked.answer {
        Answer::Denied {
            by: Some(rolecall_policy::LayerKind::PermissionsBoundary),
            explicit: true,
        } => "User is not authorized to perform this operation due to a permission boundary",
        Answer::Denied {
            by: Some(rolecall_policy::LayerKind::ServiceControl { .. }),
            explicit: true,
        } => "User is not authorized to perform this operation due to a service control policy",
        _ => {
            "User is not authorized to perform this operation because no identity-based policy allows it"
        }
    };
    condition(
        "ValidationSucceeded",
        "False",
        &format!("{call}AuthCheckFailed"),
        &format!("Controller isn't authorized to call {action}: {why}"),
    )
}
