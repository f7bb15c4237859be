use serde_json::{Map, Value};

use crate::failure::Failure;

/// What a request asks for, by the names of the service's model, whatever protocol it came in.
///
/// In the query protocols every leaf is a text; the readers here take `"true"` and `true`, `"5"`
/// and `5` alike.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Parameters(pub(crate) Map<String, Value>);

impl Parameters {
    /// The value as it came.
    pub(crate) fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    /// A text, when it was given.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.get(name).and_then(Value::as_str)
    }

    /// A number, when it was given and is one.
    pub(crate) fn integer(&self, name: &str) -> Option<i64> {
        integer(self.get(name)?)
    }

    /// A truth value, when it was given and is one.
    pub(crate) fn boolean(&self, name: &str) -> Option<bool> {
        boolean(self.get(name)?)
    }

    /// The items of a list; none when it was not given. One text counts as a list of one.
    pub(crate) fn list(&self, name: &str) -> Vec<&Value> {
        list(self.get(name))
    }

    /// The texts of a list.
    pub(crate) fn texts(&self, name: &str) -> Vec<&str> {
        self.list(name)
            .into_iter()
            .filter_map(Value::as_str)
            .collect()
    }

    /// A nested structure.
    pub(crate) fn structure(&self, name: &str) -> Option<&Map<String, Value>> {
        self.get(name).and_then(Value::as_object)
    }

    /// `Key` and `Value` of each tag of a query request's list.
    pub(crate) fn tags(&self, name: &str) -> Vec<(String, String)> {
        self.list(name).into_iter().filter_map(tag).collect()
    }

    /// All parameters.
    pub(crate) fn all(&self) -> &Map<String, Value> {
        &self.0
    }

    pub(crate) fn set(&mut self, name: &str, value: impl Into<Value>) {
        self.0.insert(name.to_owned(), value.into());
    }

    /// A text that must be given; IAM, STS and CloudTrail word its absence alike.
    pub(crate) fn required(&self, name: &str) -> Result<&str, Failure> {
        self.text(name).ok_or_else(|| {
            let mut lower = name.to_owned();
            if let Some(first) = lower.get_mut(..1) {
                first.make_ascii_lowercase();
            }
            Failure::new(
                "ValidationError",
                400,
                format!(
                    "1 validation error detected: Value null at '{lower}' failed to satisfy \
                     constraint: Member must not be null"
                ),
            )
        })
    }
}

pub(crate) fn integer(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => text.parse().ok(),
        _ => None,
    }
}

pub(crate) fn boolean(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(value) => Some(*value),
        Value::String(text) if text.eq_ignore_ascii_case("true") => Some(true),
        Value::String(text) if text.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}

pub(crate) fn list(value: Option<&Value>) -> Vec<&Value> {
    match value {
        Some(Value::Array(items)) => items.iter().collect(),
        Some(Value::Null) | None => Vec::new(),
        Some(one) => vec![one],
    }
}

fn tag(value: &Value) -> Option<(String, String)> {
    let key = value.get("Key")?.as_str()?;
    let text = value
        .get("Value")
        .and_then(Value::as_str)
        .unwrap_or_default();
    Some((key.to_owned(), text.to_owned()))
}
