//! Messages that JSON writes in another way: times, quantities, raw JSON.

use base64::Engine as _;
use jiff::fmt::temporal::DateTimePrinter;
use serde_json::Value;

use super::ProtobufError;
use super::wire::{Reader, Wire, text};

/// The value of a special message; nothing if `name` is an ordinary one.
pub(super) fn read(name: &str, bytes: &[u8]) -> Result<Option<Value>, ProtobufError> {
    Ok(Some(match name {
        "meta.Time" => time(bytes, None)?,
        "meta.MicroTime" => time(bytes, Some(6))?,
        "resource.Quantity" => {
            Value::from(bytes_of(bytes, 1)?.map_or_else(|| "0".to_owned(), text))
        }
        "runtime.RawExtension" | "meta.FieldsV1" => match bytes_of(bytes, 1)? {
            Some(raw) => serde_json::from_slice(raw).map_err(|_| ProtobufError::Broken)?,
            None => Value::Null,
        },
        "intstr.IntOrString" => int_or_string(bytes)?,
        _ => return Ok(None),
    }))
}

/// Bytes as JSON has them.
pub(super) fn base64(bytes: &[u8]) -> String {
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

fn bytes_of(bytes: &[u8], number: u64) -> Result<Option<&[u8]>, ProtobufError> {
    let mut found = None;
    for field in Reader::new(bytes) {
        if let (at, Wire::Bytes(bytes)) = field?
            && at == number
        {
            found = Some(bytes);
        }
    }
    Ok(found)
}

fn int_or_string(bytes: &[u8]) -> Result<Value, ProtobufError> {
    let (mut is_text, mut number, mut word) = (false, 0_i64, String::new());
    for field in Reader::new(bytes) {
        match field? {
            (1, Wire::Varint(kind)) => is_text = kind == 1,
            (2, Wire::Varint(n)) => number = n.cast_signed(),
            (3, Wire::Bytes(bytes)) => word = text(bytes),
            _ => {}
        }
    }
    Ok(if is_text {
        Value::from(word)
    } else {
        Value::from(number)
    })
}

/// Seconds and nanoseconds since 1970; null where nothing is set.
fn time(bytes: &[u8], precision: Option<u8>) -> Result<Value, ProtobufError> {
    let (mut seconds, mut nanos) = (0_i64, 0_i64);
    for field in Reader::new(bytes) {
        match field? {
            (1, Wire::Varint(n)) => seconds = n.cast_signed(),
            (2, Wire::Varint(n)) => nanos = n.cast_signed(),
            _ => {}
        }
    }
    if bytes.is_empty() {
        return Ok(Value::Null);
    }
    let nanos = i32::try_from(nanos).unwrap_or(0);
    let time = jiff::Timestamp::new(seconds, if precision.is_some() { nanos } else { 0 });
    let time = time.map_err(|_| ProtobufError::Broken)?;
    let printer = DateTimePrinter::new().precision(precision.or(Some(0)));
    Ok(Value::from(printer.timestamp_to_string(&time)))
}
