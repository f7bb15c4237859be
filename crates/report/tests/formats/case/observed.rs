//! The legacy case as a live cluster shows it.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use rolecall_chain::{
    Evidence, Link, LinkState, Observed, ObservedNode, ObservedObject, Traced, Verdict,
};
use rolecall_facts::{Condition, ObjectEvent, ObservedCall, Origin};

use super::{BATCH_ARN, ControlPlane, chain, legacy};

/// `batch` as the legacy control plane leaves it: not Ready, and refused in CloudTrail.
pub(crate) fn refused() -> Traced {
    let mut traced = legacy();
    let chain = &mut traced.chains[0];
    chain.observed = Observed {
        objects: chain
            .predicted
            .iter()
            .map(|predicted| ObservedObject {
                object: predicted.object.clone(),
                conditions: predicted.conditions.clone(),
            })
            .collect(),
        nodes: Vec::new(),
        events: vec![ObjectEvent {
            cluster: None,
            object: "NodeClass/batch".to_owned(),
            warning: false,
            reason: "InstanceProfileReady".to_owned(),
            message: "Status condition transitioned, Type: InstanceProfileReady, Status: Unknown -> False, Reason: UnauthorizedNodeRole".to_owned(),
            count: 3,
            last_seen: "2026-01-01T00:06:00Z".parse().ok(),
            origin: Origin::api("kubernetes:list", "events/batch.1"),
        }],
    };
    let finding = &mut traced.findings[0];
    finding.origins = vec![Origin::api(
        "kubernetes:list",
        "nodeclasses.eks.amazonaws.com/batch",
    )];
    finding.evidence.push(Evidence::Call {
        call: Box::new(call()),
        count: 3,
        since: "2026-01-01T00:00:05Z".parse().unwrap(),
    });
    traced
}

/// `batch` as it ought to be, with a node.
pub(crate) fn joined() -> Traced {
    let mut chain = chain("batch", BATCH_ARN, ControlPlane::Current, None);
    chain.links.push(LinkState {
        link: Link::Node,
        verdict: Verdict::Pass,
        detail: "node i-0a1b2c3d4e5f60718 is Ready".to_owned(),
    });
    chain.observed = Observed {
        objects: vec![ObservedObject {
            object: "NodePool/batch".to_owned(),
            conditions: vec![Condition {
                kind: "Ready".to_owned(),
                status: "True".to_owned(),
                reason: "Ready".to_owned(),
                message: String::new(),
            }],
        }],
        nodes: vec![ObservedNode {
            name: "i-0a1b2c3d4e5f60718".to_owned(),
            ready: true,
        }],
        events: Vec::new(),
    };
    Traced {
        chains: vec![chain],
        findings: Vec::new(),
    }
}

fn call() -> ObservedCall {
    let text = |text: &str| Some(text.to_owned());
    ObservedCall {
        event_id: "7f3c1a52-0d7e-4c55-9a57-2f6f0a4b1c9d".to_owned(),
        time: "2026-01-01T00:06:05Z".parse().unwrap(),
        event_source: "eks.amazonaws.com".to_owned(),
        event_name: "DescribeAccessEntry".to_owned(),
        account: None,
        region: text("eu-central-1"),
        caller_arn: text(
            "arn:aws:sts::111122223333:assumed-role/AWSServiceRoleForAmazonEKS/AmazonEKS",
        ),
        session_issuer_arn: text(
            "arn:aws:iam::111122223333:role/aws-service-role/eks.amazonaws.com/AWSServiceRoleForAmazonEKS",
        ),
        invoked_by: text("eks.amazonaws.com"),
        error_code: "AccessDenied".to_owned(),
        error_message: text(
            "User: arn:aws:sts::111122223333:assumed-role/AWSServiceRoleForAmazonEKS/AmazonEKS is not authorized to perform: eks:DescribeAccessEntry",
        ),
        cluster: text("platform-prod"),
        principal_arn: text("arn:aws:iam::111122223333:role/batch-node"),
        role: None,
        instance_profile: None,
        origin: Origin::api(
            "cloudtrail:LookupEvents",
            "7f3c1a52-0d7e-4c55-9a57-2f6f0a4b1c9d",
        ),
    }
}
