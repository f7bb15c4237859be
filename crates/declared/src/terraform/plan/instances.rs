//! The resource instances of a plan or state.

use std::collections::{BTreeSet, HashMap};

use crate::terraform::address::{ModulePath, text_key};
use crate::tree::{Node, Value};

/// One instance as it will be, or is.
pub(super) struct Instance<'a> {
    pub(super) kind: &'a str,
    pub(super) address: &'a str,
    pub(super) module: ModulePath,
    /// `aws_iam_role.node` or `data.aws_region.current`: the address within its module, without key.
    pub(super) local: String,
    /// The instance key with brackets; empty without one.
    pub(super) key: String,
    /// The address as it stands in the plan; where the resource is shown to be.
    pub(super) place: &'a Node,
    pub(super) values: &'a Node,
    /// The entry in `resource_changes`.
    pub(super) change: Option<&'a Node>,
    managed: bool,
}

impl<'a> Instance<'a> {
    pub(super) fn is_managed(&self) -> bool {
        self.managed
    }

    pub(super) fn after_unknown(&self) -> Option<&'a Node> {
        self.change
            .and_then(|change| change.at(&["change", "after_unknown"]))
    }
}

/// All instances, in the order of the file.
pub(super) struct Instances<'a> {
    all: Vec<Instance<'a>>,
    by_local: HashMap<String, Vec<usize>>,
    /// The keys of each module call, by the call's name at its module's address.
    module_keys: HashMap<String, BTreeSet<String>>,
    changes: &'a [Node],
}

impl<'a> Instances<'a> {
    pub(super) fn of(root: &'a Node) -> Self {
        let changes = root.get("resource_changes").map_or(&[][..], Node::items);
        let by_address: HashMap<&str, &Node> = changes
            .iter()
            .filter(|change| change.get("deposed").is_none())
            .filter_map(|change| Some((change.get("address")?.as_str()?, change)))
            .collect();
        let mut found = Self {
            all: Vec::new(),
            by_local: HashMap::new(),
            module_keys: HashMap::new(),
            changes,
        };
        let planned = root.get("planned_values").or_else(|| root.get("values"));
        found.read_module(planned, &by_address, false);
        // Data that was read while planning is only in the prior state; so are resources, but
        // those the plan deletes as well.
        found.read_module(root.at(&["prior_state", "values"]), &by_address, true);
        found
    }

    /// Walks the tree of modules; a module nests its children, so a list of work is kept.
    fn read_module(
        &mut self,
        values: Option<&'a Node>,
        changes: &HashMap<&str, &'a Node>,
        data_only: bool,
    ) {
        let mut open: Vec<&Node> = values
            .and_then(|v| v.get("root_module"))
            .into_iter()
            .collect();
        while let Some(module) = open.pop() {
            let address = module
                .get("address")
                .and_then(Node::as_str)
                .unwrap_or_default();
            let path = ModulePath::parse(address);
            if let Some((parent, name, key)) = path.parent() {
                let call = parent.address_of(name);
                self.module_keys
                    .entry(call)
                    .or_default()
                    .insert(key.to_owned());
            }
            for resource in module.get("resources").map_or(&[][..], Node::items) {
                let managed = resource.get("mode").and_then(Node::as_str) != Some("data");
                if !(data_only && managed) {
                    self.add(resource, managed, &path, changes);
                }
            }
            let children = module.get("child_modules").map_or(&[][..], Node::items);
            open.extend(children.iter().rev());
        }
    }

    fn add(
        &mut self,
        resource: &'a Node,
        managed: bool,
        module: &ModulePath,
        changes: &HashMap<&str, &'a Node>,
    ) {
        let text = |name: &str| resource.get(name).and_then(Node::as_str);
        let (Some(kind), Some(name), Some(place), Some(values)) = (
            text("type"),
            text("name"),
            resource.get("address"),
            resource.get("values"),
        ) else {
            return;
        };
        let Some(address) = place.as_str() else {
            return;
        };
        let mode = if managed { "" } else { "data." };
        let local = format!("{mode}{kind}.{name}");
        let key = match resource.get("index").map(|index| &index.value) {
            Some(Value::String(key)) => text_key(key),
            Some(Value::Number(index)) => format!("[{index}]"),
            _ => String::new(),
        };
        let known = self.by_local.entry(module.address_of(&local)).or_default();
        let in_plan_already = known
            .iter()
            .any(|index| self.all.get(*index).is_some_and(|other| other.key == key));
        if in_plan_already {
            return;
        }
        known.push(self.all.len());
        self.all.push(Instance {
            kind,
            address,
            module: module.clone(),
            local,
            key,
            place,
            values,
            change: changes.get(address).copied(),
            managed,
        });
    }

    pub(super) fn managed(&self) -> impl Iterator<Item = &Instance<'a>> {
        self.all.iter().filter(|instance| instance.managed)
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &Instance<'a>> {
        self.all.iter()
    }

    /// The instances of a resource of a module.
    pub(super) fn of_resource(&self, module: &ModulePath, local: &str) -> Vec<&Instance<'a>> {
        self.by_local
            .get(&module.address_of(local))
            .into_iter()
            .flatten()
            .filter_map(|index| self.all.get(*index))
            .collect()
    }

    /// The keys with which a module call of this name was made.
    pub(super) fn module_keys(&self, module: &ModulePath, name: &str) -> Vec<String> {
        let call = module.address_of(name);
        let keys = self.module_keys.get(&call).into_iter().flatten();
        keys.cloned().collect()
    }

    /// Role name and policy of the attachments and inline policies that the plan takes away.
    pub(super) fn detached(&self) -> Vec<(String, String)> {
        self.changes
            .iter()
            .filter_map(|change| {
                let policy = match change.get("type")?.as_str()? {
                    "aws_iam_role_policy_attachment" => "policy_arn",
                    "aws_iam_role_policy" => "name",
                    _ => return None,
                };
                let actions = change.at(&["change", "actions"])?.items();
                let deletes = actions
                    .iter()
                    .any(|action| action.as_str() == Some("delete"));
                let before = change.at(&["change", "before"]).filter(|_| deletes)?;
                let text = |name: &str| before.get(name).and_then(Node::as_str).map(str::to_owned);
                Some((text("role")?, text(policy)?))
            })
            .collect()
    }
}
