//! The custom-path example as values: Auto Mode cluster `platform-prod`, roles under
//! `/platform/eks/`; pool `batch` is right, the access entry of pool `web` lacks the path.

mod files;
mod findings;
pub(crate) mod observed;
mod rules;

use rolecall_chain::{
    Chain, ControlPlane, Link, LinkState, Observed, Pool, PoolKind, PredictedObject, Traced,
    Verdict,
};
use rolecall_facts::{Condition, Origin};
use rolecall_report::{Diagnostic, DiagnosticLevel};

pub(crate) use files::Files;
pub(crate) use findings::{path_dropped, path_dropped_note, path_mismatch};
pub(crate) use rules::{RC303, RC703};

pub(crate) const WEB_ARN: &str = "arn:aws:iam::111122223333:role/platform/eks/web-node";
pub(crate) const BATCH_ARN: &str = "arn:aws:iam::111122223333:role/platform/eks/batch-node";

pub(crate) fn pool(name: &str) -> Pool {
    Pool {
        cluster: Some("platform-prod".to_owned()),
        kind: PoolKind::NodePool,
        name: name.to_owned(),
    }
}

/// The case under the current control plane: `web` fails with RC703, `batch` passes with a note.
pub(crate) fn custom_path() -> Traced {
    Traced {
        chains: vec![
            chain("batch", BATCH_ARN, ControlPlane::Current, None),
            chain(
                "web",
                WEB_ARN,
                ControlPlane::Current,
                Some(
                    "no access entry for role/platform/eks/web-node; there is one for role/web-node, a role that does not exist",
                ),
            ),
        ],
        findings: vec![path_mismatch(), path_dropped_note()],
    }
}

/// The same under the legacy control plane: `batch` fails with RC710.
pub(crate) fn legacy() -> Traced {
    Traced {
        chains: vec![chain(
            "batch",
            BATCH_ARN,
            ControlPlane::Legacy,
            Some("EKS asks for role/batch-node without the path and is denied"),
        )],
        findings: vec![path_dropped()],
    }
}

/// Only the pool that is right, without findings.
pub(crate) fn clean() -> Traced {
    Traced {
        chains: vec![chain("batch", BATCH_ARN, ControlPlane::Current, None)],
        findings: Vec::new(),
    }
}

/// A file that could not be read, and one that must be rendered first.
pub(crate) fn diagnostics() -> Vec<Diagnostic> {
    vec![
        Diagnostic {
            level: DiagnosticLevel::Error,
            message: "a mapping value is not allowed here".to_owned(),
            origin: Origin::file(&"k8s/broken.yaml".into(), 3, 8, 0),
            help: Some("indent the line or quote the value".to_owned()),
        },
        Diagnostic {
            level: DiagnosticLevel::Note,
            message: "this is a Helm template, which rolecall cannot read".to_owned(),
            origin: Origin::file(&"chart/templates/pool.yaml".into(), 1, 1, 0),
            help: Some("render it first: helm template chart | rolecall check -".to_owned()),
        },
    ]
}

/// A chain that holds up to the access entry, and from there on as `breaks` says.
pub(crate) fn chain(
    name: &str,
    arn: &str,
    control_plane: ControlPlane,
    breaks: Option<&str>,
) -> Chain {
    let class = format!("NodeClass/{name}");
    let links = Link::ALL
        .into_iter()
        .filter(|link| *link != Link::Node)
        .map(|link| {
            let (verdict, detail) = match (link, breaks) {
                (Link::NodeClass, _) => (Verdict::Pass, format!("NodeClass {name}")),
                (Link::RoleReference, _) => (Verdict::Pass, format!("role {name}-node")),
                (Link::Role, _) => (Verdict::Pass, arn.to_owned()),
                (Link::AccessEntry, Some(why)) => (Verdict::Fail, why.to_owned()),
                (Link::AccessPolicy | Link::Join, Some(_)) => {
                    (Verdict::Unknown, "depends on the access entry".to_owned())
                }
                _ => (Verdict::Pass, "holds".to_owned()),
            };
            LinkState {
                link,
                verdict,
                detail,
            }
        });
    Chain {
        pool: pool(name),
        control_plane,
        links: links.collect(),
        predicted: if breaks.is_some() {
            predicted(&class, name)
        } else {
            Vec::new()
        },
        observed: Observed::default(),
        origin: Origin::file(&"k8s/nodes.yaml".into(), 2, 1, 0),
    }
}

fn predicted(class: &str, name: &str) -> Vec<PredictedObject> {
    let condition = |kind: &str, status: &str, reason: &str, message: &str| Condition {
        kind: kind.to_owned(),
        status: status.to_owned(),
        reason: reason.to_owned(),
        message: message.to_owned(),
    };
    vec![
        PredictedObject {
            object: class.to_owned(),
            conditions: vec![
                condition("SubnetsReady", "True", "SubnetsReady", ""),
                condition(
                    "InstanceProfileReady",
                    "False",
                    "UnauthorizedNodeRole",
                    &format!("Role {name}-node is unauthorized to join nodes to the cluster"),
                ),
                condition(
                    "ValidationSucceeded",
                    "False",
                    "DependenciesNotReady",
                    "Awaiting Instance Profile, Security Group, and Subnet resolution",
                ),
                condition(
                    "Ready",
                    "False",
                    "UnhealthyDependents",
                    "ValidationSucceeded=False, InstanceProfileReady=False",
                ),
            ],
        },
        PredictedObject {
            object: format!("NodePool/{name}"),
            conditions: vec![condition(
                "Ready",
                "False",
                "UnhealthyDependents",
                "NodeClassReady=False",
            )],
        },
    ]
}
