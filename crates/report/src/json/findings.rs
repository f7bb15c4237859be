use std::ops::Range;

use rolecall_chain::{Evidence, Finding, Repair, differing_ranges};
use rolecall_facts::Origin;

use super::pool_ref;
use super::types::{CallJson, EvidenceJson, FindingJson, OriginJson, RepairJson, SidedTextJson};
use crate::Report;

pub(super) fn finding(report: &Report<'_>, finding: &Finding) -> FindingJson {
    FindingJson {
        rule: finding.rule.code.to_owned(),
        name: finding.rule.name.to_owned(),
        severity: finding.severity.as_str().to_owned(),
        subject: finding.subject.clone(),
        message: finding.message.clone(),
        origins: finding.origins.iter().map(|o| origin(report, o)).collect(),
        evidence: finding
            .evidence
            .iter()
            .filter_map(|e| evidence(report, e))
            .collect(),
        repairs: finding.repairs.iter().map(repair).collect(),
        pools: finding.pools.iter().map(pool_ref).collect(),
    }
}

pub(super) fn origin(report: &Report<'_>, origin: &Origin) -> OriginJson {
    match origin {
        Origin::File(file) => OriginJson::File {
            file: report.path(&file.path).to_owned(),
            line: file.line,
            column: file.column,
            length: (file.length > 0).then_some(file.length),
            address: file.address.as_deref().map(str::to_owned),
        },
        Origin::Api(api) => OriginJson::Api {
            call: api.call.to_string(),
            target: api.target.to_string(),
        },
    }
}

/// `None` for a kind of evidence that this version of the format has no form for.
fn evidence(report: &Report<'_>, evidence: &Evidence) -> Option<EvidenceJson> {
    let place = |o: &Option<Origin>| o.as_ref().map(|o| origin(report, o));
    Some(match evidence {
        Evidence::Fact { text, origin } => EvidenceJson::Fact {
            text: text.clone(),
            origin: place(origin),
        },
        Evidence::Difference {
            left_label,
            left,
            right_label,
            right,
        } => {
            let (left_range, right_range) = differing_ranges(left, right);
            let side = |label: &str, text: &str, range: Range<usize>| SidedTextJson {
                label: label.to_owned(),
                text: text.to_owned(),
                differs: text.get(range).unwrap_or_default().to_owned(),
            };
            EvidenceJson::Difference {
                left: side(left_label, left, left_range),
                right: side(right_label, right, right_range),
            }
        }
        Evidence::Statement {
            policy,
            statement,
            why,
            origin,
        } => EvidenceJson::Statement {
            policy: policy.clone(),
            statement: serde_json::from_str(statement)
                .unwrap_or_else(|_| serde_json::Value::String(statement.clone())),
            why: why.clone(),
            origin: place(origin),
        },
        Evidence::Call { call, count, since } => EvidenceJson::Call(CallJson {
            action: call.action(),
            error: call.error_code.clone(),
            message: call.error_message.clone(),
            time: call.time.to_string(),
            count: *count,
            since: since.to_string(),
            caller: call.caller_arn.clone(),
            caller_role: call.session_issuer_arn.clone(),
            principal_arn: call.principal_arn.clone(),
            role: call.role.clone(),
            instance_profile: call.instance_profile.clone(),
            event_id: call.event_id.clone(),
        }),
        _ => return None,
    })
}

fn repair(repair: &Repair) -> RepairJson {
    RepairJson {
        action: repair.action.clone(),
        safety: repair.safety.as_str().to_owned(),
        commands: repair.commands.iter().map(|c| c.text.clone()).collect(),
    }
}
