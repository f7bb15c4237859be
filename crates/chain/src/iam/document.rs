//! The policy documents that have a say.

use std::rc::Rc;
use std::sync::Arc;

use rolecall_facts::{Completeness, Fact, Origin, PolicyDocument, Reference, Role, symbol};
use rolecall_policy::managed;

use super::compiler::Compiler;
use crate::world::World;

/// A policy document with its name and place.
#[derive(Debug, Clone)]
pub(crate) struct Document {
    pub(crate) name: Arc<str>,
    pub(crate) text: Arc<str>,
    pub(crate) origin: Option<Origin>,
    /// Why its first unknown part is unknown.
    pub(crate) unknown: Option<String>,
}

impl Document {
    pub(crate) fn of(name: &str, document: &PolicyDocument, origin: &Origin) -> Self {
        Self {
            name: name.into(),
            text: Arc::clone(&document.text),
            origin: Some(origin.clone()),
            unknown: document.unknown.first().map(ToString::to_string),
        }
    }

    /// A managed policy of AWS, by name or ARN.
    pub(super) fn aws_managed(name_or_arn: &str) -> Option<Self> {
        let policy = managed::find(name_or_arn)?;
        Some(Self {
            name: format!("{} ({})", policy.name, policy.version).into(),
            text: policy.document.into(),
            origin: None,
            unknown: None,
        })
    }
}

/// The policies of a role: what grants, what limits, and what of it is not known.
#[derive(Debug, Clone, Default)]
pub(crate) struct RolePolicies {
    pub(crate) identity: Vec<Document>,
    /// Why there may be identity policies beyond those.
    pub(crate) more: Option<String>,
    pub(crate) boundary: Option<Result<Document, String>>,
    /// Service control policies by level; an `Err` says why one is not known.
    pub(crate) levels: Vec<(String, Vec<Result<Document, String>>)>,
}

impl RolePolicies {
    /// The policies of a role, gathered once.
    pub(crate) fn of(world: &World<'_>, role: &Role) -> Rc<Self> {
        let known = world
            .compiler
            .roles
            .borrow()
            .get(&std::ptr::from_ref(role))
            .cloned();
        known.unwrap_or_else(|| {
            let policies = Rc::new(Self::gather(world, role));
            world
                .compiler
                .roles
                .borrow_mut()
                .insert(std::ptr::from_ref(role), Rc::clone(&policies));
            policies
        })
    }

    fn gather(world: &World<'_>, role: &Role) -> Self {
        let mut policies = Self::default();
        for inline in &role.inline_policies {
            match &inline.document {
                Fact::Known { value, origin } => {
                    policies
                        .identity
                        .push(Document::of(&inline.name, value, origin));
                }
                Fact::Unknown { why, .. } => {
                    policies.more = Some(format!("inline policy `{}`: {why}", inline.name));
                }
            }
        }
        for attached in &role.attached_policies {
            match referenced(world, attached) {
                Ok(document) => policies.identity.push(document),
                Err(why) => policies.more = Some(why),
            }
        }
        if let Completeness::Partial(why) = &role.policies_complete {
            policies.more = Some(why.to_string());
        }
        policies.boundary = role
            .permissions_boundary
            .as_ref()
            .map(|boundary| referenced(world, boundary));
        policies.levels = world
            .snapshot
            .service_control_levels
            .iter()
            .filter(|level| {
                level.accounts.is_empty()
                    || role
                        .account
                        .is_none_or(|account| level.accounts.contains(&account))
            })
            .map(|level| {
                let documents = level.policies.iter().map(|policy| match &policy.document {
                    Fact::Known { value, origin } => Ok(Document::of(&policy.name, value, origin)),
                    Fact::Unknown { why, .. } => Err(format!("`{}`: {why}", policy.name)),
                });
                (level.target.clone(), documents.collect())
            })
            .collect();
        policies
    }

    /// The policies of a service-linked role: one managed policy and no limits
    /// (IAM User Guide, "Service-linked roles").
    pub(crate) fn service_linked(compiler: &Compiler, policy: &str) -> Self {
        let document = compiler.managed(policy);
        let more = document
            .is_none()
            .then(|| format!("{policy} is not among the policies known"));
        Self {
            identity: document.into_iter().collect(),
            more,
            ..Self::default()
        }
    }
}

fn referenced(world: &World<'_>, reference: &Reference<String>) -> Result<Document, String> {
    if let Some(policy) = world.managed_policy(reference) {
        let name = policy.arn.value().and_then(|arn| arn.rsplit('/').next());
        let address = policy
            .id
            .as_ref()
            .map(|id| id.0.split_once('#').map_or("", |(_, id)| id));
        let name = name.or(address).unwrap_or("a managed policy");
        return match &policy.document {
            Fact::Known { value, origin } => Ok(Document::of(name, value, origin)),
            Fact::Unknown { why, .. } => Err(format!("policy `{name}`: {why}")),
        };
    }
    match &reference.value {
        Fact::Known { value, .. } => world
            .compiler
            .managed(&value.replace(symbol::PARTITION, "aws"))
            .ok_or_else(|| format!("no file given declares policy `{value}`")),
        Fact::Unknown { why, .. } => Err(format!("an attached policy: {why}")),
    }
}
