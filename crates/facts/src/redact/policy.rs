//! Which strings of a policy document could hold names.
//!
//! The document is rewritten string by string and not parsed into values and back: two members of one
//! name, which AWS refuses, must still be two.

use super::kind::Kind;
use super::text::{self, Replace, condition_key};

/// What the strings of a value are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Anything.
    Text,
    /// Actions, numbers, dates: kept.
    Kept,
    /// The object whose names are condition operators.
    Operators,
    /// The object whose names are condition keys.
    Keys { kept: bool },
}

/// A policy document with pseudonyms; one that is not JSON is rewritten as text.
pub(super) fn rewrite(document: &str, replace: Replace<'_>) -> String {
    let mut writer = Writer {
        rest: document,
        out: String::with_capacity(document.len()),
        replace,
    };
    writer.value(Place::Text, 0);
    let rest = writer.rest;
    writer.out + &text::rewrite(rest, Kind::Word, writer.replace)
}

/// Deeper nesting is rewritten as text: no policy has it.
const DEEPEST: usize = 32;

struct Writer<'d, 'r> {
    rest: &'d str,
    out: String,
    replace: Replace<'r>,
}

impl Writer<'_, '_> {
    fn value(&mut self, place: Place, depth: usize) {
        self.until(['"', '{', '[', ']', '}', ',', ':']);
        match self.rest.chars().next() {
            Some('"') => self.string(place),
            Some('{') if depth < DEEPEST => self.object(place, depth),
            Some('[') if depth < DEEPEST => self.array(place, depth),
            // A number, which is already written, or the end of the document.
            _ => {}
        }
    }

    fn array(&mut self, place: Place, depth: usize) {
        self.step();
        loop {
            self.value(place, depth + 1);
            self.until([',', ']', '"', '{', '[', '}', ':']);
            match self.rest.chars().next() {
                Some(',') => self.step(),
                Some(']') => return self.step(),
                _ => return,
            }
        }
    }

    fn object(&mut self, place: Place, depth: usize) {
        self.step();
        loop {
            self.until(['"', '}', ',', '{', '[', ']', ':']);
            let Some(name) = self.literal() else {
                if self.rest.starts_with('}') {
                    self.step();
                }
                return;
            };
            let inner = self.name(place, &name);
            self.until([':', '"', '{', '[', ']', '}', ',']);
            if !self.rest.starts_with(':') {
                return;
            }
            self.step();
            self.value(inner, depth + 1);
            self.until([',', '}', '"', '{', '[', ']', ':']);
            match self.rest.chars().next() {
                Some(',') => self.step(),
                Some('}') => return self.step(),
                _ => return,
            }
        }
    }

    /// Writes the name of a member; gives what its value is.
    fn name(&mut self, place: Place, name: &str) -> Place {
        match place {
            Place::Operators => {
                let plain = name
                    .bytes()
                    .all(|byte| byte.is_ascii_alphabetic() || byte == b':');
                if plain {
                    self.write(name);
                } else {
                    self.write_text(name);
                }
                let base = name.rsplit(':').next().unwrap_or(name);
                let kept = ["Numeric", "Date", "Bool", "Null"];
                Place::Keys {
                    kept: kept.iter().any(|start| base.starts_with(start)),
                }
            }
            Place::Keys { kept } => {
                let key = condition_key(name, &mut *self.replace);
                self.write(&key);
                let of_action = name.ends_with(":CreateAction");
                if kept || of_action {
                    Place::Kept
                } else {
                    Place::Text
                }
            }
            Place::Text | Place::Kept => {
                self.write_text(name);
                match name.to_ascii_lowercase().as_str() {
                    "action" | "notaction" | "version" | "effect" => Place::Kept,
                    "condition" => Place::Operators,
                    _ => Place::Text,
                }
            }
        }
    }

    fn string(&mut self, place: Place) {
        let Some(text) = self.literal() else {
            return;
        };
        let plain = || {
            text.bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b":*?-.+".contains(&byte))
        };
        if matches!(place, Place::Kept) && plain() {
            self.write(&text);
        } else {
            self.write_text(&text);
        }
    }

    fn write_text(&mut self, text: &str) {
        let text = text::rewrite(text, Kind::Word, &mut *self.replace);
        self.write(&text);
    }

    fn write(&mut self, text: &str) {
        self.out += &serde_json::Value::from(text).to_string();
    }

    /// Takes a string's literal off; `None` where there is none.
    fn literal(&mut self) -> Option<String> {
        let inner = self.rest.strip_prefix('"')?;
        let mut escaped = false;
        let end = inner.find(|character| {
            let ends = character == '"' && !escaped;
            escaped = character == '\\' && !escaped;
            ends
        })?;
        let (literal, rest) = self.rest.split_at_checked(end + 2)?;
        let text = serde_json::from_str(literal).ok()?;
        self.rest = rest;
        Some(text)
    }

    /// Copies up to one of these characters. Numbers are on the way, and a number may be an account.
    fn until(&mut self, stops: [char; 7]) {
        let end = self.rest.find(stops).unwrap_or(self.rest.len());
        let (before, rest) = self.rest.split_at(end);
        self.out += &text::rewrite(before, Kind::Word, &mut *self.replace);
        self.rest = rest;
    }

    /// Copies one character.
    fn step(&mut self) {
        let mut characters = self.rest.chars();
        self.out.extend(characters.next());
        self.rest = characters.as_str();
    }
}
