use std::collections::BTreeMap;

use rolecall_arn::IamPath;

use crate::ControlPlane;

/// What the user says about how to trace, beside the facts.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Which control plane to predict.
    pub control_plane: ControlPlane,
    /// The organisation's conventions.
    pub conventions: Conventions,
    /// The Karpenter controller's role by cluster name, by ARN or role name, where neither a Pod
    /// Identity association nor a trust policy tells.
    pub karpenter_roles: BTreeMap<String, String>,
}

/// An organisation's conventions for node roles. Empty means none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Conventions {
    /// The paths under which node roles may live; empty allows all.
    pub node_role_paths: Vec<PathConvention>,
    /// Patterns (`*` and `?`) of which a node role's name must match one; empty allows all.
    pub node_role_names: Vec<String>,
    /// Whether role names must be unique across all accounts given, and not only in each.
    pub unique_across_accounts: bool,
}

/// A path under which node roles may live.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathConvention {
    /// The path.
    pub path: IamPath,
    /// The team that owns it.
    pub owner: String,
}
