//! Tags of things that are there.

use serde_json::{Value, json};

use crate::call::Call;
use crate::failure::Failure;
use crate::operation::Outcome;
use crate::state::State;

use super::answer::{client, missing};
use super::ask::{Target, may, may_list};
use super::describe::{Filters, page};
use super::state::{Instance, Tags};
use super::tags;

/// A thing with tags.
struct Tagged {
    kind: &'static str,
    id: String,
    tags: Tags,
    keys: Vec<(&'static str, String)>,
}

pub(super) fn create_tags(state: &mut State, call: &mut Call<'_>) -> Outcome {
    let given = tags::tags(call.parameters.get("Tag"));
    if given.is_empty() {
        return Err(missing("tagSet"));
    }
    tags::check(call, &given)?;
    let resources = asked(state, call)?;
    for resource in &resources {
        let mut target = target(resource);
        target.request_tags.clone_from(&given);
        may(state, call, "ec2:CreateTags", &target)?;
    }
    call.dry_run()?;
    for resource in &resources {
        let mut all = resource.tags.clone();
        all.extend(given.clone());
        tags::check(call, &all)?;
    }
    for resource in &resources {
        change(state, call, resource, |tags| tags.extend(given.clone()));
    }
    Ok(json!({"return": true}))
}

/// Without tags all go but AWS's own; with a key alone, whatever its value.
pub(super) fn delete_tags(state: &mut State, call: &mut Call<'_>) -> Outcome {
    let given: Vec<(String, Option<String>)> = call
        .parameters
        .list("Tag")
        .into_iter()
        .filter_map(|tag| {
            let key = tag.get("Key")?.as_str()?.to_owned();
            let value = tag.get("Value").and_then(Value::as_str).map(str::to_owned);
            Some((key, value))
        })
        .collect();
    let resources = asked(state, call)?;
    for resource in &resources {
        let mut target = target(resource);
        target.request_tags = given
            .iter()
            .map(|(key, value)| (key.clone(), value.clone().unwrap_or_default()))
            .collect();
        may(state, call, "ec2:DeleteTags", &target)?;
    }
    call.dry_run()?;
    for resource in &resources {
        change(state, call, resource, |tags| {
            tags.retain(|key, value| {
                let hit = given.is_empty()
                    || given.iter().any(|(wanted, worth)| {
                        wanted == key && worth.as_ref().is_none_or(|worth| worth == value)
                    });
                key.starts_with("aws:") || !hit
            });
        });
    }
    Ok(json!({"return": true}))
}

pub(super) fn describe_tags(state: &State, call: &mut Call<'_>) -> Outcome {
    may_list(call, "ec2:DescribeTags")?;
    let filters = Filters::of(call, &["key", "value", "resource-id", "resource-type"])?;
    let mut rows: Vec<(String, &'static str, String, String)> = all(state, call)
        .into_iter()
        .flat_map(|resource| {
            let Tagged { kind, id, tags, .. } = resource;
            tags.into_iter()
                .map(move |(key, value)| (id.clone(), kind, key, value))
                .collect::<Vec<_>>()
        })
        .filter(|(id, kind, key, value)| {
            let tags = Tags::from([(key.clone(), value.clone())]);
            filters.pass(&tags, |name| {
                vec![match name {
                    "key" => key.clone(),
                    "value" => value.clone(),
                    "resource-id" => id.clone(),
                    _ => (*kind).to_owned(),
                }]
            })
        })
        .collect();
    rows.sort();
    let place = |row: &(String, &str, String, String)| format!("{}/{}", row.0, row.2);
    let (rows, next) = page(call, rows.iter().collect(), place)?;
    let shown: Vec<Value> = rows
        .into_iter()
        .map(|(id, kind, key, value)| {
            json!({"resourceId": id, "resourceType": kind, "key": key, "value": value})
        })
        .collect();
    Ok(json!({"tagSet": shown, "nextToken": next}))
}

fn target(resource: &Tagged) -> Target {
    Target {
        keys: resource.keys.clone(),
        ..Target::new(resource.kind, &resource.id).tagged(&resource.tags)
    }
}

fn asked(state: &State, call: &Call<'_>) -> Result<Vec<Tagged>, Failure> {
    let ids = call.parameters.texts("ResourceId");
    if ids.is_empty() {
        return Err(missing("resourceIdSet"));
    }
    let known = all(state, call);
    ids.into_iter()
        .map(|id| {
            known
                .iter()
                .find(|resource| resource.id == id)
                .map(|found| Tagged {
                    kind: found.kind,
                    id: found.id.clone(),
                    tags: found.tags.clone(),
                    keys: found.keys.clone(),
                })
                .ok_or_else(|| client("InvalidID", format!("The ID '{id}' is not valid")))
        })
        .collect()
}

/// Everything of the account and region that has tags.
fn all(state: &State, call: &Call<'_>) -> Vec<Tagged> {
    let prefix = call.key("");
    let ec2 = &state.ec2;
    let tagged = |kind, id: &str, tags: &Tags| Tagged {
        kind,
        id: id.to_owned(),
        tags: tags.clone(),
        keys: Vec::new(),
    };
    let mut found = Vec::new();
    found.extend(
        ec2.vpcs
            .range(&prefix, None)
            .map(|(_, vpc)| tagged("vpc", &vpc.id, &vpc.tags)),
    );
    found.extend(
        ec2.subnets
            .range(&prefix, None)
            .map(|(_, subnet)| tagged("subnet", &subnet.id, &subnet.tags)),
    );
    found.extend(
        ec2.security_groups
            .range(&prefix, None)
            .map(|(_, group)| tagged("security-group", &group.id, &group.tags)),
    );
    found.extend(
        ec2.launch_templates
            .range(&prefix, None)
            .map(|(_, template)| tagged("launch-template", &template.id, &template.tags)),
    );
    for (_, instance) in ec2.instances.range(&prefix, None) {
        if instance.state(call.now).is_none() {
            continue;
        }
        let mut one = tagged("instance", &instance.id, &instance.tags);
        one.keys = super::lifecycle::keys(instance);
        found.push(one);
        found.push(tagged(
            "network-interface",
            &instance.interface,
            &instance.interface_tags,
        ));
        found.extend(
            instance
                .volumes
                .iter()
                .map(|volume| tagged("volume", &volume.id, &volume.tags)),
        );
    }
    found
}

fn change(state: &mut State, call: &Call<'_>, resource: &Tagged, change: impl FnOnce(&mut Tags)) {
    let key = call.key(&resource.id);
    let ec2 = &mut state.ec2;
    match resource.kind {
        "vpc" => ec2.vpcs.change(&key, |vpc| change(&mut vpc.tags)),
        "subnet" => ec2.subnets.change(&key, |subnet| change(&mut subnet.tags)),
        "security-group" => ec2
            .security_groups
            .change(&key, |group| change(&mut group.tags)),
        "launch-template" => ec2
            .launch_templates
            .change(&key, |template| change(&mut template.tags)),
        "instance" => ec2
            .instances
            .change(&key, |instance| change(&mut instance.tags)),
        _ => {
            let prefix = call.key("");
            let owner = ec2
                .instances
                .range(&prefix, None)
                .find(|(_, instance)| {
                    instance.interface == resource.id
                        || instance
                            .volumes
                            .iter()
                            .any(|volume| volume.id == resource.id)
                })
                .map(|(key, _)| key.to_owned());
            owner.and_then(|key| {
                ec2.instances.change(&key, |instance| {
                    if let Some(tags) = part(instance, &resource.id) {
                        change(tags);
                    }
                })
            })
        }
    };
}

/// The tags of an instance's interface or volume.
fn part<'i>(instance: &'i mut Instance, id: &str) -> Option<&'i mut Tags> {
    if instance.interface == id {
        return Some(&mut instance.interface_tags);
    }
    let volume = instance.volumes.iter_mut().find(|volume| volume.id == id)?;
    Some(&mut volume.tags)
}
