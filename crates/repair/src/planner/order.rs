//! The order of steps: IAM before EKS before Kubernetes, as each system refers to the one before it.

use rolecall_facts::Change;

use super::Draft;

/// Sorts steps; those of one rank keep their order. A step goes where its last call belongs, so that
/// what others prepare is there.
pub(super) fn sort(drafts: &mut [Draft]) {
    drafts.sort_by_key(|draft| draft.changes.iter().map(rank).max().unwrap_or_default());
}

fn rank(change: &Change) -> u8 {
    match change {
        Change::CreateRole(_) => 0,
        Change::SetTrust { .. } => 1,
        Change::AttachPolicy { .. } | Change::PutInlinePolicy { .. } => 2,
        Change::DetachPolicy { .. } | Change::DeleteInlinePolicy { .. } => 3,
        Change::RemoveRoleFromInstanceProfile { .. } => 4,
        Change::AddRoleToInstanceProfile { .. } => 5,
        Change::DeleteRole { .. } => 6,
        // Without the API in the authentication mode there are no entries.
        Change::SetAuthenticationMode { .. } => 10,
        Change::SetComputeConfig { .. } => 11,
        Change::DeleteAccessEntry { .. } => 12,
        Change::CreateAccessEntry(_) => 13,
        Change::AssociateAccessPolicy { .. } => 14,
        Change::DisassociateAccessPolicy { .. } => 15,
        Change::CreateNodeGroup { .. } => 16,
        Change::DeleteNodeGroup { .. } => 17,
        Change::SetNodeClassIdentity { .. } => 20,
        Change::SetNodeClassRef { .. } => 21,
        Change::MapRole { .. } | Change::UnmapRole { .. } | Change::RemapRole { .. } => 22,
        _ => u8::MAX,
    }
}
