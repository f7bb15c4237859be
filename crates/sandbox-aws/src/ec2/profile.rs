//! The instance profile of a launch, and whether the caller may pass its role.

use rolecall_arn::Partition;
use serde_json::Value;

use crate::authorize::Ask;
use crate::call::Call;
use crate::failure::Failure;
use crate::iam;
use crate::state::State;

use super::answer::{client, invalid};
use super::ask::arn;
use super::state::Profile;

/// An instance profile and the role in it, which EC2 is to be given.
pub(super) struct Passed {
    pub(super) profile: Profile,
    role: String,
}

/// `iam:PassRole` on the role's whole ARN (IAM User Guide, "Grant a user permissions to pass a role
/// to an AWS service").
pub(super) fn may_pass(state: &State, call: &Call<'_>, passed: &Passed) -> Result<(), Failure> {
    let service = if state.partition == Partition::China {
        "ec2.amazonaws.com.cn"
    } else {
        "ec2.amazonaws.com"
    };
    let ask = Ask::new("iam:PassRole", &passed.role)
        .with("iam:PassedToService", service)
        .with(
            "iam:AssociatedResourceArn",
            arn(state, call, "instance", "*"),
        );
    call.authorize(&ask)
}

/// The texts are EC2's (the one for names is seen in public event data).
pub(super) fn passed(
    state: &State,
    call: &Call<'_>,
    wanted: Option<&Value>,
) -> Result<Option<Passed>, Failure> {
    let text = |name: &str| wanted?.get(name)?.as_str();
    let by_name = |name: &str| {
        let key = iam::key(call.account(), name);
        state.iam.instance_profiles.seen(&key)
    };
    let profile = match (text("Name"), text("Arn")) {
        (None, None) => return Ok(None),
        (Some(_), Some(_)) => {
            return Err(client(
                "InvalidParameterCombination",
                "The parameter 'iamInstanceProfile.name' may not be used in combination with \
                 'iamInstanceProfile.arn'",
            ));
        }
        (Some(name), None) => by_name(name)
            .filter(|found| found.name == name)
            .ok_or_else(|| {
                invalid(
                    name,
                    "iamInstanceProfile.name",
                    "Invalid IAM Instance Profile name",
                )
            })?,
        (None, Some(wanted)) => wanted
            .rsplit('/')
            .next()
            .and_then(by_name)
            .filter(|found| found.arn(&state.partition) == wanted)
            .ok_or_else(|| {
                invalid(
                    wanted,
                    "iamInstanceProfile.arn",
                    "Invalid IAM Instance Profile ARN",
                )
            })?,
    };
    let arn = profile.arn(&state.partition);
    let role = profile
        .role
        .as_ref()
        .and_then(|role| state.iam.roles.seen(&iam::key(call.account(), role)));
    let Some(role) = role else {
        return Err(client(
            "InvalidParameterValue",
            format!("IAM Instance Profile \"{arn}\" has no associated IAM Roles"),
        ));
    };
    Ok(Some(Passed {
        profile: Profile {
            arn,
            id: profile.id.clone(),
        },
        role: role.arn(&state.partition),
    }))
}
