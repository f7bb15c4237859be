use std::fmt;
use std::str::FromStr;

use crate::text::serde_as_text;
use crate::{ArnError, Expected};

/// An IAM path: `/`, or text that begins and ends with `/` (IAM API Reference, `CreateRole`).
///
/// 1 to 512 characters, printable ASCII without space. IAM's pattern is `/`, or two slashes with one
/// or more characters between them, and a slash is such a character: `///` and `/a//b/` follow it,
/// `//` does not.
///
/// ```
/// use rolecall_arn::IamPath;
///
/// let path: IamPath = "/platform/eks/".parse()?;
/// assert!(path.is_under(&"/platform/".parse()?));
/// assert!("/platform/eks".parse::<IamPath>().is_err());
/// # Ok::<(), rolecall_arn::ArnError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct IamPath(Box<str>);

impl IamPath {
    /// The longest path IAM accepts, in characters.
    pub const MAX_LEN: usize = 512;

    /// The root path, `/`.
    #[must_use]
    pub fn root() -> Self {
        Self("/".into())
    }

    /// Whether this is `/`.
    #[must_use]
    pub fn is_root(&self) -> bool {
        &*self.0 == "/"
    }

    /// The path with both its slashes.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this path lies at or under `parent`, whole segments only: `/platform/eks/` is under
    /// `/platform/`, `/platform-x/` is not.
    #[must_use]
    pub fn is_under(&self, parent: &Self) -> bool {
        self.0.starts_with(&*parent.0)
    }
}

impl Default for IamPath {
    fn default() -> Self {
        Self::root()
    }
}

impl FromStr for IamPath {
    type Err = ArnError;

    fn from_str(text: &str) -> Result<Self, ArnError> {
        let fail = |problem: &str| Err(ArnError::new(text, Expected::IamPath, problem));
        if !text.starts_with('/') {
            return fail("it must begin with `/`");
        }
        if !text.ends_with('/') {
            return fail("it must end with `/`");
        }
        if text.len() > Self::MAX_LEN {
            return fail("it is longer than 512 characters");
        }
        if let Some(bad) = text.chars().find(|c| !c.is_ascii_graphic()) {
            return fail(&format!("{bad:?} is not allowed in a path"));
        }
        // The model's pattern is `/` or `/` + one or more characters + `/`: `//` alone is neither.
        if text == "//" {
            return fail("there is nothing between its slashes");
        }
        Ok(Self(text.into()))
    }
}

impl fmt::Display for IamPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

serde_as_text!(IamPath);
