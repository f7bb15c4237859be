use serde_json::Value;

use crate::event::Event;
use crate::service::Service;

/// Parameters and answers that name a resource, and its type in the event history.
const NAMING: [(Service, &str, &str); 16] = [
    (Service::Iam, "roleName", "AWS::IAM::Role"),
    (Service::Iam, "userName", "AWS::IAM::User"),
    (Service::Iam, "groupName", "AWS::IAM::Group"),
    (Service::Iam, "policyArn", "AWS::IAM::Policy"),
    (Service::Iam, "policyName", "AWS::IAM::Policy"),
    (Service::Iam, "accessKeyId", "AWS::IAM::AccessKey"),
    (
        Service::Iam,
        "instanceProfileName",
        "AWS::IAM::InstanceProfile",
    ),
    (Service::Ec2, "instanceId", "AWS::EC2::Instance"),
    (Service::Ec2, "subnetId", "AWS::EC2::Subnet"),
    (Service::Ec2, "vpcId", "AWS::EC2::VPC"),
    (Service::Ec2, "groupId", "AWS::EC2::SecurityGroup"),
    (Service::Ec2, "launchTemplateId", "AWS::EC2::LaunchTemplate"),
    (Service::Eks, "clusterName", "AWS::EKS::Cluster"),
    (Service::Eks, "nodegroupName", "AWS::EKS::Nodegroup"),
    (Service::CloudTrail, "trailARN", "AWS::CloudTrail::Trail"),
    (Service::S3, "bucketName", "AWS::S3::Bucket"),
];

/// Type and name of each resource an event is about: those it names itself, and those its
/// parameters and answer name. AWS does not publish its own table; this one has what is seen in
/// public event data.
pub(super) fn resources(event: &Event) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let details: Value = serde_json::from_str(&event.details).unwrap_or(Value::Null);
    for resource in details
        .get("resources")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        let text = |name: &str| resource.get(name).and_then(Value::as_str);
        if let (Some(kind), Some(arn)) = (text("type"), text("ARN")) {
            add(&mut found, kind, arn);
        }
    }
    for part in ["requestParameters", "responseElements"] {
        if let Some(part) = details.get(part) {
            walk(&mut found, event.service, part);
        }
    }
    if event.service == Service::Eks
        && let Some(name) = details.pointer("/requestParameters/name")
        && let Some(name) = name.as_str()
    {
        add(&mut found, "AWS::EKS::Cluster", name);
    }
    found
}

fn walk(found: &mut Vec<(String, String)>, service: Service, value: &Value) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                let known = NAMING
                    .iter()
                    .find(|(of, naming, _)| *of == service && naming == name);
                match (known, value) {
                    (Some((_, _, kind)), Value::String(text)) => add(found, kind, text),
                    _ => walk(found, service, value),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| walk(found, service, item)),
        _ => {}
    }
}

fn add(found: &mut Vec<(String, String)>, kind: &str, name: &str) {
    let new = (kind.to_owned(), name.to_owned());
    if !found.contains(&new) {
        found.push(new);
    }
}
