//! Near misses in words.

use std::fmt;

use crate::decision::{FailedTest, NearMiss};
use crate::statement::StatementEffect;

impl fmt::Display for NearMiss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verb = match self.statement.effect {
            StatementEffect::Allow => "allow",
            StatementEffect::Deny => "deny",
        };
        write!(f, "{} would {verb} it, but ", self.statement)?;
        for (at, failed) in self.failed.iter().enumerate() {
            if at > 0 {
                f.write_str("; and ")?;
            }
            failed.fmt(f)?;
        }
        Ok(())
    }
}

impl fmt::Display for FailedTest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Action {
                wanted,
                negated: false,
                present,
            } => {
                write!(
                    f,
                    "its actions ({}) do not include `{present}`",
                    Quoted(wanted)
                )
            }
            Self::Action {
                negated: true,
                present,
                ..
            } => {
                write!(f, "its NotAction leaves out `{present}`")
            }
            Self::Resource {
                wanted,
                negated: false,
                present,
                without_value,
            } => {
                write!(
                    f,
                    "its resources ({}) do not include `{present}`",
                    Quoted(wanted)
                )?;
                if without_value.is_empty() {
                    return Ok(());
                }
                write!(f, " as the request has no {}", Quoted(without_value))
            }
            Self::Resource {
                negated: true,
                present,
                ..
            } => {
                write!(f, "its NotResource leaves out `{present}`")
            }
            Self::Principal {
                wanted,
                negated: false,
                present,
            } => {
                write!(f, "it names {}, not `{present}`", Quoted(wanted))
            }
            Self::Principal {
                negated: true,
                present,
                ..
            } => {
                write!(f, "its NotPrincipal leaves out `{present}`")
            }
            Self::Condition {
                operator,
                key,
                readable: false,
                ..
            } => {
                write!(f, "its condition {operator} on `{key}` cannot be evaluated")
            }
            Self::Condition {
                operator,
                key,
                wanted,
                present,
                is_null_test: true,
                ..
            } => {
                let absent = wanted.iter().any(|w| w.eq_ignore_ascii_case("true"));
                let wanted = if absent {
                    "wants the key to be absent"
                } else {
                    "wants the key"
                };
                write!(
                    f,
                    "its condition {operator} on `{key}` {wanted} and {}",
                    Has(present.as_deref())
                )
            }
            Self::Condition {
                operator,
                key,
                wanted,
                present,
                negated,
                rejected,
                variables,
                ..
            } => {
                let verb = if *negated { "refuses" } else { "wants" };
                write!(
                    f,
                    "its condition {operator} on `{key}` {verb} {}",
                    Quoted(wanted)
                )?;
                for (at, variable) in variables.iter().enumerate() {
                    f.write_str(if at == 0 { " (where " } else { ", " })?;
                    match &variable.value {
                        Some(value) => write!(f, "`{}` is `{value}`", variable.key)?,
                        None => write!(f, "`{}` has no value", variable.key)?,
                    }
                }
                let close = if variables.is_empty() { "" } else { ")" };
                let present = present.as_ref().map(|_| rejected.as_slice());
                write!(f, "{close} and {}", Has(present))
            }
        }
    }
}

/// How many values a sentence spells out.
const SPELT_OUT: usize = 5;

struct Quoted<'a>(&'a [String]);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, text) in self.0.iter().take(SPELT_OUT).enumerate() {
            let separator = if at == 0 {
                ""
            } else if at + 1 == self.0.len() {
                " or "
            } else {
                ", "
            };
            write!(f, "{separator}`{text}`")?;
        }
        match self.0.len().checked_sub(SPELT_OUT) {
            Some(more @ 1..) => write!(f, " or one of {more} more"),
            _ => Ok(()),
        }
    }
}

struct Has<'a>(Option<&'a [String]>);

impl fmt::Display for Has<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            None => f.write_str("the request has no such key"),
            Some(values) => {
                f.write_str("the request has ")?;
                for (at, value) in values.iter().enumerate() {
                    write!(f, "{}`{value}`", if at == 0 { "" } else { ", " })?;
                }
                Ok(())
            }
        }
    }
}
