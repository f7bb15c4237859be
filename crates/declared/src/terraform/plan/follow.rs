//! From an open value to the resource it comes from.
//!
//! A plan lists for each expression what it refers to, not what it does with it. A reference is
//! taken for the value where nothing else can be: exactly one of the references is open, it is an
//! attribute of the kind the argument takes (an ARN for `principal_arn`), and no reference leads
//! where the plan says nothing. Locals do, unless the configuration lies beside the plan ([`locals`]).
//!
//! [`locals`]: super::locals

use rolecall_facts::{Fact, ObjectId, Reference, Why};

use super::configuration::references;
use super::instances::Instance;
use super::wanted::Wanted;
use super::{MAX_DEPTH, Place, Plan};
use crate::terraform::address::{Step, steps};
use crate::terraform::{identity, policy_document};
use crate::tree::Node;

/// An attribute that a reference leads to.
struct Found {
    node: Node,
    attribute: String,
    /// Whether the plan knows it; it then is not why another value is open.
    known: bool,
}

/// What an expression's references lead to, and the reference that leads nowhere.
#[derive(Default)]
struct Trail {
    found: Vec<Found>,
    lost: Option<String>,
}

impl<'a> Plan<'a> {
    /// The open values that an expression takes its own from.
    ///
    /// # Errors
    /// The reference, in words, that cannot be followed.
    pub(super) fn open_sources(
        &self,
        place: &Place<'a, '_>,
        expression: &'a Node,
        wanted: Wanted,
        depth: usize,
    ) -> Result<Vec<Node>, String> {
        let mut trail = Trail::default();
        self.walk(place, expression, wanted, depth, &mut trail);
        if let Some(lost) = trail.lost {
            return Err(format!(
                "it comes from `{lost}`, of which a plan says no more"
            ));
        }
        let mut nodes: Vec<Node> = Vec::new();
        for found in trail.found {
            let new =
                |node: &Node| node.object != found.node.object || node.value != found.node.value;
            if !found.known && wanted.takes(&found.attribute) && nodes.iter().all(new) {
                nodes.push(found.node);
            }
        }
        Ok(nodes)
    }

    /// The object whose name or ARN a known text is, if the expression refers to one.
    pub(super) fn object_of(
        &self,
        place: &Place<'a, '_>,
        expression: &'a Node,
        text: &str,
        depth: usize,
    ) -> Option<ObjectId> {
        let mut trail = Trail::default();
        let wanted = if text.starts_with("arn:") {
            Wanted::Arn
        } else {
            Wanted::Name
        };
        self.walk(place, expression, wanted, depth, &mut trail);
        trail
            .found
            .into_iter()
            .find(|found| found.node.as_str() == Some(text))
            .and_then(|found| found.node.object)
    }

    /// The cluster whose name or endpoint a provider's argument holds.
    pub(super) fn cluster_named_by(
        &self,
        place: &Place<'a, '_>,
        expression: &'a Node,
    ) -> Option<Reference<String>> {
        let mut trail = Trail::default();
        self.walk(place, expression, Wanted::Name, 0, &mut trail);
        let names = |found: &Found| matches!(found.attribute.as_str(), "name" | "id" | "endpoint");
        let found = trail
            .found
            .into_iter()
            .find(|found| names(found) && found.node.object.is_some())?;
        let mut reference = found.node.text_reference();
        if found.attribute == "endpoint" {
            let why = Why::not_given("the cluster's name");
            reference.value = Fact::unknown(why);
        }
        Some(reference)
    }

    fn walk(
        &self,
        place: &Place<'a, '_>,
        expression: &'a Node,
        wanted: Wanted,
        depth: usize,
        trail: &mut Trail,
    ) {
        let references = references(expression);
        let by_key = references
            .iter()
            .any(|reference| matches!(*reference, "each.key" | "count.index" | "each.value"));
        for reference in references {
            let walk = Walk {
                place: *place,
                wanted,
                depth: depth + 1,
                by_key,
                attribute: None,
            };
            if depth >= MAX_DEPTH || !self.may_step() {
                trail.lost = Some(reference.to_owned());
                return;
            }
            self.step(&walk, reference, trail);
        }
    }

