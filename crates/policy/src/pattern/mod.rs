//! Texts with wildcards and policy variables, compiled once and matched without allocation.
//!
//! Three places match texts, each by its own rules (IAM User Guide, "IAM JSON policy elements"):
//!
//! | place | `*` and `?` | colons |
//! | --- | --- | --- |
//! | actions, `StringLike` | wildcards | an ordinary character |
//! | `Resource` | wildcards | in the first five ARN fields `?` and `*` stay in their field, save a `*` that ends it |
//! | `ArnLike`, `ArnEquals` | wildcards | in the first five ARN fields `?` and `*` stay in their field |
//!
//! Matching is polynomial whatever the pattern: a `*` that may cross fields makes every earlier
//! choice final, so there is never more than one such star and one confined star to come back to.

mod compile;
mod glob;
#[cfg(test)]
mod tests;

use compile::{complete_arn, confine, split};
use glob::{confine_parts, glob, part, with_parts};

use crate::context::{Context, Key};

/// How the wildcards of a pattern behave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wildcards {
    /// None: `*` and `?` stand for themselves (`StringEquals`).
    Literal,
    /// `*` and `?` match any characters (`StringLike`).
    Free,
    /// As `Free`, and letters have no case.
    Action,
    /// The `Resource` element.
    Resource,
    /// `ArnLike` and its relatives.
    Arn,
}

/// How a text matches. It does not hold the text, which its owner keeps anyway; the methods take it
/// as `written`.
#[derive(Debug, Clone)]
pub(crate) enum Pattern {
    /// Matches everything.
    Any,
    /// Matches the written text only.
    Whole,
    /// Matches what begins with this many bytes of the written text.
    Prefix(usize),
    /// Matches this text only, which is not quite the written one.
    Exact(Box<str>),
    /// Wildcards, no variables.
    Glob(Box<[Piece]>),
    /// One variable and nothing else.
    Variable(Variable),
    /// Variables, perhaps wildcards too.
    Template(Box<[Piece]>, Wildcards),
}

/// A written text and how it matches.
#[derive(Debug, Clone)]
pub(crate) struct Written {
    pub(crate) text: Box<str>,
    pub(crate) pattern: Pattern,
}

impl Written {
    pub(crate) fn new(text: &str, wildcards: Wildcards, variables: bool) -> Self {
        Self {
            text: text.into(),
            pattern: Pattern::new(text, wildcards, variables),
        }
    }

    pub(crate) fn matches(&self, text: &str, context: &Context) -> bool {
        self.pattern.matches(&self.text, text, context)
    }

    /// For [`Wildcards::Action`]; the action is in lower case.
    pub(crate) fn matches_action(&self, lower: &str) -> bool {
        match &self.pattern {
            Pattern::Any => true,
            Pattern::Whole => self.text.eq_ignore_ascii_case(lower),
            Pattern::Prefix(length) => {
                let begins = self.text.get(..*length).zip(lower.get(..*length));
                begins.is_some_and(|(wanted, begins)| wanted.eq_ignore_ascii_case(begins))
            }
            Pattern::Glob(pieces) => glob(&**pieces, lower),
            Pattern::Exact(_) | Pattern::Variable(_) | Pattern::Template(..) => false,
        }
    }
}

/// A part of a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Piece {
    Literal(Box<str>),
    /// `*`; `crosses` when it may run over a colon.
    Star {
        crosses: bool,
    },
    /// `?`
    One {
        crosses: bool,
    },
    Variable(Variable),
}

/// `${key}` or `${key, 'default'}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Variable {
    pub(crate) key: Key,
    pub(crate) default: Option<Box<str>>,
}

impl Variable {
    /// The value in this request. A key with several values has none here: AWS does not let
    /// multivalued keys be variables (IAM User Guide, "IAM policy elements: Variables and tags").
    fn resolve<'a>(&'a self, context: &'a Context) -> Option<&'a str> {
        context.single(&self.key).or(self.default.as_deref())
    }
}

