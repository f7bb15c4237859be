//! The `Condition` element: operators, compiled values and their tests.
//!
//! A test has three outcomes. `None` stands for a value that cannot be read (a date that is no
//! date) or an operator nobody knows: the statement then does not match, and the decision says so.

mod operator;
mod scalar;

use std::cmp::Ordering;
use std::net::IpAddr;

pub(crate) use operator::{Operator, Order, Quantifier, Test};
use scalar::{Decimal, Network};

use crate::context::{Context, Key};
use crate::pattern::{Pattern, Wildcards};
use crate::problem::Span;

/// One operator and key of a statement, with the values wanted.
#[derive(Debug, Clone)]
pub(crate) struct Condition {
    pub(crate) operator: Operator,
    pub(crate) key: Key,
    pub(crate) values: Box<[Wanted]>,
    pub(crate) span: Span,
}

/// A value of a condition, as written and as the operator reads it.
#[derive(Debug, Clone)]
pub(crate) struct Wanted {
    pub(crate) text: Box<str>,
    pub(crate) compiled: Compiled,
}

#[derive(Debug, Clone)]
pub(crate) enum Compiled {
    Text(Pattern),
    Number(Decimal),
    /// Nanoseconds since 1970.
    Instant(i128),
    Bool(bool),
    Bytes(Box<[u8]>),
    Network(Network),
    /// The operator cannot read it.
    Unreadable,
}

impl Wanted {
    /// Compiles a value for an operator; `variables` as for [`Pattern::new`].
    pub(crate) fn new(text: &str, test: Test, variables: bool) -> Self {
        let pattern = |wildcards| Some(Compiled::Text(Pattern::new(text, wildcards, variables)));
        let compiled = match test {
            Test::StringEquals | Test::StringEqualsIgnoreCase => pattern(Wildcards::Literal),
            Test::StringLike => pattern(Wildcards::Free),
            Test::Arn => pattern(Wildcards::Arn),
            Test::Numeric(_) => Decimal::parse(text).map(Compiled::Number),
            Test::Date(_) => scalar::instant(text).map(Compiled::Instant),
            Test::Bool | Test::Null => match Pattern::new(text, Wildcards::Literal, variables) {
                variable @ (Pattern::Variable(_) | Pattern::Template(..)) if test == Test::Bool => {
                    Some(Compiled::Text(variable))
                }
                _ => scalar::boolean(text).map(Compiled::Bool),
            },
            Test::Binary => scalar::base64(text).map(Compiled::Bytes),
            Test::IpAddress => Network::parse(text).map(Compiled::Network),
            Test::Unknown => None,
        };
        Self {
            text: text.into(),
            compiled: compiled.unwrap_or(Compiled::Unreadable),
        }
    }

    /// Whether a value of the request fits this one, before any negation.
    fn fits(&self, test: Test, present: &str, context: &Context) -> Option<bool> {
        match (&self.compiled, test) {
            (Compiled::Text(pattern), Test::StringEqualsIgnoreCase | Test::Bool) => {
                Some(pattern.equals_ignoring_case(&self.text, present, context))
            }
            (Compiled::Text(pattern), _) => Some(pattern.matches(&self.text, present, context)),
            (Compiled::Number(wanted), Test::Numeric(order)) => {
                Some(order.holds(Decimal::parse(present)?.compare(wanted)))
            }
            (Compiled::Instant(wanted), Test::Date(order)) => {
                Some(order.holds(scalar::instant(present)?.cmp(wanted)))
            }
            (Compiled::Bool(wanted), Test::Bool) => Some(scalar::boolean(present)? == *wanted),
            (Compiled::Bytes(wanted), Test::Binary) => scalar::equals_base64(wanted, present),
            (Compiled::Network(network), Test::IpAddress) => {
                Some(network.contains(present.trim().parse::<IpAddr>().ok()?))
            }
            _ => None,
        }
    }
}

impl Order {
    fn holds(self, ordering: Ordering) -> bool {
        match self {
            Self::Equal => ordering.is_eq(),
            Self::Less => ordering.is_lt(),
            Self::LessOrEqual => ordering.is_le(),
            Self::Greater => ordering.is_gt(),
            Self::GreaterOrEqual => ordering.is_ge(),
        }
    }
}

/// Logical "or" where `None` is not known.
fn any(outcomes: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let mut known = true;
    for outcome in outcomes {
        match outcome {
            Some(true) => return Some(true),
            Some(false) => {}
            None => known = false,
        }
    }
    known.then_some(false)
}

impl Condition {
    /// Whether the request passes. `None`: it cannot be told, which does not pass.
    ///
    /// Several values are joined by "or", under a negated operator by "nor"; what an absent key
    /// means is told at each arm (IAM User Guide, "IAM JSON policy elements: Condition operators"
    /// and "Set operators for multivalued context keys").
    pub(crate) fn test(&self, context: &Context) -> Option<bool> {
        let operator = &self.operator;
        let present = context.lookup(&self.key).filter(|values| {
            // Under a set operator an empty string is a "null dataset", as if the key were absent.
            operator.quantifier.is_none() || values.iter().any(|v| !v.is_empty())
        });
        match operator.test {
            Test::Unknown => return None,
            Test::Null => return self.test_null(context.lookup(&self.key).is_none()),
            _ => {}
        }
        let Some(present) = present else {
            // `…IfExists` and `ForAllValues:` pass without the key, `ForAnyValue:` does not; with
            // neither, only a negated operator does.
            return Some(match operator.quantifier {
                _ if operator.if_exists => true,
                Some(Quantifier::All) => true,
                Some(Quantifier::Any) => false,
                None => operator.negated,
            });
        };
        match (operator.quantifier, present) {
            (Some(Quantifier::Any), _) => any(present.iter().map(|v| self.accepts(v, context))),
            // A multivalued key without a set operator is an error AWS only warns of ("Missing
            // qualifier"); every value is asked, as no single one stands for the key.
            _ => {
                let refuses = |v: &String| self.accepts(v, context).map(|accepted| !accepted);
                any(present.iter().map(refuses)).map(|refused| !refused)
            }
        }
    }

    /// Whether one value of the request is acceptable.
    fn accepts(&self, present: &str, context: &Context) -> Option<bool> {
        let test = self.operator.test;
        let fits = any(self
            .values
            .iter()
            .map(|wanted| wanted.fits(test, present, context)));
        fits.map(|fits| fits != self.operator.negated)
    }

    /// The values of the request that are not acceptable, each taken alone.
    pub(crate) fn rejected<'a>(&'a self, context: &'a Context) -> impl Iterator<Item = &'a str> {
        let present = context.lookup(&self.key).unwrap_or_default().iter();
        present
            .filter(|v| self.accepts(v, context) != Some(true))
            .map(String::as_str)
    }

    /// The variables among the values, each with its value in the request.
    pub(crate) fn variables<'a>(
        &'a self,
        context: &'a Context,
    ) -> impl Iterator<Item = (&'a str, Option<&'a str>)> {
        self.values
            .iter()
            .flat_map(|wanted| match &wanted.compiled {
                Compiled::Text(pattern) => Some(pattern.variables(context)),
                _ => None,
            })
            .flatten()
    }

    fn test_null(&self, absent: bool) -> Option<bool> {
        any(self.values.iter().map(|wanted| match wanted.compiled {
            Compiled::Bool(wanted) => Some(wanted == absent),
            _ => None,
        }))
    }
}
