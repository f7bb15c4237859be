//! From a schema's JSON to a [`Structure`].

use super::cel::Rule;
use super::junctor::Junctor;
use super::pattern::Pattern;
use super::structure::{Additional, Bounds, Kind, ListType, Structure};
use serde_json::{Map, Value};

/// A schema that cannot be compiled.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("schema at `{place}`: {problem}")]
pub struct SchemaError {
    /// The place inside the schema, as `.spec.properties[role]`.
    pub place: String,
    /// What is wrong.
    pub problem: String,
}

/// Looks up the target of a `$ref`.
pub(crate) type Lookup<'a> = &'a dyn Fn(&str) -> Option<&'a Value>;

/// How deep schemas may nest. Deeper than serde_json parses, so that only references reach it.
const DEEPEST: usize = 160;

impl Structure {
    /// Compiles the schema of a custom resource.
    ///
    /// # Errors
    /// Where the JSON is not a schema: not an object, an unknown type, nested too deeply.
    pub fn compile(json: &Value) -> Result<Structure, SchemaError> {
        Structure::compile_with(json, &|_| None)
    }

    /// Compiles a schema whose `$ref`s `lookup` resolves. A reference back to a schema that is being
    /// compiled becomes [`Structure::anything`].
    pub(crate) fn compile_with(json: &Value, lookup: Lookup<'_>) -> Result<Structure, SchemaError> {
        Compiler {
            lookup,
            lenient: false,
            open: Vec::new(),
            depth: 0,
        }
        .schema(json, "")
    }

    /// Compiles the definition of a core kind. The server decodes those into its own types, which is more
    /// lenient than the published schema: nothing is required, an object without known fields is free, and
    /// a quantity may be any number.
    pub(crate) fn compile_core(json: &Value, lookup: Lookup<'_>) -> Result<Structure, SchemaError> {
        Compiler {
            lookup,
            lenient: true,
            open: Vec::new(),
            depth: 0,
        }
        .schema(json, "")
    }
}

struct Compiler<'a> {
    lookup: Lookup<'a>,
    lenient: bool,
    open: Vec<String>,
    depth: usize,
}

