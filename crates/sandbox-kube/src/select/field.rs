//! Field selectors: `metadata.name=x,spec.nodeName!=y`.

use serde_json::Value;

use crate::object;
use crate::resource::Resource;

/// Terms that all have to hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct FieldSelector {
    terms: Vec<Term>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Term {
    path: Vec<String>,
    value: String,
    equal: bool,
}

impl FieldSelector {
    /// Parses a selector for the objects of this resource.
    ///
    /// # Errors
    /// The text Kubernetes gives with 400.
    pub(crate) fn parse(text: &str, resource: &Resource) -> Result<Self, String> {
        let mut terms = Vec::new();
        for part in split(text) {
            if part.is_empty() {
                continue;
            }
            let wrong = || format!("invalid selector: '{text}'; can't understand '{part}'");
            let (name, value, equal) = operator(&part).ok_or_else(wrong)?;
            let path = path(&name, resource)
                .ok_or_else(|| format!("field label not supported: {name}"))?;
            terms.push(Term {
                path,
                value: unescaped(value).ok_or_else(wrong)?,
                equal,
            });
        }
        Ok(Self { terms })
    }

    /// The selector of one name.
    pub(crate) fn of_name(name: &str) -> Self {
        let path = vec!["metadata".to_owned(), "name".to_owned()];
        Self {
            terms: vec![Term {
                path,
                value: name.to_owned(),
                equal: true,
            }],
        }
    }

    pub(crate) fn is_everything(&self) -> bool {
        self.terms.is_empty()
    }

    /// The one name that can match, if the selector asks for one.
    pub(crate) fn name(&self) -> Option<&str> {
        let by_name = |term: &&Term| term.equal && term.path == ["metadata", "name"];
        self.terms
            .iter()
            .find(by_name)
            .map(|term| term.value.as_str())
    }

    /// Both selectors together.
    pub(crate) fn and(mut self, other: Self) -> Self {
        self.terms.extend(other.terms);
        self
    }

    pub(crate) fn matches(&self, object: &Value) -> bool {
        self.terms
            .iter()
            .all(|term| (text(object, &term.path) == term.value) == term.equal)
    }
}

fn text(object: &Value, path: &[String]) -> String {
    match object::at(object, path) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Bool(flag)) => flag.to_string(),
        Some(Value::Number(number)) => number.to_string(),
        // Go's zero values: a flag that is not set is `false`.
        _ if matches!(
            path.last().map(String::as_str),
            Some("unschedulable" | "hostNetwork")
        ) =>
        {
            "false".to_owned()
        }
        _ => String::new(),
    }
}

fn path(name: &str, resource: &Resource) -> Option<Vec<String>> {
    let split = |name: &str| name.split('.').map(str::to_owned).collect();
    match name {
        "metadata.name" => Some(split(name)),
        "metadata.namespace" if resource.namespaced => Some(split(name)),
        _ => {
            let known = resource.selectable.iter().find(|one| one.name == name)?;
            Some(known.path.clone())
        }
    }
}

/// The parts between commas that are not escaped; escapes are kept.
fn split(text: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut escaped = false;
    for c in text.chars() {
        if c == ',' && !escaped {
            parts.push(String::new());
            continue;
        }
        escaped = c == '\\' && !escaped;
        if let Some(part) = parts.last_mut() {
            part.push(c);
        }
    }
    parts
}

/// The name, the value and whether they are to be equal.
fn operator(part: &str) -> Option<(String, &str, bool)> {
    for (at, _) in part.char_indices() {
        let (name, rest) = part.split_at(at);
        for (sign, equal) in [("!=", false), ("==", true), ("=", true)] {
            if let Some(value) = rest.strip_prefix(sign) {
                return Some((name.to_owned(), value, equal));
            }
        }
    }
    None
}

fn unescaped(value: &str) -> Option<String> {
    let mut plain = String::with_capacity(value.len());
    let mut chars = value.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => plain.push(
                chars
                    .next()
                    .filter(|next| matches!(next, '\\' | ',' | '='))?,
            ),
            '=' => return None,
            other => plain.push(other),
        }
    }
    Some(plain)
}
