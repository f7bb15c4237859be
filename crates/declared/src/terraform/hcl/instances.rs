//! References into what a block with `count` or `for_each` makes.

use hcl_edit::expr::TraversalOperator;
use rolecall_facts::Origin;

use super::evaluator::Evaluator;
use super::resource::Expansion;
use super::scope::Scope;
use super::traversal::Operators;
use super::value::{Eval, Fault, Text, as_index, open_here, text};
use crate::tree::{Node, Value};

/// Why a value of a block with an unknown `count` or `for_each` is unknown.
const OPEN_COUNT: &str = "a block of which it is not known how many it makes";

impl<'a> Evaluator<'a> {
    /// Applies operators to what a block with `count` or `for_each` makes. `one` gets an instance
    /// and the operators that are left; without operators it makes the whole instance a value.
    pub(super) fn of_instances<T>(
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
                    let place = all.binary_search_by(|(name, _)| (**name).cmp(&*key));
                    let found = place.ok().and_then(|place| all.get(place));
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
