//! Input variables: what the caller or a values file gives, or the default, as the declared type.

use std::rc::Rc;

use hcl_edit::expr::{Expression, FuncCall};
use rolecall_facts::{Origin, Why};

use super::evaluator::{Evaluator, Item};
use super::file::{Attribute, Block, Expr, File};
use super::scope::{Instance, Key, Scope};
use super::value::{Eval, Fault, SET_TAG, Text, is_encoded, sorted, text};
use crate::Source;
use crate::tree::{Node, Value};

impl<'a> Evaluator<'a> {
    pub(super) fn variable(
        &self,
        instance: &Rc<Instance<'a>>,
        name: &str,
        origin: &Origin,
    ) -> Eval<Rc<Node>> {
        let Some((name, block)) = instance.module.variables.get_key_value(name) else {
            return Err(Fault::new(format!("`var.{name}`, which is not declared,")));
        };
        self.once(instance, Item::Variable(name), origin, || {
            let scope = |attribute: &'a Attribute| Scope {
                instance,
                key: &Key::None,
                bound: None,
                file: &attribute.file,
                closed: false,
            };
            let default = block.body.attribute("default");
            let given = self.given(instance, name)?;
            let given = given.filter(|value| value.value != Value::Null || !replaces_null(block));
            let value = match (given, default) {
                (Some(value), _) => value,
                (None, Some(default)) => self.attribute_value(default, &scope(default))?,
                (None, None) => {
                    let detail = format!(
                        "a value for the variable `{name}` (it has no default and is not in \
                         `terraform.tfvars` or `*.auto.tfvars`)"
                    );
                    return Ok(Node::unknown(Why::not_given(detail), block.origin.clone()));
                }
            };
            match block.body.attribute("type") {
                Some(constraint) => self.converted(value, constraint, &scope(constraint)),
                None => Ok(value),
            }
        })
    }

    /// What the module call, or for the root a values file, sets the variable to.
    fn given(&self, instance: &Rc<Instance<'a>>, name: &str) -> Eval<Option<Node>> {
        let Some(caller) = &instance.caller else {
            let mut inputs = self.modules.inputs.iter().rev();
            let Some(input) = inputs.find(|input| &*input.name == name) else {
                return Ok(None);
            };
            let scope = Scope {
                instance,
                key: &Key::None,
                bound: None,
                file: &input.file,
                closed: true,
            };
            return self.attribute_value(input, &scope).map(Some);
        };
        let Some(argument) = caller.call.block.body.attribute(name) else {
            return Ok(None);
        };
        let scope = Scope {
            instance: &caller.instance,
            key: &caller.key,
            bound: None,
            file: &argument.file,
            closed: false,
        };
        self.attribute_value(argument, &scope).map(Some)
    }

    fn converted(&self, value: Node, constraint: &Attribute, scope: &Scope<'a, '_>) -> Eval {
        match &constraint.expr {
            Expr::Native(expression) => self.convert(value, expression, scope),
            Expr::Json(node) => {
                let text = node.as_str().unwrap_or("any");
                match hcl_edit::parser::parse_expr(text) {
                    Ok(expression) => {
                        let file = File::new(&Source::new("-", text));
                        let scope = Scope {
                            file: &file,
                            ..*scope
                        };
                        self.convert(value, &expression, &scope)
                    }
                    Err(_) => Ok(value),
                }
            }
        }
    }

    /// A value as a type constraint shapes it: attributes an object type does not name are dropped,
    /// those it names and the value lacks get their default or null.
    fn convert(&self, value: Node, kind: &Expression, scope: &Scope<'a, '_>) -> Eval {
        self.deeper(|| match kind {
            Expression::Variable(name) if name.as_str() == "string" => as_string(value),
            Expression::Parenthesis(inner) => self.convert(value, inner.inner(), scope),
            Expression::FuncCall(call) => self.convert_to(value, call, scope),
            _ => Ok(value),
        })
    }

    fn convert_to(&self, mut value: Node, call: &FuncCall, scope: &Scope<'a, '_>) -> Eval {
        if is_encoded(&value) {
            return Ok(value);
        }
        let Some(argument) = call.args.get(0) else {
            return Ok(value);
        };
        match (call.name.name.as_str(), &mut value.value) {
            ("optional", _) => return self.convert(value, argument, scope),
            (kind @ ("list" | "set"), Value::List(items)) => {
                let converted = std::mem::take(items).into_iter();
                *items = converted
                    .map(|item| self.convert(item, argument, scope))
                    .collect::<Eval<_>>()?;
                value.tag = (kind == "set").then(|| SET_TAG.into());
            }
            ("map", Value::Map(entries)) => {
                for (_, item) in entries.iter_mut() {
                    let taken = take(item);
                    *item = self.convert(taken, argument, scope)?;
                }
            }
            ("object", Value::Map(_)) => return self.convert_object(&value, argument, scope),
            _ => {}
        }
        Ok(value)
    }

    fn convert_object(&self, value: &Node, shape: &Expression, scope: &Scope<'a, '_>) -> Eval {
        let (Expression::Object(shape), Value::Map(entries)) = (shape, &value.value) else {
            return Ok(value.clone());
        };
        let given = sorted(entries);
        let mut converted = Vec::with_capacity(shape.len());
        for (name, kind) in shape {
            let name = match name {
                hcl_edit::expr::ObjectKey::Ident(name) => name.as_str(),
                hcl_edit::expr::ObjectKey::Expression(name) => name.as_str().unwrap_or_default(),
            };
            let found = given.binary_search_by_key(&name, |(key, _)| *key);
            let found = found.ok().and_then(|index| given.get(index));
            let found = found
                .map(|(_, item)| *item)
                .filter(|item| item.value != Value::Null);
            let item = match found {
                Some(item) => self.convert(item.clone(), kind.expr(), scope)?,
                None => self.optional_default(kind.expr(), scope, &value.origin)?,
            };
            converted.push((Node::string(name, item.origin.clone()), item));
        }
        Ok(Node::new(Value::Map(converted), value.origin.clone()))
    }

    /// `optional(type, default)`, and null for `optional(type)`.
    fn optional_default(&self, kind: &Expression, scope: &Scope<'a, '_>, origin: &Origin) -> Eval {
        if let Expression::FuncCall(call) = kind
            && let (Some(kind), Some(default)) = (call.args.get(0), call.args.get(1))
        {
            let default = self.evaluate(default, scope)?;
            return self.convert(default, kind, scope);
        }
        Ok(Node::new(Value::Null, origin.clone()))
    }
}

fn take(node: &mut Node) -> Node {
    let origin = node.origin.clone();
    std::mem::replace(node, Node::new(Value::Null, origin))
}

fn as_string(mut value: Node) -> Eval {
    if let Value::Number(_) | Value::Bool(_) = value.value
        && let Text::Known(text) = text(&value)?
    {
        value.value = Value::String(text.into());
    }
    Ok(value)
}

/// Whether a given null counts as not given (`nullable = false`).
fn replaces_null(block: &Block) -> bool {
    block
        .body
        .attribute("nullable")
        .is_some_and(|nullable| match &nullable.expr {
            Expr::Native(expression) => expression.as_bool() == Some(false),
            Expr::Json(node) => node.value == Value::Bool(false),
        })
}
