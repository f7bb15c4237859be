use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// Where a fact was learnt.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// A place in a file.
    File(FileOrigin),
    /// The answer to an API call.
    Api(ApiOrigin),
}

/// A place in a file.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct FileOrigin {
    /// The path as the user would type it; `-` for standard input.
    pub path: Arc<str>,
    /// Line, from 1.
    pub line: u32,
    /// Column, from 1, in characters.
    pub column: u32,
    /// How many characters of that line are meant; 0 when only the beginning is known.
    #[serde(default)]
    pub length: u32,
    /// The object's address in its own language, such as `module.eks.aws_iam_role.node[0]` or a
    /// CloudFormation logical id, where that says more than the place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<Arc<str>>,
}

/// The answer to an API call.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ApiOrigin {
    /// Service and operation, such as `eks:DescribeAccessEntry`.
    pub call: Arc<str>,
    /// What was asked for.
    pub target: Arc<str>,
}

impl Origin {
    /// A place in a file, without an address.
    #[must_use]
    pub fn file(path: &Arc<str>, line: u32, column: u32, length: u32) -> Self {
        Self::File(FileOrigin {
            path: Arc::clone(path),
            line,
            column,
            length,
            address: None,
        })
    }

    /// An API call.
    #[must_use]
    pub fn api(call: &str, target: &str) -> Self {
        Self::Api(ApiOrigin {
            call: call.into(),
            target: target.into(),
        })
    }

    /// The same place with the object's address.
    #[must_use]
    pub fn with_address(mut self, address: &str) -> Self {
        if let Self::File(file) = &mut self {
            file.address = Some(address.into());
        }
        self
    }

    /// The file place, if it is one.
    #[must_use]
    pub fn as_file(&self) -> Option<&FileOrigin> {
        match self {
            Self::File(file) => Some(file),
            Self::Api(_) => None,
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(FileOrigin {
                path,
                line,
                column,
                address,
                ..
            }) => {
                write!(f, "{path}:{line}:{column}")?;
                address
                    .as_ref()
                    .map_or(Ok(()), |address| write!(f, " ({address})"))
            }
            Self::Api(ApiOrigin { call, target }) => write!(f, "{call} {target}"),
        }
    }
}
