//! Ending, stopping and starting instances.

use serde_json::{Value, json};

use crate::call::Call;
use crate::failure::Failure;
use crate::operation::Outcome;
use crate::state::State;

use super::answer::{INSTANCE, client, missing};
use super::ask::{Target, may};
use super::state::{Instance, InstanceState, Phase};

pub(super) fn terminate(state: &mut State, call: &mut Call<'_>) -> Outcome {
    turn(
        state,
        call,
        "ec2:TerminateInstances",
        |instance, now, at| {
            if !matches!(now, InstanceState::ShuttingDown | InstanceState::Terminated) {
                instance.phase = Phase::Terminate(at);
            }
            Ok(())
        },
    )
}

pub(super) fn stop(state: &mut State, call: &mut Call<'_>) -> Outcome {
    turn(state, call, "ec2:StopInstances", |instance, now, at| {
        match now {
            InstanceState::Running => instance.phase = Phase::Stop(at),
            InstanceState::Stopping | InstanceState::Stopped => {}
            _ => return Err(incorrect(instance, "stopped")),
        }
        Ok(())
    })
}

pub(super) fn start(state: &mut State, call: &mut Call<'_>) -> Outcome {
    turn(state, call, "ec2:StartInstances", |instance, now, at| {
        match now {
            InstanceState::Stopped => {
                instance.phase = Phase::Start(at);
                instance.launched = at;
            }
            InstanceState::Pending | InstanceState::Running => {}
            _ => return Err(incorrect(instance, "started")),
        }
        Ok(())
    })
}

fn incorrect(instance: &Instance, what: &str) -> Failure {
    client(
        "IncorrectInstanceState",
        format!(
            "The instance '{}' is not in a state from which it can be {what}.",
            instance.id
        ),
    )
}

/// Turns all instances of a request, or none of them.
fn turn(
    state: &mut State,
    call: &Call<'_>,
    action: &str,
    change: impl Fn(&mut Instance, InstanceState, jiff::Timestamp) -> Result<(), Failure>,
) -> Outcome {
    let ids = call.parameters.texts("InstanceId");
    if ids.is_empty() {
        return Err(missing("InstanceId"));
    }
    let mut turned = Vec::new();
    for id in ids {
        let instance = state.ec2.instances.get(&call.key(id));
        let found = instance.and_then(|instance| Some((instance, instance.state(call.now)?)));
        let (instance, now) = found.ok_or_else(|| INSTANCE.absent(id))?;
        let target = Target {
            keys: keys(instance),
            ..Target::new("instance", id).tagged(&instance.tags)
        };
        may(state, call, action, &target)?;
        turned.push((instance.clone(), now));
    }
    call.dry_run()?;
    let mut shown: Vec<Value> = Vec::new();
    for (instance, before) in &mut turned {
        change(instance, *before, call.now)?;
        shown.push(json!({
            "instanceId": instance.id,
            "currentState": instance.state(call.now).map(state_shown),
            "previousState": state_shown(*before),
        }));
    }
    for (instance, _) in turned {
        state
            .ec2
            .instances
            .insert(&call.key(&instance.id), instance);
    }
    Ok(json!({"instancesSet": shown}))
}

/// What policies can see of an instance, besides its tags.
pub(super) fn keys(instance: &Instance) -> Vec<(&'static str, String)> {
    let mut keys = vec![
        ("ec2:AvailabilityZone", instance.zone.clone()),
        ("ec2:InstanceID", instance.id.clone()),
        ("ec2:InstanceType", instance.kind.clone()),
        ("ec2:RootDeviceType", "ebs".to_owned()),
        ("ec2:Tenancy", "default".to_owned()),
    ];
    if let Some(profile) = &instance.profile {
        keys.push(("ec2:InstanceProfile", profile.arn.clone()));
    }
    keys
}

pub(super) fn state_shown(state: InstanceState) -> Value {
    let (code, name) = state.code_and_name();
    json!({"code": code, "name": name})
}
