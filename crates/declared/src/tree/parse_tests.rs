use std::fmt::Write as _;

use proptest::prelude::*;

use super::{Node, Value, json, yaml};
use crate::Source;

/// One line a value: place, length, path and value.
fn outline(node: &Node) -> String {
    fn walk(node: &Node, path: &str, out: &mut String) {
        let place = node.origin.as_file().unwrap();
        let tag = node
            .tag
            .as_ref()
            .map(|tag| format!("!{tag} "))
            .unwrap_or_default();
        let shown = match &node.value {
            Value::List(items) => format!("list of {}", items.len()),
            Value::Map(entries) => format!("map of {}", entries.len()),
            other => format!("{other:?}"),
        };
        writeln!(
            out,
            "{}:{}+{} {path} = {tag}{shown}",
            place.line, place.column, place.length
        )
        .unwrap();
        for (i, item) in node.items().iter().enumerate() {
            walk(item, &format!("{path}[{i}]"), out);
        }
        for (key, value) in node.entries() {
            walk(
                value,
                &format!("{path}.{}", key.as_str().unwrap_or("?")),
                out,
            );
        }
    }
    let mut out = String::new();
    walk(node, "", &mut out);
    out
}

fn yaml_outline(text: &str) -> String {
    let (nodes, diagnostics) = yaml::parse(&Source::new("f.yaml", text));
    let mut out: String = nodes.iter().map(outline).collect::<Vec<_>>().join("--\n");
    for diagnostic in diagnostics {
        writeln!(out, "! {diagnostic}").unwrap();
    }
    out
}

