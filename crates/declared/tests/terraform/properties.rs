//! Whatever the text, it is read without a panic, and the same way twice.

use proptest::prelude::*;
use rolecall_declared::{Options, Read, Source, read_sources};

const TEXTS: [(&str, &str); 6] = [
    (
        "main.tf",
        include_str!("../fixtures/terraform/auto-mode/main.tf"),
    ),
    (
        "main.tf",
        include_str!("../fixtures/terraform/module-style/vendor/eks/main.tf"),
    ),
    (
        "main.tf",
        include_str!("../fixtures/terraform/pools-by-for-each/main.tf"),
    ),
    (
        "main.tf.json",
        include_str!("../fixtures/terraform/json-syntax/main.tf.json"),
    ),
    (
        "plan.json",
        include_str!("../fixtures/terraform/new-role-under-a-path.json"),
    ),
    (
        "plan.json",
        include_str!("../fixtures/terraform/modules-with-for-each.json"),
    ),
];

/// Pieces that mean something, to be put where they do not belong.
const PIECES: [&str; 28] = [
    "{",
    "}",
    "[",
    "]",
    "(",
    ")",
    "\"",
    "${",
    "%{ if true }",
    "%{ endif }",
    "<<EOF\n",
    "\nEOF\n",
    "...",
    "[*]",
    ".*",
    " ? 1 : null",
    " for k, v in local.x : k => v",
    "local.name",
    "aws_iam_role.node",
    "aws_iam_role.node[0].arn",
    "each.value",
    "try(",
    "merge(",
    "null",
    "true",
    "1e309",
    "\u{f8f0}rolecall-open-0\u{f8f1}",
    "\\u0000",
];

fn read(name: &str, text: &str) -> Read {
    let sources = vec![Source::new(name, text)];
    read_sources(sources, &Options::default())
}

/// An edit: from where to where, in thousandths, and what is put there.
type Edit = (u16, u8, usize);

fn edited(text: &str, edits: &[Edit]) -> String {
    let mut characters: Vec<char> = text.chars().collect();
    for (at, cut, piece) in edits {
        let at = characters.len() * usize::from(*at) / 1000;
        let end = (at + usize::from(*cut)).min(characters.len());
        let piece = PIECES.get(piece % PIECES.len()).unwrap_or(&"");
        characters.splice(at..end, piece.chars());
    }
    characters.into_iter().collect()
}

fn check(name: &str, text: &str) -> Result<(), TestCaseError> {
    let (one, other) = (read(name, text), read(name, text));
    // Evaluation runs in a thread of its own; this is what is said of one that panicked.
    let panicked = |diagnostic: &rolecall_declared::Diagnostic| {
        diagnostic.message == "the configuration could not be evaluated"
    };
    prop_assert!(!one.diagnostics.iter().any(panicked), "{text}");
    prop_assert_eq!(one.snapshot, other.snapshot);
    prop_assert_eq!(one.diagnostics, other.diagnostics);
    Ok(())
}

proptest! {
    #[test]
    fn edited_files_are_read(
        text in 0..TEXTS.len(),
        edits in prop::collection::vec((0u16..1000, 0u8..40, 0usize..100), 1..4),
    ) {
        let (name, text) = TEXTS[text];
        check(name, &edited(text, &edits))?;
    }

    #[test]
    fn heaps_of_pieces_are_read(pieces in prop::collection::vec(0..PIECES.len(), 0..20)) {
        let expression: String = pieces.iter().map(|piece| PIECES[*piece]).collect();
        let text = format!(
            "locals {{\n  x = {expression}\n}}\nresource \"aws_iam_role\" \"node\" {{\n  name = {expression}\n  path = local.x\n  assume_role_policy = \"{expression}\"\n}}\n"
        );
        check("main.tf", &text)?;
    }
}
