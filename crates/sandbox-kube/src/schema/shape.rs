//! From a [`Structure`] to the [`Shape`] that patches go by.

use super::structure::{Additional, Kind, ListType, Structure};
use crate::patch::{ListKey, Shape};
use std::sync::Arc;

impl Structure {
    /// How values of this schema are merged and owned.
    pub fn shape(&self) -> Shape {
        if self.int_or_string {
            return Shape::Atomic;
        }
        match self.kind {
            Kind::Array => self.list_shape(),
            Kind::Object => self.object_shape(),
            Kind::Any if self.properties.is_empty() => Shape::Deduced,
            Kind::Any => self.object_shape(),
            _ => Shape::Atomic,
        }
    }

    fn object_shape(&self) -> Shape {
        if self.atomic_map {
            return Shape::Atomic;
        }
        let rest = match &self.additional {
            Additional::Each(each) => Some(Arc::new(each.shape())),
            Additional::Any => Some(Arc::new(Shape::Deduced)),
            Additional::Unknown if self.preserve_unknown => Some(Arc::new(Shape::Deduced)),
            Additional::Unknown => None,
        };
        if self.properties.is_empty() && rest.is_none() {
            return Shape::Deduced;
        }
        let fields = self.properties.iter();
        Shape::Map {
            fields: fields
                .map(|(name, field)| (name.clone(), Arc::new(field.shape())))
                .collect(),
            rest,
        }
    }

    fn list_shape(&self) -> Shape {
        match (self.list_type, &self.merge_key) {
            (ListType::Atomic, None) => Shape::Atomic,
            (ListType::Set, _) => Shape::Set,
            (ListType::Map, _) | (ListType::Atomic, Some(_)) => {
                let item = self.items();
                let default = |name: &str| {
                    let field = item.and_then(|i| i.field(name));
                    field.and_then(|f| f.default.clone())
                };
                // A few lists are merged by patches alone; owning their entries one by one does no harm.
                let keys = if self.map_keys.is_empty() {
                    self.merge_key.as_slice()
                } else {
                    &self.map_keys
                };
                let keys = keys.iter().map(|name| ListKey {
                    name: name.clone(),
                    default: default(name),
                });
                Shape::List {
                    keys: keys.collect(),
                    item: Arc::new(item.map(Structure::shape).unwrap_or_default()),
                    merge_key: self.merge_key.clone(),
                }
            }
        }
    }
}
