//! A refused call in words.

use rolecall_facts::{ObservedCall, Timestamp};

/// How often it was recorded, and when: `at …`, or `3 times, from … to …`.
pub(crate) fn times(call: &ObservedCall, count: usize, since: Timestamp) -> String {
    if count == 1 {
        format!("at {}", call.time)
    } else {
        format!("{count} times, from {since} to {}", call.time)
    }
}

/// What it was about, who made it, and its id, each after what it is.
pub(crate) fn details(call: &ObservedCall) -> Vec<(&'static str, &str)> {
    let about = call
        .principal_arn
        .as_ref()
        .or(call.role.as_ref())
        .or(call.instance_profile.as_ref());
    [
        ("for", about),
        ("by", call.caller_arn.as_ref().or(call.invoked_by.as_ref())),
        ("id", Some(&call.event_id)),
    ]
    .into_iter()
    .filter_map(|(label, text)| Some((label, text?.as_str())))
    .collect()
}

/// All of it in one sentence.
pub(crate) fn in_a_sentence(call: &ObservedCall, count: usize, since: Timestamp) -> String {
    let details = details(call)
        .into_iter()
        .map(|(label, text)| format!(", {label} {text}"))
        .collect::<String>();
    format!(
        "CloudTrail recorded {} answered with {}{details}, {}",
        call.action(),
        call.error_code,
        times(call, count, since)
    )
}
