//! Whether a plan or journal is of the cluster that is looked at.

use rolecall_facts::Snapshot;
use rolecall_repair::Plan;

use crate::Failure;

/// Whether a plan was made for this cluster of this account and region, as far as they are known.
pub(super) fn is_here(plan: &Plan, cluster: &str, snapshot: &Snapshot) -> bool {
    let (account, region) = found(snapshot);
    let same = |wanted: &Option<String>, found: &Option<String>| {
        wanted.is_none() || found.is_none() || wanted == found
    };
    plan.cluster == cluster && same(&plan.account, &account) && same(&plan.region, &region)
}

/// A plan is carried out only where it was made for.
pub(super) fn check(plan: &Plan, cluster: &str, snapshot: &Snapshot) -> Result<(), Failure> {
    if is_here(plan, cluster, snapshot) {
        return Ok(());
    }
    let (account, region) = found(snapshot);
    let found: Vec<String> = [account, region].into_iter().flatten().collect();
    let found = match found.is_empty() {
        true => String::new(),
        false => format!(" ({})", found.join(", ")),
    };
    Err(Failure::new(format!(
        "the plan is for {}, and this is {cluster}{found}",
        plan.place(),
    ))
    .with_help("name the cluster, profile and region that it was made with"))
}

fn found(snapshot: &Snapshot) -> (Option<String>, Option<String>) {
    let cluster = snapshot.clusters.first();
    let account = cluster.and_then(|known| Some(known.account?.to_string()));
    (account, cluster.and_then(|known| known.region.clone()))
}
