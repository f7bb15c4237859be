//! Validation of a value against a [`Structure`], in the API server's words.

use super::fault::{self, quoted};
use super::format;
use super::path::Path;
use super::structure::{Additional, Kind, ListType, Structure};
use crate::status::Cause;
use serde_json::{Number, Value};
use std::collections::HashSet;

/// No more faults than this are collected from one object; a list of a million bad entries would
/// otherwise be answered with a megabyte of text.
const MOST_FAULTS: usize = 100;

/// Said instead of the rules' verdict while the object's shape is wrong.
const RULES_NOT_CHECKED: &str = "some validation rules were not checked because the object was invalid; correct the existing errors to complete validation";

impl Structure {
    /// Everything that is wrong with `object`. On an update `old` is the stored object: rules may
    /// compare with it, and what was wrong before and has not been touched is let pass
    /// (Kubernetes 1.33, validation ratcheting).
    pub fn validate(&self, object: &Value, old: Option<&Value>) -> Vec<Cause> {
        let mut errors = Vec::new();
        self.validate_value(object, old, &Path::ROOT, &mut errors);
        if self.has_rules {
            if errors.iter().any(fault::blocks_rules) {
                errors.push(fault::of_nothing("null", RULES_NOT_CHECKED));
            } else {
                self.check_rules(object, old, &Path::ROOT, &mut errors);
            }
        }
        errors.truncate(MOST_FAULTS);
        errors
    }

    pub(crate) fn validate_value(
        &self,
        value: &Value,
        old: Option<&Value>,
        path: &Path<'_>,
        errors: &mut Vec<Cause>,
    ) {
        if errors.len() > MOST_FAULTS || old == Some(value) {
            return;
        }
        if value.is_null() && self.nullable {
            return;
        }
        if !self.type_holds(value) {
            errors.push(self.wrong_type(value, path));
            return;
        }
        self.check_enumeration(value, path, errors);
        match value {
            Value::Object(fields) => self.check_object(fields, old, path, errors),
            Value::Array(entries) => self.check_list(entries, old, path, errors),
            Value::String(text) => self.check_text(text, value, path, errors),
            Value::Number(number) => self.check_number(number, value, path, errors),
            Value::Null | Value::Bool(_) => {}
        }
        for junctor in &self.junctors {
            junctor.validate(value, path, errors);
        }
    }

    fn type_holds(&self, value: &Value) -> bool {
        if self.int_or_string {
            return value.is_string() || is_whole(value);
        }
        match self.kind {
            Kind::Any => true,
            Kind::Object => value.is_object(),
            Kind::Array => value.is_array(),
            Kind::String => value.is_string(),
            Kind::Integer => is_whole(value),
            Kind::Number => value.is_number(),
            Kind::Boolean => value.is_boolean(),
        }
    }

    fn wrong_type(&self, value: &Value, path: &Path<'_>) -> Cause {
        let wanted = if self.int_or_string {
            "integer,string"
        } else {
            self.kind.name()
        };
        let found = json_type(value);
        let detail = format!("{path} in body must be of type {wanted}: {}", quoted(found));
        fault::quoting(fault::TYPE_INVALID, path, found, &detail)
    }

    fn check_enumeration(&self, value: &Value, path: &Path<'_>, errors: &mut Vec<Cause>) {
        if self.enumeration.is_empty() || self.enumeration.contains(value) {
            return;
        }
        let allowed: Vec<String> = self
            .enumeration
            .iter()
            .map(|v| {
                quoted(
                    v.as_str()
                        .map_or_else(|| v.to_string(), str::to_owned)
                        .as_str(),
                )
            })
            .collect();
        errors.push(fault::valued(
            fault::NOT_SUPPORTED,
            path,
            value,
            &format!("supported values: {}", allowed.join(", ")),
        ));
    }

    fn check_object(
        &self,
        fields: &serde_json::Map<String, Value>,
        old: Option<&Value>,
        path: &Path<'_>,
        errors: &mut Vec<Cause>,
    ) {
        if let Some(least) = self
            .bounds
            .min_properties
            .filter(|n| count(fields.len()) < *n)
        {
            let found = Value::from(fields.len());
            let detail = format!("{path} in body should have at least {least} properties");
            errors.push(fault::valued(fault::INVALID, path, &found, &detail));
        }
        if let Some(most) = self
            .bounds
            .max_properties
            .filter(|n| count(fields.len()) > *n)
        {
            errors.push(too_many(path, fields.len(), most));
        }
        for name in &self.required {
            if !fields.contains_key(name) {
                errors.push(fault::plain(fault::REQUIRED, &path.field(name), ""));
            }
        }
        let each = match &self.additional {
            Additional::Each(each) => Some(each.as_ref()),
            _ => None,
        };
        for (name, value) in fields {
            if let Some(schema) = self.properties.get(name).or(each) {
                let old = old.and_then(|o| o.get(name));
                schema.validate_value(value, old, &path.field(name), errors);
            }
        }
    }

