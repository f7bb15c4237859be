//! The references in local values, for plans, which do not list them.

use std::collections::HashMap;
use std::path::Path;

use hcl_edit::expr::{Expression, ObjectKey, Traversal, TraversalOperator};
use hcl_edit::template::Element;

use super::file::{Attribute, Body, Expr};
use super::module::is_configuration;
use crate::read::load;
use crate::terraform::address::{Step, text_key};

/// The local values of one module's folder.
#[derive(Debug, Default)]
pub(crate) struct Locals(HashMap<Box<str>, Attribute>);

impl Locals {
    /// Reads a folder; what cannot be read has no local values.
    pub(crate) fn of_folder(folder: &Path) -> Self {
        let mut locals = HashMap::new();
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        for path in entries.map(|entry| entry.path()) {
            if !is_configuration(&path.to_string_lossy()) || !path.is_file() {
                continue;
            }
            let source = load(&path, |_| true).ok().flatten();
            let body = source.and_then(|source| Body::parse(&source).ok());
            for block in body.into_iter().flat_map(|body| body.blocks) {
                if &*block.kind == "locals" {
                    let attributes = block.body.attributes.into_iter();
                    locals.extend(attributes.map(|local| (local.name.clone(), local)));
                }
            }
        }
        Self(locals)
    }

    /// The references of which a local value, or a part of it, takes one as its own, as a plan lists
    /// them. `None` where it is not here or is made of them in another way.
    pub(crate) fn references(&self, name: &str, part: &[Step<'_>]) -> Option<Vec<String>> {
        let Expr::Native(local) = &self.0.get(name)?.expr else {
            return None;
        };
        let mut expression = local;
        for step in part {
            let Expression::Object(object) = expression else {
                break;
            };
            let name = match step {
                Step::Name(name) => name,
                Step::Key(key) => key.strip_prefix("[\"")?.strip_suffix("\"]")?,
            };
            let found = object.iter().find(|(key, _)| match key {
                ObjectKey::Ident(key) => key.as_str() == name,
                ObjectKey::Expression(key) => key.as_str() == Some(name),
            });
            expression = found?.1.expr();
        }
        let mut references = Vec::new();
        collect(expression, &mut references)?;
        Some(references)
    }
}

/// Functions that give one of their arguments, or an element of one, as it is.
const CHOOSING: [&str; 11] = [
    "coalesce",
    "coalescelist",
    "compact",
    "concat",
    "element",
    "flatten",
    "nonsensitive",
    "one",
    "sensitive",
    "tolist",
    "try",
];

/// Adds the references of which an expression takes one as its value. `None` where it makes
/// something else of them.
fn collect(expression: &Expression, references: &mut Vec<String>) -> Option<()> {
    match expression {
        Expression::Null(_)
        | Expression::Bool(_)
        | Expression::Number(_)
        | Expression::String(_) => Some(()),
        Expression::Parenthesis(inner) => collect(inner.inner(), references),
        // The condition chooses and is no part of the value.
        Expression::Conditional(conditional) => {
            collect(&conditional.true_expr, references)?;
            collect(&conditional.false_expr, references)
        }
        Expression::Array(items) => items.iter().try_for_each(|item| collect(item, references)),
        Expression::FuncCall(call) => {
            let name = call.name.name.as_str();
            let joins = name == "join" && call.args.get(0).and_then(Expression::as_str) == Some("");
            if !joins && !CHOOSING.contains(&name) {
                return None;
            }
            call.args
                .iter()
                .try_for_each(|argument| collect(argument, references))
        }
        Expression::StringTemplate(template) => match template.as_single_element()? {
            Element::Interpolation(only) => collect(&only.expr, references),
            _ => None,
        },
        Expression::Traversal(traversal) => {
            references.push(reference(traversal)?);
            Some(())
        }
        _ => None,
    }
}

/// A reference as a plan lists it: up to an index that is computed, or a splat.
fn reference(traversal: &Traversal) -> Option<String> {
    let mut reference = traversal.expr.as_variable()?.as_str().to_owned();
    for operator in &traversal.operators {
        match operator.value() {
            TraversalOperator::GetAttr(name) => {
                reference.push('.');
                reference.push_str(name.as_str());
            }
            TraversalOperator::LegacyIndex(index) => {
                reference.push_str(&format!("[{}]", index.value()));
            }
            TraversalOperator::Index(Expression::Number(index)) => {
                reference.push_str(&format!("[{}]", index.value()));
            }
            TraversalOperator::Index(Expression::String(key)) => {
                reference.push_str(&text_key(key));
            }
            _ => break,
        }
    }
    Some(reference)
}