    fn step(&self, walk: &Walk<'a, '_>, reference: &str, trail: &mut Trail) {
        let steps = steps(reference);
        match steps.as_slice() {
            [Step::Name("count" | "path" | "terraform" | "self"), ..]
            | [Step::Name("each"), Step::Name("key"), ..] => {}
            [Step::Name("local"), Step::Name(name), rest @ ..] => {
                self.local(walk, name, rest, reference, trail);
            }
            [Step::Name("each"), Step::Name("value"), rest @ ..] => self.each(walk, rest, trail),
            [Step::Name("var"), Step::Name(name), ..] => self.variable(walk, name, trail),
            [Step::Name("module"), Step::Name(name), rest @ ..] => {
                let (key, rest) = split_key(rest);
                match rest {
                    [Step::Name(output), ..] => self.output(walk, name, key, output, trail),
                    _ => self.any_output(walk, name, key, reference, trail),
                }
            }
            [
                Step::Name("data"),
                Step::Name(kind),
                Step::Name(name),
                rest @ ..,
            ] => {
                self.resource(walk, &format!("data.{kind}.{name}"), rest, trail);
            }
            [Step::Name(kind), Step::Name(name), rest @ ..] => {
                self.resource(walk, &format!("{kind}.{name}"), rest, trail);
            }
            _ => trail.lost = Some(reference.to_owned()),
        }
    }

