use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::Origin;

/// Something known with its origin, or unknown with the reason.
///
/// ```
/// use rolecall_facts::{Fact, Origin, Why};
///
/// let path = Fact::known("/platform/".to_owned(), Origin::file(&"roles.tf".into(), 3, 10, 12));
/// assert_eq!(path.value().map(String::as_str), Some("/platform/"));
///
/// let name: Fact<String> = Fact::unknown(Why::not_given("a value of the variable `role`"));
/// assert!(!name.is_known());
/// assert_eq!(
///     name.why().map(ToString::to_string).as_deref(),
///     Some("a value of the variable `role` is not in what was given")
/// );
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fact<T> {
    /// The value, and where it was learnt.
    Known {
        /// The value.
        value: T,
        /// Where it was learnt.
        origin: Origin,
    },
    /// Not known.
    Unknown {
        /// What was missing.
        why: Why,
        /// Where the value would have been, if a place can be named.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        origin: Option<Origin>,
    },
}

impl<T> Fact<T> {
    /// A known value.
    #[must_use]
    pub fn known(value: T, origin: Origin) -> Self {
        Self::Known { value, origin }
    }

    /// An unknown value without a place.
    #[must_use]
    pub fn unknown(why: Why) -> Self {
        Self::Unknown { why, origin: None }
    }

    /// An unknown value at a place.
    #[must_use]
    pub fn unknown_at(why: Why, origin: Origin) -> Self {
        Self::Unknown {
            why,
            origin: Some(origin),
        }
    }

    /// The value, if known.
    #[must_use]
    pub fn value(&self) -> Option<&T> {
        match self {
            Self::Known { value, .. } => Some(value),
            Self::Unknown { .. } => None,
        }
    }

    /// The place, if one can be named.
    #[must_use]
    pub fn origin(&self) -> Option<&Origin> {
        match self {
            Self::Known { origin, .. } => Some(origin),
            Self::Unknown { origin, .. } => origin.as_ref(),
        }
    }

    /// The reason, if unknown.
    #[must_use]
    pub fn why(&self) -> Option<&Why> {
        match self {
            Self::Known { .. } => None,
            Self::Unknown { why, .. } => Some(why),
        }
    }

    /// Whether the value is known.
    #[must_use]
    pub fn is_known(&self) -> bool {
        matches!(self, Self::Known { .. })
    }

    /// Changes a known value.
    #[must_use]
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Fact<U> {
        match self {
            Self::Known { value, origin } => Fact::Known {
                value: change(value),
                origin,
            },
            Self::Unknown { why, origin } => Fact::Unknown { why, origin },
        }
    }

    /// The same fact by reference.
    #[must_use]
    pub fn as_ref(&self) -> Fact<&T> {
        match self {
            Self::Known { value, origin } => Fact::Known {
                value,
                origin: origin.clone(),
            },
            Self::Unknown { why, origin } => Fact::Unknown {
                why: why.clone(),
                origin: origin.clone(),
            },
        }
    }
}

/// Why something is not known.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "reason", content = "detail")]
pub enum Why {
    /// An expression could not be evaluated: which, and what it needs.
    NotEvaluated(Arc<str>),
    /// The value exists only after the change is applied.
    AfterApply(Arc<str>),
    /// No file or snapshot given says it.
    NotGiven(Arc<str>),
    /// A permission was missing; the action and resource that were refused.
    NotPermitted(Arc<str>),
    /// A call or a read failed otherwise.
    ReadFailed(Arc<str>),
}

impl Why {
    /// An expression that could not be evaluated.
    #[must_use]
    pub fn not_evaluated(detail: impl AsRef<str>) -> Self {
        Self::NotEvaluated(detail.as_ref().into())
    }

    /// A value known only after apply.
    #[must_use]
    pub fn after_apply(detail: impl AsRef<str>) -> Self {
        Self::AfterApply(detail.as_ref().into())
    }

    /// Something no input says.
    #[must_use]
    pub fn not_given(detail: impl AsRef<str>) -> Self {
        Self::NotGiven(detail.as_ref().into())
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotEvaluated(detail) => write!(f, "{detail} cannot be evaluated from the files"),
            Self::AfterApply(detail) => write!(f, "{detail} is known only after apply"),
            Self::NotGiven(detail) => write!(f, "{detail} is not in what was given"),
            Self::NotPermitted(detail) => write!(f, "{detail} was not permitted"),
            Self::ReadFailed(detail) => write!(f, "{detail} could not be read"),
        }
    }
}

/// Whether a collection holds everything there is, so that absence from it means absence.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Completeness {
    /// Everything there is.
    Complete,
    /// There may be more; why.
    Partial(Why),
}

impl Completeness {
    /// Whether absence means absence.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        matches!(self, Self::Complete)
    }
}

/// Names one declared object so that others can refer to it before its name or ARN is known: a
/// Terraform address, a CloudFormation logical id, a Kubernetes namespace and name, each after the
/// place it belongs to. Equal ids mean the same object.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ObjectId(pub Arc<str>);

impl ObjectId {
    /// An id within a scope, such as a folder, plan or template.
    #[must_use]
    pub fn new(scope: &str, address: &str) -> Self {
        Self(format!("{scope}#{address}").into())
    }
}

impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// How one object names another: by a value (name or ARN), by identity, or both.
///
/// Terraform and CloudFormation refer to a role before its ARN exists; the reference is then known
/// while the value is not.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Reference<T> {
    /// The name or ARN.
    pub value: Fact<T>,
    /// The object, where the source refers to it and not only to its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub object: Option<ObjectId>,
}

impl<T> Reference<T> {
    /// A reference by value only.
    #[must_use]
    pub fn by_value(value: Fact<T>) -> Self {
        Self {
            value,
            object: None,
        }
    }
}

impl ObjectId {
    /// The scope it was made in: the plan, folder or template.
    #[must_use]
    pub fn scope(&self) -> &str {
        self.0.split_once('#').map_or("", |(scope, _)| scope)
    }
}
