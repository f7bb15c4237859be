//! Which words of a text could be names.

use super::arn;
use super::kind::Kind;
use super::words;

/// Gives what is to stand in place of a word.
pub(super) type Replace<'r> = &'r mut dyn FnMut(&str, Kind) -> String;

/// A text with every word that is not kept replaced; `kind` is what its words name.
pub(super) fn rewrite(text: &str, kind: Kind, replace: Replace<'_>) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    let mut before = None;
    while let Some(first) = rest.chars().next() {
        let taken = if let Some(variable) = variable(rest) {
            out.push_str("${");
            out.push_str(&condition_key(variable, replace));
            out.push('}');
            variable.len() + 3
        } else if rest.starts_with("arn:") && !before.is_some_and(is_of_word) {
            let arn = arn::span(rest);
            arn::rewrite(arn, &mut out, replace);
            arn.len()
        } else if let Some(address) = address(rest) {
            out.push_str(&replace(address, Kind::Address));
            address.len()
        } else if is_of_word(first) {
            let word = word(rest);
            let after = rest.get(word.len()..).unwrap_or_default();
            if is_action(word, after) {
                let name = self::word(after.get(1..).unwrap_or_default());
                out.push_str(word);
                out.push(':');
                out.push_str(name);
                word.len() + 1 + name.len()
            } else {
                out.push_str(&one(word, after, kind, replace));
                word.len()
            }
        } else {
            out.push(first);
            first.len_utf8()
        };
        let (done, left) = rest.split_at(taken.min(rest.len()));
        before = done.chars().next_back();
        rest = left;
    }
    out
}

/// A condition key or policy variable: its name is AWS's, what follows a slash is a tag's key.
pub(super) fn condition_key(text: &str, replace: Replace<'_>) -> String {
    let (name, tag) = match text.split_once('/') {
        Some((name, tag)) => (name, Some(tag)),
        None => (text, None),
    };
    let is_plain = |part: &str| {
        !part.is_empty()
            && part
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    let is_known = name
        .split_once(':')
        .is_some_and(|(service, key)| is_plain(key) && words::is_service(service));
    if !is_known {
        return rewrite(text, Kind::Word, replace);
    }
    match tag {
        Some(tag) => format!("{name}/{}", rewrite(tag, Kind::Tag, replace)),
        None => name.to_owned(),
    }
}

fn one(word: &str, after: &str, kind: Kind, replace: Replace<'_>) -> String {
    if words::is_kept(word) || is_host_of_aws(word, after) {
        return word.to_owned();
    }
    let kind = match word {
        _ if word.len() == 12 && word.bytes().all(|byte| byte.is_ascii_digit()) => Kind::Account,
        _ if words::is_instance(word) => Kind::Instance,
        _ if words::unique_id_prefix(word).is_some() => Kind::UniqueId,
        _ if kind == Kind::Word && word.starts_with("ip-") => Kind::Host,
        _ => kind,
    };
    replace(word, kind)
}

/// Letters and digits of any script, what joins them in names, and wildcards.
fn is_of_word(character: char) -> bool {
    character.is_alphanumeric() || matches!(character, '-' | '_' | '*' | '?')
}

fn word(text: &str) -> &str {
    let end = text
        .find(|character| !is_of_word(character))
        .unwrap_or(text.len());
    text.get(..end).unwrap_or(text)
}

/// What stands between `${` and `}`.
fn variable(text: &str) -> Option<&str> {
    let inner = text.strip_prefix("${")?;
    inner.split_once('}').map(|(inner, _)| inner)
}

/// Whether a word and what follows it are an action, such as `iam:PassRole`.
fn is_action(service: &str, after: &str) -> bool {
    let Some(name) = after.strip_prefix(':') else {
        return false;
    };
    let name = word(name);
    words::is_service(service)
        && name.starts_with(|first: char| first.is_ascii_uppercase())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// `ec2` in `ec2.amazonaws.com`: a service, whichever it is.
fn is_host_of_aws(word: &str, after: &str) -> bool {
    after.starts_with(".amazonaws.com")
        && word
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte == b'-')
}

/// An IPv4 address at the beginning of a text.
fn address(text: &str) -> Option<&str> {
    let end = text
        .find(|character: char| !character.is_ascii_digit() && character != '.')
        .unwrap_or(text.len());
    let found = text.get(..end)?.trim_end_matches('.');
    found.parse::<std::net::Ipv4Addr>().ok().map(|_| found)
}
