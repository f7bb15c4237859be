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

use crate::context::{Context, Key};

/// How the wildcards of a pattern behave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wildcards {
    /// None: `*` and `?` stand for themselves (`StringEquals`).
    Literal,
    /// `*` and `?` match any characters (`StringLike`, actions).
    Free,
    /// The `Resource` element.
    Resource,
    /// `ArnLike` and its relatives.
    Arn,
}

/// A compiled text.
#[derive(Debug, Clone)]
pub(crate) enum Pattern {
    /// Matches everything.
    Any,
    /// Matches this text only.
    Exact(Box<str>),
    /// Matches what begins with this text.
    Prefix(Box<str>),
    /// Wildcards, no variables.
    Glob(Box<[Piece]>),
    /// Variables, perhaps wildcards too.
    Template(Box<[Piece]>, Wildcards),
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
        let mut pieces = split(text, wildcards, variables);
        if wildcards == Wildcards::Resource {
            complete_arn(text, &mut pieces);
        }
        if pieces.iter().any(|p| matches!(p, Piece::Variable(_))) {
            return Self::Template(pieces.into(), wildcards);
        }
        confine(&mut pieces, wildcards);
        match pieces.as_slice() {
            [] => Self::Exact("".into()),
            [Piece::Literal(text)] => Self::Exact(text.clone()),
            [Piece::Star { crosses: true }] => Self::Any,
            [Piece::Literal(text), Piece::Star { crosses: true }] => Self::Prefix(text.clone()),
            _ => Self::Glob(pieces.into()),
        }
    }

    /// Whether `text` matches. A variable without a value matches nothing: "there is no equal or
    /// like value" (IAM User Guide, "IAM policy elements: Variables and tags").
    pub(crate) fn matches(&self, text: &str, context: &Context) -> bool {
        match self {
            Self::Any => true,
            Self::Exact(wanted) => **wanted == *text,
            Self::Prefix(wanted) => text.starts_with(&**wanted),
            Self::Glob(pieces) => with_parts(pieces.iter().map(|p| part(p, None)), |parts| {
                glob(parts, text)
            }),
            Self::Template(pieces, wildcards) => {
                with_parts(pieces.iter().map(|p| part(p, Some(context))), |parts| {
                    confine_parts(parts, *wildcards);
                    glob(parts, text)
                })
            }
        }
    }

    /// Whether `text` equals this pattern without regard to case (`StringEqualsIgnoreCase`).
    pub(crate) fn equals_ignoring_case(&self, text: &str, context: &Context) -> bool {
        let equal = |mut wanted: &mut dyn Iterator<Item = char>| {
            let mut present = text.chars().flat_map(char::to_lowercase);
            present.by_ref().eq(&mut wanted)
        };
        match self {
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
            Self::Any => text == "*",
            Self::Prefix(_) | Self::Glob(_) => false,
        }
    }

    /// The variables, each with its value in the request.
    pub(crate) fn variables<'a>(
        &'a self,
        context: &'a Context,
    ) -> impl Iterator<Item = (&'a str, Option<&'a str>)> {
        let pieces = match self {
            Self::Template(pieces, _) => &**pieces,
            _ => &[],
        };
        pieces.iter().filter_map(|piece| match piece {
            Piece::Variable(v) => Some((v.key.as_str(), v.resolve(context))),
            _ => None,
        })
    }
}

