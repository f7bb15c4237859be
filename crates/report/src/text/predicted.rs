//! The conditions of the objects of a pool that a finding stops: those that the cluster shows, or else
//! those that the control plane will set.

use std::collections::{HashMap, HashSet};

use rolecall_chain::{Chain, ControlPlane, Finding, Pool};
use rolecall_facts::Condition;

use super::Page;
use crate::Report;
use crate::paint::Ink;
use crate::visible::visible;
use crate::wrap::columns;

/// How many objects are told per finding before the rest is only counted.
const OBJECTS: usize = 4;

/// The objects by pool; each is told once, under the first finding that stops its pool.
pub(crate) struct Predicted<'a> {
    by_pool: HashMap<&'a Pool, &'a Chain>,
    told: HashSet<(Option<&'a str>, &'a str)>,
}

/// One object and what is to be said of it.
struct Told<'a> {
    object: &'a str,
    rows: Vec<Row<'a>>,
}

/// A condition; where the cluster shows it, what was predicted instead.
struct Row<'a> {
    condition: &'a Condition,
    predicted: Option<&'a Condition>,
}

impl<'a> Predicted<'a> {
    pub(crate) fn new(report: &Report<'a>) -> Self {
        let traced = report.traced;
        let by_pool = traced
            .chains
            .iter()
            .map(|chain| (&chain.pool, chain))
            .collect();
        Self {
            by_pool,
            told: HashSet::new(),
        }
    }

    pub(crate) fn write(&mut self, page: &mut Page, findings: &[&Finding]) {
        let (mut shown, mut predicted) = (Vec::new(), Vec::new());
        let mut legacy = false;
        for pool in findings.iter().flat_map(|finding| &finding.pools) {
            let Some(chain) = self.by_pool.get(pool).copied() else {
                continue;
            };
            legacy |= chain.control_plane == ControlPlane::Legacy;
            let mut tell = |told: Told<'a>, to: &mut Vec<Told<'a>>| {
                let key = (chain.pool.cluster.as_deref(), told.object);
                if !told.rows.is_empty() && self.told.insert(key) {
                    to.push(told);
                }
            };
            for told in of_cluster(chain) {
                tell(told, &mut shown);
            }
            for told in of_prediction(chain) {
                tell(told, &mut predicted);
            }
        }
        let as_predicted = shown
            .iter()
            .flat_map(|told| &told.rows)
            .all(|row| row.predicted.is_none());
        let title = if as_predicted {
            "What the cluster shows, as predicted"
        } else {
            "What the cluster shows"
        };
        write_all(page, title, &shown);
        let title = if legacy {
            "What the legacy control plane will report"
        } else {
            "What the control plane will report"
        };
        write_all(page, title, &predicted);
    }
}

/// What the cluster shows of a chain's objects: what is not `True`, and what ought not to be.
fn of_cluster(chain: &Chain) -> impl Iterator<Item = Told<'_>> {
    chain.observed.objects.iter().map(|shown| {
        let object = chain
            .predicted
            .iter()
            .find(|predicted| predicted.object == shown.object);
        let rows = shown.conditions.iter().map(|condition| {
            let predicted = object.and_then(|object| {
                let same = |known: &&Condition| known.kind == condition.kind;
                object.conditions.iter().find(same)
            });
            Row {
                condition,
                predicted: predicted.filter(|predicted| predicted.status != condition.status),
            }
        });
        Told {
            object: &shown.object,
            rows: rows
                .filter(|row| {
                    row.predicted.is_some()
                        || (row.condition.status != "True" && !is_begun(row.condition))
                })
                .collect(),
        }
    })
}

/// Whether nothing was said of a condition yet: it was made with the object and not looked at since
/// (awslabs/operatorpkg, `status/condition_set.go`).
fn is_begun(condition: &Condition) -> bool {
    condition.reason == "AwaitingReconciliation"
}

/// What is predicted of those of which the cluster shows nothing.
fn of_prediction(chain: &Chain) -> impl Iterator<Item = Told<'_>> {
    let unseen = chain
        .predicted
        .iter()
        .filter(|object| chain.observed.conditions(&object.object).is_none());
    unseen.map(|object| Told {
        object: &object.object,
        rows: object
            .conditions
            .iter()
            .filter(|condition| condition.status != "True")
            .map(|condition| Row {
                condition,
                predicted: None,
            })
            .collect(),
    })
}

fn write_all(page: &mut Page, title: &str, objects: &[Told<'_>]) {
    if objects.is_empty() {
        return;
    }
    page.gap();
    page.line(&format!("  {}", page.style.paint(Ink::Strong, title)));
    for told in objects.iter().take(OBJECTS) {
        write_object(page, told);
    }
    if let Some(more) = objects.len().checked_sub(OBJECTS).filter(|more| *more > 0) {
        page.line(&page.style.paint(
            Ink::Faint,
            &format!("    and {more} more objects in the same way"),
        ));
    }
}

/// The conditions of an object. A message is never wrapped: people search for it.
fn write_object(page: &mut Page, told: &Told<'_>) {
    let style = page.style;
    let name = visible(told.object).replacen('/', " ", 1);
    page.line(&format!("    {}", style.paint(Ink::Strong, &name)));
    for Row {
        condition,
        predicted,
    } in &told.rows
    {
        let state = format!(
            "{}={}",
            visible(&condition.kind),
            visible(&condition.status)
        );
        let mut reason = visible(&condition.reason).into_owned();
        if condition.status == "True" {
            reason.clear();
        }
        if let Some(predicted) = predicted {
            let words = match predicted.status.as_str() {
                "True" => "True".to_owned(),
                status => format!("{status} {}", predicted.reason),
            };
            reason = format!("{reason} (predicted: {})", visible(&words))
                .trim_start()
                .to_owned();
        }
        let message = visible(&condition.message);
        let wide = 10 + columns(&state) + columns(&reason) + columns(&message);
        let ink = if condition.status == "True" {
            Ink::Good
        } else {
            Ink::Bad
        };
        let state = style.paint(ink, &state);
        if message.is_empty() {
            page.line(&format!("      {state} {reason}"));
        } else if wide <= style.columns() {
            page.line(&format!("      {state} {reason} \"{message}\""));
        } else {
            page.line(&format!("      {state} {reason}"));
            page.line(&format!("        \"{message}\""));
        }
    }
}
