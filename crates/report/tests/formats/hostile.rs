//! Names from files that try to speak to the terminal, to the runner or to the page.

use rolecall_chain::Traced;
use rolecall_facts::Origin;
use rolecall_report::{Diagnostic, DiagnosticLevel, Format, Style};

use crate::case::{self, Files};
use crate::rendered;

const HOSTILE: &str =
    "x\u{1b}]0;owned\u{7}\r\n::error file=a::b\n##[warning]c\n<script>`|`@team\u{202e}";

fn hostile() -> (Traced, Vec<Diagnostic>) {
    let mut traced = case::custom_path();
    for chain in &mut traced.chains {
        chain.pool.name = HOSTILE.to_owned();
        chain.pool.cluster = Some(HOSTILE.to_owned());
        for state in &mut chain.links {
            state.detail = HOSTILE.to_owned();
        }
        for object in &mut chain.predicted {
            object.object = format!("NodeClass/{HOSTILE}");
            for condition in &mut object.conditions {
                condition.message = HOSTILE.to_owned();
            }
        }
    }
    for finding in &mut traced.findings {
        finding.message = HOSTILE.to_owned();
        finding.subject = HOSTILE.to_owned();
        for pool in &mut finding.pools {
            pool.name = HOSTILE.to_owned();
            pool.cluster = Some(HOSTILE.to_owned());
        }
        finding.origins = vec![Origin::file(&HOSTILE.into(), 1, 1, 1).with_address(HOSTILE)];
        for repair in &mut finding.repairs {
            repair.action = HOSTILE.to_owned();
            for command in &mut repair.commands {
                command.text = HOSTILE.to_owned();
            }
        }
    }
    let diagnostic = Diagnostic {
        level: DiagnosticLevel::Error,
        message: HOSTILE.to_owned(),
        origin: Origin::file(&HOSTILE.into(), 1, 1, 0),
        help: Some(HOSTILE.to_owned()),
    };
    (traced, vec![diagnostic])
}

fn written(format: Format) -> String {
    let (traced, diagnostics) = hostile();
    rendered(format, &traced, &diagnostics, &Files, Style::default())
}

#[test]
fn nothing_reaches_a_terminal_that_it_would_obey() {
    for format in Format::ALL {
        let text = written(format);
        let bad: Vec<char> = text
            .chars()
            .filter(|c| (c.is_control() && *c != '\n') || *c == '\u{202e}')
            .collect();
        // JSON and SARIF hold the text as it is, escaped; a direction mark is no control character.
        let json = matches!(format, Format::Json | Format::Sarif);
        assert!(
            bad.iter().all(|c| json && *c == '\u{202e}'),
            "{format}: {bad:?}"
        );
    }
}

#[test]
fn no_line_but_our_own_is_a_runner_command() {
    for format in [Format::Text, Format::Github, Format::Markdown] {
        for line in written(format).lines() {
            let own = format == Format::Github
                && ["::error file=x", "::notice file=x"]
                    .iter()
                    .any(|own| line.starts_with(own));
            assert!(
                own || !line.trim_start().starts_with("::"),
                "{format}: {line}"
            );
            assert!(!line.contains("##["), "{format}: {line}");
        }
    }
}

#[test]
fn workflow_commands_escape_what_ends_a_property_or_a_line() {
    insta::assert_snapshot!(written(Format::Github));
}

#[test]
fn markdown_shows_the_text_and_no_html_of_it() {
    let text = written(Format::Markdown);
    // Every span of code here needs a fence of two backticks, as the text holds single ones.
    let outside_blocks: String = text.split("```").step_by(2).collect();
    let outside_code: String = outside_blocks.split("``").step_by(2).collect();
    assert!(!outside_code.contains("<script"), "{outside_code}");
    insta::assert_snapshot!(text);
}

#[test]
fn a_wide_character_keeps_the_mark_below_its_place() {
    let mut traced = case::custom_path();
    traced.findings.truncate(1);
    traced.findings[0].origins = vec![Origin::file(&"terraform/roles.tf".into(), 3, 28, 2)];
    let text = rendered(Format::Text, &traced, &[], &Files, Style::default());
    let lines: Vec<&str> = text
        .lines()
        .skip_while(|line| !line.contains("roles.tf:3:28"))
        .take(4)
        .collect();
    insta::assert_snapshot!(lines.join("\n"));
}
