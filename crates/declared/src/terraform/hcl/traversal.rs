//! References: `var.x`, `aws_iam_role.node["a"].arn`, `module.m.output`, indexes and splats.

use std::path::{Component, Path, PathBuf};
use std::rc::Rc;

use hcl_edit::expr::{Expression, Traversal, TraversalOperator};
use hcl_edit::{Decorated, Span};
use rolecall_facts::{Origin, Why};

use super::evaluator::{Evaluator, Item};
use super::module::Callee;
use super::resource::Expansion;
use super::scope::{Instance, Key, Scope};
use super::value::{Eval, Fault, RESOURCE_TAG, Text, as_index, is_symbolic, open_here, text};
use crate::tree::{Node, Value};

/// Why a value of a block with an unknown `count` or `for_each` is unknown.
const OPEN_COUNT: &str = "a block of which it is not known how many it makes";

type Operators = [Decorated<TraversalOperator>];

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

    /// Applies operators to what a block with `count` or `for_each` makes. `one` gets an instance
    /// and the operators that are left; without operators it makes the whole instance a value.
    fn of_instances<T>(
        &self,
        instances: &Expansion<T>,
        operators: &Operators,
        scope: &Scope<'a, '_>,
        origin: &Origin,
        one: &dyn Fn(&T, Option<&Operators>) -> Eval,
    ) -> Eval {
        let first = operators.split_first();
        match instances {
            Expansion::One(only) => match first.map(|(operator, rest)| (operator.value(), rest)) {
                None => one(only, None),
                Some((TraversalOperator::AttrSplat(_) | TraversalOperator::FullSplat(_), rest)) => {
                    let item = one(only, Some(rest).filter(|rest| !rest.is_empty()))?;
                    Ok(Node::new(Value::List(vec![item]), origin.clone()))
                }
                Some(_) => one(only, Some(operators)),
            },
            Expansion::Open(template) => {
                // An instance is named, but it is open whether it is made.
                match first {
                    Some((operator, rest)) if is_index(operator) && !rest.is_empty() => {
                        let value = one(template, Some(rest))?;
                        Ok(match value.value {
                            Value::Unknown(_) => value,
                            _ => Node {
                                object: value.object,
                                ..self.unknown(OPEN_COUNT, origin)
                            },
                        })
                    }
                    _ => self.open_instances(template, one, origin),
                }
            }
            Expansion::Count(all) => match first.map(|(operator, rest)| (operator.value(), rest)) {
                Some((operator, rest)) if is_index(operator) => {
                    let Some(index) = self.index(operator, scope)? else {
                        return Ok(self.unknown("an index that is not known", origin));
                    };
                    let found = as_index(&index)?
                        .and_then(|index| usize::try_from(index).ok())
                        .and_then(|index| all.get(index));
                    let found = found.ok_or_else(|| Fault::new("an instance that is not made"))?;
                    one(found, Some(rest).filter(|rest| !rest.is_empty()))
                }
                Some((TraversalOperator::AttrSplat(_) | TraversalOperator::FullSplat(_), rest)) => {
                    let rest = Some(rest).filter(|rest| !rest.is_empty());
                    let items = all.iter().map(|item| one(item, rest));
                    Ok(Node::new(
                        Value::List(items.collect::<Eval<_>>()?),
                        origin.clone(),
                    ))
                }
                Some(_) => Err(Fault::new("an attribute of a list of instances")),
                None => {
                    let items = all.iter().map(|item| one(item, None));
                    Ok(Node::new(
                        Value::List(items.collect::<Eval<_>>()?),
                        origin.clone(),
                    ))
                }
            },
            Expansion::Each(all) => match first {
                Some((operator, rest)) if !is_splat(operator) => {
                    let Some(key) = self.index(operator, scope)? else {
                        return Ok(self.unknown("an instance key that is not known", origin));
                    };
                    let Text::Known(key) = text(&key)? else {
                        return Ok(open_here(&key, origin));
                    };
                    let found = all.iter().find(|(name, _)| **name == *key);
                    let (_, found) = found.ok_or_else(|| {
                        Fault::new(format!("the instance `{key}`, which is not made,"))
                    })?;
                    one(found, Some(rest).filter(|rest| !rest.is_empty()))
                }
                Some(_) => Err(Fault::new("a splat of instances that have keys")),
                None => {
                    let mut entries = Vec::new();
                    for (name, item) in all {
                        entries.push((Node::string(name, origin.clone()), one(item, None)?));
                    }
                    Ok(Node::new(Value::Map(entries), origin.clone()))
                }
            },
        }
    }

    fn open_instances<T>(
        &self,
        template: &T,
        one: &dyn Fn(&T, Option<&Operators>) -> Eval,
        origin: &Origin,
    ) -> Eval {
        let whole = one(template, None)?;
        let part = super::value::open_part(&whole);
        Ok(match part {
            Some(part) => open_here(part, origin),
            None => self.unknown(OPEN_COUNT, origin),
        })
    }

    /// Applies operators to a value.
    pub(super) fn select(
        &self,
        value: &Node,
        operators: &Operators,
        scope: &Scope<'a, '_>,
        origin: &Origin,
    ) -> Eval {
        let mut value = value;
        for (index, operator) in operators.iter().enumerate() {
            if let Value::Unknown(_) = value.value {
                return Ok(open_here(value, origin));
            }
            let rest = operators.get(index + 1..).unwrap_or_default();
            match operator.value() {
                TraversalOperator::AttrSplat(_) => {
                    let count = rest
                        .iter()
                        .take_while(|o| matches!(o.value(), TraversalOperator::GetAttr(_)))
                        .count();
                    let (inner, outer) = rest.split_at_checked(count).unwrap_or((rest, &[]));
                    let list = self.splat(value, inner, scope, origin)?;
                    return self.select(&list, outer, scope, origin);
                }
                TraversalOperator::FullSplat(_) => return self.splat(value, rest, scope, origin),
                _ => {}
            }
            let Some(key) = self.index(operator, scope)? else {
                return Ok(self.unknown("an index that is not known", origin));
            };
            match element(value, &key)? {
                Some(found) => value = found,
                None => return Ok(missing(value, &key, origin)),
            }
        }
        self.copy(value)
    }

    fn splat(
        &self,
        value: &Node,
        inner: &Operators,
        scope: &Scope<'a, '_>,
        origin: &Origin,
    ) -> Eval {
        let items = match &value.value {
            Value::Null => &[],
            Value::List(items) => items.as_slice(),
            Value::Unknown(_) => return Ok(open_here(value, origin)),
            _ => std::slice::from_ref(value),
        };
        let items = items
            .iter()
            .map(|item| self.select(item, inner, scope, origin));
        Ok(Node::new(
            Value::List(items.collect::<Eval<_>>()?),
            origin.clone(),
        ))
    }

    /// The key of an attribute or index operator; nothing where it is unknown.
    fn index(&self, operator: &TraversalOperator, scope: &Scope<'a, '_>) -> Eval<Option<Node>> {
        let key = match operator {
            TraversalOperator::GetAttr(name) => {
                Node::string(name.as_str(), scope.file.origin(name.span()))
            }
            TraversalOperator::LegacyIndex(index) => Node::new(
                Value::Number(index.value().to_string().into()),
                scope.file.origin(index.span()),
            ),
            TraversalOperator::Index(expression) => self.evaluate(expression, scope)?,
            TraversalOperator::AttrSplat(_) | TraversalOperator::FullSplat(_) => {
                return Err(Fault::new("a splat in place of an index"));
            }
        };
        Ok(Some(key).filter(|key| !key.is_unknown()))
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

fn is_splat(operator: &TraversalOperator) -> bool {
    matches!(
        operator,
        TraversalOperator::AttrSplat(_) | TraversalOperator::FullSplat(_)
    )
}

fn is_index(operator: &TraversalOperator) -> bool {
    matches!(
        operator,
        TraversalOperator::Index(_) | TraversalOperator::LegacyIndex(_)
    )
}

/// An element of a list or map; `None` where it is open whether there is one.
fn element<'n>(value: &'n Node, key: &Node) -> Eval<Option<&'n Node>> {
    match &value.value {
        Value::List(items) => {
            let Some(index) = as_index(key)? else {
                return Ok(None);
            };
            let found = usize::try_from(index)
                .ok()
                .and_then(|index| items.get(index));
            found
                .map(Some)
                .ok_or_else(|| Fault::new(format!("the element {index} of a shorter list")))
        }
        Value::Map(_) => {
            let Text::Known(name) = text(key)? else {
                return Ok(None);
            };
            if let Some((_, found)) = value.entry(&name) {
                return Ok(Some(found));
            }
            if value.tag.as_deref() == Some(RESOURCE_TAG) || is_symbolic(&name) {
                return Ok(None);
            }
            Err(Fault::new(format!(
                "the key `{name}`, which the map does not have,"
            )))
        }
        Value::Null => Err(Fault::new("an element of a null value")),
        _ => Err(Fault::new("an element of a value that has none")),
    }
}

fn missing(value: &Node, key: &Node, origin: &Origin) -> Node {
    let name = key.as_str().unwrap_or_default();
    let why = if value.tag.as_deref() == Some(RESOURCE_TAG) {
        Why::after_apply(format!("the attribute `{name}`"))
    } else {
        Why::not_evaluated(format!("the element `{name}`"))
    };
    Node::unknown(why, origin.clone())
}
