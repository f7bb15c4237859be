//! The policies of roles. IAM takes an attached policy's attaching and a present document's putting
//! for what they are: done.

use super::Carrier;
use super::attempt::Step;
use super::refusal::Failure;
use super::roles::found_later;

impl Carrier<'_> {
    pub(super) async fn attach(&self, role: &str, policy_arn: &str) -> Step {
        let call = self
            .iam
            .attach_role_policy()
            .role_name(role)
            .policy_arn(policy_arn);
        let Err(error) = call.send().await else {
            return Step::Done;
        };
        let failure = Failure::of(&error, "iam:AttachRolePolicy", role);
        failure.or(|refusal| found_later(refusal, format!("role `{role}` or `{policy_arn}`")))
    }

    pub(super) async fn detach(&self, role: &str, policy_arn: &str) -> Step {
        let call = self
            .iam
            .detach_role_policy()
            .role_name(role)
            .policy_arn(policy_arn);
        let Err(error) = call.send().await else {
            return Step::Done;
        };
        Failure::of(&error, "iam:DetachRolePolicy", role).or(|refusal| match refusal.code() {
            "NoSuchEntity" => Step::gone(format!("`{policy_arn}` on role `{role}`")),
            _ => refusal.failed(),
        })
    }

    pub(super) async fn put_inline(&self, role: &str, name: &str, document: &str) -> Step {
        let call = self
            .iam
            .put_role_policy()
            .role_name(role)
            .policy_name(name)
            .policy_document(document);
        let Err(error) = call.send().await else {
            return Step::Done;
        };
        let failure = Failure::of(&error, "iam:PutRolePolicy", role);
        failure.or(|refusal| found_later(refusal, format!("role `{role}`")))
    }

    pub(super) async fn delete_inline(&self, role: &str, name: &str) -> Step {
        let call = self
            .iam
            .delete_role_policy()
            .role_name(role)
            .policy_name(name);
        let Err(error) = call.send().await else {
            return Step::Done;
        };
        Failure::of(&error, "iam:DeleteRolePolicy", role).or(|refusal| match refusal.code() {
            "NoSuchEntity" => Step::gone(format!("policy `{name}` in role `{role}`")),
            _ => refusal.failed(),
        })
    }
}
