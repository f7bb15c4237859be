//! Findings that say the same of many objects, told once.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use rolecall_chain::{Evidence, Finding, Repair, Severity};

/// Findings of one rule with the same place, proof and repairs.
pub(crate) struct Group<'a> {
    pub(crate) findings: Vec<&'a Finding>,
}

impl<'a> Group<'a> {
    /// The finding that stands for all.
    pub(crate) fn first(&self) -> Option<&'a Finding> {
        self.findings.first().copied()
    }
}

/// The findings at least as severe as `from`, errors first and otherwise in the order given, like
/// ones together where the first of them stands.
pub(crate) fn group(findings: &[Finding], from: Severity) -> Vec<Group<'_>> {
    let mut sorted: Vec<&Finding> = findings.iter().filter(|f| f.severity >= from).collect();
    sorted.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    let mut groups: Vec<Group<'_>> = Vec::with_capacity(sorted.len());
    let mut by_key: HashMap<u64, Vec<usize>> = HashMap::with_capacity(sorted.len());
    for finding in sorted {
        let alike = by_key.entry(key(finding)).or_default();
        let found = alike.iter().copied().find(|&index| {
            let first = groups.get(index).and_then(Group::first);
            first.is_some_and(|first| same(first, finding))
        });
        if let Some(group) = found.and_then(|index| groups.get_mut(index)) {
            group.findings.push(finding);
        } else {
            alike.push(groups.len());
            groups.push(Group {
                findings: vec![finding],
            });
        }
    }
    groups
}

fn same(a: &Finding, b: &Finding) -> bool {
    a.rule == b.rule
        && a.severity == b.severity
        && a.origins == b.origins
        && a.evidence == b.evidence
        && a.repairs == b.repairs
}

fn key(finding: &Finding) -> u64 {
    let mut hasher = DefaultHasher::new();
    finding.rule.code.hash(&mut hasher);
    finding.severity.hash(&mut hasher);
    finding.origins.hash(&mut hasher);
    for evidence in &finding.evidence {
        match evidence {
            Evidence::Fact { text, .. } => text.hash(&mut hasher),
            Evidence::Difference { left, right, .. } => (left, right).hash(&mut hasher),
            Evidence::Statement { statement, why, .. } => (statement, why).hash(&mut hasher),
            _ => {}
        }
    }
    hash_repairs(&finding.repairs, &mut hasher);
    hasher.finish()
}

/// Which repairs were told already, and under which group.
#[derive(Default)]
pub(crate) struct ToldRepairs<'a> {
    by_key: HashMap<u64, Vec<(&'a [Repair], usize)>>,
}

impl<'a> ToldRepairs<'a> {
    /// The group under which the same repairs were told; else notes that this group tells them.
    pub(crate) fn told(&mut self, repairs: &'a [Repair], group: usize) -> Option<usize> {
        let mut hasher = DefaultHasher::new();
        hash_repairs(repairs, &mut hasher);
        let alike = self.by_key.entry(hasher.finish()).or_default();
        if let Some((_, earlier)) = alike.iter().find(|(told, _)| *told == repairs) {
            return Some(*earlier);
        }
        alike.push((repairs, group));
        None
    }
}

fn hash_repairs(repairs: &[Repair], hasher: &mut impl Hasher) {
    for repair in repairs {
        (&repair.action, repair.safety, &repair.edit).hash(hasher);
        for command in &repair.commands {
            (command.tool, &command.text).hash(hasher);
        }
    }
}
