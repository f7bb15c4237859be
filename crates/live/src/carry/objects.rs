//! Objects of the cluster, patched.

use kube::api::{DynamicObject, Patch, PatchParams};
use rolecall_facts::{NodeClassKind, NodeClassRef};
use serde_json::{Value, json};

use super::attempt::{AtMost, Step};
use super::error::CarryError;
use super::refusal::Refusal;
use super::{Carrier, FIELD_MANAGER};
use crate::LiveError;
use crate::kube::{EC2_NODE_CLASS, Kind, Kube, NODE_CLASS, NODE_POOL, unreachable};

impl Carrier<'_> {
    /// The cluster's API server.
    pub(super) async fn kube(&self) -> Result<Kube, Step> {
        Kube::to(self.connection, self.cluster)
            .await
            .and_then(|kube| {
                kube.ok_or_else(|| LiveError::Kubeconfig {
                    problem: "this connection reads AWS only".to_owned(),
                })
            })
            .map_err(|error| Step::Failed(error.into()))
    }

    pub(super) async fn set_class_identity(
        &self,
        kind: NodeClassKind,
        name: &str,
        role: Option<&str>,
        instance_profile: Option<&str>,
    ) -> Step {
        let kind = match kind {
            NodeClassKind::AutoMode => NODE_CLASS,
            NodeClassKind::Karpenter => EC2_NODE_CLASS,
        };
        // In a merge patch, null takes a field away (RFC 7386).
        let identity = json!({ "spec": { "role": role, "instanceProfile": instance_profile } });
        self.patch(kind, name, identity).await
    }

    pub(super) async fn set_class_ref(&self, pool: &str, class: &NodeClassRef) -> Step {
        let reference = json!({ "spec": { "template": { "spec": { "nodeClassRef": {
            "group": class.group, "kind": class.kind, "name": class.name,
        } } } } });
        self.patch(NODE_POOL, pool, reference).await
    }

    async fn patch(&self, kind: Kind, name: &str, patch: Value) -> Step {
        let kube = match self.kube().await {
            Ok(kube) => kube,
            Err(step) => return step,
        };
        let what = format!("{}/{name}", kind.resource());
        let answer = kube
            .api(kind, None)
            .patch(name, &params(), &Patch::Merge(&patch))
            .await;
        done(answer, "kubernetes:patch", &what)
    }
}

pub(super) fn params() -> PatchParams {
    PatchParams {
        field_manager: Some(FIELD_MANAGER.to_owned()),
        ..PatchParams::default()
    }
}

/// What the API server's answer comes to.
pub(super) fn done(
    answer: Result<DynamicObject, kube::Error>,
    call: &'static str,
    what: &str,
) -> Step {
    match answer {
        Ok(_) => Step::Done,
        Err(error) => failed(&error, call, what),
    }
}

/// What a failure of the API server means for a change.
pub(super) fn failed(error: &kube::Error, call: &'static str, what: &str) -> Step {
    let kube::Error::Api(status) = error else {
        return Step::Failed(unreachable(error).into());
    };
    let refusal = Refusal {
        call,
        code: format!("{} {}", status.code, status.reason),
        message: status.message.clone(),
    };
    match status.code {
        401 => Step::Failed(LiveError::NotMapped.into()),
        403 => Step::Failed(CarryError::NotPermitted {
            call: call.to_owned(),
            action: call.to_owned(),
            resource: what.to_owned(),
            // It says who may not do what, and never why.
            because: None,
        }),
        404 => Step::changed(format!("`{what}`"), "is not there"),
        409 => Step::again(
            format!("`{what}`"),
            "somebody else changed it at the same moment; it is read and changed anew",
            AtMost::Usual,
            refusal,
        ),
        429 | 500..=599 => Step::again(
            "the API server",
            "it is overloaded or has a fault of its own",
            AtMost::Usual,
            refusal,
        ),
        _ => refusal.failed(),
    }
}