/// Splits a text into pieces; stars are marked as crossing until [`confine`] has seen them.
fn split(text: &str, wildcards: Wildcards, variables: bool) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut literal = String::new();
    let mut rest = text;
    let flush = |literal: &mut String, pieces: &mut Vec<Piece>| {
        if !literal.is_empty() {
            pieces.push(Piece::Literal(std::mem::take(literal).into()));
        }
    };
    while let Some(character) = rest.chars().next() {
        if variables
            && let Some(inner) = rest.strip_prefix("${")
            && let Some((name, after)) = inner.split_once('}')
        {
            rest = after;
            match name.trim() {
                special @ ("*" | "?" | "$") => literal.push_str(special),
                name => {
                    flush(&mut literal, &mut pieces);
                    pieces.push(Piece::Variable(variable(name)));
                }
            }
            continue;
        }
        rest = rest.get(character.len_utf8()..).unwrap_or_default();
        match character {
            '*' if wildcards != Wildcards::Literal => {
                flush(&mut literal, &mut pieces);
                if !matches!(pieces.last(), Some(Piece::Star { .. })) {
                    pieces.push(Piece::Star { crosses: true });
                }
            }
            '?' if wildcards != Wildcards::Literal => {
                flush(&mut literal, &mut pieces);
                pieces.push(Piece::One { crosses: true });
            }
            other => literal.push(other),
        }
    }
    flush(&mut literal, &mut pieces);
    pieces
}

fn variable(inner: &str) -> Variable {
    if let Some((name, rest)) = inner.split_once(',')
        && let Some(quoted) = rest.trim().strip_prefix('\'')
        && let Some(default) = quoted.strip_suffix('\'')
    {
        return Variable {
            key: Key::new(name.trim()),
            default: Some(default.into()),
        };
    }
    Variable {
        key: Key::new(inner),
        default: None,
    }
}

/// An ARN with fewer than six fields stands for the ARN with `*` in the missing ones: `arn:aws:sqs`
/// is `arn:aws:sqs:*:*:*` (IAM User Guide, "IAM JSON policy elements: Resource"). A `*` that ends a
/// field can already stand for the missing ones.
fn complete_arn(text: &str, pieces: &mut Vec<Piece>) {
    let mut colons = 0;
    let mut after_star = false;
    for piece in pieces.iter() {
        if let Piece::Literal(literal) = piece {
            if after_star && literal.starts_with(':') {
                return;
            }
            colons += literal.matches(':').count();
        }
        after_star = matches!(piece, Piece::Star { .. });
    }
    if after_star || colons >= 5 || !text.starts_with("arn:") {
        return;
    }
    match pieces.last_mut() {
        Some(Piece::Literal(last)) => *last = format!("{last}:").into(),
        _ => pieces.push(Piece::Literal(":".into())),
    }
    pieces.push(Piece::Star { crosses: true });
}

/// Marks the wildcards of a pattern without variables that must stay in their ARN field.
fn confine(pieces: &mut [Piece], wildcards: Wildcards) {
    let Some(mut parts) = pieces
        .iter()
        .map(|p| part(p, None))
        .collect::<Option<Vec<_>>>()
    else {
        return;
    };
    confine_parts(&mut parts, wildcards);
    let marks: Vec<bool> = parts
        .iter()
        .map(|p| {
            matches!(
                p,
                Part::Star { crosses: true } | Part::One { crosses: true }
            )
        })
        .collect();
    for (piece, mark) in pieces.iter_mut().zip(marks) {
        if let Piece::Star { crosses } | Piece::One { crosses } = piece {
            *crosses = mark;
        }
    }
}

/// A piece with its variable replaced.
#[derive(Debug, Clone, Copy)]
enum Part<'a> {
    Literal(&'a str),
    Star { crosses: bool },
    One { crosses: bool },
}

/// `None` for a variable without a value.
fn part<'a>(piece: &'a Piece, context: Option<&'a Context>) -> Option<Part<'a>> {
    Some(match piece {
        Piece::Literal(text) => Part::Literal(text),
        Piece::Star { crosses } => Part::Star { crosses: *crosses },
        Piece::One { crosses } => Part::One { crosses: *crosses },
        Piece::Variable(variable) => Part::Literal(variable.resolve(context?)?),
    })
}

