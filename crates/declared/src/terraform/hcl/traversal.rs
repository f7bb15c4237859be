//! References: `var.x`, `aws_iam_role.node["a"].arn`, `module.m.output`, indexes and splats.

use std::path::{Component, Path, PathBuf};
use std::rc::Rc;

use hcl_edit::Decorated;
use hcl_edit::expr::{Expression, Traversal, TraversalOperator};
use rolecall_facts::{Origin, Why};

use super::evaluator::{Evaluator, Item};
use super::module::Callee;
use super::scope::{Instance, Key, Scope};
use super::value::{Eval, Fault, open_here};
use crate::tree::{Node, Value};

/// What follows a name: attributes, indexes and splats.
pub(super) type Operators = [Decorated<TraversalOperator>];

impl<'a> Evaluator<'a> {
    pub(super) fn traversal(
        &self,
        traversal: &Traversal,
        scope: &Scope<'a, '_>,
        origin: &Origin,
    ) -> Eval {
        let operators = traversal.operators.as_slice();
        let Expression::Variable(root) = &traversal.expr else {
            let value = self.evaluate(&traversal.expr, scope)?;
            return self.select(&value, operators, scope, origin);
        };
        let root = root.as_str();
        if let Some(value) = scope.bound(root) {
            return self.select(value, operators, scope, origin);
        }
        if scope.closed {
            return Err(Fault::new(format!("the name `{root}` in a template file")));
        }
        let (name, rest) = attribute(operators)?;
        match root {
            "var" => {
                let value = self.variable(scope.instance, name, origin)?;
                self.select(&value, rest, scope, origin)
            }
            "local" => {
                let value = self.local(scope.instance, name, origin)?;
                self.select(&value, rest, scope, origin)
            }
            "each" => self.each(name, rest, scope, origin),
            "count" => match scope.key {
                Key::Count(index) => {
                    let index = Value::Number(index.to_string().into());
                    Ok(Node::new(index, origin.clone()))
                }
                Key::Open(why) => Ok(open_here(why, origin)),
                _ => Err(Fault::new("`count.index` outside a block with `count`")),
            },
            "path" => Ok(Node::string(&self.path(name, scope), origin.clone())),
            "terraform" | "tofu" => {
                let why = Why::not_given(format!("`{root}.{name}`"));
                Ok(Node::unknown(why, origin.clone()))
            }
            "self" => Ok(self.unknown("`self`", origin)),
            "module" => self.module(name, rest, scope, origin),
            "data" => {
                let (second, rest) = attribute(rest)?;
                self.resource(&format!("data.{name}.{second}"), rest, scope, origin)
            }
            _ => self.resource(&format!("{root}.{name}"), rest, scope, origin),
        }
    }

    fn path(&self, name: &str, scope: &Scope<'a, '_>) -> String {
        let folder = &scope.instance.module.folder;
        match name {
            // Terraform names folders from the root on, and so do the paths of `file` here.
            "module" => relative(&self.folder, folder),
            _ => ".".to_owned(),
        }
    }

    fn each(&self, name: &str, rest: &Operators, scope: &Scope<'a, '_>, origin: &Origin) -> Eval {
        match (scope.key, name) {
            (Key::Each { key, .. }, "key") => Ok(Node::string(key, origin.clone())),
            (Key::Each { value, .. }, "value") => self.select(value, rest, scope, origin),
            (Key::Open(why), _) => Ok(open_here(why, origin)),
            _ => Err(Fault::new("`each` outside a block with `for_each`")),
        }
    }

    /// A local value of a module.
    pub(super) fn local(
        &self,
        instance: &Rc<Instance<'a>>,
        name: &str,
        origin: &Origin,
    ) -> Eval<Rc<Node>> {
        let Some((name, local)) = instance.module.locals.get_key_value(name) else {
            return Err(Fault::new(format!(
                "`local.{name}`, which is not declared,"
            )));
        };
        self.once(instance, Item::Local(name), origin, || {
            let scope = Scope {
                instance,
                key: &Key::None,
                bound: None,
                file: &local.file,
                closed: false,
            };
            self.attribute_value(local, &scope)
        })
    }