#[test]
fn yaml_values_know_their_places() {
    insta::assert_snapshot!(yaml_outline(
        "# a comment\nkind: NodePool\nmetadata: {name: \"wéb\", labels: {}}\nspec:\n  - |\n    two\n    lines\n  - 'quoted'   # trailing\n  - plain text   # trailing\n  -\n  - 1.5\n  - yes\n"
    ), @r#"
    2:1+0  = map of 3
    2:7+8 .kind = String("NodePool")
    3:11+0 .metadata = map of 2
    3:18+5 .metadata.name = String("wéb")
    3:33+0 .metadata.labels = map of 0
    5:3+0 .spec = list of 6
    6:5+3 .spec[0] = String("two\nlines\n")
    8:5+8 .spec[1] = String("quoted")
    9:5+10 .spec[2] = String("plain text")
    10:4+0 .spec[3] = Null
    11:5+3 .spec[4] = Number("1.5")
    12:5+3 .spec[5] = Bool(true)
    "#);
}

#[test]
fn a_broken_document_loses_only_itself() {
    insta::assert_snapshot!(yaml_outline("a: 1\n---\nb: [1\nc: }\n---\nd: 2\n---\n# nothing\n"), @r#"
    1:1+0  = map of 1
    1:4+1 .a = Number("1")
    --
    6:1+0  = map of 1
    6:4+1 .d = Number("2")
    ! f.yaml:4:2: not valid YAML: illegal placement of ':' indicator
    "#);
}

#[test]
fn short_tags_of_cloudformation_are_kept() {
    insta::assert_snapshot!(yaml_outline(
        "Arn: !GetAtt Role.Arn\nName: !Sub '${AWS::StackName}-x'\nPick: !Select [0, !Ref Names]\nText: !!str 12\nPlain: ! 12\nNumber: !Ref 12\n"
    ), @r#"
    1:1+0  = map of 6
    1:6+16 .Arn = !GetAtt String("Role.Arn")
    2:7+26 .Name = !Sub String("${AWS::StackName}-x")
    3:7+0 .Pick = !Select list of 2
    3:16+1 .Pick[0] = Number("0")
    3:19+10 .Pick[1] = !Ref String("Names")
    4:7+8 .Text = String("12")
    5:8+4 .Plain = String("12")
    6:9+7 .Number = !Ref String("12")
    "#);
}

#[test]
fn merge_keys_bring_what_the_map_has_not() {
    insta::assert_snapshot!(yaml_outline(
        "base: &base {a: 1, b: 2}\nmore: &more {b: 3, c: 4}\none:\n  <<: *base\n  a: 9\ntwo:\n  <<: [*base, *more]\nquoted:\n  \"<<\": *base\n"
    ), @r#"
    1:1+0  = map of 5
    1:7+0 .base = map of 2
    1:17+1 .base.a = Number("1")
    1:23+1 .base.b = Number("2")
    2:7+0 .more = map of 2
    2:17+1 .more.b = Number("3")
    2:23+1 .more.c = Number("4")
    4:3+0 .one = map of 2
    1:23+1 .one.b = Number("2")
    5:6+1 .one.a = Number("9")
    7:3+0 .two = map of 3
    1:17+1 .two.a = Number("1")
    1:23+1 .two.b = Number("2")
    2:23+1 .two.c = Number("4")
    9:3+0 .quoted = map of 1
    1:7+0 .quoted.<< = map of 2
    1:17+1 .quoted.<<.a = Number("1")
    1:23+1 .quoted.<<.b = Number("2")
    "#);
}

#[test]
fn exploding_aliases_are_refused() {
    let mut text = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for level in 1..12 {
        let before = level - 1;
        writeln!(
            text,
            "a{level}: &a{level} [{}]",
            vec![format!("*a{before}"); 10].join(", ")
        )
        .unwrap();
    }
    insta::assert_snapshot!(yaml_outline(&text), @"! f.yaml:6:25: the aliases of this document expand to more than 64 MiB");
    insta::assert_snapshot!(yaml_outline("a: &a [1, *a]"), @"! f.yaml:1:11: an alias stands inside what it repeats");
    insta::assert_snapshot!(yaml_outline("a: *nowhere"), @"! f.yaml:1:4: not valid YAML: while parsing node, found unknown anchor");
}

#[test]
fn an_anchor_is_no_part_of_a_scalars_place() {
    insta::assert_snapshot!(yaml_outline("a: &one text\nb: &two  'it''s' # x\nc: *one\nd: \"a \\\" b\"  # \"\ne: \"two\n  lines\"\nf: !Sub 'x'   \n"), @r#"
    1:1+0  = map of 6
    1:9+4 .a = String("text")
    2:10+7 .b = String("it's")
    1:9+4 .c = String("text")
    4:4+8 .d = String("a \" b")
    5:4+0 .e = String("two lines")
    7:4+8 .f = !Sub String("x")
    "#);
}

#[test]
fn deep_nesting_is_refused_and_not_a_crash() {
    for text in [
        "[".repeat(100_000),
        "{a: ".repeat(100_000),
        "- ".repeat(100_000),
        (0..2_000)
            .map(|i| format!("{}a:\n", " ".repeat(i)))
            .collect(),
    ] {
        let (nodes, diagnostics) = yaml::parse(&Source::new("f.yaml", &text));
        assert!(nodes.is_empty());
        assert_eq!(diagnostics.len(), 1);
    }
    assert!(json::parse(&Source::new("f.json", &"[".repeat(100_000))).is_err());
}

#[test]
fn windows_line_ends_do_not_shift_places() {
    insta::assert_snapshot!(yaml_outline("\u{feff}a: 1\r\n---\r\nb:\r\n  c: x\r\n"), @r#"
    1:1+0  = map of 1
    1:4+1 .a = Number("1")
    --
    3:1+0  = map of 1
    4:3+0 .b = map of 1
    4:6+1 .b.c = String("x")
    "#);
}

#[test]
fn json_values_know_their_places() {
    let source = Source::new(
        "f.json",
        "{\n  \"name\": \"wé\\u0062\", \"n\": [1e3, true, null],\n\t\"m\": {\"k\": \"v\"}\n}",
    );
    insta::assert_snapshot!(outline(&json::parse(&source).unwrap()), @r#"
    1:1+0  = map of 3
    2:11+10 .name = String("wéb")
    2:28+0 .n = list of 3
    2:29+3 .n[0] = Number("1e3")
    2:34+4 .n[1] = Bool(true)
    2:40+4 .n[2] = Null
    3:7+0 .m = map of 1
    3:13+3 .m.k = String("v")
    "#);
}

#[test]
fn json_is_strict() {
    for text in [
        "{\"a\": 1,}",
        "{a: 1}",
        "[1 2]",
        "{'a': 1}",
        "{\"a\": 0x1}",
        "// c\n{}",
        "[+1]",
        "",
        "{} {}",
        "[1] x",
        "NaN",
        "{\"a\" 1}",
    ] {
        let error = json::parse(&Source::new("f.json", text)).expect_err(text);
        assert_eq!(error.origin.as_file().unwrap().path.as_ref(), "f.json");
    }
    let error = json::parse(&Source::new("f.json", "{\n  \"a\": 1,\n}")).unwrap_err();
    insta::assert_snapshot!(error.to_string(), @"f.json:2:9: not valid JSON: trailing commas are not allowed");
}

/// The text that a node's place marks.
fn marked(text: &str, node: &Node) -> String {
    let place = node.origin.as_file().unwrap();
    let line = text.split('\n').nth(place.line as usize - 1).unwrap();
    let from = place.column as usize - 1;
    line.chars()
        .skip(from)
        .take(place.length as usize)
        .collect()
}

fn check_places(text: &str, node: &Node) {
    if let (Value::String(value), true) = (&node.value, node.origin.as_file().unwrap().length > 0) {
        let marked = marked(text, node);
        let first = value.lines().find(|line| !line.trim().is_empty());
        if node.tag.is_none() && first != Some(&marked) {
            let (alone, _) = yaml::parse(&Source::new("f", &format!("- {marked}")));
            let alone = alone.first().and_then(|list| list.items().first());
            assert_eq!(
                alone.and_then(Node::as_str),
                Some(&**value),
                "{marked:?} in {text:?}"
            );
        }
    }
    for child in node.items() {
        check_places(text, child);
    }
    for (key, value) in node.entries() {
        check_places(text, key);
        check_places(text, value);
    }
}

proptest! {
    #[test]
    fn any_text_is_read_without_a_crash(text in "[-a-z:{}\\[\\],&*!|>'\"#%@` \n\t0-9.~<é]{0,80}") {
        let _ = yaml::parse(&Source::new("f", &text));
        let _ = json::parse(&Source::new("f", &text));
    }

    #[test]
    fn places_mark_what_was_written(
        text in "(([a-c]: |- |  |\"|'|&d |!e |[a-cé#]{1,3}|: |, |[\\[\\]{}]|\n|\n  |\\||>|\n\n|\r\n){1,14}\n)"
    ) {
        let (nodes, _) = yaml::parse(&Source::new("f", &text));
        for node in &nodes {
            check_places(&text, node);
        }
    }
}
