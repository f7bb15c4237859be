use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::call::Call;
use crate::failure::Failure;
use crate::operation::Outcome;
use crate::state::State;

use super::answer::{client, missing, stamp, well_formed};
use super::ask::{Target, may, may_list, may_make};
use super::describe::{Filters, page};
use super::launch_data;
use super::state::{LaunchTemplate, LaunchTemplateVersion};
use super::tags::{self, TagSpecifications};
use super::tokens;

const KIND: &str = "launch-template";

pub(super) fn create(state: &mut State, call: &mut Call<'_>) -> Outcome {
    let name = call.must("LaunchTemplateName")?.to_owned();
    let sound = |letter: char| letter.is_ascii_alphanumeric() || "()./-_".contains(letter);
    if !(3..=128).contains(&name.len()) || !name.chars().all(sound) {
        return Err(client(
            "InvalidLaunchTemplateName.MalformedException",
            "A launch template name must be between 3 and 128 characters, and may contain letters, \
             numbers, and the following characters: - ( ) . / _.",
        ));
    }
    let data = data(call)?;
    let tags = TagSpecifications::of(call, &[KIND])?.tags(KIND);
    may_make(
        state,
        call,
        "ec2:CreateLaunchTemplate",
        &[Target::made(KIND, &tags)],
    )?;
    if let Some(output) = tokens::earlier(state, call)? {
        return Ok(output);
    }
    if by_name(state, call, &name).is_some() {
        return Err(client(
            "InvalidLaunchTemplateName.AlreadyExistsException",
            "Launch template name already in use.",
        ));
    }
    let template = LaunchTemplate {
        account: call.account(),
        region: call.region.clone(),
        id: call.ids().resource("lt"),
        name,
        created: call.now,
        created_by: call.caller().arn.clone(),
        default_version: 1,
        versions: BTreeMap::from([(1, version(call, data))]),
        tags,
    };
    let output = json!({"launchTemplate": shown(&template)});
    tokens::remember(state, call, &output);
    state
        .ec2
        .launch_templates
        .insert(&call.key(&template.id), template);
    Ok(output)
}

pub(super) fn create_version(state: &mut State, call: &mut Call<'_>) -> Outcome {
    let mut data = data(call)?;
    let template = asked(state, call)?;
    may(
        state,
        call,
        "ec2:CreateLaunchTemplateVersion",
        &target(template),
    )?;
    call.dry_run()?;
    if let Some(output) = tokens::earlier(state, call)? {
        return Ok(output);
    }
    if let Some(source) = call.parameters.text("SourceVersion") {
        let (_, source) = chosen(template, Some(source))?;
        let mut merged = source.data.clone();
        merged.extend(data);
        data = merged;
    }
    let number = latest(template) + 1;
    let made = version(call, data);
    let shown = version_shown(template, number, &made);
    let key = call.key(&template.id);
    state.ec2.launch_templates.change(&key, |template| {
        template.versions.insert(number, made);
    });
    let output = json!({"launchTemplateVersion": shown});
    tokens::remember(state, call, &output);
    Ok(output)
}

/// Changes the default version.
pub(super) fn modify(state: &mut State, call: &mut Call<'_>) -> Outcome {
    let template = asked(state, call)?;
    may(state, call, "ec2:ModifyLaunchTemplate", &target(template))?;
    call.dry_run()?;
    let wanted = call.parameters.text("SetDefaultVersion");
    let (number, _) = chosen(template, wanted)?;
    let mut template = template.clone();
    template.default_version = number;
    let output = json!({"launchTemplate": shown(&template)});
    state
        .ec2
        .launch_templates
        .insert(&call.key(&template.id), template);
    Ok(output)
}

pub(super) fn delete(state: &mut State, call: &mut Call<'_>) -> Outcome {
    let template = asked(state, call)?;
    may(state, call, "ec2:DeleteLaunchTemplate", &target(template))?;
    call.dry_run()?;
    let shown = shown(template);
    let key = call.key(&template.id);
    state.ec2.launch_templates.remove(&key);
    Ok(json!({"launchTemplate": shown}))
}

