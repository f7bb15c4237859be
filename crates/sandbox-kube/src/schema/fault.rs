//! What is wrong with one field, in the words of the Kubernetes API server
//! (apimachinery `util/validation/field`).

use super::path::Path;
use crate::status::Cause;
use serde_json::Value;

pub(crate) const INVALID: &str = "FieldValueInvalid";
pub(crate) const TYPE_INVALID: &str = "FieldValueTypeInvalid";
pub(crate) const REQUIRED: &str = "FieldValueRequired";
pub(crate) const NOT_SUPPORTED: &str = "FieldValueNotSupported";
pub(crate) const TOO_LONG: &str = "FieldValueTooLong";
pub(crate) const TOO_MANY: &str = "FieldValueTooMany";
pub(crate) const DUPLICATE: &str = "FieldValueDuplicate";
pub(crate) const FORBIDDEN: &str = "FieldValueForbidden";

/// The words a fault of this reason begins with.
fn title(reason: &str) -> &'static str {
    match reason {
        REQUIRED => "Required value",
        NOT_SUPPORTED => "Unsupported value",
        TOO_LONG => "Too long",
        TOO_MANY => "Too many",
        DUPLICATE => "Duplicate value",
        FORBIDDEN => "Forbidden",
        _ => "Invalid value",
    }
}

/// A fault that prints no value.
pub(crate) fn plain(reason: &'static str, path: &Path<'_>, detail: &str) -> Cause {
    compose(reason, path.to_string(), None, detail)
}

/// A fault that prints the value.
pub(crate) fn valued(reason: &'static str, path: &Path<'_>, value: &Value, detail: &str) -> Cause {
    compose(reason, path.to_string(), Some(printed(value)), detail)
}

/// A fault that prints `value` in quotes.
pub(crate) fn quoting(reason: &'static str, path: &Path<'_>, value: &str, detail: &str) -> Cause {
    compose(reason, path.to_string(), Some(quoted(value)), detail)
}

/// A fault of the object as a whole.
pub(crate) fn of_nothing(value: &str, detail: &str) -> Cause {
    compose(INVALID, "<nil>".to_owned(), Some(quoted(value)), detail)
}

fn compose(reason: &'static str, field: String, value: Option<String>, detail: &str) -> Cause {
    let mut message = title(reason).to_owned();
    for part in value
        .as_deref()
        .into_iter()
        .chain(Some(detail).filter(|d| !d.is_empty()))
    {
        message.push_str(": ");
        message.push_str(part);
    }
    let field = if field.is_empty() {
        "<nil>".to_owned()
    } else {
        field
    };
    Cause::new(reason, field, message)
}

/// Whether CEL rules are left out while this fault stands: an object of the wrong shape would make
/// them fail for the wrong reason.
pub(crate) fn blocks_rules(cause: &Cause) -> bool {
    !matches!(cause.reason, INVALID | DUPLICATE | FORBIDDEN)
}

/// A value as an error prints it: text in quotes, numbers as they are, objects and lists in Go's syntax.
fn printed(value: &Value) -> String {
    match value {
        Value::Null => quoted("null"),
        other => go_syntax(other),
    }
}

/// A value as Go's `%#v` writes it.
fn go_syntax(value: &Value) -> String {
    match value {
        Value::Null => "interface {}(nil)".to_owned(),
        Value::String(text) => quoted(text),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::Array(entries) => {
            let entries: Vec<String> = entries.iter().map(go_syntax).collect();
            format!("[]interface {{}}{{{}}}", entries.join(", "))
        }
        Value::Object(fields) => {
            let mut fields: Vec<_> = fields.iter().collect();
            fields.sort_by_key(|(name, _)| *name);
            let fields: Vec<String> = fields
                .iter()
                .map(|(name, value)| format!("{}:{}", quoted(name), go_syntax(value)))
                .collect();
            format!("map[string]interface {{}}{{{}}}", fields.join(", "))
        }
    }
}

/// `text` in double quotes with escapes.
pub(crate) fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}
