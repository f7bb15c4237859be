//! What EKS needs of IAM and makes there by itself.

use rolecall_policy::{Effect, Layers, Policy, Principal, Request, effect};

use super::refusal::invalid_request;
use crate::authorize::Ask;
use crate::call::Call;
use crate::failure::Failure;
use crate::iam::{self, Role};
use crate::state::State;

/// The role EKS acts with.
pub(super) const OF_EKS: ServiceRole = ServiceRole("eks.amazonaws.com");

/// The role managed node groups act with.
pub(super) const OF_NODE_GROUPS: ServiceRole = ServiceRole("eks-nodegroup.amazonaws.com");

/// The role Fargate acts with.
pub(super) const OF_FARGATE: ServiceRole = ServiceRole("eks-fargate.amazonaws.com");

/// A service-linked role, by its service.
pub(super) struct ServiceRole(&'static str);

impl ServiceRole {
    /// Whether the caller may look for the role, and make it where there is none. The words are of
    /// node groups; whether EKS asks for clusters and Fargate profiles too was not seen.
    pub(super) fn check_caller(&self, state: &State, call: &Call<'_>) -> Result<(), Failure> {
        let Some((name, arn)) = iam::service_linked_role(&state.partition, call.account(), self.0)
        else {
            return Ok(());
        };
        if call.decide(&Ask::new("iam:GetRole", &arn)).is_err() {
            return Err(invalid_request(format!(
                "Failed to validate if SLR: {name} already exists due to missing permissions for \
                 'iam:GetRole'"
            )));
        }
        let exists = state.iam.role(call.account(), name).is_some();
        let make =
            || Ask::new("iam:CreateServiceLinkedRole", &arn).with("iam:AWSServiceName", self.0);
        if exists || call.decide(&make()).is_ok() {
            return Ok(());
        }
        Err(invalid_request(format!(
            "Failed to create service linked role: {name} due to missing permissions for \
             'iam:CreateServiceLinkedRole'"
        )))
    }

    /// Makes the role in an account that has none, as EKS does with the first cluster, node group or
    /// Fargate profile (EKS User Guide, "Using service-linked roles").
    pub(super) fn ensure(&self, state: &mut State, call: &Call<'_>) {
        let State { iam, partition, .. } = state;
        iam.put_service_linked_role(partition, call.ids(), call.now, call.account(), self.0);
        state.touch();
    }
}

/// Whether a role lets an AWS service assume it.
pub(super) enum Trust {
    /// There is no such role.
    Missing,
    /// It does not let the service in.
    Refuses,
    /// It does.
    Trusts,
}

/// Looks a role up and asks its trust policy.
pub(super) fn trust(state: &State, role_arn: &str, service: &str) -> Trust {
    let Some(role) = role(state, role_arn) else {
        return Trust::Missing;
    };
    let (Ok(policy), Ok(principal)) = (
        Policy::parse("trust policy", &role.trust),
        service.parse::<Principal>(),
    ) else {
        return Trust::Refuses;
    };
    let request = Request::new(principal, "sts:AssumeRole", role_arn);
    let layers = Layers {
        resource: policy.into(),
        ..Layers::default()
    };
    if effect(&request, &layers) == Effect::Allowed {
        Trust::Trusts
    } else {
        Trust::Refuses
    }
}

/// The role with exactly this ARN, as callers see IAM now.
pub(super) fn role<'a>(state: &'a State, role_arn: &str) -> Option<&'a Role> {
    let principal = super::principal::Principal::parse(role_arn)?;
    let role = state
        .iam
        .roles
        .seen(&iam::key(principal.account, &principal.name))?;
    (role.arn(&state.partition) == role_arn).then_some(role)
}
