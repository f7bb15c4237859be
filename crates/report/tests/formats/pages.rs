use rolecall_report::{Style, page_for_terminal, rule_table};

use crate::case::{RC303, RC703};

#[test]
fn a_rule_page_for_a_terminal() {
    insta::assert_snapshot!(page_for_terminal(
        &RC703,
        Style {
            width: 60,
            ..Style::default()
        }
    ));
}

#[test]
fn a_rule_page_in_colour_holds_the_same_words() {
    let plain = page_for_terminal(&RC703, Style::default()).replace('`', "");
    let colored = page_for_terminal(
        &RC703,
        Style {
            color: true,
            ..Style::default()
        },
    );
    assert!(colored.contains('\u{1b}'));
    assert_eq!(crate::without_colour(&colored), plain);
}

#[test]
fn the_table_of_rules() {
    insta::assert_snapshot!(rule_table(&[&RC303, &RC703], Style::default()));
}

#[test]
fn every_page_fits_its_width_but_for_code() {
    for rule in rolecall_chain::RULES {
        let page = page_for_terminal(
            rule,
            Style {
                width: 80,
                ..Style::default()
            },
        );
        assert!(!page.contains("```") && !page.contains("**"), "{page}");
        let prose = page
            .lines()
            .filter(|line| !line.starts_with("    ") && !line.contains('|'));
        for line in prose {
            assert!(
                line.chars().count() <= 80 || line.split_whitespace().count() == 1,
                "{}: {line}",
                rule.code
            );
        }
    }
}
