//! What IAM checks of a request's parameters before anything else, permissions included.

use std::ops::RangeInclusive;

use serde_json::Value;

use super::failures::{invalid_input, validation};
use crate::failure::Failure;
use crate::parameters::{Parameters, integer};

const DOCUMENT_PATTERN: &str = r"[\u0009\u000A\u000D\u0020-\u00FF]+";
const DESCRIPTION_PATTERN: &str = r"[\u0009\u000A\u000D\u0020-\u007E\u00A1-\u00FF]*";
const VERSION_PATTERN: &str = r"v[1-9][0-9]*(\.[A-Za-z0-9-]*)?";
const PREFIX_PATTERN: &str = r"\u002F[\u0021-\u007F]*";

/// Gathers what is wrong, as one error lists it all; `done` gives it.
///
/// Lengths, missing values and value sets are listed together; names and paths with odd characters
/// have an error of their own, after them.
pub(super) struct Checks<'a> {
    parameters: &'a Parameters,
    broken: Vec<String>,
    then: Option<Failure>,
}

impl<'a> Checks<'a> {
    pub(super) fn of(parameters: &'a Parameters) -> Self {
        Self {
            parameters,
            broken: Vec::new(),
            then: None,
        }
    }

    /// The name of a role, user, policy or profile.
    pub(super) fn name(self, parameter: &str, longest: usize) -> Self {
        self.required(parameter).optional_name(parameter, longest)
    }

    /// As [`name`](Self::name), where the parameter may be left out.
    pub(super) fn optional_name(mut self, parameter: &str, longest: usize) -> Self {
        let Some(text) = self.parameters.text(parameter) else {
            return self;
        };
        let here = lower(parameter);
        self.length(text, &here, 1..=longest);
        if !text.is_empty() && !is_name(text) {
            self.later(validation(format!(
                "The specified value for {here} is invalid. It must contain only alphanumeric \
                 characters and/or the following: +=,.@_-"
            )));
        }
        self
    }

    /// `Path`
    pub(super) fn path(mut self) -> Self {
        if let Some(path) = self.parameters.text("Path") {
            self.length(path, "path", 1..=512);
            let printable = path.bytes().all(|byte| (0x21..=0x7e).contains(&byte));
            if !(path.starts_with('/') && path.ends_with('/') && printable) {
                self.later(validation(
                    "The specified value for path is invalid. It must begin and end with / and \
                     contain only alphanumeric characters and/or / characters.",
                ));
            }
        }
        self
    }

    /// `PathPrefix`
    pub(super) fn prefix(mut self) -> Self {
        if let Some(prefix) = self.parameters.text("PathPrefix") {
            self.length(prefix, "pathPrefix", 1..=512);
            let printable = prefix.bytes().all(|byte| (0x21..=0x7f).contains(&byte));
            if !(prefix.starts_with('/') && printable) {
                self.pattern(prefix, "pathPrefix", PREFIX_PATTERN);
            }
        }
        self
    }

    /// A policy document that must be given.
    pub(super) fn document(self, parameter: &str) -> Self {
        self.required(parameter).optional_document(parameter)
    }

    pub(super) fn optional_document(mut self, parameter: &str) -> Self {
        if let Some(text) = self.parameters.text(parameter) {
            self.document_text(text, &lower(parameter));
        }
        self
    }

    /// A list of documents.
    pub(super) fn documents(mut self, parameter: &str) -> Self {
        for (place, text) in self.parameters.texts(parameter).into_iter().enumerate() {
            let here = format!("{}.{}.member", lower(parameter), place + 1);
            self.document_text(text, &here);
        }
        self
    }

    fn document_text(&mut self, text: &str, here: &str) {
        self.length(text, here, 1..=131_072);
        let fits = |c: char| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{ff}');
        if !text.chars().all(fits) {
            self.pattern(text, here, DOCUMENT_PATTERN);
        }
    }

