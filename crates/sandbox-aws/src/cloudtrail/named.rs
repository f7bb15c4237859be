use rolecall_arn::Arn;

use super::state::{Trail, arn};
use crate::call::Call;
use crate::failure::Failure;
use crate::state::State;

/// An error of CloudTrail. All are 400 in its model; the codes have their suffix in events, too.
pub(super) fn failure(code: &'static str, message: impl Into<String>) -> Failure {
    Failure::new(code, 400, message)
}

/// The ARN a name or ARN stands for, in the caller's account and region.
pub(super) fn arn_of(state: &State, call: &Call<'_>, name: &str) -> String {
    if name.starts_with("arn:") {
        return name.to_owned();
    }
    arn(
        &state.partition,
        &call.region,
        &call.account().to_string(),
        name,
    )
}

/// The trail of a name or ARN. A name is looked up in the call's region and among the trails of all
/// regions; an ARN says where its trail is.
pub(super) fn find<'s>(
    state: &'s State,
    call: &Call<'_>,
    name: &str,
) -> Result<&'s Trail, Failure> {
    let unknown = || {
        failure(
            "TrailNotFoundException",
            format!("Unknown trail: {name} for the user: {}", call.account()),
        )
    };
    let trails = state.cloudtrail.seen_in(call.account(), &call.region, true);
    if !name.starts_with("arn:") {
        check_name(name)?;
        let own = |trail: &&&Trail| trail.region == call.region;
        let mut same = trails.iter().filter(|trail| trail.name == name);
        return same
            .clone()
            .find(own)
            .or_else(|| same.next())
            .copied()
            .ok_or_else(unknown);
    }
    let is_trail = name
        .parse::<Arn>()
        .is_ok_and(|arn| arn.to_string().contains(":trail/") && name.contains(":cloudtrail:"));
    if !is_trail {
        return Err(failure(
            "CloudTrailARNInvalidException",
            format!("{name} is not a valid trail ARN."),
        ));
    }
    trails
        .into_iter()
        .find(|trail| trail.arn(&state.partition) == name)
        .ok_or_else(unknown)
}

/// The trail, when the call is in its home region, where alone it can be changed.
pub(super) fn find_at_home<'s>(
    state: &'s State,
    call: &Call<'_>,
    name: &str,
) -> Result<&'s Trail, Failure> {
    let trail = find(state, call, name)?;
    if trail.region == call.region {
        return Ok(trail);
    }
    Err(failure(
        "InvalidHomeRegionException",
        format!(
            "The trail {} can only be changed in its home region, {}.",
            trail.name, trail.region
        ),
    ))
}

/// (CloudTrail API Reference, `CreateTrail`, "Name".)
pub(super) fn check_name(name: &str) -> Result<(), Failure> {
    let length = name.chars().count();
    let edge = |letter: Option<char>| letter.is_some_and(|letter| letter.is_ascii_alphanumeric());
    let fits = |letter: char| letter.is_ascii_alphanumeric() || "._-".contains(letter);
    let reason = if length < 3 {
        format!(
            "Trail name too short. Minimum allowed length: 3 characters. Specified name length: {length} characters."
        )
    } else if length > 128 {
        format!(
            "Trail name too long. Maximum allowed length: 128 characters. Specified name length: {length} characters."
        )
    } else if !name.chars().all(fits) {
        "Trail name or ARN can only contain uppercase letters, lowercase letters, numbers, periods \
         (.), hyphens (-), and underscores (_)."
            .to_owned()
    } else if !edge(name.chars().next()) {
        "Trail name must starts with a letter or number.".to_owned()
    } else if !edge(name.chars().last()) {
        "Trail name must ends with a letter or number.".to_owned()
    } else {
        return Ok(());
    };
    Err(failure("InvalidTrailNameException", reason))
}
