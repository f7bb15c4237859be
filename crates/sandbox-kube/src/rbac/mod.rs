//! Authorisation after the gate: the node authoriser, and RBAC from the roles and bindings in the store.

mod bootstrap;
mod escalation;
mod node;
mod rules;

pub(crate) use bootstrap::bootstrap;
pub(crate) use escalation::check as check_escalation;
pub(crate) use node::{node_allows, restrict_node};
pub(crate) use rules::{Rule, Rules};

use crate::server::Shared;
use crate::user::{Attributes, Opinion, User};

/// Whether a user may do this.
pub(crate) fn allows(shared: &Shared, user: &User, ask: &Attributes<'_>) -> bool {
    user.is_in("system:masters")
        || shared.settings.gate.allows(user, ask) == Opinion::Allowed
        || node_allows(user, ask)
        || shared.rules().allows(user, ask)
}
