//! [`Shape`]: what server-side apply and strategic merge patch need to know of a schema, and no more.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

/// How the parts of a value are merged and owned.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Shape {
    /// Nothing is known: objects are merged member by member, lists and scalars are replaced as a whole.
    #[default]
    Deduced,
    /// Replaced and owned as a whole (`x-kubernetes-list-type: atomic`, `x-kubernetes-map-type: atomic`,
    /// scalars, and objects under `x-kubernetes-preserve-unknown-fields` without properties are `Deduced`).
    Atomic,
    /// An object whose members are merged and owned one by one.
    Map {
        /// The members that are known by name.
        fields: BTreeMap<String, Arc<Shape>>,
        /// The shape of all other members (`additionalProperties`).
        rest: Option<Arc<Shape>>,
    },
    /// A list of scalars without duplicates (`x-kubernetes-list-type: set`).
    Set,
    /// A list of objects told apart by these members (`x-kubernetes-list-type: map`).
    List {
        /// The members, in the schema's order (`x-kubernetes-list-map-keys`).
        keys: Vec<ListKey>,
        /// The shape of an element.
        item: Arc<Shape>,
        /// The one member a strategic merge patch goes by (`x-kubernetes-patch-merge-key`); only core kinds
        /// have it.
        merge_key: Option<String>,
    },
}

/// A member that tells the elements of a list apart.
#[derive(Debug, Clone, PartialEq)]
pub struct ListKey {
    /// The member's name.
    pub name: String,
    /// What it is where it is left out.
    pub default: Option<Value>,
}
