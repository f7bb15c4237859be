use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::named::{failure, find};
use super::trails::changing;
use crate::authorize::Ask;
use crate::call::Call;
use crate::failure::Failure;
use crate::operation::Outcome;
use crate::parameters::Parameters;
use crate::state::State;

/// `TagsList`, checked (CloudTrail API Reference, `Tag`).
pub(super) fn given_tags(parameters: &Parameters) -> Result<BTreeMap<String, String>, Failure> {
    let mut tags = BTreeMap::new();
    for (key, value) in parameters.tags("TagsList") {
        let fits = (1..=128).contains(&key.chars().count()) && value.chars().count() <= 256;
        if !fits || key.starts_with("aws:") {
            return Err(failure(
                "InvalidTagParameterException",
                format!("The tag key {key} or its value is not valid."),
            ));
        }
        if tags.insert(key.clone(), value).is_some() {
            return Err(failure(
                "InvalidTagParameterException",
                format!("The tag key {key} is given twice."),
            ));
        }
    }
    Ok(tags)
}

/// `AddTags`
pub(super) fn add_tags(state: &mut State, call: &mut Call<'_>) -> Outcome {
    let key = changing(state, call, "AddTags", "ResourceId")?.key();
    let tags = given_tags(&call.parameters)?;
    let fits = state.cloudtrail.trails.change(&key, |trail| {
        let mut all = trail.tags.clone();
        all.extend(tags);
        let fits = all.len() <= 50;
        if fits {
            trail.tags = all;
        }
        fits
    });
    if fits == Some(false) {
        return Err(failure(
            "TagsLimitExceededException",
            "The number of tags per trail has exceeded the permitted amount. Currently, the limit is 50.",
        ));
    }
    Ok(json!({}))
}

/// `RemoveTags`: by key; a value, when given, must be the tag's.
pub(super) fn remove_tags(state: &mut State, call: &mut Call<'_>) -> Outcome {
    let key = changing(state, call, "RemoveTags", "ResourceId")?.key();
    let given = call.parameters.list("TagsList");
    let doomed: Vec<(String, Option<String>)> = given
        .into_iter()
        .filter_map(|tag| {
            let key = tag.get("Key")?.as_str()?.to_owned();
            let value = tag.get("Value").and_then(Value::as_str).map(str::to_owned);
            Some((key, value))
        })
        .collect();
    state.cloudtrail.trails.change(&key, |trail| {
        for (key, value) in &doomed {
            let same = |own: &String| value.as_ref().is_none_or(|value| value == own);
            if trail.tags.get(key).is_some_and(same) {
                trail.tags.remove(key);
            }
        }
    });
    Ok(json!({}))
}

/// `ListTags`
pub(super) fn list_tags(state: &State, call: &mut Call<'_>) -> Outcome {
    let mut list = Vec::new();
    for arn in call.parameters.texts("ResourceIdList") {
        call.authorize(&Ask::new("cloudtrail:ListTags", arn))?;
        if !arn.starts_with("arn:") {
            return Err(failure(
                "CloudTrailARNInvalidException",
                format!("{arn} is not a valid trail ARN."),
            ));
        }
        let trail = find(state, call, arn).map_err(|failed| match &*failed.code {
            "TrailNotFoundException" => failure(
                "ResourceNotFoundException",
                format!("The resource {arn} was not found."),
            ),
            _ => failed,
        })?;
        let tags: Vec<Value> = trail
            .tags
            .iter()
            .map(|(key, value)| json!({"Key": key, "Value": value}))
            .collect();
        list.push(json!({"ResourceId": arn, "TagsList": tags}));
    }
    Ok(json!({"ResourceTagList": list}))
}
