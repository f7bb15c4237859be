use serde_json::{Value, json};

use super::named::failure;
use super::state::Trail;
use super::trails::{changing, reading};
use crate::call::Call;
use crate::event::Event;
use crate::failure::Failure;
use crate::operation::Outcome;
use crate::state::State;

/// `GetEventSelectors`
pub(super) fn get_event_selectors(state: &State, call: &mut Call<'_>) -> Outcome {
    let trail = reading(state, call, "GetEventSelectors", "TrailName")?;
    Ok(shown(state, trail))
}

/// `PutEventSelectors`: one kind replaces the other (CloudTrail API Reference).
pub(super) fn put_event_selectors(state: &mut State, call: &mut Call<'_>) -> Outcome {
    let trail = changing(state, call, "PutEventSelectors", "TrailName")?;
    let mut trail = trail.clone();
    let plain = call.parameters.get("EventSelectors").cloned();
    let advanced = call.parameters.get("AdvancedEventSelectors").cloned();
    match (plain, advanced) {
        (Some(plain), None) => {
            trail.selectors = Some(completed(&plain)?);
            trail.advanced = None;
        }
        (None, Some(advanced)) => {
            check_advanced(&advanced)?;
            trail.advanced = Some(advanced);
            trail.selectors = None;
        }
        _ => {
            return Err(invalid(
                "You must specify either EventSelectors or AdvancedEventSelectors, not both.",
            ));
        }
    }
    let output = shown(state, &trail);
    state.cloudtrail.trails.insert(&trail.key(), trail);
    Ok(output)
}

fn invalid(message: &str) -> Failure {
    failure("InvalidEventSelectorsException", message)
}

fn shown(state: &State, trail: &Trail) -> Value {
    let arn = trail.arn(&state.partition);
    match &trail.advanced {
        Some(advanced) => json!({"TrailARN": arn, "AdvancedEventSelectors": advanced}),
        None => {
            let selectors = trail.selectors.clone().unwrap_or_else(|| json!([all()]));
            json!({"TrailARN": arn, "EventSelectors": selectors})
        }
    }
}

fn all() -> Value {
    json!({
        "ReadWriteType": "All",
        "IncludeManagementEvents": true,
        "DataResources": [],
        "ExcludeManagementEventSources": [],
    })
}

/// The selectors with what was left out.
fn completed(selectors: &Value) -> Result<Value, Failure> {
    let list = selectors.as_array().filter(|list| list.len() <= 5);
    let list = list.ok_or_else(|| invalid("A trail has at most 5 event selectors."))?;
    let complete = |selector: &Value| {
        let mut full = all();
        if let (Value::Object(full), Value::Object(given)) = (&mut full, selector) {
            full.extend(given.clone());
        }
        let kind = full.get("ReadWriteType").and_then(Value::as_str);
        if matches!(kind, Some("All" | "ReadOnly" | "WriteOnly")) {
            Ok(full)
        } else {
            Err(invalid("ReadWriteType is one of All, ReadOnly, WriteOnly."))
        }
    };
    list.iter().map(complete).collect()
}

fn check_advanced(selectors: &Value) -> Result<(), Failure> {
    let list = selectors.as_array().map(Vec::as_slice).unwrap_or_default();
    let good = |selector: &Value| {
        let fields = selector.get("FieldSelectors").and_then(Value::as_array);
        fields.is_some_and(|fields| {
            fields
                .iter()
                .any(|field| field.get("Field").and_then(Value::as_str) == Some("eventCategory"))
        })
    };
    if !list.is_empty() && list.iter().all(good) {
        return Ok(());
    }
    Err(invalid(
        "Every advanced event selector must have a field selector for eventCategory.",
    ))
}

/// Whether a trail wants a management event.
pub(super) fn wants(trail: &Trail, event: &Event) -> bool {
    let any = |list: &Value, test: &dyn Fn(&Value) -> bool| {
        list.as_array().is_some_and(|list| list.iter().any(test))
    };
    match (&trail.advanced, &trail.selectors) {
        (Some(advanced), _) => any(advanced, &|selector| advanced_wants(selector, event)),
        (None, Some(plain)) => any(plain, &|selector| plain_wants(selector, event)),
        (None, None) => true,
    }
}

fn plain_wants(selector: &Value, event: &Event) -> bool {
    let kind = match selector.get("ReadWriteType").and_then(Value::as_str) {
        Some("ReadOnly") => event.read_only,
        Some("WriteOnly") => !event.read_only,
        _ => true,
    };
    let management = selector.get("IncludeManagementEvents") != Some(&Value::Bool(false));
    let source = event.service.event_source();
    let excluded = selector
        .get("ExcludeManagementEventSources")
        .and_then(Value::as_array)
        .is_some_and(|list| list.iter().any(|item| item == source));
    kind && management && !excluded
}

/// All field selectors must pass; of each operator's values one (CloudTrail API Reference,
/// `AdvancedFieldSelector`).
fn advanced_wants(selector: &Value, event: &Event) -> bool {
    let fields = selector.get("FieldSelectors").and_then(Value::as_array);
    fields.is_some_and(|fields| fields.iter().all(|field| field_passes(field, event)))
}

fn field_passes(field: &Value, event: &Event) -> bool {
    let read_only = event.read_only.to_string();
    let value = match field.get("Field").and_then(Value::as_str) {
        Some("eventCategory") => "Management",
        Some("readOnly") => &read_only,
        Some("eventSource") => event.service.event_source(),
        Some("eventName") => &event.name,
        Some("eventType") => "AwsApiCall",
        Some("userIdentity.arn") => event.caller_arn(),
        // A field of data events: no management event has it.
        _ => return false,
    };
    let test = |operator: &str, holds: fn(&str, &str) -> bool| {
        let wanted = field.get(operator)?.as_array()?;
        let mut texts = wanted.iter().filter_map(Value::as_str);
        Some(texts.any(|wanted| holds(value, wanted)))
    };
    let same = |value: &str, wanted: &str| value == wanted;
    let positive = [
        test("Equals", same),
        test("StartsWith", |value, wanted| value.starts_with(wanted)),
        test("EndsWith", |value, wanted| value.ends_with(wanted)),
    ];
    let negative = [
        test("NotEquals", same),
        test("NotStartsWith", |value, wanted| value.starts_with(wanted)),
        test("NotEndsWith", |value, wanted| value.ends_with(wanted)),
    ];
    positive.into_iter().flatten().all(|passes| passes)
        && negative.into_iter().flatten().all(|hits| !hits)
}
