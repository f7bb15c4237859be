//! A template's sections, by name.

use std::collections::HashMap;

use rolecall_facts::{ObjectId, Origin};

use crate::Source;
use crate::tree::{Node, Value};

/// A template's sections.
pub(super) struct Template<'a> {
    pub(super) source: &'a Source,
    pub(super) parameters: HashMap<&'a str, &'a Node>,
    pub(super) mappings: HashMap<&'a str, &'a Node>,
    pub(super) conditions: HashMap<&'a str, &'a Node>,
    /// In the order of the file.
    pub(super) resources: Vec<Resource<'a>>,
    by_id: HashMap<&'a str, usize>,
    /// Name and value of each export.
    pub(super) exports: Vec<(&'a Node, &'a Node)>,
    /// What may add resources when the template is processed: a macro or a loop.
    pub(super) expansion: Option<Expansion<'a>>,
}

/// A macro or a loop.
pub(super) struct Expansion<'a> {
    pub(super) name: &'a str,
    pub(super) origin: Origin,
}

/// One resource.
#[derive(Clone)]
pub(super) struct Resource<'a> {
    pub(super) id: &'a str,
    pub(super) kind: &'a str,
    pub(super) condition: Option<&'a Node>,
    properties: Option<&'a Node>,
    /// The place of the logical id, with the address that says most: CDK's construct path, or the
    /// logical id.
    pub(super) origin: Origin,
    pub(super) object: ObjectId,
}

impl<'a> Resource<'a> {
    /// A property as it is written.
    pub(super) fn property(&self, name: &str) -> Option<&'a Node> {
        self.properties?.get(name)
    }

    /// All properties, as they are written.
    pub(super) fn properties(&self) -> Option<&'a Node> {
        self.properties
    }

    fn is_of_interest(&self) -> bool {
        self.kind.starts_with("AWS::IAM::")
            || self.kind.starts_with("AWS::EKS::")
            || self.kind.starts_with("Custom::AWSCDK-EKS-")
    }
}

/// Transforms that do not add resources of the kinds that are read here: language extensions, and
/// the serverless ones, which make roles for functions only.
const HARMLESS_TRANSFORMS: [&str; 3] = [
    "AWS::LanguageExtensions",
    "AWS::Serverless-2016-10-31",
    "AWS::SecretsManager-2020-07-23",
];

impl<'a> Template<'a> {
    pub(super) fn new(source: &'a Source, root: &'a Node) -> Self {
        let section = |name: &str| -> HashMap<&'a str, &'a Node> {
            root.get(name)
                .into_iter()
                .flat_map(Node::entries)
                .filter_map(|(key, value)| Some((key.as_str()?, value)))
                .collect()
        };
        let mut template = Self {
            source,
            parameters: section("Parameters"),
            mappings: section("Mappings"),
            conditions: section("Conditions"),
            resources: Vec::new(),
            by_id: HashMap::new(),
            exports: section("Outputs")
                .values()
                .filter_map(|output| Some((output.at(&["Export", "Name"])?, output.get("Value")?)))
                .collect(),
            expansion: root
                .get("Transform")
                .and_then(expanding_transform)
                .or_else(|| included(root)),
        };
        for (key, node) in root.get("Resources").into_iter().flat_map(Node::entries) {
            if let Some(name) = key.as_str() {
                template.add(name, key, node);
            }
        }
        template
    }

    fn add(&mut self, name: &'a str, key: &'a Node, node: &'a Node) {
        if name.starts_with("Fn::") {
            self.expansion = Some(Expansion {
                name,
                origin: key.origin.clone(),
            });
            return;
        }
        let Some(kind) = node.get("Type").and_then(Node::as_str) else {
            return;
        };
        let address = node
            .at(&["Metadata", "aws:cdk:path"])
            .and_then(Node::as_str)
            .unwrap_or(name);
        let resource = Resource {
            id: name,
            kind,
            condition: node.get("Condition"),
            properties: node.get("Properties"),
            origin: key.origin.clone().with_address(address),
            object: ObjectId::new(&self.source.path, name),
        };
        match self
            .by_id
            .get(name)
            .and_then(|i| self.resources.get_mut(*i))
        {
            // The later of two of one id is what most parsers take.
            Some(earlier) => *earlier = resource,
            None => {
                self.by_id.insert(name, self.resources.len());
                self.resources.push(resource);
            }
        }
    }

    pub(super) fn resource(&self, id: &str) -> Option<&Resource<'a>> {
        self.by_id
            .get(id)
            .and_then(|index| self.resources.get(*index))
    }

    /// The resources of some types, in the order of the file.
    pub(super) fn of_kind(&self, kinds: &[&str]) -> Vec<Resource<'a>> {
        self.resources
            .iter()
            .filter(|resource| kinds.contains(&resource.kind))
            .cloned()
            .collect()
    }

    pub(super) fn has_resources_of_interest(&self) -> bool {
        self.resources.iter().any(Resource::is_of_interest)
    }
}

/// An `Fn::Transform` among the sections, such as `AWS::Include`.
fn included(root: &Node) -> Option<Expansion<'_>> {
    let (key, _) = root.entry("Fn::Transform")?;
    Some(Expansion {
        name: "Fn::Transform",
        origin: key.origin.clone(),
    })
}

/// The first transform that is not known to be harmless.
fn expanding_transform(node: &Node) -> Option<Expansion<'_>> {
    let items = match &node.value {
        Value::List(items) => items.as_slice(),
        _ => std::slice::from_ref(node),
    };
    items.iter().find_map(|item| {
        let name = item
            .as_str()
            .or_else(|| item.get("Name").and_then(Node::as_str))?;
        (!HARMLESS_TRANSFORMS.contains(&name)).then(|| Expansion {
            name,
            origin: item.origin.clone(),
        })
    })
}
