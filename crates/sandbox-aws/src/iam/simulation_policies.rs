//! The policies a simulation is made with, each under the id that results name it by.

use rolecall_policy::{Layers, Level, Policy, PolicyKind, PolicySet, managed};
use serde_json::Value;

use super::failures::{invalid_input, no_such_entity};
use super::holder::Holder;
use super::named::Named;
use super::simulation_exclusions::Exclusions;
use super::{Role, User};
use crate::call::Call;
use crate::failure::Failure;
use crate::parameters::Parameters;
use crate::standing;
use crate::state::State;

/// A policy, its text and where it comes from. The policy's name is the `SourcePolicyId`.
pub(super) struct Source {
    pub(super) policy: Policy,
    pub(super) text: String,
    pub(super) origin: Origin,
}

/// Where a policy of a simulation comes from.
#[derive(Debug, PartialEq)]
pub(super) enum Origin {
    /// Inside a user or role.
    Inline {
        holder: &'static str,
        holder_name: String,
        name: String,
    },
    /// A managed policy.
    Managed { arn: String },
    /// A text of the request.
    Input,
}

/// All policies of a simulation.
#[derive(Default)]
pub(super) struct Policies {
    pub(super) identity: Vec<Source>,
    pub(super) resource: Option<Source>,
    pub(super) boundary: Option<PolicySet>,
    pub(super) service_control: Vec<Level>,
}

impl Policies {
    /// The policies of the request's texts.
    pub(super) fn of_request(parameters: &Parameters) -> Result<Self, Failure> {
        let identity = texts(parameters, "PolicyInputList", PolicyKind::Identity)?;
        let boundaries = texts(
            parameters,
            "PermissionsBoundaryPolicyInputList",
            PolicyKind::Identity,
        )?;
        if boundaries.len() > 1 {
            return Err(invalid_input(
                "Only one permissions boundary policy may be given.",
            ));
        }
        let resource = parameters
            .text("ResourcePolicy")
            .map(|text| source("ResourcePolicy", text, PolicyKind::Resource))
            .transpose()?;
        Ok(Self {
            identity,
            resource,
            boundary: boundaries
                .into_iter()
                .next()
                .map(|source| source.policy.into()),
            service_control: levels(parameters)?,
        })
    }

    /// Puts the policies of a user or role before those of the request.
    pub(super) fn add_principal(
        &mut self,
        state: &State,
        call: &Call<'_>,
        arn: &str,
    ) -> Result<(), Failure> {
        let account = call.account();
        let name = arn.rsplit('/').next().unwrap_or_default();
        let (mut own, boundary) = match arn.split(':').nth(5).unwrap_or_default() {
            role if role.starts_with("role/") => of_holder(
                state,
                state
                    .iam
                    .role_by_arn(&state.partition, arn)
                    .filter(|role| role.account == account)
                    .ok_or_else(|| Role::missing(name))?,
            ),
            user if user.starts_with("user/") => of_holder(
                state,
                state
                    .iam
                    .user(account, name)
                    .filter(|user| user.arn(&state.partition) == arn)
                    .ok_or_else(|| User::missing(name))?,
            ),
            _ => {
                return Err(no_such_entity(format!(
                    "The group with name {name} cannot be found."
                )));
            }
        };
        let exclusions = Exclusions::of(&call.parameters)?;
        own.retain(|source| !exclusions.exclude(&source.origin));
        own.append(&mut self.identity);
        self.identity = own;
        if self.boundary.is_none() && !exclusions.exclude_boundary() {
            self.boundary = boundary;
        }
        if !exclusions.exclude_service_control() {
            self.service_control = standing::service_control(state, account);
        }
        Ok(())
    }

    pub(super) fn layers(&self) -> Layers {
        Layers {
            identity: self
                .identity
                .iter()
                .map(|source| source.policy.clone())
                .collect(),
            boundary: self.boundary.clone(),
            resource: self
                .resource
                .iter()
                .map(|source| source.policy.clone())
                .collect(),
            service_control: self.service_control.clone(),
            ..Layers::default()
        }
    }

    /// The policies whose statements and condition keys results speak of.
    pub(super) fn sources(&self) -> impl Iterator<Item = &Source> {
        self.identity.iter().chain(&self.resource)
    }
}

/// The policies of a user or role and its boundary. A boundary that cannot be read allows nothing.
fn of_holder<T: Holder>(state: &State, holder: &T) -> (Vec<Source>, Option<PolicySet>) {
    let inline = holder.inline().iter().filter_map(|(name, text)| {
        let id = format!("{}_{}_{name}", T::NOUN, holder.name());
        Some(Source {
            policy: Policy::parse(&id, text).ok()?,
            text: text.clone(),
            origin: Origin::Inline {
                holder: T::NOUN,
                holder_name: holder.name().to_owned(),
                name: name.clone(),
            },
        })
    });
    let attached = holder.attached().iter().filter_map(|arn| {
        Some(Source {
            policy: standing::managed_policy(state, arn)?,
            text: document(state, arn)?,
            origin: Origin::Managed { arn: arn.clone() },
        })
    });
    let boundary = Named::boundary(holder).map(|arn| {
        let policy = standing::managed_policy(state, arn);
        policy.into_iter().collect::<PolicySet>()
    });
    (inline.chain(attached).collect(), boundary)
}

fn document(state: &State, arn: &str) -> Option<String> {
    match state.iam.policy(arn) {
        Some(policy) => policy.document().map(str::to_owned),
        None => managed::find(arn).map(|policy| policy.document.to_owned()),
    }
}

fn source(id: &str, text: &str, kind: PolicyKind) -> Result<Source, Failure> {
    let policy = Policy::accept(kind, id, text)
        .map_err(|error| invalid_input(format!("{id}: {}", error.reason())))?;
    Ok(Source {
        policy,
        text: text.to_owned(),
        origin: Origin::Input,
    })
}

/// Texts of a list: `PolicyInputList.1` is the id of the first.
fn texts(parameters: &Parameters, name: &str, kind: PolicyKind) -> Result<Vec<Source>, Failure> {
    let texts = parameters.texts(name).into_iter().enumerate();
    texts
        .map(|(place, text)| source(&format!("{name}.{}", place + 1), text, kind))
        .collect()
}

/// Service control policies of the request, from the root down.
fn levels(parameters: &Parameters) -> Result<Vec<Level>, Failure> {
    let name = "OrderedOrganizationPolicyInputList";
    let mut levels = Vec::new();
    for (place, level) in parameters.list(name).into_iter().enumerate() {
        let target = format!("{name}.{}", place + 1);
        let Value::Object(fields) = level else {
            continue;
        };
        let fields = Parameters(fields.clone());
        let policies = texts(
            &fields,
            "ServiceControlPolicyInputList",
            PolicyKind::ServiceControl,
        )?;
        levels.push(Level {
            target,
            policies: policies.into_iter().map(|source| source.policy).collect(),
        });
    }
    Ok(levels)
}
