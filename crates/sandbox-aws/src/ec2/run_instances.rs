use serde_json::{Value, json};

use crate::call::Call;
use crate::failure::Failure;
use crate::operation::Outcome;
use crate::state::State;

use super::answer::{client, missing};
use super::instances::shown;
use super::launch::{keep, launch};
use super::plan::{Plan, used};
use super::state::Tags;
use super::tags::TagSpecifications;
use super::tokens;

/// What `RunInstances` can tag.
const TAGGABLE: [&str; 4] = [
    "instance",
    "volume",
    "network-interface",
    "spot-instances-request",
];

/// More than anybody's quota.
const MOST: i64 = 1000;

pub(super) fn run_instances(state: &mut State, call: &mut Call<'_>) -> Outcome {
    let counts = counts(call)?;
    let tags = TagSpecifications::of(call, &TAGGABLE)?;
    let used = match call.parameters.structure("LaunchTemplate") {
        Some(specification) => Some(used(state, call, specification)?),
        None => None,
    };
    let mut request = call.parameters.all().clone();
    for name in [
        "LaunchTemplate",
        "TagSpecification",
        "MinCount",
        "MaxCount",
        "DryRun",
        "ClientToken",
    ] {
        request.remove(name);
    }
    let plan = Plan::new(state, call, used, &request, &tags)?;
    let passed = plan.may_run(state, call)?;
    call.dry_run()?;
    if let Some(output) = tokens::earlier(state, call)? {
        return Ok(output);
    }
    let instances = launch(state, call, &plan, passed.as_ref(), counts, &Tags::new())?;
    let reservation = instances
        .first()
        .map(|instance| instance.reservation.clone());
    let shown: Vec<Value> = instances
        .iter()
        .filter_map(|instance| shown(state, call, instance))
        .collect();
    let output = json!({
        "reservationId": reservation,
        "ownerId": call.account().to_string(),
        "groupSet": [],
        "instancesSet": shown,
    });
    keep(state, call, instances);
    tokens::remember(state, call, &output);
    Ok(output)
}

fn counts(call: &Call<'_>) -> Result<(usize, usize), Failure> {
    let of = |name: &str| call.number(name)?.ok_or_else(|| missing(name));
    let (least, most) = (of("MinCount")?, of("MaxCount")?);
    if least < 1 || most < least {
        return Err(client(
            "InvalidParameterValue",
            format!(
                "Value ({least}) for parameter minCount is invalid. It must be at least 1 and at most \
                 maxCount ({most})."
            ),
        ));
    }
    if most > MOST {
        return Err(client(
            "InstanceLimitExceeded",
            format!(
                "You have requested more instances ({most}) than your current instance limit of {MOST} allows."
            ),
        ));
    }
    let whole = |number: i64| usize::try_from(number).unwrap_or(1);
    Ok((whole(least), whole(most)))
}
