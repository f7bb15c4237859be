use std::fmt;
use std::str::FromStr;

use crate::text::serde_as_text;
use crate::{ArnError, Expected, Partition};

/// Any ARN, split into its six parts but not interpreted.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Arn {
    /// `aws`, `aws-cn`, …
    pub partition: Partition,
    /// The service's namespace, such as `iam` or `eks`.
    pub service: Box<str>,
    /// The region; empty for global services.
    pub region: Box<str>,
    /// The account: twelve digits, `aws` for what AWS owns, or empty (S3 buckets).
    pub account: Box<str>,
    /// All that follows the fifth colon; may hold colons and slashes.
    pub resource: Box<str>,
}

/// The five parts after `arn:`, borrowed.
pub(crate) struct Parts<'a> {
    pub(crate) partition: Partition,
    pub(crate) service: &'a str,
    pub(crate) region: &'a str,
    pub(crate) account: &'a str,
    pub(crate) resource: &'a str,
}

pub(crate) fn split(text: &str, expected: Expected) -> Result<Parts<'_>, ArnError> {
    let fail = |problem: &str| ArnError::new(text, expected, problem);
    let mut parts = text.splitn(6, ':');
    if parts.next() != Some("arn") {
        return Err(fail("it does not begin with `arn:`"));
    }
    let mut next = || {
        parts
            .next()
            .ok_or_else(|| fail("an ARN has five colons or more"))
    };
    let (partition, service, region, account, resource) =
        (next()?, next()?, next()?, next()?, next()?);
    let partition = partition
        .parse()
        .map_err(|_| fail(&format!("`{partition}` is not a partition such as `aws`")))?;
    Ok(Parts {
        partition,
        service,
        region,
        account,
        resource,
    })
}

impl FromStr for Arn {
    type Err = ArnError;

    fn from_str(text: &str) -> Result<Self, ArnError> {
        let parts = split(text, Expected::Arn)?;
        if parts.service.is_empty() || parts.resource.is_empty() {
            return Err(ArnError::new(
                text,
                Expected::Arn,
                "service and resource must not be empty",
            ));
        }
        Ok(Self {
            partition: parts.partition,
            service: parts.service.into(),
            region: parts.region.into(),
            account: parts.account.into(),
            resource: parts.resource.into(),
        })
    }
}

impl fmt::Display for Arn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            partition,
            service,
            region,
            account,
            resource,
        } = self;
        write!(f, "arn:{partition}:{service}:{region}:{account}:{resource}")
    }
}

serde_as_text!(Arn);
