//! What CDK's custom resources hold: Kubernetes manifests as JSON text (AWS CDK, `aws-eks`,
//! `KubernetesManifest`).

use rolecall_facts::{Origin, Reference, Why};

use super::condition::Truth;
use super::evaluate::{Evaluator, name_reference, settled_name};
use super::pieces;
use crate::output::Output;
use crate::tree::{Node, Value, json};
use crate::{Diagnostic, Source, kubernetes};

const MANIFEST: &str = "Custom::AWSCDK-EKS-KubernetesResource";

pub(super) fn read(evaluator: &mut Evaluator<'_>, out: &mut Output) {
    for resource in evaluator.template.of_kind(&[MANIFEST]) {
        if evaluator.is_there(&resource) != Truth::True {
            continue;
        }
        let Some(written) = resource.property("Manifest") else {
            continue;
        };
        let cluster = name_reference(&evaluator.required(&resource, "ClusterName"));
        let manifest = evaluator.parsed_json(written);
        let manifest = evaluator.holes.settle(manifest);
        if let Value::Unknown(why) = &manifest.value {
            out.diagnostics.push(Diagnostic::note(
                format!("the manifest `{}` is not read: {why}", resource.id),
                manifest.origin.clone(),
            ));
        }
        let objects = match &manifest.value {
            Value::List(items) => items.as_slice(),
            _ => std::slice::from_ref(&manifest),
        };
        for object in objects {
            let mut read = Output::default();
            kubernetes::read_object(object, &mut read);
            place(&mut read, &cluster, &resource.origin);
            out.append(read);
        }
    }
}

/// Says of what a manifest holds which cluster it is applied to, and which resource applies it.
fn place(read: &mut Output, cluster: &Reference<String>, origin: &Origin) {
    let snapshot = &mut read.snapshot;
    for pool in &mut snapshot.node_pools {
        pool.cluster = Some(cluster.clone());
        pool.origin = origin.clone();
    }
    for class in &mut snapshot.node_classes {
        class.cluster = Some(cluster.clone());
        class.origin = origin.clone();
        for reference in [&mut class.role, &mut class.instance_profile]
            .into_iter()
            .flatten()
        {
            reference.value = settled_name(reference.value.clone());
        }
    }
    for aws_auth in &mut snapshot.aws_auth {
        aws_auth.cluster = Some(cluster.clone());
        aws_auth.origin = origin.clone();
    }
}

impl Evaluator<'_> {
    /// A text that holds JSON, parsed; its strings may have holes still.
    pub(super) fn parsed_json(&mut self, written: &Node) -> Node {
        let raw = self.raw(written);
        let origin = raw.origin.clone();
        let text = match &raw.value {
            Value::String(text) => text,
            _ => return raw,
        };
        match json::parse(&Source::new("-", text)) {
            Ok(mut node) => {
                relocate(&mut node, &origin);
                self.count(&node);
                node
            }
            Err(problem) if pieces::has_hole(text) => Node::unknown(
                Why::not_evaluated(format!("JSON with unknown parts ({})", problem.message)),
                origin,
            ),
            Err(problem) => {
                self.diagnostics
                    .push(Diagnostic::error(problem.message.clone(), origin.clone()));
                Node::unknown(Why::not_evaluated(problem.message), origin)
            }
        }
    }
}

/// Places all of a parsed text where the text stands.
fn relocate(node: &mut Node, origin: &Origin) {
    node.origin = origin.clone();
    match &mut node.value {
        Value::List(items) => items.iter_mut().for_each(|item| relocate(item, origin)),
        Value::Map(entries) => {
            for (key, value) in entries {
                relocate(key, origin);
                relocate(value, origin);
            }
        }
        _ => {}
    }
}
