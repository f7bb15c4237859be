//! Who asks, what they ask for, and the gate that is asked before RBAC.

use std::collections::BTreeMap;

/// An authenticated identity.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct User {
    /// The user name, as in `system:node:i-0123456789abcdef0`.
    pub name: String,
    /// What stays the same when a name is given to somebody else.
    pub uid: Option<String>,
    /// The groups, without `system:authenticated`, which the server adds.
    pub groups: Vec<String>,
    /// What else the authenticator knows.
    pub extra: BTreeMap<String, Vec<String>>,
}

impl User {
    /// A user of this name in these groups.
    pub fn new<const N: usize>(name: impl Into<String>, groups: [&str; N]) -> Self {
        Self {
            name: name.into(),
            groups: groups.into_iter().map(str::to_owned).collect(),
            ..Self::default()
        }
    }

    /// A member of `system:masters`, who may do everything.
    pub fn master() -> Self {
        Self::new("kubernetes-admin", ["system:masters"])
    }

    /// Whether the user is in this group.
    pub fn is_in(&self, group: &str) -> bool {
        self.groups.iter().any(|one| one == group)
    }
}

/// What is asked for, as authorisers see it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Attributes<'a> {
    /// `get`, `list`, `watch`, `create`, `update`, `patch`, `delete`, `deletecollection`, `impersonate`;
    /// for a path that is no resource the HTTP method in lower case.
    pub verb: &'a str,
    /// The API group; empty for the core group.
    pub group: &'a str,
    /// The version, as in `v1`.
    pub version: &'a str,
    /// The plural resource name; empty for a path that is no resource.
    pub resource: &'a str,
    /// `status`, `scale` … or empty.
    pub subresource: &'a str,
    /// The namespace; empty at cluster scope.
    pub namespace: &'a str,
    /// The object's name; empty where all are meant.
    pub name: &'a str,
    /// The path of a request that is for no resource, as in `/version`; empty otherwise.
    pub path: &'a str,
}

/// What a [`Gate`] thinks of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opinion {
    /// It is allowed; nobody else is asked.
    Allowed,
    /// The next authoriser is asked.
    Nothing,
}

/// The part of authentication and authorisation that the cluster's owner brings along: for EKS,
/// tokens, access entries and access policies.
pub trait Gate: Send + Sync {
    /// Who the bearer of this token is; nothing leads to 401.
    fn authenticate(&self, token: &str) -> Option<User>;
    /// Asked before RBAC.
    fn allows(&self, user: &User, ask: &Attributes<'_>) -> Opinion;
}
