//! Plans and states as `terraform show -json` and `tofu show -json` print them (Terraform
//! documentation, "JSON Output Format").
//!
//! A plan leaves out what is known only after apply. Much of that is needed here, the ARN of a role
//! above all, and can be had: [`follow`] walks the references that the plan's `configuration` lists
//! from the open value to the resource it comes from, through module inputs and outputs.

mod body;
mod configuration;
mod environments;
mod follow;
mod instances;
mod locals;
mod wanted;

use std::cell::Cell;

use rolecall_facts::{ObjectId, Reference};

use super::address::ModulePath;
use super::resource::{Change, Declared, KINDS, Resource};
use crate::output::Output;
use crate::tree::{Node, Value};
use crate::{Diagnostic, Source};

use configuration::Configuration;
use environments::Environments;
use instances::{Instance, Instances};
use locals::LocalValues;

/// Reads a plan or a state.
pub(crate) fn read_plan(source: &Source, root: &Node, out: &mut Output) {
    if let Some(problem) = unsupported(root) {
        out.diagnostics.push(problem);
        return;
    }
    if root.get("errored").map(|node| &node.value) == Some(&Value::Bool(true)) {
        let message = "the plan stopped at an error, so it may not hold everything";
        out.diagnostics
            .push(Diagnostic::note(message, root.origin.clone()));
    }
    let plan = Plan::new(source, root);
    let mut read = Output::default();
    plan.declared().read_into(&mut read);
    out.append(read);
}

/// A format this reader does not know (Terraform promises that minor versions only add).
fn unsupported(root: &Node) -> Option<Diagnostic> {
    let version = root.get("format_version")?;
    let text = version.as_str()?;
    let major = text.split('.').next().unwrap_or(text);
    if matches!(major, "0" | "1") {
        return None;
    }
    let message = format!("a plan of format version `{text}`, of which only 0 and 1 can be read");
    Some(Diagnostic::error(message, version.origin.clone()))
}

/// A plan or state with its parts by address.
struct Plan<'a> {
    scope: &'a str,
    instances: Instances<'a>,
    configuration: Configuration<'a>,
    environments: Environments,
    locals: LocalValues,
    /// References that may still be followed, so that no configuration takes forever.
    steps_left: Cell<u32>,
}

impl<'a> Plan<'a> {
    fn new(source: &'a Source, root: &'a Node) -> Self {
        let instances = Instances::of(root);
        let configuration = Configuration::of(root);
        let environments = Environments::of(root, &instances, &configuration);
        Self {
            scope: &source.path,
            instances,
            configuration,
            environments,
            locals: LocalValues::beside(&source.path),
            steps_left: Cell::new(MAX_STEPS),
        }
    }

    fn may_step(&self) -> bool {
        let left = self.steps_left.get();
        self.steps_left.set(left.saturating_sub(1));
        left > 0
    }

    fn declared(&self) -> Declared {
        let resources = self
            .instances
            .managed()
            .filter(|instance| KINDS.contains(&instance.kind))
            .map(|instance| Resource {
                kind: instance.kind.into(),
                address: instance.address.into(),
                id: self.id(instance),
                body: self.body(instance, 0),
                environment: self.environments.of_instance(instance, &self.configuration),
                cluster: self.cluster(instance),
                change: change(instance),
                uncertain: None,
            })
            .collect();
        Declared {
            resources,
            gaps: Vec::new(),
            detached: self.instances.detached(),
        }
    }

    /// The cluster of the provider that makes a Kubernetes object.
    fn cluster(&self, instance: &Instance<'a>) -> Option<Reference<String>> {
        if instance.kind.starts_with("aws_") {
            return None;
        }
        let key = environments::provider_key(instance, &self.configuration)?;
        let expressions = self.configuration.providers?.at(&[key, "expressions"])?;
        let exec = expressions
            .get("exec")
            .and_then(|exec| exec.items().first());
        let arguments = exec.and_then(|exec| exec.get("args"));
        let place = Place {
            module: &ModulePath::default(),
            key: "",
            for_each: None,
        };
        arguments
            .into_iter()
            .chain(expressions.get("host"))
            .find_map(|expression| self.cluster_named_by(&place, expression))
    }

    fn id(&self, instance: &Instance<'_>) -> ObjectId {
        ObjectId::new(self.scope, instance.address)
    }
}

fn change(instance: &Instance<'_>) -> Change {
    let Some(entry) = instance.change else {
        return Change::Kept;
    };
    let actions = entry
        .at(&["change", "actions"])
        .map_or(&[][..], Node::items);
    let has = |name: &str| actions.iter().any(|action| action.as_str() == Some(name));
    match (has("create"), has("delete")) {
        (true, true) => Change::Replaced(what_forces(entry)),
        (true, false) => Change::Created,
        _ => Change::Kept,
    }
}

/// Why Terraform deletes an object and makes it again, in words.
fn what_forces(entry: &Node) -> String {
    let paths: Vec<String> = entry
        .at(&["change", "replace_paths"])
        .map_or(&[][..], Node::items)
        .iter()
        .map(|path| {
            let steps: Vec<String> = path
                .items()
                .iter()
                .filter_map(|step| step.text_fact().value().cloned())
                .collect();
            format!("`{}`", steps.join("."))
        })
        .collect();
    match entry.get("action_reason").and_then(Node::as_str) {
        _ if !paths.is_empty() => format!("a change of {}", paths.join(", ")),
        Some("replace_because_tainted") => "the object is tainted".to_owned(),
        Some("replace_by_request") => "`-replace` was given".to_owned(),
        Some("replace_by_triggers") => "`replace_triggered_by`".to_owned(),
        _ => "a change that cannot be made in place".to_owned(),
    }
}

/// How far references are followed.
const MAX_DEPTH: usize = 24;
/// How many references of one plan are followed.
const MAX_STEPS: u32 = 2_000_000;

/// Where an expression stands: its module, and the instance key and `for_each` of its block.
#[derive(Clone, Copy)]
struct Place<'a, 'p> {
    module: &'p ModulePath,
    key: &'p str,
    for_each: Option<&'a Node>,
}
