use std::collections::BTreeMap;

use rolecall_chain::{Finding, Rule};
use serde_sarif::sarif::{MultiformatMessageString, ReportingConfiguration, ReportingDescriptor};

/// The rules that found something, by code.
pub(super) struct RuleList<'a> {
    by_code: BTreeMap<&'a str, (&'static Rule, i64)>,
}

impl<'a> RuleList<'a> {
    pub(super) fn of(findings: &'a [Finding]) -> Self {
        let mut by_code: BTreeMap<&str, (&'static Rule, i64)> = findings
            .iter()
            .map(|f| (f.rule.code, (f.rule, 0)))
            .collect();
        for (index, (_, place)) in (0..).zip(by_code.values_mut()) {
            *place = index;
        }
        Self { by_code }
    }

    pub(super) fn index(&self, rule: &Rule) -> Option<i64> {
        self.by_code.get(rule.code).map(|(_, index)| *index)
    }

    pub(super) fn descriptors(&self) -> Vec<ReportingDescriptor> {
        self.by_code
            .values()
            .map(|(rule, _)| descriptor(rule))
            .collect()
    }
}

fn descriptor(rule: &Rule) -> ReportingDescriptor {
    let page = rule.page();
    let text = |text: &str| MultiformatMessageString::builder().text(text).build();
    ReportingDescriptor::builder()
        .id(rule.code)
        .name(rule.name)
        .short_description(text(&rule.name.replace('-', " ")))
        .full_description(text(&first_paragraph(&page)))
        .help(
            MultiformatMessageString::builder()
                .text(page.trim())
                .markdown(page.trim())
                .build(),
        )
        .default_configuration(
            ReportingConfiguration::builder()
                .level(rule.severity.as_str())
                .build(),
        )
        .build()
}

/// The first paragraph below the first heading, on one line.
fn first_paragraph(page: &str) -> String {
    let lines = page
        .lines()
        .skip_while(|line| line.is_empty() || line.starts_with('#'));
    let lines: Vec<&str> = lines.take_while(|line| !line.trim().is_empty()).collect();
    lines.join(" ")
}
