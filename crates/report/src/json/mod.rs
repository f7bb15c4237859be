//! The JSON object of a check, and its schema.
//!
//! The types here are the format; a field is never renamed or removed without a new `version`.

mod findings;
mod types;

use std::collections::BTreeMap;
use std::io::{self, Write};

use rolecall_chain::{Chain, Observed, Pool};
use rolecall_facts::Condition;

use crate::{Diagnostic, Permissions, Report};
pub use types::{
    CallJson, ChainJson, CheckJson, ConditionJson, DiagnosticJson, EventJson, EvidenceJson,
    FindingJson, LinkJson, MissingPermissionJson, NodeJson, ObservedJson, OriginJson,
    PermissionsJson, PoolJson, PoolRefJson, RepairJson, SidedTextJson, SummaryJson,
};

/// The JSON schema of `--format json`, as indented JSON with a final line break.
#[must_use]
pub fn json_schema() -> String {
    let schema = schemars::schema_for!(CheckJson);
    serde_json::to_string_pretty(&schema).unwrap_or_default() + "\n"
}

pub(crate) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    // One buffer: the writer behind `dyn` would be called for every comma.
    let mut text = serde_json::to_vec_pretty(&check(report))?;
    text.push(b'\n');
    out.write_all(&text)
}

fn check(report: &Report<'_>) -> CheckJson {
    let summary = report.summary();
    CheckJson {
        version: CheckJson::VERSION,
        chains: report.traced.chains.iter().map(chain).collect(),
        findings: report
            .traced
            .findings
            .iter()
            .map(|finding| findings::finding(report, finding))
            .collect(),
        diagnostics: report
            .diagnostics
            .iter()
            .map(|d| diagnostic(report, d))
            .collect(),
        permissions: report
            .permissions
            .filter(|permissions| !permissions.missing.is_empty())
            .map(permissions),
        summary: SummaryJson {
            pass: summary.pass,
            fail: summary.fail,
            unknown: summary.unknown,
        },
    }
}

fn permissions(permissions: &Permissions) -> PermissionsJson {
    let missing = permissions.missing.iter();
    let policy = permissions.policy.as_ref();
    PermissionsJson {
        missing: missing
            .map(|missing| MissingPermissionJson {
                action: missing.action.clone(),
                resources: missing.resources.clone(),
                why: missing.why.clone(),
            })
            .collect(),
        policy: policy.and_then(|text| serde_json::from_str(text).ok()),
        cluster_role: permissions.cluster_role.clone(),
    }
}

fn chain(chain: &Chain) -> ChainJson {
    let mut predicted = BTreeMap::new();
    for object in &chain.predicted {
        predicted.insert(object.object.clone(), conditions(&object.conditions));
    }
    ChainJson {
        cluster: chain.pool.cluster.clone(),
        pool: PoolJson {
            kind: chain.pool.kind.as_str().to_owned(),
            name: chain.pool.name.clone(),
        },
        control_plane: chain.control_plane.as_str().to_owned(),
        links: chain
            .links
            .iter()
            .map(|state| LinkJson {
                link: state.link.as_str().to_owned(),
                verdict: state.verdict.as_str().to_owned(),
                detail: state.detail.clone(),
            })
            .collect(),
        predicted,
        observed: (!chain.observed.is_empty()).then(|| observed(&chain.observed)),
    }
}

fn conditions(conditions: &[Condition]) -> Vec<ConditionJson> {
    let conditions = conditions.iter().map(|condition| ConditionJson {
        kind: condition.kind.clone(),
        status: condition.status.clone(),
        reason: condition.reason.clone(),
        message: condition.message.clone(),
    });
    conditions.collect()
}

fn observed(observed: &Observed) -> ObservedJson {
    let objects = observed.objects.iter();
    let nodes = observed.nodes.iter();
    let events = observed.events.iter();
    ObservedJson {
        conditions: objects
            .map(|shown| (shown.object.clone(), conditions(&shown.conditions)))
            .collect(),
        nodes: nodes
            .map(|node| NodeJson {
                name: node.name.clone(),
                ready: node.ready,
            })
            .collect(),
        events: events
            .map(|event| EventJson {
                object: event.object.clone(),
                warning: event.warning,
                reason: event.reason.clone(),
                message: event.message.clone(),
                count: event.count,
                last_seen: event.last_seen.map(|time| time.to_string()),
            })
            .collect(),
    }
}

fn pool_ref(pool: &Pool) -> PoolRefJson {
    PoolRefJson {
        cluster: pool.cluster.clone(),
        kind: pool.kind.as_str().to_owned(),
        name: pool.name.clone(),
    }
}

fn diagnostic(report: &Report<'_>, diagnostic: &Diagnostic) -> DiagnosticJson {
    DiagnosticJson {
        level: diagnostic.level.as_str().to_owned(),
        message: diagnostic.message.clone(),
        origin: findings::origin(report, &diagnostic.origin),
        help: diagnostic.help.clone(),
    }
}
