//! The state of an object, as it is written into a plan, and what differs between two of them.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

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
        let differs = |how: String| Differs {
            object: self.object.clone(),
            how,
        };
        match (self.presence, now.presence) {
            (was, is) if was == is => {}
            (_, Presence::There) => return vec![differs("it has appeared".to_owned())],
            (_, Presence::Absent) => return vec![differs("it is gone".to_owned())],
            (_, Presence::NotKnown) => {
                return vec![differs("it can no longer be read".to_owned())];
            }
        }
        let shown = |text: Option<&String>| match text.map(String::as_str) {
            None | Some("") => "nothing".to_owned(),
            Some(text) => format!("`{text}`"),
        };
        self.fields
            .iter()
            .filter(|(field, was)| now.fields.get(*field) != Some(was))
            .map(|(field, was)| {
                let is = shown(now.fields.get(field));
                differs(format!("{field} was {}, is {is}", shown(Some(was))))
            })
            .collect()
    }
}
