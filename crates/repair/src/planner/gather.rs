use rolecall_chain::{Finding, Repair, Safety, Severity, Traced, trace};

use super::guard::{touches_foreign_entry, widens};
use super::{Draft, Excluded, Planner, ROUNDS, Wanted, order};
use crate::plan::{Alternative, Cost, WhyLeft};

/// The steps for all findings, those that only show once others are mended included, in order.
pub(super) fn gather(planner: &Planner<'_>, excluded: &Excluded) -> Vec<Draft> {
    let mut drafts: Vec<Draft> = Vec::new();
    let mut traced = planner.before.clone();
    for _ in 0..ROUNDS {
        let known = calls(&drafts);
        take(&mut drafts, planner, excluded, &traced);
        order::sort(&mut drafts);
        if known == calls(&drafts) {
            break;
        }
        let mut world = planner.base.clone();
        for change in drafts.iter().flat_map(|draft| &draft.changes) {
            // What cannot be made is found when the plan is proven.
            let _ = change.apply(&mut world);
        }
        traced = trace(&world, planner.options);
    }
    drafts
}

fn calls(drafts: &[Draft]) -> usize {
    drafts.iter().map(|draft| draft.changes.len()).sum()
}

fn take(drafts: &mut Vec<Draft>, planner: &Planner<'_>, excluded: &Excluded, traced: &Traced) {
    for finding in &traced.findings {
        if !planner.concerns(finding) || excluded.why(finding).is_some() {
            continue;
        }
        let Ok(repair) = planner.choose(finding) else {
            continue;
        };
        let wanted = Wanted::of(finding);
        let is_planned = |change| {
            drafts
                .iter()
                .position(|draft| draft.changes.contains(change))
        };
        let places: Vec<Option<usize>> = repair.changes.iter().map(is_planned).collect();
        let new = repair.changes.iter().zip(&places);
        let new = new.filter(|(_, place)| place.is_none());
        let new: Vec<_> = new.map(|(change, _)| change.clone()).collect();
        // What another step does already is done there, for this finding too.
        for place in places.into_iter().flatten() {
            if let Some(draft) = drafts.get_mut(place)
                && !draft.mends.contains(&wanted)
            {
                draft.mends.push(wanted.clone());
            }
        }
        if !new.is_empty() {
            drafts.push(Draft {
                action: repair.action.clone(),
                safety: repair.safety.into(),
                name: repair.name,
                mends: vec![wanted],
                changes: new,
            });
        }
    }
}

impl Planner<'_> {
    /// Whether a finding is one to mend: it keeps a pool's nodes from coming, or will.
    pub(super) fn concerns(&self, finding: &Finding) -> bool {
        finding.severity >= Severity::Warning
            && !finding.pools.is_empty()
            && self.selection.takes(finding)
    }

    /// The repair to make for a finding, or why none is made.
    pub(super) fn choose<'f>(&self, finding: &'f Finding) -> Result<&'f Repair, WhyLeft> {
        let mut repairs = finding.repairs.iter();
        let live = || finding.repairs.iter().filter(|r| !r.changes.is_empty());
        let chosen = live().find(|repair| self.selection.uses(repair));
        let repair = match chosen.or_else(|| live().find(|repair| repair.name.is_none())) {
            Some(repair) => repair,
            None if live().next().is_some() => {
                return Err(WhyLeft::ToBeChosen {
                    alternatives: live().filter_map(alternative).collect(),
                });
            }
            None => {
                return Err(WhyLeft::Person {
                    action: repairs.next().map(|repair| repair.action.clone()),
                });
            }
        };
        let (rule, action) = (finding.rule, repair.action.clone());
        if let Some(because) = self.first_of(repair, widens) {
            return Err(WhyLeft::Refused { action, because });
        }
        let to_be_named = |because| WhyLeft::ToBeNamed {
            action: repair.action.clone(),
            safety: Cost::from(repair.safety),
            because,
        };
        if chosen.is_none() && !self.selection.allows(rule, repair.safety) {
            return Err(to_be_named(None));
        }
        if repair.safety == Safety::Safe
            && chosen.is_none()
            && !self.selection.names(rule)
            && let Some(because) = self.first_of(repair, touches_foreign_entry)
        {
            return Err(to_be_named(Some(because)));
        }
        Ok(repair)
    }

    fn first_of(
        &self,
        repair: &Repair,
        check: fn(&rolecall_facts::Change, &rolecall_facts::Snapshot) -> Option<String>,
    ) -> Option<String> {
        repair
            .changes
            .iter()
            .find_map(|change| check(change, &self.base))
    }
}

fn alternative(repair: &Repair) -> Option<Alternative> {
    Some(Alternative {
        name: repair.name?.to_owned(),
        action: repair.action.clone(),
    })
}
