//! Which provider configuration a resource uses, and so which account and region.

use std::rc::Rc;

use hcl_edit::expr::{Expression, TraversalOperator};

use super::evaluator::Evaluator;
use super::file::{Attribute, Block, Expr};
use super::scope::{Instance, Key};
use crate::terraform::environment::Environment;
use crate::tree::Node;

const DEFAULT: &str = "aws";

impl<'a> Evaluator<'a> {
    /// Reads the provider blocks of the root module. They are read first, so an expression in them
    /// that asks for the account gets the symbol.
    pub(super) fn read_providers(&self, root: &Rc<Instance<'a>>) {
        for block in &root.module.providers {
            if block.label(0) != "aws" {
                continue;
            }
            let Ok(arguments) = self.body(&block.body, root, &Key::None, None, &block.origin)
            else {
                continue;
            };
            let (name, environment) = match arguments.get("alias").and_then(Node::as_str) {
                None => (DEFAULT.to_owned(), Environment::of_provider(&arguments)),
                Some(alias) => {
                    let name = format!("{DEFAULT}.{alias}");
                    let environment = Environment::of_alias(&name, &arguments);
                    (name, environment)
                }
            };
            self.environments.borrow_mut().insert(name, environment);
        }
    }

    /// Where a resource or data source is applied.
    pub(super) fn environment(&self, instance: &Rc<Instance<'a>>, block: &Block) -> Environment {
        let mut name = block
            .body
            .attribute("provider")
            .and_then(reference)
            .unwrap_or_else(|| DEFAULT.to_owned());
        let mut module = instance;
        while let Some(caller) = &module.caller {
            let passed = caller.call.block.body.attribute("providers");
            match passed.and_then(|passed| passed_as(passed, &name)) {
                Some(outer) => name = outer,
                // Without being passed, a child inherits the default configuration only.
                None => DEFAULT.clone_into(&mut name),
            }
            module = &caller.instance;
        }
        self.environments
            .borrow()
            .get(&name)
            .cloned()
            .unwrap_or_default()
    }
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
