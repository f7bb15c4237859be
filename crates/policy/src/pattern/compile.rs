//! From a written text to pieces.

use super::glob::{Part, confine_parts, part};
use super::{Piece, Variable, Wildcards};
use crate::context::Key;

/// Splits a text into pieces; stars are marked as crossing until [`confine`] has seen them.
pub(super) fn split(text: &str, wildcards: Wildcards, variables: bool) -> Vec<Piece> {
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
pub(super) fn complete_arn(text: &str, pieces: &mut Vec<Piece>) {
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
pub(super) fn confine(pieces: &mut [Piece], wildcards: Wildcards) {
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