    /// `Description`
    pub(super) fn description(mut self) -> Self {
        if let Some(text) = self.parameters.text("Description") {
            self.length(text, "description", 0..=1000);
            let fits = |c: char| matches!(c, '\t' | '\n' | '\r' | ' '..='~' | '\u{a1}'..='\u{ff}');
            if !text.chars().all(fits) {
                self.pattern(text, "description", DESCRIPTION_PATTERN);
            }
        }
        self
    }

    /// An ARN that must be given.
    pub(super) fn arn(self, parameter: &str) -> Self {
        self.required(parameter).optional_arn(parameter)
    }

    pub(super) fn optional_arn(mut self, parameter: &str) -> Self {
        if let Some(text) = self.parameters.text(parameter) {
            self.length(text, &lower(parameter), 20..=2048);
            if !text.starts_with("arn:") || text.split(':').count() < 6 {
                self.later(invalid_input(format!("ARN {text} is not valid.")));
            }
        }
        self
    }

    /// A text of any characters that must be given.
    pub(super) fn text(mut self, parameter: &str, lengths: RangeInclusive<usize>) -> Self {
        self = self.required(parameter);
        if let Some(text) = self.parameters.text(parameter) {
            self.length(text, &lower(parameter), lengths);
        }
        self
    }

    /// `v` and a number, perhaps with a suffix.
    pub(super) fn version(mut self, parameter: &str) -> Self {
        self = self.required(parameter);
        if let Some(text) = self.parameters.text(parameter) {
            let digits = text
                .strip_prefix('v')
                .map(|rest| rest.split_once('.').map_or(rest, |(number, _)| number));
            let fits = digits.is_some_and(|digits| {
                !digits.is_empty()
                    && !digits.starts_with('0')
                    && digits.bytes().all(|byte| byte.is_ascii_digit())
            });
            if !fits {
                self.pattern(text, &lower(parameter), VERSION_PATTERN);
            }
        }
        self
    }

    /// A list that must have something in it.
    pub(super) fn list(mut self, parameter: &str) -> Self {
        if self.parameters.list(parameter).is_empty() {
            self.null(&lower(parameter));
        }
        self
    }

    /// A whole number in a range.
    pub(super) fn number(mut self, parameter: &str, range: RangeInclusive<i64>) -> Self {
        if let Some(value) = self.parameters.get(parameter) {
            let here = lower(parameter);
            match integer(value) {
                None => self.later(malformed_input()),
                Some(number) if number < *range.start() => self.add(
                    &number.to_string(),
                    &here,
                    &format!("have value greater than or equal to {}", range.start()),
                ),
                Some(number) if number > *range.end() => self.add(
                    &number.to_string(),
                    &here,
                    &format!("have value less than or equal to {}", range.end()),
                ),
                Some(_) => {}
            }
        }
        self
    }

    /// One of a few words.
    pub(super) fn one_of(mut self, parameter: &str, words: &[&str]) -> Self {
        if let Some(text) = self.parameters.text(parameter) {
            self.word(text, &lower(parameter), words);
        }
        self
    }

    /// A list of words.
    pub(super) fn all_of(mut self, parameter: &str, words: &[&str]) -> Self {
        for (place, text) in self.parameters.texts(parameter).into_iter().enumerate() {
            let here = format!("{}.{}.member", lower(parameter), place + 1);
            self.word(text, &here, words);
        }
        self
    }

    /// `Tags`
    pub(super) fn tags(mut self) -> Self {
        let tags = self.parameters.list("Tags");
        if tags.len() > 50 {
            self.too_many_tags(tags.len(), "tags");
        }
        let mut keys: Vec<String> = Vec::new();
        for (place, tag) in tags.into_iter().enumerate() {
            let here = format!("tags.{}.member", place + 1);
            match tag.get("Key").and_then(Value::as_str) {
                None => self.null(&format!("{here}.key")),
                Some(key) => {
                    self.tag_text(key, &format!("{here}.key"), 1..=128);
                    keys.push(key.to_lowercase());
                }
            }
            match tag.get("Value").and_then(Value::as_str) {
                None => self.null(&format!("{here}.value")),
                Some(value) => self.tag_text(value, &format!("{here}.value"), 0..=256),
            }
        }
        if keys.iter().any(|key| key.starts_with("aws:")) {
            self.later(invalid_input(
                "Caller is not an internal service; tag keys that begin with 'aws:' are reserved \
                 for system use.",
            ));
        }
        keys.sort_unstable();
        let all = keys.len();
        keys.dedup();
        if keys.len() < all {
            self.later(invalid_input(
                "Duplicate tag keys found. Please note that Tag keys are case insensitive.",
            ));
        }
        self
    }

