//! Server-side apply.

use serde_json::{Map, Value};

use super::compare::{compare, fields_of};
use super::fields::FieldSet;
use super::managers::{Identity, Manager, Managers};
use super::shape::{Shape, Walk, field_step, key_step, value_step};

/// Fields that somebody else owns: who (as messages print it), and the path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ApplyConflict {
    pub(crate) manager: String,
    pub(crate) path: String,
}

/// Applies a configuration to an object and returns the new one, with its managed fields.
///
/// `live` is what there is, or an object with nothing but its identity. The configuration must not have
/// anything that the request cannot own, as the status.
///
/// # Errors
/// The conflicts, unless `force` is set.
pub(crate) fn apply(
    live: &Value,
    config: &Value,
    shape: &Shape,
    identity: Identity,
    force: bool,
    now: &str,
) -> Result<Value, Vec<ApplyConflict>> {
    let set = fields_of(config, shape);
    let mut managers = Managers::of(live);
    let at = managers.position(&identity);
    let entry = at.and_then(|at| managers.entries.get_mut(at));
    let last = entry.map(|entry| std::mem::take(&mut entry.fields));
    // The new set is in place before pruning, so that what is still applied stays.
    let at = match at {
        Some(at) => {
            if let Some(entry) = managers.entries.get_mut(at) {
                entry.fields = set;
                entry.identity.api_version = identity.api_version;
            }
            at
        }
        None => {
            managers.entries.push(Manager {
                identity,
                time: now.to_owned(),
                fields: set,
            });
            managers.entries.len() - 1
        }
    };
    let mut new = merged_root(live, config, shape);
    if let Some(last) = &last {
        let owned = managers.union();
        let mut gone = last.clone();
        gone.subtract(&owned);
        prune_root(&mut new, &gone, &owned, shape);
    }
    let difference = compare(live, &new, shape);
    let mut conflicts = Vec::new();
    for (index, entry) in managers.entries.iter_mut().enumerate() {
        if index != at {
            let clash = entry.fields.intersection(&difference.changed);
            if !clash.is_empty() {
                let manager = entry.identity.shown();
                let of = |path| ApplyConflict {
                    manager: manager.clone(),
                    path,
                };
                conflicts.extend(clash.paths().into_iter().map(of));
                entry.fields.subtract(&clash);
            }
        }
        entry.fields.subtract(&difference.removed);
    }
    if !force && !conflicts.is_empty() {
        return Err(conflicts);
    }
    let unchanged = difference.changed.is_empty() && difference.removed.is_empty();
    if let Some(entry) = managers.entries.get_mut(at)
        && (!unchanged || last.as_ref() != Some(&entry.fields))
    {
        entry.time = now.to_owned();
    }
    managers.write(&mut new);
    Ok(new)
}

fn merged_root(live: &Value, config: &Value, shape: &Shape) -> Value {
    let mut whole = live.clone();
    match (&mut whole, config) {
        (Value::Object(live), Value::Object(config)) => {
            merge_map(live, config, &|name| shape.root_field(name));
        }
        _ => whole = config.clone(),
    }
    whole
}

fn merge_map<'s>(
    live: &mut Map<String, Value>,
    config: &Map<String, Value>,
    shape: &dyn Fn(&str) -> &'s Shape,
) {
    for (name, value) in config {
        match live.get_mut(name) {
            Some(slot) => merge(slot, value, shape(name)),
            None => {
                live.insert(name.clone(), value.clone());
            }
        }
    }
}

fn merge(live: &mut Value, config: &Value, shape: &Shape) {
    match (shape.of(config), &mut *live, config) {
        (Walk::Map, Value::Object(live), Value::Object(config)) => {
            merge_map(live, config, &|name| shape.field(name));
        }
        (Walk::Set, Value::Array(live), Value::Array(config)) => {
            *live = merged_list(live, config, &value_step, &|_, new| new.clone());
        }
        (Walk::List(keys, item), Value::Array(live), Value::Array(config)) => {
            *live = merged_list(live, config, &|one| key_step(keys, one), &|old, new| {
                let mut element = old.clone();
                merge(&mut element, new, item);
                element
            });
        }
        _ => *live = config.clone(),
    }
}

