//! Structural schemas: what the objects of a kind may look like.
//!
//! A [`Schema`] is shared by all servers of the process and compiled when first used. It answers
//! everything the server asks of a type: which fields are unknown ([`Schema::prune`]), which defaults
//! to fill in ([`Schema::apply_defaults`]), what is wrong ([`Schema::validate`]), and how lists and
//! maps are merged ([`Schema::shape`]).
//!
//! ```text
//! JSON ──compile──▶ Structure ──┬─ prune      unknown fields
//!                               ├─ default    defaults
//!                               ├─ validate   types, ranges, enums … and then
//!                               ├─ cel        x-kubernetes-validations
//!                               └─ shape      merge keys and list types
//! ```
//! Regular expressions and CEL programs are compiled one by one when first needed, so that a server
//! which never sees a `NodePool` does not pay for its rules.

mod cel;
mod compile;
mod default;
mod fault;
mod format;
mod junctor;
mod path;
mod pattern;
mod prune;
mod shape;
mod structure;
mod validate;

pub use self::cel::Rule;
pub use self::compile::SchemaError;
pub use self::pattern::Pattern;
pub use self::structure::{Additional, Bounds, Kind, ListType, Structure};

use crate::patch::Shape;
use crate::status::Cause;
use serde_json::Value;
use std::sync::{Arc, OnceLock};

/// What the objects of one kind may look like.
#[derive(Debug, Default)]
pub struct Schema {
    source: Source,
    json: Option<Value>,
    structure: OnceLock<Structure>,
    shape: OnceLock<Arc<Shape>>,
}

/// Where the structure comes from.
#[derive(Debug, Default)]
enum Source {
    /// Nothing is known, everything is kept.
    #[default]
    Anything,
    /// The schema of a custom resource, already compiled.
    Compiled,
    /// A kind of Kubernetes itself, from the published OpenAPI definitions.
    Core(String),
}

impl Schema {
    /// The schema of a core kind; one of an unknown kind keeps everything.
    pub fn core(group: &str, version: &str, kind: &str) -> Arc<Self> {
        let source = match crate::openapi::definition_name(group, version, kind) {
            Some(name) => Source::Core(name),
            None => Source::Anything,
        };
        Arc::new(Self {
            source,
            ..Self::default()
        })
    }

    /// The schema of a custom resource, from a version's `openAPIV3Schema`.
    ///
    /// # Errors
    /// Where the JSON is no schema: an unknown type, nested too deeply.
    pub fn compile(json: &Value) -> Result<Arc<Self>, SchemaError> {
        let structure = Structure::compile(json)?;
        Ok(Arc::new(Self {
            source: Source::Compiled,
            json: Some(json.clone()),
            structure: OnceLock::from(structure),
            shape: OnceLock::new(),
        }))
    }

    /// The schema that knows nothing and keeps everything.
    pub fn anything() -> Arc<Self> {
        Arc::new(Self::default())
    }

    /// The schema as its definition gives it, with descriptions; nothing for a core kind.
    pub fn json(&self) -> Option<&Value> {
        self.json.as_ref()
    }

    /// A number that changes with the schema.
    pub(crate) fn fingerprint(&self) -> u64 {
        let text = self.json.as_ref().map(Value::to_string);
        text.map_or(0, |text| crate::discovery::digest(text.as_bytes()))
    }

    /// The compiled schema.
    pub fn structure(&self) -> &Structure {
        self.structure.get_or_init(|| match &self.source {
            Source::Core(name) => crate::openapi::core_structure(name),
            Source::Anything | Source::Compiled => Structure::anything(),
        })
    }

    /// How the objects are merged and owned, for strategic merge patch and server-side apply.
    pub fn shape(&self) -> &Arc<Shape> {
        self.shape
            .get_or_init(|| Arc::new(self.structure().shape()))
    }

    /// Removes fields the schema does not know; returns their paths, as in `spec.foo`
    /// (for `fieldValidation=Strict` and `Warn`), sorted.
    pub fn prune(&self, object: &mut Value) -> Vec<String> {
        match self.source {
            Source::Anything => Vec::new(),
            _ => self.structure().prune(object),
        }
    }

    /// Fills in defaults.
    pub fn apply_defaults(&self, object: &mut Value) {
        self.structure().fill_defaults(object);
    }

    /// What is wrong with an object; with the one it replaces, transition rules are checked too.
    pub fn validate(&self, object: &Value, old: Option<&Value>) -> Vec<Cause> {
        self.structure().validate(object, old)
    }
}
