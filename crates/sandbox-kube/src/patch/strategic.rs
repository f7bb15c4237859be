//! Strategic merge patch: a merge patch that knows by which member the elements of a list are told apart.

use serde_json::{Map, Value};

use super::shape::Shape;

/// Merges a strategic merge patch into a whole object.
///
/// # Errors
/// A text for 400 or 422: a directive that makes no sense, or an element without its merge key.
pub(crate) fn strategic_merge(
    document: &Value,
    patch: Value,
    shape: &Shape,
) -> Result<Value, String> {
    let Value::Object(patch) = patch else {
        return Err("cannot unmarshal the patch into a map".to_owned());
    };
    let mut map = document.as_object().cloned().unwrap_or_default();
    merge_map(&mut map, patch, &|name| shape.root_field(name))?;
    Ok(Value::Object(map))
}

fn merge_map<'s>(
    map: &mut Map<String, Value>,
    mut patch: Map<String, Value>,
    shape: &dyn Fn(&str) -> &'s Shape,
) -> Result<(), String> {
    match patch.shift_remove("$patch") {
        None => {}
        Some(Value::String(directive)) => match directive.as_str() {
            "replace" => {
                *map = cleaned(patch);
                return Ok(());
            }
            "delete" => {
                map.clear();
                return Ok(());
            }
            "merge" => {}
            other => return Err(format!("unknown patch type found: {other}")),
        },
        Some(_) => return Err("invalid value for $patch".to_owned()),
    }
    if let Some(kept) = patch.shift_remove("$retainKeys") {
        let kept = kept.as_array().cloned().unwrap_or_default();
        map.retain(|name, _| kept.iter().any(|one| one.as_str() == Some(name)));
    }
    let (directives, values): (Vec<_>, Vec<_>) = patch
        .into_iter()
        .partition(|(name, _)| name.starts_with('$'));
    for (name, value) in &directives {
        if let Some(list) = name.strip_prefix("$deleteFromPrimitiveList/") {
            let gone = value.as_array().cloned().unwrap_or_default();
            if let Some(Value::Array(list)) = map.get_mut(list) {
                list.retain(|one| !gone.contains(one));
            }
        }
    }
    for (name, value) in values {
        if value.is_null() {
            map.shift_remove(&name);
            continue;
        }
        let below = shape(&name);
        let old = map.get(&name).cloned().unwrap_or(Value::Null);
        let merged = merge_value(old, value, below)?;
        match map.get_mut(&name) {
            Some(slot) => *slot = merged,
            None => {
                map.insert(name, merged);
            }
        }
    }
    for (name, order) in &directives {
        if let Some(list) = name.strip_prefix("$setElementOrder/") {
            let shape = shape(list);
            let order = order.as_array().map(Vec::as_slice).unwrap_or_default();
            if let Some(Value::Array(list)) = map.get_mut(list) {
                reorder(list, order, shape);
            }
        }
    }
    Ok(())
}

fn merge_value(old: Value, patch: Value, shape: &Shape) -> Result<Value, String> {
    match (patch, shape) {
        (Value::Object(patch), _) => {
            let mut map = match old {
                Value::Object(map) => map,
                _ => Map::new(),
            };
            // A strategic merge patch goes into atomic objects as well: only lists have a strategy.
            merge_map(&mut map, patch, &|name| shape.field(name))?;
            Ok(Value::Object(map))
        }
        (
            Value::Array(patch),
            Shape::List {
                merge_key: Some(key),
                item,
                ..
            },
        ) => {
            let list = match old {
                Value::Array(list) => list,
                _ => Vec::new(),
            };
            merge_list(list, patch, key, item).map(Value::Array)
        }
        (Value::Array(patch), Shape::Set) => {
            let mut list = match old {
                Value::Array(list) => list,
                _ => Vec::new(),
            };
            for one in patch {
                if !list.contains(&one) {
                    list.push(one);
                }
            }
            Ok(Value::Array(list))
        }
        (other, _) => Ok(other),
    }
}

fn merge_list(
    mut list: Vec<Value>,
    patch: Vec<Value>,
    key: &str,
    item: &Shape,
) -> Result<Vec<Value>, String> {
    let directive = |one: &Value| one.get("$patch").and_then(Value::as_str).map(str::to_owned);
    if patch
        .iter()
        .any(|one| directive(one).as_deref() == Some("replace"))
    {
        let kept = patch.into_iter().filter(|one| directive(one).is_none());
        return Ok(kept.collect());
    }
    for one in patch {
        let Some(identity) = one.get(key).cloned() else {
            return Err(format!(
                "map: {} does not contain declared merge key: {key}",
                go_map(&one)
            ));
        };
        let at = list.iter().position(|old| old.get(key) == Some(&identity));
        if directive(&one).as_deref() == Some("delete") {
            list.retain(|old| old.get(key) != Some(&identity));
            continue;
        }
        match at.and_then(|at| list.get_mut(at)) {
            Some(slot) => {
                let old = std::mem::take(slot);
                *slot = merge_value(old, one, item)?;
            }
            None => list.push(merge_value(Value::Null, one, item)?),
        }
    }
    Ok(list)
}

/// Puts the elements that the order names into it; the others stay behind those they followed.
fn reorder(list: &mut Vec<Value>, order: &[Value], shape: &Shape) {
    let key = match shape {
        Shape::List {
            merge_key: Some(key),
            ..
        } => Some(key.as_str()),
        _ => None,
    };
    let identity = |one: &Value| match key {
        Some(key) => one.get(key).cloned().unwrap_or(Value::Null),
        None => one.clone(),
    };
    let wanted: Vec<Value> = order.iter().map(identity).collect();
    let old = std::mem::take(list);
    let place = |one: &Value| wanted.iter().position(|other| *other == identity(one));
    let mut placed: Vec<(usize, Value)> = Vec::with_capacity(old.len());
    let mut last = 0;
    for one in old {
        let at = match place(&one) {
            Some(at) => {
                last = at + 1;
                2 * at + 1
            }
            // An even number sorts right behind the element it followed.
            None => 2 * last,
        };
        placed.push((at, one));
    }
    placed.sort_by_key(|(at, _)| *at);
    list.extend(placed.into_iter().map(|(_, one)| one));
}

/// An added object without the directives in it.
fn cleaned(map: Map<String, Value>) -> Map<String, Value> {
    map.into_iter()
        .filter(|(name, value)| !name.starts_with('$') && !value.is_null())
        .collect()
}

/// A map as Go prints it.
fn go_map(value: &Value) -> String {
    let members = value.as_object().into_iter().flatten();
    let texts: Vec<String> = members
        .map(|(name, value)| match value {
            Value::String(text) => format!("{name}:{text}"),
            other => format!("{name}:{other}"),
        })
        .collect();
    format!("map[{}]", texts.join(" "))
}