/// Merges two lists whose elements are told apart by `step`: elements of the configuration come in its
/// order, those it does not know keep their place between them.
fn merged_list(
    live: &[Value],
    config: &[Value],
    step: &dyn Fn(&Value) -> String,
    merge: &dyn Fn(&Value, &Value) -> Value,
) -> Vec<Value> {
    let old: Vec<(String, &Value)> = live.iter().map(|one| (step(one), one)).collect();
    let new: Vec<(String, &Value)> = config.iter().map(|one| (step(one), one)).collect();
    let wanted: std::collections::HashSet<&str> =
        new.iter().map(|(step, _)| step.as_str()).collect();
    let before: std::collections::HashMap<&str, &Value> = old
        .iter()
        .map(|(step, value)| (step.as_str(), *value))
        .collect();
    let mut done = std::collections::HashSet::new();
    let mut list = Vec::with_capacity(old.len() + new.len());
    let (mut left, mut right) = (old.iter().peekable(), new.iter());
    // What only the live list has stays in front of whatever it stood in front of.
    let mut keep_unknown = |list: &mut Vec<Value>, until: Option<&str>| {
        while let Some((step, value)) = left.peek() {
            if Some(step.as_str()) == until {
                left.next();
                return;
            }
            if wanted.contains(step.as_str()) {
                if until.is_some() {
                    return;
                }
            } else {
                list.push((*value).clone());
            }
            left.next();
        }
    };
    for (step, value) in right.by_ref() {
        if !done.insert(step.as_str()) {
            continue;
        }
        keep_unknown(&mut list, Some(step));
        list.push(match before.get(step.as_str()) {
            Some(old) => merge(old, value),
            None => (*value).clone(),
        });
    }
    keep_unknown(&mut list, None);
    list
}

fn prune_root(object: &mut Value, gone: &FieldSet, owned: &FieldSet, shape: &Shape) {
    let Some(map) = object.as_object_mut() else {
        return;
    };
    prune_map(map, gone, Some(owned), &|name| shape.root_field(name));
}

/// Removes what the applier no longer sets and nobody else owns. A container that this empties goes too.
fn prune_map<'s>(
    map: &mut Map<String, Value>,
    gone: &FieldSet,
    owned: Option<&FieldSet>,
    shape: &dyn Fn(&str) -> &'s Shape,
) {
    let below_gone = |name: &str| gone.child(&field_step(name));
    let names: Vec<String> = map
        .keys()
        .filter(|name| below_gone(name).is_some())
        .cloned()
        .collect();
    for name in names {
        let step = field_step(&name);
        let (Some(below), Some(value)) = (gone.child(&step), map.get_mut(&name)) else {
            continue;
        };
        if prune(
            value,
            below,
            owned.and_then(|set| set.child(&step)),
            shape(&name),
        ) {
            map.shift_remove(&name);
        }
    }
}

/// Whether the value itself has to go.
fn prune(value: &mut Value, gone: &FieldSet, owned: Option<&FieldSet>, shape: &Shape) -> bool {
    if gone.member && owned.is_none() {
        return true;
    }
    let walk = shape.of(value);
    match (walk, value) {
        (Walk::Map, Value::Object(map)) => {
            let was_empty = map.is_empty();
            prune_map(map, gone, owned, &|name| shape.field(name));
            map.is_empty() && !was_empty && owned.is_none()
        }
        (Walk::Set, Value::Array(list)) => {
            list.retain(|one| gone.child(&value_step(one)).is_none());
            list.is_empty() && owned.is_none()
        }
        (Walk::List(keys, item), Value::Array(list)) => {
            list.retain_mut(|one| {
                let step = key_step(keys, one);
                let Some(below) = gone.child(&step) else {
                    return true;
                };
                let told_apart: Vec<(String, Value)> = keys
                    .iter()
                    .filter_map(|key| Some((key.name.clone(), one.get(&key.name)?.clone())))
                    .collect();
                if prune(one, below, owned.and_then(|set| set.child(&step)), item) {
                    return false;
                }
                // An element that stays keeps the members it is known by.
                if let Some(map) = one.as_object_mut() {
                    map.extend(told_apart);
                }
                true
            });
            list.is_empty() && owned.is_none()
        }
        _ => gone.member && owned.is_none(),
    }
}
