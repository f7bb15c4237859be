//! SARIF 2.1.0, as GitHub code scanning takes it.

mod fingerprint;
mod places;
mod rules;

use std::collections::BTreeMap;
use std::io::{self, Write};

use rolecall_chain::{Evidence, Finding, Repair, Severity};
use rolecall_facts::FileOrigin;
use serde_sarif::sarif::{
    ArtifactChange, ArtifactContent, Fix, Invocation, Message, Notification, Replacement,
    Result as SarifResult, ResultLevel, Run, Sarif, Tool, ToolComponent,
};

use crate::call::in_a_sentence;
use crate::excerpt::Excerpts;
use crate::{Diagnostic, DiagnosticLevel, Report};
use fingerprint::Fingerprints;
use rules::RuleList;

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";

pub(crate) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut text = serde_json::to_vec_pretty(&log(report))?;
    text.push(b'\n');
    out.write_all(&text)
}

fn log(report: &Report<'_>) -> Sarif {
    let rules = RuleList::of(&report.traced.findings);
    let mut fingerprints = Fingerprints::default();
    let excerpts = Excerpts::load(report, edited(&report.traced.findings));
    let results: Vec<SarifResult> = report
        .traced
        .findings
        .iter()
        .map(|finding| result(report, finding, &rules, &excerpts, &mut fingerprints))
        .collect();
    let driver = ToolComponent::builder()
        .name("Rolecall")
        .semantic_version(env!("CARGO_PKG_VERSION"))
        .rules(rules.descriptors())
        .build();
    let run = Run::builder()
        .tool(Tool::builder().driver(driver).build())
        .invocations(vec![invocation(report)])
        // Columns are counted in characters, as everywhere in Rolecall.
        .column_kind("unicodeCodePoints")
        .results(results)
        .build();
    Sarif::builder()
        .schema(SCHEMA)
        .version("2.1.0")
        .runs(vec![run])
        .build()
}

fn result(
    report: &Report<'_>,
    finding: &Finding,
    rules: &RuleList<'_>,
    excerpts: &Excerpts,
    fingerprints: &mut Fingerprints,
) -> SarifResult {
    let mut prints = BTreeMap::new();
    prints.insert(
        "rolecallFinding/v1".to_owned(),
        fingerprints.of(report, finding),
    );
    let mut result = SarifResult::builder()
        .rule_id(finding.rule.code)
        .level(level(finding.severity))
        .message(message(&words(finding)))
        .locations(places::primary(report, finding))
        .partial_fingerprints(prints)
        .build();
    result.rule_index = rules.index(finding.rule);
    let related = places::related(report, finding);
    if !related.is_empty() {
        result.related_locations = Some(related);
    }
    let fixes: Vec<Fix> = finding
        .repairs
        .iter()
        .filter_map(|repair| fix(report, repair, excerpts))
        .collect();
    if !fixes.is_empty() {
        result.fixes = Some(fixes);
    }
    result
}

/// The places that repairs would edit.
fn edited(findings: &[Finding]) -> impl Iterator<Item = &FileOrigin> {
    let repairs = findings.iter().flat_map(|finding| &finding.repairs);
    repairs
        .filter_map(|repair| repair.edit.as_ref())
        .map(|edit| &edit.place)
}

/// The message with the texts that differ: code scanning shows nothing else of the evidence.
fn words(finding: &Finding) -> String {
    let mut words = finding.message.clone();
    for evidence in &finding.evidence {
        match evidence {
            Evidence::Difference {
                left_label,
                left,
                right_label,
                right,
            } => {
                words += &format!("\n\n{left_label}: {left}\n{right_label}: {right}");
            }
            Evidence::Statement { policy, why, .. } => words += &format!("\n\n{policy}: {why}"),
            Evidence::Call { call, count, since } => {
                words += &format!("\n\n{}", in_a_sentence(call, *count, *since));
            }
            _ => {}
        }
    }
    if let Some(repair) = finding.repairs.first() {
        words += &format!("\n\nTo mend it: {} ({})", repair.action, repair.safety);
    }
    words
}

/// The edit of a repair, if the file still holds what it replaces; quotes around that stay.
fn fix(report: &Report<'_>, repair: &Repair, excerpts: &Excerpts) -> Option<Fix> {
    let edit = repair.edit.as_ref()?;
    let marked = excerpts.marked(&edit.place)?;
    let (before, after) = marked.split_once(edit.expected.as_str())?;
    let content = ArtifactContent::builder()
        .text(format!("{before}{}{after}", edit.replacement))
        .build();
    if !matches!((before, after), ("", "") | ("\"", "\"") | ("'", "'")) {
        return None;
    }
    let replacement = Replacement::builder()
        .deleted_region(places::region(&edit.place))
        .inserted_content(content)
        .build();
    let change = ArtifactChange::builder()
        .artifact_location(places::artifact(report, &edit.place.path))
        .replacements(vec![replacement])
        .build();
    Some(
        Fix::builder()
            .description(message(&repair.action))
            .artifact_changes(vec![change])
            .build(),
    )
}

/// Whether all files were read, and what was not.
fn invocation(report: &Report<'_>) -> Invocation {
    let notifications: Vec<Notification> = report
        .diagnostics
        .iter()
        .map(|d| notification(report, d))
        .collect();
    let unread = report
        .diagnostics
        .iter()
        .any(|d| d.level == DiagnosticLevel::Error);
    let mut invocation = Invocation::builder().execution_successful(!unread).build();
    if !notifications.is_empty() {
        invocation.tool_execution_notifications = Some(notifications);
    }
    invocation
}

fn notification(report: &Report<'_>, diagnostic: &Diagnostic) -> Notification {
    let mut words = diagnostic.message.clone();
    if let Some(help) = &diagnostic.help {
        words += &format!("; {help}");
    }
    Notification::builder()
        .level(diagnostic.level.as_str())
        .message(message(&words))
        .locations(vec![places::location(report, &diagnostic.origin)])
        .build()
}

fn level(severity: Severity) -> ResultLevel {
    match severity {
        Severity::Error => ResultLevel::Error,
        Severity::Warning => ResultLevel::Warning,
        Severity::Note => ResultLevel::Note,
    }
}

fn message(text: &str) -> Message {
    Message::builder().text(unlinked(text)).build()
}

/// Keeps a text from being read as a link, which SARIF writes `[text](target)`.
fn unlinked(text: &str) -> String {
    text.replace("](", "] (")
}
