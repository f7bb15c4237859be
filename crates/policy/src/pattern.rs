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
    while let Some(at) = memchr::memchr3(b'*', b'?', b'$', rest.as_bytes()) {
        let (plain, ahead) = rest.split_at_checked(at).unwrap_or_default();
        literal.push_str(plain);
        if variables
            && let Some((name, after)) = ahead.strip_prefix("${").and_then(|r| r.split_once('}'))
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
        let (special, after) = ahead.split_at_checked(1).unwrap_or_default();
        rest = after;
        if special == "$" || wildcards == Wildcards::Literal {
            literal.push_str(special);
            continue;
        }
        flush(&mut literal, &mut pieces);
        if special == "?" {
            pieces.push(Piece::One { crosses: true });
        } else if !matches!(pieces.last(), Some(Piece::Star { .. })) {
            pieces.push(Piece::Star { crosses: true });
        }
    }
    literal.push_str(rest);
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

/// The parts that [`glob`] matches.
trait Parts {
    fn at(&self, index: usize) -> Option<Part<'_>>;
    fn count(&self) -> usize;
}

impl Parts for [Part<'_>] {
    fn at(&self, index: usize) -> Option<Part<'_>> {
        self.get(index).copied()
    }

    fn count(&self) -> usize {
        self.len()
    }
}

/// Only for pieces without variables.
impl Parts for [Piece] {
    fn at(&self, index: usize) -> Option<Part<'_>> {
        part(self.get(index)?, None)
    }

    fn count(&self) -> usize {
        self.len()
    }
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

fn glob<P: Parts + ?Sized>(parts: &P, text: &str) -> bool {
    let bytes = text.as_bytes();
    let (mut at_part, mut at) = (0, 0);
    let mut crossing: Return = None;
    let mut confined: Return = None;
    loop {
        let rest = bytes.get(at..).unwrap_or_default();
        let advanced = match parts.at(at_part) {
            None if rest.is_empty() => return true,
            None => None,
            Some(Part::Star { crosses }) => {
                if crosses {
                    if at_part + 1 == parts.count() {
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
                Some(first) if crosses || *first != b':' => Some(character_len(rest)),
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
        if let Some(Part::Literal(wanted)) = parts.at(part) {
            let ahead = bytes.get(at..).unwrap_or_default();
            match find(ahead, wanted.as_bytes()) {
                Some(found) => at += found,
                None => return false,
            }
        }
        at_part = part;
        crossing = Some((part, at));
    }
}

/// Finds a text in another. Preparing a searcher costs more than it saves on short texts.
fn find(text: &[u8], wanted: &[u8]) -> Option<usize> {
    const SHORT: usize = 128;
    let first = match wanted.first() {
        Some(first) if text.len() <= SHORT => *first,
        _ => return memchr::memmem::find(text, wanted),
    };
    let mut from = 0;
    loop {
        let rest = text.get(from..)?;
        let at = memchr::memchr(first, rest)?;
        if rest.get(at..)?.starts_with(wanted) {
            return Some(from + at);
        }
        from += at + 1;
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
        Written::new(pattern, wildcards, true).matches(text, &Context::default())
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
        let pattern = Written::new(
            "home/${aws:PrincipalTag/team, 'all'}/*",
            Wildcards::Free,
            true,
        );
        assert!(pattern.matches("home/all/x", &context));
        context.set("AWS:principaltag/TEAM", "blue");
        assert!(pattern.matches("home/blue/x", &context));
        assert!(!pattern.matches("home/all/x", &context));
        let bare = Written::new("${aws:username}", Wildcards::Free, true);
        assert!(!bare.matches("", &Context::default()));
    }

    #[test]
    fn a_value_with_a_star_in_it_is_no_wildcard() {
        let mut context = Context::default();
        context.set("aws:username", "a*");
        let pattern = Written::new("${aws:username}", Wildcards::Free, true);
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
