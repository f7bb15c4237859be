//! Every rule's page is whole, and its example does what the page says.

#[expect(dead_code, reason = "other tests use the rest")]
mod support;

use rolecall_chain::{RULES, Rule, Severity, Traced, find_rule};
use support::page::{Block, HEADINGS, Section, sections};
use support::{Files, messages, of, traced};

#[test]
fn codes_and_names_are_unique_and_sorted() {
    let order = |rule: &Rule| {
        rule.code
            .strip_prefix("RC")
            .unwrap()
            .parse::<u32>()
            .unwrap()
    };
    assert!(RULES.is_sorted_by_key(|rule| order(rule)));
    for (index, rule) in RULES.iter().enumerate() {
        let others = RULES.iter().skip(index + 1);
        for other in others {
            assert_ne!(rule.code, other.code);
            assert_ne!(rule.name, other.name);
        }
        assert_eq!(find_rule(rule.code), Some(*rule));
        assert_eq!(find_rule(&rule.name.to_uppercase()), Some(*rule));
        let is_kebab = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        assert!(rule.name.chars().all(is_kebab), "{}", rule.name);
    }
}

#[test]
fn every_page_has_its_headings_in_order() {
    for rule in RULES {
        let page = rule.page();
        let found = sections(&page);
        let headings: Vec<&str> = found.iter().map(|section| &*section.heading).collect();
        assert_eq!(headings, HEADINGS, "{}", rule.code);
        for section in &found {
            let is_empty = section.text.trim().is_empty() && section.blocks.is_empty();
            assert!(
                !is_empty,
                "{} has nothing under {}",
                rule.code, section.heading
            );
        }
        assert!(
            page.lines().all(|line| line.chars().count() <= 140),
            "{}",
            rule.code
        );
    }
}

#[test]
fn every_example_shows_the_fault_and_every_fix_mends_it() {
    let problems: Vec<String> = RULES
        .iter()
        .filter_map(|rule| try_page(rule).err())
        .collect();
    assert!(problems.is_empty(), "\n{}", problems.join("\n\n"));
}

fn try_page(rule: &Rule) -> Result<(), String> {
    let page = sections(&rule.page());
    let section = |heading: &str| {
        let found = page.iter().find(|section| section.heading == heading);
        found.ok_or_else(|| format!("{} has no {heading}", rule.code))
    };
    let mut files = Files::new();
    write(&mut files, section("Example")?);
    let before = traced(&files);
    if of(&before, rule.code).is_empty() {
        return Err(format!(
            "{}: the example is not found fault with{}",
            rule.code,
            told(&before)
        ));
    }
    write(&mut files, section("Fix")?);
    let after = traced(&files);
    if !of(&after, rule.code).is_empty() {
        return Err(format!(
            "{}: the fix does not mend it{}",
            rule.code,
            told(&after)
        ));
    }
    let errors = |traced: &Traced| -> Vec<&str> {
        let errors = traced
            .findings
            .iter()
            .filter(|known| known.severity == Severity::Error);
        errors.map(|known| known.rule.code).collect()
    };
    let known = errors(&before);
    match errors(&after).iter().find(|code| !known.contains(code)) {
        Some(new) => Err(format!(
            "{}: the fix brings {new}{}",
            rule.code,
            told(&after)
        )),
        None => Ok(()),
    }
}

/// Writes the blocks that name a file; a block `delete FILE` takes one away.
fn write(files: &mut Files, section: &Section) {
    let named = |block: &Block| Some((block.file.clone()?, block.language.clone()));
    for block in &section.blocks {
        match named(block) {
            Some((file, language)) if language == "delete" => {
                let was_there = files.remove(&file).is_some();
                assert!(was_there, "there is no {file} to delete");
            }
            Some((file, _)) => {
                files.insert(file, block.text.clone());
            }
            None => {}
        }
    }
}

fn told(traced: &Traced) -> String {
    let mut lines = messages(traced);
    for chain in &traced.chains {
        for state in &chain.links {
            lines.push(format!(
                "{} {} {}: {}",
                chain.pool, state.verdict, state.link, state.detail
            ));
        }
    }
    lines.iter().map(|line| format!("\n    {line}")).collect()
}
