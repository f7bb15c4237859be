use rolecall_arn::{AccountId, Partition, RoleArn, UserArn};

use crate::iam;
use crate::state::State;

/// The IAM principal of an access entry, from its ARN.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    /// The ARN as written.
    pub arn: String,
    /// The partition.
    pub partition: Partition,
    /// Its account.
    pub account: AccountId,
    /// Role or user.
    pub kind: PrincipalKind,
    /// The name, without path.
    pub name: String,
}

/// What a principal is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PrincipalKind {
    /// A role.
    Role,
    /// A user.
    User,
}

impl PrincipalKind {
    /// `role` or `user`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Role => "role",
            Self::User => "user",
        }
    }
}

/// A principal's ARN as an authenticator compares it with what STS tells of a caller: a role's without
/// its path, which sessions do not have, a user's as it is, both in lower case
/// (kubernetes-sigs/aws-iam-authenticator, `pkg/arn` and `pkg/mapper/dynamicfile`).
#[must_use]
pub fn compared_arn(arn: &str) -> String {
    let mut compared = match arn.parse::<RoleArn>() {
        Ok(role) => format!(
            "arn:{}:iam::{}:role/{}",
            role.partition(),
            role.account(),
            role.name()
        ),
        Err(_) => arn.to_owned(),
    };
    compared.make_ascii_lowercase();
    compared
}

impl Principal {
    /// Reads the ARN of a role or user. Sessions, roots and groups are none: they have no entries
    /// (EKS User Guide, "Create access entries").
    #[must_use]
    pub fn parse(arn: &str) -> Option<Self> {
        if let Ok(role) = arn.parse::<RoleArn>() {
            return Some(Self {
                arn: arn.to_owned(),
                partition: role.partition().clone(),
                account: role.account(),
                kind: PrincipalKind::Role,
                name: role.name().as_str().to_owned(),
            });
        }
        let user = arn.parse::<UserArn>().ok()?;
        Some(Self {
            arn: arn.to_owned(),
            partition: user.partition().clone(),
            account: user.account(),
            kind: PrincipalKind::User,
            name: user.name().as_str().to_owned(),
        })
    }

    /// Whether EKS takes it for a service-linked role: by the beginning of its path alone.
    pub(super) fn is_service_linked(&self) -> bool {
        self.arn.contains(":role/aws-service-role/")
    }

    /// The unique id of the principal with exactly this ARN, as callers see IAM now. A role of the
    /// same name under another path is another ARN and so nobody. Letters must agree in case too;
    /// whether they must in AWS is not known.
    pub(super) fn unique_id(&self, state: &State) -> Option<String> {
        let key = iam::key(self.account, &self.name);
        let (arn, id) = match self.kind {
            PrincipalKind::Role => {
                let role = state.iam.roles.seen(&key)?;
                (role.arn(&state.partition), &role.id)
            }
            PrincipalKind::User => {
                let user = state.iam.users.seen(&key)?;
                (user.arn(&state.partition), &user.id)
            }
        };
        (arn == self.arn).then(|| id.clone())
    }
}
