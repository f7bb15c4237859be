//! Attributes, indexes and splats of values.

use hcl_edit::Span;
use hcl_edit::expr::TraversalOperator;
use rolecall_facts::{Origin, Why};

use super::evaluator::Evaluator;
use super::scope::Scope;
use super::traversal::Operators;
use super::value::{Eval, Fault, RESOURCE_TAG, Text, as_index, is_symbolic, open_here, text};
use crate::tree::{Node, Value};

impl<'a> Evaluator<'a> {
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
    pub(super) fn index(
        &self,
        operator: &TraversalOperator,
        scope: &Scope<'a, '_>,
    ) -> Eval<Option<Node>> {
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
