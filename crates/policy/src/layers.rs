//! The policies that have a say in a request.

use crate::policy::PolicySet;

/// All policies that apply to a request, by kind. What is left empty does not apply: no boundary,
/// no organisation, no endpoint.
///
/// ```
/// use rolecall_policy::{Layers, managed};
/// let compute = managed::find("AmazonEKSComputePolicy").ok_or("not shipped")?;
/// let layers = Layers::identity([compute.policy()?]);
/// assert!(layers.boundary.is_none());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Layers {
    /// Policies attached to the principal, inline and managed, its groups' included.
    pub identity: PolicySet,
    /// The permissions boundary of the user or role.
    pub boundary: Option<PolicySet>,
    /// The policies passed when the session was made.
    pub session: Option<PolicySet>,
    /// The policy of the resource: bucket policy, key policy, role trust policy.
    pub resource: PolicySet,
    /// Service control policies, one level for the root, each organisational unit and the account
    /// of the *principal*. Leave them out for a management account, which they do not restrict.
    pub service_control: Vec<Level>,
    /// Resource control policies, levels as above, of the account of the *resource*. They are asked
    /// only about services that support them. Leave them out for a management account.
    pub resource_control: Vec<Level>,
    /// The policy of the VPC endpoint the request came through.
    pub endpoint: Option<PolicySet>,
}

/// The policies attached to one level of an organisation.
#[derive(Debug, Clone)]
pub struct Level {
    /// The root, unit or account, as the caller names it.
    pub target: String,
    /// Its policies. A level without an allow denies everything under it.
    pub policies: PolicySet,
}

impl Layers {
    /// Identity policies and nothing else.
    #[must_use]
    pub fn identity(policies: impl IntoIterator<Item = crate::Policy>) -> Self {
        Self {
            identity: policies.into_iter().collect(),
            ..Self::default()
        }
    }

    /// A resource's policy and nothing else, such as a role's trust policy.
    #[must_use]
    pub fn resource(policy: crate::Policy) -> Self {
        Self {
            resource: policy.into(),
            ..Self::default()
        }
    }
}
