//! What `Ref` and `Fn::GetAtt` give of parameters, pseudo parameters and resources.

use rolecall_facts::{Why, symbol};

use super::condition::Truth;
use super::evaluate::Evaluator;
use super::template::Resource;
use crate::tree::{Node, Value};

/// The type of CDK's clusters that a custom resource makes.
pub(super) const CDK_CLUSTER: &str = "Custom::AWSCDK-EKS-Cluster";
/// The type of CDK's objects that become map keys only on deployment.
const CDK_JSON: &str = "Custom::AWSCDKCfnJson";

/// How a type names itself.
struct Naming {
    kind: &'static str,
    name_property: &'static str,
    /// The beginning of the ARN's resource part, for what IAM keeps under a path.
    iam_resource: Option<&'static str>,
    /// Whether `Ref` gives the ARN.
    ref_is_arn: bool,
}

const NAMINGS: [Naming; 4] = [
    Naming {
        kind: "AWS::IAM::Role",
        name_property: "RoleName",
        iam_resource: Some("role"),
        ref_is_arn: false,
    },
    Naming {
        kind: "AWS::IAM::InstanceProfile",
        name_property: "InstanceProfileName",
        iam_resource: Some("instance-profile"),
        ref_is_arn: false,
    },
    Naming {
        kind: "AWS::IAM::ManagedPolicy",
        name_property: "ManagedPolicyName",
        iam_resource: Some("policy"),
        ref_is_arn: true,
    },
    Naming {
        kind: "AWS::EKS::Cluster",
        name_property: "Name",
        iam_resource: None,
        ref_is_arn: false,
    },
];

impl Evaluator<'_> {
    /// What `Ref` gives.
    pub(super) fn reference(&mut self, name: &str, place: &Node) -> Node {
        let origin = place.origin.clone();
        if let Some(pseudo) = name.strip_prefix("AWS::") {
            return match pseudo_parameter(pseudo) {
                Some(value) => Node::new(value, origin),
                None => Node::unknown(Why::after_apply(format!("`{name}`")), origin),
            };
        }
        if let Some(&parameter) = self.template.parameters.get(name) {
            let value = parameter_value(name, parameter);
            let node = Node::new(value, origin);
            self.count(&node);
            return node;
        }
        self.attribute(name, "Ref", place)
    }

    /// What `Fn::GetAtt` gives, and `Ref` of a resource.
    pub(super) fn attribute(&mut self, id: &str, attribute: &str, place: &Node) -> Node {
        let memo = (id.to_owned(), attribute.to_owned());
        if let Some(known) = self.attributes.get(&memo) {
            let found = Node {
                origin: place.origin.clone(),
                ..known.clone()
            };
            self.count(&found);
            return found;
        }
        let Some(resource) = self.template.resource(id).cloned() else {
            return Node::unknown(
                Why::not_given(format!("the resource `{id}`")),
                place.origin.clone(),
            );
        };
        let key = format!("`{attribute}` of `{id}`");
        let found = match self.enter(&key, place) {
            Ok(()) => {
                let found = match self.is_there(&resource) {
                    Truth::False => Node::unknown(
                        Why::not_given(format!("`{id}`, whose condition is false,")),
                        place.origin.clone(),
                    ),
                    _ => self.resource_attribute(&resource, attribute, place),
                };
                self.leave(&key);
                found
            }
            Err(why) => return Node::unknown(why, place.origin.clone()),
        };
        // A structure keeps its holes: they may stand in the keys of a policy's condition.
        let found = match found.value {
            Value::List(_) | Value::Map(_) => found,
            _ => self.holes.settle(found),
        };
        self.attributes.insert(memo, found.clone());
        found
    }

    fn resource_attribute(
        &mut self,
        resource: &Resource<'_>,
        attribute: &str,
        place: &Node,
    ) -> Node {
        let unknown = || {
            let detail = match attribute {
                "Ref" => format!("the id of `{}`", resource.id),
                _ => format!("`{}.{attribute}`", resource.id),
            };
            Node::unknown(Why::after_apply(detail), place.origin.clone())
        };
        if resource.kind == CDK_JSON && attribute == "Value" {
            return resource
                .property("Value")
                .map_or_else(unknown, |text| self.parsed_json(text));
        }
        if resource.kind == CDK_CLUSTER {
            return match attribute {
                "Ref" | "Name" => self.cdk_cluster_name(resource),
                "Arn" => self.cluster_arn(resource),
                _ => unknown(),
            };
        }
        let Some(naming) = NAMINGS.iter().find(|naming| naming.kind == resource.kind) else {
            return unknown();
        };
        match (attribute, naming.iam_resource) {
            ("Ref", _) if !naming.ref_is_arn => self.own_name(resource),
            ("Ref" | "PolicyArn", Some(kind)) if naming.ref_is_arn => {
                self.iam_arn(resource, kind, naming.name_property)
            }
            ("Arn", Some(kind)) if !naming.ref_is_arn => {
                self.iam_arn(resource, kind, naming.name_property)
            }
            ("Arn", None) => self.cluster_arn(resource),
            _ => unknown(),
        }
    }

    /// The name of a resource that can be given one; CloudFormation makes one up otherwise.
    pub(super) fn own_name(&mut self, resource: &Resource<'_>) -> Node {
        let property = NAMINGS
            .iter()
            .find(|naming| naming.kind == resource.kind)
            .map_or("Name", |naming| naming.name_property);
        self.property(resource, property)
            .unwrap_or_else(|| made_up(resource))
            .with_object(resource.object.clone())
    }

    fn iam_arn(&mut self, resource: &Resource<'_>, kind: &str, name_property: &str) -> Node {
        let name = self
            .property(resource, name_property)
            .unwrap_or_else(|| made_up(resource));
        let path = self.path(resource);
        let start = Node::string(
            &format!("arn:{}:iam::{}:{kind}", symbol::PARTITION, symbol::ACCOUNT),
            name.origin.clone(),
        );
        let arn = self.holes.join(&[start, path, name.clone()], "", &name);
        self.holes.settle(arn).with_object(resource.object.clone())
    }

    /// The path of what IAM keeps; `/` when it is left out.
    pub(super) fn path(&mut self, resource: &Resource<'_>) -> Node {
        self.property(resource, "Path")
            .unwrap_or_else(|| Node::string("/", resource.origin.clone()))
    }

    pub(super) fn cluster_name(&mut self, resource: &Resource<'_>) -> Node {
        if resource.kind == CDK_CLUSTER {
            self.cdk_cluster_name(resource)
        } else {
            self.own_name(resource)
        }
    }

    fn cdk_cluster_name(&mut self, resource: &Resource<'_>) -> Node {
        self.property(resource, "Config")
            .map_or_else(
                || made_up(resource),
                |config| match (&config.value, config.get("name")) {
                    (Value::Unknown(_), _) => config.clone(),
                    (_, Some(name)) => name.clone(),
                    (_, None) => made_up(resource),
                },
            )
            .with_object(resource.object.clone())
    }

    fn cluster_arn(&mut self, resource: &Resource<'_>) -> Node {
        let mut name = self.cluster_name(resource);
        name.object = None;
        let start = Node::string(
            &format!(
                "arn:{}:eks:{}:{}:cluster/",
                symbol::PARTITION,
                symbol::REGION,
                symbol::ACCOUNT
            ),
            name.origin.clone(),
        );
        let arn = self.holes.join(&[start, name.clone()], "", &name);
        self.holes.settle(arn).with_object(resource.object.clone())
    }
}

