//! Where a plan is applied: from its providers and from what it read of the caller.

use std::collections::HashMap;

use rolecall_arn::Partition;

use super::configuration::{Configuration, references};
use super::instances::{Instance, Instances};
use crate::terraform::address::{Step, steps};
use crate::terraform::environment::Environment;
use crate::tree::{Node, Value};

/// An environment for each provider configuration, `aws` or `aws.alias`.
pub(super) struct Environments(HashMap<String, Environment>);

const DEFAULT: &str = "aws";

impl Environments {
    pub(super) fn of(
        root: &Node,
        instances: &Instances<'_>,
        configuration: &Configuration<'_>,
    ) -> Self {
        let mut found = HashMap::from([(DEFAULT.to_owned(), Environment::default())]);
        let providers = configuration.providers.into_iter().flat_map(Node::entries);
        for (key, provider) in providers {
            let is_aws = provider.get("name").and_then(Node::as_str) == Some("aws");
            if let (Some(key), true) = (key.as_str(), is_aws) {
                let arguments = constants(provider.get("expressions"), root);
                let environment = match key {
                    DEFAULT => Environment::of_provider(&arguments),
                    alias => Environment::of_alias(alias, &arguments),
                };
                found.insert(key.to_owned(), environment);
            }
        }
        let mut found = Self(found);
        for instance in instances.all() {
            found.learn(instance, configuration);
        }
        found
    }

    /// Takes in what data sources read of the caller.
    fn learn(&mut self, instance: &Instance<'_>, configuration: &Configuration<'_>) {
        let text = |name: &str| instance.values.get(name).and_then(Node::as_str);
        let key = provider_key(instance, configuration).unwrap_or(DEFAULT);
        let Some(known) = self.0.get_mut(key) else {
            return;
        };
        // An object of this provider that exists already tells as much by its ARN.
        let before = instance
            .change
            .and_then(|change| change.at(&["change", "before", "arn"]));
        let arn = instance.values.get("arn").or(before).and_then(Node::as_str);
        if let (true, "aws_iam_role" | "aws_eks_cluster", Some(arn)) =
            (instance.is_managed(), instance.kind, arn)
        {
            let mut parts = arn.split(':').skip(1);
            let partition = parts.next().and_then(|name| name.parse().ok());
            let account = parts.nth(2).and_then(|id| id.parse().ok());
            known.partition = known.partition.take().or(partition);
            known.account = known.account.or(account);
            known.foreign = known.foreign.take().filter(|_| known.account.is_none());
        }
        match instance.local.split('.').nth(1) {
            Some("aws_caller_identity") if instance.local.starts_with("data.") => {
                let account = text("account_id").and_then(|id| id.parse().ok());
                known.account = known.account.or(account);
                known.foreign = None;
            }
            Some("aws_partition") if instance.local.starts_with("data.") => {
                let partition = text("partition").and_then(|name| name.parse().ok());
                known.partition = known.partition.take().or(partition);
            }
            Some("aws_region") if instance.local.starts_with("data.") => {
                let region = text("region").or_else(|| text("name"));
                known.partition = known
                    .partition
                    .take()
                    .or_else(|| region.map(Partition::of_region));
                known.region = known.region.take().or_else(|| region.map(Into::into));
            }
            _ => {}
        }
    }

    pub(super) fn of_instance(
        &self,
        instance: &Instance<'_>,
        configuration: &Configuration<'_>,
    ) -> Environment {
        let key = provider_key(instance, configuration).unwrap_or(DEFAULT);
        self.0
            .get(key)
            .or_else(|| self.0.get(DEFAULT))
            .cloned()
            .unwrap_or_default()
    }
}

/// Terraform writes the key of the configuration a resource ends up with; older versions prefix the
/// module, `module.a:aws`.
pub(super) fn provider_key<'a>(
    instance: &Instance<'_>,
    configuration: &Configuration<'a>,
) -> Option<&'a str> {
    let resource = configuration.resource(&instance.module.call_path(), &instance.local)?;
    let key = resource.get("provider_config_key")?.as_str()?;
    Some(key.rsplit(':').next().unwrap_or(key))
}

/// The arguments whose values are constants or variables of the root module.
fn constants(expressions: Option<&Node>, root: &Node) -> Node {
    let Some(expressions) = expressions else {
        return Node::new(Value::Map(Vec::new()), root.origin.clone());
    };
    let value = |expression: &Node| -> Option<Node> {
        if let Some(constant) = expression.get("constant_value") {
            return Some(constant.clone());
        }
        match references(expression).as_slice() {
            [only] => match steps(only).as_slice() {
                [Step::Name("var"), Step::Name(name)] => {
                    root.at(&["variables", name, "value"]).cloned()
                }
                _ => None,
            },
            _ => None,
        }
    };
    let entries = expressions
        .entries()
        .filter_map(|(name, expression)| {
            let node = match &expression.value {
                Value::List(blocks) => {
                    let blocks = blocks.iter().map(|block| constants(Some(block), root));
                    Node::new(Value::List(blocks.collect()), expression.origin.clone())
                }
                _ => value(expression)?,
            };
            Some((name.clone(), node))
        })
        .collect();
    Node::new(Value::Map(entries), expressions.origin.clone())
}
