//! The data of launch templates, from the names of requests to those of answers.

use serde_json::{Map, Value, json};

/// Lists that are not simply called `<name>Set` in answers.
const LISTS: [(&str, &str); 9] = [
    ("TagSpecification", "tagSpecificationSet"),
    ("Tag", "tagSet"),
    ("BlockDeviceMapping", "blockDeviceMappingSet"),
    ("NetworkInterface", "networkInterfaceSet"),
    ("LicenseSpecification", "licenseSet"),
    ("ElasticGpuSpecification", "elasticGpuSpecificationSet"),
    (
        "ElasticInferenceAccelerator",
        "elasticInferenceAcceleratorSet",
    ),
    ("Ipv6Addresses", "ipv6AddressesSet"),
    ("PrivateIpAddresses", "privateIpAddressesSet"),
];

/// `LaunchTemplateData` as answers show it.
pub(super) fn shown(data: &Map<String, Value>) -> Value {
    members(data, "")
}

fn members(data: &Map<String, Value>, within: &str) -> Value {
    data.iter()
        .map(|(name, value)| {
            let shown = match value {
                Value::Array(items) => {
                    let list = list_name(name, within);
                    let items: Value = items.iter().map(|item| each(item, name)).collect();
                    return if list == "groupSet" {
                        (list, json!({"#items": {"groupId": items}}))
                    } else {
                        (list, items)
                    };
                }
                other => each(other, name),
            };
            (lowered(name), shown)
        })
        .collect::<Map<_, _>>()
        .into()
}

fn each(value: &Value, name: &str) -> Value {
    match value {
        Value::Object(inner) => members(inner, name),
        other => other.clone(),
    }
}

fn list_name(name: &str, within: &str) -> String {
    if name == "SecurityGroupId" && within == "NetworkInterface" {
        return "groupSet".to_owned();
    }
    LISTS.iter().find(|(known, _)| *known == name).map_or_else(
        || format!("{}Set", lowered(name)),
        |(_, shown)| (*shown).to_owned(),
    )
}

fn lowered(name: &str) -> String {
    let mut name = name.to_owned();
    if let Some(first) = name.get_mut(..1) {
        first.make_ascii_lowercase();
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_get_the_names_answers_have() {
        let given = json!({
            "ImageId": "ami-1",
            "IamInstanceProfile": {"Name": "p"},
            "SecurityGroupId": ["sg-1"],
            "NetworkInterface": [{"DeviceIndex": "0", "SecurityGroupId": ["sg-2"]}],
            "TagSpecification": [{"ResourceType": "instance", "Tag": [{"Key": "a", "Value": "b"}]}],
        });
        let Value::Object(given) = given else { return };
        assert_eq!(
            shown(&given),
            json!({
                "imageId": "ami-1",
                "iamInstanceProfile": {"name": "p"},
                "securityGroupIdSet": ["sg-1"],
                "networkInterfaceSet": [{"deviceIndex": "0", "groupSet": {"#items": {"groupId": ["sg-2"]}}}],
                "tagSpecificationSet": [{"resourceType": "instance", "tagSet": [{"key": "a", "value": "b"}]}],
            })
        );
    }
}
