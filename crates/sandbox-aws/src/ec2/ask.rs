//! Asking whether a caller may, resource by resource.

use crate::authorize::Ask;
use crate::call::Call;
use crate::failure::Failure;
use crate::state::State;

use super::state::Tags;

/// A resource an action touches, with what policies can see of it.
#[derive(Default)]
pub(super) struct Target {
    /// `instance`
    pub(super) kind: &'static str,
    /// Its id; `*` for one that is yet to be made.
    pub(super) id: String,
    /// Tags it is to be made with.
    pub(super) request_tags: Tags,
    /// Tags it has.
    pub(super) resource_tags: Tags,
    /// Further condition keys.
    pub(super) keys: Vec<(&'static str, String)>,
}

impl Target {
    pub(super) fn new(kind: &'static str, id: &str) -> Self {
        Self {
            kind,
            id: id.to_owned(),
            ..Self::default()
        }
    }

    /// One that is yet to be made, with the tags it is to have.
    pub(super) fn made(kind: &'static str, tags: &Tags) -> Self {
        Self {
            request_tags: tags.clone(),
            ..Self::new(kind, "*")
        }
    }

    pub(super) fn tagged(mut self, tags: &Tags) -> Self {
        self.resource_tags.clone_from(tags);
        self
    }

    pub(super) fn with(mut self, key: &'static str, value: impl Into<String>) -> Self {
        self.keys.push((key, value.into()));
        self
    }

    pub(super) fn with_some(self, key: &'static str, value: Option<impl Into<String>>) -> Self {
        match value {
            Some(value) => self.with(key, value),
            None => self,
        }
    }

    pub(super) fn arn(&self, state: &State, call: &Call<'_>) -> String {
        arn(state, call, self.kind, &self.id)
    }
}

/// `arn:aws:ec2:eu-central-1:111122223333:subnet/subnet-0…`; images belong to no account.
pub(super) fn arn(state: &State, call: &Call<'_>, kind: &str, id: &str) -> String {
    let (partition, region) = (&state.partition, &call.region);
    if kind == "image" {
        return format!("arn:{partition}:ec2:{region}::image/{id}");
    }
    format!(
        "arn:{partition}:ec2:{region}:{}:{kind}/{id}",
        call.account()
    )
}

/// May the caller do this to that?
pub(super) fn may(
    state: &State,
    call: &Call<'_>,
    action: &str,
    target: &Target,
) -> Result<(), Failure> {
    let arn = target.arn(state, call);
    let request_tags = target
        .request_tags
        .iter()
        .map(|(key, value)| (key.as_str(), value.as_str()));
    let mut ask = Ask::new(action, &arn)
        .in_account(call.account())
        .with("ec2:Region", call.region.as_str())
        .request_tags(request_tags)
        .resource_tags(&target.resource_tags);
    for (key, value) in &target.resource_tags {
        ask = ask.with(&format!("ec2:ResourceTag/{key}"), value);
    }
    for (key, value) in &target.keys {
        ask = ask.with(key, value);
    }
    call.authorize(&ask)
}

/// May the caller put tags on what it makes? EC2 asks for `ec2:CreateTags` besides the action itself
/// when there are tags (EC2 User Guide, "Grant permission to tag Amazon EC2 resources during
/// creation").
pub(super) fn may_tag(state: &State, call: &Call<'_>, target: &Target) -> Result<(), Failure> {
    if target.request_tags.is_empty() {
        return Ok(());
    }
    let tagging = Target {
        request_tags: target.request_tags.clone(),
        ..Target::new(target.kind, &target.id)
    }
    .with("ec2:CreateAction", call.operation);
    may(state, call, "ec2:CreateTags", &tagging)
}

/// May the caller make this, tags included? Ends a dry run.
pub(super) fn may_make(
    state: &State,
    call: &Call<'_>,
    action: &str,
    targets: &[Target],
) -> Result<(), Failure> {
    for target in targets {
        may(state, call, action, target)?;
    }
    for target in targets {
        may_tag(state, call, target)?;
    }
    call.dry_run()
}

/// May the caller list things? Lists are asked for on `*`. Ends a dry run.
pub(super) fn may_list(call: &Call<'_>, action: &str) -> Result<(), Failure> {
    let ask = Ask::new(action, "*")
        .in_account(call.account())
        .with("ec2:Region", call.region.as_str());
    call.authorize(&ask)?;
    call.dry_run()
}
