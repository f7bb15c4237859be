//! The conditions that the control plane will set on the objects of a pool that a finding stops.

use std::collections::{HashMap, HashSet};

use rolecall_chain::{Chain, ControlPlane, Finding, Pool, PredictedObject};

use super::Page;
use crate::Report;
use crate::paint::Ink;
use crate::visible::visible;
use crate::wrap::columns;

/// How many objects are told per finding before the rest is only counted.
const OBJECTS: usize = 4;

/// The predicted objects by pool; each is told once, under the first finding that stops its pool.
pub(crate) struct Predicted<'a> {
    by_pool: HashMap<&'a Pool, &'a Chain>,
    told: HashSet<(Option<&'a str>, &'a str)>,
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
        let mut objects: Vec<&PredictedObject> = Vec::new();
        let mut legacy = false;
        for pool in findings.iter().flat_map(|finding| &finding.pools) {
            let Some(chain) = self.by_pool.get(pool).copied() else {
                continue;
            };
            legacy |= chain.control_plane == ControlPlane::Legacy;
            for object in &chain.predicted {
                let unhealthy = object.conditions.iter().any(|c| c.status != "True");
                if unhealthy
                    && self
                        .told
                        .insert((chain.pool.cluster.as_deref(), &object.object))
                {
                    objects.push(object);
                }
            }
        }
        if objects.is_empty() {
            return;
        }
        page.gap();
        let title = if legacy {
            "What the legacy control plane will report"
        } else {
            "What the control plane will report"
        };
        page.line(&format!("  {}", page.style.paint(Ink::Strong, title)));
        for object in objects.iter().take(OBJECTS) {
            write_object(page, object);
        }
        if let Some(more) = objects.len().checked_sub(OBJECTS).filter(|more| *more > 0) {
            page.line(&page.style.paint(
                Ink::Faint,
                &format!("    and {more} more objects in the same way"),
            ));
        }
    }
}

/// The unhealthy conditions of an object. A message is never wrapped: people search for it.
fn write_object(page: &mut Page, object: &PredictedObject) {
    let style = page.style;
    let name = visible(&object.object).replacen('/', " ", 1);
    page.line(&format!("    {}", style.paint(Ink::Strong, &name)));
    for condition in object.conditions.iter().filter(|c| c.status != "True") {
        let state = format!(
            "{}={}",
            visible(&condition.kind),
            visible(&condition.status)
        );
        let reason = visible(&condition.reason);
        let message = visible(&condition.message);
        let wide = 10 + columns(&state) + columns(&reason) + columns(&message);
        let state = style.paint(Ink::Bad, &state);
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