    /// `TagKeys`
    pub(super) fn tag_keys(mut self) -> Self {
        let keys = self.parameters.texts("TagKeys");
        if keys.len() > 50 {
            self.too_many_tags(keys.len(), "tagKeys");
        }
        for (place, key) in keys.into_iter().enumerate() {
            self.tag_text(key, &format!("tagKeys.{}.member", place + 1), 1..=128);
        }
        self
    }

    fn too_many_tags(&mut self, count: usize, here: &str) {
        self.add(
            &format!("[{count} tags]"),
            here,
            "have length less than or equal to 50",
        );
    }

    fn tag_text(&mut self, text: &str, here: &str, lengths: RangeInclusive<usize>) {
        self.length(text, here, lengths);
        let fits = |c: char| c.is_alphanumeric() || c.is_whitespace() || "_.:/=+-@".contains(c);
        if !text.chars().all(fits) {
            self.pattern(text, here, r"[\p{L}\p{Z}\p{N}_.:/=+\-@]+");
        }
    }

    /// Everything that is wrong.
    pub(super) fn done(self) -> Result<(), Failure> {
        let count = self.broken.len();
        if count > 0 {
            let plural = if count == 1 { "" } else { "s" };
            return Err(validation(format!(
                "{count} validation error{plural} detected: {}",
                self.broken.join("; ")
            )));
        }
        self.then.map_or(Ok(()), Err)
    }

    fn required(mut self, parameter: &str) -> Self {
        if self.parameters.text(parameter).is_none() {
            self.null(&lower(parameter));
        }
        self
    }

    fn null(&mut self, here: &str) {
        self.broken.push(format!(
            "Value null at '{here}' failed to satisfy constraint: Member must not be null"
        ));
    }

    fn length(&mut self, text: &str, here: &str, lengths: RangeInclusive<usize>) {
        let length = text.chars().count();
        if length < *lengths.start() {
            let least = lengths.start();
            self.add(
                text,
                here,
                &format!("have length greater than or equal to {least}"),
            );
        } else if length > *lengths.end() {
            let most = lengths.end();
            self.add(
                text,
                here,
                &format!("have length less than or equal to {most}"),
            );
        }
    }

    fn pattern(&mut self, text: &str, here: &str, pattern: &str) {
        self.add(
            text,
            here,
            &format!("satisfy regular expression pattern: {pattern}"),
        );
    }

    fn word(&mut self, text: &str, here: &str, words: &[&str]) {
        if !words.contains(&text) {
            self.add(
                text,
                here,
                &format!("satisfy enum value set: [{}]", words.join(", ")),
            );
        }
    }

    fn add(&mut self, value: &str, here: &str, must: &str) {
        self.broken.push(format!(
            "Value '{value}' at '{here}' failed to satisfy constraint: Member must {must}"
        ));
    }

    fn later(&mut self, failure: Failure) {
        self.then.get_or_insert(failure);
    }
}

/// What a value of the wrong type is told.
fn malformed_input() -> Failure {
    Failure::new("MalformedInput", 400, "Invalid Argument")
}

/// Whether a text has the characters of a name (IAM API Reference, `CreateRole`).
fn is_name(text: &str) -> bool {
    text.bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b"_+=,.@-".contains(&byte))
}

/// `RoleName` is `roleName` in an error.
fn lower(parameter: &str) -> String {
    let mut text = parameter.to_owned();
    if let Some(first) = text.get_mut(..1) {
        first.make_ascii_lowercase();
    }
    text
}
