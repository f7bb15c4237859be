//! Which provider configuration a resource uses, and so which account and region.

use std::rc::Rc;

use hcl_edit::expr::{Expression, TraversalOperator};
use rolecall_facts::Reference;

use super::evaluator::Evaluator;
use super::file::{Attribute, Block, Expr};
use super::scope::{Caller, Instance, Key};
use crate::terraform::environment::Environment;
use crate::terraform::resource;
use crate::tree::Node;

const DEFAULT: &str = "aws";

/// Providers of Kubernetes objects.
const KUBERNETES: [&str; 2] = ["kubernetes", "kubectl"];

impl<'a> Evaluator<'a> {
    /// Reads the provider blocks of the root module. Those of AWS are read first, so an expression in
    /// them that asks for the account gets the symbol.
    pub(super) fn read_providers(&self, root: &Rc<Instance<'a>>) {
        for (name, arguments) in self.provider_blocks(root, &[DEFAULT]) {
            let environment = match name.as_str() {
                DEFAULT => Environment::of_provider(&arguments),
                alias => Environment::of_alias(alias, &arguments),
            };
            self.environments.borrow_mut().insert(name, environment);
        }
        for (name, arguments) in self.provider_blocks(root, &KUBERNETES) {
            if let Some(cluster) = resource::cluster_of_provider(&arguments) {
                self.clusters.borrow_mut().insert(name, cluster);
            }
        }
    }

    /// Arguments by name, `aws` or `aws.alias`.
    fn provider_blocks(&self, root: &Rc<Instance<'a>>, kinds: &[&str]) -> Vec<(String, Node)> {
        let blocks = root.module.providers.iter();
        blocks
            .filter(|block| kinds.contains(&block.label(0)))
            .filter_map(|block| {
                let arguments = self.body(&block.body, root, &Key::None, None, &block.origin);
                let arguments = arguments.ok()?;
                let name = match arguments.get("alias").and_then(Node::as_str) {
                    None => block.label(0).to_owned(),
                    Some(alias) => format!("{}.{alias}", block.label(0)),
                };
                Some((name, arguments))
            })
            .collect()
    }

    /// Where a resource or data source is applied.
    pub(super) fn environment(&self, instance: &Rc<Instance<'a>>, block: &Block) -> Environment {
        let name = provider(instance, block);
        let known = self.environments.borrow();
        known.get(&name).cloned().unwrap_or_default()
    }

    /// The cluster that a Kubernetes object is applied to.
    pub(super) fn cluster(
        &self,
        instance: &Rc<Instance<'a>>,
        block: &Block,
    ) -> Option<Reference<String>> {
        let name = provider(instance, block);
        self.clusters.borrow().get(&name).cloned()
    }
}

/// The root's name of the provider configuration that a block uses.
fn provider(instance: &Instance<'_>, block: &Block) -> String {
    let kind = block.label(0).split('_').next().unwrap_or(DEFAULT);
    let named = block.body.attribute("provider").and_then(reference);
    let mut name = named.unwrap_or_else(|| kind.to_owned());
    let mut caller = instance.caller.as_ref();
    while let Some(Caller { instance, call, .. }) = caller {
        let passed = call.block.body.attribute("providers");
        // Without being passed, a child inherits the default configuration only.
        name = passed
            .and_then(|passed| passed_as(passed, &name))
            .unwrap_or_else(|| kind.to_owned());
        caller = instance.caller.as_ref();
    }
    name
}

/// `aws` or `aws.alias`, as written.
fn reference(attribute: &Attribute) -> Option<String> {
    match &attribute.expr {
        Expr::Native(expression) => reference_text(expression),
        Expr::Json(node) => node.as_str().map(str::to_owned),
    }
}

fn reference_text(expression: &Expression) -> Option<String> {
    match expression {
        Expression::Variable(name) => Some(name.as_str().to_owned()),
        Expression::String(text) => Some(text.to_string()),
        Expression::Traversal(traversal) => {
            let root = traversal.expr.as_variable()?.as_str();
            match traversal.operators.first().map(|operator| operator.value()) {
                Some(TraversalOperator::GetAttr(alias)) => {
                    Some(format!("{root}.{}", alias.as_str()))
                }
                _ => None,
            }
        }
        _ => None,
    }
}

/// What a `providers` map passes under a name.
fn passed_as(passed: &Attribute, name: &str) -> Option<String> {
    match &passed.expr {
        Expr::Native(Expression::Object(map)) => map.iter().find_map(|(key, value)| {
            let key = match key {
                hcl_edit::expr::ObjectKey::Ident(name) => name.as_str().to_owned(),
                hcl_edit::expr::ObjectKey::Expression(expression) => reference_text(expression)?,
            };
            (key == name).then(|| reference_text(value.expr()))?
        }),
        Expr::Native(_) => None,
        Expr::Json(node) => node.get(name).and_then(Node::as_str).map(str::to_owned),
    }
}
