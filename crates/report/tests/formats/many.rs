//! Many pools and findings: grouped, bounded, and each format in reasonable work.

use rolecall_chain::{ControlPlane, Traced};
use rolecall_facts::Origin;
use rolecall_report::{Format, Style};

use crate::case::{self, Files};
use crate::rendered;

/// As many pools, each with a finding of its own.
pub(crate) fn many(pools: usize) -> Traced {
    let names: Vec<String> = (0..pools).map(|n| format!("pool-{n:05}")).collect();
    let chains = names
        .iter()
        .map(|name| case::chain(name, case::WEB_ARN, ControlPlane::Current, Some("no entry")));
    let findings = (1..).zip(&names).map(|(line, name)| {
        let mut finding = case::path_mismatch();
        finding.subject = format!("access entry {name}");
        finding.message = format!("the access entry of NodePool {name} leaves out the path");
        finding.origins = vec![Origin::file(&"terraform/access.tf".into(), line, 3, 4)];
        finding.pools = vec![case::pool(name)];
        finding
    });
    Traced {
        chains: chains.collect(),
        findings: findings.collect(),
    }
}

#[test]
fn pools_that_share_a_fault_are_told_once() {
    let mut traced = many(40);
    for finding in &mut traced.findings {
        finding.origins = case::path_mismatch().origins;
    }
    let text = rendered(Format::Text, &traced, &[], &Files, Style::default());
    insta::assert_snapshot!(text);
}

#[test]
fn the_same_repairs_at_another_place_are_referred_to() {
    let text = rendered(Format::Text, &many(2), &[], &Files, Style::default());
    assert_eq!(
        text.matches("aws eks create-access-entry").count(),
        1,
        "{text}"
    );
    assert!(
        text.contains("To mend it: as for RC703 at terraform/access.tf:1:3, above."),
        "{text}"
    );
}

#[test]
fn every_format_takes_a_thousand_findings() {
    let traced = many(1_000);
    for format in Format::ALL {
        let text = rendered(format, &traced, &[], &Files, Style::default());
        assert!(text.contains("RC703"), "{format}");
    }
}
