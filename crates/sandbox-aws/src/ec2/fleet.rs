//! `CreateFleet` of the type `instant`: one answer with all instances and all errors.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::call::Call;
use crate::failure::Failure;
use crate::operation::Outcome;
use crate::parameters::{integer, list};
use crate::state::State;

use super::answer::{client, missing};
use super::ask::{Target, may, may_tag};
use super::launch::{keep, launch};
use super::plan::{Plan, used};
use super::state::{Instance, Tags};
use super::tags::TagSpecifications;
use super::tokens;

const TAGGABLE: [&str; 6] = [
    "fleet",
    "instance",
    "launch-template",
    "network-interface",
    "spot-instances-request",
    "volume",
];

/// One way the fleet may launch: a template and what an override changes of it.
struct Candidate {
    specification: Map<String, Value>,
    over: Map<String, Value>,
}

pub(super) fn create_fleet(state: &mut State, call: &mut Call<'_>) -> Outcome {
    if call.parameters.text("Type") != Some("instant") {
        return Err(client(
            "InvalidParameterValue",
            "The sandbox emulates fleets of the type instant only.",
        ));
    }
    let (spot, count) = capacity(call)?;
    let tags = TagSpecifications::of(call, &TAGGABLE)?;
    let candidates = candidates(call)?;
    may_create(state, call, &candidates, &tags)?;
    call.dry_run()?;
    if let Some(output) = tokens::earlier(state, call)? {
        return Ok(output);
    }
    let fleet = format!("fleet-{}", call.ids().uuid());
    let lifecycle = if spot { "spot" } else { "on-demand" };
    let mut errors = Vec::new();
    let mut launched = Vec::new();
    let mut instances: Vec<Instance> = Vec::new();
    for candidate in &candidates {
        if instances.len() >= count {
            break;
        }
        let made = attempt(
            state,
            call,
            candidate,
            &tags,
            spot,
            count - instances.len(),
            &fleet,
        );
        match made {
            Ok(made) => {
                let ids: Vec<&str> = made.iter().map(|one| one.id.as_str()).collect();
                let first = made.first();
                launched.push(json!({
                    "launchTemplateAndOverrides": candidate.shown(state, call),
                    "lifecycle": lifecycle,
                    "instanceIds": ids,
                    "instanceType": first.map(|one| one.kind.as_str()),
                    "availabilityZone": first.map(|one| one.zone.as_str()),
                    "subnetId": first.map(|one| one.subnet.as_str()),
                }));
                keep(state, call, made.clone());
                instances.extend(made);
            }
            Err(failure) => errors.push(json!({
                "launchTemplateAndOverrides": candidate.shown(state, call),
                "lifecycle": lifecycle,
                "errorCode": failure.code,
                "errorMessage": failure.message,
            })),
        }
    }
    let output = json!({
        "fleetId": fleet,
        "errorSet": errors,
        "fleetInstanceSet": launched,
    });
    tokens::remember(state, call, &output);
    Ok(output)
}

fn attempt(
    state: &State,
    call: &Call<'_>,
    candidate: &Candidate,
    tags: &TagSpecifications,
    spot: bool,
    count: usize,
    fleet: &str,
) -> Result<Vec<Instance>, Failure> {
    let plan = candidate.plan(state, call, tags, spot)?;
    let passed = plan.may_run(state, call)?;
    let of_aws = Tags::from([("aws:ec2:fleet-id".to_owned(), fleet.to_owned())]);
    launch(state, call, &plan, passed.as_ref(), (1, count), &of_aws)
}

