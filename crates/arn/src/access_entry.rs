use std::fmt;
use std::str::FromStr;

use crate::generic::split;
use crate::text::serde_as_text;
use crate::{AccountId, ArnError, Expected, Partition};

/// Whether an access entry's principal is a role or a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum EntryPrincipalKind {
    /// `role`
    Role,
    /// `user`
    User,
}

/// The ARN that EKS gives an access entry,
/// `arn:aws:eks:us-west-2:111122223333:access-entry/c1/role/111122223333/NodeRole/accb5418-…`
/// (Service Authorization Reference, "Amazon EKS", resource type `access-entry`).
///
/// The principal's path is not part of it, so the principal's ARN cannot be rebuilt from it. What
/// EKS calls the entry of a principal that is no ARN at all, `access-entry/c1////*`, is not one.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AccessEntryArn {
    /// The partition.
    pub partition: Partition,
    /// The cluster's region.
    pub region: Box<str>,
    /// The cluster's account.
    pub account: AccountId,
    /// The cluster's name.
    pub cluster: Box<str>,
    /// Role or user.
    pub kind: EntryPrincipalKind,
    /// The principal's account.
    pub principal_account: AccountId,
    /// The principal's bare name.
    pub principal_name: Box<str>,
    /// The tail that the server makes, or `*` where EKS names an entry that does not exist.
    pub id: Box<str>,
}

impl FromStr for AccessEntryArn {
    type Err = ArnError;

    fn from_str(text: &str) -> Result<Self, ArnError> {
        let fail = |problem: &str| ArnError::new(text, Expected::AccessEntryArn, problem);
        let parts = split(text, Expected::AccessEntryArn)?;
        if parts.service != "eks" || parts.region.is_empty() {
            return Err(fail("it does not begin with `arn:partition:eks:region:`"));
        }
        let mut segments = parts.resource.split('/');
        if segments.next() != Some("access-entry") {
            return Err(fail("its resource does not begin with `access-entry/`"));
        }
        let mut next = || {
            segments
                .next()
                .filter(|segment| !segment.is_empty())
                .ok_or_else(|| fail("it needs cluster, `role` or `user`, account, name and id"))
        };
        let cluster = next()?;
        let kind = match next()? {
            "role" => EntryPrincipalKind::Role,
            "user" => EntryPrincipalKind::User,
            _ => return Err(fail("its principal is neither `role` nor `user`")),
        };
        let principal_account = next()?;
        let (principal_name, id) = (next()?, next()?);
        if segments.next().is_some() {
            return Err(fail(
                "it has too many segments; an access entry's ARN holds no path",
            ));
        }
        let account_of = |digits: &str| {
            digits
                .parse()
                .map_err(|error: ArnError| fail(&error.problem))
        };
        Ok(Self {
            account: account_of(parts.account)?,
            principal_account: account_of(principal_account)?,
            partition: parts.partition,
            region: parts.region.into(),
            cluster: cluster.into(),
            kind,
            principal_name: principal_name.into(),
            id: id.into(),
        })
    }
}

impl fmt::Display for AccessEntryArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.kind {
            EntryPrincipalKind::Role => "role",
            EntryPrincipalKind::User => "user",
        };
        write!(
            f,
            "arn:{}:eks:{}:{}:access-entry/{}/{kind}/{}/{}/{}",
            self.partition,
            self.region,
            self.account,
            self.cluster,
            self.principal_account,
            self.principal_name,
            self.id
        )
    }
}

serde_as_text!(AccessEntryArn);
