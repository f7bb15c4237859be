//! The `configuration` of a plan: expressions as the references they hold.

use std::collections::HashMap;

use crate::tree::Node;

/// Modules and resources of the configuration, by call path and name.
pub(super) struct Configuration<'a> {
    /// By call path, `a.b`; the root's is empty.
    modules: HashMap<String, &'a Node>,
    /// By call path and local address.
    resources: HashMap<(String, String), &'a Node>,
    pub(super) providers: Option<&'a Node>,
}

impl<'a> Configuration<'a> {
    pub(super) fn of(root: &'a Node) -> Self {
        let mut found = Self {
            modules: HashMap::new(),
            resources: HashMap::new(),
            providers: root.at(&["configuration", "provider_config"]),
        };
        let mut open: Vec<(String, &Node)> = root
            .at(&["configuration", "root_module"])
            .map(|module| (String::new(), module))
            .into_iter()
            .collect();
        while let Some((path, module)) = open.pop() {
            for resource in module.get("resources").map_or(&[][..], Node::items) {
                if let Some(address) = resource.get("address").and_then(Node::as_str) {
                    let key = (path.clone(), address.to_owned());
                    found.resources.insert(key, resource);
                }
            }
            for (name, call) in module
                .get("module_calls")
                .into_iter()
                .flat_map(Node::entries)
            {
                if let (Some(name), Some(child)) = (name.as_str(), call.get("module")) {
                    let separator = if path.is_empty() { "" } else { "." };
                    open.push((format!("{path}{separator}{name}"), child));
                }
            }
            found.modules.insert(path, module);
        }
        found
    }

    pub(super) fn resource(&self, call_path: &str, local: &str) -> Option<&'a Node> {
        self.resources
            .get(&(call_path.to_owned(), local.to_owned()))
            .copied()
    }

    /// A call in a module.
    pub(super) fn call(&self, call_path: &str, name: &str) -> Option<&'a Node> {
        self.modules.get(call_path)?.at(&["module_calls", name])
    }

    /// The names of a module's outputs.
    pub(super) fn outputs(&self, call_path: &str) -> impl Iterator<Item = &'a str> + use<'a> {
        let outputs = self
            .modules
            .get(call_path)
            .and_then(|module| module.get("outputs"));
        outputs
            .into_iter()
            .flat_map(Node::entries)
            .filter_map(|(name, _)| name.as_str())
    }

    /// The expression of an output of a module that is called.
    pub(super) fn output(&self, call_path: &str, name: &str) -> Option<&'a Node> {
        self.modules
            .get(call_path)?
            .at(&["outputs", name, "expression"])
    }
}

/// Whether a node of `expressions` is one expression, and not the arguments of a block.
pub(super) fn is_expression(node: &Node) -> bool {
    node.entry("references").is_some() || node.entry("constant_value").is_some()
}

/// The references of an expression, each once and as long as it was written: Terraform lists
/// `a.b.c`, then `a.b`.
pub(super) fn references(expression: &Node) -> Vec<&str> {
    let mut longest: Vec<&str> = Vec::new();
    for reference in expression.get("references").map_or(&[][..], Node::items) {
        let Some(reference) = reference.as_str() else {
            continue;
        };
        let is_part = longest.iter().any(|known| {
            known
                .strip_prefix(reference)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        });
        if !is_part {
            longest.push(reference);
        }
    }
    longest
}