impl Compiler<'_> {
    fn schema(&mut self, json: &Value, place: &str) -> Result<Structure, SchemaError> {
        if let Value::Bool(true) = json {
            return Ok(Structure::anything());
        }
        let Value::Object(fields) = json else {
            return Err(fault(place, "must be an object"));
        };
        if let Some(target) = reference(fields) {
            return self.referenced(target, fields, place);
        }
        if self.depth >= DEEPEST {
            return Err(fault(place, "is nested too deeply"));
        }
        self.depth += 1;
        let schema = self.body(fields, place);
        self.depth -= 1;
        schema
    }

    fn referenced(
        &mut self,
        target: &str,
        fields: &Map<String, Value>,
        place: &str,
    ) -> Result<Structure, SchemaError> {
        if self.open.iter().any(|open| open == target) {
            return Ok(Structure::anything());
        }
        let Some(found) = (self.lookup)(target) else {
            return Err(fault(place, &format!("unknown reference `{target}`")));
        };
        self.open.push(target.to_owned());
        let schema = self.schema(found, place);
        self.open.pop();
        let mut schema = schema?;
        merge_extensions(&mut schema, fields);
        if schema.default.is_none() {
            schema.default = fields
                .get("default")
                .filter(|d| !is_empty_object(d))
                .cloned();
            schema.has_defaults |= schema.default.is_some();
        }
        Ok(schema)
    }

    fn body(&mut self, fields: &Map<String, Value>, place: &str) -> Result<Structure, SchemaError> {
        let mut schema = Structure::empty();
        schema.kind = kind(fields.get("type"), place)?;
        schema.nullable = flag(fields, "nullable");
        schema.int_or_string = flag(fields, "x-kubernetes-int-or-string")
            || text(fields, "format").is_some_and(|f| f == "int-or-string");
        if schema.int_or_string {
            schema.kind = Kind::Any;
        }
        schema.preserve_unknown = flag(fields, "x-kubernetes-preserve-unknown-fields");
        schema.embedded_resource = flag(fields, "x-kubernetes-embedded-resource");
        for (name, value) in object(fields, "properties") {
            let child = self.schema(value, &format!("{place}.properties[{name}]"))?;
            schema.properties.insert(name.clone(), child);
        }
        schema.additional = match fields.get("additionalProperties") {
            None | Some(Value::Bool(false) | Value::Null) => Additional::Unknown,
            Some(Value::Bool(true)) => Additional::Any,
            Some(each) => Additional::Each(Box::new(
                self.schema(each, &format!("{place}.additionalProperties"))?,
            )),
        };
        if let Some(items) = fields.get("items").filter(|i| !i.is_null()) {
            schema.items = Some(Box::new(self.schema(items, &format!("{place}.items"))?));
        }
        schema.required = strings(fields.get("required"));
        schema.default = fields.get("default").filter(|d| !d.is_null()).cloned();
        schema.enumeration = fields
            .get("enum")
            .and_then(Value::as_array)
            .cloned()
            .unwrap_or_default();
        schema.bounds = bounds(fields);
        schema.format = text(fields, "format").map(str::to_owned);
        schema.pattern = text(fields, "pattern").map(Pattern::new);
        merge_extensions(&mut schema, fields);
        self.junctors(&mut schema, fields, place)?;
        schema.rules = rules(fields, place)?;
        if self.lenient {
            loosen(&mut schema);
        }
        schema.has_rules = !schema.rules.is_empty() || schema.children().any(|c| c.has_rules);
        schema.has_defaults = schema.default.is_some() || schema.children().any(|c| c.has_defaults);
        Ok(schema)
    }

    fn junctors(
        &mut self,
        schema: &mut Structure,
        fields: &Map<String, Value>,
        place: &str,
    ) -> Result<(), SchemaError> {
        for (name, make) in [
            ("allOf", Junctor::AllOf as fn(Vec<Structure>) -> Junctor),
            ("anyOf", Junctor::AnyOf),
            ("oneOf", Junctor::OneOf),
        ] {
            let Some(Value::Array(members)) = fields.get(name) else {
                continue;
            };
            let members = members
                .iter()
                .enumerate()
                .map(|(i, m)| self.schema(m, &format!("{place}.{name}[{i}]")))
                .collect::<Result<Vec<_>, _>>()?;
            // `anyOf: [integer, string]` next to int-or-string is how generators spell the latter.
            if schema.int_or_string && name == "anyOf" {
                continue;
            }
            schema.junctors.push(make(members));
        }
        if let Some(not) = fields.get("not").filter(|n| !n.is_null()) {
            let not = self.schema(not, &format!("{place}.not"))?;
            schema.junctors.push(Junctor::Not(Box::new(not)));
        }
        Ok(())
    }
}

impl Structure {
    pub(crate) fn children(&self) -> impl Iterator<Item = &Structure> {
        let each = match &self.additional {
            Additional::Each(each) => Some(each.as_ref()),
            _ => None,
        };
        self.properties
            .values()
            .chain(each)
            .chain(self.items.as_deref())
    }
}

fn loosen(schema: &mut Structure) {
    schema.required.clear();
    schema.nullable = true;
    schema.int_or_string = false;
    let free = schema.properties.is_empty() && matches!(schema.additional, Additional::Unknown);
    if free && matches!(schema.kind, Kind::Object | Kind::Any) {
        schema.preserve_unknown = true;
    }
}

/// The target of `$ref`, given directly or as the only member of `allOf` (as Kubernetes publishes
/// references that carry a description).
fn reference(fields: &Map<String, Value>) -> Option<&str> {
    text(fields, "$ref").or_else(|| match fields.get("allOf") {
        Some(Value::Array(members)) if !fields.contains_key("type") => match members.as_slice() {
            [Value::Object(only)] => text(only, "$ref"),
            _ => None,
        },
        _ => None,
    })
}

