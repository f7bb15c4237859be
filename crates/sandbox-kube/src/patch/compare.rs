//! What differs between two states of an object, as sets of fields.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::fields::{FieldSet, printed};
use super::shape::{Shape, Walk, field_step, key_step, value_step};

/// The difference between two objects.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Difference {
    /// What was added or has another value.
    pub(super) changed: FieldSet,
    /// What is gone.
    pub(super) removed: FieldSet,
}

/// Compares two whole objects, apart from what nobody can own.
pub(super) fn compare(old: &Value, new: &Value, shape: &Shape) -> Difference {
    let mut difference = Difference::default();
    let empty = Map::new();
    let (old, new) = (
        old.as_object().unwrap_or(&empty),
        new.as_object().unwrap_or(&empty),
    );
    members(old, new, &|name| shape.root_field(name), &mut difference);
    strip(&mut difference.changed);
    strip(&mut difference.removed);
    difference
}

/// The fields that an applied object sets.
pub(super) fn fields_of(config: &Value, shape: &Shape) -> FieldSet {
    let mut set = FieldSet::default();
    for (name, value) in config.as_object().into_iter().flatten() {
        set.put(field_step(name), set_by(value, shape.root_field(name)));
    }
    strip(&mut set);
    set
}

/// What an applied object says twice: the path of a list, and the key that two of its elements have.
pub(crate) fn duplicate(config: &Value, shape: &Shape) -> Option<String> {
    let members = config.as_object()?;
    members
        .iter()
        .find_map(|(name, value)| duplicate_in(value, shape.root_field(name), &format!(".{name}")))
}

fn duplicate_in(value: &Value, shape: &Shape, path: &str) -> Option<String> {
    let twice = |list: &[Value], step: &dyn Fn(&Value) -> String| {
        let mut seen = std::collections::HashSet::new();
        let again = list
            .iter()
            .map(step)
            .find(|step| !seen.insert(step.clone()))?;
        Some(format!(
            "{path}: duplicate entries for key {}",
            printed(&again)
        ))
    };
    match (shape.of(value), value) {
        (Walk::Map, Value::Object(map)) => map.iter().find_map(|(name, value)| {
            // Most values are scalars, for which no path has to be built.
            if !value.is_object() && !value.is_array() {
                return None;
            }
            duplicate_in(value, shape.field(name), &format!("{path}.{name}"))
        }),
        (Walk::Set, Value::Array(list)) => twice(list, &value_step),
        (Walk::List(keys, item), Value::Array(list)) => {
            let step = |one: &Value| key_step(keys, one);
            twice(list, &step).or_else(|| {
                list.iter().find_map(|one| {
                    duplicate_in(one, item, &format!("{path}{}", printed(&step(one))))
                })
            })
        }
        _ => None,
    }
}

/// Takes away what identifies an object or is the server's business.
fn strip(set: &mut FieldSet) {
    set.children.remove("f:apiVersion");
    set.children.remove("f:kind");
    let Some(metadata) = set.children.get_mut("f:metadata") else {
        return;
    };
    metadata.member = false;
    for name in [
        "f:name",
        "f:namespace",
        "f:creationTimestamp",
        "f:selfLink",
        "f:uid",
        "f:clusterName",
        "f:generation",
        "f:managedFields",
        "f:resourceVersion",
        "f:deletionTimestamp",
        "f:deletionGracePeriodSeconds",
    ] {
        metadata.children.remove(name);
    }
    if metadata.is_empty() {
        set.children.remove("f:metadata");
    }
}

fn set_by(value: &Value, shape: &Shape) -> FieldSet {
    let mut set = FieldSet::default();
    match (shape.of(value), value) {
        (Walk::Map, Value::Object(map)) => {
            for (name, below) in map {
                set.put(field_step(name), set_by(below, shape.field(name)));
            }
        }
        (Walk::Set, Value::Array(list)) => {
            for one in list {
                set.put(value_step(one), FieldSet::leaf());
            }
        }
        (Walk::List(keys, item), Value::Array(list)) => {
            for one in list {
                let mut below = match one {
                    Value::Object(map) if map.is_empty() => FieldSet::leaf(),
                    _ => set_by(one, item),
                };
                below.member = true;
                set.put(key_step(keys, one), below);
            }
        }
        _ => return FieldSet::leaf(),
    }
    if set.is_empty() {
        FieldSet::leaf()
    } else {
        set
    }
}