fn made_up(resource: &Resource<'_>) -> Node {
    Node::unknown(
        Why::after_apply(format!(
            "the name of `{}`, which CloudFormation makes up,",
            resource.id
        )),
        resource.origin.clone(),
    )
}

/// The value of `AWS::…` without that beginning. The suffix of the partition's domain names stands
/// for that of whichever partition, as it does in the names of service principals.
fn pseudo_parameter(name: &str) -> Option<Value> {
    let text = match name {
        "AccountId" => symbol::ACCOUNT,
        "Partition" => symbol::PARTITION,
        "Region" => symbol::REGION,
        "URLSuffix" => "amazonaws.com",
        "NoValue" => return Some(Value::Null),
        _ => return None,
    };
    Some(Value::String(text.into()))
}

/// A parameter's default. One of a parameter store type names a place, not a value.
fn parameter_value(name: &str, parameter: &Node) -> Value {
    let kind = parameter
        .get("Type")
        .and_then(Node::as_str)
        .unwrap_or("String");
    let missing = || Value::Unknown(Why::not_given(format!("a value of the parameter `{name}`")));
    if kind.starts_with("AWS::SSM::Parameter::") || is_secret(parameter) {
        return missing();
    }
    let Some(default) = parameter.get("Default") else {
        return missing();
    };
    let Some(text) = default.text_fact().value().cloned() else {
        return default.value.clone();
    };
    if kind == "CommaDelimitedList" || kind.starts_with("List<") {
        let items = text
            .split(',')
            .map(|item| Node::string(item.trim(), default.origin.clone()));
        return Value::List(items.collect());
    }
    Value::String(text.into())
}

fn is_secret(parameter: &Node) -> bool {
    parameter
        .get("NoEcho")
        .is_some_and(|flag| flag.bool_fact().value() != Some(&false))
}
