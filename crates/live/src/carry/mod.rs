//! Carrying out: changes as the calls that make them.
//!
//! Each [`Change`] is one call, as [`Change::call`] tells it. AWS's services are eventually
//! consistent, so a call may be refused only because an earlier one has not got round yet; that is
//! waited out, within bounds, and whoever asked is told what is waited for and why. Whatever the
//! answer, it is not taken on trust that nothing was done: where a call is refused because the thing
//! is there (or gone) already, it is looked at, and if it is what was wanted, the change is made. So a
//! change whose answer was lost can be carried out again.

mod access_entries;
mod attempt;
mod aws_auth;
mod cluster;
mod error;
mod instance_profiles;
mod map_roles;
mod node_groups;
mod objects;
mod policies;
mod refusal;
mod roles;
mod waiting;

use aws_sdk_eks::Client as Eks;
use aws_sdk_iam::Client as Iam;
use rolecall_facts::Change;

use crate::Connection;
use attempt::Step;
use waiting::Waiting;

pub use error::CarryError;
pub use waiting::{Patience, Wait};

/// Who made a field, as Kubernetes records it.
const FIELD_MANAGER: &str = "rolecall";

/// Makes one change in a cluster of this name.
///
/// `token` makes the call one call however often it is sent, where the API takes such a token
/// (`clientRequestToken`): send the same change again with the same token. `told` hears of every wait
/// before it begins. How long is waited at most is the connection's [`Patience`].
///
/// A change that the cluster and its account show as made is made: that is success.
///
/// # Errors
/// When AWS or Kubernetes refuses, when what is there is neither what was nor what is wanted, or when
/// they cannot be reached; see [`CarryError::help`].
pub async fn carry_out(
    connection: &Connection,
    cluster: &str,
    change: &Change,
    token: &str,
    told: &mut (dyn FnMut(Wait) + Send),
) -> Result<(), CarryError> {
    let carrier = Carrier {
        eks: Eks::new(&connection.aws),
        iam: Iam::new(&connection.aws),
        connection,
        cluster,
        token,
    };
    let mut waiting = Waiting::new(connection.patience, told);
    loop {
        // Calls of the SDK are types of a hundred levels, and whoever calls this is deep already: put
        // aside, they do not add up.
        match Box::pin(carrier.attempt(change)).await {
            Step::Done => return Ok(()),
            Step::Failed(error) => return Err(carrier.named(error)),
            Step::Again(again) => match waiting.pause(again).await {
                Ok(true) => {}
                Ok(false) => return Ok(()),
                Err(error) => return Err(carrier.named(error)),
            },
            Step::Begun(update) => {
                let done = Box::pin(carrier.updated(&update, &mut waiting)).await;
                return done.map_err(|error| carrier.named(error));
            }
        }
    }
}

/// What a change is carried out with.
struct Carrier<'a> {
    eks: Eks,
    iam: Iam,
    connection: &'a Connection,
    cluster: &'a str,
    token: &'a str,
}

impl Carrier<'_> {
    /// Tries once.
    async fn attempt(&self, change: &Change) -> Step {
        match change {
            Change::CreateAccessEntry(entry) => self.create_entry(entry).await,
            Change::DeleteAccessEntry { principal } => self.delete_entry(principal).await,
            Change::AssociateAccessPolicy {
                principal,
                policy_arn,
                scope,
            } => self.associate(principal, policy_arn, scope).await,
            Change::DisassociateAccessPolicy {
                principal,
                policy_arn,
            } => self.disassociate(principal, policy_arn).await,
            Change::SetAuthenticationMode { mode } => self.set_mode(*mode).await,
            Change::SetComputeConfig {
                enabled,
                node_pools,
                node_role,
            } => {
                let role = node_role.as_deref();
                self.set_compute(*enabled, node_pools, role).await
            }
            Change::CreateNodeGroup { name, node_role } => {
                self.create_node_group(name, node_role).await
            }
            Change::DeleteNodeGroup { name } => self.delete_node_group(name).await,
            _ => self.attempt_in_iam(change).await,
        }
    }

    async fn attempt_in_iam(&self, change: &Change) -> Step {
        match change {
            Change::CreateRole(role) => self.create_role(role).await,
            Change::DeleteRole { name } => self.delete_role(name).await,
            Change::SetTrust { role, document } => self.set_trust(role, document).await,
            Change::AttachPolicy { role, policy_arn } => self.attach(role, policy_arn).await,
            Change::DetachPolicy { role, policy_arn } => self.detach(role, policy_arn).await,
            Change::PutInlinePolicy {
                role,
                name,
                document,
            } => self.put_inline(role, name, document).await,
            Change::DeleteInlinePolicy { role, name } => self.delete_inline(role, name).await,
            Change::AddRoleToInstanceProfile { profile, role } => {
                self.add_to_profile(profile, role).await
            }
            Change::RemoveRoleFromInstanceProfile { profile, role } => {
                self.remove_from_profile(profile, role).await
            }
            _ => self.attempt_in_kubernetes(change).await,
        }
    }

    async fn attempt_in_kubernetes(&self, change: &Change) -> Step {
        match change {
            Change::SetNodeClassIdentity {
                kind,
                name,
                role,
                instance_profile,
            } => {
                let (role, profile) = (role.as_deref(), instance_profile.as_deref());
                self.set_class_identity(*kind, name, role, profile).await
            }
            Change::SetNodeClassRef { pool, class } => self.set_class_ref(pool, class).await,
            Change::MapRole {
                role_arn,
                username,
                groups,
            } => {
                let edit = map_roles::Edit::Add {
                    role_arn,
                    username,
                    groups,
                };
                self.edit_aws_auth(&edit).await
            }
            Change::UnmapRole { role_arn } => {
                self.edit_aws_auth(&map_roles::Edit::Remove { role_arn })
                    .await
            }
            Change::RemapRole { from, to } => {
                self.edit_aws_auth(&map_roles::Edit::Replace { from, to })
                    .await
            }
            other => Step::Failed(CarryError::NotSupported {
                call: other.call(self.cluster).action.to_owned(),
            }),
        }
    }

    /// The same error with the endpoint's address in place of the service's name.
    fn named(&self, error: CarryError) -> CarryError {
        match error {
            CarryError::Live(error) => CarryError::Live(self.connection.named(error)),
            error => error,
        }
    }
}
