//! Server-side printing: objects as a `meta.k8s.io/v1` `Table`, with the columns that kubectl users know
//! (Kubernetes, `pkg/printers/internalversion`), or those of a definition's `additionalPrinterColumns`.

mod age;
mod columns;
mod json_path;
mod nodes;
mod workloads;

pub use self::age::human_duration;
pub use self::json_path::JsonPath;

use std::sync::Arc;

use serde_json::{Map, Value, json};

use self::columns::Printed;
use crate::resource::{Column, Resource};

/// What of the object a row carries (`includeObject`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Include {
    /// The metadata only (what kubectl gets by default).
    #[default]
    Metadata,
    /// The whole object.
    Object,
    /// Nothing.
    None,
}

/// The table of these objects. `metadata` is the list's (`resourceVersion`, `continue` …), `version` is
/// `v1` or `v1beta1`; a watch sends `columnDefinitions` with its first event only (`headers`).
pub fn render(
    resource: &Resource,
    objects: &[Arc<Value>],
    metadata: Map<String, Value>,
    version: &str,
    include: Include,
    headers: bool,
    now: jiff::Timestamp,
) -> Value {
    let printer = Printer::new(resource);
    let api_version = format!("meta.k8s.io/{version}");
    let rows: Vec<Value> = objects
        .iter()
        .map(|object| {
            let mut row = json!({"cells": printer.cells(object, now)});
            let carried = match include {
                Include::Object => Some(object.as_ref().clone()),
                Include::Metadata => Some(json!({
                    "kind": "PartialObjectMetadata", "apiVersion": api_version,
                    "metadata": object.get("metadata").cloned().unwrap_or_default(),
                })),
                Include::None => None,
            };
            if let (Some(carried), Some(row)) = (carried, row.as_object_mut()) {
                row.insert("object".to_owned(), carried);
            }
            row
        })
        .collect();
    let definitions = if headers {
        printer.definitions()
    } else {
        Value::Null
    };
    json!({
        "kind": "Table", "apiVersion": api_version, "metadata": metadata,
        "columnDefinitions": definitions, "rows": rows,
    })
}

/// How one kind is printed.
enum Printer<'a> {
    /// A core kind, by code.
    Core(&'static [Printed]),
    /// A custom resource, by its columns.
    Custom(Vec<(&'a Column, Option<JsonPath>)>),
}

impl<'a> Printer<'a> {
    fn new(resource: &'a Resource) -> Self {
        if resource.crd.is_none() {
            return Printer::Core(columns::of(&resource.group, &resource.kind));
        }
        let columns = resource.columns.iter();
        Printer::Custom(
            columns
                .map(|column| (column, JsonPath::parse(&column.json_path)))
                .collect(),
        )
    }

    fn definitions(&self) -> Value {
        match self {
            Printer::Core(columns) => columns.iter().map(Printed::definition).collect(),
            Printer::Custom(columns) => {
                let name = std::iter::once(columns::NAME.definition());
                let rest = columns.iter().map(|(column, _)| {
                    json!({
                        "name": column.name, "type": column.kind, "format": column.format,
                        "description": column.description, "priority": column.priority,
                    })
                });
                name.chain(rest).collect()
            }
        }
    }

    fn cells(&self, object: &Value, now: jiff::Timestamp) -> Vec<Value> {
        match self {
            Printer::Core(columns) => columns.iter().map(|c| (c.cell)(object, now)).collect(),
            Printer::Custom(columns) => {
                let name = std::iter::once((columns::NAME.cell)(object, now));
                let rest = columns
                    .iter()
                    .map(|(column, path)| custom_cell(column, path.as_ref(), object, now));
                name.chain(rest).collect()
            }
        }
    }
}

/// The cell of an `additionalPrinterColumns` entry: the first thing its path finds, as its type.
fn custom_cell(
    column: &Column,
    path: Option<&JsonPath>,
    object: &Value,
    now: jiff::Timestamp,
) -> Value {
    let Some(found) = path.and_then(|p| p.find(object).into_iter().next()) else {
        return Value::Null;
    };
    match column.kind.as_str() {
        "date" => match found.as_str() {
            Some(time) => Value::from(age::since(Some(time), now)),
            None => Value::Null,
        },
        "integer" => match found.as_i64() {
            Some(n) => Value::from(n),
            #[expect(clippy::cast_possible_truncation, reason = "Kubernetes truncates too")]
            None => found
                .as_f64()
                .map_or(Value::Null, |f| Value::from(f as i64)),
        },
        "number" => found.as_f64().map_or(Value::Null, Value::from),
        "boolean" => found.as_bool().map_or(Value::Null, Value::from),
        _ => match found {
            Value::String(text) => Value::from(text.as_str()),
            Value::Null => Value::from("<nil>"),
            other => Value::from(other.to_string()),
        },
    }
}
