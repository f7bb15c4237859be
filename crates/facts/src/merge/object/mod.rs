//! Joining two objects field by field. Each takes both objects apart whole, so that a new field
//! cannot be forgotten.

mod cluster;
mod iam;
mod kubernetes;
mod observed;

use std::collections::HashMap;

use super::conflict::Conflicts;
use crate::{Completeness, Condition, Fact, NamedDocument, ObjectId, Origin, Reference, Tag};

/// An object that two sources may both know.
pub(super) trait Join: Sized {
    /// The declared object, where its kind has ids.
    fn id(&self) -> Option<&ObjectId>;
    /// Where it was learnt.
    fn origin(&self) -> Option<&Origin>;
    /// What to call it in a conflict.
    fn title(&self) -> String;
    /// Adds what the other source knows.
    fn join(&mut self, other: Self, conflicts: &mut Conflicts<'_>);
}

fn name_of(fact: &Fact<String>) -> &str {
    fact.value().map_or("of unknown name", String::as_str)
}

fn shown<T: std::fmt::Display>(reference: &Reference<T>) -> String {
    match (reference.value.value(), &reference.object) {
        (Some(value), _) => value.to_string(),
        (None, Some(object)) => object.to_string(),
        (None, None) => "unknown".to_owned(),
    }
}

fn set<T>(kept: &mut Option<T>, other: Option<T>) {
    if kept.is_none() {
        *kept = other;
    }
}

fn complete(kept: &mut Completeness, other: Completeness) {
    if !kept.is_complete() && other.is_complete() {
        *kept = other;
    }
}

/// Adds the items that only the other has, and joins those of one key.
fn items<T, K: std::hash::Hash + Eq>(
    kept: &mut Vec<T>,
    other: Vec<T>,
    key: impl Fn(&T) -> Option<K>,
    mut join: impl FnMut(&mut T, T),
) where
    T: PartialEq,
{
    if other.is_empty() || *kept == other {
        return;
    }
    let ours = kept.len();
    let mut by_key: HashMap<K, usize> = HashMap::new();
    for (index, item) in kept.iter().enumerate() {
        if let Some(key) = key(item) {
            by_key.entry(key).or_insert(index);
        }
    }
    for item in other {
        if let Some(key) = key(&item) {
            match by_key.get(&key).and_then(|&index| kept.get_mut(index)) {
                Some(partner) => join(partner, item),
                None => kept.push(item),
            }
        } else if !kept.iter().take(ours).any(|kept| *kept == item) {
            kept.push(item);
        }
    }
}

fn documents(kept: &mut Vec<NamedDocument>, other: Vec<NamedDocument>, to: &mut Conflicts<'_>) {
    items(
        kept,
        other,
        |policy| Some(policy.name.clone()),
        |kept, other| {
            let field = format!("policy {}", kept.name);
            to.fact(&field, &mut kept.document, other.document);
        },
    );
}

fn conditions(kept: &mut Vec<Condition>, other: Vec<Condition>, to: &mut Conflicts<'_>) {
    items(
        kept,
        other,
        |condition| Some(condition.kind.clone()),
        |kept, other| {
            let field = format!("condition {}", kept.kind);
            let mut status = kept.status.clone();
            to.plain(&field, &mut status, other.status);
        },
    );
}

fn tags(kept: &mut Vec<Tag>, other: Vec<Tag>, to: &mut Conflicts<'_>) {
    items(
        kept,
        other,
        |tag| Some(tag.key.clone()),
        |kept, other| {
            let field = format!("tag {}", kept.key);
            to.fact(&field, &mut kept.value, other.value);
        },
    );
}