/// Everything in a value, containers included: what appears or disappears with it.
fn all_of(value: &Value, shape: &Shape) -> FieldSet {
    let mut set = FieldSet::leaf();
    match (shape.of(value), value) {
        (Walk::Map, Value::Object(map)) => {
            for (name, below) in map {
                set.put(field_step(name), all_of(below, shape.field(name)));
            }
        }
        (Walk::Set, Value::Array(list)) => {
            for one in list {
                set.put(value_step(one), FieldSet::leaf());
            }
        }
        (Walk::List(keys, item), Value::Array(list)) => {
            for one in list {
                set.put(key_step(keys, one), all_of(one, item));
            }
        }
        _ => {}
    }
    set
}

fn members<'s>(
    old: &Map<String, Value>,
    new: &Map<String, Value>,
    shape: &dyn Fn(&str) -> &'s Shape,
    difference: &mut Difference,
) {
    for (name, value) in new {
        let shape = shape(name);
        match old.get(name) {
            None => difference
                .changed
                .put(field_step(name), all_of(value, shape)),
            Some(before) => nest(difference, before, value, shape, || field_step(name)),
        }
    }
    for (name, value) in old {
        if !new.contains_key(name) {
            difference
                .removed
                .put(field_step(name), all_of(value, shape(name)));
        }
    }
}

/// Compares two values below a step.
fn nest(
    difference: &mut Difference,
    old: &Value,
    new: &Value,
    shape: &Shape,
    step: impl Fn() -> String,
) {
    // Most of an object stays as it is; equality is far cheaper than building sets.
    if old == new {
        return;
    }
    let mut below = Difference::default();
    values(old, new, shape, &mut below);
    if !below.changed.is_empty() {
        difference.changed.put(step(), below.changed);
    }
    if !below.removed.is_empty() {
        difference.removed.put(step(), below.removed);
    }
}

fn values(old: &Value, new: &Value, shape: &Shape, difference: &mut Difference) {
    match (shape.of(new), old, new) {
        (Walk::Map, Value::Object(old), Value::Object(new)) => {
            members(old, new, &|name| shape.field(name), difference);
        }
        (Walk::Set, Value::Array(old), Value::Array(new)) => {
            for one in new.iter().filter(|one| !old.contains(one)) {
                difference.changed.put(value_step(one), FieldSet::leaf());
            }
            for one in old.iter().filter(|one| !new.contains(one)) {
                difference.removed.put(value_step(one), FieldSet::leaf());
            }
        }
        (Walk::List(keys, item), Value::Array(old), Value::Array(new)) => {
            let by_key = |list: &'_ [Value]| -> BTreeMap<String, usize> {
                list.iter()
                    .enumerate()
                    .map(|(at, one)| (key_step(keys, one), at))
                    .collect()
            };
            let (before, after) = (by_key(old), by_key(new));
            for (step, at) in &after {
                let Some(value) = new.get(*at) else { continue };
                match before.get(step).and_then(|at| old.get(*at)) {
                    None => difference.changed.put(step.clone(), all_of(value, item)),
                    Some(was) => nest(difference, was, value, item, || step.clone()),
                }
            }
            for (step, at) in &before {
                if let (false, Some(value)) = (after.contains_key(step), old.get(*at)) {
                    difference.removed.put(step.clone(), all_of(value, item));
                }
            }
        }
        (walk, ..) => {
            // Another kind of value in the same place, or a leaf.
            difference.changed.member = true;
            if walk != Walk::Leaf {
                difference.changed.add(&all_of(new, shape));
            }
            let mut gone = all_of(old, shape);
            gone.member = false;
            difference.removed.add(&gone);
        }
    }
}