pub(super) fn describe(state: &State, call: &mut Call<'_>) -> Outcome {
    may_list(call, "ec2:DescribeLaunchTemplates")?;
    let filters = Filters::of(call, &["create-time", "launch-template-name"])?;
    let ids = call.parameters.texts("LaunchTemplateId");
    let names = call.parameters.texts("LaunchTemplateName");
    let prefix = call.key("");
    let mut rows: Vec<&LaunchTemplate> = state
        .ec2
        .launch_templates
        .seen_range(&prefix)
        .into_iter()
        .map(|(_, template)| template)
        .collect();
    for id in &ids {
        if !rows.iter().any(|template| template.id == *id) {
            return Err(absent_id(id));
        }
    }
    for name in &names {
        if !rows.iter().any(|template| template.name == *name) {
            // The plural form of this operation's error, as clients look for it (seen in the
            // Terraform provider for AWS).
            return Err(client(
                "InvalidLaunchTemplateName.NotFoundException",
                "At least one of the launch templates specified in the request does not exist.",
            ));
        }
    }
    rows.retain(|template| {
        (ids.is_empty() || ids.contains(&template.id.as_str()))
            && (names.is_empty() || names.contains(&template.name.as_str()))
            && filters.pass(&template.tags, |name| {
                vec![match name {
                    "create-time" => stamp(template.created),
                    _ => template.name.clone(),
                }]
            })
    });
    let (rows, next) = page(call, rows, |template| template.id.clone())?;
    let shown: Vec<Value> = rows.into_iter().map(shown).collect();
    Ok(json!({"launchTemplates": shown, "nextToken": next}))
}

pub(super) fn describe_versions(state: &State, call: &mut Call<'_>) -> Outcome {
    may_list(call, "ec2:DescribeLaunchTemplateVersions")?;
    let wanted = call.parameters.texts("LaunchTemplateVersion");
    let named = ["LaunchTemplateId", "LaunchTemplateName"]
        .iter()
        .any(|name| call.parameters.text(name).is_some());
    let templates: Vec<&LaunchTemplate> = if named {
        vec![asked(state, call)?]
    } else if wanted.iter().any(|version| version.starts_with('$')) {
        let prefix = call.key("");
        let rows = state.ec2.launch_templates.seen_range(&prefix);
        rows.into_iter().map(|(_, template)| template).collect()
    } else {
        return Err(missing("LaunchTemplateId or LaunchTemplateName"));
    };
    let (from, to) = (call.number("MinVersion")?, call.number("MaxVersion")?);
    let mut rows: Vec<(String, Value)> = Vec::new();
    for template in templates {
        let mut numbers = Vec::new();
        for version in &wanted {
            numbers.push(chosen(template, Some(version))?.0);
        }
        for (number, version) in template.versions.iter().rev() {
            let asked = wanted.is_empty() || numbers.contains(number);
            let place = i64::try_from(*number).unwrap_or(i64::MAX);
            let between = from.is_none_or(|from| place >= from) && to.is_none_or(|to| place <= to);
            if asked && between {
                // The latest comes first, so pages count down.
                let place = format!("{}/{:020}", template.id, u64::MAX - number);
                rows.push((place, version_shown(template, *number, version)));
            }
        }
    }
    let (rows, next) = page(call, rows.iter().collect(), |(place, _)| place.clone())?;
    let shown: Vec<Value> = rows.into_iter().map(|(_, shown)| shown.clone()).collect();
    Ok(json!({"launchTemplateVersionSet": shown, "nextToken": next}))
}

fn data(call: &Call<'_>) -> Result<Map<String, Value>, Failure> {
    call.parameters
        .structure("LaunchTemplateData")
        .cloned()
        .ok_or_else(|| missing("LaunchTemplateData"))
}

fn version(call: &Call<'_>, data: Map<String, Value>) -> LaunchTemplateVersion {
    LaunchTemplateVersion {
        description: call
            .parameters
            .text("VersionDescription")
            .map(str::to_owned),
        created: call.now,
        created_by: call.caller().arn.clone(),
        data,
    }
}

