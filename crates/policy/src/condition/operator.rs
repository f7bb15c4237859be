//! The names of condition operators.

use std::sync::Arc;

/// A condition operator, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Operator {
    /// As written, prefix and suffix included.
    pub(crate) name: Arc<str>,
    pub(crate) quantifier: Option<Quantifier>,
    pub(crate) test: Test,
    /// `…Not…`: passes when no value fits.
    pub(crate) negated: bool,
    pub(crate) if_exists: bool,
}

/// The prefix for multivalued keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Quantifier {
    /// `ForAllValues:`
    All,
    /// `ForAnyValue:`
    Any,
}

/// What is compared, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Test {
    StringEquals,
    StringEqualsIgnoreCase,
    StringLike,
    Numeric(Order),
    Date(Order),
    Bool,
    Binary,
    IpAddress,
    /// `ArnEquals` and `ArnLike` are the same test (IAM User Guide, "Amazon Resource Name (ARN)
    /// condition operators").
    Arn,
    Null,
    /// No operator AWS knows.
    Unknown,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// Every operator without prefix and suffix, and whether it is negated. (IAM User Guide, "IAM JSON
/// policy elements: Condition operators")
const OPERATORS: [(&str, Test, bool); 27] = [
    ("StringEquals", Test::StringEquals, false),
    ("StringNotEquals", Test::StringEquals, true),
    (
        "StringEqualsIgnoreCase",
        Test::StringEqualsIgnoreCase,
        false,
    ),
    (
        "StringNotEqualsIgnoreCase",
        Test::StringEqualsIgnoreCase,
        true,
    ),
    ("StringLike", Test::StringLike, false),
    ("StringNotLike", Test::StringLike, true),
    ("NumericEquals", Test::Numeric(Order::Equal), false),
    ("NumericNotEquals", Test::Numeric(Order::Equal), true),
    ("NumericLessThan", Test::Numeric(Order::Less), false),
    (
        "NumericLessThanEquals",
        Test::Numeric(Order::LessOrEqual),
        false,
    ),
    ("NumericGreaterThan", Test::Numeric(Order::Greater), false),
    (
        "NumericGreaterThanEquals",
        Test::Numeric(Order::GreaterOrEqual),
        false,
    ),
    ("DateEquals", Test::Date(Order::Equal), false),
    ("DateNotEquals", Test::Date(Order::Equal), true),
    ("DateLessThan", Test::Date(Order::Less), false),
    ("DateLessThanEquals", Test::Date(Order::LessOrEqual), false),
    ("DateGreaterThan", Test::Date(Order::Greater), false),
    (
        "DateGreaterThanEquals",
        Test::Date(Order::GreaterOrEqual),
        false,
    ),
    ("Bool", Test::Bool, false),
    ("BinaryEquals", Test::Binary, false),
    ("IpAddress", Test::IpAddress, false),
    ("NotIpAddress", Test::IpAddress, true),
    ("ArnEquals", Test::Arn, false),
    ("ArnLike", Test::Arn, false),
    ("ArnNotEquals", Test::Arn, true),
    ("ArnNotLike", Test::Arn, true),
    ("Null", Test::Null, false),
];

impl Operator {
    /// Takes a name apart. A name that is no operator gives [`Test::Unknown`].
    pub(crate) fn parse(name: &str) -> Self {
        let (quantifier, rest) = match name.split_once(':') {
            Some((prefix, rest)) if prefix.eq_ignore_ascii_case("ForAllValues") => {
                (Some(Quantifier::All), rest)
            }
            Some((prefix, rest)) if prefix.eq_ignore_ascii_case("ForAnyValue") => {
                (Some(Quantifier::Any), rest)
            }
            _ => (None, name),
        };
        let find = |wanted: &str| {
            OPERATORS
                .iter()
                .find(|(n, ..)| n.eq_ignore_ascii_case(wanted))
        };
        let suffixed = rest
            .len()
            .checked_sub("IfExists".len())
            .and_then(|at| rest.split_at_checked(at));
        let (base, if_exists) = match suffixed {
            Some((base, suffix)) if suffix.eq_ignore_ascii_case("IfExists") => (base, true),
            _ => (rest, false),
        };
        let (test, negated) = match find(base) {
            // "You can add IfExists to the end of any condition operator name except Null."
            Some((_, Test::Null, _)) if if_exists => (Test::Unknown, false),
            Some((_, test, negated)) => (*test, *negated),
            None => (Test::Unknown, false),
        };
        Self {
            name: name.into(),
            quantifier,
            test,
            negated,
            if_exists,
        }
    }

    /// The operator whose name comes closest, for a hint.
    pub(crate) fn closest(name: &str) -> Option<&'static str> {
        let base = name.rsplit(':').next().unwrap_or(name);
        let distances = OPERATORS
            .iter()
            .map(|(n, ..)| (crate::distance::edits(base, n), *n));
        distances.filter(|(d, _)| *d <= 3).min().map(|(_, n)| n)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefix_and_suffix_are_taken_off() {
        let operator = Operator::parse("ForAllValues:StringNotLikeIfExists");
        assert_eq!(operator.quantifier, Some(Quantifier::All));
        assert_eq!(operator.test, Test::StringLike);
        assert!(operator.negated && operator.if_exists);
    }

    #[test]
    fn what_aws_does_not_know_is_unknown() {
        for name in [
            "StringMatches",
            "NullIfExists",
            "ForSome:Bool",
            "IfExists",
            "",
            "Stringé",
        ] {
            assert_eq!(Operator::parse(name).test, Test::Unknown, "{name}");
        }
        assert_eq!(Operator::closest("StringEqual"), Some("StringEquals"));
        assert_eq!(Operator::closest("Frobnicate"), None);
    }
}
