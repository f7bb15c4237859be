use rolecall_facts::{Principal, RoleIdentity, Snapshot};

use crate::ControlPlane;

/// Which generation of the control plane the recorded calls show: the ARN that it asks EKS about has
/// the role's path, or it has dropped it (aws/containers-roadmap#2486). `None` where no refused call
/// is about a role under a path.
#[must_use]
pub fn observed_control_plane(snapshot: &Snapshot) -> Option<ControlPlane> {
    let under_path: Vec<RoleIdentity> = snapshot
        .roles
        .iter()
        .filter_map(|role| role.identity()?.ok())
        .filter(|role| !role.path.is_root())
        .collect();
    let by_service = |issuer: &Option<String>| {
        let issuer = issuer.as_deref().unwrap_or_default();
        issuer.ends_with("/AWSServiceRoleForAmazonEKS")
    };
    let asked = snapshot
        .calls
        .iter()
        .filter(|call| {
            call.event_name == "DescribeAccessEntry" && by_service(&call.session_issuer_arn)
        })
        .filter_map(|call| {
            let principal = Principal::parse(call.principal_arn.as_deref()?);
            let asked = principal.as_role()?.clone();
            let role = under_path
                .iter()
                .find(|role| role.name == asked.name && role.may_share_account(&asked))?;
            let generation = if asked.path.is_root() {
                ControlPlane::Legacy
            } else if asked.path == role.path {
                ControlPlane::Current
            } else {
                return None;
            };
            Some((call.time, &call.event_id, generation))
        });
    asked
        .max_by_key(|(time, id, _)| (*time, *id))
        .map(|(.., generation)| generation)
}