    fn module(&self, name: &str, rest: &Operators, scope: &Scope<'a, '_>, origin: &Origin) -> Eval {
        let Some((name, call)) = scope.instance.module.calls.get_key_value(name) else {
            return Err(Fault::new(format!(
                "`module.{name}`, which is not declared,"
            )));
        };
        if let Callee::Unreadable(why) = &call.callee {
            return Ok(Node::unknown(why.clone(), origin.clone()));
        }
        let instances = self.module_instances(scope.instance, name, call)?;
        self.of_instances(&instances, rest, scope, origin, &|child, rest| match rest {
            Some(rest) => {
                let (output, rest) = attribute(rest)?;
                let value = self.output(child, output, origin)?;
                self.select(&value, rest, scope, origin)
            }
            None => self.outputs(child, origin),
        })
    }

    fn output(&self, child: &Rc<Instance<'a>>, name: &str, origin: &Origin) -> Eval<Rc<Node>> {
        let Some((name, block)) = child.module.outputs.get_key_value(name) else {
            return Err(Fault::new(format!(
                "the output `{name}`, which is not declared,"
            )));
        };
        self.once(child, Item::Output(name), origin, || {
            let Some(value) = block.body.attribute("value") else {
                return Ok(Node::new(Value::Null, block.origin.clone()));
            };
            let scope = Scope {
                instance: child,
                key: &Key::None,
                bound: None,
                file: &value.file,
                closed: false,
            };
            self.attribute_value(value, &scope)
        })
    }

    /// A module as a value: all its outputs.
    fn outputs(&self, child: &Rc<Instance<'a>>, origin: &Origin) -> Eval {
        let mut entries = Vec::new();
        for name in child.module.outputs.keys() {
            let value = match self.output(child, name, origin) {
                Ok(value) => self.copy(&value)?,
                Err(fault) => fault.into_unknown(origin.clone()),
            };
            entries.push((Node::string(name, origin.clone()), value));
        }
        Ok(Node::new(Value::Map(entries), origin.clone()))
    }

    fn resource(
        &self,
        local: &str,
        rest: &Operators,
        scope: &Scope<'a, '_>,
        origin: &Origin,
    ) -> Eval {
        let instance = scope.instance;
        let Some((index, _)) = instance.module.resource(local) else {
            return Err(Fault::new(format!("`{local}`, which is not declared,")));
        };
        let keys = self.keys(instance, index)?;
        self.of_instances(&keys, rest, scope, origin, &|key, rest| match rest {
            Some(rest) => {
                let (name, rest) = attribute(rest)?;
                let value = self.attribute(instance, index, key, name, origin)?;
                self.select(&value, rest, scope, origin)
            }
            None => self.whole(instance, index, key, origin),
        })
    }
}

/// The way from one folder to another, where both are written from the same one.
fn relative(from: &Path, to: &Path) -> String {
    let mut from = from
        .components()
        .filter(|part| *part != Component::CurDir)
        .peekable();
    let mut to = to
        .components()
        .filter(|part| *part != Component::CurDir)
        .peekable();
    while from.peek().is_some() && from.peek() == to.peek() {
        from.next();
        to.next();
    }
    let up = from.map(|_| Component::ParentDir);
    let path: PathBuf = std::iter::once(Component::CurDir)
        .chain(up)
        .chain(to)
        .collect();
    path.to_string_lossy().into_owned()
}

/// The leading attribute name of the operators.
fn attribute(operators: &Operators) -> Eval<(&str, &Operators)> {
    match operators
        .split_first()
        .map(|(first, rest)| (first.value(), rest))
    {
        Some((TraversalOperator::GetAttr(name), rest)) => Ok((name.as_str(), rest)),
        _ => Err(Fault::new("a reference without a name")),
    }
}