impl Pattern {
    /// Compiles `text`. Variables are known in version 2012-10-17 only; before it, `${` is text.
    pub(crate) fn new(text: &str, wildcards: Wildcards, variables: bool) -> Self {
        let special = memchr::memchr3(b'*', b'?', b'$', text.as_bytes());
        let completes = wildcards == Wildcards::Resource && text.split(':').count() < 6;
        match special {
            None if !completes => return Self::Whole,
            Some(0) if text == "*" && wildcards != Wildcards::Literal => return Self::Any,
            Some(at)
                if at + 1 == text.len()
                    && text.ends_with('*')
                    && wildcards != Wildcards::Literal =>
            {
                return Self::Prefix(at);
            }
            _ => {}
        }
        let lower = (wildcards == Wildcards::Action).then(|| text.to_ascii_lowercase());
        let mut pieces = split(lower.as_deref().unwrap_or(text), wildcards, variables);
        if wildcards == Wildcards::Resource {
            complete_arn(text, &mut pieces);
        }
        if let [Piece::Variable(variable)] = pieces.as_slice() {
            return Self::Variable(variable.clone());
        }
        if pieces.iter().any(|p| matches!(p, Piece::Variable(_))) {
            return Self::Template(pieces.into(), wildcards);
        }
        confine(&mut pieces, wildcards);
        match pieces.as_slice() {
            [Piece::Literal(literal)] if **literal == *text => Self::Whole,
            [Piece::Literal(literal)] => Self::Exact(literal.clone()),
            [Piece::Star { crosses: true }] => Self::Any,
            _ => Self::Glob(pieces.into()),
        }
    }

    /// Whether `text` matches. A variable without a value matches nothing: "there is no equal or
    /// like value" (IAM User Guide, "IAM policy elements: Variables and tags").
    pub(crate) fn matches(&self, written: &str, text: &str, context: &Context) -> bool {
        match self {
            Self::Any => true,
            Self::Whole => written == text,
            Self::Exact(wanted) => **wanted == *text,
            Self::Prefix(length) => {
                let begins = written.as_bytes().get(..*length);
                begins.is_some_and(|begins| text.as_bytes().starts_with(begins))
            }
            Self::Glob(pieces) => glob(&**pieces, text),
            Self::Variable(variable) => variable.resolve(context) == Some(text),
            Self::Template(pieces, wildcards) => {
                with_parts(pieces.iter().map(|p| part(p, Some(context))), |parts| {
                    confine_parts(parts, *wildcards);
                    glob(&*parts, text)
                })
            }
        }
    }

    /// Whether `text` equals this pattern without regard to case (`StringEqualsIgnoreCase`).
    pub(crate) fn equals_ignoring_case(
        &self,
        written: &str,
        text: &str,
        context: &Context,
    ) -> bool {
        let equal = |mut wanted: &mut dyn Iterator<Item = char>| {
            let mut present = text.chars().flat_map(char::to_lowercase);
            present.by_ref().eq(&mut wanted)
        };
        match self {
            Self::Whole => equal(&mut written.chars().flat_map(char::to_lowercase)),
            Self::Exact(wanted) => equal(&mut wanted.chars().flat_map(char::to_lowercase)),
            Self::Template(pieces, _) => {
                let texts = || {
                    pieces.iter().map(|piece| match piece {
                        Piece::Literal(text) => Some(&**text),
                        Piece::Variable(variable) => variable.resolve(context),
                        Piece::Star { .. } => Some("*"),
                        Piece::One { .. } => Some("?"),
                    })
                };
                texts().all(|t| t.is_some())
                    && equal(
                        &mut texts()
                            .flatten()
                            .flat_map(str::chars)
                            .flat_map(char::to_lowercase),
                    )
            }
            Self::Variable(variable) => variable
                .resolve(context)
                .is_some_and(|wanted| equal(&mut wanted.chars().flat_map(char::to_lowercase))),
            // No pattern without wildcards becomes one of these.
            Self::Any | Self::Prefix(_) | Self::Glob(_) => false,
        }
    }

    /// The variables, each with its value in the request.
    pub(crate) fn variables<'a>(
        &'a self,
        context: &'a Context,
    ) -> impl Iterator<Item = (&'a str, Option<&'a str>)> {
        let (one, pieces) = match self {
            Self::Variable(variable) => (Some(variable), [].as_slice()),
            Self::Template(pieces, _) => (None, &**pieces),
            _ => (None, [].as_slice()),
        };
        let all = one
            .into_iter()
            .chain(pieces.iter().filter_map(|piece| match piece {
                Piece::Variable(variable) => Some(variable),
                _ => None,
            }));
        all.map(|variable| (variable.key.as_str(), variable.resolve(context)))
    }
}
