//! [`Shape`]: what server-side apply and strategic merge patch need to know of a schema, and no more.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use serde_json::Value;

/// How the parts of a value are merged and owned.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Shape {
    /// Nothing is known: objects are merged member by member, lists and scalars are replaced as a whole.
    #[default]
    Deduced,
    /// Replaced and owned as a whole (`x-kubernetes-list-type: atomic`, `x-kubernetes-map-type: atomic`,
    /// scalars). Objects under `x-kubernetes-preserve-unknown-fields` without properties are `Deduced`.
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

static DEDUCED: Shape = Shape::Deduced;

/// The shape of `metadata`, the same in every kind.
static METADATA: LazyLock<Shape> = LazyLock::new(|| {
    let owner = Shape::List {
        keys: vec![ListKey {
            name: "uid".into(),
            default: None,
        }],
        item: Arc::new(Shape::Atomic),
        merge_key: Some("uid".into()),
    };
    let fields = [
        ("finalizers", Shape::Set),
        ("ownerReferences", owner),
        ("managedFields", Shape::Atomic),
    ];
    Shape::Map {
        fields: fields
            .into_iter()
            .map(|(name, shape)| (name.to_owned(), Arc::new(shape)))
            .collect(),
        rest: None,
    }
});

impl Shape {
    /// The shape of a member.
    pub(super) fn field(&self, name: &str) -> &Self {
        match self {
            Self::Map { fields, rest } => fields
                .get(name)
                .or(rest.as_ref())
                .map_or(&DEDUCED, Arc::as_ref),
            _ => &DEDUCED,
        }
    }

    /// The shape of a member of the whole object.
    pub(super) fn root_field(&self, name: &str) -> &Self {
        if name == "metadata" {
            &METADATA
        } else {
            self.field(name)
        }
    }

    /// How a value of this shape is to be walked.
    pub(super) fn of<'a>(&'a self, value: &Value) -> Walk<'a> {
        match (self, value) {
            (Self::Map { .. } | Self::Deduced, Value::Object(_)) => Walk::Map,
            (Self::Set, Value::Array(_)) => Walk::Set,
            (Self::List { keys, item, .. }, Value::Array(_)) => Walk::List(keys, item),
            _ => Walk::Leaf,
        }
    }
}

/// How a value is walked.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Walk<'a> {
    Map,
    Set,
    List(&'a [ListKey], &'a Shape),
    Leaf,
}

/// `f:name`
pub(super) fn field_step(name: &str) -> String {
    let mut step = String::with_capacity(name.len() + 2);
    step.push_str("f:");
    step.push_str(name);
    step
}

/// `v:"x"`
pub(super) fn value_step(value: &Value) -> String {
    format!("v:{value}")
}

/// `k:{"name":"x"}`, the members sorted by name.
pub(super) fn key_step(keys: &[ListKey], element: &Value) -> String {
    let mut members: Vec<(&str, &Value)> = keys
        .iter()
        .filter_map(|key| {
            let value = element.get(&key.name).or(key.default.as_ref())?;
            Some((key.name.as_str(), value))
        })
        .collect();
    members.sort_by_key(|(name, _)| *name);
    let mut step = String::from("k:{");
    for (index, (name, value)) in members.into_iter().enumerate() {
        if index > 0 {
            step.push(',');
        }
        step.push_str(&Value::from(name).to_string());
        step.push(':');
        step.push_str(&value.to_string());
    }
    step.push('}');
    step
}
