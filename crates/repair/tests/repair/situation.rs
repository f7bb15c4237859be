//! Clusters as they were read, and plans for them.

use std::path::Path;

use rolecall_chain::{ControlPlane, Options, find_rule};
use rolecall_facts::{Snapshot, Timestamp};
use rolecall_repair::{About, Plan, Selection, plan};
use rolecall_report::Style;

/// The facts of an example, read from a sandbox that it was loaded into.
pub(crate) fn facts(name: &str) -> Snapshot {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let text = std::fs::read_to_string(folder.join(format!("{name}.json"))).unwrap();
    Snapshot::from_json(&text).unwrap()
}

/// All of it, under the control plane of today.
pub(crate) fn current() -> Options {
    Options::default()
}

/// Under the control plane that drops paths.
pub(crate) fn legacy() -> Options {
    Options {
        control_plane: ControlPlane::Legacy,
        ..Options::default()
    }
}

/// Rules that were named each by its own code.
pub(crate) fn only(codes: &[&str]) -> Selection {
    let texts = codes
        .iter()
        .map(|code| (*code, vec![find_rule(code).unwrap()]));
    Selection::default().with_only(texts)
}

/// A way that was chosen by its name.
pub(crate) fn using(name: &str) -> Selection {
    Selection {
        uses: [name.to_owned()].into(),
        ..Selection::default()
    }
}

/// The plan for some facts, made at a time that does not change.
pub(crate) fn planned(facts: &Snapshot, options: &Options, selection: &Selection) -> Plan {
    let cluster = facts.clusters[0].name.value().unwrap().clone();
    let created_at: Timestamp = "2026-03-01T12:00:00Z".parse().unwrap();
    let about = About {
        cluster,
        created_at,
    };
    plan(facts, options, selection, &about)
}

/// The plan as a person sees it.
pub(crate) fn shown(plan: &Plan) -> String {
    plan.to_text(Style::default())
}
