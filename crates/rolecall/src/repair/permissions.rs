//! What was not permitted, and what to have permitted: ready to be pasted.

use rolecall_facts::{Snapshot, Why};
use rolecall_live::permissions::{Command, Lacked, Scope, cluster_role, lacked, policy};
use rolecall_repair::Needs;
use rolecall_report::visible;
use serde_json::Value;

/// What could not be read and why, a line each.
pub(super) fn unread(snapshot: &Snapshot) -> Vec<String> {
    let refused = lacked(snapshot).into_iter().map(|lacked| {
        let why = lacked.why.map(|why| format!(" (it tells {why})"));
        let on = lacked.resources.join(", ");
        format!(
            "`{}` on {on} is not permitted{}",
            lacked.action,
            why.unwrap_or_default()
        )
    });
    let failed = snapshot.unread.iter();
    let failed = failed
        .filter(|unread| !matches!(unread.why, Why::NotPermitted(_)))
        .map(|unread| match &unread.help {
            Some(help) => format!("{}: {}; {help}", unread.origin, unread.why),
            None => format!("{}: {}", unread.origin, unread.why),
        });
    let lines = refused.chain(failed);
    lines.map(|line| visible(&line).into_owned()).collect()
}

/// What lets this identity read all of it; nothing where no permission was missing.
pub(super) fn to_read(cluster: &str, snapshot: &Snapshot) -> Option<String> {
    let lacked = lacked(snapshot);
    let of_aws = lacked.iter().any(|one| !one.is_of_kubernetes());
    let known = snapshot.clusters.first();
    let region = known.and_then(|known| known.region.as_deref());
    let scope = Scope::of(cluster, region.unwrap_or("*"), snapshot);
    let policy = of_aws.then(|| policy(Command::Repair, &[scope]));
    let of_kubernetes = lacked.iter().any(Lacked::is_of_kubernetes);
    let role = of_kubernetes.then(|| cluster_role(Command::Repair));
    let text = both(policy.as_ref(), role.as_deref(), "read all of it", "reader");
    (!text.is_empty()).then_some(text)
}

/// What lets this identity make the rest of a plan.
pub(super) fn to_change(needs: &Needs) -> String {
    both(
        needs.policy.as_ref(),
        needs.cluster_role.as_deref(),
        "make what is left of the plan, beside what reading needs",
        "repair",
    )
}

fn both(policy: Option<&Value>, role: Option<&str>, what: &str, name: &str) -> String {
    let mut parts = Vec::new();
    if let Some(policy) = policy {
        let policy = serde_json::to_string_pretty(policy).unwrap_or_default();
        parts.push(format!(
            "with this IAM policy, this identity can {what}:\n\n{policy}\n"
        ));
    }
    if let Some(role) = role {
        parts.push(format!(
            "in the cluster, this ClusterRole does it, once it is bound to this identity:\n  \
             kubectl create clusterrolebinding rolecall-{name} --clusterrole rolecall-{name} --group \
             GROUP\n  with a group of its access entry\n\n{role}"
        ));
    }
    parts.join("\n")
}
