use std::fmt;
use std::str::FromStr;

use rolecall_arn::{AccountId, ArnError, Expected, IamPath, Partition, RoleArn, RoleName};
use serde::{Deserialize, Serialize};

use crate::symbol;

/// A role's ARN of which partition and account may be known only when the files are applied.
///
/// Path and name are always there: they are what this tool is about.
///
/// ```
/// use rolecall_facts::RoleIdentity;
///
/// let declared: RoleIdentity =
///     "arn:${AWS::Partition}:iam::${AWS::AccountId}:role/platform/NodeRole".parse()?;
/// let live: RoleIdentity = "arn:aws:iam::111122223333:role/platform/NodeRole".parse()?;
/// let moved: RoleIdentity = "arn:aws:iam::111122223333:role/NodeRole".parse()?;
/// assert!(declared.may_equal(&live) && !declared.certainly_equals(&live));
/// assert!(!declared.may_equal(&moved));
/// # Ok::<(), rolecall_arn::ArnError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RoleIdentity {
    /// The partition; `None` for the one the files are applied to.
    pub partition: Option<Partition>,
    /// The account; `None` for the one the files are applied to.
    pub account: Option<AccountId>,
    /// The path.
    pub path: IamPath,
    /// The name.
    pub name: RoleName,
}

impl RoleIdentity {
    /// The full ARN, when account and partition are known.
    #[must_use]
    pub fn arn(&self) -> Option<RoleArn> {
        Some(RoleArn::new(
            self.partition.clone()?,
            self.account?,
            self.path.clone(),
            self.name.clone(),
        ))
    }

    /// Whether both name the same role as far as is known: path and name are equal, and so are
    /// partition and account wherever both sides know them.
    #[must_use]
    pub fn may_equal(&self, other: &Self) -> bool {
        self.path == other.path && self.name == other.name && self.may_share_account(other)
    }

    /// Whether both may lie in one account and partition.
    #[must_use]
    pub fn may_share_account(&self, other: &Self) -> bool {
        agree(self.account.as_ref(), other.account.as_ref())
            && agree(self.partition.as_ref(), other.partition.as_ref())
    }

    /// Whether the two are certainly the same ARN.
    #[must_use]
    pub fn certainly_equals(&self, other: &Self) -> bool {
        self == other
    }
}

fn agree<T: PartialEq>(left: Option<&T>, right: Option<&T>) -> bool {
    match (left, right) {
        (Some(left), Some(right)) => left == right,
        _ => true,
    }
}

impl From<RoleArn> for RoleIdentity {
    fn from(arn: RoleArn) -> Self {
        Self {
            partition: Some(arn.partition().clone()),
            account: Some(arn.account()),
            path: arn.path().clone(),
            name: arn.name().clone(),
        }
    }
}

impl From<RoleIdentity> for String {
    fn from(identity: RoleIdentity) -> Self {
        identity.to_string()
    }
}

impl TryFrom<String> for RoleIdentity {
    type Error = ArnError;
    fn try_from(text: String) -> Result<Self, ArnError> {
        text.parse()
    }
}

impl FromStr for RoleIdentity {
    type Err = ArnError;

    /// Parses a role's ARN in which partition and account may be the symbols of [`symbol`].
    fn from_str(text: &str) -> Result<Self, ArnError> {
        // The symbols hold colons themselves, so they are taken off by place before the text is
        // split. Any valid stand-in serves in their stead: it is put back to `None` right below.
        let parts = text.strip_prefix("arn:").and_then(|rest| {
            let (partition, rest) = before_colon(rest, symbol::PARTITION)?;
            let rest = rest.strip_prefix("iam::")?;
            let (account, rest) = before_colon(rest, symbol::ACCOUNT)?;
            Some((partition, account, rest))
        });
        let concrete = parts.map_or_else(
            || text.to_owned(),
            |(partition, account, rest)| {
                format!(
                    "arn:{}:iam::{}:{rest}",
                    partition.unwrap_or("aws"),
                    account.unwrap_or("000000000000")
                )
            },
        );
        let arn: RoleArn = concrete.parse().map_err(|error: ArnError| ArnError {
            text: text.to_owned(),
            expected: Expected::RoleArn,
            ..error
        })?;
        let mut identity = Self::from(arn);
        if let Some((partition, account, _)) = parts {
            identity.partition = identity.partition.filter(|_| partition.is_some());
            identity.account = identity.account.filter(|_| account.is_some());
        }
        Ok(identity)
    }
}

/// Text before the next colon, `None` if it is the symbol, and what follows the colon.
fn before_colon<'a>(text: &'a str, symbol: &str) -> Option<(Option<&'a str>, &'a str)> {
    match text.strip_prefix(symbol) {
        Some(rest) => Some((None, rest.strip_prefix(':')?)),
        None => text.split_once(':').map(|(part, rest)| (Some(part), rest)),
    }
}

impl fmt::Display for RoleIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let partition = self
            .partition
            .as_ref()
            .map_or(symbol::PARTITION, Partition::as_str);
        write!(f, "arn:{partition}:iam::")?;
        match self.account {
            Some(account) => write!(f, "{account}")?,
            None => f.write_str(symbol::ACCOUNT)?,
        }
        write!(f, ":role{}{}", self.path, self.name)
    }
}

/// Who an access entry, a mapping or a reference names.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum Principal {
    /// A role by its ARN.
    Role(RoleIdentity),
    /// Any other text: a user, a session, a bare name, or something malformed. Kept as written.
    Other(String),
}

impl Principal {
    /// Reads a principal; what is not a role's ARN is kept as it is.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        text.parse()
            .map_or_else(|_| Self::Other(text.to_owned()), Self::Role)
    }

    /// The role, if it names one.
    #[must_use]
    pub fn as_role(&self) -> Option<&RoleIdentity> {
        match self {
            Self::Role(role) => Some(role),
            Self::Other(_) => None,
        }
    }
}

impl From<String> for Principal {
    fn from(text: String) -> Self {
        Self::parse(&text)
    }
}

impl From<Principal> for String {
    fn from(principal: Principal) -> Self {
        principal.to_string()
    }
}

impl fmt::Display for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Role(role) => role.fmt(f),
            Self::Other(text) => f.write_str(text),
        }
    }
}
