use std::fmt;
use std::str::FromStr;

use crate::text::serde_as_text;
use crate::{ArnError, Expected};

/// An AWS partition: the first part of an ARN after `arn:`.
///
/// Partitions this version does not know by name are kept as they are, so that an ARN of a new
/// partition still parses and prints.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
#[non_exhaustive]
pub enum Partition {
    /// `aws`, the commercial regions.
    #[default]
    Aws,
    /// `aws-cn`, Beijing and Ningxia.
    China,
    /// `aws-us-gov`.
    GovCloud,
    /// `aws-iso`, `aws-iso-b`, `aws-iso-e`, `aws-iso-f`, `aws-eusc` and any later one, by its name.
    Other(Box<str>),
}

impl Partition {
    /// The name as it stands in an ARN.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Aws => "aws",
            Self::China => "aws-cn",
            Self::GovCloud => "aws-us-gov",
            Self::Other(name) => name,
        }
    }

    /// The partition of a region, by the region's prefix (AWS General Reference, "Service
    /// endpoints"). A region of no known prefix is taken for commercial.
    #[must_use]
    pub fn of_region(region: &str) -> Self {
        const PREFIXES: [(&str, &str); 7] = [
            ("cn-", "aws-cn"),
            ("us-gov-", "aws-us-gov"),
            ("us-iso-", "aws-iso"),
            ("us-isob-", "aws-iso-b"),
            ("eu-isoe-", "aws-iso-e"),
            ("us-isof-", "aws-iso-f"),
            ("eusc-", "aws-eusc"),
        ];
        PREFIXES
            .iter()
            .find(|(prefix, _)| region.starts_with(prefix))
            .map_or(Self::Aws, |(_, name)| Self::from_valid(name))
    }

    /// The domain of the partition's endpoints, `amazonaws.com` or `amazonaws.com.cn`; CloudFormation
    /// calls it `AWS::URLSuffix`. `None` for partitions whose suffix this version does not know.
    #[must_use]
    pub fn url_suffix(&self) -> Option<&'static str> {
        match self {
            Self::Aws | Self::GovCloud => Some("amazonaws.com"),
            Self::China => Some("amazonaws.com.cn"),
            Self::Other(name) => match &**name {
                "aws-iso" => Some("c2s.ic.gov"),
                "aws-iso-b" => Some("sc2s.sgov.gov"),
                "aws-iso-e" => Some("cloud.adc-e.uk"),
                "aws-iso-f" => Some("csp.hci.ic.gov"),
                "aws-eusc" => Some("amazonaws.eu"),
                _ => None,
            },
        }
    }

    fn from_valid(name: &str) -> Self {
        match name {
            "aws" => Self::Aws,
            "aws-cn" => Self::China,
            "aws-us-gov" => Self::GovCloud,
            other => Self::Other(other.into()),
        }
    }
}

impl FromStr for Partition {
    type Err = ArnError;

    fn from_str(text: &str) -> Result<Self, ArnError> {
        let valid = text == "aws"
            || text.strip_prefix("aws-").is_some_and(|rest| {
                !rest.is_empty()
                    && rest
                        .bytes()
                        .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
            });
        if valid {
            Ok(Self::from_valid(text))
        } else {
            Err(ArnError::new(
                text,
                Expected::Partition,
                "partitions begin with `aws`",
            ))
        }
    }
}

impl fmt::Display for Partition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

serde_as_text!(Partition);
