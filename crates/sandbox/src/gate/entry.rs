//! Mappings by access entries.

use std::collections::BTreeMap;

use rolecall_sandbox_aws::Aws;
use rolecall_sandbox_aws::eks::{AccessScope, AuthenticationMode, ClusterKey, compared_arn};
use rolecall_sandbox_kube::User;

use super::policies::Granted;
use super::{ENTRY, Presented, aws_auth};

/// How the cluster authenticates; `None` when it is gone.
pub(super) fn mode(aws: &Aws, cluster: &ClusterKey) -> Option<AuthenticationMode> {
    aws.read(|state| Some(state.eks.cluster(cluster)?.authentication_mode))
}

/// Whether the identity made the cluster and so has its implicit administration.
pub(super) fn is_creator(aws: &Aws, cluster: &ClusterKey, presented: &Presented) -> bool {
    aws.read(|state| {
        state.eks.cluster(cluster).is_some_and(|cluster| {
            cluster.bootstrap_creator_admin
                && cluster
                    .creator
                    .as_deref()
                    .is_some_and(|creator| is_presented(&compared_arn(creator), presented))
        })
    })
}

/// The user of the entry that is bound to the identity's unique id, and whose ARN without path is the
/// identity's. An entry of a role that was deleted and made again is bound to an id nobody has any
/// more, so it is never found (aws/containers-roadmap#185; kubernetes-sigs/aws-iam-authenticator,
/// `pkg/mapper/dynamicfile`).
pub(super) fn user(aws: &Aws, cluster: &ClusterKey, presented: &Presented) -> Option<User> {
    let entry = aws.read(|state| {
        state
            .eks
            .entry_for_principal_id(cluster, &presented.principal_id)
            .cloned()
    })?;
    if !is_presented(&entry.principal_arn_without_path(), presented) {
        return None;
    }
    let name = aws_auth::username(&entry.username, presented, |id| private_dns_name(aws, id))?;
    Some(User {
        name,
        groups: entry.groups.clone(),
        extra: BTreeMap::from([(ENTRY.to_owned(), vec![entry.principal_arn])]),
        ..User::default()
    })
}

/// The access policies associated with an entry.
pub(super) fn policies(aws: &Aws, cluster: &ClusterKey, principal_arn: &str) -> Vec<Granted> {
    aws.read(|state| {
        let entry = state.eks.entry(cluster, principal_arn);
        let associations = entry.into_iter().flat_map(|entry| &entry.policies);
        associations
            .map(|(arn, association)| Granted {
                policy: arn.rsplit('/').next().unwrap_or(arn).to_owned(),
                namespaces: match &association.scope {
                    AccessScope::Cluster => None,
                    AccessScope::Namespaces(namespaces) => Some(namespaces.clone()),
                },
            })
            .collect()
    })
}

/// The private DNS name of a running instance.
pub(super) fn private_dns_name(aws: &Aws, instance_id: &str) -> Option<String> {
    aws.read(|state| Some(state.ec2.instance(instance_id)?.private_dns()))
}

fn is_presented(compared_arn: &str, presented: &Presented) -> bool {
    presented.canonical_arn().eq_ignore_ascii_case(compared_arn)
}
