//! JSON values as CEL sees them: property names escaped, numbers of type `number` as doubles.

use std::borrow::Cow;
use std::collections::HashMap;

use cel::common::types::{
    CelBool, CelDouble, CelInt, CelList, CelMap, CelMapKey, CelNull, CelString,
};
use cel::common::value::Val;
use serde_json::Value;

use crate::schema::structure::{Kind, Structure};

/// The value, borrowed, as the schema types it.
pub(super) fn to_cel<'v>(schema: Option<&Structure>, value: &'v Value) -> Box<dyn Val + 'v> {
    match value {
        Value::Null => Box::new(CelNull),
        Value::Bool(b) => Box::new(CelBool::from(*b)),
        Value::Number(n) => match n.as_i64() {
            Some(whole) if schema.is_none_or(|s| s.kind != Kind::Number) => {
                Box::new(CelInt::from(whole))
            }
            _ => Box::new(CelDouble::from(n.as_f64().unwrap_or_default())),
        },
        Value::String(text) => Box::new(CelString::from(text.as_str())),
        Value::Array(entries) => {
            let items = schema.and_then(Structure::items);
            let entries: Vec<_> = entries.iter().map(|e| to_cel(items, e)).collect();
            Box::new(CelList::from(entries))
        }
        Value::Object(fields) => {
            let mut map: HashMap<CelMapKey<'v>, Box<dyn Val + 'v>> =
                HashMap::with_capacity(fields.len());
            for (name, field) in fields {
                let property = schema.and_then(|s| s.properties.get(name));
                let key = match property {
                    Some(_) => match escaped(name) {
                        Cow::Borrowed(name) => CelMapKey::from(name),
                        Cow::Owned(name) => CelMapKey::from(name),
                    },
                    None => CelMapKey::from(name.as_str()),
                };
                let schema = property.or_else(|| schema.and_then(|s| s.field(name)));
                map.insert(key, to_cel(schema, field));
            }
            Box::new(CelMap::from(map))
        }
    }
}

/// Words that CEL keeps for itself (Kubernetes documentation, "Validation rules", escaping).
const RESERVED: [&str; 22] = [
    "as",
    "break",
    "const",
    "continue",
    "else",
    "false",
    "for",
    "function",
    "if",
    "import",
    "in",
    "let",
    "loop",
    "namespace",
    "null",
    "package",
    "return",
    "true",
    "var",
    "void",
    "while",
    "__",
];

/// A property name as rules write it: `kubernetes.io/os` is `kubernetes__dot__io__slash__os`.
fn escaped(name: &str) -> Cow<'_, str> {
    if RESERVED.contains(&name) {
        return Cow::Owned(format!("__{name}__"));
    }
    if !name.contains(['.', '-', '/']) && !name.contains("__") {
        return Cow::Borrowed(name);
    }
    let name = name.replace("__", "__underscores__");
    let name = name.replace('.', "__dot__");
    Cow::Owned(name.replace('-', "__dash__").replace('/', "__slash__"))
}