    fn check_list(
        &self,
        entries: &[Value],
        old: Option<&Value>,
        path: &Path<'_>,
        errors: &mut Vec<Cause>,
    ) {
        if let Some(least) = self.bounds.min_items.filter(|n| count(entries.len()) < *n) {
            errors.push(fault::valued(
                fault::INVALID,
                path,
                &Value::from(entries.len()),
                &format!("{path} in body should have at least {least} items"),
            ));
        }
        if let Some(most) = self.bounds.max_items.filter(|n| count(entries.len()) > *n) {
            errors.push(too_many(path, entries.len(), most));
        }
        if let Some(items) = &self.items {
            for (index, entry) in entries.iter().enumerate() {
                let before = old.and_then(|o| self.correlated(o, entry));
                items.validate_value(entry, before, &path.index(index), errors);
            }
        }
        self.check_duplicates(entries, path, errors);
    }

    /// The entry of the old list that corresponds to `entry`: the one with the same keys in a list
    /// of type map, none in other lists (Kubernetes does not correlate those either).
    pub(crate) fn correlated<'a>(&self, old: &'a Value, entry: &Value) -> Option<&'a Value> {
        let entries = old.as_array()?;
        match self.list_type {
            ListType::Map => entries
                .iter()
                .find(|e| self.map_keys.iter().all(|k| e.get(k) == entry.get(k))),
            // An equal entry is no correlation for rules, but an untouched one is let pass.
            _ => entries.iter().find(|e| *e == entry),
        }
    }

    fn check_duplicates(&self, entries: &[Value], path: &Path<'_>, errors: &mut Vec<Cause>) {
        let keyed = self.list_type == ListType::Map;
        if self.list_type == ListType::Atomic && !self.bounds.unique_items {
            return;
        }
        let mut seen = HashSet::with_capacity(entries.len());
        for (index, entry) in entries.iter().enumerate() {
            let identity = if keyed {
                let default = |k: &String| {
                    let field = self.items.as_ref().and_then(|i| i.properties.get(k));
                    field.and_then(|f| f.default.clone()).unwrap_or_default()
                };
                let keys = self.map_keys.iter();
                let keys = keys.map(|k| {
                    (
                        k.clone(),
                        entry.get(k).cloned().unwrap_or_else(|| default(k)),
                    )
                });
                Value::Object(keys.collect())
            } else {
                entry.clone()
            };
            if !seen.insert(identity.to_string()) {
                errors.push(fault::valued(
                    fault::DUPLICATE,
                    &path.index(index),
                    &identity,
                    "",
                ));
            }
        }
    }

    fn check_text(&self, text: &str, value: &Value, path: &Path<'_>, errors: &mut Vec<Cause>) {
        let mut invalid = |detail: String| {
            errors.push(fault::valued(fault::INVALID, path, value, &detail));
        };
        let bounds = &self.bounds;
        let length = || count(text.chars().count());
        if let Some(least) = bounds.min_length.filter(|n| length() < *n) {
            invalid(format!(
                "{path} in body should be at least {least} chars long"
            ));
        }
        if let Some(pattern) = self.pattern.as_ref().filter(|p| !p.matches(text)) {
            invalid(format!(
                "{path} in body should match '{}'",
                pattern.source()
            ));
        }
        if let Some(format) = self.format.as_deref().filter(|f| !format::holds(f, text)) {
            invalid(format!(
                "{path} in body must be of type {format}: {}",
                quoted(text)
            ));
        }
        if let Some(most) = bounds.max_length.filter(|n| length() > *n) {
            errors.push(fault::plain(
                fault::TOO_LONG,
                path,
                &format!("may not be more than {most} bytes"),
            ));
        }
    }

    fn check_number(
        &self,
        number: &Number,
        value: &Value,
        path: &Path<'_>,
        errors: &mut Vec<Cause>,
    ) {
        let Some(n) = number.as_f64() else { return };
        let mut invalid = |detail: String| {
            errors.push(fault::valued(fault::INVALID, path, value, &detail));
        };
        let bounds = &self.bounds;
        if let Some(least) = bounds.minimum {
            if bounds.exclusive_minimum && n <= least {
                invalid(format!("{path} in body should be greater than {least}"));
            } else if n < least {
                invalid(format!(
                    "{path} in body should be greater than or equal to {least}"
                ));
            }
        }
        if let Some(most) = bounds.maximum {
            if bounds.exclusive_maximum && n >= most {
                invalid(format!("{path} in body should be less than {most}"));
            } else if n > most {
                invalid(format!(
                    "{path} in body should be less than or equal to {most}"
                ));
            }
        }
        if let Some(step) = bounds
            .multiple_of
            .filter(|step| *step > 0.0 && (n / step).fract() != 0.0)
        {
            invalid(format!("{path} in body should be a multiple of {step}"));
        }
        if self.format.as_deref() == Some("int32") && !(-2147483648.0..=2147483647.0).contains(&n) {
            invalid(format!(
                "{path} in body must be of type int32: {}",
                quoted(&number.to_string())
            ));
        }
    }
}

fn too_many(path: &Path<'_>, found: usize, most: u64) -> Cause {
    fault::valued(
        fault::TOO_MANY,
        path,
        &Value::from(found),
        &format!("must have at most {most} items"),
    )
}

fn is_whole(value: &Value) -> bool {
    value
        .as_number()
        .is_some_and(|n| !n.is_f64() || n.as_f64().is_some_and(|f| f.fract() == 0.0))
}

fn json_type(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(n) if n.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

fn count(n: usize) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}
