//! What was not permitted, and the policy that would have let everything be read.

use rolecall_facts::Snapshot;
use rolecall_live::permissions::{Command, Lacked, Scope, cluster_role, lacked, policy};
use rolecall_live::{LiveError, Reading};
use rolecall_report::{MissingPermission, Permissions};

use crate::connect::Target;

/// What was refused in reading these clusters.
pub(super) fn of(read: &[(&Target, Result<Reading, LiveError>)]) -> Permissions {
    let mut found: Vec<Lacked> = Vec::new();
    let mut scopes = Vec::new();
    for (target, reading) in read {
        let Ok(reading) = reading else { continue };
        let refused = lacked(&reading.snapshot);
        if refused.iter().any(|one| !one.is_of_kubernetes()) {
            let region = target.connection.region();
            scopes.push(Scope::of(&target.cluster, region, &reading.snapshot));
        }
        for one in refused {
            match found
                .iter_mut()
                .find(|known| known.action == one.action && known.why == one.why)
            {
                Some(known) => known.resources.extend(one.resources),
                None => found.push(one),
            }
        }
    }
    let of_kubernetes = found.iter().any(Lacked::is_of_kubernetes);
    Permissions {
        policy: (!scopes.is_empty()).then(|| pretty(&scopes)),
        cluster_role: of_kubernetes.then(|| cluster_role(Command::Diagnose)),
        missing: found.into_iter().map(missing).collect(),
    }
}

/// What was refused when a snapshot was taken, by whomever.
pub(super) fn of_saved(snapshot: &Snapshot) -> Permissions {
    Permissions {
        missing: lacked(snapshot).into_iter().map(missing).collect(),
        ..Permissions::default()
    }
}

/// The policy for a cluster that may not even be described.
pub(super) fn policy_of_unread(target: &Target, error: &LiveError) -> String {
    let account = match error {
        LiveError::NotPermitted { resource, .. } => resource.split(':').nth(4),
        _ => None,
    };
    let account = account.filter(|account| !account.is_empty());
    let region = target.connection.region();
    pretty(&[Scope::of_unread(&target.cluster, region, account)])
}

fn pretty(scopes: &[Scope]) -> String {
    serde_json::to_string_pretty(&policy(Command::Diagnose, scopes)).unwrap_or_default()
}

fn missing(lacked: Lacked) -> MissingPermission {
    let mut resources = lacked.resources;
    resources.sort();
    resources.dedup();
    MissingPermission {
        action: lacked.action,
        resources,
        why: lacked.why.map(str::to_owned),
    }
}
