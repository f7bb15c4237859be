//! When two known values say the same thing, and which of them says it more exactly.

use rolecall_arn::{AccountId, Partition, UniqueId};
use serde_json::Value as Json;

use crate::{
    AccessScope, AuthenticationMode, AwsAuthRole, Fact, NodeClassRef, PolicyDocument, Principal,
    Timestamp, symbol,
};

/// A value that two sources may both give.
pub(crate) trait Compare {
    /// Whether both may be the same; symbols may stand for anything.
    fn agrees(&self, other: &Self) -> bool;

    /// Whether this, of two that agree, says more: a literal account where the other has a symbol.
    fn is_more_exact_than(&self, _: &Self) -> bool {
        false
    }

    /// The value for a person to read.
    fn show(&self) -> String;
}

macro_rules! compare_by_equality {
    ($($type:ty),+ $(,)?) => {$(
        impl Compare for $type {
            fn agrees(&self, other: &Self) -> bool {
                self == other
            }
            fn show(&self) -> String {
                self.to_string()
            }
        }
    )+};
}
compare_by_equality!(
    bool,
    AuthenticationMode,
    AccountId,
    Partition,
    UniqueId,
    Timestamp
);

impl Compare for String {
    fn agrees(&self, other: &Self) -> bool {
        symbol::may_equal(self, other)
    }

    fn is_more_exact_than(&self, other: &Self) -> bool {
        symbol::has_any(other) && !symbol::has_any(self)
    }

    fn show(&self) -> String {
        self.clone()
    }
}

impl Compare for Principal {
    fn agrees(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Role(left), Self::Role(right)) => left.may_equal(right),
            _ => symbol::may_equal(&self.to_string(), &other.to_string()),
        }
    }

    fn is_more_exact_than(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Role(this), Self::Role(other)) => {
                (other.account.is_none() && this.account.is_some())
                    || (this.account == other.account
                        && other.partition.is_none()
                        && this.partition.is_some())
            }
            _ => self.to_string().is_more_exact_than(&other.to_string()),
        }
    }

    fn show(&self) -> String {
        self.to_string()
    }
}

/// A list whose order carries no meaning.
impl Compare for Vec<String> {
    fn agrees(&self, other: &Self) -> bool {
        let sorted = |list: &Self| {
            let mut list = list.clone();
            list.sort();
            list.dedup();
            list
        };
        sorted(self) == sorted(other)
    }

    fn show(&self) -> String {
        format!("[{}]", self.join(", "))
    }
}

impl Compare for AccessScope {
    fn agrees(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Namespaces(left), Self::Namespaces(right)) => left.agrees(right),
            _ => self == other,
        }
    }

    fn show(&self) -> String {
        match self {
            Self::Cluster => "cluster".to_owned(),
            Self::Namespaces(names) => format!("namespaces {}", names.show()),
        }
    }
}

impl Compare for NodeClassRef {
    fn agrees(&self, other: &Self) -> bool {
        fn open(left: &str, right: &str) -> bool {
            left.is_empty() || right.is_empty() || left == right
        }
        self.name == other.name && open(&self.group, &other.group) && open(&self.kind, &other.kind)
    }

    fn is_more_exact_than(&self, other: &Self) -> bool {
        let filled =
            |this: &Self| usize::from(!this.group.is_empty()) + usize::from(!this.kind.is_empty());
        filled(self) > filled(other)
    }

    fn show(&self) -> String {
        format!("{}/{} {}", self.group, self.kind, self.name)
    }
}

/// The mappings, without their places.
impl Compare for Vec<AwsAuthRole> {
    fn agrees(&self, other: &Self) -> bool {
        self.len() == other.len()
            && self.iter().zip(other).all(|(left, right)| {
                fact_agrees(left.role_arn.value(), right.role_arn.value())
                    && fact_agrees(left.username.value(), right.username.value())
                    && fact_agrees(left.groups.value(), right.groups.value())
            })
    }

    fn show(&self) -> String {
        fn shown<T: Compare>(fact: &Fact<T>) -> String {
            fact.value()
                .map_or_else(|| "unknown".to_owned(), Compare::show)
        }
        let mappings: Vec<String> = self
            .iter()
            .map(|role| {
                format!(
                    "{} as {} in {}",
                    shown(&role.role_arn),
                    shown(&role.username),
                    shown(&role.groups)
                )
            })
            .collect();
        mappings.show()
    }
}

fn fact_agrees<T: Compare>(left: Option<&T>, right: Option<&T>) -> bool {
    match (left, right) {
        (Some(left), Some(right)) => left.agrees(right),
        _ => true,
    }
}

/// Documents are compared as JSON: layout, the order of keys, and whether a single item stands in a
/// list make no difference to IAM (IAM User Guide, "Grammar of the IAM JSON policy language").
impl Compare for PolicyDocument {
    fn agrees(&self, other: &Self) -> bool {
        if self.text == other.text {
            return true;
        }
        match (
            serde_json::from_str::<Json>(&self.text),
            serde_json::from_str::<Json>(&other.text),
        ) {
            (Ok(left), Ok(right)) => json_agrees(&left, &right),
            _ => symbol::may_equal(&self.text, &other.text),
        }
    }

    fn is_more_exact_than(&self, other: &Self) -> bool {
        symbol::has_any(&other.text) && !symbol::has_any(&self.text)
    }

    fn show(&self) -> String {
        serde_json::from_str::<Json>(&self.text)
            .map_or_else(|_| self.text.to_string(), |json| json.to_string())
    }
}

fn json_agrees(left: &Json, right: &Json) -> bool {
    match (left, right) {
        (Json::String(left), Json::String(right)) => symbol::may_equal(left, right),
        // A whole unknown stands in place of any value.
        (Json::String(text), _) | (_, Json::String(text))
            if symbol::has_unknown(text) && text.starts_with("${") =>
        {
            true
        }
        (Json::Array(left), Json::Array(right)) => {
            left.len() == right.len()
                && left
                    .iter()
                    .zip(right)
                    .all(|(left, right)| json_agrees(left, right))
        }
        (Json::Array(items), single) | (single, Json::Array(items)) => {
            matches!(items.as_slice(), [item] if json_agrees(item, single))
        }
        (Json::Object(left), Json::Object(right)) => {
            left.len() == right.len()
                && left
                    .iter()
                    .all(|(key, left)| right.get(key).is_some_and(|right| json_agrees(left, right)))
        }
        _ => left == right,
    }
}
