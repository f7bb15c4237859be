use std::fmt;

use serde::{Deserialize, Serialize};

use super::value::Compare;
use crate::{Fact, Origin, Reference};

/// Two known facts that differ.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Conflict {
    /// The object, such as `role NodeRole`.
    pub object: String,
    /// The field, such as `path`.
    pub field: String,
    /// What the one says; it stays in the snapshot.
    pub kept: String,
    /// Where the one says it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kept_origin: Option<Origin>,
    /// What the other says.
    pub other: String,
    /// Where the other says it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub other_origin: Option<Origin>,
}

impl fmt::Display for Conflict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            object,
            field,
            kept,
            kept_origin,
            other,
            other_origin,
        } = self;
        write!(f, "the {field} of {object} is `{kept}`")?;
        if let Some(origin) = kept_origin {
            write!(f, " in {origin}")?;
        }
        write!(f, ", but `{other}`")?;
        if let Some(origin) = other_origin {
            write!(f, " in {origin}")?;
        }
        Ok(())
    }
}

const NOT_SET: &str = "not set";

/// Joins the fields of one pair of objects and records where they differ.
pub(super) struct Conflicts<'a> {
    object: &'a str,
    kept_origin: Option<Origin>,
    other_origin: Option<Origin>,
    found: &'a mut Vec<Conflict>,
}

/// Whether a source that leaves an optional field out says by that that it is not set.
#[derive(Debug, Clone, Copy)]
pub(super) struct UnsetMeans {
    /// In the snapshot that is kept.
    pub(super) ours: bool,
    /// In the other.
    pub(super) theirs: bool,
}

impl UnsetMeans {
    /// Left out means nothing on either side.
    pub(super) const NOTHING: Self = Self {
        ours: false,
        theirs: false,
    };
    /// Left out means not set on both sides.
    pub(super) const UNSET: Self = Self {
        ours: true,
        theirs: true,
    };
}

impl<'a> Conflicts<'a> {
    pub(super) fn new(
        object: &'a str,
        kept_origin: Option<Origin>,
        other_origin: Option<Origin>,
        found: &'a mut Vec<Conflict>,
    ) -> Self {
        Self {
            object,
            kept_origin,
            other_origin,
            found,
        }
    }

    fn record(
        &mut self,
        field: &str,
        kept: (String, Option<&Origin>),
        other: (String, Option<&Origin>),
    ) {
        self.found.push(Conflict {
            object: self.object.to_owned(),
            field: field.to_owned(),
            kept: kept.0,
            kept_origin: kept.1.or(self.kept_origin.as_ref()).cloned(),
            other: other.0,
            other_origin: other.1.or(self.other_origin.as_ref()).cloned(),
        });
    }

    /// Two values without places of their own.
    pub(super) fn plain<T: Compare>(&mut self, field: &str, kept: &mut T, other: T) {
        if !kept.agrees(&other) {
            self.record(field, (kept.show(), None), (other.show(), None));
        } else if other.is_more_exact_than(kept) {
            *kept = other;
        }
    }

    /// Two values that may be left out, which means that the source does not know.
    pub(super) fn plain_option<T: Compare>(
        &mut self,
        field: &str,
        kept: &mut Option<T>,
        other: Option<T>,
    ) {
        match (kept.as_mut(), other) {
            (_, None) => {}
            (None, other) => *kept = other,
            (Some(kept), Some(other)) => self.plain(field, kept, other),
        }
    }

    pub(super) fn fact<T: Compare>(&mut self, field: &str, kept: &mut Fact<T>, other: Fact<T>) {
        match (&mut *kept, other) {
            (_, Fact::Unknown { .. }) => {}
            (Fact::Unknown { .. }, other) => *kept = other,
            (
                Fact::Known { value, origin },
                Fact::Known {
                    value: other_value,
                    origin: other_origin,
                },
            ) => {
                if !value.agrees(&other_value) {
                    self.record(
                        field,
                        (value.show(), Some(origin)),
                        (other_value.show(), Some(&other_origin)),
                    );
                } else if other_value.is_more_exact_than(value) {
                    *value = other_value;
                    *origin = other_origin;
                }
            }
        }
    }

    pub(super) fn reference<T: Compare>(
        &mut self,
        field: &str,
        kept: &mut Reference<T>,
        other: Reference<T>,
    ) {
        if let (Some(ours), Some(theirs)) = (&kept.object, &other.object)
            && ours != theirs
            && !kept.value.is_known()
            && !other.value.is_known()
        {
            self.record(
                field,
                (ours.to_string(), kept.value.origin()),
                (theirs.to_string(), other.value.origin()),
            );
            return;
        }
        self.fact(field, &mut kept.value, other.value);
        if kept.object.is_none() {
            kept.object = other.object;
        }
    }

    /// A fact that may be left out.
    pub(super) fn fact_option<T: Compare>(
        &mut self,
        field: &str,
        kept: &mut Option<Fact<T>>,
        other: Option<Fact<T>>,
    ) {
        match (kept.as_mut(), other) {
            (_, None) => {}
            (None, other) => *kept = other,
            (Some(kept), Some(other)) => self.fact(field, kept, other),
        }
    }

    /// A reference that may be left out; `unset` says what leaving it out means.
    pub(super) fn reference_option<T: Compare>(
        &mut self,
        field: &str,
        kept: &mut Option<Reference<T>>,
        other: Option<Reference<T>>,
        unset: UnsetMeans,
    ) {
        match (kept.as_mut(), other) {
            (None, None) => {}
            (Some(ours), Some(theirs)) => self.reference(field, ours, theirs),
            (None, Some(theirs)) if unset.ours => {
                if let Some(shown) = show_reference(&theirs) {
                    self.record(
                        field,
                        (NOT_SET.to_owned(), None),
                        (shown, theirs.value.origin()),
                    );
                }
            }
            (None, theirs) => *kept = theirs,
            (Some(ours), None) if unset.theirs => match show_reference(ours) {
                Some(shown) => {
                    let origin = ours.value.origin().cloned();
                    self.record(field, (shown, origin.as_ref()), (NOT_SET.to_owned(), None));
                }
                None => *kept = None,
            },
            (Some(_), None) => {}
        }
    }

    /// One side says that a group of settings is there, the other that it is not.
    pub(super) fn presence(&mut self, field: &str, ours: Option<String>, theirs: Option<String>) {
        let show = |text: Option<String>| text.unwrap_or_else(|| NOT_SET.to_owned());
        self.record(field, (show(ours), None), (show(theirs), None));
    }
}

/// What a reference names, if anything is known of that.
fn show_reference<T: Compare>(reference: &Reference<T>) -> Option<String> {
    match (reference.value.value(), &reference.object) {
        (Some(value), _) => Some(value.show()),
        (None, Some(object)) => Some(object.to_string()),
        (None, None) => None,
    }
}
