//! Requests and answers as CloudTrail records them for EC2: lists are structures with `items`, and
//! what the query protocol numbers has names of its own (CloudTrail User Guide, "CloudTrail log file
//! examples"; seen in public event data).

use serde_json::{Map, Value, json};

use crate::parameters::{integer, list};

/// Lists of a request: the parameter, the list's name, and an item's when its items are texts.
const LISTS: [(&str, &str, &str); 13] = [
    ("Filter", "filterSet", ""),
    ("InstanceId", "instancesSet", "instanceId"),
    ("SubnetId", "subnetSet", "subnetId"),
    ("VpcId", "vpcSet", "vpcId"),
    ("GroupId", "securityGroupIdSet", "groupId"),
    ("GroupName", "securityGroupSet", "groupName"),
    ("SecurityGroupId", "groupSet", "groupId"),
    ("ResourceId", "resourcesSet", "resourceId"),
    ("ImageId", "imagesSet", "imageId"),
    ("Owner", "ownersSet", "owner"),
    ("VolumeId", "volumeSet", "volumeId"),
    (
        "NetworkInterfaceId",
        "networkInterfaceIdSet",
        "networkInterfaceId",
    ),
    ("Tag", "tagSet", ""),
];

/// The parameters of a request.
pub(crate) fn request(operation: &str, parameters: &Map<String, Value>) -> Value {
    if parameters.is_empty() {
        return Value::Null;
    }
    let mut recorded = Map::new();
    for (name, value) in parameters {
        let (name, value) = match (name.as_str(), value) {
            ("UserData", _) => ("userData".to_owned(), "<sensitiveDataRemoved>".into()),
            ("TagSpecification", _) => ("tagSpecificationSet".to_owned(), specifications(value)),
            ("Filter", _) => ("filterSet".to_owned(), filters(value)),
            (_, Value::Array(items)) => named_list(name, items),
            (_, other) => (lowered(name), nested(other)),
        };
        recorded.insert(name, value);
    }
    if operation == "RunInstances" {
        let mut item = Map::new();
        for name in ["imageId", "minCount", "maxCount"] {
            if let Some(value) = recorded.remove(name) {
                let number = integer(&value).filter(|_| name != "imageId");
                item.insert(name.to_owned(), number.map_or(value, Value::from));
            }
        }
        recorded.insert("instancesSet".to_owned(), json!({"items": [item]}));
    }
    Value::Object(recorded)
}

/// The answer of an operation that changes something.
pub(crate) fn response(request_id: &str, output: &Value) -> Value {
    let mut recorded = Map::new();
    recorded.insert("requestId".to_owned(), request_id.into());
    if let Value::Object(members) = nested(output) {
        recorded.extend(members.into_iter().map(|(name, value)| {
            let name = if name == "return" {
                "_return".to_owned()
            } else {
                name
            };
            (name, value)
        }));
    }
    Value::Object(recorded)
}

fn named_list(name: &str, items: &[Value]) -> (String, Value) {
    let known = LISTS.iter().find(|(parameter, ..)| *parameter == name);
    let lower = lowered(name);
    let (list, item) = match known {
        Some((_, list, item)) => ((*list).to_owned(), (*item).to_owned()),
        None => (format!("{lower}Set"), lower),
    };
    let items: Vec<Value> = items
        .iter()
        .map(|value| match value {
            Value::Object(_) => nested(value),
            text => json!({item.as_str(): text}),
        })
        .collect();
    (list, json!({"items": items}))
}

/// Tags of a request stay a plain list.
fn specifications(value: &Value) -> Value {
    let items: Vec<Value> = list(Some(value))
        .into_iter()
        .map(|each| {
            let tags: Vec<Value> = list(each.get("Tag"))
                .into_iter()
                .map(|tag| {
                    let value = tag.get("Value").and_then(Value::as_str).unwrap_or_default();
                    json!({"key": tag.get("Key"), "value": value})
                })
                .collect();
            json!({"resourceType": each.get("ResourceType"), "tags": tags})
        })
        .collect();
    json!({"items": items})
}

fn filters(value: &Value) -> Value {
    let items: Vec<Value> = list(Some(value))
        .into_iter()
        .map(|filter| {
            let values: Vec<Value> = list(filter.get("Value"))
                .into_iter()
                .map(|value| json!({"value": value}))
                .collect();
            json!({"name": filter.get("Name"), "valueSet": {"items": values}})
        })
        .collect();
    json!({"items": items})
}

/// Names in lower camel case, lists with `items`, all the way down; no user data.
fn nested(value: &Value) -> Value {
    match value {
        Value::Object(members) => members
            .iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(name, value)| match name.as_str() {
                "UserData" | "userData" => ("userData".to_owned(), "<sensitiveDataRemoved>".into()),
                name => (lowered(name), nested(value)),
            })
            .collect::<Map<_, _>>()
            .into(),
        Value::Array(items) if items.is_empty() => json!({}),
        Value::Array(items) => {
            let items: Vec<Value> = items.iter().map(nested).collect();
            json!({"items": items})
        }
        other => other.clone(),
    }
}

fn lowered(name: &str) -> String {
    let mut name = name.to_owned();
    if let Some(first) = name.get_mut(..1) {
        first.make_ascii_lowercase();
    }
    name
}
