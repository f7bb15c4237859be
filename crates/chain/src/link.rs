use std::fmt;

/// One step of the chain, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Link {
    /// The pool's node class exists and is of the kind this cluster runs.
    NodeClass,
    /// The class names a role by name or an instance profile by name, exactly one of them.
    RoleReference,
    /// Exactly one role of that name is known; its ARN with path is used from here on.
    Role,
    /// The role trusts EC2.
    Trust,
    /// The role may do what its kind of node needs, under its boundary and SCPs.
    NodePermissions,
    /// Whoever launches may pass exactly this role and put it into an instance profile.
    PassRole,
    /// The cluster maps the role: an access entry of the right type, or `aws-auth` without path.
    AccessEntry,
    /// Auto Mode: `AmazonEKSAutoNodePolicy` is associated at cluster scope.
    AccessPolicy,
    /// The launcher may create fleets, instances and templates with the tags this class asks for.
    Launch,
    /// The identity the node will present is mapped to a node's user name and groups.
    Join,
    /// Observed nodes and claims.
    Node,
}

impl Link {
    /// All links in order.
    pub const ALL: [Self; 11] = [
        Self::NodeClass,
        Self::RoleReference,
        Self::Role,
        Self::Trust,
        Self::NodePermissions,
        Self::PassRole,
        Self::AccessEntry,
        Self::AccessPolicy,
        Self::Launch,
        Self::Join,
        Self::Node,
    ];

    /// The name users see, such as `access-entry`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NodeClass => "node-class",
            Self::RoleReference => "role-reference",
            Self::Role => "role",
            Self::Trust => "trust",
            Self::NodePermissions => "node-permissions",
            Self::PassRole => "pass-role",
            Self::AccessEntry => "access-entry",
            Self::AccessPolicy => "access-policy",
            Self::Launch => "launch",
            Self::Join => "join",
            Self::Node => "node",
        }
    }
}

impl fmt::Display for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What a link came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Verdict {
    /// It holds.
    Pass,
    /// What decides it was not in the input.
    Unknown,
    /// It does not hold.
    Fail,
}

impl Verdict {
    /// `pass`, `unknown` or `fail`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Unknown => "unknown",
            Self::Fail => "fail",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A link with its verdict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkState {
    /// Which link.
    pub link: Link,
    /// What it came to.
    pub verdict: Verdict,
    /// What was found, or what was missing, in a short phrase.
    pub detail: String,
}
