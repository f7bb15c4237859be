//! Objects that clients send in Kubernetes' protobuf form (`application/vnd.kubernetes.protobuf`): Go
//! clients, kubectl among them, write core kinds so since 1.33. Answers are always JSON, which they read
//! as well. The fields are in `messages.txt`.

mod messages;
mod special;
mod wire;

use serde_json::{Map, Value};

use self::messages::{Field, Type, message, root};
use self::wire::{Reader, Wire};

/// The media type.
pub(crate) const MEDIA_TYPE: &str = "application/vnd.kubernetes.protobuf";

/// What every such body begins with.
const MAGIC: &[u8] = b"k8s\0";

/// How deep messages may nest.
const DEEPEST: usize = 64;

/// Why a body cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProtobufError {
    /// It does not begin as such bodies do.
    #[error(
        "provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]"
    )]
    NoMagic,
    /// It ends too early, or has a field of a form it cannot have.
    #[error("proto: illegal wireType or unexpected EOF")]
    Broken,
    /// Its kind has no protobuf form here.
    #[error("no kind \"{kind}\" is registered for version \"{api_version}\"")]
    UnknownKind {
        /// As in `v1`.
        api_version: String,
        /// As in `Node`.
        kind: String,
    },
}

/// Reads an object; `apiVersion` and `kind` come from the envelope.
///
/// # Errors
/// Where the bytes are no such object.
pub fn decode(body: &[u8]) -> Result<Value, ProtobufError> {
    let envelope = body.strip_prefix(MAGIC).ok_or(ProtobufError::NoMagic)?;
    let (mut api_version, mut kind, mut raw) = (String::new(), String::new(), &[][..]);
    for field in Reader::new(envelope) {
        match field? {
            (1, Wire::Bytes(meta)) => {
                for field in Reader::new(meta) {
                    match field? {
                        (1, Wire::Bytes(text)) => api_version = wire::text(text),
                        (2, Wire::Bytes(text)) => kind = wire::text(text),
                        _ => {}
                    }
                }
            }
            (2, Wire::Bytes(bytes)) => raw = bytes,
            _ => {}
        }
    }
    let unknown = || ProtobufError::UnknownKind {
        api_version: api_version.clone(),
        kind: kind.clone(),
    };
    let name = root(&api_version, &kind).ok_or_else(unknown)?;
    let mut object = Map::new();
    object.insert("apiVersion".to_owned(), Value::from(api_version.as_str()));
    object.insert("kind".to_owned(), Value::from(kind.as_str()));
    fill(name, raw, &mut object, 0)?;
    Ok(Value::Object(object))
}

/// Reads the fields of a message into `object`.
fn fill(
    name: &str,
    bytes: &[u8],
    object: &mut Map<String, Value>,
    depth: usize,
) -> Result<(), ProtobufError> {
    let fields = message(name).ok_or(ProtobufError::Broken)?;
    if depth > DEEPEST {
        return Err(ProtobufError::Broken);
    }
    for found in Reader::new(bytes) {
        let (number, wire) = found?;
        let Some(field) = fields.iter().find(|f| f.number == number) else {
            continue;
        };
        if field.inline {
            if let (Wire::Bytes(bytes), Type::Message(inner)) = (wire, &field.kind) {
                fill(inner, bytes, object, depth + 1)?;
            }
        } else if field.map {
            let Wire::Bytes(entry) = wire else {
                return Err(ProtobufError::Broken);
            };
            let (key, value) = entry_of(field, entry, depth)?;
            let map = object
                .entry(&field.name)
                .or_insert_with(|| Value::Object(Map::new()));
            if let Some(map) = map.as_object_mut() {
                map.insert(key, value);
            }
        } else if field.list {
            let value = value_of(field, wire, depth)?;
            let list = object
                .entry(&field.name)
                .or_insert_with(|| Value::Array(Vec::new()));
            if let Some(list) = list.as_array_mut() {
                list.push(value);
            }
        } else {
            let value = value_of(field, wire, depth)?;
            if field.keeps_zero || !is_zero(&value) {
                object.insert(field.name.clone(), value);
            }
        }
    }
    Ok(())
}

/// Go's encoders write what is not set as its zero value, and JSON leaves it out.
fn is_zero(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::String(text) => text.is_empty(),
        Value::Number(n) => n.as_f64() == Some(0.0),
        _ => false,
    }
}

fn entry_of(field: &Field, entry: &[u8], depth: usize) -> Result<(String, Value), ProtobufError> {
    let mut key = String::new();
    let mut value = None;
    for found in Reader::new(entry) {
        match found? {
            (1, Wire::Bytes(text)) => key = wire::text(text),
            (2, wire) => value = Some(value_of(field, wire, depth)?),
            _ => {}
        }
    }
    let value = match value {
        Some(value) => value,
        None => value_of(field, Wire::Bytes(&[]), depth).unwrap_or_default(),
    };
    Ok((key, value))
}

fn value_of(field: &Field, wire: Wire<'_>, depth: usize) -> Result<Value, ProtobufError> {
    let value = match (&field.kind, wire) {
        (Type::Text, Wire::Bytes(text)) => Value::from(wire::text(text)),
        (Type::Bool, Wire::Varint(n)) => Value::from(n != 0),
        (Type::Int, Wire::Varint(n)) => Value::from(n.cast_signed()),
        (Type::Double, Wire::Fixed64(bits)) => Value::from(f64::from_bits(bits)),
        (Type::Bytes, Wire::Bytes(bytes)) => Value::from(special::base64(bytes)),
        (Type::Message(name), Wire::Bytes(bytes)) => match special::read(name, bytes)? {
            Some(value) => value,
            None => nested(name, bytes, depth)?,
        },
        _ => return Err(ProtobufError::Broken),
    };
    Ok(value)
}

fn nested(name: &str, bytes: &[u8], depth: usize) -> Result<Value, ProtobufError> {
    let mut object = Map::new();
    fill(name, bytes, &mut object, depth + 1)?;
    // A message that is a list in JSON has one field without a name.
    if message(name).is_some_and(|fields| fields.iter().any(|f| f.name == "[]")) {
        return Ok(object
            .remove("[]")
            .unwrap_or_else(|| Value::Array(Vec::new())));
    }
    Ok(Value::Object(object))
}
