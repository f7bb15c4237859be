use super::{Edit, Edited, edited};

const MAP: &str = "\
# nodes of the platform team
- rolearn: arn:aws:iam::111122223333:role/Nodes   # since 2021
  username: system:node:{{EC2PrivateDNSName}}
  groups:
    - system:bootstrappers
    - system:nodes
    # - system:masters

# people
- groups: [\"admins\"]
  rolearn: 'arn:aws:iam::111122223333:role/Admin'
  username: admin
";
const NODES: &str = "arn:aws:iam::111122223333:role/Nodes";
const ADMIN: &str = "arn:aws:iam::111122223333:role/Admin";
const NEW: &str = "arn:aws:iam::111122223333:role/New";
const NODE: &str = "system:node:{{EC2PrivateDNSName}}";

fn to(text: &str, edit: Edit<'_>) -> String {
    match edited(text, &edit) {
        Ok(Edited::To(text)) => text,
        other => format!("{other:?}"),
    }
}

fn add<'a>(role_arn: &'a str, groups: &'a [String]) -> Edit<'a> {
    Edit::Add {
        role_arn,
        username: NODE,
        groups,
    }
}

fn groups() -> Vec<String> {
    vec!["system:bootstrappers".to_owned(), "system:nodes".to_owned()]
}

#[test]
fn an_item_goes_with_its_lines_and_the_comments_around_it_stay() {
    let without_nodes = to(MAP, Edit::Remove { role_arn: NODES });
    assert_eq!(
        without_nodes,
        "\
# nodes of the platform team
    # - system:masters

# people
- groups: [\"admins\"]
  rolearn: 'arn:aws:iam::111122223333:role/Admin'
  username: admin
"
    );
    let without_admin = to(MAP, Edit::Remove { role_arn: ADMIN });
    assert!(MAP.starts_with(&without_admin), "{without_admin}");
    assert!(without_admin.ends_with("# people\n"));
    let empty = to(&without_admin, Edit::Remove { role_arn: NODES });
    assert!(matches!(
        edited(&empty, &Edit::Remove { role_arn: NODES }),
        Ok(Edited::Already)
    ));
}

#[test]
fn a_role_is_replaced_in_its_own_quotes_and_nothing_else_is_touched() {
    for (role, quoted) in [(NODES, NODES.to_owned()), (ADMIN, format!("'{ADMIN}'"))] {
        let renamed = to(
            MAP,
            Edit::Replace {
                from: role,
                to: NEW,
            },
        );
        let expected = MAP.replace(&quoted, &quoted.replace(role, NEW));
        assert_eq!(renamed, expected);
        let again = edited(
            &renamed,
            &Edit::Replace {
                from: role,
                to: NEW,
            },
        );
        assert_eq!(again, Ok(Edited::Already));
    }
}

#[test]
fn an_item_is_added_after_the_last_with_its_indentation() {
    let groups = groups();
    let added = to(MAP, add(NEW, &groups));
    assert_eq!(
        added,
        format!(
            "{MAP}- rolearn: {NEW}\n  username: {NODE}\n  groups:\n  - system:bootstrappers\n  - \
             system:nodes\n"
        )
    );
    assert_eq!(edited(&added, &add(NEW, &groups)), Ok(Edited::Already));
    let indented = MAP.lines().map(|line| format!("  {line}\n"));
    let added = to(&indented.collect::<String>(), add(NEW, &groups));
    assert!(added.contains("\n  - rolearn: arn:aws:iam::111122223333:role/New\n    username:"));
}

#[test]
fn text_without_a_last_line_break_and_lists_in_brackets_are_edited_too() {
    let groups = groups();
    let unbroken = to(MAP.trim_end(), add(NEW, &groups));
    assert!(
        unbroken.contains("username: admin\n- rolearn:"),
        "{unbroken}"
    );
    for nothing in ["", "[]", "[]\n", "``", "\"\"", "# nobody yet\n", "null"] {
        let text = to(nothing, add(NEW, &groups));
        assert!(text.contains("- rolearn: arn:aws"), "{nothing}: {text}");
    }
    let flow = format!(r#"[{{"rolearn": "{NODES}", "username": "n", "groups": []}}]"#);
    let two = to(&flow, add(NEW, &groups));
    assert!(two.starts_with(flow.trim_end_matches(']')), "{two}");
    assert_eq!(to(&two, Edit::Remove { role_arn: NEW }), flow);
    let last = to(&two, Edit::Remove { role_arn: NODES });
    assert!(
        last.starts_with(r#"[{"rolearn":"arn:aws:iam::111122223333:role/New""#),
        "{last}"
    );
    assert_eq!(to(&flow, Edit::Remove { role_arn: NODES }), "[]");
}

#[test]
fn windows_line_breaks_are_kept() {
    let text = MAP.replace('\n', "\r\n");
    let added = to(&text, add(NEW, &groups()));
    assert_eq!(added.matches('\n').count(), added.matches("\r\n").count());
}

#[test]
fn another_mapping_of_the_role_is_told_and_left() {
    let other = edited(MAP, &add(NODES, &["viewers".to_owned()]));
    let Ok(Edited::Otherwise(said)) = other else {
        unreachable!("{other:?}");
    };
    assert!(said.contains("system:bootstrappers"), "{said}");
    let nobody = edited(
        MAP,
        &Edit::Replace {
            from: "arn:x",
            to: NEW,
        },
    );
    assert!(matches!(nobody, Ok(Edited::Otherwise(_))), "{nobody:?}");
}

#[test]
fn what_cannot_be_edited_in_place_is_said_and_left() {
    for (text, why) in [
        ("- &a {rolearn: x}\n- *a\n", "anchors"),
        ("rolearn: x\n", "not a list"),
        ("- rolearn: [\n", "not YAML"),
        (
            "- rolearn: x\n---\n- rolearn: y\n",
            "more than one document",
        ),
    ] {
        let problem = edited(text, &add(NEW, &groups())).unwrap_err();
        assert!(problem.contains(why), "{text}: {problem}");
    }
}

#[test]
fn a_role_of_two_items_is_replaced_in_both() {
    let twice = format!("- rolearn: {NODES}\n  groups: [a]\n- rolearn: \"{NODES}\"\n");
    let renamed = to(
        &twice,
        Edit::Replace {
            from: NODES,
            to: NEW,
        },
    );
    assert_eq!(renamed, twice.replace(NODES, NEW));
}