/// The template a request names by id or by name.
fn asked<'s>(state: &'s State, call: &Call<'_>) -> Result<&'s LaunchTemplate, Failure> {
    find(
        state,
        call,
        call.parameters.text("LaunchTemplateId"),
        call.parameters.text("LaunchTemplateName"),
    )
}

/// The template of an id or a name; exactly one of them must be given.
pub(super) fn find<'s>(
    state: &'s State,
    call: &Call<'_>,
    id: Option<&str>,
    name: Option<&str>,
) -> Result<&'s LaunchTemplate, Failure> {
    match (id, name) {
        (Some(id), None) => {
            let found = state.ec2.launch_templates.seen(&call.key(id));
            found.ok_or_else(|| absent_id(id))
        }
        (None, Some(name)) => by_name(state, call, name).ok_or_else(|| {
            client(
                "InvalidLaunchTemplateName.NotFoundException",
                format!(
                    "The specified launch template, with template name {name}, does not exist."
                ),
            )
        }),
        (Some(_), Some(_)) => Err(client(
            "InvalidParameterCombination",
            "The request must specify either a launch template ID or a launch template name, not both",
        )),
        (None, None) => Err(missing("LaunchTemplateId or LaunchTemplateName")),
    }
}

fn by_name<'s>(state: &'s State, call: &Call<'_>, name: &str) -> Option<&'s LaunchTemplate> {
    let prefix = call.key("");
    let rows = state.ec2.launch_templates.seen_range(&prefix);
    rows.into_iter()
        .map(|(_, template)| template)
        .find(|template| template.name == name)
}

fn absent_id(id: &str) -> Failure {
    if !well_formed(id, "lt-") {
        return client(
            "InvalidLaunchTemplateId.Malformed",
            format!("Invalid id: \"{id}\" (expecting \"lt-...\")"),
        );
    }
    client(
        "InvalidLaunchTemplateId.NotFound",
        format!("The specified launch template, with template ID {id}, does not exist."),
    )
}

/// A version by its number, `$Latest` or `$Default`; without one the default.
pub(super) fn chosen<'t>(
    template: &'t LaunchTemplate,
    version: Option<&str>,
) -> Result<(u64, &'t LaunchTemplateVersion), Failure> {
    let number = match version {
        None | Some("$Default" | "") => template.default_version,
        Some("$Latest") => latest(template),
        Some(text) => text.parse().map_err(|_| {
            client(
                "InvalidParameterValue",
                format!(
                    "Invalid launch template version: {text}. It must be a number, $Latest or \
                     $Default."
                ),
            )
        })?,
    };
    template
        .versions
        .get(&number)
        .map(|version| (number, version))
        .ok_or_else(|| {
            client(
                "InvalidLaunchTemplateId.VersionNotFound",
                format!(
                    "Could not find the specified version {number} for the launch template with ID {}.",
                    template.id
                ),
            )
        })
}

fn latest(template: &LaunchTemplate) -> u64 {
    template.versions.keys().next_back().copied().unwrap_or(1)
}

pub(super) fn target(template: &LaunchTemplate) -> Target {
    Target::new(KIND, &template.id).tagged(&template.tags)
}

fn shown(template: &LaunchTemplate) -> Value {
    json!({
        "launchTemplateId": template.id,
        "launchTemplateName": template.name,
        "createTime": stamp(template.created),
        "createdBy": template.created_by,
        "defaultVersionNumber": template.default_version,
        "latestVersionNumber": latest(template),
        "tagSet": tags::shown(&template.tags),
    })
}

fn version_shown(template: &LaunchTemplate, number: u64, version: &LaunchTemplateVersion) -> Value {
    json!({
        "launchTemplateId": template.id,
        "launchTemplateName": template.name,
        "versionNumber": number,
        "versionDescription": version.description,
        "createTime": stamp(version.created),
        "createdBy": version.created_by,
        "defaultVersion": number == template.default_version,
        "launchTemplateData": launch_data::shown(&version.data),
    })
}
