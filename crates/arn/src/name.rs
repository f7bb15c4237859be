use std::fmt;
use std::str::FromStr;

use crate::text::serde_as_text;
use crate::{ArnError, Expected};

fn check(
    text: &str,
    expected: Expected,
    lengths: std::ops::RangeInclusive<usize>,
) -> Result<(), ArnError> {
    if let Some(bad) = text
        .chars()
        .find(|c| !(c.is_ascii_alphanumeric() || "_+=,.@-".contains(*c)))
    {
        return Err(ArnError::new(
            text,
            expected,
            format!("{bad:?} is not allowed in a name"),
        ));
    }
    if !lengths.contains(&text.len()) {
        return Err(ArnError::new(
            text,
            expected,
            format!("it has {} characters", text.len()),
        ));
    }
    Ok(())
}

macro_rules! iam_name {
    ($(#[$doc:meta])* $type:ident, $lengths:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $type(Box<str>);

        impl $type {
            /// The name as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// Whether IAM takes both for one name: it does not distinguish names by case
            /// (IAM API Reference, `CreateRole`).
            #[must_use]
            pub fn same_as(&self, other: &Self) -> bool {
                self.0.eq_ignore_ascii_case(&other.0)
            }
        }

        impl FromStr for $type {
            type Err = ArnError;

            fn from_str(text: &str) -> Result<Self, ArnError> {
                check(text, Expected::$type, $lengths)?;
                Ok(Self(text.into()))
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        serde_as_text!($type);
    };
}

iam_name! {
    /// A role's name: 1 to 64 letters, digits or `_+=,.@-` (IAM API Reference, `CreateRole`).
    RoleName, 1..=64
}
iam_name! {
    /// An instance profile's name: 1 to 128 of the same characters
    /// (IAM API Reference, `CreateInstanceProfile`).
    InstanceProfileName, 1..=128
}
iam_name! {
    /// A user's name: 1 to 64 of the same characters (IAM API Reference, `CreateUser`).
    UserName, 1..=64
}
iam_name! {
    /// A role session's name: 2 to 64 of the same characters (STS API Reference, `AssumeRole`).
    /// EC2 uses the instance id.
    SessionName, 2..=64
}

impl SessionName {
    /// Whether this is an EC2 instance id, `i-` and 8 or 17 hexadecimal digits in lower case, as
    /// the session of a node is called (Amazon EC2 User Guide, "Resource IDs").
    #[must_use]
    pub fn is_instance_id(&self) -> bool {
        self.0.strip_prefix("i-").is_some_and(|digits| {
            matches!(digits.len(), 8 | 17)
                && digits
                    .bytes()
                    .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
        })
    }
}
