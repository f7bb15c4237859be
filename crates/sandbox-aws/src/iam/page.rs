//! Pages of lists: `Marker`, `MaxItems`, `IsTruncated`.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

use super::checks::Checks;
use super::failures::validation;
use crate::failure::Failure;
use crate::parameters::Parameters;

/// Which part of a list a call asks for.
pub(super) struct Page {
    /// The key of the last row the caller has.
    pub(super) after: Option<String>,
    size: usize,
}

/// A page that was cut.
pub(super) struct Cut<V> {
    pub(super) rows: Vec<V>,
    marker: Option<String>,
}

impl Page {
    /// Reads `Marker` and `MaxItems`, 100 without one.
    pub(super) fn of(parameters: &Parameters) -> Result<Self, Failure> {
        Checks::of(parameters).number("MaxItems", 1..=1000).done()?;
        let size = parameters.integer("MaxItems").unwrap_or(100);
        let after = match parameters.text("Marker") {
            None => None,
            Some(marker) => Some(
                URL_SAFE_NO_PAD
                    .decode(marker)
                    .ok()
                    .and_then(|key| String::from_utf8(key).ok())
                    .ok_or_else(|| validation("Invalid Marker."))?,
            ),
        };
        Ok(Self {
            after,
            size: usize::try_from(size).unwrap_or(100),
        })
    }

    /// The rows of the page, of rows sorted by key. No more rows than needed are asked for.
    pub(super) fn cut<K: AsRef<str>, V>(&self, rows: impl Iterator<Item = (K, V)>) -> Cut<V> {
        let mut taken = Vec::new();
        let mut last = None;
        let mut marker = None;
        let after = self.after.as_deref();
        for (key, row) in rows.filter(|(key, _)| after.is_none_or(|after| key.as_ref() > after)) {
            if taken.len() == self.size {
                marker = last.map(|key: K| URL_SAFE_NO_PAD.encode(key.as_ref()));
                break;
            }
            last = Some(key);
            taken.push(row);
        }
        Cut {
            rows: taken,
            marker,
        }
    }
}

impl Page {
    /// What to read a table from after, for rows whose keys are the table's behind `prefix`.
    pub(super) fn after_in(&self, prefix: &str) -> Option<&str> {
        self.after.as_deref()?.strip_prefix(prefix)
    }
}

impl<V> Cut<V> {
    /// The answer: the rows under `name`, and how to go on.
    pub(super) fn answer(self, name: &str, show: impl FnMut(V) -> Value) -> Value {
        let mut answer = Map::new();
        answer.insert(name.to_owned(), self.rows.into_iter().map(show).collect());
        go_on(&mut answer, self.marker);
        Value::Object(answer)
    }

    /// The rows and how to go on, for an answer with several lists.
    pub(super) fn parts(self) -> (Vec<V>, Map<String, Value>) {
        let mut answer = Map::new();
        go_on(&mut answer, self.marker);
        (self.rows, answer)
    }
}

fn go_on(answer: &mut Map<String, Value>, marker: Option<String>) {
    answer.insert("IsTruncated".to_owned(), marker.is_some().into());
    if let Some(marker) = marker {
        answer.insert("Marker".to_owned(), marker.into());
    }
}