/// Decides which wildcards may cross a colon, once every variable has its value.
fn confine_parts(parts: &mut [Part<'_>], wildcards: Wildcards) {
    if !matches!(wildcards, Wildcards::Resource | Wildcards::Arn) {
        return;
    }
    let mut colons = 0;
    for at in 0..parts.len() {
        let ends_field = match parts.get(at + 1) {
            None => true,
            Some(Part::Literal(next)) => wildcards == Wildcards::Resource && next.starts_with(':'),
            Some(_) => false,
        };
        match parts.get_mut(at) {
            Some(Part::Literal(text)) => colons += text.matches(':').count(),
            Some(Part::Star { crosses }) => *crosses = colons >= 5 || ends_field,
            Some(Part::One { crosses }) => *crosses = colons >= 5,
            None => {}
        }
    }
}

/// Patterns of up to this many pieces are matched on the stack.
const ON_STACK: usize = 24;

/// Runs `run` on the parts; false when one of them is missing.
fn with_parts<'a>(
    parts: impl Iterator<Item = Option<Part<'a>>> + Clone,
    run: impl FnOnce(&mut [Part<'a>]) -> bool,
) -> bool {
    let mut buffer = [Part::Literal(""); ON_STACK];
    let mut length = 0;
    for part in parts.clone() {
        let part = match part {
            None => return false,
            // An empty value must not hide the colon behind it from `confine_parts`.
            Some(Part::Literal("")) => continue,
            Some(part) => part,
        };
        if let Some(slot) = buffer.get_mut(length) {
            *slot = part;
        }
        length += 1;
    }
    match buffer.get_mut(..length) {
        Some(parts) => run(parts),
        None => {
            let parts = parts
                .flatten()
                .filter(|part| !matches!(part, Part::Literal("")));
            run(&mut parts.collect::<Vec<_>>())
        }
    }
}

/// A star to come back to: the part behind it, and where in the text that part was last tried.
type Return = Option<(usize, usize)>;

fn glob(parts: &[Part<'_>], text: &str) -> bool {
    let bytes = text.as_bytes();
    let (mut at_part, mut at) = (0, 0);
    let mut crossing: Return = None;
    let mut confined: Return = None;
    loop {
        let rest = bytes.get(at..).unwrap_or_default();
        let advanced = match parts.get(at_part) {
            None if rest.is_empty() => return true,
            None => None,
            Some(Part::Star { crosses }) => {
                if *crosses {
                    if at_part + 1 == parts.len() {
                        return true;
                    }
                    crossing = Some((at_part + 1, at));
                    confined = None;
                } else {
                    confined = Some((at_part + 1, at));
                }
                Some(0)
            }
            Some(Part::One { crosses }) => match rest.first() {
                Some(first) if *crosses || *first != b':' => Some(character_len(rest)),
                _ => None,
            },
            Some(Part::Literal(wanted)) => {
                rest.starts_with(wanted.as_bytes()).then_some(wanted.len())
            }
        };
        if let Some(length) = advanced {
            at_part += 1;
            at += length;
            continue;
        }
        if let Some((part, tried)) = confined {
            let rest = bytes.get(tried..).unwrap_or_default();
            if rest.first().is_some_and(|b| *b != b':') {
                at = tried + character_len(rest);
                at_part = part;
                confined = Some((part, at));
                continue;
            }
            confined = None;
        }
        let Some((part, tried)) = crossing else {
            return false;
        };
        let rest = bytes.get(tried..).unwrap_or_default();
        if rest.is_empty() {
            return false;
        }
        at = tried + character_len(rest);
        if let Some(Part::Literal(wanted)) = parts.get(part) {
            let ahead = bytes.get(at..).unwrap_or_default();
            match memchr::memmem::find(ahead, wanted.as_bytes()) {
                Some(found) => at += found,
                None => return false,
            }
        }
        at_part = part;
        crossing = Some((part, at));
    }
}

/// The length in bytes of the character that `rest` begins with.
fn character_len(rest: &[u8]) -> usize {
    1 + rest
        .iter()
        .skip(1)
        .take_while(|b| (**b & 0xC0) == 0x80)
        .count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, wildcards: Wildcards, text: &str) -> bool {
        Pattern::new(pattern, wildcards, true).matches(text, &Context::default())
    }

    #[test]
    fn star_and_question_mark_match_characters_not_bytes() {
        for (pattern, text, wanted) in [
            ("é?", "éé", true),
            ("??", "é", false),
            ("*?x", "éx", true),
            ("*??x", "éx", false),
            ("a*b*c", "a1b2b3c", true),
            ("a*b*c", "a1b2b3", false),
            ("*", "", true),
            ("?", "", false),
            ("a**b", "ab", true),
        ] {
            assert_eq!(
                matches(pattern, Wildcards::Free, text),
                wanted,
                "{pattern} {text}"
            );
        }
    }

    #[test]
    fn a_resource_star_leaves_its_field_only_at_the_end_of_it() {
        let table = "arn:aws:dynamodb:us-east-1:111122223333:table/prod-x";
        for (pattern, wanted) in [
            ("arn:aws:dynamodb:*:table/prod-*", true),
            ("arn:aws:dynamodb:*-1:table/prod-*", false),
            ("arn:aws:dynamodb:us-*-1:*:table/*", true),
            ("arn:aws:dynamodb", true),
            ("arn:aws:dynamodb:us-east-1", true),
            ("arn:aws:sqs", false),
            ("arn:aws:dyn?modb:*:*:table/prod-?", true),
            ("arn:aws:dynamodb?us-east-1:*:table/prod-x", false),
            ("arn:*:table/prod-x", true),
        ] {
            assert_eq!(
                matches(pattern, Wildcards::Resource, table),
                wanted,
                "{pattern}"
            );
        }
    }

    #[test]
    fn an_arn_condition_compares_field_by_field() {
        let role = "arn:aws:iam::111122223333:role/team/a:b";
        for (pattern, wanted) in [
            ("arn:aws:iam::*:role/*", true),
            ("arn:aws:iam:*:role/*", false),
            ("arn:*:iam::111122223333:role/team/a:b", true),
            ("arn:aws:i*:111122223333:role/*", false),
            ("arn:aws:iam::111122223333:*", true),
            ("arn:aws:iam::*", true),
            ("*", true),
        ] {
            assert_eq!(matches(pattern, Wildcards::Arn, role), wanted, "{pattern}");
        }
    }

    #[test]
    fn special_variables_are_plain_characters() {
        assert!(matches("a${*}b", Wildcards::Free, "a*b"));
        assert!(!matches("a${*}b", Wildcards::Free, "axb"));
        assert!(matches("${?}${$}{x}", Wildcards::Free, "?${x}"));
    }

    #[test]
    fn a_default_stands_in_for_a_missing_value_and_nothing_else_does() {
        let mut context = Context::default();
        let pattern = Pattern::new(
            "home/${aws:PrincipalTag/team, 'all'}/*",
            Wildcards::Free,
            true,
        );
        assert!(pattern.matches("home/all/x", &context));
        context.set("AWS:principaltag/TEAM", "blue");
        assert!(pattern.matches("home/blue/x", &context));
        assert!(!pattern.matches("home/all/x", &context));
        let bare = Pattern::new("${aws:username}", Wildcards::Free, true);
        assert!(!bare.matches("", &Context::default()));
    }

    #[test]
    fn a_value_with_a_star_in_it_is_no_wildcard() {
        let mut context = Context::default();
        context.set("aws:username", "a*");
        let pattern = Pattern::new("${aws:username}", Wildcards::Free, true);
        assert!(pattern.matches("a*", &context));
        assert!(!pattern.matches("ab", &context));
    }

    #[test]
    fn more_pieces_than_fit_the_stack_still_match() {
        let pattern = "?a*".repeat(40);
        assert!(matches(&pattern, Wildcards::Free, &"xa-".repeat(40)));
        assert!(!matches(&pattern, Wildcards::Free, &"xa-".repeat(39)));
    }
}
