//! Data sources whose answer follows from the configuration or is a symbol.

use std::rc::Rc;

use rolecall_arn::Partition;
use rolecall_facts::{Origin, Why};

use super::evaluator::Evaluator;
use super::resource::{address, resource_block};
use super::scope::{Instance, Key};
use super::value::Eval;
use crate::terraform::policy_document;
use crate::tree::{Node, Value};

/// Attributes of a data source that are answers and not arguments.
pub(super) fn computed_names(kind: &str) -> &'static [&'static str] {
    match kind {
        "aws_caller_identity" => &["account_id"],
        "aws_partition" => &["partition", "dns_suffix"],
        "aws_region" => &["region"],
        "aws_service_principal" => &["name"],
        "aws_iam_policy_document" => &["json", "minified_json"],
        _ => &[],
    }
}

impl<'a> Evaluator<'a> {
    pub(super) fn data(
        &self,
        instance: &Rc<Instance<'a>>,
        index: usize,
        key: &Key,
        name: &str,
        origin: &Origin,
    ) -> Eval {
        let block = resource_block(instance, index)?;
        let environment = self.environment(instance, block);
        let kind = block.label(0);
        let answer = match (kind, name) {
            ("aws_caller_identity", "account_id" | "id") if environment.foreign.is_none() => {
                Some(environment.account_text())
            }
            ("aws_partition", "partition" | "id") => Some(environment.partition_text().to_owned()),
            // Of an unknown partition, the suffix stands for whichever it is, as it does in the names
            // of service principals.
            ("aws_partition" | "aws_service_principal", "dns_suffix") => environment
                .partition
                .as_ref()
                .map_or(Some("amazonaws.com"), Partition::url_suffix)
                .map(str::to_owned),
            ("aws_service_principal", "name" | "id") => {
                return self.service_principal(instance, index, key, origin);
            }
            ("aws_region", "name" | "id" | "region") => Some(environment.region_text().to_owned()),
            _ => None,
        };
        let written = self.argument(instance, &block.body, key, name)?;
        if let Some(value) = written.filter(|value| value.value != Value::Null) {
            return Ok(value);
        }
        if let Some(answer) = answer {
            return Ok(Node::string(&answer, origin.clone()));
        }
        match (kind, name) {
            ("aws_iam_policy_document", "json" | "minified_json") => {
                let body = self.body(&block.body, instance, key, None, &block.origin)?;
                Ok(policy_document::render(&body))
            }
            ("aws_eks_cluster" | "aws_iam_role", "id") => {
                let name = self.argument(instance, &block.body, key, "name")?;
                Ok(name.unwrap_or_else(|| self.not_read(instance, block, key, "name", origin)))
            }
            // The path of what is looked up by name is not known; which object it is may be.
            ("aws_iam_role" | "aws_iam_policy", "arn") => {
                let looked_up = self.argument(instance, &block.body, key, "name")?;
                let mut node = self.not_read(instance, block, key, name, origin);
                node.object = looked_up.and_then(|name| name.object);
                Ok(node)
            }
            ("template_file", "rendered") => self.template_data(instance, index, key, origin),
            _ => Ok(self.not_read(instance, block, key, name, origin)),
        }
    }

    /// `data.aws_service_principal`: the service's name in the partition's domain.
    fn service_principal(
        &self,
        instance: &Rc<Instance<'a>>,
        index: usize,
        key: &Key,
        origin: &Origin,
    ) -> Eval {
        let block = resource_block(instance, index)?;
        let service = self.argument(instance, &block.body, key, "service_name")?;
        let suffix = self.data(instance, index, key, "dns_suffix", origin)?;
        Ok(
            match service.as_ref().and_then(Node::as_str).zip(suffix.as_str()) {
                Some((service, suffix)) => {
                    Node::string(&format!("{service}.{suffix}"), origin.clone())
                }
                None => service.filter(Node::is_unknown).unwrap_or(suffix),
            },
        )
    }

    fn not_read(
        &self,
        instance: &Instance<'a>,
        block: &super::file::Block,
        key: &Key,
        name: &str,
        origin: &Origin,
    ) -> Node {
        let address = address(instance, block, key);
        let why = Why::not_given(format!("`{name}` of `{address}`"));
        Node::unknown(why, origin.clone())
    }

    fn template_data(
        &self,
        instance: &Rc<Instance<'a>>,
        index: usize,
        key: &Key,
        origin: &Origin,
    ) -> Eval {
        let block = resource_block(instance, index)?;
        let argument = |name: &str| self.argument(instance, &block.body, key, name);
        let (template, vars) = (argument("template")?, argument("vars")?);
        let empty = Node::new(Value::Map(Vec::new()), origin.clone());
        match template.as_ref().and_then(Node::as_str) {
            Some(text) => self.template_with(text, &vars.unwrap_or(empty), instance, origin),
            None => Ok(self.not_read(instance, block, key, "rendered", origin)),
        }
    }
}
