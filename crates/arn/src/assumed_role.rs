use std::fmt;
use std::str::FromStr;

use crate::generic::split;
use crate::text::serde_as_text;
use crate::{AccountId, ArnError, Expected, Partition, RoleName, SessionName};

/// The ARN of a role session, `arn:aws:sts::111122223333:assumed-role/NodeRole/i-0abc…`.
///
/// It never has the role's path, and the type offers no way back to a role's ARN.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AssumedRoleArn {
    partition: Partition,
    account: AccountId,
    role_name: RoleName,
    session: SessionName,
}

impl AssumedRoleArn {
    /// Puts an ARN together from checked parts.
    #[must_use]
    pub fn new(
        partition: Partition,
        account: AccountId,
        role_name: RoleName,
        session: SessionName,
    ) -> Self {
        Self {
            partition,
            account,
            role_name,
            session,
        }
    }

    /// The partition.
    #[must_use]
    pub fn partition(&self) -> &Partition {
        &self.partition
    }

    /// The account that owns the role.
    #[must_use]
    pub fn account(&self) -> AccountId {
        self.account
    }

    /// The role's bare name.
    #[must_use]
    pub fn role_name(&self) -> &RoleName {
        &self.role_name
    }

    /// The session's name; the instance id for an EC2 instance.
    #[must_use]
    pub fn session(&self) -> &SessionName {
        &self.session
    }
}

impl FromStr for AssumedRoleArn {
    type Err = ArnError;

    fn from_str(text: &str) -> Result<Self, ArnError> {
        let fail = |problem: String| ArnError::new(text, Expected::AssumedRoleArn, problem);
        let parts = split(text, Expected::AssumedRoleArn)?;
        if parts.service != "sts" || !parts.region.is_empty() {
            return Err(fail(
                "it does not begin with `arn:partition:sts::`".to_owned(),
            ));
        }
        let account = parts
            .account
            .parse()
            .map_err(|error: ArnError| fail(error.problem))?;
        let rest = parts
            .resource
            .strip_prefix("assumed-role/")
            .ok_or_else(|| fail("its resource does not begin with `assumed-role/`".to_owned()))?;
        let (name, session) = rest
            .split_once('/')
            .ok_or_else(|| fail("it names no session".to_owned()))?;
        Ok(Self {
            partition: parts.partition,
            account,
            role_name: name
                .parse()
                .map_err(|error: ArnError| fail(error.problem))?,
            session: session
                .parse()
                .map_err(|error: ArnError| fail(error.problem))?,
        })
    }
}

impl fmt::Display for AssumedRoleArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            partition,
            account,
            role_name,
            session,
        } = self;
        write!(
            f,
            "arn:{partition}:sts::{account}:assumed-role/{role_name}/{session}"
        )
    }
}

serde_as_text!(AssumedRoleArn);