fn merge_extensions(schema: &mut Structure, fields: &Map<String, Value>) {
    match text(fields, "x-kubernetes-list-type") {
        Some("set") => schema.list_type = ListType::Set,
        Some("map") => schema.list_type = ListType::Map,
        _ => {}
    }
    let keys = strings(fields.get("x-kubernetes-list-map-keys"));
    if !keys.is_empty() {
        schema.map_keys = keys;
    }
    schema.atomic_map |= text(fields, "x-kubernetes-map-type") == Some("atomic");
    if let Some(key) = text(fields, "x-kubernetes-patch-merge-key") {
        schema.merge_key = Some(key.to_owned());
    }
    if let Some(strategy) = text(fields, "x-kubernetes-patch-strategy") {
        schema.patch_strategy = strategy.split(',').map(str::to_owned).collect();
    }
}

fn kind(json: Option<&Value>, place: &str) -> Result<Kind, SchemaError> {
    let name = match json {
        None | Some(Value::Null) => return Ok(Kind::Any),
        Some(Value::String(name)) => name.as_str(),
        // schemars writes `["string", "null"]` for optional values.
        Some(Value::Array(names)) => {
            match names
                .iter()
                .filter_map(Value::as_str)
                .find(|n| *n != "null")
            {
                Some(name) => name,
                None => return Ok(Kind::Any),
            }
        }
        Some(_) => return Err(fault(place, "type must be a string")),
    };
    Ok(match name {
        "" => Kind::Any,
        "object" => Kind::Object,
        "array" => Kind::Array,
        "string" => Kind::String,
        "integer" => Kind::Integer,
        "number" => Kind::Number,
        "boolean" => Kind::Boolean,
        other => return Err(fault(place, &format!("unsupported type `{other}`"))),
    })
}

fn bounds(fields: &Map<String, Value>) -> Bounds {
    let number = |name: &str| fields.get(name).and_then(Value::as_f64);
    let count = |name: &str| fields.get(name).and_then(Value::as_u64);
    Bounds {
        minimum: number("minimum"),
        exclusive_minimum: flag(fields, "exclusiveMinimum"),
        maximum: number("maximum"),
        exclusive_maximum: flag(fields, "exclusiveMaximum"),
        multiple_of: number("multipleOf"),
        min_length: count("minLength"),
        max_length: count("maxLength"),
        min_items: count("minItems"),
        max_items: count("maxItems"),
        unique_items: flag(fields, "uniqueItems"),
        min_properties: count("minProperties"),
        max_properties: count("maxProperties"),
    }
}

fn rules(fields: &Map<String, Value>, place: &str) -> Result<Vec<Rule>, SchemaError> {
    let Some(Value::Array(rules)) = fields.get("x-kubernetes-validations") else {
        return Ok(Vec::new());
    };
    rules
        .iter()
        .enumerate()
        .map(|(i, rule)| {
            Rule::from_json(rule).map_err(|problem| {
                fault(&format!("{place}.x-kubernetes-validations[{i}]"), &problem)
            })
        })
        .collect()
}

fn fault(place: &str, problem: &str) -> SchemaError {
    SchemaError {
        place: place.to_owned(),
        problem: problem.to_owned(),
    }
}

fn flag(fields: &Map<String, Value>, name: &str) -> bool {
    fields.get(name).and_then(Value::as_bool).unwrap_or(false)
}

pub(crate) fn text<'a>(fields: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    fields.get(name).and_then(Value::as_str)
}

fn strings(json: Option<&Value>) -> Vec<String> {
    let entries = json.and_then(Value::as_array).into_iter().flatten();
    entries
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect()
}

fn object<'a>(
    fields: &'a Map<String, Value>,
    name: &str,
) -> impl Iterator<Item = (&'a String, &'a Value)> {
    fields
        .get(name)
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
}

fn is_empty_object(json: &Value) -> bool {
    json.as_object().is_some_and(Map::is_empty)
}
