//! `Tag…`, `Untag…`, `List…Tags`.

use serde_json::json;

use super::checks::Checks;
use super::failures::quota;
use super::named::{self, Named, Tags};
use super::page::Page;
use super::shown::nothing;
use crate::call::Call;
use crate::failure::Failure;
use crate::operation::Outcome;
use crate::state::State;

/// Tags a resource may have (IAM User Guide, "IAM and AWS STS quotas").
const MOST: usize = 50;

pub(super) fn tag<T: Named>(state: &mut State, call: &mut Call<'_>) -> Outcome {
    T::check(Checks::of(&call.parameters))
        .list("Tags")
        .tags()
        .done()?;
    let given = call.parameters.tags("Tags");
    let key = named::write_protected::<T>(state, call, |ask| {
        ask.request_tags(given.iter().map(|(key, value)| (&**key, &**value)))
    })?;
    let mut tags = T::table(&state.iam)
        .get(&key)
        .map(|row| row.tags().clone())
        .unwrap_or_default();
    add(&mut tags, given)?;
    T::table_mut(&mut state.iam).change(&key, |row| *row.tags_mut() = tags);
    nothing()
}

pub(super) fn untag<T: Named>(state: &mut State, call: &mut Call<'_>) -> Outcome {
    T::check(Checks::of(&call.parameters))
        .list("TagKeys")
        .tag_keys()
        .done()?;
    let given: Vec<String> = call
        .parameters
        .texts("TagKeys")
        .into_iter()
        .map(str::to_owned)
        .collect();
    let key = named::write_protected::<T>(state, call, |ask| {
        ask.with_values("aws:TagKeys", given.clone())
    })?;
    T::table_mut(&mut state.iam).change(&key, |row| {
        row.tags_mut()
            .retain(|tag, _| !given.iter().any(|given| same(given, tag)));
    });
    nothing()
}

pub(super) fn list<T: Named>(state: &State, call: &mut Call<'_>) -> Outcome {
    T::check(Checks::of(&call.parameters)).done()?;
    let page = Page::of(&call.parameters)?;
    let row = named::read::<T>(state, call)?;
    let tags = row.tags().iter().map(|(key, value)| (&**key, (key, value)));
    Ok(page
        .cut(tags)
        .answer("Tags", |(key, value)| json!({"Key": key, "Value": value})))
}

/// Sets tags. Keys have no case: a key that differs in case only is replaced (IAM User Guide, "Tags
/// for AWS Identity and Access Management resources").
pub(super) fn add(tags: &mut Tags, given: Vec<(String, String)>) -> Result<(), Failure> {
    for (key, value) in given {
        tags.retain(|known, _| !same(known, &key));
        tags.insert(key, value);
    }
    if tags.len() > MOST {
        return Err(quota("TagsPerResource", MOST));
    }
    Ok(())
}

fn same(one: &str, other: &str) -> bool {
    one.to_lowercase() == other.to_lowercase()
}
