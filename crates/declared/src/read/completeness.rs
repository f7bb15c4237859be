//! What absence means, told once all files are read.

use rolecall_facts::{AuthenticationMode, Cluster, Completeness, Fact, Reference, Snapshot, Why};

use crate::output::Output;

/// Settles for every cluster and entry whether what is not in the snapshot does not exist.
///
/// Readers call the access entries of a cluster they declare, and the policies of an entry they
/// declare, complete; whoever only refers to a cluster (a data source) calls them partial. That
/// stands unless something in the files was left open: an entry of which the principal or cluster is
/// unknown may be the very one that seems to be missing. The `aws-auth` of a cluster is complete when
/// it is among the files or the authentication mode leaves it out.
pub(super) fn settle(output: &mut Output) {
    let parts = &output.parts_of_aws_auth;
    let Snapshot {
        clusters,
        access_entries,
        access_policies,
        aws_auth,
        ..
    } = &mut output.snapshot;
    for cluster in clusters.iter_mut() {
        let open = access_entries.iter().find_map(|entry| {
            let why = unresolved(&entry.cluster).or_else(|| unresolved(&entry.principal))?;
            may_name(&entry.cluster, cluster).then_some(why)
        });
        lower(&mut cluster.access_entries_complete, open);
        let has_map = aws_auth.iter().any(|map| {
            let names = |reference| may_name(reference, cluster);
            map.cluster.as_ref().is_some_and(names)
                && map.map_roles.is_known()
                && !parts.contains(&map.origin)
        });
        let excluded = cluster.authentication_mode.value() == Some(&AuthenticationMode::Api);
        cluster.aws_auth_complete = if has_map || excluded {
            Completeness::Complete
        } else {
            Completeness::Partial(Why::not_given("the ConfigMap `aws-auth` of the cluster"))
        };
    }
    for entry in access_entries {
        let open = access_policies.iter().find_map(|association| {
            let why =
                unresolved(&association.cluster).or_else(|| unresolved(&association.principal))?;
            let same = may_equal(&association.cluster, &entry.cluster)
                && may_equal(&association.principal, &entry.principal);
            same.then_some(why)
        });
        lower(&mut entry.policies_complete, open);
    }
}

fn lower(completeness: &mut Completeness, open: Option<Why>) {
    if let (Completeness::Complete, Some(why)) = (&*completeness, open) {
        *completeness = Completeness::Partial(why);
    }
}

/// Why it cannot be told what a reference names: neither value nor object is known.
fn unresolved<T>(reference: &Reference<T>) -> Option<Why> {
    match (&reference.value, &reference.object) {
        (Fact::Unknown { why, .. }, None) => Some(why.clone()),
        _ => None,
    }
}

fn may_name(reference: &Reference<String>, cluster: &Cluster) -> bool {
    let declared = Reference {
        value: cluster.name.clone(),
        object: cluster.id.clone(),
    };
    may_equal(reference, &declared)
}

/// Whether two references may name the same: equal objects or values, or not enough known to say no.
fn may_equal<T: PartialEq>(one: &Reference<T>, other: &Reference<T>) -> bool {
    match (one.value.value(), other.value.value()) {
        (Some(one), Some(other)) => one == other,
        _ => match (&one.object, &other.object) {
            (Some(one), Some(other)) => one == other,
            _ => true,
        },
    }
}
