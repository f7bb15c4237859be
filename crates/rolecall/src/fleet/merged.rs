//! One report of all clusters, in the formats that programs read.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use rolecall_chain::{Finding, Pool, Traced};
use rolecall_facts::Origin;
use rolecall_report::{Diagnostic, DiagnosticLevel};

use super::outcome::{Lost, Place, Row};
use super::{Fleet, FleetConfig};
use crate::diagnose::seen;
use crate::judged::Judged;
use crate::{Failure, printing};

/// The report. A cluster is called by account, region and name, which together are its own.
pub(super) fn report(fleet: &Fleet, config: &FleetConfig) -> Result<Vec<u8>, Failure> {
    let mut traced = Traced::default();
    let mut diagnostics = Vec::new();
    for row in &fleet.rows {
        if let Some(of_cluster) = &row.traced {
            add(&mut traced, of_cluster, &row.place);
        }
        diagnostics.extend(row.unread.iter().map(|unread| of_place(unread, row)));
        let notes = row.notes.iter().cloned();
        let notes = notes.map(|note| seen(&row.place.to_string(), note));
        diagnostics.extend(notes.map(|note| of_place(&note, row)));
    }
    traced.findings.extend(fleet.shared.iter().cloned());
    traced
        .chains
        .sort_by(|left, right| left.pool.cmp(&right.pool));
    traced
        .findings
        .sort_by(|left, right| order(left).cmp(&order(right)));
    diagnostics.extend(fleet.lost.iter().map(of_lost));
    diagnostics.extend(fleet.nothing().map(|nothing| Diagnostic {
        level: DiagnosticLevel::Note,
        message: nothing.what,
        origin: Origin::api("eks:ListClusters", &fleet.regions.join(",")),
        help: Some(nothing.help),
    }));
    let judged = Judged {
        traced,
        left_out: fleet.left_out + fleet.rows.iter().map(|row| row.left_out).sum::<usize>(),
    };
    printing::render(
        &config.printing,
        &config.input,
        &judged,
        &diagnostics,
        &BTreeMap::new(),
    )
}

/// Errors first, then by rule and place, as a trace has them.
fn order(finding: &Finding) -> impl Ord + '_ {
    (
        Reverse(finding.severity),
        finding.rule.code,
        &finding.pools,
        &finding.origins,
        &finding.message,
    )
}

fn add(all: &mut Traced, of_cluster: &Traced, place: &Place) {
    let called = |pool: &mut Pool| pool.cluster = Some(place.to_string());
    for chain in &of_cluster.chains {
        let mut chain = chain.clone();
        called(&mut chain.pool);
        all.chains.push(chain);
    }
    for finding in &of_cluster.findings {
        let mut finding = finding.clone();
        finding.pools.iter_mut().for_each(called);
        all.findings.push(finding);
    }
}

fn of_place(unread: &Diagnostic, row: &Row) -> Diagnostic {
    Diagnostic {
        message: format!("{}: {}", row.place, unread.message),
        ..unread.clone()
    }
}

fn of_lost(lost: &Lost) -> Diagnostic {
    Diagnostic {
        level: DiagnosticLevel::Error,
        message: format!("{}: {}", lost.place, lost.what),
        origin: Origin::api(lost.call, &lost.place.to_string()),
        help: Some(lost.help.clone()).filter(|help| !help.is_empty()),
    }
}