/// May the caller create a fleet? It is asked for on the fleet and on everything the fleet would
/// launch with (Service Authorization Reference, "Actions, resources, and condition keys for Amazon
/// EC2", `CreateFleet`); what cannot be worked out is left to the launch, whose errors are part of the
/// answer.
fn may_create(
    state: &State,
    call: &Call<'_>,
    candidates: &[Candidate],
    tags: &TagSpecifications,
) -> Result<(), Failure> {
    let mut targets = vec![Target::made("fleet", &tags.tags("fleet"))];
    let mut known: BTreeSet<(&'static str, String)> = BTreeSet::new();
    for candidate in candidates {
        let plan = match candidate.plan(state, call, tags, false) {
            Ok(plan) => plan,
            // Nothing can be launched from a template that is not there.
            Err(failure) if failure.code.starts_with("InvalidLaunchTemplate") => {
                return Err(failure);
            }
            Err(_) => continue,
        };
        let profile = plan.passed(state, call).ok().flatten();
        let profile = profile.as_ref().map(|passed| passed.profile.arn.as_str());
        for target in plan.targets(state, call, profile) {
            if known.insert((target.kind, target.id.clone())) {
                targets.push(target);
            }
        }
    }
    for target in &targets {
        may(state, call, "ec2:CreateFleet", target)?;
    }
    for target in &targets {
        may_tag(state, call, target)?;
    }
    Ok(())
}

/// Whether spot is wanted, and how many instances.
fn capacity(call: &Call<'_>) -> Result<(bool, usize), Failure> {
    let name = "TargetCapacitySpecification";
    let wanted = call
        .parameters
        .structure(name)
        .ok_or_else(|| missing(name))?;
    let count = wanted
        .get("TotalTargetCapacity")
        .and_then(integer)
        .ok_or_else(|| missing("TargetCapacitySpecification.TotalTargetCapacity"))?;
    let market = wanted.get("DefaultTargetCapacityType");
    let spot = market.is_some_and(|market| market == "spot");
    usize::try_from(count)
        .ok()
        .filter(|count| *count <= 1000)
        .map(|count| (spot, count))
        .ok_or_else(|| {
            client(
                "InvalidTargetCapacitySpecification",
                format!("The total target capacity {count} is not between 0 and 1000."),
            )
        })
}

/// The ways to launch, in the order to try them: by priority where the strategy looks at it, else as
/// they were given.
fn candidates(call: &Call<'_>) -> Result<Vec<Candidate>, Failure> {
    let mut candidates = Vec::new();
    for config in call.parameters.list("LaunchTemplateConfigs") {
        let specification = config
            .get("LaunchTemplateSpecification")
            .and_then(Value::as_object)
            .ok_or_else(|| missing("LaunchTemplateConfigs.LaunchTemplateSpecification"))?;
        let overrides = list(config.get("Overrides"));
        let overs: Vec<Map<String, Value>> = if overrides.is_empty() {
            vec![Map::new()]
        } else {
            overrides
                .into_iter()
                .filter_map(|over| over.as_object().cloned())
                .collect()
        };
        candidates.extend(overs.into_iter().map(|over| Candidate {
            specification: specification.clone(),
            over,
        }));
    }
    if candidates.is_empty() {
        return Err(missing("LaunchTemplateConfigs"));
    }
    candidates.sort_by(|one, other| one.priority().total_cmp(&other.priority()));
    Ok(candidates)
}

impl Candidate {
    fn priority(&self) -> f64 {
        let priority = self.over.get("Priority").and_then(Value::as_str);
        priority
            .and_then(|text| text.parse().ok())
            .unwrap_or(f64::MAX)
    }

    fn plan<'s>(
        &self,
        state: &'s State,
        call: &Call<'_>,
        tags: &TagSpecifications,
        spot: bool,
    ) -> Result<Plan<'s>, Failure> {
        let used = used(state, call, &self.specification)?;
        let mut request = Map::new();
        for name in ["InstanceType", "SubnetId", "ImageId"] {
            if let Some(value) = self.over.get(name) {
                request.insert(name.to_owned(), value.clone());
            }
        }
        if spot {
            request.insert(
                "InstanceMarketOptions".to_owned(),
                json!({"MarketType": "spot"}),
            );
        }
        let plan = Plan::new(state, call, Some(used), &request, tags)?;
        let zone = self.over.get("AvailabilityZone").and_then(Value::as_str);
        if let Some(zone) = zone.filter(|zone| *zone != plan.subnet.zone) {
            return Err(client(
                "InvalidParameterValue",
                format!("The subnet {} is not in {zone}.", plan.subnet.id),
            ));
        }
        Ok(plan)
    }

    /// The template with its version as a number, as the answer has it.
    fn shown(&self, state: &State, call: &Call<'_>) -> Value {
        let specification = used(state, call, &self.specification).ok().map(|used| {
            json!({
                "launchTemplateId": used.template.id,
                "version": used.version.to_string(),
            })
        });
        let over: Map<String, Value> = [
            ("InstanceType", "instanceType"),
            ("SubnetId", "subnetId"),
            ("AvailabilityZone", "availabilityZone"),
            ("ImageId", "imageId"),
            ("Priority", "priority"),
            ("WeightedCapacity", "weightedCapacity"),
        ]
        .iter()
        .filter_map(|(name, shown)| Some(((*shown).to_owned(), self.over.get(*name)?.clone())))
        .collect();
        json!({"launchTemplateSpecification": specification, "overrides": over})
    }
}
