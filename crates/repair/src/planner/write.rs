use std::collections::BTreeSet;

use rolecall_chain::{Chain, Finding, Pool, Severity, Traced};
use rolecall_facts::{Change, Snapshot};

use super::{Draft, Excluded, Planner, Proof, Wanted, are_all_in, left_behind};
use crate::TAG;
use crate::plan::{
    About, Left, LinkOfPlan, Object, Plan, PlannedCall, PoolOfPlan, Step, WhyLeft, name_of,
};

/// Writes down what was gathered and proven.
pub(super) fn write(
    planner: &Planner<'_>,
    drafts: Vec<Draft>,
    proof: Proof,
    excluded: &Excluded,
    about: &About,
) -> Plan {
    let cluster = planner.base.clusters.first();
    let changes: Vec<&Change> = drafts.iter().flat_map(|draft| &draft.changes).collect();
    let id = name_of(&(&about.cluster, about.created_at, changes));
    let pools = pools(planner, &drafts, &proof.after);
    let left = left(planner, &drafts, &proof.after, excluded);
    let mut writer = Writer::new(planner.base.clone(), &about.cluster, &id);
    let steps = drafts.iter().map(|draft| writer.step(draft)).collect();
    let mut plan = Plan {
        version: Plan::VERSION,
        cluster: about.cluster.clone(),
        account: cluster.and_then(|known| Some(known.account?.to_string())),
        region: cluster.and_then(|known| known.region.clone()),
        created_at: about.created_at,
        undoes: None,
        control_plane: planner.options.control_plane.as_str().to_owned(),
        steps,
        pools,
        left,
        digest: String::new(),
        id,
    };
    plan.digest = plan.digest_of_rest();
    plan
}

/// Writes changes down as calls, each with the facts before and after it.
pub(crate) struct Writer<'a> {
    /// The facts with what was written so far made on them.
    pub(crate) world: Snapshot,
    /// What the plan makes itself.
    made: BTreeSet<Object>,
    cluster: &'a str,
    id: &'a str,
}

impl<'a> Writer<'a> {
    pub(crate) fn new(world: Snapshot, cluster: &'a str, id: &'a str) -> Self {
        Self {
            world,
            made: BTreeSet::new(),
            cluster,
            id,
        }
    }

    fn step(&mut self, draft: &Draft) -> Step {
        Step {
            action: draft.action.clone(),
            safety: draft.safety,
            name: draft.name.map(str::to_owned),
            stands_in: draft.stand_in().is_some(),
            mends: draft.mends.iter().map(Wanted::as_mended).collect(),
            calls: draft
                .changes
                .iter()
                .map(|change| self.call(tagged(change.clone(), self.id)))
                .collect(),
        }
    }

    pub(crate) fn call(&mut self, change: Change) -> PlannedCall {
        let objects = Object::of(&change);
        let states = |world: &Snapshot, made: &BTreeSet<Object>| {
            let states = objects.iter();
            states
                .map(|object| object.state(world, made.contains(object)))
                .collect()
        };
        let rests_on = states(&self.world, &self.made);
        let difference = change.lines(&self.world).into_iter().map(Into::into);
        let difference = difference.collect();
        let no_way_back = change.undo(&self.world).err();
        // The proof made the same change on the same facts.
        let _ = change.apply(&mut self.world);
        if Object::is_made_by(&change) {
            self.made.extend(objects.iter().cloned());
        }
        let call = change.call(self.cluster);
        PlannedCall {
            action: call.action.to_owned(),
            parameters: call.parameters,
            difference,
            rests_on,
            leaves: states(&self.world, &self.made),
            no_way_back: no_way_back.map(|error| error.to_string()),
            change,
        }
    }
}

/// The change with the tag by which later runs know what a repair made.
fn tagged(mut change: Change, id: &str) -> Change {
    let tags = match &mut change {
        Change::CreateAccessEntry(entry) => &mut entry.tags,
        Change::CreateRole(role) => &mut role.tags,
        _ => return change,
    };
    tags.insert(TAG.to_owned(), id.to_owned());
    change
}

/// The pools that the steps mend or make, with their chains.
fn pools(planner: &Planner<'_>, drafts: &[Draft], after: &Traced) -> Vec<PoolOfPlan> {
    let before = &planner.before;
    let mended = drafts.iter().flat_map(|draft| &draft.mends);
    let mut touched: BTreeSet<_> = mended.flat_map(|wanted| wanted.pools.clone()).collect();
    let is_new = |pool: &&Chain| !before.chains.iter().any(|chain| chain.pool == pool.pool);
    touched.extend(
        after
            .chains
            .iter()
            .filter(is_new)
            .map(|chain| chain.pool.clone()),
    );
    let links = |traced: &Traced, pool: &Pool| {
        let chain = traced.chains.iter().find(|chain| chain.pool == *pool);
        chain.map(LinkOfPlan::all_of).unwrap_or_default()
    };
    let planned = touched.iter().map(|pool| PoolOfPlan {
        pool: pool.to_string(),
        findings: findings_of(before, &pool.to_string()),
        before: links(before, pool),
        after: links(after, pool),
    });
    planned.collect()
}

/// The findings about a pool that keep, or will keep, its nodes from coming, each as rule and subject.
pub(crate) fn findings_of(traced: &Traced, pool: &str) -> Vec<String> {
    let about = traced.findings.iter().filter(|finding| {
        finding.severity >= Severity::Warning
            && finding.pools.iter().any(|known| known.to_string() == pool)
    });
    let named: BTreeSet<String> = about
        .map(|finding| format!("{} {}", finding.rule.code, finding.subject))
        .collect();
    named.into_iter().collect()
}

/// What is still found after all steps, and why nothing is done about it.
fn left(planner: &Planner<'_>, drafts: &[Draft], after: &Traced, excluded: &Excluded) -> Vec<Left> {
    // They stay as they are, as was asked for.
    let left_behind = left_behind(drafts);
    let concerned = after
        .findings
        .iter()
        .filter(|finding| planner.concerns(finding))
        .filter(|finding| !are_all_in(&finding.pools, &left_behind));
    concerned
        .filter_map(|finding| {
            let why = match excluded.why(finding) {
                Some(why) => why.clone(),
                None => match planner.choose(finding) {
                    Err(why) => why,
                    Ok(repair) => WhyLeft::WouldNotMend {
                        action: repair.action.clone(),
                        because: "it shows only once the rest is mended: repair again".to_owned(),
                    },
                },
            };
            is_worth_telling(finding, &why).then(|| Left {
                finding: Wanted::of(finding).as_mended(),
                is_error: Left::is_error(finding.severity),
                message: finding.message.clone(),
                why,
            })
        })
        .collect()
}

/// A warning that only a person can act upon is told by `diagnose`.
fn is_worth_telling(finding: &Finding, why: &WhyLeft) -> bool {
    Left::is_error(finding.severity) || !matches!(why, WhyLeft::Person { .. })
}
