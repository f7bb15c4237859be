//! The little language inside `Fn::Sub`.

/// One part of a `Fn::Sub` text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Part<'a> {
    /// Text that stays.
    Text(&'a str),
    /// `${Name}` or `${Name.Attribute}`.
    Variable(&'a str),
    /// `${!Literal}`, which becomes `${Literal}`.
    Literal(&'a str),
}

/// Splits a `Fn::Sub` text. A `${` that is never closed is text.
pub(super) fn parts(text: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        let Some((name, after)) = after.split_once('}') else {
            break;
        };
        if !before.is_empty() {
            parts.push(Part::Text(before));
        }
        parts.push(match name.strip_prefix('!') {
            Some(literal) => Part::Literal(literal),
            None => Part::Variable(name.trim()),
        });
        rest = after;
    }
    if !rest.is_empty() {
        parts.push(Part::Text(rest));
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_literals_and_text_are_told_apart() {
        use Part::{Literal, Text, Variable};
        for (text, expected) in [
            ("", vec![]),
            ("plain", vec![Text("plain")]),
            ("${A}", vec![Variable("A")]),
            (
                "x-${A.Arn}/*",
                vec![Text("x-"), Variable("A.Arn"), Text("/*")],
            ),
            (
                "${!aws:username}${ B }",
                vec![Literal("aws:username"), Variable("B")],
            ),
            ("$5 {A} ${A", vec![Text("$5 {A} ${A")]),
        ] {
            assert_eq!(parts(text), expected, "{text}");
        }
    }
}
