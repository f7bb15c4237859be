//! The last lines: how it came out, and what to do next.

use rolecall_chain::Severity;
use rolecall_facts::Origin;

use super::Page;
use crate::paint::Ink;
use crate::{ReadFrom, Report, Summary};

pub(super) fn write(page: &mut Page, report: &Report<'_>) {
    let summary = report.summary();
    let style = page.style;
    page.gap();
    if summary.pools() == 0 {
        page.wrapped("", Ink::Strong, "No node pool or node group was found.");
        page.wrapped("", Ink::Plain, where_to_look(report, &summary));
    } else if let Some(line) = all_is_well(&summary, report.left_out) {
        let mark = style.paint(Ink::Good, style.glyph("✓", "ok"));
        page.line(&format!("{mark} {line}"));
    }
    if summary != Summary::default() {
        let ink = if summary.fail > 0 || summary.errors > 0 || summary.unread > 0 {
            Ink::Bad
        } else if summary.unknown > 0 || summary.warnings > 0 {
            Ink::Unsure
        } else {
            Ink::Good
        };
        page.wrapped("", ink, &summary.in_words());
    }
    if summary.unknown > 0 && !style.quiet {
        let words = if is_live(report) {
            "Unknown is not a pass: let this identity read what the reasons above ask for."
        } else {
            "Unknown is not a pass: give rolecall the files that the reasons above ask for."
        };
        page.wrapped("", Ink::Faint, words);
    }
    let not_shown = match report.left_out {
        0 => String::new(),
        1 => "1 finding is not shown, as you asked.".to_owned(),
        more => format!("{more} findings are not shown, as you asked."),
    };
    if !not_shown.is_empty() {
        page.wrapped("", Ink::Faint, &not_shown);
    }
    let quiet_from = if style.quiet {
        Severity::Error
    } else {
        Severity::Note
    };
    let worst = report
        .traced
        .findings
        .iter()
        .filter(|f| f.severity >= quiet_from);
    // The first of the worst: `max_by_key` alone would give the last.
    if let Some(finding) = worst.rev().max_by_key(|finding| finding.severity) {
        let command = format!("rolecall explain {}", finding.rule.code);
        let command = style.paint(Ink::Strong, &command);
        page.line(&format!("{command} tells more."));
    }
}

/// What to do where there is no pool.
fn where_to_look(report: &Report<'_>, summary: &Summary) -> &'static str {
    match report.read_from {
        ReadFrom::Files => {
            "Point rolecall at the files that declare them: Kubernetes manifests with NodePool and \
             NodeClass objects, Terraform (a folder, or a plan from `terraform show -json`), \
             CloudFormation templates, an eksctl ClusterConfig, or `-` for standard input."
        }
        ReadFrom::Clusters
            if summary.unread > 0
                || report
                    .permissions
                    .is_some_and(|permissions| !permissions.missing.is_empty()) =>
        {
            "There may be some in what could not be read, above."
        }
        ReadFrom::Clusters => {
            "Where AWS and Kubernetes were asked, they have no NodePool, no node group and no hybrid \
             nodes."
        }
    }
}

/// Whether the pools were read from a cluster and not from files.
fn is_live(report: &Report<'_>) -> bool {
    let mut chains = report.traced.chains.iter();
    report.read_from == ReadFrom::Clusters
        || chains.any(|chain| matches!(chain.origin, Origin::Api(_)))
}

/// The friendly line, where it is true: everything passes, and nothing was left out or unread.
fn all_is_well(summary: &Summary, left_out: usize) -> Option<String> {
    let troubled = summary.fail + summary.unknown + summary.errors + summary.warnings;
    if troubled + summary.unread + left_out > 0 {
        return None;
    }
    Some(match summary.pools() {
        1 => "Every link holds: nothing here keeps the pool's nodes from joining.".to_owned(),
        _ => "Every link holds: nothing here keeps the pools' nodes from joining.".to_owned(),
    })
}
