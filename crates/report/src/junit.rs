//! JUnit XML: a suite per cluster, a case per pool and link.
//!
//! A failing link is a failed test with the findings that explain it; what could not be told is a
//! skipped one, so that no CI page calls it passed. Errors that no failing link shows, and files that
//! could not be read, have suites of their own.

use std::collections::HashMap;
use std::io::{self, Write};

use quick_junit::{
    NonSuccessKind, Report as JunitReport, TestCase, TestCaseStatus, TestSuite, XmlString,
};
use rolecall_chain::{Chain, Finding, Link, LinkState, Pool, Severity, Verdict};

use crate::excerpt::place_in_words;
use crate::text::plain::whole_finding;
use crate::visible::{visible, visible_block};
use crate::{DiagnosticLevel, Report};

pub(crate) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut junit = JunitReport::new("rolecall");
    let by_link = by_link(report);
    let mut shown = vec![false; report.traced.findings.len()];
    let mut rest = report.traced.chains.as_slice();
    while let Some(first) = rest.first() {
        let same = |chain: &Chain| chain.pool.cluster == first.pool.cluster;
        let end = rest
            .iter()
            .position(|chain| !same(chain))
            .unwrap_or(rest.len());
        let (cluster, others) = rest.split_at(end);
        let name = first
            .pool
            .cluster
            .as_deref()
            .unwrap_or("(cluster not known)");
        let mut suite = TestSuite::new(visible(name).as_ref());
        for chain in cluster {
            let pool = XmlString::new(visible(&chain.pool.to_string()));
            for state in &chain.links {
                let found = by_link
                    .get(&(&chain.pool, state.link))
                    .map_or(&[][..], Vec::as_slice);
                suite.add_test_case(case(report, &pool, state, found));
                if state.verdict == Verdict::Fail {
                    for (index, _) in found {
                        if let Some(shown) = shown.get_mut(*index) {
                            *shown = true;
                        }
                    }
                }
            }
        }
        junit.add_test_suite(suite);
        rest = others;
    }
    add_other_findings(&mut junit, report, &shown);
    add_unread(&mut junit, report);
    junit.serialize(&mut *out).map_err(io::Error::other)
}

type Found<'a> = (usize, &'a Finding);

fn by_link<'a>(report: &Report<'a>) -> HashMap<(&'a Pool, Link), Vec<Found<'a>>> {
    let mut by_link: HashMap<(&Pool, Link), Vec<Found<'_>>> = HashMap::new();
    for (index, finding) in report.traced.findings.iter().enumerate() {
        for pool in &finding.pools {
            by_link
                .entry((pool, finding.rule.link))
                .or_default()
                .push((index, finding));
        }
    }
    by_link
}

fn case(report: &Report<'_>, pool: &XmlString, state: &LinkState, found: &[Found<'_>]) -> TestCase {
    let detail = visible(&state.detail);
    let status = match state.verdict {
        Verdict::Pass => TestCaseStatus::success(),
        Verdict::Unknown => {
            let mut status = TestCaseStatus::skipped();
            status.set_message(detail.as_ref());
            status
        }
        Verdict::Fail => {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            let errors = || {
                found
                    .iter()
                    .filter(|(_, finding)| finding.severity == Severity::Error)
            };
            if let Some((_, first)) = errors().next() {
                status.set_type(format!("{} {}", first.rule.code, first.rule.name));
                status.set_message(visible(&first.message).as_ref());
                let texts: Vec<String> = errors().map(|(_, f)| described(report, f)).collect();
                status.set_description(texts.join("\n"));
            } else {
                status.set_type(state.link.as_str());
                status.set_message(detail.as_ref());
            }
            status
        }
    };
    let mut case = TestCase::new(state.link.as_str(), status);
    case.set_classname(pool.clone());
    let remarks: Vec<String> = found
        .iter()
        .filter(|(_, finding)| finding.severity != Severity::Error)
        .map(|(_, finding)| described(report, finding))
        .collect();
    if !remarks.is_empty() {
        case.set_system_out(remarks.join("\n"));
    }
    case
}

fn described(report: &Report<'_>, finding: &Finding) -> String {
    let title = format!(
        "{}[{}] {}",
        finding.severity, finding.rule.code, finding.rule.name
    );
    format!("{title}\n{}", whole_finding(report, finding))
}

/// Errors that no failing link of a pool shows.
fn add_other_findings(junit: &mut JunitReport, report: &Report<'_>, shown: &[bool]) {
    let mut suite = TestSuite::new("findings");
    for (finding, shown) in report.traced.findings.iter().zip(shown) {
        if *shown || finding.severity != Severity::Error {
            continue;
        }
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
        status.set_type(format!("{} {}", finding.rule.code, finding.rule.name));
        status.set_message(visible(&finding.message).as_ref());
        status.set_description(described(report, finding));
        let mut case = TestCase::new(visible(&finding.subject).as_ref(), status);
        case.set_classname(finding.rule.code);
        suite.add_test_case(case);
    }
    if !suite.test_cases.is_empty() {
        junit.add_test_suite(suite);
    }
}

fn add_unread(junit: &mut JunitReport, report: &Report<'_>) {
    let mut suite = TestSuite::new("input");
    for diagnostic in report.diagnostics {
        if diagnostic.level != DiagnosticLevel::Error {
            continue;
        }
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
        status.set_type("not read");
        status.set_message(visible(&diagnostic.message).as_ref());
        if let Some(help) = &diagnostic.help {
            status.set_description(format!("help: {}", visible_block(help)));
        }
        let mut case = TestCase::new(place_in_words(report, &diagnostic.origin), status);
        case.set_classname("input");
        suite.add_test_case(case);
    }
    if !suite.test_cases.is_empty() {
        junit.add_test_suite(suite);
    }
}