    /// A local value is what the configuration beside the plan says it refers to.
    fn local(
        &self,
        walk: &Walk<'a, '_>,
        name: &str,
        part: &[Step<'_>],
        reference: &str,
        trail: &mut Trail,
    ) {
        let call_path = walk.place.module.call_path();
        let references = self
            .locals
            .references(&self.configuration, &call_path, name, part);
        let Some(references) = references else {
            trail.lost = Some(reference.to_owned());
            return;
        };
        for inner in references {
            if walk.depth >= MAX_DEPTH || !self.may_step() {
                trail.lost = Some(reference.to_owned());
                return;
            }
            let walk = Walk {
                depth: walk.depth + 1,
                ..*walk
            };
            self.step(&walk, &inner, trail);
        }
    }

    /// `each.value` of a block whose `for_each` is another resource has that resource's instance of
    /// the same key.
    fn each(&self, walk: &Walk<'a, '_>, rest: &[Step<'_>], trail: &mut Trail) {
        let Some(for_each) = walk.place.for_each else {
            return;
        };
        let attribute = match rest.last() {
            Some(Step::Name(name)) => Some(*name),
            _ => None,
        };
        for reference in references(for_each) {
            let steps = steps(reference);
            let local = match steps.as_slice() {
                [Step::Name("data"), Step::Name(kind), Step::Name(name)] => {
                    format!("data.{kind}.{name}")
                }
                [Step::Name(first), ..] if is_not_a_resource(first) => {
                    trail.lost = Some(format!("each.value, from {reference}"));
                    continue;
                }
                [Step::Name(kind), Step::Name(name)] => format!("{kind}.{name}"),
                _ => {
                    trail.lost = Some(format!("each.value, from {reference}"));
                    continue;
                }
            };
            let walk = Walk {
                by_key: true,
                attribute,
                ..*walk
            };
            self.resource(&walk, &local, &[], trail);
        }
    }

    /// A variable's value is what the calling module gives.
    fn variable(&self, walk: &Walk<'a, '_>, name: &str, trail: &mut Trail) {
        let Some((parent, call, key)) = walk.place.module.parent() else {
            return;
        };
        let Some(call) = self.configuration.call(&parent.call_path(), call) else {
            return;
        };
        let Some(expression) = call.at(&["expressions", name]) else {
            return;
        };
        let place = Place {
            module: &parent,
            key,
            for_each: call.get("for_each_expression"),
        };
        self.walk(&place, expression, walk.wanted, walk.depth, trail);
    }

    /// `module.role[each.key].arn` is listed as `module.role`: the output is not said. It is clear
    /// only where one output alone has an open value of the kind the argument takes.
    fn any_output(
        &self,
        walk: &Walk<'a, '_>,
        name: &str,
        key: &str,
        reference: &str,
        trail: &mut Trail,
    ) {
        let call_path = walk.place.module.child(name, key).call_path();
        let mut all = Trail::default();
        for output in self.configuration.outputs(&call_path) {
            self.output(walk, name, key, output, &mut all);
        }
        all.found
            .retain(|found| !found.known && walk.wanted.takes(&found.attribute));
        let one = all.found.iter().all(|found| {
            all.found.first().is_some_and(|first| {
                first.node.object == found.node.object && first.node.value == found.node.value
            })
        });
        if all.lost.is_some() || all.found.is_empty() || !one {
            trail.lost = Some(reference.to_owned());
        } else {
            trail.found.extend(all.found);
        }
    }

    fn output(&self, walk: &Walk<'a, '_>, name: &str, key: &str, output: &str, trail: &mut Trail) {
        let module = walk.place.module;
        let mut keys = match key {
            "" => self.instances.module_keys(module, name),
            key => vec![key.to_owned()],
        };
        if walk.by_key && keys.iter().any(|key| key == walk.place.key) {
            keys.retain(|key| key == walk.place.key);
        }
        if keys.is_empty() {
            keys.push(String::new());
        }
        for key in keys {
            let child = module.child(name, &key);
            let Some(expression) = self.configuration.output(&child.call_path(), output) else {
                trail.lost = Some(format!("module.{name}.{output}"));
                return;
            };
            let place = Place {
                module: &child,
                key: "",
                for_each: None,
            };
            self.walk(&place, expression, walk.wanted, walk.depth, trail);
        }
    }

    fn resource(&self, walk: &Walk<'a, '_>, local: &str, rest: &[Step<'_>], trail: &mut Trail) {
        let (key, rest) = split_key(rest);
        let mut instances = self.instances.of_resource(walk.place.module, local);
        if !key.is_empty() {
            instances.retain(|instance| instance.key == key);
        } else if walk.by_key && instances.iter().any(|i| i.key == walk.place.key) {
            instances.retain(|instance| instance.key == walk.place.key);
        }
        let attribute = walk.attribute.unwrap_or(match rest.first() {
            Some(Step::Name(name)) => name,
            _ => walk.wanted.default_attribute(),
        });
        for instance in instances {
            if let Some(node) = self.attribute(instance, attribute, walk.depth) {
                trail.found.push(Found {
                    node,
                    attribute: attribute.to_owned(),
                    known: instance.values.get(attribute).is_some(),
                });
            }
        }
    }

    /// An attribute of an instance, put together where the plan does not know it.
    fn attribute(&self, instance: &Instance<'a>, name: &str, depth: usize) -> Option<Node> {
        if depth >= MAX_DEPTH || !self.may_step() {
            return None;
        }
        let known = instance.values.get(name).cloned();
        let is_document = instance.local.starts_with("data.aws_iam_policy_document.");
        let mut node = match known {
            Some(node) => node,
            None if is_document && matches!(name, "json" | "minified_json") => {
                policy_document::render(&self.body(instance, depth))
            }
            None => self.argument(instance, name, depth).or_else(|| {
                let origin = instance.place.origin.clone().with_address(instance.address);
                let environment = self.environments.of_instance(instance, &self.configuration);
                identity::computed(
                    instance.kind,
                    name,
                    &environment,
                    &origin,
                    &mut |argument| self.argument(instance, argument, depth),
                )
            })?,
        };
        if instance.is_managed() && identity::names_its_resource(instance.kind, name) {
            node.object = Some(self.id(instance));
        }
        Some(node)
    }
}

/// One step on the way from a reference to its value.
#[derive(Clone, Copy)]
struct Walk<'a, 'p> {
    place: Place<'a, 'p>,
    wanted: Wanted,
    depth: usize,
    /// Whether the expression uses its own instance key, so that a reference without key means the
    /// instance of the same one.
    by_key: bool,
    /// The attribute, where the reference does not say it.
    attribute: Option<&'p str>,
}

fn is_not_a_resource(first: &str) -> bool {
    matches!(first, "local" | "var" | "module" | "each" | "data")
}

fn split_key<'s, 't>(steps: &'t [Step<'s>]) -> (&'s str, &'t [Step<'s>]) {
    match steps {
        [Step::Key(key), rest @ ..] => (key, rest),
        rest => ("", rest),
    }
}
