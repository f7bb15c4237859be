//! The refused calls that prove a finding.

use std::collections::HashMap;

use rolecall_facts::{ObservedCall, Principal};

use crate::context::ChainContext;
use crate::{Evidence, Finding, Link, Pool, Severity};

/// How many kinds of calls one finding is proved by; more say the same again.
const KINDS: usize = 3;

/// Adds to each finding the recorded calls that were refused because of what it says.
pub(crate) fn attach(findings: &mut [Finding], contexts: &[ChainContext<'_>]) {
    let Some(calls) = contexts
        .first()
        .map(|context| &context.world.snapshot.calls)
    else {
        return;
    };
    if calls.is_empty() {
        return;
    }
    let by_pool: HashMap<&Pool, &ChainContext<'_>> = contexts
        .iter()
        .map(|context| (&context.pool, context))
        .collect();
    for finding in findings {
        let explains = finding.severity == Severity::Error || finding.rule.link == Link::Node;
        if !explains {
            continue;
        }
        let contexts: Vec<&ChainContext<'_>> = finding
            .pools
            .iter()
            .filter_map(|pool| by_pool.get(pool).copied())
            .collect();
        let proving = calls.iter().filter(|call| {
            let proves = |context: &&ChainContext<'_>| proves(call, finding.rule.link, context);
            contexts.iter().any(proves)
        });
        let grouped = grouped(proving);
        finding.evidence.extend(grouped.into_iter().take(KINDS));
    }
}

/// Whether a call was refused because a pool's link does not hold.
fn proves(call: &ObservedCall, link: Link, context: &ChainContext<'_>) -> bool {
    let elsewhere = match (&call.cluster, &context.pool.cluster) {
        (Some(call), Some(pool)) => call != pool,
        _ => false,
    };
    if elsewhere {
        return false;
    }
    let by_launcher = || {
        let launcher = context.launcher.role().and_then(|role| role.name.value());
        let issuer = call.session_issuer_arn.as_deref().map(Principal::parse);
        let issuer = issuer.as_ref().and_then(Principal::as_role);
        matches!((launcher, issuer), (Some(launcher), Some(issuer))
            if issuer.name.as_str().eq_ignore_ascii_case(launcher))
    };
    let about_role = |named: Option<&String>| match (named, context.role.name()) {
        (Some(named), Some(role)) => bare(named).eq_ignore_ascii_case(role),
        _ => false,
    };
    match call.event_name.as_str() {
        "DescribeAccessEntry" => {
            matches!(link, Link::AccessEntry | Link::AccessPolicy | Link::Node)
                && about_role(call.principal_arn.as_ref())
        }
        "AddRoleToInstanceProfile" => link == Link::PassRole && about_role(call.role.as_ref()),
        "CreateInstanceProfile" | "GetInstanceProfile" => {
            link == Link::PassRole && (by_launcher() || call.invoked_by.is_some())
        }
        "AssumeRole" => {
            let launcher = context.launcher.role().and_then(|role| role.name.value());
            let assumed = call.role.as_deref().map(bare);
            matches!(link, Link::Trust | Link::PassRole | Link::Launch)
                && matches!((launcher, assumed), (Some(launcher), Some(assumed))
                    if launcher.eq_ignore_ascii_case(assumed))
        }
        "CreateLaunchTemplate" | "CreateFleet" | "RunInstances" => {
            let message = call.error_message.as_deref().unwrap_or_default();
            let passes = message.contains("iam:PassRole");
            by_launcher() && link == if passes { Link::PassRole } else { Link::Launch }
        }
        _ => false,
    }
}

/// The name at the end of an ARN, or the name itself.
fn bare(role: &str) -> &str {
    role.rsplit('/').next().unwrap_or(role)
}

/// Calls that ask the same of the same and are answered the same, as one: the newest, with how often
/// and since when.
fn grouped<'c>(calls: impl Iterator<Item = &'c ObservedCall>) -> Vec<Evidence> {
    let mut groups: Vec<(&ObservedCall, &ObservedCall, usize)> = Vec::new();
    for call in calls {
        let same = |known: &ObservedCall| {
            (&known.event_source, &known.event_name, &known.error_code)
                == (&call.event_source, &call.event_name, &call.error_code)
                && known.principal_arn == call.principal_arn
                && known.role == call.role
                && known.session_issuer_arn == call.session_issuer_arn
        };
        match groups.iter_mut().find(|(newest, ..)| same(newest)) {
            Some((newest, first, count)) => {
                *count += 1;
                if order(call) > order(newest) {
                    *newest = call;
                }
                if order(call) < order(first) {
                    *first = call;
                }
            }
            None => groups.push((call, call, 1)),
        }
    }
    groups.sort_by(|(left, ..), (right, ..)| order(right).cmp(&order(left)));
    groups
        .into_iter()
        .map(|(newest, first, count)| Evidence::Call {
            call: Box::new(newest.clone()),
            count,
            since: first.time,
        })
        .collect()
}

/// By time, and by id where that is the same, so that the order of the list does not matter.
fn order(call: &ObservedCall) -> (rolecall_facts::Timestamp, &str) {
    (call.time, &call.event_id)
}
