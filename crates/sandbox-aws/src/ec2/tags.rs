//! Tags in requests and answers.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::call::Call;
use crate::failure::Failure;
use crate::parameters::list;

use super::answer::client;
use super::state::Tags;

/// Tags to make things with, by the kind of resource.
#[derive(Debug, Clone, Default)]
pub(super) struct TagSpecifications(BTreeMap<String, Tags>);

impl TagSpecifications {
    /// The request's. Only `kinds` can be tagged by the operation.
    pub(super) fn of(call: &Call<'_>, kinds: &[&str]) -> Result<Self, Failure> {
        let found = Self::read(call.parameters.get("TagSpecification"));
        for (kind, tags) in &found.0 {
            if !kinds.contains(&kind.as_str()) {
                return Err(client(
                    "InvalidParameterValue",
                    format!("'{kind}' is not a valid taggable resource type for this operation."),
                ));
            }
            check(call, tags)?;
        }
        Ok(found)
    }

    /// Those of a request or a launch template, unchecked.
    pub(super) fn read(value: Option<&Value>) -> Self {
        let mut found: BTreeMap<String, Tags> = BTreeMap::new();
        for each in list(value) {
            let kind = each
                .get("ResourceType")
                .and_then(Value::as_str)
                .unwrap_or_default();
            found
                .entry(kind.to_owned())
                .or_default()
                .extend(tags(each.get("Tag")));
        }
        Self(found)
    }

    /// The tags of one kind.
    pub(super) fn tags(&self, kind: &str) -> Tags {
        self.0.get(kind).cloned().unwrap_or_default()
    }

    /// Takes in those of a request, which win over a launch template's.
    pub(super) fn overlaid(mut self, over: &Self) -> Self {
        for (kind, tags) in &over.0 {
            self.0.entry(kind.clone()).or_default().extend(tags.clone());
        }
        self
    }
}

/// `Key` and `Value` of a list of tags.
pub(super) fn tags(value: Option<&Value>) -> Tags {
    list(value)
        .into_iter()
        .filter_map(|tag| {
            let text = |name: &str| Some(tag.get(name)?.as_str()?.to_owned());
            Some((text("Key")?, text("Value").unwrap_or_default()))
        })
        .collect()
}

/// The rules of tags (EC2 User Guide, "Tag your Amazon EC2 resources").
pub(super) fn check(call: &Call<'_>, tags: &Tags) -> Result<(), Failure> {
    for (key, value) in tags {
        if key.to_ascii_lowercase().starts_with("aws:") && call.caller().invoked_by().is_none() {
            return Err(client(
                "InvalidParameterValue",
                format!(
                    "Value ( {key} ) for parameter key is invalid. Tag keys starting with 'aws:' are \
                     reserved for internal use"
                ),
            ));
        }
        if key.is_empty() || key.chars().count() > 128 {
            return Err(client(
                "InvalidParameterValue",
                "Tag key exceeds the maximum length of 128 characters",
            ));
        }
        if value.chars().count() > 256 {
            return Err(client(
                "InvalidParameterValue",
                "Tag value exceeds the maximum length of 256 characters",
            ));
        }
    }
    if tags.keys().filter(|key| !key.starts_with("aws:")).count() > 50 {
        return Err(client(
            "TagLimitExceeded",
            "You have reached the maximum number of tags for the resource",
        ));
    }
    Ok(())
}

/// `tagSet`; nothing at all where there is no tag would be an empty element, as EC2 has it.
pub(super) fn shown(tags: &Tags) -> Value {
    tags.iter()
        .map(|(key, value)| json!({"key": key, "value": value}))
        .collect()
}
