use std::fmt;
use std::str::FromStr;

use crate::text::serde_as_text;
use crate::{ArnError, Expected};

/// What an IAM unique id belongs to, by its first four letters
/// (IAM User Guide, "IAM identifiers").
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum UniqueIdKind {
    /// `AROA`
    Role,
    /// `AIDA`
    User,
    /// `AIPA`
    InstanceProfile,
    /// Another prefix.
    Other,
}

/// An IAM unique id, `AROATFQR7NSCYGNOX4QAJ`: 16 to 128 letters, digits or `_`.
///
/// A role that is deleted and made again under the same ARN has a new id; EKS binds an access entry
/// to the id (Amazon EKS API Reference, `AccessEntry`).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct UniqueId(Box<str>);

impl UniqueId {
    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What it belongs to.
    #[must_use]
    pub fn kind(&self) -> UniqueIdKind {
        match self.0.get(..4) {
            Some("AROA") => UniqueIdKind::Role,
            Some("AIDA") => UniqueIdKind::User,
            Some("AIPA") => UniqueIdKind::InstanceProfile,
            _ => UniqueIdKind::Other,
        }
    }
}

impl FromStr for UniqueId {
    type Err = ArnError;

    fn from_str(text: &str) -> Result<Self, ArnError> {
        let fail = |problem: &str| Err(ArnError::new(text, Expected::UniqueId, problem));
        if !(16..=128).contains(&text.len()) {
            return fail("it must have 16 to 128 characters");
        }
        if !text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        {
            return fail("it must have letters, digits and `_` only");
        }
        Ok(Self(text.into()))
    }
}

impl fmt::Display for UniqueId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

serde_as_text!(UniqueId);
