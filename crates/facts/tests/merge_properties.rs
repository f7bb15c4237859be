//! What holds for every pair of snapshots.
#![expect(
    clippy::unwrap_used,
    reason = "input that cannot be made is a test that failed"
)]

mod arbitrary;

use arbitrary::snapshot;
use proptest::prelude::*;
use rolecall_facts::Snapshot;
use serde_json::Value as Json;

/// Every value of a known fact, spelled so that what merging takes for equal is equal.
fn known_values(json: &Json, found: &mut Vec<String>) {
    match json {
        Json::Object(fields) => {
            if let Some(value) = fields.get("known").and_then(|known| known.get("value")) {
                found.push(spelled(value));
            }
            fields.values().for_each(|value| known_values(value, found));
        }
        Json::Array(items) => items.iter().for_each(|item| known_values(item, found)),
        _ => {}
    }
}

fn spelled(value: &Json) -> String {
    match value {
        Json::String(text) => text.to_lowercase(),
        Json::Array(items) if items.iter().all(Json::is_string) => {
            let mut texts: Vec<String> = items.iter().map(spelled).collect();
            texts.sort();
            texts.dedup();
            format!("[{}]", texts.join(", "))
        }
        // Structures are compared by their leaves, which are facts or plain values of their own.
        Json::Array(_) | Json::Object(_) => String::new(),
        other => other.to_string(),
    }
}

fn known(snapshot: &Snapshot) -> Vec<String> {
    let mut found = Vec::new();
    known_values(&serde_json::to_value(snapshot).unwrap(), &mut found);
    found
}

proptest! {
    #[test]
    fn merging_with_itself_changes_nothing(snapshot in snapshot()) {
        let mut merged = snapshot.clone();
        merged.merge(snapshot.clone());
        prop_assert_eq!(merged, snapshot);
    }

    #[test]
    fn merging_with_nothing_changes_nothing(snapshot in snapshot()) {
        let mut merged = snapshot.clone();
        merged.merge(Snapshot::default());
        prop_assert_eq!(&merged, &snapshot);

        let mut merged = Snapshot::default();
        merged.merge(snapshot.clone());
        prop_assert_eq!(merged, snapshot);
    }

    #[test]
    fn what_is_known_here_stays_as_it_is(ours in snapshot(), theirs in snapshot()) {
        let mut merged = ours.clone();
        merged.merge(theirs);
        let after = known(&merged);
        for value in known(&ours) {
            prop_assert!(value == "[]" || after.contains(&value), "{} is gone", value);
        }
    }

    #[test]
    fn what_the_other_knows_is_kept_or_reported(ours in snapshot(), theirs in snapshot()) {
        let mut merged = ours;
        merged.merge(theirs.clone());
        let after = known(&merged);
        let reported: Vec<String> = merged
            .conflicts
            .iter()
            .map(|conflict| conflict.other.to_lowercase())
            .collect();
        for value in known(&theirs) {
            prop_assert!(
                value == "[]"
                    || after.contains(&value)
                    || reported.iter().any(|text| text.contains(&value))
                    || value == "true" && reported.iter().any(|text| text.contains("enabled")),
                "{} is neither kept nor reported",
                value
            );
        }
    }

    #[test]
    fn merging_the_same_again_adds_no_object(ours in snapshot(), theirs in snapshot()) {
        let mut once = ours;
        once.merge(theirs.clone());
        let mut twice = once.clone();
        twice.merge(once.clone());
        prop_assert_eq!(twice, once);
    }

    #[test]
    fn json_round_trip_is_the_identity(ours in snapshot(), theirs in snapshot()) {
        let mut snapshot = ours;
        snapshot.merge(theirs);
        let text = snapshot.to_json().unwrap();
        prop_assert_eq!(Snapshot::from_json(&text).unwrap(), snapshot);
    }
}
