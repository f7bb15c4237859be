//! The state of an object, as it is written into a plan, and what differs between two of them.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

/// What a field says whose fact is not known. That is a state like any other.
pub(super) const NOT_KNOWN: &str = "not known";

/// Whether an object is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Presence {
    /// It is.
    There,
    /// It is not.
    Absent,
    /// It was not shown, and could not be looked for everywhere.
    NotKnown,
}

/// What is known of one object that a change touches.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FactState {
    /// The object, such as `access entry arn:…`.
    pub object: String,
    /// Whether it is there.
    pub presence: Presence,
    /// What it says, by field. A field that is left out may be anything.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub fields: BTreeMap<String, String>,
}

/// One thing that is not as it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Differs {
    /// The object.
    pub object: String,
    /// What differs, in words.
    pub how: String,
    /// Whether it is only not known now, and may be as it was.
    pub is_unknown: bool,
}

impl fmt::Display for Differs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.object, self.how)
    }
}

impl FactState {
    /// What of this state does not hold in `now`. Only the fields that this one names are looked at.
    #[must_use]
    pub fn differs(&self, now: &Self) -> Vec<Differs> {
        let differs = |how: String, is_unknown: bool| Differs {
            object: self.object.clone(),
            how,
            is_unknown,
        };
        match (self.presence, now.presence) {
            (was, is) if was == is => {}
            (_, Presence::There) => return vec![differs("it has appeared".to_owned(), false)],
            (_, Presence::Absent) => return vec![differs("it is gone".to_owned(), false)],
            (_, Presence::NotKnown) => {
                return vec![differs("it can no longer be read".to_owned(), true)];
            }
        }
        let shown = |text: Option<&String>| match text.map(String::as_str) {
            None | Some("") => "nothing".to_owned(),
            Some(NOT_KNOWN) => NOT_KNOWN.to_owned(),
            Some(text) => format!("`{text}`"),
        };
        self.fields
            .iter()
            .filter(|(field, was)| now.fields.get(*field) != Some(was))
            .map(|(field, was)| {
                let now = now.fields.get(field);
                let is_unknown = now.is_some_and(|text| text == NOT_KNOWN);
                let how = format!("{field} was {}, is {}", shown(Some(was)), shown(now));
                differs(how, is_unknown)
            })
            .collect()
    }
}
