//! What EKS needs of IAM and makes there by itself.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rolecall_arn::AccountId;
use rolecall_policy::{Effect, Layers, Policy, Principal, Request, effect};
use serde_json::json;

use crate::iam::{self, Role};
use crate::ids::Ids;
use crate::state::State;

/// The role EKS acts with.
pub(super) const OF_EKS: ServiceRole = ServiceRole {
    name: "AWSServiceRoleForAmazonEKS",
    service: "eks.amazonaws.com",
    policy: "AmazonEKSServiceRolePolicy",
};

/// The role managed node groups act with.
pub(super) const OF_NODE_GROUPS: ServiceRole = ServiceRole {
    name: "AWSServiceRoleForAmazonEKSNodegroup",
    service: "eks-nodegroup.amazonaws.com",
    policy: "AWSServiceRoleForAmazonEKSNodegroup",
};

/// The role Fargate acts with.
pub(super) const OF_FARGATE: ServiceRole = ServiceRole {
    name: "AWSServiceRoleForAmazonEKSForFargate",
    service: "eks-fargate.amazonaws.com",
    policy: "AmazonEKSForFargateServiceRolePolicy",
};

/// A service-linked role.
pub(super) struct ServiceRole {
    pub(super) name: &'static str,
    service: &'static str,
    policy: &'static str,
}

impl ServiceRole {
    fn path(&self) -> String {
        format!("/aws-service-role/{}/", self.service)
    }

    /// Makes the role in an account that has none, as EKS does with the first cluster, node group or
    /// Fargate profile (EKS User Guide, "Using service-linked roles"). Whether the caller may make it
    /// is not asked.
    pub(super) fn ensure(&self, state: &mut State, ids: &Ids, account: AccountId, now: Timestamp) {
        if state.iam.role(account, self.name).is_some() {
            return;
        }
        let trust = json!({
            "Version": "2012-10-17",
            "Statement": [{
                "Effect": "Allow",
                "Principal": {"Service": self.service},
                "Action": "sts:AssumeRole",
            }],
        });
        let role = Role {
            account,
            name: self.name.to_owned(),
            path: self.path(),
            id: ids.unique("AROA", account),
            created: now,
            trust: trust.to_string(),
            description: None,
            max_session: 3600,
            boundary: None,
            inline: BTreeMap::new(),
            attached: vec![format!(
                "arn:{}:iam::aws:policy/aws-service-role/{}",
                state.partition, self.policy
            )],
            tags: BTreeMap::new(),
        };
        state.iam.roles.insert(&iam::key(account, self.name), role);
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
