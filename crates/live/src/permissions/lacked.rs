use std::collections::BTreeMap;

use rolecall_facts::{Snapshot, Why};

use super::{AWS, KUBERNETES};

/// A permission that was missing, and for what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lacked {
    /// The action, or `kubernetes:` and the verb.
    pub action: String,
    /// What it was refused on: ARNs, names, or kinds of objects.
    pub resources: Vec<String>,
    /// What is not known without it; `None` for an action that the tables do not have.
    pub why: Option<&'static str>,
}

impl Lacked {
    /// Whether the cluster's API server refused, and not AWS.
    #[must_use]
    pub fn is_of_kubernetes(&self) -> bool {
        self.action.starts_with("kubernetes:")
    }
}

/// What was refused when a snapshot was taken, each action once.
#[must_use]
pub fn lacked(snapshot: &Snapshot) -> Vec<Lacked> {
    let refused = snapshot.unread.iter().filter_map(|unread| {
        let Why::NotPermitted(what) = &unread.why else {
            return None;
        };
        Some(what.split_once(" on ").unwrap_or((what, "*")))
    });
    let mut by_action: BTreeMap<(String, Option<&'static str>), Vec<String>> = BTreeMap::new();
    for (action, resource) in refused {
        let resources = by_action
            .entry((action.to_owned(), why(action, resource)))
            .or_default();
        if !resources.iter().any(|known| known == resource) {
            resources.push(resource.to_owned());
        }
    }
    by_action
        .into_iter()
        .map(|((action, why), mut resources)| {
            resources.sort();
            Lacked {
                action,
                resources,
                why,
            }
        })
        .collect()
}

fn why(action: &str, resource: &str) -> Option<&'static str> {
    if let Some(verb) = action.strip_prefix("kubernetes:") {
        let mut known = KUBERNETES.iter();
        let asked = resource.split('/').next().unwrap_or(resource);
        return known
            .find(|known| known.verb == verb && known.full_resource() == asked)
            .map(|known| known.why);
    }
    let known = AWS.iter().find(|known| known.action == action);
    known.map(|known| known.why)
}
