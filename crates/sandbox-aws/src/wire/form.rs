use percent_encoding::percent_decode;
use serde_json::{Map, Value};

use crate::parameters::Parameters;

/// Nesting deeper than any AWS model has.
const DEEPEST: usize = 16;

/// Reads form fields of the query protocols into nested values: `Tags.member.1.Key=a` for IAM and
/// STS, `TagSpecification.1.Tag.1.Key=a` for EC2. Numbers become places of a list, whatever order
/// they come in.
pub(crate) fn parameters(body: &[u8]) -> Parameters {
    let mut root = Map::new();
    for field in body.split(|byte| *byte == b'&') {
        if field.is_empty() {
            continue;
        }
        let mut halves = field.splitn(2, |byte| *byte == b'=');
        let name = decoded(halves.next().unwrap_or_default());
        let value = decoded(halves.next().unwrap_or_default());
        let steps: Vec<&str> = name
            .split('.')
            .filter(|step| !matches!(*step, "member" | "entry"))
            .take(DEEPEST)
            .collect();
        put(&mut root, &steps, value);
    }
    let mut root = Value::Object(root);
    number_lists(&mut root);
    match root {
        Value::Object(fields) => Parameters(fields),
        _ => Parameters::default(),
    }
}

fn decoded(text: &[u8]) -> String {
    let spaced: Vec<u8> = text
        .iter()
        .map(|byte| if *byte == b'+' { b' ' } else { *byte })
        .collect();
    percent_decode(&spaced).decode_utf8_lossy().into_owned()
}

fn put(into: &mut Map<String, Value>, steps: &[&str], value: String) {
    match steps {
        [] => {}
        [last] => {
            into.insert((*last).to_owned(), Value::String(value));
        }
        [first, rest @ ..] => {
            let inner = into
                .entry((*first).to_owned())
                .or_insert_with(|| Value::Object(Map::new()));
            if !inner.is_object() {
                *inner = Value::Object(Map::new());
            }
            if let Value::Object(inner) = inner {
                put(inner, rest, value);
            }
        }
    }
}

/// Turns structures whose names are all numbers into lists.
fn number_lists(value: &mut Value) {
    let Value::Object(fields) = value else { return };
    for inner in fields.values_mut() {
        number_lists(inner);
    }
    let numbers: Option<Vec<u32>> = fields.keys().map(|name| name.parse().ok()).collect();
    if let Some(numbers) = numbers.filter(|numbers| !numbers.is_empty()) {
        let mut items: Vec<(u32, Value)> = numbers
            .into_iter()
            .zip(std::mem::take(fields).into_iter().map(|(_, inner)| inner))
            .collect();
        items.sort_by_key(|(place, _)| *place);
        *value = Value::Array(items.into_iter().map(|(_, inner)| inner).collect());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn lists_and_structures_nest_in_both_query_protocols() {
        let iam = parameters(
            b"RoleName=a%2Bb&Tags.member.2.Key=y&Tags.member.1.Key=x&Tags.member.1.Value=1+2",
        );
        assert_eq!(
            Value::Object(iam.0),
            json!({"RoleName": "a+b", "Tags": [{"Key": "x", "Value": "1 2"}, {"Key": "y"}]})
        );
        let ec2 =
            parameters(b"TagSpecification.1.ResourceType=instance&TagSpecification.1.Tag.1.Key=k");
        assert_eq!(
            Value::Object(ec2.0),
            json!({"TagSpecification": [{"ResourceType": "instance", "Tag": [{"Key": "k"}]}]})
        );
    }

    #[test]
    fn nonsense_is_read_without_complaint() {
        for body in [&b"&&=&a.=1&.b=2&a=1&a.b=3&%zz=%"[..], &[0xff, b'=', 0xfe]] {
            let _ = parameters(body);
        }
    }
}
