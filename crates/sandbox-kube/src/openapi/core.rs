//! Definitions of core kinds, made by `k8s-openapi` and annotated here.

use std::collections::BTreeMap;

use schemars::SchemaGenerator;
use schemars::generate::SchemaSettings;
use serde_json::{Value, json};

use super::annotations::annotate;
use super::kinds::{KINDS, Kind, make_meta};
use crate::schema::Structure;

/// Where references lead.
const PREFIX: &str = "#/components/schemas/";

/// Definitions by name.
pub(super) type Definitions = BTreeMap<String, Value>;

/// The name of the OpenAPI definition of a core kind, as `io.k8s.api.core.v1.Node`.
pub(crate) fn definition_name(group: &str, version: &str, kind: &str) -> Option<String> {
    find(group, version, kind).map(Kind::name)
}

fn find(group: &str, version: &str, kind: &str) -> Option<&'static Kind> {
    KINDS
        .iter()
        .find(|k| k.kind == kind && k.group == group && k.version == version)
}

/// The compiled schema of an OpenAPI definition; an unknown one keeps everything.
pub(crate) fn core_structure(name: &str) -> Structure {
    let kinds = KINDS.iter().filter(|k| k.name() == name);
    let definitions = definitions(kinds, false);
    let lookup = |target: &str| target.strip_prefix(PREFIX).and_then(|n| definitions.get(n));
    let compiled = lookup(&format!("{PREFIX}{name}"))
        .and_then(|definition| Structure::compile_core(definition, &lookup).ok());
    compiled.unwrap_or_else(Structure::anything)
}

/// The definitions that documents of this group and version hold.
pub(super) fn of_group_version(group: &str, version: &str) -> Definitions {
    let kinds = KINDS
        .iter()
        .filter(|k| k.group == group && k.version == version);
    let mut definitions = definitions(kinds, true);
    for kind in KINDS
        .iter()
        .filter(|k| k.group == group && k.version == version)
    {
        if let Some(definition) = definitions.get_mut(&kind.name()) {
            mark(definition, group, version, kind.kind);
        }
    }
    definitions
}

/// Says which kind a definition is for.
pub(super) fn mark(definition: &mut Value, group: &str, version: &str, kind: &str) {
    if let Some(fields) = definition.as_object_mut() {
        fields.insert(
            "x-kubernetes-group-version-kind".to_owned(),
            json!([{"group": group, "version": version, "kind": kind}]),
        );
    }
}

fn definitions<'a>(kinds: impl Iterator<Item = &'a Kind>, meta: bool) -> Definitions {
    let mut generator: SchemaGenerator = SchemaSettings::openapi3().into_generator();
    for kind in kinds {
        (kind.make)(&mut generator);
    }
    if meta {
        make_meta(&mut generator);
    }
    let made = generator.take_definitions(true).into_iter();
    made.map(|(name, mut definition)| {
        annotate(&name, &mut definition);
        (name, definition)
    })
    .collect()
}
