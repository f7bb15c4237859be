//! The role in an instance profile, of which there is one at most.

use super::Carrier;
use super::attempt::{Again, AtMost, InVain, Step};
use super::error::CarryError;
use super::refusal::{Failure, Refusal};
use super::roles::found_later;

impl Carrier<'_> {
    pub(super) async fn add_to_profile(&self, profile: &str, role: &str) -> Step {
        let call = self
            .iam
            .add_role_to_instance_profile()
            .instance_profile_name(profile)
            .role_name(role);
        let Err(error) = call.send().await else {
            return Step::Done;
        };
        let refusal = match Failure::of(&error, "iam:AddRoleToInstanceProfile", profile) {
            Failure::Step(step) => return step,
            Failure::Refused(refusal) => refusal,
        };
        match refusal.code() {
            "LimitExceeded" | "EntityAlreadyExists" => {
                self.profile_is_full(profile, role, refusal).await
            }
            _ => found_later(
                refusal,
                format!("instance profile `{profile}` or role `{role}`"),
            ),
        }
    }

    async fn profile_is_full(&self, profile: &str, role: &str, refusal: Refusal) -> Step {
        let call = self
            .iam
            .get_instance_profile()
            .instance_profile_name(profile);
        let answer = match call.send().await {
            Ok(answer) => answer,
            Err(error) => return Failure::of(&error, "iam:GetInstanceProfile", profile).step(),
        };
        let roles = answer.instance_profile.map(|profile| profile.roles);
        let roles = roles.unwrap_or_default();
        match roles.first() {
            Some(found) if found.role_name.eq_ignore_ascii_case(role) => Step::Done,
            Some(found) => Step::Again(Again {
                what: format!("room in instance profile `{profile}`"),
                why: "a role is in it; one that was taken out only now is gone within seconds",
                at_most: AtMost::Short,
                in_vain: InVain::Failed(CarryError::Changed {
                    what: format!("the instance profile `{profile}`"),
                    found: format!("holds the role `{}`, not `{role}`", found.role_name),
                }),
            }),
            None => Step::again(
                format!("room in instance profile `{profile}`"),
                "IAM says that it is full and shows it empty; it does not agree with itself yet",
                AtMost::Usual,
                refusal,
            ),
        }
    }

    pub(super) async fn remove_from_profile(&self, profile: &str, role: &str) -> Step {
        let call = self
            .iam
            .remove_role_from_instance_profile()
            .instance_profile_name(profile)
            .role_name(role);
        let Err(error) = call.send().await else {
            return Step::Done;
        };
        let failure = Failure::of(&error, "iam:RemoveRoleFromInstanceProfile", profile);
        failure.or(|refusal| match refusal.code() {
            "NoSuchEntity" => Step::gone(format!("role `{role}` in instance profile `{profile}`")),
            _ => refusal.failed(),
        })
    }
}
