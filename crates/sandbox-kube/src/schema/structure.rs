//! [`Structure`]: a schema compiled for use.

use super::junctor::Junctor;
use super::{Pattern, Rule};
use serde_json::Value;
use std::collections::BTreeMap;

/// The JSON type a schema demands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// No type given: anything goes.
    Any,
    /// A JSON object.
    Object,
    /// A JSON array.
    Array,
    /// A string.
    String,
    /// A whole number.
    Integer,
    /// Any number.
    Number,
    /// `true` or `false`.
    Boolean,
}

impl Kind {
    /// The name as written in a schema's `type`, empty for [`Kind::Any`].
    pub fn name(self) -> &'static str {
        match self {
            Kind::Any => "",
            Kind::Object => "object",
            Kind::Array => "array",
            Kind::String => "string",
            Kind::Integer => "integer",
            Kind::Number => "number",
            Kind::Boolean => "boolean",
        }
    }
}

/// How server-side apply merges a list (`x-kubernetes-list-type`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ListType {
    /// The list is one value: the last applier owns it whole. The default.
    #[default]
    Atomic,
    /// A set of scalars, each owned on its own.
    Set,
    /// Entries identified by their key fields.
    Map,
}

/// What a schema says of the object keys that `properties` does not name.
#[derive(Debug, Default)]
pub enum Additional {
    /// Nothing: such keys are unknown fields.
    #[default]
    Unknown,
    /// Any key with any value (`additionalProperties: true`).
    Any,
    /// Any key, with values of this schema.
    Each(Box<Structure>),
}

/// A compiled schema of one value.
#[derive(Debug)]
pub struct Structure {
    pub(crate) kind: Kind,
    pub(crate) int_or_string: bool,
    pub(crate) nullable: bool,
    pub(crate) preserve_unknown: bool,
    pub(crate) embedded_resource: bool,
    pub(crate) properties: BTreeMap<String, Structure>,
    pub(crate) additional: Additional,
    pub(crate) items: Option<Box<Structure>>,
    pub(crate) required: Vec<String>,
    pub(crate) default: Option<Value>,
    pub(crate) enumeration: Vec<Value>,
    pub(crate) bounds: Bounds,
    pub(crate) format: Option<String>,
    pub(crate) pattern: Option<Pattern>,
    pub(crate) junctors: Vec<Junctor>,
    pub(crate) list_type: ListType,
    pub(crate) map_keys: Vec<String>,
    pub(crate) atomic_map: bool,
    pub(crate) merge_key: Option<String>,
    pub(crate) patch_strategy: Vec<String>,
    pub(crate) rules: Vec<Rule>,
    /// Whether this schema or one below it has rules: most subtrees have none and are skipped.
    pub(crate) has_rules: bool,
    /// Whether this schema or one below it has defaults.
    pub(crate) has_defaults: bool,
}

/// The limits of size and value.
#[derive(Debug, Default)]
pub struct Bounds {
    pub(crate) minimum: Option<f64>,
    pub(crate) exclusive_minimum: bool,
    pub(crate) maximum: Option<f64>,
    pub(crate) exclusive_maximum: bool,
    pub(crate) multiple_of: Option<f64>,
    pub(crate) min_length: Option<u64>,
    pub(crate) max_length: Option<u64>,
    pub(crate) min_items: Option<u64>,
    pub(crate) max_items: Option<u64>,
    pub(crate) unique_items: bool,
    pub(crate) min_properties: Option<u64>,
    pub(crate) max_properties: Option<u64>,
}

impl Structure {
    /// The schema that knows nothing and keeps everything, as of a resource whose fields the
    /// sandbox does not model.
    pub fn anything() -> Structure {
        Structure {
            preserve_unknown: true,
            ..Structure::empty()
        }
    }

    /// The JSON type.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The schema of the field `name`, be it a named property or a key of a map.
    pub fn field(&self, name: &str) -> Option<&Structure> {
        self.properties.get(name).or(match &self.additional {
            Additional::Each(each) => Some(each),
            _ => None,
        })
    }

    /// The schema of a list's entries.
    pub fn items(&self) -> Option<&Structure> {
        self.items.as_deref()
    }

    /// The schema at a path of field names; `*` steps into list entries or map values.
    pub fn at(&self, path: &[&str]) -> Option<&Structure> {
        path.iter().try_fold(self, |schema, step| match *step {
            "*" => schema.items().or(match &schema.additional {
                Additional::Each(each) => Some(each),
                _ => None,
            }),
            name => schema.field(name),
        })
    }

    /// How server-side apply merges this list.
    pub fn list_type(&self) -> ListType {
        self.list_type
    }

    /// The fields that identify an entry of a list of type [`ListType::Map`].
    pub fn map_keys(&self) -> &[String] {
        &self.map_keys
    }

    /// Whether the object is owned as one value (`x-kubernetes-map-type: atomic`).
    pub fn is_atomic(&self) -> bool {
        self.atomic_map
    }

    /// The key of a strategic merge patch for this list (`x-kubernetes-patch-merge-key`).
    pub fn merge_key(&self) -> Option<&str> {
        self.merge_key.as_deref()
    }

    /// Whether a strategic merge patch merges this list or map rather than replacing it.
    pub fn merges(&self) -> bool {
        self.patch_strategy.iter().any(|s| s == "merge")
    }

    /// Whether a strategic merge patch keeps only the keys it names (`retainKeys`).
    pub fn retains_keys(&self) -> bool {
        self.patch_strategy.iter().any(|s| s == "retainKeys")
    }

    /// Whether unknown fields are kept (`x-kubernetes-preserve-unknown-fields`).
    pub fn preserves_unknown(&self) -> bool {
        self.preserve_unknown
    }

    /// Whether the value is an int or a string (`x-kubernetes-int-or-string`).
    pub fn is_int_or_string(&self) -> bool {
        self.int_or_string
    }

    pub(crate) fn empty() -> Structure {
        Structure {
            kind: Kind::Any,
            int_or_string: false,
            nullable: false,
            preserve_unknown: false,
            embedded_resource: false,
            properties: BTreeMap::new(),
            additional: Additional::Unknown,
            items: None,
            required: Vec::new(),
            default: None,
            enumeration: Vec::new(),
            bounds: Bounds::default(),
            format: None,
            pattern: None,
            junctors: Vec::new(),
            list_type: ListType::Atomic,
            map_keys: Vec::new(),
            atomic_map: false,
            merge_key: None,
            patch_strategy: Vec::new(),
            rules: Vec::new(),
            has_rules: false,
            has_defaults: false,
        }
    }
}
