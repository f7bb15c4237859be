//! How CloudTrail writes what a service took and gave.

use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::call::EventResource;
use crate::service::{Protocol, Service};

/// The members of an event that differ from call to call, as JSON text.
pub(crate) fn details(
    service: Service,
    request: &Value,
    response: &Value,
    resources: &[EventResource],
    additional: Option<&Value>,
    shared_id: Option<&str>,
) -> Box<str> {
    let mut text = String::with_capacity(128);
    for (start, name, value) in [
        ('{', "requestParameters", request),
        (',', "responseElements", response),
    ] {
        text.push(start);
        quote(&mut text, name);
        text.push(':');
        let before = text.len();
        write(&mut text, service, "", value);
        omit_if_large(&mut text, before, name);
    }
    if !resources.is_empty() {
        text.push_str(",\"resources\":[");
        for (at, resource) in resources.iter().enumerate() {
            if at > 0 {
                text.push(',');
            }
            text.push('{');
            if let Some(account) = resource.account {
                text.push_str("\"accountId\":");
                quote(&mut text, &account.to_string());
                text.push(',');
            }
            text.push_str("\"type\":");
            quote(&mut text, resource.kind);
            text.push_str(",\"ARN\":");
            quote(&mut text, &resource.arn);
            text.push('}');
        }
        text.push(']');
    }
    if let Some(additional) = additional {
        text.push_str(",\"additionalEventData\":");
        text.push_str(&additional.to_string());
    }
    if let Some(id) = shared_id {
        text.push_str(",\"sharedEventID\":");
        quote(&mut text, id);
    }
    text.push('}');
    text.into()
}

/// Leaves out what is longer than CloudTrail takes (CloudTrail User Guide, "CloudTrail record
/// contents": 100 KB).
fn omit_if_large(text: &mut String, start: usize, name: &str) {
    const LARGEST: usize = 100 << 10;
    let size = text.len() - start;
    if size > LARGEST {
        text.truncate(start);
        text.push_str(&format!(
            "{{\"omitted\":true,\"originalSize\":{size},\"reason\":\"{name} too large\"}}"
        ));
    }
}

/// Parameters that the query protocols send as text and CloudTrail shows as numbers.
const NUMBERS: [&str; 7] = [
    "durationSeconds",
    "maxCount",
    "maxItems",
    "maxResults",
    "maxSessionDuration",
    "minCount",
    "maxAge",
];
/// Likewise as truth values.
const TRUTHS: [&str; 5] = [
    "dryRun",
    "onlyAttached",
    "setAsDefault",
    "deleteOnTermination",
    "ebsOptimized",
];

/// `RoleName` becomes `roleName`, all the way down, and no secret comes along.
fn write(text: &mut String, service: Service, name: &str, value: &Value) {
    match value {
        Value::Object(members) => {
            text.push('{');
            let mut first = true;
            for (name, value) in members {
                // S3 has its own names, and writes some with a capital.
                let name = match service {
                    Service::S3 => name.into(),
                    _ => lowered(name),
                };
                if name == "secretAccessKey" {
                    continue;
                }
                if !first {
                    text.push(',');
                }
                first = false;
                quote(text, &name);
                text.push(':');
                write(text, service, &name, value);
            }
            text.push('}');
        }
        Value::Array(items) => {
            text.push('[');
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    text.push(',');
                }
                write(text, service, name, item);
            }
            text.push(']');
        }
        Value::String(words) => {
            let typed = matches!(service.protocol(), Protocol::Query | Protocol::Ec2)
                && ((NUMBERS.contains(&name) && words.parse::<i64>().is_ok())
                    || (TRUTHS.contains(&name) && matches!(words.as_str(), "true" | "false")));
            if typed {
                text.push_str(words);
            } else if service == Service::Iam
                && name.ends_with("Date")
                && let Some(date) = spelled_out(words)
            {
                quote(text, &date);
            } else {
                quote(text, words);
            }
        }
        Value::Null => text.push_str("null"),
        Value::Bool(true) => text.push_str("true"),
        Value::Bool(false) => text.push_str("false"),
        Value::Number(number) => text.push_str(&number.to_string()),
    }
}

fn quote(text: &mut String, words: &str) {
    let plain = |byte: u8| byte >= 0x20 && byte != b'"' && byte != b'\\';
    if words.bytes().all(plain) {
        text.push('"');
        text.push_str(words);
        text.push('"');
    } else {
        text.push_str(&Value::from(words).to_string());
    }
}

/// IAM's events say `Jul 10, 2023 12:09:21 PM` (seen in public event data).
fn spelled_out(date: &str) -> Option<String> {
    let time: Timestamp = date.parse().ok()?;
    Some(time.strftime("%b %-d, %Y %-I:%M:%S %p").to_string())
}

fn lowered(name: &str) -> std::borrow::Cow<'_, str> {
    if name.starts_with(|first: char| first.is_ascii_uppercase()) {
        let mut name = name.to_owned();
        if let Some(first) = name.get_mut(..1) {
            first.make_ascii_lowercase();
        }
        return name.into();
    }
    name.into()
}

/// `RoleName` becomes `roleName`, all the way down, for operations that note more than that.
pub(crate) fn lower_camel(value: &Value) -> Value {
    match value {
        Value::Object(fields) => fields
            .iter()
            .map(|(name, value)| (lowered(name).into_owned(), lower_camel(value)))
            .collect::<Map<_, _>>()
            .into(),
        Value::Array(items) => items.iter().map(lower_camel).collect(),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn worded(service: Service, value: &Value) -> Value {
        let mut text = String::new();
        write(&mut text, service, "", value);
        serde_json::from_str(&text).unwrap_or_default()
    }

    #[test]
    fn names_are_lowered_numbers_typed_and_secrets_left_out() {
        let given = json!({
            "RoleName": "a\"b\n", "MaxItems": "5", "AccessKey": {"SecretAccessKey": "s", "Status": "Active"},
            "Tags": [{"Key": "MaxItems", "Value": "5"}],
        });
        assert_eq!(
            worded(Service::Iam, &given),
            json!({
                "roleName": "a\"b\n", "maxItems": 5, "accessKey": {"status": "Active"},
                "tags": [{"key": "MaxItems", "value": "5"}],
            })
        );
    }

    #[test]
    fn what_is_too_large_is_left_out_and_told() {
        let large = json!({"x": "y".repeat(200_000)});
        let text = details(Service::Eks, &large, &Value::Null, &[], None, None);
        let told: Value = serde_json::from_str(&text).unwrap_or_default();
        assert_eq!(
            told["requestParameters"],
            json!({"omitted": true, "originalSize": 200_008, "reason": "requestParameters too large"})
        );
        assert_eq!(told["responseElements"], Value::Null);
    }

    #[test]
    fn iam_spells_dates_out() {
        let given = json!({"Role": {"CreateDate": "2023-07-10T12:09:21Z"}});
        assert_eq!(
            worded(Service::Iam, &given)["role"]["createDate"],
            "Jul 10, 2023 12:09:21 PM"
        );
    }
}
