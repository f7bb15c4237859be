//! YAML bodies, as curl users and some clients send them to apply.

use saphyr_parser::{Event, Parser, ScalarStyle, Tag};
use serde_json::{Map, Number, Value};

/// How deep a document may be nested.
const MAX_DEPTH: usize = 128;

/// A collection that is being read.
enum Open {
    List(Vec<Value>),
    Map(Map<String, Value>, Option<String>),
}

/// Reads one YAML document as JSON. Anchors are not supported: no client sends them, and they are a way
/// to make a small body a huge object.
pub(super) fn parse(body: &[u8]) -> Result<Value, String> {
    let text = std::str::from_utf8(body).map_err(|error| error.to_string())?;
    let mut open: Vec<Open> = Vec::new();
    let mut document = None;
    for event in Parser::new_from_str(text) {
        let (event, _) = event.map_err(|error| error.to_string())?;
        let done = match event {
            Event::Scalar(text, style, _, tag) => Some(scalar(&text, style, tag.as_deref())),
            Event::SequenceStart(..) => {
                open.push(Open::List(Vec::new()));
                None
            }
            Event::MappingStart(..) => {
                open.push(Open::Map(Map::new(), None));
                None
            }
            Event::SequenceEnd | Event::MappingEnd => match open.pop() {
                Some(Open::List(list)) => Some(Value::Array(list)),
                Some(Open::Map(map, _)) => Some(Value::Object(map)),
                None => None,
            },
            Event::Alias(_) => return Err("yaml: aliases are not supported".to_owned()),
            _ => None,
        };
        if open.len() > MAX_DEPTH {
            return Err("exceeded max depth".to_owned());
        }
        let Some(value) = done else { continue };
        match open.last_mut() {
            None if document.is_none() => document = Some(value),
            None => {}
            Some(Open::List(list)) => list.push(value),
            Some(Open::Map(map, key)) => match key.take() {
                Some(key) => {
                    map.insert(key, value);
                }
                None => *key = Some(as_key(&value)),
            },
        }
    }
    document.ok_or_else(|| "EOF".to_owned())
}

fn as_key(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn scalar(text: &str, style: ScalarStyle, tag: Option<&Tag>) -> Value {
    let is_text = tag.is_some_and(|tag| tag.suffix == "str");
    if style != ScalarStyle::Plain || is_text {
        return text.into();
    }
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Value::Null,
        // YAML 1.1, as Kubernetes' reader has it.
        "true" | "True" | "TRUE" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" => {
            return true.into();
        }
        "false" | "False" | "FALSE" | "no" | "No" | "NO" | "off" | "Off" | "OFF" => {
            return false.into();
        }
        _ => {}
    }
    if let Ok(number) = text.parse::<i64>() {
        return number.into();
    }
    let numeric = text.starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c));
    match text.parse::<f64>().ok().and_then(Number::from_f64) {
        Some(number) if numeric => Value::Number(number),
        _ => text.into(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::parse;

    #[test]
    fn yaml_is_read_as_json() {
        let text = b"apiVersion: v1\nkind: ConfigMap\ndata:\n  a: \"1\"\n  b: |\n    x\nlist: [1, 2.5, yes, ~, a]\nnested:\n- x: y\n  1: z\n";
        assert_eq!(
            parse(text),
            Ok(json!({
                "apiVersion": "v1", "kind": "ConfigMap", "data": { "a": "1", "b": "x\n" },
                "list": [1, 2.5, true, null, "a"], "nested": [{ "x": "y", "1": "z" }],
            }))
        );
    }

    #[test]
    fn what_is_no_yaml_or_too_deep_is_refused() {
        for bad in ["a: [", "", "a: *b", &"[".repeat(500), &"- ".repeat(500)] {
            assert!(parse(bad.as_bytes()).is_err(), "{bad:.20}");
        }
    }
}
