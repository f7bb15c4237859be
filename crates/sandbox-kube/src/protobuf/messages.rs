//! The messages of `messages.txt`.

use std::collections::HashMap;
use std::sync::LazyLock;

/// A field of a message.
#[derive(Debug)]
pub(super) struct Field {
    pub(super) name: String,
    pub(super) number: u64,
    pub(super) kind: Type,
    pub(super) list: bool,
    pub(super) map: bool,
    pub(super) keeps_zero: bool,
    pub(super) inline: bool,
}

/// The type of a field.
#[derive(Debug)]
pub(super) enum Type {
    Text,
    Bool,
    Int,
    Double,
    Bytes,
    Message(&'static str),
}

static MESSAGES: LazyLock<HashMap<&'static str, Vec<Field>>> = LazyLock::new(|| {
    let lines = include_str!("messages.txt").lines();
    let lines = lines.filter(|line| !line.starts_with('#'));
    lines
        .filter_map(|line| {
            let mut words = line.split(' ');
            let name = words.next()?;
            Some((name, words.filter_map(field).collect()))
        })
        .collect()
});

fn field(word: &'static str) -> Option<Field> {
    let (name, rest) = word.split_once('=')?;
    let (number, kind) = rest.split_once(':')?;
    let plain = kind.trim_start_matches(['*', '%', '!', '~']);
    let marks = kind.strip_suffix(plain)?;
    Some(Field {
        name: name.to_owned(),
        number: number.parse().ok()?,
        kind: match plain {
            "s" => Type::Text,
            "b" => Type::Bool,
            "i" => Type::Int,
            "d" => Type::Double,
            "y" => Type::Bytes,
            message => Type::Message(message),
        },
        list: marks.contains('*'),
        map: marks.contains('%'),
        keeps_zero: marks.contains('!'),
        inline: marks.contains('~'),
    })
}

/// The fields of a message.
pub(super) fn message(name: &str) -> Option<&'static [Field]> {
    MESSAGES.get(name).map(Vec::as_slice)
}

/// The message of a kind; options of requests are there in every group.
pub(super) fn root(api_version: &str, kind: &str) -> Option<&'static str> {
    let group = api_version.split_once('/').map_or("", |(group, _)| group);
    let package = match group {
        _ if kind == "DeleteOptions" => "meta",
        "" => "core",
        other => other.split('.').next()?,
    };
    let name = format!("{package}.{kind}");
    MESSAGES.get_key_value(name.as_str()).map(|(name, _)| *name)
}
