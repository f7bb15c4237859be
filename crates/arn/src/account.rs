use std::fmt;
use std::str::FromStr;

use crate::text::serde_as_text;
use crate::{ArnError, Expected};

/// An AWS account id: twelve digits, leading zeros kept.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AccountId(u64);

impl AccountId {
    /// `111122223333`, the account that AWS's documentation uses.
    pub const EXAMPLE: Self = Self(111_122_223_333);

    /// The id as a number below 10^12.
    #[must_use]
    pub fn as_u64(self) -> u64 {
        self.0
    }
}

impl FromStr for AccountId {
    type Err = ArnError;

    fn from_str(text: &str) -> Result<Self, ArnError> {
        let fail = |problem: &str| Err(ArnError::new(text, Expected::AccountId, problem));
        if text.len() != 12 {
            return fail("it must have twelve digits");
        }
        text.bytes()
            .try_fold(0_u64, |sum, byte| {
                byte.is_ascii_digit()
                    .then(|| sum * 10 + u64::from(byte - b'0'))
            })
            .map_or_else(
                || fail("it must have digits only"),
                |number| Ok(Self(number)),
            )
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:012}", self.0)
    }
}

impl fmt::Debug for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AccountId({self})")
    }
}

serde_as_text!(AccountId);
