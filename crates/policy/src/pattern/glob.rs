//! Matching a text against pieces.
//!
//! The matcher goes through the text once and comes back to a star at most: the last one that may
//! cross colons, and the last one behind it that may not. Where a star may cross, whatever an
//! earlier star could still do, this one can do as well, so earlier ones are forgotten.

use super::{Piece, Wildcards};
use crate::context::Context;

/// A piece with its variable replaced.
#[derive(Debug, Clone, Copy)]
pub(super) enum Part<'a> {
    Literal(&'a str),
    Star { crosses: bool },
    One { crosses: bool },
}

/// The parts that [`glob`] matches.
pub(super) trait Parts {
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
pub(super) fn part<'a>(piece: &'a Piece, context: Option<&'a Context>) -> Option<Part<'a>> {
    Some(match piece {
        Piece::Literal(text) => Part::Literal(text),
        Piece::Star { crosses } => Part::Star { crosses: *crosses },
        Piece::One { crosses } => Part::One { crosses: *crosses },
        Piece::Variable(variable) => Part::Literal(variable.resolve(context?)?),
    })
}

/// Decides which wildcards may cross a colon, once every variable has its value.
pub(super) fn confine_parts(parts: &mut [Part<'_>], wildcards: Wildcards) {
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
pub(super) fn with_parts<'a>(
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

pub(super) fn glob<P: Parts + ?Sized>(parts: &P, text: &str) -> bool {
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
            if !ahead.starts_with(wanted.as_bytes()) {
                match find(ahead, wanted.as_bytes()) {
                    Some(found) => at += found,
                    None => return false,
                }
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
